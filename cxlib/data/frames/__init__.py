"""From canonical transactions to one row a customer, or one row a cohort and month.

`observed` checks a table and says what counts as a purchase day; `purchases`, `rfm` and `cohorts` are the frames.
"""

from cxlib.data.frames.cohorts import cohort_counts
from cxlib.data.frames.purchases import customers_without_purchase, purchase_summary
from cxlib.data.frames.rfm import rfm_frame

__all__ = ["cohort_counts", "customers_without_purchase", "purchase_summary", "rfm_frame"]
