from .assumptions import Assumptions, Check, check_assumptions
from .attributes import AttributeStudy, study_attributes
from .backtest import Backtest, backtest
from .baselines import SimpleFormula, simple_formula
from .change import FittedRun, ValueChange, explain_change
from .choice import ModelChoice, choose_model
from .economics import Acquisition, ValueRisk, acquisition_economics, value_risk
from .intervals import Futures, bootstrap_parameters, draw_parameters, simulate
from .kept import KeptModels, read_run
from .memberships import forecast_memberships
from .models.base import Model, PurchaseModel
from .models.bayes import SampledBetaGeoModel, SampledModifiedBetaGeoModel, SampledParetoNBDModel
from .models.beta_geo import BetaGeoModel
from .models.beta_geo_beta_binom import BetaGeoBetaBinomModel, opportunities
from .models.convergence import Convergence
from .models.covariates import CovariateModel
from .models.design import Design
from .models.gamma_gamma import GammaGammaModel
from .models.modified_beta_geo import ModifiedBetaGeoModel
from .models.pareto_nbd import ParetoNBDModel
from .models.shifted_beta_geo import ShiftedBetaGeoModel, membership_summary
from .renewals import MembershipStudy, study_memberships
from .revenue_path import RevenuePath, new_customer_value, revenue_path
from .study import CustomerStudy, formula_sentence, study_customers
from .value import Forecast, Reconciliation, ValueRules, forecast, reconcile, refund_share
from .widening import Widening

__all__ = [
    "Acquisition",
    "Assumptions",
    "AttributeStudy",
    "Backtest",
    "BetaGeoBetaBinomModel",
    "BetaGeoModel",
    "Check",
    "Convergence",
    "CovariateModel",
    "CustomerStudy",
    "Design",
    "FittedRun",
    "Forecast",
    "Futures",
    "GammaGammaModel",
    "KeptModels",
    "MembershipStudy",
    "Model",
    "ModelChoice",
    "ModifiedBetaGeoModel",
    "ParetoNBDModel",
    "PurchaseModel",
    "Reconciliation",
    "RevenuePath",
    "SampledBetaGeoModel",
    "SampledModifiedBetaGeoModel",
    "SampledParetoNBDModel",
    "ShiftedBetaGeoModel",
    "SimpleFormula",
    "ValueChange",
    "ValueRisk",
    "ValueRules",
    "Widening",
    "acquisition_economics",
    "backtest",
    "bootstrap_parameters",
    "check_assumptions",
    "choose_model",
    "draw_parameters",
    "explain_change",
    "forecast",
    "forecast_memberships",
    "formula_sentence",
    "membership_summary",
    "new_customer_value",
    "opportunities",
    "read_run",
    "reconcile",
    "refund_share",
    "revenue_path",
    "simple_formula",
    "simulate",
    "study_attributes",
    "study_customers",
    "study_memberships",
    "value_risk",
]
