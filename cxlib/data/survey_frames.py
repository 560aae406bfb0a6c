"""Answers of surveys, ready to be scored: sorted, dated, with what is known of the customers who gave them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import ibis.expr.types as ir
import pandas as pd

from cxlib.checks import check_days, check_margins
from cxlib.data.frames.inputs import DayLike, as_day
from cxlib.data.profiles import customer_attributes
from cxlib.data.workspace import Workspace
from cxlib.errors import DataError, ParameterError, nearest
from cxlib.strict_yaml import check_day

COLUMNS = ("response_id", "customer_id", "day", "touchpoint", "nps", "csat", "ces", "comment", "language", "weight")
RATING, EXPECTATION = "rating_", "expect_"
SELDOM = 100  # one in so many answers may be a slip of the pen
LEAST_RATINGS = 30  # a driver that fewer customers rated says nothing


@dataclass(frozen=True)
class Survey:
    """The answers of a company and the periods that they are looked at in.

    `answers`: Every answer up to the last day, sorted by response_id: the columns of the table `surveys` (those that it
        lacks are missing throughout, `weight` is then 1), and each category that is known of the customer.
    `end`: The last day that counts; None where answers have no date: then all of them are one period.
    `period_days`, `explained_days`: Length of the period that is scored, and of the time that drivers and topics are
        taken from.
    `drivers`, `left_out`: Drivers with ratings that can be compared (names without ``rating_``), and those with too few
        or equal ones.
    `attributes`: Columns of `answers` that divide customers or answers into groups.
    `invited`: Invitations of the period, where the messages say so.
    `weightless`: Answers with a weight of zero: they count for nothing and are not among the answers.
    `outcome`: Column of the answers that are explained: the one asked for, or csat, else ces where nobody gave an NPS
        answer.
    """

    answers: pd.DataFrame = field(repr=False)
    end: pd.Timestamp | None
    period_days: int
    explained_days: int
    drivers: tuple[str, ...]
    left_out: tuple[str, ...]
    attributes: tuple[str, ...]
    invited: int | None = None
    weightless: int = 0
    outcome: str = "nps"

    @property
    def now(self) -> pd.DataFrame:
        """Answers of the last period; all of them where they have no date."""
        return self._last(self.period_days)

    @property
    def before(self) -> pd.DataFrame:
        """Answers of the period before; none where they have no date."""
        if self.end is None:
            return self.answers.iloc[:0]
        return self._last(self.period_days, until=self.end - pd.Timedelta(days=self.period_days))

    @property
    def explained(self) -> pd.DataFrame:
        """Answers that drivers and topics are taken from."""
        return self._last(self.explained_days)

    @property
    def dated(self) -> bool:
        """Whether there are periods at all."""
        return self.end is not None

    @property
    def weighted(self) -> bool:
        """Whether answers carry weights of their own."""
        return bool(self.answers["weight"].nunique() >= 2)

    def ratings(self, answers: pd.DataFrame) -> pd.DataFrame:
        """Ratings in those answers, a column a driver."""
        return _named(answers, RATING, self.drivers)

    def expectations(self, answers: pd.DataFrame) -> pd.DataFrame:
        """Expectations in those answers, of the drivers that have any."""
        expected = [name for name in self.drivers if f"{EXPECTATION}{name}" in answers]
        enough = [name for name in expected if answers[f"{EXPECTATION}{name}"].notna().sum() >= LEAST_RATINGS]
        return _named(answers, EXPECTATION, enough)

    def _last(self, days: int, *, until: pd.Timestamp | None = None) -> pd.DataFrame:
        if self.end is None:
            return self.answers
        last = until or self.end
        day = self.answers["day"]
        inside = (day > last - pd.Timedelta(days=days)) & (day <= last)
        return self.answers[inside].reset_index(drop=True)


def read_survey(
    company: Workspace,
    *,
    observation_end: DayLike = None,
    period_days: int = 90,
    explained_days: int = 365,
    not_applicable: tuple[float, ...] | list[float] = (),
    outcome: str = "auto",
) -> Survey:
    """The answers of a company with what is known of the customers who gave them.

    `company`: With the table `surveys`; `customers`, `transactions` and `messages` add to it where it has them.
    `observation_end`: Last day that counts; the last day with an answer when left out or empty.
    `period_days`, `explained_days`: See `Survey`.
    `not_applicable`: Codes of ratings that mean "not applicable".
    `outcome`: "nps", "csat" or "ces": the column of the answers that are explained; "auto" is the first with answers.
    Raises ConfigurationError: the workspace has no surveys.
    Raises ParameterError: a period is shorter than a day.
    Raises DataError: `observation_end` is not a day, or answers are coded 1-11.

    >>> rows = pd.DataFrame({"response_id": ["b", "a"], "nps": [9, 3], "at": ["2026-05-02", "2026-01-05"]})
    >>> shop = Workspace.from_frames({"surveys": rows}, currency="GBP", time_zone="UTC")
    >>> survey = read_survey(shop, period_days=90)
    >>> survey.answers["response_id"].tolist(), survey.now["nps"].tolist()
    (['a', 'b'], [9])
    """
    for name, days in (("period_days", period_days), ("explained_days", explained_days)):
        check_days(name, days)
    answers = _with_every_column(company.frame("surveys"))
    _refuse_shifted(company, answers)
    last = as_day(observation_end or None, "observation_end")
    if last is not None:
        check_day(last, "observation_end", last=company.last_day)
    end = pd.Timestamp(last) if last else answers["day"].max()
    if pd.isna(end):
        end = None
    else:
        answers = answers[answers["day"] <= end]  # an answer without a date belongs to no period
    counts = answers["weight"] != 0
    answers, attributes = _with_attributes(answers[counts], company)
    answers = answers.sort_values(["response_id", "row"], kind="stable", ignore_index=True)
    outcome = explained_outcome(company.table("surveys"), outcome)
    survey = Survey(answers, end, period_days, explained_days, (), (), attributes, outcome=outcome)
    drivers, left_out = _compared(survey.explained, not_applicable, outcome)
    invited = _invitations(company, end, period_days)
    weightless = int((~counts).sum())
    return replace(survey, drivers=drivers, left_out=left_out, invited=invited, weightless=weightless)


def explained_outcome(surveys: ir.Table, outcome: str = "auto") -> str:
    """Which score of a survey is explained: the one that is asked for; else NPS, or CSAT, or CES, where it has answers.

    `outcome`: "nps", "csat", "ces", or "auto".

    >>> rows = pd.DataFrame({"response_id": ["a"], "csat": [4]})
    >>> shop = Workspace.from_frames({"surveys": rows}, currency="GBP", time_zone="UTC")
    >>> explained_outcome(shop.table("surveys"))
    'csat'
    """
    if outcome != "auto":
        return outcome
    known = (name for name in ("nps", "csat", "ces") if name in surveys.columns)
    return next((name for name in known if surveys[name].count().execute()), "nps")


def known_margins(company: Workspace, margins: Mapping[str, str | Mapping[Any, float]]) -> dict[str, dict[Any, float]]:
    """Known shares of customers to weight answers to.

    `company`: Its table `customers` is counted for margins that say so.
    `margins`: Column -> category -> share, or column -> "customers": the shares among all customers of the company.
    Raises ParameterError: a margin is neither shares nor "customers", or there is no such column to count.

    >>> people = pd.DataFrame({"customer_id": ["a", "b", "c"], "age_band": ["old", "old", "young"]})
    >>> shop = Workspace.from_frames({"customers": people}, currency="GBP", time_zone="UTC")
    >>> known_margins(shop, {"age_band": "customers"})
    {'age_band': {'old': 2.0, 'young': 1.0}}
    """
    check_margins(margins)
    return {
        column: _counted(company, column)
        if isinstance(margin, str)
        else {category: float(share) for category, share in margin.items()}
        for column, margin in margins.items()
    }


def spend_of_respondents(company: Workspace, survey: Survey) -> pd.DataFrame | None:
    """What the customers who answered have spent in the time that is explained, beside their last answer.

    Returns: customer_id, nps (last answer), spent_cents (net of refunds); None without transactions, dates or
        customers, and where another score than NPS is explained.
    """
    if survey.outcome != "nps" or survey.end is None or not company.has("transactions"):
        return None
    answers = survey.explained.dropna(subset=["customer_id", "nps"])
    last = answers.sort_values(["day", "response_id"], kind="stable").drop_duplicates("customer_id", keep="last")
    if last.empty:
        return None
    rows = company.table("transactions")
    start = survey.end - pd.Timedelta(days=survey.explained_days)
    inside = rows.filter((rows.day > start.date()) & (rows.day <= survey.end.date()))
    spent = inside.group_by("customer_id").aggregate(spent_cents=inside.amount_cents.sum()).to_pandas()
    both = last[["customer_id", "nps"]].merge(spent, on="customer_id", how="left")
    return both.sort_values("customer_id", ignore_index=True)


def _with_every_column(rows: pd.DataFrame) -> pd.DataFrame:
    missing = {name: None for name in (*COLUMNS, "row") if name not in rows}
    rows = rows.assign(**missing)
    weight = 1.0 if rows["weight"].isna().all() else rows["weight"]
    return rows.assign(weight=weight, day=pd.to_datetime(rows["day"]))


def _refuse_shifted(company: Workspace, answers: pd.DataFrame) -> None:
    """Stop where the scale is 1-11: its elevens are set aside as faults, and all other answers would count too high."""
    faults = company.quarantine("surveys")
    elevens = int(((faults["column"] == "nps") & faults["value"].isin(["11", "11.0"])).sum())
    if elevens > answers["nps"].count() / SELDOM and not (answers["nps"] < 1).any():
        raise DataError(
            f"surveys: column 'nps' has {elevens:,} answers of 11 and none below 1: it seems to be coded 1-11. "
            "Subtract 1, as with the mapping 'nps: nps - 1'."
        )


def _with_attributes(answers: pd.DataFrame, company: Workspace) -> tuple[pd.DataFrame, tuple[str, ...]]:
    personal = company.personal_columns("surveys")
    own = [name for name in ("touchpoint", "language") if name not in personal and answers[name].nunique() >= 2]
    people = customer_attributes(company)
    fresh = [str(name) for name in people if name not in answers]
    if answers["customer_id"].notna().any() and fresh:
        answers = answers.merge(people[["customer_id", *fresh]], on="customer_id", how="left")
        own += fresh
    return answers, tuple(own)


def _compared(
    answers: pd.DataFrame, codes: tuple[float, ...] | list[float], outcome: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Drivers that can be compared, and those that cannot."""
    good: list[str] = []
    bad: list[str] = []
    scored = answers[answers[outcome].notna()]
    for column in [str(name) for name in answers if str(name).startswith(RATING)]:
        ratings = scored[column].dropna()
        ratings = ratings[~ratings.isin(list(codes))]
        fits = len(ratings) >= LEAST_RATINGS and ratings.nunique() >= 2
        (good if fits else bad).append(column.removeprefix(RATING))
    return tuple(good), tuple(bad)


def _named(answers: pd.DataFrame, prefix: str, names: list[str] | tuple[str, ...]) -> pd.DataFrame:
    return answers[[f"{prefix}{name}" for name in names]].set_axis(list(names), axis=1)


def _counted(company: Workspace, column: str) -> dict[Any, float]:
    people = customer_attributes(company)
    if column not in people:
        raise ParameterError(f"margins: there is no column {column!r} to count. {nearest(column, map(str, people))}")
    counted = people[column].dropna().value_counts().sort_index()
    return {category: float(number) for category, number in counted.items()}


def _invitations(company: Workspace, end: pd.Timestamp | None, days: int) -> int | None:
    """Messages of the kind "survey", which invite to it."""
    if end is None or not company.has("messages"):
        return None
    rows = company.table("messages")
    start = end - pd.Timedelta(days=days)
    inside = rows.filter((rows.kind == "survey") & (rows.day > start.date()) & (rows.day <= end.date()))
    return int(inside.count().execute()) or None
