"""Arabic as an Arab editor writes it: one term for one thing, counts by their real forms, joins and signs in place."""

import re
from pathlib import Path

import pytest

from cxlib.language import Count, Decimal, Points, T, speaker
from cxlib.language.speaker import catalogues
from cxlib.language.words import COUNTED

VOWELS = re.compile("[\u064b-\u0652\u0640]")
MARKS = re.compile("[\u200e\u200f\u2066-\u2069]")


def _entries():
    for catalogue in catalogues("ar"):
        for entry in catalogue:
            if entry.id:
                forms = (entry.string,) if isinstance(entry.string, str) else entry.string
                yield entry.id if isinstance(entry.id, str) else entry.id[0], forms


ENTRIES = list(_entries())
PAGE = (Path(__file__).parents[2] / "docs" / "arabic.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([a-zA-Z][^|]*) \| ([^|]+) \| ([^|]+) \|$", PAGE, re.MULTILINE)
GLOSSARY = [row for row in ROWS if row[0] != "English"]


def _bare(text):
    return VOWELS.sub("", text)


@pytest.mark.parametrize(("english", "_arabic", "banned"), GLOSSARY, ids=[row[0] for row in GLOSSARY])
def test_no_banned_rendering(english, _arabic, banned):
    """Where the English says a term, the Arabic holds none of the words that docs/arabic.md refuses for it."""
    words = "|".join(map(re.escape, map(_bare, banned.strip().split("، "))))
    pattern = re.compile(rf"(?<![\u0621-\u064a])[وفبلك]?(?:{words})(?![\u0621-\u064a])")
    where = re.compile(rf"\b{english}s?\b", re.IGNORECASE)
    said = [form for text, forms in ENTRIES if where.search(text) for form in forms]
    assert [form for form in said if pattern.search(_bare(form))] == []


def test_the_glossary_is_used():
    """Each term stands in the catalogue, so that the test above looks at something."""
    texts = " ".join(text for text, _ in ENTRIES)
    assert len(GLOSSARY) > 30
    assert [row[0] for row in GLOSSARY if not re.search(rf"\b{row[0]}", texts, re.IGNORECASE)] == []


def test_counts_agree_instead_of_dodging():
    """No «وعددهم {n}»: a number stands before what it counts, in the form that it asks for."""
    dodges = re.compile(r"عدد(?:ها|هم|هن) \{|عدد [\u0621-\u064a]+ (?:هو )?\{")
    assert [form for _, forms in ENTRIES for form in forms if dodges.search(form) and "بعدد {n}" not in form] == []


def test_what_is_counted_is_known():
    """What stands behind a colon in a translation has a message with six forms."""
    known = {one.removeprefix("{n} ") for one in COUNTED} | {"running membership", "day"}
    used = {noun for _, forms in ENTRIES for form in forms for noun in re.findall(r"\{\w+:([^}]+)\}", form)}
    assert used <= known
    assert len(used) > 12


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (Count(1), "رد واحد (1)"), (Count(2), "ردّان (2)"), (Count(3), "3 ردود"), (Count(11), "11 ردًّا"),
        (Count(100), "100 رد"), (Count(6405), "6,405 ردود"), (7, "7 ردود"),
    ],
)  # fmt: skip
def test_a_count_within_a_sentence_has_its_form(number, said):
    """`{n:answer}` picks the form of the number, as `N` does."""
    assert said in MARKS.sub(
        "",
        speaker("ar").say(
            T("{score} by month, {first} to {last}, {n} answers", score="NPS", first=1, last=2, n=number)
        ),
    )


@pytest.mark.parametrize(("change", "said"), [(8, "+8 نقاط"), (-7.7, "−8 نقاط"), (-11, "−11 نقطة")])
def test_points_agree_with_what_is_shown(change, said):
    """A score of −7.7 is shown as −8, and eight takes the plural."""
    assert said in MARKS.sub("", speaker("ar").say(T("{change} points, {word}", change=Points(change), word="")))


def test_numbers_with_decimals_and_none_at_all():
    """2.5 of something takes the form of a hundred; an unknown number is a dash."""
    said = speaker("ar").say(T("average error {mae} purchases a customer", mae=Decimal(2.5)))
    assert "2.5 عملية شراء" in MARKS.sub("", said)
    assert "\u2013" in speaker("ar").say(T("{what} ({rows} rows)", what="", rows=Count(None)))


def test_prepositions_join_no_placeholder():
    """A name may begin with ال, and ل with it is one word: «للتوصيل», never «لـالتوصيل»."""
    assert [form for _, forms in ENTRIES for form in forms if re.search(r"[لبكو]ـ\s?[«\"]?\{|الـ\{", form)] == []
