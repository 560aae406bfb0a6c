"""The score, whether it changed, what moves it and what stands behind it: everything that answers say, in one object.

What answers are too few for is left out, with the reason in plain words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from cxlib.drivers.gather import ScoreData
from cxlib.drivers.ordinal import SeparationError
from cxlib.drivers.performance import ExpectationGap, PerformanceMap, map_performance, measure_expectation_gap
from cxlib.drivers.ranking import DriverRanking, rank_drivers
from cxlib.drivers.sample import EVERY_ANSWER_ALONE, AnswerDesign, TwinError
from cxlib.drivers.scenarios import Gains, simulate_gains
from cxlib.drivers.value import ValueBehind, value_behind_customers
from cxlib.language import Count, Days, Message, T, join_names, spoken
from cxlib.measures import (
    DividedChange,
    DividedScores,
    NonResponse,
    Outcome,
    Score,
    ScoreChange,
    ScoreTrend,
    compare_answers,
    divisions,
    doubt_scale,
    explain_divided,
    score_divided,
    trend_months,
    weigh_answers,
    weigh_period,
)
from cxlib.measures.answer_frames import whose
from cxlib.measures.nps import FLAG_BELOW, SUPPRESS_BELOW
from cxlib.measures.result import Result
from cxlib.voice.themes import Themes, find_themes
from cxlib.voice.topics import Taxonomy, TopicEffects, measure_topics
from cxlib.voice.topics import load_taxonomy as load_taxonomy

NO_RATING = T("No rating can be compared, so nothing can be said about what moves the score")
ANSWERS_A_DRIVER = 10  # the usual least number of answers for each coefficient of a regression


@dataclass(frozen=True, repr=False)
class DriverStudy(Result):
    """What ratings say about the score; each part is None where the answers do not bear it.

    `gap`: None also where nothing was expected.
    `limits`: Why parts are missing, and which drivers were left out.
    """

    ranking: DriverRanking | None
    performance: PerformanceMap | None
    gains: Gains | None
    gap: ExpectationGap | None
    limits: tuple[Message, ...] = ()

    @property
    def face(self) -> pd.DataFrame:
        """The ranking in quantities; empty without one."""
        return pd.DataFrame() if self.ranking is None else self.ranking.face

    @property
    def headline(self) -> Message:
        """What weighs most, or why it cannot be told."""
        return self.limits[0] if self.ranking is None else self.ranking.headline

    @property
    def scenarios(self) -> pd.DataFrame:
        """One row a driver and scenario, for export."""
        columns = ["driver", "name", "scenario", "gain", "gain_without_mood", "low", "high", "affected"]
        return pd.DataFrame(columns=columns) if self.gains is None else self.gains.table[columns]

    @property
    def table(self) -> pd.DataFrame:
        """One row a driver for export: the ranking, beside it performance and gap."""
        if self.ranking is None:
            return pd.DataFrame(columns=["driver", "name", "share", "low", "high", "tie"])
        table = self.ranking.table
        if self.performance is not None:
            columns = ["driver", "performance", "performance_low", "performance_high"]
            table = table.merge(self.performance.table[columns], on="driver", how="left")
        if self.gap is not None:
            gap = self.gap.table[["driver", "gap", "low", "high"]]
            table = table.merge(gap.rename(columns={"low": "gap_low", "high": "gap_high"}), on="driver", how="left")
        return table


def study_drivers(
    answers: pd.DataFrame,
    ratings: pd.DataFrame,
    expectations: pd.DataFrame | None = None,
    *,
    design: AnswerDesign = EVERY_ANSWER_ALONE,
    names: Mapping[str, object] | None = None,
    draws: int = 500,
    gain_draws: int = 200,
    seed: int = 0,
) -> DriverStudy:
    """Rank drivers, map their performance, and ask what better ratings would go with.

    `answers`: The answers (nps, unless `design` has another outcome), weight and customer_id, and the columns of
        margins.
    `ratings`, `expectations`: Columns of drivers, rows of the same answers.
    `design`: Codes of "not applicable", margins and the outcome; weights and customers are those of `answers`.
    `seed`: As in `rank_drivers`.
    `names`: Drivers of it that `ratings` does not hold could not be compared, and are named among the limits.
    `draws`, `gain_draws`: Resamples for the ranking, and for what gains go with.
    Raises DataError: as `rank_drivers`: a rating or a score that does not fit.

    >>> few = pd.DataFrame({"nps": [9, 3], "weight": 1.0, "customer_id": ["a", "b"]})
    >>> str(study_drivers(few, pd.DataFrame({"speed": [5, 1]})).headline)
    'Too few answers to say what moves the score: 2, and 100 are needed'
    """
    outcome = design.outcome
    if answers[outcome.name].isna().all():
        never = T(
            "No {score} answer is known of these days, so nothing can be said about what moves it", score=outcome.label
        )
        return DriverStudy(None, None, None, None, (never,))
    known, limits = names or {}, []
    left_out = [name for driver, name in known.items() if driver not in ratings]
    if left_out:
        shown = join_names(left_out)
        limits.append(T("Left out, because too few rated it or all rated it the same: {drivers}", drivers=shown))
    reason = _too_little(answers[outcome.name], ratings, outcome, asked=len(ratings.columns) + len(left_out))
    if reason is not None:
        return DriverStudy(None, None, None, None, (reason, *limits))
    design = replace(design, weights=answers["weight"], customers=answers["customer_id"])
    design = replace(design, attributes=answers, margins=design.margins or None)
    ranking = None
    while ranking is None:
        try:
            ranking = rank_drivers(ratings, answers[outcome.name], design, names=known, draws=draws, seed=seed)
        except TwinError as twin:
            ratings = ratings.drop(columns=twin.driver)
            limits.append(_left_out(twin, known.get(twin.driver, twin.driver)))
            if ratings.empty:
                return DriverStudy(None, None, None, None, (NO_RATING, *limits))
    gap = gains = None
    if expectations is not None and (twice := _rated_twice(ratings, expectations, design.not_applicable)):
        gap = measure_expectation_gap(ratings[twice], expectations[twice], design, names=known)
    try:
        gains = simulate_gains(ratings, answers[outcome.name], design, names=known, draws=gain_draws, seed=seed)
    except SeparationError:
        limits.append(
            T("Ratings foretell the score all but perfectly, so what better ones would go with cannot be computed")
        )
    return DriverStudy(ranking, map_performance(ranking, ratings, design), gains, gap, tuple(limits))


def _left_out(twin: TwinError, name: object) -> Message:
    if twin.is_score:
        return T("Left out, because it is the score itself and no driver of it: {driver}", driver=name)
    return T("Left out, because other ratings say it already: {driver}", driver=name)


def _too_little(answers: pd.Series, ratings: pd.DataFrame, outcome: Outcome, *, asked: int) -> Message | None:
    """Why nothing can be said of drivers, if so."""
    scores, drivers = answers.dropna(), len(ratings.columns)
    if not asked:
        return T("The survey asks for no ratings, so nothing can be said about what moves the score")
    needed = max(FLAG_BELOW, ANSWERS_A_DRIVER * drivers)
    if len(scores) < needed:
        return T(
            "Too few answers to say what moves the score: {n}, and {needed} are needed",
            n=Count(len(scores)),
            needed=Count(needed),
        )
    if not drivers:
        return NO_RATING
    if len(set(outcome.codes(scores))) < 2:
        return T("All answers are alike, so there is nothing to explain")
    return None


def _rated_twice(ratings: pd.DataFrame, expectations: pd.DataFrame, not_applicable: Sequence[float]) -> list[str]:
    """Drivers whose experience and expectation enough answers hold, each of them not always the same."""
    names = []
    for name in [name for name in ratings if name in expectations]:
        both = pd.DataFrame({"met": ratings[name], "hoped": expectations[name]})
        both = both[~both.isin(list(not_applicable)).any(axis=1)].dropna()
        if len(both) >= SUPPRESS_BELOW and both["met"].nunique() >= 2 and both["hoped"].nunique() >= 2:
            names.append(str(name))
    return names


@dataclass(frozen=True, repr=False)
class ScoreStudy(Result):
    """What answers say of the score; a part is None where they do not bear it.

    `others`: The survey's other scores: of NPS, CSAT and CES those that are not explained here.
    `by_group`: Where the change comes from.
    `groups`: Every group against everyone else.
    `nonresponse`: As answered and as weighted; None without margins.
    `behind`: The money behind the answers.
    `mask`: Hides contacts in quotes; without it there are no quotes.
    `doubt`: What speaks for a scale that was changed, or that others may have been asked: then nothing is said to have
        become better or worse.
    `untold`: By name, the scores that cannot be told, with what speaks for another scale than they are counted by.
    """

    data: ScoreData
    score: Score
    change: ScoreChange
    others: tuple[Score, ...]
    trend: ScoreTrend | None
    by_group: DividedChange
    groups: DividedScores
    drivers: DriverStudy
    nonresponse: NonResponse | None
    behind: ValueBehind | None
    topics: TopicEffects
    themes: Themes
    mask: Callable[[str], str] | None = None
    doubt: Message | None = None
    untold: Mapping[str, Message] = field(default_factory=dict)

    def with_taxonomy(self, taxonomy: Taxonomy) -> ScoreStudy:
        """The same study with other topics: nothing else is computed again."""
        return replace(self, topics=_topics(self.data, taxonomy, self.mask))

    @property
    def frame(self) -> pd.DataFrame:
        """The DataFrame to go on with: the answers that drivers and groups are taken from, one row each."""
        return self.data.survey.explained.drop(columns=["source", "row"], errors="ignore")

    @property
    def outcome(self) -> Outcome:
        """What answers are scored as."""
        return self.data.outcome

    @property
    def explained(self) -> Message:
        """Which answers drivers, groups and topics are taken from."""
        survey = self.data.survey
        n = Count(int(survey.explained[survey.outcome].notna().sum()))
        if survey.end is None:
            return T("all {n} answers", n=n)
        return T("{n} answers of the last {days}", n=n, days=Days(survey.explained_days))

    @property
    def face(self) -> pd.DataFrame:
        """Of the drivers."""
        return self.drivers.face

    @property
    def headline(self) -> Message:
        """The score."""
        return self.score.headline


def study_score(
    data: ScoreData,
    *,
    taxonomy: Taxonomy | None = None,
    mask: Callable[[str], str] | None = None,
    draws: int = 500,
    gain_draws: int = 200,
    seed: int = 0,
) -> ScoreStudy:
    """Study the score, whether it changed, what moves it and what stands behind it.

    `taxonomy`: Topics of comments; `ScoreStudy.with_taxonomy` changes them without computing anything else again.
    `mask`: Hides contacts in quotes; without it there are no quotes.
    `draws`, `gain_draws`, `seed`: As in `study_drivers`.
    Raises DataError: as `study_drivers`; a margin cannot be met; or there is no column of a group.

    >>> from cxlib.data import Workspace
    >>> from cxlib.drivers.gather import gather_answers
    >>> rows = pd.DataFrame({"response_id": range(60), "nps": [9, 9, 3] * 20, "at": "2026-05-02"})
    >>> shop = Workspace.from_frames({"surveys": rows}, currency="GBP", time_zone="UTC")
    >>> study = study_score(gather_answers(shop))
    >>> round(study.score.value, 1), str(study.drivers.headline)
    (33.3, 'The survey asks for no ratings, so nothing can be said about what moves the score')
    """
    survey, question, known, outcome = data.survey, data.question, data.margins, data.outcome
    by = divisions(survey.answers, question.groups, survey.attributes)
    now, before, explained, every = (
        weigh_answers(part, known, outcome) for part in (survey.now, survey.before, survey.explained, survey.answers)
    )
    doubts = {name: doubt_scale(every, other) for name, other in question.outcomes.items() if name in every}
    doubt, first = doubts[outcome.name], now["day"].min() if survey.dated else None
    compared = pd.concat([now["day"], before["day"]]).min() if survey.dated else None
    if doubt is not None and not doubt.spoils(compared):  # the scale is older than what is compared
        every = every[every["day"] >= doubt.since]
    mixed = doubt is not None and doubt.spoils(survey.explained["day"].min() if survey.dated else None)
    if mixed:  # nothing is explained of answers on two scales
        survey = replace(survey, answers=survey.answers.assign(**{outcome.name: np.nan}))
        data, explained = replace(data, survey=survey), explained.assign(**{outcome.name: np.nan})
    by_group = explain_divided(now, before, by=by, outcome=outcome)
    asked = next((other for part in by_group.parts.values() if (other := part.asked_others) is not None), None)
    late = [one for one in data.breaks if compared is not None and pd.Timestamp(one.first) > compared]
    asked = asked or (late[0].message if late else None)
    if data.breaks and not late:  # months are held against those since then
        every = every[every["day"] >= pd.Timestamp(data.breaks[-1].first)]
    return ScoreStudy(
        data,
        score=outcome.score(now[outcome.name], **whose(now)),
        change=compare_answers(now, before, outcome),
        others=tuple(
            other.score(now[name], **whose(now)) for name, other in question.outcomes.items() if name != outcome.name
        ),
        trend=trend_months(every, recent_days=survey.period_days, outcome=outcome),
        by_group=by_group,
        groups=score_divided(explained, by=by, outcome=outcome),
        drivers=DriverStudy(None, None, None, None, (doubt.message,))
        if mixed and doubt
        else study_drivers(
            survey.explained,
            survey.ratings(survey.explained),
            survey.expectations(survey.explained),
            design=AnswerDesign(not_applicable=tuple(question.not_applicable), margins=known, outcome=outcome),
            names={
                driver: question.driver_names.get(driver) or spoken(driver, "rating")
                for driver in (*survey.drivers, *survey.left_out)
            },
            draws=draws,
            gain_draws=gain_draws,
            seed=seed,
        ),
        nonresponse=weigh_period(survey.now, known, invited=survey.invited, outcome=outcome),
        behind=value_behind_customers(data.spend, forecast=data.forecast, currency=data.currency),
        topics=_topics(data, taxonomy or load_taxonomy(), mask),
        themes=find_themes(
            survey.explained["comment"], scores=survey.explained[outcome.name], seed=seed, without=data.persons
        ),
        mask=mask,
        doubt=doubt.message if doubt is not None and doubt.spoils(compared) else asked,
        untold={name: one.message for name, one in doubts.items() if one is not None and one.spoils(first)},
    )


def _topics(data: ScoreData, taxonomy: Taxonomy, mask: Callable[[str], str] | None) -> TopicEffects:
    answers = weigh_answers(data.survey.explained, data.margins, data.outcome)
    return measure_topics(
        answers[data.outcome.name],
        answers["comment"],
        taxonomy=taxonomy,
        mask=mask,
        outcome=data.outcome,
        **whose(answers),
    )
