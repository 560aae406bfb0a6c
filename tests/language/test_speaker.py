"""One module formats every number, date and plural, in each language."""

import datetime as dt
import importlib
import math

import numpy as np
import pandas as pd
import pytest
from babel.messages import Catalog, pofile
from hypothesis import given
from hypothesis import strategies as st

from cxlib.language import (
    C,
    Count,
    Day,
    Days,
    Decimal,
    Money,
    Month,
    N,
    Percent,
    Points,
    Speaker,
    T,
    available_languages,
)
from cxlib.language.speaker import speaker

ARABIC_PLURAL = "(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5)"

SHOWN = [
    (Count(1234567), "1,234,567"),
    (Decimal(3.14159, digits=2), "3.14"),
    (Percent(0.1996), "20.0%"),
    (Percent(0.2), "20%"),
    (Percent(0.125), "12.5%"),
    (Percent(-0.5), "\u221250%"),
    (Percent(0.034, signed=True), "+3.4%"),
    (Points(-18.12), "\u221218"),
    (Points(6.4), "+6"),
    (Points(-0.3), "0"),
    (Money(123456, currency="GBP"), "£1,235"),
    (Money(-123456, currency="GBP", digits=2), "\u2212£1,234.56"),
    (Money(123456), "1,235"),
    (Money(123456, currency="SAR"), "SAR\u00a01,235"),
    (Days(1), "1 day"),
    (Days(34.4), "34 days"),
    (Day(dt.date(2026, 9, 30)), "30 September 2026"),
    (Month(dt.date(2026, 9, 1)), "September 2026"),
    (Month(dt.date(2026, 9, 1), short=True), "Sept 2026"),
    (dt.date(2026, 9, 30), "30 September 2026"),
    (Count(None), "\u2013"),
    (Percent(math.nan), "\u2013"),
    (None, "\u2013"),
    (7, "7"),
    (np.int64(7000), "7,000"),
    (np.float64(7.25), "7.2"),
    (Day(pd.NaT), "\u2013"),
    (True, "yes"),
    ("raw <b>", "raw <b>"),
]


@pytest.mark.parametrize(("thing", "text"), SHOWN)
def test_what_english_shows(thing, text):
    """Each kind of value has one form: real minus sign, grouped thousands, a dash for what is missing."""
    assert speaker("en").say(thing) == text


@given(st.floats(min_value=-1e12, max_value=1e12))
def test_a_sign_never_stands_before_a_shown_zero(value):
    """A number that rounds to zero shows no direction."""
    shown = speaker("en").say(Points(value))
    assert not (shown.lstrip("+\u2212") == "0" and shown != "0")


@pytest.fixture
def arabic(tmp_path, monkeypatch):
    """A speaker of Arabic from a small catalogue made for the test."""
    catalogue = Catalog(locale="ar")
    catalogue._num_plurals, catalogue._plural_expr = 6, ARABIC_PLURAL
    catalogue.add("{who} bring {share}", "يجلب {who} {share}")
    catalogue.add("Open", "مفتوح", context="ticket")
    forms = ("لا عملاء", "عميل واحد", "عميلان", "{n} عملاء", "{n} عميلًا", "{n} عميل")
    catalogue.add(("{n} customer", "{n} customers"), forms)
    folder = tmp_path / "ar" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "cxlib.po").open("wb") as file:
        pofile.write_po(file, catalogue)
    monkeypatch.setattr(importlib.import_module("cxlib.language.speaker"), "LOCALES", tmp_path)
    return Speaker("ar")


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (0, "لا عملاء"),
        (1, "عميل واحد"),
        (2, "عميلان"),
        (5, "\u20685\u2069 عملاء"),
        (11, "\u206811\u2069 عميلًا"),
        (100, "\u2068100\u2069 عميل"),
    ],
)
def test_arabic_has_six_forms(arabic, n, text):
    """Forms follow the explicit plural rule of the catalogue, also the two that Babel's own rule swaps."""
    assert arabic.say(N("{n} customer", "{n} customers", n)) == text


def test_values_are_isolated_in_right_to_left_text(arabic):
    """A Latin name or a signed number inside an Arabic sentence keeps its own direction."""
    said = arabic.say(T("{who} bring {share}", who="A+", share=Percent(0.4)))
    assert said == "يجلب \u2068A+\u2069 \u206840%\u2069"


def test_a_loss_keeps_its_currency_behind_the_amount(arabic):
    """An amount below zero is isolated from right to left, so that its currency stays where that of a gain is."""
    lost, won = (arabic.say(T("{money}", money=Money(cents, currency="SAR"))) for cents in (-500_00, 500_00))
    assert lost == "\u2067\u200e\u2212500\xa0ر.س.\u200f\u2069"
    assert won[0] == "\u2068"
    assert arabic.say(T("{share}", share=Percent(-0.4, signed=True)))[0] == "\u2068"


def test_context_tells_apart_equal_english(arabic):
    """The same English word can have two translations; without a matching context it stays English."""
    assert arabic.say(C("ticket", "Open")) == "مفتوح"
    assert arabic.say(C("shop", "Open")) == "Open"


def test_a_catalogue_is_all_a_language_needs(arabic):
    """The new folder is found, and direction and name come from the locale."""
    assert available_languages() == ("en", "ar")
    assert arabic.direction == "rtl"
    assert arabic.language_name == "العربية"


def test_arabic_indic_digits_are_an_option():
    """Western digits are the default; the language's own are one setting away."""
    assert Speaker("ar", numbering_system="arab").say(Count(120)) == "١٢٠"
    assert Speaker("ar", numbering_system="arab").say(dt.date(2026, 9, 30)) == "٣٠ سبتمبر ٢٠٢٦"
    assert Speaker("ar").say(Count(120)) == "120"


def test_numbers_agree_across_languages():
    """The digits of a number are the same in English and Arabic."""
    for value in (Count(1234567), Percent(0.128), Money(99999, currency="SAR"), Points(-4)):
        digits = [[c for c in speaker(language).say(value) if c.isdigit()] for language in ("en", "ar")]
        assert digits[0] == digits[1]


def test_a_number_that_was_said_before_is_not_taken_for_an_equal_one():
    """A float32 equals a float that is written with other digits; each is said as if it were alone."""
    short = np.float32(0.1)
    for number in (float(short), short, float(short)):
        said = speaker("en").say(Decimal(number, digits=10))
        assert said == ("0.1000000000" if number is short else "0.1000000015")
