"""Who comes back: cohorts by start month as a map, and all of them together as a curve."""

import math
from typing import Any

import pandas as pd

from cxlib.language import Count, Message, Month, Percent, T
from cxlib.report.component import Together, together
from cxlib.report.figure import FigureBlock, figure
from cxlib.report.plots import Heatmap, LineChart
from cxlib.report.suppression import large_groups
from cxlib.report.table import SUPPRESS_BELOW, Column, TableSpec
from cxlib.report.text import Notice, findings, notice, they_meet
from cxlib.report.views.segmentation.segments import of_customers, seen
from cxlib.segments import SegmentStudy
from cxlib.segments.cohorts import CohortRetention

LARGEST_HEATMAP = 24  # start months shown, the newest; the download has them all


@of_customers
def coming_back(study: SegmentStudy) -> FigureBlock | Notice:
    """The curve of all start months together."""
    return cohort_curve(study.cohorts)


@of_customers
def start_months(study: SegmentStudy) -> Together:
    """The map of start months, and what newer customers have brought against older ones."""
    shown = seen(study).cohorts
    alike = study.data.has_amounts and not any(one.kind == "prices" for one in study.data.breaks)
    said = [shown.revenue_finding()] * alike
    return together(cohort_map(study.cohorts), findings(*([] if shown.decline is None else [shown.decline]), said))


def cohort_map(cohorts: CohortRetention) -> FigureBlock:
    """Retention by start month; months that are not over are masked."""
    sizes = cohorts.sizes.rename("n").rename_axis("cohort").reset_index()
    shown = large_groups(sizes, "n", label="cohort")["cohort"]
    large, trend = cohorts.rates[cohorts.rates.index.isin(shown)], cohorts.of(shown).trend
    cells = _complete(cohorts)
    rates: Any = large.drop(columns=0).dropna(how="all").tail(LARGEST_HEATMAP).dropna(axis="columns", how="all")
    months = rates.index if len(rates) else cohorts.rates.index
    first, last = (Month(day.date()) for day in (months[0], months[-1]))
    source = T(
        "Source: transactions. {masked}. Empty cells lie in the future; start months with fewer than {n} customers "
        "are not shown.",
        masked=cohorts.masked,
        n=Count(SUPPRESS_BELOW),
    )
    if len(large) > len(rates):
        newest = Count(len(rates))
        source = T(
            "{source} Drawn are the newest {k} start months; the download has the earlier ones too.",
            source=source,
            k=newest,
        )
    return figure(
        Heatmap(
            rates,
            x_label=T("Months since the first purchase"),
            row_labels=[Month(day.date(), short=True) for day in rates.index],
        ),
        name="cohort-retention",
        title=trend,
        subtitle=T("Share who bought, by month of first purchase, {first} to {last}", first=first, last=last),
        alt=T(
            "A grid: one row for each start month from {first} to {last}, one column for each month since. {trend}.",
            first=first,
            last=last,
            trend=trend,
        ),
        source=source,
        numbers=TableSpec(
            cells,
            {
                "month": Column(T("Month of first purchase")),
                "months_since": Column(T("Months since"), Count),
                "customers": Column(T("Customers who bought"), Count),
                "cohort_size": Column(T("Out of"), Count),
                "rate": Column(T("Share"), Percent, low="low", high="high"),
            },
            n="cohort_size",
            hidden=(~cells["cohort"].isin(shown)).tolist(),
        ),
    )


def _complete(cohorts: CohortRetention) -> pd.DataFrame:
    cells = cohorts.cells[cohorts.cells["complete"] & (cohorts.cells["months_since"] > 0)]
    months: Any = [Month(day.date()) for day in cells["cohort"]]
    return cells.assign(month=months)


def cohort_curve(cohorts: CohortRetention) -> FigureBlock | Notice:
    """Retention of all cohorts together, with its interval; a notice where no cohort is old enough for a line."""
    curve = cohorts.curve[(cohorts.curve["at_risk"] >= SUPPRESS_BELOW) & (cohorts.curve.index > 0)].reset_index()
    if len(curve) < 2:
        return notice(
            T("No start month with enough customers has been followed for two months, so there is no curve"), "info"
        )
    first, last = curve.iloc[0], curve.iloc[-1]
    return figure(
        LineChart(
            curve,
            x="months_since",
            lines={"rate": T("Bought in that month")},
            bands={"rate": ("low", "high")},
            highlight="rate",
            x_label=T("Months since the first purchase"),
            tick_step=6,
        ),
        name="retention-curve",
        title=_course(first, last, alike=_alike(cohorts, first, last)),
        subtitle=T("Share who bought in each later month, all start months together"),
        alt=T(
            "A line with its interval, from {first} in month {start} to {last} in month {end}; {clear}.",
            clear=they_meet(first, last),
            first=Percent(first["rate"]),
            start=Count(int(first["months_since"])),
            last=Percent(last["rate"]),
            end=Count(int(last["months_since"])),
        ),
        source=T(
            "Source: transactions. {masked}. Later months rest on older start months alone. The band is the 95% "
            "interval.",
            masked=cohorts.masked,
        ),
        numbers=TableSpec(
            curve,
            {
                "months_since": Column(T("Months since"), Count),
                "customers": Column(T("Customers who bought"), Count),
                "at_risk": Column(T("Out of"), Count),
                "rate": Column(T("Share"), Percent, low="low", high="high"),
            },
            n="at_risk",
        ),
    )


def _alike(cohorts: CohortRetention, first: Any, last: Any) -> bool:
    """Whether the start months that have come to the last month began as all of them together did."""
    cells = _complete(cohorts).set_index("months_since")
    far = cells.loc[[last["months_since"]], "cohort"]
    begun = cells.loc[[first["months_since"]]]
    early = begun[begun["cohort"].isin(far)][["customers", "cohort_size"]].sum()
    error = math.sqrt(first["rate"] * (1 - first["rate"]) / max(early["cohort_size"], 1))
    return bool(abs(early["customers"] / max(early["cohort_size"], 1) - first["rate"]) <= 2 * error)


def _course(first: Any, last: Any, *, alike: bool) -> Message:
    """Where the curve goes from its first month to its last: claimed where intervals are apart and customers alike."""
    values = {
        "first": Percent(first["rate"]),
        "last": Percent(last["rate"]),
        "start": Count(int(first["months_since"])),
        "end": Count(int(last["months_since"])),
    }
    if not alike:
        return T(
            "{first} bought in month {start}, {last} in month {end}. Only early start months have come that far, and "
            "they differ from the rest",
            **values,
        )
    if last["high"] < first["low"]:
        return T("Fewer come back as time goes by: {first} in month {start}, {last} in month {end}", **values)
    if last["low"] > first["high"]:
        return T("Those who stay buy more often: {first} in month {start}, {last} in month {end}", **values)
    return T("About as many come back in month {end} as in month {start}: {last} and {first}", **values)
