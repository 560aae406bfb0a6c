"""From canonical transactions to one row a customer, or one row a cohort and month.

`observed` checks a table and says what counts as a purchase day; the other modules are the frames.
"""

from cxlib.data.frames.behaviour import behaviour_frame
from cxlib.data.frames.cohorts import cohort_counts
from cxlib.data.frames.next_period import next_period_frame
from cxlib.data.frames.purchases import customers_without_purchase, purchase_summary
from cxlib.data.frames.repurchase import period_frame, second_purchase_frame
from cxlib.data.frames.rfm import rfm_frame

__all__ = [
    "behaviour_frame",
    "cohort_counts",
    "customers_without_purchase",
    "next_period_frame",
    "period_frame",
    "purchase_summary",
    "rfm_frame",
    "second_purchase_frame",
]
