"""Backtest, choice and assumptions: the published bar on CDNOW, planted faults found, nothing promised in vain."""

import numpy as np
import pandas as pd
import pytest

from cxlib.clv import BetaGeoModel, ModifiedBetaGeoModel
from cxlib.clv.assumptions import check_assumptions
from cxlib.clv.backtest import backtest
from cxlib.clv.baselines import calibration_by_decile, score, simple_formula
from cxlib.clv.choice import choose_model
from cxlib.data import purchase_summary
from cxlib.errors import DataError, ParameterError


@pytest.fixture(scope="module")
def past(cdnow_transactions):
    """CDNOW, 39 weeks after 39 weeks."""
    return backtest(cdnow_transactions, horizon_days=273, end="1998-06-30", origins=1, draws=100)


def random_buyers(rng, n=600, days=720, gap=40.0, *, leave=True, shape=1.0):
    """Transactions of customers whose gaps are gamma with `shape`; with `leave` a fifth go after each purchase."""
    rows = []
    for who in range(n):
        day = rng.integers(0, days - 120)
        mean = gap * rng.gamma(2.0, 0.5) + 3
        while day <= days:
            rows.append((f"c{who}", int(day), int(rng.integers(500, 5000))))
            if leave and rng.random() < 0.2:
                break
            day += max(1, rng.gamma(shape, mean / shape))
    table = pd.DataFrame(rows, columns=["customer_id", "day", "amount_cents"])
    return table.assign(day=pd.Timestamp("2024-01-01") + pd.to_timedelta(table["day"], unit="D"))


def test_cdnow_bar(past):
    """The best model is at least as good as -12.1 % in total and .785 by customer; baselines as computed by hand."""
    table = past.table.set_index("method")
    best = table.loc[past.best]
    assert abs(best["total_error"]) <= 0.121
    assert best["mae"] <= 0.785
    assert table.loc["bg_nbd", "total_error"] == pytest.approx(-0.1215, abs=5e-4)
    assert table.loc["naive_rate", "predicted"] == pytest.approx(2930, abs=0.5)
    assert table.loc["naive_rate", "mae"] == pytest.approx(1.024, abs=5e-4)
    assert table.loc["naive_rate", "correlation"] == pytest.approx(0.584, abs=5e-4)
    assert past.beats_naive
    assert past.warning is None
    assert "off by" in str(past.headline)


def test_cdnow_by_class(past):
    """Predicted and actual by frequency class as published for BG/NBD; deciles hold all customers."""
    table = past.by_frequency("bg_nbd")
    assert table["predicted"].tolist() == pytest.approx([0.23, 0.52, 1.04, 1.52, 2.16, 2.65, 3.50, 6.16], abs=6e-3)
    assert table["actual"].tolist() == pytest.approx([0.24, 0.70, 1.39, 1.56, 2.53, 2.95, 3.86, 6.36], abs=6e-3)
    assert past.calibration()["customers"].sum() == 2357
    with pytest.raises(ParameterError, match="no method"):
        past.calibration("bgnbd")


def test_revenue_is_scored_too(past):
    """Models times Gamma-Gamma err less on revenue than the naive rate."""
    revenue = past.revenue.set_index("method")
    assert revenue.loc["bg_nbd", "mae"] < revenue.loc["naive_rate", "mae"]
    assert revenue["actual"].nunique() == 1


def test_no_peeking(cdnow_transactions):
    """What happens after an origin changes no forecast made there."""
    rows = cdnow_transactions
    cut = pd.Timestamp("1997-09-30")
    other = rows.assign(amount_cents=rows["amount_cents"].where(rows["day"] <= cut, rows["amount_cents"] * 7))
    other = other[(other["day"] <= cut) | (np.arange(len(other)) % 2 == 0)]
    one, two = (
        backtest(t, horizon_days=273, end="1998-06-30", origins=1, models=("bg_nbd",), draws=20) for t in (rows, other)
    )
    for name in ("bg_nbd", "naive_rate", "last_period", "simple_formula"):
        assert one.customers[name].to_numpy() == pytest.approx(two.customers[name].to_numpy())
    assert one.customers["actual"].sum() > two.customers["actual"].sum()


def test_clockwork_customers_draw_a_warning():
    """Where everybody simply goes on at an own steady rate, the naive rate wins and the report says so."""
    rows = []
    for who in range(400):
        gap, first = 5 + who % 50, who % 5
        rows += [(f"c{who}", day) for day in range(first, 730, gap)]
    rows += [(f"one{i}", 300 + i % 60) for i in range(3)]
    table = pd.DataFrame(rows, columns=["customer_id", "day"]).assign(amount_cents=1000)
    table["day"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(table["day"], unit="D")
    result = backtest(table, horizon_days=180, origins=1, models=("bg_nbd",), draws=20)
    assert not result.beats_naive
    assert "do not rely on a forecast" in str(result.headline)


def test_refused_fits_are_told():
    """Customers who all come once cannot be fitted; the backtest says why and promises nothing."""
    table = pd.DataFrame({"customer_id": [f"c{i}" for i in range(60)], "amount_cents": 500})
    table["day"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(60) * 5, unit="D")
    result = backtest(table, horizon_days=60, origins=1, draws=20)
    assert result.best is None
    assert set(result.failures["method"]) == {"bg_nbd", "mbg_nbd", "pareto_nbd", "mbg_cnbd"}
    assert "No model could be fitted" in str(result.headline)


def test_rolling_origins(cdnow_transactions):
    """Origins step back from the end; those with too little history are left out; none left is an error."""
    result = backtest(cdnow_transactions, horizon_days=90, end="1998-06-30", origins=3, models=("bg_nbd",), draws=20)
    assert sorted(result.scores["origin"].dt.date.astype(str).unique()) == ["1998-01-01", "1998-02-15", "1998-04-01"]
    with pytest.raises(DataError, match="too few days"):
        backtest(cdnow_transactions, horizon_days=500)
    with pytest.raises(ParameterError, match="no model"):
        backtest(cdnow_transactions, horizon_days=90, models=("bgnbd",))
    with pytest.raises(ParameterError):
        backtest(cdnow_transactions, horizon_days=0)


def test_scores():
    """Sums, errors and their NaN cases by hand."""
    found = score(np.array([1.0, 3.0]), np.array([2.0, 2.0]))
    assert (found["total_error"], found["mae"], found["n"]) == (0, 1, 2)
    assert np.isnan(found["correlation"])
    assert np.isnan(score(np.array([1.0]), np.array([0.0]))["total_error"])


def test_deciles_keep_equal_forecasts_together():
    """Customers with the same forecast are never split between classes."""
    predicted = np.repeat([0.1, 0.2, 0.9], [50, 30, 20])
    table = calibration_by_decile(predicted, predicted)
    assert table["customers"].tolist() == [50, 30, 20]


def test_simple_formula_by_hand():
    """Average purchase 10, half a repeat purchase a period, a third left: 10 x .5 x 3."""
    first = [("a", "2025-01-05"), ("b", "2025-01-05"), ("c", "2025-01-05"), ("d", "2026-06-01")]
    again = [("a", "2025-06-01"), ("b", "2025-06-01"), ("c", "2025-06-01"), ("a", "2026-06-01"), ("b", "2026-06-01")]
    table = pd.DataFrame(first + again, columns=["customer_id", "day"]).assign(amount_cents=1000)
    table["day"] = pd.to_datetime(table["day"])
    end = pd.Timestamp("2026-12-31")
    found = simple_formula(table, purchase_summary(table, observation_end=end), end=end)
    assert found.mean_purchase_cents == 1000
    assert found.purchases_per_period == 0.5
    assert found.lifetime_periods == pytest.approx(3)
    assert found.value_cents == pytest.approx(1500)


def test_choice(cdnow, past):
    """The chosen model is the backtest's best among those that settled; without a backtest the likelier."""
    models = {"bg_nbd": BetaGeoModel().fit(cdnow), "mbg_nbd": ModifiedBetaGeoModel().fit(cdnow)}
    assert choose_model(models).chosen == "mbg_nbd"
    assert "not been tested" in str(choose_model(models).headline)
    tested = choose_model(models, past.table)
    assert tested.chosen == "mbg_nbd"
    assert len(tested.summary) == 2
    with pytest.raises(DataError):
        choose_model({})


def test_random_buyers_raise_no_alarm(rng):
    """Purchases at random with independent amounts are green where they can be judged."""
    table = random_buyers(rng)
    found = check_assumptions(table, purchase_summary(table), horizon_days=180)
    levels = {check.key: check.level for check in found.checks}
    assert _check(random_buyers(rng, n=1500), "regularity").value == pytest.approx(1, abs=0.15)
    assert levels["spend_frequency"] == levels["regularity"] == levels["history"] == "green"


def test_planted_faults_are_found(rng):
    """Clockwork buyers, spend that rises with frequency, a month of sales and a short history turn amber or red."""
    regular = random_buyers(rng, shape=8.0)
    assert _check(regular, "regularity").level == "red"
    assert 5 < _check(regular, "regularity").value < 11
    counts = regular.groupby("customer_id")["day"].transform("size")
    assert _check(regular.assign(amount_cents=counts * 1000), "spend_frequency").level == "red"
    long = random_buyers(rng, n=900, days=1500)
    extra = long[long["day"].dt.month == 11]
    season = pd.concat([long, *(extra.assign(customer_id=extra["customer_id"] + f"-{i}") for i in range(2))])
    assert _check(season, "seasonality").level == "red"
    assert _check(long, "seasonality").level == "green"
    assert _check(regular, "history", horizon_days=3000).level == "red"


def _check(table, key, horizon_days=180):
    found = check_assumptions(table, purchase_summary(table), horizon_days=horizon_days)
    assert str(found.headline)
    assert len(found.summary) == 7
    return next(check for check in found.checks if check.key == key)


def test_drift_of_cohorts_is_found(rng):
    """Newer customers who come back a third as often are red, and the effect says that they are worth less."""
    old, new = random_buyers(rng, leave=False), random_buyers(rng, gap=160.0, leave=False)
    new = new.assign(customer_id="n" + new["customer_id"])
    firsts = new.groupby("customer_id")["day"].transform("min")
    new = new[firsts > pd.Timestamp("2024-12-01")]
    older = old[old.groupby("customer_id")["day"].transform("min") <= pd.Timestamp("2024-12-01")]
    check = _check(pd.concat([older.head(len(new) * 6), new]), "cohort_drift")
    assert check.level == "red"
    assert "worth less" in str(check.effect)


@pytest.fixture
def rng():
    """Random numbers that repeat."""
    return np.random.default_rng(11)


def test_figures_are_those_of_the_model_that_is_used(past):
    """Where another model than the best is used, what is quoted of the past is its own."""
    other = next(m for m in past.table.loc[past.table["is_model"], "method"] if m != past.best)
    using = past.using(other)
    assert using.best == other
    own = past.scores[past.scores["method"] == other]["actual"]
    assert using.scores.loc[using.scores["covered"].notna(), "method"].unique().tolist() == [other]
    assert using.scores.loc[using.scores["method"] == other, "actual"].tolist() == own.tolist()
