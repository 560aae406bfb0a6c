"""Sentences with values in them, said later in the reader's language.

`messages` holds the sentence (`T`, `N`, `C`) and `quantities` the values; both are plain data that any layer may use.
`speaker` says them: gettext catalogues in `locale/`, numbers and dates through Babel.
"""

from cxlib.language.extraction import Sentence, sentences, untranslated
from cxlib.language.messages import C, Given, Message, N, T, Verbatim, few_or, join_names, told_apart, with_interval
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
    about_money,
    amount_names,
    currencies_like,
    currency_decimals,
    difference_seen,
    is_currency,
    known_currencies,
    minor_units,
    points_apart,
)
from cxlib.language.speaker import PROJECT, Speaker, available_languages, forget_speakers, own_catalogues, speaker
from cxlib.language.words import WordList, column_name, known_word, labelled, spoken, use_labels

__all__ = [
    "C", "Count", "Day", "Days", "Decimal", "Given", "Message", "Money", "Month", "N", "NO_CURRENCY", "PROJECT",
    "Percent", "Points", "Quantity", "Sentence", "Speaker", "T", "Verbatim", "WordList", "about", "about_money",
    "amount_names", "available_languages", "column_name", "currencies_like", "currency_decimals", "few_or",
    "forget_speakers",
    "is_currency", "join_names", "known_currencies", "known_word", "labelled", "minor_units", "own_catalogues",
    "points_apart", "sentences", "difference_seen", "speaker", "spoken", "told_apart", "untranslated", "use_labels",
    "with_interval",
]  # fmt: skip
