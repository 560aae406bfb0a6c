"""Attributes in BG/NBD and Pareto/NBD: the chain rule, the plain model within, hand-computed groups, stated rules."""

import importlib.util
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxlib.clv import BetaGeoModel, ModifiedBetaGeoModel, ParetoNBDModel
from cxlib.clv.intervals import Lives, draw_parameters
from cxlib.clv.models.covariates import Design
from cxlib.errors import DataError, ParameterError

_spec = importlib.util.spec_from_file_location("clv_customers", Path(__file__).with_name("conftest.py"))
_made = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_made)
draw_customers = _made.draw_customers

KINDS = [BetaGeoModel, ModifiedBetaGeoModel, ParetoNBDModel]
small = st.floats(-1.5, 1.5)


@pytest.fixture(scope="module")
def people(customers):
    """The 3,000 customers with a region, a flag and an age that have nothing to do with what they do."""
    rng = np.random.default_rng(3)
    return customers.assign(
        region=rng.choice(["north", "south", "west"], len(customers), p=[0.5, 0.3, 0.2]),
        member=rng.integers(0, 2, len(customers)),
        age=rng.normal(40, 10, len(customers)),
    )


def fitted_at(kind, table, point, **columns):
    """A model with designs of `table` and given log parameters and coefficients."""
    model = kind(**columns).fit(table)
    k = len(model.parameters)
    found = [*np.exp(point[:k]), *point[k:]]
    model.params_ = dict(zip(model.names, map(float, found), strict=True))
    return model


@lru_cache
def ready(kind):
    """A model that has read 60 customers with a region for buying and a flag for leaving, and its rows."""
    table = draw_customers(60, 8).assign(region=["a", "b"] * 30, member=[0, 0, 1] * 20, customers=40)
    model = kind(covariates=["region"], leaving_covariates=["member"]).fit(table)
    return model, model._read(table)


@pytest.mark.parametrize("kind", KINDS)
@given(point=st.tuples(small, small, small, small), coefficients=st.lists(small, min_size=9, max_size=9))
def test_gradient(kind, point, coefficients):
    """Gradients in parameters and coefficients are difference quotients of the likelihood, for different parts too."""
    model, rows = ready(kind)
    at = np.array([*point, *coefficients[: len(model.coefficients)]])
    value, gradient = model._in_logs(at, rows)
    steps = 1e-5 * np.eye(len(at))
    slope = [(model._in_logs(at + h, rows)[0] - model._in_logs(at - h, rows)[0]) / 2e-5 for h in steps]
    assert gradient == pytest.approx(slope, abs=1e-4 * max(1, abs(value) / 100), rel=1e-4)


@pytest.mark.parametrize(
    ("kind", "point", "published"),
    [
        (BetaGeoModel, [0.25, 4, 0.8, 2.5, np.exp(0.4), np.exp(0.3), np.exp(-0.2)], -62.62164664795566),
        (ParetoNBDModel, [0.25, 4, 0.6, 12, np.exp(0.4), np.exp(-0.5)], -62.241721575455564),
    ],
)
def test_likelihood_of_a_peer(kind, point, published):
    """BetaGeoNBD and ParetoNBD of pymc-marketing 1.3.0 at each customer's own parameters, six customers."""
    table = pd.DataFrame(
        {"frequency": [0, 2, 5, 1, 0, 12], "recency": [0, 20, 30, 3, 0, 38], "T": [40, 40, 35, 30, 20, 40],
         "z": [0, 1, 0, 1, 1, 1]}
    )  # fmt: skip
    model = kind(time_unit_days=1, covariates=["z"]).fit(pd.concat([table] * 5))
    assert model._in_logs(np.log(point), model._read(table))[0] == pytest.approx(published, abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_without_effect_it_is_the_plain_model(kind, people):
    """With all coefficients 0 likelihood, P(alive), expectations and futures are the plain model's."""
    plain = kind().fit(people)
    point = np.log(plain._theta)
    at = np.concatenate([point, np.zeros(2 * len(kind.loads))])
    model = fitted_at(kind, people, at, covariates=["region"])
    assert model._in_logs(at, model._read(people))[0] == pytest.approx(plain.log_likelihood_, rel=1e-12)
    few = people.head(300)
    assert model.p_alive(few).to_numpy() == pytest.approx(plain.p_alive(few).to_numpy())
    one, two = (m.expected_purchases(few, horizon_days=200).to_numpy() for m in (model, plain))
    assert one == pytest.approx(two)
    one, two = (m.discounted_purchases(few, annual_discount_rate=0.1).to_numpy() for m in (model, plain))
    assert one == pytest.approx(two)
    assert model.expected_purchases_new(200) == pytest.approx(plain.expected_purchases_new(200))


@pytest.mark.parametrize("kind", KINDS)
def test_two_groups_are_two_plain_models(kind, people):
    """At any coefficients the likelihood is the sum of plain likelihoods of the groups at their own parameters."""
    model = kind(covariates=["member"]).fit(people)
    at = np.array([-0.3, 1.9, -0.1, 0.9, *np.linspace(0.4, -0.6, len(model.coefficients))])
    expected = 0.0
    for member, part in people.groupby("member"):
        own = np.exp(at[:4])
        for load, coefficient in zip(kind.loads, at[4:], strict=True):
            own[load.parameter] *= np.exp(load.sign * coefficient * member)
        plain = kind()
        expected += plain._evaluate(own, plain._read(part))[0]
    assert model._in_logs(at, model._read(people))[0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("kind", [BetaGeoModel, ParetoNBDModel])
def test_a_saturated_fit_is_separate_fits_but_for_r(kind, people):
    """More parameters never fit worse, and a fit with a useless attribute gains little; its intervals hold 0."""
    plain, model = kind().fit(people), kind(covariates=["member"]).fit(people)
    assert 0 <= model.log_likelihood_ - plain.log_likelihood_ < 6
    assert model.convergence_.converged
    rows = model.intervals.loc[list(model.coefficients)]
    assert ((rows["low"] < 0.05) & (rows["high"] > -0.05)).all()
    assert (rows["standard error"] > 0).all()
    found = model.associations.set_index("part")
    assert found.loc["buying", "ratio"] == pytest.approx(np.exp(rows["value"].iloc[0]))
    assert found.loc["buying", ["low", "high"]].tolist() == pytest.approx(
        np.exp(rows.iloc[0][["low", "high"]]).tolist()
    )
    assert ((found["low"] < found["ratio"]) & (found["ratio"] < found["high"])).all()
    assert model.aic == pytest.approx(2 * (4 + len(kind.loads)) - 2 * model.log_likelihood_)


@pytest.mark.parametrize("kind", [BetaGeoModel, ParetoNBDModel])
def test_grouped_rows_are_their_customers(kind, people):
    """A table of counts gives the same fit as the table of customers."""
    columns = ["frequency", "recency", "T", "region"]
    counted = people.groupby(columns, as_index=False).size().rename(columns={"size": "customers"})
    one, two = (kind(covariates=["region"]).fit(table) for table in (people, counted))
    assert one.log_likelihood_ == pytest.approx(two.log_likelihood_, abs=1e-6)
    assert one.params_ == pytest.approx(two.params_, rel=1e-4, abs=1e-4)
    assert one.customers_ == two.customers_


def test_more_often_means_more_often(people):
    """Customers who do all in half the time buy twice as often, exactly, and are expected to buy more."""
    plain = BetaGeoModel(covariates=["member"], leaving_covariates=[]).fit(people)
    pace = np.where(people["member"] == 1, 2, 1)
    moved = people.assign(recency=people["recency"] / pace, T=people["T"] / pace)
    model = BetaGeoModel(covariates=["member"], leaving_covariates=[]).fit(moved)
    assert model.associations["ratio"][0] == pytest.approx(2 * plain.associations["ratio"][0], rel=1e-3)
    same = moved.head(1).assign(frequency=3, recency=200, T=200)
    pair = pd.concat([same.assign(member=0), same.assign(member=1)])
    low, high = model.expected_purchases(pair, horizon_days=100)
    assert high > low
    assert model.coefficients == ("buying: member",)


def test_futures_follow_the_attributes(people):
    """Simulated futures of each kind of customer average to what is expected of it."""
    model = fitted_at(ParetoNBDModel, people, np.array([-0.5, 1.9, -0.3, 2.4, 0.8, -0.5]), covariates=["member"])
    drawn = np.repeat(model._theta[None], 200, axis=0)
    for member in (0, 1):
        part = people[people["member"] == member].head(400)
        futures = Lives(model, drawn).simulate(part, horizon_days=200, seed=1)
        assert futures.totals.mean() == pytest.approx(model.expected_purchases(part, horizon_days=200).sum(), rel=0.03)
    assert draw_parameters(BetaGeoModel(covariates=["member"]).fit(people), draws=3, seed=0).shape == (3, 7)


def test_rules_for_missing_rare_and_unseen_levels():
    """Rare and missing levels share one, unseen ones join it; without it they count as most customers do."""
    values = ["a"] * 60 + ["b"] * 40 + ["c"] * 20 + [None] * 15
    design = Design.learn(pd.DataFrame({"plan": values}), ["plan"])
    assert design.names == ("plan=b", "plan=other or unknown")
    later = pd.DataFrame({"plan": ["a", "b", "c", None, "new"]})
    assert design.matrix(later).tolist() == [[0, 0], [1, 0], [0, 1], [0, 1], [0, 1]]
    clean = Design.learn(pd.DataFrame({"plan": values[:100]}), ["plan"])
    assert clean.matrix(later).tolist() == [[0], [1], [0], [0], [0]]


def test_rules_for_numbers():
    """0 and 1 stay; other numbers are standard deviations from the mean, in tenths where there are many."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"flag": rng.integers(0, 2, 500), "age": rng.normal(40, 10, 500), "few": [1, 2, 3, 4] * 125})
    design = Design.learn(table, ["flag", "age", "few"])
    matrix = design.matrix(table)
    assert matrix[:, 0].tolist() == table["flag"].tolist()
    assert len(np.unique(matrix[:, 1])) == 10
    assert matrix[:, 1:].mean(axis=0) == pytest.approx([0, 0], abs=1e-9)
    assert np.corrcoef(matrix[:, 1], table["age"])[0, 1] > 0.95
    missing = design.matrix(pd.DataFrame({"flag": [1], "age": [np.nan], "few": [2]}))
    assert missing[0, 1] == 0


def test_bad_attributes_are_refused(people):
    """A column that is missing, or says the same of all, or too many combinations, or a bare name: said."""
    with pytest.raises(DataError, match="plan"):
        BetaGeoModel(covariates=["plan"]).fit(people)
    with pytest.raises(DataError, match="same of all"):
        BetaGeoModel(covariates=["plan"]).fit(people.assign(plan="x"))
    with pytest.raises(ParameterError, match="list"):
        BetaGeoModel(covariates="region")
    columns = {f"n{i}": np.random.default_rng(i).normal(size=len(people)) for i in range(4)}
    with pytest.raises(DataError, match="combinations"):
        BetaGeoModel(covariates=list(columns)).fit(people.assign(**columns))
    model = BetaGeoModel(covariates=["region"]).fit(people)
    with pytest.raises(DataError, match="region"):
        model.p_alive(people.drop(columns="region"))
