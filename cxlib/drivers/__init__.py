"""What moves the score: importance of drivers with its uncertainty, what a gain would be worth, what comments say.

`importance` shares out R2, `rank` does so with everything that is uncertain about it, `scenarios` and `performance` say
what follows from ratings; `topic_effects` and `themes` read the comments.
"""

import lazy_loader

# What stands in __init__.pyi is imported when it is first used: scipy and scikit-learn take their time.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
