"""The page of ``notebooks/nps_drivers.ipynb``.

Each function takes the study of `cxlib.drivers` and gives one component; titles and alt texts are
chosen by the data, ties are named as ties, and where the answers do not bear a part a notice stands in its place.
`answer` holds the head and the tiles, `change` the course and what changed, `importance` drivers, the map, scenarios,
expectations and topics, `groups` segments, weighting and money.
"""

from cxlib.language import T
from cxlib.report.views.nps_drivers.answer import answer, headline_tiles
from cxlib.report.views.nps_drivers.change import change_explained, score_over_time
from cxlib.report.views.nps_drivers.groups import behind_answers, scores_by_group
from cxlib.report.views.nps_drivers.importance import (
    comments,
    driver_shares,
    driver_table,
    expectation_gap,
    gains,
    performance_map,
    quotes,
    themes,
)

DRIVERS = T("Every driver with share, place, performance and gap")
GROUPS = T("The score of every group")
SCENARIOS = T("What better ratings go with, by driver and scenario")
WORDS = {"value": {"": T("Score")}}

__all__ = [
    "DRIVERS", "GROUPS", "SCENARIOS", "WORDS", "answer", "behind_answers", "change_explained", "comments",
    "driver_shares", "driver_table", "expectation_gap", "gains", "headline_tiles", "performance_map",
    "quotes", "score_over_time", "scores_by_group", "themes",
]  # fmt: skip
__dir__ = __all__.copy  # what completion offers
