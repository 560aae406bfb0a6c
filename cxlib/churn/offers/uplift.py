"""What a randomised offer has changed: churn of treated and control customers, and whether the two are alike.

The interval of the difference is Newcombe's (Interval estimation for the difference between independent proportions,
Statistics in Medicine 17, 1998, method 10): Wilson's intervals of both shares, squared and added.

Who can be persuaded: a predicted uplift, learnt from a randomised experiment, and its Qini curve.

With customers ranked by predicted uplift, the share phi of them at the top holding N_t treated and N_c control
customers, of whom S_t and S_c stayed (Radcliffe, Using control groups to target on predicted lift, Direct Marketing
Analytics Journal, 2007)::

    u(phi) = S_t - S_c N_t / N_c                 customers kept by treating the top, counted in the treated group
    Q      = integral over phi of (u(phi) - phi u(1)) / N_t(1)

u rises along a straight line to u(1) where the ranking says nothing. Both are given here per treated customer, so that
Q does not grow with the sample. Divided by the area of the best ranking there is, for this curve and for the one of
uplift, (S_t / N_t - S_c / N_c) times customers, they are the normalised Qini and AUUC of scikit-uplift (qini_auc_score
with negative effects, uplift_auc_score), whose curves begin with what the treated alone bring where no control customer
stands above.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import logsumexp, ndtr, softmax, xlog1py, xlogy
from scipy.stats import beta, rankdata

from cxlib.checks import Codes, Flags, Floats, Values, read_numbers, read_outcomes, require_columns
from cxlib.churn.features import describe_feature
from cxlib.churn.offers.offer import CERTAINTY, OfferRules
from cxlib.errors import DataError
from cxlib.language import Count, Decimal, Message, Percent, Points, T, points_apart
from cxlib.measures.result import Brief, Result
from cxlib.measures.sampling import LEVEL, adjust_holm, percentiles, resample, two_sided, wilson
from cxlib.threads import one_thread

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

TREATED = ("treated", "treatment", "1", "true", "yes")
CONTROL = ("control", "0", "false", "no")
BALANCE_ALARM = 0.01
GRID = 200  # values of the response, and of the rate without the offer, that are weighed


def difference_interval(events: tuple[int, int], n: tuple[int, int]) -> tuple[float, float, float]:
    """Difference of two shares, the first less the second, with Newcombe's 95% interval.

    `events`, `n`: Events and customers of both.
    Raises DataError: one of the two has no customers.

    >>> [round(x, 4) for x in difference_interval((56, 48), (70, 80))]
    [0.2, 0.0524, 0.3339]
    """
    size = np.asarray(n, float)
    if (size < 1).any():
        raise DataError("there is a group without customers. Both treated and control customers are needed.")
    p1, p2 = np.asarray(events, float) / size
    (low1, low2), (high1, high2) = wilson(events, n)
    gap = p1 - p2
    low = gap - np.sqrt((p1 - low1) ** 2 + (high2 - p2) ** 2)
    return float(gap), float(low), float(gap + np.sqrt((high1 - p1) ** 2 + (p2 - low2) ** 2))


def read_treatment(values: Values, *, name: str = "treatment") -> Flags:
    """Who was treated, from 0 and 1, booleans or the words treated and control; both groups must be there."""
    column = pd.Series(np.asarray(values, object))
    text = column.map(lambda x: f"{x:g}" if isinstance(x, float) else str(x)).str.strip().str.lower()
    treated = text.isin(TREATED).to_numpy()
    unknown = ~(treated | text.isin(CONTROL).to_numpy())
    if unknown.any():
        raise DataError(
            f"column {name!r} holds {column[unknown].iloc[0]!r} in row {int(np.flatnonzero(unknown)[0]) + 1:,}. Write "
            "'treated' or 'control', or 1 or 0; leave out customers who took no part."
        )
    if treated.all() or not treated.any():
        raise DataError(f"column {name!r} has only one group. Both treated and control customers are needed.")
    return np.asarray(treated, bool)


@dataclass(frozen=True, repr=False)
class Experiment(Brief):
    """Customers who took part in a randomised offer, as of its day: the table, and what its columns are.

    `rows`: One row a customer: churned, `treatment`, `features`.
    `treatment`: Column with treated or control.
    `features`: Known before the offer: for the balance check and the predicted uplift.

    >>> Experiment(pd.DataFrame({"group": ["treated", "control"], "churned": [0, 1]}), "group").treatment
    'group'
    """

    inside = ("rows", "features")

    rows: pd.DataFrame
    treatment: str
    features: Sequence[str] = ()

    def read(self) -> tuple[pd.DataFrame, Flags]:
        """The table, which has all of the columns, and who was treated."""
        columns = ("churned", self.treatment, *self.features)
        frame = require_columns(self.rows, columns, what="the table of the experiment")
        return frame, read_treatment(frame[self.treatment], name=self.treatment)


@dataclass(frozen=True, repr=False)
class OfferEffect(Result):
    """Churn of treated customers against control.

    `difference`, `low`, `high`: Treated less control, as fractions, with the 95% interval: below 0 the offer keeps
        customers.
    `response`, `response_error`: Part of would-be leavers whom the offer kept, 1 - treated / control, with its standard
        error. Half a customer is added to each count (Walter, Biometrika 62, 1975), so that nobody left is not taken
        for certain.
    `p_value`: Of no difference (two shares, pooled).
    `balance`: feature, treated, control (means, or shares of a category), difference (in standard deviations),
        p_adjusted (Holm).

    >>> rows = pd.DataFrame({"group": ["treated"] * 100 + ["control"] * 100,
    ...                      "churned": [1, 0, 0, 0] * 25 + [1, 0] * 50})
    >>> effect = measure_offer(Experiment(rows, "group"))
    >>> effect.difference, effect.n_treated
    (-0.25, 100)
    """

    inside = ("balance",)

    treated_rate: float
    control_rate: float
    difference: float
    low: float
    high: float
    response: float
    response_error: float
    p_value: float
    n_treated: int
    n_control: int
    left_treated: int
    left_control: int
    balance: pd.DataFrame

    @property
    def balanced(self) -> bool:
        """Whether no feature differs between the groups at the 1% level: a page checks this on every run."""
        return bool((self.balance["p_adjusted"].fillna(1) >= BALANCE_ALARM).all())

    def measured(self, rules: OfferRules, *, weight: float = CERTAINTY) -> OfferRules:
        """The same costs with what the assumed response and this experiment say together, and its standard error.

        The assumption is a Beta distribution with mean `expected_response` and the weight of so many customers;
        who left decides by the binomial likelihood of both groups, the rate without the offer being unknown. It is
        used whether the effect is clear or not: a response taken only where it is clear is too high on average (the
        winner's curse; Gelman & Carlin, Perspectives on Psychological Science 9, 2014). An assumption of 0 or 1 stays.
        An offer that clearly drives customers away keeps nobody: no response of 0 to 1 describes it. Groups that were
        not alike before the offer tell nothing of it: the assumption stays.
        """
        assumed = rules.expected_response
        if not self.balanced:
            return rules
        if self.low > 0:
            return replace(rules, expected_response=0.0, response_error=0.0)
        if not 0 < assumed < 1:
            return rules
        response = (np.arange(GRID) + 0.5) / GRID
        base = beta(self.left_control + 0.5, self.n_control - self.left_control + 0.5).ppf(response)  # equal chances
        chance = base * (1 - response[:, None])
        stayed = self.n_treated - self.left_treated
        likelihood = xlogy(self.left_treated, chance) + xlog1py(stayed, -chance)
        prior = beta(weight * assumed, weight * (1 - assumed)).logpdf(response)
        weights = softmax(logsumexp(likelihood, axis=1) + prior)
        mean = float(weights @ response)
        error = float(np.sqrt(weights @ (response - mean) ** 2))
        return replace(rules, expected_response=mean, response_error=error)

    @property
    def face(self) -> pd.DataFrame:
        """Both groups."""
        rows = [
            (T("Treated"), self.n_treated, self.left_treated, self.treated_rate),
            (T("Control"), self.n_control, self.left_control, self.control_rate),
        ]
        quantities = [(name, Count(n), Count(left), Percent(rate)) for name, n, left, rate in rows]
        return pd.DataFrame(quantities, columns=["group", "customers", "left", "churn"])

    @property
    def headline(self) -> Message:
        """What the offer changed."""
        points = {"gap": self.difference, "low": self.low, "high": self.high}
        values: dict[str, object] = {name: Points(100 * x, digits=1) for name, x in points.items()}
        values["gap"] = points_apart(self.treated_rate, self.control_rate, shares=True)
        values |= {"treated": Percent(self.treated_rate), "control": Percent(self.control_rate)}
        values |= {"level": Percent(LEVEL), "n": Count(self.n_treated + self.n_control)}
        if not self.balanced:
            return T(
                "What the offer does is not known: {treated} of those who got it left, {control} of those who did not, "
                "but the two groups were not alike before it, so it was not made at random",
                **values,
            )
        if self.high < 0:
            return T(
                "The offer works: {treated} of those who got it left, {control} of those who did not. "
                "That is {gap} points ({level} interval {low} to {high})",
                **values,
            )
        if self.low > 0:
            return T(
                "The offer drives customers away: {treated} of those who got it left, {control} of those "
                "who did not. That is {gap} points ({level} interval {low} to {high})",
                **values,
            )
        return T(
            "The experiment shows no clear effect of the offer: {treated} of those who got it left, "
            "{control} of those who did not. That is {gap} points ({level} interval {low} to {high})",
            **values,
        )

    @property
    def balance_note(self) -> Message:
        """Whether treated and control customers were alike before."""
        if self.balance.empty:
            return T("Whether the two groups were alike before the offer could not be checked")
        values = {"n": Count(len(self.balance))}
        if self.balanced:
            return T("The two groups were alike before the offer ({n} features compared)", **values)
        worst = self.balance.sort_values("p_adjusted", kind="stable").iloc[0]
        return T(
            "The two groups were not alike before the offer: they differ in “{feature}” ({n} features compared), so "
            "the difference in churn may not be the offer's",
            **values,
            feature=describe_feature(str(worst["feature"]).split(": ")[0]).label,
        )


def measure_offer(experiment: Experiment) -> OfferEffect:
    """Difference of churn between customers who got an offer at random and those who did not."""
    frame, treated = experiment.read()
    left = read_outcomes(frame["churned"], both=False)
    sizes = int(treated.sum()), int((~treated).sum())
    events = int(left[treated].sum()), int(left[~treated].sum())
    gap, low, high = difference_interval(events, sizes)
    response, response_error = _response(events, sizes)
    return OfferEffect(
        events[0] / sizes[0],
        events[1] / sizes[1],
        gap,
        low,
        high,
        response=response,
        response_error=response_error,
        p_value=_p_value(events, sizes),
        n_treated=sizes[0],
        n_control=sizes[1],
        left_treated=events[0],
        left_control=events[1],
        balance=_balance(frame, treated, experiment.features),
    )


def _response(events: tuple[int, int], sizes: tuple[int, int]) -> tuple[float, float]:
    left, n = np.array(events) + 0.5, np.array(sizes) + 0.5
    ratio = float(left[0] / n[0] / (left[1] / n[1]))
    return 1 - ratio, ratio * float(np.sqrt((1 / left - 1 / n).sum()))


def _p_value(events: tuple[int, int], sizes: tuple[int, int]) -> float:
    pooled = sum(events) / sum(sizes)
    error = np.sqrt(pooled * (1 - pooled) * (1 / sizes[0] + 1 / sizes[1]))
    gap = events[0] / sizes[0] - events[1] / sizes[1]
    return float(2 * ndtr(-abs(gap) / error)) if error > 0 else 1.0


def _balance(frame: pd.DataFrame, treated: Flags, features: Sequence[str]) -> pd.DataFrame:
    rows = [_compare(name, column, treated) for name in features for name, column in _columns(frame[name], str(name))]
    table = pd.DataFrame(rows, columns=["feature", "treated", "control", "difference", "p_value"])
    return table.assign(p_adjusted=adjust_holm(table["p_value"].to_numpy(float)))


def _columns(feature: pd.Series, name: str) -> list[tuple[str, Floats]]:
    """A number as it is; a text as one column a category."""
    if pd.api.types.is_numeric_dtype(feature.dtype):
        return [(name, feature.to_numpy(float, na_value=np.nan))]
    text = feature.astype(object).where(feature.notna(), "—")
    return [(f"{name}: {value}", (text == value).to_numpy(float)) for value in sorted(set(text), key=str)]


def _compare(name: str, column: Floats, treated: Flags) -> tuple[str, float, float, float, float]:
    sides = [part[np.isfinite(part)] for part in (column[treated], column[~treated])]
    if min(map(len, sides)) < 2:
        return name, np.nan, np.nan, np.nan, np.nan
    (a, b), (va, vb) = [side.mean() for side in sides], [side.var(ddof=1) for side in sides]
    spread, error = np.sqrt((va + vb) / 2), np.sqrt(va / len(sides[0]) + vb / len(sides[1]))
    if not error > 0:  # all of a group are alike: where the other one is unlike, nothing is surer
        return name, float(a), float(b), 0.0 if a == b else np.nan, float(a == b)
    return name, float(a), float(b), float((a - b) / spread), float(two_sided(a - b, error))


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
    `normalised`, `auuc`: Areas above the straight line under the Qini and the uplift curve, as shares of those of the
        best ranking of these outcomes; NaN where that is no better than the line.
    """

    curve: pd.DataFrame
    coefficient: float
    low: float
    high: float
    tenths: pd.DataFrame
    n: int
    normalised: float
    auuc: float

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
    def normalised_note(self) -> Message | None:
        """The areas as shares of the best ranking's; None where the ranking is not clearly better than chance."""
        if not (self.clear and np.isfinite([self.normalised, self.auuc]).all()):
            return None
        return T(
            "As shares of the best ranking there is: Qini {qini}, area under the uplift curve {auuc} ({n} customers)",
            n=Count(self.n),
            qini=Decimal(self.normalised, digits=3),
            auuc=Decimal(self.auuc, digits=3),
        )

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
    """Judge a predicted uplift by an experiment."""
    left = read_outcomes(churned, both=False)
    treated = read_treatment(treatment)
    score = read_numbers(uplift, "uplift", n=len(left))
    if len(treated) != len(left):
        raise DataError(f"there are {len(treated):,} treatments for {len(left):,} customers. Give one for each.")
    steps = _Steps.by(left, treated, score)
    share, kept = steps.curve()
    areas = [_area(*steps.curve(w)) for w in resample(None, len(left), draws=draws, seed=seed)]
    low, high = percentiles([area for area in areas if np.isfinite(area)])
    curve = pd.DataFrame({"share": share, "kept": kept, "random": share * kept[-1]})
    tenths, shares = _tenths(left, treated, score), _of_the_best(left, treated, score)
    return Qini(curve, _area(share, kept), low, high, tenths, len(left), *shares)


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
        n, n_t, n_c, s_t, s_c = self.sums(weights)
        if n_t[-1] == 0 or n_c[-1] == 0:
            return np.array([0.0, 1.0]), np.full(2, np.nan)
        # Above the first control customer there is nobody to compare with: nothing is known to be kept.
        kept = np.where(n_c > 0, s_t - s_c * n_t / np.where(n_c > 0, n_c, 1), 0.0)
        return n / n[-1], kept / n_t[-1]

    def sums(self, weights: Floats | None = None) -> list[Floats]:
        """At each step: customers, treated, control, and of both those who stayed."""
        w = np.ones(len(self.order)) if weights is None else weights[self.order]
        t, s = self.treated, self.stayed
        columns = [w, w * t, w * (1 - t), w * t * s, w * (1 - t) * s]
        return [np.append(0.0, np.cumsum(np.add.reduceat(x, self.starts))) for x in columns]

    def areas(self) -> Floats:
        """Above the straight line, under the Qini and the uplift curve as scikit-uplift draws them."""
        n, n_t, n_c, s_t, s_c = self.sums()
        treated, control = np.maximum(n_t, 1), np.maximum(n_c, 1)  # what stayed of nobody is none
        return np.array([_area(n, s_t - s_c * n_t / control), _area(n, n * (s_t / treated - s_c / control))])


def _of_the_best(left: Flags, treated: Flags, score: Floats) -> tuple[float, float]:
    """Normalised Qini and AUUC: areas of a score over those of scores that know what came."""
    stayed = ~left
    first = stayed if (stayed & ~treated).sum() > (left & treated).sum() else treated
    best = np.where(treated, 1.0, -1.0) * stayed, 2.0 * (stayed == treated) + first
    own = _Steps.by(left, treated, score).areas()
    qini_best, uplift_best = (_Steps.by(left, treated, ideal).areas()[at] for at, ideal in enumerate(best))
    shares = [area / ideal if ideal > 0 else np.nan for area, ideal in zip(own, (qini_best, uplift_best), strict=True)]
    return float(shares[0]), float(shares[1])


def _area(share: Floats, kept: Floats) -> float:
    above = kept - share / share[-1] * kept[-1]
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
        with one_thread():
            without, offered = (
                _model(x).fit(x.iloc[own], left[own]).predict_proba(x.iloc[judge])[:, 1]
                for own in (learn[~treated[learn]], learn[treated[learn]])
            )
        places[judge] = (rankdata(without - offered) - 0.5) / len(judge)
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
