"""Last run's call list against what has happened since: were the risks right, and the fears for revenue.

Customers who were called may have stayed because of the call, so a list that works looks worse here than it is; only
customers left uncalled at random show what would have been.
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from pyarrow import ArrowException

from cxlib.checks import Flags, read_outcomes, require_columns
from cxlib.churn.offers.revenue_at_risk import RevenueAtRisk, leavers_interval, revenue_at_risk
from cxlib.errors import CxError, DataError
from cxlib.language import Count, Message, Money, Percent, T, about_money
from cxlib.measures.result import Brief, Result
from cxlib.measures.sampling import LEVEL, wilson

COLUMNS = ("customer_id", "cut_off", "risk", "value_cents", "status")


@dataclass(frozen=True, repr=False)
class EarlierList(Brief):
    """The list that an earlier run made, and what became of its customers; both None where `why_not` says so.

    `customers`: As `read_call_list` gives it.
    `outcomes`: customer_id, cut_off, churned at that list's cut-off.
    `why_not`: Why there is nothing to compare with.

    >>> EarlierList().customers is None
    True
    """

    inside = ("customers",)

    customers: pd.DataFrame | None = None
    outcomes: pd.DataFrame | None = None
    why_not: Message | None = None


@dataclass(frozen=True, repr=False)
class Arrived(Result):
    """What became of the customers of an earlier list.

    `expected`, `low`, `high`: Customers expected to leave, with the 95% interval of what the list led to expect.
    `precision`, `precision_low`, `precision_high`: Share of called customers who left, with Wilson's interval; NaN
        where nobody was called.
    `others`: Share of the other customers who left.
    `n`, `called`, `unknown`: Customers compared, those of them who were to be called, and those of the list without a
        known outcome.
    """

    expected: float
    low: float
    high: float
    observed: int
    precision: float
    precision_low: float
    precision_high: float
    others: float
    revenue: RevenueAtRisk
    n: int
    called: int
    unknown: int

    @property
    def held(self) -> bool:
        """Whether as many left as expected, within the interval."""
        return bool(self.low <= self.observed <= self.high)

    @property
    def face(self) -> pd.DataFrame:
        """Expected beside observed."""
        revenue, customers = self.revenue, (self.observed, self.expected, self.low, self.high)
        lost = (revenue.value_cents, revenue.low_cents, revenue.high_cents)
        actual = revenue.actual_cents
        first = Money(None, currency=revenue.currency) if actual is None else about_money(actual, revenue.currency)
        rows = [
            (T("Customers who left"), *(Count(round(x)) for x in customers)),
            (T("Revenue lost"), first, *(about_money(x, revenue.currency) for x in lost)),
        ]
        return pd.DataFrame(rows, columns=["what", "observed", "expected", "low", "high"])

    @property
    def headline(self) -> Message:
        """Whether last run's risks held."""
        values: dict[str, object] = {"n": Count(self.n), "observed": Count(self.observed), "level": Percent(LEVEL)}
        values |= {name: Count(round(getattr(self, name))) for name in ("expected", "low", "high")}
        if self.held:
            return T(
                "Last run's risks held: {observed} of {n} customers left, {expected} were expected ({level} interval "
                "{low} to {high})",
                **values,
            )
        return T(
            "Last run's risks were off: {observed} of {n} customers left, {expected} were expected ({level} interval "
            "{low} to {high})",
            **values,
        )

    @property
    def notes(self) -> tuple[Message, ...]:
        """How the list did, the revenue, and what this cannot show."""
        if not self.called:
            return (self.revenue.headline,)
        listed = T(
            "Of the {called} customers on the list {precision} left ({level} interval {low} to {high}), of the "
            "others {others}",
            called=Count(self.called),
            precision=Percent(self.precision),
            low=Percent(self.precision_low),
            high=Percent(self.precision_high),
            others=Percent(self.others),
            level=Percent(LEVEL),
        )
        caveat = T("Customers who were called may have stayed because of the call: only an experiment can tell")
        return listed, self.revenue.headline, caveat


def read_call_list(path: str | Path | None, *, currency: str = "") -> pd.DataFrame | None:
    """What an earlier run exported; None where there is nothing usable.

    `path`: A Parquet file of `CallList.export` with cut_off. A file of another form counts as none: a comparison is no
        reason to fail.
    `currency`: Of the amounts that it is compared with; a list in another one counts as none.

    >>> read_call_list("no/such/file.parquet") is None
    True
    """
    if path is None:
        return None
    try:
        table = pd.read_parquet(Path(path))
        if "currency" in table and not table["currency"].isin(["", currency]).all():
            return None
        table = table[list(COLUMNS)]
        table["cut_off"] = pd.to_datetime(table["cut_off"])
        revenue_at_risk(table)
    except (OSError, ValueError, KeyError, TypeError, ArrowException, CxError):
        return None
    one_a_customer = table["customer_id"].is_unique and len(table["cut_off"].unique()) == 1
    return table if one_a_customer else None


def compare_with_outcome(
    customers: pd.DataFrame, outcomes: pd.DataFrame, *, level_sd: float = 0.0, currency: str = ""
) -> Arrived:
    """Lay the outcomes that have since arrived beside an earlier list.

    Of `outcomes` (customer_id, churned) with cut_off only rows of the list's own cut-off count; `level_sd` as in
    `revenue_at_risk`.
    """
    joined = _join(customers, outcomes)
    left = read_outcomes(joined["churned"], both=False)
    called = (joined["status"] == "call").to_numpy()
    low, high = wilson(left[called].sum(), called.sum())
    expected, least, most = leavers_interval(joined["risk"], level_sd=level_sd)
    return Arrived(
        expected,
        least,
        most,
        observed=int(left.sum()),
        precision=_share(left[called]),
        precision_low=float(low),
        precision_high=float(high),
        others=_share(left[~called]),
        revenue=revenue_at_risk(joined, level_sd=level_sd, currency=currency),
        n=len(joined),
        called=int(called.sum()),
        unknown=len(customers) - len(joined),
    )


def _join(customers: pd.DataFrame, outcomes: pd.DataFrame) -> pd.DataFrame:
    old = require_columns(customers, COLUMNS, what="the last call list")
    new = require_columns(outcomes, ("customer_id", "churned"), what="the table of outcomes")
    if "cut_off" in new.columns:
        new = new[pd.to_datetime(new["cut_off"]) == pd.to_datetime(old["cut_off"]).iloc[0]]
    known = new.loc[new["churned"].notna(), ["customer_id", "churned"]].drop_duplicates("customer_id")
    joined = old.drop(columns="churned", errors="ignore").merge(known, on="customer_id")
    if joined.empty:
        raise DataError(
            "no customer of the last call list has an outcome yet. Compare once the horizon after its cut-off is over."
        )
    return joined


def _share(left: Flags) -> float:
    return float(left.mean()) if len(left) else float("nan")
