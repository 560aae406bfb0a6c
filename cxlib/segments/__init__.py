"""Who the customers are: RFM segments, value tiers, behavioural clusters, cohorts, how revenue is shared out.

`rfm` scores and assigns, `rules` names the cells of the grid, `rule_files` reads them from YAML, `summary` says what
each segment is worth; `clusters` looks for groups and may find none; `personas` says what sets groups apart,
`migration` who moved, `usefulness` what groups say about time held out; `tiers`, `cohorts` and `concentration`
stand alone. All take the frames of `cxlib.data`; `saved` keeps assignments for later customers.
"""

from cxlib.segments.actions import ACTIONS, Action
from cxlib.segments.clustering.matching import match_labels
from cxlib.segments.clustering.model import ClusterModel
from cxlib.segments.clustering.preconditions import check_preconditions
from cxlib.segments.clustering.result import ClusterSelection
from cxlib.segments.clustering.search import Effort
from cxlib.segments.clustering.select import select_clusters
from cxlib.segments.cohorts import CohortRetention, cohort_retention
from cxlib.segments.concentration import Concentration, measure_concentration
from cxlib.segments.group_profiles import describe_groups
from cxlib.segments.migration import Migration, migrate
from cxlib.segments.over_time import foretold, moved_since
from cxlib.segments.personas import Persona, Personas, describe_personas
from cxlib.segments.rfm import RfmGrid
from cxlib.segments.rule_files import choose_rules, read_rules
from cxlib.segments.rules import TEN_SEGMENTS, Rule, RuleTable
from cxlib.segments.summary import SegmentSummary, segment_summary
from cxlib.segments.tiers import ValueTiers, value_tiers
from cxlib.segments.usefulness import Usefulness, check_usefulness

__all__ = [
    "ACTIONS",
    "TEN_SEGMENTS",
    "Action",
    "ClusterModel",
    "ClusterSelection",
    "CohortRetention",
    "Concentration",
    "Effort",
    "Migration",
    "Persona",
    "Personas",
    "RfmGrid",
    "Rule",
    "RuleTable",
    "SegmentSummary",
    "Usefulness",
    "ValueTiers",
    "check_preconditions",
    "check_usefulness",
    "choose_rules",
    "cohort_retention",
    "describe_groups",
    "describe_personas",
    "foretold",
    "match_labels",
    "measure_concentration",
    "migrate",
    "moved_since",
    "read_rules",
    "segment_summary",
    "select_clusters",
    "value_tiers",
]
