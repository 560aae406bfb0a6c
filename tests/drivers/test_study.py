"""A study of drivers leaves out what the answers cannot bear, and says so."""

import numpy as np
import pandas as pd
import pytest

from cxlib.drivers import study_drivers


@pytest.fixture
def rated():
    """Answers of 160 customers, and two ratings that go with them."""
    rng = np.random.default_rng(3)
    ratings = pd.DataFrame(rng.integers(1, 11, (160, 2)), columns=["speed", "price"])
    score = (0.6 * ratings["speed"] + 0.2 * ratings["price"] + rng.normal(0, 2, 160)).round().clip(0, 10)
    return pd.DataFrame({"nps": score, "weight": 1.0, "customer_id": np.arange(160).astype(str)}), ratings


def studied(answers, ratings):
    """The study, with few resamples."""
    return study_drivers(answers, ratings, draws=5, gain_draws=3)


@pytest.mark.parametrize("copies", [{"pace": 1.0}, {"pace": 1.0, "tempo": 1.0}, {"sum": (1.0, 1.0)}])
def test_ratings_that_others_say_already_are_left_out(rated, copies):
    """A copy of a rating, two of them, and a sum of two: named among the limits, and the rest is ranked."""
    answers, ratings = rated
    more = {name: ratings @ np.resize([weight, 0.0] if np.isscalar(weight) else weight, 2)
            for name, weight in copies.items()}  # fmt: skip
    study = studied(answers, ratings.assign(**more))
    assert len(study.ranking.table) == 2
    assert len(study.limits) == len(copies)
    assert all("other ratings say it already" in str(limit) for limit in study.limits)


@pytest.mark.parametrize("itself", [lambda nps: nps, lambda nps: 110 - 10 * nps], ids=["same", "turned round"])
def test_a_rating_that_is_the_score_is_no_driver(rated, itself):
    """It is named among the limits, and the other ratings have shares and gains as if it were not there."""
    answers, ratings = rated
    study, alone = studied(answers, ratings.assign(overall=itself(answers["nps"]))), studied(answers, ratings)
    assert "it is the score itself and no driver of it: overall" in str(study.limits[0])
    pd.testing.assert_frame_equal(study.table, alone.table)
    assert study.gains is not None
    only = studied(answers, pd.DataFrame({"overall": answers["nps"]}))
    assert only.ranking is None
    assert "No rating can be compared" in str(only.headline)


def test_a_rating_that_foretells_the_score_leaves_the_rest_of_the_study(rated):
    """Shares and the map are there; what better ratings would go with cannot be computed, and is said."""
    answers, ratings = rated
    study = studied(answers, ratings.assign(overall=answers["nps"] ** 2))
    assert study.gains is None
    assert study.ranking.leaders == ["overall"]
    assert "foretell the score all but perfectly" in str(study.limits[-1])
    assert study.scenarios.empty


def test_every_part_can_be_read_and_computed_with(rated, look):
    """No part of the study floods a notebook, and each summary holds numbers, text and days only."""
    assert {"DriverStudy", "DriverRanking", "Gains"} <= look(studied(*rated))


def test_the_regression_is_in_hand(rated):
    """Least squares on the design that is handed out gives the coefficients, and the R2 that is reported."""
    ranking = studied(*rated).ranking
    X = np.column_stack([np.ones(len(ranking.y)), ranking.X])
    slopes, *_ = np.linalg.lstsq(X, ranking.y, rcond=None)
    assert ranking.coefficients.to_numpy() == pytest.approx(slopes[1:], abs=1e-6)
    assert 1 - np.var(ranking.y - X @ slopes) / np.var(ranking.y) == pytest.approx(ranking.r_squared, abs=1e-6)
    assert (ranking.weights == 1).all()
