"""A published plan is read back: what it brought, by whom it held out, and how that moves what the next counts on."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cxlib.playbook import make_plan
from cxlib.playbook.earlier import TRIED, Brought, EarlierPlan, compare_arms, read_earlier
from cxlib.report.views import playbook as show
from tests.loyalty.conftest import shop
from tests.playbook.conftest import CALL, END, known, people, question

NAMES = ("one", "two", "three")


def _plan(seed=1, customers=600, **options):
    rng = np.random.default_rng(seed)
    return make_plan(known(people(risk=rng.uniform(0.2, 0.6, customers))), question({"call": CALL}, **options))


def _came(plan, response, rng):
    """The plan with what became of its customers, whom each action keeps by its response."""
    rows = plan.standing
    keeps = rows["action"].map(response).to_numpy(float) * ~rows["hold_out"].to_numpy(bool)
    left = rng.random(len(rows)) < rows["risk"].to_numpy() * (1 - keeps)
    return EarlierPlan(rows.assign(churned=left.astype(int), spent_cents=0.0), plan.tried)


def test_a_plan_moves_the_next_ones_response_towards_what_was_seen():
    """Between what was stated and what was seen, and no longer called never tried."""
    plan = _plan(hold_out=0.3)
    assert plan.assumed
    came = _came(plan, {"call": 0.0}, np.random.default_rng(2))
    after = make_plan(replace(plan.known, earlier=came), plan.question)
    seen, counted = after.tried["seen"].item(), after.evidence[0].effects[""].expected
    assert seen < counted < 0.3
    assert after.evidence[0].measured
    assert after.brought.day == END + dt.timedelta(days=1)


def test_the_page_says_what_a_plan_brought_in_both_languages():
    """With what was promised, and what is counted on from now; before that, that there is no plan."""
    plan = _plan(hold_out=0.3)
    came = _came(plan, {"call": 0.3}, np.random.default_rng(2))
    after = make_plan(replace(plan.known, earlier=came), plan.question)
    page = show.earlier(after).payload()["html"]
    assert "The playbook of" in page["en"] or "It is unclear" in page["en"]
    assert all(text in page["en"] for text in ("Promised", "Response stated", "Counted on", "call"))
    assert "الموعود" in page["ar"]
    assert "no earlier playbook" in show.earlier(plan).payload()["html"]["en"]


def test_a_lift_is_read_from_what_both_groups_spent():
    """Half as much again, on a value to come of SAR 800 each, less costs."""
    n = 200
    frame = people(risk=[0.5] * n, worth_cents=[80_000.0] * n)
    plan = make_plan(known(frame), question({"club": {"cost": 1, "lifts": 0.1}}, hold_out=0.5))
    rows = plan.standing
    spent = np.where(rows["hold_out"], 1_000.0, 1_500.0)
    row = compare_arms(EarlierPlan(rows.assign(churned=0, spent_cents=spent))).iloc[0]
    assert row["seen"] == pytest.approx(0.5)
    assert row["gain_cents"] == pytest.approx(100 * (40_000 - 100))


def test_too_few_on_a_side_say_nothing():
    """A tenth of 200 customers: no number, and a sentence that says why."""
    came = _came(_plan(customers=200), {"call": 0.3}, np.random.default_rng(1))
    table = compare_arms(came)
    assert table["gain_cents"].isna().all()
    assert "too few customers were held out" in str(Brought(END, table, "SAR").headline)


@pytest.mark.parametrize(
    ("ends", "said"), [((1e5, 3e5), "brought"), ((-3e5, -1e5), "lost money"), ((-1e5, 2e5), "It is unclear")]
)
def test_the_sentence_follows_the_interval(ends, said):
    """Clear gain, clear loss, or unclear."""
    row = ("call", "keeps", 90, 90, 1e5, sum(ends) / 2, *ends, 0.1, 0.1)
    table = pd.DataFrame([(pd.Timestamp(END), *row)], columns=TRIED)
    assert said in str(Brought(END, table, "SAR").headline)


def test_whom_a_plan_holds_out_a_later_one_leaves_alone_until_it_is_over():
    """And the plan that stands is handed on as it was."""
    plan = _plan()
    waits = EarlierPlan(plan.standing, why_not=plan.headline)
    later = make_plan(replace(plan.known, earlier=waits), replace(plan.question, seed=99))
    assert waits.held_back
    left_alone = later.customers.loc[later.customers["customer_id"].isin(waits.held_back), "status"]
    assert set(left_alone) == {"held_out"}
    assert later.standing.equals(plan.standing)


def test_a_published_plan_is_read_back_once_its_days_are_over(tmp_path):
    """From its file, with who left since; before that, or from another file, it says why not."""
    file, company = tmp_path / "standing.parquet", shop()
    plan = make_plan(
        known(people(customer_id=sorted(company.frame("transactions")["customer_id"].unique()))),
        question({"call": CALL}),
    )
    rows = plan.standing.assign(currency=company.currency)
    for day, over in ((company.last_day - dt.timedelta(days=120), True), (company.last_day, False)):
        rows.assign(cut_off=pd.Timestamp(day)).to_parquet(file)
        found = read_earlier(company, file)
        assert (found.why_not is None) is over
        assert ("churned" in found.rows) is over
    file.write_text("nothing")
    assert "no earlier playbook" in str(read_earlier(company, file).why_not)


def _rounds(seed, rounds=12):
    """One company over many plans: promised and truly brought, and each action's interval against the truth."""
    rng = np.random.default_rng(seed)
    response = dict(zip(NAMES, np.clip(rng.normal(0.2, 0.1, 3), 0, 0.6), strict=True))
    actions = {
        name: {"cost": cost, "keeps": 0.2, "interval": [0, 0.4]} for name, cost in zip(NAMES, (4, 6, 8), strict=True)
    }
    earlier, sums, holds = EarlierPlan(), np.zeros(2), []
    for _ in range(rounds):
        frame = people(risk=rng.beta(2, 5, 1_500), value_cents=rng.gamma(1.5, 20_000, 1_500))
        plan = make_plan(replace(known(frame), earlier=earlier), question(actions, hold_out=0.3))
        earlier = _came(plan, response, rng)
        rows = plan.standing[~plan.standing["hold_out"]]
        true = rows["unit_cents"] * rows["action"].map(response) - rows["cost_cents"]
        sums += rows["promised_cents"].sum(), true.sum()
        by_action = true.groupby(rows["action"]).sum()
        for line in compare_arms(earlier).dropna().itertuples():
            holds.append(line.low_cents <= by_action[line.action] <= line.high_cents)
    return sums, holds


@pytest.mark.slow
def test_over_twelve_rounds_promises_meet_outcomes():
    """Of 25 companies x 12 plans: promised / brought 0.9 to 1.1; 93 to 97 of 100 intervals hold the truth."""
    found = [_rounds(500 + seed) for seed in range(25)]
    promised, brought = np.sum([sums for sums, _ in found], axis=0)
    assert 0.9 <= promised / brought <= 1.1
    assert 0.93 <= np.mean(np.concatenate([holds for _, holds in found])) <= 0.97


def test_one_company_learns_over_twelve_rounds():
    """A light form of the same: the response counted on comes nearer to the true one."""
    sums, holds = _rounds(500, rounds=4)
    assert 0.5 <= sums[0] / sums[1] <= 2
    assert np.mean(holds) >= 0.75
