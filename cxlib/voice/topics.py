"""What comments are about, by words that a company can edit, and what each topic does to the score.

The effect is the score with the comments on a topic, less the score without them. With N answers, N_t of
them on the topic, and scores S and S_t::

    S - S_without = N_t (S_t - S) / (N - N_t)

exactly, which also holds for weights in place of counts.
"""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from cxlib.checks import Flags, Floats, Values
from cxlib.data import project_root
from cxlib.errors import ConfigurationError, DataError
from cxlib.language import Count, Message, Percent, Points, T, WordList
from cxlib.measures.change import Answers, gather
from cxlib.measures.nps import SUPPRESS_BELOW
from cxlib.measures.result import Brief, Result, in_quantities
from cxlib.measures.sampling import LEAST_NPS, LEVEL, Z95, adjust_holm, clustered_variance, number_groups, two_sided
from cxlib.measures.satisfaction import NPS, Outcome, normalise_arabic
from cxlib.strict_yaml import read_yaml_mapping

MOST_QUOTES = 3  # of a topic
# One or two letters that Arabic writes together with the word that follows, and the article.
_BEFORE_ARABIC = "(?:[وف]?(?:ال|لل|[بكل](?:ال)?)?)"
# What may follow a word and leave it the same word; in Arabic in the one spelling of `normalise`.
_AFTER_ARABIC = "(?:ت?(?:ها|هم|ه|كم|ك|نا|ني|ي)|ات|ين|ون|ان|وا|ت|ا)?"
_AFTER = "(?:'s|s|es|ed|(?<=[^e]e)d|ing|ly)?"
_WORD, _PARTS = re.compile(r"\w+"), re.compile(r"[^\w*]")
DEFAULT_NAMES = WordList("topics")


@dataclass(frozen=True)
class Topic:
    """A topic: its key, its names by language, and the words that give it away, by language."""

    key: str
    names: Mapping[str, str]
    words: Mapping[str, tuple[str, ...]]

    @cached_property
    def word(self) -> re.Pattern[str]:
        """Finds the topic in one word of a text that `normalise` went over, all of it."""
        return re.compile("|".join(_whole(*told) for told in self._told if not _PARTS.search(told[0])) or r"(?!)")

    @cached_property
    def phrases(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        """What is more than one word, as it stands in such a text, and with its endings."""
        several = [told for told in self._told if _PARTS.search(told[0])]
        return tuple(
            (word.rstrip("*"), re.compile(rf"(?<!\w){_whole(word, arabic)}(?!\w)")) for word, arabic in several
        )

    @property
    def _told(self) -> list[tuple[str, bool]]:
        return [(normalise(word), language == "ar") for language, words in self.words.items() for word in words]

    @property
    def name(self) -> object:
        """What a reader sees: translated for the default topics, else the file's own names."""
        known = DEFAULT_NAMES.get(self.key)
        if known is not None and known.text == self.names.get("en"):
            return known
        return " · ".join(dict.fromkeys(self.names.values()))


@dataclass(frozen=True, repr=False)
class Taxonomy(Brief):
    """Topics in their order."""

    topics: tuple[Topic, ...]

    def find(self, texts: Iterable[object]) -> pd.DataFrame:
        """Which texts touch which topics; a text may touch several or none.

        >>> topics = load_taxonomy().find(["The driver was late", "السعر مرتفع جدًا", None])
        >>> topics[["delivery", "price_and_fees"]].to_numpy().tolist()
        [[True, False], [False, True], [False, False]]
        """
        codes, distinct = pd.factorize(np.asarray(list(texts), dtype=object))
        normal = [normalise(text) for text in distinct]
        words = [set(_WORD.findall(text)) for text in normal]
        # Each different word is looked at once, and most of them belong to no topic.
        some = re.compile("|".join(f"(?:{topic.word.pattern})" for topic in self.topics))
        telling = {word for word in set().union(*words) if some.fullmatch(word)}
        values = np.zeros((len(distinct) + 1, len(self.topics)), bool)  # the last row is that of missing texts
        for place, topic in enumerate(self.topics):
            own = {word for word in telling if topic.word.fullmatch(word)}
            for row, text in enumerate(normal):
                values[row, place] = not own.isdisjoint(words[row]) or any(
                    phrase in text and pattern.search(text) for phrase, pattern in topic.phrases
                )
        return pd.DataFrame(values[codes], columns=pd.Index([topic.key for topic in self.topics]))

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

    `path`: A YAML file, here or in the project: topic key -> ``en`` and ``ar`` (names) and ``words``, a list for each.
    Raises ConfigurationError: the file cannot be read, or a topic lacks names or words.

    >>> len(load_taxonomy().topics)
    14
    """
    if path is None:
        return _default()
    is_here = os.path.isfile(path)  # noqa: PTH113  # no error where it is too long
    return _read(Path(path) if is_here else project_root() / path, path)


@lru_cache(maxsize=1)
def _default() -> Taxonomy:
    return _read(Path(__file__).with_name("topics.yaml"), "topics.yaml")


def _read(source: Path, where: object) -> Taxonomy:
    content = read_yaml_mapping(source, name=str(where))
    if not content:
        raise ConfigurationError(f"{where}: there are no topics. Begin with the example in the documentation.")
    return Taxonomy(tuple(_topic(key, value, where) for key, value in content.items()))


def _topic(key: str, value: object, where: object) -> Topic:
    example = "{en: Delivery, ar: التوصيل, words: {en: [deliver], ar: [توصيل]}}"
    if not isinstance(value, dict) or not isinstance(value.get("words"), dict):
        raise ConfigurationError(f"{where}: topic {key!r} has no words. Write it as {example}.")
    if unknown := set(value) - {"en", "ar", "words"}:
        raise ConfigurationError(
            f"{where}: topic {key!r} has an unknown entry {min(map(str, unknown))!r}. Write it as {example}."
        )
    words = {language: listed for language, listed in value["words"].items() if listed}
    if not words or not all(
        isinstance(listed, list) and all(isinstance(word, str) and normalise(word).rstrip("*") for word in listed)
        for listed in words.values()
    ):
        raise ConfigurationError(f"{where}: the words of topic {key!r} must be lists of text. Write it as {example}.")
    names = {language: value[language] for language in ("en", "ar") if isinstance(value.get(language), str)}
    if not names:
        raise ConfigurationError(f"{where}: topic {key!r} has no name. Write it as {example}.")
    return Topic(key, names, {language: tuple(listed) for language, listed in words.items()})


def _whole(word: str, arabic: bool) -> str:
    """A pattern of a word with what may stand before and after it; a star asks for all that begin so."""
    start, end = (_BEFORE_ARABIC, _AFTER_ARABIC) if arabic else ("", _AFTER)
    return start + re.escape(word.rstrip("*")) + (r"\w*" if word.endswith("*") else end)


@dataclass(frozen=True, repr=False)
class TopicEffects(Result):
    """Topics by their effect on the score.

    `table`: topic (key), name, n (answers that touch it), share (of all answers), score (of these answers), effect
        (points: the score less the score without them; negative holds the score down), low, high, p_adjusted (Holm),
        significant (and a point or more), quotes (tuple of str, masked); most negative effect first. Topics below the
        least number of answers have no score, effect or quotes.
    `n`: Answers with a score and a comment.
    `without_topic`: Those that touch no topic.
    """

    table: pd.DataFrame
    n: int
    without_topic: int
    outcome: Outcome = NPS

    @property
    def face(self) -> pd.DataFrame:
        """The table in quantities, without quotes."""
        counts = {"topic": "name", "comments": ("n", Count), "share": Percent}
        scores = {self.outcome.name.upper(): ("score", self.outcome.say)}
        return in_quantities(self.table, {**counts, **scores, **dict.fromkeys(("effect", "low", "high"), _tenths)})

    @property
    def headline(self) -> Message:
        """A topic that holds the score down, in these answers the most, or that none clearly does."""
        down = self.table[self.table["significant"] & (self.table["effect"] < 0)]
        if down.empty:
            return T("No topic clearly pulls the score down ({n} comments)", n=Count(self.n))
        row = down.iloc[0]
        return T(
            "“{topic}” pulls the score down: without its {count} comments {score} would be {points} points "
            "higher ({level} interval {low} to {high})",
            score=self.outcome.label,
            topic=row["name"],
            count=Count(row["n"]),
            points=Points(-row["effect"], signed=False, digits=1),
            low=Points(-row["high"], signed=False, digits=1),
            high=Points(-row["low"], signed=False, digits=1),
            level=Percent(LEVEL),
            n=Count(self.n),
        )

    @property
    def findings(self) -> tuple[Message, ...]:
        """The headline, what lifts the score, and how many comments touch no topic."""
        sentences, up = [self.headline], self.table[self.table["significant"] & (self.table["effect"] > 0)]
        if not up.empty:
            row = up.iloc[-1]
            sentences.append(
                T(
                    "“{topic}” lifts the score: its {count} comments add {points} points",
                    topic=row["name"],
                    count=Count(row["n"]),
                    points=Points(row["effect"], signed=False, digits=1),
                )
            )
        if self.without_topic:
            share = Percent(self.without_topic / self.n)
            sentences.append(T("{share} of comments touch none of the topics", share=share))
        return tuple(sentences)


def measure_topics(
    scores: Values,
    comments: Values,
    *,
    taxonomy: Taxonomy | None = None,
    weights: Values | None = None,
    customers: Values | None = None,
    margins: Values | None = None,
    mask: Callable[[str], str] | None = None,
    outcome: Outcome = NPS,
) -> TopicEffects:
    """Find the topics of comments and what each does to the score.

    >>> scores = [2] * 40 + [9] * 60
    >>> texts = ["The delivery was late"] * 40 + ["Fair price"] * 60
    >>> table = measure_topics(scores, texts).table.set_index("topic")
    >>> table.loc["delivery", ["n", "score", "effect"]].tolist()
    [40.0, -100.0, -80.0]
    """
    known = taxonomy or load_taxonomy()
    texts = pd.Series(np.asarray(comments, dtype=object))
    if len(texts) != len(scores):
        raise DataError(f"there are {len(texts):,} comments for {len(scores):,} scores. Give one for each.")
    written = texts.map(lambda text: isinstance(text, str) and bool(text.strip())).to_numpy(bool)
    numbers = number_groups(customers, len(texts))
    answers, given = gather(scores, weights=weights, numbers=numbers, margins=margins, outcome=outcome)
    kept, texts = answers.only(written[given]), texts[given & written].reset_index(drop=True)
    touched = known.find(texts)
    order = outcome.read(np.asarray(scores)[given & written])[0]
    found = topic_effects(kept, touched, known.topics)
    told = found.table.set_index("topic")
    quotes = {
        key: _quotes(texts[inside := touched[key].to_numpy(bool)], order[inside], mask, lowest=not row["effect"] > 0)
        for key, row in told.iterrows()
        if not np.isnan(row["score"])
    }
    said = pd.Series([quotes.get(key, ()) for key in found.table["topic"]], dtype=object)
    return replace(found, table=found.table.assign(quotes=said))


def topic_effects(answers: Answers, touched: pd.DataFrame, topics: Iterable[Topic]) -> TopicEffects:
    """What each topic does to the score of answers; `touched` (answer, topic) as `Taxonomy.find` tells."""
    rows = [
        {"topic": topic.key, "name": topic.name, **_effect(answers, touched[topic.key].to_numpy(bool)), "quotes": ()}
        for topic in topics
    ]
    nothing = int((~touched.to_numpy(bool).any(axis=1)).sum())
    return TopicEffects(_tested(pd.DataFrame(rows)), len(answers), nothing, answers.outcome)


def _effect(answers: Answers, inside: Flags) -> dict[str, float]:
    """Effect of the answers `inside` on the whole score, and its standard error."""
    n = int(inside.sum())
    row = {"n": n, "share": np.nan, "score": np.nan, "effect": np.nan, "error": np.nan}
    if not len(answers):
        return row
    row["share"] = float(answers.weights @ inside / answers.weights.sum())
    if n < SUPPRESS_BELOW or n == len(answers):
        return row
    part, rest = answers.only(inside), answers.only(~inside)
    influence: Floats = answers.influence.copy()
    influence[~inside] -= rest.influence
    error = float(np.sqrt(clustered_variance(*answers.clustered(influence))))
    return {**row, "score": part.score, "effect": answers.score - rest.score, "error": error}


def _tested(table: pd.DataFrame) -> pd.DataFrame:
    adjusted = adjust_holm(two_sided(table["effect"], table["error"]))
    table = table.assign(
        low=table["effect"] - Z95 * table["error"],
        high=table["effect"] + Z95 * table["error"],
        p_adjusted=adjusted,
        significant=(adjusted < 1 - LEVEL) & (table["effect"].abs() >= LEAST_NPS),
    )
    columns = ["topic", "name", "n", "share", "score", "effect", "low", "high", "p_adjusted", "significant", "quotes"]
    return table[columns].sort_values("effect", kind="stable").reset_index(drop=True)


def _quotes(texts: pd.Series, scores: Floats, mask: Callable[[str], str] | None, *, lowest: bool) -> tuple[str, ...]:
    if mask is None:
        return ()
    order = np.argsort(scores if lowest else -scores, kind="stable")
    masked = (mask(" ".join(str(texts.iloc[place]).split())) for place in order)
    return tuple(list(dict.fromkeys(masked))[:MOST_QUOTES])


def _tenths(value: float) -> Points:
    return Points(value, digits=1)
