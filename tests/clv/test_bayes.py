"""The engine `bayes`: a stand-in with PyMC-Marketing's signatures, and what is said where the real one is missing."""

import sys
import types

import numpy as np
import pytest

from cxlib.clv import (
    BetaGeoModel,
    CustomerData,
    CustomerQuestion,
    GammaGammaModel,
    SampledBetaGeoModel,
    SampledParetoNBDModel,
    study_customers,
)
from cxlib.clv.choice import FittedModels
from cxlib.clv.intervals import draw_parameters
from cxlib.clv.models.bayes import load_engine, rhat
from cxlib.clv.value import forecast
from cxlib.errors import ParameterError

TRUTH = {"r": 0.6, "alpha": 7.0, "a": 0.9, "b": 2.5, "s": 0.7, "beta": 12.0}
CALLS = []


class Variable:
    """Of a posterior: `values` are chains by draws."""

    def __init__(self, values):
        self.values = values


class StandIn:
    """Takes and gives what pymc_marketing.clv models of version 1.3 do."""

    drift = 0.0

    def __init__(self, *, model_config=None, sampler_config=None):
        self.sampler_config = sampler_config

    def fit(self, data=None, *, method="mcmc", progressbar=None, random_seed=None):
        """Draws around the truth."""
        CALLS.append((data, method, random_seed, progressbar, self.sampler_config))
        shape = self.sampler_config.get("chains", 1), self.sampler_config["draws"]
        rng = np.random.default_rng(random_seed)
        shift = self.drift * np.arange(shape[0])[:, None]
        posterior = {k: Variable(v * np.exp(rng.normal(0, 0.05, shape) + shift)) for k, v in TRUTH.items()}
        return types.SimpleNamespace(posterior=posterior)


@pytest.fixture
def engine(monkeypatch):
    """PyMC-Marketing as far as it is used."""
    clv = types.SimpleNamespace(BetaGeoModel=StandIn, ModifiedBetaGeoModel=StandIn, ParetoNBDModel=StandIn)
    monkeypatch.setattr("cxlib.clv.models.bayes.load_engine", lambda: clv)
    CALLS.clear()
    return clv


def test_sampled_parameters_stand_for_the_estimate(engine, customers):
    """Parameters are means of draws, intervals come from draws, and expectations average over them."""
    table = customers.head(400).assign(customers=2)
    model = SampledBetaGeoModel(draws=200, seed=4).fit(table)
    data, method, seed, progress, sampler = CALLS[0]
    assert (method, seed, progress) == ("mcmc", 4, False)
    assert sampler == {"draws": 200, "tune": 1000, "chains": 2}
    assert len(data) == model.customers_ == 800
    assert data["customer_id"].is_unique
    assert data["T"].max() == pytest.approx(table["T"].max() / 7)
    assert model.params_ == pytest.approx({k: TRUTH[k] for k in ["r", "alpha", "a", "b"]}, rel=0.02)
    assert model.standard_errors_["alpha"] == pytest.approx(0.05 * 7, rel=0.2)
    assert model.convergence_.converged
    plain = BetaGeoModel.from_params(model.params_)
    for sampled, exact in (
        (model.p_alive(customers), plain.p_alive(customers)),
        (model.expected_purchases(customers, horizon_days=90), plain.expected_purchases(customers, horizon_days=90)),
    ):
        assert sampled.to_numpy() == pytest.approx(exact.to_numpy(), rel=0.1, abs=0.02)
    assert model.expected_purchases_new(90) == pytest.approx(plain.expected_purchases_new(90), rel=0.02)
    drawn = draw_parameters(model, draws=50, seed=1)
    assert all((model.draws_ == one).all(axis=1).any() for one in drawn)


def test_a_forecast_takes_it(engine, cdnow):
    """Value and intervals come as from any other model; Pareto/NBD too."""
    model = SampledParetoNBDModel(draws=50).fit(cdnow)
    value = forecast(cdnow.head(200), FittedModels(model, GammaGammaModel().fit(cdnow)), draws=20)
    assert value.totals.loc["residual_value_cents", "value"] > 0


def test_chains_that_disagree_are_told(engine, customers, monkeypatch):
    """R-hat is 1 for one distribution and larger where chains lie apart; then the fit has not settled."""
    same = np.random.default_rng(0).normal(size=(2, 1000, 1))
    assert rhat(same) == pytest.approx(1, abs=0.01)
    monkeypatch.setattr(StandIn, "drift", 1.0)
    assert not SampledBetaGeoModel(draws=100).fit(customers).convergence_.converged


def test_a_study_samples_the_chosen_model(engine, cdnow_transactions):
    """With engine bayes the forecast rests on sampled parameters, the tests on the likelihood, and it is kept."""
    question = CustomerQuestion(engine="bayes", models=["bg_nbd"], draws=20)
    study = study_customers(CustomerData(cdnow_transactions), question)
    assert isinstance(study.chosen, SampledBetaGeoModel)
    assert "sampled by PyMC-Marketing" in str(study.sampled)
    assert study.fitted.plain["purchases"]["model"] == "bg_nbd"


def test_what_is_missing_is_said(monkeypatch, cdnow_transactions):
    """An old Python and a missing package are told with the remedy; a study goes on without; bad names are refused."""
    monkeypatch.setattr("cxlib.clv.models.bayes.sys", types.SimpleNamespace(version_info=(3, 11, 7)))
    with pytest.raises(ParameterError, match=r"needs Python 3\.12 or newer, and this is 3\.11"):
        load_engine()
    monkeypatch.setattr("cxlib.clv.models.bayes.sys", types.SimpleNamespace(version_info=(3, 12, 1)))
    monkeypatch.setitem(sys.modules, "pymc_marketing", None)
    with pytest.raises(ParameterError, match="not installed"):
        load_engine()
    question = CustomerQuestion(engine="bayes", models=["bg_nbd"], origins=1, draws=10)
    study = study_customers(CustomerData(cdnow_transactions), question)
    assert study.forecast is not None
    assert "not sampled: engine 'bayes' needs PyMC-Marketing" in str(study.sampled)
    with pytest.raises(ParameterError, match="no engine"):
        CustomerQuestion(engine="bayesian")
    with pytest.raises(ParameterError, match="no sample"):
        SampledBetaGeoModel(method="map")
