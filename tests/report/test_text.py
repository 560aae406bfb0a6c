"""Tests of findings, paragraphs and notices."""

import numpy as np
import pandas as pd
import pytest

from cxlib.errors import ConfigurationError
from cxlib.language import T
from cxlib.report import claim, notice, text
from cxlib.report.text import they_meet, told_apart


@pytest.mark.parametrize("true", [True, np.True_, 1])
def test_a_claim_that_holds_is_made(true):
    """The finding stands where the data bears it out."""
    assert claim(true, T("finding"), T("neutral")) == T("finding")


@pytest.mark.parametrize("false", [False, np.False_, None, float("nan"), pd.NA, pd.NaT, 0])
def test_a_claim_without_ground_is_not_made(false):
    """False and every kind of missing give the neutral sentence."""
    assert claim(false, T("finding"), T("neutral")) == T("neutral")


def test_each_message_is_a_paragraph(english):
    """Text is one paragraph a message, escaped."""
    assert text(T("a & b"), T("c")).render(english).html == "<p>a &amp; b</p><p>c</p>"


def test_a_notice_says_what_it_is(english):
    """The level stands as a word, for readers who do not see the colour."""
    html = notice(T("Data is old."), "error").render(english).html
    assert html == '<div class="notice error" role="note"><p><strong>Problem:</strong> Data is old.</p></div>'


def test_an_unknown_level_names_the_allowed_ones():
    """A slip in the level is answered with the nearest one."""
    with pytest.raises(ConfigurationError, match="Did you mean 'warning'"):
        notice(T("x"), "warnings")


def test_descriptions_say_what_is_clear():
    """Marks that are clear of the line are named, the others counted; two intervals meet or do not."""
    marks = pd.DataFrame({"name": ["Price", "Speed", "Choice"]})
    told = told_apart(T("Dots."), marks, pd.Series([True, False, True]))
    assert str(told) == "Dots. Clear of the line: Price and Choice; not clear: 1"
    assert str(told_apart(T("Dots."), marks, pd.Series([False] * 3))) == "Dots. None is clear of the line"
    assert "do not meet" in str(they_meet({"low": 1, "high": 2}, {"low": 3, "high": 4}))
    assert "overlap" in str(they_meet({"low": 1, "high": 3}, {"low": 3, "high": 4}))
