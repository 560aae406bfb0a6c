from .clustering.preconditions import check_preconditions
from .clustering.result import ClusterSelection
from .clustering.search import Effort
from .clustering.select import select_clusters
from .cohorts import CohortRetention, cohort_retention
from .concentration import Concentration, measure_concentration
from .group_profiles import describe_groups
from .migration import Migration
from .over_time import foretold, moved_since
from .personas import Personas
from .rfm import RfmGrid
from .rule_files import choose_rules
from .rules import TEN_SEGMENTS, RuleTable
from .summary import SegmentSummary, segment_summary
from .tiers import ValueTiers, value_tiers
from .usefulness import Usefulness

__all__ = [
    "TEN_SEGMENTS",
    "ClusterSelection",
    "CohortRetention",
    "Concentration",
    "Effort",
    "Migration",
    "Personas",
    "RfmGrid",
    "RuleTable",
    "SegmentSummary",
    "Usefulness",
    "ValueTiers",
    "check_preconditions",
    "choose_rules",
    "cohort_retention",
    "describe_groups",
    "foretold",
    "measure_concentration",
    "moved_since",
    "segment_summary",
    "select_clusters",
    "value_tiers",
]
