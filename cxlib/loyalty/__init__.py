"""What a loyalty programme brings: members beside others who had bought alike, and beside what they themselves bought.

`history` counts purchases before and after joining, `effects` compares by two designs, `study` says what may be said
and draws whom to invite, which alone tells.
"""

import lazy_loader

# What stands in __init__.pyi is imported when it is first used: a notebook does not wait for what it does not use.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
