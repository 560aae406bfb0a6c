"""Models of buying, spending and staying: one a file over one base.

`rows` checks and groups customers, `optimise` finds and judges maxima, `covariates` lets attributes of customers shift
parameters, `bayes` samples them.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
