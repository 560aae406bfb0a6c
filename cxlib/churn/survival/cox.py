"""Cox regression: how many times as fast members leave, by what is known at the start, and whether that lasts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import gammaincc

from cxlib.checks import Floats
from cxlib.churn.survival.covariates import Design, Term, design_terms, stratum_codes
from cxlib.churn.survival.curves import CLEAR, SPELLS, Durations, are_clear, fit_curve, read_durations, require_endings
from cxlib.churn.survival.partial_likelihood import Stratum, Terms, maximise, robust_covariance, split_strata, sum_over
from cxlib.errors import DataError, ParameterError, nearest
from cxlib.language import Count, Days, Decimal, Message, Percent, T, join_names
from cxlib.measures.result import Result, in_quantities
from cxlib.measures.sampling import LEVEL, Z95, adjust_holm, joint_z, number_groups, two_sided

TIES = ("efron", "breslow")


@dataclass(frozen=True, repr=False)
class CoxFit(Result):
    """Hazard ratios with intervals.

    `table`: One row a term: term, covariate, category (missing for numbers), label (Message), step (units that the
        ratio is for), coefficient (of one unit, on the logarithm), std_error, hazard_ratio (of `step`), low, high, z,
        p_value, p_adjusted (Holm over the terms).
    `log_likelihood`: Partial, at the fit.
    `design`: Terms, and what was left out.
    """

    table: pd.DataFrame
    log_likelihood: float
    design: Design = field(repr=False)
    spells: Durations = field(repr=False)
    customers: int
    layers: tuple[tuple[Stratum, Terms], ...] = field(repr=False)

    @property
    def n(self) -> int:
        """Spells that were used."""
        return len(self.spells)

    @property
    def endings(self) -> int:
        """Those of them that ended."""
        return int(self.spells.ended.sum())

    @property
    def terms(self) -> tuple[Term, ...]:
        """Meaning of each coefficient."""
        return self.design.terms

    @property
    def face(self) -> pd.DataFrame:
        """Ratios in quantities, strongest first."""
        t = self.table.iloc[np.argsort(-np.abs(np.log(self.table["hazard_ratio"])), kind="stable")]
        t = t.assign(clear=are_clear(t["p_adjusted"], t["hazard_ratio"]))
        ratios = {"leave so many times as fast": ("hazard_ratio", as_ratio), "low": as_ratio, "high": as_ratio}
        return in_quantities(t, {"what": "label", **ratios, "clear": "clear"})

    @property
    def headline(self) -> Message:
        """The clearest ratio, or that none is clear."""
        values: dict[str, object] = {"n": Count(self.n), "ended": Count(self.endings), "level": Percent(LEVEL)}
        clear = self.table[are_clear(self.table["p_adjusted"], self.table["hazard_ratio"])]
        if clear.empty:
            return T(
                "Nothing known of members clearly goes with leaving sooner or later ({n} memberships, {ended} of them "
                "ended)",
                **values,
            )
        row, ratios = clearest(clear, ("hazard_ratio", "low", "high"), of=len(self.table))
        if row["hazard_ratio"] < 1:
            return T(
                "“{label}” clearly goes with staying: {ratio} times the rate of leaving ({level} interval for all "
                "ratios together {low} to {high}; {n} memberships, {ended} of them ended)",
                **values,
                **ratios,
            )
        return T(
            "“{label}” clearly goes with leaving: {ratio} times the rate of leaving ({level} interval for all "
            "ratios together {low} to {high}; {n} memberships, {ended} of them ended)",
            **values,
            **ratios,
        )

    @property
    def limits(self) -> tuple[Message, ...]:
        """What was left out, and how ratios are to be read."""
        caution = T("A ratio is association among members alike in the other columns, not proof of cause")
        return *self.design.left_out.values(), *self.design.notes, caution


def clearest(clear: pd.DataFrame, names: Sequence[str], *, of: int) -> tuple[pd.Series, dict[str, object]]:
    """The row with the largest |z|, and in words its label and ratio with ends that hold for all `of` ratios together.

    It was chosen for being large, so that its own interval would be too narrow (Bonferroni's is not).
    """
    row = clear.iloc[int(clear["z"].abs().to_numpy().argmax())]
    wider = joint_z(of) / Z95
    ratio, *ends = (float(row[name]) for name in names)
    low, high = (as_ratio(ratio * (end / ratio) ** wider) for end in ends)
    return row, {"label": row["label"], "ratio": as_ratio(ratio), "low": low, "high": high}


def as_ratio(value: float) -> Decimal:
    """A ratio as a reader sees it."""
    return Decimal(float(value), digits=2)


def fit_cox(
    spells: pd.DataFrame,
    covariates: Sequence[str],
    *,
    strata: Sequence[str] = (),
    ties: str = "efron",
    cluster: str | None = None,
    names: Mapping[str, object] | None = None,
) -> CoxFit:
    """Fit a Cox regression.

    ``h(t | x) = h_s(t) exp(x b)``: in each stratum s members leave at one basic rate, of any shape, times a factor. The
    partial likelihood is maximised by Newton's method.

    `spells`: duration_days, ended, and the columns named.
    `covariates`: What was known at the start; see `design_terms` for what becomes of each column.
    `strata`: Columns whose values each have their own basic rate: members are compared within them only.
    `ties`: "efron" or "breslow": how endings on one day are treated.
    `cluster`: Column of customers, for standard errors that take one's spells together (Lin & Wei, 1989).
    `names`: Column -> what a reader calls it.
    Raises DataError: as `read_durations`; nobody has left; no covariate can be used; a coefficient has no finite
        estimate.
    Raises ParameterError: `ties` is unknown.

    Source: Cox, JRSS B 34 (1972), 187-220; Efron, JASA 72 (1977), 557-565; robust: Lin & Wei, JASA 84 (1989).

    >>> rng = np.random.default_rng(1)
    >>> x = rng.integers(0, 2, 400)
    >>> spells = pd.DataFrame({"x": x, "duration_days": np.ceil(rng.exponential(90 / (1 + x))), "ended": True})
    >>> fit = fit_cox(spells, ["x"])
    >>> fit.table["hazard_ratio"].round(1).tolist()
    [2.0]
    """
    if ties not in TIES:
        raise ParameterError(f"ties={ties!r} is no way to treat ties. {nearest(ties, TIES)}")
    durations = read_durations(spells, columns=(*covariates, *strata, *([cluster] if cluster else [])))
    require_endings(durations, "no ratio can be estimated")
    design = design_terms(spells, covariates, durations, strata=strata, names=names)
    _refuse_nothing(design, covariates)
    used, rows = durations.take(design.complete), spells.loc[design.complete]
    layer = stratum_codes(rows, strata)
    center, scale = design.X.mean(axis=0), design.X.std(axis=0)
    parts = split_strata((design.X - center) / scale, used, layer, ties=ties)
    beta, terms = maximise(parts, [term.key for term in design.terms])
    covariance = np.linalg.inv(sum_over([each.information for each in terms]))
    if cluster is not None:
        covariance = robust_covariance(parts, terms, covariance, number_groups(rows[cluster], len(rows)))
    customer = cluster or "customer_id"
    return CoxFit(
        table=_table(design.terms, beta / scale, np.sqrt(np.diag(covariance / np.outer(scale, scale)))),
        log_likelihood=sum(each.log_likelihood for each in terms),
        design=design,
        spells=used,
        customers=int(rows[customer].nunique()) if customer in rows else len(rows),
        layers=tuple(zip(parts, terms, strict=True)),
    )


def _refuse_nothing(design: Design, covariates: Sequence[str]) -> None:
    if design.terms:
        return
    reasons = "; ".join(str(reason) for reason in design.left_out.values()) or "none was named"
    raise DataError(f"{SPELLS}: no covariate of {list(covariates)} can be used: {reasons}. Name others.")


def _table(terms: Sequence[Term], coefficient: Floats, error: Floats) -> pd.DataFrame:
    step, p = np.array([term.step for term in terms]), two_sided(coefficient, error)
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
            "low": np.exp((coefficient - Z95 * error) * step),
            "high": np.exp((coefficient + Z95 * error) * step),
            "z": coefficient / error,
            "p_value": p,
            "p_adjusted": adjust_holm(p),
        }
    )


@dataclass(frozen=True, repr=False)
class ProportionalVerdict(Result):
    """Term by term, whether its ratio changes with time.

    `table`: One row a term: term, covariate, name, label, correlation (of residuals with time), statistic (chi-squared,
        1 degree), p_value, p_adjusted (Holm), fails, ratio_early and ratio_late (hazard ratio of `step` at `early_days`
        and `late_days`, from the line through the residuals).
    `statistic`, `p_value`: Of all terms together, with as many degrees of freedom as terms.
    `early_days`, `late_days`: Days by which a quarter and three quarters of the endings had happened.
    """

    table: pd.DataFrame
    statistic: float
    p_value: float
    early_days: float
    late_days: float
    endings: int

    @property
    def failed(self) -> list[str]:
        """Columns of which a term fails, in the order of the table."""
        return list(dict.fromkeys(self.table.loc[self.table["fails"], "covariate"]))

    @property
    def face(self) -> pd.DataFrame:
        """Terms with their ratios early and late, in quantities."""
        ratios = {f"ratio {when}": (f"ratio_{when}", as_ratio) for when in ("early", "late")}
        return in_quantities(self.table, {"what": "label", **ratios, "changes": "fails"})

    @property
    def headline(self) -> Message:
        """Whether ratios hold for the whole time, and which do not."""
        ended = Count(self.endings)
        if not self.failed:
            return T("Nothing shows that a ratio changes during the membership ({ended} endings)", ended=ended)
        names = self.table.loc[self.table["fails"]].drop_duplicates("covariate")["name"].tolist()
        return T(
            "The ratio of {names} changes during the membership ({ended} endings): the number given is an average over "
            "time",
            names=join_names(names),
            ended=ended,
        )

    @property
    def findings(self) -> tuple[Message, ...]:
        """The headline; where a ratio changes also by how much the clearest one does, and what to do about it."""
        if not self.failed:
            return (self.headline,)
        failing = self.table[self.table["fails"]]
        row = failing.iloc[int(failing["statistic"].to_numpy().argmax())]
        values = {"early_days": Days(self.early_days), "late_days": Days(self.late_days)}
        change = T(
            "“{label}” goes with {early} times the rate of leaving at about {early_days} and with {late} times at "
            "about {late_days}",
            label=row["label"],
            early=as_ratio(row["ratio_early"]),
            late=as_ratio(row["ratio_late"]),
            **values,
        )
        remedy = T(
            "What to do: compare members within the groups of such a column (name it among the strata), or read its "
            "ratio early and late apart; the restricted mean needs no such assumption"
        )
        return self.headline, change, remedy


def check_proportional(fit: CoxFit) -> ProportionalVerdict:
    """Test whether each hazard ratio of a Cox regression stays the same over time.

    The scaled Schoenfeld residual of an ending estimates its term's coefficient at that time; each term is tested for
    a straight line through them over g(t), one less the Kaplan-Meier curve:
    ``(sum (g - mean g) r*)^2 / (d V_jj sum (g - mean g)^2)``.

    Source: Grambsch & Therneau, Biometrika 81 (1994), 515-526, with the covariance averaged over endings, as R's
    cox.zph computed it before version 3.
    """
    days, residuals = _residuals(fit)
    naive = _model_covariance(fit)
    n, time = len(days), _clock(fit, days)
    g = time - time.mean()
    scaled = n * residuals @ naive
    spread, summed = float(g @ g), g @ scaled
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.nan_to_num(summed**2 / (n * np.diag(naive) * spread))
        correlation = summed / np.sqrt(spread * (scaled**2).sum(axis=0) - spread * n * scaled.mean(axis=0) ** 2)
    together = g @ residuals
    overall = float(together @ naive @ together * n / spread) if spread else 0.0
    p = gammaincc(0.5, statistic / 2)
    adjusted = adjust_holm(p)
    early, late = np.quantile(days, [0.25, 0.75], method="inverted_cdf")
    slope = summed / spread if spread else np.zeros_like(summed)
    ratios = [_ratio_at(fit, slope, g[days == day][0]) for day in (early, late)]
    table = fit.table[["term", "covariate", "label"]].assign(
        name=pd.Series([term.name for term in fit.terms], dtype=object),
        correlation=correlation,
        statistic=statistic,
        p_value=p,
        p_adjusted=adjusted,
        fails=adjusted < CLEAR,
        ratio_early=ratios[0],
        ratio_late=ratios[1],
    )
    p_overall = float(gammaincc(len(fit.terms) / 2, overall / 2))
    return ProportionalVerdict(table, overall, p_overall, float(early), float(late), n)


def _residuals(fit: CoxFit) -> tuple[Floats, Floats]:
    """Days and Schoenfeld residuals of all endings by time, in the units of the terms."""
    days = np.concatenate([fit.spells.days[part.rows][part.died] for part, _ in fit.layers])
    residuals = np.concatenate([part.schoenfeld(terms) for part, terms in fit.layers]) * fit.design.X.std(axis=0)
    order = np.argsort(days, kind="stable")
    return days[order], residuals[order]


def _model_covariance(fit: CoxFit) -> Floats:
    """The inverse information, also where the fit's own covariance is the robust one."""
    scale = fit.design.X.std(axis=0)
    information = sum_over([terms.information for _, terms in fit.layers])
    return np.asarray(np.linalg.inv(information) / np.outer(scale, scale))


def _clock(fit: CoxFit, days: Floats) -> Floats:
    """The share that has left before each ending."""
    curve = fit_curve(fit.spells)
    return np.asarray(1 - np.append(1.0, curve.survival)[np.searchsorted(curve.days, days, side="left")])


def _ratio_at(fit: CoxFit, slope: Floats, away: float) -> Floats:
    step = fit.table["step"].to_numpy(float)
    return np.asarray(np.exp((fit.table["coefficient"].to_numpy(float) + slope * away) * step))
