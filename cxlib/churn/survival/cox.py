"""Cox regression: how many times as fast members leave, by what is known of them at the start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import gammaincc

from cxlib.churn.survival.concordance import measure_concordance
from cxlib.churn.survival.covariates import TENURE_CORRELATION, design_terms
from cxlib.churn.survival.log_rank import stratum_codes
from cxlib.churn.survival.partial_likelihood import Stratum, Terms, maximise, robust_covariance, split_strata, sum_over
from cxlib.churn.survival.spells import Durations, Floats, read_durations
from cxlib.churn.survival.terms import Design, Term
from cxlib.errors import DataError, ParameterError, nearest
from cxlib.language import Count, Decimal, Message, Percent, T
from cxlib.measures.result import Result
from cxlib.measures.sampling import adjust_holm, check_level, two_sided

TIES = ("efron", "breslow")
CLEAR = 0.05


@dataclass(frozen=True)
class CoxFit(Result):
    """Hazard ratios with intervals.

    Attributes
    ----------
    table : DataFrame
        One row a term: term, covariate, category (missing for numbers), label (Message), step (units that the ratio is
        for), coefficient (of one unit, on the logarithm), std_error, hazard_ratio (of `step`), low, high, z, p_value,
        p_adjusted (Holm over the terms).
    log_likelihood, null_log_likelihood : float
        Partial, at the fit and with all coefficients zero.
    concordance : float
        Share of comparable pairs in the right order, within strata; on the rows that it was fitted to.
    n, endings, customers : int
    strata : tuple of str
    robust : bool
        Whether standard errors take a customer's spells together (Lin & Wei, 1989).
    design : Design
        Terms, and what was left out.
    """

    table: pd.DataFrame
    log_likelihood: float
    null_log_likelihood: float
    concordance: float
    n: int
    endings: int
    customers: int
    strata: tuple[str, ...]
    ties: str
    robust: bool
    level: float
    design: Design = field(repr=False)
    covariance: Floats = field(repr=False)
    spells: Durations = field(repr=False)
    layers: tuple[tuple[Stratum, Terms], ...] = field(repr=False)

    @property
    def terms(self) -> tuple[Term, ...]:
        """Meaning of each coefficient."""
        return self.design.terms

    @cached_property
    def likelihood_ratio(self) -> tuple[float, int, float]:
        """Statistic, degrees of freedom and p-value of the test that no term matters."""
        value = 2 * (self.log_likelihood - self.null_log_likelihood)
        return value, len(self.terms), float(gammaincc(len(self.terms) / 2, value / 2))

    @property
    def summary(self) -> pd.DataFrame:
        """Ratios in quantities, strongest first."""
        t = self.table.iloc[np.argsort(-np.abs(np.log(self.table["hazard_ratio"])), kind="stable")]
        return pd.DataFrame(
            {
                "what": t["label"], "leave so many times as fast": t["hazard_ratio"].map(_ratio),
                "low": t["low"].map(_ratio), "high": t["high"].map(_ratio),
                "clear": t["p_adjusted"] < CLEAR,
            }
        ).reset_index(drop=True)  # fmt: skip

    @property
    def headline(self) -> Message:
        """The strongest clear ratio, or that none is clear."""
        values: dict[str, object] = {"n": Count(self.n), "ended": Count(self.endings), "level": Percent(self.level)}
        clear = self.table[self.table["p_adjusted"] < CLEAR]
        if clear.empty:
            return T("Nothing known of members clearly goes with leaving sooner or later ({n} memberships, {ended} of "
                     "them ended)", **values)  # fmt: skip
        row = clear.iloc[int(np.abs(np.log(clear["hazard_ratio"].to_numpy())).argmax())]
        values |= {"label": row["label"], "ratio": _ratio(row["hazard_ratio"]), "low": _ratio(row["low"])}
        values["high"] = _ratio(row["high"])
        if row["hazard_ratio"] < 1:
            return T(
                "What goes most with staying is “{label}”: {ratio} times the rate of leaving ({level} interval {low} "
                "to {high}; {n} memberships, {ended} of them ended)", **values,
            )  # fmt: skip
        return T(
            "What goes most with leaving is “{label}”: {ratio} times the rate of leaving ({level} interval {low} to "
            "{high}; {n} memberships, {ended} of them ended)", **values,
        )  # fmt: skip

    @property
    def limits(self) -> tuple[Message, ...]:
        """What was left out, and how ratios are to be read."""
        return (
            *self.design.left_out.values(),
            *self.design.notes,
            T("A ratio is association among members alike in the other columns, not proof of cause"),
        )


def _ratio(value: float) -> Decimal:
    return Decimal(float(value), digits=2)


def fit_cox(
    spells: pd.DataFrame,
    covariates: Sequence[str],
    *,
    strata: Sequence[str] = (),
    ties: str = "efron",
    cluster: str | None = None,
    names: Mapping[str, object] | None = None,
    tenure_correlation: float = TENURE_CORRELATION,
    level: float = 0.95,
) -> CoxFit:
    """Fit a Cox regression.

    ``h(t | x) = h_s(t) exp(x b)``: in each stratum s members leave at one basic rate, of any shape, times a factor. The
    partial likelihood is maximised by Newton's method.

    Parameters
    ----------
    spells : DataFrame
        duration_days, ended, and the columns named.
    covariates : sequence of str
        What was known at the start; see `design_terms` for what becomes of each column.
    strata : sequence of str
        Columns whose values each have their own basic rate: members are compared within them only.
    ties : str
        "efron" or "breslow": how endings on one day are treated.
    cluster : str, optional
        Column of customers, for standard errors that take one's spells together.
    names : dict of str to text or Message, optional
        Column -> what a reader calls it.
    tenure_correlation : float
        As for `design_terms`.
    level : float
        Confidence of the intervals.

    Raises
    ------
    DataError
        As `read_durations`; nobody has left; no covariate can be used; a coefficient has no finite estimate.
    ParameterError
        `ties` is unknown.

    Notes
    -----
    Source: Cox, JRSS B 34 (1972), 187-220; Efron, JASA 72 (1977), 557-565; robust: Lin & Wei, JASA 84 (1989).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = rng.integers(0, 2, 400)
    >>> spells = pd.DataFrame({"x": x, "duration_days": np.ceil(rng.exponential(90 / (1 + x))), "ended": True})
    >>> fit = fit_cox(spells, ["x"])
    >>> fit.table["hazard_ratio"].round(1).tolist()
    [2.0]
    """
    if ties not in TIES:
        raise ParameterError(f"ties={ties!r} is no way to treat ties. {nearest(ties, TIES)}")
    z = check_level(level)
    durations = read_durations(spells, columns=(*covariates, *strata, *([cluster] if cluster else [])))
    if not durations.ended.any():
        raise DataError("spells: nobody has left (column 'ended' is false throughout), so no ratio can be estimated.")
    design = design_terms(spells, covariates, durations, strata=strata, names=names,
                          tenure_correlation=tenure_correlation)  # fmt: skip
    _refuse_nothing(design, covariates)
    used, rows = durations.take(design.kept), spells.loc[design.kept]
    layer = stratum_codes(rows, strata)
    center, scale = design.X.mean(axis=0), design.X.std(axis=0)
    parts = split_strata((design.X - center) / scale, used, layer, ties=ties)
    beta, terms, null = maximise(parts, [term.key for term in design.terms])
    information = sum_over([found.information for found in terms])
    covariance = np.linalg.inv(information)
    if cluster is not None:
        covariance = robust_covariance(parts, terms, covariance, pd.factorize(rows[cluster])[0])
    table = _table(design.terms, beta / scale, covariance / np.outer(scale, scale), z)
    eta = (design.X - center) @ (beta / scale)
    return CoxFit(
        table, sum(found.log_likelihood for found in terms), null, measure_concordance(eta, used, layer),
        len(used), int(used.ended.sum()), _customers(rows, cluster), tuple(strata), ties, cluster is not None, level,
        design, covariance / np.outer(scale, scale), used, tuple(zip(parts, terms, strict=True)),
    )  # fmt: skip


def _customers(rows: pd.DataFrame, cluster: str | None) -> int:
    column = cluster or "customer_id"
    return int(rows[column].nunique()) if column in rows else len(rows)


def _refuse_nothing(design: Design, covariates: Sequence[str]) -> None:
    if design.terms:
        return
    reasons = "; ".join(str(reason) for reason in design.left_out.values()) or "none was named"
    raise DataError(f"spells: no covariate of {list(covariates)} can be used: {reasons}. Name others.")


def _table(terms: Sequence[Term], coefficient: Floats, covariance: Floats, z: float) -> pd.DataFrame:
    error, step = np.sqrt(np.diag(covariance)), np.array([term.step for term in terms])
    p = two_sided(coefficient, error)
    return pd.DataFrame(
        {
            "term": [term.key for term in terms], "covariate": [term.covariate for term in terms],
            "category": [term.category for term in terms], "label": [term.label for term in terms], "step": step,
            "coefficient": coefficient, "std_error": error, "hazard_ratio": np.exp(coefficient * step),
            "low": np.exp((coefficient - z * error) * step), "high": np.exp((coefficient + z * error) * step),
            "z": coefficient / error, "p_value": p, "p_adjusted": adjust_holm(p),
        }
    )  # fmt: skip
