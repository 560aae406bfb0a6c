"""What a randomised offer has changed: churn of treated and control customers, and whether the two are alike.

The interval of the difference is Newcombe's (Interval estimation for the difference between independent proportions,
Statistics in Medicine 17, 1998, method 10): Wilson's intervals of both shares, squared and added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import logsumexp, ndtr, softmax, xlog1py, xlogy
from scipy.stats import beta

from cxlib.checks import Flags, Floats, Values, read_outcomes, require_columns
from cxlib.churn.features import describe_feature
from cxlib.churn.offers.offer import CERTAINTY, OfferRules
from cxlib.errors import DataError
from cxlib.language import Count, Message, Percent, Points, T, points_apart
from cxlib.measures.result import Brief, Result
from cxlib.measures.sampling import LEVEL, adjust_holm, two_sided, wilson

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
    """Who was treated, from 0 and 1, booleans or the words treated and control; both groups must be there.

    >>> read_treatment(["treated", "control"]).tolist()
    [True, False]
    """
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
    """

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
    """

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

    def measured(self, rules: OfferRules) -> OfferRules:
        """The same costs with what the assumed response and this experiment say together, and its standard error.

        The assumption is a Beta distribution with mean `expected_response` and the weight of `CERTAINTY` customers;
        who left decides by the binomial likelihood of both groups, the rate without the offer being unknown. It is
        used whether the effect is clear or not: a response taken only where it is clear is too high on average (the
        winner's curse; Gelman & Carlin, Perspectives on Psychological Science 9, 2014). An assumption of 0 or 1 stays.
        """
        assumed = rules.expected_response
        if not 0 < assumed < 1:
            return rules
        response = (np.arange(GRID) + 0.5) / GRID
        base = beta(self.left_control + 0.5, self.n_control - self.left_control + 0.5).ppf(response)  # equal chances
        chance = base * (1 - response[:, None])
        stayed = self.n_treated - self.left_treated
        likelihood = xlogy(self.left_treated, chance) + xlog1py(stayed, -chance)
        prior = beta(CERTAINTY * assumed, CERTAINTY * (1 - assumed)).logpdf(response)
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
    """Difference of churn between customers who got an offer at random and those who did not.

    >>> rows = pd.DataFrame({"group": ["treated"] * 100 + ["control"] * 100,
    ...                      "churned": [1] * 10 + [0] * 90 + [1] * 20 + [0] * 80})
    >>> effect = measure_offer(Experiment(rows, "group"))
    >>> round(effect.difference, 2), round(effect.response, 2)
    (-0.1, 0.49)
    """
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
    apart = (a - b) / spread if spread > 0 else 0.0
    return name, float(a), float(b), float(apart), float(two_sided(a - b, error)) if error > 0 else 1.0
