"""Who the customers are: RFM segments, value tiers, behavioural clusters, cohorts, how revenue is shared out.

`gather` takes what is needed from a workspace and `study` makes everything of it. `rfm` scores and assigns, `rules`
names the cells of the grid, `summary` says what each segment is worth; `clustering` looks for groups and may find none;
`personas` says what sets groups apart, `migration` who moved, `usefulness` what groups say about time held out;
`tiers`, `cohorts` and `concentration` stand alone. `saved` keeps assignments for later customers.
"""

import lazy_loader

# What stands in __init__.pyi is imported when it is first used: a grid does not wait for what clusters import.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
