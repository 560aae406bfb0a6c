"""Whether customers fall into groups by how they buy, and who those groups are."""

from functools import partial
from typing import Any

import pandas as pd

from cxlib.language import Count, Decimal, Percent, T
from cxlib.report.component import Card, Cards, Together, cards, together
from cxlib.report.figure import figure
from cxlib.report.plots import LineChart
from cxlib.report.suppression import SUPPRESS_BELOW, large_groups
from cxlib.report.table import Column, TableSpec
from cxlib.report.text import Notice, findings, notice
from cxlib.report.views.segmentation.segments import of_customers
from cxlib.segments import SegmentStudy
from cxlib.segments.clustering.search import light
from cxlib.segments.clustering.select import LIGHTS, REASONS

HUNDREDTHS = partial(Decimal, digits=2)


@of_customers
def group_evidence(study: SegmentStudy) -> Together:
    """The verdict, the gaps that it rests on for each number of groups, and what limits it."""
    groups = study.groups
    if len(groups.table) < 2:
        evidence = (groups.evidence,) if len(groups.table) else ()
        return together(notice(groups.headline, "info"), findings((*evidence, *groups.notices)))
    lights: Any = [LIGHTS[light(each)] if each >= 0 else T("not looked at") for each in groups.table["jaccard_least"]]
    smallest = groups.table["smallest_share"].where(lambda share: share * groups.customers >= SUPPRESS_BELOW)
    numbers = groups.table.assign(light=lights, verdict=groups.table["reason"].map(REASONS), smallest_share=smallest)
    gaps = figure(
        LineChart(
            numbers,
            x="k",
            lines={"gap": T("Gap between the groups least apart"), "limit": T("Least gap that counts")},
            kind=HUNDREDTHS,
            highlight="gap",
            x_label=T("Number of groups"),
        ),
        name="groups",
        title=groups.headline,
        subtitle=T(
            "How far customers thin out between the two groups least apart, by number of groups, {n} customers",
            n=Count(groups.customers),
        ),
        alt=T(
            "Two lines by number of groups: the gap between the groups least apart, and the least gap that counts. "
            "{evidence}.",
            evidence=groups.evidence,
        ),
        source=T(
            "Source: transactions of customers who bought on three days or more. The gap is Hartigan's dip times "
            "the root of the number of customers. Stability: {resamples} resamples of {n} customers.",
            resamples=Count(groups.resamples),
            n=Count(groups.resample_customers),
        ),
        numbers=TableSpec(
            numbers,
            {
                "k": Column(T("Groups"), Count),
                "gap": Column(T("Gap"), HUNDREDTHS),
                "jaccard_least": Column(T("Stability of the weakest"), HUNDREDTHS),
                "light": Column(T("Light")),
                "smallest_share": Column(T("Smallest group"), Percent),
                "verdict": Column(T("Verdict")),
            },
        ),
    )
    return together(gaps, findings(groups.evidence, *groups.notices))


@of_customers
def group_cards(study: SegmentStudy) -> Cards | Notice:
    """A card for each group of thirty customers or more; a notice where there are no groups."""
    if study.personas is None:
        return notice(T("There are no groups to describe"), "info")
    sizes = pd.DataFrame([(card.group, card.customers) for card in study.personas.cards], columns=["group", "n"])
    large = set(large_groups(sizes, "n", label="group")["group"])
    lights = study.groups.clusters.set_index("cluster")["light"]
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
        for card in study.personas.cards
        if card.group in large
    )


def _masked(customers: tuple[object, ...]) -> str:
    """Ids of typical customers of which only the end can be read, enough to find them in the export."""
    return ", ".join(f"\u2026{str(customer)[-3:]}" for customer in customers)
