"""Behavioural clusters: how many there are, whether they are real, and who is in which; or that none were found.

**Verdict.** A number of clusters is admitted when (1) any two of its clusters, joined, have a gap between them, so that
no two are parts of one cloud (`gaps`); (2) no cluster is smaller than the business can treat apart; (3) every cluster
comes back in resamples with a mean Jaccard similarity of at least 0.75 (Hennig). The largest number admitted is chosen.
Small groups, and those with centres less than three standard deviations apart, may be missed.

**k-means or mixture.** k-means finds the number. A Gaussian mixture of as many components takes over the assignment
where it predicts customers it has not seen better than the round, equal clusters of k-means do, agrees with them in the
main, and is as stable.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from cxlib.checks import require_columns, require_values
from cxlib.errors import DataError, ParameterError
from cxlib.language import Count, Message, N, T
from cxlib.segments.clustering.gaps import is_tied
from cxlib.segments.clustering.methods import Chosen, choose_method
from cxlib.segments.clustering.model import ClusterModel, match_labels, matrix
from cxlib.segments.clustering.result import ClusterSelection
from cxlib.segments.clustering.search import Candidate, Effort, search
from cxlib.segments.clustering.stability import light

Floats = NDArray[np.float64]
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

    Parameters
    ----------
    frame : DataFrame
        The table of `cxlib.data.behaviour_frame`, or any with one number a feature and customer.
    features : tuple of str, optional
        Columns to go by, on a scale where a difference means the same everywhere (logarithms of times and amounts).
        By default log_gap_days and log_order_value where they are there, else every column of numbers but customer_id.
    most : int
        Most clusters that the business can treat apart; 2 to `most` are tried.
    smallest_share : float
        Share of customers that a cluster must hold to be worth treating apart.
    previous : ClusterModel or path, optional
        An earlier run's model, or where it was saved: clusters that hold the customers of an earlier one keep its
        label. A file that cannot be read, or a model of other features, is a notice, since only names depend on it.
    effort : Effort, optional
        Resamples and sample sizes; by default gaps are looked for among at most 4,000 customers, with 100 resamples of
        at most 2,000.
    seed : int
        Makes draws repeatable.

    Raises
    ------
    DataError
        A column is missing, is not a number, or holds a missing or infinite value; or there are no customers.
    ParameterError
        `most` or `smallest_share` is out of range.

    Examples
    --------
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
    if table.empty:
        return _nothing(index, names, _table([]), _amounts(0, effort or Effort()), (_too_few(0),))
    kept, notices = _telling(table, names)
    effort, rng = effort or Effort(), np.random.default_rng(seed)
    values = matrix(table, kept)
    centre, scale = values.mean(axis=0), values.std(axis=0)
    rows = (values - centre) / scale
    ks = _numbers(rows, most)
    # k-means of a few thousand rows is quicker on one thread, and many times so where other work keeps the cores busy.
    with threadpool_limits(1):
        candidates, spread = search(rows, ks, smallest_share=smallest_share, effort=effort, rng=rng)
    listed = _table(candidates)
    admitted = [candidate for candidate in candidates if not candidate.reason]
    if not admitted:
        return _nothing(index, kept, listed, _amounts(len(rows), effort), tuple(notices))
    best, tied = admitted[-1], any(is_tied(column) for column in rows.T)
    rows, scale = rows / spread, scale * spread
    with threadpool_limits(1):
        chosen = choose_method(rows, best, tied=tied, smallest_share=smallest_share, effort=effort, rng=rng)
    earlier, unmatched = _earlier(previous, table)
    model = _named(ClusterModel(kept, centre, scale, chosen.means, chosen.names, *chosen.spread), table, earlier)
    labels = model.assign(table).set_axis(index)
    described = _described(labels, model, chosen)
    return ClusterSelection(
        best.k,
        labels,
        listed,
        described,
        chosen.methods,
        model,
        kept,
        len(labels),
        **_amounts(len(labels), effort),
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
    return model.renamed({name: int(renamed.get(name, name)) for name in model.names})


def _described(labels: pd.Series, model: ClusterModel, chosen: Chosen) -> pd.DataFrame:
    sizes = labels.value_counts().reindex(list(model.names), fill_value=0).to_numpy()
    jaccard = chosen.stability.jaccard
    clusters = pd.DataFrame(
        {"cluster": model.names, "customers": sizes, "share": sizes / len(labels), "jaccard": jaccard}
    )
    return clusters.assign(light=[light(value) for value in jaccard]).sort_values("cluster", ignore_index=True)


def _nothing(
    index: pd.Index,
    features: tuple[str, ...],
    table: pd.DataFrame,
    amounts: dict[str, int],
    notices: tuple[Message, ...],
) -> ClusterSelection:
    labels = pd.Series(pd.NA, index=index, dtype="Int64", name="cluster")
    clusters = pd.DataFrame(columns=["cluster", "customers", "share", "jaccard", "light"])
    methods = pd.DataFrame()
    return ClusterSelection(
        None, labels, table, clusters, methods, None, features, len(labels), **amounts, notices=notices
    )


def _amounts(n: int, effort: Effort) -> dict[str, int]:
    return {
        "looked_at": min(n, effort.customers),
        "resamples": effort.resamples,
        "resample_customers": min(n, effort.resample_customers),
    }


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
