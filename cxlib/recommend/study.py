"""What customers may buy next: the lists, what they are worth by a test, and what goes with what."""

import datetime as dt
import fnmatch
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from cxlib.checks import Codes, Flags, check_days, read_day
from cxlib.data import Break, Workspace, counted_days, find_breaks, persons
from cxlib.data.frames.purchases import product_days
from cxlib.errors import DataError, ParameterError
from cxlib.language import Count, Message, Percent, T
from cxlib.masking import mask_contacts
from cxlib.measures.result import Brief, Result, in_quantities
from cxlib.recommend.scores import Learnt, Purchases, best, learn, number_of
from cxlib.recommend.together import goes_with
from cxlib.recommend.trial import BATCH, Trial, hold_trial

LONGEST_LIST, LONGEST_TRIAL = 20, 180
PULL = 2.0  # own gaps that the usual gap of the product weighs as much as
COLUMNS = [
    "customer_id", "list", "rank", "product_id", "product", "days_bought", "last_bought", "due_on", "because_id",
    "because",
]  # fmt: skip


@dataclass(frozen=True, repr=False)
class RecommendQuestion(Brief):
    """What is asked.

    >>> RecommendQuestion(leave_out=["POST", "GIFT*"]).list_length
    10
    """

    observation_end: str = ""  # last day that counts; empty: the last day on which anybody bought
    list_length: int = 10  # products in each list of a customer
    test_days: int = 30  # that are held out
    assortment_days: int = 60  # not sold to anybody for so long: no longer in the assortment
    active_days: int = 365  # customers who bought nothing for so long get no list
    leave_out: Sequence[str] = ()  # ids of what is no product, such as postage; * for any letters

    def __post_init__(self) -> None:
        for name in ("test_days", "assortment_days", "active_days"):
            check_days(name, getattr(self, name))
        if not 1 <= self.list_length <= LONGEST_LIST:
            raise ParameterError(f"list_length={self.list_length}: take 1 to {LONGEST_LIST} products.")
        if self.test_days > LONGEST_TRIAL:
            raise ParameterError(
                f"test_days={self.test_days}: at most {LONGEST_TRIAL} days can be held out. Use fewer."
            )
        if not all(isinstance(each, str) and each for each in self.leave_out):
            raise ParameterError(f"leave_out={list(self.leave_out)}: name ids of products as text, such as 'POST'.")


@dataclass(frozen=True, repr=False)
class Recommendations(Result):
    """What customers may buy next.

    >>> rows = pd.DataFrame({"customer_id": ["a", "a", "b"], "amount": 5, "product": ["tea", "tea", "milk"],
    ...                      "at": pd.to_datetime(["2026-01-01", "2026-01-08", "2026-01-08"])})
    >>> found = study_recommend(Workspace.from_frames({"transactions": rows}, currency="EUR", time_zone="UTC"))
    >>> found.lists["customer_id"].nunique()
    2
    """

    end: dt.date
    question: RecommendQuestion
    customers: int  # with a list
    products: int  # sold in all the time
    on_sale: int
    trial: Trial
    lists: pd.DataFrame = field(repr=False)  # `COLUMNS`; list is "again" or "new"
    together: pd.DataFrame = field(repr=False)  # of `goes_with`, with the words of both products
    renamed: int  # products with several words
    unnamed: int  # rows without a product
    left_out: int  # products that are none
    returned: int  # customers and products brought back and not bought since
    breaks: tuple[Break, ...] = field(default=(), repr=False)

    @property
    def personal(self) -> bool:
        """Whether new products are chosen for each customer; otherwise all get what is bought most."""
        return self.trial.is_clear

    @property
    def headline(self) -> Message:
        """Whether suggestions for each customer find more than what everybody buys."""
        found, base = self.trial.recall["new: suggested"], self.trial.recall["new: popular"]
        if self.personal:
            return T(
                "Choosing new products for each customer finds {share} of what they buy for the first time, "
                "bestsellers {base}",
                share=Percent(found.value),
                base=Percent(base.value),
            )
        if self.trial.is_large:
            return T("Show bestsellers as new products: choosing for each customer does not clearly find more")
        if self.trial.own_is_clear:
            return T(
                "Suggest what customers bought before; for new products there is too little to test, so bestsellers"
            )
        return T("Too few purchases to test suggestions: until there are more, show bestsellers")

    @property
    def face(self) -> pd.DataFrame:
        """A line a list and method, in quantities."""
        return in_quantities(
            self.trial.table, {"list": "list", "method": "method", "customers": Count, "recall": Percent}
        )

    @property
    def table(self) -> pd.DataFrame:
        """The test's numbers, shares as fractions."""
        return self.trial.table

    @property
    def due(self) -> pd.DataFrame:
        """Of what was bought on two days or more, what is due in as many days to come as the test held out."""
        again = self.lists[(self.lists["list"] == "again") & (self.lists["days_bought"] > 1)]
        end = pd.Timestamp(self.end)
        return again[again["due_on"].between(end, end + pd.Timedelta(days=self.question.test_days), inclusive="right")]


def study_recommend(company: Workspace, question: RecommendQuestion | None = None) -> Recommendations:
    """What a workspace's customers may buy next.

    Raises ParameterError: a parameter cannot be meant.
    Raises DataError: no table names products, or nothing was bought.

    >>> rows = pd.DataFrame({"customer_id": ["a", "a", "b"], "amount": 5, "product": ["tea", "tea", "milk"],
    ...                      "at": pd.to_datetime(["2026-01-01", "2026-01-08", "2026-01-08"])})
    >>> shop = Workspace.from_frames({"transactions": rows}, currency="EUR", time_zone="UTC")
    >>> found = study_recommend(shop)
    >>> found.lists.loc[found.lists["list"] == "again", ["customer_id", "product"]].to_numpy().tolist()
    [['a', 'tea'], ['b', 'milk']]
    """
    question = question or RecommendQuestion()
    asked = question.observation_end
    until = read_day(asked, name="observation_end", last=company.last_day) if asked else None
    breaks = find_breaks(company, observation_end=asked or None) if company.has("transactions") else ()
    told = product_days(persons(company, breaks), until=until)
    since = number_of(counted_days(breaks)[0])
    everything = Purchases.of(told.days)
    everything = everything.only(everything.day >= since)
    meant = _meant(everything.products, question.leave_out)
    purchases = everything.only(meant[everything.product]) if len(everything.day) else everything
    bought = purchases.bought
    if not len(bought.day):
        why = "all were brought back or are left out" if len(told.days) else "no row that counts names a product"
        raise DataError(f"nothing was bought of which a product is known: {why}. Look at product_id and leave_out.")
    last = number_of(dt.date.fromisoformat(asked)) if asked else int(bought.day.max())
    end = np.datetime64(last, "D").astype(dt.date)
    trial = hold_trial(
        purchases, last, days=question.test_days, length=question.list_length, assortment_days=question.assortment_days
    )
    learnt = learn(purchases, last, assortment_days=question.assortment_days)
    words = told.names.reindex(purchases.products)
    names = words["name"].fillna(pd.Series(purchases.products, purchases.products)).astype(str).map(mask_contacts)
    recent = bought.only(bought.day > last - question.active_days)
    people = np.sort(pd.unique(recent.customer))
    lists = pd.concat(list(_lists(purchases, learnt, people, question.list_length, trial.is_clear)), ignore_index=True)
    lists = _with_days(lists, bought)
    for column, place in (("product", "product_id"), ("because", "because_id")):
        known = lists[place] >= 0
        lists[column] = names.to_numpy(object)[lists[place]]
        lists[place] = purchases.products.to_numpy(object)[lists[place]]
        lists.loc[~known, [column, place]] = None
    lists["customer_id"] = purchases.customers.to_numpy(object)[lists["customer_id"]]
    pairs = goes_with(purchases)
    pairs = pairs[pairs["product_id"].isin(on := set(purchases.products[learnt.on_sale])) & pairs["with_id"].isin(on)]
    pairs = pairs.assign(product=pairs["product_id"].map(names), with_product=pairs["with_id"].map(names))
    size = len(people), int((learnt.always > 0).sum()), int(learnt.on_sale.sum())
    odd = int((words["names"] > 1).sum()), told.unnamed, int((~meant).sum()), int(learnt.returned.nnz)
    return Recommendations(end, question, *size, trial, lists[COLUMNS], pairs.reset_index(drop=True), *odd, breaks)


def _meant(products: pd.Index, leave_out: Sequence[str]) -> Flags:
    """Which of them are products."""
    return np.array([not any(fnmatch.fnmatchcase(str(each), like) for like in leave_out) for each in products], bool)


def _lists(purchases: Purchases, learnt: Learnt, people: Codes, length: int, personal: bool) -> Iterator[pd.DataFrame]:
    """Both lists of each customer, in places of customers and products; -1: because of nothing."""
    yield pd.DataFrame({name: np.zeros(0, np.int64) for name in COLUMNS})
    place = np.full(len(purchases.products), -1)
    place[learnt.learnt] = np.arange(len(learnt.learnt))
    for start in range(0, len(people), BATCH):
        rows = people[start : start + BATCH]
        scores = learnt.rankings(rows)
        chosen = {"again": scores["again: suggested"], "new": scores["new: suggested" if personal else "new: popular"]}
        for name, each in chosen.items():
            top = best(each, length)
            row, rank = np.nonzero(top >= 0)
            product = top[row, rank]
            frame = pd.DataFrame({"customer_id": rows[row], "list": name, "rank": rank + 1, "product_id": product})
            why = _reasons(learnt, rows, row, place[product]) if name == "new" and personal else -1
            yield frame.assign(because_id=why)


def _reasons(learnt: Learnt, rows: Codes, row: Codes, product: Codes) -> Codes:
    """The bought product that speaks most for each suggested one; -1 where none does."""
    why = np.full(len(row), -1)
    past = learnt.days[rows][:, learnt.learnt].tocsr()
    for number, (each, target) in enumerate(zip(row.tolist(), product.tolist(), strict=True)):
        had = past.indices[past.indptr[each] : past.indptr[each + 1]]
        if target >= 0 and len(had):
            pull = learnt.weights[had, target]
            if pull.max() > 0:
                why[number] = learnt.learnt[had[pull.argmax()]]
    return why


def _with_days(lists: pd.DataFrame, bought: Purchases) -> pd.DataFrame:
    """When each product to buy again was bought last, and when it is due: by own gaps and the product's usual one."""
    days = pd.DataFrame({"customer_id": bought.customer, "product_id": bought.product, "day": bought.day})
    days["gap"] = days.groupby(["customer_id", "product_id"])["day"].diff()
    overall = days["gap"].median()
    gaps = days.groupby("product_id")["gap"].agg(["median", "count"])
    usual = ((gaps["median"].fillna(0) * gaps["count"] + overall * PULL) / (gaps["count"] + PULL)).rename("usual")
    own = days.groupby(["customer_id", "product_id"]).agg(last=("day", "max"), sum=("gap", "sum"), n=("gap", "count"))
    own = own.reset_index().merge(usual.reset_index(), on="product_id")
    own["days_bought"] = own["n"] + 1.0
    own["due"] = own["last"] + (own["sum"] + PULL * own["usual"]) / (own["n"] + PULL)
    lists = lists.drop(columns=["days_bought", "last_bought", "due_on"], errors="ignore")
    lists = lists.merge(
        own[["customer_id", "product_id", "last", "due", "days_bought"]], how="left", on=["customer_id", "product_id"]
    )
    stamps = {
        name: pd.to_datetime(lists[of].round(), unit="D") for name, of in (("last_bought", "last"), ("due_on", "due"))
    }
    return lists.assign(**stamps)
