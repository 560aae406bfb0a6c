"""What customers will be worth, and how wrong we may be.

`study` holds everything that can be said: it tests models on the past (`backtest`, against `baselines`), chooses one
(`choice`), and turns fits into money (`value`, `memberships`, `economics`, `change`). `intervals` and `levels` (over
`purchase_log`) say how far it may be off, `assumptions` and `attributes` whether to believe it. The models stand in
`models`.
"""

import lazy_loader

# What stands in __init__.pyi is imported when it is first used: values do not wait for what a backtest imports.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
