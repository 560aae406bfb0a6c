"""What moves the score: importance of drivers with its uncertainty, what a gain would be worth, what comments say.

`gather` takes what is needed from a workspace and `study` makes everything of it. `ranking` shares out R2 with all that
is uncertain about it, `scenarios` and `performance` say what follows from ratings, `value` adds up the money behind the
answers; comments are read by `cxlib.voice`.
"""

import lazy_loader

# What stands in __init__.pyi is imported when it is first used: scipy and scikit-learn take their time.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
