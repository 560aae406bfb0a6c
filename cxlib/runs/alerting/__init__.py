"""Limits on published numbers, and who is told."""
