"""Every measure of the scorecard: what it is called, what it needs, and which report explains it."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from cxlib.language import Message, WordList
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


_NAMES = WordList("measures of the scorecard")
_MAKERS: dict[str, Maker] = {
    "nps": score_of,
    "churn_rate": left_of,
    "repurchase_rate": of.repurchase_rate,
    "referral_rate": of.referral_rate,
    "csat": partial(score_of, column="csat_good"),
    "ces": partial(score_of, column="ces_good"),
    "ces_mean": partial(mean_of, column="ces"),
    "first_response_minutes": partial(wait_of, make=response_time, per_hour=60),
    "resolution_hours": partial(wait_of, make=resolution_time),
    "tickets": total_of,
    "revenue_in_period": partial(total_of, column="revenue_cents", counted="customers"),
    "buyers": partial(total_of, column="customers"),
    "new_buyers": partial(total_of, column="new_customers"),
    "average_order_value": of.average_order_value,
    "purchase_frequency": of.purchase_frequency,
    "repeat_to_new": of.repeat_to_new_spend,
    "visits": partial(total_of, column="visits"),
    "pages_per_visit": of.pages_per_visit,
    "time_on_site": of.time_on_site,
    "conversion_rate": of.conversion_by_visit,
    "visitor_conversion": of.conversion_by_visitor,
    "findability": of.findability,
    "goal_completion": of.goal_completion,
    "open_rate": of.open_rate,
    "acquisition_cost": cost_of,
}
_LISTED = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
MEASURES = tuple(
    Measure(name, _NAMES[name], group, unit, polarity, tuple(needs.split()), report, is_read, _MAKERS.get(name))
    for name, group, unit, polarity, report, is_read, needs in _LISTED["rows"]
)
REMEMBERED, OF_ROWS, ALIASES = _LISTED["remembered"], _LISTED["of_rows"], _LISTED["aliases"]
OF_PERSONS: tuple[str, ...] = tuple(_LISTED["of_persons"])  # what purchases say of customers, and not of money
