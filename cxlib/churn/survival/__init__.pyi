from .comparison import p_text
from .cox import CoxFit, fit_cox
from .curves import SurvivalCurve, estimate_survival
from .hazard import HazardFit, fit_hazard
from .reasons import ReasonsGiven, name_kind
from .study import GroupComparison, SurvivalStudy, study_survival

__all__ = [
    "CoxFit",
    "GroupComparison",
    "HazardFit",
    "ReasonsGiven",
    "SurvivalCurve",
    "SurvivalStudy",
    "estimate_survival",
    "fit_cox",
    "fit_hazard",
    "name_kind",
    "p_text",
    "study_survival",
]
