from .gather import ScoreData, ScoreQuestion, gather_answers
from .ranking import rank_drivers
from .sample import AnswerDesign
from .scenarios import simulate_gains
from .study import DriverStudy, ScoreStudy, load_taxonomy, study_drivers, study_score

__all__ = [
    "AnswerDesign",
    "DriverStudy",
    "ScoreData",
    "ScoreQuestion",
    "ScoreStudy",
    "gather_answers",
    "load_taxonomy",
    "rank_drivers",
    "simulate_gains",
    "study_drivers",
    "study_score",
]
