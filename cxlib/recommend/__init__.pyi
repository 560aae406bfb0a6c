from .study import Recommendations, RecommendQuestion, study_recommend
from .together import goes_with
from .trial import Trial, hold_trial

__all__ = ["RecommendQuestion", "Recommendations", "Trial", "goes_with", "hold_trial", "study_recommend"]
