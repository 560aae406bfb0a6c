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
from .profiles import customer_attributes, customer_comments, customer_costs
from .sources import Sources
from .survey_frames import Survey, known_margins, read_survey, spend_of_respondents
from .workspace import Workspace, open_workspace

__all__ = [
    "Sources",
    "Survey",
    "Workspace",
    "behaviour_frame",
    "cohort_counts",
    "customer_attributes",
    "customer_comments",
    "customer_costs",
    "customers_without_purchase",
    "fingerprints",
    "known_margins",
    "next_period_frame",
    "open_workspace",
    "period_frame",
    "project_root",
    "purchase_summary",
    "read_sources",
    "read_survey",
    "rfm_frame",
    "second_purchase_frame",
    "spend_of_respondents",
]
