"""The page of customers: what several reports say of each, in one row."""

import datetime as dt
import re

import pandas as pd
import pytest

from cxlib.language import T, speaker
from cxlib.publish import customer_page, find_lists
from cxlib.publish.page import lead_on
from cxlib.report import export
from cxlib.report.exports import SeeAlso


@pytest.fixture
def lists(tmp_path, monkeypatch):
    """Two lists that name customers, and one that is not to be searched."""
    monkeypatch.setenv("CXLIB_RUN_DIR", str(tmp_path))
    ids = ["C1", "C2", "<b>"]
    values = {"customer_id": ids, "tier": ["high", "low", "own"], "value_cents": [125_000, None, 99], "currency": "SAR"}
    export(pd.DataFrame(values), "values", find=("tier", "value"))
    risks = {"customer_id": ["C2", "C3"], "risk": [0.216, 0.05], "seen": [dt.date(2026, 9, 30), None]}
    export(pd.DataFrame(risks), "risks", find=("risk", "seen"))
    export(pd.DataFrame(risks), "other")
    return find_lists([tmp_path / "exports"])


def rows_of(page):
    """The words of each row."""
    return [re.findall(r"<t[hd][^>]*>([^<]*)", row) for row in re.findall("<tr>.*?</tr>", page)]


def test_a_row_says_what_the_reports_say_of_a_customer(lists):
    """By id, with titles, words, units and gaps; what is hostile in an id is text."""
    assert [path.stem for path in lists] == ["risks", "values"]
    heads, *rows = rows_of(customer_page(lists, language="en", languages=("en", "ar")))
    assert heads == ["Customer", "Risk of leaving", "Seen", "Tier", "Value, SAR"]
    assert rows == [
        ["&lt;b&gt;", "", "", "own", "0.99"],
        ["C1", "", "", "High", "1,250.00"],
        ["C2", "21.6%", "2026-09-30", "Low", ""],
        ["C3", "5.0%", "", "", ""],
    ]


def test_words_are_those_of_the_language(lists):
    """As in the workbook of the language."""
    heads, _, first, *_ = rows_of(customer_page(lists, language="ar", languages=("en", "ar")))
    assert (heads[0], first[3]) == ("العميل", "عليا")


def test_a_report_leads_to_another_that_the_suite_has(monkeypatch):
    """And not to one that it has not; a page without a front page keeps the words."""
    monkeypatch.setenv("CXLIB_REPORTS", "churn,clv")
    html = SeeAlso({"clv": T("Value"), "nps": T("Score")}).render(speaker("en")).html
    assert lead_on(html, "../../index.en.html") == '<p class="files"><a href="../../clv.en.html">Value</a></p>'
    assert lead_on(html, "") == '<p class="files">Value</p>'
    monkeypatch.delenv("CXLIB_REPORTS")
    assert SeeAlso({"clv": T("Value")}).render(speaker("en")).html == ""
