"""What each segment is worth: customers, revenue and its share with an interval, and what is typical in it.

And whether there is enough to segment: buyers, history, and customers who still come.
"""

from dataclasses import dataclass
from functools import cached_property, partial

import pandas as pd

from cxlib.checks import require_values
from cxlib.language import NO_CURRENCY, Count, Day, Days, Message, Money, N, Percent, T
from cxlib.measures.result import Result, Valued, in_quantities, row_quantities
from cxlib.measures.sampling import SHARES, group_shares
from cxlib.segments.rules import TEN_SEGMENTS, RuleTable

LEAST_BUYERS = 500
LEAST_HISTORY_DAYS = 180
LATEST_PURCHASE_DAYS = 30


@dataclass(frozen=True, repr=False)
class SegmentSummary(Valued, Result):
    """Segments in the order of their rules, those without customers included.

    `table`: segment (key), name (Message), customers, customer_share, revenue_cents, revenue_share, revenue_share_low,
        revenue_share_high (95%), median_recency_days, median_frequency, median_monetary_cents, mean_monetary_cents,
        is_slipping (used to buy often and no longer come).
    `withheld`: Keys of segments that sentences neither name nor add up, because they are small or would give away one
        that is.
    """

    inside = ("table", "leader")

    table: pd.DataFrame
    currency: str
    notices: tuple[Message, ...] = ()
    withheld: frozenset[str] = frozenset()

    @property
    def face(self) -> pd.DataFrame:
        """`table` for a reader: names, quantities and intervals that are said in the reader's language."""
        shares = dict(zip(("share of revenue", "low", "high"), SHARES, strict=True))
        columns: dict[str, object] = {"segment": "name", "customers": Count}
        columns |= {"share of customers": ("customer_share", Percent)}
        columns |= {"revenue": ("revenue_cents", partial(Money, currency=self.currency))}
        columns |= {title: (name, Percent) for title, name in shares.items()}
        columns |= {"days since last purchase": ("median_recency_days", Count)}
        return in_quantities(self.table, columns | {"purchase days": ("median_frequency", Count)})

    @property
    def customers(self) -> int:
        """Customers in all segments."""
        return int(self.table["customers"].sum())

    @property
    def revenue_cents(self) -> int:
        """Revenue of all segments, in cents."""
        return int(self.table["revenue_cents"].sum())

    @cached_property
    def leader(self) -> pd.Series:
        """The segment that brings most revenue."""
        return self.table.iloc[int(self.table["revenue_cents"].to_numpy().argmax())]

    @property
    def headline(self) -> Message:
        """Who brings most revenue, and whether that is more than their share of customers."""
        if self.currency == NO_CURRENCY:
            return self._of_purchases
        if self.revenue_cents <= 0:
            return T(
                "Nobody can be ranked by revenue: the {n} customers bring {revenue} in all",
                n=Count(self.customers),
                revenue=Money(self.revenue_cents, currency=self.currency),
            )
        if self.leader["segment"] in self.withheld:
            return T("The segment that brings most revenue has too few customers to be named")
        if not self.leads:
            return T(
                "No segment clearly brings more than its share: {segment}, {share} of customers, bring {revenue} "
                "of revenue (95% interval {low} to {high}, {n} customers)",
                **self._shares(self.leader),
            )
        return T(
            "{segment} are {share} of customers and bring {revenue} of revenue "
            "(95% interval {low} to {high}, {n} customers)",
            **self._shares(self.leader),
        )

    @property
    def answer(self) -> Message:
        """The headline without its interval, for the title of a page that shows the interval below."""
        if self.currency == NO_CURRENCY:
            return self._of_purchases
        if self.revenue_cents <= 0 or self.leader["segment"] in self.withheld:
            return self.headline
        if not self.leads:
            return T("No segment clearly brings more than its share of revenue")
        return T("{segment} are {share} of customers and bring {revenue} of revenue", **self._shares(self.leader))

    @property
    def _of_purchases(self) -> Message:
        """Who buys most often, where purchases have no amounts."""
        if self.leader["segment"] in self.withheld:
            return T("The segment that buys most often has too few customers to be named")
        return T(
            "{segment} are {share} of customers and account for {revenue} of purchases", **self._shares(self.leader)
        )

    @property
    def leads(self) -> bool:
        """Whether the leader's interval of revenue share lies above its share of customers."""
        return bool(self.leader["revenue_share_low"] > self.leader["customer_share"])

    @property
    def findings(self) -> tuple[Message, ...]:
        """The headline, then what those brought who have not come back for long, then the notices."""
        return (self.headline, *self._not_back(), *self.notices)

    def _not_back(self) -> list[Message]:
        slipping = self.table[self.table["is_slipping"]]
        spent, n = int(slipping["revenue_cents"].sum()), int(slipping["customers"].sum())
        if (
            not n
            or self.currency == NO_CURRENCY
            or self.revenue_cents <= 0
            or spent <= 0
            or self.withheld.intersection(slipping["segment"])
        ):
            return []
        return [
            T(
                "{n} customers who used to buy often have not come back for long; "
                "they brought {revenue}, {share} of revenue",
                n=Count(n),
                revenue=Money(spent, currency=self.currency, in_words=True),
                share=Percent(spent / self.revenue_cents),
            )
        ]

    def _shares(self, row: pd.Series) -> dict[str, object]:
        names = {"revenue": "revenue_share", "low": "revenue_share_low", "high": "revenue_share_high"}
        shares = row_quantities(row, Percent, share="customer_share", **names)
        return {"segment": row["name"], "n": Count(self.customers), **shares}


def segment_summary(
    assigned: pd.DataFrame, *, rules: RuleTable = TEN_SEGMENTS, currency: str = "", notices: tuple[Message, ...] = ()
) -> SegmentSummary:
    """Describe the segments of an assignment.

    `assigned`: What `RfmGrid.assign` gives: segment, recency_days, frequency, monetary (cents).
    `rules`: The rules of the grid; give the order and the names.
    `notices`: The grid's `notices_`, carried along to the page.
    Raises DataError: a column is missing or holds a missing value, or there are no customers.

    Intervals of revenue shares (95%) take segments as they are: they do not hold the uncertainty of the edges.

    >>> assigned = pd.DataFrame({
    ...     "segment": ["champions"] * 30 + ["hibernating"] * 70, "recency_days": [1] * 30 + [200] * 70,
    ...     "frequency": [9] * 30 + [1] * 70, "monetary": [9000] * 15 + [8000] * 15 + [500] * 70})
    >>> print(segment_summary(assigned).headline)
    Champions are 30% of customers and bring 88% of revenue (95% interval 82% to 92%, 100 customers)
    """
    columns = ["segment", "recency_days", "frequency", "monetary"]
    table = require_values(assigned, columns, what="the table of segments")
    shares = group_shares(table["segment"].astype(str), table["monetary"])
    return SegmentSummary(_in_order(_described(table).join(shares), rules), currency, notices)


def _described(table: pd.DataFrame) -> pd.DataFrame:
    by = table.groupby(table["segment"].astype(str))
    typical = {"recency_days": "recency_days", "frequency": "frequency", "monetary": "monetary_cents"}
    size, money = by.size(), by["monetary"]
    medians = {f"median_{name}": by[column].median() for column, name in typical.items()}
    shares = {"customers": size, "customer_share": size / len(table), "revenue_cents": money.sum()}
    return pd.DataFrame({**shares, **medians, "mean_monetary_cents": money.mean()})


def _in_order(described: pd.DataFrame, rules: RuleTable) -> pd.DataFrame:
    table = described.reindex(rules.keys)
    nobody = table["customers"].isna()  # a share that is unknown because there is no revenue stays unknown
    table.loc[nobody, ["customers", "customer_share", "revenue_cents", "revenue_share"]] = 0
    table = table.astype({"customers": "int64", "revenue_cents": "int64"})
    table.insert(0, "name", [rules.name(key) for key in rules.keys])
    table["is_slipping"] = table.index.isin(rules.slipping)
    return table.rename_axis("segment").reset_index()


def check_preconditions(frame: pd.DataFrame) -> tuple[Message, ...]:
    """A warning for each condition that is not met.

    `frame`: The table of `cxlib.data.rfm_frame`: recency_days, first_day, last_day.

    Returns: Fewer than 500 buyers; fewer than 180 days from the first purchase to the end of observation; no purchase
        in the last 30 days of it.
    """
    last = pd.to_datetime(frame["last_day"])
    end = (last + pd.to_timedelta(frame["recency_days"], unit="D")).max()
    history, quiet = (end - pd.to_datetime(frame["first_day"]).min()).days, int(frame["recency_days"].min())
    few = N(
        "Only {n} customer has bought: segments and their shares are uncertain below {least}",
        "Only {n} customers have bought: segments and their shares are uncertain below {least}",
        len(frame),
        least=Count(LEAST_BUYERS),
    )
    short = T(
        "The data hold {days} of purchases: below {least} regular customers cannot be told from new ones",
        days=Days(history),
        least=Days(LEAST_HISTORY_DAYS),
    )
    silent = T(
        "The last purchase is of {day}, {days} before the end of observation: either nobody buys, or data are missing",
        day=Day(last.max().date()),
        days=Days(quiet),
    )
    checks = (
        (len(frame) < LEAST_BUYERS, few),
        (history < LEAST_HISTORY_DAYS, short),
        (quiet > LATEST_PURCHASE_DAYS, silent),
    )
    return tuple(message for missed, message in checks if missed)
