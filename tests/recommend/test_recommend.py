"""What customers may buy next: lists hold what they say, the trial says what they are worth, chance is not claimed."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from cxlib.data import Workspace
from cxlib.data.demo import simulate
from cxlib.data.demo.purchases import CATALOGUE
from cxlib.errors import DataError, ParameterError
from cxlib.recommend import RecommendQuestion, goes_with, hold_trial, study_recommend
from cxlib.recommend.scores import NEVER, Purchases, best, fit_ease, learn
from tests.recommend.conftest import lines, open_shop, purchases_of

PLANTED = {tuple(f"P{product + 1:04d}" for product in pair) for pair in CATALOGUE.pairs}
RETAIL = Path(os.environ.get("CXLIB_DATASETS", "")) / "online_retail_2009.parquet"


def _pairs(found):
    return set(zip(found["product_id"], found["with_id"], strict=True))


def test_ease_is_the_closed_form():
    """Weights minimise the squared error with a penalty and a zero diagonal: solved column by column they are equal."""
    rng = np.random.default_rng(5)
    past = (rng.random((60, 7)) < 0.4).astype(float)
    weights = fit_ease(sp.csr_matrix(past), penalty=10)
    for target in range(7):
        others = [each for each in range(7) if each != target]
        own = past[:, others]
        solved = np.linalg.solve(own.T @ own + 10 * np.eye(6), own.T @ past[:, target])
        assert weights[others, target] == pytest.approx(solved, abs=1e-5)
        assert weights[target, target] == 0


def test_best_leaves_out_what_may_not_be_suggested():
    """The highest first, ties by place, and -1 where nothing more may be suggested; the quick way gives the same."""
    scores = np.array([[0.5, NEVER, 0.9, 0.1], [NEVER, NEVER, NEVER, 0.2]], np.float32)
    assert best(scores, 3).tolist() == [[2, 0, 3], [3, -1, -1]]
    wide = np.random.default_rng(1).random((5, 50)).astype(np.float32)
    assert best(wide, 4).tolist() == np.argsort(-wide, axis=1)[:, :4].tolist()


def test_no_list_holds_what_it_must_not(demo_shop):
    """Nothing out of the assortment, nothing brought back; new is never bought, again always is."""
    found = study_recommend(demo_shop)
    rows = demo_shop.frame("order_lines")
    sold = rows[rows["amount_cents"] > 0]
    late = set(sold.loc[sold["day"] > sold["day"].max() - pd.Timedelta(days=60), "product_id"])
    assert set(found.lists["product_id"]) <= late
    assert not {f"P{number + 1:04d}" for number in range(185, 190)} & set(found.lists["product_id"])  # `gone`
    bought = set(zip(sold["customer_id"], sold["product_id"], strict=True))
    for name, listed in found.lists.groupby("list"):
        pairs = set(zip(listed["customer_id"], listed["product_id"], strict=True))
        assert len(pairs) == len(listed)
        assert (pairs <= bought) if name == "again" else not (pairs & bought)
    last = rows.sort_values("day", kind="stable").groupby(["customer_id", "product_id"])["amount_cents"].last()
    returned = set(last[last < 0].index)
    assert found.returned > 0
    assert not returned & set(zip(found.lists["customer_id"], found.lists["product_id"], strict=True))


def test_the_simulated_company_is_told_to_choose_for_each_customer(demo_shop):
    """Tastes and pairs are planted: choosing finds clearly more, the pairs are found, and the due day follows gaps."""
    found = study_recommend(demo_shop)
    assert found.personal
    assert "Choosing new products for each customer finds" in str(found.headline)
    recall = found.trial.recall
    assert recall["new: suggested"].low > recall["new: popular"].value
    new = found.lists[found.lists["list"] == "new"]
    assert new["because"].notna().mean() > 0.9
    assert (found.lists.loc[found.lists["list"] == "again", "due_on"].notna()).all()


def test_planted_pairs_are_found():
    """In 4,000 customers at least 15 of the 20 pairs in which one product calls for another."""
    found = goes_with(purchases_of(simulate(4_000, seed=7).tables["order_lines"]))
    assert len(_pairs(found) & PLANTED) >= 15
    assert (found["low"] > 1).all()
    assert (found["customers"] >= 10).all()


def test_due_by_own_gaps():
    """Two customers who buy every 10 and every 40 days are due about then: the product's usual gap weighs two gaps."""
    days = np.r_[np.arange(0, 101, 10), np.arange(0, 81, 40)]
    rows = lines(["a"] * 11 + ["b"] * 3, ["tea"] * 14, np.datetime64("2026-01-01") + days)
    again = study_recommend(open_shop(rows)).lists
    again = again[again["list"] == "again"].set_index("customer_id")
    waits = (again["due_on"] - again["last_bought"]).dt.days
    assert waits["a"] == 10
    assert waits["b"] == 25  # (40 + 40 + 2 x 10) / 4


def test_a_return_is_not_suggested_until_it_is_bought_again():
    """Brought back: not in either list; bought once more: back in."""
    rows = lines(
        ["a", "a", "a", "b"], ["tea", "tea", "milk", "tea"], ["2026-01-01", "2026-01-05", "2026-01-01", "2026-01-20"]
    )
    rows.loc[1, "amount"] = -5.0
    lists = study_recommend(open_shop(rows)).lists
    assert lists.loc[lists["customer_id"] == "a", "product_id"].tolist() == ["milk"]
    more = pd.concat([rows, lines(["a"], ["tea"], ["2026-01-21"])])
    lists = study_recommend(open_shop(more)).lists
    assert set(lists.loc[lists["customer_id"] == "a", "product_id"]) == {"milk", "tea"}


def test_a_product_whose_words_changed_is_one():
    """One id under two names is one product under its last name; numbers as ids are text; transactions do as well."""
    rows = lines(
        ["a", "a", "b"],
        [7, 7, 7],
        ["2026-01-01", "2026-02-01", "2026-02-01"],
        product=["Tea", "Green tea", "Green tea"],
    )
    found = study_recommend(open_shop(rows, table="transactions"))
    assert (found.products, found.renamed) == (1, 1)
    assert found.lists[["product_id", "product"]].drop_duplicates().to_numpy().tolist() == [["7", "Green tea"]]
    words = study_recommend(open_shop(rows.drop(columns="product_id"), table="transactions"))
    assert words.products == 2


@pytest.mark.parametrize("products", [1, 3])
def test_too_little_to_test_is_said(products):
    """One product, or baskets of one: the page is whole, claims nothing, and finds no pair."""
    rng = np.random.default_rng(2)
    days = np.datetime64("2026-01-01") + rng.integers(0, 200, 400)
    rows = lines([f"c{n % 40}" for n in range(400)], rng.integers(0, products, 400).astype(str), days)
    found = study_recommend(open_shop(rows.drop_duplicates(["customer_id", "at"])))
    assert not found.personal
    assert found.together.empty
    assert "bestsellers" in str(found.headline)


def test_what_is_no_product_is_left_out():
    """Postage, by its id or by a pattern."""
    rows = lines(["a", "a"], ["POST", "tea"], ["2026-01-01"] * 2)
    found = study_recommend(open_shop(rows), RecommendQuestion(leave_out=("PO*",)))
    assert set(found.lists["product_id"]) == {"tea"}
    assert found.left_out == 1


def test_days_after_the_end_are_not_known():
    """With an end of observation nothing later is in a list, and the trial ends there."""
    rows = lines(["a", "a"], ["tea", "milk"], ["2026-01-01", "2026-03-01"])
    found = study_recommend(open_shop(rows), RecommendQuestion(observation_end="2026-02-01"))
    assert set(found.lists["product_id"]) == {"tea"}


@pytest.mark.parametrize(
    ("rows", "question", "words"),
    [
        (lines(["a"], ["tea"], ["2026-01-01"], amount=-5.0), {}, "all were brought back"),
        (lines(["a"], ["tea"], ["2026-01-01"]), {"leave_out": ("*",)}, "Look at product_id and leave_out"),
        (lines(["a"], ["tea"], ["2026-01-01"]), {"observation_end": "2025-01-01"}, "no row"),
    ],
)
def test_nothing_bought_is_refused(rows, question, words):
    """All brought back, all left out, a day before the data: an error says what to look at."""
    with pytest.raises(DataError, match=words):
        study_recommend(open_shop(rows), RecommendQuestion(**question))


def test_no_products_are_refused():
    """Transactions that do not say what was bought."""
    rows = lines(["a"], ["tea"], ["2026-01-01"]).drop(columns="product_id")
    with pytest.raises(DataError, match="Map product_id"):
        study_recommend(open_shop(rows, table="transactions"))


@pytest.mark.parametrize("given", [{"list_length": 0}, {"test_days": 181}, {"assortment_days": 0}, {"leave_out": (3,)}])
def test_parameters_that_cannot_be_meant(given):
    """Each is refused by its name."""
    with pytest.raises(ParameterError, match=next(iter(given))):
        RecommendQuestion(**given)


@pytest.mark.skipif(not RETAIL.is_file(), reason="needs CXLIB_DATASETS")
@pytest.mark.parametrize(("last", "days"), [("2010-12-09", 30), ("2010-12-08", 90)])
def test_the_wholesaler(last, days):
    """Online Retail on two dates: of all products .37, of new ones .115, both clearly above the simple lists."""
    rows = pd.read_parquet(RETAIL)
    good = ~rows["Invoice"].astype(str).str.startswith("C") & (rows["Quantity"] > 0) & (rows["Price"] > 0)
    rows = rows[good & rows["Customer ID"].notna() & rows["StockCode"].astype(str).str.match(r"\d{5}")]
    day = pd.to_datetime(rows["InvoiceDate"]).dt.normalize()
    ids = {"customer_id": rows["Customer ID"].astype(int).astype(str), "product_id": rows["StockCode"].astype(str)}
    frame = pd.DataFrame({**ids, "day": day, "cents": 1, "returned": False}).drop_duplicates()
    purchases = Purchases.of(frame.sort_values(["customer_id", "product_id", "day"]))
    trial = hold_trial(purchases, int(np.datetime64(last, "D").astype(int)), days=days)
    assert trial.recall["all: suggested"].value >= 0.37
    assert trial.recall["new: suggested"].value >= 0.115
    assert trial.is_clear
    assert trial.gains["all: own"].low > 0


def bought(rows):
    """Order lines without returns as purchases, as a workspace would make them."""
    frame = rows[["customer_id", "product_id"]].assign(day=pd.to_datetime(rows["day"]), cents=1, returned=False)
    return Purchases.of(frame.drop_duplicates().sort_values(["customer_id", "product_id", "day"]))


def _shuffled(rows, seed):
    """Products dealt anew among all lines of a month: how often each is bought stays, who buys what is chance."""
    rng = np.random.default_rng(seed)
    month = pd.to_datetime(rows["day"]).dt.to_period("M")
    dealt = rows.groupby(month.to_numpy())["product_id"].transform(lambda ids: rng.permutation(ids.to_numpy()))
    return rows.assign(product_id=dealt)


@pytest.mark.slow
def test_chance_is_not_claimed():
    """In 50 shops whose baskets were shuffled no choice for each customer and at most two pairs' lists are claimed."""
    claimed, paired = 0, 0
    rows = simulate(600, seed=11).tables["order_lines"].query("amount_cents > 0")
    for seed in range(50):
        purchases = bought(_shuffled(rows, seed))
        trial = hold_trial(purchases, int(purchases.day.max()))
        assert trial.is_large
        claimed += trial.is_clear
        paired += len(goes_with(purchases)) > 0
    assert (claimed, paired <= 2) == (0, True), (claimed, paired)


def sold_in_bursts(rng, customers, products=80):
    """Order lines of a year: each product is on sale for three weeks or so, and who buys which is chance."""
    who = np.repeat(np.arange(customers), np.minimum(rng.pareto(1.3, customers) * 3 + 2, 60).astype(int))
    who, day = (np.repeat(each, 4) for each in (who, rng.uniform(0, 365, len(who)).astype(int)))
    on_sale = np.abs(day[:, None] - rng.uniform(0, 365, products)) < 10
    reach = np.cumsum((0.05 + 8 * on_sale) / np.arange(1, products + 1) ** 0.8, axis=1)
    product = (reach < rng.random((len(day), 1)) * reach[:, -1:]).sum(axis=1)
    frame = pd.DataFrame({"customer_id": who.astype(str), "product_id": product.astype(str)})
    return bought(frame.assign(day=np.datetime64("2025-10-01") + day))


@pytest.mark.slow
def test_what_is_on_sale_in_the_same_weeks_does_not_go_together():
    """In 20 shops whose products come and go, baskets are chance on each day: at most one names a pair."""
    named = [len(goes_with(sold_in_bursts(np.random.default_rng(seed), 500))) for seed in range(20)]
    assert sum(map(bool, named)) <= 1, named


@pytest.mark.slow
def test_small_shops_say_so():
    """Of 200 customers nothing is claimed of new products in 20 shops, where fewer than 100 bought one."""
    for seed in range(20):
        purchases = purchases_of(simulate(200, seed=seed, only=["order_lines"]).tables["order_lines"])
        trial = hold_trial(purchases, int(purchases.day.max()))
        assert not trial.is_large
        assert not trial.is_clear


def test_learning_knows_nothing_later(demo):
    """What is learnt on a day is the same whether later rows are there or not."""
    purchases = purchases_of(demo)
    last = int(purchases.day.max()) - 40
    early = purchases.only(purchases.day <= last)
    for name in ("recent", "always", "on_sale", "weights"):
        whole, cut = (getattr(learn(each, last, assortment_days=60), name) for each in (purchases, early))
        assert np.array_equal(whole, cut), name


def test_two_customers_are_no_reason_to_suggest_what_was_bought_before():
    """Both bought the same again: an interval of no width, and too few to say so."""
    days = ["2026-01-01", "2026-01-20", "2026-03-10"]
    rows = [(customer, day, tea) for customer, tea in (("a", "mint"), ("b", "sage")) for day in days]
    frame = pd.DataFrame(rows, columns=["customer_id", "at", "product"]).assign(amount=5)
    frame["at"] = pd.to_datetime(frame["at"])
    shop = Workspace.from_frames({"transactions": frame}, currency="EUR", time_zone="UTC")
    found = study_recommend(shop)
    assert found.trial.recall["again: suggested"].value == 1
    assert str(found.headline).startswith("Too few purchases to test suggestions")
