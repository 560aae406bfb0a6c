"""What a notebook displays: page head, tiles, figures, tables, sentences, the data section and exports.

Each call returns a component that shows itself in JupyterLab and, in every language, on the published page.
"""

import lazy_loader

# What stands in __init__.pyi is imported when it is first used: a command that only looks stays quick.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
