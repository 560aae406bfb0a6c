"""The page that says why a report is missing."""

import datetime as dt
import html
import re

import pytest

from cxlib.language import speaker
from cxlib.publish import Failure, failure_page
from cxlib.publish.changes import STATUS_WORDS
from cxlib.publish.failure import WHAT_HAPPENED, WHAT_TO_DO, said_again


@pytest.mark.parametrize("status", WHAT_HAPPENED)
def test_every_status_has_plain_words_and_a_remedy(status):
    """Each way to fail says what happened and what to do."""
    page = html.unescape(failure_page(Failure("churn", status, "boom")))
    assert str(WHAT_HAPPENED[status]) in page
    assert str(WHAT_TO_DO[status]) in page
    assert status in STATUS_WORDS


def test_an_unknown_status_is_a_plain_failure():
    """A status of a later version still gives a page."""
    assert str(WHAT_HAPPENED["failed"]) in failure_page(Failure("churn", "exploded", "boom"))


def test_the_errors_own_words_are_shown_escaped():
    """The message stands as it was said, and cannot run."""
    page = failure_page(Failure("churn", "failed", "column 'score' <script>alert(1)</script>", cell=7))
    assert "column &#39;score&#39; &lt;script&gt;alert(1)" in page
    assert "In cell 7 of the notebook" in page


def test_log_notebook_and_last_good_page_are_linked():
    """A reader finds the evidence and the page that still holds."""
    failure = Failure(
        "churn", "timeout", "x", last_good_href="../../latest/report.{language}.html",
        home="../../../index.{language}.html", started_at=dt.datetime(2026, 11, 22, 6, tzinfo=dt.UTC),
    )  # fmt: skip
    page = failure_page(failure)
    for part in ('href="run.log"', 'href="notebook.ipynb"', 'href="../../latest/report.en.html"',
                 'href="../../../index.en.html"', "22 November 2026, 06:00 UTC"):  # fmt: skip
        assert part in page


def test_what_is_not_there_is_not_linked():
    """A run that never started has no log, no notebook and perhaps no earlier page."""
    page = failure_page(Failure("churn", "unreadable_input", "x", log_href="", notebook_href=""))
    assert "<a " not in page[page.index("<main") : page.index("</main>")]


def test_faults_of_parameters_and_rows_are_said_in_arabic_too():
    """What a cell raised is looked into, and so is the remedy at its end; names and values stay."""
    fault = "Cell 4 raised ParameterError: margin=35 must be a fraction from 0 to 1. Write 35 percent as 0.35."
    said = speaker("ar").say(said_again(fault))
    assert {"margin=35", "ParameterError"} <= set(re.findall("[A-Za-z]+(?:=[0-9]+)?", said))
    assert "must" not in said
    assert "Write" not in said
    rows = "the surveys: column 'score' is missing in 1,234 rows. Fill it in."
    assert "must" not in (text := speaker("ar").say(said_again(rows)))
    assert "1,234" in text
