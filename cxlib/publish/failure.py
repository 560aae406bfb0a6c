"""The page that stands in for a report that could not be made: what happened, in plain words, and what to do."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cxlib.language import Message, T, speaker
from cxlib.publish.changes import text_in
from cxlib.publish.checks import check_page
from cxlib.publish.page import PageParts, assemble, moment, render_part

FAILURE_NAME = "failed.{language}.html"

WHAT_HAPPENED: Mapping[str, Message] = MappingProxyType(
    {
        "failed": T("A step of the report stopped with an error, so its numbers are not complete."),
        "inputs_changed": T("A file changed while the report was made, so its numbers may mix old and new rows."),
        "timeout": T("The report took longer than it is allowed to and was stopped."),
        "dead_kernel": T("The program that computes the report ended by itself, most often because memory ran out."),
        "out_of_memory": T("The report needed more memory than it may take, or than the machine has, and was stopped."),
        "cancelled": T("The run was stopped before it was complete."),
        "rejected": T("The report was computed, but its page did not pass the checks that every page must pass."),
        "unreadable_input": T("A file that the report needs is missing or cannot be read."),
        "blocked": T("This report builds on another one that is not good, so it was not run."),
    }
)
"""What each status means, for someone who did not start the run."""

WHAT_TO_DO: Mapping[str, Message] = MappingProxyType(
    {
        "failed": T("Read the message above, mend the data or the parameter that it names, and run the report again."),
        "inputs_changed": T("Run it again when the files are complete, or let it start later than they are delivered."),
        "timeout": T("Run it again when the machine is less busy, or allow it more time in the suite's settings."),
        "dead_kernel": T("Run it again with fewer reports at the same time, or on a machine with more memory."),
        "out_of_memory": T(
            "Run it again with fewer reports at the same time, let it read less data, or allow it more memory in the "
            "suite's settings."
        ),
        "cancelled": T("Run it again. Nothing needs to be cleaned up."),
        "rejected": T("Mend what the message above names in the report's notebook, and run the report again."),
        "blocked": T("Mend the report that the message above names; this one follows by itself in the next run."),
        "unreadable_input": T("Put the file that the message above names in its place, and run the report again."),
    }
)
"""The next step for each status."""

_PARTS = ("file", "where", "what", "column", "reason", "hint", "cell", "time", "name", "names", "error", "n")
_ANY = dict.fromkeys(_PARTS, "")
FAULTS: tuple[Message, ...] = (
    T("Cell {cell} raised {error}: {reason}", **_ANY),
    T("Cell {cell} raised {error}", **_ANY),
    T("Did you mean {name}? Allowed: {names}.", **_ANY),
    T("Allowed: {names}.", **_ANY),
    T("{file}: there is no such file. {hint} Correct 'path' in sources.yaml, or put the file there.", **_ANY),
    T("{file}: there is no such file. Correct 'path' in sources.yaml, or put the file there.", **_ANY),
    T("{file}: no file matches. Correct 'path' in sources.yaml, or put the files there.", **_ANY),
    T("{file}: the file is empty. Put the data there, or take its table out of sources.yaml.", **_ANY),
    T("{file}: cannot be read ({reason}). Check that the file is there and may be read.", **_ANY),
    T("{file}: cannot be read ({reason}).", **_ANY),
    T("{file}: the file changed while it was read. Run again when nothing writes to it.", **_ANY),
    T("{file} changed while the report was made. Run again when nothing writes there.", **_ANY),
    T("{where}: there is no column {column}, which every row needs. {hint} Set {what} in sources.yaml.", **_ANY),
    T("{where}: there is no column {column}. {hint}", **_ANY),
    T("{what} has no column {column}. {hint}", **_ANY),
    T("{what} has no rows. {hint}", **_ANY),
    T("{what}: column {column} is missing in {n} rows. {hint}", **_ANY),
    T("{where}: none of its {n} rows is good. See above why.", **_ANY),
    T("{name} is not a day. Write it as 2026-09-30.", **_ANY),
    T("{name} is no day of business; write one from 1900 to 2199", **_ANY),
    T("{name} lies after {time}, the last day that rows may be of. Choose an earlier day.", **_ANY),
    T("{name} must be at least {n} and at most {what}, as 90.", **_ANY),
    T("{name} must be a fraction from {n} to 1.{hint}", **_ANY),
    T("Write {n} percent as {what}.", **_ANY),
    T("{name} must be an amount of zero or more. Write a cost without a minus sign.", **_ANY),
    T("Cell {cell} took longer than {time} and was stopped. Raise cell_timeout_minutes if it needs more.", **_ANY),
    T("The run took longer than {time} and was stopped. Raise timeout_minutes if it needs more.", **_ANY),
    T(
        "{where} needed more memory than the limit of {n} MB ({what} MB when it was stopped). Raise memory_limit_mb, "
        "or let the report read less.",
        **_ANY,
    ),
    T("The process of the notebook ended in cell {cell}{reason}.", **_ANY),
    T("{n} minutes", **_ANY),
    T("{n} seconds", **_ANY),
    T("No such file or directory"),
    T("Permission denied"),
)
"""What programs say most often when they fail; others stay in English under the page's own words."""


def said_again(words: str) -> Message | None:
    """A program's words as a message, which other languages can say; None for words that are not among `FAULTS`."""
    for fault in FAULTS:
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
