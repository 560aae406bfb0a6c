"""Answers as frames, a row an answer, brought into the form that scores are made of.

What the score would be if those who answered were like all customers, on what is known of both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
import pandas as pd

from cxlib.errors import DataError, nearest
from cxlib.language import Count, Decimal, Message, Percent, T
from cxlib.measures.change import ScoreChange, compare_scores
from cxlib.measures.nps import SUPPRESS_BELOW, Score
from cxlib.measures.raking import Margins, Raked, categories, rake
from cxlib.measures.result import Result
from cxlib.measures.satisfaction import NPS, Outcome
from cxlib.measures.trend import ScoreTrend, trend_scores

TOPS = (3, 4, 5, 7, 10)  # of scales that begin with 1
FEWEST, FEWEST_IN_PART = 100, 20  # answers in all, and on either scale
BEYOND = 0.1  # the least share of others beyond the end of a shorter scale
LOOKED_BACK = 730  # days


@dataclass(frozen=True)
class ScaleDoubt:
    """What speaks for another scale than the one that is counted by.

    `since`: The day from which answers are on the scale that is counted by; None where the newest are not.
    """

    message: Message
    since: pd.Timestamp | None = None

    def spoils(self, first: pd.Timestamp | None) -> bool:
        """Whether a score of the answers from a day on, or of all of them, cannot be told."""
        return self.since is None or first is None or first < self.since


@dataclass(frozen=True, repr=False)
class NonResponse(Result):
    """The score with and without weights.

    `unweighted`, `weighted`: Of the same answers.
    `raked`: The weights and how nearly they meet the margins.
    `invited`: How many were asked, where it is known.
    """

    unweighted: Score
    weighted: Score
    raked: Raked
    invited: int | None = None
    outcome: Outcome = NPS

    @property
    def response_rate(self) -> float | None:
        """Answers for each invitation, a fraction."""
        return None if self.invited is None else self.unweighted.n / self.invited

    @property
    def face(self) -> pd.DataFrame:
        """Both scores, a row each."""
        named = ((T("as they came"), self.unweighted), (T("weighted to all customers"), self.weighted))
        rows = [
            (name, *map(score.shown.get, ("value", "low", "high")), Count(score.effective_n)) for name, score in named
        ]
        return pd.DataFrame(rows, columns=["answers", self.outcome.name.upper(), "low", "high", "effective answers"])

    @property
    def headline(self) -> Message:
        """Both scores, and what the weights cost."""
        return T(
            "Weighted to all customers {score} is {weighted}, as the answers came {unweighted} "
            "(design effect {effect}, {n} answers worth {size})",
            score=self.outcome.label,
            weighted=self.weighted.shown["value"],
            unweighted=self.unweighted.shown["value"],
            effect=Decimal(self.raked.design_effect, digits=2),
            n=Count(self.weighted.n),
            size=Count(self.raked.effective_n),
        )

    @property
    def findings(self) -> tuple[Message, ...]:
        """The headline, the response rate, and what weights cannot do."""
        found = [self.headline]
        if self.invited is not None and self.response_rate is not None:
            found.append(
                T(
                    "{rate} of {invited} invitations were answered; weights undo only what the known margins show, "
                    "not that unhappier customers may answer less",
                    rate=Percent(self.response_rate),
                    invited=Count(self.invited),
                )
            )
        if not self.raked.converged:
            found.append(
                T(
                    "{n} answers had their weight held at a limit, so the margins are met only nearly",
                    n=Count(self.raked.trimmed),
                )
            )
        return tuple(found)


LEAST_USUAL = 6  # months that the usual range rests on
MONTHS = 24  # of the course


def weigh_answers(frame: pd.DataFrame, margins: Margins, outcome: Outcome = NPS) -> pd.DataFrame:
    """The answers with `weight` brought to known shares of customers, and in `margins` what it was brought to.

    `frame`: weight (zero: not counted), the answers (nps, unless `outcome` is another), and a column for each margin.
    `margins`: As in `rake`; without any, or with too few answers for a score, weights stay as they are.
    Raises DataError: a margin cannot be met.

    >>> frame = pd.DataFrame({"nps": [9] * 40, "weight": 1.0, "age": ["young"] * 10 + ["old"] * 30})
    >>> weigh_answers(frame, {"age": {"young": 0.5, "old": 0.5}})["weight"].round(3).unique().tolist()
    [2.0, 0.667]
    """
    scored = frame[outcome.name].notna()
    if not margins or scored.sum() < SUPPRESS_BELOW:
        return frame
    answers = frame[scored].reset_index(drop=True)
    raked = rake(answers, margins, weights=answers["weight"])
    weighted = answers.assign(weight=raked.weights)
    # Weights held at a limit miss the margins: then their shares are not known, and chance has a hand in them.
    return weighted.assign(margins=categories(answers, margins)) if raked.converged else weighted


def weigh_period(
    frame: pd.DataFrame, margins: Margins, *, invited: int | None = None, outcome: Outcome = NPS
) -> NonResponse | None:
    """A period's score as the answers came and brought to known shares of customers.

    `frame`, `margins`: As in `weigh_answers`; answers of one customer (customer_id) are taken together.
    `invited`: Invitations of the period; left aside where there are fewer than answers.
    Returns: None without margins, or with too few answers for a score.
    Raises DataError: a margin cannot be met, or an answer does not fit.

    >>> frame = pd.DataFrame({"nps": [9] * 20 + [3] * 20, "weight": 1.0, "age": ["young"] * 10 + ["old"] * 30})
    >>> found = weigh_period(frame, {"age": {"young": 0.5, "old": 0.5}})
    >>> found.unweighted.value, round(found.weighted.value, 1)
    (0.0, 33.3)
    """
    answers = frame[frame[outcome.name].notna()]
    if not margins or len(answers) < SUPPRESS_BELOW:
        return None
    raked, customers = rake(answers, margins, weights=answers["weight"]), answers.get("customer_id")
    known = categories(answers, margins) if raked.converged else None
    return NonResponse(
        outcome.score(answers[outcome.name], customers=customers),
        outcome.score(answers[outcome.name], weights=raked.weights, customers=customers, margins=known),
        raked,
        invited if invited is not None and invited >= len(answers) else None,
        outcome,
    )


def compare_answers(now: pd.DataFrame, before: pd.DataFrame, outcome: Outcome = NPS) -> ScoreChange:
    """A period's answers against an earlier period's; see `compare_scores`.

    `now`, `before`: The answers (nps, unless `outcome` is another), weight and customer_id; margins where weights were
        raked.

    >>> one = pd.DataFrame({"nps": [9] * 40, "weight": 1.0, "customer_id": range(40)})
    >>> compare_answers(one, one.assign(nps=3)).value
    200.0
    """
    return compare_scores(
        now[outcome.name],
        before[outcome.name],
        outcome=outcome,
        weights=(now["weight"], before["weight"]),
        customers=(now["customer_id"], before["customer_id"]),
        margins=(now.get("margins"), before.get("margins")),
    )


class Whose(TypedDict):
    """Whose answers these are, and what they stand for, by the names that scores take it by."""

    weights: pd.Series
    customers: pd.Series
    margins: pd.Series | None


def whose(answers: pd.DataFrame) -> Whose:
    """Weights and customers of answers, and what weights were raked to, as `weigh_answers` leaves it."""
    return {"weights": answers["weight"], "customers": answers["customer_id"], "margins": answers.get("margins")}


def doubt_scale(answers: pd.DataFrame, outcome: Outcome = NPS) -> ScaleDoubt | None:
    """What speaks for another scale than the one that is counted by; None where nothing does.

    Either a hundred answers or more end where a shorter scale does. Or those after some day, or those before one, do,
    and so many of the others lie beyond that chance does it once in a million times, each customer counting once.
    Answers of the last two years are looked at, and those without a day.

    >>> day = pd.date_range("2026-01-01", periods=300)
    >>> told = pd.DataFrame({"day": day, "nps": [9, 6, 10] * 60 + [4, 5, 3] * 40, "customer_id": range(300)})
    >>> str(doubt_scale(told).message)[:64]
    'None of the newest 120 answers to NPS is above 5, and 100% of th'
    """
    told = answers[answers[outcome.name].notna()]
    told = told[told["day"].isna() | (told["day"] > told["day"].max() - pd.Timedelta(days=LOOKED_BACK))]
    asked = told[outcome.name]
    top, high = float(asked.max()), outcome.scale.high
    if len(asked) >= FEWEST and top <= high - 2 and top in TOPS and asked.min() >= 1:  # nobody gave the best two
        values: dict[str, object] = {"score": outcome.label, "n": Count(len(asked))}
        values |= {"top": Decimal(top, digits=0), "high": Decimal(high, digits=0)}
        text = T(
            "None of the {n} answers to {score} is above {top}, where {high} is the best: was another scale asked? "
            "Then the score is not right",
            **values,
        )
        return ScaleDoubt(text)
    known = told[told["day"].notna()].sort_values("day", kind="stable")
    if len(known) < FEWEST:
        return None
    return next(filter(None, (_doubt_part(known, top, outcome) for top in TOPS if top < high)), None)


def _doubt_part(known: pd.DataFrame, top: int, outcome: Outcome) -> ScaleDoubt | None:
    """What speaks for a scale that ended at `top` since a day, or until one."""
    beyond = np.flatnonzero((known[outcome.name] > top) | (known[outcome.name] < 1))  # 0 is on a long scale
    if not len(beyond):
        return None
    first, last = int(beyond[0]), int(beyond[-1])
    values: dict[str, object] = {"score": outcome.label, "top": Decimal(top, digits=0)}
    if (share := _share_beyond(known.iloc[last + 1 :], known.iloc[: last + 1], top, outcome)) is not None:
        text = T(
            "None of the newest {k} answers to {score} is above {top}, and {share} of the {n} before are: was another "
            "scale asked? Then they cannot be compared",
            **values | {"k": Count(len(known) - last - 1), "n": Count(last + 1), "share": Percent(share)},
        )
        return ScaleDoubt(text)
    if (share := _share_beyond(known.iloc[:first], known.iloc[first:], top, outcome)) is not None:
        text = T(
            "{share} of the newest {k} answers to {score} are above {top}, and none of the {n} before is: was another "
            "scale asked? Then they cannot be compared",
            **values | {"k": Count(len(known) - first), "n": Count(first), "share": Percent(share)},
        )
        return ScaleDoubt(text, known["day"].iloc[first])
    return None


def _share_beyond(narrow: pd.DataFrame, wide: pd.DataFrame, top: int, outcome: Outcome) -> float | None:
    """The share of other answers beyond `top`, where it is no chance that answers end there; else None."""
    if min(len(narrow), len(wide)) < FEWEST_IN_PART or narrow[outcome.name].max() != top:
        return None
    people = narrow["customer_id"]
    share, customers = float((wide[outcome.name] > top).mean()), people.nunique() + people.isna().sum()
    chance = customers * np.log1p(-min(share, 1 - 1e-9))
    return share if share >= BEYOND and chance <= np.log(1e-6) else None


def trend_months(answers: pd.DataFrame, *, recent_days: int = 90, outcome: Outcome = NPS) -> ScoreTrend | None:
    """The score of the last 24 months, held against those before the last period.

    `answers`: day, the answers (nps, unless `outcome` is another) and weight.
    `recent_days`: Months that reach into so many last days do not set the limits, so that a fall does not widen what is
        usual; all months do where fewer than six are left.
    Returns: None where fewer than two months have enough answers.

    >>> days = pd.date_range("2026-01-01", "2026-04-30")
    >>> trend_months(pd.DataFrame({"day": days, "nps": 10, "weight": 1.0})).table["n"].tolist()
    [31, 28, 31, 30]
    """
    dated = answers[answers["day"].notna() & answers[outcome.name].notna()]
    if dated.empty:
        return None
    month = dated["day"].dt.to_period("M")
    kept = sorted(month.unique())[-MONTHS:]
    dated, month = dated[month.isin(kept)], month[month.isin(kept)]
    last = dated["day"].max() - pd.Timedelta(days=recent_days)
    usual = [one for one in kept if one.end_time.normalize() <= last]
    baseline = usual if len(usual) >= LEAST_USUAL else None
    found = trend_scores(
        dated[outcome.name],
        month,
        weights=dated["weight"],
        customers=dated.get("customer_id"),
        baseline=baseline,
        outcome=outcome,
    )
    return found if (found.table["standing"] != "suppressed").sum() > 1 else None


def divisions(answers: pd.DataFrame, columns: Sequence[str], among: Sequence[str]) -> list[str]:
    """The columns to divide answers by: those named, else all of `among`, each with at least two groups of answers.

    Raises DataError: a named column is not there.

    >>> answers = pd.DataFrame({"region": ["n", "s"], "plan": ["a", "a"]})
    >>> divisions(answers, [], among=["region", "plan"])
    ['region']
    """
    return [name for name in (columns or among) if column_of(answers, name).dropna().astype(str).nunique() >= 2]


def column_of(frame: pd.DataFrame, name: str) -> pd.Series:
    """A column to divide answers by."""
    if name not in frame:
        raise DataError(f"there is no column {name!r} to divide answers by. {nearest(name, map(str, frame.columns))}")
    return frame[name]
