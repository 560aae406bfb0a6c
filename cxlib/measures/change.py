"""Whether a score has changed or only seems to: the difference between two periods, and segments against the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxlib.checks import Codes, Flags, Floats, Values
from cxlib.errors import DataError
from cxlib.language import Count, Message, Percent, Points, T, join_names, points_apart
from cxlib.measures.nps import SUPPRESS_BELOW, Score, adjusted_wald, drop_weightless
from cxlib.measures.result import Brief, Result, in_quantities, row_quantities
from cxlib.measures.sampling import (
    LEAST_NPS,
    LEVEL,
    Z95,
    adjust_holm,
    clustered_variance,
    foretold,
    independent_n,
    number_groups,
    read_margins,
    small_sample,
    two_sided,
    unlike_margins,
)
from cxlib.measures.satisfaction import NPS, Outcome

MaybePair = tuple[Values | None, Values | None]
FEW_A_WEEK = 84  # answers, below which a rule of invitation that changed is seldom seen


def too_few_to_tell(answers: float, days: float, moved: Sequence[object]) -> Message | None:
    """That nobody would see a change of who is asked; None where nothing has moved or answers are many.

    `answers`: Of so many `days`. `moved`: Names of what has changed by them.
    """
    weekly = 7 * answers / days
    if not moved or weekly >= FEW_A_WEEK:
        return None
    return T(
        "From some {n} a week it cannot be told whether others answer or write than before: that may be behind the "
        "change of {names}",
        n=Count(round(weekly)),
        names=join_names(moved),
    )


@dataclass(frozen=True, repr=False)
class ScoreChange(Result):
    """The difference between two scores.

    `value`, `low`, `high`: Points, now less before, and its interval; NaN when either score is suppressed.
    `p_value`: Two-sided, against no change.
    `repeated`: Customers who answered in both periods; they are compared with themselves.
    """

    now: Score
    before: Score
    value: float
    low: float
    high: float
    p_value: float
    repeated: int
    outcome: Outcome = NPS

    @property
    def significant(self) -> bool:
        """Whether it is more than chance, and at least a point."""
        return self._is_sure and abs(self.value) >= LEAST_NPS

    @property
    def _is_sure(self) -> bool:
        return bool(self.low > 0 or self.high < 0)

    @property
    def face(self) -> pd.DataFrame:
        """Now, before and the difference, a row each."""
        rows = [
            (name, *(score.shown[key] for key in ("value", "low", "high", "n")))
            for name, score in ((T("now"), self.now), (T("before"), self.before))
        ]
        rows.append((T("change"), *map(Points, (self.value, self.low, self.high)), Count(None)))
        return pd.DataFrame(rows, columns=["period", self.outcome.name.upper(), "low", "high", "answers"])

    @property
    def headline(self) -> Message:
        """Whether the score rose, fell, or moved no more than chance does."""
        apart = points_apart(self.now.points[0], self.before.points[0])
        values: dict[str, object] = {
            "points": Points(abs(apart.value or 0), signed=False, digits=apart.digits),
            "score": self.outcome.label,
            "now": self.now.shown["value"],
            "before": self.before.shown["value"],
            "low": Points(self.low),
            "high": Points(self.high),
            "n": Count(self.now.n + self.before.n),
            "level": Percent(LEVEL),
        }
        if np.isnan(self.value):
            return T("No change can be told: one of the periods has too few answers")
        if self._is_sure and not self.significant:
            return T(
                "{score} has hardly changed: {now} after {before}, less than a point ({level} interval of the change "
                "{low} to {high})",
                **values,
            )
        if not self.significant:
            return T(
                "{score} has not clearly changed: {now} after {before} may be chance ({level} interval of "
                "the change {low} to {high})",
                **values,
            )
        if self.value > 0:
            return T(
                "{score} has risen by {points} points, from {before} to {now}. That is more than chance "
                "({level} interval of the change {low} to {high})",
                **values,
            )
        return T(
            "{score} has fallen by {points} points, from {before} to {now}. That is more than chance "
            "({level} interval of the change {low} to {high})",
            **values,
        )


@dataclass(frozen=True, repr=False)
class Answers(Brief):
    """Answers that were given, as codes of the outcome, with weights and the number of each customer.

    `margins` (n, categories) is what the weights were raked to; `whole` and `rows` say of which raked answers these
    are a part.
    """

    codes: Floats
    weights: Floats
    customers: Codes
    margins: Floats | None = None
    whole: Answers | None = None
    rows: Flags | None = None
    outcome: Outcome = NPS

    def __len__(self) -> int:
        return len(self.codes)

    def only(self, rows: NDArray[Any]) -> Answers:
        """Some of the answers."""
        margins = None if self.margins is None else self.margins[rows]
        part = np.zeros(len(self), bool)
        part[rows] = True
        return Answers(self.codes[rows], self.weights[rows], self.customers[rows], margins, self, part, self.outcome)

    def clustered(self, influence: Floats) -> tuple[Floats, Codes]:
        """Influence (n,) or (n, k) off the margins, over all answers that were raked together; and whose each is."""
        if self.margins is None:
            return influence, self.customers
        if self.whole is not None and self.rows is not None:
            wide = np.zeros((len(self.whole), *influence.shape[1:]))
            wide[self.rows] = influence
            return self.whole.clustered(wide)
        each = self.weights.reshape(-1, *(1 for _ in influence.shape[1:]))
        groups = np.unique(self.customers, return_inverse=True)[1]
        return unlike_margins(influence / each, self.weights, self.margins, groups), self.customers

    @property
    def score(self) -> float:
        """In points of a hundred, unadjusted."""
        return 100 * float(self.weights @ self.codes / self.weights.sum()) if len(self) else np.nan

    @property
    def influence(self) -> Floats:
        """What each answer adds to the score's deviation, in points."""
        found: Floats = self.weights * (100 * self.codes - self.score) / self.weights.sum()
        return found

    @property
    def variances(self) -> tuple[float, float]:
        """Variance of the score if every answer came from another customer, adjusted and linearised, squared points."""
        shares = [float(self.weights @ (self.codes == code) / self.weights.sum()) for code in (1, -1)]
        margins = None if self.whole is not None else self.margins  # margins of the whole say little of a part
        size = independent_n(self.codes, self.weights, None, margins)
        known = foretold(self.codes, self.weights, margins)
        spread = 1e4 * (shares[0] + shares[1] - (shares[0] - shares[1]) ** 2) * (1 - known)
        linearised = float((self.influence**2).sum()) if margins is None else spread / size
        return adjusted_wald(shares[0], shares[1], size, known, self.outcome.added)[1] ** 2, linearised


def gather(
    scores: Values, *, weights: Values | None, numbers: Codes, margins: Values | None = None, outcome: Outcome = NPS
) -> tuple[Answers, Flags]:
    """Given answers with weights, the customers' numbers and margins, and where they stand among all."""
    answers, w, given = drop_weightless(*outcome.read(scores), weights)
    return Answers(outcome.codes(answers), w, numbers[given], read_margins(margins, given), outcome=outcome), given


def difference(one: Answers, other: Answers) -> tuple[float, float]:
    """Score of `one` less that of `other`, and its standard error with answers of one customer taken together.

    The adjusted variances of two independent scores are multiplied by what the customers' repeated answers do to the
    linearised variance: less than one where customers are compared with themselves or margins are known, more where
    they repeat themselves; and never below that variance, unadjusted. Few customers widen it as Student's
    distribution does.
    """
    parts = [one.clustered(one.influence), other.clustered(-other.influence)]
    influence = np.concatenate([part[0] for part in parts])
    customers = np.unique(np.concatenate([part[1] for part in parts]), return_inverse=True)[1]
    adjusted, alone = np.add(one.variances, other.variances)
    together = float(clustered_variance(influence, customers)) if alone > 0 else 0.0
    error = np.sqrt(max(adjusted * (together / alone if together > 0 else 1.0), together))
    counts = [len(pd.unique(side.customers)) for side in (one, other)]
    squares = sum(side.variances[0] ** 2 / max(n - 1, 1) for side, n in zip((one, other), counts, strict=True))
    count = min(len(pd.unique(customers)), float(adjusted) ** 2 / squares + 1)
    return one.score - other.score, float(error) * small_sample(count)


def compare_scores(
    now: Values,
    before: Values,
    *,
    weights: MaybePair = (None, None),
    customers: MaybePair = (None, None),
    margins: MaybePair = (None, None),
    outcome: Outcome = NPS,
) -> ScoreChange:
    """Compare a period's answers with an earlier period's.

    `now`, `before`: Answers of the two periods, on the scale of `outcome`.
    `weights`, `customers`, `margins`: For `now` and `before`: weights of the answers, the customer of each, and what
        the weights were raked to (see `score_nps`). A customer with answers in both periods is compared with herself.
    Raises DataError: an answer, a weight or the customers do not fit.

    >>> change = compare_scores([10] * 60 + [8] * 30 + [3] * 30, [10] * 30 + [8] * 30 + [3] * 60)
    >>> change.value, change.significant
    (50.0, True)
    """
    pairs = gather_pair((now, before), weights, customers, margins, outcome)
    sides = [answers for answers, _ in pairs]
    scored = [
        outcome.score(s, weights=w, customers=who, margins=known)
        for s, w, who, known in zip((now, before), weights, customers, margins, strict=True)
    ]
    repeated = len(np.intersect1d(sides[0].customers, sides[1].customers))
    if any(score.standing == "suppressed" for score in scored):
        return ScoreChange(scored[0], scored[1], np.nan, np.nan, np.nan, np.nan, repeated, outcome)
    value, error = difference(*sides)
    low, high = max(value - Z95 * error, outcome.least - 100), min(value + Z95 * error, 100 - outcome.least)
    return ScoreChange(scored[0], scored[1], value, low, high, float(two_sided(value, error)), repeated, outcome)


def gather_pair(
    scores: tuple[Values, Values], weights: MaybePair, customers: MaybePair, margins: MaybePair, outcome: Outcome
) -> list[tuple[Answers, Flags]]:
    """`gather` of two periods, in which a customer has one number."""
    if (customers[0] is None) != (customers[1] is None):
        raise DataError("customers are given for one period only. Give both, or neither.")
    n = [len(part) for part in scores]
    ids = None if customers[0] is None else np.concatenate([np.asarray(who, object) for who in customers])
    parts = zip(scores, weights, np.split(number_groups(ids, sum(n)), n[:1]), margins, strict=True)
    return [gather(one, weights=w, numbers=who, margins=known, outcome=outcome) for one, w, who, known in parts]


@dataclass(frozen=True, repr=False)
class SegmentScores(Result):
    """The score of each segment, and whether it differs from everyone else's.

    `table`: segment, value, low, high (points of a hundred), n, standing, difference (against all other answers),
        difference_low, difference_high, p_value, p_adjusted (Holm over the segments), significant; by n, largest first.
    """

    table: pd.DataFrame
    outcome: Outcome = NPS

    @property
    def face(self) -> pd.DataFrame:
        """The table in quantities."""
        say = self.outcome.say
        scores = {self.outcome.name.upper(): ("value", say), "low": say, "high": say}
        counts = {"answers": ("n", Count), "against the others": ("difference", Points)}
        return in_quantities(self.table, {"segment": "segment", **scores, **counts})

    @property
    def headline(self) -> Message:
        """The segment that differs most, or that none does."""
        clear = self.table[self.table["significant"]]
        if clear.empty:
            return T(
                "No segment clearly differs from the others in {score} ({n} answers)",
                score=self.outcome.label,
                n=Count(self.table["n"].sum()),
            )
        row = clear.iloc[int(clear["difference"].abs().to_numpy().argmax())]
        values: dict[str, object] = {
            "segment": row["segment"],
            "score": self.outcome.label,
            "value": self.outcome.say(row["value"]),
            "n": Count(row["n"]),
            "points": Points(abs(row["difference"]), signed=False),
            "level": Percent(LEVEL),
            **row_quantities(row, Points, low="difference_low", high="difference_high"),
        }
        if row["difference"] > 0:
            return T(
                "“{segment}” stands out: {score} is {value} there, {points} points above the others ({level} "
                "interval of the difference {low} to {high})",
                **values,
            )
        return T(
            "“{segment}” stands out: {score} is {value} there, {points} points below the others ({level} "
            "interval of the difference {low} to {high})",
            **values,
        )


def score_segments(
    scores: Values,
    segments: Values,
    *,
    weights: Values | None = None,
    customers: Values | None = None,
    margins: Values | None = None,
    outcome: Outcome = NPS,
) -> SegmentScores:
    """Score each segment and compare it with all other answers, Holm's correction over the segments.

    `scores`, `segments` (n,): Answers and the segment of each; answers without a segment are left out.
    `weights`, `customers`, `margins`, `outcome`: As in `compare_scores`.

    >>> table = score_segments([10] * 80 + [3] * 60, ["a"] * 70 + ["b"] * 70).table
    >>> table["significant"].tolist()
    [True, True]
    """
    numbers = number_groups(customers, len(scores))
    answers, given = gather(scores, weights=weights, numbers=numbers, margins=margins, outcome=outcome)
    names = pd.Series(np.asarray(segments, dtype=object))[given].reset_index(drop=True)
    inside = names.notna().to_numpy(bool)
    answers, names = answers.only(inside), names[inside].reset_index(drop=True)
    rows = [_segment(answers, names.eq(name).to_numpy(bool)) | {"segment": name} for name in names.value_counts().index]
    table = pd.DataFrame(rows, columns=["segment", "value", "low", "high", "n", "standing", "difference", "error"])
    return SegmentScores(judge(table, outcome), outcome)


def judge(table: pd.DataFrame, outcome: Outcome) -> pd.DataFrame:
    """A table with the interval and the test of each `difference`, Holm's correction over its rows; `error` goes."""
    gap, reach = table["difference"], Z95 * table["error"]
    p_value = two_sided(gap, table["error"])
    adjusted = adjust_holm(p_value)
    return table.drop(columns="error").assign(
        difference_low=(gap - reach).clip(outcome.least - 100),
        difference_high=(gap + reach).clip(upper=100 - outcome.least),
        p_value=p_value,
        p_adjusted=adjusted,
        significant=(adjusted < 1 - LEVEL) & (gap.abs() >= LEAST_NPS),
    )


def _segment(answers: Answers, inside: Flags) -> dict[str, object]:
    part, rest = answers.only(inside), answers.only(~inside)
    score = rescore(part)
    known = score.standing != "suppressed" and len(rest) >= SUPPRESS_BELOW
    gap, error = difference(part, rest) if known else (np.nan, np.nan)
    return {
        **dict(zip(("value", "low", "high"), score.points, strict=True)),
        "n": score.n,
        "standing": score.standing,
        "difference": gap,
        "error": error,
    }


def rescore(part: Answers) -> Score:
    """The score of answers already coded; any answer of a category stands for it."""
    answers = part.outcome.answers(part.codes)
    return part.outcome.score(answers, weights=part.weights, customers=part.customers)
