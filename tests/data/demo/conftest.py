"""One simulated company of the default size for all tests that look for its truth."""

import pytest

from cxlib.data.demo import simulate


@pytest.fixture(scope="session")
def company():
    """20,000 customers, seed 7."""
    return simulate()


@pytest.fixture(scope="session")
def groups(company):
    """The planted group of each customer."""
    return company.hidden["customers"].set_index("customer_id")["group"]
