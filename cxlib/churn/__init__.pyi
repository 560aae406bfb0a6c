from .churn_data import ChurnData, Offer
from .features import FEATURES, Feature, describe_feature, say_reason
from .gather import gather_churn
from .offers.call_list import CallList, make_call_list
from .offers.experiment import ExperimentPlan, detectable_share, plan_experiment, power_of, sample_size
from .offers.list_outcome import Arrived, compare_with_outcome, read_call_list
from .offers.offer import OfferRules
from .offers.past_calls import CallTest, try_call_list
from .offers.persuadable import predict_uplift
from .offers.profit import Profit, empc, max_profit
from .offers.profit_by_share import ProfitCurve, profit_curve
from .offers.qini_curve import Qini, qini
from .offers.revenue_at_risk import RevenueAtRisk, revenue_at_risk
from .offers.sensitivity import OfferSensitivity, offer_sensitivity
from .offers.study import Experiment, MoneyStudy, Watched, study_money
from .offers.uplift import OfferEffect, difference_interval, measure_offer
from .risk.card import ModelCard, make_card
from .risk.contributions import Reasons, explain_risk
from .risk.evaluation import Evaluation, Gains, SubgroupCalibration, check_subgroups, evaluate_risk, gain_curve
from .risk.fit import RiskFit, fit_risk
from .risk.guards import measure_features, refuse_leaks, refuse_shuffled_skill
from .risk.importance import RiskImportance, measure_importance
from .risk.retrospective import Retrospective, check_flags, fit_retrospective
from .risk.snapshots import Snapshots, check_snapshots
from .risk.study import RiskStudy, study_risk
from .study import ChurnStudy, study_churn
from .survival.comparison import (
    LogRank,
    RestrictedMean,
    RestrictedMeans,
    compare_restricted_means,
    compare_survival,
    restrict_mean,
)
from .survival.cox import CoxFit, ProportionalVerdict, check_proportional, fit_cox
from .survival.curves import GroupCurves, SurvivalCurve, estimate_by_group, estimate_survival
from .survival.hazard import HazardFit, fit_hazard
from .survival.partial_likelihood import measure_concordance
from .survival.reasons import CumulativeIncidence, ReasonsGiven, count_reasons, estimate_incidence
from .survival.study import GroupComparison, SurvivalStudy, study_survival
from .watching.base_rate import BaseRates, base_rates
from .watching.drift import FeatureDrift, Psi, critical_psi, feature_drift, psi
from .watching.recalibration import Recalibration, recalibrate

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
    "make_call_list",
    "make_card",
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
    "say_reason",
    "study_churn",
    "study_money",
    "study_risk",
    "study_survival",
    "try_call_list",
]
