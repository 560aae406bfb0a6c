"""Cox regression: how many times as fast members leave, by what is known at the start, and whether that lasts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import gammaincc

from cxlib.checks import Floats
from cxlib.churn.survival.comparison import stratum_codes
from cxlib.churn.survival.covariates import TENURE_CORRELATION, Design, Term, design_terms
from cxlib.churn.survival.curves import Durations, fit_curve, read_durations
from cxlib.churn.survival.partial_likelihood import (
    Stratum,
    Terms,
    maximise,
    measure_concordance,
    robust_covariance,
    split_strata,
    sum_over,
)
from cxlib.errors import DataError, ParameterError, nearest
from cxlib.language import Count, Days, Decimal, Message, Percent, T, join_names
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
                "what": t["label"],
                "leave so many times as fast": t["hazard_ratio"].map(_ratio),
                "low": t["low"].map(_ratio),
                "high": t["high"].map(_ratio),
                "clear": t["p_adjusted"] < CLEAR,
            }
        ).reset_index(drop=True)

    @property
    def headline(self) -> Message:
        """The strongest clear ratio, or that none is clear."""
        values: dict[str, object] = {"n": Count(self.n), "ended": Count(self.endings), "level": Percent(self.level)}
        clear = self.table[self.table["p_adjusted"] < CLEAR]
        if clear.empty:
            return T(
                "Nothing known of members clearly goes with leaving sooner or later ({n} memberships, {ended} of "
                "them ended)",
                **values,
            )
        row = clear.iloc[int(np.abs(np.log(clear["hazard_ratio"].to_numpy())).argmax())]
        values |= {"label": row["label"], "ratio": _ratio(row["hazard_ratio"]), "low": _ratio(row["low"])}
        values["high"] = _ratio(row["high"])
        if row["hazard_ratio"] < 1:
            return T(
                "What goes most with staying is “{label}”: {ratio} times the rate of leaving ({level} interval {low} "
                "to {high}; {n} memberships, {ended} of them ended)",
                **values,
            )
        return T(
            "What goes most with leaving is “{label}”: {ratio} times the rate of leaving ({level} interval {low} to "
            "{high}; {n} memberships, {ended} of them ended)",
            **values,
        )

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
    design = design_terms(
        spells, covariates, durations, strata=strata, names=names, tenure_correlation=tenure_correlation
    )
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
        table,
        sum(found.log_likelihood for found in terms),
        null,
        measure_concordance(eta, used, layer),
        len(used),
        int(used.ended.sum()),
        _customers(rows, cluster),
        tuple(strata),
        ties,
        cluster is not None,
        level,
        design,
        covariance / np.outer(scale, scale),
        used,
        tuple(zip(parts, terms, strict=True)),
    )


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
            "term": [term.key for term in terms],
            "covariate": [term.covariate for term in terms],
            "category": [term.category for term in terms],
            "label": [term.label for term in terms],
            "step": step,
            "coefficient": coefficient,
            "std_error": error,
            "hazard_ratio": np.exp(coefficient * step),
            "low": np.exp((coefficient - z * error) * step),
            "high": np.exp((coefficient + z * error) * step),
            "z": coefficient / error,
            "p_value": p,
            "p_adjusted": adjust_holm(p),
        }
    )


CLOCKS = ("km", "rank", "identity", "log")
CLEAR = 0.05


@dataclass(frozen=True)
class ProportionalVerdict(Result):
    """Term by term, whether its ratio changes with time.

    Attributes
    ----------
    table : DataFrame
        One row a term: term, covariate, name, label, correlation (of residuals with time), statistic (chi-squared, 1
        degree), p_value, p_adjusted (Holm), fails, ratio_early and ratio_late (hazard ratio of `step` at `early_days`
        and `late_days`, from the line through the residuals).
    statistic, p_value : float
        Of all terms together, with as many degrees of freedom as terms.
    early_days, late_days : float
        Days by which a quarter and three quarters of the endings had happened.
    endings : int
    """

    table: pd.DataFrame
    statistic: float
    p_value: float
    early_days: float
    late_days: float
    endings: int
    clock: str

    @property
    def failed(self) -> list[str]:
        """Columns of which a term fails, in the order of the table."""
        return list(dict.fromkeys(self.table.loc[self.table["fails"], "covariate"]))

    @property
    def summary(self) -> pd.DataFrame:
        """Terms with their ratios early and late, in quantities."""
        t = self.table
        return pd.DataFrame(
            {
                "what": t["label"],
                "ratio early": t["ratio_early"].map(lambda x: Decimal(x, digits=2)),
                "ratio late": t["ratio_late"].map(lambda x: Decimal(x, digits=2)),
                "changes": t["fails"],
            }
        )

    @property
    def headline(self) -> Message:
        """Whether ratios hold for the whole time, and which do not."""
        if not self.failed:
            return T(
                "Nothing shows that a ratio changes during the membership ({ended} endings)", ended=Count(self.endings)
            )
        t = self.table
        names = t.loc[t["fails"]].drop_duplicates("covariate")["name"].tolist()
        return T(
            "The ratio of {names} changes during the membership ({ended} endings): the number given is an average over "
            "time",
            names=join_names(names),
            ended=Count(self.endings),
        )

    @property
    def findings(self) -> tuple[Message, ...]:
        """The headline; where a ratio changes also by how much the clearest one does, and what to do about it."""
        if not self.failed:
            return (self.headline,)
        failing = self.table[self.table["fails"]]
        row = failing.iloc[int(failing["statistic"].to_numpy().argmax())]
        return (
            self.headline,
            T(
                "“{label}” goes with {early} times the rate of leaving at about {early_days} and with {late} times at "
                "about {late_days}",
                label=row["label"],
                early=Decimal(row["ratio_early"], digits=2),
                late=Decimal(row["ratio_late"], digits=2),
                early_days=Days(self.early_days),
                late_days=Days(self.late_days),
            ),
            T(
                "What to do: compare members within the groups of such a column (name it among the strata), or read "
                "its ratio early and late apart; the restricted mean needs no such assumption"
            ),
        )


def check_proportional(fit: CoxFit, *, clock: str = "km", significance: float = CLEAR) -> ProportionalVerdict:
    """Test whether each hazard ratio of a Cox regression stays the same over time.

    The scaled Schoenfeld residual of an ending estimates its term's coefficient at that time; each term is tested for
    a straight line through them over the clock g(t): ``(sum (g - mean g) r*)^2 / (d V_jj sum (g - mean g)^2)``.

    Parameters
    ----------
    fit : CoxFit
    clock : str
        "km" (one less the Kaplan-Meier curve), "rank", "identity" or "log" of the days.
    significance : float
        A term fails where its p-value after Holm is below.

    Raises
    ------
    ParameterError
        The clock is unknown.

    Notes
    -----
    Source: Grambsch & Therneau, Biometrika 81 (1994), 515-526, with the covariance averaged over endings, as R's
    cox.zph computed it before version 3.

    Examples
    --------
    >>> from cxlib.churn.survival.cox import fit_cox
    >>> rng = np.random.default_rng(1)
    >>> x = rng.integers(0, 2, 400)
    >>> spells = pd.DataFrame({"x": x, "duration_days": np.ceil(rng.exponential(90 / (1 + x))), "ended": True})
    >>> check_proportional(fit_cox(spells, ["x"])).failed
    []
    """
    if clock not in CLOCKS:
        raise ParameterError(f"clock={clock!r} is no way to count time. {nearest(clock, CLOCKS)}")
    days, residuals = _residuals(fit)
    naive = _model_covariance(fit)
    n, time = len(days), _clock(fit, days, clock)
    g = time - time.mean()
    scaled = n * residuals @ naive
    spread, summed = float(g @ g), g @ scaled
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = summed**2 / (n * np.diag(naive) * spread)
        correlation = summed / np.sqrt(spread * (scaled**2).sum(axis=0) - spread * n * scaled.mean(axis=0) ** 2)
    together = g @ residuals
    overall = float(together @ naive @ together * n / spread) if spread else 0.0
    statistic = np.nan_to_num(statistic)
    p = gammaincc(0.5, statistic / 2)
    adjusted = adjust_holm(p)
    early, late = np.quantile(days, [0.25, 0.75], method="inverted_cdf")
    slope = summed / spread if spread else np.zeros_like(summed)
    ratios = [_ratio_at(fit, slope, time[days == at][0] - time.mean()) for at in (early, late)]
    table = fit.table[["term", "covariate", "label"]].assign(
        name=pd.Series([term.name for term in fit.terms], dtype=object),
        correlation=correlation,
        statistic=statistic,
        p_value=p,
        p_adjusted=adjusted,
        fails=adjusted < significance,
        ratio_early=ratios[0],
        ratio_late=ratios[1],
    )
    p_overall = float(gammaincc(len(fit.terms) / 2, overall / 2))
    return ProportionalVerdict(table, overall, p_overall, float(early), float(late), n, clock)


def _residuals(fit: CoxFit) -> tuple[Floats, Floats]:
    """Days and Schoenfeld residuals of all endings by time, in the units of the terms."""
    scale = fit.design.X.std(axis=0)
    days = np.concatenate([fit.spells.days[part.rows][part.died] for part, _ in fit.layers])
    residuals = np.concatenate([part.schoenfeld(terms) for part, terms in fit.layers]) * scale
    order = np.argsort(days, kind="stable")
    return days[order], residuals[order]


def _model_covariance(fit: CoxFit) -> Floats:
    """The inverse information, also where the fit's own covariance is the robust one."""
    scale = fit.design.X.std(axis=0)
    information = sum(terms.information for _, terms in fit.layers)
    return np.asarray(np.linalg.inv(information) / np.outer(scale, scale))


def _clock(fit: CoxFit, days: Floats, clock: str) -> Floats:
    """The time of each ending on the clock."""
    if clock == "identity":
        return days
    if clock == "log":
        return np.log(np.maximum(days, 0.5))
    if clock == "rank":
        return np.asarray(pd.Series(days).rank().to_numpy(float))
    curve = fit_curve(fit.spells)
    before = np.concatenate([[1.0], curve.survival])[np.searchsorted(curve.days, days, side="left")]
    return np.asarray(1 - before)


def _ratio_at(fit: CoxFit, slope: Floats, away: float) -> Floats:
    step = fit.table["step"].to_numpy(float)
    return np.asarray(np.exp((fit.table["coefficient"].to_numpy(float) + slope * away) * step))
