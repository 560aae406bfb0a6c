"""Customer satisfaction (CSAT) and customer effort (CES): share of good answers, and mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from cxlib.checks import Values
from cxlib.language import Count, Decimal, Message, Percent, T
from cxlib.measures.answers import Scale, read_answers
from cxlib.measures.metric import Metric
from cxlib.measures.nps import FLAG_BELOW, SUPPRESS_BELOW, Standing
from cxlib.measures.result import Result
from cxlib.measures.sampling import (
    Floats,
    Ints,
    check_level,
    check_weights,
    foretold,
    independent_n,
    number_groups,
    read_margins,
)

FIVE_POINTS = Scale(1, 5, 2)
EASE = Scale(1, 7, 3)


@dataclass(frozen=True)
class ScaleScore(Result):
    """Share of good answers on a scale, and their mean.

    Attributes
    ----------
    measure : str
        "csat" or "ces".
    value, low, high : float
        Share of good answers (a fraction) and its interval; NaN when `standing` is "suppressed".
    mean, mean_low, mean_high : float
        Mean answer, in points of the scale.
    n, good : int
        Answers, and good ones, counted without weights.
    """

    measure: str
    value: float
    low: float
    high: float
    n: int
    mean: float
    mean_low: float
    mean_high: float
    good: int
    scale: Scale
    level: float = 0.95
    effective_n: float = np.nan
    standing: Standing = "ok"

    @property
    def summary(self) -> pd.DataFrame:
        """The score as one row of quantities."""
        return pd.DataFrame(
            {
                "share of good answers": [Percent(self.value)],
                "low": [Percent(self.low)],
                "high": [Percent(self.high)],
                "mean": [Decimal(self.mean, digits=2)],
                "mean low": [Decimal(self.mean_low, digits=2)],
                "mean high": [Decimal(self.mean_high, digits=2)],
                "answers": [Count(self.n)],
            }
        )

    @property
    def headline(self) -> Message:
        """The share with interval, n and scale, or why there is none."""
        if self.standing == "suppressed":
            return T("No score is shown: {n} answers are too few", n=Count(self.n))
        values: dict[str, object] = {
            "share": Percent(self.value), "low": Percent(self.low), "high": Percent(self.high),
            "mean": Decimal(self.mean), "top": Count(self.scale.high), "n": Count(self.n), "level": Percent(self.level),
        }  # fmt: skip
        if self.measure == "ces":
            return T(
                "{share} of answers call it easy ({level} interval {low} to {high}, mean {mean} of {top}, {n} answers)",
                **values,
            )
        return T(
            "{share} of answers are satisfied ({level} interval {low} to {high}, mean {mean} of {top}, {n} answers)",
            **values,
        )

    @property
    def metric(self) -> Metric:
        """The share as a headline number."""
        label = T("Easy to deal with (CES)") if self.measure == "ces" else T("Satisfied customers (CSAT)")
        return Metric(
            self.measure, label, None if np.isnan(self.value) else self.value, low=self.low, high=self.high,
            level=self.level, n=self.n, unit="percent", polarity=1,
        )  # fmt: skip


def score_csat(
    answers: Values,
    *,
    scale: Scale = FIVE_POINTS,
    weights: Values | None = None,
    customers: Values | None = None,
    margins: Values | None = None,
    level: float = 0.95,
    suppress_below: int = SUPPRESS_BELOW,
    flag_below: int = FLAG_BELOW,
) -> ScaleScore:
    """Customer satisfaction: the share of the best two answers of the scale.

    Parameters
    ----------
    answers : array-like (n,)
        See `read_answers`; missing ones are left out.
    scale : Scale
        The scale that was used, and how many of its best answers count as satisfied.
    weights : array-like (n,), optional
        Relative weights; an answer of weight 0 is not counted.
    customers, margins : array-like (n,), optional
        Whose answer it is, and what its weight was raked to, as in `score_nps`.
    level, suppress_below, flag_below
        As in `score_nps`.

    Raises
    ------
    DataError
        An answer is not on the scale, or a weight is not above zero.

    Notes
    -----
    The interval of the share is the adjusted Wald interval of Agresti & Coull, The American Statistician 52 (1998),
    section 2; that of the mean is Student's. Both use the number of independent answers that are as sure
    (`independent_n`).

    Examples
    --------
    >>> score = score_csat([5] * 40 + [4] * 30 + [3] * 20 + [1] * 10)
    >>> score.value, round(score.low, 3), round(score.high, 3), round(score.mean, 2)
    (0.7, 0.604, 0.781, 3.9)
    """
    given = _given(answers, scale, weights, customers, margins, column="csat")
    return _score("csat", *given, scale=scale, level=level, least=(suppress_below, flag_below))


def score_ces(
    answers: Values,
    *,
    scale: Scale = EASE,
    weights: Values | None = None,
    customers: Values | None = None,
    margins: Values | None = None,
    level: float = 0.95,
    suppress_below: int = SUPPRESS_BELOW,
    flag_below: int = FLAG_BELOW,
) -> ScaleScore:
    """Customer effort, high meaning easy: the share of easy answers (5-7 of 7 unless `scale` says otherwise).

    Parameters and errors are those of `score_csat`.

    Examples
    --------
    >>> score_ces([7] * 50 + [5] * 30 + [2] * 20).value
    0.8
    """
    given = _given(answers, scale, weights, customers, margins, column="ces")
    return _score("ces", *given, scale=scale, level=level, least=(suppress_below, flag_below))


def _given(
    answers: Values,
    scale: Scale,
    weights: Values | None,
    customers: Values | None,
    margins: Values | None,
    *,
    column: str,
) -> tuple[Floats, Floats, Ints, Floats | None]:
    numbers = read_answers(answers, scale, column=column)
    there = ~np.isnan(numbers)
    w = check_weights(None if weights is None else np.asarray(weights)[there], int(there.sum()))
    there[there] = w > 0
    known = read_margins(margins, len(numbers))
    who = number_groups(customers, len(numbers))[there]
    return numbers[there], w[w > 0], who, None if known is None else known[there]


def _score(
    measure: str,
    answers: Floats,
    w: Floats,
    who: Ints,
    margins: Floats | None,
    *,
    scale: Scale,
    level: float,
    least: tuple[int, int],
) -> ScaleScore:
    z, n, good = check_level(level), len(answers), answers >= scale.good_from
    if n < least[0] or not n:
        return ScaleScore(
            measure, np.nan, np.nan, np.nan, n, np.nan, np.nan, np.nan, int(good.sum()), scale, level=level,
            standing="suppressed",
        )  # fmt: skip
    size, share, known = independent_n(good, w, who, margins), float(w @ good / w.sum()), foretold(good, w, margins)
    low, high = agresti_coull(share, size, z, known)
    spread = 1 - foretold(answers, w, margins)
    mean, half = _mean(answers, w, independent_n(answers, w, who, margins), level)
    half *= np.sqrt(spread)
    return ScaleScore(
        measure, share, low, high, n, mean, mean - half, mean + half, int(good.sum()), scale, level=level,
        effective_n=size / max(1 - known, 1e-3), standing="flagged" if n < least[1] else "ok",
    )  # fmt: skip


def agresti_coull(share: float, n: float, z: float, foretold: float = 0.0) -> tuple[float, float]:
    """Adjusted Wald interval of a share: z^2 / 2 good and z^2 / 2 other answers are added.

    `foretold` is the share of the variance that known margins take away, as in `cxlib.measures.nps.adjusted_wald`.
    """
    size = n + z * z
    centre = (share * n + z * z / 2) / size
    half = z * float(np.sqrt((centre * (1 - centre) - foretold * share * (1 - share) * (n / size) ** 2) / size))
    return max(min(centre - half, share), 0.0), min(max(centre + half, share), 1.0)


def _mean(answers: Floats, w: Floats, size: float, level: float) -> tuple[float, float]:
    mean = float(w @ answers / w.sum())
    spread = float(w @ (answers - mean) ** 2 / w.sum())
    if size <= 1:
        return mean, np.nan
    return mean, float(stdtrit(size - 1, 0.5 + level / 2)) * float(np.sqrt(spread / (size - 1)))
