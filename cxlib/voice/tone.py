"""Whether comments are content, learnt from the company's own ratings of comments, or left unsaid.

A model that learnt elsewhere is right in four to seven comments of ten, one's own in eight to nine, so that none is
shipped. What has a rating is taken at it. The model speaks for comments without one, of sources and languages that it
learnt from, where it is sure; of denials and of Arabic in Latin letters it says nothing, since it is wrong and sure of
it there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cxlib.checks import Flags, Floats
from cxlib.language import Count, Message, T
from cxlib.measures.nps import SUPPRESS_BELOW
from cxlib.measures.rates import UNKNOWN, Figure, share_of
from cxlib.measures.result import Brief
from cxlib.voice.feedback import Feedback
from cxlib.voice.texts import is_arabizi
from cxlib.voice.topics import Topic, normalise

LEAST_LABELS, LEAST_OF_A_KIND, MOST_LABELS = 100, 20, 3_000
SURE, FOLDS, BINS = 0.8, 3, 10
_DENIAL = re.compile(
    r"\b(?:not?|never|nothing|nobody|none|without|hardly|cannot|\w+n['\u2019]t"
    r"|(?:do|does|did|is|was|are|were|ca|wo|could|would|should|has|have|had)nt)\b"
    r"|(?<!\w)و?(?:لا|ما(?! شاء)|مو|مش|مب|مهو|لم|لن|ليس|ليست|غير|بدون|ولا|مافي|مافيه|محد)(?!\w)"
)


@dataclass(frozen=True, repr=False)
class Tone(Brief):
    """How content comments are.

    `labels`: Comments with a rating that is good or bad, which were learnt from.
    `right`: Of those of them that it spoke for, how many it had right (each judged by a model that had not seen it nor
        its near twins); `base`: how many calling all alike would have.
    `spoken`: Share of them that it spoke for; `error`: expected calibration error of all.
    `satisfied`: By topic (key), and "" for all: share, low, high, n (customers) of the period's comments, by rating or
        tone; those in between and those it did not speak for are left out.
    `told`, `unclear`, `elsewhere`: Comments of the period without a rating: spoken for, not spoken for, and of sources
        without ratings to learn from.
    `lacks`: Why it does not speak; None where it does.
    """

    labels: int
    right: Figure
    base: float
    spoken: float
    error: float
    satisfied: pd.DataFrame
    told: int
    unclear: int
    elsewhere: int
    lacks: Message | None


def study_tone(feedback: Feedback, touched: pd.DataFrame, topics: Sequence[Topic]) -> Tone:
    """Learn from the comments with a rating, and tell how content the period's are, by topic."""
    rows = feedback.rows
    labels = feedback.labels
    known = np.flatnonzero(np.abs(labels) == 1)[-MOST_LABELS:]
    model = _Model.learn(rows.iloc[known], labels[known] > 0)
    recent = feedback.recent.to_numpy(bool)
    open_ = recent & np.isnan(labels)
    learnt = rows.iloc[known].groupby(["from", "language"]).size()
    enough = learnt[learnt >= LEAST_LABELS].index
    near = open_ & pd.MultiIndex.from_frame(rows[["from", "language"]]).isin(enough)
    tone = labels.copy()
    if model.lacks is None and near.any():
        chance = model.chances(rows.loc[near, "text"])
        tone[near] = np.where(chance >= SURE, 1.0, np.where(chance <= 1 - SURE, -1.0, np.nan))
    told = int((near & ~np.isnan(tone)).sum())
    shares = {"": _share(rows, tone, recent)}
    shares |= {topic.key: _share(rows, tone, recent & touched[topic.key].to_numpy(bool)) for topic in topics}
    table = pd.DataFrame(
        [{"topic": key, "share": f.value, "low": f.low, "high": f.high, "n": f.n} for key, f in shares.items()]
    )
    return Tone(
        len(known),
        model.right,
        model.base,
        model.spoken,
        model.error,
        table,
        told,
        int(near.sum()) - told,
        int((open_ & ~near).sum()),
        model.lacks,
    )


def _share(rows: pd.DataFrame, tone: Floats, inside: Flags) -> Figure:
    clear = inside & (np.abs(tone) == 1)
    who = rows.loc[clear, "who"]
    if who.nunique() < SUPPRESS_BELOW:
        return UNKNOWN
    return share_of((tone[clear] > 0).astype(float), customers=who)


def is_open(text: str) -> bool:
    """Whether nothing is said of a comment: it denies something, or is Arabic in Latin letters.

    >>> [is_open(text) for text in ("Not bad", "مو غالي ابدا", "el akl 7elw awy", "Very late")]
    [True, True, True, False]
    """
    return bool(_DENIAL.search(normalise(text))) or is_arabizi(text)


class _Model:
    """Words and letter groups to a calibrated chance of being content; `lacks` says why there is none."""

    def __init__(self, lacks: Message | None, base: float = np.nan) -> None:
        self.lacks, self.base = lacks, base
        self.right, self.spoken, self.error = UNKNOWN, np.nan, np.nan
        self._words: list[Any] = []
        self._scores, self._good = np.zeros(0), np.zeros(0, bool)
        self._classes: Any = None

    @classmethod
    def learn(cls, rows: pd.DataFrame, good: Flags) -> _Model:
        """Fit, and judge by comments that were held out with their near twins."""
        from scipy.sparse import hstack
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.model_selection import GroupKFold

        fewest = min(int(good.sum()), int((~good).sum()))
        groups = rows["twin"].to_numpy()
        if len(good) < LEAST_LABELS or fewest < LEAST_OF_A_KIND or len(np.unique(groups)) < 2 * FOLDS:
            lacks = T(
                "fewer than {n} comments have a clearly good or bad rating, or hardly any are of one kind",
                n=Count(LEAST_LABELS),
            )
            return cls(lacks)
        model = cls(None, max(good.mean(), 1 - good.mean()))
        texts = [normalise(text) for text in rows["text"]]
        model._words = [
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2),
        ]
        table = hstack([words.fit_transform(texts) for words in model._words]).tocsr()
        score, chance, fold = np.zeros(len(good)), np.zeros(len(good)), np.zeros(len(good), int)
        for number, (others, held) in enumerate(GroupKFold(FOLDS).split(table, good, groups)):
            fold[held] = number
            if len(np.unique(good[others])) == 2:
                score[held] = _fit(table[others], good[others]).decision_function(table[held])
        for number in range(FOLDS):  # what scores are worth is learnt from the other folds too
            chance[fold == number] = _calibrated(score[fold != number], good[fold != number], score[fold == number])
        model._scores, model._good = score, good
        model._classes = _fit(table, good)
        sure = (np.maximum(chance, 1 - chance) >= SURE) & ~np.array([is_open(text) for text in rows["text"]], bool)
        model.error, model.spoken = calibration_error(chance, good), float(sure.mean())
        if sure.sum() >= SUPPRESS_BELOW:
            model.right = share_of(((chance > 0.5) == good)[sure].astype(float), customers=rows["who"][sure])
        if not model.right.low > model.base:
            model.lacks = T("it is not clearly right more often than calling all comments alike")
        return model

    def chances(self, texts: pd.Series) -> Floats:
        """The chance of being content; a half of comments that nothing is said of."""
        distinct = texts.unique()
        score = self._classes.decision_function(self._table([normalise(text) for text in distinct]))
        chance = _calibrated(self._scores, self._good, score)
        chance[[is_open(text) for text in distinct]] = 0.5
        return np.asarray(texts.map(dict(zip(distinct, chance, strict=True))), float)

    def _table(self, texts: Sequence[str]) -> Any:
        from scipy.sparse import hstack

        return hstack([words.transform(texts) for words in self._words]).tocsr()


def _fit(table: Any, good: Flags) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(solver="liblinear", class_weight="balanced", C=2.0).fit(table, good)


def _calibrated(score: Floats, good: Flags, wanted: Floats) -> Floats:
    """Scores as chances, by the rising steps that fit the scores of held-out comments (Zadrozny & Elkan, 2002)."""
    from sklearn.isotonic import IsotonicRegression

    end = 1 / (len(good) + 2)  # nothing is certain
    steps = IsotonicRegression(y_min=end, y_max=1 - end, out_of_bounds="clip").fit(score, good)
    return np.asarray(steps.predict(wanted))


def calibration_error(chance: Floats, good: Flags) -> float:
    """Mean distance of chance and truth over ten bins of as many comments each.

    >>> calibration_error(np.array([0.2, 0.2, 0.8, 0.8] * 25), np.array([False, False, True, True] * 25)).__round__(2)
    0.2
    """
    order = np.argsort(chance, kind="stable")
    gaps = [
        (len(part), abs(chance[part].mean() - good[part].mean())) for part in np.array_split(order, BINS) if len(part)
    ]
    return float(sum(n * gap for n, gap in gaps) / len(chance))
