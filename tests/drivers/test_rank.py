"""The whole driver analysis: gaps, conditions, weights, ties, notes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxlib.drivers import AnswerDesign, rank_drivers
from cxlib.drivers.gaps import GappyRows
from cxlib.drivers.ranking import tie_groups
from cxlib.drivers.sample import read_ratings
from cxlib.errors import DataError, ParameterError
from cxlib.language import join_names
from cxlib.measures.satisfaction import CSAT


def make_answers(n=600, seed=0, weights=(1.0, 0.6, 0.2, 0.0)):
    """Ratings 1-5 that share a mood, and a 0-10 answer with known weights."""
    rng = np.random.default_rng(seed)
    mood = rng.normal(0, 0.6, (n, 1))
    names = ["speed", "price", "choice", "decor"][: len(weights)]
    ratings = np.clip(np.round(3.5 + mood + rng.normal(0, 1, (n, len(weights)))), 1, 5)
    latent = 7 + (ratings - 3.5) @ np.array(weights) + rng.normal(0, 1.2, n)
    return pd.DataFrame(ratings, columns=names), pd.Series(np.clip(np.round(latent), 0, 10), name="nps")


def test_complete_answers_give_lmg(lmg):
    """Without gaps, conditions and weights the shares are those of lmg, and all of them add up to one."""
    X, y = make_answers()
    ranking = rank_drivers(X, y, draws=20)
    found, wanted = ranking.table.set_index("driver"), lmg(X, y)
    assert found["importance"][wanted.index].to_numpy() == pytest.approx(wanted.to_numpy(), abs=1e-10)
    assert found["share"].sum() == pytest.approx(1)
    assert found["complete_case"].to_numpy() == pytest.approx(found["share"].to_numpy(), abs=1e-9)
    assert ranking.r_squared == pytest.approx(wanted.sum())
    assert ranking.complete == ranking.n == 600


def test_weights_count(lmg):
    """With weights the shares are those of the weighted lmg."""
    X, y = make_answers()
    weights = np.random.default_rng(0).uniform(0.5, 2, len(X))
    found = rank_drivers(X, y, AnswerDesign(weights=weights), draws=5).table.set_index("driver")["importance"]
    wanted = lmg(X, y, weights)
    assert found[wanted.index].to_numpy() == pytest.approx(wanted.to_numpy(), abs=1e-10)


@settings(max_examples=20)
@given(st.integers(0, 1000), st.floats(0.02, 0.3))
def test_gaps_at_random_keep_the_moments(seed, share):
    """Maximum likelihood with gaps has a stationary point: one more step moves nothing. Without gaps they are plain."""
    rng = np.random.default_rng(seed)
    cells = rng.normal(size=(300, 4)) + rng.normal(size=(300, 1))
    gappy = cells.copy()
    gappy[:, :3][rng.random((300, 3)) < share] = np.nan
    rows, weights = GappyRows(gappy), rng.uniform(0.5, 2, 300)
    found = rows.moments(weights, steps=500, close=1e-12)
    again = rows.moments(weights, found, steps=1)
    assert again.covariance == pytest.approx(found.covariance, abs=1e-9)
    plain = GappyRows(cells).moments(weights)
    assert plain.covariance == pytest.approx(np.cov(cells.T, aweights=weights, ddof=0))


def test_moments_against_a_closed_form():
    """Two columns, the second with gaps: Anderson's closed form (1957) from the regression on the complete first."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=200)
    y = 2 + 0.7 * x + rng.normal(size=200)
    gappy = np.where(x > 0.5, np.nan, y)
    there = ~np.isnan(gappy)
    slope = np.cov(x[there], y[there], ddof=0)[0, 1] / x[there].var()
    mean = y[there].mean() + slope * (x.mean() - x[there].mean())
    variance = y[there].var() + slope**2 * (x.var() - x[there].var())
    found = GappyRows(np.column_stack([x, gappy])).moments(np.ones(200), steps=1000, close=1e-13)
    assert found.mean[1] == pytest.approx(mean, abs=1e-8)
    assert found.covariance[1] == pytest.approx([slope * x.var(), variance], abs=1e-7)


def test_fillings_have_the_moments():
    """Rows with gaps filled at random have, over many fillings, the moments they were drawn from."""
    rng = np.random.default_rng(1)
    cells = rng.normal(size=(2000, 3)) + rng.normal(size=(2000, 1))
    cells[:, :2][rng.random((2000, 2)) < 0.3] = np.nan
    rows = GappyRows(cells)
    moments = rows.moments(np.ones(2000))
    filled = [np.cov(rows.fill(moments, rng).T, ddof=0) for _ in range(30)]
    assert np.mean(filled, axis=0) == pytest.approx(moments.covariance, abs=0.03)
    assert np.isnan(cells).any()


def test_skipping_by_the_unhappy_is_undone():
    """Unhappy customers skip the price most: with gaps estimated, its correlation with the score is near the truth."""
    X, y = make_answers(20_000, seed=3)
    rng = np.random.default_rng(0)
    gappy = X.copy()
    gappy.loc[rng.random(len(X)) < np.where(y <= 6, 0.75, 0.05), "price"] = np.nan
    truth = X["price"].corr(y)
    found = rank_drivers(gappy, y, draws=2).table.set_index("driver").loc["price", "correlation"]
    assert abs(found - truth) < 0.015
    assert abs(gappy["price"].corr(y) - truth) > 0.03


def test_not_applicable_is_no_rating():
    """Where support was not met it adds nothing: its share counts all customers, and beside it that of its users."""
    X, y = make_answers(4000, weights=(1.0, 0.6, 0.5))
    rng = np.random.default_rng(0)
    missed = rng.random(len(X)) < 0.7
    X["choice"] = X["choice"].where(~missed, 9)
    _, y = X, (7 + (X[["speed", "price"]] - 3.5) @ [1.0, 0.6] + np.where(missed, 0, X["choice"] - 3.5) * 1.2).round()
    y = (y + rng.normal(0, 1, len(X))).round().clip(0, 10)
    found = rank_drivers(X, y, AnswerDesign(not_applicable=[9]), draws=20).table.set_index("driver")
    assert found.loc["choice", "not_applicable"] == missed.sum()
    assert found.loc["choice", "users"] == (~missed).sum()
    assert found.loc["choice", "among_users"] > 1.5 * found.loc["choice", "share"]
    assert np.isnan(found.loc["speed", "among_users"])
    as_number = rank_drivers(X, y, draws=2).table.set_index("driver")
    assert as_number.loc["choice", "share"] < found.loc["choice", "share"]


def test_ratings_are_three_things():
    """Rated, not applicable and skipped answers add up to all of them."""
    frame = pd.DataFrame({"a": [1, 9, None, 8, 2], "b": [2, 3, 9, None, 1]})
    counts = read_ratings(frame, not_applicable=[8, 9]).counts
    assert counts[["rated", "not_applicable", "skipped"]].sum(axis=1).tolist() == [5, 5]
    assert counts["not_applicable"].tolist() == [2, 1]


def test_ties_are_named():
    """Equal drivers tie and are named together; a clear first is named alone; nothing clear is called so."""
    X, y = make_answers(400, 1, weights=(0.7, 0.7, 0.05, 0.0))
    tied = rank_drivers(X, y, draws=200)
    assert set(tied.leaders) == {"speed", "price"}
    assert "which of them comes first is not clear" in str(tied.headline)
    X, y = make_answers(2000)
    clear = rank_drivers(X, y, draws=200)
    assert clear.leaders == ["speed"]
    assert str(clear.headline).startswith("speed matters most for the score")
    X, y = make_answers(120, weights=(0.6, 0.6, 0.6))
    assert "No driver clearly matters more" in str(rank_drivers(X, y, draws=100).headline)
    X, y = make_answers(120, weights=(0.0, 0.0, 0.0))
    nothing = rank_drivers(X, y, draws=100)
    assert "All ratings together do not clearly explain the score" in str(nothing.headline)
    assert set(nothing.table["tie"]) == {1}


@given(st.integers(0, 10_000))
def test_tie_groups_are_in_order(seed):
    """Groups number from 1 without gaps, and the first driver is always in the first."""
    draws = np.random.default_rng(seed).dirichlet([4, 3, 2, 1], 50)
    groups = tie_groups(draws)
    assert groups[0] == 1
    assert set(np.diff(groups)) <= {0, 1}


def test_customers_are_drawn_together():
    """Every answer given five times by one customer: intervals as of one fifth of the answers."""
    X, y = make_answers(300)
    five_x, five_y = pd.concat([X] * 5, ignore_index=True), pd.concat([y] * 5, ignore_index=True)
    people = np.tile(np.arange(300), 5)
    alone = rank_drivers(five_x, five_y, draws=200).table
    together = rank_drivers(five_x, five_y, AnswerDesign(customers=people), draws=200).table
    width = [(t["high"] - t["low"]).mean() for t in (together, alone)]
    assert width[0] / width[1] == pytest.approx(np.sqrt(5), rel=0.2)
    assert rank_drivers(five_x, five_y, AnswerDesign(customers=people), draws=2).customers == 300


def test_margins_are_met_in_every_resample():
    """Raking moves the shares towards the group that answered too little, and widens the intervals."""
    one, other = make_answers(900, 1, (1.2, 0.2)), make_answers(100, 2, (0.2, 1.2))
    X, y = pd.concat([one[0], other[0]], ignore_index=True), pd.concat([one[1], other[1]], ignore_index=True)
    group = pd.DataFrame({"group": ["a"] * 900 + ["b"] * 100})
    plain = rank_drivers(X, y, draws=100).table.set_index("driver")
    raked = rank_drivers(X, y, AnswerDesign(attributes=group, margins={"group": {"a": 0.5, "b": 0.5}}), draws=100)
    raked = raked.table.set_index("driver")
    assert raked.loc["price", "share"] > plain.loc["price", "share"] + 0.1
    spread = [t.loc["price", "high"] - t.loc["price", "low"] for t in (raked, plain)]
    assert spread[0] > spread[1]


def test_codings_are_compared():
    """A driver that only parts promoters from the rest: the codings disagree, and the note names the pair."""
    rng = np.random.default_rng(0)
    base, delight = np.where(rng.random(3000) < 0.06, 1, 4), np.where(rng.random(3000) < 0.5, 2, 5)
    y = np.where(base == 1, rng.integers(0, 3, 3000), np.where(delight == 5, 9, 8))
    ranking = rank_drivers(pd.DataFrame({"base": base, "delight": delight}), y, draws=100)
    assert ranking.table["driver"].tolist() == ["base", "delight"]
    assert ranking.swapped == [("base", "delight")]
    assert "Take care: with answers counted as promoters, passives and detractors, delight comes before base" in [
        str(finding) for finding in ranking.findings
    ]
    X, y = make_answers(2000)
    assert "The order is the same" in str(rank_drivers(X, y, draws=50).coding_note)


def test_signs_and_doubles_are_flagged():
    """A driver with the wrong sign and a near copy are named in the findings."""
    X, y = make_answers(1500, weights=(1.0, -0.6, 0.3))
    X["again"] = X["speed"] + np.random.default_rng(0).normal(0, 0.3, len(X))
    ranking = rank_drivers(X, y, draws=50)
    said = " ".join(str(finding) for finding in ranking.findings)
    assert "Better ratings of price go with lower scores" in said
    assert "shares are hard to tell apart: " in said
    assert ranking.table.set_index("driver").loc["price", "beta_high"] < 0
    assert "chance of top 3" in ranking._repr_html_()


def test_names():
    """A driver is ranked under the name that a reader knows."""
    X, y = make_answers(400)
    assert "The shop" in rank_drivers(X, y, names={"choice": "The shop"}, draws=5).table["name"].tolist()
    assert str(join_names([])) == ""


def test_many_drivers():
    """Past 14 drivers resamples use random orders, past 27 Johnson's weights; shares still add up to one."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(500, 30)) + rng.normal(size=(500, 1))).rename(columns=str)
    y = (7 + X["0"] + 0.5 * X["1"] + rng.normal(size=500)).round().clip(0, 10)
    for p, method in ((16, "lmg"), (30, "johnson")):
        ranking = rank_drivers(X.iloc[:, :p], y, draws=30)
        table = ranking.table
        assert ranking.method == method
        assert table["share"].sum() == pytest.approx(1)
        assert (table["low"] <= table["high"]).all()
        assert table["driver"].iloc[0] == "0"


def test_a_seed_gives_one_answer():
    """The same seed gives the same intervals; inputs stay as they are."""
    X, y = make_answers()
    kept = X.copy()
    one, two = (rank_drivers(X, y, draws=30, seed=4) for _ in "ab")
    pd.testing.assert_frame_equal(one.table, two.table)
    pd.testing.assert_frame_equal(X, kept)


@pytest.mark.parametrize(
    ("change", "message"),
    [(lambda X: X.assign(flat=3), "'flat' has the same rating 3"),
     (lambda X: X.assign(nobody=np.nan), "'nobody' holds no rating"),
     (lambda X: X.assign(nobody=9), "'nobody' holds no rating"),
     (lambda X: X.assign(twin=X["speed"] + 1), "'twin' is a copy of 'speed'"),
     (lambda X: X.assign(mix=X["speed"] - X["price"]), "combination of other drivers"),
     (lambda X: X[:5], "600 scores for 5 rows")],
)  # fmt: skip
def test_unfit_ratings(change, message):
    """Ratings that explain nothing or twice are refused by name."""
    X, y = make_answers()
    with pytest.raises(DataError, match=message):
        rank_drivers(change(X), y, AnswerDesign(not_applicable=[9]), draws=2)


def test_other_refusals():
    """Too few answers, one kind of answer, a scale of 1-11, one resample."""
    X, y = make_answers()
    with pytest.raises(DataError, match="cannot tell 4 drivers apart"):
        rank_drivers(X[:8], y[:8], draws=2)
    with pytest.raises(DataError, match="count alike"):
        rank_drivers(X, np.full(600, 9), draws=2)
    with pytest.raises(DataError, match="coded 1-11"):
        rank_drivers(X, y + 1, draws=2)
    with pytest.raises(ParameterError, match="at least 2"):
        rank_drivers(X, y, draws=1)


@pytest.mark.acceptance
def test_airline_drivers_tie(datasets):
    """Of the airline survey's 23 drivers none is clearly before the others, all pairs taken together."""
    table = pd.read_csv(datasets / "airlinesat.csv")
    ranking = rank_drivers(table[[f"s{i}" for i in range(1, 24)]], table["nps"] - 1, draws=60)
    assert len(ranking.leaders) == 23
    assert "No driver clearly matters more than the others" in str(ranking.headline)
    assert ranking.table["driver"].iloc[0] == "s23"
    assert ranking.complete < ranking.n == 1065


@pytest.mark.slow
def test_intervals_cover_the_truth():
    """30 companies of 4,000 customers: 90 % of 95 % intervals of shares hold the shares of a company of 100,000."""
    from cxlib.data.demo import simulate

    big = simulate(100_000, seed=99, only=["surveys", "hidden_invitations"])
    asked, weights = big.hidden["invitations"], big.tables["surveys"]["weight"]
    asked = asked[asked["responded"]].reset_index(drop=True)
    names = [column for column in big.tables["surveys"] if column.startswith("rating_")]
    known = pd.DataFrame({n: asked[n].where(asked[n.replace("rating_", "used_")].astype(bool), 9) for n in names})
    truth = rank_drivers(known, asked["nps"], AnswerDesign(weights=weights, not_applicable=[9]), draws=2)
    truth = truth.table.set_index("driver")["share"]
    covered = []
    for seed in range(30):
        surveys = simulate(4000, seed=seed, only=["surveys"]).tables["surveys"]
        design = AnswerDesign(surveys["weight"], surveys["customer_id"], not_applicable=[9])
        ranking = rank_drivers(surveys[names], surveys["nps"], design, draws=200)
        found = ranking.table.set_index("driver").loc[truth.index]
        covered.append((found["low"] <= truth) & (truth <= found["high"]))
    assert np.mean(covered) >= 0.9


@pytest.mark.parametrize("explains", [False, True])
def test_a_handful_of_low_ratings_makes_no_driver_harmful(explains):
    """Ratings that are all 5 but for few: those few say nothing of lower scores (34 of 40 companies did)."""
    said = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        ratings = {f"d{i}": np.where(rng.random(900) < 0.03, rng.integers(1, 5, 900), 5) for i in range(5)}
        speed = rng.integers(1, 6, 900)
        X = pd.DataFrame(ratings | {"speed": speed}).astype(float)
        y = np.where(rng.random(900) < 0.04, 5, 10)
        if explains:
            y = np.clip(np.round(4 + 1.3 * speed + rng.normal(0, 1, 900)), 0, 10)
        said += [str(line) for line in rank_drivers(X, pd.Series(y, dtype=float), draws=100, seed=1).findings]
    assert not [line for line in said if "lower scores" in line]


def satisfied(n=600, seed=3):
    """Answers 1-5 that speed moves much and price a little, with the ratings."""
    random = np.random.default_rng(seed)
    X = pd.DataFrame(random.integers(1, 6, (n, 3)).astype(float), columns=["speed", "price", "choice"])
    return X, (0.8 * X["speed"] + 0.3 * X["price"] + random.normal(0, 1, n)).round().clip(1, 5)


def test_a_yes_or_no_is_ranked_by_a_logistic_regression_too():
    """Dominance adds up to McFadden's R2, in the table's order, and a sentence says whether the order is the same."""
    X, y = satisfied()
    ranking = rank_drivers(X, y, AnswerDesign(outcome=CSAT), draws=50)
    found = ranking.yes_no
    assert found["driver"].tolist() == ranking.table["driver"].tolist() == ["speed", "price", "choice"]
    assert found["share"].sum() == pytest.approx(1)
    share = f"{100 * found['importance'].sum():.0f}%"
    said = f"By a logistic regression (McFadden's R² of {share}) the order is the same"
    assert said in [str(each) for each in ranking.findings]


def test_no_logistic_regression_without_a_yes_or_no():
    """NPS counts in three, ten answers of a kind cannot bear three columns, and drivers that never miss have no fit."""
    X, y = satisfied()
    assert rank_drivers(X, 2 * y, draws=10).yes_no is None
    few = AnswerDesign(outcome=CSAT)
    assert rank_drivers(X[:30], y[:30], few, draws=10).yes_no is None
    sure = X.assign(speed=np.where(y >= 4, 5.0, 1.0))
    assert rank_drivers(sure, y, few, draws=10).yes_no is None
