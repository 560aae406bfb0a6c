"""Whom it pays to call and what it brings: profit, the call list, what is at stake, experiments."""
