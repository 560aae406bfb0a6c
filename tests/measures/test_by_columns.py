"""Several divisions at once: more looks do not find more, and frames come out as the scores need them."""

import numpy as np
import pandas as pd
import pytest

from cxlib.errors import DataError
from cxlib.measures import (
    compare_answers,
    divisions,
    explain_divided,
    score_divided,
    trend_months,
    weigh_answers,
    weigh_period,
)


def answers(n=600, seed=1):
    """Answers that depend on nothing, with many columns that divide them by chance."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame({"nps": random.choice([10, 8, 3], n), "weight": 1.0, "customer_id": np.arange(n)})
    return frame.assign(**{f"c{i}": random.choice(["a", "b", "c"], n) for i in range(12)})


def test_correction_is_over_all_divisions():
    """The adjusted p-value of a division looked at with eleven others is no smaller than alone."""
    frame, columns = answers(), [f"c{i}" for i in range(12)]
    alone, among = score_divided(frame, by=["c0"]), score_divided(frame, by=columns)
    assert (among.parts["c0"].table["p_adjusted"] >= alone.parts["c0"].table["p_adjusted"]).all()
    assert among.table["p_adjusted"].min() == pytest.approx(min(1, 36 * among.table["p_value"].min()))
    assert len(among.table) == 36


@pytest.mark.slow
def test_chance_is_seldom_called_a_change():
    """Without any change, 60 runs over twelve divisions claim one in at most one of ten runs."""
    columns, claims = [f"c{i}" for i in range(12)], 0
    for run in range(60):
        found = explain_divided(answers(600, 2 * run), answers(600, 2 * run + 1), by=columns)
        claims += any(not part.changed.empty for part in found.parts.values())
    assert claims <= 6


def test_the_clearest_division_leads():
    """A fall in one region is found, and the division by region is the one to show."""
    before = answers().assign(region=["north", "south"] * 300)
    now = before.assign(nps=before["nps"].where(before["region"] == "north", 3))
    found = explain_divided(now, before, by=["c0", "region"])
    assert found.leading == "region"
    assert found.parts["region"].changed["group"].tolist() == ["south"]
    assert "south" in str(found.headline)


def test_too_few_answers_are_not_divided():
    """Without an earlier period there are no parts, no findings and no error."""
    found = explain_divided(answers(), answers().iloc[:0], by=["c0"])
    assert found.leading is None
    assert found.findings == ()
    assert "nothing to divide" in str(found.headline)


def test_an_unknown_column_is_named():
    """The error names the nearest column."""
    with pytest.raises(DataError, match="no column 'regoin'"):
        score_divided(answers().assign(region="a"), by=["regoin"])


def test_only_columns_with_two_groups_divide():
    """A column with one group, or none, is passed over."""
    frame = pd.DataFrame({"region": ["n", "s"], "plan": ["a", "a"], "store": [None, None]})
    assert divisions(frame, [], among=["region", "plan", "store"]) == ["region"]
    assert divisions(frame, ["region"], among=[]) == ["region"]


def test_weights_meet_the_margins():
    """After weighting each group has its share, and answers without a score are gone."""
    frame = answers().assign(age=["old"] * 400 + ["young"] * 200)
    frame.loc[0, "nps"] = np.nan
    found = weigh_answers(frame, {"age": {"old": 0.5, "young": 0.5}})
    share = found["weight"][found["age"] == "old"].sum() / found["weight"].sum()
    assert share == pytest.approx(0.5)
    assert len(found) == 599
    assert weigh_answers(frame, {}) is frame


def test_invitations_fewer_than_answers_are_set_aside():
    """A response rate above one is not shown."""
    frame = answers().assign(age=["old"] * 400 + ["young"] * 200)
    margins = {"age": {"old": 0.5, "young": 0.5}}
    assert weigh_period(frame, margins, invited=10).response_rate is None
    assert weigh_period(frame, margins, invited=1200).response_rate == 0.5
    assert weigh_period(frame.head(20), margins) is None


def test_the_last_period_does_not_set_its_own_limits():
    """A fall in the last months leaves the centre where it was."""
    days = pd.date_range("2025-01-01", "2026-06-30")
    late = days > "2026-04-01"
    frame = pd.DataFrame({"day": days, "nps": np.where(late, 3, np.resize([10, 8, 3], len(days))), "weight": 1.0})
    found = trend_months(frame.loc[frame.index.repeat(3)], recent_days=90)
    assert abs(found.centre) < 2
    assert found.table["signal"].iloc[-1] == "below"
    assert trend_months(frame.head(20)) is None
    assert trend_months(frame.assign(day=pd.NaT)) is None


def test_comparison_pairs_customers():
    """The same customers with the same answers have not changed at all."""
    assert compare_answers(answers(), answers()).value == 0
    assert compare_answers(answers(), answers()).repeated == 600
