"""What moves the score: importance of drivers with its uncertainty, what a gain would be worth, what comments say."""

from cxlib.drivers.importance import johnson_weights, lmg, owen

__all__ = ["johnson_weights", "lmg", "owen"]
