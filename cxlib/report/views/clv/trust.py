"""What the forecast rests on: models side by side, what they take for granted, the last run, and the last cent."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from cxlib.checks import Floats
from cxlib.clv import CustomerStudy, ValueChange
from cxlib.clv.assumptions import AMBER, GREEN, RED, UNKNOWN
from cxlib.clv.chances import AHEAD_DAYS
from cxlib.errors import CxError
from cxlib.language import Count, Days, Decimal, Message, Money, N, Percent, T, WordList
from cxlib.measures.result import NO_AMOUNTS
from cxlib.report.component import Component, Together, together
from cxlib.report.figure import FigureBlock, figure
from cxlib.report.plots import SmallMultiples
from cxlib.report.table import Column, Table, TableSpec, table
from cxlib.report.text import Notice, claim, findings, notice
from cxlib.report.views.clv.answer import nothing

LIGHTS = {
    RED: T("\u25cf Red: does not hold"),
    AMBER: T("\u25b2 Amber: doubtful"),
    GREEN: T("\u2713 Green: holds"),
    UNKNOWN: T("? Cannot be told"),
}
ASSUMPTIONS = WordList("assumptions of a forecast")
KIND_NAMES = {"here": T("Probably here"), "doubtful": T("In doubt"), "gone": T("Probably gone")}
FIRST_RUN = T("There is no earlier run to compare with; the next one will say what has changed since this one")
UNCHANGED = T("By this page's settings the last run would have said the same: customers and models have not changed")
NOTHING_TO_COMPARE = T("There is no forecast to compare with an earlier one")
NOT_COMPARABLE = T("What the last run left cannot be compared with this one")
HUNDREDTHS = partial(Decimal, digits=2)


def model_choice(study: CustomerStudy) -> Component:
    """The models side by side and which one is used; a notice where none could be fitted."""
    if study.choice is None:
        return notice(T("No model was fitted to these customers, so there is none to choose"), "info")
    rows = study.choice.table
    pairs = zip(rows["method"], rows["name"], strict=True)
    names = [T("{model} (used)", model=name) if key == study.choice.chosen else name for key, name in pairs]
    lives = [] if study.lives.empty else [_lives(study)]
    return together(
        table(
            rows.assign(label=pd.Series(names, dtype="object")),
            title=T("Models side by side"),
            columns={
                "label": Column(T("Model")),
                "assumes": Column(T("How it sees customers leave")),
                "aic_difference": Column(T("AIC above the best"), partial(Decimal, digits=0)),
                "total_error": Column(T("Total error in the past"), partial(Percent, signed=True)),
                "mae": Column(T("Error of a customer"), HUNDREDTHS),
                "verdict": Column(T("Fit")),
            },
        ),
        findings([study.choice.headline, *([] if study.sampled is None else [study.sampled])]),
        *lives,
    )


def _lives(study: CustomerStudy) -> FigureBlock:
    """How the chance of still being a customer went for typical ones, by the model that is used."""
    lives = study.lives.assign(weeks=(study.lives["day"] - study.end).dt.days / 7)
    today = lives[lives["day"] == study.end]
    now = dict(zip(today["kind"].tolist(), today["p_alive"].tolist(), strict=True))
    later = lives.groupby("kind")["p_alive"].last().to_dict()
    ids = {kind: f"\u2026{str(customer)[-3:]}" for kind, customer in zip(now, today["customer_id"], strict=True)}
    names: dict[Hashable, Message | str] = {
        kind: T("{kind}: {customer}", kind=KIND_NAMES[kind], customer=ids[kind]) for kind in now
    }
    drop = max(now, key=lambda kind: now[kind] - later[kind])
    values = {"customer": ids[drop], "now": Percent(now[drop]), "later": Percent(later[drop]), "days": Days(AHEAD_DAYS)}
    title = T("Without a purchase in the next {days}, customer {customer} goes from {now} to {later}", **values)
    columns = {
        "customer": Column(T("Customer")),
        "day": Column(T("Day")),
        "p_alive": Column(T("Probably still a customer"), Percent, low="low", high="high"),
    }
    # Every fourth week: days on which one person bought are nobody's to read
    since = (lives["day"] - lives.groupby("kind")["day"].transform("min")).dt.days
    rows = lives[since % 28 == 0].assign(customer=lambda table: table["kind"].map(ids))[[*columns, "low", "high"]]
    return figure(
        SmallMultiples(
            lives,
            panel="kind",
            x="weeks",
            value="p_alive",
            low="low",
            high="high",
            names=names,
            kind=Percent,
            x_label=T("Weeks from today, after which nothing is bought"),
            tick_step=26,
        ),
        name="typical-lives",
        title=title,
        subtitle=T(
            "Chance that a typical customer was still one, by what was known then, with its 95% interval where the "
            "model holds; from today on {days} without a purchase",
            **values,
        ),
        alt=T(
            "A panel for each of {n} customers with a line that rises at purchases and falls in silence. {title}.",
            n=Count(len(ids)),
            title=title,
        ),
        source=T(
            "Source: transactions, by {model} with today's parameters. Customers in the middle of those who are "
            "probably here, doubtful and probably gone; of the id only the end is shown.",
            model=study.chosen.name if study.chosen is not None else "",
        ),
        numbers=TableSpec(rows, columns),
    )


def assumptions(study: CustomerStudy) -> Table | Notice:
    """What the models take for granted, worst first, with what it does to the number; not of ids of nobody."""
    if any(found.undoes_customers for found in study.breaks):
        return notice(nothing(study), "info")
    checks = study.assumptions.checks
    rows = study.assumptions.face
    rows["name"] = pd.Series([ASSUMPTIONS[check.key] for check in checks], dtype="object")
    rows["light"] = pd.Series([LIGHTS[check.level] for check in checks], dtype="object")
    doubtful = sum(check.level in (RED, AMBER) for check in checks)
    return table(
        rows,
        title=claim(
            doubtful,
            N(
                "{n} of {m} assumptions is doubtful or does not hold",
                "{n} of {m} assumptions are doubtful or do not hold",
                doubtful,
                m=Count(len(checks)),
            ),
            study.assumptions.headline,
        ),
        columns={
            "name": Column(T("Taken for granted")),
            "light": Column(T("Light")),
            "what was found": Column(T("What was found")),
            "effect on the forecast": Column(T("Effect on the forecast")),
        },
    )


def change_since(study: CustomerStudy) -> Component:
    """Why the value differs from what the last run said, in parts that add up; a notice where there is no last run."""
    if study.forecast is None:
        return notice(NOTHING_TO_COMPARE if study.has_amounts else NO_AMOUNTS, "info")
    try:
        change = study.change()
    except CxError:
        return notice(NOT_COMPARABLE, "info")
    if change is None:
        return notice(FIRST_RUN, "info")
    if round(change.before_cents) == round(change.after_cents) and not change.new_customers:
        return findings(UNCHANGED)
    parts = [
        (T("New customers"), change.new_customers_cents),
        (T("Customers no longer in the data"), change.lost_customers_cents),
        (T("What the same customers did"), change.behaviour_cents),
        (T("Models and level estimated anew"), change.model_cents),
    ]
    shown = _rounded(change, [cents for _, cents in parts])
    parts = [(name, cents) for (name, _), cents in zip(parts, np.diff(shown), strict=True)]
    change = replace(change, before_cents=shown[0], after_cents=shown[-1])
    return together(findings(_largest(change, parts, study.currency)), _parts(change, parts, study.currency))


def _rounded(change: ValueChange, parts: list[float]) -> Floats:
    """Value before, and after each of the parts, in cents with four digits: the parts shown add up to what is shown."""
    levels = np.cumsum([change.before_cents, *parts])
    digits = 3 - math.floor(math.log10(max(*np.abs(levels), 1e5)))
    return np.round(levels, digits)


def _largest(change: ValueChange, parts: list[tuple[Message, float]], currency: str) -> Message:
    part, cents = max(parts, key=lambda row: abs(row[1]))
    return T(
        "By the same margin, discount and horizon, value still to come changed by {change} since the last run; the "
        "largest part: {part}, {cents} ({n} new customers)",
        change=_signed(change.after_cents - change.before_cents, currency),
        part=part,
        cents=_signed(cents, currency),
        n=Count(change.new_customers),
    )


def _parts(change: ValueChange, parts: list[tuple[Message, float]], currency: str) -> Table:
    rows = [
        (T("Value still to come, last time, by this page's settings"), Money(change.before_cents, currency=currency)),
        *((name, _signed(cents, currency)) for name, cents in parts),
        (T("Value still to come, now"), Money(change.after_cents, currency=currency)),
    ]
    return table(
        pd.DataFrame(rows, columns=["part", "value"]),
        title=T("From the last run to this one"),
        columns={"part": Column(T("Part")), "value": Column(T("Value"))},
    )


def _signed(cents: float, currency: str) -> Money:
    return Money(cents, currency=currency, signed=True)


def reconciliation(study: CustomerStudy) -> Together | Notice:
    """Past revenue of the customers above against the source, to the cent."""
    if not study.has_amounts:
        return notice(NO_AMOUNTS, "info")
    result = study.reconciliation
    is_whole = not result.difference_cents
    return together(
        findings(result.headline) if is_whole else notice(result.headline, "error"),
        table(
            result.face,
            title=T("From the source to this page"),
            columns={"what": Column(T("What")), "amount": Column(T("Amount"))},
        ),
    )
