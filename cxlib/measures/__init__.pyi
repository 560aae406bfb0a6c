from .answer_frames import (
    NonResponse,
    compare_answers,
    divisions,
    trend_months,
    weigh_answers,
    weigh_nonresponse,
    weigh_period,
)
from .by_columns import DividedChange, DividedScores, explain_divided, score_divided
from .change import NpsChange, SegmentScores, compare_nps, score_segments
from .explained import ChangeExplained, explain_change
from .metric import Metric
from .nps import NpsScore, score_nps
from .raking import Raked, rake
from .sampling import effective_n
from .satisfaction import Scale, ScaleScore, score_ces, score_csat
from .trend import NpsTrend, trend_nps

__all__ = [
    "ChangeExplained",
    "DividedChange",
    "DividedScores",
    "Metric",
    "NonResponse",
    "NpsChange",
    "NpsScore",
    "NpsTrend",
    "Raked",
    "Scale",
    "ScaleScore",
    "SegmentScores",
    "compare_answers",
    "compare_nps",
    "divisions",
    "effective_n",
    "explain_change",
    "explain_divided",
    "rake",
    "score_ces",
    "score_csat",
    "score_divided",
    "score_nps",
    "score_segments",
    "trend_months",
    "trend_nps",
    "weigh_answers",
    "weigh_nonresponse",
    "weigh_period",
]
