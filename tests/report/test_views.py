"""What the segmentation page claims is chosen by the data: each claim is seen to be made, and seen to be withheld."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cxlib.data import Workspace
from cxlib.language import speaker
from cxlib.report import data_section
from cxlib.report.views import segmentation as show
from cxlib.report.views.segmentation.cohorts import cohort_curve, cohort_map
from cxlib.segments import Effort, SegmentQuestion, gather_segments, study_segments
from cxlib.segments.cohorts import cohort_retention

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


def study(rows):
    """What the notebook computes, from rows; groups are looked for with little effort."""
    sales = rows.assign(at=rows["day"], amount=(rows["amount_cents"] / 100).map("{:.2f}".format))
    frames = {"transactions": sales[["customer_id", "at", "amount"]]}
    shop = Workspace.from_frames(frames, currency="GBP", time_zone="UTC")
    data = gather_segments(shop, SegmentQuestion(END.isoformat()))
    return study_segments(data, effort=Effort(resamples=5, resample_customers=200), draws=200)


@pytest.fixture(scope="module")
def read():
    """The studies of two companies, by name."""
    made = {"uneven": study(uneven()), "alike": study(alike())}
    return made.__getitem__


def english(message):
    """What a reader of English sees."""
    return speaker("en").say(message)


def page_of(part):
    """What its page shows a reader of English."""
    return str(part.render(speaker("en")).html)


def test_a_leading_segment_is_claimed_only_where_it_leads(read):
    """Title and chart say who brings more than their share, or neutrally where revenue comes from."""
    assert "more than their share of customers" in english(show.revenue_by_segment(read("uneven")).title)
    assert english(show.revenue_by_segment(read("alike")).title).startswith("Revenue by segment")


def test_the_answer_falls_back_to_its_neutral_form(read):
    """The page's title names a segment that brings more than its share, or says that none clearly does."""
    for name, words in (
        ("uneven", "of customers and bring"),
        ("alike", "No segment clearly brings more than its share"),
    ):
        assert words in page_of(show.answer(read(name)))


def test_who_stays_is_claimed_only_where_it_differs(read):
    """High value is said to stay more often only where the intervals are apart."""
    assert english(read("uneven").tiers.retention_finding).startswith("Customers of high value come back more often")
    assert not english(read("alike").tiers.retention_finding).startswith("Customers of high value come back more often")


def test_how_revenue_is_shared_is_claimed_only_where_it_is_uneven(read):
    """A tenth that brings more than a tenth is named; else revenue is spread evenly."""
    assert english(read("uneven").concentration.headline).startswith("A tenth of customers bring")
    assert english(read("alike").concentration.headline).startswith("Revenue is spread evenly")


def test_a_trend_is_claimed_only_where_newer_customers_differ(read):
    """The cohort figure's title says less often where months were alike before, no claim where each was another."""
    months = pd.date_range("2025-01-01", periods=13, freq="MS")
    cells = [(start, since) for start in range(12) for since in range(13 - start)]  # a month more for the newest
    known = {"cohort": months[[start for start, _ in cells]], "months_since": [since for _, since in cells]}
    known |= {"cohort_size": 120, "revenue_cents": 1, "complete": True}
    for back, said in ((20, "less often"), (60, "neither clearly more often nor less")):
        came = [120 if since == 0 else back if start == 11 else 60 for start, since in cells]
        rows = pd.DataFrame(known | {"customers": came})
        assert said in english(cohort_map(cohort_retention(rows)).title)
    assert "too few complete cohorts" in english(cohort_map(read("alike").cohorts).title)


def test_who_stopped_coming_is_not_acted_on(read):
    """Those who bought six times a year ago and not since have left: named with the evidence, without a suggestion."""
    made = read("uneven")
    head = show.answer(made).payload()
    assert "action" not in head  # nobody slides away
    assert "Hardly anyone comes back from these" in head["html"]["en"]
    table = page_of(show.action_table(made))
    assert "None: hardly anyone comes back" in table
    assert "Call in person" not in table
    assert "Hardly anyone comes back from these" not in page_of(show.answer(read("alike")))


@pytest.mark.parametrize("name", ["uneven", "alike"])
def test_alt_texts_quote_what_their_titles_quote(read, name):
    """Every figure describes itself in words made from the data, in every language."""
    made = read(name)
    figures = [show.revenue_by_segment(made), cohort_map(made.cohorts), show.grid_map(made)]
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
def test_a_page_can_be_made_of_next_to_nothing(name):
    """With a handful of customers the page says what it cannot show, and no part of it fails."""
    made = study(transactions(TINY[name]))
    parts = [getattr(show, part)(made) for part in show.__all__ if part.islower()]
    assert all(part.payload()["html"]["en"] for part in parts)
    assert "No cell of the grid has enough customers to be shown" in english(show.grid_map(made).message)
    assert cohort_curve(made.cohorts).payload()["html"]["ar"]


def test_small_cells_and_cohorts_are_not_drawn():
    """Cells of the grid and start months with fewer than thirty customers are neither in the chart nor its numbers."""
    many = [*[([200, 20], [1_000, 1_000])] * 80, *[([300, 200, 10], [3_000] * 3)] * 90]
    many += [([90, 10], [500, 500])] * 50
    few = [([400, 100, 60], [5_000, 5_000, 5_000])] * 4
    made = study(transactions([*many, *few]))
    grid, cohorts = show.grid_map(made), cohort_map(made.cohorts)
    assert grid.plot.frame.min(axis=None) >= 30
    assert grid.numbers.visible["customers"].min() >= 30
    assert len(cohorts.plot.frame) == cohorts.numbers.visible["cohort_size"].nunique() == 2
    assert cohorts.numbers.visible["cohort_size"].min() == 80


@pytest.mark.parametrize("costs", [["acquisition_cost_cents"], ["acquisition_cost_cents", "cost_to_serve_cents"]])
def test_tiers_show_what_customers_cost_where_it_is_known(read, costs):
    """With one cost or both beside the rest; without any the table says nothing of costs."""
    made = read("uneven")
    assert "Cost" not in page_of(show.tiers(made))
    known = made.data.customers[["customer_id"]].assign(**dict.fromkeys(costs, 1_200))
    dear = replace(made, data=replace(made.data, costs=known)).with_rules(made.grid.rules)
    shown = page_of(show.tiers(dear))
    assert "Cost of winning" in shown
    assert ("Cost to serve" in shown) == (len(costs) == 2)
    assert "\u00a312" in shown
    assert dear.tiers.table["revenue_share_low"].equals(made.tiers.table["revenue_share_low"])


def test_every_part_can_be_read_and_computed_with(read, look):
    """No part of the study floods a notebook, and each summary holds numbers, text and days only."""
    made = read("uneven")
    assert {"SegmentStudy", "SegmentSummary", "ValueTiers"} <= look(made)
    assert "costs" not in dir(made.tiers)  # names of columns of minor units
    spent = made.scores[made.scores["measure"] == "monetary"]
    assert spent["highest"].max() == made.frame["monetary"].max()


def test_reasons_that_overlap_are_said_to():
    """Where the rows of all reasons are more than the rows set aside, the page says why; else it does not."""
    sales = pd.DataFrame(
        {"customer_id": ["a", "b", "c"], "at": ["2026-01-05", "soon", "2026-01-06"], "amount": ["3", "x", "4"]}
    )
    both = Workspace.from_frames({"transactions": sales}, currency="GBP", time_zone="UTC")
    one = Workspace.from_frames({"transactions": sales.assign(amount="3")}, currency="GBP", time_zone="UTC")
    said = [data_section(shop).payload()["html"]["en"] for shop in (both, one)]
    assert both.rules["rows"].sum() == 2
    assert ["A row may break several rules" in text for text in said] == [True, False]
