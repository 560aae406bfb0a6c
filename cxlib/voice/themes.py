"""Themes that nobody named before: words that occur together, found in each language apart.

A topic model over both languages at once puts all English comments into one topic; so each language has its own. Some
topics of such a model are chance: what is not found again in four fifths of the comments is no theme.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cxlib.checks import Codes, Flags, Floats, Values
from cxlib.errors import ParameterError
from cxlib.language import Count, Message, T
from cxlib.measures.result import Result, in_quantities
from cxlib.measures.satisfaction import has_arabic
from cxlib.voice.topics import normalise

REDRAWS, FRACTION, MOST_REDRAWN = 10, 0.8, 5000  # how often, of how many comments, of at most so many
SAME, MISSES = 0.6, 1  # Jaccard index of the comments of a theme and of one found again; redraws without it
LEAST_WEIGHT = 0.1  # of a theme's word, beside that of its first
LEAST_COMMENTS = 100  # fewer comments in a language hold no themes worth showing
STOP_WORDS = frozenset(
    normalise(
        "the a an and or but of to in on at for with is are was were be been it its i my me we our you your they their "
        "this that these those not no so very too as by from have has had do does did will would can could just all "
        "there what when which who them he she his her if then than also more most any some out up about again "
        "في من على الى عن مع هذا هذه ذلك التي الذي ان أن إن كان كانت لم لا ما قد كل بعد قبل حتى ثم او و يا هو هي هم "
        "انا نحن انتم لكم لي كم جدا كثير كثيرا عند كما لكن غير بين منذ اي ايضا"
    ).split()
)


@dataclass(frozen=True, repr=False)
class Themes(Result):
    """Words that occur together.

    `table`: Those that come again in all of ten redraws but one: language, theme (number from 1), words (tuple of str,
        weightiest first), n (comments whose weightiest theme it is), share (of the language's comments), mean_score (of
        their 0-10 answers).
    """

    table: pd.DataFrame
    n: int

    @property
    def face(self) -> pd.DataFrame:
        """The table, words as text."""
        return in_quantities(self.table, {"language": "language", "words": " · ".join, "comments": ("n", Count)})

    @property
    def headline(self) -> Message:
        """How many themes stand beside the topics."""
        if self.table.empty and self.n >= LEAST_COMMENTS:
            return T("No theme comes again where the comments are drawn anew ({n} comments)", n=Count(self.n))
        if self.table.empty:
            return T("Too few comments to look for themes ({n} comments)", n=Count(self.n))
        return T("{themes} themes beside the topics, from {n} comments", themes=Count(len(self.table)), n=Count(self.n))


def find_themes(
    comments: Values,
    *,
    scores: Values | None = None,
    themes: int = 8,
    words: int = 5,
    least: int = LEAST_COMMENTS,
    seed: int = 0,
    without: Collection[str] = (),
) -> Themes:
    """Find themes by TF-IDF and non-negative matrix factorisation, Arabic and other comments apart.

    Words of `without` (as `words_of` gives them) are in none.

    Lee & Seung, Learning the parts of objects by non-negative matrix factorization, Nature 401 (1999); stability by
    redraws: Greene, O'Callaghan & Cunningham, How many topics? Stability analysis for topic models, ECML PKDD (2014).

    >>> texts = ["late delivery driver"] * 60 + ["price too high"] * 60
    >>> find_themes(texts, themes=2).table["n"].tolist()
    [60, 60]
    """
    if themes < 1 or words < 1:
        raise ParameterError(f"themes={themes} and words={words} must be at least 1, as 8 and 5.")
    texts = [text if isinstance(text, str) else "" for text in np.asarray(comments, dtype=object)]
    answers = np.full(len(texts), np.nan) if scores is None else np.asarray(scores, float)
    written = np.array([bool(text.strip()) for text in texts], bool)
    arabic = np.array([has_arabic(text) for text in texts], bool)
    parts = []
    for language, inside in (("ar", written & arabic), ("en", written & ~arabic)):
        rows = np.flatnonzero(inside)
        if len(rows) >= max(least, 2):
            part = _themes([texts[row] for row in rows], answers[rows], (themes, words), seed, without)
            parts.append(part.assign(language=language))
    columns = ["language", "theme", "words", "n", "share", "mean_score"]
    table = pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
    return Themes(table, int(written.sum()))


def _themes(
    texts: list[str], scores: Floats, sizes: tuple[int, int], seed: int, without: Collection[str]
) -> pd.DataFrame:
    from sklearn.decomposition import NMF
    from sklearn.feature_extraction.text import TfidfVectorizer

    least = max(2, len(texts) // 500)
    vectors = TfidfVectorizer(
        tokenizer=_split,
        token_pattern=None,
        lowercase=False,
        stop_words=sorted(STOP_WORDS.union(without)),
        min_df=least,
        max_df=0.7,
        sublinear_tf=True,
        max_features=3000,
    )
    try:
        table = vectors.fit_transform([normalise(text) for text in texts])
    except ValueError:  # no word is left: all are stop words, or rarer than asked for
        return pd.DataFrame(columns=["theme", "words", "n", "share", "mean_score"])
    number = min(sizes[0], *(max(1, size - 1) for size in table.shape))
    model = NMF(number, init="nndsvda", random_state=seed, max_iter=1000, tol=1e-3)
    strongest = _strongest(model, table)
    weights = model.components_
    vocabulary = _as_written(texts, vectors.get_feature_names_out())
    rows = []
    for theme in np.flatnonzero(_come_again(model, table, strongest, np.random.default_rng(seed))):
        inside = strongest == theme
        known = scores[inside & ~np.isnan(scores)]
        top = np.argsort(-weights[theme], kind="stable")[: sizes[1]]
        top = top[weights[theme, top] >= LEAST_WEIGHT * weights[theme, top[0]]]
        rows.append(
            (tuple(vocabulary[place] for place in top), int(inside.sum()), known.mean() if len(known) else np.nan)
        )
    themes = pd.DataFrame(rows, columns=["words", "n", "mean_score"])
    themes = themes[themes["n"] > 0].sort_values("n", ascending=False, kind="stable").reset_index(drop=True)
    return themes.assign(theme=np.arange(1, len(themes) + 1), share=themes["n"] / len(texts))


def _strongest(model: Any, table: Any) -> Codes:
    """By comment the theme that it is most of, -1 where of none; fits the model."""
    with np.errstate(invalid="ignore"):  # where comments fit perfectly, an error just below zero meets a square root
        held = model.fit_transform(table)
    return np.where(held.max(axis=1) > 0, held.argmax(axis=1), -1)


def _come_again(model: Any, table: Any, strongest: Codes, random: np.random.Generator) -> Flags:
    """Which themes are found again in nearly every redraw of the comments; fits the model anew."""
    themes = np.arange(model.n_components)
    again = np.zeros(len(themes), int)
    size = int(min(FRACTION * len(strongest), MOST_REDRAWN))
    for _ in range(REDRAWS):
        rows = np.sort(random.choice(len(strongest), size, replace=False))
        new, old = (theirs[:, None] == themes for theirs in (_strongest(model, table[rows]), strongest[rows]))
        both = old.T.astype(float) @ new
        either = old.sum(axis=0)[:, None] + new.sum(axis=0) - both
        again += (both / np.maximum(either, 1)).max(axis=1) >= SAME
    return again >= REDRAWS - MISSES


def words_of(texts: Iterable[str]) -> set[str]:
    """The different words of texts, normalised.

    >>> sorted(words_of(["Late again", "late!"]))
    ['again', 'late']
    """
    return set(_split(normalise(" ".join(texts))))


def _split(text: str) -> list[str]:
    return re.findall(r"\b[^\W\d_]{2,}\b", text)


def _as_written(texts: list[str], words: Sequence[str]) -> list[str]:
    """Each normalised word in the spelling that most people gave it, small letters."""
    spellings: dict[str, Counter[str]] = {word: Counter() for word in words}
    for word, times in Counter(word.lower() for text in texts for word in text.split()).items():
        bare = word.strip(".,;:!?()\"'،؛؟«»…")
        if (normal := normalise(bare)) in spellings:
            spellings[normal][bare] += times
    return [counts.most_common(1)[0][0] if counts else word for word, counts in spellings.items()]
