"""Comments of all sources of a company in one table: surveys, tickets and what stands in `feedback`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from cxlib.checks import Floats, check_days, read_day
from cxlib.data import Workspace
from cxlib.data.survey_frames import explained_outcome
from cxlib.masking import HIDDEN, mask_contacts, mask_words
from cxlib.measures.result import Brief
from cxlib.measures.satisfaction import Outcome, Scale, check_outcome, read_answers, read_outcomes
from cxlib.voice.texts import language_of, near_twins, own_words

SOURCES = {"surveys": ("response_id", "comment"), "tickets": ("ticket_id", "text"), "feedback": ("feedback_id", "text")}
COLUMNS = ["source", "comment_id", "customer_id", "day", "text", "answer", "weight", "may_quote"]
_NUMBER = re.compile(r"\w*\d(?:[\d\w/#-]*\d){3,}\w*")
PASTED = 40  # letters from which a text twice without a customer is a copy


@dataclass(frozen=True, repr=False)
class VoiceQuestion(Brief):
    """What is asked of comments.

    `observation_end`: Last day that counts; empty: the last day with a comment.
    `period_days`: Shares are of so many last days, held against the time before.
    `outcome`, `csat_scale`, `ces_scale`: The score that comments are held against, as in `cxlib.drivers.ScoreQuestion`.
    `rating_scale`: Of ratings in `feedback`: lowest, highest, how many of the best count as satisfied.
    `fixes`: Topic -> the day on which what it is about was mended, such as 2026-02-01.

    >>> VoiceQuestion(fixes={"payment": "2026-02-01"}).period_days
    90
    """

    observation_end: str = ""
    period_days: int = 90
    outcome: str = "auto"
    csat_scale: Sequence[int] = (1, 5, 2)
    ces_scale: Sequence[int] = (1, 7, 3)
    rating_scale: Sequence[int] = (1, 5, 2)
    fixes: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_days("period_days", self.period_days, least=3)
        if self.outcome != "auto":
            check_outcome(self.outcome)


@dataclass(frozen=True, repr=False)
class Feedback(Brief):
    """The comments of a company up to a day, one row each, by day.

    `rows`: source, comment_id, customer_id, day, text (its writer's own words), language ("ar", "en", "other" or ""),
        answer (to the outcome's question), weight, may_quote, twin (the same number for near twins), who (a number for
        each customer; a comment without one is its own).
    `outcomes`: What the answers of each table that has any are scored as, the one that topics are held against first.
    `repeated`: Near twins of an earlier comment of the same customer, left out; `copies`: of long ones without a
        customer, left out too; `alike`: comments that resemble another customer's, kept.
    `undated`: Comments without a day, left out; `wordless`: without a letter.
    """

    question: VoiceQuestion
    company: Workspace = field(repr=False)
    rows: pd.DataFrame = field(repr=False)
    outcomes: Mapping[str, Outcome]
    repeated: int
    copies: int
    alike: int
    undated: int
    wordless: int

    @property
    def end(self) -> pd.Timestamp:
        """The last day that counts."""
        asked = self.question.observation_end
        return pd.Timestamp(asked or (self.rows["day"].max() if len(self.rows) else self.company.last_day))

    @property
    def recent(self) -> pd.Series:
        """Which rows are of the period."""
        return self.rows["day"] > self.end - pd.Timedelta(days=self.question.period_days)

    @property
    def scored(self) -> str:
        """The table whose answers topics are held against; "" where no comment has one."""
        return next(iter(self.outcomes), "")

    @property
    def labels(self) -> Floats:
        """1 for rows with a good answer, -1 with a bad one, 0 with one in between, NaN without."""
        found: Floats = np.full(len(self.rows), np.nan)
        for source, outcome in self.outcomes.items():
            scale, answers = outcome.scale, self.rows["answer"].where(self.rows["from"] == source).to_numpy(float)
            bad = outcome.bad_to if np.isfinite(outcome.bad_to) else scale.good_from - 2  # one is neither
            told = np.where(answers >= scale.good_from, 1.0, np.where(answers <= bad, -1.0, 0.0))
            found = np.where(np.isnan(answers), found, told)
        return found

    def mask(self, text: str) -> str:
        """A comment as it may be shown: no contacts, numbers of orders, nor names that stand in personal columns."""
        return mask_words(_NUMBER.sub(HIDDEN, mask_contacts(text)), self.company.persons_in(text))


def gather_feedback(company: Workspace, question: VoiceQuestion | None = None) -> Feedback:
    """Gather the comments of a workspace.

    Raises ParameterError: a parameter cannot be meant.

    >>> rows = pd.DataFrame({"response_id": range(3), "at": "2026-05-02", "nps": [9, 3, 8],
    ...                      "comment": ["Good", "<b>Late</b>", None]})
    >>> shop = Workspace.from_frames({"surveys": rows}, currency="GBP", time_zone="UTC")
    >>> gather_feedback(shop).rows[["text", "language", "answer"]].to_numpy().tolist()
    [['Good', 'en', 9.0], ['Late', 'en', 3.0]]
    """
    question = question or VoiceQuestion()
    outcomes = read_outcomes(question.csat_scale, question.ces_scale)
    asked = question.observation_end
    last = read_day(asked, name="observation_end", last=company.last_day) if asked else None
    parts: list[pd.DataFrame] = []
    scored: dict[str, Outcome] = {}
    for source in filter(company.has, SOURCES):
        table = company.table(source)
        if SOURCES[source][1] not in table.columns:
            continue
        answer = ""
        if source == "surveys":
            answer = explained_outcome(table, question.outcome)
            scored[source] = outcomes[answer]
        elif source == "feedback":
            answer, scale = "rating", Scale(*question.rating_scale)
            scored[source] = Outcome("csat", scale)
        part = _comments(table, source, answer)
        if answer == "rating":
            read_answers(part["answer"], scale, column="rating")
        if not part["answer"].notna().any():
            scored.pop(source, None)
        parts.append(part)
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*COLUMNS, "from"])
    rows = rows.assign(day=pd.to_datetime(rows["day"]))  # where no table has comments too
    undated = int(rows["day"].isna().sum())
    rows = rows[rows["day"].notna() & ((rows["day"] <= pd.Timestamp(last)) if last else True)]
    distinct = {text: own_words(text) for text in rows["text"].unique()}
    spoken = {text: language_of(text) for text in distinct.values()}
    texts = rows["text"].map(distinct).astype(object)  # without comments, numbers
    rows = rows.assign(text=texts, language=texts.map(spoken).astype(object))
    wordless = rows["language"].eq("")
    return _once(question, company, rows[~wordless], scored, undated, int(wordless.sum()))


def _comments(table: Any, source: str, answer: str) -> pd.DataFrame:
    """The comments of one table in `COLUMNS`, and the table."""
    key, text = SOURCES[source]
    wanted = [key, "customer_id", "day", text, *filter(None, [answer])]
    wanted += [name for name in ("weight", "may_quote", "channel") if name in table.columns]
    frame = table.select(wanted).to_pandas()
    frame = frame[frame[text].fillna("").str.strip() != ""]
    told = frame["channel"] if source == "feedback" and "channel" in frame else pd.Series(None, frame.index, object)
    return pd.DataFrame(
        {
            "source": told.where(told.notna(), source).astype(object),
            "from": source,
            "comment_id": frame[key],
            "customer_id": frame["customer_id"].astype(object),
            "day": frame["day"],
            "text": frame[text],
            "answer": frame[answer].astype(float) if answer else np.nan,
            "weight": frame["weight"].fillna(1.0).astype(float) if "weight" in frame else 1.0,
            "may_quote": frame["may_quote"].fillna(True).astype(bool) if "may_quote" in frame else True,
        }
    )


def _once(
    question: VoiceQuestion,
    company: Workspace,
    rows: pd.DataFrame,
    scored: Mapping[str, Outcome],
    undated: int,
    wordless: int,
) -> Feedback:
    """Each comment once: near twins of one customer, and long copies without one, are left out."""
    # Of twins the one with an answer stays: it is the one that a score can be told of.
    rows = rows.assign(_none=rows["answer"].isna()).sort_values(["_none", "day", "comment_id"], kind="stable")
    rows = rows.assign(twin=near_twins(rows["text"]))
    known = rows["customer_id"].notna()
    again = rows.duplicated(["customer_id", "twin"]) & known
    copy = rows.duplicated(["twin"]) & ~known & (rows["text"].str.len() >= PASTED)
    kept = rows[~again & ~copy].sort_values(["day", "comment_id"], kind="stable", ignore_index=True)
    alike = kept.duplicated("twin", keep=False)
    codes = pd.factorize(kept["customer_id"])[0]
    codes = np.where(codes < 0, codes.max(initial=-1) + 1 + np.arange(len(codes)), codes)
    kept = kept.drop(columns="_none").assign(who=codes)
    return Feedback(
        question, company, kept, scored, int(again.sum()), int(copy.sum()), int(alike.sum()), undated, wordless
    )
