from .invitation import Invitation, draw_invitation
from .study import Loyalty, LoyaltyQuestion, study_loyalty

__all__ = ["Invitation", "Loyalty", "LoyaltyQuestion", "draw_invitation", "study_loyalty"]
