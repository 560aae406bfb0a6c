"""What a search for clusters found: the verdict in words, and the table it rests on."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from cxlib.language import Count, Decimal, Message, N, Percent, T
from cxlib.measures.result import Result
from cxlib.segments.clustering.model import ClusterModel

LIGHTS = {"stable": T("stable"), "valid": T("valid"), "doubtful": T("doubtful"), "dissolved": T("dissolved")}
ADMITTED = T("admitted")
REASONS = {
    "": ADMITTED,
    "one_cloud": T("two of them are parts of one group"),
    "unstable": T("not stable"),
    "small": T("a cluster is too small"),
}


@dataclass(frozen=True, repr=False)
class ClusterSelection(Result):
    """How many clusters the customers fall into, and what that rests on.

    `k`: Number of clusters; None where none were found, or customers were too few to look.
    `labels`: By customer (customer_id where the frame has it, else its index): 1 is the largest cluster, unless labels
        were matched with an earlier run's. All missing where `k` is None.
    `table`: By k: gap (between the two clusters least apart: dip times the root of n, see `gaps`), limit (what it has
        to reach), ari and jaccard_least (over resamples; NaN where not needed), smallest_share, reason ("" where
        admitted, else "one_cloud", "unstable" or "small"). One row, of two clusters, where customers have no gap at
        all; empty where no groups were looked for.
    `clusters`: Of the chosen assignment: cluster, customers, share, jaccard (mean over resamples), light; empty without
        one.
    `methods`: By method (kmeans, mixture) at the chosen k: log_likelihood (mean of customers held out, with its own and
        with round equal components), ari and jaccard_least (NaN for a mixture that is not better), smallest_share,
        chosen.
    `model`: The frozen assignment, to save and to score new customers with.
    `customers`, `looked_at`, `resamples`, `resample_customers`: Customers in all, those among whom gaps were looked
        for, and in how many resamples of how many the stability was measured.
    """

    k: int | None
    labels: pd.Series
    table: pd.DataFrame
    clusters: pd.DataFrame
    methods: pd.DataFrame
    model: ClusterModel | None
    features: tuple[str, ...]
    customers: int
    looked_at: int
    resamples: int
    resample_customers: int
    notices: tuple[Message, ...] = ()

    @property
    def face(self) -> pd.DataFrame:
        """`table` for a reader."""
        two = {"gap": "gap", "limit": "limit", "ari": "ARI", "jaccard_least": "least stable"}
        shown = {title: self.table[name].map(lambda v: Decimal(v, digits=2)) for name, title in two.items()}
        return pd.DataFrame(
            {
                "clusters": self.table["k"].map(Count),
                **shown,
                "smallest": self.table["smallest_share"].map(Percent),
                "verdict": self.table["reason"].map(REASONS),
            }
        )

    @property
    def headline(self) -> Message:
        """How many groups there are, that none were found, or that nobody looked."""
        if self.table.empty:
            return N(
                "Groups were not looked for among {n} customer",
                "Groups were not looked for among {n} customers",
                self.customers,
            )
        if self.k is None:
            return N(
                "No separate groups were found in what {n} customer does; groups that overlap may still be there",
                "No separate groups were found in what {n} customers do; groups that overlap may still be there",
                self.customers,
            )
        return T(
            "Regular customers fall into {k} clear groups ({n} customers; the weakest group has a "
            "stability of {jaccard} of 1 over {resamples} resamples)",
            n=Count(self.customers),
            k=Count(self.k),
            jaccard=Decimal(float(self.clusters["jaccard"].min()), digits=2),
            resamples=Count(self.resamples),
        )

    @property
    def evidence(self) -> Message:
        """What the verdict rests on: the gap between the groups least apart."""
        if self.table.empty:
            return T("Groups were not looked for")
        best = self._chosen_row
        values = {
            "k": Count(int(best["k"])),
            "gap": Decimal(best["gap"], digits=2),
            "limit": Decimal(best["limit"], digits=2),
        }
        if best["reason"] == "one_cloud":
            return T(
                "In no direction do customers part: the widest gap is {gap}, and only from {limit} on is it more than "
                "chance gives in one group. Small groups, and those with middles less than three standard deviations "
                "apart, may be missed",
                gap=values["gap"],
                limit=values["limit"],
            )
        if best["reason"] == "unstable":
            return T(
                "Cut into {k} groups, customers stand apart (gap {gap}, limit {limit}), but the groups do not come "
                "back when customers are drawn anew: stability {jaccard} of 1",
                jaccard=Decimal(best["jaccard_least"], digits=2),
                **values,
            )
        if best["reason"] == "small":
            return T(
                "Cut into {k} groups, customers stand apart (gap {gap}, limit {limit}), but the smallest group holds "
                "too few of them",
                **values,
            )
        return T(
            "Between the two of {k} groups that are least apart the gap is {gap}; in one group chance seldom gives "
            "more than {limit}",
            **values,
        )

    @property
    def findings(self) -> tuple[Message, ...]:
        """Headline, evidence, notices."""
        return (self.headline, self.evidence, *self.notices)

    @property
    def _chosen_row(self) -> pd.Series:
        """The row of the chosen k; without one, of the k with the widest least gap."""
        rows = self.table if self.k is None else self.table[self.table["k"] == self.k]
        return rows.iloc[int(rows["gap"].to_numpy().argmax())]
