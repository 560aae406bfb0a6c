"""Satisfaction and ease are explained as NPS is: the same statistics, of answers that count as good or not."""

import io
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from cxlib.data import Workspace
from cxlib.drivers import AnswerDesign, ScoreQuestion, gather_answers, rank_drivers, study_score
from cxlib.errors import ParameterError
from cxlib.measures import score_ces, score_csat, score_nps
from cxlib.measures.satisfaction import OUTCOMES
from cxlib.runs.console import Answer, _say_outcome

SCALES = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}
MAKERS = {"nps": score_nps, "csat": score_csat, "ces": score_ces}
DRIVERS = ("speed", "price", "choice", "app")


def survey(name, n=900, seed=1):
    """Answers of one kind over half a year; speed is the planted driver, price a lesser one, the others are useless."""
    rng = np.random.default_rng(seed)
    low, high = SCALES[name]
    ratings = pd.DataFrame(rng.integers(1, 6, (n, 4)), columns=[f"rating_{driver}" for driver in DRIVERS])
    mood = 0.9 * ratings["rating_speed"] + 0.45 * ratings["rating_price"] - 4.05 + rng.normal(0, 1, n)
    answer = ((low + high) / 2 + 1 + mood * (high - low) / 6).round().clip(low, high)
    late = np.where(ratings["rating_speed"] < 3, "The delivery was late", "Fair price")
    return ratings.assign(
        **{name: answer},
        response_id=np.arange(n).astype(str),
        customer_id=[f"c{at % (n * 3 // 4)}" for at in range(n)],
        at=pd.Timestamp("2026-06-30") - pd.to_timedelta(rng.integers(0, 180, n), unit="D"),
        touchpoint=rng.choice(["shop", "web"], n),
        comment=late,
    )


def study(rows, draws=30, gain_draws=10, **asked):
    """A study of these answers, with few resamples."""
    shop = Workspace.from_frames({"surveys": rows}, currency="SAR", time_zone="Asia/Riyadh")
    return study_score(gather_answers(shop, ScoreQuestion(**asked)), draws=draws, gain_draws=gain_draws)


@pytest.mark.parametrize("name", SCALES)
def test_every_part_is_of_the_outcome(name):
    """Score, change, months, groups, topics and gains agree with the score of the same answers, computed alone."""
    rows, make = survey(name), MAKERS[name]
    all_of_it = study(rows)
    now = rows[rows["at"] > rows["at"].max() - pd.Timedelta(days=90)]
    assert all_of_it.outcome.name == name
    assert all_of_it.score.value == pytest.approx(make(now[name], customers=now["customer_id"]).value)
    change, groups = all_of_it.change, all_of_it.groups.table
    assert change.value == pytest.approx(change.now.points[0] - change.before.points[0])
    for _, group in groups.iterrows():
        alone = make(rows.loc[rows["touchpoint"] == group["segment"], name])
        assert group["value"] == pytest.approx(alone.points[0])
    for _, month in all_of_it.trend.table.iterrows():
        alone = make(rows.loc[rows["at"].dt.to_period("M") == month["period"], name])
        assert month["value"] == pytest.approx(alone.points[0])
        assert all_of_it.outcome.least <= month["lower"] <= month["upper"] <= 100
    part = all_of_it.by_group.parts["touchpoint"]
    assert part.mix + part.performance == pytest.approx(change.value)
    topics = all_of_it.topics.table.set_index("topic")
    touched = rows["comment"].str.contains("late")
    without = make(rows.loc[~touched, name]).points[0]
    assert topics.loc["delivery", "effect"] == pytest.approx(make(rows[name]).points[0] - without)
    assert all_of_it.drivers.ranking.leaders == ["Speed"]
    assert all_of_it.drivers.gains.scenario("point")["driver"].iloc[0] == "speed"
    assert (all_of_it.behind is None) or name == "nps"


def test_points_of_better_ratings_are_the_share_that_turns_good():
    """A yes or no that follows one rating by the logistic curve: the gain of a point is what the curve says."""
    rng = np.random.default_rng(5)
    ratings = pd.DataFrame(rng.integers(1, 6, (6000, 2)), columns=["rating_speed", "rating_price"])

    def chance(speed):
        return 1 / (1 + np.exp(-(0.8 * speed - 2.4)))

    rows = ratings.assign(response_id=np.arange(6000), csat=(rng.random(6000) < chance(ratings["rating_speed"])) + 1)
    gains = study(rows, draws=2, gain_draws=20, csat_scale=[1, 2, 1]).drivers.gains.scenario("point")
    better = chance((ratings["rating_speed"] + 1).clip(upper=5)) - chance(ratings["rating_speed"])
    speed = gains.set_index("driver").loc["speed"]
    assert speed["low"] < 100 * better.mean() < speed["high"]
    assert speed["gain"] == pytest.approx(100 * better.mean(), abs=1.5)


def test_the_score_that_is_asked_for_is_the_one():
    """With all three, each can be asked for, NPS is the default, and the others are told beside it."""
    rows = survey("nps").assign(csat=survey("csat")["csat"], ces=survey("ces")["ces"])
    for name in SCALES:
        whole = study(rows, draws=2, gain_draws=2, outcome=name)
        assert whole.score.metric.name == name
        assert [other.metric.name for other in whole.others] == [other for other in SCALES if other != name]
    assert study(rows, draws=2, gain_draws=2).score.metric.name == "nps"


def test_where_nobody_was_asked_for_nps_another_score_stands_in():
    """CSAT before CES; a score that is asked for by name is kept, also where nobody gave it."""
    both = survey("csat").assign(ces=survey("ces")["ces"], nps=None)
    assert study(both, 2, 2).outcome.name == "csat"
    assert study(both, 2, 2, outcome="ces").outcome.name == "ces"
    without = study(survey("ces"), 2, 2, outcome="csat")
    assert without.outcome.name == "csat"
    assert "No CSAT answer is known" in str(without.drivers.headline)
    assert study(both, 2, 2, outcome="nps").outcome.name == "nps"
    assert study(survey("nps").drop(columns="nps"), 2, 2).outcome.name == "nps"


def test_satisfaction_is_no_driver_of_satisfaction():
    """The same column mapped as the answer and as a rating: left out and named; the rest is ranked without it."""
    rows = survey("csat")
    whole = study(rows.assign(rating_overall=rows["csat"]))
    assert "it is the score itself and no driver of it: Overall" in str(whole.drivers.limits[0])
    assert whole.drivers.ranking.leaders == ["Speed"]


@pytest.mark.parametrize("name", ["cast", "CSAT", ""])
def test_an_outcome_that_there_is_not_is_refused(name):
    """The error names those that there are."""
    with pytest.raises(ParameterError, match=r"there is no score .*nps"):
        study(survey("csat"), 2, 2, outcome=name)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("auto", "nps_drivers explains csat, for there is no answer to nps."),
        ("csat", "nps_drivers explains csat."),
        (
            "nps",
            "nps_drivers explains nps, though there is no answer to it. "
            "Leave 'outcome' out of its parameters to have csat explained.",
        ),
        (None, ""),
    ],
)
def test_the_check_says_which_score_is_explained(asked, said):
    """The one that stands in, or the one asked for; nothing of a report that does not ask."""
    shop = Workspace.from_frames({"surveys": survey("csat")}, currency="SAR", time_zone="Asia/Riyadh")
    plan = SimpleNamespace(name="nps_drivers", parameters={} if asked is None else {"outcome": asked})
    console = Console(file=io.StringIO(), width=200)
    _say_outcome(Answer(console), shop, [plan])
    assert console.file.getvalue().strip() == said


def ranked(rows, name):
    """The ranking of these answers alone, as the study makes it."""
    ratings = rows.filter(like="rating_").rename(columns=lambda column: column.removeprefix("rating_"))
    design = AnswerDesign(customers=rows["customer_id"], outcome=OUTCOMES[name])
    return rank_drivers(ratings, rows[name], design, draws=60)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["csat", "ces"])
def test_planted_drivers_are_recovered(name):
    """100 companies: the planted driver comes first, a useless one is named in at most 5."""
    first = useless = 0
    for seed in range(100):
        ranking = ranked(survey(name, n=400, seed=seed), name)
        first += ranking.leaders[0] == "speed"
        useless += bool({"choice", "app"} & set(ranking.leaders))
    assert first == 100
    assert useless <= 5


@pytest.mark.slow
@pytest.mark.parametrize("name", ["csat", "ces"])
def test_where_nothing_moves_the_score_no_driver_is_named(name):
    """100 companies whose ratings say nothing: drivers are said to matter in at most 5 of them."""
    named = 0
    for seed in range(100):
        rows = survey(name, n=400, seed=seed)
        shuffled = np.random.default_rng(seed).permutation(rows[name])
        named += ranked(rows.assign(**{name: shuffled}), name).explains
    assert named <= 5
