"""Who the customers are: RFM segments, value tiers, cohorts, how revenue is shared out.

`rfm` scores and assigns, `rules` names the cells of the grid, `summary` says what each segment is worth; `tiers`,
`cohorts` and `concentration` stand alone. All take the frames of `cxlib.data.frames`.
"""

from cxlib.segments.actions import ACTIONS, Action
from cxlib.segments.cohorts import CohortRetention, cohort_retention
from cxlib.segments.concentration import Concentration, measure_concentration
from cxlib.segments.rfm import RfmGrid
from cxlib.segments.rules import TEN_SEGMENTS, Rule, RuleTable
from cxlib.segments.summary import SegmentSummary, segment_summary
from cxlib.segments.tiers import ValueTiers, value_tiers

__all__ = [
    "ACTIONS",
    "TEN_SEGMENTS",
    "Action",
    "CohortRetention",
    "Concentration",
    "RfmGrid",
    "Rule",
    "RuleTable",
    "SegmentSummary",
    "ValueTiers",
    "cohort_retention",
    "measure_concentration",
    "segment_summary",
    "value_tiers",
]
