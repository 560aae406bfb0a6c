from .base_rate import BaseRates, base_rates
from .drift import FeatureDrift, feature_drift
from .recalibration import EDGE, Recalibration, recalibrate

__all__ = [
    "EDGE",
    "BaseRates",
    "FeatureDrift",
    "Recalibration",
    "base_rates",
    "feature_drift",
    "recalibrate",
]
