"""What the segmentation page claims is chosen by the data: each claim is seen to be made, and seen to be withheld."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from cxlib.data import cohort_counts, rfm_frame
from cxlib.language import speaker
from cxlib.report.views import segmentation as show
from cxlib.segments import RfmGrid, cohort_retention, measure_concentration, segment_summary, value_tiers

END = dt.date(2026, 6, 30)


def transactions(customers):
    """Rows from (days before the end, amounts in cents) of each customer."""
    rows = [
        (f"c{i}", pd.Timestamp(END) - pd.Timedelta(days=int(ago)), int(cents))
        for i, (days, amounts) in enumerate(customers)
        for ago, cents in zip(days, amounts, strict=True)
    ]
    return pd.DataFrame(rows, columns=["customer_id", "day", "amount_cents"])


def uneven(n=600, seed=3):
    """A few customers buy weekly and much, the rest once; those of the last whole month hardly come back."""
    random = np.random.default_rng(seed)
    faithful = [(np.arange(0, 500, 7) + i % 7, random.integers(8_000, 12_000, 72)) for i in range(n // 10)]
    once = [([random.integers(65, 500)], [1_000]) for _ in range(n // 2)]
    lost = [(np.arange(300, 420, 20), np.full(6, 3_000)) for _ in range(n // 5)]
    new = [([random.integers(32, 58)], [1_000]) for _ in range(n // 5)]
    return transactions([*faithful, *once, *lost, *new])


def alike(n=600):
    """All customers buy for the same amount, every thirty days, over the same year."""
    return transactions([(np.arange(0, 360, 30), np.full(12, 1_000)) for _ in range(n)])


@pytest.fixture(scope="module")
def read_rows():
    """What the first half of the notebook computes, from rows."""

    def results(rows):
        customers = rfm_frame(rows, observation_end=END)
        grid = RfmGrid().fit(customers)
        assigned = grid.assign(customers)
        return {
            "assigned": assigned,
            "segments": segment_summary(assigned, currency="GBP", notices=grid.notices_, draws=200),
            "tiers": value_tiers(assigned, currency="GBP", draws=200),
            "concentration": measure_concentration(customers, draws=200),
            "cohorts": cohort_retention(cohort_counts(rows, observation_end=END)),
        }

    return results


@pytest.fixture(scope="module")
def read(read_rows):
    """The same for the two companies, by name."""
    made = {"uneven": read_rows(uneven()), "alike": read_rows(alike())}
    return made.__getitem__


def english(message):
    """What a reader of English sees."""
    return speaker("en").say(message)


def test_a_leading_segment_is_claimed_only_where_it_leads(read):
    """Title and chart say who brings more than their share, or neutrally where revenue comes from."""
    assert "more than their share of customers" in english(show.revenue_by_segment(read("uneven")["segments"]).title)
    assert english(show.revenue_by_segment(read("alike")["segments"]).title).startswith("Revenue by segment")


def test_the_answer_falls_back_to_its_neutral_form(read):
    """The page's title names a segment that brings more than its share, or says that none clearly does."""
    for name, words in (
        ("uneven", "of customers and bring"),
        ("alike", "No segment clearly brings more than its share"),
    ):
        results = read(name)
        head = show.answer(results["segments"], results["concentration"], results["cohorts"], as_of=pd.Timestamp(END))
        assert words in head.payload()["html"]["en"]


def test_who_stays_is_claimed_only_where_it_differs(read):
    """High value is said to stay more often only where the intervals are apart."""
    assert english(read("uneven")["tiers"].retention_finding).startswith("Customers of high value stay more often")
    assert not english(read("alike")["tiers"].retention_finding).startswith("Customers of high value stay more often")


def test_how_revenue_is_shared_is_claimed_only_where_it_is_uneven(read):
    """A tenth that brings more than a tenth is named; else revenue is spread evenly."""
    assert english(read("uneven")["concentration"].headline).startswith("A tenth of customers bring")
    assert english(read("alike")["concentration"].headline).startswith("Revenue is spread evenly")


def test_a_trend_is_claimed_only_where_newer_customers_differ(read):
    """The cohort figure's title says less often for those who were lost, and makes no claim for one cohort."""
    assert "less often" in english(show.cohort_map(read("uneven")["cohorts"]).title)
    assert "too few complete cohorts" in english(show.cohort_map(read("alike")["cohorts"]).title)


def test_an_action_names_those_who_slip_away_or_says_there_are_none(read):
    """With nobody slipping away, the action speaks of those who can grow, or of keeping what there is."""
    assert english(read("uneven")["segments"].action).endswith("and have stopped coming")
    assert "stopped coming" not in english(read("alike")["segments"].action)


@pytest.mark.parametrize("name", ["uneven", "alike"])
def test_alt_texts_quote_what_their_titles_quote(read, name):
    """Every figure describes itself in words made from the data, in every language."""
    results = read(name)
    figures = [show.revenue_by_segment(results["segments"]), show.cohort_map(results["cohorts"]),
               show.grid_map(results["assigned"])]  # fmt: skip
    for figure in figures:
        assert any(character.isdigit() for character in english(figure.alt))
        assert set(figure.payload()["html"]) >= {"en", "ar"}


TINY = {
    "one customer": [([3], [1_000])],
    "two customers, one day": [([0], [1_000]), ([0], [2_500])],
    "nothing spent": [([10, 40], [0, 0]), ([5], [0])],
    "a refund is most of it": [([10, 3], [1_000, -900]), ([70, 5], [500, 500])],
}


@pytest.mark.parametrize("name", TINY)
def test_a_page_can_be_made_of_next_to_nothing(name, read_rows):
    """With a handful of customers the page says what it cannot show, and no part of it fails."""
    results = read_rows(transactions(TINY[name]))
    parts = [
        show.answer(results["segments"], results["concentration"], results["cohorts"], as_of=pd.Timestamp(END)),
        show.headline_tiles(results["segments"], results["concentration"], as_of=pd.Timestamp(END)),
        show.revenue_by_segment(results["segments"]),
        show.segment_table(results["segments"]),
        show.action_table(results["segments"]),
        show.grid_map(results["assigned"]),
        show.tier_table(results["tiers"]),
        show.cohort_map(results["cohorts"]),
        show.cohort_curve(results["cohorts"]),
    ]
    assert all(part.payload()["html"]["en"] for part in parts)
    assert english(parts[5].title) == "No cell of the grid has enough customers to be shown"


def test_small_cells_and_cohorts_are_not_drawn(read_rows):
    """Cells of the grid and start months with fewer than thirty customers are neither in the chart nor its numbers."""
    many = [([200, 20], [1_000, 1_000])] * 80
    few = [([400, 100, 60], [5_000, 5_000, 5_000])] * 4
    results = read_rows(transactions([*many, *few]))
    grid, cohorts = show.grid_map(results["assigned"]), show.cohort_map(results["cohorts"])
    assert grid.plot.frame.min(axis=None) >= 30
    assert grid.numbers.visible["customers"].min() >= 30
    assert len(cohorts.plot.frame) == 1
    assert cohorts.numbers.visible["cohort_size"].min() == 80


@pytest.mark.parametrize("costs", [["acquisition_cost_cents"], ["acquisition_cost_cents", "cost_to_serve_cents"]])
def test_tiers_show_what_customers_cost_where_it_is_known(read, costs):
    """With one cost or both beside the rest; without any the table says nothing of costs."""
    results = read("uneven")
    assert "Cost" not in show.tier_table(results["tiers"]).payload()["html"]["en"]
    known = results["assigned"].assign(**dict.fromkeys(costs, 1_200))
    shown = show.tier_table(value_tiers(known, currency="GBP", draws=50)).payload()["html"]["en"]
    assert "Cost of winning" in shown
    assert ("Cost to serve" in shown) == (len(costs) == 2)
    assert "\u00a312" in shown
