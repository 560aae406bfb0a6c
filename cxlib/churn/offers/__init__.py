"""What pays: profit of calls, whom to call, what is at stake, what an experiment shows, and how earlier lists did."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
