"""Who leaves, why, and whom it pays to call.

`snapshots` holds customers as they were at cut-offs; `risk` scores them and `evaluation` and `calibration` say whether
to believe it. `kaplan_meier`, `log_rank`, `cox` and `hazard` follow memberships until they end. `profit`,
`revenue_at_risk`, `call_list` and `uplift` turn risk into money; `drift` and `arrived` watch what happened since.
"""

import lazy_loader

# What stands in __init__.pyi is imported when it is first used: a survival curve does not wait for scikit-learn.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
