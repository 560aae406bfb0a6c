from .call_list import WAYS, CallList, CallTest
from .list_outcome import EarlierList, read_call_list
from .offer import CallLimits, OfferRules, amount
from .profit import empc
from .profit_curve import ASSUMPTIONS, FACTORS, OfferSensitivity, ProfitCurve
from .qini import Qini
from .revenue_at_risk import RevenueAtRisk, leavers_interval
from .study import MoneyStudy, Stakes, Watched, price_calls, rank_profit, weigh_stakes
from .uplift import Experiment, OfferEffect, difference_interval

__all__ = [
    "ASSUMPTIONS",
    "FACTORS",
    "WAYS",
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
    "amount",
    "difference_interval",
    "empc",
    "leavers_interval",
    "price_calls",
    "rank_profit",
    "read_call_list",
    "weigh_stakes",
]
