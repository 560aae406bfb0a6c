"""Customer-experience measures: each a value with its interval, its n and what it is compared with."""

import lazy_loader

# What stands in __init__.pyi is imported when it is first used: scipy and scikit-learn take their time.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
