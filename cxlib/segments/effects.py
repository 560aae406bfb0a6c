"""How a group differs from everyone else, on one scale: Hedges' g for numbers, Cohen's h for shares, with intervals.

Sources: Hedges & Olkin (1985), Statistical Methods for Meta-Analysis, ch. 5, equations (8) and (10) (g and its large-
sample variance); Cohen (1988), ch. 6 (h); Newcombe (1998), Statistics in Medicine 17, method 10 (difference of shares).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import ndtri

from cxlib.measures.sampling import wilson

COLUMNS = [
    "group", "feature", "level", "customers", "value", "others", "effect", "low", "high", "difference",
    "difference_low", "difference_high",
]  # fmt: skip


def number_effects(frame: pd.DataFrame, groups: pd.Series, features: Sequence[str]) -> pd.DataFrame:
    """Hedges' g of each group against all customers outside it, by feature.

    Parameters
    ----------
    frame : DataFrame
        Holds the features; missing values are left out of their feature.
    groups : Series
        The group of each row.
    features : sequence of str
        Columns of numbers.

    Returns
    -------
    DataFrame
        group, feature, level (""), customers (with a value), value and others (medians, in the feature's unit),
        effect (g: means apart in pooled standard deviations, corrected for few customers), low, high (95%). The
        difference columns are those of the means.

    Examples
    --------
    >>> frame = pd.DataFrame({"orders": [9, 10, 11, 1, 2, 3]})
    >>> found = number_effects(frame, pd.Series(["a"] * 3 + ["b"] * 3), ["orders"])
    >>> found[["value", "others", "effect"]].to_numpy()[0].round(3).tolist()
    [10.0, 2.0, 6.4]
    """
    parts = [_number(frame[feature].astype(float), groups, feature) for feature in features]
    return pd.concat(parts, ignore_index=True)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)


def share_effects(frame: pd.DataFrame, groups: pd.Series, features: Sequence[str]) -> pd.DataFrame:
    """Cohen's h of each level of each category, a group against all customers outside it.

    Returns
    -------
    DataFrame
        group, feature, level, customers (with a value), value and others (shares with that level), effect (h) with low
        and high, difference of the shares with difference_low and difference_high (95%).

    Examples
    --------
    >>> frame = pd.DataFrame({"channel": ["app"] * 8 + ["web"] * 2 + ["app"] * 2 + ["web"] * 8})
    >>> found = share_effects(frame, pd.Series(["a"] * 10 + ["b"] * 10), ["channel"])
    >>> found[["value", "others", "effect"]].to_numpy()[0].round(3).tolist()
    [0.8, 0.2, 1.287]
    """
    parts = [_category(frame[feature], groups, feature) for feature in features]
    return pd.concat(parts, ignore_index=True)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)


def _number(values: pd.Series, groups: pd.Series, feature: str) -> pd.DataFrame:
    known = values.notna() & groups.notna()
    x, g = values[known], groups[known]
    by = x.groupby(g, observed=True)
    n, mean, square = by.size(), by.mean(), ((x - x.mean()) ** 2).groupby(g, observed=True).sum()
    rest = len(x) - n
    others_mean = (x.sum() - n * mean) / rest.where(rest > 0)
    within = square - n * (mean - x.mean()) ** 2 + (square.sum() - square) - rest * (others_mean - x.mean()) ** 2
    freedom = len(x) - 2
    spread = np.sqrt(within / freedom) if freedom > 0 else within * np.nan
    effect = (1 - 3 / (4 * freedom - 1)) * (mean - others_mean) / spread.where(spread > 0)
    error = np.sqrt(len(x) / (n * rest.where(rest > 0)) + effect**2 / (2 * len(x)))
    raw_error = spread * np.sqrt(1 / n + 1 / rest.where(rest > 0))
    z = float(ndtri(0.975))
    difference = mean - others_mean
    return pd.DataFrame(
        {
            "group": n.index, "feature": feature, "level": "", "customers": n.to_numpy(),
            "value": by.median().to_numpy(), "others": [float(x[g != group].median()) for group in n.index],
            "effect": effect.to_numpy(), "low": (effect - z * error).to_numpy(),
            "high": (effect + z * error).to_numpy(), "difference": difference.to_numpy(),
            "difference_low": (difference - z * raw_error).to_numpy(),
            "difference_high": (difference + z * raw_error).to_numpy(),
        }
    )  # fmt: skip


def _category(values: pd.Series, groups: pd.Series, feature: str) -> pd.DataFrame:
    known = values.notna() & groups.notna()
    counts = pd.crosstab(groups[known], values[known].astype(str))
    own = counts.rename_axis(index="group", columns="level").melt(value_name="own", ignore_index=False).reset_index()
    n, total = counts.sum(axis=1), int(counts.to_numpy().sum())
    own["customers"] = own["group"].map(n).astype(int)
    rest = total - own["customers"]
    beyond = own["level"].map(counts.sum(axis=0)).astype(int) - own["own"]
    share, others = own["own"] / own["customers"], beyond / rest.where(rest > 0)
    low, high = wilson(own["own"], own["customers"])
    others_low, others_high = wilson(beyond, rest)
    effect = 2 * np.arcsin(np.sqrt(share)) - 2 * np.arcsin(np.sqrt(others))
    error = float(ndtri(0.975)) * np.sqrt(1 / own["customers"] + 1 / rest.where(rest > 0))
    difference = share - others
    return own[["group", "level", "customers"]].assign(
        feature=feature, value=share, others=others, effect=effect, low=effect - error, high=effect + error,
        difference=difference,
        difference_low=difference - np.sqrt((share - low) ** 2 + (others_high - others) ** 2),
        difference_high=difference + np.sqrt((high - share) ** 2 + (others - others_low) ** 2),
    )  # fmt: skip
