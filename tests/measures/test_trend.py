"""Control limits by period."""

import numpy as np
import pandas as pd
import pytest

from cxlib.errors import DataError
from cxlib.measures import trend_scores


def test_limits_by_hand():
    """Limits lie three multinomial standard errors about the centre, by the period's own n."""
    found = trend_scores([10, 8, 3] * 40, [1, 2, 3, 4] * 30)
    half = 3 * 100 * np.sqrt((2 * 40.75 / 123) / 30)  # 3/4 of an answer is added to promoters and detractors
    assert found.centre == 0
    assert found.table["upper"].tolist() == pytest.approx([half] * 4)
    assert found.table["signal"].tolist() == [""] * 4
    assert "within its usual range" in str(found.headline)


@pytest.mark.parametrize(("answer", "signal", "said"), [(2, "below", "fell below"), (10, "above", "rose above")])
def test_a_period_outside(answer, signal, said):
    """A last period of one kind of answer only stands outside limits that come from those before."""
    months = pd.period_range("2026-01", periods=5, freq="M")
    scores = [*([10, 8, 3, 7] * 80), *[answer] * 40]
    periods = [*np.repeat(months[:4], 80), *[months[4]] * 40]
    found = trend_scores(scores, periods, baseline=months[:4])
    assert found.table["signal"].tolist() == [""] * 4 + [signal]
    assert f"In May 2026 NPS {said} its usual range" in str(found.headline)
    assert "signal" in found._repr_html_()
    assert found.summary["period"].iloc[-1] == pd.Timestamp("2026-05-01")


def test_a_run_is_a_shift():
    """Eight periods in a row above the centre of a baseline are a shift, though each is within its limits."""
    base, up = [10] * 40 + [3] * 40, [10] * 44 + [3] * 36
    found = trend_scores(base * 2 + up * 8, np.repeat(np.arange(10), 80), baseline=[0, 1])
    assert found.table["signal"].tolist() == [""] * 9 + ["run"]
    assert "has shifted" in str(found.headline)


def test_small_periods_give_no_signal():
    """A period with few answers has no value and no signal."""
    found = trend_scores([10, 3] * 40 + [0] * 10, [1] * 80 + [2] * 10)
    assert found.table["signal"].tolist() == ["", ""]
    assert np.isnan(found.table["value"].iloc[1])
    assert "No period has enough" in str(trend_scores([5] * 3, [1] * 3).headline)


def test_refusals():
    """An empty baseline and answers without a period are refused."""
    with pytest.raises(DataError, match="baseline"):
        trend_scores([10] * 40, [1] * 40, baseline=[2])
    with pytest.raises(DataError, match="no period"):
        trend_scores([10] * 40, [1, None] * 20)
