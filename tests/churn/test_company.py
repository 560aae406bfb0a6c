"""A company's tables become a churn study: its kind, its horizon, and what is said where something is missing."""

import numpy as np
import pandas as pd
import pytest

from cxlib.churn import ChurnData, ChurnQuestion, Offer, OfferRules, gather_churn, study_churn
from cxlib.churn.gather import came_back, choose_horizon, flag_rows
from cxlib.churn.risk.evaluation import gain_curve
from cxlib.clv import gather_customers
from cxlib.data import Workspace, guess_payments, paid_among_purchases, purchase_gaps
from cxlib.errors import DataError, ParameterError

END = pd.Timestamp("2026-06-30")


def shop(**frames):
    """A workspace of these tables."""
    return Workspace.from_frames(frames, currency="SAR", time_zone="UTC", as_of=END.date())


def memberships(ends):
    """Memberships of half a year with these ends; an empty one runs."""
    n = len(ends)
    started = (END - pd.to_timedelta(np.arange(200, 200 + n), unit="D")).strftime("%Y-%m-%d")
    return pd.DataFrame(
        {"customer_id": [f"C{i}" for i in range(n)], "started_on": started, "ended_on": ends, "plan": "monthly",
         "price": "10"}
    )  # fmt: skip


def sales(days):
    """Transactions of one customer on so many days before the end."""
    at = [(END - pd.Timedelta(days=day)).strftime("%Y-%m-%d") for day in days]
    return pd.DataFrame({"customer_id": "C0", "at": at, "amount": "5"})


@pytest.mark.parametrize(
    ("tables", "kind"),
    [
        ({"memberships": memberships(["2026-05-01", "2026-04-01", ""])}, "memberships"),
        ({"memberships": memberships(["2026-06-30", "2026-06-30", ""])}, "flags"),
        ({"memberships": memberships(["", "", ""]), "transactions": sales([1, 50, 400])}, "purchases"),
        ({"transactions": sales([1, 50, 400])}, "purchases"),
    ],
)
def test_the_kind_is_what_the_tables_hold(tables, kind):
    """Ends on several days: memberships; all on the day of the file: flags; none: purchases."""
    assert gather_churn(shop(**tables)).kind == kind


def test_groups_by_a_column_that_nobody_gathers_are_refused():
    """With what can be: nothing is left out in silence."""
    rows = memberships(["2026-05-01", "2026-04-01", ""])
    with pytest.raises(ParameterError, match=r"group_by: 'plam' is neither .*Did you mean 'plan'\?"):
        gather_churn(shop(memberships=rows), ChurnQuestion(group_by="plam"))


def with_dues(every):
    """Sixty members with purchases at odd prices, and what they pay every so many days among them (0: not)."""
    rows = memberships([*["2026-05-01", "2026-04-01", "2026-03-11"] * 6, *[""] * 42])
    bought = [(f"C{i}", END - pd.Timedelta(days=40 * k + i), 3 + k) for i in range(60) for k in range(4)]
    for member in rows.itertuples() if every else ():
        last = pd.Timestamp(member.ended_on or END)
        days = pd.date_range(member.started_on, last, freq=f"{every}D")
        bought += [(member.customer_id, day, 10) for day in days]
    table = pd.DataFrame(bought, columns=["customer_id", "at", "amount"])
    return shop(memberships=rows, transactions=table.assign(at=table["at"].dt.strftime("%Y-%m-%d")))


def test_dues_that_stand_among_purchases_count_once():
    """What members pay is not added to what they spend where their spend holds it, and the page says so."""
    for every, said in ((0, False), (30, True)):
        company = with_dues(every)
        data = gather_churn(company)
        today = data.snapshots.loc[data.snapshots["cut_off"] == data.snapshots["cut_off"].max()]
        spend = today["spend_cents_365d"].fillna(0)
        dues = 0 if said else 12_000
        assert (today["value_cents"] == spend + dues).all()
        assert any("stands among the purchases too" in str(limit) for limit in data.limits) == said
        assert gather_customers(company).paid_among_purchases == said


@pytest.mark.parametrize(
    ("prices", "paid"),
    [
        ({"Monthly": 10, "Yearly": 99}, {"Monthly": 12, "Yearly": 1}),
        ({"Gold yearly": 99}, {"Gold yearly": 1}),
        (
            {"Month-to-month": 65, "One year": 64, "Two year": 60},
            {"Month-to-month": 12, "One year": 12, "Two year": 12},
        ),
        ({"1 month": 10, "12 months": 96, "3 mo": 27}, {"1 month": 12, "12 months": 1, "3 mo": 4}),
        ({"شهري": 10, "سنوي": 100, "نصف سنوي": 55}, {"شهري": 12, "سنوي": 1, "نصف سنوي": 2}),
        ({"12 months": 96, "Gold": 20, "Annual, billed monthly": 9, "Size M": 5}, {}),
        ({"weekly": 3, "quarterly": 30}, {"weekly": 12 * 30.4375 / 7, "quarterly": 4}),
    ],
)
def test_plans_say_how_often_they_are_paid(prices, paid):
    """By a word such as yearly; a length is believed where the price is that of so many months."""
    rows = pd.DataFrame([{"plan": plan, "price_cents": 100 * price} for plan, price in prices.items()])
    assert guess_payments(rows) == pytest.approx(paid)


def test_a_year_of_a_yearly_plan_is_its_price():
    """Whatever the plan is called; a plan that says nothing counts by the month, and the page of churn tells so."""
    rows = memberships(["2026-05-01", "2026-04-01", *[""] * 38])
    rows["plan"], rows["price"] = ["Yearly", "Gold"] * 20, [120, 10] * 20
    data = gather_churn(shop(memberships=rows))
    today = data.snapshots.loc[data.snapshots["cut_off"] == data.snapshots["cut_off"].max()]
    assert today["value_cents"].unique().tolist() == [12_000]
    assert data.unknown_payments == ["Gold"]
    stated = gather_churn(shop(memberships=rows), ChurnQuestion(payments_per_year={"Gold": 1, "Yearly": 2}))
    assert stated.unknown_payments == []
    assert sorted(stated.snapshots["value_cents"].unique()) == [1_000, 24_000]


@pytest.mark.parametrize("lacking", ["price", "amount"])
def test_without_prices_or_amounts_nothing_is_told_of_dues(lacking):
    """A log without amounts, and memberships without prices."""
    tables = {"memberships": memberships(["2026-05-01", "2026-04-01", *[""] * 38]), "transactions": sales([1, 50, 400])}
    company = shop(**{name: rows.drop(columns=lacking, errors="ignore") for name, rows in tables.items()})
    assert gather_churn(company).limits == ()
    assert not gather_customers(company).paid_among_purchases


def test_products_that_cost_what_a_plan_costs_are_no_dues():
    """Weekly shoppers whose goods have forty prices, one of them the plan's: bought by all, in no rhythm."""
    rng, n = np.random.default_rng(0), 100
    days = pd.Timestamp("2025-01-01") + pd.to_timedelta(np.tile(np.arange(104) * 7, n), unit="D")
    cents = rng.integers(1, 41, len(days)) * 100
    bought = pd.DataFrame({"customer_id": np.repeat(range(n), 104), "day": days, "amount_cents": cents})
    plans = {"started_on": days[0], "ended_on": pd.NaT, "price_cents": 1900}
    assert paid_among_purchases(pd.DataFrame({"customer_id": range(n), **plans}), bought) is None


def test_a_day_that_is_none_is_an_error():
    """Of the end of the study, and of the offer."""
    with pytest.raises(ParameterError, match="observation_end='2026-06-31' is not a day"):
        ChurnQuestion(observation_end="2026-06-31")
    with pytest.raises(ParameterError, match="observation_end=9999-12-31 is no day of business"):
        ChurnQuestion(observation_end="9999-12-31")
    with pytest.raises(ParameterError, match="horizon_days=10000000 must be at least 0 and at most 36,525"):
        ChurnQuestion(horizon_days=10_000_000)
    with pytest.raises(ParameterError, match="payments_per_year: 'annual' is 'x'"):
        ChurnQuestion(payments_per_year={"annual": "x"})
    with pytest.raises(ParameterError, match="offer_day='spring' is not a day"):
        Offer("plan", "spring")


def test_nobody_is_called_who_does_not_want_to_be():
    """Yes and no in several spellings; what is not said is missing, so that nobody calls; other words are an error."""
    people = pd.DataFrame({"customer_id": list("abcde"), "quiet": ["Yes", "0", " TRUE ", None, "\u0644\u0627"]})
    tables = {"transactions": sales([1, 50, 400]), "customers": people}
    found = gather_churn(shop(**tables), opted_out="quiet").contact
    assert found["opted_out"].fillna(True).tolist() == [True, False, True, True, False]
    assert gather_churn(shop(**tables)).contact is None
    with pytest.raises(DataError, match=r"no column 'quite' for opted_out\. Did you mean 'quiet'"):
        gather_churn(shop(**tables), opted_out="quite")
    with pytest.raises(DataError, match="no such table"):
        gather_churn(shop(transactions=sales([1, 50])), opted_out="quiet")
    with pytest.raises(DataError, match=r"1 values that are neither yes nor no \(first: 'perhaps'"):
        gather_churn(shop(**tables | {"customers": people.assign(quiet="perhaps").head(1)}), opted_out="quiet")


def test_nothing_to_leave_is_an_error():
    """Neither purchases nor an ended membership: the error names the two tables."""
    with pytest.raises(DataError, match="neither memberships of which any has ended nor transactions"):
        gather_churn(shop(memberships=memberships(["", ""])))


def test_an_unknown_kind_names_the_allowed_ones():
    """A misspelt kind is an error with the nearest name."""
    with pytest.raises(ParameterError, match="Did you mean 'purchases'"):
        ChurnQuestion("purchase")


def test_a_treatment_needs_its_day():
    """An offer without a day cannot be looked at from before it."""
    with pytest.raises(ParameterError, match="Set offer_day"):
        Offer("group")


def test_an_offer_of_yesterday_is_not_judged():
    """Its horizon is not over: said as a limit, no error."""
    tables = {"memberships": memberships(["2026-05-01", "2026-04-01", *[""] * 30])}
    found = gather_churn(shop(**tables), offer=Offer("group", "2026-06-01"))
    assert found.experiment is None
    assert "too recent" in str(found.limits[0])


def test_too_short_a_history_is_said():
    """Fewer days than the horizon: no snapshots, and the reason in words."""
    found = gather_churn(shop(transactions=sales([0, 10, 20])), ChurnQuestion(horizon_days=90))
    assert found.snapshots is None
    assert "too few to see who leaves" in str(study_churn(found).headline)


def test_the_horizon_follows_the_gaps():
    """Ninety percent of gaps of 40 days: two months; data of half a year allows one."""
    rows = pd.DataFrame(
        {"customer_id": np.repeat([f"C{i}" for i in range(20)], 10), "amount_cents": 100,
         "day": np.tile(pd.date_range("2025-01-01", periods=10, freq="40D"), 20)}
    )  # fmt: skip
    gaps = purchase_gaps(rows)
    assert gaps.quantile(0.9) == 40
    assert choose_horizon(gaps, days=730) == 60
    assert choose_horizon(gaps, days=180) == 30


def test_who_came_back_counts_those_away_longer():
    """Of two absences of more than 20 days one ended with a purchase."""
    rows = pd.DataFrame({"customer_id": ["a", "a", "b", "b"], "amount_cents": 100,
                         "day": pd.to_datetime(["2026-01-01", "2026-02-10", "2026-01-01", "2026-01-05"])})  # fmt: skip
    assert came_back(purchase_gaps(rows), 20) == 0.5


def test_flags_take_the_last_spell_of_a_customer():
    """One row a customer, valued at a year's price."""
    spells = pd.DataFrame(
        {"customer_id": ["a", "a"], "started_on": pd.to_datetime(["2024-01-01", "2026-01-01"]), "plan": "annual",
         "duration_days": [10, 20], "ended": [True, False], "price_cents": [100, 500]}
    )  # fmt: skip
    rows = flag_rows(spells, [], {"annual": 1})
    assert rows[["churned", "membership_days", "value_cents"]].values.tolist() == [[0, 20, 500.0]]


def test_gains_of_a_perfect_and_of_a_useless_ranking():
    """A perfect ranking reaches all leavers in their share of customers; equal risks reach as many as chance."""
    left = np.repeat([1, 0], [20, 80])
    assert gain_curve(left, left * 0.9, draws=20).at(0.2)[0] == 1
    even = gain_curve(left, np.full(100, 0.2), draws=20)
    assert np.allclose(even.table["reached"], even.table["share"])
    assert "not clearly more than chance" in str(even.headline)
    assert "times as many as chance" in str(gain_curve(left, left * 0.9, draws=20).headline)


def test_gains_without_leavers_are_refused():
    """Nobody left: there is nothing to reach."""
    with pytest.raises(DataError, match="somebody who left"):
        gain_curve([0, 0], [0.1, 0.2])


def test_reasons_that_nobody_gave_do_not_stop_the_study():
    """The mapping of reasons may name ones that have not been stated yet."""
    ends = ["2026-05-01"] * 2 + ["2026-04-01"] * 2 + [""] * 40
    tables = memberships(ends).assign(end_reason=["price", "price", "moved", "moved", *[""] * 40])
    question = ChurnQuestion(reasons={"price": "voluntary", "never said": "involuntary"})
    study = study_churn(gather_churn(shop(memberships=tables), question), rules=OfferRules())
    kinds = study.survival.reasons.kinds.set_index("kind")["n"]
    assert kinds.to_dict() == {"voluntary": 2, "involuntary": 0, "unknown": 2}


def test_a_study_of_nothing_says_why():
    """No snapshots, no spells: the reasons are the limits."""
    data = gather_churn(shop(transactions=sales([0])), ChurnQuestion(horizon_days=90))
    nothing = ChurnData(data.question, limits=data.limits)
    assert study_churn(nothing).reasons == nothing.limits
