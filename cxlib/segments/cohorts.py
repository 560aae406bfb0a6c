"""Cohort retention: of those who started in a month, how many bought again in each later month."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import stdtrit

from cxlib.checks import Floats
from cxlib.language import Count, Message, Money, Month, Percent, T, minor_units
from cxlib.measures.nps import SUPPRESS_BELOW
from cxlib.measures.result import Result, Valued, row_quantities
from cxlib.measures.sampling import LEAST_RATIO, LEAST_SHARE, wilson

MOST_COHORTS, WIDEST = 24, 3.0  # start months that tell what is usual; logarithms beyond which a range tells nothing
LOOK_NEW, LEAST_FREEDOM = 4, 5  # first months, in which old customers look new; degrees of freedom of a decline


@dataclass(frozen=True, repr=False)
class CohortRetention(Valued, Result):
    """Rates of customers who bought in a month, by start month and months since.

    `cells`: One row a cell, incomplete ones included: cohort (first day of the start month), months_since, customers,
        cohort_size, revenue_cents, complete, and, NaN where the month is not complete, rate with low and high (Wilson,
        95%) and revenue_per_customer_cents (over all who started).
    `curve`: All cohorts together by months_since: customers, at_risk (their denominators), cohorts, rate, low, high.
        Only complete cells count. Later months rest on the older cohorts alone.
    """

    inside = ("cells",)

    cells: pd.DataFrame
    curve: pd.DataFrame
    currency: str = ""

    @cached_property
    def rates(self) -> pd.DataFrame:
        """Rates by start month (rows) and months since (columns); NaN where not, or not wholly, observed."""
        return self._matrix("rate")

    @cached_property
    def revenue_per_customer(self) -> pd.DataFrame:
        """Revenue of each month divided by the customers who started; NaN where the month is incomplete."""
        return self._matrix("revenue_per_customer_cents") / minor_units(self.currency)

    @cached_property
    def cumulative_revenue_per_customer(self) -> pd.DataFrame:
        """What a customer of each start month had brought by each later month; NaN where incomplete."""
        return self.revenue_per_customer.cumsum(axis=1, skipna=False)

    @property
    def sizes(self) -> pd.Series:
        """Customers who started in each month: the denominators."""
        return self.cells.groupby("cohort")["cohort_size"].first()

    def of(self, months: pd.Series) -> CohortRetention:
        """Those who started in certain months alone, whose first days `months` holds."""
        cells = self.cells[self.cells["cohort"].isin(months)]
        return replace(self, cells=cells, curve=_pooled(cells[cells["complete"].astype(bool)]))

    @property
    def face(self) -> pd.DataFrame:
        """One row a start month: its size, then the rates by months since (the column's number), for a reader."""
        shown = self.rates.map(lambda rate: Percent(rate, digits=0)).rename_axis(columns=None)
        shown.insert(0, "customers", self.sizes.map(Count))
        shown.insert(0, "start", [Month(cohort.date()) for cohort in shown.index])
        return shown.reset_index(drop=True)

    @property
    def headline(self) -> Message:
        """How many buy again in the month after their first, over all cohorts."""
        if 1 not in self.curve.index:
            return T("No start month with enough customers has been followed for a whole month yet")
        month = self.curve.loc[[1]].iloc[0]
        return T(
            "{share} of new customers bought again in the month after their first (95% interval {low} to {high})",
            n=Count(int(month["at_risk"])),
            **row_quantities(month, Percent, share="rate", low="low", high="high"),
        )

    @property
    def trend(self) -> Message:
        """Whether the newest customers come back more or less often than earlier ones let expect.

        Compared is the month after the first. What is usual then, and in that calendar month, comes from those who
        started before, but for the first month, which also holds everyone who was a customer before the data begins:
        see `_expected`. It is a claim only where it is more than chance and at least a twentieth and a point; of fewer
        than 30 customers nothing is said.
        """
        cells = self.cells[self.cells["complete"].astype(bool) & (self.cells["months_since"] > 0)]
        cells = cells[cells["cohort"] > self.cells["cohort"].min()]
        after = cells[cells["months_since"] == 1].sort_values("cohort")
        too_few = T("There are too few complete cohorts to compare newer customers with older ones")
        if len(after) < 3:
            return too_few
        newest: pd.Series = after.iloc[-1]
        month = Month(newest["cohort"].date())
        if newest["cohort_size"] < SUPPRESS_BELOW:
            return T(
                "Too few customers started in {month} to say whether they come back as often as others", month=month
            )
        ranges = [_expected(cells, len(after) - 1 - skip) for skip in (0, len(after) // 3, len(after) // 2)]
        usual = [each for each in ranges if each is not None]
        if not usual:
            return T(
                "Earlier start months do not tell how many of those of {month} could be expected to come back",
                month=month,
            )
        rate = float(newest["rate"])
        expected, low, high = max(usual, key=partial(_beyond, rate))
        ends = {"share": Percent(rate), "low": Percent(low), "high": Percent(min(high, 1.0))}
        values = {"month": month, "n": Count(int(newest["cohort_size"])), **ends}
        gap = rate - expected
        if low <= rate <= high or abs(gap) < max(LEAST_SHARE, (LEAST_RATIO - 1) * expected):
            return T(
                "New customers of {month} came back neither clearly more often nor less: {share} of {n}, and {low} to "
                "{high} could be expected by those who started earlier and by how many came in that month",
                **values,
            )
        if gap > 0:
            return T(
                "New customers of {month} came back more often: {share} of {n}, where {low} to {high} could be "
                "expected by those who started earlier and by how many came in that month",
                **values,
            )
        return T(
            "New customers of {month} came back less often: {share} of {n}, where {low} to {high} could be expected by "
            "those who started earlier and by how many came in that month",
            **values,
        )

    @property
    def decline(self) -> Message | None:
        """Said where ever fewer of those who start later come back in the month after their first; None elsewhere.

        Least squares of the logarithm of that share on the start, with an effect of each month of the year, so that
        two years are needed. The first months are left out: whoever bought before the data begins looks new in them.
        That makes a rise look larger than it is, so of a rise nothing is said. At 1% (one-sided), and at least a
        twentieth and a point a year.
        """
        cells = self.cells[self.cells["complete"].astype(bool) & (self.cells["months_since"] == 1)]
        start = cells["cohort"].dt.year * 12 + cells["cohort"].dt.month
        first = (self.cells["cohort"].dt.year * 12 + self.cells["cohort"].dt.month).min()
        kept = (start >= first + LOOK_NEW) & (cells["cohort_size"] >= SUPPRESS_BELOW)
        month, n = start[kept].to_numpy(float), cells.loc[kept, "cohort_size"].to_numpy(float)
        share = (cells.loc[kept, "customers"].to_numpy(float) + 0.5) / (n + 1)
        X = (month[:, None] % 12 == np.arange(12)).astype(float)
        X = np.column_stack([X[:, X.any(axis=0)], (month - month.mean()) / 12]) if len(month) else X
        freedom = len(month) - X.shape[1]
        if freedom < LEAST_FREEDOM:
            return None
        slope, error = _slope(X, np.log(share), (1 - share) / (n * share), freedom)
        away = stdtrit(freedom, 0.99)
        yearly = -np.expm1(slope)
        if slope + away * error >= 0 or yearly < max(LEAST_RATIO - 1, LEAST_SHARE / float(share.mean())):
            return None
        reach = stdtrit(freedom, 0.975) * error
        return T(
            "Of those who start later ever fewer come back in the month after their first: the share falls by {fall} a "
            "year (95% interval {low} to {high}, {k} start months, the season taken out). Whether newer customers are "
            "different or all customers buy less cannot be told",
            fall=Percent(yearly),
            low=Percent(-np.expm1(slope + reach)),
            high=Percent(-np.expm1(slope - reach)),
            k=Count(len(month)),
        )

    def revenue_finding(self) -> Message:
        """What a customer has brought by half a year after the first purchase: newest cohort of 30 beside earlier ones.

        The first cohort is left out: it also holds everyone who was a customer before the data begins.
        """
        brought = minor_units(self.currency) * self.cumulative_revenue_per_customer[self.sizes >= SUPPRESS_BELOW]
        months = 6
        known = brought.iloc[1:][months].dropna() if months in brought else pd.Series(dtype=float)
        if len(known) < 3:
            return T(
                "Fewer than three start months after the first, of {n} customers or more, have been followed for six "
                "months",
                n=Count(SUPPRESS_BELOW),
            )
        return T(
            "After six months a customer who started in {new} had brought {recent} on average ({n} customers), those "
            "of {k} earlier start months {least} to {most}; start months differ by chance too",
            n=Count(int(self.sizes[known.index[-1]])),
            k=Count(len(known) - 1),
            new=Month(known.index[-1].date()),
            recent=Money(float(known.iloc[-1]), currency=self.currency),
            least=Money(float(known.iloc[:-1].min()), currency=self.currency),
            most=Money(float(known.iloc[:-1].max()), currency=self.currency),
        )

    @property
    def masked(self) -> Message:
        """Which month is left out because it is not over."""
        cut = self.cells.loc[~self.cells["complete"]]
        if cut.empty:
            return T("Every month is wholly observed")
        last = (cut["cohort"].dt.to_period("M") + cut["months_since"].iloc[0]).iloc[0]
        return T(
            "{month} is only partly observed and is left out of the rates", month=Month(last.to_timestamp().date())
        )

    def _matrix(self, column: str) -> pd.DataFrame:
        return self.cells.set_index(["cohort", "months_since"])[column].unstack()  # noqa: PD010  # nothing to aggregate


def cohort_retention(counts: pd.DataFrame, *, currency: str = "") -> CohortRetention:
    """Retention by cohort with Wilson intervals, incomplete months masked.

    `counts`: The table of `cxlib.data.cohort_counts`.
    """
    cells = counts.assign(cohort=pd.to_datetime(counts["cohort"]))
    cells = cells.sort_values(["cohort", "months_since"], ignore_index=True)
    known = cells["cohort_size"].where(cells["complete"].astype(bool))
    low, high = wilson(cells["customers"], known)
    cells = cells.assign(
        rate=cells["customers"] / known, low=low, high=high, revenue_per_customer_cents=cells["revenue_cents"] / known
    )
    return CohortRetention(cells, _pooled(cells[cells["complete"].astype(bool)]), currency)


def _expected(cells: pd.DataFrame, cohorts: int) -> tuple[float, float, float] | None:
    """Share of the newest start month to come back in the month after it, by the oldest `cohorts`, and its range.

    Logarithms of shares are sums over months since the start and calendar months, so that a season is no trend, with a
    random effect of the start month (restricted maximum likelihood: Harville, JASA 72 (1977)). The range is that of a
    further start month, at 2.5%, as three choices of `cohorts` are looked at. None where they do
    not reach that month, or tell nothing of it.
    """
    start, since = cells["cohort"].dt.year * 12 + cells["cohort"].dt.month, cells["months_since"]
    newest = cells[(start == start.max()) & (since == 1)].iloc[0]
    used = start.isin(np.unique(start)[:cohorts][-MOST_COHORTS:])
    c, a = start[used].to_numpy(), since[used].to_numpy()
    if cohorts < 2 or not (c + a == start.max() + 1).any():
        return None
    ages, months, starts = np.unique(a), np.unique(c + a)[1:], np.unique(c)
    X = np.hstack([a[:, None] == ages, (c + a)[:, None] == months]).astype(float)
    Z = (c[:, None] == starts).astype(float)
    n = cells.loc[used, "cohort_size"].to_numpy(float)
    share = (cells.loc[used, "customers"].to_numpy(float) + 0.5) / (n + 1)
    y, w = np.log(share), n * share / (1 - share)
    own, wx, wz = Z.T @ w, X * w[:, None], Z * w[:, None]

    def fit(spread: float) -> tuple[float, Floats, Floats]:
        shrunk = spread**2 / (1 + spread**2 * own)
        M = X.T @ wx - (wx.T @ Z * shrunk) @ (wz.T @ X) + 1e-9 * np.eye(X.shape[1])
        effects = np.linalg.solve(M, wx.T @ y - (wx.T @ Z * shrunk) @ (wz.T @ y))
        r = y - X @ effects
        loss = np.log1p(spread**2 * own).sum() + np.linalg.slogdet(M)[1]
        return float(loss + r @ (w * r) - shrunk @ (wz.T @ r) ** 2), effects, M

    spread = float(minimize_scalar(lambda s: fit(s)[0], bounds=(0, 1), method="bounded", options={"xatol": 0.01}).x)
    _, effects, M = fit(spread)
    at = np.append(ages == 1, months == start.max() + 1).astype(float)
    log = float(at @ effects)
    chance = (1 - min(np.exp(log), 0.99)) / (newest["cohort_size"] * np.exp(log))
    half = stdtrit(len(starts) - 1, 1 - 0.05 / 4) * np.sqrt(at @ np.linalg.inv(M) @ at + spread**2 + chance)
    if not half < WIDEST:
        return None
    return float(np.exp(log)), float(np.exp(log - half)), float(np.exp(log + half))


def _slope(X: Floats, y: Floats, chance: Floats, freedom: int) -> tuple[float, float]:
    """Last coefficient and its error, where rows differ by chance and, as far as they show it, among themselves."""
    spread = 0.0
    for _ in range(20):
        w = 1 / (chance + spread)
        inverse = np.linalg.pinv((X.T * w) @ X)
        b = inverse @ (X.T * w) @ y
        excess = float(w @ (y - X @ b) ** 2) / freedom
        spread = max(0.0, spread + (excess - 1) / float(w.mean()))
    return float(b[-1]), float(np.sqrt(inverse[-1, -1] * max(1.0, excess)))


def _beyond(rate: float, usual: tuple[float, float, float]) -> float:
    """How far a rate lies outside a range, in half ranges of logarithms."""
    expected, low, _ = usual
    return float(abs(np.log(max(rate, 1e-9) / expected)) / np.log(expected / low))


def _pooled(complete: pd.DataFrame) -> pd.DataFrame:
    by = complete.groupby("months_since")
    table = pd.DataFrame({"customers": by["customers"].sum(), "at_risk": by["cohort_size"].sum(), "cohorts": by.size()})
    low, high = wilson(table["customers"], table["at_risk"])
    return table.assign(rate=table["customers"] / table["at_risk"], low=low, high=high)
