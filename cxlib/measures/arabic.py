"""Arabic text as people type it, brought to one spelling for comparing; never for showing."""

import re

_MARKS = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0640\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
_LETTERS = str.maketrans("أإآٱىةؤئ٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹٫", "اااايهوي01234567890123456789.")


def normalise_arabic(text: str) -> str:
    """One spelling for what is often typed in several: alef, ya, ta marbuta, hamza seats, vowel signs, digits.

    Vowel signs, tatweel and invisible direction marks go; letters are mapped one to one, so that no word is damaged.
    """
    return _MARKS.sub("", text).translate(_LETTERS)


def has_arabic(text: str) -> bool:
    """Whether a text has an Arabic letter."""
    return bool(re.search("[\u0621-\u064a]", text))
