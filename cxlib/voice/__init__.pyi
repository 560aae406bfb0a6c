from .courses import check_fixes
from .feedback import Feedback, VoiceQuestion, gather_feedback
from .study import Voice, propose_topics, study_voice, suggest_topics
from .topics import TopicEffects, load_taxonomy

__all__ = [
    "Feedback",
    "TopicEffects",
    "Voice",
    "VoiceQuestion",
    "check_fixes",
    "gather_feedback",
    "load_taxonomy",
    "propose_topics",
    "study_voice",
    "suggest_topics",
]
