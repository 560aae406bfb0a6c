"""MBG/CNBD-k: its published cases, other derivations, simulated lives, and that only the past chooses it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import gammaln, logsumexp

from cxlib.clv import CustomerData, CustomerQuestion, GammaGammaModel, ModifiedBetaGeoModel, RegularGeoModel
from cxlib.clv.assumptions import check_assumptions, regularity
from cxlib.clv.choice import FittedModels
from cxlib.clv.fits import _sampled, fit_customers
from cxlib.clv.intervals import draw_parameters
from cxlib.clv.purchase_log import purchase_days
from cxlib.data import purchase_summary

PUBLISHED = {"r": 0.85, "alpha": 1.45, "a": 0.79, "b": 2.42, "k": 3}  # BTYDplus tests/testthat/test-mbg-cnbd-k.R
KINDS = pd.DataFrame({"frequency": [0, 4, 4, 12], "recency": [0, 30, 80, 200], "T": [84, 84, 84, 231]})


def shop(shape, *, n, seed, leaving=(0.79, 2.42), scale=1.45, days=672, ahead=252):
    """Transactions of customers whose gaps are gamma of a whole shape, in weeks, who leave after any purchase."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, days - 252, n)
    rate, leaves = rng.gamma(0.85, size=n) / scale, rng.beta(*leaving, n)
    gaps = rng.gamma(shape, size=(n, 130)) / np.maximum(rate, 1e-9)[:, None] * 7
    day = first[:, None] + np.ceil(np.hstack([np.zeros((n, 1)), gaps.cumsum(axis=1)]))
    made = np.arange(131) < rng.geometric(leaves)[:, None]
    kept = made & (day <= days + ahead)
    who = np.broadcast_to(np.arange(n)[:, None], day.shape)[kept]
    dates = pd.Timestamp("2024-01-01") + pd.to_timedelta(day[kept], unit="D")
    return pd.DataFrame({"customer_id": who.astype(str), "day": dates, "amount_cents": 1000})


def test_at_one_stage_it_is_mbg_nbd():
    """Likelihood, P(alive), expectations and chances are those of MBG/NBD where k is 1."""
    known = {name: value for name, value in PUBLISHED.items() if name != "k"}
    plain, regular = ModifiedBetaGeoModel.from_params(known), RegularGeoModel.from_params({**known, "k": 1})
    values = [model._evaluate(model._theta, model._read(KINDS)) for model in (plain, regular)]
    assert values[0][0] == pytest.approx(values[1][0], rel=1e-12)
    assert values[0][1] == pytest.approx(values[1][1][:4], rel=1e-9)
    for ask in (
        lambda model: model.p_alive(KINDS),
        lambda model: model.expected_purchases(KINDS, horizon_days=200),
        lambda model: model.purchase_chances(KINDS, horizon_days=60, most=4).stack(),
        lambda model: model._repeats_by_age(np.array([0.0, 10.0, 52.0])),
    ):
        assert np.asarray(ask(plain)) == pytest.approx(np.asarray(ask(regular)), rel=1e-6, abs=1e-9)


def test_likelihood_is_the_published_one():
    """Reutterer, Platzer & Schroeder's, averaged over the gaps that a summary leaves open."""
    rng, k, t_units = np.random.default_rng(1), 3, 7
    r, alpha, a, b = (PUBLISHED[name] for name in ("r", "alpha", "a", "b"))
    x, t, T = np.array([0, 2, 7]), np.array([0, 20, 60]) / t_units, np.array([84, 84, 70]) / t_units
    terms = []
    for at in range(3):
        shape, j = r + k * x[at], np.arange(k)
        with np.errstate(divide="ignore"):
            since = gammaln(shape + j) - gammaln(shape) - gammaln(j + 1) + j * np.log((T[at] - t[at]) / (alpha + T[at]))
        gone = np.log(a / (b + x[at])) + shape * np.log((alpha + T[at]) / (alpha + t[at]))
        cuts = np.sort(rng.dirichlet(np.ones(max(x[at], 1)), 200_000), axis=1) * t[at] if x[at] > 1 else None
        # Gaps that are left open: the mean of the product of (gap^(k-1) / (k-1)!) over all ways to split t in x gaps.
        split = 0.0 if not x[at] else (k - 1) * np.log(t[at]) - gammaln(k)
        if cuts is not None:
            split = logsumexp(((k - 1) * np.log(cuts) - gammaln(k)).sum(axis=1)) - np.log(len(cuts))
        stays = gammaln(b + x[at] + 1) + gammaln(a + b) - gammaln(b) - gammaln(a + b + x[at] + 1)
        own = gammaln(shape) - gammaln(r) + r * np.log(alpha) - shape * np.log(alpha + T[at]) + stays
        terms.append(own + np.logaddexp(logsumexp(since), gone) + split)
    table = pd.DataFrame({"frequency": x, "recency": t * t_units, "T": T * t_units})
    model = RegularGeoModel.from_params(PUBLISHED)
    for at in range(3):
        rows = model._read(table.iloc[[at]])
        assert model._evaluate(model._theta, rows)[0] == pytest.approx(terms[at], abs=0.03)


@given(st.tuples(*[st.floats(-2.0, 2.0)] * 4), st.integers(1, 8))
def test_gradient(logs, k):
    """Analytic slopes are the difference quotients of the likelihood."""
    model, point = RegularGeoModel(), np.array([*logs, np.log(k)])
    rows = model._read(KINDS)
    steps = 1e-5 * np.eye(5)[:4]
    quotients = [(model._in_logs(point + h, rows)[0] - model._in_logs(point - h, rows)[0]) / 2e-5 for h in steps]
    assert model._in_logs(point, rows)[1][:4] == pytest.approx(quotients, rel=1e-4, abs=1e-4)


@given(st.tuples(*[st.floats(-1.5, 1.5)] * 4), st.integers(1, 6), st.floats(1, 100))
def test_chances_sum_to_what_is_expected(logs, k, horizon):
    """Chances are none below 0, sum to one, and their mean is the expectation."""
    model = RegularGeoModel.from_params(dict(zip(RegularGeoModel.parameters, [*np.exp(logs), k], strict=True)))
    chances = model.purchase_chances(KINDS, horizon_days=horizon, most=100).to_numpy()
    assert chances.min() >= 0
    assert chances.sum(axis=1) == pytest.approx(1)
    few = chances[:, -1] < 1e-9
    expected = model.expected_purchases(KINDS, horizon_days=horizon).to_numpy()
    assert (chances[:, :-1] @ np.arange(101))[few] == pytest.approx(expected[few], rel=1e-5, abs=1e-6)


def test_futures_are_those_of_simulated_lives():
    """Mean and chances of 20,000 lives of one customer in the middle of a gap."""
    model, one = RegularGeoModel.from_params(PUBLISHED), KINDS.iloc[[2]]
    rows = model._read(one).take(np.zeros(20_000, dtype=np.int64))
    alive = model._alive(model._theta, rows)
    rng = np.random.default_rng(2)
    lived = model._simulate(model._theta, rows, alive=alive, horizons=np.array([3.0, 8.0]), rng=rng)
    expected = model.expected_purchases(one, horizon_days=56).to_numpy()[0]
    assert lived[1].mean() == pytest.approx(expected, abs=4 * lived[1].std() / np.sqrt(20_000))
    assert (lived[0] <= lived[1]).all()
    shares = np.bincount(np.minimum(lived[1].astype(int), 3), minlength=4) / 20_000
    assert shares == pytest.approx(model.purchase_chances(one, horizon_days=56, most=2).to_numpy()[0], abs=0.015)


def test_published_company_is_recovered():
    """BTYDplus' own test: k = 3 is found, the parameters come back within a tenth, the holdout within 5%."""
    rows = shop(3, n=6000, seed=3)
    end = pd.Timestamp("2024-01-01") + pd.Timedelta(days=672)
    table = purchase_summary(rows, calibration_end=end, observation_end=end + pd.Timedelta(days=252))
    model = RegularGeoModel().fit(table)
    assert model.convergence_.converged
    assert model.params_ == pytest.approx(PUBLISHED, rel=0.15)
    expected, came = model.expected_purchases(table, horizon_days=252), table["frequency_holdout"]
    assert expected.sum() == pytest.approx(came.sum(), rel=0.05)
    plain = ModifiedBetaGeoModel().fit(table).expected_purchases(table, horizon_days=252)
    assert (expected - came).abs().mean() < 0.95 * (plain - came).abs().mean()


def test_random_gaps_have_one_stage(customers):
    """Where purchases are random it is MBG/NBD, with its estimates."""
    model, plain = RegularGeoModel().fit(customers), ModifiedBetaGeoModel().fit(customers)
    assert model.params_["k"] == 1
    assert [model.params_[name] for name in plain.params_] == pytest.approx(list(plain.params_.values()), rel=1e-3)


@pytest.mark.parametrize(("shape", "tried"), [(4, True), (1, False)])
def test_it_is_tried_where_gaps_are_regular_and_used_where_the_past_shows_a_gain(shape, tried):
    """The lamp decides whether it is tested, past errors whether it is used; then the lamp says so."""
    rows = shop(shape, n=500, seed=5, leaving=(0.5, 8.0), scale=2.0, ahead=0)
    question = CustomerQuestion(models=("mbg_nbd", "mbg_cnbd"), origins=1, draws=16)
    fits = fit_customers(CustomerData(rows, currency="GBP"), question)
    assert (regularity(purchase_days(rows))[0] > 1.6) == tried
    assert ("mbg_cnbd" in fits.models) == tried
    assert fits.choice.chosen == ("mbg_cnbd" if tried else "mbg_nbd")
    if tried:
        mae = fits.past.table.set_index("method")["mae"]
        assert mae["mbg_cnbd"] < 0.99 * mae["mbg_nbd"]
        lamps = check_assumptions(rows, fits.customers, horizon_days=365, in_rhythm=True).checks
        assert "knows of a rhythm" in str(next(lamp.effect for lamp in lamps if lamp.key == "regularity"))
        models, said = _sampled(dict(fits.models), "mbg_cnbd", fits.customers, 0)
        assert models == dict(fits.models)
        assert "cannot be sampled" in str(said)


def test_draws_and_files_keep_the_rhythm(customers, tmp_path):
    """Parameters are drawn around the estimates at the k that was found, and a saved model is read as it was."""
    random = np.random.default_rng(0)
    table = customers.assign(frequency=np.where(random.random(len(customers)) < 0.9, customers["frequency"], 0))
    table["recency"] = table["recency"].where(table["frequency"] > 0, 0)
    model = RegularGeoModel().fit(table)
    drawn = draw_parameters(model, draws=20, seed=1)
    assert np.round(drawn[:, 4]).tolist() == [model.params_["k"]] * 20
    assert np.ptp(drawn[:, 0]) > 0
    FittedModels(model, GammaGammaModel.from_params({"p": 6.25, "q": 3.74, "v": 15.44})).save(tmp_path / "models.json")
    read = FittedModels.load(tmp_path / "models.json").purchases
    assert isinstance(read, RegularGeoModel)
    assert read.params_ == model.params_
