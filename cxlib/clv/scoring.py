"""How good a forecast was, once what it forecast has come."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxlib.clv.models.rows import Floats


def score(predicted: Floats, actual: Floats) -> dict[str, float]:
    """Errors of a forecast, all customers together and each by itself.

    Returns
    -------
    dict
        predicted, actual (sums), total_error (their difference as a share of actual, NaN where actual is 0), mae (mean
        absolute error of a customer), correlation (NaN where one side does not vary), n.

    Examples
    --------
    >>> found = score(np.array([1.0, 2.0]), np.array([1.0, 3.0]))
    >>> found["total_error"], found["mae"]
    (-0.25, 0.5)
    """
    said, came = float(predicted.sum()), float(actual.sum())
    vary = len(actual) > 1 and np.ptp(predicted) > 0 and np.ptp(actual) > 0
    return {
        "predicted": said,
        "actual": came,
        "total_error": (said - came) / came if came else np.nan,
        "mae": float(np.abs(predicted - actual).mean()),
        "correlation": float(np.corrcoef(predicted, actual)[0, 1]) if vary else np.nan,
        "n": len(actual),
    }


def calibration_by_decile(predicted: Floats, actual: Floats, *, bins: int = 10) -> pd.DataFrame:
    """Mean forecast and mean outcome of customers sorted by forecast into `bins` classes of equal size.

    Returns
    -------
    DataFrame
        bin (1 is the lowest forecast), customers, predicted, actual, low, high (95%, normal, of the mean outcome).
        Customers with equal forecasts share a class, the lower one.
    """
    below = np.searchsorted(np.sort(predicted), predicted, side="left") / max(len(predicted), 1)
    return _by_class(np.minimum((below * bins).astype(int), bins - 1) + 1, predicted, actual, "bin")


def calibration_by_frequency(frequency: Floats, predicted: Floats, actual: Floats, *, top: int = 7) -> pd.DataFrame:
    """The same by repeat purchases so far: 0, 1 ... and `top` or more (column frequency)."""
    return _by_class(np.minimum(frequency, top).astype(int), predicted, actual, "frequency")


def _by_class(classes: Floats, predicted: Floats, actual: Floats, name: str) -> pd.DataFrame:
    table = pd.DataFrame({name: classes, "predicted": predicted, "actual": actual})
    by = table.groupby(name)
    found = by.mean().assign(customers=by.size())
    half = 1.96 * by["actual"].std(ddof=1) / np.sqrt(found["customers"])
    found = found.assign(low=(found["actual"] - half).clip(lower=0), high=found["actual"] + half).reset_index()
    return found[[name, "customers", "predicted", "actual", "low", "high"]]
