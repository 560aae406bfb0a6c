"""What scores of surveys have in common, and the Net Promoter Score with an adjusted-Wald interval."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from cxlib.checks import Flags, Floats, Values, find_flags
from cxlib.errors import DataError
from cxlib.language import Count, Message, Percent, Points, Quantity, T
from cxlib.measures.metric import Metric
from cxlib.measures.result import Result
from cxlib.measures.sampling import LEVEL, Z95, check_weights, foretold, independent_n, number_groups, read_margins

Standing = Literal["ok", "flagged", "suppressed"]
SUPPRESS_BELOW = 30
FLAG_BELOW = 100
LABELS = {"nps": T("NPS"), "csat": T("CSAT"), "ces": T("CES")}


@dataclass(frozen=True, repr=False)
class Score(Result):
    """A score of a survey's answers.

    `value`, `low`, `high`: The score and its interval; NaN when `standing` is "suppressed".
    `effective_n`: Kish's effective number of answers; `n` without weights.
    `standing`: "suppressed" below the least number of answers that is shown, "flagged" below the number that is
        trusted.
    """

    value: float
    low: float
    high: float
    n: int
    effective_n: float = field(default=np.nan, kw_only=True)
    standing: Standing = field(default="ok", kw_only=True)
    written: ClassVar[type[Quantity]] = Percent  # how values are shown
    top: ClassVar[float] = 1.0  # the best score there is

    @property
    def points(self) -> tuple[float, float, float]:
        """Value and interval in points of a hundred."""
        value, low, high = (100 / self.top * each for each in (self.value, self.low, self.high))
        return value, low, high

    @property
    def shown(self) -> dict[str, object]:
        """What a sentence says of the score: value, low, high, level and n."""
        ends = {name: self.written(getattr(self, name)) for name in ("value", "low", "high")}
        return {**ends, "level": Percent(LEVEL), "n": Count(self.n)}

    @property
    def headline(self) -> Message:
        """The score with interval and n, or why there is none."""
        if self.standing == "suppressed":
            return T("No {score} is shown: {n} answers are too few", score=LABELS[self._named[0]], n=Count(self.n))
        return self._sentence

    @property
    def metric(self) -> Metric:
        """The score as a headline number for tiles and comparisons between runs."""
        name, label = self._named
        value = None if np.isnan(self.value) else self.value
        unit = "points" if self.written is Points else "percent"
        return Metric(name, label, value, low=self.low, high=self.high, n=self.n, unit=unit, polarity=1)

    @property
    def _named(self) -> tuple[str, Message]:
        """The key in metrics.json, and what a reader sees."""
        raise NotImplementedError

    @property
    def _sentence(self) -> Message:
        raise NotImplementedError


@dataclass(frozen=True, repr=False)
class NpsScore(Score):
    """A Net Promoter Score on -100..100; its interval lies about the adjusted score, drawn a little towards zero.

    `promoters`, `passives`, `detractors`: Answers of 9-10, 7-8 and 0-6, counted without weights.
    """

    promoters: int
    passives: int
    detractors: int
    written: ClassVar[type[Quantity]] = Points
    top: ClassVar[float] = 100.0

    @property
    def face(self) -> pd.DataFrame:
        """The score as one row of quantities."""
        scores = {"NPS": Points(self.value), "low": Points(self.low), "high": Points(self.high)}
        counts = {name: Count(getattr(self, name)) for name in ("promoters", "passives", "detractors")}
        return pd.DataFrame([{**scores, "answers": Count(self.n), **counts}])

    @property
    def _sentence(self) -> Message:
        if self.standing == "flagged":
            return T(
                "NPS is {value}, from few answers ({level} interval {low} to {high}, {n} answers): read it with care",
                **self.shown,
            )
        return T("NPS is {value} ({level} interval {low} to {high}, {n} answers)", **self.shown)

    @property
    def _named(self) -> tuple[str, Message]:
        return "nps", T("NPS")


def score_nps(
    scores: Values, *, weights: Values | None = None, customers: Values | None = None, margins: Values | None = None
) -> NpsScore:
    """Score answers to "how likely are you to recommend us", 0-10.

    `scores` (n,): Whole numbers 0-10; missing ones are left out.
    `weights` (n,): Relative weights; an answer of weight 0 is not counted.
    `customers` (n,): Whose answer it is: several answers of one customer say less than as many customers' do.
    `margins` (n,): The categories of each answer that the weights were raked to, as a tuple; see `weigh_answers`.
    Below 30 answers no score is given, below 100 it is flagged.
    Raises DataError: an answer lies outside 0-10 or is no whole number, or a weight is negative.

    With P and D the shares of promoters and detractors and n' the number of independent answers that are as sure
    (`independent_n`), 3/4 of an answer is
    added to promoters and detractors each and 3 to n'; then the interval is
    ``100 (P - D) +- z 100 sqrt((P + D - (P - D)^2) / n')``. Source: Rocks, Interval estimation for the "net promoter
    score", The American Statistician 70 (2016), the adjusted Wald interval (section 3); MeasuringU uses the same.

    >>> score = score_nps([10] * 50 + [8] * 30 + [3] * 20)
    >>> round(score.value), round(score.low, 2), round(score.high, 2)
    (30, 14.05, 44.2)
    """
    answers, w, given = drop_weightless(*read_scores(scores), weights)
    codes = nps_codes(answers)
    n, up, down = len(answers), int((codes > 0).sum()), int((codes < 0).sum())
    if n < SUPPRESS_BELOW:
        return NpsScore(np.nan, np.nan, np.nan, n, up, n - up - down, down, standing="suppressed")
    who, margin = number_groups(customers, len(scores))[given], read_margins(margins, given)
    size, share = independent_n(codes, w, who, margin), foretold(codes, w, margin)
    promoters, detractors = float(w @ (codes > 0) / w.sum()), float(w @ (codes < 0) / w.sum())
    centre, error = adjusted_wald(promoters, detractors, size, share)
    value = 100 * (promoters - detractors)
    return NpsScore(
        value,
        # the adjusted interval of one customer can leave out -100 and 100
        max(min(centre - Z95 * error, value), -100.0),
        min(max(centre + Z95 * error, value), 100.0),
        n,
        up,
        n - up - down,
        down,
        effective_n=size / max(1 - share, 1e-3),
        standing="flagged" if n < FLAG_BELOW else "ok",
    )


def adjusted_wald(
    promoters: float, detractors: float, n: float, foretold: float = 0.0, added: tuple[float, ...] = (0.75, 0.75, 3)
) -> tuple[float, float]:
    """Adjusted score and its standard error, in points, from shares of promoters and detractors.

    `foretold` is the share of the answers' variance that known margins take away. The added answers are spread over the
    categories of the margins, as in Price & Bonett, Computational Statistics & Data Analysis 45 (2004), equation (4).
    `added` are the answers added to promoters, detractors and all.
    """
    size = n + added[2]
    p, d = (promoters * n + added[0]) / size, (detractors * n + added[1]) / size
    known = foretold * (promoters + detractors - (promoters - detractors) ** 2) * (n / size) ** 2
    return 100 * (p - d), 100 * float(np.sqrt((p + d - (p - d) ** 2 - known) / size))


def nps_codes(scores: Values) -> Floats:
    """Answers as +1 (9-10, promoter), 0 (7-8, passive) and -1 (0-6, detractor)."""
    values = np.asarray(scores, float)
    return np.where(values >= 9, 1.0, np.where(values <= 6, -1.0, 0.0))


def read_scores(scores: Values) -> tuple[Floats, Flags]:
    """Answers 0-10 that were given, and where they stand."""
    values = pd.Series(np.asarray(scores).ravel())
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(float)
    given = values.notna().to_numpy(bool, copy=True)
    answers = numbers[given]
    with np.errstate(invalid="ignore"):
        bad = find_flags(values[given]) | ~((answers >= 0) & (answers <= 10) & (answers == np.round(answers)))
    if bad.any():
        _refuse_scores(answers, bad, values[given].iloc[int(np.flatnonzero(bad)[0])], np.flatnonzero(given)[bad][0])
    return answers, given


def drop_weightless(answers: Floats, given: Flags, weights: Values | None) -> tuple[Floats, Floats, Flags]:
    """Those of the given answers with a weight above zero, these weights, and where they stand (n,)."""
    w = check_weights(None if weights is None else np.asarray(weights)[given], len(answers))
    given = given.copy()
    given[given] = w > 0
    return answers[w > 0], w[w > 0], given


def _refuse_scores(answers: Floats, bad: Flags, first: object, row: int) -> None:
    if np.isfinite(answers).all() and answers.min() >= 1 and answers.max() == 11:
        raise DataError(
            f"column 'nps' has {int(bad.sum()):,} answers of 11 and none below 1: it seems to be coded 1-11. "
            "Subtract 1, as with the mapping 'nps: nps - 1'."
        )
    raise DataError(
        f"column 'nps' has {int(bad.sum()):,} values that are no whole number from 0 to 10 (first: {first} in answer "
        f"{int(row) + 1:,}). Fix or drop them."
    )
