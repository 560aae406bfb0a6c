"""The proportional-odds model against statsmodels, and scenarios built on it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxlib.drivers import AnswerDesign, simulate_gains
from cxlib.drivers.ordinal import fit_ordinal
from cxlib.errors import DataError, ParameterError


def simulated(n=400, seed=0, beta=(1.0, 0.5, 0.0)):
    """Ordered answers 0-4 of a proportional-odds model."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, len(beta)))
    latent = X @ np.array(beta) + rng.logistic(size=n)
    return X, np.digitize(latent, [-2, -0.5, 0.5, 2]).astype(float)


def test_against_statsmodels():
    """Coefficients, cuts and likelihood are those of statsmodels' OrderedModel."""
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    X, y = simulated()
    ours = fit_ordinal(X, y)
    model = OrderedModel(y, X, distr="logit")
    theirs = model.fit(method="bfgs", disp=0, gtol=1e-8, maxiter=500)
    assert ours.beta == pytest.approx(theirs.params[:3], abs=1e-4)
    assert ours.cuts == pytest.approx(model.transform_threshold_params(theirs.params)[1:-1], abs=1e-4)
    assert ours.log_likelihood == pytest.approx(theirs.llf, abs=1e-6)


def test_two_levels_are_logistic_regression():
    """With two answers the model is logistic regression."""
    import statsmodels.api as sm

    X, y = simulated()
    y = (y > 1).astype(float)
    theirs = sm.Logit(y, sm.add_constant(X)).fit(disp=0).params
    ours = fit_ordinal(X, y)
    assert ours.beta == pytest.approx(theirs[1:], abs=1e-6)
    assert -ours.cuts[0] == pytest.approx(theirs[0], abs=1e-6)


@settings(max_examples=20)
@given(st.integers(0, 1000))
def test_weights_are_repeated_rows(seed):
    """A weight of two is a row twice, a weight of zero no row; the start does not matter."""
    X, y = simulated(200, seed)
    times = np.random.default_rng(seed).integers(0, 3, 200)
    weighted, repeated = (
        fit_ordinal(X, y, weights=times.astype(float)),
        fit_ordinal(X.repeat(times, 0), y.repeat(times)),
    )
    assert weighted.beta == pytest.approx(repeated.beta, abs=1e-6)
    again = fit_ordinal(X, y, start=weighted)
    assert again.beta == pytest.approx(fit_ordinal(X, y).beta, abs=1e-5)


def test_expected_score():
    """At the fit, expected shares over all rows are the shares that were seen, nearly; at the ends they are 0 and 1."""
    X, y = simulated(3000)
    y = np.array([2.0, 6, 8, 9, 10])[y.astype(int)]
    fit = fit_ordinal(X, y)
    seen = 100 * ((y >= 9).mean() - (y <= 6).mean())
    assert fit.score(X @ fit.beta).mean() == pytest.approx(seen, abs=1)
    assert fit.at_most(1, np.zeros(2)).tolist() == [0, 0]
    assert fit.at_most(10, np.zeros(2)).tolist() == [1, 1]


def test_model_refusals():
    """One kind of answer, and a driver that separates the answers, are refused."""
    X, _ = simulated(50)
    with pytest.raises(DataError, match="all answers are the same"):
        fit_ordinal(X, np.ones(50))
    with pytest.raises(DataError, match="does not settle"):
        fit_ordinal(X, (X[:, 0] > 0).astype(float))


def make_answers(n=800, seed=0):
    """Ratings and an answer that follows the first most and the third not at all."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.integers(1, 6, (n, 3)), columns=["speed", "price", "decor"]).astype(float)
    y = (4 + 0.9 * X["speed"] + 0.4 * X["price"] + rng.normal(0, 1.2, n)).round().clip(0, 10)
    return X, y


def test_gains():
    """Gains are in the order of the true weights, their intervals hold nothing for the driver without one."""
    X, y = make_answers()
    gains = simulate_gains(X, y, draws=60)
    point = gains.scenario("point")
    assert point["driver"].tolist() == ["speed", "price", "decor"]
    decor = point.set_index("driver").loc["decor"]
    assert decor["low"] < 0 < decor["high"]
    assert point.set_index("driver").loc["speed", "affected"] == pytest.approx((X["speed"] < 5).mean())
    assert "Raising ratings of speed below the median" in str(gains.headline)
    assert "an association: count on no more than" in str(gains.headline)
    assert "answers changed" in gains._repr_html_()


def test_nobody_is_raised_past_the_scale_or_without_having_met():
    """Everyone at the top gains nothing; those to whom a driver does not apply stay as they are."""
    X, y = make_answers()
    X["price"] = np.where(np.arange(len(X)) % 10 == 0, 4.0, 5.0)
    top = simulate_gains(X, y, draws=5).scenario("point").set_index("driver")
    assert top.loc["price", "affected"] == pytest.approx(0.1)
    X, y = make_answers()
    X["price"] = X["price"].where(np.arange(len(X)) % 2 == 0, 9)
    half = simulate_gains(X, y, AnswerDesign(not_applicable=[9]), draws=5).scenario("point").set_index("driver")
    assert half.loc["price", "affected"] == pytest.approx((X["price"] < 5).mean())


def test_skipped_ratings_and_few_findings():
    """Skipped ratings are filled anew each time; where nothing is clear, that is said."""
    X, y = make_answers(200)
    gappy = X.mask(np.random.default_rng(0).random(X.shape) < 0.2)
    gains = simulate_gains(gappy, y, draws=20)
    assert gains.table.notna().all(axis=None)
    noise = np.random.default_rng(1).integers(0, 11, 200)
    assert "No driver's better ratings go with a better score beyond" in str(
        simulate_gains(X, noise, draws=40).headline
    )


def test_gain_refusals():
    """One resample is refused."""
    X, y = make_answers(100)
    with pytest.raises(ParameterError, match="at least 2"):
        simulate_gains(X, y, draws=1)
