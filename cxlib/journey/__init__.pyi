from .differences import Difference, Voice
from .steps import Paths
from .study import Journey, JourneyQuestion, Stop, study_journey
from .touchpoints import STAGES, Touchpoint, read_touchpoints

__all__ = [
    "STAGES", "Difference", "Journey", "JourneyQuestion", "Paths", "Stop", "Touchpoint", "Voice", "read_touchpoints",
    "study_journey",
]  # fmt: skip
