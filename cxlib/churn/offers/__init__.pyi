from .assumptions import ASSUMPTIONS, FACTORS, BreakEven, OfferSensitivity
from .call_list import WAYS, CallList, CallTest
from .list_outcome import EarlierList, read_call_list
from .offer import NO_COSTS, CallLimits, OfferRules
from .profit import ProfitCurve, empc
from .revenue_at_risk import RevenueAtRisk, leavers_interval
from .study import MoneyStudy, Stakes, Watched, price_calls, price_nothing, rank_profit, weigh_stakes
from .uplift import Experiment, OfferEffect, Qini, difference_interval

__all__ = [
    "ASSUMPTIONS",
    "FACTORS",
    "NO_COSTS",
    "WAYS",
    "BreakEven",
    "CallLimits",
    "CallList",
    "CallTest",
    "EarlierList",
    "Experiment",
    "MoneyStudy",
    "OfferEffect",
    "OfferRules",
    "OfferSensitivity",
    "ProfitCurve",
    "Qini",
    "RevenueAtRisk",
    "Stakes",
    "Watched",
    "difference_interval",
    "empc",
    "leavers_interval",
    "price_calls",
    "price_nothing",
    "rank_profit",
    "read_call_list",
    "weigh_stakes",
]
