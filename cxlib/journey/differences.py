"""What differs at a touchpoint: now from the days before, and one group of customers from all others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtr

from cxlib.checks import Codes, Flags
from cxlib.journey.satisfaction import Voice
from cxlib.journey.steps import SPAN, Meetings, Steps, left_within
from cxlib.journey.touchpoints import Touchpoint
from cxlib.measures.nps import SUPPRESS_BELOW
from cxlib.measures.rates import Figure, change_of, student
from cxlib.measures.sampling import LEAST_RATIO, LEAST_SHARE, adjust_holm

ALPHA = 0.05  # of naming any, where nothing differs
FEW = 3  # orders up to which a customer had bought a few times


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
    t = student(excess.freedom, excess.level) * abs(excess.value) / half
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
