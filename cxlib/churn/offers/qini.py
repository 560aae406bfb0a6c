"""Who can be persuaded: a predicted uplift, learnt from a randomised experiment, and its Qini curve.

With customers ranked by predicted uplift, the share phi of them at the top holding N_t treated and N_c control
customers, of whom S_t and S_c stayed (Radcliffe, Using control groups to target on predicted lift, Direct Marketing
Analytics Journal, 2007)::

    u(phi) = S_t - S_c N_t / N_c                 customers kept by treating the top, counted in the treated group
    Q      = integral over phi of (u(phi) - phi u(1)) / N_t(1)

u rises along a straight line to u(1) where the ranking says nothing. Both are given here per treated customer, so that
Q does not grow with the sample. (Radcliffe's q0 divides the area by that of a perfect ranking instead.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from cxlib.checks import Codes, Flags, Floats, Values, read_numbers, read_outcomes
from cxlib.churn.offers.uplift import Experiment, difference_interval, read_treatment
from cxlib.errors import DataError
from cxlib.language import Count, Decimal, Message, Percent, Points, T
from cxlib.measures.result import Result
from cxlib.measures.sampling import LEVEL, percentiles, resample

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

FEWEST = 20  # of each group and outcome, so that two models and all blocks have something to learn from
BLOCKS = 5
LEARN_ONLY = 0.4  # share of customers in the first block


@dataclass(frozen=True, repr=False)
class Qini(Result):
    """How well a predicted uplift ranks customers by what an offer does to them.

    `curve`: share (of customers treated, from 0), kept (per treated customer), random (the straight line).
    `coefficient`, `low`, `high`: Area between the two, with 95% bootstrap interval by customer.
    `tenths`: tenth (1 is the highest predicted uplift), n, churn_treated, churn_control, difference, low, high
        (Newcombe); a tenth without one of the groups has NaN.
    """

    curve: pd.DataFrame
    coefficient: float
    low: float
    high: float
    tenths: pd.DataFrame
    n: int

    @property
    def clear(self) -> bool:
        """Whether the ranking is better than chance."""
        return self.low > 0

    @property
    def face(self) -> pd.DataFrame:
        """The tenths in quantities."""
        t = self.tenths
        rates = {name: t[name].map(Percent) for name in ("churn_treated", "churn_control")}
        gaps = {name: [Points(100 * x, digits=1) for x in t[name]] for name in ("difference", "low", "high")}
        return pd.DataFrame({"tenth": t["tenth"].map(Count), "customers": t["n"].map(Count), **rates, **gaps})

    @property
    def headline(self) -> Message:
        """Whether it is known who can be persuaded."""
        ends = {"q": self.coefficient, "low": self.low, "high": self.high}
        values: dict[str, object] = {name: Decimal(x, digits=4) for name, x in ends.items()}
        values |= {"level": Percent(LEVEL), "n": Count(self.n)}
        if self.clear:
            return T(
                "Some customers are clearly easier to persuade than others: Qini coefficient {q} ({level} interval "
                "{low} to {high}, {n} customers)",
                **values,
            )
        return T(
            "Who can be persuaded is not known: the predicted uplift ranks customers no better than chance, Qini "
            "coefficient {q} ({level} interval {low} to {high}, {n} customers)",
            **values,
        )


def qini(churned: Values, treatment: Values, uplift: Values, *, draws: int = 500, seed: int = 0) -> Qini:
    """Judge a predicted uplift by an experiment.

    >>> result = qini([0, 1, 0, 1, 1, 1, 0, 0], [1, 0, 1, 0, 1, 0, 1, 0], [4, 4, 3, 3, 2, 2, 1, 1], draws=20)
    >>> result.curve["kept"].tolist(), result.coefficient
    ([0.0, 0.25, 0.5, 0.5, 0.5], 0.125)
    """
    left = read_outcomes(churned, both=False)
    treated = read_treatment(treatment)
    score = read_numbers(uplift, "uplift", n=len(left))
    if len(treated) != len(left):
        raise DataError(f"there are {len(treated):,} treatments for {len(left):,} customers. Give one for each.")
    steps = _Steps.by(left, treated, score)
    share, kept = steps.curve()
    areas = [_area(*steps.curve(w)) for w in resample(None, len(left), draws=draws, seed=seed)]
    low, high = percentiles([area for area in areas if np.isfinite(area)], LEVEL)
    curve = pd.DataFrame({"share": share, "kept": kept, "random": share * kept[-1]})
    return Qini(curve, _area(share, kept), low, high, _tenths(left, treated, score), len(left))


@dataclass(frozen=True)
class _Steps:
    """Customers from the highest predicted uplift down; equal ones share a step."""

    order: Codes
    starts: Codes
    stayed: Floats
    treated: Floats

    @classmethod
    def by(cls, left: Flags, treated: Flags, score: Floats) -> _Steps:
        order = np.argsort(-score, kind="stable")
        starts = np.flatnonzero(np.diff(score[order], prepend=np.inf))
        return cls(order, starts, (~left[order]).astype(float), treated[order].astype(float))

    def curve(self, weights: Floats | None = None) -> tuple[Floats, Floats]:
        """Share treated, and customers kept per treated customer, at each step."""
        w = np.ones(len(self.order)) if weights is None else weights[self.order]
        t, s = self.treated, self.stayed
        columns = [w, w * t, w * (1 - t), w * t * s, w * (1 - t) * s]
        n, n_t, n_c, s_t, s_c = (np.append(0.0, np.cumsum(np.add.reduceat(x, self.starts))) for x in columns)
        if n_t[-1] == 0 or n_c[-1] == 0:
            return np.array([0.0, 1.0]), np.full(2, np.nan)
        # Above the first control customer there is nobody to compare with: nothing is known to be kept.
        kept = np.where(n_c > 0, s_t - s_c * n_t / np.where(n_c > 0, n_c, 1), 0.0)
        return n / n[-1], kept / n_t[-1]


def _area(share: Floats, kept: Floats) -> float:
    above = kept - share * kept[-1]
    return float(np.trapezoid(above, share))


def _tenths(left: Flags, treated: Flags, score: Floats) -> pd.DataFrame:
    rank = pd.Series(-score).rank(method="average").to_numpy()
    tenth = np.minimum((rank - 0.5) * 10 // len(score), 9).astype(int) + 1
    rows = []
    for number in range(1, 11):
        inside = tenth == number
        sizes = int((inside & treated).sum()), int((inside & ~treated).sum())
        events = int((inside & treated & left).sum()), int((inside & ~treated & left).sum())
        known = min(sizes) > 0
        rates = (events[0] / sizes[0], events[1] / sizes[1]) if known else (np.nan, np.nan)
        gap = difference_interval(events, sizes) if known else (np.nan, np.nan, np.nan)
        rows.append((number, int(inside.sum()), *rates, *gap))
    return pd.DataFrame(rows, columns=["tenth", "n", "churn_treated", "churn_control", "difference", "low", "high"])


def rank_uplift(experiment: Experiment, *, seed: int = 0) -> Floats:
    """Each customer's place (0 to 1) by predicted uplift among those ranked together; NaN where the model only learns.

    Customers come in blocks by chance. The first block is only learnt from; each further one is ranked by models of
    the blocks before it, and never of later ones. So what a block shows is independent of how it was ranked, block
    after block, and an interval keeps its level where the offer does nothing; with models of all other folds it does
    not, as each fold's ranking then rests on the outcomes that judge the others (Luedtke & van der Laan, Statistical
    inference for the mean outcome under a possibly non-unique optimal treatment strategy, Annals of Statistics 44,
    2016).

    The models are two logistic regressions, of treated and of control customers, and the uplift is the difference of
    their predictions. Numbers are standardised, missing ones take the median and a mark of their own; texts are one
    column a category.
    """
    frame, treated = experiment.read()
    left = read_outcomes(frame["churned"])
    _refuse_few(left, treated)
    x = frame[list(experiment.features)].reset_index(drop=True)
    places = np.full(len(x), np.nan)
    blocks = _blocks(2 * treated + left, seed)
    for number in range(1, BLOCKS):
        learn, judge = np.flatnonzero(blocks < number), np.flatnonzero(blocks == number)
        chances = []
        for side in (False, True):
            own = learn[treated[learn] == side]
            chances.append(_model(x).fit(x.iloc[own], left[own]).predict_proba(x.iloc[judge])[:, 1])
        places[judge] = (rankdata(chances[0] - chances[1]) - 0.5) / len(judge)
    return places


def _blocks(strata: Codes, seed: int) -> Codes:
    """Each customer's block, 0 being only learnt from; all hold the same mix of groups and outcomes."""
    rng = np.random.default_rng(seed)
    blocks = np.zeros(len(strata), dtype=np.int64)
    for stratum in np.unique(strata):
        members = rng.permutation(np.flatnonzero(strata == stratum))
        share = (np.arange(len(members)) + rng.random()) / len(members)
        blocks[members] = np.maximum(np.ceil((share - LEARN_ONLY) / (1 - LEARN_ONLY) * (BLOCKS - 1)), 0).clip(
            0, BLOCKS - 1
        )
    return blocks


def _refuse_few(left: Flags, treated: Flags) -> None:
    fewest = min(int((treated == side)[left == gone].sum()) for side in (True, False) for gone in (True, False))
    if fewest < FEWEST:
        raise DataError(
            f"one group of the experiment has only {fewest} customers who left or stayed; {FEWEST} are needed to learn "
            "whom the offer keeps. Wait for more, or take a longer horizon."
        )


def _model(x: pd.DataFrame) -> Pipeline:
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = [name for name in x.columns if pd.api.types.is_numeric_dtype(x[name].dtype) and x[name].notna().any()]
    texts = [name for name in x.columns if not pd.api.types.is_numeric_dtype(x[name].dtype)]
    number = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True), StandardScaler()
    )
    text = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="—"), OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    )
    return make_pipeline(
        make_column_transformer((number, numbers), (text, texts)), LogisticRegression(C=0.1, max_iter=1000)
    )
