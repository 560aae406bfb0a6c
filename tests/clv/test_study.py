"""Everything in one call: what is found agrees with its parts, and what a run keeps is read back."""

import numpy as np
import pandas as pd
import pytest

from cxlib.clv import (
    BetaGeoModel,
    GammaGammaModel,
    KeptModels,
    ValueRules,
    check_assumptions,
    forecast,
    formula_sentence,
    read_run,
    refund_share,
    study_customers,
)
from cxlib.data import purchase_summary
from cxlib.errors import DataError


@pytest.fixture(scope="module")
def study(cdnow_transactions):
    """CDNOW, all 78 weeks."""
    return study_customers(
        cdnow_transactions, rules=ValueRules(margin=0.35), models=("bg_nbd",), currency="USD", draws=20, seed=3
    )


def test_a_study_is_its_parts(cdnow_transactions, study):
    """The forecast is the one that the fitted models give by themselves, and every cent is accounted for."""
    table = purchase_summary(cdnow_transactions)
    first = study.spend.first_purchase
    models = BetaGeoModel().fit(table), GammaGammaModel(first_purchase=first).fit(table)
    alone = forecast(
        table,
        *models,
        rules=ValueRules(margin=0.35, refund_share=refund_share(table)),
        widening=study.widening,
        currency="USD",
        draws=20,
        seed=3,
    )
    pd.testing.assert_frame_equal(study.found.totals, alone.totals)
    assert study.reconciliation.difference_cents == 0
    assert study.headline == study.found.headline
    assert study.path.table["base_cents"].is_monotonic_increasing
    assert len(study.summary) == 4


def test_past_errors_are_those_of_the_chosen_model(study):
    """Errors in money and the number of intervals that held are read from the backtest."""
    least, most = study.money_errors
    assert -0.5 < least <= most < 0.5
    held, made = study.covered
    assert 0 <= held <= made == 3


def test_models_are_kept_to_the_last_digit(study, tmp_path):
    """A file read back gives the same expectations; damaged files give nothing."""
    study.kept.save(tmp_path / "models.json")
    study.export.to_parquet(tmp_path / "customers.parquet")
    back = read_run(tmp_path / "customers.parquet", tmp_path / "models.json")
    now = study.chosen.expected_purchases(study.customers, horizon_days=365)
    assert back.purchases.expected_purchases(back.summary, horizon_days=365).tolist() == now.tolist()
    (tmp_path / "models.json").write_text('{"purchases": {"model": "other"}}')
    assert read_run(tmp_path / "customers.parquet", tmp_path / "models.json") is None
    assert read_run(tmp_path / "missing.parquet", tmp_path / "models.json") is None


def test_kept_models_are_plain():
    """The file names the model and holds numbers only."""
    often = BetaGeoModel.from_params({"r": 0.2, "alpha": 4.4, "a": 0.8, "b": 2.4})
    much = GammaGammaModel.from_params({"p": 6.0, "q": 3.7, "v": 15.4}, first_purchase=True)
    plain = KeptModels(often, much).plain
    assert plain["spend"]["first_purchase"] is True
    assert plain["purchases"] == {
        "model": "bg_nbd", "time_unit_days": 7, "params": {"r": 0.2, "alpha": 4.4, "a": 0.8, "b": 2.4},
    }  # fmt: skip


@pytest.mark.parametrize(("q", "level"), [(3.74, "green"), (1.05, "red")])
def test_a_spend_model_without_a_sensible_mean_is_red(cdnow_transactions, study, q, level):
    """With q near one the model expects far more of one-time buyers than anybody has spent."""
    spend = GammaGammaModel.from_params({"p": 6.25, "q": q, "v": 15.44})
    checks = check_assumptions(cdnow_transactions, study.customers, horizon_days=365, spend=spend).checks
    assert len(checks) == 6
    assert next(check for check in checks if check.key == "mean_spend").level == level


def test_the_simple_formula_is_said_only_where_it_has_an_answer(study):
    """An endless lifetime is no sentence."""
    from dataclasses import replace

    assert "simple formula" in str(formula_sentence(study))
    assert formula_sentence(replace(study, formula=replace(study.formula, lifetime_periods=np.inf))) is None


def test_refunds_alone_are_refused():
    """Without a purchase there is nobody to speak of."""
    rows = pd.DataFrame({"customer_id": ["a"], "day": pd.to_datetime(["2026-01-01"]), "amount_cents": [-100]})
    with pytest.raises(DataError, match="all amounts are refunds"):
        study_customers(rows)
    with pytest.raises(DataError, match="later observation_end"):
        study_customers(rows.assign(amount_cents=100), observation_end="2025-01-01")
