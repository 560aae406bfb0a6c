"""Results in a notebook: plain numbers with their units, the look beside them, and quantities one can compute with."""

import importlib
import pkgutil
from dataclasses import dataclass

import pandas as pd
import pytest

import cxlib
from cxlib import churn, clv, drivers, recommend, scorecard, voice
from cxlib.language import Count, Day, Days, Decimal, Message, Money, Month, Percent, Points, T, about_money
from cxlib.measures.result import Brief, Result


@dataclass(frozen=True, repr=False)
class Answer(Result):
    """Any table as a result."""

    table: pd.DataFrame

    @property
    def face(self) -> pd.DataFrame:
        """The table."""
        return self.table

    @property
    def headline(self) -> Message:
        """A sentence with markup in a name."""
        return T("{who} bring most", who="<b>Champions</b>")


CELLS = pd.DataFrame(
    {
        "segment": [T("At risk"), "<i>Own</i>"],
        "customers": [Count(1200), Count(30)],
        "revenue": [Money(123_456, currency="EUR"), Money(None, currency="EUR")],
        "share": [Percent(0.42), Percent(0.07)],
        "NPS": [Points(-9), Points(12)],
        "pause": [Days(34), Days(2)],
        "ratio": [Decimal(1.5), Decimal(0.2)],
        "measure": [Percent(0.1), Days(3)],
    }
)


def test_a_summary_is_plain_numbers_with_their_units():
    """Units stand in names, money in units of its currency; a column of several kinds says each row's."""
    summary = Answer(CELLS).summary
    assert list(summary) == [
        "segment", "customers", "revenue (EUR)", "share (fraction)", "NPS (points)", "pause (days)", "ratio", "measure",
        "unit",
    ]  # fmt: skip
    assert summary["customers"].dtype == "int64"
    assert summary["revenue (EUR)"].sum() == 1234.56
    assert summary["unit"].tolist() == ["fraction", "days"]
    assert summary.sort_values("NPS (points)")["segment"].tolist() == ["At risk", "<i>Own</i>"]


def test_days_are_days():
    """A day and a month are dates that pandas can sort; one that is missing is NaT."""
    days = pd.Timestamp("2026-09-30").date()
    summary = Answer(pd.DataFrame({"day": [Day(days), Day(None)], "month": [Month(days), Month(days)]})).summary
    assert summary["day"].isna().tolist() == [False, True]
    assert summary["month"].dt.year.tolist() == [2026, 2026]


def test_the_style_shows_what_readers_see_and_no_markup():
    """The Styler prints quantities in words, escaped, over the plain numbers."""
    style = Answer(CELLS).style
    html = style.to_html()
    assert "42%" in html
    assert "1,235" in html
    assert "&lt;i&gt;Own" in html
    assert "<i>" not in html
    assert style.data.equals(Answer(CELLS).summary)


def test_a_result_fits_a_screen():
    """A thousand rows print in ten lines, and show in twenty."""
    answer = Answer(pd.concat([CELLS] * 500, ignore_index=True))
    assert len(repr(answer).splitlines()) <= 10
    assert repr(answer).startswith("Answer: <b>Champions</b> bring most\n.face .headline")
    assert answer._repr_html_().count("<tr") <= 20
    assert "<b>" not in answer._repr_html_()


@pytest.mark.parametrize(
    ("quantity", "text", "number"),
    [
        (Count(2433), "2,433", 2433), (Percent(0.42), "42%", 0.42), (Points(-9), "\u22129", -9),
        (Days(34), "34 days", 34),
        (Money(1250, currency="EUR", digits=2), "€12.50", 12.5), (Money(1250, currency="KWD"), "KWD 1.250", 1.25),
        (Money(1250, currency="JPY"), "JP¥1,250", 1250), (Decimal(1.25, digits=2), "1.25", 1.25),
    ],
)  # fmt: skip
def test_a_quantity_prints_as_written_and_is_a_number(quantity, text, number):
    """`repr` is what a reader sees; `float`, sorting and comparing go by the number."""
    assert repr(quantity).replace("\u00a0", " ") == str(quantity).replace("\u00a0", " ") == text
    assert float(quantity) == number
    assert quantity == number
    assert quantity <= number < quantity.__class__(quantity.value + 1, **_options(quantity))
    assert f"{quantity:.1f}" == f"{number:.1f}"
    assert hash(quantity) == hash(number)


def _options(quantity):
    return {"currency": quantity.currency} if isinstance(quantity, Money) else {}


def test_quantities_sort_as_their_numbers():
    """A list and a Series of one kind sort and add up."""
    counts = [Count(1200), Count(3), Count(40)]
    assert [float(count) for count in sorted(counts)] == [3, 40, 1200]
    assert pd.Series(counts).sort_values().astype(float).tolist() == [3, 40, 1200]
    assert max(counts) == Count(1200)


@pytest.mark.parametrize("other", [Points(3), Money(3, currency="EUR"), Money(3, currency="USD"), "3"])
def test_what_cannot_be_compared_is_not(other):
    """Another kind, another currency and text have no order with an amount."""
    with pytest.raises(TypeError):
        _ = Money(3, currency="SAR") < other
    assert Money(3, currency="SAR") != other


def test_no_result_prints_all_its_rows():
    """Each module is read once: a result whose dataclass makes its own `repr` prints every row of its frames."""
    for module in pkgutil.walk_packages(cxlib.__path__, "cxlib."):
        if module.name.split(".")[1] not in ("__main__", "cli", "publish", "report", "runs"):
            importlib.import_module(module.name)
    kinds = list(Brief.__subclasses__())
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        assert kind.__repr__ in (Brief.__repr__, Result.__repr__), kind


MANY = [f"column_{n}" for n in range(300)]


@pytest.mark.parametrize("held", [
    churn.ChurnQuestion(attributes=MANY), clv.CustomerQuestion(renewal_days=dict.fromkeys(MANY, 30)),
    drivers.ScoreQuestion(groups=MANY), scorecard.CardQuestion(margins={"age": dict.fromkeys(MANY, 1)}),
    recommend.RecommendQuestion(leave_out=MANY), voice.load_taxonomy(), churn.CallLimits(budget_cents=5.0),
], ids=lambda held: type(held).__name__)  # fmt: skip
def test_what_a_notebook_holds_prints_in_ten_lines(held):
    """However much it was given, and no amount in minor units."""
    assert sum(1 + len(line) // 101 for line in repr(held).splitlines()) <= 10
    assert "_cents" not in repr(held)


def test_a_forecast_has_every_digit_in_a_summary():
    """Readers see three digits; who computes gets what was computed."""
    answer = Answer(pd.DataFrame({"value": [about_money(2_047_594_130, "GBP"), about_money(123_456, "GBP")]}))
    assert answer.summary["value (GBP)"].tolist() == [20_475_941.3, 1234.56]
    assert "£20.5\u00a0million" in answer.style.to_html()
    assert "£1,230" in answer._repr_html_()


def test_messages_print_as_their_sentence():
    """In a list and in a frame too."""
    assert repr([T("{n} left", n=Count(1200))]) == "[1,200 left]"
