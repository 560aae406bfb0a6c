from .study import Recommendations, RecommendQuestion, goes_with, study_recommend
from .trial import Trial, hold_trial

__all__ = ["RecommendQuestion", "Recommendations", "Trial", "goes_with", "hold_trial", "study_recommend"]
