"""Raw files -> canonical, checked tables -> per-customer frames.

`sources` says where the data is and how it is written, `reading` and `ingest` bring it in, `rules` look at it, and
`workspace` is the face of all of them; `frames` makes one row a customer of it, and `demo` simulates a company.
"""

import lazy_loader

# What stands in __init__.pyi is imported when it is first used: a command that only looks stays quick.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
