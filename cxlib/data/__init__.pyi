from .frames.activity import (
    first_purchases,
    message_activity,
    purchase_activity,
    referrals,
    session_activity,
    ticket_times,
)
from .frames.breaks import Break, counted_days, find_breaks, no_persons, persons, summable
from .frames.customers import behaviour_frame, cohort_counts, next_period_frame, rfm_frame
from .frames.features import SNAPSHOT_FEATURES
from .frames.memberships import (
    REJOIN_DAYS,
    doubt_starts,
    flag_only,
    guess_observed_from,
    guess_payments,
    membership_spells,
    paid_among_purchases,
    tell_observed_from,
    tell_payments,
    without_trials,
)
from .frames.periods import membership_periods
from .frames.purchases import PurchaseGaps, customers_without_purchase, purchase_gaps, purchase_summary
from .frames.recorded import Recorded, find_recorded, find_trials, tell_breaks
from .frames.seasons import Season, find_season
from .frames.snapshots import SnapshotDesign, churn_snapshots, snapshot_cut_offs, write_snapshots
from .guessing.workspace import Ask, Draft, ask_unsure, guess_workspace
from .guessing.writing import parameter_texts, refuse_misread, sources_text
from .ingest import mapped_columns
from .profiles import customer_attributes, customer_comments, customer_costs
from .reading.files import project_root, read_sources
from .reading.inventory import NOTES, Inventory, is_still, take_inventory
from .sources import Sources
from .survey_frames import Survey, explained_outcome, known_margins, read_survey, spend_of_respondents
from .workspace import Workspace, open_workspace

__all__ = [
    "NOTES",
    "REJOIN_DAYS",
    "SNAPSHOT_FEATURES",
    "Ask",
    "Break",
    "Draft",
    "Inventory",
    "PurchaseGaps",
    "Recorded",
    "Season",
    "SnapshotDesign",
    "Sources",
    "Survey",
    "Workspace",
    "ask_unsure",
    "behaviour_frame",
    "churn_snapshots",
    "cohort_counts",
    "counted_days",
    "customer_attributes",
    "customer_comments",
    "customer_costs",
    "customers_without_purchase",
    "doubt_starts",
    "explained_outcome",
    "find_breaks",
    "find_recorded",
    "find_season",
    "find_trials",
    "first_purchases",
    "flag_only",
    "guess_observed_from",
    "guess_payments",
    "guess_workspace",
    "is_still",
    "known_margins",
    "mapped_columns",
    "membership_periods",
    "membership_spells",
    "message_activity",
    "next_period_frame",
    "no_persons",
    "open_workspace",
    "paid_among_purchases",
    "parameter_texts",
    "persons",
    "project_root",
    "purchase_activity",
    "purchase_gaps",
    "purchase_summary",
    "read_sources",
    "read_survey",
    "referrals",
    "refuse_misread",
    "rfm_frame",
    "session_activity",
    "snapshot_cut_offs",
    "sources_text",
    "spend_of_respondents",
    "summable",
    "take_inventory",
    "tell_breaks",
    "tell_observed_from",
    "tell_payments",
    "ticket_times",
    "without_trials",
    "write_snapshots",
]
