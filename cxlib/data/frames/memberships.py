"""Memberships: which follow each other without a break that matters, and the spells that they make.

A spell is how long a customer stayed without a break of more than `rejoin_days`.
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import ibis
import numpy as np
import pandas as pd
from pandas.api.types import is_datetime64_dtype

from cxlib.checks import Codes, Flags
from cxlib.data.frames.cut_offs import cut_off_table
from cxlib.data.frames.inputs import (
    NEEDED,
    DayLike,
    Relation,
    TableLike,
    Tables,
    answer,
    as_day,
    canonical,
    checked_attributes,
    left_join,
    read_facts,
)
from cxlib.data.workspace import Workspace
from cxlib.errors import DataError
from cxlib.language import Count, Day, Days, Message, Percent, T, few_or, join_names, labelled

Overlaps = Literal["refuse", "merge"]
REJOIN_DAYS = 30
MONTHLY = 12.0
FEATURES = ("membership_days", "plan", "price_cents", "renewals")
NEVER = dt.date(9999, 12, 31)
_DESCRIBED = ("plan", "price_cents", "end_reason")
_LEAST_ENDINGS, _FEW_DAYS = 2, 12  # days on which many end together (seasons) are no chance of each member
_MANY_EXPECTED = (6.9, 9.2, 11.2, 13.1)  # of which chance leaves 0, 1, 2 or 3 once in a thousand times
_STRAY_SHARE = 0.01  # of ends, which may lie before those that are seen: a few old ones that somebody entered by hand
_ONE_SIDED = 1.645
_MOSTLY, _RHYTHM = 0.8, 3  # share of members and of gaps, days
_PAID = (  # months -> how a plan's name says that its price is for so many; the longer words first
    (6.0, r"(half|semi|bi)[ -]?(annual|year)\w*|halbjährlich\w*|semestr\w*|نصف[ -]?سنوي\w*"),
    (3.0, r"quarterly|vierteljährlich\w*|trimestr\w*|(ربع|فصل)[ -]?سنوي\w*|فصلي\w*"),
    (12.0, r"annual\w*|yearly|jährlich\w*|annuel\w*|anual\w*|annuale|yıllık|سنوي\w*"),
    (1.0, r"monthly|month[ -]to[ -]month|monatlich\w*|mensu\w*|mensile|aylık|شهري[ةها]?"),
    (7 / 30.4375, r"weekly|wöchentlich\w*|hebdomadaire\w*|semanal\w*|haftalık|[أا]سبوعي\w*"),
)
_LENGTH = re.compile(
    r"(?<!\w)(?:(?P<number>\d+|one|two|three|six|twelve)[ -]?)?"
    r"(?:(?P<years>years?|jahre?|années?|años?|yıl|سن[ةه]|سنوات|سنتين)"
    r"|months?|monate?|mois|mes|meses|شهر|شهرين|[أا]شهر|شهور)(?!\w)"
    r"|(?<!\w)(?P<short>\d+)[ -]?(?:(?P<short_years>yr?s?|ans?)|mos?|m|ay)(?!\w)"
)
_NAMED = 5  # plans in a sentence
_TRIAL = r"trial|try[ -]?out|probe(zeit|monat|abo)|essai|prueba|تجريبي|تجرب[ةه]"
_TRIAL_DAYS, _NEARLY_ALL, _LEAST_TRIALS = 35, 0.9, 30  # how long they last; share that does not last longer
_LONGEST_TRIAL, _AT_ONE_LENGTH, _OF_MONTHS = 100, 0.5, 4  # days; share that ends after one time; by which it differs
_NUMBERS = {"one": 1, "two": 2, "three": 3, "six": 6, "twelve": 12}
_LONG_BEFORE, _FEWEST, _TIMES, _APART, _CLEARLY = 30, 30, 3.0, 0.1, 4.0  # days, endings, ratio, share, standard errors


def membership_spells(
    memberships: TableLike,
    *,
    observation_end: DayLike,
    rejoin_days: int = REJOIN_DAYS,
    overlaps: Overlaps = "refuse",
    observed_from: DayLike = None,
    customers: TableLike = None,
    attributes: Sequence[str] = (),
) -> Any:
    """One row a spell: how long a customer was a member without a break that matters.

    `memberships`: A workspace, or canonical memberships; customer_id, started_on and ended_on suffice.
    `observation_end`: Last day of the study. A membership that is to end later has not ended; one that starts later is
        left out.
    `rejoin_days`: A membership that starts at most so many days after the end of the one before continues it.
    `overlaps` ("refuse" or "merge"): What to do with memberships of one customer that run at the same time.
    `observed_from`: First day on which an end can be seen; who had left before is not in the data, or is left out. When
        left out, every end is seen (`guess_observed_from` says whether the data looks so).
    `customers`: A workspace, or canonical customers, for `attributes`.
    `attributes`: Columns of `customers` to add; one that is missing throughout is left out.
    Returns a DataFrame, sorted by customer_id and started_on (an ibis table where one was given): customer_id;
        started_on; duration_days (from the first day to the last, or to `observation_end`); ended; plan and price_cents
        (at the start: a plan that was changed to later would know that the customer stayed); end_reason (of the end;
        missing while it runs); entry_days with `observed_from` (the last day since the start on which an end would not
        have been seen; -1: all would); the attributes. An end in the last `rejoin_days` of the study counts, though the
        customer may still come back.
    Raises DataError: a column is missing or ill-typed, memberships overlap, or no membership starts by
        `observation_end`.

    >>> rows = pd.DataFrame({"customer_id": ["a", "a", "b"], "plan": ["monthly", "annual", "annual"],
    ...                      "started_on": pd.to_datetime(["2026-01-01", "2026-02-11", "2026-03-01"]),
    ...                      "ended_on": pd.to_datetime(["2026-01-31", "2026-05-11", None])})
    >>> membership_spells(rows, observation_end="2026-06-30")[["customer_id", "duration_days", "ended", "plan"]]
      customer_id  duration_days  ended     plan
    0           a            130   True  monthly
    1           b            121  False   annual
    """
    end = as_day(observation_end, "observation_end")
    if end is None:
        raise DataError("observation_end is missing. Write the last day of the data, as '2026-06-30'.")
    rows = canonical(memberships, "memberships")
    _refuse_nothing(rows, end)
    since = as_day(observed_from, "observed_from")
    spells = spell_table(rows, end=end, rejoin_days=rejoin_days, overlaps=overlaps, observed_from=since)
    if attributes:
        people = {} if customers is None else {"customers": canonical(customers, "customers")}
        known, _ = checked_attributes(Tables(people, as_pandas=True), attributes)
        spells = left_join(spells, known, ["customer_id"])
    as_pandas = isinstance(memberships, pd.DataFrame | Workspace)
    return answer(spells, as_pandas=as_pandas, order=["customer_id", "started_on"])


def spell_table(
    memberships: Relation, *, end: dt.date, rejoin_days: int, overlaps: Overlaps, observed_from: dt.date | None = None
) -> Relation:
    """`membership_spells` of a canonical ibis table, without attributes."""
    chains = chain_memberships(memberships, observation_end=end, rejoin_days=rejoin_days, overlaps=overlaps)
    spells, rows = chains.spells, chains.rows
    for name, number in (("plan", "first_number"), ("price_cents", "first_number"), ("end_reason", "last_number")):
        if name in rows.columns:
            values = rows.select("customer_id", name, **{number: rows.number})
            spells = left_join(spells, values, ["customer_id", number])
    ended = spells.spell_until <= ibis.date(end)
    last = ibis.ifelse(ended, spells.spell_until, ibis.date(end))
    optional = {name: spells[name] for name in ("plan", "price_cents") if name in spells.columns}
    if "end_reason" in spells.columns:
        optional["end_reason"] = ibis.ifelse(ended, spells.end_reason, None)
    if observed_from is not None:
        spells = spells.filter(spells.spell_until >= ibis.date(observed_from))
        before = -spells.spell_started.delta(ibis.date(observed_from), unit="day") - 1
        optional["entry_days"] = ibis.greatest(before, -1).cast("int64")
    return spells.select(
        "customer_id",
        started_on=spells.spell_started,
        duration_days=last.delta(spells.spell_started, unit="day"),
        ended=ended,
        **optional,
    )


def flag_only(memberships: TableLike) -> bool:
    """Whether memberships say who has left, but not when: all of their ends fall on one day, the day of the file.

    Such a table (`memberships` as for `membership_spells`) has no cut-offs: whatever is learned from it describes who
    had left by that day, and forecasts nothing.

    >>> rows = pd.DataFrame({"customer_id": ["a", "b", "c"],
    ...                      "started_on": pd.to_datetime(["2026-01-01", "2026-02-11", "2026-03-01"]),
    ...                      "ended_on": pd.to_datetime(["2026-06-30", "2026-06-30", None])})
    >>> flag_only(rows)
    True
    """
    return _flag_day(canonical(memberships, "memberships")) is not None


def guess_observed_from(memberships: TableLike, *, observation_end: DayLike = None) -> dt.date | None:
    """The first day on which an end can be seen, where the data looks as if nobody who left before it were in it.

    Up to the first end, the expected number of ends is exponential with mean 1 where every end is seen. It is computed
    from the hazards by length of membership that show from that day on (Nelson-Aalen, left truncated); where it lies
    above 6.9 beyond its own error, which chance alone does once in a thousand companies, ends before that day were not
    seen. Up to three single ends (1%) that lie too far before the next for chance are passed over. Where memberships
    began to end on one day for another reason, the guess is wrong, so a page must say it.

    `memberships`: As for `membership_spells`.
    `observation_end`: Last day of the study; later ends have not come.
    Returns: The first end that is no stray; None where all ends may well have been seen, or many are on a few days:
        seasons, or a table of flags (`flag_only`).

    >>> days = pd.date_range("2020-01-01", periods=1500)
    >>> rows = pd.DataFrame({"customer_id": range(1500), "started_on": days,
    ...                      "ended_on": days + pd.to_timedelta(np.arange(1500) % 400 + 1, unit="D")})
    >>> guess_observed_from(rows), guess_observed_from(rows[rows["ended_on"] >= "2022-01-01"])
    (None, datetime.date(2022, 1, 1))
    """
    (start, left), end = _days_of(memberships), as_day(observation_end, "observation_end")
    left = left.where(left <= pd.Timestamp(end or NEVER.replace(year=2200)))
    last = pd.Timestamp(end) if end else max(start.max(), left.max())
    if left.nunique() < (_FEW_DAYS if left.count() > 2 * left.nunique() else _LEAST_ENDINGS):
        return None
    there = (start <= last).to_numpy()
    days = [each.to_numpy("datetime64[D]").astype(np.int64)[there] for each in (start, left.fillna(last))]
    spells = days[0], days[1], left.notna().to_numpy()[there]
    ends, begin = np.sort(spells[1][spells[2]]), int(spells[0].min())
    for strays in range(min(int(_STRAY_SHARE * len(ends)), len(_MANY_EXPECTED) - 1), -1, -1):
        first = int(ends[strays])
        gap = _expected_before(spells, first, int(ends[strays - 1]) if strays else begin)
        if gap > _MANY_EXPECTED[0] and _expected_before(spells, first, begin) > _MANY_EXPECTED[strays]:
            return np.datetime64(first, "D").item()
    return None


def _days_of(memberships: TableLike) -> tuple[pd.Series, pd.Series]:
    """First and last days of memberships; those of a DataFrame that has them need no engine."""
    is_plain = isinstance(memberships, pd.DataFrame) and set(NEEDED["memberships"]) <= set(memberships)
    names = ("started_on", "ended_on")
    if is_plain and all(is_datetime64_dtype(memberships[name]) for name in names):
        start, left = (memberships[name].reset_index(drop=True).dt.normalize() for name in names)
        return start, left
    table = canonical(memberships, "memberships").select(*names).to_pyarrow().to_pandas()
    return pd.to_datetime(table["started_on"]), pd.to_datetime(table["ended_on"])


def trial_plans(memberships: TableLike) -> dict[str, float]:
    """Plans ("" without one) whose free memberships are trials, and their share of all; none where nothing else is.

    Those without a price, or called a trial, of which nearly all are over within a month, or half after one time of up
    to three months and nearly all by then; hardly anybody has two. A plan that is free and lasts is none.

    >>> day = pd.Timestamp("2026-01-01")
    >>> rows = pd.DataFrame({"customer_id": range(80), "plan": ["Trial"] * 40 + ["Monthly"] * 40, "started_on": day,
    ...                      "ended_on": [day + pd.Timedelta(days=14)] * 40 + [pd.NaT] * 40})
    >>> trial_plans(rows)
    {'Trial': 0.5}
    """
    rows = canonical(memberships, "memberships")
    if not {"plan", "price_cents"}.intersection(rows.columns):
        return {}
    start, until = rows.started_on.cast("date"), rows.ended_on.cast("date").coalesce(ibis.date(NEVER))
    rows = rows.select("customer_id", plan=_plan(rows), free=_is_free(rows), start=start, until=until)
    total, late = int(rows.count().to_pyarrow().as_py()), rows.start.max().to_pyarrow().as_py()
    if late is None:
        return {}
    ended = rows.until < ibis.date(NEVER)
    days = ibis.ifelse(ended, rows.until, ibis.date(late)).delta(rows.start, unit="day")
    free = rows.mutate(ended=ended, days=days).filter(rows.free)
    counts = free.group_by("plan", "ended", "days").aggregate(n=free.count()).to_pyarrow().to_pandas()
    people = (
        free.group_by("plan").aggregate(n=free.customer_id.nunique()).to_pyarrow().to_pandas().set_index("plan")["n"]
    )
    plans = {str(plan): part for plan, part in counts.groupby("plan") if _are_trials(part, int(people[plan]))}
    found = {plan: int(part["n"].sum()) for plan, part in plans.items()}
    return {} if sum(found.values()) == total else {plan: n / total for plan, n in found.items()}


def _are_trials(lengths: pd.DataFrame, people: int) -> bool:
    """Whether a free plan is one: `lengths` tells how many (n) lasted so many days, up to their end or until lately."""
    n, over = int(lengths["n"].sum()), lengths[lengths["ended"]].sort_values("days")
    if over["n"].sum() < _LEAST_TRIALS or people < _NEARLY_ALL * n:
        return False
    usual = int(over["days"].iloc[np.searchsorted(over["n"].cumsum(), _NEARLY_ALL * over["n"].sum())])
    at_once = over.loc[abs(over["days"] - usual) <= _OF_MONTHS, "n"].sum() >= _AT_ONE_LENGTH * over["n"].sum()
    longest = usual + _OF_MONTHS if at_once and _TRIAL_DAYS < usual <= _LONGEST_TRIAL else _TRIAL_DAYS
    return bool(lengths.loc[lengths["days"] > longest, "n"].sum() <= (1 - _NEARLY_ALL) * n)


def _plan(rows: Relation) -> Any:
    return rows.plan.fill_null("") if "plan" in rows.columns else ibis.literal("")


def _is_free(rows: Relation) -> Any:
    """Whether a membership has a price of nothing, or a name that says that it is a trial."""
    free = rows.price_cents.fill_null(1) == 0 if "price_cents" in rows.columns else ibis.literal(False)
    return free | _plan(rows).lower().re_search(_TRIAL)


def without_trials(company: Workspace) -> Workspace:
    """The company without free trials, who are no members yet."""
    plans = list(trial_plans(company)) if company.has("memberships") else []
    if not plans:
        return company
    return company.only("memberships", lambda rows: rows.filter(~(_is_free(rows) & _plan(rows).isin(plans))))


def tell_observed_from(day: dt.date, earlier: int, *, is_guess: bool) -> Message:
    """From which day on ends are seen, and what becomes of the memberships that began earlier.

    `earlier`: How many did. `is_guess`: Whether the day was found in the data, and nobody has set it.

    >>> import datetime as dt
    >>> str(tell_observed_from(dt.date(2026, 1, 1), 5, is_guess=False))[:37]
    'Ends are seen from 1 January 2026 on:'
    """
    values = {"day": Day(day), "n": few_or(earlier)}
    if not is_guess:
        return T(
            "Ends are seen from {day} on: the {n} memberships that began earlier count from that day on only (“left "
            "truncation”)",
            **values,
        )
    return T(
        "Nobody is seen to leave before {day}, too long for chance, so the data seems to hold only who was a member "
        "from then on. The {n} memberships that began earlier count from that day on only (“left truncation”): with "
        "the days before it, members would seem to stay longer than they do. If everybody who ever left is there, set "
        "{parameter} to the day of the first start",
        parameter="observed_from",
        **values,
    )


def doubt_starts(members: pd.DataFrame, first_seen: pd.Series) -> Message | None:
    """What speaks for first days that were overwritten when members left; None where nothing does.

    Many of those who left were customers long before they are said to have joined, and hardly any of those who joined
    at the same time (within a quarter; Mantel & Haenszel) and stay.

    `members`: customer_id, started_on, ended; the first row of a customer counts.
    `first_seen`: By customer, the first day in any other table.
    """
    rows = members.sort_values("started_on", kind="stable").drop_duplicates("customer_id").reset_index(drop=True)
    start, left = pd.to_datetime(rows["started_on"]), rows["ended"].astype(bool).to_numpy()
    seen = pd.to_datetime(first_seen).reindex(rows["customer_id"]).to_numpy()
    before = ((start - seen).dt.days > _LONG_BEFORE).to_numpy()
    if min(left.sum(), (~left).sum()) < _FEWEST:
        return None
    quarters = pd.DataFrame({"left": left, "before": before, "both": left & before}).groupby(start.dt.to_period("Q"))
    sums, n = quarters.sum(), quarters.size()
    expected = sums["left"] * sums["before"] / n
    variance = expected * (n - sums["left"]) * (n - sums["before"]) / (n * (n - 1).clip(lower=1))
    share, others = before[left].mean(), before[~left].mean()
    clear = float((sums["both"] - expected).sum()) > _CLEARLY * float(np.sqrt(variance.sum()))
    if not clear or share < max(_TIMES * others, others + _APART):
        return None
    return T(
        "The first days of memberships seem to be overwritten when members leave: {share} of those who left are in the "
        "data more than {days} before, and {others} of those who stay. Nothing that rests on these days is shown: "
        "bring the days on which they first joined",
        share=Percent(float(share)),
        others=Percent(float(others)),
        days=Days(_LONG_BEFORE),
    )


def _expected_before(spells: tuple[Codes, Codes, Flags], first: int, since: int) -> float:
    """How many should at least have ended from day `since` to `first` by the hazards from then on: one-sided.

    `spells`: First days, last days (of those who stay, of the data), and whether they ended.
    """
    seen = spells[1] >= first
    start, until, ended = (part[seen] for part in spells)
    stayed = until - start
    times, ends = np.unique(stayed[ended], return_counts=True)
    entries = [day - start - 1 for day in (first, since)]
    outside, earlier = (len(start) - np.searchsorted(np.sort(np.maximum(days, -1)), times) for days in entries)
    at_risk = len(stayed) - np.searchsorted(np.sort(stayed), times) - outside
    concerned = outside - earlier  # members whom the hazard of that time concerned
    error = float(np.sqrt((concerned**2 * ends / at_risk**2).sum()))
    return float((concerned * ends / at_risk).sum()) - _ONE_SIDED * error


def refuse_flag(memberships: Relation) -> None:
    """Stop where memberships are such a table."""
    if day := _flag_day(memberships):
        raise DataError(
            f"memberships: column 'ended_on' has one value, {day}, the day of the file: it says who has left, not "
            "when, so there are no cut-offs to forecast from. Bring the days on which memberships ended, or use "
            "membership_spells for a description in retrospect."
        )


def _flag_day(rows: Relation) -> dt.date | None:
    ends = rows.ended_on
    facts = read_facts(rows.aggregate(n=ends.count(), first=ends.min(), last=ends.max(), newest=rows.started_on.max()))
    one_day = facts["n"] >= _LEAST_ENDINGS and facts["first"] == facts["last"] and facts["newest"] <= facts["last"]
    return facts["last"] if one_day else None


def _refuse_nothing(rows: Relation, end: dt.date) -> None:
    first = rows.started_on.min().to_pyarrow().as_py()
    if first is None:
        raise DataError("memberships: the table has no rows. Check the file and the rules that its rows must meet.")
    if first > end:
        raise DataError(
            f"memberships: none starts by observation_end {end}; the first does on {first}. Choose a later day."
        )


@dataclass(frozen=True)
class Chains:
    """Memberships up to a day.

    `rows` has one row a membership: customer_id, started_on, until (last day; the year 9999 while it runs), plan,
    price_cents and end_reason where there are any, number (of the customer's memberships, from 0), spell (from 1).
    `spells` has one row a spell: customer_id, spell, spell_started, spell_until, first_number, last_number.
    """

    rows: Relation
    spells: Relation


def chain_memberships(
    memberships: Relation, *, observation_end: dt.date, rejoin_days: int = REJOIN_DAYS, overlaps: Overlaps = "refuse"
) -> Chains:
    """Number the memberships of each customer and join those that follow each other into spells.

    An end after `observation_end` is agreed but has not come: until then the membership runs. Only `started_on` and
    ends that lie before a day decide to which spell a membership of that day belongs.
    """
    if overlaps not in ("refuse", "merge"):
        raise DataError(f"overlaps={overlaps!r} is not known. Write 'refuse' or 'merge'.")
    if rejoin_days < 0:
        raise DataError(f"rejoin_days={rejoin_days} must be 0 or more.")
    rows = _until(memberships, observation_end)
    if overlaps == "refuse":
        _refuse_overlaps(rows)
    rows = rows.mutate(starts=(-rows.before.delta(rows.started_on, unit="day") > rejoin_days).fill_null(True))
    so_far = ibis.cumulative_window(group_by="customer_id", order_by="number")
    rows = rows.mutate(spell=rows.starts.cast("int64").sum().over(so_far).cast("int64"))
    spells = rows.group_by("customer_id", "spell").aggregate(
        spell_started=rows.started_on.min(),
        spell_until=rows.until.max(),
        first_number=rows.number.min(),
        last_number=rows.number.max(),
    )
    return Chains(rows, spells)


def running_members(chains: Chains, cut_offs: Iterable[dt.date], *, through_days: int | None = None) -> Relation:
    """One row a customer and cut-off with a membership that runs at it: customer_id, cut_off and `FEATURES`.

    It began before the cut-off and had not ended the day before it; with `through_days`, it also runs beyond so many
    days from the cut-off on. Of several the one that started last counts.
    """
    rows = chains.rows.join(chains.spells, ["customer_id", "spell"])
    running = rows.cross_join(cut_off_table(cut_offs)).filter(lambda t: t.started_on < t.cut_off)
    left = -running.cut_off.delta(running.until, unit="day")
    running = running.filter(left >= 0 if through_days is None else left > through_days)
    last = running.group_by("customer_id", "cut_off").aggregate(number=running.number.max())
    members = running.join(last, ["customer_id", "cut_off", "number"])
    members = members.mutate(
        membership_days=members.cut_off.delta(members.spell_started, unit="day"),
        renewals=members.number - members.first_number,
    )
    return members.select("customer_id", "cut_off", *(name for name in FEATURES if name in members.columns))


def ended_spells(chains: Chains) -> Relation:
    """The spells that have ended: customer_id, day (the last one)."""
    over = chains.spells.filter(chains.spells.spell_until < ibis.date(NEVER))
    return over.select("customer_id", day=over.spell_until)


def paid_among_purchases(memberships: TableLike, transactions: TableLike) -> float | None:
    """The share of members whose price stands among their purchases, to the last unit and in a rhythm, as dues do.

    `memberships`, `transactions`: Canonical, of one kind.
    Returns: None below four of five members, of fewer than thirty, and where days between such purchases differ, as
        they do of a product that costs as much by chance.

    >>> plans = pd.DataFrame({"customer_id": range(40), "started_on": pd.Timestamp("2026-01-01"), "ended_on": pd.NaT,
    ...                       "price_cents": 1900})
    >>> dues = pd.DataFrame({"customer_id": range(36), "day": pd.Timestamp("2026-03-01"), "amount_cents": 1900})
    >>> paid_among_purchases(plans, pd.concat([dues, dues.assign(day=pd.Timestamp("2026-04-01"))]))
    0.9
    """
    if not {"price_cents", "amount_cents"} <= {*memberships.columns, *transactions.columns}:
        return None
    rows, bought = canonical(memberships, "memberships"), canonical(transactions, "transactions")
    rows = rows.filter(rows.price_cents > 0).select("customer_id", "started_on", "price_cents")
    alike = [bought.customer_id == rows.customer_id, bought.amount_cents == rows.price_cents]
    paid = bought.inner_join(rows, [*alike, bought.day >= rows.started_on]).select("customer_id", "day").distinct()
    members, payers = (int(table.customer_id.nunique().execute()) for table in (rows, paid))
    if members < _FEWEST or payers < _MOSTLY * members:
        return None
    before = paid.day.lag().over(group_by=paid.customer_id, order_by=paid.day)
    gaps = paid.select(gap=paid.day.delta(before, unit="day")).gap.value_counts(name="n")
    known = gaps.to_pyarrow().to_pandas().dropna()
    days = known["gap"].repeat(known["n"])
    in_rhythm = (days - days.median()).abs() <= _RHYTHM
    return payers / members if len(days) >= _FEWEST and in_rhythm.mean() >= _MOSTLY else None


def guess_payments(members: pd.DataFrame) -> dict[str, float]:
    """How often a plan's price is paid in a year, by plan; a plan of which that cannot be told is not in it.

    `members`: Memberships with plan and price_cents.
    A plan is taken at its word ("yearly", "سنوي"). A length ("one year", "12 months") may be that of a contract whose
    price is paid by the month. So where others are paid by the month, a longer plan must cost clearly more than they do
    (the square root of its months, half way between both); where none is, a length alone tells nothing.

    >>> guess_payments(pd.DataFrame({"plan": ["Monthly", "Yearly", "Gold"], "price_cents": [1000, 9900, 5000]}))
    {'Monthly': 12.0, 'Yearly': 1.0}
    >>> guess_payments(pd.DataFrame({"plan": ["Month-to-month", "One year"], "price_cents": [6500, 6400]}))
    {'Month-to-month': 12.0, 'One year': 12.0}
    """
    if not {"plan", "price_cents"} <= {*members.columns}:
        return {}
    prices = members["price_cents"].astype(float).groupby(members["plan"].astype(str).to_numpy()).median().dropna()
    said = {plan: _months_of(plan) for plan in prices.index}
    usual = prices[[months == 1 for months, _ in said.values()]].median()
    guessed = dict[str, float]()
    for plan, (months, is_length) in said.items():
        if months > 1 and usual > 0:
            guessed[plan] = MONTHLY / months if prices[plan] >= usual * np.sqrt(months) else MONTHLY
        elif months and (months == 1 or not is_length):
            guessed[plan] = MONTHLY / months
    return guessed


def _months_of(plan: str) -> tuple[float, bool]:
    """The months that a plan's name speaks of, 0 where of none or several; whether it is a mere length."""
    text, found = plan.casefold().replace("_", " "), set[float]()
    for months, words in _PAID:
        text, n = re.subn(rf"(?<!\w)({words})(?!\w)", " ", text)
        found |= {months} if n else set()
    is_length = not found
    found |= set(map(_length, _LENGTH.finditer(text))) if is_length else set()
    return (found.pop(), is_length) if len(found) == 1 else (0.0, False)


def _length(found: re.Match[str]) -> float:
    """The months of a length, such as those of "2 years"."""
    number = found["number"] or found["short"] or "1"
    each = (12 if found["years"] or found["short_years"] else 1) * (2 if found[0].endswith("ين") else 1)
    return float(_NUMBERS.get(number) or number) * each


def tell_payments(unknown: Sequence[str], *, parameter: str) -> tuple[Message, ...]:
    """That nothing says how often the price of these plans is paid; nothing to tell without any.

    `unknown`: Names of the plans. `parameter`: The one by which a reader can say it.

    >>> str(*tell_payments(["Gold"], parameter="renewal_days"))[57:95]
    'so it counts as that of a month: Gold.'
    """
    if not unknown:
        return ()
    names = [labelled(plan, "plan") if plan else T("memberships without a plan") for plan in unknown[:_NAMED]]
    names += [T("{n} more", n=Count(more))] if (more := len(unknown) - _NAMED) > 0 else []
    return (
        T(
            "Nothing says how often the price of these plans is paid, so it counts as that of a month: {plans}. Money "
            "follows from it; set {parameter} where it is otherwise",
            plans=join_names(names),
            parameter=parameter,
        ),
    )


def yearly_cents(members: Relation, payments_per_year: float | Mapping[str, float]) -> Relation:
    """What a running membership costs in a year, in whole cents; 0 where no price is known."""
    if "price_cents" not in members.columns:
        return ibis.literal(0, "int64")
    if isinstance(payments_per_year, Mapping) and "plan" in members.columns:
        payments = ibis.literal(MONTHLY)
        for plan, number in payments_per_year.items():
            payments = ibis.ifelse((members["plan"] == plan).fill_null(False), float(number), payments)
    else:
        often = MONTHLY if isinstance(payments_per_year, Mapping) else payments_per_year
        payments = ibis.literal(float(often))
    return (members.price_cents * payments).round().cast("int64").coalesce(0)


def _until(memberships: Relation, end: dt.date) -> Relation:
    columns = ["customer_id", "started_on", *(c for c in (*_DESCRIBED, "source", "row") if c in memberships.columns)]
    rows = memberships.filter(memberships.started_on <= ibis.date(end))
    over = rows.ended_on <= ibis.date(end)
    rows = rows.select(*columns, until=ibis.ifelse(over.fill_null(False), rows.ended_on, ibis.date(NEVER)))
    order = [rows[name] for name in ("started_on", *_DESCRIBED[:2], "until") if name in rows.columns]
    own = ibis.window(group_by="customer_id", order_by=order)
    rows = rows.mutate(number=ibis.row_number().over(own))
    earlier = ibis.window(group_by="customer_id", order_by="number", preceding=(None, 1))
    return rows.mutate(before=rows.until.max().over(earlier))


def _refuse_overlaps(rows: Relation) -> None:
    bad = rows.filter(rows.before > rows.started_on)
    facts = read_facts(bad.aggregate(n=bad.count(), customer=bad.customer_id.min()))
    if not facts["n"]:
        return
    own = rows.filter(rows.customer_id == facts["customer"]).order_by("number").to_pyarrow().to_pylist()
    late = next(number for number, one in enumerate(own) if one["before"] and one["before"] > one["started_on"])
    raise DataError(
        f"memberships: {facts['n']:,} start before an earlier one of the same customer has ended. First: customer "
        f"{facts['customer']!r}, {_describe(own[late - 1])} and {_describe(own[late])}. Correct the dates, or pass "
        "overlaps='merge' to count them as one."
    )


def _describe(one: Mapping[str, Any]) -> str:
    place = one.get("source") or ""
    row = f"row {one['row']}" if one.get("row") is not None else f"membership {one['number'] + 1}"
    end = "running" if one["until"] == NEVER else f"to {one['until']}"
    return f"{place} {row} ({one['started_on']} {end})".strip()
