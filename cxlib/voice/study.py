"""What customers say: every topic with how many speak of it, whether that changed, and what it does to the score.

What they ask for is told by rules, not by a model: half of the wishes in Arabic stand in friendly comments, and few
companies have labels for them.
"""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from cxlib.checks import Flags
from cxlib.data import Recorded, Workspace, find_recorded, open_workspace
from cxlib.language import Count, Message, Percent, T
from cxlib.measures.change import gather
from cxlib.measures.nps import SUPPRESS_BELOW
from cxlib.measures.rates import share_of
from cxlib.measures.result import Result, in_quantities
from cxlib.measures.sampling import LEVEL
from cxlib.strict_yaml import read_own
from cxlib.voice.courses import MOST_BEFORE, Fix, Stretches, hold_against, look_at_fixes, stretches_about, voices_of
from cxlib.voice.feedback import SOURCES, Feedback, VoiceQuestion, gather_feedback
from cxlib.voice.themes import find_themes, words_of
from cxlib.voice.tone import Tone, study_tone
from cxlib.voice.topics import Taxonomy, Topic, TopicEffects, load_taxonomy, normalise, topic_effects

LEAST_POINTS = 0.01  # smaller changes of a share are none, however clear
MOST_QUOTES, QUOTE_WORDS = 3, (4, 40)
KINDS = ("praise", "suggestion")  # topics that are no matter of their own
YEAR = 365  # days that wishes are taken from
ALIKE = 0.7  # distance at which groups are no longer joined (average linkage of letter groups)
MOST_TEXTS = 2_000  # different wishes in a language
_RULES: Any = read_own(Path(__file__).with_name("requests.yaml"))
STRONG, WEAK, HELP = (re.compile("|".join(_RULES[name])) for name in ("strong", "weak", "help"))
_CUE = re.compile(f"{STRONG.pattern}|{WEAK.pattern}")
_SENTENCE = re.compile(r"[.!?\u061f\u061b]+\s|\n")


def kind_of(text: str) -> str:
    """What a comment asks for: "suggestion", "request" (help for its writer), or "" for neither.

    >>> [kind_of(text) for text in ("Please add a slot", "Where is my order?", "أتمنى توفير خدمة ليلية", "Good")]
    ['suggestion', 'request', 'suggestion', '']
    """
    plain = normalise(text).replace("\u2019", "'")
    if STRONG.search(plain):
        return "suggestion"
    if HELP.search(plain):
        return "request"
    return "suggestion" if WEAK.search(plain) else ""


def recurring(feedback: Feedback) -> pd.DataFrame:
    """Suggestions of the last year, the same ones together, those of most customers first.

    Returns: customers, comments, sources (their names, most first), first, last (days), language, quote (the most
        frequent, masked; "" where fewer than `SUPPRESS_BELOW` customers ask for it or none of them lets it be shown).
    """
    rows = feedback.rows[feedback.rows["day"] > feedback.end - pd.Timedelta(days=YEAR)]
    kinds = {text: kind_of(text) for text in rows["text"].unique()}
    rows = rows[rows["text"].map(kinds).eq("suggestion").to_numpy(bool)].reset_index(drop=True)
    lines = []
    for language in ("ar", "en"):
        part = rows[rows["language"] == language]
        groups = grouped(part["text"])
        lines += [_line(feedback, wish, language) for _, wish in part.groupby(groups.to_numpy(), sort=False)]
    columns = ["customers", "comments", "sources", "first", "last", "language", "quote"]
    table = pd.DataFrame(lines, columns=columns)
    return table.sort_values(["customers", "last"], ascending=False, kind="stable", ignore_index=True)


def grouped(texts: pd.Series) -> pd.Series:
    """A number for each text, the same for the same wish; those beyond the most frequent `MOST_TEXTS` stand alone.

    >>> wishes = ["Please add night delivery", "I suggest a night delivery", "Please use paper bags"]
    >>> grouped(pd.Series(wishes)).tolist()
    [0, 0, 1]
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import pdist
    from sklearn.feature_extraction.text import TfidfVectorizer

    plain = texts.map({text: _asked(text) for text in texts.unique()})
    distinct = plain.value_counts(sort=True).index[:MOST_TEXTS]
    numbers = pd.Series(np.arange(len(distinct)), index=distinct)
    if len(distinct) > 1:
        try:
            weights = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True).fit_transform(distinct)
        except ValueError:  # no letters are left
            return pd.Series(0, index=texts.index)
        away = np.nan_to_num(np.clip(pdist(weights.toarray(), "cosine"), 0, 1), nan=1.0)
        numbers = pd.Series(fcluster(linkage(away, "average"), ALIKE, "distance"), index=distinct)
    found = plain.map(numbers).to_numpy(float)
    alone = len(distinct) + 1 + np.arange(len(found))
    return pd.Series(pd.factorize(np.where(np.isnan(found), alone, found))[0], index=texts.index)


def _asked(text: str) -> str:
    """The sentences that ask, without the words that say so."""
    parts = [part for part in _SENTENCE.split(normalise(text).replace("\u2019", "'")) if _CUE.search(part)]
    return " ".join(" ".join(_CUE.sub(" ", part) for part in parts).split())


def _line(feedback: Feedback, wish: pd.DataFrame, language: str) -> tuple[object, ...]:
    customers = int(wish["who"].nunique())
    quote, may = "", wish.loc[wish["may_quote"], "text"]
    if customers >= SUPPRESS_BELOW and len(may):
        counts = may.value_counts()
        quote = feedback.mask(min(counts.index[counts == counts.max()], key=len))
    sources = tuple(wish["source"].value_counts().index)
    return customers, len(wish), sources, wish["day"].min(), wish["day"].max(), language, quote


@dataclass(frozen=True, repr=False)
class Voice(Result):
    """What a company's customers say.

    `table`: A line a topic, most voices first: topic (key), name, customers, comments (of the period), share (of
        voices: a customer in a third of the period and a source), low, high (by customer), before, usual_low,
        usual_high, change_low, change_high (of the share), p_adjusted, clear, quotes (masked). Fewer than
        `SUPPRESS_BELOW` customers: only their number.
    `stretches`: The shares behind it over time.
    `effects`: On the score of the comments that have one; None where none has.
    `fixes`: What came after each of the question's fixes.
    `wishes`: Suggestions of the last year, as `recurring` gives them.
    `tone`: How content the period's comments are, by topic.
    `breaks`: Days from which others write: nothing of before is compared with what came since.
    `comments`, `customers`, `without_topic`, `unread`: Of the period: all, who wrote them, those that touch no topic,
        and those in a language that topics have no words in.

    >>> rows = pd.DataFrame({"ticket_id": range(60), "customer_id": range(60), "opened_at": "2026-05-02",
    ...                      "text": ["The driver came late", "Too expensive"] * 30})
    >>> found = study_voice(Workspace.from_frames({"tickets": rows}, currency="GBP", time_zone="UTC"))
    >>> found.feedback.rows["text"].nunique()
    2
    """

    feedback: Feedback
    table: pd.DataFrame
    stretches: Stretches = field(repr=False)
    effects: TopicEffects | None
    touched: pd.DataFrame = field(repr=False)
    fixes: tuple[Fix, ...]
    wishes: pd.DataFrame = field(repr=False)
    tone: Tone = field(repr=False)
    comments: int
    customers: int
    voices: int
    without_topic: int
    unread: int
    breaks: tuple[Recorded, ...] = ()

    @property
    def late(self) -> tuple[Recorded, ...]:
        """The breaks within the period, so that it cannot be held against the time before."""
        start = self.feedback.end - pd.Timedelta(days=self.feedback.question.period_days)
        return tuple(one for one in self.breaks if pd.Timestamp(one.first) > start)

    @property
    def shown(self) -> pd.DataFrame:
        """The topics that enough customers speak of."""
        return self.table[self.table["share"].notna()]

    @property
    def moved(self) -> pd.DataFrame:
        """Those whose share clearly changed, the largest change first."""
        rows = self.shown[self.shown["clear"].astype(bool)]
        return rows.loc[(rows["share"] - rows["before"]).abs().sort_values(ascending=False, kind="stable").index]

    @property
    def face(self) -> pd.DataFrame:
        """A line a topic, in quantities."""
        shares = dict.fromkeys(("share", "low", "high", "before"), Percent)
        return in_quantities(self.table, {"topic": "name", "customers": Count, **shares})

    @property
    def headline(self) -> Message:
        """The topic whose share changed most, else the one that most speak of."""
        if self.feedback.rows.empty:
            return T("No comment with a day was found, so what customers say is not known")
        if self.shown.empty:
            return T("Too few customers wrote to say what about: {n}", n=Count(self.customers))
        moved = self.moved[~self.moved["topic"].isin(KINDS)]
        if moved.empty:
            matters = self.shown[~self.shown["topic"].isin(KINDS)]
            row = (matters if len(matters) else self.shown).iloc[0]
            return T(
                "Customers write most about “{topic}”: it is in {share} of comments ({level} interval {low} to {high})",
                topic=row["name"],
                level=Percent(LEVEL),
                **{name: Percent(row[name]) for name in ("share", "low", "high")},
            )
        row = moved.iloc[0]
        values = {"topic": row["name"], "now": Percent(row["share"]), "before": Percent(row["before"])}
        if row["share"] > row["before"]:
            return T("More customers write about “{topic}”: {now} of comments, after {before} before", **values)
        return T("Fewer customers write about “{topic}”: {now} of comments, after {before} before", **values)


def study_voice(
    company: Workspace, question: VoiceQuestion | None = None, *, taxonomy: Taxonomy | None = None
) -> Voice:
    """What a workspace's customers say.

    Raises ParameterError, DataError: as `gather_feedback`; a fix names no topic.

    >>> rows = pd.DataFrame({"ticket_id": range(60), "customer_id": range(60), "opened_at": "2026-05-02",
    ...                      "text": ["The driver came late", "Too expensive"] * 30})
    >>> found = study_voice(Workspace.from_frames({"tickets": rows}, currency="GBP", time_zone="UTC"))
    >>> found.shown[["topic", "customers", "share"]].to_numpy().tolist()
    [['delivery', 30, 0.5], ['price_and_fees', 30, 0.5]]
    """
    feedback, known = gather_feedback(company, question), taxonomy or load_taxonomy()
    rows, touched = feedback.rows, known.find(feedback.rows["text"])
    recent = feedback.recent.to_numpy(bool)
    breaks = _breaks(feedback)
    stretches, changes = course_of(feedback, touched, [one.first for one in breaks])
    now = rows[recent].reset_index(drop=True)
    topics = touched[recent].reset_index(drop=True)
    days = (feedback.end - now["day"]).dt.days
    voices, spoken = voices_of(now.assign(number=days // stretches.length), topics)
    lines = []
    for topic, change in zip(known.topics, changes.to_dict("records"), strict=True):
        inside = topics[topic.key].to_numpy(bool)
        customers = int(now.loc[inside, "who"].nunique())
        line = {"topic": topic.key, "name": topic.name, "customers": customers, "comments": int(inside.sum())}
        line |= dict.fromkeys(("share", "low", "high", *CHANGE.values()), np.nan) | {"clear": False, "quotes": ()}
        if customers >= SUPPRESS_BELOW:
            figure = share_of(spoken[topic.key].to_numpy(float), customers=voices["who"])
            line |= {"share": figure.value, "low": figure.low, "high": figure.high}
            line |= {mine: change[theirs] for theirs, mine in CHANGE.items()}
            line["clear"] = bool(change["clear"] and abs(figure.value - change["before"]) >= LEAST_POINTS)
            line["quotes"] = typical(now[inside], feedback)
        lines.append(line)
    table = pd.DataFrame(lines).sort_values(
        ["share", "customers", "topic"], ascending=[False, False, True], ignore_index=True
    )
    nothing, unread = ~topics.to_numpy(bool).any(axis=1), now["language"].eq("other").to_numpy(bool)
    return Voice(
        feedback,
        table,
        stretches,
        _effects(feedback, now, topics, known),
        touched,
        look_at_fixes(
            feedback.question.fixes,
            rows,
            touched,
            {topic.key: topic.name for topic in known.topics},
            [one.first for one in breaks],
        ),
        recurring(feedback),
        study_tone(feedback, touched, known.topics),
        comments=len(now),
        customers=int(now["who"].nunique()),
        voices=len(voices),
        without_topic=int((nothing & ~unread).sum()),
        unread=int((nothing & unread).sum()),
        breaks=breaks,
    )


def _breaks(feedback: Feedback) -> tuple[Recorded, ...]:
    """Days from which others write, of the tables that comments stand in."""
    tables = feedback.rows["from"].unique() if len(feedback.rows) else ()
    end = feedback.end.date()
    every = [one for table in tables for one in find_recorded(feedback.company, table, observation_end=end)]
    others = [one for one in every if one.spoils((f"{one.table}.{SOURCES[one.table][1]}",))]
    return tuple(sorted(others, key=lambda one: one.first))


CHANGE = {
    "before": "before",
    "low": "change_low",
    "high": "change_high",
    "usual_low": "usual_low",
    "usual_high": "usual_high",
    "p_adjusted": "p_adjusted",
}


def suggest_topics(feedback: Feedback, known: Taxonomy) -> pd.DataFrame:
    """Topics for a person to accept or to leave: themes of the comments that no topic covers.

    Returns: language, words, customers and comments (that these words would find), quotes (masked), the most customers
        first; none of fewer than `SUPPRESS_BELOW` customers.

    >>> rows = pd.DataFrame({"ticket_id": range(200), "customer_id": range(200), "opened_at": "2026-05-02",
    ...                      "text": ["Loud music upstairs"] * 120 + ["No parking nearby"] * 80})
    >>> shop = Workspace.from_frames({"tickets": rows}, currency="GBP", time_zone="UTC")
    >>> suggest_topics(gather_feedback(shop), load_taxonomy())[["customers", "words"]].to_numpy().tolist()
    [[120, ('loud', 'music', 'upstairs')], [80, ('nearby', 'parking')]]
    """
    rows = feedback.rows[~known.find(feedback.rows["text"]).any(axis=1).to_numpy(bool)]
    persons = words_of(feedback.company.persons_in(" ".join(rows["text"])))
    table = find_themes(rows["text"].to_numpy(), without=persons).table
    found: dict[int, tuple[list[str], Any]] = {}
    for at, language, words in zip(table.index, table["language"], table["words"], strict=True):
        each = {word: _touching([word], language, rows["text"]) for word in words}
        found[at] = sorted(words, key=lambda word: -each[word].sum()), np.any(list(each.values()), axis=0)
    lines, told = [], np.zeros(len(rows), bool)
    for at in sorted(found, key=lambda at: -found[at][1].sum()):
        words, inside = found[at]
        part = rows[inside]
        customers = int(part["who"].nunique())
        if customers >= SUPPRESS_BELOW and (inside & ~told).sum() * 2 >= inside.sum():  # else it is one of those above
            lines.append((table["language"][at], tuple(words), customers, len(part), typical(part, feedback)))
            told |= inside
    return pd.DataFrame(lines, columns=["language", "words", "customers", "comments", "quotes"])


def _touching(words: Sequence[str], language: str, texts: pd.Series) -> Flags:
    """Which texts a topic of these words would find."""
    topic = Topic("new", {language: words[0]}, {language: tuple(words)})
    return Taxonomy((topic,)).find(texts)["new"].to_numpy(bool)


def propose_topics(folder: Path, settings: Mapping[str, Any]) -> str:
    """YAML of topics that the comments of a workspace suggest, to be edited and put into a taxonomy of its own.

    `settings`: Parameters of its report, as voice has them.
    """
    question = VoiceQuestion(**{one.name: settings[one.name] for one in fields(VoiceQuestion) if one.name in settings})
    feedback = gather_feedback(open_workspace(folder), question)
    table = suggest_topics(feedback, load_taxonomy(settings.get("taxonomy") or None))
    if table.empty:
        return "# No theme beside the topics came again and again, of thirty customers or more."
    parts = ["# Keep what is a topic, give it a name and words that nothing else has, and set taxonomy to the file."]
    for row in table.to_dict("records"):
        language, words = row["language"], list(row["words"])
        topic = {"_".join(words[:2]): {language: " ".join(words[:2]), "words": {language: words}}}
        evidence = [f"# {row['customers']:,} customers, {row['comments']:,} comments", *row["quotes"]]
        text = yaml.safe_dump(topic, allow_unicode=True, sort_keys=False, default_flow_style=None)
        parts.append("\n#   ".join(evidence) + "\n" + text.rstrip())
    return "\n\n".join(parts)


def course_of(
    feedback: Feedback, touched: pd.DataFrame, breaks: Sequence[dt.date] = ()
) -> tuple[Stretches, pd.DataFrame]:
    """Shares of topics in stretches of a third of the period, and the period held against the time before.

    `breaks`: Days from which others write: the time before begins with the last of them, and is none within the period.
    """
    period = feedback.question.period_days
    length = period // 3
    start = feedback.end - pd.Timedelta(days=3 * length - 1)
    since = pd.Timestamp(max(breaks)) if breaks else feedback.rows["day"].min()
    alike = (feedback.rows["day"] >= since) | (since > start)
    most = (MOST_BEFORE if since <= start else 0, 3)
    stretches = stretches_about(feedback.rows[alike], touched[alike.to_numpy()], start, length=length, most=most)
    return stretches, hold_against(stretches)


def _effects(feedback: Feedback, now: pd.DataFrame, topics: pd.DataFrame, known: Taxonomy) -> TopicEffects | None:
    """Of the period's comments of the source that has the score, without margins."""
    if not feedback.scored:
        return None
    outcome = feedback.outcomes[feedback.scored]
    inside = (now["from"].eq(feedback.scored) & now["answer"].notna() & (now["weight"] > 0)).to_numpy(bool)
    part = now[inside]
    answers, _ = gather(part["answer"], weights=part["weight"], numbers=part["who"].to_numpy(), outcome=outcome)
    return topic_effects(answers, topics[inside], known.topics)


def typical(rows: pd.DataFrame, feedback: Feedback) -> tuple[str, ...]:
    """Comments nearest to the middle of all, one in each language; masked, and none whose writer said no."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    lengths = rows["text"].str.count(r"\S+")
    rows = rows[lengths.between(*QUOTE_WORDS) & rows["may_quote"]].drop_duplicates("text")
    if len(rows) < 2:
        return ()
    try:
        weights = TfidfVectorizer(sublinear_tf=True).fit_transform(rows["text"])
    except ValueError:  # no word is left
        return ()
    chosen: list[str] = []
    for language in rows["language"].value_counts().index:
        places = np.flatnonzero(rows["language"] == language)
        part = weights[places]
        near = np.asarray(part @ np.asarray(part.mean(axis=0)).ravel()).ravel()
        chosen.append(feedback.mask(rows["text"].iloc[places[int(near.argmax())]]))
    return tuple(dict.fromkeys(chosen))[:MOST_QUOTES]
