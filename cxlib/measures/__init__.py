"""Customer-experience measures: each a value with its interval, its n and what it is compared with."""

from cxlib.measures.answers import Scale
from cxlib.measures.change import NpsChange, SegmentScores, compare_nps, score_segments
from cxlib.measures.explained import ChangeExplained, explain_change
from cxlib.measures.metric import Metric
from cxlib.measures.nonresponse import NonResponse, weigh_nonresponse
from cxlib.measures.nps import NpsScore, score_nps
from cxlib.measures.raking import Raked, rake
from cxlib.measures.sampling import effective_n
from cxlib.measures.satisfaction import ScaleScore, score_ces, score_csat
from cxlib.measures.trend import NpsTrend, trend_nps

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
