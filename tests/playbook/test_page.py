"""The page of the playbook says what the numbers bear, first if nothing was ever tried; its lists are in words."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd

from cxlib.language import speaker
from cxlib.playbook import make_plan
from cxlib.report.views import playbook as show
from tests.playbook.conftest import CALL, company, known, question

VIEWS = ("answer", "headline_tiles", "the_plan", "how_sure", "left_out", "ways", "remarks")


def _page(plan, language="en"):
    html = {name: str(getattr(show, name)(plan).render(speaker(language)).html) for name in VIEWS}
    return {name: re.sub("[\u2066-\u2069\u200e\u200f]|<[^>]+>", " ", text) for name, text in html.items()}


def _company(**options):
    rng = np.random.default_rng(5)
    frame = known(risk=rng.uniform(0.05, 0.6, 500), language=["ar", "en"] * 250, segment="loyal").frame
    return make_plan(known(frame), question({"call": {**CALL, "say": {"en": "Hello", "ar": "مرحبًا"}}}, **options))


def test_guesses_are_called_guesses_first():
    """The page's title begins with it, in both languages."""
    plan = _company(budget=5_000)
    assert "Nothing here was tried yet. If the assumptions hold" in _page(plan)["answer"]
    assert "لم يُجرَّب شيء مما هنا بعد" in _page(plan, "ar")["answer"]
    assert "Assumed, never tried" in _page(plan)["the_plan"]
    assert "Loyal customers" in _page(plan)["left_out"]
    assert plan.frame["gain"].tolist() == (plan.table["gain_cents"] / 100).tolist()  # handed out in the currency
    assert "table" not in dir(plan)


def test_an_experiment_is_named_with_what_is_left_of_its_gain():
    """Of the gain by which customers were chosen."""
    facts, asked, *_ = company(4)
    page = _page(make_plan(facts, asked))
    assert "Own experiment" in page["the_plan"]
    assert "Nothing here was tried" not in page["answer"]
    assert "of that gain is left" in page["how_sure"]


def test_a_hold_out_that_is_too_small_is_not_said_to_show_what_came():
    """Of few customers only several playbooks show it; where it is likely to be seen the page says that it will be."""
    small = _company(budget=5_000)
    assert small.table["power"].max() < 0.5
    assert "What it brought shows only over several playbooks" in _page(small)["answer"]
    large = replace(small, table=small.table.assign(power=0.8))
    assert "Only so will it be known" in _page(large)["answer"]


def test_a_page_without_actions_lists_the_ways():
    """What is missing is said, and nothing is promised."""
    page = _page(make_plan(known(risk=[0.2] * 40), question({})))
    assert "nothing is chosen" in page["answer"]
    assert page["ways"].count("Listed: what it changes is not set") == 16
    assert "%" not in page["the_plan"] + page["how_sure"]


def test_lists_are_in_words_with_whom_to_leave_alone(tmp_path, monkeypatch):
    """A file for each action: what to say in the customer's language, and the hold-out."""
    monkeypatch.setenv("CXLIB_RUN_DIR", str(tmp_path))
    plan = _company(budget=5_000)
    show.lists(plan)
    listed = pd.read_csv(tmp_path / "exports" / "list_call.csv")
    people = plan.known.frame.set_index("customer_id")["language"]
    said = listed["customer_id"].map(people).map({"ar": "مرحبًا", "en": "Hello"})
    assert (listed["say"] == said).all()
    assert (listed["hold_out"] == "Yes: leave alone").sum() == plan.counts["held_out"] > 0
    assert pd.read_csv(tmp_path / "exports" / "plan.csv")["hold_out"].sum() == plan.counts["held_out"]
    assert len(pd.read_csv(tmp_path / "exports" / "act_now.csv")) == plan.counts["act"]
    sheet = pd.read_excel(tmp_path / "exports" / "list_call.ar.xlsx", header=None).to_csv()
    assert "نعم: لا تتواصل معه" in sheet
    assert "Index" not in sheet
