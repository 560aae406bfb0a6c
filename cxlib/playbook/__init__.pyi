from .actions import WAYS, Action, read_actions
from .choice import Choice, choose
from .customers import Known, Reports, gather_known
from .responses import Evidence
from .study import PlanQuestion, Playbook, make_plan, study_playbook

__all__ = [
    "WAYS",
    "Action",
    "Choice",
    "Evidence",
    "Known",
    "PlanQuestion",
    "Playbook",
    "Reports",
    "choose",
    "gather_known",
    "make_plan",
    "read_actions",
    "study_playbook",
]
