"""The page of what customers say: it follows from the numbers, in both languages, and shows no comment of few."""

import re
from dataclasses import replace

import pandas as pd
import pytest

from cxlib.report.views import voice as show
from cxlib.voice import study_voice
from tests.voice.conftest import open_shop, tickets

VIEWS = (
    "answer", "headline_tiles", "topics", "changes", "course", "score", "tone", "fixes", "wishes", "quotes", "remarks",
)  # fmt: skip


def _page(found):
    return {name: getattr(show, name)(found).payload() for name in VIEWS}


def _plain(page, name, language="en"):
    return re.sub("[\u2068\u2069]|<[^>]+>", "", page[name]["html"][language])


def test_the_page_of_the_simulated_company(demo_shop):
    """The head names what changed, the action the topic that pulls the score down, in both languages."""
    page = _page(study_voice(demo_shop))
    assert page["answer"]["title"]["en"].startswith("More customers write about")
    assert page["answer"]["title"]["ar"].startswith("زاد العملاء الذين يكتبون عن")
    assert page["answer"]["action"]["en"].startswith("Look first at")
    assert {metric["name"] for metric in page["headline_tiles"]["metrics"]} >= {"customers_who_wrote", "topic_delivery"}
    assert "pulls the score down" in _plain(page, "score")
    assert "counted once" in _plain(page, "remarks")
    assert "of these right" in _plain(page, "tone")
    assert "nothing is said" in _plain(page, "tone")
    assert "No fix is named" in _plain(page, "fixes")
    assert "of few customers, not shown" in _plain(page, "wishes")


@pytest.mark.parametrize(("comments", "said"), [(500, True), (50_000, False)])
def test_of_few_comments_nobody_sees_who_writes(demo_shop, comments, said):
    """Where a topic has moved; it would be seen of many."""
    found = replace(study_voice(demo_shop), comments=comments)
    html = show.changes(found).payload()["html"]["en"]
    assert ("it cannot be told whether others answer or write than before" in html) == said


def test_of_few_nothing_is_shown():
    """Twenty customers: notices, no quote and no share."""
    rows = tickets(["The delivery was late today"] * 20, [f"c{n}" for n in range(20)], ["2026-09-01"] * 20)
    page = _page(study_voice(open_shop(tickets=rows)))
    assert "Too few customers wrote" in page["answer"]["title"]["en"]
    for name in ("topics", "changes", "course", "score", "quotes"):
        assert "Note" in _plain(page, name)
    assert not [name for name in VIEWS if "late today" in _plain(page, name)]


@pytest.mark.parametrize("comment", [None, "", "\U0001f44d 10/10"], ids=["no column", "empty", "no letter"])
def test_where_nobody_wrote_the_page_says_so(comment):
    """A company with answers and no words has a page all the same, which says what to map, and no number."""
    rows = pd.DataFrame({"customer_id": ["a", "b"], "at": "2026-09-02", "nps": [2, 9]})
    found = study_voice(open_shop(surveys=rows if comment is None else rows.assign(comment=comment)))
    page = _page(found)
    assert page["answer"]["title"]["en"].startswith("No comment with a day was found")
    assert "Map the column" in page["answer"]["action"]["en"]
    assert not page["headline_tiles"].get("metrics")
    assert show.files(found).payload()


def test_where_no_topic_has_comments_enough_the_score_is_a_notice(demo_shop):
    """As in a small company: topics are looked for, and of none can be said what it does."""
    found = study_voice(demo_shop)
    unknown = replace(found.effects, table=found.effects.table.assign(effect=float("nan")))
    html = show.score(replace(found, effects=unknown)).payload()["html"]["en"]
    assert "No topic of the list is touched by enough comments" in html


def test_the_file_holds_no_comment(demo_shop, tmp_path, monkeypatch):
    """topics.csv may be passed on and has counts only."""
    monkeypatch.setenv("CXLIB_RUN_DIR", str(tmp_path))
    part = show.files(study_voice(demo_shop))
    assert "exports/topics.csv" in part.extras()["shareable"]
    assert "delivery" in (tmp_path / "exports" / "topics.csv").read_text(encoding="utf-8")
