"""One simulated company of the default size for all tests that look for its truth."""

import pytest
from scipy.special import hyp2f1

from cxlib.data.demo import simulate


@pytest.fixture(scope="session")
def company():
    """20,000 customers, seed 7."""
    return simulate()


@pytest.fixture(scope="session")
def groups(company):
    """The planted group of each customer."""
    return company.hidden["customers"].set_index("customer_id")["group"]


@pytest.fixture(scope="session")
def expected_repeats():
    """Repeat purchases that a group's customer makes within weeks of the first (Fader, Hardie & Lee 2005, eq. 9)."""

    def formula(group, weeks):
        a, b, r, alpha = group.a, group.b, group.r, group.alpha
        survivors = (alpha / (alpha + weeks)) ** r * hyp2f1(r, b, a + b - 1, weeks / (alpha + weeks))
        return float((a + b - 1) / (a - 1) * (1 - survivors))

    return formula
