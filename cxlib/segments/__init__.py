"""Who the customers are: RFM segments, value tiers, behavioural clusters, cohorts, how revenue is shared out.

`rfm` scores and assigns, `rules` names the cells of the grid, `rule_files` reads them from YAML, `summary` says what
each segment is worth; `clustering` looks for groups and may find none; `personas` says what sets groups apart,
`migration` who moved, `usefulness` what groups say about time held out; `tiers`, `cohorts` and `concentration`
stand alone. All take the frames of `cxlib.data`; `saved` keeps assignments for later customers.
"""

import lazy_loader

# What stands in __init__.pyi is imported when it is first used: a grid does not wait for what clusters import.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
