"""Answers on a declared scale: numbers, digits in either script, and the words of the usual scales."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxlib.checks import Values, find_flags
from cxlib.errors import DataError, ParameterError
from cxlib.measures.arabic import normalise_arabic
from cxlib.measures.sampling import Floats

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
