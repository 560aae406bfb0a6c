"""Tests of what all components share: the bundle, the languages, and that hostile text is inert everywhere."""

import datetime as dt
import json
import os
import re
import subprocess
import sys
import textwrap

import pandas as pd
import pytest

from cxlib.errors import ConfigurationError
from cxlib.language import N, Percent, T, available_languages
from cxlib.measures import Metric
from cxlib.report import (
    MIME_TYPE,
    Column,
    Heatmap,
    HorizontalBars,
    TableSpec,
    data_section,
    export,
    figure,
    notice,
    page_head,
    table,
    text,
    tiles,
)
from cxlib.report.component import checked_name, plain_text


class Workspace:
    """A workspace whose every text is hostile."""

    tables = ("transactions",)
    period = None

    def __init__(self, evil):
        self.counts = pd.DataFrame({"table": [evil], "source": [evil], "rows_in": [3], "good": [1], "quarantined": [2]})
        self.rules = pd.DataFrame({"table": [evil], "source": [evil], "rule": [evil], "rows": [2]})
        self.currency = evil
        self.conversions = pd.DataFrame({
            "table": [evil], "currency": [evil], "rows": [2], "since": [dt.date(2026, 1, 1)], "low": 0.5, "high": 1.0,
            "until": [dt.date(2026, 1, 2)],
        })  # fmt: skip
        self.rows = pd.DataFrame({
            "table": evil, "source": evil, "row": [1, 2], "rule": evil, "column": evil, "value": [evil, None],
            "remedy": evil,
        })  # fmt: skip

    def quarantine(self, name=None):
        """Two rows."""
        return self.rows


def everything(evil):
    """One component of each kind with `evil` in every place that data can reach."""
    said = T("{evil}", evil=evil)
    frame = pd.DataFrame({evil: [evil, "b"], evil + "2": [0.5, 0.25]}, index=pd.Index([evil, "i"], name=evil + "3"))
    bars = HorizontalBars(frame, category=evil, value=evil + "2", kind=Percent, highlight=evil, axis_label=said)
    heat = Heatmap(pd.DataFrame([[0.1, None]], index=[evil], columns=[evil, "b"]), x_label=said)
    words = {"title": said, "subtitle": said, "alt": said, "source": said}
    return [
        page_head(said, kicker=[said], bullets=[said]),
        tiles(Metric(evil, said, 1.0, note=said, change=1.0)),
        figure(bars, name="bars", numbers=frame, **words),
        figure(heat, name="heat", numbers=TableSpec(frame, {evil: Column(said)}), **words),
        table(frame, title=said, note=said),
        text(said),
        notice(said),
        data_section(Workspace(evil)),
        export(frame, "file", label=said),
    ]


def test_hostile_text_is_inert_in_every_component(hostile, read):
    """No element, handler, address or style comes out of data, in any component, and the JSON is valid."""
    for component in everything(hostile):
        bundle = component._repr_mimebundle_()
        payload = bundle[MIME_TYPE]
        assert "<" not in payload["css"]
        assert not re.search(r"url\(|@import|expression", payload["css"])
        json.dumps(payload, allow_nan=False).encode()
        for html in payload["html"].values():
            read(html)
            html.encode("utf-8")


def test_hostile_text_is_shown_and_not_lost(read, english):
    """A reader sees the text itself, in the table and in the chart."""
    evil = "<script>alert(1)</script>"
    chart = everything(evil)[2].render(english).html
    words = "".join(read(chart).words)
    assert words.count(evil) > 5


def test_hostile_text_is_inert_in_arabic(arabic, read):
    """The same holds for a page from right to left."""
    for component in everything('"><img src=x onerror=alert(1)>'):
        read(component.payload()["html"]["ar"])


def test_a_component_says_itself_in_every_language(arabic):
    """One display holds one HTML a language, each with its own words."""
    payload = text(T("Champions")).payload()
    assert set(payload["html"]) == set(available_languages()) == {"en", "ar"}
    assert payload["html"]["ar"] == "<p>الأبطال</p>"


def test_the_bundle_serves_terminal_notebook_and_page(metric):
    """Each display carries plain text, self-contained HTML in English, and the payload."""
    bundle = tiles(metric)._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", MIME_TYPE}
    assert bundle["text/plain"].startswith("NPS +6 ▲ +4 points, better")
    assert bundle["text/html"].startswith('<div class="cx-lab" lang="en" dir="ltr"><style>')
    assert 'data-jp-theme-light="false"' in bundle["text/html"]
    assert "http" not in bundle["text/html"]


def test_bytes_are_the_same_in_another_process():
    """Ids and class names come from content, not from Python's salted hash or the time."""
    program = textwrap.dedent("""
        import hashlib, json, pandas as pd
        from cxlib.language import T
        from cxlib.report import HorizontalBars, figure
        frame = pd.DataFrame({"a": ["x", "y"], "b": [1, 2]})
        said = {k: T(k) for k in ("title", "subtitle", "alt", "source")}
        shown = figure(HorizontalBars(frame, category="a", value="b"), name="f", numbers=frame, **said)
        print(hashlib.sha256(json.dumps(shown.payload()).encode()).hexdigest())
    """)
    here = {}
    exec(program.replace("print(", "found = ("), here)
    there = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONHASHSEED": "1"},
    )  # fmt: skip
    assert there.stdout.strip() == here["found"]


@pytest.mark.parametrize("name", ["", "Upper", "a b", "../up", "a/b", "a.b", "x" * 65, "é", None])
def test_a_name_must_be_safe_as_id_and_file(name):
    """Names become ids and file stems, so anything else is refused."""
    with pytest.raises(ConfigurationError, match="not usable"):
        checked_name(name, "figure")


def test_plain_text_leaves_drawings_out():
    """A terminal shows words, not the labels of a drawing, and not without end."""
    assert plain_text("<p>a</p><svg><text>b</text></svg><p>c</p>") == "a c"
    assert len(plain_text("x" * 1000)) == 400


def test_a_head_has_at_most_three_bullets():
    """A fourth bullet is an error; the title is the answer."""
    with pytest.raises(ConfigurationError, match="4 bullets"):
        page_head(T("Answer"), bullets=[T("b")] * 4)
    head = page_head(T("Answer"), kicker=[T("one"), N("{n} customer", "{n} customers", 2)], bullets=[T("b")])
    assert head.payload()["title"]["en"] == "Answer"
    assert head.payload()["html"]["en"] == (
        '<p class="kicker">one · 2 customers</p><h1>Answer</h1><ul class="lede"><li>b</li></ul>'
    )
