"""What customers say of each touchpoint: satisfaction, ease, willingness to recommend, and the gap to expectations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxlib.checks import Codes
from cxlib.data import Workspace, read_survey
from cxlib.data.survey_frames import EXPECTATION, RATING
from cxlib.journey.steps import SPAN, Steps
from cxlib.measures.nps import SUPPRESS_BELOW
from cxlib.measures.rates import Figure, ratio_of
from cxlib.measures.result import Brief
from cxlib.measures.satisfaction import Scale, read_answers, score_of

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


def hear(company: Workspace, steps: Steps, csat: Scale, ces: Scale) -> Voices:
    """What answers of the period say: each is about the touchpoint that it names, or else the last one met."""
    touchpoints = steps.touchpoints
    if not company.has("surveys"):
        return Voices([Voice() for _ in touchpoints])
    last = pd.Timestamp(min(steps.end, steps.until), unit="D").date()
    rows = read_survey(company, observation_end=min(last, company.last_day)).answers
    rows = rows[rows["day"].notna() & (rows["day"] >= pd.Timestamp(steps.start, unit="D"))].reset_index(drop=True)
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
    return Voices(voices, strangers, _too_early(steps, rows, named))


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
