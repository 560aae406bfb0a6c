"""The front page over all reports."""

import datetime as dt
from dataclasses import replace

import pytest

from cxlib.publish import AlertNotice, FrontEntry, PastRun, front_page, overlaps

DAY = dt.datetime(2026, 11, 20, 6, tzinfo=dt.UTC)
GOOD = FrontEntry(
    "segmentation", {"en": "Champions bring 42%"}, title="Segments", href="segmentation/latest/report.{language}.html",
    as_of=dt.date(2026, 9, 30), generated_at=DAY,
    metrics=[{"name": "nps", "label": {"en": "NPS"}, "value": 41, "unit": "points", "polarity": 1}],
    previous_metrics=[{"name": "nps", "value": 30}],
    history=[PastRun(DAY, "ok", "segmentation/runs/1/report.{language}.html")],
)  # fmt: skip
FRESH = replace(GOOD, as_of=DAY.date())
STALE = FrontEntry(
    "churn", {"en": "Three in ten leave"}, href="churn/latest/report.{language}.html", status="timeout",
    stale_since=DAY, failure_href="churn/runs/2/failed.{language}.html",
)  # fmt: skip
NEVER = FrontEntry("clv", {}, status="failed")


def _page(*entries):
    return front_page(entries, title="Demo")


def test_each_report_says_its_answer_and_links_to_its_page():
    """The answer is the link, relative, in the page's language."""
    page = _page(GOOD)
    assert '<a href="segmentation/latest/report.en.html">Champions bring 42%</a>' in page
    assert "Data as of 30 September 2026 · made 20 November 2026, 06:00 UTC" in page


def test_tiles_show_what_changed_since_the_last_run():
    """Value, change in words, and the value before."""
    page = _page(GOOD)
    for words in ("+41", "+11 points, up", "last run +30"):  # without intervals nothing is said to be better
        assert words in page


def test_a_report_s_own_change_goes_before_that_of_two_runs():
    """What the report found to have changed, against what, with the value's interval; the last run is not beside it."""
    note = {"en": "against \N{MINUS SIGN}1 in the 90 days before"}
    nps = GOOD.metrics[0] | {"value": -9, "low": -14, "high": -4, "change": -7.7, "note": note}
    page = _page(replace(GOOD, metrics=[nps], previous_metrics=[nps | {"value": -6}]))
    for words in ("8 points, worse", note["en"], "95% interval \N{MINUS SIGN}14 to \N{MINUS SIGN}4"):
        assert words in page
    assert "last run" not in page


def test_a_title_shows_no_contact():
    """What `sources.yaml` calls the company stands on the front page, above it and in its tab, without the number."""
    page = front_page([FRESH], title="Desk +49 170 1234567")
    assert "1234567" not in page
    assert page.count("Desk \u2022\u2022\u2022") > 1


def test_what_to_do_this_week_stands_first():
    """A line a report, with the file that it works with; a report that is out of date advises nothing."""
    busy = replace(GOOD, action={"en": "Call 12 members"}, file_href="churn/latest/exports/call_list.csv")
    page = _page(busy)
    assert page.index("This week") < page.index("<article")
    assert "Call 12 members</a>" in page
    assert 'href="churn/latest/exports/call_list.csv"' in page
    assert "This week" not in _page(replace(busy, stale_since=DAY))
    assert "This week" not in _page(GOOD)


def test_the_playbook_s_list_stands_first_and_for_the_call_list():
    """It chooses among calls too; of two companies' call lists nothing tells which one it replaces."""
    named = [
        ("churn", "Call 12", "churn/latest/exports/call_list.{language}.xlsx"),
        ("voice", "Read them", ""),
        ("playbook", "Work through it", "playbook/latest/exports/act_now.{language}.xlsx"),
    ]
    entries = [replace(GOOD, report=name, action={"en": text}, file_href=href) for name, text, href in named]
    page = front_page(entries, title="Shop")
    assert page.index("Work through it</a>") < page.index("Read them</a>")
    assert "Call 12</a>" not in page
    assert "Call 12</a>" in front_page([entries[0], *entries], title="Shop")


def test_a_number_has_as_many_digits_as_in_its_report():
    """Where an end of the interval would look like the value, all have a decimal, the last run's too."""
    now = {"name": "share", "unit": "percent", "value": 0.9492, "low": 0.9481, "high": 0.9502}
    page = front_page([replace(GOOD, metrics=[now], previous_metrics=[now | {"value": 0.9371}])], title="Shop")
    for words in ("94.9%", "94.8% to 95.0%", "93.7%"):
        assert words in page


def test_advice_is_said_once():
    """A scorecard that repeats what another report says to do adds no line."""
    first = replace(GOOD, action={"en": "Look first at Delivery"})
    again = replace(GOOD, report="scorecard", action={"en": "Start with NPS. Look first at Delivery"})
    page = front_page([first, again], title="Shop")
    assert page.count("Look first at Delivery</a>") == 1
    assert "Start with NPS" not in page
    assert front_page([first, replace(first, report="other")], title="Shop").count("Look first at Delivery</a>") == 2


def test_old_data_is_said_in_the_heading():
    """Fresh pages of old data are not up to date."""
    assert "<h1>1 report; the data was 51 days old when it was made</h1>" in _page(GOOD)


def test_a_stale_report_says_since_when_and_why():
    """The last good page stays linked; the failure page is linked beside it."""
    page = _page(STALE)
    assert "Stale since 20 November 2026, 06:00 UTC" in page
    assert 'href="churn/runs/2/failed.en.html"' in page
    assert 'href="churn/latest/report.en.html"' in page


def test_a_report_without_any_page_says_so():
    """Nothing is linked that is not there."""
    page = _page(NEVER)
    assert "This report has no page yet." in page
    assert "<a " not in page[page.index("<article") :]


def test_history_names_runs_and_how_they_ended():
    """Earlier runs are listed with their time and outcome."""
    page = _page(GOOD)
    assert '<a href="segmentation/runs/1/report.en.html">20 November 2026, 06:00 UTC</a> · published' in page


@pytest.mark.parametrize(
    ("entries", "headline"),
    [
        ((), "No report has been made yet"),
        ((FRESH,), "1 report, up to date"),
        ((FRESH, FRESH), "2 reports, all up to date"),
        ((GOOD, STALE), "1 report is not up to date"),
        ((replace(GOOD, stale_since=DAY),), "1 report is not up to date"),
        ((NEVER, STALE), "2 reports are not up to date"),
    ],
)
def test_the_heading_says_how_the_reports_stand(entries, headline):
    """Whoever opens the page knows from its first line whether to worry."""
    assert f"<h1>{headline}</h1>" in _page(*entries)


def test_hostile_names_are_text():
    """Whatever a report, a metric or a workspace is called, it is escaped."""
    bad = "<script>alert(1)</script>"
    entry = FrontEntry(bad, {"en": bad}, metrics=[{"name": bad, "label": bad, "value": 1, "unit": bad}])
    page = front_page([entry], title=bad)
    assert "<script>alert" not in page


def test_other_languages_are_linked(arabic):
    """The front page exists once for each language."""
    arabic({"{n} report, up to date": "تقرير"})
    page = front_page([FRESH], title="Demo", languages=("en", "ar"))
    assert 'href="index.ar.html"' in page
    assert 'dir="rtl"' in front_page([GOOD], title="Demo", language="ar", languages=("en", "ar"))


CHURN = {"name": "churn_rate", "label": {"en": "Lost"}, "value": 0.093, "low": 0.081, "high": 0.107, "unit": "percent"}


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("above", "Lost: 9.3%, above the limit of 8.0%"),
        ("below", "Lost: 9.3%, below the limit of 8.0%"),
        ("certainly_above", "Lost: 9.3%, certainly above the limit of 8.0%"),
        ("certainly_below", "Lost: 9.3%, certainly below the limit of 8.0%"),
        ("falls_significantly", "Lost: 9.3%, clearly down from 12.0%"),
        ("rises_significantly", "Lost: 9.3%, clearly up from 12.0%"),
    ],
)
def test_an_alert_gives_value_limit_interval_and_since_when(condition, words):
    """Above the reports, with the page that it is about, in the metric's own unit."""
    alert = AlertNotice("metric", "Who leaves?", href="churn/latest/report.{language}.html", since=DAY,
                        condition=condition, now=CHURN, before={"value": 0.12}, limit=0.08)  # fmt: skip
    page = front_page([GOOD], title="Demo", alerts=[alert])
    assert f'<a href="churn/latest/report.en.html">{words}</a>' in page
    assert "Who leaves? · interval 8.1% to 10.7% · since 20 November 2026, 06:00 UTC" in page
    assert page.index("1 alert<") < page.index("<article")


@pytest.mark.parametrize(
    ("alert", "words"),
    [
        (AlertNotice("failed", "Who leaves?", status="timeout"), "The last run gave no page: took too long"),
        (AlertNotice("setting", "", condition="unknown_metric", metric="<nsp>", nearest="nps"),
         "An alert asks for &lt;nsp&gt;, which this report does not have; most like it: nps"),
        (AlertNotice("setting", "", condition="no_value", metric="nps"), "nps, which has no value in this run"),
        (AlertNotice("setting", "", condition="not_a_share", metric="nps"), "limits nps in percent"),
        (AlertNotice("setting", "", condition="not_in_percent", metric="rate"), "write it in percent, such as 8%"),
    ],
)  # fmt: skip
def test_other_alerts_say_what_is_wrong(alert, words):
    """A failed report, and an alert that cannot be checked as it is written."""
    assert words in front_page([GOOD], title="Demo", alerts=[alert])


def test_without_alerts_there_is_no_block():
    """Nothing to worry about takes no room."""
    assert '<section class="alerts"' not in _page(GOOD)


def test_who_stands_on_two_lists_is_said_but_for_small_groups():
    """Sizes of the lists and of what they share; below thirty, or with fewer left over, no number."""
    ids = [f"C{n}" for n in range(500)]
    lists = {
        "act_first.csv": frozenset(ids[:200]),
        "call_list.csv": frozenset(ids[150:300]),
        "look_after.csv": frozenset(ids[290:500]),
        "own.csv": frozenset(ids[:20]),
    }
    pairs = overlaps(lists)
    assert [(pair.first, pair.second, str(pair.cells[-1])) for pair in pairs] == [
        ("act_first.csv", "call_list.csv", "50"),
        ("act_first.csv", "look_after.csv", "fewer than 30"),
        ("call_list.csv", "look_after.csv", "fewer than 30"),
    ]
    assert str(overlaps({"a": frozenset(ids), "b": frozenset(ids[:480])})[0].cells[-1]) == "withheld"
    entry = FrontEntry("churn", {"en": "Answer"}, href="x.html", action={"en": "Call them"})
    page = front_page([entry], title="Shop", overlap=pairs)
    assert "Who stands on two of these lists" in page
    assert "Customers to call" in page
    assert "Who stands on two" not in front_page([entry], title="Shop")
