"""Who is likely to leave: snapshots of the past, models, tests on time held out, what raises a risk."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
