"""The answer, the tiles, RFM segments with their actions, and value tiers."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial, wraps
from typing import Any

import numpy as np
import pandas as pd

from cxlib.language import Count, Day, Days, Message, Money, N, Percent, T, about, about_money
from cxlib.masking import mask_contacts
from cxlib.measures import Metric
from cxlib.report.component import Component, Together, together
from cxlib.report.exports import STILL_TO_COME, FileLink, ListLink, SeeAlso, as_written, csv_bytes, write_file
from cxlib.report.figure import FigureBlock, figure
from cxlib.report.head import PageHead, page_head
from cxlib.report.head import tiles as tile_row
from cxlib.report.plots import Heatmap, HorizontalBars
from cxlib.report.suppression import hidden_cells, large_groups
from cxlib.report.table import MAX_COLUMNS, SUPPRESS_BELOW, Column, TableSpec, table
from cxlib.report.text import Notice, claim, notice
from cxlib.report.text import findings as sentences
from cxlib.segments import SegmentStudy
from cxlib.segments.rules import ACTIONS as USUAL
from cxlib.segments.rules import COMING_BACK, ONE_SEASON, SLIDING, Action
from cxlib.segments.tiers import COSTS

ACTIONS = T("Every segment with what speaks for acting on it")
FIRST = T("The customers to act on first, the most important on top")
CUSTOMERS = T("Every customer with what is said of them on this page")
FIND = ("segment", "standing", "tier", "recency_days", "monetary")
SAVED_GRID = T("The grid, to score customers of tomorrow")
SAVED_GROUPS = T("The groups, to assign customers of tomorrow")
SHARE_OF_REVENUE = T("Share of revenue, with 95% interval")
DOUBTED = T("Ids are not those of customers, as the head of this page says, so there is nothing to show here")
NO_ACTION = Action(T("None: hardly anyone comes back"), COMING_BACK)


def of_customers(show: Callable[[SegmentStudy], Component]) -> Callable[[SegmentStudy], Component]:
    """A part of the page that says so instead where ids are not those of customers."""

    @wraps(show)
    def shown(study: SegmentStudy) -> Component:
        return show(study) if study.advice.doubted is None else notice(DOUBTED)

    return shown


def answer(study: SegmentStudy) -> PageHead:
    """The page's head: who brings the revenue, whom to act on, who has left or on how few it rests, who comes back."""
    kicker = (
        T("Data to {day}", day=Day(study.as_of.date())),
        N("{n} customer who bought", "{n} customers who bought", study.segments.customers),
    )
    if study.advice.doubted is not None:  # customers are not whom they seem
        return page_head(study.advice.doubted, kicker=kicker[:1])
    shown = seen(study)
    advice, title, month = shown.advice, shown.segments.answer, study.cohorts.curve["at_risk"].get(1, 0)
    whole = not 0 < study.segments.customers - month < SUPPRESS_BELOW  # the others are the newest months
    spread = study.concentration.headline if study.data.has_amounts else study.concentration.one_time_buyers
    bullets = (advice.gone or spread, (study if whole else shown).cohorts.headline)
    if advice.first.empty:  # nothing to do, or nothing that the data bears out
        return page_head(title, kicker=kicker, bullets=(advice.headline, *bullets))
    return page_head(title, kicker=kicker, bullets=bullets, action=advice.headline, file="act_first.csv")


def seen(study: SegmentStudy) -> SegmentStudy:
    """The study of which sentences and titles speak: they name, count and add up only groups that the tables show."""
    table, advice, cohorts, tiers = study.segments.table, study.advice, study.cohorts, study.tiers
    high_to_low = large_groups(tiers.table, "customers", label="name")
    named = set(large_groups(table, "customers", label="name")["segment"])
    is_named = advice.table["segment"].isin(named)
    unnamed = bool((advice.table.loc[~is_named, "standing"] == "sliding").any())
    sizes = cohorts.sizes.rename("n").rename_axis("cohort").reset_index()
    return replace(
        study,
        segments=replace(study.segments, withheld=frozenset(table["segment"]) - named),
        advice=replace(advice, table=advice.table[is_named], withheld=unnamed),
        cohorts=cohorts.of(large_groups(sizes, "n", label="cohort")["cohort"]),
        tiers=replace(tiers, withheld=frozenset(tiers.table["tier"]) - set(high_to_low["tier"])),
    )


def headline_tiles(study: SegmentStudy) -> Together:
    """Customers, revenue, what slides away, repurchase and one-time shares, also for metrics.json; then warnings.

    Where ids are not those of customers, revenue alone.
    """
    day, segments, known = study.as_of.date(), study.segments, study.advice.doubted is None
    whole, net = T("over the whole period"), T("net of refunds, over the whole period")
    shown = tile_row(
        *[Metric("customers", T("Customers who bought"), segments.customers, as_of=day, note=whole, total=True)]
        * known,
        *[
            Metric(
                "revenue",
                T("Revenue"),
                segments.revenue_cents,
                unit="money",
                currency=segments.currency,
                as_of=day,
                note=net,
                total=True,
            )
        ]
        * study.data.has_amounts,
        *_at_stake(study),
        *[
            _share(study, "repurchase_share", T("Orders from repeat customers"), polarity=1, note=whole),
            _share(study, "one_time_share", T("Bought on one day only"), polarity=-1, note=whole),
        ]
        * known,
    )
    return together(shown, *(notice(warning) for warning in study.warnings))


def _at_stake(study: SegmentStudy) -> Iterator[Metric]:
    """Nothing where it is not known."""
    advice = study.advice
    if advice.table["at_stake_cents"].notna().any():
        value, low, high = map(about, advice.at_stake)
        name, label, unit = "revenue_at_stake", T("Revenue that slides away"), "money"
        if not study.data.has_amounts:
            name, label, unit = "purchases_at_stake", T("Purchases that slide away"), "count"
            value, low, high = map(round, (value, low, high))
        yield Metric(
            name,
            label,
            value,
            low=low,
            high=high,
            n=int(advice.table["customers"].sum()),
            unit=unit,
            currency=study.data.currency if study.data.has_amounts else "",
            polarity=-1,
            as_of=study.as_of.date(),
            note=T("in {days}, if as many customers stop coming as in the last ones", days=Days(advice.days)),
        )


def _share(study: SegmentStudy, name: str, label: Message, **options: Any) -> Metric:
    row: Any = study.concentration.measures.loc[name]
    interval: dict[str, Any] = {"low": float(row["low"]), "high": float(row["high"]), "n": int(row["n"])}
    day = study.as_of.date()
    return Metric(name, label, float(row["value"]), **interval, unit="percent", as_of=day, **options)


@of_customers
def revenue_by_segment(study: SegmentStudy) -> FigureBlock | Notice:
    """Bars of each segment's share of revenue, the leader standing out; a notice where purchases have no amounts."""
    if not study.data.has_amounts:
        return notice(study.no_money, "info")
    segments = study.segments
    numbers = TableSpec(
        segments.table.sort_values("revenue_share", ascending=False),
        {
            "name": Column(T("Segment")),
            "customers": Column(T("Customers"), Count),
            "revenue_share": Column(T("Share of revenue"), Percent, low="revenue_share_low", high="revenue_share_high"),
        },
        n="customers",
    )
    filled = numbers.visible
    leader: Any = filled.iloc[0] if len(filled) else {"name": "", "revenue_share": np.nan}
    leads = leader["name"] == segments.leader["name"]
    values = {"segment": leader["name"], "share": Percent(leader["revenue_share"])}
    title = claim(
        leads and segments.leads,
        T("{segment} bring {share} of revenue, more than their share of customers", **values),
        T("Revenue by segment: the largest share, {share}, comes from {segment}", **values)
        if leads
        else T("Revenue of the segments that have enough customers to be shown"),
    )
    last = filled.iloc[-1] if len(filled) else leader
    bars = T(
        "Bars with intervals of the share of revenue of {n} segments. Longest: {segment} at {share}. Shortest: {last} "
        "at {least}. {title}",
        n=Count(len(filled)),
        last=last["name"],
        least=Percent(last["revenue_share"]),
        title=title,
        **values,
    )
    alt = claim(len(filled), bars, T("No segment has enough customers to be shown"))
    plot = HorizontalBars(
        filled,
        "name",
        "revenue_share",
        low="revenue_share_low",
        high="revenue_share_high",
        kind=Percent,
        highlight=leader["name"],
        axis_label=SHARE_OF_REVENUE,
    )
    return figure(
        plot,
        name="revenue-by-segment",
        title=title,
        alt=alt,
        subtitle=T("Share of all revenue so far by segment, {n} customers", n=Count(segments.customers)),
        source=T("Source: transactions, net of refunds. Lines show 95% intervals from resampling customers."),
        numbers=numbers,
    )


@of_customers
def segment_table(study: SegmentStudy) -> Together:
    """The segments at a glance, in the order of the grid's rules, and what the data bears out about them."""
    study = seen(study)
    shares, proof = study.concentration, study.grid.rules.proof
    spread = [shares.headline] * study.data.has_amounts
    said = sentences(study.segments.findings, spread, shares.repurchase, shares.one_time_buyers, proof)
    columns = {
        "name": Column(T("Segment")),
        "customers": Column(T("Customers"), Count, bar=True),
        "customer_share": Column(T("Share of customers"), Percent),
        "revenue_share": Column(T("Share of revenue"), Percent, low="revenue_share_low", high="revenue_share_high"),
        "median_recency_days": Column(T("Days since purchase, median"), Count),
        "median_frequency": Column(T("Purchase days, median"), Count),
        "median_monetary_cents": Column(T("Median spend"), Money, currency=study.data.currency),
    }
    if not study.data.has_amounts:
        columns["revenue_share"] = replace(columns["revenue_share"], label=T("Share of purchases"))
        del columns["median_monetary_cents"]
    title = T("The segments today, by all purchases so far")
    glance = table(study.segments.table, title=title, n="customers", columns=columns)
    return together(glance, said)


@of_customers
def action_table(study: SegmentStudy) -> Together:
    """What speaks for acting on each segment, and what to do where anyone comes back; the head says whom to act on."""
    advice, actions, money = study.advice, study.grid.rules.actions, study.data.currency
    rows = advice.table[advice.table["customers"] > 0].sort_values("at_stake_cents", ascending=False, kind="stable")
    hardly = rows.loc[rows["bought_again_high"] < advice.bound, "segment"]
    if "champions" in set(advice.first["segment"]) and actions["champions"] is USUAL["champions"]:
        actions = actions | {"champions": SLIDING}  # who are first because some stay away are not asked for referrals
    actions = actions | dict.fromkeys(hardly, NO_ACTION)
    known: list[Any] = [actions.get(key) for key in rows["segment"]]
    columns: dict[str, Any] = {name: [action and getattr(action, name) for action in known] for name in ("do", "watch")}
    columns["customers_of"] = _customers_of(study, rows)
    shown = table(
        rows.assign(**columns)[[action is not None for action in known]],
        title=T("Which segments are worth acting on, by the last {days}?", days=Days(advice.days)),
        n="customers",
        columns={
            "name": Column(T("Segment")),
            "customers_of": Column(T("Customers")),
            "bought_again": Column(T("Bought again"), Percent, low="bought_again_low", high="bought_again_high"),
            "slid": Column(T("Slid away"), Percent, low="slid_low", high="slid_high"),
            "at_stake_cents": Column(
                T("At stake"),
                partial(about_money, currency=money),
                low="at_stake_low_cents",
                high="at_stake_high_cents",
            ),
            "do": Column(T("Suggestion")),
            "watch": Column(T("Measure to watch")),
        },
        note=T(
            "Bought again and slid away (to a segment of which clearly fewer buy): of the customers of the segment "
            "{days} ago. At stake: what customers of today would bring less in as many days if as many slide. It is "
            "no gain of an action: nobody has said what one costs, and how many it keeps shows only where it is tried "
            "on a part. Nothing is suggested where clearly fewer than {bound} bought again.",
            days=Days(advice.days),
            bound=Percent(advice.bound),
        ),
    )
    customers = ListLink(
        T("The customers of a segment: filter the column “Segment” in this list"), "segments", len(study.tiers.assigned)
    )
    return together(shown, customers, SeeAlso({"clv": STILL_TO_COME, "churn": T("Which customers are about to leave")}))


def _customers_of(study: SegmentStudy, rows: pd.DataFrame) -> list[FileLink]:
    """For each segment the number of its customers, as a link to a file of them."""
    everybody, links = as_written(study.export)[0], []
    large = set(large_groups(rows, "customers", label="name")["segment"])
    for place, (key, number) in enumerate(zip(rows["segment"], rows["customers"].tolist(), strict=True), start=1):
        name = f"segment-{key}" if re.fullmatch(r"[a-z][a-z0-9_]{0,40}", str(key)) else f"segment-{place}"
        name = name if mask_contacts(f"{name}.csv") == f"{name}.csv" else f"segment-{place}"
        members = everybody[everybody["segment"].astype(str) == str(key)]
        file = write_file(f"{name}.csv", csv_bytes(members), kind="CSV").address if key in large else ""
        links.append(FileLink(Count(number), file))
    return links


def _small_cells(study: SegmentStudy, assigned: pd.DataFrame, square: pd.DataFrame) -> Any:
    """Cells to leave empty: small ones do not follow from all customers, nor from those of a segment that is shown."""
    of = assigned.groupby(["recency_score", "frequency_score"])["segment"].first()
    segments = of.unstack("frequency_score").reindex(index=square.index, columns=square.columns).to_numpy()  # noqa: PD010
    shown = large_groups(study.segments.table, "customers", label="name")["segment"]
    sums = [np.ones(square.shape, dtype=bool), *(segments == key for key in shown)]
    return hidden_cells(square.to_numpy(float), sums=sums, earlier=~np.isin(segments.astype(str), shown.astype(str)))


@of_customers
def grid_map(study: SegmentStudy) -> FigureBlock | Notice:
    """How many customers have each pair of recency and frequency scores; a notice where all pairs have too few."""
    assigned = study.tiers.assigned
    assigned = assigned[assigned["segment"].astype(str) != ONE_SEASON.key]  # they are in it whatever their cell
    cells = assigned.groupby(["recency_score", "frequency_score"]).size()
    recencies, frequencies, _ = study.grid.rules.cuts.bins
    full = pd.MultiIndex.from_product([range(recencies, 0, -1), range(1, frequencies + 1)], names=cells.index.names)
    counts = cells.reindex(full, fill_value=0)
    square = counts.unstack("frequency_score").sort_index(ascending=False)  # noqa: PD010  # nothing to aggregate
    hidden = _small_cells(study, assigned, square)
    matrix = square.mask(hidden)
    visible = counts.mask(hidden.ravel(), 0)
    fullest: Any = visible.idxmax()
    (recency, frequency), most = fullest, int(visible.max())
    if not most:
        return notice(T("No cell of the grid has enough customers to be shown"), "info")
    highest = {"highest": Count(recencies), "columns": Count(frequencies)}
    values = {**highest, "most": Count(most), "r": Count(recency), "f": Count(frequency), "n": Count(len(assigned))}
    title = T("The fullest cell has {most} customers: recency score {r}, frequency score {f}", **values)
    if most < counts.max():
        title = T("The fullest cell shown has {most} customers: recency score {r}, frequency score {f}", **values)
    return figure(
        Heatmap(
            matrix,
            kind=Count,
            x_label=T("Frequency score, {columns} is most often", **highest),
            time=False,
            row_labels=[T("Recency {score}", score=Count(score)) for score in matrix.index],
        ),
        name="grid-map",
        title=title,
        subtitle=T(
            "Customers by recency score ({highest} is most recent) and frequency score, {n} customers", **values
        ),
        alt=T(
            "A grid of {highest} by {columns} cells with the number of customers in each. {title}.",
            **highest,
            title=title,
        ),
        source=T(
            "Source: transactions. Customers with equal values always share a score. Cells with fewer than {n} "
            "customers are left empty, and so are others that would give one of them away.",
            n=Count(SUPPRESS_BELOW),
        ),
        numbers=TableSpec(
            counts.rename("customers").reset_index(),
            {
                "recency_score": Column(T("Recency score"), Count),
                "frequency_score": Column(T("Frequency score"), Count),
                "customers": Column(T("Customers"), Count),
            },
            n="customers",
            hidden=hidden.ravel().tolist(),
        ),
    )


@of_customers
def tiers(study: SegmentStudy) -> Together | Notice:
    """High, middle and low value: what they bring, how many stay, and what they have cost where that is known."""
    if not study.data.has_amounts:
        return notice(study.no_money, "info")
    tiers = seen(study).tiers
    columns = {
        "name": Column(T("Tier")),
        "customers": Column(T("Customers"), Count),
        "from_cents": Column(T("Spent at least"), Money, currency=tiers.currency),
        "revenue_share": Column(
            T("Share of revenue"), Percent, bar=True, low="revenue_share_low", high="revenue_share_high"
        ),
        "retention": Column(
            T("Bought in the last {days}", days=Days(tiers.retained_within_days)),
            Percent,
            low="retention_low",
            high="retention_high",
        ),
        "retention_n": Column(T("Of so many customers"), Count),
    }
    for cost in tiers.costs:
        columns[cost] = Column(COSTS[cost], Money, currency=tiers.currency, low=f"{cost}_low", high=f"{cost}_high")
    if len(columns) > MAX_COLUMNS:
        del columns["retention_n"]
    few = (tiers.table["retention_n"] < SUPPRESS_BELOW).to_numpy()
    of_few = tiers.table.filter(like="retention").columns
    known = tiers.table.assign(**{name: tiers.table[name].mask(few) for name in of_few})
    title = T("Three tiers by what customers have spent so far")
    rows = table(known, title=title, n="customers", columns=columns)
    return together(rows, sentences(tiers.headline, tiers.retention_finding, tiers.cost_findings))
