"""Cohort retention: of those who started in a month, how many bought again in each later month."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import stdtr

from cxlib.checks import require_values
from cxlib.errors import DataError
from cxlib.language import Count, Message, Money, Month, Percent, T
from cxlib.measures.nps import SUPPRESS_BELOW
from cxlib.measures.result import Result
from cxlib.measures.sampling import LEAST_RATIO, LEAST_SHARE, wilson

NEEDED = ("cohort", "months_since", "customers", "cohort_size", "revenue_cents", "complete")


@dataclass(frozen=True, repr=False)
class CohortRetention(Result):
    """Rates of customers who bought in a month, by start month and months since.

    `cells`: One row a cell, incomplete ones included: cohort (first day of the start month), months_since, customers,
        cohort_size, revenue_cents, complete, and, NaN where the month is not complete, rate with low and high (Wilson,
        95%) and revenue_per_customer (cents, over all who started).
    `curve`: All cohorts together by months_since: customers, at_risk (their denominators), cohorts, rate, low, high.
        Only complete cells count. Later months rest on the older cohorts alone.
    """

    cells: pd.DataFrame
    curve: pd.DataFrame

    @cached_property
    def rates(self) -> pd.DataFrame:
        """Rates by start month (rows) and months since (columns); NaN where not, or not wholly, observed."""
        return self._matrix("rate")

    @cached_property
    def revenue_per_customer(self) -> pd.DataFrame:
        """Revenue of each month in cents, divided by the customers who started; NaN where the month is incomplete."""
        return self._matrix("revenue_per_customer")

    @cached_property
    def cumulative_revenue_per_customer(self) -> pd.DataFrame:
        """What a customer of each start month had brought by each later month, in cents; NaN where incomplete."""
        return self.revenue_per_customer.cumsum(axis=1, skipna=False)

    @property
    def sizes(self) -> pd.Series:
        """Customers who started in each month: the denominators."""
        return self.cells.groupby("cohort")["cohort_size"].first()

    def of(self, months: pd.Series) -> CohortRetention:
        """Those who started in certain months alone, whose first days `months` holds."""
        cells = self.cells[self.cells["cohort"].isin(months)]
        return CohortRetention(cells, _pooled(cells[cells["complete"].astype(bool)]))

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
            share=Percent(month["rate"]),
            low=Percent(month["low"]),
            high=Percent(month["high"]),
            n=Count(int(month["at_risk"])),
        )

    @property
    def trend(self) -> Message:
        """Whether the newest customers come back more or less often than earlier ones.

        Compared is the month after the first: the newest complete cohort against those before it, but for the first,
        which also holds everyone who was a customer before the data begins. Months differ without any trend: how much
        they did so far is in the error (random effects; DerSimonian & Laird, Controlled Clinical Trials 7 (1986)).
        It is a claim only where that is more than chance and at least a twentieth and a point; of fewer than 30
        customers nothing is said.
        """
        after = self.cells[(self.cells["months_since"] == 1) & self.cells["complete"]].sort_values("cohort")
        after = after[after["cohort"] > self.cells["cohort"].min()]
        if len(after) < 3:
            return T("There are too few complete cohorts to compare newer customers with older ones")
        newest: pd.Series = after.iloc[-1]
        older = after.iloc[:-1]
        k, n = int(older["customers"].sum()), int(older["cohort_size"].sum())
        values = {
            "month": Month(newest["cohort"].date()),
            "share": Percent(newest["rate"]),
            "n": Count(int(newest["cohort_size"])),
            "before": Percent(k / n),
            "m": Count(n),
        }
        if newest["cohort_size"] < SUPPRESS_BELOW:
            return T("Too few customers started in {month} to say whether they come back as often as others", **values)
        gap = float(newest["rate"]) - k / n
        if abs(gap) < max(LEAST_SHARE, (LEAST_RATIO - 1) * k / n) or not _is_unlike(older, newest):
            return T(
                "New customers of {month} came back neither clearly more often nor less: {share} of {n}, against "
                "{before} of {m} who started earlier",
                **values,
            )
        if gap > 0:
            return T(
                "New customers of {month} came back more often: {share} of {n}, against {before} of {m} "
                "who started earlier",
                **values,
            )
        return T(
            "New customers of {month} came back less often: {share} of {n}, against {before} of {m} "
            "who started earlier",
            **values,
        )

    def revenue_finding(self, *, currency: str = "") -> Message:
        """What a customer has brought by half a year after the first purchase: newest cohort of 30 beside earlier ones.

        The first cohort is left out: it also holds everyone who was a customer before the data begins.
        """
        brought = self.cumulative_revenue_per_customer[self.sizes >= SUPPRESS_BELOW]
        months = 6
        known = brought.iloc[1:][months].dropna() if months in brought else pd.Series(dtype=float)
        if len(known) < 2:
            return T("No two cohorts of {n} customers have been followed for six months yet", n=Count(SUPPRESS_BELOW))
        return T(
            "After six months a customer who started in {new} had brought {recent}; those of earlier start months "
            "{least} to {most}",
            new=Month(known.index[-1].date()),
            recent=Money(float(known.iloc[-1]), currency=currency),
            least=Money(float(known.iloc[:-1].min()), currency=currency),
            most=Money(float(known.iloc[:-1].max()), currency=currency),
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


def cohort_retention(counts: pd.DataFrame) -> CohortRetention:
    """Retention by cohort with Wilson intervals, incomplete months masked.

    >>> counts = pd.DataFrame({"cohort": pd.to_datetime(["2025-12-01"] * 3), "months_since": [0, 1, 2],
    ...                        "customers": [955, 337, 100], "cohort_size": [955] * 3, "revenue_cents": [1, 1, 1],
    ...                        "complete": [True, True, False]})
    >>> cohort_retention(counts).rates.round(3).iloc[0].tolist()
    [1.0, 0.353, nan]
    """
    cells = require_values(counts, NEEDED, what="the table of cohorts")
    cells = cells.assign(cohort=pd.to_datetime(cells["cohort"]))
    cells = cells.sort_values(["cohort", "months_since"], ignore_index=True)
    if cells.duplicated(["cohort", "months_since"]).any():
        raise DataError("cohort_counts: a start month and months_since stand twice. Give one table, not two joined.")
    known = cells["cohort_size"].where(cells["complete"].astype(bool))
    low, high = wilson(cells["customers"], known)
    cells = cells.assign(
        rate=cells["customers"] / known, low=low, high=high, revenue_per_customer=cells["revenue_cents"] / known
    )
    return CohortRetention(cells, _pooled(cells[cells["complete"].astype(bool)]))


def _is_unlike(older: pd.DataFrame, newest: pd.Series) -> bool:
    """Whether the newest start month lies further from the others than they from one another, at 5%."""
    n, share = older["cohort_size"].to_numpy(float), older["customers"].sum() / older["cohort_size"].sum()
    rates, by_chance = older["rate"].to_numpy(float), share * (1 - share) / np.append(n, newest["cohort_size"])
    if not by_chance.all():
        return bool(newest["rate"] != share)
    weights = 1 / by_chance[:-1]
    excess = weights @ (rates - share) ** 2 - (len(n) - 1)
    between = max(excess / (weights.sum() - weights @ weights / weights.sum()), 0.0)
    weights = 1 / (by_chance[:-1] + between)
    away = newest["rate"] - weights @ rates / weights.sum()
    error = np.sqrt(1 / weights.sum() + by_chance[-1] + between)
    return bool(2 * stdtr(len(n) - 1, -abs(away) / error) < 0.05)


def _pooled(complete: pd.DataFrame) -> pd.DataFrame:
    by = complete.groupby("months_since")
    table = pd.DataFrame({"customers": by["customers"].sum(), "at_risk": by["cohort_size"].sum(), "cohorts": by.size()})
    low, high = wilson(table["customers"], table["at_risk"])
    return table.assign(rate=table["customers"] / table["at_risk"], low=low, high=high)
