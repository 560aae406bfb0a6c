"""The effect of an offer: published intervals, curves counted by hand, and the simulated company's planted campaign."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cxlib.churn import OfferRules
from cxlib.churn.offers import Experiment, difference_interval
from cxlib.churn.offers.uplift import measure_offer, qini, rank_uplift
from cxlib.data.demo.company import simulate
from cxlib.data.demo.truth import Hazard, Memberships, Truth
from cxlib.errors import DataError
from tests.churn.members import draw_members

OFFER_DAY = pd.Timestamp("2026-03-01")
HORIZON = pd.Timedelta(days=180)


OFFERED, NOT_OFFERED = Truth(), Truth(memberships=Memberships(hazard=replace(Hazard(), offer=0.0)))


def campaign(seed, *, customers=20_000):
    """Members on the day of the randomised offer, and who left within 180 days, with the offer and had it no effect."""
    tables = draw_members([OFFERED, NOT_OFFERED], seed=seed, customers=customers)
    return [_on_the_day(memberships, tables["customers"]) for memberships in tables["memberships"]]


def _on_the_day(memberships, customers):
    spells = memberships.rename(columns={"started_on": "started", "ended_on": "ended"})
    running = spells[(spells["started"] < OFFER_DAY) & ~(spells["ended"] <= OFFER_DAY)]
    known = ["customer_id", "campaign_group", "region", "age_band", "acquisition_channel"]
    rows = running.merge(customers[known], on="customer_id")
    days = (OFFER_DAY - rows["started"]).dt.days
    return rows.assign(churned=(rows["ended"] <= OFFER_DAY + HORIZON).astype(int), membership_days=days)


def left_because_of_the_offer(treated, without):
    """What the offer did to the treated: the same company without it, from the same random numbers, tells the rest."""
    own = treated.loc[treated["campaign_group"] == "treated"].set_index("customer_id")["churned"]
    return own.mean() - without.set_index("customer_id")["churned"].loc[own.index].mean()


@pytest.fixture(scope="module")
def both_ways():
    """The campaign of the demo company, and the same members had it had no effect."""
    return campaign(7)


@pytest.fixture(scope="module")
def members(both_ways):
    """The campaign of the demo company."""
    return both_ways[0]


@pytest.mark.parametrize(("way", "truth"), enumerate([OFFERED, NOT_OFFERED]))
def test_members_drawn_alone_are_the_company_s(way, truth):
    """Sharing orders, tickets and answers between truths, and drawing no other table, changes nobody's membership."""
    drawn = draw_members([OFFERED, NOT_OFFERED], seed=3, customers=4_000)
    company = simulate(4_000, seed=3, truth=truth).tables
    for name, table in (drawn | {"memberships": drawn["memberships"][way]}).items():
        pd.testing.assert_frame_equal(table, company[name][list(table)], check_dtype=False)


@pytest.mark.parametrize(
    ("events", "n", "ends"),
    [
        ((56, 48), (70, 80), (0.0524, 0.3339)),
        ((9, 3), (10, 10), (0.1705, 0.8090)),
        ((6, 2), (7, 7), (0.0582, 0.8062)),
        ((5, 0), (56, 29), (-0.0381, 0.1926)),
        ((0, 0), (10, 20), (-0.1611, 0.2775)),
        ((10, 0), (10, 10), (0.6075, 1.0000)),
    ],
)
def test_intervals_of_newcombe(events, n, ends):
    """Newcombe 1998, table II, method 10: six of his eight examples."""
    assert difference_interval(events, n)[1:] == pytest.approx(ends, abs=5.1e-5)


def test_curve_counted_by_hand():
    """Two customers a step, one of each group: u = 1, 2, 2, 2 of four treated, so the area is (1+2+2+2/2)/16 - 1/4."""
    found = qini([0, 1, 0, 1, 1, 1, 0, 0], [1, 0, 1, 0, 1, 0, 1, 0], [4, 4, 3, 3, 2, 2, 1, 1], draws=0)
    assert found.curve["kept"].tolist() == [0, 0.25, 0.5, 0.5, 0.5]
    assert found.coefficient == pytest.approx(6 / 16 - 1 / 4)


@pytest.mark.parametrize(
    ("stayed", "treated", "normalised", "auuc"), [([0, 1], [1, 0], 1.0, 0.0), ([1, 0], [0, 1], 1.0, 1.0)]
)
def test_normalised_areas_of_scikit_uplift(stayed, treated, normalised, auuc):
    """Its own tests of qini_auc_score and uplift_auc_score (sklift/tests/test_metrics.py), predictions .1 and .3."""
    found = qini([1 - y for y in stayed], treated, [0.1, 0.3], draws=2)
    assert (found.normalised, found.auuc) == (normalised, auuc)


def test_normalised_areas_counted_by_hand():
    """The formulas of scikit-uplift's documentation, step after step, with unequal groups and tied predictions."""
    rng = np.random.default_rng(4)
    treated, stayed, score = rng.random(300) < 0.3, rng.random(300) < 0.7, rng.integers(0, 9, 300)

    def areas(of, curve):
        points = [(0, 0.0)]
        for least in sorted(set(of), reverse=True):
            top = of >= least
            sizes = [(top & side).sum() for side in (treated, ~treated)]
            kept = [(top & side & stayed).sum() for side in (treated, ~treated)]
            shares = [k / n if n else 0.0 for k, n in zip(kept, sizes, strict=True)]
            qini_curve = kept[0] - shares[1] * sizes[0]
            points.append((top.sum(), qini_curve if curve == "qini" else top.sum() * (shares[0] - shares[1])))
        x, y = np.array(points, float).T
        return np.trapezoid(y, x) - x[-1] * y[-1] / 2

    best = {"qini": np.where(treated, 1, -1) * stayed}
    fewer = (stayed & ~treated).sum() > (~stayed & treated).sum()
    best["uplift"] = 2 * (stayed == treated) + (stayed if fewer else treated)
    found = qini(~stayed, treated, score, draws=2)
    expected = [areas(score, curve) / areas(best[curve], curve) for curve in ("qini", "uplift")]
    assert [found.normalised, found.auuc] == pytest.approx(expected)


def test_the_best_ranking_is_one_and_nothing_to_rank_is_no_number():
    """Scores that know what came reach 1; where nobody stays there is no best ranking to compare with."""
    rng = np.random.default_rng(5)
    treated, stayed = rng.random(400) < 0.5, rng.random(400) < 0.6
    known = qini(~stayed, treated, np.where(treated, 1, -1) * stayed, draws=50)
    assert known.normalised == pytest.approx(1)
    assert "As shares of the best ranking" in str(known.normalised_note)
    same = qini(np.ones(400), treated, rng.random(400), draws=2)
    assert np.isnan(same.normalised)
    assert same.normalised_note is None


def test_unequal_groups_are_scaled_as_radcliffe_does():
    """Two treated stay; one of four control stays: u(1) = 2 - 1 x 2/4 = 1.5, of two treated customers."""
    found = qini([0, 0, 0, 1, 1, 1], [1, 1, 0, 0, 0, 0], [1] * 6, draws=0)
    assert found.curve["kept"].tolist() == [0, 0.75]
    assert found.coefficient == 0


def test_a_ranking_turned_round_has_the_opposite_sign():
    """With pairs of equal score, the reversed ranking's area is the negative one's mirror: below the line."""
    rng = np.random.default_rng(0)
    helped = rng.random(4000) < 0.5
    treated = rng.random(4000) < 0.5
    churned = rng.random(4000) < np.where(helped & treated, 0.1, 0.4)
    good, bad = (qini(churned, treated, score, draws=100) for score in (helped, ~helped))
    assert good.clear
    assert good.low > 0
    assert bad.high < 0
    tenths = good.tenths.dropna()
    assert tenths["n"].sum() == 4000


def test_useless_scores_are_called_useless():
    """Scores without meaning: the interval holds zero, and the sentence says that it is not known whom to persuade."""
    rng = np.random.default_rng(1)
    found = qini(rng.random(2000) < 0.3, rng.random(2000) < 0.5, rng.random(2000), draws=200)
    assert found.low <= 0 <= found.high
    assert "is not known" in str(found.headline)


def test_monotone_transforms_and_order_change_nothing():
    """Only the order of predicted uplifts counts, not their size, nor the order of rows."""
    rng = np.random.default_rng(2)
    y, t, score = rng.random(300) < 0.3, rng.random(300) < 0.5, rng.integers(0, 20, 300)
    found = qini(y, t, score, draws=0).coefficient
    assert qini(y, t, np.exp(score / 5), draws=0).coefficient == pytest.approx(found)
    assert qini(y[::-1], t[::-1], score[::-1], draws=0).coefficient == pytest.approx(found)


def test_the_planted_campaign_is_found(both_ways):
    """Monthly members: the offer keeps customers, and the interval holds what it did to these very customers."""
    members, without = both_ways
    monthly = members[members["plan"] == "monthly"]
    found = measure_offer(Experiment(monthly, "campaign_group", ["region", "age_band", "membership_days"]))
    assert found.high < 0
    assert found.low <= left_because_of_the_offer(monthly, without) <= found.high
    assert found.balanced
    assert "The offer works" in str(found.headline)


def test_annual_members_show_no_effect(members):
    """Nothing was planted there."""
    found = measure_offer(Experiment(members[members["plan"] == "annual"], "campaign_group"))
    assert found.low <= 0 <= found.high


@pytest.mark.slow
def test_interval_of_the_campaign_covers():
    """60 companies of 8,000 customers: the 95 % interval holds the true effect on the treated in at least 53."""
    hits = 0
    for seed in range(60):
        members, without = campaign(seed, customers=8000)
        rows = members.query("plan == 'monthly'")
        found = measure_offer(Experiment(rows, "campaign_group"))
        hits += found.low <= left_because_of_the_offer(rows, without) <= found.high
    assert hits >= 53


def test_plan_tells_who_can_be_persuaded(members):
    """Among members not learnt from, monthly plans are predicted to be moved most, and the curve is above the line."""
    places = rank_uplift(Experiment(members, "campaign_group", ["plan", "membership_days", "region"]))
    ranked = np.isfinite(places)
    monthly = (members["plan"] == "monthly").to_numpy()
    assert places[ranked & monthly].mean() > places[ranked & ~monthly].mean() + 0.3
    found = qini(members["churned"][ranked], members["campaign_group"][ranked], places[ranked], draws=200)
    assert found.coefficient > 0
    assert len(found.tenths) == 10


def test_missing_features_do_not_stop_the_prediction(members):
    """NaN, a column that is missing throughout, and a category that only one fold has."""
    rows = members.head(1500).assign(empty=np.nan, half=np.where(np.arange(1500) % 2, 1.0, np.nan))
    rows["rare"] = np.where(np.arange(1500) == 7, "once", "often")
    places = rank_uplift(Experiment(rows, "campaign_group", ["plan", "empty", "half", "rare"]))
    assert np.isfinite(places).sum() == pytest.approx(900, abs=10)
    assert not places[np.isfinite(places)].max() > 1


def groups(left, n):
    """An experiment with so many treated and control customers who left."""
    return pd.DataFrame(
        {
            "group": ["treated"] * n[0] + ["control"] * n[1],
            "churned": [1] * left[0] + [0] * (n[0] - left[0]) + [1] * left[1] + [0] * (n[1] - left[1]),
        }
    )


def test_an_experiment_corrects_the_assumed_response():
    """10 % left with and 20 % without the offer: between the 30 % assumed and the 50 % measured, nearer if larger."""
    costs = OfferRules(expected_response=0.3, offer_cost_cents=500)
    effects = [measure_offer(Experiment(groups((n // 10, n // 5), (n, n)), "group")) for n in (100, 400, 40_000)]
    rules = [effect.measured(costs) for effect in effects]
    assert 0.3 < rules[0].expected_response < rules[1].expected_response < rules[2].expected_response
    assert rules[2].expected_response == pytest.approx(0.5, abs=0.01)
    assert rules[0].response_error > rules[1].response_error > rules[2].response_error
    assert rules[2].response_error == pytest.approx(effects[2].response_error, rel=0.03)
    assert rules[0].measured
    assert rules[0].offer_cost_cents == 500


def test_nobody_left_is_no_certainty():
    """0 of 20 treated and 3 of 20 control customers: neither 100 % nor an error of 0; of nobody at all nothing new."""
    effect = measure_offer(Experiment(groups((0, 3), (20, 20)), "group"))
    assert effect.response < 1
    assert effect.response_error > 0.2
    assert effect.measured(OfferRules()).expected_response < 0.4
    assert measure_offer(Experiment(groups((0, 0), (20, 20)), "group")).measured(
        OfferRules()
    ).expected_response == pytest.approx(0.3, abs=0.01)


def test_an_offer_that_drives_customers_away_is_worth_no_call():
    """Twice as many left with the offer as without: it keeps nobody, where 13 % were promised; and says so."""
    effect = measure_offer(Experiment(groups((45, 20), (100, 100)), "group"))
    assert "drives customers away" in str(effect.headline)
    rules = effect.measured(OfferRules(0.3, 0, 100, margin=1))
    assert rules.expected_response == 0
    assert (rules.gain([0.1, 0.9], 1_000_000) < 0).all()
    unclear = measure_offer(Experiment(groups((22, 20), (100, 100)), "group"))
    assert unclear.measured(OfferRules(0.3)).expected_response > 0


@pytest.mark.slow
@pytest.mark.parametrize("n", [800, 2000, 5000])
def test_the_corrected_response_is_right_on_average(n):
    """500 experiments, 25 % leaving, responses as assumed: no bias, and 93 to 97 of 100 intervals hold."""
    rng = np.random.default_rng(n)
    truth = rng.beta(6, 14, 500)
    left = rng.binomial(n // 2, np.column_stack([0.25 * (1 - truth), np.full(500, 0.25)]))
    effects = [measure_offer(Experiment(groups(pair, (n // 2, n // 2)), "group")) for pair in left]
    rules = [effect.measured(OfferRules(expected_response=0.3)) for effect in effects]
    value, error = np.array([(each.expected_response, each.response_error) for each in rules]).T
    assert value.mean() == pytest.approx(truth.mean(), abs=0.005)
    clear = np.array([effect.high < 0 for effect in effects])
    assert value[clear].mean() == pytest.approx(truth[clear].mean(), abs=0.01)
    assert 0.93 <= (np.abs(value - truth) <= 1.96 * error).mean() <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize(("n", "control", "effect"), [(1500, 0.5, 0.0), (2000, 0.1, 0.5)])
def test_persuadable_customers_are_not_made_up(n, control, effect):
    """100 experiments whose offer does nothing, or the same to all: "clearly easier" and worse in at most 5 % each."""
    wrong = np.zeros(2)
    for seed in range(100):
        rng = np.random.default_rng(seed)
        x, treated = rng.normal(size=(n, 4)), rng.random(n) >= control
        logit = np.log(0.25) + x @ [0.6, 0.4, 0, 0] - effect * treated
        left = rng.random(n) < 1 / (1 + np.exp(-logit))
        rows = pd.DataFrame(x, columns=list("abcd")).assign(churned=left.astype(int), group=treated.astype(int))
        places = rank_uplift(Experiment(rows, "group", list("abcd")), seed=seed)
        ranked = np.isfinite(places)
        curve = qini(left[ranked], treated[ranked], places[ranked], draws=100, seed=seed)
        wrong += curve.low > 0, curve.high < 0
    assert (wrong <= 5).all()


def test_unlike_groups_are_called_out():
    """A feature that decides who is treated is named."""
    rng = np.random.default_rng(3)
    age = rng.normal(40, 10, 500)
    rows = pd.DataFrame({"age": age, "group": (age > 40).astype(int), "churned": rng.integers(0, 2, 500)})
    found = measure_offer(Experiment(rows, "group", ["age"]))
    assert not found.balanced
    assert "“Age”" in str(found.balance_note)


def test_a_control_group_that_could_not_be_reached_tells_nothing_of_an_offer():
    """All treated can be reached and no other: the offer is not said to work, and the assumption stays."""
    rng = np.random.default_rng(4)
    reached = np.repeat([1, 0], 400)
    rows = pd.DataFrame({"age": rng.normal(40, 10, 800), "mail": reached, "group": reached})
    rows["churned"] = (rng.random(800) < np.where(reached, 0.1, 0.3)).astype(int)
    rules = OfferRules(0.1, 5.0, 1.0, 0.5)
    for features in (["age", "mail"], ["age"]):
        found = measure_offer(Experiment(rows, "group", features))
        assert found.balanced == (features == ["age"])
        assert str(found.headline).startswith("The offer works") == found.balanced
        assert (found.measured(rules) == rules) == (not found.balanced)


@pytest.mark.parametrize(
    ("column", "says"),
    [(["treated"] * 4, "only one group"), (["treated", "control", "maybe", None], "'maybe' in row 3")],
)
def test_treatments_that_cannot_be_read_are_named(column, says):
    """One group only, or a word that is neither."""
    rows = pd.DataFrame({"group": column, "churned": [0, 1, 0, 1]})
    with pytest.raises(DataError, match=says):
        measure_offer(Experiment(rows, "group"))


def test_too_small_experiments_are_refused():
    """Fewer than 20 leavers in a group teach nothing about whom the offer keeps."""
    rows = pd.DataFrame({"group": [1, 0] * 50, "churned": [1, 0, 0, 0] * 25, "x": range(100)})
    with pytest.raises(DataError, match="only 0 customers"):
        rank_uplift(Experiment(rows, "group", ["x"]))
