"""How sure all this is: what was checked against leaks, groups, drift, other horizons; the model's card and files."""

import pandas as pd

from cxlib.churn import ChurnStudy, RiskStudy
from cxlib.churn.offers import MoneyStudy
from cxlib.churn.risk import HIGHEST_AUC, ModelCard, Tested
from cxlib.language import Count, Day, Days, Message, Percent, T
from cxlib.measures.sampling import LEAST_INDEX
from cxlib.report.component import Component, together
from cxlib.report.exports import export
from cxlib.report.table import Column, Table, table
from cxlib.report.text import claim, findings, notice
from cxlib.report.views.churn.call_list import talking_points
from cxlib.report.views.churn.words import HUNDREDTHS, THOUSANDTHS, joined, or_notice, plain, texts

MOST_ROWS = 12
HOLDS, FAILS = T("\u2713 Holds"), T("\u2717 Fails")
NOTHING_CHECKED = T("No model was learned, so there was nothing to check for leaks")
NO_GROUPS = T("There are no groups of customers in the data to check risks by")
NO_TODAY = T("There are no customers of today to compare with those of the past")
NO_CARD = T("There is no model, and so no card of one")
CURVES = T("Curves of how long members stay")
FIND = ("status", "risk", "value")
EVERYBODY = T("Every customer with risk and status")
WORDS = {"value": {"": T("Value of a year")}}


def checks(study: ChurnStudy) -> Component:
    """What was looked at before anything was believed; a notice where nothing was learned."""
    if study.risk is None or study.risk.tested_model is None:
        return notice(NOTHING_CHECKED, "info")
    rows = [*_checks(study.risk.tested_model), *_checks_by_time(study.risk)]
    lights = [HOLDS] * len(rows)
    if (today := study.risk.today) is not None:
        said = today.findings or (today.headline,)
        rows += [(T("No feature is silent about today’s customers"), sentence) for sentence in said]
        lights += [FAILS if today.findings else HOLDS] * len(said)
    names, results = (texts(column) for column in zip(*rows, strict=True))
    return together(
        table(
            pd.DataFrame({"check": names, "light": texts(lights), "result": results}),
            title=T("What was checked before any number was believed"),
            columns={"check": Column(T("Check")), "light": Column(T("Result")), "result": Column(T("What was found"))},
            note=T(
                "A feature that tells by itself who left stops this report; one that is silent about today’s customers "
                "is named at the top of the page."
            ),
        ),
        findings(study.risk.snapshots.notes),
    )


def _checks(tested: Tested) -> list[tuple[Message, Message]]:
    top = tested.features_alone.iloc[0]
    values: dict[str, object] = {"feature": tested.snapshots.feature(str(top["feature"])).label}
    values |= {"auc": THOUSANDTHS(float(top["auc"])), "most": HUNDREDTHS(HIGHEST_AUC)}
    return [
        (
            T("No feature knows the future"),
            T(
                "the best single feature, “{feature}”, has a ROC-AUC of {auc}; above {most} it would be refused",
                **values,
            ),
        ),
        (T("No classes are balanced"), T("weights and resamplers are refused: they make risks that are too high")),
    ]


def _checks_by_time(risk: RiskStudy) -> list[tuple[Message, Message]]:
    fit, snapshots = risk.fit, risk.snapshots
    if fit is None:
        check = T("Columns made from the length of the relation are out of survival models")
        return [(check, T("they know how long the customer stayed"))]
    learned = pd.Timestamp(snapshots.known["cut_off"].iloc[snapshots.split().train].max())
    last = learned + pd.Timedelta(days=snapshots.gap_days + snapshots.horizon_days)
    days = {"last": Day(last.date()), "day": Day(snapshots.test_cut_off.date())}
    return [
        (
            T("Shuffled outcomes teach nothing"),
            T(
                "learned from shuffled outcomes, the ranking has a ROC-AUC of {auc}, where chance has 0.5",
                auc=THOUSANDTHS(fit.shuffled_auc),
            ),
        ),
        (
            T("The test lies after everything learned"),
            T("the last outcome learned from was over on {last}, and the test is of {day}", **days),
        ),
    ]


def subgroups(study: ChurnStudy) -> Component:
    """Observed against expected by group of customers; a notice where there are no groups."""
    groups = None if study.risk is None else study.risk.subgroups
    if groups is None or groups.table.empty:
        return notice(NO_GROUPS, "info")
    t = groups.table
    order = t.assign(far=(t["ratio"] - 1).abs()).sort_values(["off", "far"], ascending=False, kind="stable")
    rows = order.head(MOST_ROWS).reset_index(drop=True)
    verdict = texts(T("clearly off") if off else T("within chance") for off in rows["off"])
    rows = rows.assign(name=rows["group"].map(plain), verdict=verdict)
    block = table(
        rows.assign(left=rows["observed"] / rows["n"], risk=rows["expected"] / rows["n"]),
        title=claim(bool(t["off"].any()), T("Risks are off for some groups"), T("No group's risks are clearly off")),
        n="n",
        columns={
            "name": Column(T("Group")),
            "by": Column(T("Grouped by")),
            "n": Column(T("Customers tested"), Count),
            "risk": Column(T("Expected to leave"), Percent),
            "left": Column(T("Left"), Percent),
            "ratio": Column(T("Left for each one expected"), HUNDREDTHS, low="low", high="high"),
            "verdict": Column(T("Verdict")),
        },
        note=T(
            "The {k} groups farthest off, of {all}; the verdict allows for looking at many groups.",
            k=Count(len(rows)),
            all=Count(len(t)),
        ),
    )
    return together(block, findings(groups.headline))


def drift(study: ChurnStudy) -> Component:
    """Whether today's customers look like those that the model was tested on; a notice without a forecast."""
    drift = None if study.stakes is None else study.stakes.drift
    if drift is None or study.risk is None:
        return notice(NO_TODAY, "info")
    risk = study.risk
    rows = drift.table.head(MOST_ROWS).reset_index(drop=True)
    labels = texts(risk.snapshots.feature(name).label for name in rows["feature"])
    verdict = texts(
        T("within chance") if not changed else T("changed") if index >= LEAST_INDEX else T("changed, but little")
        for changed, index in zip(rows["drifted"], rows["psi"], strict=True)
    )
    counts = {"now": Count(drift.n_current), "then": Count(drift.n_reference), "k": Count(len(rows))}
    block = table(
        rows.assign(label=labels, verdict=verdict),
        title=T("Whether today's customers look like those of the test"),
        columns={
            "label": Column(T("Feature")),
            "psi": Column(T("Stability index (PSI)"), THOUSANDTHS),
            "critical": Column(T("Chance allows"), THOUSANDTHS),
            "verdict": Column(T("Verdict")),
        },
        note=T(
            "{now} customers now and {then} then; the {k} features that changed most of {all}.",
            **counts,
            all=Count(len(drift.table)),
        ),
    )
    return together(block, findings(drift.headline))


def horizons(study: ChurnStudy) -> Component:
    """The share who leave with other horizons, and customers who bought once; nothing for memberships."""
    data = study.data
    if data.kind != "purchases":
        return findings()
    parts: list[Component] = []
    if data.horizons is not None and len(data.horizons):
        parts.append(_horizons(data.horizons))
    sentences = []
    if data.gaps is not None:
        lengths = data.gaps.lengths
        within = float(lengths.loc[lengths["days"] <= data.horizon_days, "closed"].sum() / data.gaps.n)
        values = {"days": Days(data.horizon_days), "share": Percent(within), "n": Count(data.gaps.n)}
        sentences.append(
            T(
                "A customer counts as gone after {days} without a purchase: {share} of the {n} times between two "
                "purchases were no longer than that",
                **values,
            )
        )
    return together(*parts, findings(sentences, _once(study)))


def _once(study: ChurnStudy) -> list[Message]:
    rows = study.data.one_time
    if rows is None or rows.empty or not rows["one_time"].iloc[-1]:
        return []
    last = rows.iloc[-1]
    return [
        T(
            "{n} customers had bought once by {day} and are not in the numbers above: {share} of them did not buy "
            "again within {days}, and why they would is another question",
            n=Count(int(last["one_time"])),
            day=Day(last["cut_off"].date()),
            share=Percent(float(last["one_time_churned"] / last["one_time"])),
            days=Days(study.data.horizon_days),
        )
    ]


def _horizons(rows: pd.DataFrame) -> Table:
    pairs = zip(rows["horizon_days"], rows["used"], strict=True)
    lengths = texts(T("{days} (used)", days=Days(days)) if used else Days(days) for days, used in pairs)
    return table(
        rows.assign(length=lengths, day=texts(Day(day.date()) for day in pd.to_datetime(rows["cut_off"]))),
        title=T("With another horizon"),
        n="customers",
        columns={
            "length": Column(T("Gone after")),
            "day": Column(T("Customers of")),
            "customers": Column(T("Customers"), Count),
            "rate": Column(T("Share who count as gone"), Percent, low="low", high="high"),
            "returned": Column(T("Came back after being away longer"), Percent),
        },
        note=T(
            "Each row looks at the latest day whose horizon is over. Who comes back later was not gone: a short "
            "horizon calls many customers gone who are not."
        ),
    )


def limits(study: ChurnStudy) -> Component:
    """What cannot be said, and what is missing."""
    doubts = () if study.risk is None or study.risk.today is None else study.risk.today.findings
    part = study.money or study.stakes
    return findings(doubts, study.data.limits, () if part is None else part.limits)


def card(study: ChurnStudy) -> Component:
    """The model's card; a notice where there is no model."""
    return or_notice(None if study.risk is None else study.risk.card, NO_CARD, _card)


def _card(card: ModelCard) -> Table:
    title = T("The model's card: {headline}", headline=card.headline)
    return table(card.face, title=title, columns={"item": Column(T("What")), "value": Column(T("Value"))})


def exports(study: ChurnStudy) -> Component:
    """Links to the list of calls, the risks of all customers, and what goes with leaving."""
    parts: list[Component] = []
    if study.money is not None:
        customers = study.money.calls.export
        calls = _in_words(study, study.money)
        parts.append(export(calls, "call_list", label=T("Whom to call, in order, with reasons"), words=WORDS))
        parts.append(export(customers, "customers", label=EVERYBODY, words=WORDS, find=FIND))
    elif study.stakes is not None:
        customers = study.stakes.now.assign(status="no_costs", currency=study.data.currency)
        if study.no_money is not None:
            customers = customers.drop(columns=["value_cents", "currency"])
        parts.append(export(customers, "customers", label=EVERYBODY, words=WORDS, find=FIND))
    drivers = _drivers(study)
    if len(drivers):
        parts.append(export(drivers, "drivers", label=T("What goes with leaving"), workbook=False))
    if study.survival is not None:
        curves = study.survival.curves
        parts.append(export(curves, "survival", label=CURVES, n="at_risk", group="column", workbook=False))
    return together(*parts)


def _in_words(study: ChurnStudy, money: MoneyStudy) -> pd.DataFrame:
    """Those to call, with what to talk about."""
    rows = money.calls.export.loc[lambda table: table["status"] == "call"].reset_index(drop=True)
    points = talking_points(study, money)
    return rows.assign(in_words=texts(joined(lines) or "" for lines in points).reindex(rows.index))


def _drivers(study: ChurnStudy) -> pd.DataFrame:
    """Importance in the model, and ratios of survival, one row a feature or property."""
    tables = []
    if study.risk is not None and study.risk.importance is not None:
        rows = study.risk.importance.features
        tables.append(_source("importance (rise in log loss)", rows, "key", "actionable", "loss", "low", "high"))
    if study.survival is not None and study.survival.cox is not None:
        rows = study.survival.cox.table.assign(actionable=None)
        tables.append(_source("hazard ratio (Cox)", rows, "term", "actionable", "hazard_ratio", "low", "high"))
    if study.hazard is not None:
        rows = study.hazard.effects.assign(actionable=None)
        columns = ("term", "actionable", "odds_ratio", "odds_low", "odds_high")
        tables.append(_source("odds ratio (by month)", rows, *columns))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def _source(source: str, rows: pd.DataFrame, *columns: str) -> pd.DataFrame:
    names = ["source", "feature", "actionable", "value", "low", "high"]
    return rows.assign(source=source)[["source", *columns]].set_axis(names, axis=1)
