"""The page's head and its tiles: the score, what moves it, and where to look first."""

from dataclasses import replace
from typing import Any

from cxlib.drivers import DriverStudy, ScoreStudy
from cxlib.language import Count, Day, Days, Message, N, Points, T, WordList, join_names
from cxlib.measures import DividedChange, Metric, Outcome, Score, too_few_to_tell
from cxlib.measures.explained import points_taken
from cxlib.measures.sampling import wilson
from cxlib.report.component import Together, together
from cxlib.report.head import PageHead, Tiles, page_head, tiles
from cxlib.report.text import claim, notice
from cxlib.report.views.nps_drivers.change import is_shown, with_spoken_changes

NOTHING_TO_MEND = T("The answers point to no single thing to mend first: try small, and measure")
NEVER = WordList("scores never asked for")
MOST_BULLETS = 3  # of a head, with what to do
MOST_NAMED = 3  # of tied drivers in the title; beyond, their number is said


def answer(study: ScoreStudy) -> PageHead:
    """The page's head: the score with its interval and what moves it, whether it changed, where to look first."""
    is_dated = study.data.survey.dated and study.score.n
    change, worth = ([study.change.headline, *_mix(study)], _worth(study)) if is_dated else ([], [])
    if study.doubt is not None:
        change, worth = [study.doubt], []
    by_group = study.by_group if study.doubt is None else replace(study.by_group, parts={})
    action, answer = _action(study.drivers, by_group, study.outcome), _answer(study)
    if study.score.standing == "suppressed" and study.score.n:
        action = T("Ask more customers before anything is concluded from their answers")
    if study.outcome.name in study.untold:
        action = T("Find out from when on which scale was asked, and bring all answers to one scale")
        return page_head(answer, kicker=_kicker(study), bullets=change, action=action)
    weights = worth or [study.drivers.headline]
    bullets = [*change, *weights, *([NOTHING_TO_MEND] if action is None and study.score.n else [])]
    bullets = bullets[: MOST_BULLETS - (action is not None)]
    return page_head(answer, kicker=_kicker(study), bullets=bullets, action=action)


def _mix(study: ScoreStudy) -> list[Message]:
    """How much of a clear change comes from who answered, where at least half of it clearly does."""
    parts = [part for part in study.by_group.parts.values() if part.is_mix]
    return list(max(parts, key=lambda part: abs(part.mix)).findings[1:]) if parts else []


def _kicker(study: ScoreStudy) -> tuple[Message, ...]:
    survey = study.data.survey
    answers = N("{n} answer", "{n} answers", study.score.n or max(other.n for other in study.others))
    instead = T("drivers of {score}, for nobody was asked for NPS", score=study.outcome.label)
    asked = (instead,) if study.data.question.outcome == "auto" and study.outcome.name != "nps" else ()
    if survey.end is None:
        return (T("Answers without dates, all taken together"), answers, *asked)
    return (
        T("Data to {day}", day=Day(survey.end.date())),
        T("score of the last {days}", days=Days(survey.period_days)),
        answers,
        *asked,
    )


def _answer(whole: ScoreStudy) -> Message:
    """The title: drivers by name where few tie for the first place; without answers another score that is known."""
    score, study = whole.score, whole.drivers
    others = [other for other in whole.others if is_told(whole, other)]
    if not score.n and others:
        return others[0].headline
    if whole.outcome.name in whole.untold:
        return T("{score} cannot be told: its answers may be on another scale", score=whole.outcome.label)
    if score.standing == "suppressed":
        return T("Too few answers for {score}: {n}", score=whole.outcome.label, n=Count(score.n))
    values: dict[str, Any] = {"score": whole.outcome.label, **score.shown}
    if study.ranking is None:
        return T("{score} is {value} ({low} to {high}); what moves it cannot be told", **values)
    if not study.ranking.explains:
        return T("{score} is {value} ({low} to {high}), and the ratings do not explain it", **values)
    leaders = study.ranking.leaders
    if len(leaders) == 1:
        return T("{score} is {value} ({low} to {high}), and {driver} matters most", driver=leaders[0], **values)
    if len(leaders) <= MOST_NAMED:
        return T(
            "{score} is {value} ({low} to {high}). {drivers} matter most, and which of them comes first is not clear",
            drivers=join_names(leaders),
            **values,
        )
    return T(
        "{score} is {value} ({low} to {high}), and which of {n} drivers matters most is not clear",
        **{**values, "n": Count(len(leaders))},
    )


def _fallen(by_group: DividedChange) -> Any:
    """The group that the page names because its score fell; else None."""
    spoken = with_spoken_changes(by_group)
    part = None if spoken.leading is None else spoken.parts[spoken.leading]
    if part is None or part.changed.empty or not is_shown(part):
        return None
    row = part.changed.iloc[int(part.changed["performance"].abs().to_numpy().argmax())]
    return row if row["difference"] < 0 else None


def _worth(study: ScoreStudy) -> list[Message]:
    """What a fall is worth: points of the whole score where one group fell; that answers do not tell it in money."""
    row = _fallen(study.by_group)
    if row is not None and row["total"] < 0:
        taken = Points(-points_taken(row), signed=False, digits=1)
        return [
            T(
                "“{group}” alone took {points} points off the whole score. What that costs in money, answers do not "
                "tell: mend it for a part of the customers, and compare what they spend",
                group=row["group"],
                points=taken,
            )
        ]
    if study.change.significant and study.change.value < 0:
        return [T("What the fall costs in money, answers do not tell")]
    return []


def _action(study: DriverStudy, by_group: DividedChange, outcome: Outcome) -> Message | None:
    """Where to look first: where the score fell, else what weighs much and is rated low; else None."""
    if (row := _fallen(by_group)) is not None:
        return T(
            "Look into “{group}”: {score} there has fallen from {before} to {now}",
            score=outcome.label,
            group=row["group"],
            before=outcome.say(row["score_before"]),
            now=outcome.say(row["score_now"]),
        )
    if study.performance is not None and study.performance.first is not None:
        driver = study.performance.first
        if (study.performance.table["tie"] == 1).sum() == 1:
            return T("Look first at {driver}: it clearly matters most", driver=driver)
        return T(
            "Look first at {driver}: nothing clearly matters more, and of what matters as much it is rated lowest",
            driver=driver,
        )
    return None


def headline_tiles(study: ScoreStudy) -> Together:
    """The scores and the response rate as far as known, also for metrics.json; below, what is not known or withheld."""
    doubt = [notice(study.score.headline)] if study.score.standing != "ok" and study.score.n else []
    untold = [notice(text, "warning") for text in study.untold.values()]
    few = [notice(text) for text in _few_answers(study)]
    return together(_tiles(study), *(notice(text, "info") for text in _gone(study.others)), *doubt, *untold, *few)


def _few_answers(study: ScoreStudy) -> list[Message]:
    """That nobody would see a change of who is asked, where the score or a group's has moved and answers are few."""
    is_moved = study.change.significant or any(not part.changed.empty for part in study.by_group.parts.values())
    if study.doubt is not None or not study.data.survey.dated:
        return []
    few = too_few_to_tell(study.score.n, study.data.survey.period_days, [study.outcome.label] * is_moved)
    return [] if few is None else [few]


def is_told(study: ScoreStudy, score: Score) -> bool:
    """Whether a score is shown: not of too few answers, nor of answers on a scale that may be another."""
    return score.standing != "suppressed" and score.metric.name not in study.untold


def _tiles(study: ScoreStudy) -> Tiles:
    survey = study.data.survey
    day = None if survey.end is None else survey.end.date()
    shown = [_score(study)] if is_told(study, study.score) else []
    shown += [replace(other.metric, note=period(study)) for other in study.others if is_told(study, other)]
    rate = _response_rate(study)
    shown += [] if rate is None else [rate]
    window = survey.period_days if survey.dated else None
    return tiles(*(replace(metric, as_of=day, window_days=window) for metric in shown))


def _score(study: ScoreStudy) -> Metric:
    survey, score, change = study.data.survey, study.score, study.change
    if not survey.dated or change.value != change.value or study.doubt is not None:
        return replace(score.metric, note=period(study))
    note = claim(
        change.significant,
        T("against {before} in the {days} before", before=change.before.shown["value"], days=Days(survey.period_days)),
        T(
            "no clear change from {before} in the {days} before",
            before=change.before.shown["value"],
            days=Days(survey.period_days),
        ),
    )
    difference = change.value * score.top / 100 if change.significant else None
    return replace(score.metric, change=difference, note=note)


def _response_rate(study: ScoreStudy) -> Metric | None:
    survey, score = study.data.survey, study.score
    if survey.invited is None or score.n > survey.invited:
        return None
    low, high = (float(end) for end in wilson(score.n, survey.invited))
    return Metric(
        "response_rate",
        T("Invitations answered"),
        score.n / survey.invited,
        low=low,
        high=high,
        n=survey.invited,
        unit="percent",
        polarity=1,
        note=period(study),
    )


def period(study: ScoreStudy) -> Message:
    """Of which days the score and its like are."""
    survey = study.data.survey
    return T("in the last {days}", days=Days(survey.period_days)) if survey.dated else T("of all answers")


def _gone(scores: tuple[Score, ...]) -> list[Message]:
    """What has no tile, and why."""
    texts = []
    for one in scores:
        if one.standing == "suppressed":
            few = T("{what}: {n} answers are too few", what=one.metric.label, n=Count(one.n))
            texts.append(claim(one.n == 0, NEVER[one.metric.name], few))
    return texts
