"""Tests of tiles."""

from dataclasses import replace

import pytest

from cxlib.language import T
from cxlib.measures import Metric
from cxlib.report import tiles


def test_a_tile_holds_everything_a_reader_needs(metric, english):
    """Label, value, change, what it is compared with, interval and n, in this order."""
    html = tiles(metric).render(english).html
    assert html == (
        '<ul class="tiles"><li class="tile"><p class="l">NPS</p><p class="v"><bdi>+6</bdi></p>'
        '<p class="d good"><span aria-hidden="true">▲</span> +4 points, better</p>'
        '<p class="n">last quarter</p><p class="n">95% interval +4 to +8</p><p class="n">based on 6,000</p></li></ul>'
    )


def test_an_interval_that_cannot_be_told_is_not_shown(english):
    """Ends that are no numbers are no interval."""
    html = tiles(Metric("m", T("M"), 0.0, low=float("nan"), high=float("nan"), n=1)).render(english).html
    assert "interval" not in html


def test_an_interval_that_rounds_to_the_number_itself_is_not_shown(english):
    """A reader who sees 95% (95% to 95%) learns nothing; one digit further apart it is shown."""
    share = Metric("m", T("M"), 0.95, low=0.9497, high=0.9504, unit="percent")
    assert "interval" not in tiles(share).render(english).html
    assert "interval 95.0% to 96.0%" in tiles(replace(share, high=0.96)).render(english).html


@pytest.mark.parametrize(
    ("metric", "line"),
    [
        (Metric("m", T("M"), 0.1, unit="percent", polarity=-1, change=0.006), "▲</span> +0.6 points, worse"),
        (Metric("m", T("M"), 5, change=-3), "▼</span> −3, down"),
        (Metric("m", T("M"), 5, change=0), "●</span> no change"),
        (Metric("m", T("M"), 5, unit="money", currency="GBP", polarity=1, change=-250), "▼</span> −£3, worse"),
    ],
)
def test_a_change_is_shape_sign_and_word(metric, line, english):
    """Direction is the shape and the sign; the word comes from the polarity."""
    assert line in tiles(metric).render(english).html


def test_a_missing_value_is_a_dash(english):
    """A number that could not be computed is shown as a dash, and has no change line."""
    html = tiles(Metric("m", T("M"), float("nan"), change=float("nan"))).render(english).html
    assert "<bdi>–</bdi>" in html
    assert 'class="d' not in html


def test_the_payload_carries_the_metrics(metric):
    """metrics.json reads the numbers from here, at full precision."""
    (written,) = tiles(metric).payload()["metrics"]
    assert (written["name"], written["value"], written["low"], written["n"]) == ("nps", 6.0, 4.0, 6000)
