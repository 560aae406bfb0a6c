"""The page of recommendations: it says what follows from the test, in both languages; files name only what they may."""

import json
import re

import numpy as np

from cxlib.recommend import study_recommend
from cxlib.report.views import recommend as show
from tests.recommend.conftest import lines, open_shop

VIEWS = ("answer", "headline_tiles", "the_test", "lists", "due", "new", "together_bought", "remarks")


def _page(found):
    return {name: getattr(show, name)(found).payload() for name in VIEWS}


def _plain(page, name, language="en"):
    return re.sub("[\u2068\u2069]|<[^>]+>", "", page[name]["html"][language])


def test_the_page_of_the_simulated_company(demo_shop):
    """The head says what choosing finds beside bestsellers, and whom to remind; no gain is promised."""
    page = _page(study_recommend(demo_shop))
    assert "Choosing new products for each customer finds" in page["answer"]["title"]["en"]
    assert "اختيار منتجات جديدة لكل عميل" in page["answer"]["title"]["ar"]
    assert page["answer"]["action"]["en"].startswith("Remind ")
    assert "many would buy without it" in _plain(page, "lists")
    names = {metric["name"] for metric in page["headline_tiles"]["metrics"]}
    assert names == {"recall_new", "recall_new_popular", "recall_again"}
    assert "Times as often as by chance" in _plain(page, "together_bought")


def test_a_small_shop_is_told_to_show_bestsellers():
    """Of 20 customers nothing is tested and no number of few customers is shown."""
    rng = np.random.default_rng(4)
    days = np.datetime64("2026-01-01") + rng.integers(0, 200, 300)
    rows = lines([f"c{n % 20}" for n in range(300)], rng.integers(0, 30, 300).astype(str), days)
    page = _page(study_recommend(open_shop(rows)))
    assert "bestsellers" in page["answer"]["title"]["en"]
    assert "nothing can be tested" in _plain(page, "the_test")
    assert "No product is due again" in _plain(page, "due")
    assert "New for you holds bestsellers here" in _plain(page, "lists")


def test_files_for_a_shop(demo_shop, tmp_path, monkeypatch):
    """The JSON is strict and holds both lists; lists name customers and may not be passed on, pairs may."""
    monkeypatch.setenv("CXLIB_RUN_DIR", str(tmp_path))
    found = study_recommend(demo_shop)
    shared = {name for part in show.files(found).parts for name in part.extras()["shareable"]}
    assert not {name for name in shared if "recommendations" in name}
    assert "exports/goes_with.csv" in shared
    text = (tmp_path / "exports" / "recommendations.json").read_text(encoding="utf-8")
    told = json.loads(text, parse_constant=lambda name: (_ for _ in ()).throw(ValueError(name)))
    assert told["new_is"] == "personal"
    assert len(told["customers"]) == found.customers
    first = next(iter(told["customers"].values()))
    assert set(first) == {"again", "new"}
    assert {"product_id"} <= set(first["new"][0]) <= {"product_id", "due_on", "because"}
