"""Customer satisfaction (CSAT) and customer effort (CES), and what any survey's answers are scored as, NPS too.

Answers on a declared scale: numbers, digits in either script, and the words of the usual scales.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.resources import files

import numpy as np
import pandas as pd
import scipy
import yaml

from cxlib.checks import Flags, Floats, Values, find_flags
from cxlib.errors import DataError, ParameterError, nearest
from cxlib.language import C, Count, Decimal, Message, Percent, Points, Quantity, T, WordList
from cxlib.measures.nps import (
    FLAG_BELOW,
    LABELS,
    SUPPRESS_BELOW,
    NpsScore,
    Score,
    drop_weightless,
    nps_codes,
    read_scores,
    score_nps,
)
from cxlib.measures.rates import UNKNOWN, Figure, ratio_of
from cxlib.measures.sampling import LEVEL, Z95, foretold, independent_n, number_groups, read_margins

_WORDS = files("cxlib.measures").joinpath("likert.yaml").read_text(encoding="utf-8")
LIKERT: dict[int, list[list[list[str]]]] = yaml.safe_load(_WORDS)  # from the worst answer to the best
_MARKS = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0640\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
_LETTERS = str.maketrans("أإآٱىةؤئ٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹٫", "اااايهوي01234567890123456789.")


def normalise_arabic(text: str) -> str:
    """One spelling to compare by, never to show, for what is typed in several: alef, ya, ta marbuta, hamza, digits.

    Vowel signs, tatweel and invisible direction marks go; letters are mapped one to one, so that no word is damaged.
    """
    return _MARKS.sub("", text).translate(_LETTERS)


def has_arabic(text: str) -> bool:
    """Whether a text has an Arabic letter."""
    return bool(re.search("[\u0621-\u064a]", text))


@dataclass(frozen=True)
class Scale:
    """A scale of whole numbers from `low` (worst) to `high` (best); the best `top_boxes` answers count as good.

    Raises ParameterError: `high` is not above `low`, or there are not fewer good answers than answers.

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
    """Answers as numbers on the scale; missing ones are NaN."""
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
            if text in map(normalise_arabic, words):
                return float(scale.low + place)
    return np.inf  # off every scale, so that it is named in the error


FIVE_POINTS = Scale(1, 5, 2)
EASE = Scale(1, 7, 3)


@dataclass(frozen=True, repr=False)
class ScaleScore(Score):
    """Share of good answers on a scale (a fraction), and their mean.

    `good`: Good answers, counted without weights.
    `mean`, `mean_low`, `mean_high`: Mean answer, in points of the scale.
    """

    measure: str
    scale: Scale
    good: int
    mean: float = np.nan
    mean_low: float = np.nan
    mean_high: float = np.nan

    @property
    def face(self) -> pd.DataFrame:
        """The score as one row of quantities."""
        shares = {"share of good answers": Percent(self.value), "low": Percent(self.low), "high": Percent(self.high)}
        two = partial(Decimal, digits=2)
        means = {"mean": two(self.mean), "mean low": two(self.mean_low), "mean high": two(self.mean_high)}
        return pd.DataFrame([{**shares, **means, "answers": Count(self.n)}])

    @property
    def _sentence(self) -> Message:
        values = {**self.shown, "share": Percent(self.value)}
        values |= {"mean": Decimal(self.mean), "top": Count(self.scale.high)}
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
    def _named(self) -> tuple[str, Message]:
        label = T("Easy to deal with (CES)") if self.measure == "ces" else T("Satisfied customers (CSAT)")
        return self.measure, label


def score_csat(
    answers: Values,
    *,
    scale: Scale = FIVE_POINTS,
    weights: Values | None = None,
    customers: Values | None = None,
    margins: Values | None = None,
) -> ScaleScore:
    """Customer satisfaction: the share of the best two answers of the scale.

    `answers` (n,): See `read_answers`; missing ones are left out.
    `scale`: The scale that was used, and how many of its best answers count as satisfied.
    `weights` (n,): Relative weights; an answer of weight 0 is not counted.
    `customers`, `margins` (n,): Whose answer it is, and what its weight was raked to, as in `score_nps`.
    Raises DataError: an answer is not on the scale, or a weight is not above zero.

    The interval of the share is the adjusted Wald interval of Agresti & Coull, The American Statistician 52 (1998),
    section 2; that of the mean is Student's. Both use the number of independent answers that are as sure
    (`independent_n`).

    >>> score = score_csat([5] * 40 + [4] * 30 + [3] * 20 + [1] * 10)
    >>> score.value, round(score.low, 3), round(score.high, 3), round(score.mean, 2)
    (0.7, 0.604, 0.781, 3.9)
    """
    return _score("csat", answers, scale, (weights, customers, margins))


def score_ces(
    answers: Values,
    *,
    scale: Scale = EASE,
    weights: Values | None = None,
    customers: Values | None = None,
    margins: Values | None = None,
) -> ScaleScore:
    """Customer effort, high meaning easy: the share of easy answers (5-7 of 7 unless `scale` says otherwise).

    Parameters and errors are those of `score_csat`.

    >>> score_ces([7] * 50 + [5] * 30 + [2] * 20).value
    0.8
    """
    return _score("ces", answers, scale, (weights, customers, margins))


Whose = tuple[Values | None, Values | None, Values | None]


def _score(measure: str, answers: Values, scale: Scale, whose: Whose) -> ScaleScore:
    """The score of answers of the given weights, customers and margins."""
    numbers = read_answers(answers, scale, column=measure)
    there = ~np.isnan(numbers)
    x, w, there = drop_weightless(numbers[there], there, whose[0])
    n, good = len(x), x >= scale.good_from
    if n < SUPPRESS_BELOW:
        nothing = (np.nan, np.nan, np.nan, n, measure, scale, int(good.sum()))
        return ScaleScore(*nothing, standing="suppressed")
    who, margins = number_groups(whose[1], len(numbers))[there], read_margins(whose[2], there)
    size, share, known = independent_n(good, w, who, margins), float(w @ good / w.sum()), foretold(good, w, margins)
    mean, half = _mean(x, w, independent_n(x, w, who, margins))
    half *= np.sqrt(1 - foretold(x, w, margins))
    return ScaleScore(
        share,
        *agresti_coull(share, size, known),
        n,
        measure,
        scale,
        int(good.sum()),
        mean,
        mean - half,
        mean + half,
        effective_n=size / max(1 - known, 1e-3),
        standing="flagged" if n < FLAG_BELOW else "ok",
    )


def score_of(answers: pd.DataFrame, column: str = "nps") -> Figure:
    """NPS of answers, or the share of good ones (1, others 0), as `score_nps` and `score_csat` make them."""
    rows = answers[answers[column].notna()]
    if len(rows) < SUPPRESS_BELOW:
        return replace(UNKNOWN, n=len(rows))
    weights, ids, margins = rows["weight"], rows["customer_id"], rows.get("margins")
    score: NpsScore | ScaleScore
    if column == "nps":
        score = score_nps(rows[column], weights=weights, customers=ids, margins=margins)
        codes = 100 * nps_codes(rows["nps"].to_numpy(float))
    else:
        score = score_csat(rows[column], scale=Scale(0, 1, 1), weights=weights, customers=ids, margins=margins)
        codes = rows[column].to_numpy(float)
    influence = ratio_of(codes * weights, weights, customers=ids).influence
    return Figure(score.value, score.low, score.high, score.n, influence=influence)


def agresti_coull(share: float, n: float, foretold: float = 0.0) -> tuple[float, float]:
    """Adjusted Wald interval of a share: z^2 / 2 good and z^2 / 2 other answers are added.

    `foretold` is the share of the variance that known margins take away, as in `cxlib.measures.nps.adjusted_wald`.
    """
    z = Z95
    size = n + z * z
    centre = (share * n + z * z / 2) / size
    half = z * float(np.sqrt((centre * (1 - centre) - foretold * share * (1 - share) * (n / size) ** 2) / size))
    return max(min(centre - half, share), 0.0), min(max(centre + half, share), 1.0)


def _mean(answers: Floats, w: Floats, size: float) -> tuple[float, float]:
    mean = float(w @ answers / w.sum())
    spread = float(w @ (answers - mean) ** 2 / w.sum())
    if size <= 1:
        return mean, np.nan
    return mean, float(scipy.special.stdtrit(size - 1, 0.5 + LEVEL / 2)) * float(np.sqrt(spread / (size - 1)))


SHORT = {"nps": C("short", "NPS"), "csat": C("short", "CSAT"), "ces": C("short", "CES")}
CLASSES = WordList("classes of answers")


@dataclass(frozen=True)
class Outcome:
    """What answers count as: good +1, bad -1, others 0; the score is a hundred times their mean.

    `name`: Column of the answers: "nps", "csat" or "ces".
    `scale`: Its best answers count as good.
    `bad_to`: Answers up to this one count as bad. Satisfaction and ease have none: their score is the share of good
        answers.

    >>> NPS.codes([10, 8, 3]).tolist(), CSAT.codes([5, 4, 3]).tolist(), str(CSAT.say(66.7))
    ([1.0, 0.0, -1.0], [1.0, 1.0, 0.0], '67%')
    """

    name: str
    scale: Scale
    bad_to: float = -np.inf

    @property
    def label(self) -> Message:
        """Its name in a sentence."""
        return LABELS[self.name]

    @property
    def short(self) -> Message:
        """Its name on a chart."""
        return SHORT[self.name]

    @property
    def classes(self) -> Message:
        """What the codes stand for."""
        return CLASSES[self.name]

    @property
    def least(self) -> float:
        """The worst score, in points of a hundred."""
        return -100.0 if np.isfinite(self.bad_to) else 0.0

    @property
    def added(self) -> tuple[float, float, float]:
        """Answers added to good ones, bad ones and all: Rocks (2016) for NPS, Agresti & Caffo (2000) for a share."""
        return (0.75, 0.75, 3) if np.isfinite(self.bad_to) else (1, 0, 2)

    def say(self, points: float, digits: int = 0) -> Quantity:
        """A score in points of a hundred as readers see it; differences are `Points` of each outcome."""
        return Points(points, digits=digits) if np.isfinite(self.bad_to) else Percent(points / 100, digits=digits)

    def read(self, values: Values) -> tuple[Floats, Flags]:
        """Answers that were given, and where they stand."""
        if self.name == "nps":
            return read_scores(values)
        numbers = read_answers(values, self.scale, column=self.name)
        return numbers[~np.isnan(numbers)], ~np.isnan(numbers)

    def codes(self, answers: Values) -> Floats:
        """Answers as +1, 0 and -1."""
        values = np.asarray(answers, float)
        return np.where(values >= self.scale.good_from, 1.0, np.where(values <= self.bad_to, -1.0, 0.0))

    def answers(self, codes: Floats) -> Floats:
        """For each code an answer that counts so."""
        other = np.where(codes < 0, self.scale.low, self.scale.good_from - 1)
        return np.where(codes > 0, self.scale.high, other).astype(float)

    def score(
        self,
        answers: Values,
        *,
        weights: Values | None = None,
        customers: Values | None = None,
        margins: Values | None = None,
    ) -> Score:
        """The score of answers, as `score_nps`, `score_csat` or `score_ces` make it."""
        if self.name == "nps":
            return score_nps(answers, weights=weights, customers=customers, margins=margins)
        make = score_csat if self.name == "csat" else score_ces
        return make(answers, scale=self.scale, weights=weights, customers=customers, margins=margins)


NPS = Outcome("nps", Scale(0, 10, 2), 6)
CSAT = Outcome("csat", FIVE_POINTS)
CES = Outcome("ces", EASE)
OUTCOMES = {outcome.name: outcome for outcome in (NPS, CSAT, CES)}


def read_outcomes(csat_scale: Sequence[int] = (1, 5, 2), ces_scale: Sequence[int] = (1, 7, 3)) -> dict[str, Outcome]:
    """Every outcome by its name, satisfaction and ease on the scales that were used."""
    return {"nps": NPS, "csat": Outcome("csat", Scale(*csat_scale)), "ces": Outcome("ces", Scale(*ces_scale))}


def check_outcome(name: str) -> None:
    """Refuse what is no outcome, with a ParameterError."""
    if name not in OUTCOMES:
        raise ParameterError(f"outcome: there is no score {name!r}. {nearest(name, list(OUTCOMES))}")
