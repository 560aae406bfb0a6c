from .aims import Benchmark, Target, read_benchmarks, read_targets
from .catalogue import GROUPS, MEASURES, Measure
from .figures import Move
from .gather import CardQuestion
from .study import Line, Scorecard, make_scorecard

__all__ = [
    "GROUPS", "MEASURES", "Benchmark", "CardQuestion", "Line", "Measure", "Move", "Scorecard", "Target",
    "make_scorecard", "read_benchmarks", "read_targets",
]  # fmt: skip
