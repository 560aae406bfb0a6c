"""How strongly customers respond to an action: as assumed, or as an experiment corrects it, by group.

A choice rests on shrunken effects: the assumption and the whole experiment together (`OfferEffect.measured`), and each
group drawn towards that by how little it alone can tell (empirical Bayes; DerSimonian & Laird, Controlled Clinical
Trials 7, 1986, for the spread between groups). A promise does not: what was chosen because it looked best looks better
than it is. So it is judged by customers other than those who chose it (cross-fitting), here by splitting the normal
error of each effect into two independent ones (Oliveira, Lei & Tibshirani, Unbiased risk estimation in the normal means
problem via coupled bootstrap techniques, 2021), averaged over draws and their mirror images.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cxlib.checks import Codes, Floats
from cxlib.churn.offers.offer import OfferRules
from cxlib.churn.offers.uplift import Experiment, OfferEffect, measure_offer
from cxlib.measures.result import Brief
from cxlib.measures.sampling import Z95
from cxlib.playbook.actions import Action

FEWEST = 30  # customers in each arm of a group that is looked at alone
DRAWS = 20
THIN = 1 / 3  # nine tenths of an experiment choose, as many customers as the inverse of its square judge: one tenth
EVERYBODY = ""


@dataclass(frozen=True)
class Effect:
    """The response of one group, as a fraction.

    `expected`: What choices rest on.
    `seen`, `error`: What its customers alone say, with its standard error; of an assumption this and its own error.
    """

    expected: float
    seen: float
    error: float

    @property
    def may_work(self) -> bool:
        """Whether it is not clear that it does nothing, or harm."""
        return self.seen + Z95 * self.error > 0


@dataclass(frozen=True, repr=False)
class Evidence(Brief):
    """What is known of an action's effect.

    `effects`: By group; "", the first, holds for everybody else.
    `measured`: Whether an experiment stands behind it.
    """

    action: Action
    effects: Mapping[str, Effect]
    measured: bool = False

    @property
    def names(self) -> list[str]:
        """The groups, in the order of `cells`."""
        return list(self.effects)

    def cells(self, customers: pd.DataFrame) -> Codes:
        """Each customer's group, as a place in `names`."""
        by = self.action.trial.by if self.action.trial else ""
        if not self.measured or not by or by not in customers:
            return np.zeros(len(customers), np.int64)
        place = {name: number for number, name in enumerate(self.names)}
        return np.array([place.get(str(name), 0) for name in customers[by]], np.int64)

    def values(self, name: str) -> Floats:
        """`expected`, `seen` or `error` of each group."""
        return np.array([getattr(effect, name) for effect in self.effects.values()])

    def drawn(self, seen: Floats, errors: Floats) -> Evidence:
        """With groups drawn towards everybody, whom another look at the experiment moves as far as it is believed."""
        everybody, prior = self.effects[EVERYBODY], self.action.error**2
        moved = (seen[0] - everybody.seen) * prior / (prior + everybody.error**2)
        together = everybody.expected + moved
        own = _own_share(seen[1:], errors[1:])
        expected = np.r_[together, together + own * (seen[1:] - together)]
        return replace(self, effects=dict(zip(self.names, map(Effect, expected, seen, errors), strict=True)))


def assume(action: Action) -> Evidence:
    """Only what somebody said."""
    return Evidence(action, {EVERYBODY: Effect(action.expected, action.expected, action.error)})


def learn(action: Action, rows: pd.DataFrame) -> Evidence:
    """What an experiment says: `rows` has treated (flags), churned and group. Too small a one counts as none.

    >>> rows = pd.DataFrame({"treated": [True, False] * 400, "group": "", "churned": [0, 0, 0, 1] * 200})
    >>> from cxlib.playbook.actions import read_actions
    >>> offer = read_actions({"call": {"cost": 1, "keeps": 0.3}})[-1]
    >>> effect = learn(offer, rows).effects[""]
    >>> bool(0.9 < effect.seen), bool(effect.expected < effect.seen)
    (True, True)
    """
    if _fewest(rows["treated"]) < FEWEST:
        return assume(action)
    whole = measure_offer(Experiment(rows, "treated"))
    weight = max(action.expected * (1 - action.expected) / action.error**2 - 1, 2.0) if action.error > 0 else 2.0
    together = whole.measured(OfferRules(action.expected), weight=weight).expected_response
    groups = {str(name): part for name, part in rows.groupby("group") if _fewest(part["treated"]) >= FEWEST}
    groups.pop(EVERYBODY, None)
    parts = {EVERYBODY: whole, **{name: measure_offer(Experiment(part, "treated")) for name, part in groups.items()}}
    effects = {name: Effect(together, fair_response(part), part.response_error) for name, part in parts.items()}
    known = Evidence(action, effects, measured=True)
    return known.drawn(known.values("seen"), known.values("error"))


def believe(action: Action, rows: pd.DataFrame | None, tried: pd.DataFrame) -> Evidence:
    """What somebody said, moved by what earlier plans brought, and by an experiment.

    `rows`: As `learn` takes them. `tried`: seen and error of each plan that held customers out. Plans count together by
    their errors and the spread between them, and move what was said as far as it is unsure (normal errors).

    >>> from cxlib.playbook.actions import read_actions
    >>> call = read_actions({"call": {"cost": 1, "keeps": 0.3, "interval": [0.1, 0.5]}})[-1]
    >>> tried = pd.DataFrame({"seen": [0.1], "error": [call.error]})
    >>> round(believe(call, None, tried).effects[""].expected, 3)
    0.2
    """
    is_tried = rows is not None and _fewest(rows["treated"]) >= FEWEST
    if tried.empty:
        return learn(action, rows) if rows is not None else assume(action)
    seen, errors = (tried[name].to_numpy(float) for name in ("seen", "error"))
    weights = 1 / (errors**2 + _spread(seen, errors))
    mean, error, prior = float(weights @ seen / weights.sum()), float(weights.sum() ** -0.5), action.error**2
    share = prior / (prior + error**2)
    expected, half = action.expected + share * (mean - action.expected), Z95 * error * float(np.sqrt(share))
    if rows is None or not is_tried:
        return Evidence(action, {EVERYBODY: Effect(expected, mean, error)}, measured=True)
    return learn(replace(action, expected=min(max(expected, 0), 1), low=expected - half, high=expected + half), rows)


def fair_response(effect: OfferEffect) -> float:
    """Without the bias of a ratio, which is on average too high by the relative variance of what stands below."""
    left, n = effect.left_control + 0.5, effect.n_control + 0.5
    return 1 - (1 - effect.response) / (1 + 1 / left - 1 / n)


def _fewest(treated: pd.Series) -> int:
    return int(min(treated.sum(), (~treated).sum()))


def _own_share(seen: Floats, errors: Floats) -> Floats:
    """How much of what a group shows is its own: the spread between groups against its error."""
    spread = _spread(seen, errors)
    return np.asarray(spread / (spread + errors**2))


def _spread(seen: Floats, errors: Floats) -> float:
    """Variance between effects beyond that of their errors (DerSimonian & Laird)."""
    if len(seen) < 2:
        return 0.0
    weights = errors**-2.0
    mean = weights @ seen / weights.sum()
    excess = float(weights @ (seen - mean) ** 2) - (len(seen) - 1)
    return max(excess / float(weights.sum() - (weights**2).sum() / weights.sum()), 0.0)


def told_apart(known: list[Evidence], seed: int) -> Iterator[tuple[list[Evidence], list[Evidence]]]:
    """Evidence to choose by, and evidence of its own to judge that choice by: `DRAWS` times, and each mirrored."""
    for number in range(DRAWS):
        noise = [
            np.random.default_rng([seed, number, place]).normal(size=len(each.effects))
            for place, each in enumerate(known)
        ]
        for sign in (1.0, -1.0):
            pairs = [_thinned(each, sign * z) for each, z in zip(known, noise, strict=True)]
            yield [one for one, _ in pairs], [other for _, other in pairs]


def _thinned(known: Evidence, z: Floats) -> tuple[Evidence, Evidence]:
    """As if customers had been parted at random, most of them to choose by and the others to judge by."""
    if not known.measured:
        return known, known
    seen, errors = known.values("seen"), known.values("error")
    shift = errors * z
    if len(shift) > 1:  # everybody comes first: the groups together
        weights = errors[1:] ** -2.0
        shift[0] = weights @ shift[1:] / weights.sum()
    chosen_by, judged_by = seen + THIN * shift, seen - shift / THIN
    one = known.drawn(chosen_by, errors * np.sqrt(1 + THIN**2))
    return one, replace(known, effects=dict(zip(known.names, map(Effect, judged_by, judged_by, errors), strict=True)))
