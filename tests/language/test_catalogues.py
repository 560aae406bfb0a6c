"""Catalogues are complete, keep what a message carries, and say one thing in one way."""

import gettext
import re

import pytest
from babel import Locale

from cxlib.language import speaker
from cxlib.language.messages import placeholders
from cxlib.language.speaker import catalogues, package_catalogues

LANGUAGES = sorted({path.parts[-3] for path in package_catalogues()})
CATEGORIES = ("zero", "one", "two", "few", "many", "other")  # CLDR's order, which catalogues follow
KEPT = re.compile(r"\{\w+(?::[^}]+)?\}|`[^`]*`|'[a-z_]+[^']*'")  # placeholders, code, and the names of settings
LATIN_TERMS = {"RFM", "CSV", "JSON", "CLV", "NPS", "UTF", "sources.yaml", "pandas", "ibis", "score", "DuckDB"}
LATIN_TERMS |= {"Parquet", "case", "when", "then", "true", "end", "margin", "covariates", "Python"}
LATIN_TERMS |= {"ROC", "AUC", "PR", "PSI", "Brier", "log", "rank", "p", "t", "PyMC", "Marketing"}
LATIN_TERMS |= {
    "BG",
    "NBD",
    "MBG",
    "Pareto",
    "Gamma",
    "AIC",
    "R",
    "CES",
    "CSAT",
}  # models and measures, and their authors:
LATIN_TERMS |= {"cell", "timeout", "minutes", "memory", "limit", "mb"}  # settings
LATIN_TERMS |= {"Fader", "Hardie", "Lee", "Batislam", "Schmittlein", "Lindeman", "Merenda", "Gold", "Rocks"}
LATIN_TERMS |= {"CNBD", "k", "Reutterer"}
MARKDOWN = (r"^#{1,6} ", r"^[-*] ", r"^\d+\. ", r"\*\*[^*]+\*\*", r"`[^`]+`", r"\]\(", r"\n\n")
TERMS = {  # English -> what every Arabic message with that word holds
    r"customers?": "عميل|عملا|:customer|ئهم|منهم|ممن|من اشتروا|من لا يوصون|يعودون",
    r"segments?": "شريح|شرائح|:segment",
    r"cohorts?": "فوج|أفواج",
    r"transactions?": "معامل[ةا]",
    r"(?<!all )orders": "طلبات|:order",
    r"revenue": "إيراد",
    r"interval": "فترة (ال)?ثقة|فترات (ال)?ثقة|فترة ثقت|فترات ثقت|فترته|فترتها",
    r"loyalty": "الولاء",
    r"membership": "عضوي",
    r"refunds?": "سترد",
    r"reports?": "تقرير|تقارير|دفتر",
    r"rows?": "صف|سطر|:row",
    r"columns?": "عمود|أعمدة",
    r"tiers?": "فئ",
    r"medians?": "وسيط",
    r"(set aside|quarantined)": "عُ?ز",
    r"(recency)": "حداثة",
    r"notebook": "دفتر",
    r"page": "صفح",
    r"parameters?": "إعداد|معالم|معلم",  # a setting, or what a model estimates; معاملات are transactions
}


CATALOGUES = {language: tuple(catalogues(language)) for language in LANGUAGES}
ALL = {language: [entry for part in parts for entry in part if entry.id] for language, parts in CATALOGUES.items()}
ENTRIES = [(language, entry) for language in LANGUAGES for entry in ALL[language] if entry.string]
FOREIGN_SCRIPT = [pair for pair in ENTRIES if not re.search("[a-z]", speaker(pair[0]).language_name)]
ARABIC = [entry for language, entry in ENTRIES if language == "ar"]


def _source(entry):
    return (entry.id,) if isinstance(entry.id, str) else entry.id


def _forms(entry):
    return (entry.string,) if isinstance(entry.string, str) else entry.string


def test_arabic_is_there():
    """The tests below look at something."""
    assert "ar" in LANGUAGES
    assert len(ARABIC) > 250


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_holds_what_the_code_says(language, extracted):
    """Nothing is missing and nothing obsolete; `make messages` mends both."""
    wanted = {(entry.context, entry.id) for entry in extracted if entry.id}
    stored = {(entry.context, entry.id) for entry in ALL[language]}
    assert sorted(map(str, wanted - stored)) == []
    assert sorted(map(str, stored - wanted)) == []
    assert not any(part.obsolete for part in CATALOGUES[language])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_translated(language):
    """Every form of every message has a text, and none is marked as uncertain."""
    entries = ALL[language]
    assert [entry.id for entry in entries if entry.fuzzy or not all(_forms(entry))] == []
    counts = {len(_forms(entry)) for entry in entries if not isinstance(entry.id, str)}
    assert {part.num_plurals for part in CATALOGUES[language]} >= counts


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_plural_rule_is_written_out_and_right(language):
    """For 0 to 200 the rule in the file picks the form that CLDR names; Babel's own swaps two of the Arabic ones."""
    texts = [path.read_text(encoding="utf-8") for path in package_catalogues(language)]
    rule, *others = (re.search(r'"Plural-Forms: nplurals=(\d+); plural=(.+);\\n"', text) for text in texts)
    assert all(other.groups() == rule.groups() for other in others)
    by_category = Locale(language).plural_form
    names = [name for name in CATEGORIES if name in {*by_category.tags, "other"}]
    assert int(rule[1]) == len(names)
    choose = gettext.c2py(rule[2])
    assert [names[choose(n)] for n in range(201)] == [by_category(n) for n in range(201)]


def test_placeholders_stay():
    """Every form of every translation has exactly the values of the English message."""
    for language, entry in ENTRIES:
        wanted = set.union(*map(placeholders, _source(entry))) if "{" in str(entry.id) else set()
        markdown = entry.id[0] in "#`" or "\n" in str(entry.id)
        for form in () if markdown else _forms(entry):
            assert placeholders(form) == wanted, (language, form)


def test_written_numbers_stay():
    """Digits that stand in a message itself stand in its translation."""
    for language, entry in ENTRIES:
        wanted = sorted(re.findall(r"\d[\d,.]*\d|\d", _source(entry)[0]))
        for form in _forms(entry):
            assert sorted(re.findall(r"\d[\d,.]*\d|\d", form)) == wanted, (language, form)


def test_markdown_stays():
    """A translated cell has as many headings, list items, bold words, code spans and paragraphs; code is untouched."""
    for language, entry in ENTRIES:
        english, said = _source(entry)[0], _forms(entry)[0]
        for pattern in MARKDOWN:
            counts = [len(re.findall(pattern, text, re.MULTILINE)) for text in (english, said)]
            assert counts[0] == counts[1], (language, pattern, said)
        assert sorted(re.findall(r"`[^`]+`", said)) == sorted(re.findall(r"`[^`]+`", english)), (language, said)


def test_no_english_is_left():
    """Where a language has its own letters, Latin ones stand only in placeholders, code and names of formats."""
    for language, entry in FOREIGN_SCRIPT:
        for form in _forms(entry):
            words = re.findall(r"[A-Za-z][A-Za-z.]*[A-Za-z]|[A-Za-z]", KEPT.sub(" ", form))
            assert set(words) <= LATIN_TERMS, (language, form)


def test_no_direction_marks_are_written():
    """Values get their marks from the speaker; a translation holds none, or they would be doubled."""
    for language, entry in ENTRIES:
        assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", "".join(_forms(entry))), (language, entry.id)


@pytest.mark.parametrize("english", TERMS)
def test_one_word_for_one_thing(english):
    """An Arabic message whose English holds a term of the suite holds the term's Arabic."""
    found = [entry for entry in ARABIC if re.search(rf"\b{english}\b", KEPT.sub(" ", _source(entry)[0]), re.IGNORECASE)]
    assert found
    assert [_forms(entry)[-1] for entry in found if not re.search(TERMS[english], _forms(entry)[-1])] == []


def test_arabic_punctuation_is_arabic():
    """Comma, semicolon and question mark are the Arabic ones."""
    for entry in ARABIC:
        for form in _forms(entry):
            assert not re.search(r"[؀-ۿ»)}]\s*[,;?]", KEPT.sub("x", form)), form
