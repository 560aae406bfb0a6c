"""Messages are data: text, values, and the choice of a form by number."""

import pytest

from cxlib.language import Count, Message, N, Percent, T
from cxlib.language.messages import placeholders


def test_a_message_says_its_values_in_english():
    """`str` of a message is its English, with quantities shown as a reader sees them."""
    assert str(T("{who} bring {share}", who="Champions", share=Percent(0.4178))) == "Champions bring 42%"


def test_a_missing_value_is_refused_when_the_message_is_made():
    """A placeholder without a value fails at once and names it, not later on a page."""
    with pytest.raises(KeyError, match="share"):
        T("{who} bring {share}", who="Champions")


def test_a_placeholder_of_the_plural_needs_a_value_too():
    """The plural form is checked like the singular."""
    with pytest.raises(KeyError, match="days"):
        N("{n} visit", "{n} visits in {days}", 3)


@pytest.mark.parametrize(
    ("n", "text"), [(0, "0 customers"), (1, "1 customer"), (2, "2 customers"), (4312, "4,312 customers")]
)
def test_the_count_chooses_the_form(n, text):
    """English has two forms; the count is itself a value."""
    assert str(N("{n} customer", "{n} customers", n)) == text


def test_braces_in_data_are_data():
    """A customer's name may hold braces; it is never read as a template."""
    assert str(T("Hello {name}", name="{0} {x!r}")) == "Hello {0} {x!r}"


def test_messages_nest():
    """A message can be the value of another and is said in the same language."""
    assert str(T("{label}: {value}", label=T("Customers"), value=Count(5))) == "Customers: 5"


def test_placeholders_lists_names():
    """Names in braces are found once each, formats and all."""
    assert placeholders("{a} of {b} and {a}") == {"a", "b"}


def test_messages_compare_by_content():
    """Two equal messages are equal, so that tests and caches can rely on it."""
    assert T("x {a}", a=1) == Message("x {a}", {"a": 1})


def test_ends_of_an_interval_do_not_look_alike():
    """Shares get a decimal where low and high would read the same; a level and what has its own digits stay."""
    said = T("{share} ({level} {low} to {high})", share=Percent(0.953), low=Percent(0.9512), high=Percent(0.9541),
             level=Percent(0.95))  # fmt: skip
    assert str(said) == "95.3% (95% 95.1% to 95.4%)"
    assert str(T("{low} to {high}", low=Percent(0.41), high=Percent(0.43))) == "41% to 43%"
    assert [str(Percent(share)) for share in (0.9949, 0.997, 1.0)] == ["99%", "99.7%", "100%"]


def test_an_interval_does_not_end_on_its_own_number():
    """Where an end would read as the share, all shares of the sentence get a decimal; where it is the share, none."""
    said = T("{share} ({low} to {high})", share=Percent(0.583), low=Percent(0.576), high=Percent(0.59))
    assert str(said) == "58.3% (57.6% to 59.0%)"
    assert (
        str(T("{share} ({low} to {high})", share=Percent(1.0), low=Percent(0.97), high=Percent(1.0)))
        == "100% (97% to 100%)"
    )
    assert (
        str(T("{share} ({low} to {high})", share=Percent(0.58), low=Percent(None), high=Percent(None)))
        == "58% (– to –)"
    )
