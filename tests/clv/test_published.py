"""Published estimates and expectations. Times of CDNOW are weeks: whole days over 7."""

import numpy as np
import pandas as pd
import pytest

from cxlib.clv import BetaGeoModel, GammaGammaModel, ModifiedBetaGeoModel, ParetoNBDModel, ShiftedBetaGeoModel

CUSTOMER_1516 = pd.DataFrame({"frequency": [26], "recency": [216], "T": [217]})
ROUNDED = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}


@pytest.fixture(scope="module")
def bg(cdnow):
    """BG/NBD on CDNOW."""
    return BetaGeoModel().fit(cdnow)


@pytest.fixture(scope="module")
def pareto(cdnow):
    """Pareto/NBD on CDNOW."""
    return ParetoNBDModel().fit(cdnow)


def test_bg_estimates(bg):
    """Parameters and likelihood of CLVTools (test_correctness_bgnbd.R); its optimiser stops 2e-5 from the maximum."""
    published = {"r": 0.2425945, "alpha": 4.4136019, "a": 0.7929199, "b": 2.4258881}
    assert bg.params_ == pytest.approx(published, rel=1e-5)
    assert bg.log_likelihood_ == pytest.approx(-9582.429, abs=1e-3)


def test_bg_standard_errors(bg):
    """Standard errors of lifetimes 0.11.3 on the same data."""
    assert list(bg.standard_errors_.values()) == pytest.approx([0.0126, 0.378, 0.186, 0.705], rel=5e-3)


def test_bg_expectations_at_estimates(bg):
    """BTYD vignette, section BG/NBD; its estimates are those of a looser optimiser, so six digits are not to be had."""
    assert bg.expected_purchases_new(364) == pytest.approx(1.444004, rel=1e-5)
    assert bg.expected_purchases(CUSTOMER_1516, horizon_days=364)[0] == pytest.approx(25.75659, rel=5e-5)
    assert bg.p_alive(CUSTOMER_1516)[0] == pytest.approx(0.9688523, abs=5e-6)


def test_bg_expectations_of_hardie(cdnow_rounded):
    """Lifetimes tests/test_estimation.py, from Hardie's spreadsheet, fitted to times of two decimals."""
    model = BetaGeoModel(time_unit_days=1).fit(cdnow_rounded)
    assert model.log_likelihood_ == pytest.approx(-9582.4256, abs=1e-3)
    times, published = [0.1429, 1, 3, 31.8571, 32, 78], [0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.8576]
    assert [model.expected_purchases_new(t) for t in times] == pytest.approx(published, abs=5e-4)
    one = pd.DataFrame({"frequency": [2], "recency": [30.43], "T": [38.86]})
    assert model.expected_purchases(one, horizon_days=39)[0] == pytest.approx(1.226, abs=5e-4)


@pytest.mark.parametrize(
    ("model", "published"), [(BetaGeoModel, (-0.59947382, 100.7957)), (ModifiedBetaGeoModel, (-0.41792826, 100.7869))]
)
def test_stable_likelihood(model, published):
    """pymc-marketing tests/clv/models: likelihood of one customer, x = 0 and x = 200."""
    point = np.array([0.25, 4.0, 0.8, 2.5])
    for (x, t), value in zip([(0, 0), (200, 38)], published, strict=True):
        rows = model(time_unit_days=1)._read(pd.DataFrame({"frequency": [x], "recency": [t], "T": [40]}))
        assert model()._evaluate(point, rows)[0] == pytest.approx(value, rel=1e-6)


def test_mbg_estimates(cdnow):
    """Lifetimes tests, citing BTYDplus; likelihood at least as good as computed with lifetimes, to 3e-3 (days / 7)."""
    model = ModifiedBetaGeoModel().fit(cdnow)
    assert list(model.params_.values()) == pytest.approx([0.525, 6.183, 0.891, 1.614], abs=1e-3)
    assert model.log_likelihood_ == pytest.approx(-9582.133, abs=3e-3)


def test_pareto_estimates(pareto):
    """CLVTools and BTYD: estimates, likelihood, standard errors."""
    assert list(pareto.params_.values()) == pytest.approx([0.553, 10.578, 0.606, 11.669], abs=5e-4)
    assert pareto.log_likelihood_ == pytest.approx(-9594.976, abs=1e-3)
    published = [0.0476264, 0.8427222, 0.1872594, 6.2105448]
    assert list(pareto.standard_errors_.values()) == pytest.approx(published, rel=2e-4)


def test_pareto_expectations(pareto):
    """BTYD vignette, section Pareto/NBD."""
    assert pareto.expected_purchases_new(364) == pytest.approx(1.473434, abs=1e-6)
    assert pareto.expected_purchases(CUSTOMER_1516, horizon_days=364)[0] == pytest.approx(25.45647, rel=1e-4)
    assert pareto.p_alive(CUSTOMER_1516)[0] == pytest.approx(0.997874, abs=1e-6)


def test_gamma_gamma_estimates(cdnow):
    """CLVTools test_correctness_gg.R, 946 repeat buyers."""
    model = GammaGammaModel().fit(cdnow)
    assert list(model.params_.values()) == pytest.approx([6.25, 3.74, 15.44], abs=5e-3)
    assert model.log_likelihood_ == pytest.approx(-4055.9177, abs=1e-4)
    assert model.customers_ == 946


def test_gamma_gamma_spend():
    """Hardie's note 025, through lifetimes' tests: the first ten customers of CDNOW."""
    model = GammaGammaModel.from_params({"p": 6.25, "q": 3.74, "v": 15.44})
    table = pd.DataFrame(
        {"frequency": [2, 1, 0, 0, 0, 7, 1, 0, 2, 0],
         "monetary_value": [22.35, 11.77, 0, 0, 0, 73.74, 11.77, 0, 25.55, 0]}
    )  # fmt: skip
    published = [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]
    assert model.expected_spend(table).tolist() == pytest.approx(published, abs=0.1)


@pytest.mark.parametrize(
    ("survivors", "estimates", "likelihood", "holdout", "within"),
    [
        ([869, 743, 653, 593, 551, 517, 491], (0.668, 3.806), -1611.158, [46.8, 44.5, 42.7, 40.9, 39.4], 1.7),
        ([631, 468, 382, 326, 289, 262, 241], (0.704, 1.182), -1680.265, [22.3, 20.7, 19.4, 18.3, 17.3], 0.5),
    ],
)
def test_sbg_estimates(survivors, estimates, likelihood, holdout, within):
    """Fader & Hardie 2007, High End and Regular: estimates, and survival of years 8-12 near what was observed."""
    alive = np.array([1000, *survivors])
    table = pd.DataFrame({"periods": [*range(1, 8), 7], "ended": [True] * 7 + [False],
                          "customers": [*-np.diff(alive), alive[-1]]})  # fmt: skip
    model = ShiftedBetaGeoModel(time_unit_days=365).fit(table)
    assert list(model.params_.values()) == pytest.approx(estimates, abs=5e-4)
    assert model.log_likelihood_ == pytest.approx(likelihood, abs=1e-3)
    assert 100 * model.survival(range(8, 13)) == pytest.approx(holdout, abs=within)


def test_cdnow_holdout(cdnow, bg):
    """39 weeks: 1,882 purchases, 1,653.4 by BG/NBD (MAE .785, r .626), 2,930 at the naive rate; total error -12.1 %."""
    predicted, actual = bg.expected_purchases(cdnow, horizon_days=273), cdnow["frequency_holdout"]
    assert actual.sum() == 1882
    assert predicted.sum() == pytest.approx(1653.4, abs=0.1)
    assert (predicted - actual).abs().mean() == pytest.approx(0.785, abs=5e-4)
    assert np.corrcoef(predicted, actual)[0, 1] == pytest.approx(0.626, abs=5e-4)
    classes = cdnow["frequency"].clip(upper=7)
    published = [0.23, 0.52, 1.04, 1.52, 2.16, 2.65, 3.50, 6.16]
    assert predicted.groupby(classes).mean().tolist() == pytest.approx(published, abs=6e-3)
    observed = [0.24, 0.70, 1.39, 1.56, 2.53, 2.95, 3.86, 6.36]
    assert actual.groupby(classes).mean().tolist() == pytest.approx(observed, abs=6e-3)
