"""From a suite to published reports: validated plans, truthful runs, pages swapped in one step.

Rooms, each knowing those before it: `planning` (what shall run), `archive` (runs that ended), `alerting` (limits on
numbers, the front page), `warm` (forked kernels, behind one door), `execution`. `schedule`, `upkeep` and `console` use
them.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
