from .activity import (
    average_order_value,
    conversion_by_visit,
    conversion_by_visitor,
    findability,
    goal_completion,
    membership_churn_rate,
    open_rate,
    pages_per_visit,
    purchase_frequency,
    referral_rate,
    repeat_to_new_spend,
    repurchase_rate,
    repurchase_within,
    time_on_site,
)
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
from .rates import Figure, change_of, median_of, quotient_of, ratio_of, share_of
from .sampling import effective_n
from .satisfaction import Scale, ScaleScore, score_ces, score_csat
from .service import BusinessCalendar, ServiceTime, resolution_time, response_time, time_to
from .trend import NpsTrend, trend_nps

__all__ = [
    "BusinessCalendar",
    "ChangeExplained",
    "DividedChange",
    "DividedScores",
    "Figure",
    "Metric",
    "NonResponse",
    "NpsChange",
    "NpsScore",
    "NpsTrend",
    "Raked",
    "Scale",
    "ScaleScore",
    "SegmentScores",
    "ServiceTime",
    "average_order_value",
    "change_of",
    "compare_answers",
    "compare_nps",
    "conversion_by_visit",
    "conversion_by_visitor",
    "divisions",
    "effective_n",
    "explain_change",
    "explain_divided",
    "findability",
    "goal_completion",
    "median_of",
    "membership_churn_rate",
    "open_rate",
    "pages_per_visit",
    "purchase_frequency",
    "quotient_of",
    "rake",
    "ratio_of",
    "referral_rate",
    "repeat_to_new_spend",
    "repurchase_rate",
    "repurchase_within",
    "resolution_time",
    "response_time",
    "score_ces",
    "score_csat",
    "score_divided",
    "score_nps",
    "score_segments",
    "share_of",
    "time_on_site",
    "time_to",
    "trend_months",
    "trend_nps",
    "weigh_answers",
    "weigh_nonresponse",
    "weigh_period",
]
