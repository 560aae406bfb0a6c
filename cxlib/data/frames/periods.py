"""Memberships by period: what was known when each one began, and whether the membership ended in it.

The form that a discrete-time hazard is fitted to. Period k of a membership that began on day s are the days
``s + k p < day <= s + (k + 1) p``; what is known of it is what happened before ``s + k p``.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import ibis
import pyarrow as pa

from cxlib.data.frames.features import LOW_RATING
from cxlib.data.frames.inputs import (
    DayLike,
    Relation,
    TablesLike,
    answer,
    as_day,
    checked_attributes,
    left_join,
    read_tables,
)
from cxlib.data.frames.memberships import REJOIN_DAYS, Overlaps, refuse_flag, spell_table
from cxlib.errors import DataError

PERIOD_DAYS, WINDOW_DAYS = 30, 90
LOW = "low_rating_recent"
KEYS = ["customer_id", "started_on", "period"]


def membership_periods(
    company: TablesLike,
    *,
    observation_end: DayLike = None,
    period_days: int = PERIOD_DAYS,
    window_days: int = WINDOW_DAYS,
    rejoin_days: int = REJOIN_DAYS,
    overlaps: Overlaps = "refuse",
    observed_from: DayLike = None,
    attributes: Sequence[str] = (),
) -> Any:
    """One row a spell and period that is over: what was known when it began, and whether the membership ended in it.

    `company`: A workspace; or canonical table -> DataFrame or ibis table, all of one kind. Needs `memberships`;
        `tickets`, `surveys` and `customers` add columns.
    `observation_end`: Last day of the study; when left out the last day on which anything was recorded.
    `period_days`: Length of a period; a spell's first one begins with it.
    `window_days`: How far back from a period's first day tickets and answers count.
    `rejoin_days`, `overlaps`, `observed_from`: As for `membership_spells`; periods that began before `observed_from`
        are left out.
    `attributes`: Columns of `customers` to add.
    Returns: customer_id; started_on; period (0, 1, ...); begins_on (the last day that is known); ended (0 or 1); plan
        and price_cents at the start of the spell; tickets_recent (tickets opened in the `window_days` before
        `begins_on`); low_rating_recent (1 where an NPS of 6 or less was given in them); the attributes. Periods that
        were not over by `observation_end` are left out, whatever happened in them. A DataFrame is sorted.
    Raises DataError: as for `membership_spells`; or a length is below 1; or all memberships end on one day.

    >>> import pandas as pd
    >>> rows = pd.DataFrame({"customer_id": ["a", "b"], "started_on": pd.to_datetime(["2026-01-01", "2026-02-01"]),
    ...                      "ended_on": pd.to_datetime(["2026-02-11", None])})
    >>> periods = membership_periods({"memberships": rows}, observation_end="2026-03-31")
    >>> periods[["customer_id", "period", "ended"]].values.tolist()
    [['a', 0, 0], ['a', 1, 1], ['b', 0, 0]]
    """
    for name, value in (("period_days", period_days), ("window_days", window_days)):
        if value < 1:
            raise DataError(f"{name}={value} must be at least 1.")
    tables = read_tables(company)
    memberships = tables.need("memberships", "membership_periods needs")
    refuse_flag(memberships)
    end = as_day(observation_end, "observation_end") or tables.last_day()
    since = as_day(observed_from, "observed_from")
    spells = spell_table(memberships, end=end, rejoin_days=rejoin_days, overlaps=overlaps, observed_from=since)
    rows = _periods(spells, end, period_days)
    if since is not None:
        rows = rows.filter(rows.begins_on >= ibis.date(since))
    events = {}
    if tables.has("tickets"):
        events["tickets_recent"] = tables.tables["tickets"]
    if tables.has("surveys"):
        answers = tables.tables["surveys"]
        events[LOW] = answers.filter(answers.nps <= LOW_RATING)
    for column, known in events.items():
        counted = _recent(spells, known, (period_days, window_days), column)
        rows = left_join(rows, counted, KEYS)
        rows = rows.mutate(**{column: rows[column].coalesce(0)})
    if LOW in rows.columns:
        rows = rows.mutate(**{LOW: ibis.least(rows[LOW], 1)})
    if attributes:
        people, _ = checked_attributes(tables, attributes)
        rows = left_join(rows, people, ["customer_id"])
    return answer(rows, as_pandas=tables.as_pandas, order=KEYS)


def _periods(spells: Relation, end: dt.date, length: int) -> Relation:
    """Every period that is over, up to the one in which the spell ended."""
    observed = -spells.started_on.delta(ibis.date(end), unit="day") // length
    own = ibis.ifelse(spells.ended, ibis.greatest(spells.duration_days - 1, 0) // length, observed)
    spells = spells.mutate(periods=ibis.least(own + 1, observed).cast("int64"), last=own.cast("int64"))
    most = spells.periods.max().to_pyarrow().as_py() or 0
    pairs = [(periods, period) for periods in range(most + 1) for period in range(periods)]
    columns = [pa.array([pair[side] for pair in pairs], pa.int64()) for side in (0, 1)]
    rows = spells.join(ibis.memtable(pa.table(columns, names=["periods", "period"])), "periods")
    terms = [name for name in ("plan", "price_cents") if name in rows.columns]
    began = rows.started_on + (rows.period * length).as_interval("D")
    ended = (rows.ended & (rows.period == rows.last)).cast("int64")
    return rows.select("customer_id", "started_on", "period", *terms, begins_on=began, ended=ended).relocate(
        "begins_on", "ended", after="period"
    )


def _recent(spells: Relation, events: Relation, lengths: tuple[int, int], column: str) -> Relation:
    """How many events lie in the window before each period's first day; one row a spell and period that has any."""
    period, window = lengths
    back = ibis.memtable(pa.table({"back": pa.array(list(range(-(-window // period) + 1)), pa.int64())}))
    own = spells.select("customer_id", "started_on").join(events.select("customer_id", "day"), "customer_id")
    late = own.day.delta(own.started_on, unit="day")
    near = own.mutate(late=late).cross_join(back)
    # The first period that begins after day `late` is late // period + 1; before the start, that is period 0.
    first = ibis.ifelse(near.late < 0, 0, near.late // period + 1)
    near = near.mutate(period=(first + near.back).cast("int64"))
    near = near.filter(near.period * period - near.late <= window)
    return near.group_by(*KEYS).aggregate(**{column: near.count()})
