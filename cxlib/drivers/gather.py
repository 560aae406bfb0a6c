"""From a company's tables to what a study of the score works with: its answers, and what is known of who gave them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from cxlib.checks import refuse_personal
from cxlib.data import Recorded, Survey, Workspace, find_recorded, known_margins, read_survey, spend_of_respondents
from cxlib.measures.result import Brief
from cxlib.measures.satisfaction import Outcome, check_outcome, read_outcomes
from cxlib.voice.themes import words_of


@dataclass(frozen=True, repr=False)
class ScoreQuestion(Brief):
    """What is asked of answers.

    `observation_end`: Last day that counts; empty: the last day with an answer.
    `period_days`, `explained_days`: The score is that of so many last days, held against as many before; drivers,
        groups and topics are taken from so many.
    `not_applicable`: Codes of ratings that mean "not applicable".
    `margins`: Known shares of customers, as `cxlib.data.known_margins` takes them; empty: none.
    `groups`: Columns to divide answers by; empty: all that are known.
    `driver_names`: What readers see for a driver; others keep their name.
    `csat_scale`, `ces_scale`: Lowest and highest answer, and how many of the best count (`cxlib.measures.Scale`).
    `outcome`: The score that is explained: "nps", "csat" or "ces"; "auto" is the first of them that was answered.

    >>> list(ScoreQuestion(groups=["touchpoint"], csat_scale=[1, 10, 3]).outcomes)
    ['nps', 'csat', 'ces']
    """

    observation_end: str = ""
    period_days: int = 90
    explained_days: int = 365
    not_applicable: Sequence[float] = ()
    margins: Mapping[str, str | Mapping[object, float]] = field(default_factory=dict)
    groups: Sequence[str] = ()
    driver_names: Mapping[str, str] = field(default_factory=dict)
    csat_scale: Sequence[int] = (1, 5, 2)
    ces_scale: Sequence[int] = (1, 7, 3)
    outcome: str = "auto"

    @property
    def outcomes(self) -> dict[str, Outcome]:
        """Every score that answers can have, by its column."""
        return read_outcomes(self.csat_scale, self.ces_scale)


@dataclass(frozen=True, repr=False)
class ScoreData(Brief):
    """What is known of answers.

    `margins`: Column -> category -> known share of customers.
    `spend`: Of `cxlib.data.spend_of_respondents`.
    `forecast`: Parquet table of the customer value report.
    `persons`: Words of comments that are, or stand in, values of personal columns: they are in no theme.
    """

    inside = ("spend",)

    question: ScoreQuestion
    survey: Survey = field(repr=False)
    margins: dict[str, dict[object, float]] = field(default_factory=dict)
    spend: pd.DataFrame | None = field(default=None, repr=False)
    currency: str = ""
    forecast: Path | None = None
    persons: set[str] = field(default_factory=set, repr=False)
    breaks: tuple[Recorded, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """The score that is explained."""
        return self.question.outcomes[self.survey.outcome]


def gather_answers(
    company: Workspace, question: ScoreQuestion | None = None, *, forecast: Path | None = None
) -> ScoreData:
    """Gather the answers of a workspace with what it knows of the customers who gave them.

    `company`: With `surveys`; `customers`, `transactions` and `messages` add to it.
    `forecast`: ``customers.parquet`` that the customer value report exported.
    Raises ConfigurationError, ParameterError, DataError: as `cxlib.data.read_survey` and `known_margins`.

    >>> rows = pd.DataFrame({"response_id": ["b", "a"], "nps": [9, 3], "at": ["2026-05-02", "2026-01-05"]})
    >>> shop = Workspace.from_frames({"surveys": rows}, currency="GBP", time_zone="UTC")
    >>> gather_answers(shop).survey.now["nps"].tolist()
    [9]
    """
    question = question or ScoreQuestion()
    if question.outcome != "auto":
        check_outcome(question.outcome)
    personal = company.personal_columns("surveys") | company.personal_columns("customers")
    refuse_personal(personal, groups=question.groups, margins=question.margins)
    survey = read_survey(
        company,
        observation_end=question.observation_end,
        period_days=question.period_days,
        explained_days=question.explained_days,
        not_applicable=list(question.not_applicable),
        outcome=question.outcome,
    )
    margins = known_margins(company, question.margins)
    spend, persons = spend_of_respondents(company, survey), _persons(company, survey)
    found = find_recorded(company, "surveys", observation_end=question.observation_end or None)
    breaks = tuple(one for one in found if one.spoils((f"surveys.{survey.outcome}",)))
    return ScoreData(question, survey, margins, spend, company.currency, forecast, persons, breaks)


def _persons(company: Workspace, survey: Survey) -> set[str]:
    """Words of comments, in their plain form, that stand in personal columns of texts."""
    words: set[str] = set()
    for table in ("customers", "surveys"):
        for column in company.personal_columns(table, keys=False) - {"comment"}:
            words |= words_of(company.table(table)[column].to_pandas().dropna().astype(str))
    return words & words_of(survey.explained["comment"].dropna()) if words else words
