"""Change between periods and segments against the rest: real, or noise."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxlib.errors import DataError
from cxlib.measures import compare_scores, doubt_scale, score_segments
from cxlib.measures.sampling import adjust_holm, clustered_variance, effective_n, number_groups, two_sided

ANSWERS = st.lists(st.integers(0, 10), min_size=30, max_size=120)


def test_holm_against_statsmodels():
    """Holm's adjusted p-values are those of statsmodels; NaN count as not tested."""
    from statsmodels.stats.multitest import multipletests

    p = np.random.default_rng(0).random(20) ** 3
    assert adjust_holm(p) == pytest.approx(multipletests(p, method="holm")[1])
    assert adjust_holm([0.01, np.nan, 0.02]) == pytest.approx([0.02, np.nan, 0.02], nan_ok=True)


def test_repeated_customers_give_the_paired_variance():
    """Where every customer answers twice, the linearised variance is that of the paired differences."""
    rng = np.random.default_rng(0)
    before, now = rng.normal(0, 1, (2, 200))
    influence = np.concatenate([now - now.mean(), -(before - before.mean())]) / 200
    paired = np.var(now - before) / 200
    assert clustered_variance(influence, np.tile(np.arange(200), 2)) == pytest.approx(paired)


def test_pairing_sharpens_a_change():
    """The same customers, each a little less happy: noise between strangers, significant when paired."""
    before = np.repeat([10, 8, 5], [60, 60, 60])
    now = np.concatenate([np.repeat([10, 8], [51, 9]), np.repeat([8, 5], [51, 9]), np.repeat(5, 60)])
    people = np.arange(180)
    strangers, paired = compare_scores(now, before), compare_scores(now, before, customers=(people, people))
    assert strangers.value == pytest.approx(paired.value)
    assert (strangers.significant, paired.significant) == (False, True)
    assert paired.repeated == 180
    assert "has not clearly changed" in str(strangers.headline)
    assert str(paired.headline).startswith("NPS has fallen by 10 points")


@given(ANSWERS, ANSWERS)
def test_swapping_periods_turns_the_change(one, other):
    """Now for before turns sign and interval, and the p-value stays."""
    there, back = compare_scores(one, other), compare_scores(other, one)
    assert [there.value, there.low, there.p_value] == pytest.approx([-back.value, -back.high, back.p_value])


@given(ANSWERS)
def test_no_change_is_never_significant(answers):
    """A period compared with its own answers has not changed."""
    change = compare_scores(answers, answers)
    assert change.value == 0
    assert not change.significant
    assert change.p_value == 1


def test_rise_and_few_answers():
    """A rise is called one; a period with few answers gives none."""
    assert "has risen by 50 points" in str(compare_scores([10] * 90 + [3] * 30, [10] * 60 + [3] * 60).headline)
    few = compare_scores([10] * 90, [3] * 20)
    assert np.isnan(few.value)
    assert "too few answers" in str(few.headline)
    assert "change" in few._repr_html_()


def test_customers_of_one_period_only():
    """Customers must be known for both periods or for none."""
    with pytest.raises(DataError, match="one period only"):
        compare_scores([10] * 40, [9] * 40, customers=(np.arange(40), None))


def test_segments_by_hand():
    """A segment's difference is its score less the score of all others; a small segment is not tested."""
    scores = [10] * 80 + [3] * 60 + [8] * 20
    table = score_segments(scores, ["a"] * 70 + ["b"] * 70 + ["c"] * 20).table.set_index("segment")
    assert table.loc["a", "difference"] == pytest.approx(100 - 100 * (10 - 60) / 90)
    assert table.loc["c", "standing"] == "suppressed"
    assert np.isnan(table.loc["c", "difference"])


def test_segment_headlines():
    """The clearest segment is named, up or down; alike segments are called so; missing segments are left out."""
    down = score_segments([10] * 150 + [3] * 50, ["a"] * 75 + ["b"] * 75 + ["c"] * 50)
    assert str(down.headline).startswith("“c” stands out: NPS is −100 there, 200 points below")
    assert "above the others" in str(
        score_segments([3] * 150 + [10] * 50, ["a"] * 75 + ["b"] * 75 + ["c"] * 50).headline
    )
    alike = score_segments([10, 3] * 100, ["a", "a", "b", "b"] * 50)
    assert str(alike.headline).startswith("No segment clearly differs from the others in NPS")
    assert score_segments([10] * 100, ["a", None] * 50).table["n"].tolist() == [50]
    assert "against the others" in alike._repr_html_()


def test_small_parts():
    """Effective n, groups with unknown customers, and a test without an error."""
    assert effective_n([]) == 0
    assert number_groups(["x", None, "x", None], 4).tolist() == [0, 1, 0, 2]
    assert two_sided([0.0, 1.0], [0.0, 0.5]) == pytest.approx([1, 0.0455], abs=1e-4)
    with pytest.raises(DataError, match="2 customers for 3 answers"):
        number_groups(["x", "y"], 3)


@pytest.mark.slow
@pytest.mark.parametrize("repeats", [1, 3])
def test_false_changes_are_rare(repeats):
    """1,000 pairs of periods without a change, each customer answering once or three times: 3-7.5 % called changed."""
    rng, found = np.random.default_rng(repeats), 0
    for _ in range(1000):
        mood = rng.normal(0, 1, 200)
        people = np.repeat(np.arange(200), repeats)
        now, before = (np.clip(np.round(8 + 1.5 * mood[people] + rng.normal(0, 1, len(people))), 0, 10) for _ in "ab")
        found += compare_scores(now, before, customers=(people, people)).significant
    assert 0.03 <= found / 1000 <= 0.075


def test_inputs_stay_as_they_are():
    """Neither answers nor segments are changed."""
    scores, segments = pd.Series([10] * 50 + [3] * 50), pd.Series(["a", "b"] * 50)
    kept = scores.copy(), segments.copy()
    score_segments(scores, segments)
    pd.testing.assert_series_equal(scores, kept[0])
    pd.testing.assert_series_equal(segments, kept[1])


def test_a_change_of_less_than_a_point_is_none_however_many_answer():
    """200,000 answers a period: .6 of a point is sure and no change; two points are."""
    n = 200_000

    def answers(up):
        promoters = round(n * (0.5 + up))
        return np.repeat([10, 8, 3], [promoters, n - promoters - n // 5, n // 5])

    small, large = (compare_scores(answers(up), answers(0.0)) for up in (0.006, 0.02))
    assert small.low > 0
    assert not small.significant
    assert str(small.headline).startswith("NPS has hardly changed: +31 after +30, less than a point")
    assert large.significant
    groups = np.repeat(["a", "b"], n)
    assert not score_segments(np.concatenate([answers(0.006), answers(0.0)]), groups).table["significant"].any()
    assert score_segments(np.concatenate([answers(0.02), answers(0.0)]), groups).table["significant"].all()


def asked_anew(seed):
    """Answers whose level drifts, some customers answering often; and the same with a part asked from 1 to 5 or 7."""
    rng = np.random.default_rng(seed)
    n = int(rng.choice([300, 1000, 4000]))
    who = rng.integers(0, int(n * rng.choice([0.2, 0.5, 1])), n)
    level = rng.normal(8, 1.5) + rng.choice([0, -3, 3]) * np.linspace(0, 1, n) + rng.normal(0, 1.5, n)[who]
    days = pd.Timestamp("2025-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 600, n)), unit="D")
    nps = (level + rng.normal(0, rng.choice([1, 2]), n)).round().clip(0, 10)
    top, part = rng.choice([5, 7]), (np.arange(n) > rng.uniform(0.1, 0.9) * n) == (rng.random() < 0.5)
    rows = pd.DataFrame({"day": days, "nps": nps, "customer_id": who})
    return rows, rows.assign(nps=np.where(part, (nps / 10 * (top - 1) + 1).round(), nps))


def test_another_scale_is_seen_on_any_day_and_nowhere_else():
    """300 logs with a scale of 1 to 5 or 7 before or since a day: seen in 90 of 100; of those without one in none."""
    logs = [asked_anew(seed) for seed in range(300)]
    assert sum(doubt_scale(rows) is not None for rows, _ in logs) == 0
    assert sum(doubt_scale(rows) is not None for _, rows in logs) >= 270
