"""Amounts have the decimals of ISO 4217: none in yen, three in Kuwait's dinar, whatever Babel thinks of them."""

import re

import pytest
from babel.numbers import get_currency_precision, list_currencies
from hypothesis import given
from hypothesis import strategies as st

from cxlib.language import Money, about_money, currency_decimals, minor_units, speaker
from cxlib.language.quantities import DECIMALS
from cxlib.publish.changes import compare
from cxlib.report.canvas import Canvas, even_digits
from cxlib.report.exports import plain_value

ENGLISH, ARABIC = speaker("en"), speaker("ar")
NO_CENTS = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV"}
THREE = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}
NO_CENTS |= {"XAF", "XOF", "XPF", "XXX"}  # the last: no currency
BABEL_SAYS_NONE = {"AFN", "ALL", "IRR", "KPW", "LAK", "LBP", "MGA", "MMK", "RSD", "SOS", "SYP", "YER"}
CODES = st.sampled_from(["JPY", "KRW", "EUR", "SAR", "KWD", "BHD", "OMR", "IQD", "CLF", "UYW"])


def test_the_table_is_that_of_iso_4217():
    """List one of the standard: seventeen (and XXX) without decimals, seven with three, two with four, else two."""
    assert {code for code, decimals in DECIMALS.items() if decimals == 0} == NO_CENTS
    assert {code for code, decimals in DECIMALS.items() if decimals == 3} == THREE
    assert {code for code, decimals in DECIMALS.items() if decimals == 4} == {"CLF", "UYW"}
    assert [currency_decimals(code) for code in ("SAR", "EUR", "MRU", "MGA", "HUF")] == [2] * 5


def test_babel_differs_from_the_standard_and_is_not_asked():
    """Of currencies in use, Babel shows Iraq's dinar and twelve more without the decimals that they have."""
    used = [code for code in list_currencies() if code in BABEL_SAYS_NONE | set(DECIMALS) | {"USD", "EUR", "SAR"}]
    differ = {code for code in used if get_currency_precision(code) != currency_decimals(code)} - {"XXX"}
    assert differ == BABEL_SAYS_NONE | {"IQD"}
    assert ENGLISH.say(Money(254, currency="IQD", digits=2)) == "IQD\u00a00.254"


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(123456, currency="JPY"), "JP¥123,456"),
        (Money(123456, currency="JPY", digits=2), "JP¥123,456"),
        (Money(254, currency="KWD"), "KWD\u00a00.254"),
        (Money(0, currency="KWD"), "KWD\u00a00"),
        (Money(1_782_345, currency="JPY", in_words=True), "JP¥1.78\u00a0million"),
        (Money(2_500_000_000, currency="KWD", in_words=True), "KWD\u00a02.5\u00a0million"),
        (Money(-1234, currency="BHD", signed=True), "\u2212BHD\u00a01.234"),
        (Money(123456, currency="KWD"), "KWD\u00a0123"),
        (Money(123456, currency="OMR", digits=2), "OMR\u00a0123.456"),
        (Money(12345, currency="CLF"), "CLF\u00a01.2345"),
        (Money(450, currency="GBP"), "£4"),
    ],
)
def test_an_amount_shows_all_decimals_of_its_currency_or_none(money, text):
    """Never two decimals of three; where whole units would hide most of an amount, all are shown."""
    assert ENGLISH.say(money) == text
    digits = re.sub(r"[^\d.,]", "", text)
    assert digits in ARABIC.say(money)


@given(CODES, st.integers(-(10**14), 10**14))
def test_no_digit_is_lost_on_the_way_to_a_reader(code, cents):
    """The exact text of an amount, read back, is the amount; a download holds it in units of the currency."""
    text = ENGLISH.say(Money(cents, currency=code, digits=9))
    read = int(re.sub(r"\D", "", text)) * (-1 if "\u2212" in text else 1)
    assert read == cents
    assert plain_value(ENGLISH, Money(cents, currency=code)) == cents / minor_units(code)


@given(CODES, st.integers(1, 10**12))
def test_ticks_of_an_axis_have_whole_minor_units(code, high):
    """No two ticks read alike, and none has a part of the decimals of its currency."""
    values, texts = Canvas(ENGLISH, wide=True).ticks(0, high, lambda value: Money(value, currency=code))
    assert len(set(texts)) == len(texts)
    assert all(value == round(value) for value in values)
    shown = {text.partition(".")[2] for text in texts}
    assert {len(decimals) for decimals in shown} <= {0, currency_decimals(code)}


def test_ticks_of_dinars_show_three_decimals_and_those_of_yen_none():
    """Half a dinar is 0.500; half a yen does not exist."""
    dinars = even_digits([Money(0, currency="KWD"), Money(500, currency="KWD"), Money(1000, currency="KWD")])
    assert [ENGLISH.say(each) for each in dinars] == ["KWD\u00a00.000", "KWD\u00a00.500", "KWD\u00a01.000"]
    assert Canvas(ENGLISH, wide=True).ticks(0, 2, lambda v: Money(v, currency="JPY"))[1] == ["JP¥0", "JP¥1", "JP¥2"]


def test_a_forecast_has_three_digits_in_every_currency():
    """Whole units below a hundred where decimals are not shown; three digits where they are."""
    amounts = [about_money(value, code) for value, code in [(9_949.6, "GBP"), (12_345, "JPY"), (45_678.9, "KWD")]]
    assert [ENGLISH.say(amount) for amount in amounts] == ["£99", "JP¥12,300", "KWD\u00a045.700"]


def test_amounts_in_two_currencies_are_not_compared():
    """A workspace that changes its currency has no change of an amount, but of other metrics."""
    now = [{"name": "value", "unit": "money", "currency": "USD", "value": 900}, {"name": "n", "value": 2}]
    before = [{"name": "value", "unit": "money", "currency": "SAR", "value": 300}, {"name": "n", "value": 1}]
    assert [change.difference for change in compare(now, before)] == [None, 1]
