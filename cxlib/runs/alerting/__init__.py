"""Conditions on published numbers, the front page on which they stand, and who is told."""
