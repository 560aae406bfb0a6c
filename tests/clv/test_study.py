"""Everything in one call: what is found agrees with its parts, and what a run keeps is read back."""

import numpy as np
import pandas as pd
import pytest

from cxlib.clv import (
    BetaGeoModel,
    CustomerData,
    CustomerQuestion,
    GammaGammaModel,
    ValueRules,
    read_run,
    study_customers,
)
from cxlib.clv.assumptions import check_assumptions
from cxlib.clv.choice import FittedModels
from cxlib.clv.intervals import Lives
from cxlib.clv.value import forecast, refund_share
from cxlib.data import purchase_summary
from cxlib.errors import DataError, ParameterError


@pytest.fixture(scope="module")
def study(cdnow_transactions):
    """CDNOW, all 78 weeks."""
    question = CustomerQuestion(models=["bg_nbd"], draws=20, seed=3)
    return study_customers(CustomerData(cdnow_transactions, currency="USD"), question, rules=ValueRules(margin=0.35))


def test_a_study_is_its_parts(cdnow_transactions, study):
    """The forecast is the one that the fitted models give by themselves, and every cent is accounted for."""
    table = purchase_summary(cdnow_transactions)
    spend = GammaGammaModel(first_purchase=study.spend.first_purchase).fit(table)
    rules = ValueRules(margin=0.35, refund_share=refund_share(table))
    models, wide = FittedModels(BetaGeoModel().fit(table), spend), study.widening
    alone = forecast(table, models, rules=rules, widening=wide, currency="USD", draws=20, seed=3)
    pd.testing.assert_frame_equal(study.forecast.totals, alone.totals)
    assert study.reconciliation.difference_cents == 0
    assert study.headline == study.forecast.headline
    assert study.path.table["base_cents"].is_monotonic_increasing
    assert len(study.summary) == 4


def test_other_rules_need_no_other_fit(cdnow_transactions, study):
    """With other rules the study is what it would have been with them from the start, on the same models."""
    rules = ValueRules(margin=0.5, horizon_days=200)
    moved = study.with_rules(rules)
    assert moved.chosen is study.chosen
    assert moved.past is study.past
    afresh = study_customers(CustomerData(cdnow_transactions, currency="USD"), study.question, rules=rules)
    pd.testing.assert_frame_equal(moved.forecast.totals, afresh.forecast.totals)
    pd.testing.assert_frame_equal(moved.path.table, afresh.path.table)
    dearer = study.with_rules(ValueRules(margin=0.7))
    assert dearer.level is study.level
    assert dearer.forecast.total().value == pytest.approx(2 * study.forecast.total().value)


def test_another_rate_is_told_of_the_same_futures(cdnow_transactions, study, monkeypatch):
    """Nothing is simulated for another discount rate, and all is as if it had been asked for from the start."""
    rules = ValueRules(margin=0.5, annual_discount_rate=0.3)
    afresh = study_customers(CustomerData(cdnow_transactions, currency="USD"), study.question, rules=rules)
    monkeypatch.setattr(Lives, "draw", None)
    moved = study.with_rules(rules)
    pd.testing.assert_frame_equal(moved.forecast.totals, afresh.forecast.totals)
    pd.testing.assert_frame_equal(moved.forecast.customers, afresh.forecast.customers)
    pd.testing.assert_frame_equal(moved.path.table, afresh.path.table)
    assert moved.path.new_value_cents == afresh.path.new_value_cents
    assert moved.rules == afresh.rules


def test_past_errors_are_those_of_the_chosen_model(study):
    """The number of intervals that held is read from the backtest."""
    held, made = study.covered
    assert 0 <= held <= made == 3


def test_models_are_saved_to_the_last_digit(study, tmp_path):
    """A file read back gives the same expectations; damaged files give nothing."""
    study.fitted.save(tmp_path / "models.json")
    study.export.to_parquet(tmp_path / "customers.parquet")
    back = read_run(tmp_path / "customers.parquet", tmp_path / "models.json")
    now = study.chosen.expected_purchases(study.customers, horizon_days=365)
    assert back.models.purchases.expected_purchases(back.summary, horizon_days=365).tolist() == now.tolist()
    (tmp_path / "models.json").write_text('{"purchases": {"model": "other"}}')
    assert read_run(tmp_path / "customers.parquet", tmp_path / "models.json") is None
    assert read_run(tmp_path / "missing.parquet", tmp_path / "models.json") is None


def test_saved_models_are_plain():
    """The file names the model and holds numbers only."""
    often = BetaGeoModel.from_params({"r": 0.2, "alpha": 4.4, "a": 0.8, "b": 2.4})
    much = GammaGammaModel.from_params({"p": 6.0, "q": 3.7, "v": 15.4}, first_purchase=True)
    plain = FittedModels(often, much).plain
    assert plain["spend"]["first_purchase"] is True
    params = {"r": 0.2, "alpha": 4.4, "a": 0.8, "b": 2.4}
    assert plain["purchases"] == {"model": "bg_nbd", "time_unit_days": 7, "params": params}


@pytest.mark.parametrize(("q", "level"), [(3.74, "green"), (1.05, "red")])
def test_a_spend_model_without_a_sensible_mean_is_red(cdnow_transactions, study, q, level):
    """With q near one the model expects far more of one-time buyers than anybody has spent."""
    spend = GammaGammaModel.from_params({"p": 6.25, "q": q, "v": 15.44})
    checks = check_assumptions(cdnow_transactions, study.customers, horizon_days=365, spend=spend).checks
    assert len(checks) == 8
    assert next(check for check in checks if check.key == "mean_spend").level == level


def test_the_simple_formula_is_said_only_where_it_has_an_answer(study):
    """An endless lifetime is no sentence."""
    from dataclasses import replace

    assert "simple formula" in str(study.formula.sentence("USD"))
    assert replace(study.formula, lifetime_periods=np.inf).sentence("USD") is None


def test_refunds_alone_are_refused():
    """Without a purchase there is nobody to speak of."""
    rows = pd.DataFrame({"customer_id": ["a"], "day": pd.to_datetime(["2026-01-01"]), "amount_cents": [-100]})
    with pytest.raises(DataError, match="all amounts are refunds"):
        study_customers(CustomerData(rows))
    with pytest.raises(DataError, match="later observation_end"):
        study_customers(CustomerData(rows.assign(amount_cents=100)), CustomerQuestion(observation_end="2025-01-01"))


@pytest.mark.parametrize(
    "setting", [{"draws": 0}, {"seed": -1}, {"renewal_days": {"monthly": "x"}}, {"tested_days": 0}]
)
def test_a_question_that_cannot_be_meant_is_refused(setting):
    """Before anything is computed, with the name of the setting."""
    with pytest.raises(ParameterError, match=next(iter(setting))):
        CustomerQuestion(**setting)
