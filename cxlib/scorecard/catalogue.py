"""Every measure of the scorecard: what it is called, what it needs, and which report explains it."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from cxlib.language import Message, T, WordList
from cxlib.measures import activity as of
from cxlib.measures.rates import Figure
from cxlib.measures.satisfaction import score_of
from cxlib.measures.service import resolution_time, response_time
from cxlib.scorecard.figures import cost_of, left_of, mean_of, total_of, wait_of

Maker = Callable[[pd.DataFrame], Figure | None]
LIMITS = {"percent": (0.0, 1.0), "points": (-100.0, 100.0)}
GROUPS = WordList("groups of measures")


@dataclass(frozen=True)
class Measure:
    """A measure."""

    name: str  # its key in metrics.json
    label: Message
    group: str
    unit: str  # as in `cxlib.measures.Metric`, and so is the polarity
    polarity: int
    needs: tuple[str, ...]  # tables and columns without which it cannot be told, as "sessions.found"
    report: str = ""  # that explains it
    is_published: bool = False  # whether it is read from that report's metrics.json, where that is of the same day
    make: Maker | None = None  # from the rows of a period, of `cxlib.scorecard.gather.read_rows`

    @property
    def remembers(self) -> bool:
        """Whether it asks what was before the period, so that rows have to reach back further."""
        return self.name in REMEMBERED

    @property
    def is_of_rows(self) -> bool:
        """Whether it is a share or a middle of rows, and so moves where there are more rows of one kind than before."""
        return self.name in OF_ROWS

    @property
    def table(self) -> str:
        """The table that it is told from; empty where only a report tells it."""
        return self.needs[0].partition(".")[0] if self.needs else ""

    @property
    def is_total(self) -> bool:
        """Whether it is counted in full, so that only changes of it have an interval."""
        return getattr(self.make, "func", self.make) is total_of

    @property
    def limits(self) -> tuple[float, float]:
        """The smallest and the largest value that it can have."""
        return LIMITS.get(self.unit, (0.0, float("inf")))


_MADE: dict[str, tuple[Message, Maker | None]] = {
    "nps": (T("NPS"), score_of),
    "churn_rate": (T("Left"), left_of),
    "expected_churn": (T("Expected to leave"), None),
    "repurchase_rate": (T("Orders of customers who had bought before the period"), of.repurchase_rate),
    "referral_rate": (T("Referred new customers, per earlier customer"), of.referral_rate),
    "csat": (T("Satisfied customers (CSAT)"), partial(score_of, column="csat_good")),
    "ces": (T("Easy to deal with (CES)"), partial(score_of, column="ces_good")),
    "ces_mean": (T("How easy it was, mean answer"), partial(mean_of, column="ces")),
    "response_rate": (T("Invitations answered"), None),
    "first_response_minutes": (
        T("Minutes to the first reply (median)"),
        partial(wait_of, make=response_time, per_hour=60),
    ),
    "resolution_hours": (T("Hours to the solution (median)"), partial(wait_of, make=resolution_time)),
    "tickets": (T("Tickets"), total_of),
    "revenue_in_period": (T("Revenue of the period"), partial(total_of, column="revenue_cents", counted="customers")),
    "buyers": (T("Customers who bought in the period"), partial(total_of, column="customers")),
    "new_buyers": (T("New customers"), partial(total_of, column="new_customers")),
    "average_order_value": (T("Average order value"), of.average_order_value),
    "purchase_frequency": (T("Orders per customer who bought"), of.purchase_frequency),
    "repeat_to_new": (T("Spend of an earlier customer, as a multiple of a new one's"), of.repeat_to_new_spend),
    "visits": (T("Visits"), partial(total_of, column="visits")),
    "pages_per_visit": (T("Pages per visit"), of.pages_per_visit),
    "time_on_site": (T("Seconds per visit"), of.time_on_site),
    "conversion_rate": (T("Visits that ended in an order"), of.conversion_by_visit),
    "visitor_conversion": (T("Visitors who ordered"), of.conversion_by_visitor),
    "findability": (T("Searches that found it"), of.findability),
    "goal_completion": (T("Visits that met their goal"), of.goal_completion),
    "open_rate": (T("Messages opened"), of.open_rate),
    "value_to_come": (T("Value still to come"), None),
    "expected_revenue": (T("Revenue expected"), None),
    "value_at_risk": (T("Value of those who may have left"), None),
    "revenue_at_risk": (T("Revenue at risk"), None),
    "revenue_at_stake": (T("Revenue that slides away"), None),
    "acquisition_cost": (T("Cost of a new customer"), cost_of),
}
_ROWS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["rows"]
MEASURES = tuple(
    Measure(name, _MADE[name][0], group, unit, polarity, tuple(needs.split()), report, is_read, _MADE[name][1])
    for name, group, unit, polarity, report, is_read, needs in _ROWS
)
REMEMBERED = ("repurchase_rate", "new_buyers", "repeat_to_new")  # ask what was before the period
OF_ROWS = (
    "nps", "csat", "ces", "ces_mean", "first_response_minutes", "resolution_hours", "average_order_value",
    "pages_per_visit", "time_on_site", "conversion_rate", "findability", "goal_completion", "open_rate",
)  # fmt: skip
ALIASES = {  # further names in a table of benchmarks, and what a value is multiplied by there
    "aov": ("average_order_value", 1.0),
    "response_minutes": ("first_response_minutes", 1.0),
    "response_hours": ("first_response_minutes", 60.0),
    "newsletter_open_rate": ("open_rate", 1.0),
    "cac": ("acquisition_cost", 1.0),
}
