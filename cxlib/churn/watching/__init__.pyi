from .base_rate import BaseRates, base_rates
from .drift import MATTERS, FeatureDrift, feature_drift
from .recalibration import EDGE, Recalibration, recalibrate

__all__ = [
    "EDGE",
    "MATTERS",
    "BaseRates",
    "FeatureDrift",
    "Recalibration",
    "base_rates",
    "feature_drift",
    "recalibrate",
]
