"""Whether customers fall into groups by how they buy, and who those groups are."""

from __future__ import annotations

from functools import partial
from typing import Any

from cxlib.language import Count, Decimal, Percent, T
from cxlib.report.cards import Card, Cards, cards
from cxlib.report.figure import FigureBlock, figure
from cxlib.report.plots import LineChart
from cxlib.report.table import SUPPRESS_BELOW, Column, TableSpec
from cxlib.report.text import Notice, findings, notice
from cxlib.report.together import Together, together
from cxlib.segments import ClusterSelection, Personas
from cxlib.segments.clustering.result import LIGHTS, REASONS
from cxlib.segments.clustering.stability import light

HUNDREDTHS = partial(Decimal, digits=2)


def group_evidence(found: ClusterSelection) -> Together | Notice:
    """The verdict, the silhouettes that it rests on for each number of groups, and what limits it."""
    if len(found.table) < 2:
        return notice(found.headline, "info") if not found.notices else together(
            notice(found.headline, "info"), findings(found.notices)
        )  # fmt: skip
    return together(_silhouettes(found), findings(found.evidence, *found.notices))


def _silhouettes(found: ClusterSelection) -> FigureBlock:
    lights: Any = [LIGHTS[light(jaccard)] for jaccard in found.table["jaccard_least"]]
    numbers = found.table.assign(
        low=found.table["reference"] - 3 * found.table["reference_sd"],
        high=found.table["reference"] + 3 * found.table["reference_sd"],
        light=lights,
        verdict=found.table["reason"].map(REASONS),
    )
    return figure(
        LineChart(
            numbers,
            x="k",
            lines={"silhouette": T("Customers"), "reference": T("One cloud"), "permuted": T("Permuted")},
            bands={"reference": ("low", "high")},
            kind=HUNDREDTHS,
            highlight="silhouette",
            x_label=T("Number of groups"),
        ),
        name="groups",
        title=found.headline,
        subtitle=T("Silhouette (how far groups stand apart, at most 1) by number of groups, {n} customers",
                   n=Count(found.customers)),
        alt=T("Three lines by number of groups: customers, one cloud without groups, columns permuted. {evidence}.",
              evidence=found.evidence),
        source=T("Source: transactions of customers who bought on three days or more. The band is three standard "
                 "deviations of clouds. Stability: {resamples} resamples of {n} customers.",
                 resamples=Count(found.resamples), n=Count(found.resample_customers)),
        numbers=TableSpec(
            numbers,
            {
                "k": Column(T("Groups"), Count),
                "silhouette": Column(T("Silhouette"), HUNDREDTHS),
                "reference": Column(T("One cloud"), HUNDREDTHS),
                "jaccard_least": Column(T("Stability of the weakest"), HUNDREDTHS),
                "light": Column(T("Light")),
                "smallest_share": Column(T("Smallest group"), Percent),
                "verdict": Column(T("Verdict")),
            },
        ),
    )  # fmt: skip


def group_cards(personas: Personas | None, found: ClusterSelection) -> Cards | Notice:
    """A card for each group of thirty customers or more; a notice where there are no groups."""
    if personas is None or found.k is None:
        return notice(T("There are no groups to describe: what customers do differs by degrees, not by kind"), "info")
    lights = found.clusters.set_index("cluster")["light"]
    return cards(
        Card(
            T("Group {number}: {name}", number=Count(int(card.group)), name=card.name),
            facts=(
                T("{n} customers, {share}", n=Count(card.customers), share=Percent(card.share)),
                T("Stability: {light}", light=LIGHTS[lights[card.group]]),
                T("Typical: {customers}", customers=_masked(card.exemplars)),
            ),
            traits=card.traits,
            quotes=card.voices,
        )
        for card in personas.cards
        if card.customers >= SUPPRESS_BELOW
    )


def _masked(customers: tuple[object, ...]) -> str:
    """Ids of typical customers of which only the end can be read, enough to find them in the export.

    >>> _masked(("C0000123", 7))
    '…123, …7'
    """
    return ", ".join(f"\u2026{str(customer)[-3:]}" for customer in customers)
