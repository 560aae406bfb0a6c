"""Purchases by how long ago customers began and by calendar month: an age-period model of counts.

Repeat purchases of a cohort in a month are Poisson with extra variance, their rate a day

    log rate = f(age) + decline x age + season(month of the year) + level(month) + drift x month,

f a curve in the logarithm of the age that goes on straight beyond the oldest age seen, level a random walk that stays
where it was last. Cohorts have no effect of their own: that is what tells age from time (Holford, The estimation of
age, period and cohort effects for vital rates, Biometrics 39, 1983). Of customers who were there when the data began
nobody knows the age; they have a level and a decline of their own. Of single customers nothing is assumed; cohorts are
taken to buy less as they age, by a quarter a year or so, until they show otherwise. Season, walk and curve are normal
with mean zero; the sizes of season and walk are chosen by the penalised quasi-likelihood (Breslow & Clayton,
Approximate inference in generalized linear mixed models, Journal of the American Statistical Association 88, 1993).
Months of the year that follow each other are alike.
"""

from dataclasses import dataclass
from functools import cache
from typing import Self

import numpy as np

from cxlib.checks import Codes, Floats

KNOTS = np.log1p([0, 1, 2, 3.5, 6, 10, 16, 26, 40])  # ages in months where the curve may bend
BEND, DECLINE, DRIFT = 0.3, 0.2, 0.1  # standard deviations: of second differences, of logs a year
LIKELY_DECLINE = -0.3  # of logs a year: customers leave, and a first year that ends in its peak does not show it
CELL = 0.08  # of what else moves a cohort's month, in logs
SEASONS, STEPS = (0.02, 0.1, 0.3), (0.005, 0.02, 0.06)  # sizes tried, in logs
ALIKE_MONTHS, OWN = 2.0, 0.3  # how far months of the year are alike, and the share of their variance that is their own
LIKELY_SEASON, LIKELY_STEP = (0.15, 1.2), (0.02, 0.7)  # their prior: median, and spread in logs
MOST_EXTRA = 20.0  # variance as a multiple of a Poisson's
MOST_ROUNDS = 10
UNKNOWN = -1  # month in which customers began who were there when the data began


@cache
def _year() -> Floats:
    """Precision of the months of a year whose variance is one: a normal curve around the year's circle."""
    apart = np.abs(np.subtract.outer(np.arange(12), np.arange(12)))
    alike = np.exp(-((np.minimum(apart, 12 - apart) / ALIKE_MONTHS) ** 2) / 2)
    return np.asarray(np.linalg.inv((1 - OWN) * alike + OWN * np.eye(12)))


@dataclass(frozen=True)
class AgePeriodModel:
    """A fit. Months are counted from that of the data's first day, `first_month` being that since 1970.

    `season`, `step`: Sizes of the season and of a month's step of the level, in logs. `evidence`: What they were chosen
        by.
    """

    first_month: int
    months: int
    coefficients: Floats
    season: float
    step: float
    evidence: float

    @classmethod
    def fit(cls, counts: Floats, exposure: Floats, began: Codes, first_month: int) -> Self:
        """Fit to `counts` (cohorts, months) of purchases in `exposure` (cohorts, months) customer-days.

        `began` (cohorts,): The month of each cohort, or `UNKNOWN`.

        >>> began = np.arange(12)
        >>> exposure = 3_000.0 * (began[None, :] >= began[:, None])
        >>> model = AgePeriodModel.fit(exposure / 100, exposure, began, 600)
        >>> float(model.expected(np.full((12, 1), 3_000.0), began, np.array([12])).round().max())
        30.0
        """
        cohort, month = np.nonzero(exposure > 0)
        y, days = counts[cohort, month], exposure[cohort, month]
        shape = cls(first_month, counts.shape[1], np.zeros(0), 0.0, 0.0, 0.0)
        design = shape._design(began[cohort], month)
        start = np.zeros(design.shape[1])
        start[: len(KNOTS) + 1] = np.log((y.sum() + 1) / (days.sum() + 1))
        fits = []
        for season in SEASONS:
            for step in STEPS:
                precision = shape._precision(season, step)
                start, evidence = _solve(design, y, days, (precision, shape._means()), start)
                evidence += shape._prior(season, step)
                fits.append(cls(first_month, counts.shape[1], start, season, step, evidence))
        return max(fits, key=lambda each: each.evidence)

    def expected(self, exposure: Floats, began: Codes, months: Codes) -> Floats:
        """Purchases of each cohort (rows of `exposure`, in customer-days) in each of `months`."""
        cohort, place = np.nonzero(exposure > 0)
        rate = np.zeros(exposure.shape)
        rate[cohort, place] = _rate(self._design(began[cohort], months[place]), self.coefficients)
        return exposure * rate

    def pace(self, months: Codes) -> Floats:
        """How busy `months` are by season and level, as a factor."""
        design = self._design(np.full(len(months), UNKNOWN), months)[:, len(KNOTS) + 4 :]
        return np.asarray(np.exp(design @ self.coefficients[len(KNOTS) + 4 :]))

    def _design(self, began: Codes, month: Codes) -> Floats:
        """Ages, level and decline where they are unknown, decline, drift, months of the year, steps of the level."""
        unknown = began == UNKNOWN
        age = np.where(unknown, month, month - began)
        curve = _between_knots(np.log1p(age)) * ~unknown[:, None]
        year = np.eye(12)[(month + self.first_month) % 12]
        steps = month[:, None] >= np.arange(1, self.months)
        own = [unknown, unknown * np.log1p(month) / 2, age / 12, month / 12]
        return np.column_stack([curve, *own, year, steps]).astype(float)

    def _precision(self, season: float, step: float) -> Floats:
        gap = np.diff(KNOTS)
        bends = np.zeros((len(gap) - 1, len(KNOTS)))
        for k in range(len(gap) - 1):
            bends[k, k : k + 3] = 1 / gap[k], -1 / gap[k] - 1 / gap[k + 1], 1 / gap[k + 1]
        free = 1e-4  # levels are as they are
        sizes = [free, 1.0, DECLINE**-2, DRIFT**-2, *[0.0] * 12, *[step**-2] * (self.months - 1)]
        precision = np.diag([*[free] * len(KNOTS), *sizes])
        precision[: len(KNOTS), : len(KNOTS)] += bends.T @ bends / BEND**2
        year = slice(len(KNOTS) + 4, len(KNOTS) + 16)
        precision[year, year] = _year() / season**2
        return precision

    def _means(self) -> Floats:
        means = np.zeros(len(KNOTS) + 15 + self.months)
        means[len(KNOTS) + 2] = LIKELY_DECLINE
        return means

    def _prior(self, season: float, step: float) -> float:
        chosen = ((season, LIKELY_SEASON), (step, LIKELY_STEP))
        likely = sum(((np.log(size) - np.log(median)) / spread) ** 2 for size, (median, spread) in chosen)
        return float(-likely / 2 - 12 * np.log(season) - (self.months - 1) * np.log(step))


def _between_knots(x: Floats) -> Floats:
    """Each value as a mean of the knots beside it; beyond the last the line goes on."""
    left = np.clip(np.searchsorted(KNOTS, x, side="right") - 1, 0, len(KNOTS) - 2)
    share = (x - KNOTS[left]) / np.diff(KNOTS)[left]
    weights, row = np.zeros((len(x), len(KNOTS))), np.arange(len(x))
    weights[row, left], weights[row, left + 1] = 1 - share, share
    return weights


def _rate(design: Floats, coefficients: Floats) -> Floats:
    return np.asarray(np.exp(np.clip(design @ coefficients, -20, 5)))


def _solve(
    design: Floats, y: Floats, days: Floats, prior: tuple[Floats, Floats], start: Floats
) -> tuple[Floats, float]:
    """Coefficients by Newton's method, the extra variance by its moments, and the evidence but for that of sizes."""
    (precision, means), b, extra = prior, start, 1.0
    for _ in range(MOST_ROUNDS):
        mean = days * _rate(design, b)
        weight = mean / (extra + CELL**2 * mean)
        hessian = (design.T * weight) @ design + precision
        scores = weight * (design @ b) + (y - mean) / (extra + CELL**2 * mean)
        b, before = np.linalg.solve(hessian, design.T @ scores + precision @ means), b
        mean = days * _rate(design, b)
        square = (y - mean) ** 2 / np.maximum(mean, 0.5)
        if np.abs(b - before).max() < 1e-3:
            break
        freedom = max(len(y) - design.shape[1] / 2, len(y) / 3)
        extra = float(np.clip((square / (1 + CELL**2 * mean)).sum() / freedom, 1, MOST_EXTRA))
    fit = -(square / (extra + CELL**2 * mean)).sum() + np.log(weight).sum() - np.linalg.slogdet(hessian)[1]
    return b, float(fit - (b - means) @ precision @ (b - means)) / 2
