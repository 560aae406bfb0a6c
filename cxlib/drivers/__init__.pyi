from .importance import johnson_weights, lmg, owen
from .performance import ExpectationGap, PerformanceMap, map_performance, measure_expectation_gap
from .rank import rank_drivers
from .ranking import DriverRanking
from .scenarios import Gains, simulate_gains
from .study import DriverStudy, study_drivers
from .taxonomy import Taxonomy, load_taxonomy
from .themes import Themes, find_themes
from .topic_effects import TopicEffects, measure_topics
from .value import ValueBehind, value_behind, value_behind_customers

__all__ = [
    "DriverRanking",
    "DriverStudy",
    "ExpectationGap",
    "Gains",
    "PerformanceMap",
    "Taxonomy",
    "Themes",
    "TopicEffects",
    "ValueBehind",
    "find_themes",
    "johnson_weights",
    "lmg",
    "load_taxonomy",
    "map_performance",
    "measure_expectation_gap",
    "measure_topics",
    "owen",
    "rank_drivers",
    "simulate_gains",
    "study_drivers",
    "value_behind",
    "value_behind_customers",
]
