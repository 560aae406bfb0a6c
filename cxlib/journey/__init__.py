"""The journey: what customers meet before, during and after buying, how they fare there, and where they do not go on.

`touchpoints` reads what a touchpoint is, `steps` who met which one when, who went on and what follows what,
`differences` what answers say of each and what changed, `study` judges where more are lost than without it.
"""

import lazy_loader

# What stands in __init__.pyi is imported when it is first used: a notebook does not wait for what it does not use.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
