"""Who moved from one segment to another, and what segments say about time to come."""

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from cxlib.language import Count, Day, Days, Message, Money, Percent, T
from cxlib.report.component import Together, together
from cxlib.report.figure import figure
from cxlib.report.plots import IntervalDots, MigrationMatrix
from cxlib.report.suppression import SUPPRESS_BELOW, hidden_cells, large_groups
from cxlib.report.table import Column, Table, TableSpec, table
from cxlib.report.text import Notice, claim, findings, notice
from cxlib.report.views.segmentation.segments import of_customers
from cxlib.segments import SegmentStudy
from cxlib.segments.usefulness import Usefulness

NO_LARGE_MOVE = T("No movement between two segments is large enough to be shown")
TOO_SHORT = T("Too few were customers that long ago to compare then with now")


@of_customers
def movement(study: SegmentStudy) -> Together | Notice:
    """The map of movements with what it says; a notice where there is nothing to compare with."""
    if (moved := study.movement) is None:
        return notice(TOO_SHORT, "info")
    newcomers = (moved.newcomers,) if moved.entrants["customers"].sum() >= SUPPRESS_BELOW else ()
    names: dict[Hashable, Message | str] = dict(moved.names.items())
    counts = moved.matrix
    hidden = pd.DataFrame(hidden_cells(counts.to_numpy(float)), counts.index, counts.columns)
    totals = pd.DataFrame({"segment": [moved.names[key] for key in counts.index], "n": counts.sum(axis=1).to_numpy()})
    small = pd.Series(~totals.index.isin(large_groups(totals, "n", label="segment").index), counts.index)
    pairs = zip(moved.table["before"], moved.table["after"], strict=True)
    cells = np.array([bool(hidden.loc[before, after]) for before, after in pairs])
    moves = moved.table.loc[moved.table["before"] != moved.table["after"], "customers"]
    is_shown = len(moves) > 0 and not cells[moves.index[int(moves.to_numpy().argmax())]]
    title = claim(is_shown, moved.largest_move, NO_LARGE_MOVE)
    of = moved.table["of"].mask(moved.table["before"].map(small).to_numpy(bool))
    shown = moved.table.assign(share=moved.table["share"].mask(cells), of=of)
    happened = shown[shown["customers"] > 0]
    sides: dict[str, Any] = {side: [moved.names[key] for key in happened[side]] for side in ("before", "after")}
    dates = [T("Segment on {day}", day=Day(day)) for day in (moved.before, moved.after)]
    block = figure(
        MigrationMatrix(
            shown,
            before="before",
            after="after",
            share="share",
            n="of",
            names=names,
            before_label=dates[0],
            after_label=dates[1],
        ),
        name="migration",
        title=title,
        subtitle=T(
            "Share of each segment of {then} by the segment of now, {n} customers",
            then=Day(moved.before),
            n=Count(moved.stayed + moved.moved),
        ),
        alt=T("A grid: one row for each earlier segment, one column for each segment now. {move}.", move=title),
        source=T(
            "Source: transactions. Both days use the limits of the earlier one, so that only "
            "customers move, not the limits. Where nothing changes, many move too: whoever does not buy "
            "grows older, and who has come since stands in no movement."
        ),
        numbers=TableSpec(
            happened.assign(**sides),
            {
                "before": Column(T("Segment then")),
                "after": Column(T("Segment now")),
                "customers": Column(T("Customers"), Count),
                "of": Column(T("Out of"), Count),
                "share": Column(T("Share"), Percent, low="low", high="high"),
            },
            n="customers",
            hidden=happened["share"].isna().tolist(),
        ),
    )
    return together(block, findings(moved.headline, newcomers, moved.drift_finding))


@of_customers
def next_period(study: SegmentStudy) -> Together | Notice:
    """What each segmentation explains of spend in time held out, beside simple rules; then what segments brought."""
    if not study.data.has_amounts:
        return notice(study.no_money, "info")
    if (useful := study.usefulness) is None:
        return notice(TOO_SHORT, "info")
    days = Days(study.advice.days)
    shown = useful.explained.sort_values("spend", ascending=False)
    own = shown[~shown["is_baseline"]]
    explained = figure(
        IntervalDots(
            shown,
            "label",
            "spend",
            low="spend_low",
            high="spend_high",
            kind=Percent,
            highlight=None if own.empty else own.index[0],
            axis_label=T("Share of the differences in spend that is explained, with 95% interval"),
        ),
        name="next-period",
        title=useful.headline,
        subtitle=T(
            "Segments of {days} ago, spend in the {days} since, {n} customers", days=days, n=Count(useful.customers)
        ),
        alt=T("One dot with its interval for each way of dividing customers. {headline}.", headline=useful.headline),
        source=T(
            "Source: transactions. Nothing after the cut-off day was used to make the segments. Random groups "
            "show what chance alone explains."
        ),
        numbers=TableSpec(
            shown,
            {
                "label": Column(T("Division")),
                "groups": Column(T("Groups"), Count),
                "spend": Column(T("Of spend"), Percent, low="spend_low", high="spend_high"),
                "retention": Column(T("Of who buys"), Percent, low="retention_low", high="retention_high"),
            },
        ),
    )
    return together(explained, findings(useful.verdicts), _by_segment(useful, days))


def _by_segment(useful: Usefulness, days: Days) -> Table:
    """What the customers of each group of the first segmentation did next."""
    first = useful.groups["name"].iloc[0]
    groups = useful.groups[useful.groups["name"] == first].sort_values("mean_cents", ascending=False)
    best = groups.iloc[0]
    is_shown = best.name in large_groups(groups, "customers", label="label").index
    return table(
        groups,
        title=claim(
            is_shown and best["low"] > groups["high"].iloc[1:].max(),
            T("{segment} of {days} ago have spent most since", segment=best["label"], days=days),
            T("What each segment of {days} ago has done since", days=days),
        ),
        n="customers",
        columns={
            "label": Column(T("Segment")),
            "customers": Column(T("Customers"), Count),
            "mean_cents": Column(T("Spend a customer"), Money, currency=useful.currency, low="low", high="high"),
            "retention": Column(T("Bought again"), Percent, low="retention_low", high="retention_high"),
        },
    )
