"""From canonical transactions to one row a customer, or one row a cohort and month.

`observed` checks a table and says what counts as a purchase day; the other modules are the frames.
"""

from cxlib.data.frames.attributes import snapshot_attributes
from cxlib.data.frames.behaviour import behaviour_frame
from cxlib.data.frames.cohorts import cohort_counts
from cxlib.data.frames.features import SNAPSHOT_FEATURES
from cxlib.data.frames.gaps import PurchaseGaps, purchase_gaps
from cxlib.data.frames.next_period import next_period_frame
from cxlib.data.frames.periods import membership_periods
from cxlib.data.frames.purchases import customers_without_purchase, purchase_summary
from cxlib.data.frames.repurchase import period_frame, second_purchase_frame
from cxlib.data.frames.rfm import rfm_frame
from cxlib.data.frames.snapshots import churn_snapshots, snapshot_cut_offs, write_snapshots
from cxlib.data.frames.spells import flag_only, membership_spells

__all__ = [
    "SNAPSHOT_FEATURES",
    "PurchaseGaps",
    "behaviour_frame",
    "churn_snapshots",
    "cohort_counts",
    "customers_without_purchase",
    "flag_only",
    "membership_periods",
    "membership_spells",
    "next_period_frame",
    "period_frame",
    "purchase_gaps",
    "purchase_summary",
    "rfm_frame",
    "second_purchase_frame",
    "snapshot_attributes",
    "snapshot_cut_offs",
    "write_snapshots",
]
