"""The true parameters: their formulas, and that they survive as JSON."""

import json
from dataclasses import replace

import pytest

from cxlib.data.demo import Truth


def test_expected_repeats_are_those_published_for_cdnow(expected_repeats):
    """BG/NBD E[X(52)] of CDNOW is 1.444004 (BTYD vignette), and E[X(t)] at 1 and 78 weeks .0532 and 1.8576 (Hardie)."""
    cdnow = replace(Truth().groups[0], r=0.2425945, alpha=4.4136019, a=0.7929199, b=2.4258881)
    assert expected_repeats(cdnow, 52) == pytest.approx(1.444004, abs=1e-4)
    # Hardie's parameters differ from these in the last digits.
    assert expected_repeats(cdnow, 1) == pytest.approx(0.0532, abs=1e-4)
    assert expected_repeats(cdnow, 78) == pytest.approx(1.8576, abs=5e-4)


def test_shares_are_shares():
    """Every list of shares sums to one."""
    truth = Truth()
    assert sum(group.share for group in truth.groups) == pytest.approx(1)
    assert sum(way.share for way in truth.acquisitions) == pytest.approx(1)
    assert sum(age.share for age in truth.survey.ages) == pytest.approx(1)
    assert sum(share for _, share in truth.survey.touchpoints) == pytest.approx(1)
    for group in truth.groups:
        assert (sum(group.channels), sum(group.products)) == (pytest.approx(1), pytest.approx(1))


def test_json_holds_every_parameter():
    """The JSON text has the nested parameters under their names, dates as text."""
    found = json.loads(Truth().to_json())
    assert found["groups"][0]["r"] == Truth().groups[0].r
    assert found["memberships"]["hazard"]["low_rating"] == Truth().memberships.hazard.low_rating
    assert found["fall"]["since"] == "2026-07-01"


def test_three_years():
    """The data cover three years to the end of September 2026."""
    truth = Truth()
    assert (truth.days, truth.day_number("2023-10-01"), truth.day_number(truth.end)) == (1096, 0, 1095)
