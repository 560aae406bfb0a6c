"""What moves the score: importance of drivers with its uncertainty, what a gain would be worth, what comments say.

`importance` shares out R2, `rank` does so with everything that is uncertain about it, `scenarios`, `performance` and
`asymmetry` say what follows from ratings; `topic_effects` and `themes` read the comments.
"""

from cxlib.drivers.asymmetry import Asymmetry, measure_asymmetry
from cxlib.drivers.importance import johnson_weights, lmg, owen
from cxlib.drivers.performance import ExpectationGap, PerformanceMap, map_performance, measure_expectation_gap
from cxlib.drivers.rank import rank_drivers
from cxlib.drivers.ranking import DriverRanking
from cxlib.drivers.scenarios import Gains, simulate_gains
from cxlib.drivers.taxonomy import Taxonomy, load_taxonomy
from cxlib.drivers.themes import Themes, find_themes
from cxlib.drivers.topic_effects import TopicEffects, measure_topics
from cxlib.drivers.value import ValueBehind, value_behind

__all__ = [
    "Asymmetry",
    "DriverRanking",
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
    "measure_asymmetry",
    "measure_expectation_gap",
    "measure_topics",
    "owen",
    "rank_drivers",
    "simulate_gains",
    "value_behind",
]
