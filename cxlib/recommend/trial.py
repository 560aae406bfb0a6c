"""The rankings held against what was bought later: made of all days but the last ones, which judge them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxlib.checks import Codes, Flags
from cxlib.measures.rates import UNKNOWN, Figure
from cxlib.measures.result import Brief
from cxlib.recommend.scores import Purchases, best, learn

FEWEST = 100  # customers who bought something new in the held-out days, and products
FEWEST_PRODUCTS = 20
FEWEST_OWN = 30  # customers who bought in the held-out days, to say that what they had bought finds more
BATCH = 500  # customers whose scores are in memory at once
Z = 1.96
RIVALS = ("new: popular", "new: always")  # both must be beaten


@dataclass(frozen=True, repr=False)
class Trial(Brief):
    """Shares of what customers bought in the held-out days that stood among the products suggested to them.

    `recall`: by list and method, hits / min(list's length, products bought), mean over customers.
    `gains`: how much more the suggestions find than each simple list, customer by customer.
    """

    days: int
    length: int
    customers: int  # who were known before, and bought in the held-out days
    recall: Mapping[str, Figure]
    gains: Mapping[str, Figure]
    coverage: Mapping[str, float]  # share of the products on sale that stand in anybody's list
    unknown: float  # share of what was bought that nobody could have suggested: first sold since
    products: int  # on sale

    @property
    def is_large(self) -> bool:
        """Whether it can tell anything of new products."""
        return self.recall["new: suggested"].n >= FEWEST and self.products >= FEWEST_PRODUCTS

    @property
    def is_clear(self) -> bool:
        """Whether suggestions of new products clearly find more than what everybody buys."""
        return self.is_large and all(self.gains[rival].low > 0 for rival in RIVALS)

    @property
    def own_is_clear(self) -> bool:
        """Whether what a customer bought before clearly finds more than what everybody buys."""
        gain = self.gains["all: popular"]
        return gain.n >= FEWEST_OWN and gain.low > 0

    @property
    def table(self) -> pd.DataFrame:
        """A line a list and method."""
        rows = [(*name.split(": "), each.n, each.value, each.low, each.high) for name, each in self.recall.items()]
        return pd.DataFrame(rows, columns=["list", "method", "customers", "recall", "low", "high"])


def hold_trial(
    purchases: Purchases, last: int, *, days: int = 30, length: int = 10, assortment_days: int = 60
) -> Trial:
    """Rank by what was known `days` before `last`, and look at what was bought since.

    `last`: Number of the last day, as in `purchases`. `length`: Products in a customer's list.
    `assortment_days`: What nobody bought for so long is no longer sold, and not ranked.
    """
    cut = last - days
    learnt = learn(purchases, cut, assortment_days=assortment_days)
    bought = purchases.bought
    later = bought.only((bought.day > cut) & (bought.day <= last))
    known = np.diff(learnt.days.indptr) > 0
    target = later.matrix()
    came = np.diff(target.indptr) > 0
    unknown = float((learnt.always[later.product] == 0).mean()) if len(later.day) else 0.0
    rows, parts = np.flatnonzero(known & came), []
    shown: dict[str, Codes] = {name: np.zeros(len(purchases.products), np.int64) for name in COUNTED}
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        wanted = (target[part].toarray() > 0) & (learnt.always > 0)
        had = learnt.days[part].toarray() > 0
        told = {}
        for name, scores in learnt.rankings(part).items():
            top = best(scores, length)
            told[name] = _found(
                top, {"all": wanted, "again": wanted & had, "new": wanted & ~had}[name.split(":")[0]], length
            )
            if name in shown:
                np.add.at(shown[name], top[top >= 0], 1)
        parts.append(pd.DataFrame(told))
    found = pd.concat(parts) if parts else pd.DataFrame(columns=list(METHODS), dtype=float)
    on_sale = int(learnt.on_sale.sum())
    gains = {
        rival: mean_of(found[f"{rival.split(':')[0]}: suggested"] - found[rival])
        for rival in METHODS
        if "suggested" not in rival
    }
    return Trial(
        days,
        length,
        len(rows),
        {name: mean_of(found[name]) for name in METHODS},
        gains,
        {name: float((times > 0).sum() / max(on_sale, 1)) for name, times in shown.items()},
        unknown,
        on_sale,
    )


METHODS = (
    "all: suggested", "all: own", "all: popular", "again: suggested", "again: popular", "new: suggested",
    "new: popular", "new: always",
)  # fmt: skip
COUNTED = ("again: suggested", "new: suggested", "new: popular")


def _found(top: Codes, wanted: Flags, length: int) -> npt.NDArray[np.float64]:
    """Hits / min(length, wanted) of each customer; missing where nothing was wanted."""
    hits = (np.take_along_axis(wanted, np.maximum(top, 0), axis=1) & (top >= 0)).sum(axis=1)
    of = np.minimum(wanted.sum(axis=1), length)
    return np.asarray(np.divide(hits, of, out=np.full(len(top), np.nan), where=of > 0))


def mean_of(values: pd.Series) -> Figure:
    """The mean over customers with its 95% interval."""
    given = values.dropna().to_numpy(float)
    if len(given) < 2:
        return UNKNOWN
    half = Z * given.std(ddof=1) / np.sqrt(len(given))
    return Figure(float(given.mean()), float(given.mean() - half), float(given.mean() + half), len(given))
