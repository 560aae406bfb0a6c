"""What the forecast rests on: models side by side, what they take for granted, the last run, and the last cent."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd

from cxlib.clv import CustomerStudy, FittedRun, ValueChange, explain_change
from cxlib.clv.assumptions import AMBER, GREEN, RED
from cxlib.errors import CxError
from cxlib.language import Count, Decimal, Message, Money, N, Percent, T
from cxlib.report.component import Component
from cxlib.report.table import Column, Table, table
from cxlib.report.text import claim, findings, notice
from cxlib.report.together import Together, together
from cxlib.report.views.clv.amounts import money

LIGHTS = {
    RED: T("\u25cf Red: does not hold"), AMBER: T("\u25b2 Amber: doubtful"), GREEN: T("\u2713 Green: holds"),
    "unknown": T("? Cannot be told"),
}  # fmt: skip
ASSUMPTIONS = {
    "spend_frequency": T("How often customers buy says nothing of how much they spend"),
    "regularity": T("Times between purchases are random"),
    "seasonality": T("No season"),
    "cohort_drift": T("New customers are like those before them"),
    "history": T("The history is at least as long as the forecast"),
    "mean_spend": T("The spend model knows the average amount"),
}
HUNDREDTHS = partial(Decimal, digits=2)


def model_choice(study: CustomerStudy) -> Component:
    """The models side by side and which one is used; a notice where none could be fitted."""
    if study.choice is None:
        return notice(T("No model could be fitted to these customers, so there is none to choose"), "info")
    rows: Any = study.choice.table
    marked: Any = [
        T("{model} (used)", model=name) if method == study.choice.chosen else name
        for method, name in zip(rows["method"], rows["name"], strict=True)
    ]
    return together(
        table(
            rows.assign(shown=marked),
            title=T("Models side by side"),
            columns={
                "shown": Column(T("Model")),
                "assumes": Column(T("How it sees customers leave")),
                "aic_difference": Column(T("AIC above the best"), partial(Decimal, digits=0)),
                "total_error": Column(T("Total error in the past"), partial(Percent, signed=True)),
                "mae": Column(T("Error of a customer"), HUNDREDTHS),
                "verdict": Column(T("Fit")),
            },
        ),
        findings([study.choice.headline, *([] if study.sampled is None else [study.sampled])]),
    )


def assumptions(study: CustomerStudy) -> Table:
    """What the models take for granted, worst first, with what it does to the number."""
    checks = study.assumptions.checks
    names: Any = [ASSUMPTIONS[check.key] for check in checks]
    lights: Any = [LIGHTS[check.level] for check in checks]
    rows = study.assumptions.summary.assign(name=names, light=lights)
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
            T("Nothing in the data contradicts what the models assume"),
        ),
        columns={
            "name": Column(T("Taken for granted")),
            "light": Column(T("Light")),
            "what was found": Column(T("What was found")),
            "effect on the forecast": Column(T("Effect on the forecast")),
        },
    )


def change_since(study: CustomerStudy, before: FittedRun | None) -> Component:
    """Why the value differs from what the last run said, in parts that add up; a notice where there is no last run."""
    now = study.fitted
    if now is None or before is None:
        return notice(_FIRST_RUN if now is not None else _NOTHING_TO_COMPARE, "info")
    try:
        change = explain_change(before, now, rules=study.rules, currency=study.currency)
    except CxError:
        return notice(T("What the last run left cannot be compared with this one"), "info")
    if round(change.before_cents) == round(change.after_cents) and not change.new_customers:
        return findings(
            T("The value still to come is what the last run said: neither customers nor models have changed")
        )
    return together(findings(_largest(change)), _parts(change))


_FIRST_RUN = T("There is no earlier run to compare with; the next one will say what has changed since this one")
_UNCHANGED = T("The value still to come is what the last run said: neither customers nor models have changed")
_NOTHING_TO_COMPARE = T("There is no forecast to compare with an earlier one")


def _parts_of(change: ValueChange) -> list[tuple[Message, float, bool]]:
    return [
        (T("Value still to come, last time"), change.before_cents, False),
        (T("New customers"), change.new_customers_cents, True),
        (T("Customers no longer in the data"), change.lost_customers_cents, True),
        (T("What the same customers did"), change.behaviour_cents, True),
        (T("Models fitted anew"), change.model_cents, True),
        (T("Value still to come, now"), change.after_cents, False),
    ]


def _largest(change: ValueChange) -> Message:
    part, cents, _ = max(_parts_of(change)[1:-1], key=lambda row: abs(row[1]))
    total = change.after_cents - change.before_cents
    return T(
        "Value still to come changed by {change} since the last run; the largest part: {part}, {cents} ({n} new "
        "customers)",
        change=_signed(total, change.currency), part=part, cents=_signed(cents, change.currency),
        n=Count(change.new_customers),
    )  # fmt: skip


def _parts(change: ValueChange) -> Table:
    rows: Any = [
        (name, _signed(cents, change.currency) if signed else money(cents, change.currency))
        for name, cents, signed in _parts_of(change)
    ]
    return table(
        pd.DataFrame(rows, columns=["part", "value"]),
        title=T("From the last run to this one"),
        columns={"part": Column(T("Part")), "value": Column(T("Value"))},
    )


def _signed(cents: float, currency: str) -> Money:
    shown = money(cents, currency)
    return Money(shown.value, currency=currency, signed=True)


def reconciliation(study: CustomerStudy) -> Together:
    """Past revenue of the customers above against the source, to the cent."""
    found = study.reconciliation
    said: Component = findings(found.headline) if not found.difference_cents else notice(found.headline, "error")
    return together(
        said,
        table(
            found.summary,
            title=T("From the source to this page"),
            columns={"what": Column(T("What")), "amount": Column(T("Amount"))},
        ),
    )
