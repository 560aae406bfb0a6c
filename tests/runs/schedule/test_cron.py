"""Cron expressions mean what a cron library says they mean, and what schedulers disagree about is refused."""

import datetime as dt
import itertools

import pytest
from croniter import croniter
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from cxlib.errors import ConfigurationError
from cxlib.runs.planning.cron import ALIASES, parse_cron

FIELDS = (range(60), range(24), range(1, 32), range(1, 13), range(7))


def meant(expression):
    """The five sets of values of an expression."""
    cron = parse_cron(expression)
    return [sorted(values) for values in (cron.minutes, cron.hours, cron.days, cron.months, cron.weekdays)]


@pytest.mark.parametrize(
    ("expression", "field", "values"),
    [
        ("*/20 * * * *", 0, [0, 20, 40]),
        ("5-9/2,30 * * * *", 0, [5, 7, 9, 30]),
        ("0 0 * jan-mar,DEC *", 3, [1, 2, 3, 12]),
        ("0 0 * * MON-FRI", 4, [1, 2, 3, 4, 5]),
        ("0 0 * * 0", 4, [0]),
        ("0 0 * * 7", 4, [0]),
        ("0 0 * * 5-7", 4, [0, 5, 6]),
        ("0 0 * * */2", 4, [0, 2, 4, 6]),
        ("@weekly", 4, [0]),
    ],
)
def test_fields_mean_what_crontab_5_says(expression, field, values):
    """Lists, ranges, steps, names and both Sundays, as in the manual page crontab(5)."""
    assert meant(expression)[field] == values


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("60 * * * *", "'60' is no minute; allowed: 0-59"),
        ("0 24 * * *", "'24' is no hour"),
        ("0 0 0 * *", "'0' is no day of the month"),
        ("0 0 * 13 *", "'13' is no month; allowed: 1-12 or jan-dec"),
        ("0 0 * * funday", "'funday' is no weekday; allowed: 0-7 or sun-sat"),
        ("0 0 * *", "five fields, this has 4"),
        ("0 0 0 * * *", "five fields, this has 6"),
        ("", "five fields, this has 0"),
        ("@dayly", "Did you mean '@daily'"),
        ("@reboot", "@reboot is not known"),
        ("*/0 * * * *", "a step of the minute field must be at least 1"),
        ("5/10 * * * *", "cannot hold '5/10'"),
        ("0 0 L * *", "'l' is no day of the month"),
        ("0 0 ? * 1", r"cannot hold '\?'"),
        ("0 0 * * 5#2", "cannot hold '5#2'"),
        ("H H * * *", "'h' is no minute"),
        ("0 0 * * fri-mon", "runs backwards"),
        ("0 *,5 * * *", r"cannot hold '\*'"),
        ("0 0 31 2,4 *", "never comes"),
        ("0 0 */2 * mon", "schedulers disagree"),
        ("0 0 1 * */2", "schedulers disagree"),
        ("0 0 * * *; rm -rf /", "five fields, this has 8"),
        ("0 0 * * *\n* * * * * root", "five fields, this has 11"),
    ],
)
def test_what_is_wrong_is_named_with_an_example(expression, words):
    """A field is named with its value and what is allowed, and an example follows."""
    with pytest.raises(ConfigurationError, match=words) as raised:
        parse_cron(expression)
    assert "30 6 * * mon-fri" in str(raised.value)


def test_the_29th_of_february_comes():
    """A day that some years have is a day."""
    assert meant("0 0 29 2 *")[2] == [29]


def test_both_days_limited_means_either():
    """The rule of crontab(5); where one of the two limits nothing, every day is meant."""
    assert parse_cron("0 6 1 * mon").text == "0 6 1 * 1"
    assert parse_cron("0 6 1-31 * mon").text == "0 6 * * *"
    assert parse_cron("0 6 1 * 0-6").text == "0 6 * * *"


def test_a_range_of_one_value_is_that_value():
    """Not every hour, as croniter 7.0.0 would read `4-4` (findings/croniter-range-of-one.sh)."""
    assert parse_cron("0 4-4 * * *").text == "0 4 * * *"


@st.composite
def expressions(draw):
    """Expressions of all forms that are accepted."""

    def item(values, *, names=()):
        low, high = values[0], values[-1]
        first = draw(st.integers(low, high - 1))
        last = draw(st.integers(first + 1, high))  # croniter 7.0.0 reads 4-4 as every value
        step = draw(st.integers(1, 12))
        forms = [f"{first}", f"{first}-{last}", f"{first}-{last}/{step}"]
        if names and names[last - low] != names[0]:  # by name a range ends on Saturday at the latest
            forms += [names[first - low], f"{names[first - low]}-{names[last - low]}".upper()]
        return draw(st.sampled_from(forms))

    def field(values, *, names=()):
        listed = ",".join(item(values, names=names) for _ in range(draw(st.integers(1, 3))))
        return draw(st.sampled_from(["*", f"*/{draw(st.integers(1, 7))}", listed, listed]))

    days, weekdays = field(FIELDS[2]), field(range(8), names=("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun"))
    if days != "*" and weekdays != "*":  # the rest is refused, see above
        days, weekdays = (text.replace("*/", "1-6/") for text in (days, weekdays))
    months = field(
        FIELDS[3], names=("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
    )
    return " ".join([field(FIELDS[0]), field(FIELDS[1]), days, months, weekdays])


def next_times(expression, n, start=dt.datetime(2026, 11, 22, 3, 7)):
    """The next `n` times of an expression, by croniter."""
    return list(itertools.islice(croniter(expression, start, ret_type=dt.datetime).all_next(), n))


@settings(max_examples=200)
@given(expressions())
def test_the_plain_text_means_the_same(expression):
    """An expression and its plainest form come at the same times, by a library of their own."""
    try:
        plain = parse_cron(expression).text
    except ConfigurationError:  # such as 31 February
        reject()
    assert next_times(plain, 20) == next_times(expression, 20)
    assert parse_cron(plain) == parse_cron(expression)


@pytest.mark.parametrize("alias", ALIASES)
def test_aliases_mean_what_the_library_says(alias):
    """Every alias comes when croniter says it does."""
    assert next_times(parse_cron(alias).text, 10) == next_times(alias, 10)
