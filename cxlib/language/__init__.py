"""Sentences with values in them, said later in the reader's language.

`messages` holds the sentence (`T`, `N`, `C`) and `quantities` the values; both are plain data that any layer may use.
`speaker` says them: gettext catalogues in `locale/`, numbers and dates through Babel.
"""

from cxlib.language.currencies import currency_decimals, is_currency, known_currencies, minor_units
from cxlib.language.extraction import Sentence, sentences, untranslated
from cxlib.language.messages import C, Given, Message, N, T, join_names
from cxlib.language.quantities import (
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
    about_money,
)
from cxlib.language.speaker import Speaker, available_languages, own_catalogues, speaker

__all__ = [
    "C", "Count", "Day", "Days", "Decimal", "Given", "Message", "Money", "Month", "N", "Percent", "Points", "Quantity",
    "Sentence", "Speaker", "T", "about", "about_money", "available_languages", "currency_decimals", "is_currency",
    "join_names", "known_currencies", "minor_units", "own_catalogues", "sentences", "speaker", "untranslated",
]  # fmt: skip
