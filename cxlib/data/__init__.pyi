from .files import fingerprints
from .frames import (
    behaviour_frame,
    cohort_counts,
    customers_without_purchase,
    next_period_frame,
    period_frame,
    purchase_summary,
    rfm_frame,
    second_purchase_frame,
)
from .locate import project_root, read_sources
from .profiles import customer_attributes, customer_comments
from .sources import Sources
from .workspace import Workspace, open_workspace

__all__ = [
    "Sources",
    "Workspace",
    "behaviour_frame",
    "cohort_counts",
    "customer_attributes",
    "customer_comments",
    "customers_without_purchase",
    "fingerprints",
    "next_period_frame",
    "open_workspace",
    "period_frame",
    "project_root",
    "purchase_summary",
    "read_sources",
    "rfm_frame",
    "second_purchase_frame",
]
