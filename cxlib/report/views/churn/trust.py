"""How sure all this is: what was checked against leaks, groups, drift, other horizons, and the model's card."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cxlib.churn import ChurnStudy, FeatureDrift, SubgroupCalibration
from cxlib.churn.risk import HIGHEST_AUC
from cxlib.language import Count, Day, Days, Message, Percent, T
from cxlib.report.component import Component
from cxlib.report.table import Column, Table, table
from cxlib.report.text import claim, findings, notice
from cxlib.report.together import together
from cxlib.report.views.churn.words import HUNDREDTHS, THOUSANDTHS, plain

MOST_ROWS = 12
HELD = T("\u2713 Holds")


def checks(study: ChurnStudy) -> Component:
    """What was looked at before anything was believed; a notice where nothing was learned."""
    found = None if study.risk is None else study.risk.fit or study.risk.retrospective
    if found is None:
        return notice(T("No model was learned, so there was nothing to check for leaks"), "info")
    rows: Any = [(check, HELD, result) for check, result in _checks(study, found)]
    return together(
        table(
            pd.DataFrame(rows, columns=["check", "light", "result"]),
            title=T("What was checked before any number was believed"),
            columns={
                "check": Column(T("Check")), "light": Column(T("Result")), "result": Column(T("What was found")),
            },
            note=T("A check that fails stops this report: a page that knows the future is not published."),
        ),
        findings(study.risk.snapshots.notes if study.risk is not None else ()),
    )  # fmt: skip


def _checks(study: ChurnStudy, found: Any) -> list[tuple[Message, Message]]:
    top = found.features_alone.iloc[0]
    feature = found.snapshots.feature(str(top["feature"])).label
    rows = [
        (
            T("No feature knows the future"),
            T("the feature that tells most alone, “{feature}”, has a ROC-AUC of {auc}; above {most} it would be "
              "refused", feature=feature, auc=THOUSANDTHS(float(top["auc"])), most=HUNDREDTHS(HIGHEST_AUC)),
        ),
        (
            T("No classes are balanced"),
            T("weights and resamplers are refused: they make risks that are too high"),
        ),
    ]  # fmt: skip
    if study.data.kind == "flags":
        return [*rows, (T("Columns made from the length of the relation are out of survival models"),
                        T("they know how long the customer stayed"))]  # fmt: skip
    fold = found.snapshots.split()
    days = found.snapshots.known["cut_off"]
    learned = pd.Timestamp(days.iloc[fold.train].max())
    last = learned + pd.Timedelta(days=found.snapshots.gap_days + found.snapshots.horizon_days)
    return [
        *rows,
        (
            T("Shuffled outcomes teach nothing"),
            T("learned from shuffled outcomes, the ranking has a ROC-AUC of {auc}, where chance has 0.5",
              auc=THOUSANDTHS(found.shuffled_auc)),
        ),
        (
            T("The test lies after everything learned"),
            T("the last outcome learned from was over on {last}, and the test is of {day}", last=Day(last.date()),
              day=Day(found.snapshots.test_cut_off.date())),
        ),
    ]  # fmt: skip


def subgroups(study: ChurnStudy) -> Component:
    """Observed against expected by group of customers; a notice where there are no groups."""
    found = None if study.risk is None else study.risk.subgroups
    if found is None or found.table.empty:
        return notice(T("There are no groups of customers in the data to check risks by"), "info")
    return together(_groups(found), findings(found.headline))


def _groups(found: SubgroupCalibration) -> Table:
    t = found.table
    order = t.assign(far=(t["ratio"] - 1).abs()).sort_values(["off", "far"], ascending=False, kind="stable")
    rows = order.head(MOST_ROWS).reset_index(drop=True)
    off: Any = [T("clearly off") if flag else T("within chance") for flag in rows["off"]]
    return table(
        rows.assign(shown=rows["group"].map(plain), verdict=off, left=rows["observed"] / rows["n"],
                    risk=rows["expected"] / rows["n"]),
        title=claim(bool(t["off"].any()), T("Risks are off for some groups"), T("No group's risks are clearly off")),
        n="n",
        columns={
            "shown": Column(T("Group")), "by": Column(T("Grouped by")), "n": Column(T("Customers"), Count),
            "risk": Column(T("Expected to leave"), Percent), "left": Column(T("Left"), Percent),
            "ratio": Column(T("Left for each one expected"), HUNDREDTHS, low="low", high="high"),
            "verdict": Column(T("Verdict")),
        },
        note=T("The {k} groups farthest off, of {all}; the verdict allows for looking at many groups.",
               k=Count(len(rows)), all=Count(len(t))),
    )  # fmt: skip


def drift(study: ChurnStudy) -> Component:
    """Whether today's customers look like those that the model was tested on; a notice without a forecast."""
    found = None if study.money is None else study.money.drift
    if found is None:
        return notice(T("There are no customers of today to compare with those of the past"), "info")
    return together(_drifted(study, found), findings(found.headline))


def _drifted(study: ChurnStudy, found: FeatureDrift) -> Table:
    risk: Any = study.risk
    rows = found.table.head(MOST_ROWS)
    labels: Any = [risk.snapshots.feature(name).label for name in rows["feature"]]
    said: Any = [T("changed") if flag else T("within chance") for flag in rows["drifted"]]
    return table(
        rows.assign(label=pd.Series(labels, dtype=object, index=rows.index), said=said),
        title=T("Whether today's customers look like those of the test"),
        columns={
            "label": Column(T("Feature")),
            "psi": Column(T("Stability index (PSI)"), THOUSANDTHS),
            "critical": Column(T("Chance allows"), THOUSANDTHS),
            "said": Column(T("Verdict")),
        },
        note=T("{now} customers now and {then} then; the {k} features that changed most of {all}.",
               now=Count(found.n_current), then=Count(found.n_reference), k=Count(len(rows)),
               all=Count(len(found.table))),
    )  # fmt: skip


def horizons(study: ChurnStudy) -> Component:
    """The share who leave with other horizons, and customers who bought once; nothing for memberships."""
    data = study.data
    if data.kind != "purchases":
        return findings()
    parts: list[Component] = []
    if data.horizons is not None and len(data.horizons):
        parts.append(_horizons(data.horizons))
    said = []
    if data.gaps is not None:
        within = data.gaps.lengths.loc[data.gaps.lengths["days"] <= data.horizon_days, "closed"].sum() / data.gaps.n
        said.append(
            T(
                "A customer counts as gone after {days} without a purchase: {share} of the {n} times between two "
                "purchases were no longer than that", days=Days(data.horizon_days), share=Percent(float(within)),
                n=Count(data.gaps.n),
            )
        )  # fmt: skip
    said += _once(study)
    return together(*parts, findings(said))


def _once(study: ChurnStudy) -> list[Message]:
    rows = study.data.one_time
    if rows is None or rows.empty or not rows["one_time"].iloc[-1]:
        return []
    last = rows.iloc[-1]
    return [
        T(
            "{n} customers had bought once by {day} and are not in the numbers above: {share} of them did not buy "
            "again within {days}, and why they would is another question", n=Count(int(last["one_time"])),
            day=Day(last["cut_off"].date()), share=Percent(float(last["one_time_churned"] / last["one_time"])),
            days=Days(study.data.horizon_days),
        )
    ]  # fmt: skip


def _horizons(rows: pd.DataFrame) -> Table:
    days: Any = [
        T("{days} (used)", days=Days(row["horizon_days"])) if row["used"] else Days(row["horizon_days"])
        for row in rows.to_dict("records")
    ]
    spoken: Any = [Day(day.date()) for day in pd.to_datetime(rows["cut_off"])]
    return table(
        rows.assign(shown=pd.Series(days, dtype=object), day=spoken),
        title=T("With another horizon"),
        n="customers",
        columns={
            "shown": Column(T("Gone after")),
            "day": Column(T("Customers of")),
            "customers": Column(T("Customers"), Count),
            "rate": Column(T("Share who count as gone"), Percent, low="low", high="high"),
            "returned": Column(T("Came back after being away longer"), Percent),
        },
        note=T("Each row looks at the latest day whose horizon is over. Who comes back later was not gone: a short "
               "horizon calls many customers gone who are not."),
    )  # fmt: skip


def limits(study: ChurnStudy) -> Component:
    """What cannot be said, and what is missing."""
    said = [*study.data.limits]
    said += study.money.limits if study.money is not None else ()
    return findings(said)


def card(study: ChurnStudy) -> Component:
    """The model's card; a notice where there is no model."""
    found = None if study.risk is None else study.risk.card
    if found is None:
        return notice(T("There is no model, and so no card of one"), "info")
    return table(
        found.summary, title=T("The model's card: {headline}", headline=found.headline),
        columns={"item": Column(T("What")), "value": Column(T("Value"))},
    )  # fmt: skip
