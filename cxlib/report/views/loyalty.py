"""The loyalty programme on a page: what is claimed, what a plain comparison shows, and what two fair ones allow."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from cxlib.language import Count, Decimal, Message, N, Percent, T
from cxlib.loyalty import Loyalty, draw_invitation
from cxlib.loyalty.effects import Effect, Windows, explained
from cxlib.report.component import Component, Together, together
from cxlib.report.exports import export
from cxlib.report.figure import FigureBlock, figure
from cxlib.report.plots import IntervalDots
from cxlib.report.table import Column, Table, TableSpec, table
from cxlib.report.text import Findings, claim, findings, notice

MEASURES = {
    "revenue": T("Revenue per customer"),
    "orders": T("Orders per customer"),
    "order_value": T("Value of an order"),
    "retention": T("Still buying, difference of shares"),
}
PAST = {
    "orders": T("Orders before"),
    "last_orders": T("Orders in the last period before"),
    "revenue": T("Revenue before"),
    "order_value": T("Value of an order before"),
    "recency": T("Days since the last order"),
    "tenure": T("Days since the first order"),
}
ONLY_RANDOM = T(
    "If those join who were about to buy more anyway, every comparison here is fooled: "
    "only an invitation at random tells"
)
WAYS = {
    "naive": T("Beside all others, as they are"),
    "overlap": T("Beside others who had bought alike"),
    "change": T("By how both changed since joining"),
}


def members_and_others(found: Loyalty) -> Together:
    """Whether it can be told what the programme brings, and why not; every figure beside what is claimed."""
    parts: list[Component] = [_answer(found)]
    if found.naive:
        parts.append(_beside_claims(found))
    if effect := found.shown.get("revenue"):
        parts.append(_ways(found, effect))
    return together(*parts)


def _answer(found: Loyalty) -> Findings:
    said = [found.headline, *found.reasons]
    if found.effects and "revenue" not in found.shown:
        said.append(T("Members had begun to buy more or less than others before they joined"))
    return findings([*said, ONLY_RANDOM])


def _beside_claims(found: Loyalty) -> Table:
    """What is claimed elsewhere, the plain figure, and the least and the most that both fair ways allow."""
    rows = found.table
    rows = rows.assign(measure=rows["measure"].map(MEASURES))[["measure", "claimed", "naive", "low", "high"]]
    columns = {
        "measure": Column(T("Members against others")),
        "claimed": Column(T("Claimed elsewhere"), Percent),
        "naive": Column(T("Plain comparison"), Percent),
        "low": Column(T("Fair comparison, at least"), Percent),
        "high": Column(T("Fair comparison, at most"), Percent),
    }
    note = T(
        "Claimed elsewhere: what vendors say of such programmes, 13% more an order and seven times the spend. "
        "The plain comparison mixes what the programme does with who joins it."
    )
    return table(rows, title=T("What members buy more, or less"), columns=columns, note=note)


def _ways(found: Loyalty, effect: Effect) -> FigureBlock:
    """The revenue of members by each way of comparing."""
    figures = {"naive": found.naive["revenue"], "overlap": effect.overlap, "change": effect.change}
    rows = pd.DataFrame(
        [{"way": WAYS[name], "value": f.value, "low": f.low, "high": f.high} for name, f in figures.items()]
    )
    neutral = T("What members spend more or less, by three ways of comparing")
    return figure(
        IntervalDots(rows, category="way", value="value", low="low", high="high", kind=Percent),
        name="loyalty-ways",
        title=claim(effect.sign > 0, T("By both fair ways members spend more because of the programme"), neutral),
        subtitle=T(
            "Revenue of a member against one of the others; lines: intervals that hold together in 95% of cases"
        ),
        alt=T(
            "The plain comparison says {naive}; the fair ones {overlap} and {change}.",
            **{name: Percent(each.value) for name, each in figures.items()},
        ),
        source=T("Source: orders, and days on which customers joined the programme."),
        numbers=TableSpec(
            rows, {"way": Column(T("Compared")), "value": Column(T("Difference"), Percent, low="low", high="high")}
        ),
    )


def sureness(found: Loyalty) -> Together:
    """How far the comparison can be trusted, what alone would tell, and how alike both were before."""
    said, parts = [], list[Component]()
    if found.effects and found.compared is not None:
        windows = found.compared.windows
        others = len(np.unique(windows.customer[~windows.member]))
        said.append(
            T(
                "Compared: {members} members with {others} others; weighting leaves {share} of these",
                members=Count(windows.member.sum()),
                others=Count(others),
                share=Percent(windows.effective),
            )
        )
    if (effect := found.shown.get("revenue")) and effect.sign and found.compared is not None:
        joining, spending = explained(found.compared.windows)
        said.append(
            T(
                "Something not recorded would undo the first fair way if it explained {share} of who joins and of what "
                "they spend; all past purchases together explain {joining} and {spending}",
                share=Percent(effect.robustness),
                joining=Percent(joining),
                spending=Percent(spending),
            )
        )
    points, margin = found.question.points, found.question.margin
    if found.on and points is not None and margin is not None and not np.isnan(found.break_even):
        said.append(
            T(
                "At a margin of {margin} points of {points} pay only where members spend {rise} more because of them",
                margin=Percent(margin),
                points=Percent(points),
                rise=Percent(found.break_even),
            )
        )
    parts += [notice(message, "info") for message in said]
    if found.effects and found.compared is not None:
        parts.append(_balance(found.compared.windows))
    return together(*parts)


def _balance(windows: Windows) -> Table:
    """What members and others had bought before, and how far apart they are before and after weighting."""
    rows = pd.DataFrame(
        [(PAST[name], *row) for name, row in windows.balance().items()],
        columns=["past", "members", "others", "apart", "weighted"],
    )
    columns = {
        "past": Column(T("Before joining")),
        "members": Column(T("Members, mean")),
        "others": Column(T("Others, mean")),
        "apart": Column(T("Apart, in standard deviations"), partial(Decimal, digits=2)),
        "weighted": Column(T("Apart after weighting"), partial(Decimal, digits=2)),
    }
    return table(rows, title=T("Members and others before joining"), columns=columns)


def invitation(found: Loyalty) -> Component:
    """A list of customers to invite, drawn at random, and what difference it would show."""
    drawn = draw_invitation(found)
    if not drawn.invited:
        return notice(T("Nobody bought in the last year who is no member: nobody can be invited"), "info")
    words: dict[str, dict[object, Message]] = {
        "customer_id": {"": T("Customer")},
        "invite": {"": T("Invite"), True: T("Invite"), False: T("Do not invite")},
    }
    said = [
        N(
            "{n} customer is drawn to be invited, as many are not",
            "{n} customers are drawn to be invited, as many are not",
            drawn.invited,
        )
    ]
    if not np.isnan(drawn.detectable):
        said.append(
            T(
                "Invite only these and compare both halves later, whoever joined: {share} more or less would show",
                share=Percent(drawn.detectable),
            )
        )
    file = export(drawn.rows, "loyalty_invitation", label=T("Whom to invite to the programme"), words=words)
    return together(findings(said), file)
