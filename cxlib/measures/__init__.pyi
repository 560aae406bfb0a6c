from .answers import Scale
from .change import NpsChange, SegmentScores, compare_nps, score_segments
from .explained import ChangeExplained, explain_change
from .metric import Metric
from .nonresponse import NonResponse, weigh_nonresponse
from .nps import NpsScore, score_nps
from .raking import Raked, rake
from .sampling import effective_n
from .satisfaction import ScaleScore, score_ces, score_csat
from .trend import NpsTrend, trend_nps

__all__ = [
    "ChangeExplained",
    "Metric",
    "NonResponse",
    "NpsChange",
    "NpsScore",
    "NpsTrend",
    "Raked",
    "Scale",
    "ScaleScore",
    "SegmentScores",
    "compare_nps",
    "effective_n",
    "explain_change",
    "rake",
    "score_ces",
    "score_csat",
    "score_nps",
    "score_segments",
    "trend_nps",
    "weigh_nonresponse",
]
