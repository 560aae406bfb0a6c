"""Value and intervals: money adds up to the cent, parts add up, rules do what they say, seeds repeat."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxlib.clv import BetaGeoModel, FittedRun, GammaGammaModel, ParetoNBDModel, ShiftedBetaGeoModel, ValueRules
from cxlib.clv.change import explain_change
from cxlib.clv.choice import FittedModels
from cxlib.clv.economics import acquisition_economics
from cxlib.clv.intervals import Lives, draw_parameters
from cxlib.clv.memberships import forecast_memberships
from cxlib.clv.value import forecast, new_customer_value, reconcile, refund_share, revenue_path
from cxlib.data import customers_without_purchase, purchase_summary
from cxlib.errors import DataError, ParameterError

END = pd.Timestamp("1998-06-30")


@pytest.fixture(scope="module")
def whole(cdnow_transactions):
    """CDNOW's summary of all 78 weeks."""
    return purchase_summary(cdnow_transactions, observation_end=END)


@pytest.fixture(scope="module")
def fitted(whole):
    """Pareto/NBD and Gamma-Gamma on all of CDNOW."""
    return FittedModels(ParetoNBDModel().fit(whole), GammaGammaModel().fit(whole))


@pytest.fixture(scope="module")
def value(whole, fitted):
    """A forecast of a year at a margin of 35%."""
    return forecast(whole, fitted, rules=ValueRules(margin=0.35), currency="USD", draws=400)


def test_history_is_the_source(cdnow_transactions, whole, value):
    """Historic revenue is the source's revenue, to the cent."""
    alone = customers_without_purchase(cdnow_transactions, observation_end=END)
    cents = int(cdnow_transactions["amount_cents"].sum())
    assert reconcile(whole, alone, cents).difference_cents == 0
    assert value.customers["historic_revenue_cents"].sum() + int(alone["refund_cents"].sum()) == cents


@settings(max_examples=15)
@given(
    cents=st.lists(st.integers(-5000, 5000), min_size=1, max_size=40),
    who=st.lists(st.integers(0, 4), min_size=40, max_size=40),
    day=st.lists(st.integers(0, 20), min_size=40, max_size=40),
)
def test_every_cent_is_accounted_for(cents, who, day):
    """Whatever the amounts - zeros, refunds, customers with refunds only - nothing is lost."""
    n = len(cents)
    rows = pd.DataFrame(
        {
            "customer_id": [f"c{i}" for i in who[:n]],
            "day": pd.Timestamp("2026-01-01") + pd.to_timedelta(day[:n], unit="D"),
            "amount_cents": np.array(cents, dtype="int64"),
        }
    )
    alone, table = customers_without_purchase(rows), purchase_summary(rows)
    if len(table):
        assert reconcile(table, alone, sum(cents)).difference_cents == 0
    else:
        assert alone["refund_cents"].sum() == sum(cents)


def test_refunds_count_against_history(fitted):
    """A refund lowers what a customer has brought, and by its share what is still to come."""
    table = pd.DataFrame(
        {"customer_id": ["a"], "frequency": [2], "recency": [60], "T": [90], "monetary_value": [25.0],
         "first_amount_cents": [5000], "repeat_amount_cents": [5000], "refund_cents": [-1000]}
    )  # fmt: skip
    value = forecast(table, fitted, draws=20)
    assert value.customers["historic_revenue_cents"].tolist() == [9000]
    assert value.rules.refund_share == pytest.approx(0.1)


def test_reconciliation_says_what_is_missing():
    """A lost cent is named."""
    table = pd.DataFrame({"first_amount_cents": [900], "repeat_amount_cents": [0], "refund_cents": [0]})
    result = reconcile(table, pd.DataFrame({"refund_cents": pd.Series([], dtype="int64")}), 901, currency="USD")
    assert "0.01" in str(result.headline)
    assert "adds up exactly" in str(reconcile(table, pd.DataFrame({"refund_cents": [0]}), 900).headline)


def test_parts_add_up(value):
    """Total = historic + residual for each customer and in sum; intervals hold the expectation."""
    table = value.customers
    assert table["total_value_cents"].to_numpy() == pytest.approx(
        (table["historic_value_cents"] + table["residual_value_cents"]).to_numpy()
    )
    total = value.totals.loc["residual_value_cents"]
    assert total["value"] == pytest.approx(table["residual_value_cents"].sum())
    assert (value.totals["low"] <= value.totals["value"]).all()
    assert (value.totals["value"] <= value.totals["high"]).all()
    assert (table["residual_low_cents"] <= table["residual_value_cents"]).all()
    assert value.tiers["customers"].sum() == len(table)
    assert value.tiers["share"].sum() == pytest.approx(1)


def test_value_is_its_formula(whole, fitted, value):
    """Margin x discounted purchases x expected spend, by hand for a customer."""
    one = whole.iloc[[3]]
    bought = fitted.purchases.discounted_purchases(one, annual_discount_rate=0.1, horizon_days=365).iloc[0]
    assert value.customers["residual_value_cents"].iloc[3] == pytest.approx(
        35 * bought * fitted.spend.expected_spend(one).iloc[0]
    )


def test_rules_move_the_value_as_they_say(whole, fitted):
    """Double margin is double value; refunds take their share; no horizon is worth more than ten years."""

    def worth(**rules):
        return forecast(whole.head(200), fitted, rules=ValueRules(**rules), draws=20).total().value

    assert worth(margin=0.6) == pytest.approx(2 * worth(margin=0.3))
    assert worth(refund_share=0.25) == pytest.approx(0.75 * worth())
    assert worth(annual_discount_rate=0.2) < worth() < worth(annual_discount_rate=0)
    assert worth(horizon_days=3650) < worth(horizon_days=None)


def test_refunds_lower_the_future():
    """The share of refunds is their sum over purchases, and 0 where there is nothing to share."""
    table = pd.DataFrame({"first_amount_cents": [900, 0], "repeat_amount_cents": [100, 0], "refund_cents": [-50, -50]})
    assert refund_share(table) == pytest.approx(0.1)
    assert refund_share(table.assign(first_amount_cents=0, repeat_amount_cents=0)) == 0


@pytest.mark.parametrize("bad", [{"margin": 35}, {"margin": 0}, {"annual_discount_rate": 10}, {"refund_share": 1},
                                 {"annual_discount_rate": 0, "horizon_days": None}])  # fmt: skip
def test_bad_rules(bad):
    """Percentages written as whole numbers and endless undiscounted value are refused."""
    with pytest.raises(ParameterError):
        ValueRules(**bad)


def test_forecast_needs_one_row_a_customer(whole, fitted):
    """Grouped rows and fractions of cents are refused."""
    with pytest.raises(DataError, match="one row a customer"):
        forecast(whole.assign(customers=2), fitted)
    with pytest.raises(DataError, match="whole cents"):
        forecast(whole.assign(first_amount_cents=0.5), fitted)


def test_shown(value):
    """The headline says how many, how much and how sure; the table escapes."""
    said = str(value.headline)
    assert "2,357 customers are worth US$" in said
    assert "95% interval" in said
    assert len(value.summary) == 4
    assert "<table" in value._repr_html_()


def test_same_seed_same_answer(whole, fitted):
    """Intervals repeat with their seed and differ with another."""
    few = whole.head(100)
    first, again, other = (
        forecast(few, fitted, draws=50, seed=s).totals.loc["residual_value_cents", "low"] for s in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_input_is_left_alone(whole, fitted):
    """A forecast does not change the table that it is given."""
    before = whole.copy()
    forecast(whole, fitted, draws=20)
    pd.testing.assert_frame_equal(whole, before)


def test_drawn_parameters_spread_as_refits_do(customers):
    """Spread of 100 refits to customers drawn with replacement is that of the draws within a quarter."""
    model, rng = BetaGeoModel().fit(customers), np.random.default_rng(1)
    refits = [BetaGeoModel().fit(customers.sample(frac=1, replace=True, random_state=rng))._theta for _ in range(100)]
    drawn = np.log(draw_parameters(model, draws=4000, seed=1)).std(axis=0)
    assert np.log(refits).std(axis=0) == pytest.approx(drawn, rel=0.25)
    assert drawn == pytest.approx(np.sqrt(np.diag(model._log_covariance)), rel=0.06)


def test_more_chance_with_fewer_customers(customers):
    """Relative width of the total's interval shrinks with the number of customers, for the same parameters."""
    model = BetaGeoModel().fit(customers)
    drawn = draw_parameters(model, draws=400, seed=0)

    def width(n):
        low, high = Lives(model, drawn).simulate(customers.head(n), horizon_days=365).interval()
        return (high - low) / model.expected_purchases(customers.head(n), horizon_days=365).sum()

    assert width(100) > 1.5 * width(3000)


def test_known_parameters_leave_only_chance(customers):
    """A model made from numbers alone has no parameter uncertainty."""
    model = BetaGeoModel.from_params({"r": 0.6, "alpha": 7.0, "a": 0.9, "b": 2.5})
    assert np.ptp(draw_parameters(model, draws=5, seed=0), axis=0) == pytest.approx([0, 0, 0, 0])
    assert model.standard_errors_ == dict.fromkeys(["r", "alpha", "a", "b"], 0.0)
    fitted = BetaGeoModel().fit(customers)
    copy = BetaGeoModel.from_params(fitted.params_, covariance=fitted.covariance_)
    assert copy.standard_errors_ == pytest.approx(fitted.standard_errors_)


def test_change_adds_up(cdnow_transactions, whole, fitted):
    """Before + parts = after, to rounding; with the same run on both sides every part is 0."""
    earlier, rules = purchase_summary(cdnow_transactions, observation_end="1998-03-31").iloc[20:], ValueRules()
    before = FittedRun(earlier, FittedModels(ParetoNBDModel().fit(earlier), GammaGammaModel().fit(earlier)))
    after = FittedRun(whole.iloc[:-5], fitted)
    change = explain_change(before, after, rules)
    parts = [change.new_customers_cents, change.lost_customers_cents, change.behaviour_cents, change.model_cents]
    assert change.before_cents + sum(parts) == pytest.approx(change.after_cents)
    assert change.new_customers == 20
    refitted = explain_change(FittedRun(after.summary, before.models), after, rules)
    assert refitted.behaviour_cents == refitted.new_customers_cents == 0
    assert refitted.model_cents == pytest.approx(refitted.after_cents - refitted.before_cents)
    assert refitted.model_cents != 0
    moved = explain_change(before, FittedRun(after.summary, before.models), rules)
    assert moved.model_cents == 0
    assert moved.behaviour_cents != 0
    same = explain_change(after, after, rules)
    assert same.behaviour_cents == same.model_cents == same.new_customers_cents == 0


def test_the_first_purchase_may_count(whole):
    """With all purchases a one-time buyer is judged by the first amount; the fit is that of x + 1 amounts, by hand."""
    model = GammaGammaModel(first_purchase=True).fit(whole)
    x = whole["frequency"] + 1
    mean = (whole["first_amount_cents"] + whole["repeat_amount_cents"]) / 100 / x
    by_hand = GammaGammaModel().fit(whole.assign(frequency=x, monetary_value=mean))
    assert model.params_ == pytest.approx(by_hand.params_)
    once = whole[(whole["frequency"] == 0) & (whole["first_amount_cents"] > 0)].drop(columns="monetary_value")
    once = once.sort_values("first_amount_cents")
    expected = model.expected_spend(once).to_numpy()
    assert (np.diff(expected) >= -1e-9).all()
    assert np.ptp(expected) > 10
    assert model.new_customer_spend(whole) == pytest.approx(model.expected_spend(whole).mean())
    assert by_hand.new_customer_spend(whole) == by_hand.mean_spend


def test_plan(whole, fitted):
    """Revenue grows with the days; planned customers add their first purchases and repeats, by hand."""
    purchases, spend, rules = fitted.purchases, fitted.spend, ValueRules()
    path = revenue_path(whole, fitted, (91, 365), rules=rules, new_customers_per_30_days=300, draws=50)
    assert path.table["base_cents"].is_monotonic_increasing
    steps = np.linspace(0, 365, 2001)[1:]
    by_hand = (
        100 * spend.mean_spend * 10 * (365 + 365 * np.mean([purchases.expected_purchases_new(t) for t in steps[::20]]))
    )
    assert path.table["new_cents"].iloc[-1] == pytest.approx(by_hand, rel=5e-3)
    worth = new_customer_value(purchases, ValueRules(annual_discount_rate=0), spend.mean_spend)
    assert worth == pytest.approx(100 * spend.mean_spend * (1 + purchases.expected_purchases_new(365)))
    with pytest.raises(ParameterError):
        revenue_path(whole, fitted, (10, 5), rules=rules)


def test_economics(cdnow_transactions, value):
    """Groups keep their customers; a free channel is paid back at once, a dear one never; missing costs are counted."""
    ids = value.customers["customer_id"]
    channel = np.where(np.arange(len(ids)) % 2, "cheap", "dear")
    cost = np.where(channel == "cheap", 1.0, 1e7)
    cost[:10] = np.nan
    people = pd.DataFrame({"customer_id": ids, "channel": channel, "acquisition_cost_cents": cost})
    result = acquisition_economics(value, people, cdnow_transactions, end=END)
    table = result.table.set_index("group")
    assert table["customers"].sum() + table["unknown_cost"].sum() == len(ids)
    assert table["unknown_cost"].sum() == 10
    assert table.loc["cheap", "payback_days"] == 30
    assert table.loc["dear", "payback_days"] == np.inf
    assert (table["value_to_cost_low"] <= table["value_to_cost"]).all()
    assert table.loc["dear", "value_to_cost_high"] < 1
    share, reach = (
        value.total().value / value.total("total_value_cents").value,
        value.total().high / value.total().value,
    )
    assert (table["value_to_cost_high"] / table["value_to_cost"] > 1 + 0.9 * share * (reach - 1)).all()  # if it errs


def test_payback_ends_at_steps_that_hold_it(cdnow_transactions, value):
    """Ends are steps of 30 days around the middle, or past what was observed, never between steps or unknown."""
    ids = value.customers["customer_id"]
    for cost in (500.0, 1200.0, 1500.0, 2500.0):
        people = pd.DataFrame({"customer_id": ids, "channel": ids.str[-1], "acquisition_cost_cents": cost})
        table = acquisition_economics(value, people, cdnow_transactions, end=END, draws=100).table
        ends = table[["payback_days_low", "payback_days", "payback_days_high"]].to_numpy()
        assert not np.isnan(ends).any()
        assert (ends[:, 0] <= ends[:, 1]).all()
        assert (ends[:, 1] <= ends[:, 2]).all()
        assert (ends[np.isfinite(ends)] % 30 == 0).all()


def test_cohorts_are_months(cdnow_transactions, value):
    """A date column stands for its months."""
    people = pd.DataFrame({"customer_id": value.customers["customer_id"], "acquisition_cost_cents": 1000.0})
    people["joined_on"] = pd.Timestamp("1997-01-15") + pd.to_timedelta(np.arange(len(people)) % 60, unit="D")
    result = acquisition_economics(value, people, cdnow_transactions, end=END, by="joined_on", draws=50)
    assert result.table["group"].tolist() == ["1997-01", "1997-02", "1997-03"]


def test_no_cost_is_refused(cdnow_transactions, value):
    """Without any known cost there is nothing to compare."""
    people = pd.DataFrame({"customer_id": ["0001"], "channel": ["web"], "acquisition_cost_cents": [None]})
    with pytest.raises(DataError, match="acquisition_cost"):
        acquisition_economics(value, people, cdnow_transactions, end=END)


def test_risk(value):
    """Half of the value lies with few, and no fewer; what is at risk is what would come if nobody had left."""
    top, half, at_risk = value.concentration
    table = value.customers
    assert 0.1 < top < 1
    assert 0 < half < len(table) / 2
    ranked = table["residual_value_cents"].sort_values(ascending=False)
    assert ranked.head(half - 1).sum() < ranked.sum() / 2 <= ranked.head(half).sum()
    likely = table[table["p_alive"] > 1e-6]
    assert at_risk == pytest.approx((likely["residual_value_cents"] * (1 / likely["p_alive"] - 1)).sum())


def test_memberships():
    """Ended memberships are worth nothing more; history is what was paid; the interval holds the expectation."""
    table = pd.DataFrame({"customer_id": [f"m{i}" for i in range(300)], "price_cents": 1000,
                          "periods": np.repeat([1, 2, 3, 6, 12], 60), "ended": np.arange(300) < 170})  # fmt: skip
    model = ShiftedBetaGeoModel(time_unit_days=30).fit(table)
    value = forecast_memberships(table, model, rules=ValueRules(margin=0.5, horizon_days=None))
    people = value.customers
    assert (people.loc[table["ended"], "residual_value_cents"] == 0).all()
    assert people["historic_revenue_cents"].sum() == 1000 * (table["periods"] + ~table["ended"]).sum()
    total = value.totals.loc["residual_value_cents"]
    assert total["low"] < total["value"] < total["high"]
