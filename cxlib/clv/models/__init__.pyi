from .bayes import SampledBetaGeoModel, SampledModifiedBetaGeoModel, SampledParetoNBDModel
from .beta_geo import BetaGeoModel, ModifiedBetaGeoModel
from .gamma_gamma import GammaGammaModel
from .pareto_nbd import ParetoNBDModel
from .regular import RegularGeoModel
from .shifted_beta_geo import ShiftedBetaGeoModel

__all__ = [
    "BetaGeoModel",
    "GammaGammaModel",
    "ModifiedBetaGeoModel",
    "ParetoNBDModel",
    "RegularGeoModel",
    "SampledBetaGeoModel",
    "SampledModifiedBetaGeoModel",
    "SampledParetoNBDModel",
    "ShiftedBetaGeoModel",
]
