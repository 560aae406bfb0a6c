"""What better ratings would go with: the score if everyone below the median rose to it, or everyone by one point."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxlib.checks import Flags, Floats, Values, check_draws
from cxlib.drivers.gaps import Moments
from cxlib.drivers.ordinal import Ordinal, fit_ordinal
from cxlib.drivers.sample import EVERY_ANSWER_ALONE, AnswerDesign, Sample, read_sample, refuse_twins
from cxlib.language import Count, Message, Percent, T, join_names
from cxlib.measures.result import Result, in_quantities, row_quantities, tenths
from cxlib.measures.sampling import LEVEL, column_percentiles
from cxlib.measures.satisfaction import NPS, Outcome

FILLS = 10  # random fillings of skipped ratings that the estimate is averaged over
KINDS = ("floor", "point")
MOST_COMMON = 0.97  # the largest correlation of a rating with the mood


@dataclass(frozen=True, repr=False)
class Gains(Result):
    """What better ratings of one driver go with.

    `table`: driver, name, scenario ("floor": ratings below the median raised to it; "point": every rating one point
        better, up to the end of the scale), gain (points of the score, where no mood lifts ratings and answer
        together), gain_without_mood (where a mood does, as much as the ratings allow), low, high (of the range between
        the two), affected (share of answers whose rating changes); within each scenario the largest gain without a mood
        first.
    """

    table: pd.DataFrame
    n: int
    outcome: Outcome = NPS

    def scenario(self, kind: str) -> pd.DataFrame:
        """The rows of one scenario."""
        return self.table[self.table["scenario"] == kind].reset_index(drop=True)

    @property
    def face(self) -> pd.DataFrame:
        """The table in quantities."""
        names = {"floor": T("ratings below the median raised to it"), "point": T("one point better")}
        points = dict.fromkeys(("gain_without_mood", "gain", "low", "high"), tenths)
        changed = {"answers changed": ("affected", Percent)}
        return in_quantities(self.table, {"driver": "name", "scenario": names.get, **points, **changed})

    @property
    def headline(self) -> Message:
        """The gain that would be largest, as an association."""
        rows = self.scenario("floor")
        best = rows.iloc[0]
        values = row_quantities(best, tenths, gain="gain", least="gain_without_mood", low="low", high="high")
        values |= {"score": self.outcome.label, "level": Percent(LEVEL), "n": Count(self.n), "driver": best["name"]}
        if not best["low"] > 0:
            return T(
                "No driver's better ratings go with a better score beyond what a good mood that lifts all ratings "
                "could explain: try before you spend ({n} answers)",
                **values,
            )
        rivals = rows.loc[rows["high"] >= best["low"], "name"].tolist()
        if len(rivals) > 1:
            return T(
                "Raising ratings below the median to it goes with most points of {score} for {drivers}, which cannot "
                "be told apart: for {driver} with {least} to {gain}, by how much of it is a good mood ({level} "
                "interval {low} to {high}, {n} answers); an association: count on no more than {least}",
                drivers=join_names(rivals),
                **values,
            )
        return T(
            "Raising ratings of {driver} below the median to it goes with {least} to {gain} points of {score}, by how "
            "much of it is a good mood ({level} interval {low} to {high}, {n} answers); an association: count on no "
            "more than {least}",
            **values,
        )


def simulate_gains(
    X: pd.DataFrame,
    y: Values,
    design: AnswerDesign = EVERY_ANSWER_ALONE,
    *,
    names: Mapping[str, object] | None = None,
    draws: int = 200,
    seed: int = 0,
) -> Gains:
    """Expected score under better ratings of each driver, by a proportional-odds model of the answer.

    `X`, `y`, `design`, `names`, `seed`: As in `rank_drivers`.
    `draws`: Resamples of customers; skipped ratings are filled anew in each.
    Raises DataError: as `rank_drivers`.
    Raises ParameterError: fewer than 2 resamples.

    The gain is the mean of ``100 (P(9 or 10) - P(6 or less))``, or of 100 times the chance of a good answer, over all
    answers with the better ratings, less the same with the ratings as they are. Whoever did not meet a driver stays as
    they are.

    A mood that lifts all ratings and the answer (halo: Thorndike, Journal of Applied Psychology 4, 1920) lifts the
    coefficients b too. With S the covariance of the ratings and l the loadings of their common factor (one,
    by centroid), any ``b - c S^-1 l`` fits the answers as well, and c, what the mood itself does, cannot be known
    from them. `gain` is that of c = 0, `gain_without_mood` that of the largest c at which no driver that seems to help
    would harm: each of them bounds c, and `bound_gains` allows for the smallest bound being small by chance. The
    interval reaches from the lower end of the one to the upper end of the other, so that it holds the truth wherever in
    between (Horowitz & Manski, JASA 95, 2000).

    >>> rng = np.random.default_rng(1)
    >>> X = pd.DataFrame(rng.integers(1, 6, (300, 2)), columns=["speed", "price"])
    >>> y = (3 + 1.2 * X["speed"] + rng.normal(0, 1, 300)).round().clip(0, 10)
    >>> simulate_gains(X, y, draws=20).scenario("point")["driver"].tolist()
    ['speed', 'price']
    """
    check_draws(draws, seed)
    sample = read_sample(X, y, design)
    refuse_twins(sample)
    setting = _set(sample)
    rng = np.random.default_rng(seed + 1)
    fits = [_gains(sample, setting, (sample.moments, sample.weights), rng=rng) for _ in range(FILLS)]
    start, drawn = fits[0][3], []
    for times in sample.draws(draws, seed):
        weights_now = sample.weigh(times)
        moments = sample.rows.moments(weights_now, sample.moments, steps=10, close=1e-4)
        drawn.append(_gains(sample, setting, (moments, weights_now), rng=rng, start=start)[:2])
    gain, least, affected = (np.mean(part, axis=0) for part in list(zip(*fits, strict=True))[:3])
    least[..., np.flatnonzero(gain.sum(axis=0) <= 0)] = np.nan  # what does not seem to help bounds no mood
    low, high = column_percentiles(np.array([draw[0] for draw in drawn]))
    bounds = bound_gains(least, np.array([draw[1] for draw in drawn]), [0.5, 0.5 + LEVEL / 2])
    without, low = np.minimum(gain, bounds[0]), np.minimum(low, bounds[1])
    parts = [
        _part(sample.ratings.names, kind, (gain[at], without[at], low[at], high[at], affected[at]))
        for at, kind in enumerate(KINDS)
    ]
    table = pd.concat(parts, ignore_index=True)
    table.insert(1, "name", [(names or {}).get(driver, driver) for driver in table["driver"]])
    return Gains(table, len(sample), sample.outcome)


@dataclass(frozen=True)
class _Setting:
    """Least and largest rating that occur and the median of each driver, all less what was taken off its rating."""

    worst: Floats
    best: Floats
    median: Floats


def _set(sample: Sample) -> _Setting:
    given = sample.ratings.given
    worst, best = float(np.nanmin(given)), float(np.nanmax(given))
    centre = sample.ratings.means(sample.weights)
    median = np.array([_weighted_median(column, sample.weights) for column in given.T])
    return _Setting(worst - centre, best - centre, median - centre)


def _weighted_median(column: Floats, weights: Floats) -> float:
    known = ~np.isnan(column)
    return float(np.quantile(column[known], 0.5, weights=weights[known], method="inverted_cdf"))


def _gains(
    sample: Sample,
    setting: _Setting,
    now: tuple[Moments, Floats],
    *,
    rng: np.random.Generator,
    start: Ordinal | None = None,
) -> tuple[Floats, Floats, Floats, Ordinal]:
    """Gain (scenarios, drivers), the same less each mood that `moods` allows, share of answers affected, the model.

    Gaps are filled once. Less a mood a gain is in proportion to the driver's coefficient.
    """
    (moments, weights), outcome = now, sample.outcome
    columns, met = _filled(sample, setting, sample.rows.fill(moments, rng))
    fit = fit_ordinal(columns, sample.scores, weights=weights, start=start)
    linear, share = columns @ fit.beta, weights / weights.sum()
    before, drawn = fit.score(linear, outcome), weights > 0
    gain, slope, affected = np.zeros((3, 2, len(setting.best)))
    first = [unit[0] for unit in sample.design.units]
    beta = fit.beta[first]
    middle = np.maximum(beta, 0.2) / 2
    for driver, unit in enumerate(sample.design.units):
        rating = columns[:, unit[0]]
        better = (np.maximum(rating, setting.median[driver]), np.minimum(rating + 1, setting.best[driver]))
        for kind, changed in enumerate(better):
            rise = np.where(met[:, driver], np.maximum(changed - rating, 0), 0.0)
            at = np.flatnonzero((rise > 0) & drawn)  # all others stay as they are
            moved = share[at], linear[at], rise[at], before[at]
            gain[kind, driver] = _risen(fit, outcome, moved, beta[driver])
            slope[kind, driver] = _risen(fit, outcome, moved, middle[driver]) / middle[driver]
            affected[kind, driver] = moved[0].sum()
    return gain, slope[..., None] * moods(beta, moments.covariance[np.ix_(first, first)]), affected, fit


def _risen(fit: Ordinal, outcome: Outcome, moved: tuple[Floats, ...], beta: float) -> float:
    """How much the score rises; `moved`: share, linear predictor, rise of the rating and expected score of each row."""
    share, linear, rise, before = moved
    return float(share @ (fit.score(linear + rise * beta, outcome) - before))


def moods(beta: Floats, covariance: Floats) -> Floats:
    """Coefficients (p, p + 1) where a mood makes up all of each driver's in turn, and last where it does the most.

    The mood is the common factor of ratings of that covariance. It cannot do more than what the ratings leave
    unexplained, whose variance in a logistic model is pi^2 / 3. NaN where a mood would not lift the driver's own.
    """
    spread = np.sqrt(np.diag(covariance))
    loadings = common_factor(covariance / np.outer(spread, spread)) * spread
    pull = np.linalg.solve(covariance, loadings)
    most = np.pi / np.sqrt(3 * max(1 - float(loadings @ pull), 1e-6))
    strength = np.append(np.where(pull > 0, beta / np.where(pull > 0, pull, 1), np.nan), most)
    return np.asarray(beta[:, None] - pull[:, None] * strength)


def bound_gains(least: Floats, drawn: Floats, levels: Sequence[float]) -> Floats:
    """Lower bounds of gains that are at least each of `least` (..., bounds), at one-sided levels (levels, ...).

    The largest of several estimates is large by chance. From each is taken what the largest deviation of any in
    resamples (draws, ..., bounds) does not exceed: intersection bounds (Chernozhukov, Lee & Rosen, Econometrica 81,
    2013, section 2). At level 0.5 the bound is too high as often as too low. NaN is no bound.
    """
    drawn = np.where(np.isnan(drawn), least, drawn)
    error = drawn.std(axis=0)
    sure = ~(error > 1e-9)
    away = (drawn - least) / np.where(sure, 1.0, error)
    away = np.where(sure | np.isnan(away), -np.inf, away)
    reach = np.quantile(np.maximum(away.max(axis=-1), 0), levels, axis=0, method="weibull")
    return np.asarray(np.nanmax(least - np.where(sure, 0.0, error) * reach[..., None], axis=-1).round(12))


def common_factor(correlation: Floats) -> Floats:
    """Loadings of the one common factor, by the centroid method (Thurstone, Multiple-Factor Analysis, 1947, ch. 8)."""
    p = len(correlation)
    sums = correlation.sum(axis=0) - 1
    if p < 2:
        return np.ones(p)
    if not sums.sum() > 0:
        return np.zeros(p)
    return np.asarray(np.clip(sums / np.sqrt(sums.sum() * (p - 1) / p), 0, MOST_COMMON))


def _filled(sample: Sample, setting: _Setting, cells: Floats) -> tuple[Floats, Flags]:
    """Columns of the regression with fillings held on the scale, and who met each driver."""
    columns = cells[:, :-2].copy()
    met = np.ones((len(columns), len(setting.best)), bool)
    for driver, unit in enumerate(sample.design.units):
        met[:, driver] = columns[:, unit[1]] >= 0.5 if len(unit) > 1 else ~sample.ratings.not_applicable[:, driver]
        on_scale = np.clip(columns[:, unit[0]], setting.worst[driver], setting.best[driver])
        columns[:, unit[0]] = np.where(met[:, driver], on_scale, 0.0)
        if len(unit) > 1:
            columns[:, unit[1]] = met[:, driver]
    return columns, met


def _part(drivers: list[str], kind: str, values: tuple[Floats, ...]) -> pd.DataFrame:
    columns = dict(zip(("gain", "gain_without_mood", "low", "high", "affected"), values, strict=True))
    table = pd.DataFrame({"driver": drivers, "scenario": kind, **columns})
    return table.sort_values(["gain_without_mood", "gain"], ascending=False, kind="stable")
