"""Conditions on published numbers, the front page on which they stand, and who is told."""

from cxlib.runs.alerting.alerts import Alert
from cxlib.runs.alerting.front import tell, write_front

__all__ = ["Alert", "tell", "write_front"]
