"""Products that stand in one basket more often than the baskets' sizes and how often each is bought let expect."""

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.special import gammainc, gammaincinv

from cxlib.checks import Codes
from cxlib.recommend.scores import Purchases

MOST_PRODUCTS = 2_000  # the most bought
PRIOR = 3.0  # baskets, as many as expected, that every pair starts with: few say little
ALPHA = 0.05  # of naming any pair, where none belongs together
DAYS_ON_SALE = 7  # within which products are taken to be equally at hand
FEWEST = 10  # customers who had both in one basket
MOST_PARTNERS = 5


def goes_with(purchases: Purchases) -> pd.DataFrame:
    """For each product the ones that clearly go with it, the surest first.

    A basket is what a customer buys on a day. Every customer counts once, however many baskets they bring: each of
    their baskets has an equal part of them. Expected is what baskets of these sizes hold by chance of products bought
    so often, over the whole time or week by week, whichever is more: what is on sale in the same weeks does not belong
    together for that. Lift is (found + 3) / (expected + 3), its interval that of a Poisson count with a Gamma prior. A
    pair is clear where chance would bring one so strong among all pairs in at most one of twenty companies.

    Returns columns product_id, with_id, customers (who had both in one basket), lift, low, high.
    """
    columns = ["product_id", "with_id", "customers", "lift", "low", "high"]
    bought = purchases.bought
    most = np.sort(np.argsort(-bought.popularity(), kind="stable")[:MOST_PRODUCTS])
    place = np.full(len(bought.products), -1)
    place[most] = np.arange(len(most))
    basket, of = np.unique(np.c_[bought.customer, bought.day], axis=0, return_inverse=True)
    if not len(basket):
        return pd.DataFrame(columns=columns)
    weight = 1 / np.bincount(basket[:, 0])[basket[:, 0]]
    sizes = np.bincount(of)
    chosen = place[bought.product] >= 0
    rows, cols = of[chosen], place[bought.product[chosen]]
    held = sp.csr_matrix((np.ones(len(rows), np.float32), (rows, cols)), shape=(len(basket), len(most)))
    each = np.asarray(held.T @ weight).ravel()
    total = float(weight @ sizes)
    chance = float(weight @ (sizes * (sizes - 1.0))) / total**2
    found = sp.triu(held.T @ held.multiply(weight[:, None]).tocsr(), k=1).tocoo()
    expected = each[found.row] * each[found.col] * chance
    limit = ALPHA / max(len(most) * (len(most) - 1) / 2, 1)
    sure = gammainc(np.maximum(found.data, 1e-9), expected) < limit
    first, second, count, expected = (part[sure] for part in (found.row, found.col, found.data, expected))
    week = np.unique(basket[:, 1] // DAYS_ON_SALE, return_inverse=True)[1]
    chance_then = np.bincount(week, weight * sizes * (sizes - 1.0)) / np.bincount(week, weight * sizes) ** 2
    parts = sp.csr_matrix((weight * np.sqrt(chance_then)[week], (np.arange(len(basket)), week)))
    then = (held.T @ parts).tocsr()
    expected = np.maximum(expected, np.asarray(then[first].multiply(then[second]).sum(axis=1)).ravel())
    sure = gammainc(np.maximum(count, 1e-9), expected) < limit
    first, second, count, expected = (part[sure] for part in (first, second, count, expected))
    by_product = held.tocsc()
    people = [_customers(by_product, basket[:, 0], a, b) for a, b in zip(first, second, strict=True)]
    shape, rate = count + PRIOR, expected + PRIOR
    low, high = (gammaincinv(shape, q) / rate for q in (0.025, 0.975))
    ids = bought.products[most]
    pairs = pd.DataFrame({"product_id": ids[first], "with_id": ids[second], "customers": people, "lift": shape / rate})
    pairs = pairs.assign(low=low, high=high)
    pairs = pairs[(pairs["customers"] >= FEWEST) & (pairs["low"] > 1)]
    both = pd.concat([pairs, pairs.rename(columns={"product_id": "with_id", "with_id": "product_id"})])
    both = both.sort_values(["product_id", "low", "with_id"], ascending=[True, False, True], kind="stable")
    return both.groupby("product_id", sort=False).head(MOST_PARTNERS).reset_index(drop=True)[columns]


def _customers(held: sp.csc_matrix, owner: Codes, a: int, b: int) -> int:
    """How many customers had both in one basket."""
    first, second = (held.indices[held.indptr[each] : held.indptr[each + 1]] for each in (a, b))
    return len(np.unique(owner[np.intersect1d(first, second, assume_unique=True)]))
