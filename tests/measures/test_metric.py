"""Tests of the headline number."""

import datetime as dt
import json

import numpy as np
import pytest

from cxlib.errors import ConfigurationError
from cxlib.language import T, available_languages
from cxlib.measures import Metric


def test_a_metric_shows_its_value_in_its_unit():
    """Percent, money in cents, points, days and counts each have their own form."""
    shown = {
        unit: str(T("{v}", v=Metric("m", T("M"), value, unit=unit, currency="GBP").quantity))
        for unit, value in {"percent": 0.42, "money": 175_512, "points": -48.2, "days": 3, "count": 1200}.items()
    }
    assert shown == {"percent": "42%", "money": "£1,755", "points": "−48", "days": "3 days", "count": "1,200"}


def test_a_metric_becomes_plain_json():
    """Numpy numbers, dates and missing values end as JSON values, and the label as one text a language."""
    metric = Metric("m", T("M"), np.float64(0.5), low=float("nan"), n=np.int64(7), as_of=dt.date(2026, 9, 30))
    written = json.loads(json.dumps(metric.to_dict(), allow_nan=False))
    assert written["value"] == 0.5
    assert written["low"] is None
    assert written["n"] == 7
    assert written["as_of"] == "2026-09-30"
    assert written["label"] == dict.fromkeys(available_languages(), "M")


@pytest.mark.parametrize(
    ("change", "polarity", "better"),
    [(1, 1, True), (1, -1, False), (-1, -1, True), (-1, 1, False), (1, 0, None), (0, 1, None), (None, 1, None)],
)
def test_good_and_bad_come_from_the_polarity(change, polarity, better):
    """A rise of churn is worse, a rise of NPS better, and a rise of a neutral measure neither."""
    assert Metric("m", T("M"), 1.0, change=change, polarity=polarity).is_better is better


def test_an_unknown_unit_names_the_allowed_ones():
    """A slip in the unit is answered with the nearest one."""
    with pytest.raises(ConfigurationError, match="Did you mean 'percent'"):
        Metric("m", T("M"), 1.0, unit="percents")


def test_a_polarity_is_a_direction():
    """Anything but -1, 0 and 1 is refused."""
    with pytest.raises(ConfigurationError, match="polarity is 2"):
        Metric("m", T("M"), 1.0, polarity=2)
