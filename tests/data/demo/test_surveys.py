"""The survey: weights behind the answer, missing ratings, who answers, and the planted fall."""

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm

from cxlib.data.demo import Truth, simulate


def _nps(scores):
    return 100 * ((scores >= 9).mean() - (scores <= 6).mean())


def _centred(company, ratings, used):
    means = np.array([driver.mean for driver in company.truth.survey.drivers])
    return np.where(used, ratings - means, 0.0)


def test_regression_of_the_latent_answer_finds_the_weights(company):
    """Ordinary least squares on the ratings before any went missing gives each driver's weight, within 4 errors."""
    asked, names = company.hidden["invitations"], company.truth.survey.driver_names
    ratings = asked[[f"rating_{name}" for name in names]].to_numpy()
    X = sm.add_constant(_centred(company, ratings, asked[[f"used_{name}" for name in names]].to_numpy()))
    fit = sm.OLS(asked["latent"].to_numpy(), X).fit()
    planted = [company.truth.survey.base, *(driver.weight for driver in company.truth.survey.drivers)]
    assert np.abs((fit.params - planted) / fit.bse).max() < 4


def test_regression_of_the_stored_answers_keeps_the_weights_in_proportion(company):
    """Rounding, clipping and missing ratings shrink all weights alike: proportions stay within a tenth."""
    surveys, survey = company.tables["surveys"], company.truth.survey
    ratings = surveys[[f"rating_{name}" for name in survey.driver_names]]
    complete = ratings.notna().all(axis=1)
    used = (ratings != survey.not_applicable)[complete].to_numpy()
    X = sm.add_constant(_centred(company, ratings[complete].to_numpy(), used))
    weights = sm.OLS(surveys.loc[complete, "nps"].to_numpy(), X).fit().params[1:]
    planted = np.array([driver.weight for driver in survey.drivers])
    assert weights / weights[0] == pytest.approx(planted / planted[0], abs=0.1)


def test_missing_ratings_come_at_their_rates(company):
    """Skips are blanks at each driver's rate, "not applicable" is its code, and unhappy customers skip the price."""
    surveys, survey = company.tables["surveys"], company.truth.survey
    for driver in survey.drivers:
        ratings = surveys[f"rating_{driver.name}"]
        happy = surveys["nps"] > 6
        assert ratings[happy].isna().mean() == pytest.approx(driver.skipped, abs=0.015), driver.name
        if driver.name == "price":
            assert ratings[~happy].isna().mean() == pytest.approx(driver.skipped * survey.unhappy_skip, abs=0.03)
    web = surveys["rating_website_app"].dropna()
    assert (web == survey.not_applicable).mean() == pytest.approx(0.04, abs=0.01)
    support = surveys.loc[surveys["touchpoint"] == "support", "rating_support"].dropna()
    assert not (support == survey.not_applicable).any()


def test_response_bias_is_the_planted_one(company):
    """A logistic regression of who answers on satisfaction and age finds the planted log-odds, within 4 errors."""
    asked, survey = company.hidden["invitations"], company.truth.survey
    people = company.hidden["customers"].merge(company.tables["customers"], on="customer_id").set_index("customer_id")
    people = people.loc[asked["customer_id"]]
    bands = [age.band for age in survey.ages if age.response]
    X = np.column_stack([people["satisfaction"], *(people["age_band"] == band for band in bands)]).astype(float)
    fit = sm.Logit(asked["responded"].astype(float).to_numpy(), sm.add_constant(X)).fit(disp=0)
    planted = [survey.response, survey.response_satisfaction, *(age.response for age in survey.ages if age.response)]
    assert np.abs((fit.params - planted) / fit.bse).max() < 4
    assert _nps(asked.loc[asked["responded"], "nps"]) > _nps(asked["nps"]) + 1


def test_expectations_have_their_means(company):
    """Expectations average near their planted means, clipping at 5 aside, and delivery's gap is negative."""
    surveys = company.tables["surveys"]
    for driver in company.truth.survey.drivers:
        assert surveys[f"expect_{driver.name}"].mean() == pytest.approx(driver.expectation, abs=0.15), driver.name
    rated = surveys[surveys["rating_delivery"] != company.truth.survey.not_applicable]
    assert (rated["rating_delivery"] - rated["expect_delivery"]).mean() < -0.3


def _fall(company):
    """Change in NPS of the fallen touchpoint since the fall against its time before, and that of all others."""
    surveys, fall = company.tables["surveys"], company.truth.fall
    about, late = surveys["touchpoint"] == fall.touchpoint, surveys["day"] >= str(fall.since)
    scores = surveys["nps"]
    return (
        _nps(scores[about & late]) - _nps(scores[about & ~late]),
        _nps(scores[~about & late]) - _nps(scores[~about & ~late]),
    )


def test_the_planted_fall_is_visible(company):
    """NPS about deliveries falls by more than 12 points from July 2026 on; about everything else it does not."""
    fallen, others = _fall(company)
    assert fallen < -12
    assert abs(others) < 9


def test_no_fall_where_none_is_planted():
    """With a fall of nothing the touchpoint moves like the others."""
    truth = replace(Truth(), fall=replace(Truth().fall, rating_points=0.0))
    fallen, _ = _fall(simulate(seed=7, truth=truth))
    assert abs(fallen) < 12


def test_weights_undo_the_sampling_of_members(company):
    """Loyalty members are asked twice as often and weigh half as much."""
    surveys = company.tables["surveys"].merge(company.tables["customers"], on="customer_id")
    assert set(surveys.loc[surveys["loyalty_member"], "weight"]) == {0.5}
    assert set(surveys.loc[~surveys["loyalty_member"], "weight"]) == {1.0}


def test_ratings_have_their_means_and_share_a_mood(company):
    """Ratings before any went missing average near their means, and hang together as halo and satisfaction say."""
    asked, survey = company.hidden["invitations"], company.truth.survey
    happy = asked["customer_id"].map(company.hidden["customers"].set_index("customer_id")["satisfaction"])
    ratings = asked[[f"rating_{name}" for name in survey.driver_names]]
    planted = np.array([driver.mean for driver in survey.drivers]) + happy.mean()
    assert ratings.mean().to_numpy() == pytest.approx(planted, abs=0.2)
    shared = (happy.var() + survey.halo) / (happy.var() + 1)
    found = np.corrcoef(ratings.to_numpy().T)[np.triu_indices(len(survey.drivers), 1)]
    # Rounding and clipping to five points weaken every correlation a little.
    assert found.mean() == pytest.approx(0.88 * shared, abs=0.04)
