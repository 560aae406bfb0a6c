"""Behavioural clusters: how many there are, whether they are real, and who is in which; or that none were found.

**Verdict.** A number of clusters is admitted when (1) any two of its clusters, joined, have a gap between them, so that
no two are parts of one cloud (`gaps`); (2) no cluster is smaller than the business can treat apart; (3) every cluster
comes back in resamples with a mean Jaccard similarity of at least 0.75 (Hennig). The largest number admitted is chosen.
Small groups, and those with centres less than three standard deviations apart, may be missed.

**k-means or mixture.** k-means finds the number. A Gaussian mixture of as many components takes over the assignment
where it predicts customers it has not seen better than the round, equal clusters of k-means do, agrees with them in the
main, and is as stable.

Whose assignment is used once the number of clusters is known: k-means or a Gaussian mixture.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import logsumexp

from cxlib.checks import Codes, Floats, require_columns, require_values
from cxlib.errors import DataError, ParameterError
from cxlib.language import Count, Decimal, Message, N, Percent, T
from cxlib.measures.result import Result, in_quantities
from cxlib.segments.clustering.gaps import is_tied
from cxlib.segments.clustering.model import ClusterModel, match_labels, matrix
from cxlib.segments.clustering.search import (
    VALID,
    Candidate,
    Effort,
    Stability,
    compare,
    fit_kmeans,
    light,
    nearest,
    sample,
    search,
)
from cxlib.threads import one_thread

if TYPE_CHECKING:
    from sklearn.mixture import GaussianMixture

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
    `customers`, `resamples`, `resample_customers`: Customers in all, and in how many resamples of how many the
        stability was measured.
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
    notices: tuple[Message, ...] = ()

    @property
    def face(self) -> pd.DataFrame:
        """`table` for a reader."""
        two = {"gap": "gap", "limit": "limit", "ARI": "ari", "least stable": "jaccard_least"}
        shown = {title: (name, partial(Decimal, digits=2)) for title, name in two.items()}
        verdict = {"smallest": ("smallest_share", Percent), "verdict": ("reason", REASONS.get)}
        return in_quantities(self.table, {"clusters": ("k", Count), **shown, **verdict})

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


LEAST_AGREEMENT = 0.7
RIDGE = 1e-3  # added to the variances of a mixture, which else shrinks onto values that many share
MIXTURE_CUSTOMERS = 20_000  # parameters of a mixture come from so many customers at most; everyone is then assigned


@dataclass(frozen=True)
class Chosen:
    """The assignment that is used; `weights` and `covariances` are None for k-means."""

    means: Floats
    weights: Floats | None
    covariances: Floats | None
    shares: Floats
    stability: Stability
    methods: pd.DataFrame

    @property
    def names(self) -> tuple[int, ...]:
        """Numbers of clusters by size: 1 is the largest."""
        ranks = np.empty(len(self.shares), dtype=int)
        ranks[np.argsort(-self.shares, kind="stable")] = np.arange(1, len(self.shares) + 1)
        return tuple(int(rank) for rank in ranks)


def choose_method(
    rows: Floats, best: Candidate, *, tied: bool, smallest_share: float, effort: Effort, rng: np.random.Generator
) -> Chosen:
    """k-means, unless a mixture of as many components is better by what customers held out say.

    The number of components is never chosen here: on counts a mixture's likelihood, and so its BIC, grows without end.
    """
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score

    if best.stability is None:
        raise ValueError("the candidate was not admitted")
    centres = np.asarray(KMeans(best.k, init=best.centres, n_init=1).fit(rows).cluster_centers_)
    labels = nearest(rows, centres)
    some = sample(rows, MIXTURE_CUSTOMERS, rng)
    mixture = fit_mixture(some, nearest(some, centres))
    mixed = mixture.predict(rows)
    own, plain, error = _held_out(some, best.k, rng)
    plain_shares, shares = (np.bincount(each, minlength=best.k) / len(rows) for each in (labels, mixed))
    better = (
        not tied
        and own - plain > 2 * error
        and float(adjusted_rand_score(labels, mixed)) >= LEAST_AGREEMENT
        and shares.min() >= smallest_share
    )
    stability = _stability(rows, mixture, best.k, effort, rng) if better else None
    takes_over = stability is not None and bool(stability.jaccard.min() >= VALID)
    rivals = [("kmeans", plain, best.stability, plain_shares), ("mixture", own, stability, shares)]
    methods = pd.DataFrame(
        [
            (name, value, s.ari if s else np.nan, float(s.jaccard.min()) if s else np.nan, float(share.min()))
            for name, value, s, share in rivals
        ],
        columns=["method", "log_likelihood", "ari", "jaccard_least", "smallest_share"],
    ).assign(chosen=[not takes_over, takes_over])
    if takes_over and stability is not None:
        return Chosen(mixture.means_, mixture.weights_, mixture.covariances_, shares, stability, methods)
    return Chosen(centres, None, None, plain_shares, best.stability, methods)


def fit_mixture(rows: Floats, labels: Codes) -> GaussianMixture:
    """scikit-learn's GaussianMixture with full covariances, by EM from these clusters."""
    from sklearn.mixture import GaussianMixture

    k, p = int(labels.max()) + 1, rows.shape[1]
    parts = [rows[labels == label] for label in range(k)]
    inverses = [
        np.linalg.inv(np.atleast_2d(np.cov(part, rowvar=False, bias=True)) + RIDGE * np.eye(p)) for part in parts
    ]
    return GaussianMixture(
        k,
        reg_covar=RIDGE,
        weights_init=np.array([len(part) for part in parts]) / len(rows),
        means_init=np.array([part.mean(axis=0) for part in parts]),
        precisions_init=np.array([(inverse + inverse.T) / 2 for inverse in inverses]),
    ).fit(rows)


def _stability(rows: Floats, mixture: GaussianMixture, k: int, effort: Effort, rng: np.random.Generator) -> Stability:
    """A resample's mixture starts from that resample's own k-means centres, which know nothing of all customers."""
    some, others = sample(rows, effort.resample_customers, rng), []
    for _ in range(effort.resamples):
        drawn = some[rng.integers(0, len(some), len(some))]
        others.append(fit_mixture(drawn, nearest(drawn, fit_kmeans(drawn, k, rng=rng, starts=2))).predict(some))
    return compare(mixture.predict(some), np.array(others), k)


def _held_out(some: Floats, k: int, rng: np.random.Generator) -> tuple[float, float, float]:
    """Mean log density of customers held out under the mixture and under round equal components; error of their gap."""
    half = rng.permutation(len(some)) < len(some) // 2
    fit, test = some[half], some[~half]
    centres = fit_kmeans(fit, k, rng=rng, starts=10)
    labels = nearest(fit, centres)
    own = fit_mixture(fit, labels).score_samples(test)
    shares, p = np.bincount(labels, minlength=k) / len(fit), some.shape[1]
    variance = ((fit - centres[labels]) ** 2).mean()
    away = ((test[:, None] - centres) ** 2).sum(axis=2)
    plain = logsumexp(np.log(shares) - away / (2 * variance), axis=1) - p / 2 * np.log(2 * np.pi * variance)
    between = own - plain
    return float(own.mean()), float(plain.mean()), float(between.std() / np.sqrt(len(between)))


FEWEST = 100
LEAST_STEPS = 10  # different values below which a feature has steps rather than a spread, and is left aside
BEHAVIOUR = ("log_gap_days", "log_order_value")
NAMES = {"log_gap_days": T("days between purchase days"), "log_order_value": T("amount of a purchase day")}


def select_clusters(
    frame: pd.DataFrame,
    *,
    features: tuple[str, ...] | None = None,
    most: int = 8,
    smallest_share: float = 0.05,
    previous: ClusterModel | str | Path | None = None,
    effort: Effort | None = None,
    seed: int = 0,
) -> ClusterSelection:
    """Look for groups of customers who behave alike.

    `frame`: The table of `cxlib.data.behaviour_frame`, or any with one number a feature and customer.
    `features`: Columns to go by, on a scale where a difference means the same everywhere (logarithms of times and
        amounts). By default log_gap_days and log_order_value where they are there, else every column of numbers but
        customer_id.
    `most`: Most clusters that the business can treat apart; 2 to `most` are tried.
    `smallest_share`: Share of customers that a cluster must hold to be worth treating apart.
    `previous`: An earlier run's model, or where it was saved: clusters that hold the customers of an earlier one keep
        its label. A file that cannot be read, or a model of other features, is a notice, since only names depend on it.
    `effort`: Resamples and sample sizes; by default gaps are looked for among at most 4,000 customers, with 100
        resamples of at most 2,000.
    Raises DataError: a column is missing, is not a number, or holds a missing or infinite value; or there are no
        customers.
    Raises ParameterError: `most` or `smallest_share` is out of range.

    >>> random = np.random.default_rng(1)
    >>> group = np.repeat([0.0, 6.0], 150)
    >>> frame = pd.DataFrame({"gap": group + random.normal(size=300), "value": random.normal(size=300)})
    >>> groups = select_clusters(frame)
    >>> groups.k
    2
    >>> select_clusters(pd.DataFrame(random.random((300, 2)), columns=["gap", "value"])).k is None
    True
    """
    _refuse_settings(most, smallest_share)
    table, names = _features(frame, features)
    index = pd.Index(table["customer_id"]) if "customer_id" in table else table.index
    effort, rng = effort or Effort(), np.random.default_rng(seed)
    nothing = _nothing(index, names, effort)
    if table.empty:
        return nothing
    kept, notices = _telling(table, names)
    values = matrix(table, kept)
    centre, scale = values.mean(axis=0), values.std(axis=0)
    rows = (values - centre) / scale
    ks = _numbers(rows, most)
    with one_thread():
        candidates, spread = search(rows, ks, smallest_share=smallest_share, effort=effort, rng=rng)
    listed = _table(candidates)
    admitted = [candidate for candidate in candidates if not candidate.reason]
    if not admitted:
        return replace(nothing, table=listed, features=kept, notices=tuple(notices))
    best, tied = admitted[-1], any(is_tied(column) for column in rows.T)
    rows, scale = rows / spread, scale * spread
    with one_thread():
        chosen = choose_method(rows, best, tied=tied, smallest_share=smallest_share, effort=effort, rng=rng)
    earlier, unmatched = _earlier(previous, table)
    model = ClusterModel(kept, centre, scale, chosen.means, chosen.names, chosen.weights, chosen.covariances)
    model = _named(model, table, earlier)
    labels = model.assign(table).set_axis(index)
    return replace(
        nothing,
        k=best.k,
        labels=labels,
        table=listed,
        clusters=_described(labels, model, chosen),
        methods=chosen.methods,
        model=model,
        features=kept,
        notices=(*notices, *unmatched),
    )


def _numbers(rows: Floats, most: int) -> range:
    """Numbers of clusters to try; none where customers are too few or too alike."""
    if len(rows) < FEWEST or not rows.size:
        return range(0)
    return range(2, min(most, len(np.unique(rows[:10_000], axis=0)) - 1) + 1)


def _earlier(
    previous: ClusterModel | str | Path | None, table: pd.DataFrame
) -> tuple[ClusterModel | None, tuple[Message, ...]]:
    """The earlier model, if it can be asked about these customers, and a notice if it cannot."""
    try:
        model = ClusterModel.load(previous) if isinstance(previous, str | Path) else previous
        if model is not None:
            model.assign(table)
    except DataError:
        return None, (T("The groups of the last run could not be read, so groups may have other numbers than before"),)
    return model, ()


def _named(model: ClusterModel, table: pd.DataFrame, previous: ClusterModel | None) -> ClusterModel:
    """The model with the labels of an earlier one where both hold the same customers."""
    if previous is None:
        return model
    labels, earlier = (each.assign(table).reset_index(drop=True) for each in (model, previous))
    matched = match_labels(labels, earlier)
    renamed = dict(zip(labels.tolist(), matched.tolist(), strict=True))
    return replace(model, names=tuple(int(renamed.get(name, name)) for name in model.names))


def _described(labels: pd.Series, model: ClusterModel, chosen: Chosen) -> pd.DataFrame:
    sizes = labels.value_counts().reindex(list(model.names), fill_value=0).to_numpy()
    jaccard = chosen.stability.jaccard
    clusters = pd.DataFrame(
        {"cluster": model.names, "customers": sizes, "share": sizes / len(labels), "jaccard": jaccard}
    )
    return clusters.assign(light=[light(value) for value in jaccard]).sort_values("cluster", ignore_index=True)


def _nothing(index: pd.Index, features: tuple[str, ...], effort: Effort) -> ClusterSelection:
    """What is said of nobody."""
    labels = pd.Series(pd.NA, index=index, dtype="Int64", name="cluster")
    clusters = pd.DataFrame(columns=["cluster", "customers", "share", "jaccard", "light"])
    amounts = len(index), effort.resamples, min(len(index), effort.resample_customers)
    return ClusterSelection(
        None, labels, _table([]), clusters, pd.DataFrame(), None, features, *amounts, notices=(_too_few(0),)
    )


def _table(candidates: list[Candidate]) -> pd.DataFrame:
    columns = ["k", "gap", "limit", "ari", "jaccard_least", "smallest_share", "reason"]
    rows = [
        (
            c.k,
            c.gap,
            c.limit,
            c.stability.ari if c.stability else np.nan,
            float(c.stability.jaccard.min()) if c.stability else np.nan,
            float(c.shares.min()),
            c.reason,
        )
        for c in candidates
    ]
    return pd.DataFrame(rows, columns=columns)


def _features(frame: pd.DataFrame, features: tuple[str, ...] | None) -> tuple[pd.DataFrame, tuple[str, ...]]:
    table = require_columns(frame, features or (), what="the table of behaviour", rows=False)
    if features is None:
        numbers = table.select_dtypes("number").columns
        behaviour = set(BEHAVIOUR) <= set(table.columns)
        features = BEHAVIOUR if behaviour else tuple(map(str, numbers.drop("customer_id", errors="ignore")))
    if not features:
        raise DataError("there is no column of numbers to go by. Make the table with behaviour_frame.")
    if len(table):
        matrix(require_values(table, features, what="the table of behaviour"), features)
    return table, tuple(features)


def _telling(table: pd.DataFrame, names: tuple[str, ...]) -> tuple[tuple[str, ...], list[Message]]:
    """Features in which customers differ by degrees, and a notice for each other one."""
    constant = [name for name in names if np.ptp(table[name].to_numpy(float)) <= 1e-12 * abs(table[name].iloc[0])]
    notices = [T("All customers are alike in “{feature}”: it tells nobody apart", feature=_name(n)) for n in constant]
    few = [name for name in names if name not in constant and table[name].nunique() < LEAST_STEPS]
    kept = tuple(name for name in names if name not in constant and name not in few)
    notices += [
        T("“{feature}” has few different values; groups that only repeat its steps do not count", feature=_name(n))
        for n in names
        if n in few or (n in kept and is_tied(table[n].to_numpy(float)))
    ]
    if len(table) < FEWEST:
        notices.append(_too_few(len(table)))
    if len(constant) == len(names):
        notices.append(T("All customers are alike, so there are no groups"))
    return kept, notices


def _name(feature: str) -> Message | str:
    return NAMES.get(feature, feature)


def _too_few(n: int) -> Message:
    return N(
        "{n} customer is too few to look for groups: at least {least} are needed",
        "{n} customers are too few to look for groups: at least {least} are needed",
        n,
        least=Count(FEWEST),
    )


def _refuse_settings(most: int, smallest_share: float) -> None:
    if not 2 <= most <= 20:
        raise ParameterError(f"most={most} must be a whole number from 2 to 20.")
    if not 0 <= smallest_share < 0.5:
        raise ParameterError(f"smallest_share={smallest_share} must be a share from 0 to below 0.5, as 0.05.")
