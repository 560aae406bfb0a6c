"""Customers of one season: they buy in one part of the year only, and out of it they are silent and not lost.

Parts of the year are counted back from the last day, so that a part is the same one in every year. A season is told by
what came a year before of all who were silent as those of today are: hardly anyone before it came again, then many.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

import ibis
import numpy as np
import pandas as pd
from scipy.special import bdtrc

from cxlib.checks import Codes, Flags
from cxlib.data.frames.inputs import Relation, TableLike
from cxlib.data.frames.observed import Observed, observe
from cxlib.data.workspace import Workspace
from cxlib.errors import DataError
from cxlib.language import Count, Day, Message, Percent, T

YEAR, PARTS = 365.25, 24
SPAN = YEAR / PARTS
LENGTHS = range(2, 9)  # of a season, in parts: from one month to four
FEWEST = 30  # who wait today, and who did a year before
TIMES, CLEARLY_TIMES, CHANCE = 4.0, 2.0, 1e-4  # rate of coming in the season to that before it; chance of a lower one
CLUMP, CLEARLY, OF_ALL = 3.0, 4.0, 0.05  # of those who came in one part alone to the parts beside it; share of all


@dataclass(frozen=True)
class Season:
    """A season, and who waits for it.

    `first`, `last`: Most of its days in the last year. `waiting`: Customers who bought in it lately, and never else.
    `since`: By customer, the first day on which they bought out of it; NaT of those who never did.
    `of`: Customers who waited so a year before; 0 where the data holds the season once. `came`, `early`: The share of
        them who came again with the season, and before it.
    """

    first: dt.date
    last: dt.date
    waiting: int
    since: pd.Series = field(repr=False)
    of: int = 0
    came: float = 0.0
    early: float = 0.0

    @property
    def message(self) -> Message:
        """Who waits, and how it is known or that it is not."""
        values: dict[str, object] = {"n": Count(self.waiting), "first": Day(self.first), "last": Day(self.last)}
        if not self.of:
            return T(
                "{n} customers have bought mostly between {first} and {last} alone, far more than at other times. "
                "Whether they come again with that season cannot be told yet: the data holds it once. They are not "
                "counted as lost",
                **values,
            )
        return T(
            "{n} customers buy only in one season, last mostly between {first} and {last}. They wait for it and are "
            "not counted as lost: of {of} like them a year before {came} came with the season, {early} before it",
            of=Count(self.of),
            came=Percent(self.came),
            early=Percent(self.early),
            **values,
        )

    def waits(self, customers: pd.DataFrame, on: dt.date) -> Flags:
        """Of a table with customer_id and recency_days as of a day, who had bought in the season alone by then."""
        own = customers["customer_id"].map(self.since)
        return np.asarray((own.isna() | (own > pd.Timestamp(on))) & (customers["recency_days"] < YEAR))

    def without(self, company: Workspace) -> Workspace:
        """The company with customers from the first day on which they buy out of the season: nothing later is used."""
        from_then = self.since.dropna().dt.date.rename("since").rename_axis("customer_id").reset_index()

        def rows(table: Relation) -> Relation:
            known = ibis.memtable(from_then, schema={"customer_id": "string", "since": "date"})
            joined = table.join(known, "customer_id")
            return joined.filter(joined.day >= joined.since).drop("since")

        return company.only("transactions", rows)


def find_season(transactions: TableLike, *, ahead: int, observation_end: dt.date | str | None = None) -> Season | None:
    """The season out of which most customers are silent today; None where there is none, or it begins within `ahead`.

    Without two of its years in the data it is a time at which far more customers bought alone than beside it.

    `transactions`, `observation_end`: As for `find_breaks`. `ahead`: Days from the last day that counts.
    """
    try:
        observed = observe(transactions, observation_end=observation_end)
    except DataError:  # nothing to look at
        return None
    found, known = _customers(observed), 0.0
    best: tuple[int, int, tuple[int, int, int]] | None = None
    for first, length in _arcs(ahead):
        of, early, came = counts = _a_year_before(found, first, length)
        out, of_season = of * (PARTS - first - length), (of - early) * length
        excess = came - early * of_season / max(out, 1)
        share = CLEARLY_TIMES * of_season / max(CLEARLY_TIMES * of_season + out, 1)
        more = of >= FEWEST and excess > known and came * out >= TIMES * early * of_season
        if more and bdtrc(came - 1, came + early, share) <= CHANCE:
            best, known = (first, length, counts), excess
    best = best or _clump(found, ahead, parts=((observed.end - observed.start).days + 1) / SPAN)
    if best is None or len(waiting := found[_alone(found, *best[:2])]) < FEWEST:
        return None
    first, length, (of, early, came) = best
    begin, over = (sorted(waiting[name])[int(p * len(waiting))] for name, p in (("first", 0.05), ("last", 0.95)))
    since = _out_of(observed, first, length).reindex(found.index)
    return Season(begin, over, len(waiting), since, of, came / max(of, 1), early / max(of, 1))


def _arcs(ahead: int) -> Iterator[tuple[int, int]]:
    """First part and length of each season that is over and does not begin within so many days."""
    for length in LENGTHS:
        for first in range(1, PARTS - length):
            if (PARTS - first - length) * SPAN > ahead:
                yield first, length


def _days(observed: Observed) -> Relation:
    """Purchase days with the year, from 0, and the part of the year that they lie back."""
    days = observed.days.filter(lambda t: t.is_purchase)
    ago = -days.day.delta(ibis.date(observed.end), unit="day")
    year = (ago / YEAR).floor().cast("int64")
    return days.select("customer_id", "day", year=year, part=((ago - year * YEAR) / SPAN).floor().cast("int64"))


def _customers(observed: Observed) -> pd.DataFrame:
    """By customer, the parts of the year in which they bought, as bits, and what else a season is told by.

    `earlier`: Parts before the last year. `year`: Of the last purchase, from 0. `had`: Whether any was in the year
    before the last one. `part`, `first`: Of the first purchase in the last year. `last`: Day of the last one.
    """
    rows = _days(observed)
    rows = rows.mutate(bit=ibis.literal(1, "int64") << rows.part)
    table = rows.group_by("customer_id").aggregate(
        parts=rows.bit.bit_or(),
        earlier=rows.bit.bit_or(where=rows.year > 0).coalesce(0),
        year=rows.year.min(),
        first=rows.day.min(where=rows.year == 0),
        last=rows.day.max(),
        had=(rows.year == 1).any(),
        part=rows.part.max(where=rows.year == 0).coalesce(-1),
    )
    frame: pd.DataFrame = table.to_pyarrow().to_pandas().set_index("customer_id")
    return frame


def _alone(found: pd.DataFrame, first: int, length: int) -> Flags:
    """Who bought in that part of the year only, and did in the last one."""
    outside: Codes = found["parts"].to_numpy() & ~(((1 << length) - 1) << first)
    return np.asarray((outside == 0) & (found["year"] == 0))


def _a_year_before(found: pd.DataFrame, first: int, length: int) -> tuple[int, int, int]:
    """How many had bought in it only a year before, who of them came before its return, and who in it."""
    outside: Codes = found["earlier"].to_numpy() & ~(((1 << length) - 1) << first)
    part: Codes = found["part"].to_numpy()[(outside == 0) & found["had"].to_numpy()]
    early, back = part >= first + length, part >= first
    return len(part), int(early.sum()), int((back & ~early).sum())


def _clump(found: pd.DataFrame, ahead: int, *, parts: float) -> tuple[int, int, tuple[int, int, int]] | None:
    """A time of which the data holds no second year, and in which far more bought alone than in those beside it."""
    best, most = None, 0
    for first, length in _arcs(ahead):
        if not first + 2 * length <= parts < PARTS + first + length or first < length:
            continue
        n = int(_alone(found, first, length).sum())
        beside = max(int(_alone(found, first + way, length).sum()) for way in (-length, length))
        clear = n - beside >= CLEARLY * np.sqrt(n + beside) and n >= CLUMP * beside
        if clear and n >= max(FEWEST, OF_ALL * len(found)) and n - beside > most:
            best, most = (first, length, (0, 0, 0)), n - beside
    return best


def _out_of(observed: Observed, first: int, length: int) -> pd.Series:
    """By customer, the first day with a purchase out of the season."""
    days = _days(observed)
    out = days.filter((days.part < first) | (days.part >= first + length))
    frame = out.group_by("customer_id").aggregate(since=out.day.min()).to_pyarrow().to_pandas()
    since: pd.Series = pd.to_datetime(frame.set_index("customer_id")["since"])
    return since
