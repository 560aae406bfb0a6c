from .courses import check_fixes
from .feedback import Feedback, VoiceQuestion, gather_feedback
from .study import Voice, study_voice
from .topics import TopicEffects, load_taxonomy

__all__ = [
    "Feedback",
    "TopicEffects",
    "Voice",
    "VoiceQuestion",
    "check_fixes",
    "gather_feedback",
    "load_taxonomy",
    "study_voice",
]
