"""What a search for clusters found: the verdict in words, and the table it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from cxlib.language import Count, Decimal, Message, N, Percent, T
from cxlib.segments.clustering.model import ClusterModel
from cxlib.segments.clustering.stability import light
from cxlib.segments.result import Result

LIGHTS = {
    "stable": T("stable"),
    "valid": T("valid"),
    "doubtful": T("doubtful"),
    "dissolved": T("dissolved"),
}
ADMITTED = T("admitted")
REASONS = {
    "": ADMITTED,
    "one_cloud": T("no more apart than parts of one cloud"),
    "unstable": T("not stable"),
    "small": T("a cluster is too small"),
}


@dataclass(frozen=True)
class ClusterSelection(Result):
    """How many clusters the customers fall into, and what that rests on.

    Attributes
    ----------
    k : int or None
        Number of clusters; None where no structure was found.
    labels : Series of int
        By customer (customer_id where the frame has it, else its index): 1 is the largest cluster, unless labels were
        matched with an earlier run's. All missing where `k` is None.
    table : DataFrame
        By k: silhouette, permuted (mean silhouette of column-permuted data), reference (of one-cloud data) with
        reference_sd, excess (silhouette - reference), corrected (excess / (1 - reference)), ari (mean over resamples),
        jaccard_least (of its clusters), smallest_share, mixture_agreement (adjusted Rand index of k-means and mixture),
        reason ("" where admitted, else "one_cloud", "unstable" or "small").
    clusters : DataFrame
        Of the chosen assignment: cluster, customers, share, jaccard (mean over resamples), light; empty without one.
    methods : DataFrame
        By method (kmeans, mixture) at the chosen k: log_likelihood (mean of customers held out, with its own and with
        round equal components), ari, jaccard_least, smallest_share, chosen.
    model : ClusterModel or None
        The frozen assignment, to save and to score new customers with.
    features : tuple of str
        The columns that count.
    customers, resamples, resample_customers, silhouette_customers : int
        Customers in all, and in how many resamples of how many customers the stability, and on how many the
        silhouettes, were measured.
    notices : tuple of Message
        What limits the reading.
    """

    k: int | None
    labels: pd.Series
    table: pd.DataFrame
    clusters: pd.DataFrame
    methods: pd.DataFrame
    model: ClusterModel | None
    features: tuple[str, ...]
    customers: int
    resamples: int
    resample_customers: int
    silhouette_customers: int
    notices: tuple[Message, ...] = ()

    @property
    def summary(self) -> pd.DataFrame:
        """`table` for a reader."""
        two = {"silhouette": "silhouette", "permuted": "columns permuted", "reference": "one cloud", "ari": "ARI"}
        shown = {title: self.table[name].map(lambda v: Decimal(v, digits=2)) for name, title in two.items()}
        return pd.DataFrame(
            {
                "clusters": self.table["k"].map(Count),
                **shown,
                "least stable": self.table["jaccard_least"].map(lambda v: Decimal(v, digits=2)),
                "light": self.table["jaccard_least"].map(lambda v: LIGHTS[light(v)]),
                "smallest": self.table["smallest_share"].map(Percent),
                "verdict": self.table["reason"].map(REASONS),
            }
        )

    @property
    def headline(self) -> Message:
        """How many groups there are, or that none was found."""
        if self.k is None:
            return N(
                "No structure found: the behaviour of the {n} customer does not fall into separate groups",
                "No structure found: the behaviour of the {n} customers does not fall into separate groups",
                self.customers,
            )
        return T(
            "The behaviour of the {n} customers falls into {k} groups (stability of the weakest {jaccard} of 1 "
            "over {resamples} resamples)",
            n=Count(self.customers),
            k=Count(self.k),
            jaccard=Decimal(float(self.clusters["jaccard"].min()), digits=2),
            resamples=Count(self.resamples),
        )

    @property
    def evidence(self) -> Message:
        """What the verdict rests on: silhouettes beside those of one cloud."""
        if self.table.empty:
            return T("Groups were not looked for")
        best = self._chosen_row
        values = {
            "k": Count(int(best["k"])),
            "own": Decimal(best["silhouette"], digits=2),
            "cloud": Decimal(best["reference"], digits=2),
            "permuted": Decimal(best["permuted"], digits=2),
        }
        if best["reason"] == "one_cloud":
            return T(
                "Cut into {k} groups, customers have a silhouette of {own}; one cloud without groups gets {cloud}, and "
                "columns permuted {permuted}",
                **values,
            )
        if best["reason"] == "unstable":
            return T(
                "Cut into {k} groups, customers stand apart (silhouette {own}, one cloud {cloud}), but the groups do "
                "not come back when customers are drawn anew: stability {jaccard} of 1",
                jaccard=Decimal(best["jaccard_least"], digits=2),
                **values,
            )
        if best["reason"] == "small":
            return T(
                "Cut into {k} groups, customers stand apart (silhouette {own}, one cloud {cloud}), but the smallest "
                "group holds only {share} of them",
                share=Percent(best["smallest_share"]),
                **values,
            )
        return T(
            "{k} groups have a silhouette of {own}; one cloud without groups, cut in the same way, gets {cloud}, and "
            "columns permuted {permuted}",
            **values,
        )

    @property
    def findings(self) -> tuple[Message, ...]:
        """Headline, evidence, notices."""
        return (self.headline, self.evidence, *self.notices)

    @property
    def _chosen_row(self) -> Any:
        """The row of the chosen k; without one, of the k that came furthest above its cloud."""
        rows = self.table if self.k is None else self.table[self.table["k"] == self.k]
        return rows.iloc[int(rows["corrected"].to_numpy().argmax())]
