"""What the footer says."""

import datetime as dt

from cxlib.publish import PageFacts
from cxlib.publish.page import moment


def test_only_known_facts_are_shown():
    """An empty fact has no line."""
    assert list(PageFacts().provenance()) == []


def test_times_are_said_in_utc():
    """A time in another zone is the same moment in UTC."""
    there = dt.timezone(dt.timedelta(hours=3))
    assert str(moment(dt.datetime(2026, 1, 1, 2, 30, tzinfo=there))) == "31 December 2025, 23:30 UTC"


def test_parameters_and_versions_are_one_line_each():
    """Names and values stand as they are."""
    facts = PageFacts(parameters={"seed": 7, "name": "<b>"}, versions={"pandas": "3.1.1"})
    assert [value for _, value in facts.provenance()] == ["seed=7, name=<b>", "pandas 3.1.1"]


def test_long_parameters_are_cut_and_hold_no_contact():
    """A mapping of many entries does not fill the footer, and no telephone number is cut into one that is not seen."""
    facts = PageFacts(
        parameters={"touchpoints": {f"name {i}": "text" for i in range(40)}, "note": "call +966501234567"}
    )
    [(_, shown)] = facts.provenance()
    assert len(shown) < 150
    assert "…" in shown
    assert "501234567" not in shown
