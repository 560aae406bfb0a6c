"""Fixtures of the report tests: a small Arabic catalogue, hostile strings, and a reader of HTML that looks for harm."""

import datetime as dt
import sys
from html.parser import HTMLParser

import pandas as pd
import pytest

import cxlib.language
from cxlib.language import T
from cxlib.measures import Metric

CATALOGUE = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);\\n"

msgid "Champions"
msgstr "الأبطال"

msgid "Segment"
msgstr "الشريحة"

msgid "Share of revenue"
msgstr "حصة الإيرادات"

msgid "better"
msgstr "أفضل"
"""

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    '" style="position:fixed" x="',
    "javascript:alert(1)",
    "</title></style></svg><script>alert(1)</script>",
    "<svg/onload=alert(1)>",
    "]]><!--<script>",
    "{__class__} {0} {name} %s %(x)s",
    "$\\frac{1}{2}$ \\n_{x}",
    '=HYPERLINK("http://evil.example";"x")',
    "@SUM(1+1)|cmd",
    "a\x00b\x1b[31m\u202egnp.exe\u2028",
    "\U0001f600 \u0661\u0662 \ufffe",
    "x" * 400,
    "",
)


@pytest.fixture(params=HOSTILE, ids=range(len(HOSTILE)))
def hostile(request):
    """A text that a data set might hold and no page may run."""
    return request.param


@pytest.fixture
def arabic(tmp_path, monkeypatch):
    """Make Arabic an available language, from a catalogue of four messages."""
    folder = tmp_path / "ar" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "cxlib.po").write_text(CATALOGUE, encoding="utf-8")
    monkeypatch.setattr(sys.modules["cxlib.language.speaker"], "LOCALES", tmp_path)
    cxlib.language.speaker.cache_clear()
    yield cxlib.language.speaker("ar")
    cxlib.language.speaker.cache_clear()


@pytest.fixture
def english():
    """The speaker of English."""
    return cxlib.language.speaker("en")


@pytest.fixture(autouse=True)
def run_folder(tmp_path, monkeypatch):
    """Exports of a test go to its own folder."""
    monkeypatch.setenv("CXLIB_RUN_DIR", str(tmp_path / "run"))
    return tmp_path / "run"


@pytest.fixture
def segments():
    """Three segments with shares, intervals and counts."""
    return pd.DataFrame(
        {
            "segment": [T("Champions"), "Loyal", "At risk"],
            "customers": [861, 1676, 12],
            "share": [0.42, 0.27, 0.04],
            "low": [0.40, 0.25, 0.03],
            "high": [0.44, 0.29, 0.05],
            "revenue": [123_456_789, 8_412_345, None],
        }
    )


@pytest.fixture
def metric():
    """A score with everything that a metric can have."""
    return Metric(
        "nps", T("NPS"), 6.0, low=4.0, high=8.0, n=6000, unit="points", polarity=1, change=4.2,
        as_of=dt.date(2026, 9, 30), note=T("last quarter"),
    )  # fmt: skip


class Reader(HTMLParser):
    """Collects every element with its attributes, and the text."""

    def __init__(self):
        super().__init__()
        self.elements, self.words = [], []

    def handle_starttag(self, tag, attrs):
        """Keep an element."""
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        """Keep a piece of text."""
        self.words.append(data)


@pytest.fixture
def read():
    """Parse HTML as a browser would, and fail on anything that could run, load or restyle."""

    def parse(html):
        reader = Reader()
        reader.feed(html)
        for tag, attributes in reader.elements:
            assert tag not in {"script", "iframe", "object", "embed", "form", "base", "meta", "link", "img"}, tag
            for name, value in attributes.items():
                assert not name.startswith("on"), (tag, name)
                assert name != "style", (tag, value)
                if name in ("href", "src", "xlink:href"):
                    assert value.startswith(("data:text/csv", "data:image/png", "exports/", "#")), value
        return reader

    return parse
