"""What changed between two runs, in numbers and words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxlib.publish.changes import MetricChange, compare, text_in

NUMBERS = st.floats(-1e6, 1e6)


def _metric(value, half=None, unit="points", polarity=1, **more):
    ends = {} if half is None else {"low": value - half, "high": value + half}
    return {"name": "m", "label": {"en": "NPS"}, "value": value, "unit": unit, "polarity": polarity, **ends, **more}


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (_metric(41, 3), _metric(30, 3), "▲ +11 points, better"),
        (_metric(30, 3), _metric(41, 3), "▼ −11 points, worse"),
        (_metric(41, 3), _metric(38, 3), "● no clear change"),
        (_metric(41), _metric(41), "● no change"),
        (_metric(44), _metric(41), "▲ +3 points, up"),  # without interval it is not "better"
        (_metric(44, 1, total=True), _metric(41, 1), "● +3 since the last run"),  # a total grows by itself
        (_metric(44, 3, change=-7.7), _metric(41, 3), "▼ −8 points, worse"),  # the report's own
        (_metric(0.12, 0, unit="percent", polarity=-1), _metric(0.1, 0, unit="percent"), "▲ +2.0 points, worse"),
        (_metric(120_000, unit="money", polarity=0, currency="GBP"), _metric(100_000), "▲ +£200, up"),
        (_metric(4100, unit="count", polarity=0), _metric(4250), "▼ −150, down"),
    ],
)
def test_a_change_is_a_shape_a_sign_and_a_word(now, before, words):
    """Good or bad comes from the metric's polarity, not from the direction; shares change by points."""
    change = MetricChange(now, before)
    assert f"{change.shape} {change.sentence}" == words


def test_the_bound_is_that_of_the_facing_halves():
    """With halves 3 and 4 a difference of 5 is not clear and one of 5.1 is (3-4-5 triangle; MOVER)."""
    assert not MetricChange(_metric(35, 3), _metric(30, 4)).is_clear
    assert MetricChange(_metric(35.1, 3), _metric(30, 4)).is_clear


@given(now=NUMBERS, before=NUMBERS, half=st.floats(0, 1e6))
def test_turning_two_runs_round_turns_the_change_round(now, before, half):
    """Clearness does not depend on which run came first, and the difference changes sign."""
    first, second = _metric(now, half), _metric(before, half)
    forward, back = MetricChange(first, second), MetricChange(second, first)
    assert forward.is_clear == back.is_clear
    assert forward.difference == -back.difference


def test_a_new_or_missing_value_has_no_change():
    """There is nothing to say where there is nothing to compare with."""
    assert MetricChange(_metric(1)).sentence is None
    assert MetricChange(_metric(None), _metric(1)).sentence is None
    assert MetricChange(_metric(1), _metric(None)).sentence is None


def test_an_interval_that_rounds_to_the_number_itself_is_not_shown():
    """As on a tile."""
    assert MetricChange(_metric(41, 0.3)).interval is None
    assert str(MetricChange(_metric(41, 3)).interval) == "95% interval +38 to +44"


def test_metrics_are_matched_by_name():
    """A metric is compared with its namesake, wherever it stood."""
    one, two = _metric(1) | {"name": "one"}, _metric(2) | {"name": "two"}
    assert [change.difference for change in compare([one, two], [two, one])] == [0, 0]


def test_labels_fall_back_to_english_and_to_the_name():
    """An older metrics.json may know fewer languages, or only the name."""
    assert MetricChange(_metric(1)).label("ar") == "NPS"
    assert MetricChange({"name": "nps", "value": 1}).label("en") == "nps"
    assert text_in({}, "en") == ""


def test_two_runs_of_the_same_days_say_so():
    """A year that moved on by a month shares the rest with the last run; after a year nothing is shared."""
    now = _metric(41, 3, as_of="2026-09-30", window_days=365)
    [change] = compare([now], [_metric(38, 3, as_of="2026-08-31", window_days=365)])
    assert (change.shared_days, str(change.sentence)) == (335, "no clear change; 335 days count in both runs")
    [change] = compare([now], [_metric(38, 3, as_of="2025-09-30", window_days=365)])
    assert (change.shared_days, str(change.sentence)) == (0, "no clear change")
