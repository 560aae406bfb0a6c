"""Cohort retention: rates with denominators, incomplete months masked."""

import numpy as np
import pandas as pd
import pytest

from cxlib.errors import DataError
from cxlib.segments.cohorts import cohort_retention


@pytest.fixture
def counts():
    """Online Retail's first cells (955 and 337 are its own) and a later cohort, the last month incomplete."""
    cells = [
        ("2009-12-01", 0, 955, 955, True),
        ("2009-12-01", 1, 337, 955, True),
        ("2009-12-01", 2, 100, 955, False),
        ("2010-01-01", 0, 400, 400, True),
        ("2010-01-01", 1, 60, 400, False),
        ("2010-02-01", 0, 9, 9, False),
    ]
    table = pd.DataFrame(cells, columns=["cohort", "months_since", "customers", "cohort_size", "complete"])
    return table.assign(cohort=pd.to_datetime(table["cohort"]), revenue_cents=table["customers"] * 100)


def test_rates_and_mask(counts):
    """337 of 955 is the rate; cells of the incomplete month are NaN, their money stays."""
    found = cohort_retention(counts)
    assert found.rates.loc["2009-12-01", 1] == 337 / 955
    assert found.rates.notna().sum().sum() == 3
    assert found.cells["revenue_cents"].sum() == counts["revenue_cents"].sum()
    assert found.sizes.tolist() == [955, 400, 9]


def test_intervals(counts):
    """Wilson's interval of 337 of 955 surrounds it."""
    found = cohort_retention(counts)
    cell = found.cells.set_index(["cohort", "months_since"]).loc[("2009-12-01", 1)]
    assert cell["low"] == pytest.approx(0.3232, abs=5e-5)
    assert cell["high"] == pytest.approx(0.3837, abs=5e-5)


def test_curve_pools_complete_cells(counts):
    """The pooled month 0 has both complete cohorts, month 1 only the first, month 2 none."""
    curve = cohort_retention(counts).curve
    assert curve["at_risk"].to_dict() == {0: 1355, 1: 955}
    assert curve.loc[0, "rate"] == 1


def test_sentences(counts):
    """Headline, trend and mask say what the cells hold."""
    found = cohort_retention(counts)
    said = "35% of new customers bought again in the month after their first (95% interval 32%"
    assert str(found.headline).startswith(said)
    assert str(found.masked) == "February 2010 is only partly observed and is left out of the rates"
    assert "too few complete cohorts" in str(found.trend)
    assert "2009" in found._repr_html_()


def months(rng, cohorts, size, *, spread=0.0, season=0.0, last=0.0):
    """Start months whose log-odds of coming back spread or wave; the first holds customers of before the data."""
    n = rng.integers(max(30, size // 2), 2 * size, cohorts)
    wave = season * np.sin(2 * np.pi * (np.arange(cohorts) + rng.integers(12)) / 12)
    odds = -1.4 + rng.normal(0, spread, cohorts) + wave
    odds[0], odds[-1] = odds[0] + 0.8, odds[-1] + last
    back = rng.binomial(n, 1 / (1 + np.exp(-odds)))
    days = pd.date_range("2024-01-01", periods=cohorts, freq="MS").repeat(2)
    customers = np.column_stack([n, back]).ravel()
    table = pd.DataFrame({"cohort": days, "months_since": [0, 1] * cohorts, "customers": customers})
    return table.assign(cohort_size=np.repeat(n, 2), revenue_cents=1, complete=True)


@pytest.mark.parametrize(
    ("last", "size", "says"),
    [(-1.0, 400, "less often:"), (0.0, 400, "neither clearly"), (1.0, 400, "more often:"), (0.04, 300_000, "neither")],
)
def test_trend_is_a_claim_only_where_it_is_more_than_chance_and_matters(last, size, says):
    """The newest cohort against the older ones; half a point of 300,000 customers is no change."""
    assert says in str(cohort_retention(months(np.random.default_rng(2), 12, size, last=last)).trend)


def test_trend_leaves_the_first_month_out(counts):
    """It holds whoever was a customer before the data begins, and then one month is left."""
    assert "too few complete cohorts" in str(cohort_retention(counts.assign(complete=True)).trend)


@pytest.mark.slow
def test_months_that_differ_without_a_trend_are_rarely_called_a_change():
    """300 runs each of 7 to 24 months, alike, unlike or in seasons: at most 7 of 100; a change is seen in 80."""
    rng, said = np.random.default_rng(1), {}
    for cohorts, size, spread, season in ((7, 60, 0.15, 0), (13, 400, 0.3, 0), (24, 60, 0, 0.3), (24, 5000, 0.15, 0)):
        tables = [months(rng, cohorts, size, spread=spread, season=season) for _ in range(300)]
        said[cohorts, size] = np.mean([" often:" in str(cohort_retention(table).trend) for table in tables])
    changed = [months(rng, 13, 400, spread=0.1, last=0.7) for _ in range(100)]
    assert max(said.values()) <= 0.07, said
    assert np.mean(["more often:" in str(cohort_retention(table).trend) for table in changed]) >= 0.8


def test_of_a_cohort_that_no_page_shows_nothing_is_said():
    """A newest month of nine customers is no ground to say that new ones come back about as often."""
    small = months(np.random.default_rng(2), 6, 100)
    small.loc[[10, 11], ["customers", "cohort_size"]] = [[9, 9], [3, 9]]
    said = str(cohort_retention(small).trend)
    assert said.startswith("Too few customers started in June 2024 to say whether")
    assert "9" not in said


def test_no_complete_month():
    """Data of part of one month have no rate and say so."""
    counts = pd.DataFrame(
        {
            "cohort": pd.to_datetime(["2026-01-01"]),
            "months_since": [0],
            "customers": [3],
            "cohort_size": [3],
            "revenue_cents": [1],
            "complete": [False],
        }
    )
    assert "No start month" in str(cohort_retention(counts).headline)


def test_bad_counts(counts):
    """A cell that stands twice and a missing column are refused."""
    with pytest.raises(DataError, match="stand twice"):
        cohort_retention(pd.concat([counts, counts]))
    with pytest.raises(DataError, match="no column 'complete'"):
        cohort_retention(counts.drop(columns="complete"))


def test_revenue_by_cohort(counts):
    """Revenue a starter: 955 x 100 cents over 955, then 337 x 100 over 955; incomplete months are masked."""
    found = cohort_retention(counts)
    assert found.revenue_per_customer.loc["2009-12-01"].round(2).tolist()[:2] == [100, 35.29]
    assert found.cumulative_revenue_per_customer.loc["2009-12-01", 1] == pytest.approx(135.29, abs=0.005)
    assert found.revenue_per_customer.notna().sum().sum() == 3
    assert "six months yet" in str(found.revenue_finding())


def test_revenue_finding():
    """What the newest cohort of thirty had brought after half a year, and those before it but for the first."""
    cells = [(cohort, since, n, n, 100 * size * n, True) for cohort, size, n in
             (("2024-11-01", 9, 30), ("2024-12-01", 1, 30), ("2025-01-01", 3, 30), ("2025-02-01", 2, 30),
              ("2025-03-01", 9, 29))
             for since in range(7)]  # fmt: skip
    columns = ["cohort", "months_since", "customers", "cohort_size", "revenue_cents", "complete"]
    table = pd.DataFrame(cells, columns=columns).assign(cohort=lambda t: pd.to_datetime(t["cohort"]))
    said = str(cohort_retention(table).revenue_finding(currency="SAR"))
    assert said.startswith("After six months a customer who started in February 2025 had brought SAR\xa014; those of")
    assert said.endswith("SAR\xa07 to SAR\xa021")
