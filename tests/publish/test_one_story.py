"""Whether a suite tells one story: over the demo's two runs a month apart, and over pages made to contradict."""

import html
import json
import re
import runpy
from pathlib import Path

import pandas as pd
import pytest

CHECK = runpy.run_path(str(Path(__file__).with_name("one_story.py")))
REPORTS = (
    "segmentation",
    "clv",
    "churn",
    "nps_drivers",
    "scorecard",
    "journey",
    "recommend",
    "voice",
    "playbook",
    "loyalty",
)


def _pages(site):
    folders = {name: site / name / "latest" for name in REPORTS if (site / name).is_dir()}
    metrics = {name: json.loads((at / "metrics.json").read_text(encoding="utf-8")) for name, at in folders.items()}
    pages = {name: (at / "report.en.html").read_text(encoding="utf-8") for name, at in folders.items()}
    return metrics, pages


@pytest.fixture
def sites(two_runs):
    """What a small demo publishes on the last day of August, and on that of September."""
    return [two_runs / "2026-08-31", two_runs / "2026-09-30"]


@pytest.mark.slow
def test_no_two_places_of_a_suite_contradict_each_other(sites):
    """In the sentences, tiles and tables of both runs the same thing has one name, one window and one value."""
    for site in sites:
        metrics, pages = _pages(site)
        faults = CHECK["contradictions"]({name: every["metrics"] for name, every in metrics.items()}, pages)
        assert faults == []


@pytest.mark.slow
def test_the_front_page_and_the_scorecard_ask_for_one_list(sites):
    """They ask for what the playbook says to do, and where it has a list, for no call list beside it."""
    site = sites[1]
    metrics, pages = _pages(site)
    calls, acts = (metrics[name] for name in ("churn", "playbook"))
    front = (site / "index.en.html").read_text(encoding="utf-8")
    for page in (front.partition("<article")[0], pages["scorecard"]):
        assert acts["action"]["en"] in html.unescape(page)
        assert not (acts["file"] and calls["file"]) or calls["action"]["en"] not in html.unescape(page)


@pytest.mark.slow
def test_nobody_is_first_in_one_report_and_lost_in_another(sites):
    """Lists hold as many customers as their sentences say, none of a segment that has left: little is to come of it."""
    site = sites[1]
    metrics, _ = _pages(site)
    lists = {}
    for name, latest in metrics.items():
        if not latest["file"]:  # nobody is to be called where the risks cannot be relied on
            continue
        file = site / name / "latest/exports" / latest["file"]
        rows = pd.read_csv(file, dtype={"customer_id": str})
        if name == "recommend":  # a row a product: whom to remind has bought one twice that is due in 30 days
            end = pd.Timestamp(site.name)
            due = pd.to_datetime(rows["due_on"]).between(end, end + pd.Timedelta(days=30), inclusive="right")
            rows = rows[due & (rows["days_bought"] >= 2)].drop_duplicates("customer_id")
        ids = rows["customer_id"]
        assert ids.is_unique
        numbers = {int(number.replace(",", "")) for number in re.findall(r"[\d,]*\d", latest["action"]["en"])}
        assert len(ids) in numbers, (latest["action"]["en"], len(ids))
        lists[name] = set(ids)
    lists.pop("recommend", None)  # reminders, no calls: what left customers buy again costs nobody a call
    customers = pd.read_parquet(site / "segmentation/latest/exports/segments.parquet")
    value = pd.read_parquet(site / "clv/latest/exports/customers.parquet").set_index("customer_id")
    left = set(customers.loc[customers["standing"] == "left", "customer_id"])
    assert len(left) > 250
    assert not left & (lists["segmentation"] | lists["clv"])
    calls = lists.get("churn", set())
    assert len(left & calls) <= 0.1 * len(calls)  # members who pay for one and hardly buy
    worth = {name: value.loc[list(ids), "residual_value_cents"].mean() for name, ids in lists.items()}
    assert value.loc[list(left), "residual_value_cents"].mean() < 0.05 * worth["segmentation"] < worth["clv"]
    assert set(customers.loc[customers["act_first"], "customer_id"]) == lists["segmentation"]
    assert set(value.index[value["act_first"]]) == lists["clv"]


@pytest.mark.slow
def test_the_front_page_compares_like_with_like(sites):
    """Totals are no improvement, what is coloured is clear, and the lists are laid over each other."""
    metrics, _ = _pages(sites[1])
    front = CHECK["plain"](re.sub(r"<[^>]+>", " ", (sites[1] / "index.en.html").read_text(encoding="utf-8")))
    assert front.count("since the last run") == 2  # customers and revenue so far
    for name in ("revenue", "customers"):
        total = next(each for each in metrics["segmentation"]["metrics"] if each["name"] == name)
        assert total["total"]
        assert not total["polarity"]
    html = (sites[1] / "index.en.html").read_text(encoding="utf-8")
    for tile in re.findall(r'<li class="tile">.*?</li>', html, re.DOTALL):
        if re.search(r'class="d (good|bad)"', tile):
            assert "interval" in tile
    assert "Who stands on two of these lists" in front
    assert "no clear change" in front


TABLE = (
    "<h3>{}</h3><table><thead><tr><th>Group</th><th>{}</th></tr></thead>"
    "<tbody><tr><th>app</th><td>{}</td></tr></tbody></table>"
)
SIZES = {name: f"<p>Half of it is held by {n} customers today</p>" for name, n in (("a", "2,076"), ("b", "936"))}
TILE = '<li class="tile">Stake SAR 1.36 million 95% interval SAR 1.27 million to SAR 1.45 million</li>'
ENDS = "<p>At stake are SAR 1.36 million (95% interval SAR 1.2 million to SAR 1.5 million)</p>"
TABLES = {"a": TABLE.format("By channel", "Customers", "10"), "b": TABLE.format("By way", "Customers", "12")}


@pytest.mark.parametrize(
    ("pages", "fault"),
    [
        (SIZES, "2,076"),
        (TABLES, "app, Customers"),
        ({"a": "<p>NPS has fallen by 8 points, from −1 to −8</p>"}, "fallen by 8"),
        ({"a": "<p>Delivery: 3.82 against 4.34, a gap of −0.53</p>"}, "a gap of −0.53"),
        ({"a": TILE + ENDS}, "has"),
    ],
)
def test_a_planted_contradiction_is_found(pages, fault):
    """Two list sizes, two windows without a name, a wrong difference, a tile and a sentence with two intervals."""
    assert any(fault in each for each in CHECK["contradictions"]({}, pages))


def test_a_metric_has_one_meaning():
    """Two values under one label, and a metric without a window, are found; two windows have two labels."""
    nps = {"name": "nps", "label": {"en": "NPS"}, "unit": "points", "note": {"en": "90 days"}, "low": 1, "high": 3}
    faults = CHECK["names_twice"](
        {"a": [nps | {"value": 2}], "b": [nps | {"value": 5}, nps | {"value": 2, "note": None}]}
    )
    assert len(faults) == 3
    assert CHECK["names_twice"]({"a": [nps | {"value": 2}], "b": [nps | {"value": 2}]}) == []
