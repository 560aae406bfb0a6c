"""The page that stands in for a report that could not be made: what happened, in plain words, and what to do."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass

from cxlib.language import Message, T, WordList, speaker
from cxlib.publish.changes import text_in
from cxlib.publish.checks import check_page
from cxlib.publish.page import PageParts, assemble, moment, render_part

FAILURE_NAME = "failed.{language}.html"

WHAT_HAPPENED = WordList("what happened")
"""What each status means, for someone who did not start the run."""

WHAT_TO_DO = WordList("what to do")
"""The next step for each status."""

FAULTS = WordList("faults")
"""What programs say most often when they fail; others stay in English under the page's own words."""


def said_again(words: str) -> Message | None:
    """A program's words as a message, which other languages can say; None for words that are not among `FAULTS`."""
    for fault in FAULTS.values():
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+?)", re.escape(fault.text))
        if parts := re.fullmatch(pattern, words.strip(), re.DOTALL):
            return Message(fault.text, {name: said_again(text) or text for name, text in parts.groupdict().items()})
    return None


@dataclass(frozen=True)
class Failure:
    """A run that gave no page; addresses are relative to the page and left out where empty."""

    report: str  # its name, such as "churn"
    status: str  # as in run.json; an unknown one is treated as "failed"
    message: str  # the error's own words, said as they are, escaped
    title: Mapping[str, str] | str = ""  # in each language, or one for all; the name where it is empty
    cell: int | None = None  # number of the notebook's cell that failed, from 1
    started_at: dt.datetime | None = None
    log_href: str = "run.log"
    notebook_href: str = "notebook.ipynb"
    last_good_href: str = ""  # the last good page, with ``{language}``
    home: str = ""  # the front page, with ``{language}``

    @property
    def kind(self) -> str:
        """The status, or "failed" for one that is not known here."""
        return self.status if self.status in WHAT_HAPPENED else "failed"

    def title_in(self, language: str) -> str:
        """The report's title."""
        return speaker(language).say(text_in(self.title, language) or self.report.replace("_", " ").capitalize())


def failure_page(failure: Failure, *, language: str = "en", languages: tuple[str, ...] = ("en",)) -> str:
    """The page that says what happened, in one language, checked. Raises PageRejected: it does not pass."""
    words: dict[str, object] = {"again": None if language == "en" else said_again(failure.message)}
    words |= {"happened": WHAT_HAPPENED[failure.kind], "remedy": WHAT_TO_DO[failure.kind]}
    content = render_part("failure.html.j2", language, failure=failure, **words)
    facts = [] if failure.started_at is None else [(T("Started"), moment(failure.started_at))]
    title = failure.title_in(language)
    parts = PageParts(title, language, content, languages, FAILURE_NAME, failure.home, "failure", provenance=facts)
    page = assemble(parts)
    check_page(page, language=language)
    return page
