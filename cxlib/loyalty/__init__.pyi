from .study import Invitation, Loyalty, LoyaltyQuestion, draw_invitation, study_loyalty

__all__ = ["Invitation", "Loyalty", "LoyaltyQuestion", "draw_invitation", "study_loyalty"]
