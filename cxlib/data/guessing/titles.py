"""What a title says: the words of a column's name, held against those of `titles.yaml`."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from cxlib.data.casts import SIGNS
from cxlib.data.tables import TABLES
from cxlib.strict_yaml import read_own

_ARABIC = {**str.maketrans("أإآٱىة", "ااااي\u0647"), **dict.fromkeys((*range(0x64B, 0x653), 0x640, 0x670, 0x307))}
ANSWERS = {"nps", "csat", "ces"}
GENERIC, DOUBTED = 0.5, 0.55  # scores of a title that names an id but not of what, and of one that names a part
_IDLE = {"date": "days and times", "instant": "days and times", "text": "names", "integer": "counts"}
_PLURAL = re.compile(r"[a-z]{2,}[^\Wsui_]s")
_COMPOUND, _MADE, _WHO = 0.78, 0.95, 0.2
_GERMANIC = re.compile(  # titles in one word
    r"(?<=\w{3})(nummer|nr|datum|namn|naam|name|bezeichnung|betrag|bedrag|preis|prijs)\b"
)
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789")
_RANGE = re.compile(r"(?<![\w.-])([01])\s*(?:-|–|—|to|bis|a|à|إلى|الى)\s*(\d\d?)(?![\w.-])")
_SCALES = {(0, 5), (0, 10), (1, 4), (1, 5), (1, 6), (1, 7), (1, 10)}
_OF = {"of", "the", "for", "by", "with"}  # "nature of complaint"
_KINDS = {"memberships": "plan", "tickets": "topic", "sessions": "kind", "messages": "kind"}  # "type of contract"
_DAYS = {"transactions": "at", "tickets": "opened_at", "messages": "sent_at", "sessions": "at"}


@cache
def listed() -> Mapping[str, Any]:
    """All of `titles.yaml`."""
    return read_own(Path(__file__).with_name("titles.yaml"))


@cache
def phrases(*path: str) -> tuple[tuple[str, ...], ...]:
    """The titles that are listed under a path of `titles.yaml`, as words."""
    if path[0] == "titles":
        shared = phrases("customer_id") if path[2] == "customer_id" else ()
        return tuple(_core(one, *path[1:]) for one in (*shared, *phrases(*path[1:]), plain_words(path[2])))
    node: Any = listed()
    for step in path:
        node = node.get(step, {})
    return tuple(plain_words(str(one)) for one in node)


@cache
def _in_english() -> Mapping[str, str]:
    """Words of other languages and what they mean."""
    words = listed()["other languages"].items()
    return {unicodedata.normalize("NFKC", one).translate(_ARABIC): word for word, names in words for one in names}


@cache
def plain_words(title: str) -> tuple[str, ...]:
    """The words of a title, as they are compared."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", unicodedata.normalize("NFKC", title)).casefold().translate(_ARABIC)
    text = re.sub(_GERMANIC, r" \1", re.sub(r"^n(?=[°. ]+\w)", "no", text))
    words = [re.sub(r"^(ال|لل)(?=\w{3})", "", word) for word in re.findall(r"[^\W_]+\*?|#", text)]
    words = [word for word in words if word not in listed()["words between"]] or words
    foreign, short = _in_english(), listed()["abbreviations"]
    if any(word in foreign for word in words):  # "data di nascita"
        words = ["date" if word == "data" else word for word in words]
    words = " ".join(short.get(word, foreign.get(word, word)) for word in words).split()
    return tuple(word for word in words if word.upper() not in SIGNS) or tuple(words)


@cache
def _core(words: tuple[str, ...], table: str, target: str) -> tuple[str, ...]:
    """The words of a title, one for several, but those that say only that it is a day, a name, or a count."""
    column = TABLES[table].column(target)
    idle = phrases(_IDLE.get(column.kind if column else "", "nothing idle"))
    words = tuple(one for one in words if (one,) not in idle) or words
    return tuple(one[:-1] if _PLURAL.fullmatch(one) else one for one in words)


@lru_cache(maxsize=50_000)  # values are asked about as well
def holds(title: str, *path: str) -> bool:
    """Whether the words of one of the titles listed there stand in a title, one after the other."""
    return any(_within(plain_words(title), phrase) for _, phrase in _likely(plain_words(title), *path))


@cache
def _by_first_word(*path: str) -> Mapping[str, Sequence[tuple[int, tuple[str, ...]]]]:
    """The titles listed under a path with their ranks, by their first word; those of any end under a star."""
    groups: dict[str, list[tuple[int, tuple[str, ...]]]] = {}
    for rank, phrase in enumerate(phrases(*path)):
        groups.setdefault("*" if "*" in phrase[0] else phrase[0], []).append((rank, phrase))
    return groups


def _likely(words: tuple[str, ...], *path: str) -> list[tuple[int, tuple[str, ...]]]:
    """The titles listed under a path that begin with one of these words, and their ranks."""
    groups = _by_first_word(*path)
    return sorted(pair for word in {*words, "*"} for pair in groups.get(word, ()))


def is_listed(title: str, *path: str) -> bool:
    """Whether a title is one of those listed there."""
    return plain_words(title) in phrases(*path)


def range_of(title: str) -> tuple[int, int]:
    """The ends of the scale that a title tells, such as (0, 10) of "Recommend (0-10)"; (0, 0) where it tells none."""
    text = unicodedata.normalize("NFKC", title).translate(_DIGITS)
    ends = [(int(low), int(high)) for low, high in _RANGE.findall(text)]
    return next((one for one in ends if one in _SCALES), (0, 0))


def currency_word(title: str) -> str:
    """The code of a currency that a title names by a word."""
    words = listed()["currency words"]
    return next((code for word, code in words.items() for one in plain_words(title) if one.endswith(word)), "")


def _within(words: tuple[str, ...], phrase: tuple[str, ...]) -> bool:
    if len(phrase) == 1 and phrase[0] in words:
        return True
    starts = range(len(words) - len(phrase) + 1)
    return any(all(map(is_word, words[start : start + len(phrase)], phrase)) for start in starts)


def is_word(word: str, pattern: str) -> bool:
    """Whether a word is that one, or begins like one with a star."""
    return word.startswith(pattern[:-1]) if pattern.endswith("*") else word == pattern


@cache
def title_score(title: str, table: str, target: str) -> float:
    """How well a title names a canonical column: near 1 for one of its usual titles, less where it holds one."""
    if (bracket := re.search(r"\((\w+)\)\s*$", title)) and holds(bracket[1], "files", table):  # "Status (Ticket)"
        title = title[: bracket.start()]
    every, best = _without_tax(plain_words(title)), 0.0
    title, words = " ".join(every), _core(every, table, target)
    if holds(title, "never", target):
        return DOUBTED if words in phrases("titles", table, target) else 0.0
    own = _beside_rows(words, table, target)
    for rank, phrase in _likely(words, "titles", table, target):
        if phrase in (words, own) and (words == phrase or phrase not in phrases("generic")):
            return GENERIC if phrase in phrases("generic") else 1.0 - rank / 2_000
        if target in ANSWERS and phrase in phrases("generic"):  # "rating speed" is a rating of something
            continue
        if (len(phrase) > 1 or len(phrase[0]) > 2) and _within(words, phrase):
            best = max(best, 0.35 + 0.4 * len(phrase) / len(words) - rank / 5_000)
        elif len(phrase) > 1 and [one for one in words if one in phrase] == [*phrase]:  # "first (agent) reply"
            best = max(best, 0.3 + 0.3 * len(phrase) / len(words) - rank / 5_000)
    return max(best, _compound(every, table, target))


def _beside_rows(words: tuple[str, ...], table: str, target: str) -> tuple[str, ...]:
    """The words of a title beside that which says what rows are: of a ticket's description, "description"."""
    if target not in _DAYS.values() and getattr(TABLES[table].column(target), "kind", "") != "text":
        return words
    rows = [one for (one, *more) in phrases("files", table) if not more]
    return tuple(word for word in words if not any(is_word(word, one) for one in rows))


def _compound(words: tuple[str, ...], table: str, target: str) -> float:
    """How well a title says whose a column is and what, such as "Reservation number", or "Customer phone"."""
    own: dict[str, tuple[str, ...]] = {
        TABLES[table].key: ("id words", "codes"),
        _DAYS.get(table, ""): ("days and times", "making"),
    }
    own |= {"customer_id": ("id words", "codes", "contacts", "names"), _KINDS.get(table, ""): ("types",)}
    own |= {"joined_on": ("days and times", "making")}  # "تاريخ إضافة العميل"
    whose = ("persons who buy",) if target in ("customer_id", "joined_on") else ("files", table)
    what = [word for word in words if any((word,) in phrases(one) for one in own.get(target, ()))]
    rest = [word for word in words if word not in what and word not in _OF]
    if len(rest) != 1 or not any(is_word(rest[0], one[0]) for one in phrases(*whose)):
        return 0.0
    if not what:  # "Comprador", and no count of guests; an e-mail address is better
        return _WHO * (target == "customer_id" and not rest[0].endswith("s"))
    if any((word,) in phrases("making") for word in what):
        return _MADE
    ranked = dict.fromkeys(one for one, *_ in (*phrases("contacts"), *phrases("names")))  # several languages say one
    return _COMPOUND - 0.001 * max((n for n, one in enumerate(ranked) if one in what), default=0)


@cache
def _without_tax(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a title up to the one that says what its amounts include."""
    including = [pattern for (pattern,) in phrases("including")]
    end = next((n for n, word in enumerate(words) if n and any(is_word(word, one) for one in including)), None)
    return words[:end]
