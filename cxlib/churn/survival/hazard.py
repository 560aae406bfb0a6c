"""A discrete-time hazard: the chance that a membership ends within its next period, from what was known before it.

Unlike a Cox regression on what was known at the start, rows of periods carry what changes on the way: tickets, ratings,
offers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import expit, log_expit

from cxlib.checks import Floats
from cxlib.churn.survival.covariates import Design, Term, design_terms
from cxlib.churn.survival.curves import Durations, complain, read_flags, read_numbers, require_columns
from cxlib.errors import DataError
from cxlib.language import Count, Decimal, Message, Percent, T
from cxlib.measures.result import Result
from cxlib.measures.sampling import adjust_holm, check_level, two_sided

CLEAR = 0.05
TENURE = "log_periods"
PERIODS = "periods"


@dataclass(frozen=True)
class HazardFit(Result):
    """What goes with ending within a period.

    Attributes
    ----------
    table : DataFrame
        One row a coefficient: term ("intercept", "log_periods" for ln(1 + period), then covariates), covariate, label,
        step, coefficient, std_error, low, high (of the coefficient of one unit), odds_ratio, odds_low, odds_high (of
        `step` units), z, p_value, p_adjusted (Holm, without intercept and time).
    covariance : DataFrame
        Of the coefficients.
    log_likelihood : float
    n, members, endings : int
        Periods, customers, and periods in which a membership ended.
    clustered : bool
        Whether standard errors take a customer's periods together.
    """

    table: pd.DataFrame
    covariance: pd.DataFrame
    log_likelihood: float
    n: int
    members: int
    endings: int
    clustered: bool
    level: float
    design: Design = field(repr=False)

    @property
    def coefficients(self) -> pd.Series[float]:
        """Coefficients by term."""
        return pd.Series(self.table["coefficient"].to_numpy(float), index=self.table["term"])

    @property
    def effects(self) -> pd.DataFrame:
        """The table without intercept and time."""
        return self.table[~self.table["term"].isin(["intercept", TENURE])]

    def chance_by_period(self, periods: Sequence[int]) -> pd.DataFrame:
        """The chance of ending in each period for a member with average covariates.

        Returns
        -------
        DataFrame
            period, chance, low, high (shares, interval at `level`).
        """
        k = np.asarray(periods, dtype=float)
        means = np.broadcast_to(self.design.X.mean(axis=0), (len(k), len(self.design.terms)))
        X = np.column_stack([np.ones(len(k)), np.log1p(k), means])
        z, eta = check_level(self.level), X @ self.table["coefficient"].to_numpy(float)
        error = np.sqrt(np.einsum("ij,jk,ik->i", X, self.covariance.to_numpy(float), X))
        return pd.DataFrame(
            {"period": k, "chance": expit(eta), "low": expit(eta - z * error), "high": expit(eta + z * error)}
        )

    @property
    def summary(self) -> pd.DataFrame:
        """Odds ratios in quantities."""
        t = self.effects
        return pd.DataFrame(
            {
                "what": t["label"],
                "odds of leaving times": t["odds_ratio"].map(_ratio),
                "low": t["odds_low"].map(_ratio),
                "high": t["odds_high"].map(_ratio),
                "clear": t["p_adjusted"] < CLEAR,
            }
        ).reset_index(drop=True)

    @property
    def headline(self) -> Message:
        """The strongest clear effect, or that none is clear."""
        values: dict[str, object] = {
            "members": Count(self.members),
            "ended": Count(self.endings),
            "level": Percent(self.level),
        }
        clear = self.effects[self.effects["p_adjusted"] < CLEAR]
        if clear.empty:
            return T(
                "Nothing that was known before a period clearly goes with ending in it ({members} members, {ended} "
                "endings)",
                **values,
            )
        row = clear.iloc[int(np.abs(np.log(clear["odds_ratio"].to_numpy())).argmax())]
        values |= {"label": row["label"], "ratio": _ratio(row["odds_ratio"]), "low": _ratio(row["odds_low"])}
        values["high"] = _ratio(row["odds_high"])
        if row["odds_ratio"] < 1:
            return T(
                "What goes most with staying over the next period is “{label}”: {ratio} times the odds of leaving "
                "({level} interval {low} to {high}; {members} members, {ended} endings)",
                **values,
            )
        return T(
            "What goes most with leaving in the next period is “{label}”: {ratio} times the odds of leaving ({level} "
            "interval {low} to {high}; {members} members, {ended} endings)",
            **values,
        )


def _ratio(value: float) -> Decimal:
    return Decimal(float(value), digits=2)


def fit_hazard(
    periods: pd.DataFrame,
    covariates: Sequence[str],
    *,
    caps: Mapping[str, float] | None = None,
    clustered: bool = True,
    names: Mapping[str, object] | None = None,
    level: float = 0.95,
) -> HazardFit:
    """Fit a logistic hazard by maximum likelihood.

    ``logit h = b_0 + b_1 ln(1 + period) + x b``, one Bernoulli trial a row. A customer's trials are not independent
    where something unseen makes them loyal, hence standard errors clustered by customer.

    Parameters
    ----------
    periods : DataFrame
        One row a membership and period known to its end: customer_id, period (0, 1, ...), ended (in it), and the
        covariates as known when it began.
    covariates : sequence of str
        Columns; see `design_terms` for what becomes of each.
    caps : dict of str to float, optional
        Column -> value above which more makes no difference, as ``{"tickets_recent": 3}``.
    clustered : bool
        False takes rows as independent.
    names : dict of str to text or Message, optional
    level : float
        Confidence of the intervals.

    Raises
    ------
    DataError
        A column is missing or holds bad values; nobody, or everybody, ends; a coefficient has no finite estimate.

    Notes
    -----
    Source: Singer & Willett, Journal of Educational Statistics 18 (1993), 155-195, equation (9); clustered: Liang &
    Zeger, Biometrika 73 (1986), 13-22.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> rows = pd.DataFrame({"customer_id": range(3000), "period": rng.integers(0, 12, 3000),
    ...                      "annual": rng.integers(0, 2, 3000)})
    >>> rows["ended"] = rng.random(3000) < expit(-2 - 1.0 * rows["annual"])
    >>> fit = fit_hazard(rows, ["annual"])
    >>> [round(float(b)) for b in fit.coefficients[["intercept", "annual"]]]
    [-2, -1]
    """
    require_columns(periods, ("customer_id", "period", "ended", *covariates), rows=PERIODS)
    if periods.empty:
        raise DataError("there are no periods of membership. Check the period and the filters of memberships.")
    ended, k = read_flags(periods, "ended", rows=PERIODS), read_numbers(periods, "period", rows=PERIODS)
    complain(periods, "period", k < 0, "negative", "Periods count from 0, the first", rows=PERIODS)
    if ended.all() or not ended.any():
        raise DataError(f"periods: column 'ended' is {bool(ended.all())} throughout, so no hazard can be estimated.")
    capped = periods.assign(**{name: periods[name].clip(upper=cap) for name, cap in (caps or {}).items()})
    # Time itself is a term here, so that no covariate needs leaving out for going with it.
    design = design_terms(capped, covariates, Durations(k, ended), names=names, tenure_correlation=1.1)
    X = np.column_stack([np.ones(int(design.kept.sum())), np.log1p(k[design.kept]), design.X])
    y, keys = ended[design.kept].astype(float), ["intercept", TENURE, *(term.key for term in design.terms)]
    beta, information = _maximise(X, y, keys)
    covariance = np.linalg.inv(information)
    customers = pd.factorize(periods.loc[design.kept, "customer_id"])[0]
    if clustered:
        sums = np.zeros((int(customers.max()) + 1, len(beta)))
        np.add.at(sums, customers, (y - expit(X @ beta))[:, None] * X)
        covariance = covariance @ (sums.T @ sums) @ covariance
    eta = X @ beta
    return HazardFit(
        _table(design.terms, beta, np.sqrt(np.diag(covariance)), level),
        pd.DataFrame(covariance, index=keys, columns=keys),
        float(np.where(y == 1, log_expit(eta), log_expit(-eta)).sum()),
        len(y),
        len(np.unique(customers)),
        int(y.sum()),
        clustered,
        level,
        design,
    )


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
    raise DataError("periods: the hazard has no finite estimate: a covariate tells every ending from every other row.")


def _likelihood(X: Floats, y: Floats, beta: Floats) -> float:
    eta = X @ beta
    return float((y * eta + log_expit(-eta)).sum())


def _solve(information: Floats, score: Floats, keys: Sequence[str]) -> Floats:
    scale = np.sqrt(np.diag(information))
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    if values[0] < 1e-10:
        worst = keys[int(np.abs(vectors[:, 0]).argmax())]
        raise DataError(f"periods: {worst!r} says the same as other columns or as time. Leave it out.")
    return np.asarray(vectors @ ((vectors.T @ (score / scale)) / values) / scale)


def _table(terms: Sequence[Term], beta: Floats, error: Floats, level: float) -> pd.DataFrame:
    z, step = check_level(level), np.array([1.0, 1.0, *(term.step for term in terms)])
    low, high, p = beta - z * error, beta + z * error, two_sided(beta, error)
    labels = [T("A first period, all else zero"), T("Longer membership"), *(term.label for term in terms)]
    return pd.DataFrame(
        {
            "term": ["intercept", TENURE, *(term.key for term in terms)],
            "covariate": [None, None, *(term.covariate for term in terms)],
            "label": labels,
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
