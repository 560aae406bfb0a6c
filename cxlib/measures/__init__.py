"""Customer-experience measures: each a value with its interval, its n and what it is compared with."""

from cxlib.measures.metric import Metric

__all__ = ["Metric"]
