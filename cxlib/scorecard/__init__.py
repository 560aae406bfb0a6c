"""The scorecard: one line a measure, with its interval, its changes, what it is held against, and what is missing.

`catalogue` lists the measures, `aims` reads targets and benchmarks, `gather` takes sums by customer and period from a
workspace, `study` makes lines of them and judges all changes together.
"""

import lazy_loader

# What stands in __init__.pyi is imported when it is first used: a notebook does not wait for what it does not use.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
