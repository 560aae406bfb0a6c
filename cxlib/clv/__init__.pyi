from .backtest import Backtest
from .change import FittedRun, ValueChange, read_run
from .economics import Acquisition
from .fits import AttributeStudy, CustomerData, CustomerQuestion, gather_customers
from .memberships import MembershipStudy
from .models.bayes import SampledBetaGeoModel, SampledModifiedBetaGeoModel, SampledParetoNBDModel
from .models.beta_geo import BetaGeoModel, ModifiedBetaGeoModel
from .models.gamma_gamma import GammaGammaModel
from .models.pareto_nbd import ParetoNBDModel
from .models.regular import RegularGeoModel
from .models.shifted_beta_geo import BetaDiscreteWeibullModel, ShiftedBetaGeoModel
from .purchase_log import track_purchases
from .study import CustomerStudy, study_customers
from .value import Forecast, RevenuePath, ValueRules

__all__ = [
    "Acquisition",
    "AttributeStudy",
    "Backtest",
    "BetaDiscreteWeibullModel",
    "BetaGeoModel",
    "CustomerData",
    "CustomerQuestion",
    "CustomerStudy",
    "FittedRun",
    "Forecast",
    "GammaGammaModel",
    "MembershipStudy",
    "ModifiedBetaGeoModel",
    "ParetoNBDModel",
    "RegularGeoModel",
    "RevenuePath",
    "SampledBetaGeoModel",
    "SampledModifiedBetaGeoModel",
    "SampledParetoNBDModel",
    "ShiftedBetaGeoModel",
    "ValueChange",
    "ValueRules",
    "gather_customers",
    "read_run",
    "study_customers",
    "track_purchases",
]
