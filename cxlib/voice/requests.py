"""What customers ask for: wishes that would help others, told from calls for help, and the same wish counted once.

Rules, not a model: half of the wishes in Arabic stand in friendly comments, and few companies have labels for them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cxlib.measures.nps import SUPPRESS_BELOW
from cxlib.strict_yaml import read_yaml_mapping
from cxlib.voice.feedback import Feedback
from cxlib.voice.topics import normalise

YEAR = 365  # days that wishes are taken from
ALIKE = 0.7  # distance at which groups are no longer joined (average linkage of letter groups)
MOST_TEXTS = 2_000  # different wishes in a language
_RULES: Any = read_yaml_mapping(Path(__file__).with_name("requests.yaml"), name="requests.yaml")
STRONG, WEAK, HELP = (re.compile("|".join(_RULES[name])) for name in ("strong", "weak", "help"))
_CUE = re.compile(f"{STRONG.pattern}|{WEAK.pattern}")
_SENTENCE = re.compile(r"[.!?\u061f\u061b]+\s|\n")


def kind_of(text: str) -> str:
    """What a comment asks for: "suggestion", "request" (help for its writer), or "" for neither.

    >>> [kind_of(text) for text in ("Please add a slot", "Where is my order?", "أتمنى توفير خدمة ليلية", "Good")]
    ['suggestion', 'request', 'suggestion', '']
    """
    plain = normalise(text).replace("\u2019", "'")
    if STRONG.search(plain):
        return "suggestion"
    if HELP.search(plain):
        return "request"
    return "suggestion" if WEAK.search(plain) else ""


def recurring(feedback: Feedback) -> pd.DataFrame:
    """Suggestions of the last year, the same ones together, those of most customers first.

    Returns: customers, comments, sources (their names, most first), first, last (days), language, quote (the most
        frequent, masked; "" where fewer than `SUPPRESS_BELOW` customers ask for it or none of them lets it be shown).
    """
    rows = feedback.rows[feedback.rows["day"] > feedback.end - pd.Timedelta(days=YEAR)]
    kinds = {text: kind_of(text) for text in rows["text"].unique()}
    rows = rows[rows["text"].map(kinds).eq("suggestion").to_numpy(bool)].reset_index(drop=True)
    lines = []
    for language in ("ar", "en"):
        part = rows[rows["language"] == language]
        groups = grouped(part["text"])
        lines += [_line(feedback, wish, language) for _, wish in part.groupby(groups.to_numpy(), sort=False)]
    columns = ["customers", "comments", "sources", "first", "last", "language", "quote"]
    table = pd.DataFrame(lines, columns=columns)
    return table.sort_values(["customers", "last"], ascending=False, kind="stable", ignore_index=True)


def grouped(texts: pd.Series) -> pd.Series:
    """A number for each text, the same for the same wish; those beyond the most frequent `MOST_TEXTS` stand alone.

    >>> wishes = ["Please add night delivery", "I suggest a night delivery", "Please use paper bags"]
    >>> grouped(pd.Series(wishes)).tolist()
    [0, 0, 1]
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import pdist
    from sklearn.feature_extraction.text import TfidfVectorizer

    plain = texts.map({text: _asked(text) for text in texts.unique()})
    distinct = plain.value_counts(sort=True).index[:MOST_TEXTS]
    numbers = pd.Series(np.arange(len(distinct)), index=distinct)
    if len(distinct) > 1:
        try:
            weights = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True).fit_transform(distinct)
        except ValueError:  # no letters are left
            return pd.Series(0, index=texts.index)
        away = np.nan_to_num(np.clip(pdist(weights.toarray(), "cosine"), 0, 1), nan=1.0)
        numbers = pd.Series(fcluster(linkage(away, "average"), ALIKE, "distance"), index=distinct)
    found = plain.map(numbers).to_numpy(float)
    alone = np.isnan(found)
    found[alone] = len(distinct) + 1 + np.arange(alone.sum())
    return pd.Series(pd.factorize(found)[0], index=texts.index)


def _asked(text: str) -> str:
    """The sentences that ask, without the words that say so."""
    parts = [part for part in _SENTENCE.split(normalise(text).replace("\u2019", "'")) if _CUE.search(part)]
    return " ".join(" ".join(_CUE.sub(" ", part) for part in parts).split())


def _line(feedback: Feedback, wish: pd.DataFrame, language: str) -> tuple[object, ...]:
    customers = int(wish["who"].nunique())
    quote, may = "", wish.loc[wish["may_quote"], "text"]
    if customers >= SUPPRESS_BELOW and len(may):
        counts = may.value_counts()
        quote = feedback.mask(min(counts.index[counts == counts.max()], key=len))
    sources = tuple(wish["source"].value_counts().index)
    return customers, len(wish), sources, wish["day"].min(), wish["day"].max(), language, quote
