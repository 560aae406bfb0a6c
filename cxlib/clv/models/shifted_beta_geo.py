"""Shifted beta geometric and beta-discrete-Weibull: how long memberships last, where the end is seen.

Fader & Hardie (2007), "How to project customer retention", Journal of Interactive Marketing 21(1), 76-90.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from cxlib.checks import Codes, Flags, Floats, read_numbers, refuse_where, require_columns
from cxlib.clv.models.base import LONGEST_DAYS, Model, discount_exponent
from cxlib.clv.models.rows import customer_counts
from cxlib.errors import DataError, ParameterError

SUMMARY = "the table of membership_summary"
MADE_BY = "Make the table with membership_summary"
MONTH_DAYS = 365.25 / 12
GRID, ZOOMS = 64, 4
MOST_PERIODS = 1200
CALENDAR = 0.02  # part by which days may be off a whole number of months and still mean them

Days = NDArray[Any]  # of datetime64[D]


@dataclass(frozen=True)
class _Lives:
    """Numbers of memberships that ended in, or were still going after, each number of periods (0, 1, 2 ...).

    Those whose end could be seen only after some periods are taken off `going` at these.
    """

    ended: Floats
    going: Floats
    n: float


@dataclass(frozen=True)
class Members:
    """Columns of `membership_summary`, checked, each (memberships,).

    Those that a table does not have are as on a renewal day: running where not ended, a whole period to the next
    renewal, nobody yet seen to leave in this one.
    """

    periods: Floats
    ended: Flags
    running: Flags
    entry: Codes
    days_to_renewal: Floats
    left_by_now: Floats

    def due(self, horizon_days: float, time_unit_days: float) -> Codes:
        """How many renewals of each fall into the horizon."""
        due = np.floor((horizon_days - self.days_to_renewal) / time_unit_days + 1e-9).astype(np.int64) + 1
        return np.where(self.running, np.maximum(due, 0), 0)


def read_members(summary: pd.DataFrame, time_unit_days: float) -> Members:
    """Check a table of `membership_summary`, of which periods and ended suffice."""
    table = require_columns(summary, ("periods", "ended"), what=SUMMARY)
    periods = read_numbers(table["periods"], "periods", least=0, remedy=MADE_BY, what=SUMMARY)
    ended = table["ended"].to_numpy(bool)
    refuse_where(periods, "periods", periods % 1 != 0, "no whole number of periods", MADE_BY, what=SUMMARY)
    early = ended & (periods < 1)
    refuse_where(periods, "periods", early, "0 though it ended", "It ends at renewal 1 or later", what=SUMMARY)
    return Members(
        periods=periods,
        ended=ended,
        running=table["running"].to_numpy(bool) if "running" in table else ~ended,
        entry=table.get("entry", pd.Series(0, table.index)).to_numpy().astype(np.int64),
        days_to_renewal=table.get("days_to_renewal", pd.Series(time_unit_days, table.index)).to_numpy(float),
        left_by_now=table.get("left_by_now", pd.Series(0.0, table.index)).to_numpy(float),
    )


class ShiftedBetaGeoModel(Model[_Lives]):
    """sBG model: at each renewal a member leaves with probability theta ~ Beta(alpha, beta).

        P(T = t) = B(alpha+1, beta+t-1) / B(alpha, beta),   S(t) = B(alpha, beta+t) / B(alpha, beta)    (eqs. 5, 6)

    Cohorts that began at different times need nothing special: each membership counts with its own age.

    `time_unit_days`: Days between renewals (keyword only).

    >>> import pandas as pd
    >>> table = pd.DataFrame({"periods": [1, 2, 3, 4, 5, 6, 7, 7], "ended": [True] * 7 + [False],
    ...                       "customers": [131, 126, 90, 60, 42, 34, 26, 491]})
    >>> model = ShiftedBetaGeoModel(time_unit_days=365.25).fit(table)
    >>> (100 * model.survival([8, 12])).round(1).tolist()
    [46.0, 37.8]
    """

    name: ClassVar[str] = "sBG"
    parameters: ClassVar[tuple[str, ...]] = ("alpha", "beta")

    def survival(self, periods: ArrayLike) -> Floats:
        """Share of a cohort still members after so many periods."""
        return surviving(self._theta, periods)

    def p_alive(self, summary: pd.DataFrame) -> pd.Series:
        """1 for running memberships and 0 for ended ones: here the end is seen."""
        running = read_members(summary, self.time_unit_days).running
        return pd.Series(running.astype(float), index=summary.index, name="p_alive")

    def expected_purchases(self, summary: pd.DataFrame, *, horizon_days: float) -> pd.Series:
        """Renewals expected of each membership in the `horizon_days` after observation."""
        if not 0 < horizon_days <= LONGEST_DAYS:
            raise ParameterError(f"horizon_days={horizon_days} must lie between 0 and {LONGEST_DAYS:,}, as 365.")
        return self._renewals(summary, horizon_days, rate=0.0)

    def discounted_purchases(
        self, summary: pd.DataFrame, *, annual_discount_rate: float, horizon_days: float | None = None
    ) -> pd.Series:
        """Renewals expected of each membership, each worth less the later it comes; endless without a horizon.

        Without end in closed form: DERL of Fader & Hardie (2010), Marketing Science 29(1), eq. 8, less the renewal
        that is due at once there.
        """
        rate = discount_exponent(annual_discount_rate, self.time_unit_days, endless=horizon_days is None)
        if horizon_days is not None:
            return self._renewals(summary, horizon_days, rate=rate)
        from scipy.special import hyp2f1

        members = read_members(summary, self.time_unit_days)
        age, (alpha, beta) = members.periods, self._theta[:2]
        first = (beta + age) / (alpha + beta + age) * np.exp(-rate)
        endless = first * hyp2f1(1, beta + age + 1, alpha + beta + age + 1, np.exp(-rate))
        return pd.Series(self._from_today(members, endless, rate), index=summary.index, name="discounted_purchases")

    def _renewals(self, summary: pd.DataFrame, horizon_days: float, *, rate: float) -> pd.Series:
        members = read_members(summary, self.time_unit_days)
        due = members.due(horizon_days, self.time_unit_days)
        ages, at = np.unique(members.periods, return_inverse=True)
        steps = np.arange(int(due.max(initial=0)) + 1)
        each = self.survival(ages[:, None] + steps) / self.survival(ages)[:, None] * np.exp(-rate * steps)
        expected = (np.cumsum(each, axis=1) - 1)[at, due]
        return pd.Series(self._from_today(members, expected, rate), index=summary.index, name="expected_purchases")

    def _from_today(self, members: Members, expected: Floats, rate: float) -> Floats:
        """What was expected at the last renewal, for who still runs on the last day and is that much nearer the next.

        Of chance theta of not renewing, a share G shows by this part of a period: who still runs has survived it, which
        multiplies all that comes by 1 / E[1 - theta G].
        """
        leaving = 1 - self.survival(members.periods + 1) / self.survival(members.periods)
        still = 1 - members.left_by_now * leaving
        nearer = np.exp(rate * (1 - members.days_to_renewal / self.time_unit_days))
        return np.asarray(np.where(members.running, expected * nearer / still, 0.0))

    def draw_parameters(self, summary: pd.DataFrame, *, draws: int, seed: int) -> Floats:
        """Alpha and beta (draws by 2) from their posterior, given the memberships of `summary`.

        Beforehand the mean chance of leaving is uniform, and the standard deviation s of members' chances (as a share
        of the largest) has a density of s^(-1/3): between the uniform one that Gelman, Bayesian Analysis 1 (2006),
        515-534 proposes and those that favour members who do not differ. Intervals then hold whether members differ or
        not, also where the likelihood has no maximum inside. The posterior is computed on a grid that zooms in.
        """
        rows = self._read(summary)
        logits, spreads = np.linspace(-9, 9, GRID), np.linspace(0.002, 0.97, GRID)  # spread: sd / sqrt(p (1 - p))
        for _ in range(ZOOMS):
            weight = _posterior(rows, logits, spreads)
            logits, spreads = (_zoom(axis, weight.max(axis=other)) for axis, other in ((logits, 1), (spreads, 0)))
        weight, rng = _posterior(rows, logits, spreads), np.random.default_rng(seed)
        cell = np.unravel_index(rng.choice(weight.size, draws, p=(weight / weight.sum()).ravel()), weight.shape)
        steps = rng.random((2, draws)) - 0.5
        logit = logits[cell[0]] + steps[0] * (logits[1] - logits[0])
        spread = np.clip(spreads[cell[1]] + steps[1] * (spreads[1] - spreads[0]), 0.001, 0.999)
        mean, size = 1 / (1 + np.exp(-logit)), 1 / spread**2 - 1
        return np.column_stack([mean * size, (1 - mean) * size])

    def _read(self, summary: pd.DataFrame) -> _Lives:
        members, counts = read_members(summary, self.time_unit_days), customer_counts(summary)
        weight = np.ones(len(summary)) if counts is None else counts
        at, ended = members.periods.astype(np.int64), members.ended
        ends, going = (np.bincount(at, weight * flags, int(at.max()) + 1) for flags in (ended, ~ended))
        # Given that it had lasted so long, a membership's likelihood is divided by the chance of that.
        return _Lives(ends, going - np.bincount(members.entry, weight, len(going)), float(weight.sum()))

    def _refuse(self, rows: _Lives) -> None:
        super()._refuse(rows)
        if not rows.ended.sum():
            raise DataError(
                f"column 'ended' is false for all {rows.n:,.0f} memberships: nobody has left, so there is nothing to "
                "learn about leaving. Choose a longer period."
            )

    def _starts(self, rows: _Lives) -> list[Floats]:
        return [np.array([1.0, 1.0]), np.array([0.7, 4.0]), np.array([5.0, 50.0])]

    def _evaluate(self, theta: Floats, rows: _Lives) -> tuple[float, Floats]:
        from scipy.special import betaln, digamma

        alpha, beta = theta
        t = np.arange(len(rows.ended), dtype=float)
        last = np.maximum(t - 1, 0)  # nobody ended in period 0, so that entry has no weight
        at_end = betaln(alpha + 1, beta + last) - betaln(alpha, beta)
        after = betaln(alpha, beta + t) - betaln(alpha, beta)
        value = rows.ended @ at_end + rows.going @ after
        both = digamma(alpha + beta) - digamma(alpha + beta + t)
        # In both cases alpha and beta + t share the sum alpha + beta + t.
        left = digamma(alpha + beta) - digamma(alpha + beta + 1 + last)
        slope = [
            rows.ended @ (left + 1 / alpha) + rows.going @ both,
            rows.ended @ (left + digamma(beta + last) - digamma(beta))
            + rows.going @ (both + digamma(beta + t) - digamma(beta)),
        ]
        return float(value), np.array(slope)


class BetaDiscreteWeibullModel(ShiftedBetaGeoModel):
    """BdW model: members differ as in sBG, and each one's chance of leaving changes with how long they have been one.

        S(t) = B(alpha, beta + t^c) / B(alpha, beta)    (eq. 7)

    With c above 1 a member leaves more easily the longer they have been one, below 1 less easily; with 1 it is sBG.

    Fader, Hardie, Liu, Davin & Steenburgh (2018), "How to project customer retention" revisited: the role of duration
    dependence, Journal of Interactive Marketing 43, 1-16.
    """

    name: ClassVar[str] = "BdW"
    parameters: ClassVar[tuple[str, ...]] = ("alpha", "beta", "c")

    def discounted_purchases(
        self, summary: pd.DataFrame, *, annual_discount_rate: float, horizon_days: float | None = None
    ) -> pd.Series:
        """As of sBG; without end, of the first 1,200 renewals."""
        rate = discount_exponent(annual_discount_rate, self.time_unit_days, endless=horizon_days is None)
        return self._renewals(summary, horizon_days or MOST_PERIODS * self.time_unit_days, rate=rate)

    def draw_parameters(self, summary: pd.DataFrame, *, draws: int, seed: int) -> Floats:
        """Alpha, beta and c (draws by 3) from the normal distribution of their logarithms around the estimates."""
        return self._around_estimates(draws, np.random.default_rng(seed))

    def _starts(self, rows: _Lives) -> list[Floats]:
        return [np.append(start, 1.0) for start in super()._starts(rows)]

    def _evaluate(self, theta: Floats, rows: _Lives) -> tuple[float, Floats]:
        t = np.arange(len(rows.ended), dtype=float)
        after, slopes = _log_survival(theta, t)
        before, slopes_before = after[:-1], slopes[:, :-1]
        gap = -np.expm1(after[1:] - before)  # P(T = t) = S(t - 1) - S(t) = S(t - 1) gap
        share = np.exp(after[1:] - before) / gap
        at_end = np.concatenate([[0.0], before + np.log(gap)])  # nobody ended in period 0
        slope_end = slopes_before + share * (slopes_before - slopes[:, 1:])
        value = rows.ended @ at_end + rows.going @ after
        return float(value), np.asarray(slope_end @ rows.ended[1:] + slopes @ rows.going)


def surviving(theta: Floats, periods: ArrayLike) -> Floats:
    """S(t) of sBG by (alpha, beta), or of BdW by (alpha, beta, c); many parameters (..., 1) may meet many periods."""
    from scipy.special import betaln

    alpha, beta, c = theta if len(theta) == 3 else (*theta, 1.0)
    return np.asarray(np.exp(betaln(alpha, beta + np.asarray(periods, float) ** c) - betaln(alpha, beta)))


def _log_survival(theta: Floats, t: Floats) -> tuple[Floats, Floats]:
    """The logarithm of S(t) of BdW, and its slopes in alpha, beta and c (3, times)."""
    from scipy.special import betaln, digamma

    alpha, beta, c = theta
    x = t**c
    both, rise = digamma(alpha + beta + x), digamma(beta + x)
    of_alpha = digamma(alpha + beta) - both
    of_c = (rise - both) * x * np.log(np.maximum(t, 1))
    slopes = np.array([of_alpha, rise - digamma(beta) + of_alpha, of_c])
    return np.asarray(betaln(alpha, beta + x) - betaln(alpha, beta)), slopes


def _posterior(rows: _Lives, logits: Floats, spreads: Floats) -> Floats:
    """Proportional to the posterior density of mean and spread (logits by spreads)."""
    mean, size = 1 / (1 + np.exp(-logits))[:, None], 1 / spreads**2 - 1
    alpha, beta = mean * size, (1 - mean) * size
    surviving, value = np.zeros_like(alpha), np.log(mean * (1 - mean)) - np.log(spreads) / 3
    for t, (ended, going) in enumerate(zip(rows.ended, rows.going, strict=True)):
        if t:
            value += ended * (surviving + np.log(alpha / (size + t - 1)))
            surviving += np.log((beta + t - 1) / (size + t - 1))
            value += going * surviving
    return np.asarray(np.exp(value - value.max()))


def _zoom(axis: Floats, weight: Floats) -> Floats:
    """The part of an axis where the density is more than nothing."""
    inside = np.flatnonzero(weight > 1e-7)
    return np.linspace(axis[max(inside[0] - 1, 0)], axis[min(inside[-1] + 1, len(axis) - 1)], len(axis))


@dataclass(frozen=True)
class Renewals:
    """When memberships are renewed: every so many calendar `months`, or, where these are 0, every `days`.

    A day that a month does not have is its last: from 31 January to 28 or 29 February, then 31 March.
    """

    days: float
    months: int

    @classmethod
    def every(cls, days: float) -> Renewals:
        """Calendar months where `days` are within 2% of a whole number of them (30, 31, 91, 365), else days (7, 28).

        >>> Renewals.every(365).months, Renewals.every(30.4).months, Renewals.every(28).months
        (12, 1, 0)
        """
        months = round(days / MONTH_DAYS)
        is_calendar = months > 0 and abs(days / (months * MONTH_DAYS) - 1) <= CALENDAR
        return cls(months * MONTH_DAYS, months) if is_calendar else cls(days, 0)

    def date(self, start: Days, number: Codes | int) -> Days:
        """The day of each one's `number`-th renewal."""
        if not self.months:
            return np.asarray(start + np.floor(np.asarray(number) * self.days).astype("timedelta64[D]"))
        month = start.astype("datetime64[M]")
        day, first = start - month.astype("datetime64[D]"), month + np.asarray(number) * self.months
        length = (first + 1).astype("datetime64[D]") - first.astype("datetime64[D]")
        return np.asarray(first.astype("datetime64[D]") + np.minimum(day, length - np.timedelta64(1, "D")))

    def passed(self, start: Days, day: Days) -> Codes:
        """How many renewal days lie on `day` or before, at least 0."""
        number = np.maximum(((day - start) / np.timedelta64(1, "D") / self.days).astype(np.int64) - 1, 0)
        for _ in range(3):  # the mean length of a period is at most one too many or too few
            number = number + (self.date(start, number + 1) <= day)
        return number


def count_renewal_ends(memberships: pd.DataFrame, *, as_of: str | pd.Timestamp, renewals: Renewals) -> tuple[int, ...]:
    """Memberships that ended on a renewal day, on the day before one, and at all."""
    started, ended_on, ended = _dates(memberships, as_of)
    start, end = started[ended], ended_on[ended]
    on, before = (
        int(((day > start) & (renewals.date(start, renewals.passed(start, day)) == day)).sum())
        for day in (end, end + np.timedelta64(1, "D"))
    )
    return on, before, len(end)


def membership_summary(
    memberships: pd.DataFrame,
    *,
    as_of: str | pd.Timestamp,
    renewals: Renewals,
    ends_on: str = "last_day",
    observed_from: dt.date | None = None,
) -> pd.DataFrame:
    """One row a membership: how many renewals were decided by the last day, and whether it ended at the last of them.

    A renewal is decided once its day has come; what happened in the period that is not over counts for nobody, ended or
    running, so that the two are counted alike.

    `memberships`: Canonical memberships: customer_id, started_on, ended_on (missing while running).

    Returns: customer_id; periods (the renewal at which it ended, 1 or more; or renewals survived); ended (at that one);
        running (on the last day); entry (renewals that it had survived before ends could be seen); days_to_renewal
        (from the last day); left_by_now (of those who ended in a period, the share who had ended by this part of it).
    """
    started, ended_on, ended = _dates(memberships, as_of)
    day, one = np.datetime64(pd.Timestamp(as_of), "D"), np.timedelta64(1, "D")
    gone = one if ends_on == "last_day" else one - one  # from ended_on to the first day without membership
    decided = renewals.passed(started, np.full(len(started), day))
    first_without = np.where(ended, ended_on + gone, day)
    began = renewals.passed(started, np.maximum(first_without - one, started))  # the renewal that began its last period
    periods, counts = np.where(ended, began + 1, decided), ended & (began + 1 <= decided)
    entry = np.zeros_like(periods)
    if observed_from is not None:
        seen = np.full(len(started), np.datetime64(observed_from, "D") - gone)
        entry = np.where(started < seen, renewals.passed(started, np.maximum(seen - one, started)) + 1, 0)
    counts &= periods > entry
    periods = np.where(ended & ~counts, began, periods)
    last, following = renewals.date(started, decided), renewals.date(started, decided + 1)
    now = (day + gone - last) / (following - last)
    part = (first_without - renewals.date(started, began)) / (
        renewals.date(started, began + 1) - renewals.date(started, began)
    )
    left = np.sort(part[counts])
    summary = pd.DataFrame(
        {
            "customer_id": memberships["customer_id"].to_numpy(),
            "periods": periods,
            "ended": counts,
            "running": ~ended,
            "entry": np.minimum(entry, periods),
            "days_to_renewal": (following - day).astype(np.int64),
            "left_by_now": np.searchsorted(left, now, side="right") / max(len(left), 1),
        }
    )
    return summary[started <= day].reset_index(drop=True)


def _dates(memberships: pd.DataFrame, as_of: str | pd.Timestamp) -> tuple[Days, Days, Flags]:
    """First days, ends, and whether these have come."""
    table = require_columns(memberships, ("customer_id", "started_on", "ended_on"), what="the table of memberships")
    started, ended_on = pd.to_datetime(table["started_on"]), pd.to_datetime(table["ended_on"])
    refuse_where(table["ended_on"], "ended_on", ended_on < started, "before started_on", "Correct or drop those rows")
    ended = (ended_on.notna() & (ended_on <= pd.Timestamp(as_of))).to_numpy()
    return started.to_numpy("datetime64[D]"), ended_on.to_numpy("datetime64[D]"), ended
