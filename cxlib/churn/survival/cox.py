"""Cox regression: how many times as fast members leave, by what is known at the start, and whether that lasts.

And how well ratios tell who is still there by a day, judged on members they were not fitted to, running ones included.
A member last seen running before that day says nothing of it. Each of the others is weighted by the inverse of the
chance of having been seen so long (IPCW), so that those with an answer stand for those without one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import gammaincc

from cxlib.checks import Codes, Floats
from cxlib.churn.survival.covariates import Design, Term, design_terms, stratum_codes
from cxlib.churn.survival.curves import CLEAR, SPELLS, Durations, are_clear, fit_curve, read_durations, require_endings
from cxlib.churn.survival.partial_likelihood import (
    Stratum,
    Terms,
    UnknownRatioError,
    maximise,
    robust_covariance,
    split_strata,
    sum_over,
)
from cxlib.errors import DataError, ParameterError, nearest
from cxlib.language import Count, Days, Decimal, Message, Percent, T, join_names
from cxlib.measures.result import Brief, Result, in_quantities
from cxlib.measures.sampling import LEVEL, Z95, adjust_holm, joint_z, number_groups, two_sided

TIES = ("efron", "breslow")
FOLDS = 5
FEWEST = 30  # members who had left by the day, and who stayed longer


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


def seen_so_long(spells: Durations, days: ArrayLike, *, before: bool = False) -> Floats:
    """Kaplan-Meier chance of not being censored up to `days`, or `before` them; a day's ends come before its censoring.

    `spells`: Seen from their start on.
    """
    times, counts = np.unique(spells.days[~spells.ended], return_counts=True)
    ends, lasted = np.sort(spells.days[spells.ended]), np.sort(spells.days)
    at_risk = len(lasted) - np.searchsorted(lasted, times) - _at(ends, times)
    curve = np.concatenate([[1.0], np.cumprod(1 - counts / at_risk)])
    return np.asarray(curve[np.searchsorted(times, np.asarray(days, float), side="left" if before else "right")])


def _at(ordered: Floats, times: Floats) -> Codes:
    """How many of ordered values stand at each of `times`."""
    return np.searchsorted(ordered, times, side="right") - np.searchsorted(ordered, times, side="left")


def ipcw(spells: Durations, horizon_days: float) -> Floats:
    """The weight of each spell at the horizon: 1 / G(T-) where it had ended by then, 1 / G(t) where it lasted longer.

    0 where it was last seen running before. Source: Graf, Schmoor, Sauerbrei & Schumacher, Assessment and comparison of
    prognostic classification schemes for survival data, Statistics in Medicine 18 (1999), equation (2).
    """
    ended, longer = spells.ended & (spells.days <= horizon_days), spells.days > horizon_days
    chance = np.where(longer, seen_so_long(spells, horizon_days), seen_so_long(spells, spells.days, before=True))
    return np.divide(1.0, chance, out=np.zeros(len(spells)), where=ended | longer)


def censored_brier(spells: Durations, staying: Floats, horizon_days: float) -> Floats:
    """What each spell adds to the Brier score at the horizon, their mean; `staying`: chances of lasting longer."""
    off: Floats = (spells.days > horizon_days) - staying
    return np.asarray(ipcw(spells, horizon_days) * off**2)


def horizon_auc(spells: Durations, staying: Floats, horizon_days: float) -> float:
    """Chance that who left by the horizon was given less chance of staying than who stayed; ties count half.

    Sources: Uno, Cai, Tian & Wei, Evaluating prediction rules for t-year survivors with censored regression models,
    JASA 102 (2007); Blanche, Dartigues & Jacqmin-Gadda, Biometrical Journal 55 (2013).
    """
    from sklearn.metrics import roc_auc_score

    weights = ipcw(spells, horizon_days)
    known = weights > 0
    return float(roc_auc_score(spells.days[known] <= horizon_days, -staying[known], sample_weight=weights[known]))


@dataclass(frozen=True, repr=False)
class HeldOut(Brief):
    """Forecasts for members that the ratios were not fitted to.

    `brier`, `brier_usual`: Of the ratios, and of the share of all who stay (Kaplan-Meier); `gain_low` and
        `gain_high`: the 95% interval of how much less the ratios' is.
    `auc`: See `horizon_auc`.
    `n`, `left`: Members seen from their start on, and those who had left by the day.
    """

    horizon_days: float
    brier: float
    brier_usual: float
    gain_low: float
    gain_high: float
    auc: float
    n: int
    left: int

    @property
    def headline(self) -> Message:
        """Whether the ratios say more than the share of all."""
        values = {
            "days": Days(int(self.horizon_days)),
            "brier": Decimal(self.brier, digits=3),
            "usual": Decimal(self.brier_usual, digits=3),
            "gain": Decimal(self.brier_usual - self.brier, digits=3),
            "low": Decimal(self.gain_low, digits=3),
            "high": Decimal(self.gain_high, digits=3),
            "n": Count(self.n),
        }
        if self.gain_low > 0:
            return T(
                "For members they were not fitted to, the ratios tell better than the share of all who is still there "
                "after {days}: Brier score {brier} against {usual}, a gain of {gain} (95% interval {low} to {high}; "
                "{n} members)",
                **values,
            )
        return T(
            "For members they were not fitted to, the ratios do not clearly tell better than the share of all who is "
            "still there after {days}: Brier score {brier} against {usual}, a gain of {gain} (95% interval {low} to "
            "{high}; {n} members)",
            **values,
        )


def judge_ratios(fit: CoxFit, *, seed: int = 0) -> HeldOut | None:
    """Fit the ratios to four fifths of the spells and judge them on the others, five times; without strata.

    Only spells that were seen from their start on are judged. None where fewer than 30 had left, or stayed longer, by
    the day at which curves are read, or a part of the spells holds no ratio.
    """
    spells = fit.spells
    horizon, judged = fit_curve(spells).read_at, spells.entry < 0
    seen = spells.take(judged)
    left, longer = int((seen.ended & (seen.days <= horizon)).sum()), int((seen.days > horizon).sum())
    if min(left, longer) < FEWEST:
        return None
    staying, usual = np.empty(len(spells)), np.empty(len(spells))
    try:
        for test, chance, share in _forecasts(
            fit, horizon, np.random.default_rng(seed).integers(0, FOLDS, len(spells))
        ):
            staying[test], usual[test] = chance, share
    except UnknownRatioError:
        return None
    ours, theirs = (censored_brier(seen, each[judged], horizon) for each in (staying, usual))
    gain = theirs - ours
    apart, error = float(gain.mean()), float(gain.std() / np.sqrt(len(gain)))
    low, high = apart - Z95 * error, apart + Z95 * error
    auc = horizon_auc(seen, staying[judged], horizon)
    return HeldOut(horizon, float(ours.mean()), float(theirs.mean()), low, high, auc, len(seen), left)


def _forecasts(fit: CoxFit, horizon: float, folds: Codes) -> Iterator[tuple[Codes, Floats, float]]:
    """Of each fold its rows, their chance of lasting beyond the horizon, and the share of the others who do."""
    X, keys = fit.design.X, [term.key for term in fit.terms]
    for fold in range(FOLDS):
        train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        others = fit.spells.take(train)
        if not others.ended.any() or (X[train].std(axis=0) == 0).any():
            raise UnknownRatioError("a part of the spells holds no ratio", keys)
        center, scale = X[train].mean(axis=0), X[train].std(axis=0)
        (part,) = split_strata((X[train] - center) / scale, others, np.zeros(len(train), np.int64), ties="efron")
        beta, (terms,) = maximise([part], keys)
        by_then = others.days[part.rows][part.died] <= horizon
        hazard = (1 / terms.denominator)[by_then].sum()  # Breslow (1972), of the risk that `terms` divides by
        eta = (X[test] - center) / scale @ beta - (part.X @ beta).max()
        yield test, np.exp(-hazard * np.exp(eta)), float(fit_curve(others).at([horizon])["survival"].iloc[0])
