"""Published estimates and expectations. Times of CDNOW are weeks: whole days over 7."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import beta as beta_function

from cxlib.clv import (
    BetaDiscreteWeibullModel,
    BetaGeoModel,
    GammaGammaModel,
    ModifiedBetaGeoModel,
    ParetoNBDModel,
    ShiftedBetaGeoModel,
)

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


def alive_by_year(survivors):
    """A cohort of 1,000 by the renewal at which they left."""
    alive, last = np.array([1000, *survivors]), len(survivors)
    return pd.DataFrame({"periods": [*range(1, last + 1), last], "ended": [True] * last + [False],
                         "customers": [*-np.diff(alive), alive[-1]]})  # fmt: skip


@pytest.mark.parametrize("survivors", [[869, 743, 653, 593], [631, 468, 382, 326], [869, 743, 653, 593, 551, 517, 491]])
def test_bdw_estimates(survivors):
    """Fader et al. 2018, data of High End and Regular: equal to scipy's maximum of S(t) = B(a, b + t^c) / B(a, b)."""
    table = alive_by_year(survivors)
    model = BetaDiscreteWeibullModel(time_unit_days=365).fit(table)

    def off(logs):
        a, b, c = np.exp(logs)
        stay = beta_function(a, b + np.arange(len(survivors) + 1.0) ** c) / beta_function(a, b)
        lost = table["customers"].to_numpy()
        return -(lost[:-1] @ np.log(-np.diff(stay)) + lost[-1] * np.log(stay[-1]))

    best = minimize(off, np.log([0.5, 1, 1.2]), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-11})
    assert list(model.params_.values()) == pytest.approx(np.exp(best.x), rel=1e-4)
    assert model.log_likelihood_ == pytest.approx(-best.fun, abs=1e-7)


def test_bdw_of_high_end_from_four_renewals_foresees_the_twelfth():
    """Its error in years 5 to 12 is a fraction of sBG's, which expects too few to leave after year one."""
    seen = np.array([551, 517, 491, 468, 445, 427, 409, 394])
    table, years = alive_by_year([869, 743, 653, 593]), range(5, 13)
    bdw, sbg = (
        np.abs(1000 * kind(time_unit_days=365).fit(table).survival(years) - seen).mean()
        for kind in (BetaDiscreteWeibullModel, ShiftedBetaGeoModel)
    )
    assert bdw < 0.2 * sbg


def test_bdw_with_c_of_one_is_sbg():
    """Survival, renewals and what they are worth, also of members in the middle of a period."""
    sbg = ShiftedBetaGeoModel.from_params({"alpha": 0.7, "beta": 3.8}, time_unit_days=30)
    bdw = BetaDiscreteWeibullModel.from_params({"alpha": 0.7, "beta": 3.8, "c": 1.0}, time_unit_days=30)
    table = pd.DataFrame({"periods": [0, 3, 7], "ended": False, "days_to_renewal": [5, 30, 12],
                          "left_by_now": [0.5, 0.0, 0.3]})  # fmt: skip
    assert bdw.survival(range(9)) == pytest.approx(sbg.survival(range(9)))
    for rate, horizon in ((0.1, 365), (0.0, 90)):
        one, other = (
            each.discounted_purchases(table, annual_discount_rate=rate, horizon_days=horizon) for each in (bdw, sbg)
        )
        assert one.to_numpy() == pytest.approx(other.to_numpy())
    endless = [each.discounted_purchases(table, annual_discount_rate=0.5) for each in (bdw, sbg)]
    assert endless[0].to_numpy() == pytest.approx(endless[1].to_numpy(), rel=1e-6)


def test_bdw_slopes_are_those_of_its_likelihood():
    """The gradient equals differences of the likelihood."""
    rows = (model := BetaDiscreteWeibullModel(time_unit_days=365))._read(alive_by_year([869, 743, 653, 593]))
    at = np.array([0.5, 1.5, 1.3])
    steps = [
        (model._evaluate(at + step, rows)[0] - model._evaluate(at - step, rows)[0]) / 2e-5 for step in np.eye(3) * 1e-5
    ]
    assert model._evaluate(at, rows)[1] == pytest.approx(steps, rel=1e-5)
