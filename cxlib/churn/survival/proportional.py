"""Whether one hazard ratio holds for the whole membership: scaled Schoenfeld residuals against time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import gammaincc

from cxlib.churn.survival.cox import CoxFit
from cxlib.churn.survival.kaplan_meier import fit_curve
from cxlib.churn.survival.spells import Floats
from cxlib.errors import ParameterError, nearest
from cxlib.language import Count, Days, Decimal, Message, T, join_names
from cxlib.measures.result import Result
from cxlib.measures.sampling import adjust_holm

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
                "what": t["label"], "ratio early": t["ratio_early"].map(lambda x: Decimal(x, digits=2)),
                "ratio late": t["ratio_late"].map(lambda x: Decimal(x, digits=2)), "changes": t["fails"],
            }
        )  # fmt: skip

    @property
    def headline(self) -> Message:
        """Whether ratios hold for the whole time, and which do not."""
        if not self.failed:
            return T("Nothing shows that a ratio changes during the membership ({ended} endings)",
                     ended=Count(self.endings))  # fmt: skip
        t = self.table
        names = t.loc[t["fails"]].drop_duplicates("covariate")["name"].tolist()
        return T(
            "The ratio of {names} changes during the membership ({ended} endings): the number given is an average over "
            "time", names=join_names(names), ended=Count(self.endings),
        )  # fmt: skip

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
                "about {late_days}", label=row["label"], early=Decimal(row["ratio_early"], digits=2),
                late=Decimal(row["ratio_late"], digits=2), early_days=Days(self.early_days),
                late_days=Days(self.late_days),
            ),
            T(
                "What to do: compare members within the groups of such a column (name it among the strata), or read "
                "its ratio early and late apart; the restricted mean needs no such assumption"
            ),
        )  # fmt: skip


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
        name=pd.Series([term.name for term in fit.terms], dtype=object), correlation=correlation,
        statistic=statistic, p_value=p, p_adjusted=adjusted, fails=adjusted < significance, ratio_early=ratios[0],
        ratio_late=ratios[1],
    )  # fmt: skip
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
