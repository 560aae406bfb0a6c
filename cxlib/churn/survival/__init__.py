"""How long members stay: curves, their comparison, ratios, reasons.

The numerics are our own, and tests compare them with R and statsmodels. Reasons not to build on statsmodels 0.15.0: the
baseline of its PHReg leaves out the events of its own time; an entry tied with an event is at risk in PHReg and not in
SurvfuncRight; one missing entry empties the risk set; frequency weights of one change standard errors.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
