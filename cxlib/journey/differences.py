"""What is said of each touchpoint, and what differs there: now from before, and one group of customers from others."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import stdtr

from cxlib.checks import Codes, Flags
from cxlib.data import Workspace, read_survey
from cxlib.data.survey_frames import EXPECTATION, RATING
from cxlib.journey.steps import SPAN, Meetings, Steps, left_within
from cxlib.journey.touchpoints import Touchpoint
from cxlib.language import Message
from cxlib.measures.answer_frames import doubt_scale
from cxlib.measures.nps import SUPPRESS_BELOW
from cxlib.measures.rates import Figure, change_of, ratio_of, student
from cxlib.measures.result import Brief
from cxlib.measures.sampling import LEAST_RATIO, LEAST_SHARE, adjust_holm
from cxlib.measures.satisfaction import NPS, Outcome, Scale, read_answers, score_of

ALPHA = 0.05  # of naming any, where nothing differs
FEW = 3  # orders up to which a customer had bought a few times
FOLLOWS_DAYS = 14  # after which an answer is no longer about what came before it


@dataclass(frozen=True)
class Voice:
    """What is said of one touchpoint; None where fewer than 30 answers say it."""

    nps: Figure | None = None
    csat: Figure | None = None
    easy: Figure | None = None
    gap: Figure | None = None  # experience less expectation, in points of the scale
    named: int = 0  # answers that name the touchpoint
    followed: int = 0  # answers that name none and come at most 14 days after it


@dataclass(frozen=True, repr=False)
class Voices(Brief):
    """What is said of each touchpoint, and what is odd of the answers."""

    each: Sequence[Voice]
    strangers: Sequence[str] = ()  # touchpoints that answers name and the journey does not
    too_early: int = 0  # answers about an order, or what comes after it, of customers without one until then
    untold: Sequence[Message] = ()  # of which scores answers count nowhere: they may be on another scale


def hear(company: Workspace, steps: Steps, csat: Scale, ces: Scale) -> Voices:
    """What answers of the period say: each is about the touchpoint that it names, or else the last one met."""
    touchpoints = steps.touchpoints
    if not company.has("surveys"):
        return Voices([Voice() for _ in touchpoints])
    last = pd.Timestamp(min(steps.end, steps.until), unit="D").date()
    rows = read_survey(company, observation_end=min(last, company.last_day)).answers
    first, untold = pd.Timestamp(steps.start, unit="D"), []
    for outcome in (NPS, Outcome("csat", csat), Outcome("ces", ces)):
        if (doubt := doubt_scale(rows, outcome)) is not None and doubt.spoils(first):
            untold.append(doubt.message)
            rows = rows.assign(**{outcome.name: np.nan})
    rows = rows[rows["day"].notna() & (rows["day"] >= first)].reset_index(drop=True)
    for name, scale in (("csat", csat), ("ces", ces)):
        answers = read_answers(rows[name], scale, column=name)
        rows[f"{name}_good"] = np.where(np.isnan(answers), np.nan, answers >= scale.good_from)
    said = rows["touchpoint"].astype(object).where(rows["touchpoint"].notna(), None)
    numbers = {_plain(name): number for number, one in enumerate(touchpoints) for name in one.survey}
    named = np.array([-1 if text is None else numbers.get(_plain(text), -2) for text in said], dtype=np.int64)
    followed = np.where(named == -1, _last_met(steps, rows), -1)
    strangers = tuple(dict.fromkeys(str(text) for text, number in zip(said, named, strict=True) if number == -2))
    voices = [
        _voice(rows, named == number, followed == number, one.rating, csat) for number, one in enumerate(touchpoints)
    ]
    return Voices(voices, strangers, _too_early(steps, rows, named), untold)


def _plain(text: object) -> str:
    return " ".join(str(text).casefold().replace("_", " ").split())


def _keys(steps: Steps, rows: pd.DataFrame) -> Codes:
    """Customer and day of each answer as a number; -1 of nobody, and of customers who met nothing."""
    customers = steps.ids.get_indexer(pd.Index(rows["customer_id"].astype(object)))
    days = rows["day"].to_numpy("datetime64[D]").astype(np.int64)
    return np.where(customers >= 0, customers * SPAN + days, -1)


def _last_met(steps: Steps, rows: pd.DataFrame) -> Codes:
    """The touchpoint that the customer of an answer met last, at most 14 days before it; -1 for none."""
    if not len(steps.day):
        return np.full(len(rows), -1)
    keys = steps.customer * SPAN + steps.day
    asked = _keys(steps, rows)
    place = np.searchsorted(keys, asked, side="right") - 1
    near = (place >= 0) & (asked >= 0) & (asked - keys[place] <= FOLLOWS_DAYS)
    return np.where(near, steps.touchpoint[place], -1)


def _too_early(steps: Steps, rows: pd.DataFrame, named: Codes) -> int:
    stages = np.array([*(one.stage for one in steps.touchpoints), "", ""])[named]
    asked = _keys(steps, rows)
    place = np.searchsorted(steps.bought, asked, side="right") - 1
    before = np.append(steps.bought, -SPAN)[place] // SPAN
    known = (asked >= 0) & np.isin(stages, ["during", "after"])
    return int((known & ((place < 0) | (before != asked // SPAN))).sum())


def _voice(rows: pd.DataFrame, named: np.ndarray, followed: np.ndarray, rating: str, scale: Scale) -> Voice:
    own = rows[named | followed]
    nps, good, easy = (_enough(score_of(own, column)) for column in ("nps", "csat_good", "ces_good"))
    return Voice(nps, good, easy, _gap(own, rating, scale), int(named.sum()), int(followed.sum()))


def _gap(rows: pd.DataFrame, rating: str, scale: Scale) -> Figure | None:
    if not rating or not {f"{RATING}{rating}", f"{EXPECTATION}{rating}"} <= set(rows.columns):
        return None
    both = rows[[f"{RATING}{rating}", f"{EXPECTATION}{rating}"]].astype(float)
    rows = rows[both.ge(scale.low).all(axis=1) & both.le(scale.high).all(axis=1)]
    gaps = rows[f"{RATING}{rating}"].astype(float) - rows[f"{EXPECTATION}{rating}"].astype(float)
    return _enough(ratio_of(gaps * rows["weight"], rows["weight"], customers=rows["customer_id"]))


def _enough(figure: Figure) -> Figure | None:
    return figure if figure.n >= SUPPRESS_BELOW and np.isfinite(figure.value) else None


@dataclass(frozen=True)
class Difference:
    """A share at a touchpoint and the one that it is held against."""

    touchpoint: Touchpoint
    what: str  # "drop" (do not go on) or "csat" (satisfied)
    one: Figure  # now, or of the group
    other: Figure  # before, or of all other customers
    group: object = None
    is_clear: bool = False  # whether it is beyond chance, with all that are looked at tested together, and matters

    @property
    def change(self) -> Figure:
        """The one less the other."""
        return change_of(self.one, self.other)

    @property
    def tone(self) -> int:
        """1 where it is clearly better, -1 where clearly worse, 0 else."""
        return int(self.is_clear) * (1 if (self.change.value > 0) == (self.what == "csat") else -1)


def p_value(excess: Figure) -> float:
    """Two-sided p-value of a difference, from its interval; NaN where it has none."""
    half = excess.value - excess.low if excess.value > 0 else excess.high - excess.value
    if not np.isfinite(half) or not half > 0:
        return np.nan
    t = student(excess.freedom) * abs(excess.value) / half
    return 2 * float(stdtr(min(excess.freedom, 1e9), -t))


def judge_differences(found: Sequence[Difference]) -> tuple[Difference, ...]:
    """The same with what is clear of them, all tested together."""
    changes = [each.change for each in found]
    sure = adjust_holm([p_value(change) for change in changes]) < ALPHA
    least = [max(LEAST_SHARE, (LEAST_RATIO - 1) * each.other.value) for each in found]
    clear = [bool(one) and abs(change.value) >= size for one, change, size in zip(sure, changes, least, strict=True)]
    return tuple(replace(each, is_clear=is_clear) for each, is_clear in zip(found, clear, strict=True))


def find_changes(steps: Steps, days: int, hear: Callable[[Steps], Sequence[Voice]]) -> tuple[Difference, ...]:
    """What changed in the last `days` against as many before: of each touchpoint who does not go on, who is satisfied.

    Meetings of the last days of which not enough is seen yet count for as long as they were seen.
    """
    now = replace(steps, start=steps.end - days + 1)
    before = replace(steps, start=now.start - days, until=now.start - 1)
    voices = hear(now), hear(before)
    found = []
    for number, one in enumerate(steps.touchpoints):
        pairs = {"csat": [each[number].csat for each in voices]}
        if number not in steps.backwards:
            pairs["drop"] = [_drop(part, number) for part in (now, before)]
        for what in sorted(pairs, reverse=True):
            known = [figure for figure in pairs[what] if figure is not None and figure.n >= SUPPRESS_BELOW]
            if len(known) == 2 and np.isfinite([figure.value for figure in known]).all():
                found.append(Difference(one, what, known[0], known[1]))
    return judge_differences(found)


def bought_before(steps: Steps) -> Codes:
    """Of each customer, 0 where they had not bought before the period, 1 up to three times, 2 more often."""
    earlier = steps.bought[steps.bought % SPAN < steps.start]
    return np.digitize(np.bincount(earlier // SPAN, minlength=len(steps.ids)), (1, FEW + 1))


def by_group(steps: Steps, codes: Codes, names: Sequence[object]) -> tuple[Difference, ...]:
    """Who does not go on from each touchpoint, by group of customers (`codes`, places in `names`; -1 of none)."""
    return judge_differences(list(_groups(steps, codes, names)))


def _groups(steps: Steps, codes: Codes, names: Sequence[object]) -> Iterator[Difference]:
    for number, one in enumerate(steps.touchpoints):
        if number in steps.backwards:
            continue
        met, (days, came) = _after(steps, number)
        group = codes[met.customer]
        for code, name in enumerate(names):
            sides = group == code, (group != code) & (group >= 0)
            own, others = (left_within((days[s], came[s]), met.customer[s], steps.window) for s in sides)
            if min(own.n, others.n) >= SUPPRESS_BELOW and np.isfinite([own.value, others.value]).all():
                yield Difference(one, "drop", own, others, name)


def _after(steps: Steps, number: int) -> tuple[Meetings, tuple[Codes, Flags]]:
    """Meetings of a touchpoint, and when who bought after them."""
    met = steps.of([number])
    return met, steps.waits(met, same_day=steps.touchpoints[number].stage == "before")


def _drop(steps: Steps, number: int) -> Figure:
    met, waits = _after(steps, number)
    return left_within(waits, met.customer, steps.window)
