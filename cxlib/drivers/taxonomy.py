"""What comments are about, by words that a company can edit: one YAML file, both languages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cxlib.errors import ConfigurationError
from cxlib.language import Message, T
from cxlib.measures.arabic import normalise_arabic
from cxlib.strict_yaml import read_yaml_mapping

# One or two letters that Arabic writes together with the word that follows, and the article.
_BEFORE_ARABIC = "(?:[وف]?(?:ال|لل|[بكل](?:ال)?)?)"
# Names of the default topics as messages; a topic of one's own is shown by the name that its file gives.
DEFAULT_NAMES: dict[str, Message] = {
    "waiting_too_long": T("Waiting too long"),
    "needs_not_understood": T("Needs not understood"),
    "not_solved": T("Question or problem not solved"),
    "no_person": T("Too much automation, no person"),
    "rude_staff": T("How staff treat customers"),
    "price_and_fees": T("Price and fees"),
    "product_quality": T("Product quality"),
    "delivery": T("Delivery"),
    "returns_and_refunds": T("Returns and refunds"),
    "payment": T("Payment"),
    "website_and_app": T("Website and app"),
    "hard_to_reach": T("Hard to reach"),
    "praise": T("Praise"),
    "suggestion": T("Suggestion"),
}


@dataclass(frozen=True)
class Topic:
    """A topic: its key, its names by language, and the words that give it away, by language."""

    key: str
    names: Mapping[str, str]
    words: Mapping[str, tuple[str, ...]]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Finds the topic in text that `normalise` went over."""
        found = [_word(word, arabic=language == "ar") for language, words in self.words.items() for word in words]
        return re.compile("|".join(found))

    @property
    def name(self) -> object:
        """What a reader sees: translated for the default topics, else the file's own names."""
        known = DEFAULT_NAMES.get(self.key)
        if known is not None and known.text == self.names.get("en"):
            return known
        return " · ".join(dict.fromkeys(self.names.values()))


@dataclass(frozen=True)
class Taxonomy:
    """Topics in their order."""

    topics: tuple[Topic, ...]

    def find(self, texts: Iterable[object]) -> pd.DataFrame:
        """Which texts touch which topics; a text may touch several or none.

        Parameters
        ----------
        texts : iterable of str or missing

        Returns
        -------
        DataFrame (texts, topics) of bool, columns named by key.

        Examples
        --------
        >>> found = load_taxonomy().find(["The driver was late", "السعر مرتفع جدًا", None])
        >>> found[["delivery", "price_and_fees"]].to_numpy().tolist()
        [[True, False], [False, True], [False, False]]
        """
        normal = [normalise(text) for text in texts]
        distinct = {text: [bool(topic.pattern.search(text)) for topic in self.topics] for text in set(normal)}
        keys = [topic.key for topic in self.topics]
        values = np.array([distinct[text] for text in normal], bool).reshape(len(normal), len(keys))
        return pd.DataFrame(values, columns=pd.Index(keys))

    def __getitem__(self, key: str) -> Topic:
        return {topic.key: topic for topic in self.topics}[key]


def normalise(text: object) -> str:
    """A text in one spelling, small letters, one space between words; missing ones are empty.

    >>> normalise("  The DRIVER  came ")
    'the driver came'
    """
    return " ".join(normalise_arabic(text).lower().split()) if isinstance(text, str) else ""


def load_taxonomy(path: str | Path | None = None) -> Taxonomy:
    """Read a taxonomy, by default the one that comes with cxlib.

    Parameters
    ----------
    path : path, optional
        A YAML file: topic key -> ``en`` and ``ar`` (names) and ``words`` with a list for each language.

    Raises
    ------
    ConfigurationError
        The file cannot be read, or a topic lacks names or words.

    Examples
    --------
    >>> len(load_taxonomy().topics)
    14
    """
    return _default() if path is None else _read(Path(path), path)


@lru_cache(maxsize=1)
def _default() -> Taxonomy:
    return _read(Path(__file__).with_name("topics.yaml"), "topics.yaml")


def _read(source: Path, where: object) -> Taxonomy:
    content = read_yaml_mapping(source, name=str(where))
    if not content:
        raise ConfigurationError(f"{where}: there are no topics. Begin with the example in the documentation.")
    return Taxonomy(tuple(_topic(key, value, where) for key, value in content.items()))


def _topic(key: str, value: Any, where: object) -> Topic:
    example = "{en: Delivery, ar: التوصيل, words: {en: [deliver], ar: [توصيل]}}"
    if not isinstance(value, dict) or not isinstance(value.get("words"), dict):
        raise ConfigurationError(f"{where}: topic {key!r} has no words. Write it as {example}.")
    if unknown := set(value) - {"en", "ar", "words"}:
        raise ConfigurationError(
            f"{where}: topic {key!r} has an unknown entry {min(map(str, unknown))!r}. Write it as {example}."
        )
    words = {language: listed for language, listed in value["words"].items() if listed}
    if not words or not all(
        isinstance(listed, list) and all(isinstance(word, str) and normalise(word) for word in listed)
        for listed in words.values()
    ):
        raise ConfigurationError(f"{where}: the words of topic {key!r} must be lists of text. Write it as {example}.")
    names = {language: value[language] for language in ("en", "ar") if isinstance(value.get(language), str)}
    if not names:
        raise ConfigurationError(f"{where}: topic {key!r} has no name. Write it as {example}.")
    return Topic(key, names, {language: tuple(listed) for language, listed in words.items()})


def _word(word: str, *, arabic: bool) -> str:
    start = _BEFORE_ARABIC if arabic else ""
    return rf"(?<!\w){start}{re.escape(normalise(word))}"
