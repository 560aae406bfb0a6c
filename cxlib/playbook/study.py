"""The plan: who gets which action, what it costs and should bring, who is held out, and who is left out and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from cxlib.checks import Codes, Flags, Floats, check_fraction, check_number
from cxlib.churn.offers.experiment import detectable_share, power_of
from cxlib.data import Workspace
from cxlib.errors import ParameterError
from cxlib.language import Count, Message, Money, N, Percent, T, Verbatim, WordList, about, about_money, minor_units
from cxlib.measures.result import Brief, Result, Valued, in_quantities, in_units
from cxlib.measures.sampling import LEVEL, Z95
from cxlib.playbook.actions import FROM_REPORTS, Action, read_actions
from cxlib.playbook.choice import NOBODY, Choice, at_prices, choose
from cxlib.playbook.customers import Known, Reports, gather_known
from cxlib.playbook.earlier import STANDING, TRIED, Brought, compare_arms
from cxlib.playbook.responses import Evidence, believe, told_apart

STATUSES = WordList("statuses of a plan")
MOST_HELD_OUT = 0.5
UNSURE = 0.5  # standard error of what is taken off for the choice, as a share of it; tried in docs/coverage.md
POWERFUL = 2.8015852  # standard errors that are seen with a chance of 80%


@dataclass(frozen=True, repr=False)
class PlanQuestion(Brief):
    """What is asked.

    `actions`: As `read_actions` takes them. `margin`: Profit on a unit of revenue; None: not known.
    `budget`: In units of the currency; None: no limit. `hold_out`: Share of those chosen who are left alone.
    `trouble_days`, `rest_days`, `opted_out`: As for `gather_known`.

    >>> PlanQuestion({"call": {"cost": 50, "keeps": 0.3}}, margin=0.5, budget=5000).hold_out
    0.1
    """

    actions: Mapping[str, Any] = field(default_factory=dict)
    margin: float | None = None
    budget: float | None = None
    hold_out: float = 0.1
    trouble_days: int = 30
    rest_days: int = 0
    opted_out: str = ""
    seed: int = 7

    def __post_init__(self) -> None:
        read_actions(self.actions)
        if self.margin is not None:
            check_fraction("margin", self.margin)
        if self.budget is not None and not check_number("budget", self.budget) > 0:
            raise ParameterError(
                f"budget={self.budget:g}: with nothing to spend there is nothing to plan. Give an amount, or leave it "
                "out where there is no limit."
            )
        if not 0 < check_number("hold_out", self.hold_out) <= MOST_HELD_OUT:
            raise ParameterError(
                f"hold_out={self.hold_out:g} must be above 0 and at most {MOST_HELD_OUT:g}: without anybody held out "
                "nobody will ever know what it brought. Take 0.1."
            )


@dataclass(frozen=True, repr=False)
class Promise(Brief):
    """What a plan should bring after its costs, in cents, with its 95% interval.

    `half_cents`: With half of the response. `fair`: Of the gain by which customers were chosen, the share that is left
    where what chose them does not also judge them; 1 without an experiment.
    """

    gain_cents: float
    low_cents: float
    high_cents: float
    half_cents: float
    fair: float = 1.0


@dataclass(frozen=True, repr=False)
class Playbook(Valued, Result):
    """A plan, and what it rests on.

    `customers`: All customers with action (key, or missing), status (of `STATUSES`), hold_out, gain_cents (expected of
        acting, after its cost), unit_cents (profit on a response of one) and what is known of each.
    `table`: A row for each costed action: action, name, chosen, treated, held_out, spent_cents, gain_cents, low_cents,
        high_cents, break_even (response at which nothing is left), expected (response), power, smallest (response that
        the hold-out can show), measured.
    `brought`: What the last plan brought, where its days are over. `tried`: The same of all plans, by action.
    """

    inside = ("table", "customers", "standing", "tried", "choice")

    known: Known = field(repr=False)
    question: PlanQuestion
    actions: tuple[Action, ...]
    evidence: tuple[Evidence, ...] = field(repr=False)
    choice: Choice | None = field(repr=False)
    customers: pd.DataFrame = field(repr=False)
    table: pd.DataFrame
    promise: Promise
    limits: tuple[Message, ...] = ()
    brought: Brought | None = None
    tried: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=TRIED), repr=False)

    @property
    def by_customer(self) -> pd.DataFrame:
        """All customers as in `customers`, amounts in units of the currency; `frame` has a row an action."""
        return in_units(self.customers, self.currency)

    @property
    def end(self) -> dt.date:
        """Last day of the data."""
        return self.known.end

    @property
    def currency(self) -> str:  # type: ignore[override]  # of what is known
        """Of all amounts."""
        return self.known.currency

    @property
    def is_planned(self) -> bool:
        """Whether anybody gets anything."""
        return bool((self.customers["status"] == "act").any())

    @property
    def counts(self) -> dict[str, int]:
        """Customers by status."""
        return {name: int((self.customers["status"] == name).sum()) for name in STATUSES}

    @property
    def spent_cents(self) -> float:
        """Of those who are not held out."""
        return float(self.table["spent_cents"].sum())

    @property
    def standing(self) -> pd.DataFrame:
        """The plan that a later run shall read back, as `STANDING`: this one, or an earlier one not over yet."""
        earlier = self.known.earlier
        if earlier.rows is not None and earlier.why_not is not None:
            return earlier.rows[STANDING]
        rows = self.customers[self.customers["action"].notna() & (self.customers["risk"] > 0)]
        by_key = {each.action.key: each for each in self.evidence}
        own = [by_key[key] for key in rows["action"]]
        cost = np.array([each.action.cost for each in own]) * minor_units(self.currency)
        fair = np.array([self.promise.fair if each.measured else 1.0 for each in own])
        return (
            rows.assign(
                cut_off=pd.Timestamp(self.end) + pd.Timedelta(days=1),
                horizon_days=self.known.horizon_days,
                currency=self.currency,
                effect=[each.action.effect for each in own],
                cost_cents=cost,
                promised_cents=fair * (rows["gain_cents"].to_numpy(float) + cost) - cost,
            )
            .reindex(columns=STANDING)
            .reset_index(drop=True)
        )  # no value where no amounts are known

    @property
    def assumed(self) -> bool:
        """Whether nothing of the plan rests on an experiment."""
        used = self.table[self.table["treated"] > 0]
        return not used["measured"].any()

    @property
    def basis(self) -> Message | None:
        """How much of the promise was never tried; None where all or nothing of it was."""
        used = self.table[self.table["treated"] > 0]
        tried = used["measured"].to_numpy(bool)
        if tried.all() or not tried.any():
            return None
        known = about(used.loc[tried, "gain_cents"].sum())
        return T(
            "{tried} of this rests on own experiments, {guessed} on assumptions that nobody has tried",
            tried=self.money(known),
            guessed=self.money(about(self.promise.gain_cents) - known),  # both add up to what is shown
        )

    def money(self, cents: float) -> object:
        """An amount that nobody knows exactly."""
        return about_money(cents, self.currency)

    @property
    def headline(self) -> Message:
        """What to spend and what it should bring; what that rests on comes first."""
        if not self.is_planned:
            return self.limits[0] if self.limits else T("No action pays for any customer")
        n, p = self.counts["act"], self.promise
        amounts = {"gain": p.gain_cents, "low": p.low_cents, "high": p.high_cents}
        values = {name: self.money(cents) for name, cents in amounts.items()} | {"level": Percent(LEVEL)}
        values["spent"] = Money(self.spent_cents, currency=self.currency)
        if self.assumed:
            return N(
                "Nothing here was tried yet. If the assumptions hold, {spent} spent on {n} customer brings {gain} "
                "({level} interval {low} to {high})",
                "Nothing here was tried yet. If the assumptions hold, {spent} spent on {n} customers brings {gain} "
                "({level} interval {low} to {high})",
                n,
                **values,
            )
        if p.low_cents <= 0:
            return N(
                "{n} customer gets an action for {spent}. It may not pay: {gain} come of it ({level} interval {low} to "
                "{high})",
                "{n} customers get an action for {spent}. It may not pay: {gain} come of it ({level} interval {low} to "
                "{high})",
                n,
                **values,
            )
        return N(
            "Spend {spent} on {n} customer: it should bring {gain} on top ({level} interval {low} to {high})",
            "Spend {spent} on {n} customers: it should bring {gain} on top ({level} interval {low} to {high})",
            n,
            **values,
        )

    @property
    def face(self) -> pd.DataFrame:
        """The playbook by action, in quantities."""
        amounts = {name: (f"{name}_cents", self.money) for name in ("spent", "gain", "low", "high")}
        return in_quantities(self.table, {"action": "name", "customers": ("treated", Count), **amounts})


def study_playbook(company: Workspace, question: PlanQuestion, *, reports: Reports | None = None) -> Playbook:
    """Plan what to do next with a workspace's customers.

    Raises ParameterError: a parameter cannot be meant, or an action's rule names a column that is not there.

    >>> rows = pd.DataFrame({"customer_id": ["a", "b"], "at": ["2026-01-05", "2026-02-01"], "amount": ["3", "4"]})
    >>> shop = Workspace.from_frames({"transactions": rows}, currency="GBP", time_zone="UTC")
    >>> plan = study_playbook(shop, PlanQuestion({"call": {"cost": 50, "keeps": 0.3}}, margin=0.5))
    >>> plan.is_planned, str(plan.headline)
    (False, 'Nobody has a forecast of leaving or of value, so nothing is chosen')
    """
    actions = read_actions(question.actions)
    known = gather_known(
        company,
        tuple(each for each in actions if each.is_costed),
        reports=reports,
        trouble_days=question.trouble_days,
        rest_days=question.rest_days,
        opted_out=question.opted_out,
    )
    return make_plan(known, question)


def make_plan(known: Known, question: PlanQuestion) -> Playbook:
    """The plan for customers of whom everything is known.

    >>> people = pd.DataFrame({"customer_id": ["a", "b"], "risk": [0.5, 0.1], "value_cents": [100000.0, 90000.0],
    ...                        "troubled": False, "rests": False, "opted_out": False})
    >>> known = Known(people, dt.date(2026, 9, 30), "SAR")
    >>> plan = make_plan(known, PlanQuestion({"call": {"cost": 50, "keeps": 0.3}}, margin=0.5))
    >>> plan.customers[["customer_id", "status"]].values.tolist()
    [['a', 'act'], ['b', 'does_not_pay']]
    """
    actions = read_actions(question.actions)
    costed = tuple(each for each in actions if each.is_costed)
    came = compare_arms(known.earlier)
    tried = pd.concat([part for part in (known.earlier.tried, came) if len(part)] or [came], ignore_index=True)
    seen = tried[tried["seen"].notna()].set_index(["action", "effect"])
    evidence = tuple(
        believe(each, known.trials.get(each.key), seen[seen.index == (each.key, each.effect)]) for each in costed
    )
    limits = (*_why_nothing(known, question, costed), *known.limits, *_too_small(evidence), *_not_told(costed, known))
    stage = _Stage.of(known, question, evidence)
    if not costed or not question.margin:
        stage = replace(stage, allowed=np.zeros_like(stage.allowed))
    brought = Brought(came["day"].iloc[0].date(), came, known.currency) if len(came) else None
    return replace(stage.plan(limits, actions), brought=brought, tried=tried)


def _why_nothing(known: Known, question: PlanQuestion, costed: Sequence[Action]) -> tuple[Message, ...]:
    if not costed:
        return (T("No action has a cost and a response yet, so nothing is chosen"),)
    if not question.margin:
        return (T("The margin is not set, so what actions bring is not known and nothing is chosen"),)
    if known.frame.empty or not known.frame.reindex(columns=["risk", "value_cents"]).notna().all(axis=1).any():
        return (T("Nobody has a forecast of leaving or of value, so nothing is chosen"),) * (
            "worth_cents" not in known.frame
        )
    return ()


def _not_told(costed: Sequence[Action], known: Known) -> list[Message]:
    columns = set(known.face)
    return [
        T(
            "“{action}” is for customers whom the report “{report}” tells, and it is not published",
            action=each.name,
            report=Verbatim(FROM_REPORTS[column]),
        )
        for each in costed
        for column in each.who
        if column in FROM_REPORTS and column not in columns
    ]


def _too_small(evidence: Sequence[Evidence]) -> list[Message]:
    lacking = [each.action.name for each in evidence if each.action.trial and not each.measured]
    return [
        T(
            "The experiment on “{action}” is too small, too recent, or of groups that were not alike before it, so its "
            "response is assumed",
            action=name,
        )
        for name in lacking
    ]


@dataclass(frozen=True)
class _Stage:
    """Numbers of all customers and costed actions: (customers, actions), money in cents."""

    known: Known
    question: PlanQuestion
    evidence: tuple[Evidence, ...]
    unit: Floats  # profit on a response of one
    cells: Codes  # group of each customer in each action's evidence
    cost: Floats
    ruled: Flags  # meant for them by the action's rule, and what it brings is known
    allowed: Flags  # and they may be spoken to, and the effect may be there

    @classmethod
    def of(cls, known: Known, question: PlanQuestion, evidence: tuple[Evidence, ...]) -> _Stage:
        frame, face = known.frame, known.face
        shape = len(frame), len(evidence)
        unit, cells, ruled = np.zeros(shape), np.zeros(shape, np.int64), np.zeros(shape, bool)
        away = (frame["opted_out"] | frame["rests"]).to_numpy(bool)
        for place, each in enumerate(evidence):
            unit[:, place] = _profit(frame, each.action.effect, question.margin or 0.0)
            cells[:, place] = each.cells(face)
            ruled[:, place] = each.action.may_get(face)
        ruled = _recovery_first(ruled, [each.action.aim for each in evidence], frame["troubled"].to_numpy(bool))
        ruled &= np.isfinite(unit)
        allowed = ruled.copy()
        for place, each in enumerate(evidence):
            works = np.array([effect.may_work for effect in each.effects.values()])
            allowed[:, place] &= works[cells[:, place]] & ~(away & each.action.contact)
        cost = np.array([each.action.cost for each in evidence]) * minor_units(known.currency)
        return cls(known, question, evidence, np.nan_to_num(unit), cells, cost, ruled, allowed)

    def response(self, name: str, evidence: Sequence[Evidence] | None = None) -> Floats:
        """Each customer's response to each action."""
        parts = [each.values(name)[self.cells[:, place]] for place, each in enumerate(evidence or self.evidence)]
        return np.column_stack(parts) if parts else np.zeros_like(self.unit)

    def gain(self, evidence: Sequence[Evidence] | None = None) -> Floats:
        """Expected, after the cost; -inf where it may not be given."""
        return np.where(self.allowed, self.unit * self.response("expected", evidence) - self.cost, -np.inf)

    def plan(self, limits: tuple[Message, ...], actions: tuple[Action, ...]) -> Playbook:
        """Choose, hold out, and say what comes of it."""
        gain, share = self.gain(), self.question.hold_out
        budget = np.inf if self.question.budget is None else self.question.budget * minor_units(self.known.currency)
        capacity = np.array([each.action.capacity for each in self.evidence])
        choice = choose(gain, self.cost, budget=budget / (1 - share), capacity=capacity / (1 - share))
        held = self._held_out(choice.action)
        action = self._afford(choice.action.copy(), held, gain, budget)
        treated = np.where(held, NOBODY, action)
        promise = self._promise(choice, treated)
        table = self._table(action, treated, promise.fair)
        return Playbook(
            self.known,
            self.question,
            actions,
            self.evidence,
            choice if len(self.cost) else None,
            self._customers(action, held, gain),
            table,
            promise,
            limits,
        )

    def _held_out(self, action: Codes) -> Flags:
        """A share of each action's customers, drawn by the seed, and who is held out still; nobody of only one."""
        held = np.zeros(len(action), bool)
        for place, each in enumerate(self.evidence):
            takers = np.flatnonzero(action == place)
            rng = np.random.default_rng([self.question.seed, *each.action.key.encode()])
            n = int(np.ceil(self.question.hold_out * len(takers) - 1e-9)) if len(takers) > 1 else 0
            held[rng.permutation(takers)[:n]] = True
        waiting = self.known.frame["customer_id"].isin(self.known.earlier.held_back).to_numpy(bool)
        return held | (waiting & (action >= 0))

    def _afford(self, action: Codes, held: Flags, gain: Floats, budget: float) -> Codes:
        """Within the budget also where an action's single customer could not be halved."""
        takers = np.flatnonzero((action >= 0) & ~held)
        order = takers[np.argsort(-gain[takers, action[takers]], kind="stable")]
        action[order[np.cumsum(self.cost[action[order]]) > budget * (1 + 1e-12)]] = NOBODY
        return action

    def _promise(self, choice: Choice, treated: Codes) -> Promise:
        """The gain of those treated, by what did not choose them; and how sure that is."""
        takers = np.flatnonzero(treated >= 0)
        places = treated[takers]
        measured = np.array([each.measured for each in self.evidence], bool)
        gross = self.unit[takers, places] * self.response("expected")[takers, places]
        cost = float(self.cost[places].sum())
        fair = self._fair(choice, measured) if measured[places].any() else 1.0
        brings = float(gross[~measured[places]].sum() + fair * gross[measured[places]].sum())
        taken_off = (1 - fair) * float(gross[measured[places]].sum())
        half = Z95 * np.sqrt(self._variance(takers, places) + (UNSURE * taken_off) ** 2)
        return Promise(brings - cost, brings - cost - half, brings - cost + half, brings / 2 - cost, fair)

    def _fair(self, choice: Choice, measured: Flags) -> float:
        """Of what one half of the experiments led to expect of its own choice, how much the other half saw."""
        said = seen = 0.0
        for one, other in told_apart(list(self.evidence), self.question.seed):
            action = at_prices(self.gain(one), self.cost, choice)
            takers = np.flatnonzero((action >= 0) & measured[action])
            places = action[takers]
            said += float((self.unit * self.response("expected", one))[takers, places].sum())
            seen += float((self.unit * self.response("seen", other))[takers, places].sum())
        return max(seen / said, 0.0) if said > 0 else 1.0

    def _variance(self, takers: Codes, places: Codes) -> float:
        """Of what those treated bring: by how well responses are known, and by chance where customers stay or leave."""
        unit, cells = self.unit[takers, places], self.cells[takers, places]
        total = 0.0
        for place, each in enumerate(self.evidence):
            mine = places == place
            sums = np.bincount(cells[mine], weights=unit[mine], minlength=len(each.effects))
            total += float(((sums * each.values("error")) ** 2).sum())
        response = np.clip(self.response("expected")[takers, places], 0, 1)
        keeps = np.array([each.action.effect == "keeps" for each in self.evidence], bool)[places]
        risk = self.known.frame["risk"].to_numpy(float)[takers] if keeps.any() else np.ones(len(takers))
        chance = np.where(
            keeps & (risk > 0), unit**2 * response * (1 - risk * response) / np.where(risk > 0, risk, 1), 0
        )
        return total + float(np.nansum(chance))

    def _table(self, action: Codes, treated: Codes, fair: float) -> pd.DataFrame:
        rows = [self._row(place, action == place, treated == place, fair) for place in range(len(self.evidence))]
        columns = ["action", "name", "aim", "chosen", "treated", "held_out", "spent_cents", "gain_cents", "low_cents",
                   "high_cents", "break_even", "expected", "power", "smallest", "measured"]  # fmt: skip
        return pd.DataFrame(rows, columns=columns)

    def _row(self, place: int, chosen: Flags, treated: Flags, fair: float) -> tuple[object, ...]:
        known, takers = self.evidence[place], np.flatnonzero(treated)
        unit, n = self.unit[takers, place], len(takers)
        spent, whole = n * float(self.cost[place]), float(unit.sum())
        gross = float((unit * self.response("expected")[takers, place]).sum()) * (fair if known.measured else 1.0)
        half = Z95 * np.sqrt(self._variance(takers, np.full(n, place))) if n else 0.0
        power, smallest = self._power(place, chosen, n, gross / whole if whole else np.nan)
        left = (gross - spent, gross - spent - half, gross - spent + half)
        share = (spent / whole, gross / whole) if whole else (np.nan, np.nan)
        counts = (int(chosen.sum()), n, int(chosen.sum()) - n)
        action = known.action
        return action.key, action.name, action.aim, *counts, spent, *left, *share, power, smallest, known.measured

    def _power(self, place: int, chosen: Flags, treated: int, response: float) -> tuple[float, float]:
        """Chance that the hold-out shows the response that is counted on, and the smallest one that it can show."""
        held = int(chosen.sum()) - treated
        if not held or not treated or not response > 0:
            return np.nan, np.nan
        n = 2 / (1 / treated + 1 / held)  # customers in each of two equal groups that would show as much
        if self.evidence[place].action.effect == "keeps":
            churn = float(self.known.frame["risk"].to_numpy(float)[chosen].mean())
            least = detectable_share(max(n, 1), churn)
            return power_of(n, churn, churn * (1 - min(response, 1))), 1 - least / churn
        spend = self.unit[chosen, place]
        error = float(spend.std() / spend.mean() * np.sqrt(2 / n))
        if not error > 0:  # all are worth as much: nothing says how much they will differ
            return np.nan, np.nan
        return float(ndtr(response / error - Z95)), POWERFUL * error

    def _customers(self, action: Codes, held: Flags, gain: Floats) -> pd.DataFrame:
        takes, best = action >= 0, gain.max(axis=1, initial=-np.inf)
        status = np.full(len(action), "no_action", object)
        status[self.ruled.any(axis=1)] = "wants_none"
        status[self.allowed.any(axis=1)] = "does_not_pay"
        status[best > 0] = "beyond_limit"
        status[takes] = "act"
        status[takes & held] = "held_out"
        keys = np.array([each.action.key for each in self.evidence] or [""], object)
        own, unit = np.full((2, len(action)), np.nan)
        own[takes], unit[takes] = (each[np.flatnonzero(takes), action[takes]] for each in (gain, self.unit))
        return self.known.frame.assign(
            action=pd.Series(keys[np.maximum(action, 0)], dtype=object).mask(~takes, None),
            status=status,
            hold_out=takes & held,
            gain_cents=own,
            unit_cents=unit,
        )


def _profit(frame: pd.DataFrame, effect: str, margin: float) -> Floats:
    """Profit on keeping a customer for sure, or on lifting what they spend by as much again; NaN where not known."""
    nothing = pd.Series(np.nan, index=frame.index)
    risk, value = (frame.get(name, nothing).to_numpy(float) for name in ("risk", "value_cents"))
    if effect == "keeps":
        return np.asarray(margin * risk * value)
    worth = frame.get("worth_cents", nothing).to_numpy(float)
    return np.where(np.isnan(worth), margin * (1 - risk) * value, worth)


def _recovery_first(ruled: Flags, aims: Sequence[str], troubled: Flags) -> Flags:
    """Who had trouble is made good first: nothing is sold to them; nobody else is made good to."""
    recovers, sells = (np.array([aim == name for aim in aims], bool) for name in ("recover", "sell"))
    ruled = ruled & ~(recovers & ~troubled[:, None]) & ~(sells & troubled[:, None])
    first = (ruled & recovers).any(axis=1)
    return np.asarray(ruled & ~(first[:, None] & ~recovers))
