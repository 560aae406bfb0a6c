from .churn_data import ChurnData, ChurnQuestion, Offer
from .features import FEATURES, Feature, describe_feature
from .gather import gather_churn
from .offers.offer import CallLimits, OfferRules
from .offers.profit import empc
from .risk.study import RiskStudy
from .study import ChurnStudy, study_churn
from .survival.cox import fit_cox
from .survival.curves import estimate_survival
from .survival.study import SurvivalStudy

__all__ = [
    "FEATURES",
    "CallLimits",
    "ChurnData",
    "ChurnQuestion",
    "ChurnStudy",
    "Feature",
    "Offer",
    "OfferRules",
    "RiskStudy",
    "SurvivalStudy",
    "describe_feature",
    "empc",
    "estimate_survival",
    "fit_cox",
    "gather_churn",
    "study_churn",
]
