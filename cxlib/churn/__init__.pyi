from .arrived import Arrived, compare_with_outcome, read_call_list
from .base_rate import BaseRates, base_rates
from .call_list import CallList, make_call_list
from .card import ModelCard, make_card, make_retrospective_card
from .churn_data import ChurnData, Offer
from .company import gather_churn
from .concordance import measure_concordance
from .contributions import Reasons, explain_risk
from .cox import CoxFit, fit_cox
from .drift import FeatureDrift, Psi, critical_psi, feature_drift, psi
from .evaluation import Evaluation, evaluate_risk
from .experiment import ExperimentPlan, detectable_share, plan_experiment, power_of, sample_size
from .features import FEATURES, Feature, describe_feature, say_reason
from .gains import Gains, gain_curve
from .group_curves import GroupCurves, estimate_by_group
from .guards import measure_features, refuse_leaks, refuse_shuffled_skill
from .hazard import HazardFit, fit_hazard
from .importance import RiskImportance, measure_importance
from .incidence import CumulativeIncidence, estimate_incidence
from .kaplan_meier import SurvivalCurve, estimate_survival
from .log_rank import LogRank, compare_survival
from .money_study import Experiment, MoneyStudy, Watched, study_money
from .offer import OfferRules
from .past_calls import CallTest, try_call_list
from .persuadable import predict_uplift
from .profit import Profit, empc, max_profit
from .profit_by_share import ProfitCurve, profit_curve
from .proportional import ProportionalVerdict, check_proportional
from .qini_curve import Qini, qini
from .reasons_given import ReasonsGiven, count_reasons
from .recalibration import Recalibration, recalibrate
from .restricted_mean import RestrictedMean, RestrictedMeans, compare_restricted_means, restrict_mean
from .retrospective import Retrospective, check_flags, fit_retrospective
from .revenue_at_risk import RevenueAtRisk, revenue_at_risk
from .risk import RiskFit, fit_risk
from .risk_study import RiskStudy, study_risk
from .saved import SavedRisk, load_risk, save_risk
from .sensitivity import OfferSensitivity, offer_sensitivity
from .snapshots import Snapshots, check_snapshots
from .study import ChurnStudy, study_churn
from .subgroups import SubgroupCalibration, check_subgroups
from .survival_study import GroupComparison, SurvivalStudy, study_survival
from .uplift import OfferEffect, difference_interval, measure_offer

__all__ = [
    "FEATURES",
    "Arrived",
    "BaseRates",
    "CallList",
    "CallTest",
    "ChurnData",
    "ChurnStudy",
    "CoxFit",
    "CumulativeIncidence",
    "Evaluation",
    "Experiment",
    "ExperimentPlan",
    "Feature",
    "FeatureDrift",
    "Gains",
    "GroupComparison",
    "GroupCurves",
    "HazardFit",
    "LogRank",
    "ModelCard",
    "MoneyStudy",
    "Offer",
    "OfferEffect",
    "OfferRules",
    "OfferSensitivity",
    "Profit",
    "ProfitCurve",
    "ProportionalVerdict",
    "Psi",
    "Qini",
    "Reasons",
    "ReasonsGiven",
    "Recalibration",
    "RestrictedMean",
    "RestrictedMeans",
    "Retrospective",
    "RevenueAtRisk",
    "RiskFit",
    "RiskImportance",
    "RiskStudy",
    "SavedRisk",
    "Snapshots",
    "SubgroupCalibration",
    "SurvivalCurve",
    "SurvivalStudy",
    "Watched",
    "base_rates",
    "check_flags",
    "check_proportional",
    "check_snapshots",
    "check_subgroups",
    "compare_restricted_means",
    "compare_survival",
    "compare_with_outcome",
    "count_reasons",
    "critical_psi",
    "describe_feature",
    "detectable_share",
    "difference_interval",
    "empc",
    "estimate_by_group",
    "estimate_incidence",
    "estimate_survival",
    "evaluate_risk",
    "explain_risk",
    "feature_drift",
    "fit_cox",
    "fit_hazard",
    "fit_retrospective",
    "fit_risk",
    "gain_curve",
    "gather_churn",
    "load_risk",
    "make_call_list",
    "make_card",
    "make_retrospective_card",
    "max_profit",
    "measure_concordance",
    "measure_features",
    "measure_importance",
    "measure_offer",
    "offer_sensitivity",
    "plan_experiment",
    "power_of",
    "predict_uplift",
    "profit_curve",
    "psi",
    "qini",
    "read_call_list",
    "recalibrate",
    "refuse_leaks",
    "refuse_shuffled_skill",
    "restrict_mean",
    "revenue_at_risk",
    "sample_size",
    "save_risk",
    "say_reason",
    "study_churn",
    "study_money",
    "study_risk",
    "study_survival",
    "try_call_list",
]
