"""Sales to earlier customers, and spend of returning against new customers."""

import numpy as np
import pandas as pd
import pytest

from cxlib.segments import measure_repurchase


def period_of(new, returning):
    """A frame from (purchase days, cents) of new and of returning customers."""
    rows = [(True, *row) for row in new] + [(False, *row) for row in returning]
    return pd.DataFrame(rows, columns=["is_new", "purchase_days", "spent_cents"])


SECONDS = pd.DataFrame({"days_to_second": [5, 40, np.nan, np.nan], "observed_days": [100, 100, 100, 20]})


def test_the_rate_of_the_definition():
    """100 sales, 30 of them to earlier customers: 30%."""
    found = measure_repurchase(period_of([(1, 100)] * 70, [(3, 100)] * 10), SECONDS)
    assert found.measures.loc["repurchase_rate", "value"] == pytest.approx(0.3)
    assert found.measures.loc["repurchase_rate", "n"] == 100


def test_a_new_customers_second_purchase_counts():
    """Of a new customer's three sales two are to someone who had bought before."""
    assert measure_repurchase(period_of([(3, 100)], []), SECONDS).measures.loc["repurchase_rate", "value"] == (
        pytest.approx(2 / 3)
    )


def test_spend_ratio():
    """200 against 100 a customer is a ratio of 2, claimed where the interval is clear of 1."""
    found = measure_repurchase(period_of([(1, 90), (1, 110)] * 50, [(1, 190), (1, 210)] * 50), SECONDS, currency="SAR")
    assert found.measures.loc["spend_ratio", "value"] == pytest.approx(2)
    assert found.measures.loc["returning_share", "value"] == pytest.approx(2 / 3)
    assert "spends 2.00 times as much" in str(found.spend)
    few = measure_repurchase(period_of([(1, 10), (1, 900)], [(1, 20), (1, 800)]), SECONDS)
    assert "do not clearly spend differently" in str(few.spend)


def test_second_purchases_within_windows():
    """Of the three observed for 30 and for 60 days, one and two bought again; 20 days are too short to count."""
    within = measure_repurchase(period_of([(1, 1)], []), SECONDS, within_days=(60, 30)).within
    assert within[["within_days", "customers", "again"]].to_numpy().tolist() == [[30, 3, 1], [60, 3, 2]]
    assert within["rate"].between(within["low"], within["high"]).all()


def test_intervals_hold_values():
    """Every measure lies in its interval, and all are shown."""
    random = np.random.default_rng(0)
    rows = [(int(n), int(c)) for n, c in zip(random.integers(1, 5, 300), random.integers(1, 900, 300), strict=True)]
    found = measure_repurchase(period_of(rows[:100], rows[100:]), SECONDS)
    assert found.measures["value"].between(found.measures["low"], found.measures["high"]).all()
    assert len(found.summary) == 5
    assert len(found.findings) == 3


def test_only_new_customers():
    """In the first period nobody has bought before: no ratio, said plainly; amounts of zero as well."""
    found = measure_repurchase(period_of([(1, 100)] * 5, []), SECONDS)
    assert found.measures.loc["repurchase_rate", "value"] == 0
    assert "cannot be compared" in str(found.spend)
    assert "cannot be compared" in str(measure_repurchase(period_of([(1, 0)] * 5, [(1, 0)] * 5), SECONDS).spend)
    assert "long enough" in str(
        measure_repurchase(period_of([(1, 1)], []), SECONDS.assign(observed_days=1)).second_purchase
    )
