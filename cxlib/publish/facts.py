"""Where a page comes from: what its footer and its links say. The engine fills this in; by hand nothing is needed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cxlib.language import Day, Decimal, Message, T

FINGERPRINT_LENGTH = 16


@dataclass(frozen=True)
class PageFacts:
    """Facts about one run of one report; what is not known is left out.

    >>> [str(label) for label, _ in PageFacts(seconds=2.4, fingerprint="9f" * 32).provenance()]
    ['Run time', 'Input fingerprint']
    """

    title: str = ""  # the page's where the notebook gives neither an answer nor a question
    report: str = ""
    workspace: str = ""
    as_of: dt.date | None = None  # last day in the data
    generated_at: dt.datetime | None = None  # when the run finished, with its time zone; said in UTC
    rendered_at: dt.datetime | None = None  # when the page was made anew from an older run
    parameters: Mapping[str, object] = field(default_factory=dict)  # what the notebook was run with
    versions: Mapping[str, str] = field(default_factory=dict)  # package name to version
    seconds: float | None = None  # how long the run took
    fingerprint: str = ""  # SHA-256 (hexadecimal) over all inputs, of which the first 16 digits are said
    languages: tuple[str, ...] = ()  # of all pages of the report; each links to the others
    home: str = ""  # address of the front page, relative to the page, with ``{language}``

    def provenance(self) -> Iterator[tuple[Message, object]]:
        """Label and value of every fact that is known, in the order of the footer."""
        if self.as_of is not None:
            yield T("Data as of"), Day(self.as_of)
        if self.generated_at is not None:
            yield T("Generated"), moment(self.generated_at)
        if self.rendered_at is not None:
            yield T("Page made anew"), moment(self.rendered_at)
        if self.parameters:
            yield T("Parameters"), ", ".join(f"{name}={value}" for name, value in self.parameters.items())
        if self.seconds is not None:
            yield T("Run time"), T("{seconds} s", seconds=Decimal(self.seconds))
        if self.versions:
            yield T("Software"), ", ".join(f"{name} {version}" for name, version in self.versions.items())
        if self.fingerprint:
            yield T("Input fingerprint"), f"sha256 {self.fingerprint[:FINGERPRINT_LENGTH]}"


def moment(when: dt.datetime) -> Message:
    """A point in time, said in UTC; a time without a zone is taken as UTC.

    >>> str(moment(dt.datetime(2026, 9, 30, 14, 5)))
    '30 September 2026, 14:05 UTC'
    """
    utc = when.replace(tzinfo=dt.UTC) if when.tzinfo is None else when.astimezone(dt.UTC)
    return T("{day}, {time} UTC", day=Day(utc.date()), time=f"{utc:%H:%M}")
