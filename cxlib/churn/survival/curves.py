"""Kaplan-Meier: the share of members who are still there after so many days, without losing those who still run.

A spell that still runs is censored: it lasted at least as long as we have seen it. A spell that ends on the very day
on which another one was last seen running counts as ended first, as is usual.

Where ends can be seen only from some day on, whoever left before it is not in the data: the spells that are lasted so
long that they could be seen. Each is at risk only after its entry (left truncation), in every model of this room.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from cxlib.checks import Codes, Flags, Floats, read_flags, read_numbers, refuse_where, require_columns
from cxlib.errors import DataError
from cxlib.language import Count, Days, Message, Percent, T, join_names, labelled
from cxlib.measures.result import Brief, Result, in_quantities
from cxlib.measures.sampling import LEAST_RATIO, LEVEL, Z95, hidden_cells, joint_z

SPELLS = "the table of spells"
MOST_CODES = 1_000_000  # whole days below this are counted by their own number, without a sort
READ_AT = (365.0, 182.0, 91.0, 30.0, 7.0)  # days at which a curve is put into words: the first that enough have reached
FEWEST_AT_RISK = 30
CLEAR = 0.05  # of p-values, in all models of this room


def are_clear(p_values: pd.Series, ratios: pd.Series) -> pd.Series:
    """Which ratios are more than chance, and far enough from 1 to matter."""
    far: pd.Series = np.abs(np.log(ratios.clip(lower=1e-9))) >= np.log(LEAST_RATIO)
    return far & (p_values < CLEAR)


@dataclass(frozen=True, repr=False)
class Durations(Brief):
    """Checked columns of spells: `days` (0 or more), `ended`, and `entry`: at risk of ending after it, up to `days`.

    An entry of -1 is that of a spell which was seen from its start on.
    """

    days: Floats
    ended: Flags
    entry: Floats

    def __len__(self) -> int:
        return len(self.days)

    def take(self, rows: NDArray[Any]) -> Durations:
        """The spells at `rows` (a mask or positions)."""
        return Durations(self.days[rows], self.ended[rows], self.entry[rows])

    @property
    def from_the_start(self) -> int:
        """The fewest spells at risk at any time from the start up to the time at which most are.

        Where all were seen from their start, that is their number. Where it is small, what happens early in a spell is
        not seen, and a curve from the start would rest on a few spells.
        """
        entry, days = np.sort(self.entry), np.sort(self.days)
        times = np.append(-1.0, days)
        inside = np.searchsorted(entry, times, side="right") - np.searchsorted(days, times, side="right")
        return int(inside[: int(inside.argmax()) + 1].min())


@dataclass(frozen=True)
class Counts:
    """By distinct length in days: spells `at_risk` just before it and `ended` at it, (times,) or (times, groups)."""

    days: Floats
    at_risk: Floats
    ended: Floats


def read_durations(spells: pd.DataFrame, *, columns: Sequence[str] = ()) -> Durations:
    """Check a table of spells: duration_days (0 or more), ended (true or false, 1 or 0), and `columns`.

    entry_days, where there is such a column, is the last day since the start on which an end would not have been seen;
    -1, and without the column: all would.
    """
    remedy = "Check the period and the filters of memberships."
    require_columns(spells, ("duration_days", "ended", *columns), what=SPELLS, remedy=remedy)
    remedy = "Correct started_on or ended_on, or leave those rows out"
    days = read_numbers(spells["duration_days"], "duration_days", least=0, remedy=remedy, what=SPELLS)
    remedy = "Write true where the membership has ended, false where it still runs"
    ended, entry = read_flags(spells["ended"], "ended", remedy=remedy, what=SPELLS), np.full(len(days), -1.0)
    if "entry_days" in spells:
        remedy = "Leave out spells that ended before ends could be seen"
        entry = read_numbers(spells["entry_days"], "entry_days", least=-1, remedy=remedy, what=SPELLS)
        refuse_where(spells["entry_days"], "entry_days", entry >= days, "not below duration_days", remedy, what=SPELLS)
    return Durations(days, ended, entry)


def require_endings(spells: Durations, so: str) -> None:
    """Refuse spells of which none has ended; `so` says what follows."""
    if not spells.ended.any():
        raise DataError(f"{SPELLS}: nobody has left (column 'ended' is false throughout), so {so}.")


def count_at_risk(spells: Durations, groups: Codes | None = None, n_groups: int = 1) -> Counts:
    """Count spells at risk and ended at each distinct length, by group where `groups` (codes from 0) are given."""
    days, cell = _distinct(spells.days)
    key, cells = (cell, len(days)) if groups is None else (cell * n_groups + groups, len(days) * n_groups)
    shape = (len(days),) if groups is None else (len(days), n_groups)
    last = np.bincount(key, minlength=cells).astype(float).reshape(shape)
    ended = np.bincount(key[spells.ended], minlength=cells).astype(float).reshape(shape)
    at_risk = np.cumsum(last[::-1], axis=0)[::-1] - _still_outside(spells, days, groups, n_groups).reshape(shape)
    occurs = last > 0 if groups is None else last.sum(axis=1) > 0
    return Counts(days[occurs], at_risk[occurs], ended[occurs])


def _still_outside(spells: Durations, days: Floats, groups: Codes | None, n_groups: int) -> Floats:
    """Spells that are not yet under observation at each of `days`, by group."""
    late = np.flatnonzero(spells.entry >= days[0])
    outside = np.zeros((len(days) + 1, n_groups))
    cell = np.searchsorted(days, spells.entry[late], side="right")
    np.add.at(outside, (cell, np.zeros_like(cell) if groups is None else groups[late]), 1.0)
    return np.asarray(np.cumsum(outside[::-1], axis=0)[::-1][1:])


def _distinct(days: Floats) -> tuple[Floats, Codes]:
    """Distinct lengths and, for each spell, the place of its own; whole days without a sort."""
    integers = days.astype(np.int64)
    if days.max() < MOST_CODES and np.array_equal(integers, days):
        return np.arange(int(integers.max()) + 1, dtype=float), integers
    lengths, cell = np.unique(days, return_inverse=True)
    return lengths, cell


def read_groups(spells: pd.DataFrame, column: str, *, least: int = 0) -> tuple[Codes, list[str]]:
    """The group of each spell as a code, and the groups' names in order; a missing group is "—".

    Groups of fewer than `least` are one with the smallest other, last, so that no number gives them away.
    """
    require_columns(spells, (column,), what=SPELLS)
    codes, names = pd.factorize(as_texts(spells[column]), sort=True)
    if "customer_id" in spells and not spells["customer_id"].is_unique:
        _refuse_two_groups(spells, column, np.asarray(codes))
    small = hidden_cells(np.bincount(codes), least=least)
    if small.any():
        codes = np.where(small, (~small).sum(), np.cumsum(~small) - 1)[codes]
        return np.asarray(codes, dtype=np.int64), [*map(str, names[~small]), Merged(map(str, names[small]))]
    return np.asarray(codes, dtype=np.int64), [str(name) for name in names]


class Merged(str):
    """The name of groups taken together, in the files' words; `parts` are their own names."""

    parts: tuple[str, ...]

    def __new__(cls, names: Iterable[str]) -> Merged:
        """Join the names."""
        parts = tuple(names)
        merged = super().__new__(cls, ", ".join(parts))
        merged.parts = parts
        return merged


def as_texts(column: pd.Series) -> NDArray[np.object_]:
    """Categories as text; a missing one is "—"."""
    return np.where(column.isna(), "—", column.astype("object").map(str)).astype(object)


def _refuse_two_groups(spells: pd.DataFrame, column: str, codes: Codes) -> None:
    customers = spells["customer_id"]
    bad = codes != pd.Series(codes).groupby(customers.to_numpy()).transform("first").to_numpy()
    if not bad.any():
        return
    row = int(np.argmax(bad))
    who = customers.iloc[row]
    before = spells[column][(customers == who).to_numpy()].iloc[0]
    raise DataError(
        f"{SPELLS}: {len(set(customers[bad])):,} customers are in two groups of {column!r} (first: customer {who!r}, "
        f"{before!r} before, {spells[column].iloc[row]!r} in row {row + 1:,}), and groups are compared as different "
        "people. Keep one spell of each customer, or group by what does not change."
    )


@dataclass(frozen=True, repr=False)
class SurvivalCurve(Result):
    """The share still there by days since the start; arrays are (times,), at each distinct duration.

    `days`: Distinct durations, ascending.
    `at_risk`, `ended`: Spells still under observation just before, and endings at that duration.
    `survival`: Share still there after that many days.
    `std_error`: Greenwood's standard error of `survival`.
    `low`, `high`: 95% interval; 1 before the first ending, missing where nobody is left.
    `n`, `endings`: Spells in all, and how many of them ended.
    """

    days: Floats
    at_risk: Floats
    ended: Floats
    survival: Floats
    std_error: Floats
    low: Floats
    high: Floats
    n: int
    endings: int

    @property
    def table(self) -> pd.DataFrame:
        """One row a distinct duration, from day 0."""
        names = ("days", "at_risk", "ended", "survival", "std_error", "low", "high")
        start = pd.DataFrame([(0.0, float(self.at_risk[0]), 0.0, 1.0, 0.0, 1.0, 1.0)], columns=list(names))
        rows = pd.DataFrame({name: getattr(self, name) for name in names})
        return rows if self.days[0] == 0 else pd.concat([start, rows], ignore_index=True)

    def at(self, days: ArrayLike) -> pd.DataFrame:
        """The curve at asked times, with the number at risk.

        Returns: days, at_risk (spells seen to last at least so long), survival, low, high; these three are missing past
            the longest spell observed, where nothing is known. Until somebody has left, low is the exact binomial bound
            (Clopper & Pearson 1934) of so many at risk.
        """
        asked = np.atleast_1d(np.asarray(days, dtype=float))
        place = np.searchsorted(self.days, asked, side="right") - 1
        unknown = (asked > self.days[-1]) & (self.survival[-1] > 0)
        columns = {
            name: np.where(unknown, np.nan, np.concatenate([[1.0], getattr(self, name)])[place + 1])
            for name in ("survival", "low", "high")
        }
        at_risk = np.concatenate([self.at_risk, [0.0]])[np.searchsorted(self.days, asked, side="left")]
        nobody_left = (columns["survival"] == 1) & (asked > 0) & (at_risk > 0)  # which is no proof that nobody leaves
        bound = ((1 - LEVEL) / 2) ** (1 / np.maximum(at_risk, 1))
        columns["low"] = np.where(nobody_left, bound, columns["low"])
        return pd.DataFrame({"days": asked, "at_risk": at_risk, **columns})

    @cached_property
    def median(self) -> tuple[float, float, float]:
        """Days after which half have left, with its interval; NaN where half is not reached.

        The interval holds the days at which the curve's own interval holds one half.

        Source: Brookmeyer & Crowley, A Confidence Interval for the Median Survival Time, Biometrics 38 (1982), 29-41.
        """
        value, low, high = (self._first_below(curve, 0.5) for curve in (self.survival, self.low, self.high))
        return value, low, high

    def _first_below(self, curve: Floats, share: float) -> float:
        # Products of shares carry rounding of 1e-16, which must not decide whether one half is reached.
        reached = np.flatnonzero(curve <= share + 1e-12)
        return float(self.days[reached[0]]) if len(reached) else np.nan

    @cached_property
    def read_at(self) -> float:
        """Days at which the curve is put into words: a year, or the longest customary time that 30 have reached."""
        enough = [days for days in READ_AT if self.at([days])["at_risk"].iloc[0] >= FEWEST_AT_RISK]
        return enough[0] if enough else float(self.days[len(self.days) // 2])

    @property
    def face(self) -> pd.DataFrame:
        """The curve at the customary times, in quantities."""
        rows = self.at(sorted(days for days in READ_AT if days <= self.days[-1]) or [float(self.days[-1])])
        shares = {"still members": ("survival", Percent), "low": Percent, "high": Percent}
        return in_quantities(rows, {"after": ("days", Days), "at risk": ("at_risk", Count), **shares})

    @property
    def headline(self) -> Message:
        """How many are still there after a year, or the longest time that can be told."""
        row = self.at([self.read_at]).iloc[0]
        if not self.endings:
            return T("No membership has ended so far (memberships: {n})", n=Count(self.n))
        if row[["low", "high"]].isna().any():
            return T(
                "{share} of members are still there after {days} ({n} memberships, {ended} of them ended; no interval)",
                share=Percent(row["survival"]),
                days=Days(self.read_at),
                n=Count(self.n),
                ended=Count(self.endings),
            )
        ends = {name: Percent(row[name]) for name in ("low", "high")}
        return T(
            "{share} of members are still there after {days} ({level} interval {low} to {high}; {n} memberships, "
            "{ended} of them ended)",
            share=Percent(row["survival"]),
            days=Days(self.read_at),
            level=Percent(LEVEL),
            n=Count(self.n),
            ended=Count(self.endings),
            **ends,
        )

    @property
    def median_sentence(self) -> Message:
        """After how many days half have left, or that this is not reached."""
        value, low, high = self.median
        if np.isnan(value):
            return T("More than half are still there after the longest time observed, {days}", days=Days(self.days[-1]))
        if np.isnan(low):
            return T("Half have left after {days}; how sure that is cannot be told", days=Days(value))
        values = {"days": Days(value), "low": Days(low), "level": Percent(LEVEL)}
        if np.isnan(high):
            return T("Half have left after {days} ({level} interval from {low}; no upper end yet)", **values)
        return T("Half have left after {days} ({level} interval {low} to {high})", high=Days(high), **values)


def estimate_survival(spells: pd.DataFrame) -> SurvivalCurve:
    """Estimate the share of members still there by days since their start.

    ``S(t) = product over t_j <= t of (1 - d_j / n_j)``, with d_j endings among n_j at risk. Greenwood's variance is
    ``S(t)^2 sum d_j / (n_j (n_j - d_j))``; the interval is normal in ``log(-log S)``, so that it stays within 0 and 1.

    `spells`: One row a spell: duration_days (from its start to its end, or to the last day observed), ended; entry_days
        where ends were not seen from the start on (`read_durations`).
    Raises DataError: as `read_durations`: a column, a row or a value does not fit.

    Source: Kaplan & Meier, JASA 53 (1958), 457-481; Kalbfleisch & Prentice, The Statistical Analysis of Failure Time
    Data, 2nd edition (2002), section 1.4; left truncation: Tsai, Jewell & Wang, Biometrika 74 (1987), 883-886.

    >>> spells = pd.DataFrame({"duration_days": [6, 6, 6, 7, 10], "ended": [True, True, True, True, False]})
    >>> estimate_survival(spells).survival.round(2).tolist()
    [0.4, 0.2, 0.2]
    """
    return fit_curve(read_durations(spells))


def fit_curve(spells: Durations) -> SurvivalCurve:
    """The Kaplan-Meier curve of checked spells."""
    counts = count_at_risk(spells)
    left = counts.at_risk - counts.ended
    survival = np.cumprod(left / counts.at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        summed = np.cumsum(counts.ended / (counts.at_risk * left))
        spread = Z95 * np.sqrt(summed) / np.log(survival)
        low, high = survival ** np.exp(-spread), survival ** np.exp(spread)
        std_error = np.where(survival > 0, survival * np.sqrt(summed), np.nan)
    low, high = (np.where(survival == 0, np.nan, np.where(summed == 0, 1.0, ends)) for ends in (low, high))
    return SurvivalCurve(
        days=counts.days,
        at_risk=counts.at_risk,
        ended=counts.ended,
        survival=survival,
        std_error=std_error,
        low=low,
        high=high,
        n=len(spells),
        endings=int(spells.ended.sum()),
    )


@dataclass(frozen=True, repr=False)
class GroupCurves(Result):
    """One curve a group.

    `column`: What members are grouped by.
    `curves`: In the order of the groups' names.
    `left_out`: Groups with too few members to be shown, and how many they have (see `Durations.from_the_start`).
    """

    column: str
    curves: Mapping[str, SurvivalCurve]
    left_out: Mapping[str, int]

    @cached_property
    def words(self) -> Mapping[str, object]:
        """Group -> what a reader calls it: its label, or those of the groups in it."""
        names = (*self.curves, *self.left_out)
        parts = {name: name.parts if isinstance(name, Merged) else (name,) for name in names}
        return {name: join_names([labelled(part, self.column) for part in own]) for name, own in parts.items()}

    @property
    def table(self) -> pd.DataFrame:
        """One row a group and distinct duration, for a plot or an export."""
        parts = [curve.table.assign(group=name) for name, curve in self.curves.items()]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["group", "days", "survival"])

    def at(self, days: ArrayLike) -> pd.DataFrame:
        """Each group's curve at asked times: group, days, at_risk, survival, low, high."""
        parts = [curve.at(days).assign(group=name) for name, curve in self.curves.items()]
        columns = ["group", "days", "at_risk", "survival", "low", "high"]
        return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)

    @property
    def medians(self) -> pd.DataFrame:
        """One row a group: group, n, ended, median (days), low, high; missing where half is not reached."""
        rows = [(name, float(c.n), float(c.endings), *c.median) for name, c in self.curves.items()]
        return pd.DataFrame(rows, columns=["group", "n", "ended", "median", "low", "high"])

    @cached_property
    def read_at(self) -> float:
        """Days at which groups are compared in words: the longest customary time that all of them have reached."""
        return min((curve.read_at for curve in self.curves.values()), default=np.nan)

    @property
    def face(self) -> pd.DataFrame:
        """Groups side by side at that time, in quantities."""
        rows = self.at([self.read_at]).assign(**self.medians[["n", "ended", "median"]])
        counts = {"memberships": ("n", Count), "ended": Count}
        shares = {"still members": ("survival", Percent), "low": Percent, "high": Percent}
        return in_quantities(rows, {"group": "group", **counts, **shares, "half have left after": ("median", Days)})

    @property
    def headline(self) -> Message:
        """Which group keeps the most members, and which one the fewest."""
        if len(self.curves) < 2:
            return T("There are no two groups with enough members to compare")
        rows = self.at([self.read_at]).sort_values("survival", kind="stable", ignore_index=True)
        values = {"best": self.words[rows["group"].iloc[-1]], "worst": self.words[rows["group"].iloc[0]]}
        for which, row in (("best", rows.iloc[-1]), ("worst", rows.iloc[0])):
            shares = zip(("share", "low", "high"), _of_all(row, len(rows)), strict=True)
            values |= {f"{which}_{name}": Percent(share) for name, share in shares}
        n = sum(curve.n for curve in self.curves.values())
        if rows[["low", "high"]].isna().any(axis=None):
            return T(
                "After {days}, {best_share} of “{best}” are still there, and {worst_share} of “{worst}”; "
                "{n} memberships, and how sure that is cannot be told",
                days=Days(self.read_at),
                n=Count(n),
                **{name: values[name] for name in ("best", "best_share", "worst", "worst_share")},
            )
        return T(
            "After {days}, {best_share} of “{best}” are still members ({best_low} to {best_high}), and {worst_share} "
            "of “{worst}” ({worst_low} to {worst_high}); {level} intervals for all groups together",
            days=Days(self.read_at),
            n=Count(n),
            level=Percent(LEVEL),
            **values,
        )

    @property
    def limits(self) -> tuple[Message, ...]:
        """Groups that are not shown."""
        return tuple(
            T(
                "“{group}” is left out: fewer than {needed} of its memberships were seen from their start",
                group=self.words[name],
                needed=Count(FEWEST_AT_RISK),
            )
            for name in self.left_out
        )


def _of_all(row: pd.Series, groups: int) -> list[float]:
    """Share, low and high of a group chosen among several: ends that hold for all together (Bonferroni, log-log)."""
    share, low, high = (float(row[name]) for name in ("survival", "low", "high"))
    if share == 1 and 0 < low < 1:  # nobody has left
        return [share, low ** (1 - np.log(groups) / np.log((1 - LEVEL) / 2)), high]
    if not 0 < low <= share <= high < 1:
        return [share, low, high]
    wider = joint_z(groups) / Z95
    middle, *ends = np.log(-np.log([share, low, high]))
    return [share, *(float(np.exp(-np.exp(middle + wider * (end - middle)))) for end in ends)]


def estimate_by_group(spells: pd.DataFrame, *, group_by: str, fewest: int = FEWEST_AT_RISK) -> GroupCurves:
    """One curve for each group of a column; one with fewer than `fewest` spells from the start is left out.

    Groups of fewer than `fewest` are taken together with the smallest other (`read_groups`).

    A missing value is the group "—". A customer (customer_id, where there is one) in two groups is a DataError.
    """
    durations = read_durations(spells, columns=(group_by,))
    codes, names = read_groups(spells, group_by, least=fewest)
    parts = {name: durations.take(codes == code) for code, name in enumerate(names)}
    sizes = {name: part.from_the_start for name, part in parts.items()}
    curves = {name: fit_curve(part) for name, part in parts.items() if sizes[name] >= fewest}
    return GroupCurves(group_by, curves, {name: n for name, n in sizes.items() if name not in curves})
