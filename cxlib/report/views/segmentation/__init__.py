"""The page of ``notebooks/segmentation.ipynb``.

Each function takes the study of `cxlib.segments` and gives one component; titles and alt texts are chosen by the data.
`segments` holds the answer, the segments and the tiers, `cohorts` who comes back, `groups` behavioural groups with
their personas, `movement` who moved and what segments say about time to come.
"""

from cxlib.report.views.segmentation.cohorts import coming_back, start_months
from cxlib.report.views.segmentation.groups import group_cards, group_evidence
from cxlib.report.views.segmentation.movement import movement, next_period
from cxlib.report.views.segmentation.segments import (
    ACTIONS,
    CUSTOMERS,
    FIND,
    FIRST,
    SAVED_GRID,
    SAVED_GROUPS,
    action_table,
    answer,
    grid_map,
    headline_tiles,
    revenue_by_segment,
    segment_table,
    tiers,
)

__all__ = [
    "ACTIONS", "CUSTOMERS", "FIND", "FIRST", "SAVED_GRID", "SAVED_GROUPS", "action_table", "answer", "coming_back",
    "grid_map", "group_cards", "group_evidence", "headline_tiles", "movement", "next_period", "revenue_by_segment",
    "segment_table", "start_months", "tiers",
]  # fmt: skip
__dir__ = __all__.copy  # what completion offers
