"""Customer satisfaction (CSAT) and customer effort (CES): share of good answers, and mean.

Answers on a declared scale: numbers, digits in either script, and the words of the usual scales.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from cxlib.checks import Values, find_flags
from cxlib.errors import DataError, ParameterError
from cxlib.language import Count, Decimal, Message, Percent, T
from cxlib.measures.arabic import normalise_arabic
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

# From the worst answer to the best; several wordings of one answer stand in one cell.
LIKERT: dict[int, tuple[tuple[tuple[str, ...], ...], ...]] = {
    5: (
        (
            ("very dissatisfied", "غير راض تماما", "غير راض ابدا", "غير راض على الاطلاق", "مستاء جدا"),
            ("dissatisfied", "غير راض", "مستاء"),
            ("neutral", "neither satisfied nor dissatisfied", "محايد"),
            ("satisfied", "راض", "راضي"),
            ("very satisfied", "راض جدا", "راضي جدا", "راض تماما"),
        ),
        (
            ("strongly disagree", "لا اوافق بشده", "لا اوافق اطلاقا"),
            ("disagree", "لا اوافق", "غير موافق"),
            ("neither agree nor disagree",),
            ("agree", "اوافق", "موافق"),
            ("strongly agree", "اوافق بشده", "موافق بشده"),
        ),
        (
            ("very poor", "سيء جدا", "سيئ جدا"),
            ("poor", "سيء", "سيئ"),
            ("fair", "مقبول", "متوسط"),
            ("good", "جيد"),
            ("excellent", "very good", "ممتاز", "جيد جدا"),
        ),
        (
            ("very difficult", "صعب جدا"),
            ("difficult", "صعب"),
            ("neither easy nor difficult", "لا سهل ولا صعب"),
            ("easy", "سهل"),
            ("very easy", "سهل جدا"),
        ),
    ),
    7: (
        (
            ("strongly disagree", "لا اوافق بشده"),
            ("disagree", "لا اوافق"),
            ("somewhat disagree", "لا اوافق الى حد ما"),
            ("neutral", "neither agree nor disagree", "محايد"),
            ("somewhat agree", "اوافق الى حد ما"),
            ("agree", "اوافق", "موافق"),
            ("strongly agree", "اوافق بشده", "موافق بشده"),
        ),
        (
            ("very difficult", "صعب جدا"),
            ("difficult", "صعب"),
            ("somewhat difficult", "صعب الى حد ما"),
            ("neither easy nor difficult", "لا سهل ولا صعب"),
            ("somewhat easy", "سهل الى حد ما"),
            ("easy", "سهل"),
            ("very easy", "سهل جدا"),
        ),
    ),
}


@dataclass(frozen=True)
class Scale:
    """A scale of whole numbers from `low` (worst) to `high` (best); the best `top_boxes` answers count as good.

    Raises
    ------
    ParameterError
        `high` is not above `low`, or there are not fewer good answers than answers.

    Examples
    --------
    >>> Scale(1, 5).good_from
    4
    """

    low: int = 1
    high: int = 5
    top_boxes: int = 2

    def __post_init__(self) -> None:
        if self.high <= self.low:
            raise ParameterError(f"a scale from {self.low} to {self.high} has no room; give low below high, as 1 to 5.")
        if not 0 < self.top_boxes <= self.high - self.low:
            raise ParameterError(
                f"top_boxes={self.top_boxes} on a scale from {self.low} to {self.high}: give 1 to "
                f"{self.high - self.low}, as 2."
            )

    @property
    def good_from(self) -> int:
        """The least good answer."""
        return self.high - self.top_boxes + 1


def read_answers(values: Values, scale: Scale, *, column: str = "answer") -> Floats:
    """Answers as numbers on the scale; missing ones are NaN.

    >>> read_answers([5, "٤", "راضٍ جدًا", "Neutral", None], Scale(1, 5)).tolist()
    [5.0, 4.0, 5.0, 3.0, nan]
    """
    given = pd.Series(np.asarray(values, dtype=object).ravel())
    distinct = {value: _read_one(value, scale) for value in given.dropna().unique()}
    numbers = given.map(distinct).to_numpy(float)
    whole = (numbers >= scale.low) & (numbers <= scale.high) & (numbers == np.round(numbers))
    bad = given.notna().to_numpy(bool) & (find_flags(given) | ~whole)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise DataError(
            f"column {column!r} has {int(bad.sum()):,} values outside the scale {scale.low}-{scale.high} (first: "
            f"{given.iloc[row]} in answer {row + 1:,}). Fix them, or declare the scale that was used."
        )
    return numbers


def _read_one(value: object, scale: Scale) -> float:
    text = " ".join(normalise_arabic(str(value)).lower().split())
    if not text:
        return np.nan
    try:
        return float(text)
    except ValueError:
        return _read_word(text, scale)


def _read_word(text: str, scale: Scale) -> float:
    for answers in LIKERT.get(scale.high - scale.low + 1, ()):
        for place, words in enumerate(answers):
            if text in _spelled(words):
                return float(scale.low + place)
    return np.inf  # off every scale, so that it is named in the error


def _spelled(words: tuple[str, ...]) -> set[str]:
    return {normalise_arabic(word) for word in words}


FIVE_POINTS = Scale(1, 5, 2)
EASE = Scale(1, 7, 3)


@dataclass(frozen=True, repr=False)
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
    def face(self) -> pd.DataFrame:
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
            "share": Percent(self.value),
            "low": Percent(self.low),
            "high": Percent(self.high),
            "mean": Decimal(self.mean),
            "top": Count(self.scale.high),
            "n": Count(self.n),
            "level": Percent(self.level),
        }
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
            self.measure,
            label,
            None if np.isnan(self.value) else self.value,
            low=self.low,
            high=self.high,
            level=self.level,
            n=self.n,
            unit="percent",
            polarity=1,
        )


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
            measure,
            np.nan,
            np.nan,
            np.nan,
            n,
            np.nan,
            np.nan,
            np.nan,
            int(good.sum()),
            scale,
            level=level,
            standing="suppressed",
        )
    size, share, known = independent_n(good, w, who, margins), float(w @ good / w.sum()), foretold(good, w, margins)
    low, high = agresti_coull(share, size, z, known)
    spread = 1 - foretold(answers, w, margins)
    mean, half = _mean(answers, w, independent_n(answers, w, who, margins), level)
    half *= np.sqrt(spread)
    return ScaleScore(
        measure,
        share,
        low,
        high,
        n,
        mean,
        mean - half,
        mean + half,
        int(good.sum()),
        scale,
        level=level,
        effective_n=size / max(1 - known, 1e-3),
        standing="flagged" if n < least[1] else "ok",
    )


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
