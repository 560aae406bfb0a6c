"""What customers will be worth, and how wrong we may be.

One model a file over one base (`model`): `rows` groups customers, `optimise` and `convergence` fit and judge.
`covariates` lets attributes of customers (`design`) shift them, `bayes` samples their parameters. `value`,
`memberships`, `plan`, `economics` and `change` turn fits into money, `intervals` and `widening` say how far it may be
off; `backtest` (over `origins`), `choice`, `attributes` and `assumptions` say whether to believe it.
"""

import lazy_loader

# What stands in __init__.pyi is imported when it is first used: values do not wait for what a backtest imports.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
