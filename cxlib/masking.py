"""Hides persons in text that others may read: addresses of people, numbers that ring, ids, accounts and cards.

Used wherever raw values of a company's files, or what a program says of them, reach a page, a log, a terminal or a file
that may be passed on: set-aside rows, comments, exceptions. A text is searched in a plain form (one kind of digit, dash
and space, nothing invisible, escapes resolved), and what is found is hidden where it stands.

Sources: ISO 13616 (IBAN: its length by country, check digits by ISO/IEC 7064 MOD 97-10), ISO/IEC 7812-1 annex B (cards:
Luhn), ITU-T E.164 (telephone numbers of at most fifteen digits), GS1 (check digit of article numbers). Why not a
library: docs/design.md.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

HIDDEN = "\u2022\u2022\u2022"
MOST_GROUPS = 12  # digits of a number with separators stand in at most so many groups
CONTEXT = 40  # characters before a number that tell what it is
Span = tuple[int, int]

_SET = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def _form(lines: str | list[str]) -> re.Pattern[str]:
    """An expression of ``masking.toml`` with its pieces put in."""
    text = "".join(lines)
    while found := re.search(r"(?<!\(\?)(?<!\(\?P)<([a-z_]+)>", text):
        text = text.replace(found[0], "".join(_SET["pieces"][found[1]]))
    return re.compile(text)


_FORMS = {name: _form(lines) for name, lines in _SET["forms"].items() if name != "told"}
_TOLD = tuple(map(_form, _SET["forms"]["told"]))
_IBAN_LENGTHS = {country: int(length) for length, countries in _SET["iban"].items() for country in countries.split()}

# Hamza and the last letter of a word are written either way; vowels and lengthened strokes go.
_PLAIN_ARABIC = {**str.maketrans("أإآٱة", "اااا\u0647"), **dict.fromkeys((*range(0x64B, 0x653), 0x640, 0x670))}
_LETTERS = str.maketrans("أإآٱة", "اااا\u0647")

_PIECE = re.compile(
    r"\\x[0-9a-f]{2}|\\u[0-9a-f]{4}|\\[tnr]|&#\d+;|&#x[0-9a-f]+;|&commat;|&nbsp;|%(?:25)?(?:[24]0|2b)|.", re.I | re.S
)
_NAMED = {"\\t": " ", "\\n": "\n", "\\r": "\n", "\t": " ", "&commat;": "@", "&nbsp;": " ", "%40": "@", "%2540": "@"}
_NAMED |= {"%20": " ", "%2b": "+", "%2520": " ", "%252b": "+"}
_MARKS = {"\u066b": ".", "\u066c": ",", "\u2212": "-", "\u30fb": "\u00b7", "\u2027": "\u00b7", "\u3002": "."}
_MARKS |= {"\u060c": ",", "\u061b": ";", "\u2044": "/", "\u2215": "/", "\u29f8": "/", "\u00d7": "x", "\u24d0": "@"}
_MARKS |= {"\u2043": "-", "\u30fc": "-", "\u2219": "\u00b7", "\u22c5": "\u00b7", "\u2026": "."}
_NOUGHT = re.compile(
    r"(?<=\d)[o\u043e\u03bf](?=[ ()./-]{0,3}[\do\u043e\u03bf])|(?<![^\W_])[o\u043e\u03bf](?=[5-9][\do])", re.I
)

_IBAN = re.compile(rf"(?=[a-z]{{2}}\d\d)(?:{'|'.join(_IBAN_LENGTHS)})\d\d", re.IGNORECASE)


def names_a_person(title: str) -> bool:
    """Whether a column's title says that it holds names, addresses, contacts, ids or days of birth of persons."""
    return bool(_FORMS["title"].search(title.translate(_PLAIN_ARABIC))) and not _FORMS["of_contacts"].search(title)


def mask_line(line: str) -> str:
    """A line that could not be cut into cells: only its separators, quotation marks and brackets are shown."""
    return re.sub(r"[^\s,;|:\"{}\[\]]+", HIDDEN, line)


def mask_words(text: str, words: Iterable[str]) -> str:
    """The text with certain words hidden, in whatever case they stand; one word alone not in small letters."""
    for word in sorted(words, key=len, reverse=True):
        single = word.isascii() and word.isalpha()
        forms = "|".join({word, word.upper(), word.title()}) if single else re.escape(word)
        text = re.sub(rf"(?<!\w)(?:{forms})(?!\w)", HIDDEN, text, flags=0 if single else re.IGNORECASE)
    return text


def mask_contacts(text: str) -> str:
    """Put dots in place of e-mail addresses, telephone numbers, ids of eight to fifteen digits, IBANs and cards.

    Also of what the words around it tell: names after a title, handles, papers, plates, streets, days of birth.
    Of an address the first letter stays, which tells two rows apart. Days, times, amounts, versions and codes after a
    word such as "order" are left as they are.

    >>> mask_contacts("call:0501234567 or write to sara.ali@example.com")
    'call:••• or write to s•••'
    >>> mask_contacts("Pay SA03 8000 0000 6080 1016 7519, or +966 50 123 4567.")
    'Pay •••, or •••.'
    >>> mask_contacts("2026-09-14 10:05"), mask_contacts("1,234,567.89"), mask_contacts("order 12345678")
    ('2026-09-14 10:05', '1,234,567.89', 'order 12345678')
    """
    if text.isascii() and not _FORMS["hint"].search(text):
        return text
    plain, starts = _plain(text)
    end, parts = 0, []
    for first, last, visible in sorted(_secrets(plain)):
        if first >= end:
            parts.append(text[starts[end] : starts[first + visible]] + HIDDEN)
            end = last
    return "".join(parts) + text[starts[end] :] if parts else text


mask_label = lru_cache(maxsize=4096)(mask_contacts)
"""`mask_contacts` of what a chart says, which it says for each language, shape and width that is tried."""


def mask_texts(value: Any) -> Any:
    """A JSON value with contacts masked in every text of it, but for the names of its parts."""
    if isinstance(value, Mapping):
        return {name: mask_texts(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [mask_texts(part) for part in value]
    return mask_contacts(value) if isinstance(value, str) else value


def _plain(text: str) -> tuple[str, list[int]]:
    """The text with one kind of digit, dash and space and nothing invisible; where each character of it began."""
    if text.isascii() and not re.search(r"[\\&%\t]", text):
        return text, list(range(len(text) + 1))
    pieces = [(_character(piece[0]), piece.start()) for piece in _PIECE.finditer(text)]
    return "".join(piece for piece, _ in pieces), [*(start for piece, start in pieces if piece), len(text)]


@lru_cache(maxsize=4096)
def _character(piece: str) -> str:
    name = piece.lower()
    if name in _NAMED:
        return _NAMED[name]
    if len(piece) > 1:
        code = int(re.sub(r"[\\&#xu;]", "", name), 16 if "x" in name or "u" in name else 10)
        piece = chr(min(code, 0x10FFFF))
    folded = unicodedata.normalize("NFKC", piece)
    piece = _MARKS.get(piece, folded if len(folded) == 1 else piece)
    digit, kind = unicodedata.decimal(piece, None), unicodedata.category(piece)
    if kind in {"Cf", "Me"} or piece == "\ufe0f" or _PLAIN_ARABIC.get(ord(piece), "") is None:
        return ""
    if digit is not None:
        return str(digit)
    return "-" if kind == "Pd" else " " if kind == "Zs" else piece


def _secrets(plain: str) -> Iterator[tuple[int, int, int]]:
    """First and last place of everything to hide, and how many characters of it stay visible."""
    mails = list(_FORMS["email"].finditer(plain))
    yield from ((*found.span(), 0 if found[0].startswith('"') else 1) for found in mails)
    rest = _without(plain, [found.span() for found in mails])
    for kind in (_ibans, _told, _stored, _cards, _telephones):
        rest = rest if kind in {_ibans, _told} else _NOUGHT.sub("0", rest)
        spans = list(kind(rest))
        yield from ((first, last, 0) for first, last in spans)
        rest = _without(rest, spans)


def _without(text: str, spans: Sequence[Span]) -> str:
    if not spans:
        return text
    characters = list(text)
    for first, last in spans:
        characters[first:last] = "\x00" * (last - first)
    return "".join(characters)


def _ibans(text: str) -> Iterator[Span]:
    for found in _IBAN.finditer(text):
        more = _IBAN_LENGTHS[found[0][:2].upper()] - 1
        whole = re.compile(rf"[a-z0-9](?:[ ./_,:|-]{{0,2}}[a-z0-9]){{{more}}}", re.IGNORECASE).match(
            text, found.start()
        )
        characters = re.sub(r"[ ./_,:|-]", "", whole[0]).upper() if whole else ""
        is_right = whole and int("".join(str(int(c, 36)) for c in characters[4:] + characters[:4])) % 97 == 1
        if whole and (is_right or _FORMS["fours"].fullmatch(whole[0])):
            yield whole.span()


def _told(text: str) -> Iterator[Span]:
    """Names after titles, signatures, handles, papers, plates, boxes, streets and days of birth."""
    text = text.translate(_LETTERS)
    for found in (found for form in _TOLD for found in form.finditer(text)):
        yield found.span(1)


def _cards(text: str) -> Iterator[Span]:
    text = _without(text, [found.span() for found in _FORMS["date"].finditer(text)])
    starts = (
        found.start() for found in re.finditer(r"(?<!\d)\d", text) if not _FORMS["of_goods"].search(_before(found))
    )
    for found in filter(None, (_FORMS["card"].match(text, start) for start in starts)):
        for end in [last for last in range(found.end(), found.start() + 12, -1) if not text[last : last + 1].isdigit()]:
            number = text[found.start() : end]
            digits = re.sub(r"\D", "", number)
            if len(digits) > 12 and (luhn(digits) or re.fullmatch(r"\d{4}(\W+)\d{4}\1\d{4}\1\d{4}", number)):
                yield found.start(), end
                break


def _stored(text: str) -> Iterator[Span]:
    """Numbers of floats, such as ``966501234567.0`` and ``9.66E+11``, that are telephone numbers, ids or cards."""
    for found in _FORMS["stored"].finditer(text):
        whole = re.sub(r"\D", "", found["whole"] or found["groups"] or "")
        if found["size"]:
            size = Decimal(found["size"].replace(",", ".")).normalize()
            whole = f"{size.scaleb(int(found['power'])):.0f}" if len(size.as_tuple().digits) > 2 else ""
        honest = _FORMS["honest"].fullmatch(whole) or (whole.endswith("00000") and not found["size"])
        if found["groups"]:
            honest = len(whole) < 11 or whole.endswith("000") or _is_counted(re.findall(r"\d+", found["groups"]))
        if 5 < len(whole) < 20 and not honest and _is_telephone(text, found.span(), whole[:15]):
            yield found.span()


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others, as on every card."""
    doubled = [sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2]]
    return (sum(doubled) + sum(map(int, digits[-1::-2]))) % 10 == 0


def is_article(digits: str) -> bool:
    """Whether thirteen digits are an article number, as under a bar code."""
    return len(digits) == 13 and (sum(map(int, digits[::2])) + 3 * sum(map(int, digits[1::2]))) % 10 == 0


def _telephones(text: str) -> Iterator[Span]:
    """The parts of each row of digits that are telephone numbers or ids, from the left and as long as can be."""
    text = _FORMS["said"].sub(lambda found: "-" + "\x01" * (len(found[0]) - 1), text)
    honest = (
        found
        for found in _FORMS["honest"].finditer(text)
        if not (found["fraction"] and _FORMS["cue"].search(_before(found)))
    )
    text = _without(text, [found.span() for found in honest])
    for row in _FORMS["number"].finditer(text):
        if _is_counted(re.findall(r"\d+", row[0])):
            continue
        groups = [found.span() for found in re.compile(r"[+(]*(?:\( )?\d+").finditer(text, *row.span())]
        begin = 0
        while begin < len(groups):
            ends = range(min(len(groups), begin + MOST_GROUPS), begin, -1)
            parts = ((end, (groups[begin][0], groups[end - 1][1])) for end in ends)
            end, part = next(((end, part) for end, part in parts if _is_telephone(text, part)), (begin + 1, None))
            if part:
                bracket, more = (
                    text[part[0]] == "(" and ")" not in text[slice(*part)],
                    _FORMS["extension"].match(text, part[1]),
                )
                yield part[0] + bracket, more.end() if more else part[1]
            begin = end


def _before(found: re.Match[str]) -> str:
    return found.string[max(found.start() - CONTEXT, 0) : found.start()]


def _is_telephone(text: str, span: Span, number: str = "") -> bool:
    number, before, after = number or text[slice(*span)], text[: span[0]][-CONTEXT:], text[span[1] :][:12]
    groups = re.findall(r"\d+", number)
    digits = "".join(groups)
    if not 6 <= len(digits) <= 15 or ("+" not in number and _FORMS["of_goods"].search(before)):
        return False
    if _is_dialled(number, digits):
        return True
    if not (len(digits) > 7 and _is_grouped(number, groups)) or re.search(r"\d\.$", before) or re.match(r"\.\d", after):
        return not re.search(r"\d\W*$", before) and bool(_FORMS["cue"].search(before))
    honest = _FORMS["label"].search(before) or _FORMS["code"].search(before) or _FORMS["unit"].match(after)
    return not honest or bool(_FORMS["cue"].search(before))


def _is_grouped(number: str, groups: list[str]) -> bool:
    """Whether digits stand as those of a telephone number or an id do: in one row, or in groups of usual sizes."""
    if len(groups) == 1:
        return not is_article(groups[0])
    if " " not in number and min(map(len, groups)) > 1:
        return True
    return "  " not in number and bool(_FORMS["groupings"].match(" ".join(str(len(group)) for group in groups)))


def _is_counted(groups: list[str]) -> bool:
    """Whether numbers follow each other by equal steps, or are noughts and ones alone."""
    steps = {int(after) - int(before) for before, after in pairwise(groups)}
    return len(groups) > 3 and (set(groups) == {"0", "1"} or (len(steps) == 1 and steps != {0} and groups[0][0] != "0"))


def _is_dialled(number: str, digits: str) -> bool:
    """Whether a number begins as one that is dialled: with a plus, an area code in brackets, or a nought."""
    if (
        number.lstrip("( ").startswith("+")
        or re.match(r"\(\s?\d{1,5}\s?\)", number)
        or re.search(r"\d \(\d{2,4}\)", number)
    ):
        return len(digits) >= 7
    if re.match(r"00[1-9]", digits):
        return len(digits) >= 11
    return bool(re.match(r"0[1-9]", digits)) and number[:2] != "0." and 8 <= len(digits) <= 12
