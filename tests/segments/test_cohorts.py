"""Cohort retention: rates with denominators, incomplete months masked."""

import numpy as np
import pandas as pd
import pytest

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


def shop(rng, months, size, *, season=0.0, growth=0.0, spread=0.0, worse=0):
    """Cells of a shop whose customers buy at gamma rates, go for good after a year on average, and follow a season.

    Start months differ by `spread`, and those who came in the last `worse` of them buy half as often.
    """
    n = rng.poisson(size * np.exp(growth * np.arange(months) / 12))
    n[0] *= 4
    wave = np.exp(season * np.sin(2 * np.pi * (np.arange(months) + rng.integers(12)) / 12))
    cells = []
    for start, customers in enumerate(n):
        rate = (
            rng.gamma(0.8, 0.6, customers) * np.exp(rng.normal(0, spread)) * (0.5 if start > months - 2 - worse else 1)
        )
        life = rng.exponential(12, customers)
        for since in range(months - start):
            there = np.clip(life - (since - 0.5), 0, 1) * wave[start + since]
            bought = customers if since == 0 else int((rng.random(customers) < -np.expm1(-rate * there)).sum())
            cells.append((start, since, bought, customers))
    table = pd.DataFrame(cells, columns=["start", "months_since", "customers", "cohort_size"])
    days = pd.date_range("2024-01-01", periods=months, freq="MS")[table["start"]]
    return table.assign(cohort=days, revenue_cents=1, complete=True).drop(columns="start")


def trends(seed, runs, *args, **kwargs):
    """Share of shops of which a change is said."""
    rng = np.random.default_rng(seed)
    return np.mean([" often:" in str(cohort_retention(shop(rng, *args, **kwargs)).trend) for _ in range(runs)])


@pytest.mark.parametrize(("worse", "says"), [(0, "neither clearly"), (1, "less often:"), (3, "less often:")])
def test_trend_is_a_claim_only_where_it_is_more_than_chance(worse, says):
    """The newest cohort against the older ones, in a year with a season."""
    said = str(cohort_retention(shop(np.random.default_rng(2), 12, 1500, season=0.6, worse=worse)).trend)
    assert says in said
    assert "could be expected by those who started earlier" in said


def test_a_small_change_is_none():
    """Half a point of 300,000 customers is no change, however clear."""
    cells = [(start, since, 60_000 - 1_500 * since * (start != 4 or since != 1), 300_000)
             for start in range(6) for since in range(1, 6 - start)]  # fmt: skip
    table = pd.DataFrame(cells, columns=["start", "months_since", "customers", "cohort_size"])
    table["cohort"] = pd.date_range("2024-01-01", periods=6, freq="MS")[table["start"]]
    assert "neither" in str(cohort_retention(table.assign(revenue_cents=1, complete=True)).trend)


def test_trend_leaves_the_first_month_out(counts):
    """It holds whoever was a customer before the data begins, and then one month is left."""
    assert "too few complete cohorts" in str(cohort_retention(counts.assign(complete=True)).trend)


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(7, 150), (12, 400), (24, 400)])
@pytest.mark.parametrize("kind", [{}, {"season": 0.7}, {"growth": 1.0, "spread": 0.1}])
def test_shops_that_do_not_change_are_rarely_told_of_a_change(shape, kind):
    """60 shops each, steady, in seasons, or growing with unlike start months: at most 7 of 100 are told of one."""
    assert trends(3, 60, *shape, **kind) <= 0.07


@pytest.mark.slow
@pytest.mark.parametrize(("months", "worse"), [(12, 1), (24, 1), (24, 3)])
def test_cohorts_that_buy_half_as_often_are_said(months, worse):
    """50 shops in seasons, 400 customers a month: at least 60 of 100 are told."""
    assert trends(4, 50, months, 400, season=0.5, worse=worse) >= 0.6


def ever_worse(seed, months, size, yearly, **kwargs):
    """Whether a decline is said of a shop whose start months buy ever less often, or as often as ever."""
    rng = np.random.default_rng(seed)
    cells = shop(rng, months, size, **kwargs)
    age = (cells["cohort"].dt.year - 2024) * 12 + cells["cohort"].dt.month - 1
    kept = rng.binomial(cells["customers"], np.exp(-yearly * age / 12))
    cells["customers"] = cells["customers"].where(cells["months_since"] == 0, kept)
    return cohort_retention(cells).decline


def test_a_decline_from_each_start_month_to_the_next_is_said():
    """At equal age and with the season out, after two years; what it cannot tell apart stands beside it."""
    said = str(ever_worse(1, 30, 1500, 0.5, season=0.5))
    assert "ever fewer come back in the month after their first: the share falls by" in said
    assert said.endswith("Whether newer customers are different or all customers buy less cannot be told")
    assert ever_worse(1, 30, 1500, 0.0, season=0.5) is None
    assert ever_worse(1, 18, 1500, 0.5, season=0.5) is None


@pytest.mark.slow
@pytest.mark.parametrize("kind", [{}, {"season": 0.7}, {"season": 0.7, "growth": 1.0, "spread": 0.1}])
def test_a_decline_is_rarely_said_of_shops_that_do_not_change(kind):
    """100 shops each, 24 to 36 months: at most 5 of 100 are told of one."""
    runs = [ever_worse(seed, 24 + seed % 13, 300, 0.0, **kind) is not None for seed in range(100)]
    assert np.mean(runs) <= 0.05


@pytest.mark.slow
def test_a_decline_by_a_third_a_year_is_said():
    """50 shops in seasons, 400 customers a month, 30 months: at least 80 of 100 are told."""
    assert np.mean([ever_worse(seed, 30, 400, 0.4, season=0.5) is not None for seed in range(50)]) >= 0.8


def test_of_a_cohort_that_no_page_shows_nothing_is_said():
    """A newest month of nine customers is no ground to say that new ones come back about as often."""
    small = shop(np.random.default_rng(2), 7, 100)
    small.loc[small["cohort"] == "2024-06-01", ["customers", "cohort_size"]] = [[9, 9], [3, 9]]
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


def test_revenue_by_cohort(counts):
    """Revenue a starter: 955 x 1.00 over 955, then 337 x 1.00 over 955; incomplete months are masked."""
    found = cohort_retention(counts)
    assert found.revenue_per_customer.loc["2009-12-01"].round(4).tolist()[:2] == [1, 0.3529]
    assert found.cumulative_revenue_per_customer.loc["2009-12-01", 1] == pytest.approx(1.3529, abs=0.00005)
    assert found.revenue_per_customer.notna().sum().sum() == 3
    assert "for six months" in str(found.revenue_finding())


def test_revenue_finding():
    """What the newest cohort of thirty had brought after half a year, and those before it but for the first."""
    cells = [(cohort, since, n, n, 100 * size * n, True) for cohort, size, n in
             (("2024-11-01", 9, 30), ("2024-12-01", 1, 30), ("2025-01-01", 3, 30), ("2025-02-01", 2, 30),
              ("2025-03-01", 9, 29))
             for since in range(7)]  # fmt: skip
    columns = ["cohort", "months_since", "customers", "cohort_size", "revenue_cents", "complete"]
    table = pd.DataFrame(cells, columns=columns).assign(cohort=lambda t: pd.to_datetime(t["cohort"]))
    said = str(cohort_retention(table, currency="SAR").revenue_finding())
    assert said.startswith(
        "After six months a customer who started in February 2025 had brought SAR\xa014 on average (30"
    )
    assert "those of 2 earlier start months SAR\xa07 to SAR\xa021" in said


def test_what_tells_nothing_of_the_newest_month_is_no_range():
    """Start months of which none is seen in that month, or that share nothing with others, and months without sales."""
    table = shop(np.random.default_rng(0), 8, 200)
    for odd in (
        table[(table["months_since"] < 2)],
        table.assign(customers=table["customers"].where(table["months_since"] == 0, 0)),
        table.assign(customers=table["cohort_size"]),
        table[table["cohort"].isin(table["cohort"].unique()[[0, 1, 3, 6]])],
    ):
        said = str(cohort_retention(odd).trend)
        assert "often:" not in said
        assert "too few complete cohorts" not in said or len(set(odd["cohort"])) < 5
    assert "Earlier start months do not tell" in str(cohort_retention(table[table["months_since"] < 2]).trend)
