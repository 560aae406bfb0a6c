"""Names that stay: a clustering's labels matched to those of an earlier run."""

from __future__ import annotations

import pandas as pd
from scipy.optimize import linear_sum_assignment

from cxlib.errors import DataError


def match_labels(labels: pd.Series, earlier: pd.Series) -> pd.Series:
    """Rename labels so that as many customers as possible keep the label they had.

    Parameters
    ----------
    labels : Series of int
        By customer (index).
    earlier : Series of int
        An earlier run's labels of some of the same customers. Missing labels are left aside.

    Returns
    -------
    Series of int
        `labels` renamed one to one (Hungarian method on the table of customers in both). A label that is matched with
        none of the earlier ones gets the next number that nobody had.

    Raises
    ------
    DataError
        A customer stands twice in an index, or no customer is in both.

    Notes
    -----
    Kuhn (1955), as `scipy.optimize.linear_sum_assignment`. A pair without a common customer is no match.

    Examples
    --------
    >>> match_labels(pd.Series([1, 1, 2, 3]), pd.Series([2, 2, 1, 1])).tolist()
    [2, 2, 1, 3]
    """
    both = _both(labels, earlier)
    table = pd.crosstab(both["now"], both["then"])
    rows, columns = linear_sum_assignment(table.to_numpy(), maximize=True)
    names = {
        table.index[row]: table.columns[column]
        for row, column in zip(rows, columns, strict=True)
        if table.iloc[row, column] > 0
    }
    free = max(int(earlier.max()), 0) + 1
    for label in sorted(set(labels.dropna()) - set(names)):
        names[label] = free
        free += 1
    return labels.map(names).astype(labels.dtype)


def _both(labels: pd.Series, earlier: pd.Series) -> pd.DataFrame:
    for name, series in (("labels", labels), ("earlier", earlier)):
        if series.index.has_duplicates:
            twice = series.index[series.index.duplicated()][0]
            raise DataError(f"{name}: customer {twice!r} stands twice. Give one label for each customer.")
    both = pd.concat({"now": labels, "then": earlier}, axis=1, join="inner").dropna()
    if both.empty:
        raise DataError("labels and earlier labels have no customer in common. Index both by customer_id.")
    return both
