"""Whether what was learnt still holds: base rates, drift of features, recalibration."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
