"""How much of the answer each driver explains: exact LMG shares, and Johnson's relative weights beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from cxlib.drivers.inputs import Floats, read_drivers, read_groups, weighted_correlation
from cxlib.drivers.schur import average_over_orders
from cxlib.errors import ParameterError

MOST_DRIVERS = 27


def lmg(X: Any, y: Any, *, weights: Any = None, groups: Mapping[str, str] | None = None) -> pd.Series:
    """Share out the R2 of a linear regression among its drivers: LMG, also called Shapley value regression.

    Parameters
    ----------
    X : DataFrame (n, p)
        Drivers, complete; at most 27, groups counting as one.
    y : array-like (n,)
        The answer, for NPS the 0-10 answer itself.
    weights : array-like (n,), optional
        Weights above zero; the regression is a weighted one.
    groups : mapping of driver to group, optional
        Drivers of a group enter together and have one value.

    Returns
    -------
    Series
        By driver or group: gain in R2 averaged over all orders of entering. They add up to R2.

    Raises
    ------
    DataError
        See `read_drivers`: missing values, constants, copies, too few answers.
    ParameterError
        More than 27 drivers or groups: use `johnson_weights`.

    Notes
    -----
    Lindeman, Merenda & Gold, Introduction to Bivariate and Multivariate Analysis (1980), page 119; Groemping, Journal
    of Statistical Software 17 (2006), equation (4). All 2^p subsets are visited exactly (`cxlib.drivers.schur`).

    Examples
    --------
    >>> X = pd.DataFrame({"speed": [1.0, 2, 3, 4, 5, 3], "price": [2.0, 1, 4, 3, 3, 5]})
    >>> lmg(X, [2, 3, 6, 6, 8, 7]).round(3).to_dict()
    {'speed': 0.638, 'price': 0.342}
    """
    names, values, answer, w = read_drivers(X, y, weights)
    units = read_groups(groups, names)
    refuse_too_many(len(units))
    correlation = weighted_correlation(np.column_stack([values, answer]), w)
    found = grouped_lmg(correlation[:, :, None], list(units.values()))
    return pd.Series(found[:, 0], index=pd.Index(list(units), name="driver"), name="lmg")


def grouped_lmg(matrices: Floats, units: list[list[int]]) -> Floats:
    """LMG of units of columns from correlation matrices (q + 1, q + 1, b), the answer last: (units, b)."""
    order = [*(place for unit in units for place in unit), len(matrices) - 1]
    return average_over_orders(matrices[np.ix_(order, order)], [len(unit) for unit in units])


def owen(X: Any, y: Any, groups: Mapping[str, str], *, weights: Any = None) -> pd.Series:
    """Share out R2 among groups first and, within each, among its drivers: Owen's value.

    Parameters and errors are those of `lmg`. The values of a group's drivers add up to the group's `lmg`.

    Notes
    -----
    The mean gain over all orders in which the drivers of a group stand together. Source: Owen, Values of games with a
    priori unions (1977), equation (4).

    Examples
    --------
    >>> X = pd.DataFrame({"a": [1.0, 2, 3, 4, 5, 3], "b": [2.0, 1, 4, 3, 3, 5], "c": [1.0, 1, 2, 1, 2, 2]})
    >>> shares = owen(X, [2, 3, 6, 6, 8, 7], {"a": "pair", "b": "pair"})
    >>> whole = lmg(X, [2, 3, 6, 6, 8, 7], groups={"a": "pair", "b": "pair"})
    >>> bool(abs(shares["a"] + shares["b"] - whole["pair"]) < 1e-12)
    True
    """
    names, values, answer, w = read_drivers(X, y, weights)
    units = read_groups(groups, names)
    correlation = weighted_correlation(np.column_stack([values, answer]), w)[:, :, None]
    found = np.empty(len(names))
    for group, members in units.items():
        others = [unit for name, unit in units.items() if name != group]
        refuse_too_many(len(others) + len(members))
        order = [*members, *(place for unit in others for place in unit), len(names)]
        gains = average_over_orders(
            correlation[np.ix_(order, order)],
            [1] * len(members) + [len(unit) for unit in others],
            context=[False] * len(members) + [True] * len(others),
        )
        found[members] = gains[: len(members), 0]
    return pd.Series(found, index=pd.Index(names, name="driver"), name="owen")


def johnson_weights(X: Any, y: Any, *, weights: Any = None) -> pd.Series:
    """Johnson's relative weights: a close approximation of LMG whose cost does not double with each driver.

    Parameters and errors are those of `lmg`, without a limit on the number of drivers.

    Returns
    -------
    Series
        By driver; they add up to R2.

    Notes
    -----
    Johnson, A heuristic method for estimating the relative weight of predictor variables in multiple regression,
    Multivariate Behavioral Research 35 (2000), equations (3) to (7).

    Examples
    --------
    >>> X = pd.DataFrame({"speed": [1.0, 2, 3, 4, 5, 3], "price": [2.0, 1, 4, 3, 3, 5]})
    >>> johnson_weights(X, [2, 3, 6, 6, 8, 7]).round(3).to_dict()
    {'speed': 0.638, 'price': 0.342}
    """
    names, values, answer, w = read_drivers(X, y, weights)
    correlation = weighted_correlation(np.column_stack([values, answer]), w)
    return pd.Series(johnson_shares(correlation), index=pd.Index(names, name="driver"), name="johnson")


def johnson_shares(correlation: Floats) -> Floats:
    """Johnson's relative weights from correlation matrices (..., p + 1, p + 1), the answer last: (..., p)."""
    inner, outer = correlation[..., :-1, :-1], correlation[..., :-1, -1]
    values, vectors = np.linalg.eigh(inner)
    roots = np.sqrt(np.maximum(values, 0))
    inverse = np.divide(1.0, roots, out=np.zeros_like(roots), where=roots > 1e-7)
    turned = np.einsum("...ji,...j->...i", vectors, outer)
    beta = np.einsum("...ij,...j->...i", vectors, inverse * turned)
    loading = np.einsum("...ik,...k,...jk->...ij", vectors, roots, vectors)
    found: Floats = np.einsum("...ij,...j->...i", loading**2, beta**2)
    return found


def refuse_too_many(units: int) -> None:
    """Stop before a calculation that would take hours.

    Raises
    ------
    ParameterError
        More than 27 drivers or groups.
    """
    if units > MOST_DRIVERS:
        raise ParameterError(
            f"exact shares of {units} drivers would take hours; at most {MOST_DRIVERS}. Group drivers, or use "
            "johnson_weights."
        )
