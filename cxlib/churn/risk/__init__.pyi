from .candidates import MODELS, NAMES
from .contributions import RiskImportance
from .evaluation import Gains, SubgroupCalibration, gain_curve
from .guards import HIGHEST_AUC
from .retrospective import Tested, check_flags
from .snapshots import Snapshots, check_snapshots
from .study import ModelCard, RiskStudy, study_risk

__all__ = [
    "HIGHEST_AUC",
    "MODELS",
    "NAMES",
    "Gains",
    "ModelCard",
    "RiskImportance",
    "RiskStudy",
    "Snapshots",
    "SubgroupCalibration",
    "Tested",
    "check_flags",
    "check_snapshots",
    "gain_curve",
    "study_risk",
]
