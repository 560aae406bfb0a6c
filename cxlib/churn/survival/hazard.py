"""A discrete-time hazard: the chance that a membership ends within its next period, from what was known before it.

Unlike a Cox regression on what was known at the start, rows of periods carry what changes on the way: tickets, ratings,
offers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, log_expit

from cxlib.checks import Codes, Floats, read_flags, read_numbers, require_columns
from cxlib.churn.survival.covariates import FEWEST_MEMBERS, Term, design_terms
from cxlib.churn.survival.cox import as_ratio, clearest
from cxlib.churn.survival.curves import Durations, are_clear
from cxlib.errors import DataError
from cxlib.language import Count, Message, Percent, T
from cxlib.measures.result import Result, in_quantities
from cxlib.measures.sampling import LEVEL, Z95, adjust_holm, two_sided

TENURE = "log_periods"
PERIODS = "the table of periods"


@dataclass(frozen=True, repr=False)
class HazardFit(Result):
    """What goes with ending within a period.

    `table`: One row a coefficient: term ("intercept", "log_periods" for ln(1 + period), then covariates), covariate,
        label, step, coefficient, std_error, low, high (of the coefficient of one unit), odds_ratio, odds_low, odds_high
        (of `step` units), z, p_value, p_adjusted (Holm, without intercept and time), fewest (customers on its smaller
        side: those who have it, who lack it, or whose number is not the commonest).
    `n`, `members`, `endings`: Periods, customers, and periods in which a membership ended.
    """

    table: pd.DataFrame
    log_likelihood: float
    n: int
    members: int
    endings: int

    @property
    def effects(self) -> pd.DataFrame:
        """The table without intercept, time, and what rests on fewer than `FEWEST_MEMBERS` customers."""
        return self.table[~self.table["term"].isin(["intercept", TENURE]) & (self.table["fewest"] >= FEWEST_MEMBERS)]

    @property
    def face(self) -> pd.DataFrame:
        """Odds ratios in quantities."""
        names = {"odds_ratio": "odds of leaving times", "odds_low": "low", "odds_high": "high"}
        t = self.effects.assign(clear=are_clear(self.effects["p_adjusted"], self.effects["odds_ratio"]))
        ratios = {title: (name, as_ratio) for name, title in names.items()}
        return in_quantities(t, {"what": "label", **ratios, "clear": "clear"})

    @property
    def headline(self) -> Message:
        """The clearest effect, or that none is clear."""
        counts = {"members": Count(self.members), "ended": Count(self.endings)}
        clear = self.effects[are_clear(self.effects["p_adjusted"], self.effects["odds_ratio"])]
        if clear.empty:
            return T(
                "Nothing that was known before a period clearly goes with ending in it ({members} members, {ended} "
                "endings)",
                level=Percent(LEVEL),
                **counts,
            )
        names = ("odds_ratio", "odds_low", "odds_high")
        row, values = clearest(clear, names, of=len(self.effects))
        values |= {"level": Percent(LEVEL), **counts}
        if row["odds_ratio"] < 1:
            return T(
                "“{label}” clearly goes with staying over the next period: {ratio} times the odds of leaving ({level} "
                "interval for all ratios together {low} to {high}; {members} members, {ended} endings)",
                **values,
            )
        return T(
            "“{label}” clearly goes with leaving in the next period: {ratio} times the odds of leaving ({level} "
            "interval for all ratios together {low} to {high}; {members} members, {ended} endings)",
            **values,
        )


def fit_hazard(
    periods: pd.DataFrame, covariates: Sequence[str], *, names: Mapping[str, object] | None = None
) -> HazardFit:
    """Fit a logistic hazard by maximum likelihood.

    ``logit h = b_0 + b_1 ln(1 + period) + x b``, one Bernoulli trial a row. A customer's trials are not independent
    where something unseen makes them loyal, hence standard errors clustered by customer.

    `periods`: One row a membership and period known to its end: customer_id, period (0, 1, ...), ended (in it), and the
        covariates as known when it began.
    `covariates`: Columns; see `design_terms` for what becomes of each.
    `names`: Column -> what a reader calls it.
    Raises DataError: a column is missing or holds bad values; nobody, or everybody, ends; a coefficient has no finite
        estimate.

    Source: Singer & Willett, Journal of Educational Statistics 18 (1993), 155-195, equation (9); clustered: Liang &
    Zeger, Biometrika 73 (1986), 13-22.

    >>> rng = np.random.default_rng(1)
    >>> rows = pd.DataFrame({"customer_id": range(3000), "period": rng.integers(0, 12, 3000),
    ...                      "annual": rng.integers(0, 2, 3000)})
    >>> rows["ended"] = rng.random(3000) < expit(-2 - 1.0 * rows["annual"])
    >>> fit_hazard(rows, ["annual"]).effects["coefficient"].round().tolist()
    [-1.0]
    """
    remedy = "Check the period and the filters of memberships."
    require_columns(periods, ("customer_id", "period", "ended", *covariates), what=PERIODS, remedy=remedy)
    ended = read_flags(periods["ended"], "ended", what=PERIODS)
    remedy = "Periods count from 0, the first"
    k = read_numbers(periods["period"], "period", least=0, remedy=remedy, what=PERIODS)
    if ended.all() or not ended.any():
        raise DataError(f"{PERIODS}: column 'ended' is {bool(ended.all())} throughout, so no hazard can be estimated.")
    # Time itself is a term here, so that no covariate needs leaving out for going with it.
    design = design_terms(periods, covariates, Durations(k, ended, k - 1), names=names, tenure_correlation=1.1)
    X = np.column_stack([np.ones(int(design.complete.sum())), np.log1p(k[design.complete]), design.X])
    y = ended[design.complete].astype(float)
    beta, information = _maximise(X, y, ["intercept", TENURE, *(term.key for term in design.terms)])
    customers = pd.factorize(periods.loc[design.complete, "customer_id"])[0]
    scores = np.zeros((int(customers.max()) + 1, len(beta)))
    np.add.at(scores, customers, (y - expit(X @ beta))[:, None] * X)
    inverse = np.linalg.inv(information)
    error = np.sqrt(np.diag(inverse @ (scores.T @ scores) @ inverse))
    return HazardFit(
        table=_table(design.terms, beta, error).assign(fewest=[_fewest(x, customers) for x in X.T]),
        log_likelihood=_likelihood(X, y, beta),
        n=len(y),
        members=len(scores),
        endings=int(y.sum()),
    )


def _fewest(x: Floats, customers: Codes) -> int:
    """Customers on the smaller side of a term."""
    values, counts = np.unique(x, return_counts=True)
    common = x == values[counts.argmax()]
    sides = [~common, common] if len(values) == 2 else [~common]
    return min(len(pd.unique(customers[side])) for side in sides)


def _maximise(X: Floats, y: Floats, keys: Sequence[str]) -> tuple[Floats, Floats]:
    """Newton's method; the log likelihood is concave, and steps are halved where one would pass its top."""
    beta = np.zeros(X.shape[1])
    beta[0] = np.log(y.mean() / (1 - y.mean()))
    value = _likelihood(X, y, beta)
    for _ in range(50):
        p = expit(X @ beta)
        score, information = X.T @ (y - p), X.T @ ((p * (1 - p))[:, None] * X)
        step = _solve(information, score, keys)
        if score @ step < 1e-12 * (1 + abs(value)):
            return beta, information
        for halving in 0.5 ** np.arange(30):
            tried = _likelihood(X, y, beta + halving * step)
            if tried >= value - 1e-12 * abs(value):
                break
        beta, value = beta + halving * step, tried
    raise DataError(
        f"{PERIODS}: the hazard has no finite estimate: a covariate tells every ending from every other row. "
        "Leave it out."
    )


def _likelihood(X: Floats, y: Floats, beta: Floats) -> float:
    eta = X @ beta
    return float((y * eta + log_expit(-eta)).sum())


def _solve(information: Floats, score: Floats, keys: Sequence[str]) -> Floats:
    scale = np.sqrt(np.diag(information))
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    if values[0] < 1e-10:
        worst = keys[int(np.abs(vectors[:, 0]).argmax())]
        raise DataError(f"{PERIODS}: {worst!r} says the same as other columns or as time. Leave it out.")
    return np.asarray(vectors @ ((vectors.T @ (score / scale)) / values) / scale)


def _table(terms: Sequence[Term], beta: Floats, error: Floats) -> pd.DataFrame:
    step = np.array([1.0, 1.0, *(term.step for term in terms)])
    low, high, p = beta - Z95 * error, beta + Z95 * error, two_sided(beta, error)
    return pd.DataFrame(
        {
            "term": ["intercept", TENURE, *(term.key for term in terms)],
            "covariate": [None, None, *(term.covariate for term in terms)],
            "label": [T("A first period, all else zero"), T("Longer membership"), *(term.label for term in terms)],
            "step": step,
            "coefficient": beta,
            "std_error": error,
            "low": low,
            "high": high,
            "odds_ratio": np.exp(beta * step),
            "odds_low": np.exp(low * step),
            "odds_high": np.exp(high * step),
            "z": beta / error,
            "p_value": p,
            "p_adjusted": adjust_holm(np.concatenate([[np.nan, np.nan], p[2:]])),
        }
    )
