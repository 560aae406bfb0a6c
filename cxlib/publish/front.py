"""The front page over all reports of a workspace: each report's answer, its numbers, how fresh they are, what changed.

Every address is relative, so the page works from a folder as it does from any static host.
"""

import datetime as dt
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from markupsafe import Markup

from cxlib.language import Count, Days, Message, N, T, WordList, speaker
from cxlib.masking import mask_contacts
from cxlib.publish.changes import STATUS_WORDS, AlertNotice, MetricChange, compare, text_in
from cxlib.report.week import plan_week

FRONT_NAME = "index.{language}.html"
FRESH_DAYS = 7  # data no older than this is up to date


@dataclass(frozen=True)
class PastRun:
    """An earlier run of a report; `href` leads to its page and may hold ``{language}``, or is empty."""

    started_at: dt.datetime
    status: str
    href: str = ""

    @property
    def words(self) -> Message:
        """How the run ended."""
        return STATUS_WORDS.get(self.status, STATUS_WORDS["failed"])


OF_EVERYBODY = ("recommendations.csv",)  # who stands on it too says nothing
FEWEST_IN_BOTH = 30  # customers, below which it is not said how many stand on two lists
LIST_NAMES = WordList("lists of customers")


@dataclass(frozen=True)
class Overlap:
    """Two reports' lists of customers, by file name, and how many customers stand on each and on both."""

    first: str
    second: str
    of_first: int
    of_second: int
    both: int

    @property
    def cells(self) -> tuple[object, ...]:
        """The row of a table; how many stand on both is withheld where that, or who stands on one alone, are few."""
        both: object = Count(self.both)
        if self.both < FEWEST_IN_BOTH:
            both = T("fewer than {n}", n=Count(FEWEST_IN_BOTH))
        elif any(0 < n - self.both < FEWEST_IN_BOTH for n in (self.of_first, self.of_second)):
            both = T("withheld")
        names = (LIST_NAMES.get(name, name) for name in (self.first, self.second))
        return next(names), Count(self.of_first), next(names), Count(self.of_second), both


def overlaps(lists: Mapping[str, Set[str]]) -> list[Overlap]:
    """Each pair of lists of customers, by file name, of thirty or more.

    >>> both = overlaps({"calls.csv": set(map(str, range(40))), "value.csv": set(map(str, range(20, 60)))})
    >>> len(both)
    1
    """
    listed = ((name, ids) for name, ids in lists.items() if name not in OF_EVERYBODY)
    large = [(name, ids) for name, ids in listed if len(ids) >= FEWEST_IN_BOTH]
    return [Overlap(a, b, len(of_a), len(of_b), len(of_a & of_b)) for (a, of_a), (b, of_b) in combinations(large, 2)]


@dataclass(frozen=True)
class FrontEntry:
    """One report on the front page; addresses may hold ``{language}`` and are empty where there is no page."""

    report: str  # its name, such as "segmentation"
    answer: Mapping[str, str]  # title of its page head in each language
    title: Mapping[str, str] | str = ""  # in each language, or one for all
    action: Mapping[str, str] = field(default_factory=dict)  # what to do now, in each language; empty: nothing
    file_href: str = ""  # the file that it works with
    package_href: str = ""  # what of it can be mailed
    href: str = ""  # the last good page
    status: str = "ok"  # how the last run ended, as in run.json
    as_of: dt.date | None = None  # last day in the data
    generated_at: dt.datetime | None = None  # when the page that is linked was made
    stale_since: dt.datetime | None = None  # when the first run after the last good one failed
    failure_href: str = ""  # the page that says why
    metrics: Sequence[Mapping[str, Any]] = ()  # metrics.json of this run
    previous_metrics: Sequence[Mapping[str, Any]] = ()  # and of the last good one before it
    history: Sequence[PastRun] = ()  # earlier runs, newest first

    @property
    def is_good(self) -> bool:
        """Whether the page shown is of the last run."""
        return bool(self.href) and self.stale_since is None and self.status in {"ok", "unchanged"}

    @property
    def age(self) -> int:
        """Days from the last day in the data to the day on which the page was made; 0 where either is not known."""
        return (self.generated_at.date() - self.as_of).days if self.as_of and self.generated_at else 0

    @property
    def changes(self) -> list[MetricChange]:
        """The report's metrics, each beside the run before."""
        return compare(self.metrics, self.previous_metrics)

    def answer_in(self, language: str) -> str:
        """What the report says, or its name where it has not said anything yet."""
        return text_in(self.answer, language) or self.title_in(language)

    def action_in(self, language: str) -> str:
        """What the report says to do."""
        return text_in(self.action, language)

    def title_in(self, language: str) -> str:
        """The report's title."""
        return speaker(language).say(text_in(self.title, language) or self.report.replace("_", " ").capitalize())


def _plan(entries: Sequence[FrontEntry], language: str) -> list[FrontEntry]:
    """Reports that say what to do, in the order of `plan_week`; none that only repeats what another one says."""
    said = {entry.report: entry.action_in(language) for entry in entries if entry.is_good and entry.action_in(language)}
    again = {one for one, text in said.items() if any(what != text and what in text for what in said.values())}
    left = {n: entry for n, entry in enumerate(entries) if entry.report in said.keys() - again}
    return [left[n] for n in plan_week({n: entry.file_href for n, entry in left.items()})]


def front_page(
    entries: Sequence[FrontEntry],
    *,
    title: str,
    alerts: Sequence[AlertNotice] = (),
    overlap: Sequence[Overlap] = (),
    language: str = "en",
    languages: tuple[str, ...] = ("en",),
    generated_at: dt.datetime | None = None,
    customers_href: str = "",
) -> str:
    """The front page in one language, checked; alerts stand above the reports, `overlap` below what to do.

    `customers_href`: Address of the page that finds one customer; empty: no link.
    Contacts in the title are masked.

    Raises PageRejected: if it does not pass the checks of every page.

    >>> entry = FrontEntry("churn", {"en": "Three in ten leave"}, href="churn/latest/report.{language}.html")
    >>> page = front_page([entry], title="Demo")
    >>> 'href="churn/latest/report.en.html"' in page
    True
    """
    from cxlib.publish.checks import check_page
    from cxlib.publish.page import PageParts, assemble, render_part  # with templates, for a page that is really made

    title = mask_contacts(title)
    content = render_part(
        "front.html.j2",
        language,
        entries=entries,
        title=title,
        headline=headline(entries),
        plan=_plan(entries, language),
        overlap=overlap,
        generated_at=generated_at,
        customers_href=customers_href,
        alerts=alerts,
        alerts_headline=N("{n} alert", "{n} alerts", len(alerts)),
    )
    parts = PageParts(title, language, content, languages=languages, page_href=FRONT_NAME, kind="front")
    page = assemble(parts)
    check_page(page, language=language)
    return page


def forward_page(target: str, *, language: str) -> str:
    """A page that leads on to another one, for addresses that readers may arrive at but nothing lives at.

    `target`: Address, relative to the page's own. `language`: Code, such as "ar".

    >>> '<a href="../index.en.html">' in forward_page("../index.{language}.html", language="en")
    True
    """
    voice, href = speaker(language), target.replace("{language}", language)
    page = Markup(
        '<!DOCTYPE html>\n<html lang="{language}" dir="{direction}"><head><meta charset="utf-8">'
        '<meta http-equiv="refresh" content="0; url={href}"><title>{name}</title></head>'
        '<body><h1><a href="{href}">{name}</a></h1></body></html>\n'
    )
    name = voice.say(T("Customer experience"))
    return str(page.format(language=language, direction=voice.direction, href=href, name=name))


def headline(entries: Sequence[FrontEntry]) -> Message:
    """How the reports stand, as one sentence; where the data was old when they were made, how old.

    >>> str(headline([FrontEntry("churn", {}, href="x")]))
    '1 report, up to date'
    >>> old = FrontEntry("churn", {}, href="x", as_of=dt.date(2026, 9, 30), generated_at=dt.datetime(2026, 11, 27))
    >>> str(headline([old]))
    '1 report; the data was 58 days old when it was made'
    """
    oldest = max((entry.age for entry in entries), default=0)
    missing = sum(not entry.is_good for entry in entries)
    if not entries:
        return T("No report has been made yet")
    if not missing and oldest > FRESH_DAYS:
        return N(
            "{n} report; the data was {age} old when it was made",
            "{n} reports; the data was {age} old when they were made",
            len(entries),
            age=Days(oldest),
        )
    if not missing:
        return N("{n} report, up to date", "{n} reports, all up to date", len(entries))
    return N("{n} report is not up to date", "{n} reports are not up to date", missing)
