"""Says messages and quantities in one language: the only place that formats numbers, dates and plurals.

English needs no catalogue. Another language is a folder ``locale/<language>/LC_MESSAGES``, with what the code says in
``cxlib.po`` and the cells of the notebooks in ``notebooks.po``; nothing else in the package names a language, so a
third one is these two only. The catalogues of a company's own notebooks stand
beside them, in ``notebooks/locale``; a sentence is looked up in the package's first.
"""

from __future__ import annotations

import datetime as dt
import gettext
import io
import math
import numbers
import os
import re
from collections.abc import Iterator
from functools import lru_cache, singledispatchmethod
from pathlib import Path
from unicodedata import bidirectional

from babel import Locale
from babel.dates import format_date
from babel.messages import Catalog, mofile, pofile
from babel.numbers import format_compact_decimal, format_currency, format_decimal, format_percent, get_currency_symbol

from cxlib.language.messages import Given, Message, N, T, Verbatim
from cxlib.language.quantities import (
    NO_CURRENCY,
    Count,
    Day,
    Days,
    Decimal,
    Money,
    Month,
    Percent,
    Points,
    Quantity,
    about,
    minor_units,
)
from cxlib.language.words import own_label, usual_word

LOCALES = Path(__file__).parent / "locale"
PROJECT = "CXLIB_PROJECT"  # in the environment of a run: the folder of its project
SOURCE_LANGUAGE = "en"
MILLION, BILLION = 1e6, 1e9
MINUS, DASH, NO_BREAK_SPACE = "\u2212", "\u2013", "\u00a0"
LEFT_TO_RIGHT_MARK, FIRST_STRONG_ISOLATE, RIGHT_TO_LEFT_ISOLATE, POP = "\u200e", "\u2068", "\u2067", "\u2069"
ARABIC_INDIC = "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669"
PERCENTAGE = re.compile(r"\d+(?:[.,]\d+)?%")
OTHER = 100  # has the form of a number with decimals
TERRITORY = {"en": "en_GB", "ar": "ar_SA"}  # which country's dates and separators a bare language gets


def available_languages() -> tuple[str, ...]:
    """English, then every language that has a catalogue."""
    return (SOURCE_LANGUAGE, *sorted({path.parts[-3] for path in (*package_catalogues(), *own_catalogues())}))


def package_catalogues(language: str = "*") -> tuple[Path, ...]:
    """Catalogues of what the package and its notebooks say."""
    return tuple(sorted(LOCALES.glob(f"{language}/LC_MESSAGES/*.po")))


def own_catalogues(language: str = "*") -> tuple[Path, ...]:
    """Catalogues of the project's own notebooks: ``notebooks/locale`` here or above; in a run its project's."""
    here = Path(os.environ.get(PROJECT) or Path.cwd())
    folders = (folder / "notebooks" / "locale" for folder in (here, *here.parents))
    nearest = next((folder for folder in folders if folder.is_dir()), None)
    return tuple(sorted(nearest.glob(f"{language}/LC_MESSAGES/*.po"))) if nearest else ()


def catalogues(language: str) -> Iterator[Catalog]:
    """The catalogues of a language in the order in which a sentence is looked up."""
    for path in (*package_catalogues(language), *own_catalogues(language)):
        yield _read_catalogue(path, language, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _read_catalogue(path: Path, language: str, _changed: int) -> Catalog:
    with path.open("rb") as file:
        return pofile.read_po(file, locale=language)


@lru_cache
def speaker(language: str) -> Speaker:
    """The speaker of a language; one is made for each and kept."""
    return Speaker(language)


@lru_cache(maxsize=1)
def forget_speakers(_catalogues: tuple[str, ...]) -> None:
    """Make speakers anew where the project's own catalogues, given by their digests, are not those of the last call."""
    speaker.cache_clear()


def in_english(message: Message | Quantity | Day | Month) -> str:
    """The English of a message, which `str` gives."""
    return speaker(SOURCE_LANGUAGE).say(message)


Message.in_english = staticmethod(in_english)
Quantity.in_english = staticmethod(in_english)


def _translations(language: str) -> gettext.NullTranslations:
    """All catalogues of a language as one; each falls back on the next, and the last on the English text."""
    chain = gettext.NullTranslations()
    for position, catalogue in enumerate(catalogues(language)):
        compiled = io.BytesIO()
        mofile.write_mo(compiled, catalogue)
        compiled.seek(0)
        translations = gettext.GNUTranslations(compiled)
        if position:
            chain.add_fallback(translations)
        else:
            chain = translations
    return chain


class Speaker:
    """Turns messages, quantities and dates into text of one language.

    Digits are Western in every language; `numbering_system` "arab" gives Arabic-Indic ones.
    """

    def __init__(self, language: str, *, numbering_system: str = "latn") -> None:
        self.language = language
        self.numbering_system = numbering_system
        self.locale = Locale.parse(TERRITORY.get(language, language))
        self._digits = str.maketrans("0123456789", ARABIC_INDIC) if numbering_system == "arab" else {}
        self._catalogue = _translations(language)

    @property
    def direction(self) -> str:
        """Writing direction: "ltr" or "rtl"."""
        return str(self.locale.text_direction)

    @property
    def language_name(self) -> str:
        """The language's own name for itself."""
        return str(self.locale.languages.get(self.language, self.language))

    def gettext(self, text: str) -> str:
        """Translation of a whole text without values, such as a Markdown cell; the text itself where there is none."""
        return self._catalogue.gettext(text) if text else text

    @singledispatchmethod
    def say(self, thing: object) -> str:
        """Text of a message, quantity or date; anything else is data and is only turned into a string.

        A text that is a word of data is said as the company's label or, in another language, the dictionary has it.
        """
        return str(thing)

    @say.register
    def _(self, thing: str) -> str:
        if isinstance(thing, Verbatim):
            return str(thing)
        word = own_label(thing) or (None if self.language == SOURCE_LANGUAGE else usual_word(thing))
        return thing if word is None else self.say(word)

    @say.register
    def _(self, thing: None) -> str:
        return DASH

    @say.register
    def _(self, thing: Message) -> str:
        return self._template(thing).format_map({name: _Value(self, value) for name, value in thing.values.items()})

    @say.register
    def _(self, thing: Given) -> str:
        return thing.texts.get(self.language) or self.say(thing.otherwise or Verbatim(thing.text.format()))

    @say.register
    def _(self, thing: Quantity) -> str:
        if thing.value is None or not math.isfinite(thing.value):
            return DASH
        text = self._unsigned(thing, abs(thing.value))
        if not any(digit in text for digit in "123456789"):
            return text.translate(self._digits)  # rounds to zero: a sign would claim a direction that is not shown
        return self._sign(thing.value, signed=thing.signed) + text.translate(self._digits)

    @say.register
    def _(self, thing: dt.date) -> str:
        return self.say(Day(thing))

    @say.register
    def _(self, thing: Day) -> str:
        return self._date(thing.value, "d MMMM y")

    @say.register
    def _(self, thing: Month) -> str:
        return self._date(thing.value, "MMM y" if thing.short else "MMMM y")

    @say.register
    def _(self, thing: numbers.Integral) -> str:
        return self.say(Count(int(thing)))

    @say.register
    def _(self, thing: bool) -> str:
        return self.say(T("yes") if thing else T("no"))

    @say.register
    def _(self, thing: float) -> str:
        return self.say(Decimal(thing))

    def _counted(self, value: object, noun: str) -> str:
        """A value with what it counts, in the form that the number asks for: ``{n:customer}`` in a translation."""
        number = getattr(value, "value", value)
        if not isinstance(number, numbers.Real) or not math.isfinite(number):
            return self._inside(value)
        size = abs(float(number))
        count = OTHER if getattr(value, "digits", 0) and not size.is_integer() else round(size)
        return self._catalogue.ngettext(f"{{n}} {noun}", f"{{n}} {noun}s", count).format(n=self._inside(value))

    def _inside(self, value: object) -> str:
        """Text of a value within a sentence; a right-to-left sentence isolates it, so that signs and Latin stay put."""
        text: str = self.say(value)
        if self.direction == "ltr" or isinstance(value, Message):
            return text
        # The mark before a sign would put what follows in Latin's order, and so the currency before its amount.
        own = text.startswith(LEFT_TO_RIGHT_MARK) and any(bidirectional(letter) in ("R", "AL") for letter in text)
        return f"{RIGHT_TO_LEFT_ISOLATE if own else FIRST_STRONG_ISOLATE}{text}{POP}"

    def _template(self, message: Message) -> str:
        """The translation, its values not yet filled in; after Arabic letters a percent sign would change sides."""
        text = self._translate(message)
        if self.direction == "ltr" or "%" not in text:
            return text
        return PERCENTAGE.sub(lambda share: f"{FIRST_STRONG_ISOLATE}{share[0]}{POP}", text)

    def _translate(self, message: Message) -> str:
        if message.plural is not None:
            count = int(getattr(message.values["n"], "value", 0))
            return self._catalogue.ngettext(message.text, message.plural, count)
        if message.context:
            return self._catalogue.pgettext(message.context, message.text)
        return self.gettext(message.text)

    def _date(self, value: dt.date | None, pattern: str) -> str:
        missing = value is None or value != value  # pandas' NaT is the one date unequal to itself
        return DASH if missing else str(format_date(value, pattern, locale=self.locale)).translate(self._digits)

    def _sign(self, value: float, *, signed: bool) -> str:
        sign = MINUS if value < 0 else "+" if signed else ""
        return LEFT_TO_RIGHT_MARK + sign if sign and self.direction == "rtl" else sign

    def _unsigned(self, quantity: Quantity, size: float) -> str:
        match quantity:
            case Percent(digits=digits):
                return self._percent(size, digits)
            case Money(currency=currency) if currency == NO_CURRENCY:
                return self.say(N("{n} purchase", "{n} purchases", round(quantity.seen)))
            case Money(currency=currency, decimals=decimals, in_words=in_words):
                units = quantity.seen / minor_units(currency)
                return self._money(units, currency, decimals, in_words=in_words and units >= MILLION)
            case Days():
                return self.say(N("{n} day", "{n} days", round(size)))
            case Decimal(digits=digits) | Points(digits=digits):
                return self._decimal(size, digits)
            case _:
                return self._decimal(size, 0)

    def _decimal(self, size: float, digits: int) -> str:
        return _number(size, _pattern(digits), self.locale, self.numbering_system)

    def _percent(self, size: float, digits: int | None) -> str:
        decimals = int(size < 0.2 or 0.995 <= size < 0.9995) if digits is None else digits
        return _number(size, _pattern(decimals) + "%", self.locale, self.numbering_system)

    def _money(self, units: float, currency: str, digits: int, *, in_words: bool = False) -> str:
        number = self._in_words(units) if in_words else _pattern(digits)
        units = about(units) / (BILLION if units >= BILLION else MILLION) if in_words else units
        options = {"locale": self.locale, "numbering_system": self.numbering_system}
        if not currency:
            return str(format_decimal(units, number, **options))
        symbol = get_currency_symbol(currency, locale=self.locale)
        after = NO_BREAK_SPACE if symbol[-1:].isalpha() else ""
        pattern = f"{number}{NO_BREAK_SPACE}\u00a4" if self.direction == "rtl" else f"\u00a4{after}{number}"
        return str(format_currency(units, currency, pattern, currency_digits=False, **options))

    def _in_words(self, units: float) -> str:
        """The pattern of an amount of millions: the word has the number's own form."""
        word = format_compact_decimal(about(units), format_type="long", locale=self.locale, fraction_digits=2)
        return f"#,##0.##{NO_BREAK_SPACE}'{word.split()[-1]}'"


class _Value:
    """A value within a sentence; what stands behind a colon in its placeholder is what it counts."""

    def __init__(self, voice: Speaker, value: object) -> None:
        self.voice, self.value = voice, value

    def __format__(self, noun: str) -> str:
        return self.voice._counted(self.value, noun) if noun else self.voice._inside(self.value)


@lru_cache(maxsize=20_000, typed=True)  # numpy's float32 is equal to a float and written otherwise
def _number(size: float, pattern: str, locale: Locale, numbering_system: str) -> str:
    """A number by its pattern; a page says most of its numbers several times: in chart, table and sentence."""
    write = format_percent if pattern.endswith("%") else format_decimal
    return str(write(size, pattern, locale=locale, numbering_system=numbering_system))


def _pattern(digits: int) -> str:
    return "#,##0" + ("." + "0" * digits if digits else "")
