"""Comments as people write them: what of a text is its writer's own, its language, and which texts are near twins."""

import html
import re

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxlib.measures.satisfaction import normalise_arabic

LONGEST = 4_000  # characters of a comment that are read: what is longer was pasted
ALIKE = 0.8  # share of the letter groups of two near twins that both have
GRAM, HASHES, BANDS = 5, 32, 8
_TAG = re.compile(r"<(style|script)\b.*?</\1\s*>|<!--.*?-->|</?[a-z][^<>]{0,1000}>", re.IGNORECASE | re.DOTALL)
_FIELDS = r"(?:sent|date|to|subject|التاريخ|تاريخ الإرسال|إلى|الموضوع)"
_THREAD = re.compile(  # from here on a mail quotes an earlier one
    r"^[ \t]*(?:-{2,}[ \t]*(?:original message|forwarded message|الرسالة الأصلية).*"
    r"|on\b.{5,120}\bwrote:|(?:في|بتاريخ)\b.{5,120}\bكتب.{0,80}:"
    rf"|(?:from|من):.*\n(?:.*\n){{0,2}}?[ \t]*{_FIELDS}:)",
    re.IGNORECASE | re.MULTILINE,
)
_QUOTED = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_ARABIC, _LATIN = re.compile("[\u0621-\u06d3]"), re.compile("[A-Za-z\u00c0-\u024f]")
_LINK = re.compile(r"\S+://\S+|www\.\S+|\S+@\S+|[@#]\S+")
_ARABIZI = re.compile(r"\b(?:[a-z]+[2357]+[a-z]+|[2357][a-z]{3,})\b")
_LETTER = re.compile(r"[^\W\d_]")
_NOT_ARABIC = re.compile("[\u0679\u0688\u06ba\u06be\u06d2\u06af\u0686\u067e\u0698\u06a9\u06cc]")  # Urdu, Persian
_WORDS_ENGLISH = frozenset(
    re.findall(
        r"\w+",
        "the a an and or but of to in on at for with is are was were be it its i my me we our you your they their this "
        "that not no so very too as by from have has had do did will would can could just all there what when if",
    )
)
LEAST_WORDS = 8  # Latin words without one of these are some other language


def own_words(text: object) -> str:
    r"""The text without markup and without the mails that it quotes, at most `LONGEST` characters; "" for none.

    >>> own_words("<p>Late &amp; cold</p>\n> you wrote\nOn Monday the shop wrote:\n> Dear customer")
    'Late & cold'
    """
    if not isinstance(text, str):
        return ""
    text = text[: 4 * LONGEST]
    if "<" in text or "&" in text:
        text = html.unescape(_TAG.sub(" ", text))
    if "\n" in text and (thread := _THREAD.search(text)):
        text = text[: thread.start()]
    return " ".join((_QUOTED.sub(" ", text) if ">" in text else text).split())[:LONGEST]


def language_of(text: str) -> str:
    """Which letters a text is written in: "ar", "en", "other", or "" without any; both of the first two are "ar".

    >>> [language_of(text) for text in ("السعر high", "Too late", "Слишком дорого", "👍 10/10", "یہ بہت اچھا ہے")]
    ['ar', 'en', 'other', '', 'other']
    """
    letters = len(_LETTER.findall(text))
    if not letters:
        return ""
    arabic, latin = len(_ARABIC.findall(text)), len(_LATIN.findall(text))
    if 2 * (arabic + latin) < letters:
        return "other"
    if arabic and arabic >= 0.3 * latin:
        return "other" if len(_NOT_ARABIC.findall(text)) > 0.1 * arabic else "ar"
    words = re.findall(r"[^\W\d_]+", text.lower())
    return "other" if len(words) >= LEAST_WORDS and _WORDS_ENGLISH.isdisjoint(words) else "en"


def is_arabizi(text: str) -> bool:
    """Whether a text writes Arabic in Latin letters, with digits for those that Latin lacks; links aside.

    >>> is_arabizi("el akl 7elw awy w sa7eeb"), is_arabizi("see https://x.example/a3b or room 3b")
    (True, False)
    """
    return len(_ARABIZI.findall(_LINK.sub(" ", text.lower()))) >= 1


def near_twins(texts: pd.Series) -> npt.NDArray[np.int64]:
    """A number for each text, the same for near twins; texts of fewer letters than one group stand alone.

    MinHash over groups of five letters, held together in bands (Broder 1997; Leskovec, Rajaraman & Ullman, Mining of
    Massive Datasets, 3.4): texts that share four in five of their groups, whatever their digits and signs.

    >>> near_twins(pd.Series(["The order came late again", "the order came late again!!", "Fine", "Fine"])).tolist()
    [0, 0, 1, 2]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    codes, distinct = pd.factorize(texts.map(_plain))
    long = np.flatnonzero([len(text) >= GRAM for text in distinct])
    if not len(long):
        return np.arange(len(texts), dtype=np.int64)
    signatures = _signatures([str(distinct[int(place)]) for place in long])
    pairs = []
    for band in np.split(signatures, BANDS, axis=1):
        group = pd.MultiIndex.from_arrays(list(band.T)).factorize()[0]
        first = np.full(group.max() + 1, len(group))
        np.minimum.at(first, group, np.arange(len(group)))
        one = first[group]
        alike = (signatures[one] == signatures).mean(axis=1) >= ALIKE
        pairs.append(np.stack([one[alike], np.flatnonzero(alike)]))
    rows, columns = long[np.concatenate(pairs, axis=1)]
    graph = coo_array((np.ones(len(rows), np.int8), (rows, columns)), shape=(len(distinct), len(distinct)))
    found = connected_components(graph, directed=False)[1][codes].astype(np.int64)
    short = np.array([len(text) < GRAM for text in distinct], bool)[codes]
    found[short] = len(distinct) + np.arange(short.sum())
    return np.asarray(pd.factorize(found)[0], dtype=np.int64)


def _plain(text: str) -> str:
    """Letters only, in one spelling."""
    return " ".join(re.findall(r"[^\W\d_]+", normalise_arabic(text).lower()))


def _signatures(texts: list[str]) -> npt.NDArray[np.uint64]:
    """The smallest of each of `HASHES` hashes over the letter groups of each text, all texts in one array."""
    letters = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32).astype(np.uint64)
    ends = np.cumsum([len(text) for text in texts])
    grams = np.zeros(len(letters) - GRAM + 1, np.uint64)
    for step in range(GRAM):
        grams = grams * np.uint64(0x100000001B3) + letters[step : len(letters) - GRAM + 1 + step]
    # A group that reaches into the next text is none.
    last = ends - GRAM
    inside = np.ones(len(grams), bool)
    for step in range(1, GRAM):
        over = last + step
        inside[over[over < len(grams)]] = False
    starts = np.searchsorted(np.flatnonzero(inside), ends - [len(text) for text in texts])
    grams, rng = grams[inside], np.random.default_rng(0)
    signatures = np.empty((len(texts), HASHES), np.uint64)
    for number in range(HASHES):
        one, two = rng.integers(1, 2**63, 2, dtype=np.uint64)
        mixed = (grams ^ (grams >> np.uint64(29))) * (one | np.uint64(1)) + two
        signatures[:, number] = np.minimum.reduceat(mixed ^ (mixed >> np.uint64(32)), starts)
    return signatures
