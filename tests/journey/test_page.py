"""The journey's page: it says what follows from the numbers, in both languages; of few customers nothing."""

import re
from dataclasses import replace

import pandas as pd
import pytest

from cxlib.journey import Difference, JourneyQuestion, study_journey
from cxlib.journey.differences import Voice
from cxlib.language import speaker
from cxlib.measures.rates import Figure
from cxlib.report.canvas import Canvas, draw
from cxlib.report.views import journey as show
from tests.journey.conftest import open_shop, visits

VIEWS = (
    "answer",
    "headline_tiles",
    "the_map",
    "pain_points",
    "touchpoints",
    "funnel",
    "ways",
    "by_group",
    "changes",
    "remarks",
)


def _page(journey):
    return {name: getattr(show, name)(journey).payload() for name in VIEWS}


def _plain(page, name, language="en"):
    return re.sub("[\u2068\u2069]|<[^>]+>", "", page[name]["html"][language])


def test_the_page_of_a_company_that_loses_customers(tables):
    """The head, the map and the list of pain points name one touchpoint, with what hangs on it."""
    page = _page(study_journey(open_shop(tables)))
    assert page["answer"]["title"]["en"].startswith("After “Search that found nothing”")
    assert re.search(
        r"orders of about SAR\s[\d,]+ \(SAR\s[\d,]+ to SAR\s[\d,]+\) in 365 days are missing after it",
        page["answer"]["action"]["en"],
    )
    assert "Clearly fewer customers buy after “Search that found nothing” than without it" in _plain(page, "the_map")
    assert "An association" in _plain(page, "pain_points")
    assert "بحث لم يُسفر عن شيء" in _plain(page, "pain_points", "ar")
    metrics = {metric["name"]: metric for metric in page["headline_tiles"]["metrics"]}
    assert set(metrics) == {"bought_after_contact", "bought_again", "bought_after_service"}
    assert all(metric["low"] <= metric["value"] <= metric["high"] for metric in metrics.values())


@pytest.mark.parametrize(("worst", "said"), [(Figure(0.5, 0.45, 0.55, 90), True), (Figure(0.6, 0.54, 0.66, 90), False)])
def test_fewest_are_satisfied_only_where_it_is_clear(tables, worst, said):
    """Where the interval of the lowest share meets that of another, no touchpoint is named."""
    journey = study_journey(open_shop(tables))
    voices = [worst, *[Figure(0.66, 0.62, 0.7, 90)] * (len(journey.stops) - 1)]
    stops = [replace(stop, voice=Voice(csat=csat)) for stop, csat in zip(journey.stops, voices, strict=True)]
    head = show.answer(replace(journey, stops=tuple(stops))).payload()["html"]["en"]
    assert ("Fewest of all are satisfied" in head) is said


def test_the_map_reads_from_the_right_in_arabic(tables):
    """What comes before buying stands left of what comes after it in English, right in Arabic; a phone has it above."""
    plot = show.the_map(study_journey(open_shop(tables))).plot
    for language, ends in (("en", ("Before buying", "After buying")), ("ar", ("قبل الشراء", "بعد الشراء"))):
        wide, narrow = (draw(plot, Canvas(speaker(language), wide=wide)).markup for wide in (True, False))
        assert len(wide) < 12_000
        x, y = ([_place(markup, text)[axis] for text in ends] for axis, markup in ((0, wide), (1, narrow)))
        assert x[0] < x[1] if language == "en" else x[0] > x[1]
        assert y[0] < y[1]


def _place(markup, text):
    found = re.search(r"<text([^>]*)>\u200f?" + text, markup)[1]
    return [float(re.search(rf'\b{axis}="([-\d.]+)"', found)[1]) for axis in "xy"]


@pytest.mark.parametrize(("other", "said"), [(0.31, True), (0.5, False)])
def test_the_head_says_what_changed_at_one_touchpoint_only(tables, other, said):
    """Where as much changed at another of its stage, other customers came, and the head names none."""
    way = study_journey(open_shop(tables))
    now, before = Figure(0.5, 0.45, 0.55, 90), Figure(0.3, 0.26, 0.34, 90)
    one = Difference(way.stops[0].touchpoint, "drop", now, before, is_clear=True)
    beside = Difference(way.stops[1].touchpoint, "drop", Figure(other, other - 0.05, other + 0.05, 90), before)
    head = show.answer(replace(way, changes=(one, beside))).payload()["html"]["en"]
    assert ("more are lost than before" in head) == said


@pytest.mark.parametrize(("answers", "said"), [(90, True), (9_000, False)])
def test_of_few_answers_nobody_sees_who_is_asked(tables, answers, said):
    """Where fewer are satisfied; it would be seen of many."""
    way = study_journey(open_shop(tables))
    fell = Difference(way.stops[0].touchpoint, "csat", Figure(0.5, 0.45, 0.55, answers), Figure(0.8, 0.7, 0.9, 90),
                      is_clear=True)  # fmt: skip
    html = show.changes(replace(way, changes=(fell,))).payload()["html"]["en"]
    assert ("it cannot be told whether others answer or write than before" in html) == said


def test_of_few_customers_nothing_is_shown():
    """Of 20 customers the page is whole and says that they are too few."""
    orders = visits([f"c{n}" for n in range(20)] * 2, ["2026-05-01"] * 20 + ["2026-06-01"] * 20, amount=5)
    page = _page(study_journey(open_shop({"transactions": orders})))
    assert "Too few customers for a journey" in page["answer"]["title"]["en"]
    assert "No way was taken by 30 customers or more" in _plain(page, "ways")


def test_what_is_odd_is_said():
    """Stages and touchpoints without a meeting, open tickets, and answers about what the journey does not name."""
    ids = [f"c{number}" for number in range(40)]
    orders = visits([*ids, "z"], ["2026-06-10"] * 40 + ["2026-07-31"], amount=5, channel="web")
    tickets = pd.DataFrame({"customer_id": ids, "opened_at": "2026-06-11 10:00"})
    surveys = visits(ids, ["2026-06-12"] * 40, nps=9, touchpoint="Parking").assign(response_id=range(40))
    given = {
        "order": {"stage": "during", "table": "transactions", "where": {"channel": "web"}},
        "phone": {"stage": "during", "table": "transactions", "where": {"channel": "phone"}},
        "ticket": {"stage": "after", "table": "tickets"},
    }
    shop = open_shop({"transactions": orders}, tickets=tickets, surveys=surveys)
    said = _plain(_page(study_journey(shop, JourneyQuestion(touchpoints=given))), "remarks")
    assert "None of the tickets is closed" in said
    assert "Answers name touchpoints that the journey does not: Parking" in said
    assert "Touchpoints that nobody met: phone" in said
    assert "Stages without any meeting: Before buying" in said
