"""How well ratios tell who is still there by a day, judged on members they were not fitted to, running ones included.

A member last seen running before that day says nothing of it. Each of the others is weighted by the inverse of the
chance of having been seen so long (IPCW), so that those with an answer stand for those without one.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cxlib.checks import Codes, Floats
from cxlib.churn.survival.cox import CoxFit
from cxlib.churn.survival.curves import Durations, fit_curve
from cxlib.churn.survival.partial_likelihood import UnknownRatioError, maximise, split_strata
from cxlib.language import Count, Days, Decimal, Message, Percent, T
from cxlib.measures.result import Brief
from cxlib.measures.sampling import Z95

FOLDS = 5
FEWEST = 30  # members who had left by the day, and who stayed longer


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

    `brier`, `brier_usual`: Of the ratios, and of the share of all who stay (Kaplan-Meier); `gain_low`: the lower end of
        the 95% interval of the difference.
    `auc`: See `horizon_auc`.
    `n`, `left`: Members seen from their start on, and those who had left by the day.
    """

    horizon_days: float
    brier: float
    brier_usual: float
    gain_low: float
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
            "auc": Percent(self.auc),
            "n": Count(self.n),
        }
        if self.gain_low > 0:
            return T(
                "For members they were not fitted to, the ratios tell better than the share of all who is still there "
                "after {days}: Brier score {brier} against {usual}; in {auc} of pairs the one who left was given the "
                "higher risk ({n} members)",
                **values,
            )
        return T(
            "For members they were not fitted to, the ratios do not clearly tell better than the share of all who is "
            "still there after {days}: Brier score {brier} against {usual}; in {auc} of pairs the one who left was "
            "given the higher risk ({n} members)",
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
    low = float(gain.mean() - Z95 * gain.std() / np.sqrt(len(gain)))
    auc = horizon_auc(seen, staying[judged], horizon)
    return HeldOut(horizon, float(ours.mean()), float(theirs.mean()), low, auc, len(seen), left)


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
