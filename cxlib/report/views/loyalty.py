"""The page of ``notebooks/loyalty.ipynb``.

Each function takes what `cxlib.loyalty` found and gives one component: the head and the tiles, what is claimed beside
the plain figure and what two fair ways allow, how far they can be trusted, and whom to invite.
"""

from functools import partial

import numpy as np
import pandas as pd

from cxlib.language import Count, Day, Decimal, Message, Money, N, Percent, Quantity, T, WordList, minor_units
from cxlib.loyalty import Loyalty, draw_invitation
from cxlib.loyalty.effects import TOGETHER, Effect, Windows, explained
from cxlib.measures import Metric
from cxlib.report.component import Component, Together, together
from cxlib.report.exports import export
from cxlib.report.figure import FigureBlock, figure
from cxlib.report.head import PageHead, Tiles, page_head, tiles
from cxlib.report.plots import IntervalDots
from cxlib.report.table import Column, Table, TableSpec, table
from cxlib.report.text import Findings, Notice, claim, findings, notice

MEASURES = WordList("measures of a programme")
PAST = WordList("before joining")
ONLY_RANDOM = T("Only an invitation at random tells: those who join may be those who would buy more anyway")
UNEQUAL = T("Members had already changed how much they buy, unlike others, before they joined")
WAYS = WordList("ways to judge a programme")


def answer(found: Loyalty) -> PageHead:
    """The page's head: whether it can be told what the programme brings, why not, and what alone would tell."""
    kicker = [
        T("Data to {day}", day=Day(found.end)),
        N("{n} member of the programme", "{n} members of the programme", found.members),
        N("{n} other customer", "{n} other customers", found.others),
    ]
    early = _of_revenue(found)
    drawn = draw_invitation(found).invited
    first = _invite(drawn) if drawn else None
    why = [*(one.message for one in found.breaks), *found.reasons, *early][:1]
    return page_head(found.headline, kicker=kicker, bullets=[*why, ONLY_RANDOM], action=first)


def _invite(n: int) -> Message:
    return N(
        "To learn what the programme brings, invite {n} customer drawn at random",
        "To learn what the programme brings, invite {n} customers drawn at random",
        n,
    )


def headline_tiles(found: Loyalty) -> Tiles | Notice:
    """The plain figure, and the least and most of the fair ones; also for metrics.json."""
    metric = partial(Metric, n=found.members, unit="percent", as_of=found.end)
    metrics = []
    if found.naive and not np.isnan((plain := found.naive["revenue"]).value):
        label, note = T("Members' revenue, plain comparison"), T("more than others have, whatever the reason")
        ends = plain.value, plain.low, plain.high
        metrics.append(metric("loyalty_plain", label, *ends, level=TOGETHER, note=note))
    if effect := found.shown.get("revenue"):
        least, most = T("Members' revenue, fair, at least"), T("Members' revenue, fair, at most")
        metrics.append(metric("loyalty_least", least, effect.low, note=T("the lower end of both ways")))
        metrics.append(metric("loyalty_most", most, effect.high, note=T("the upper end of both ways")))
    return tiles(*metrics) if metrics else notice(found.headline, "info")


def _of_revenue(found: Loyalty) -> list[Message]:
    """Why nothing is said of what members spend, although they are compared."""
    if not found.effects or "revenue" in found.shown:
        return []
    return [UNEQUAL if "revenue" in found.effects else T("Purchases have no amounts: what members spend is not known")]


def reasons(found: Loyalty) -> Findings | Notice:
    """Every reason why nothing can be told, with numbers."""
    said = [*(one.message for one in found.breaks), *found.reasons, *_of_revenue(found)]
    return findings(said) if said else notice(T("Nothing speaks against comparing members and others"), "info")


def members_and_others(found: Loyalty) -> Together | Notice:
    """Every figure beside what is claimed."""
    parts: list[Component] = [_beside_claims(found)] if found.naive else []
    if effect := found.shown.get("revenue"):
        parts.append(_ways(found, effect))
    return together(*parts) if parts else notice(T("There are too few members or others to compare them"), "info")


def _beside_claims(found: Loyalty) -> Table:
    """What is claimed elsewhere, the plain figure, and the least and the most that both fair ways allow."""
    rows = found.face.assign(measure=found.table["measure"].map(MEASURES))
    columns = {
        "measure": Column(T("Members against others")),
        "claimed": Column(T("Claimed elsewhere")),
        "naive": Column(T("Plain comparison")),
        "low": Column(T("Fair comparison, at least")),
        "high": Column(T("Fair comparison, at most")),
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
        IntervalDots(rows, "way", "value", kind=Percent),
        name="loyalty-ways",
        title=claim(effect.sign > 0, T("By both fair ways members spend more than others like them"), neutral),
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


def sureness(found: Loyalty) -> Together | Notice:
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
    parts += [notice(message, "info") for message in [*said, ONLY_RANDOM]]
    if found.effects and found.compared is not None:
        parts.append(_balance(found.compared.windows, found.currency))
    return together(*parts)


def _balance(windows: Windows, currency: str) -> Table:
    """What members and others had bought before, and how far apart they are before and after weighting."""

    def say_mean(name: str, value: float) -> Quantity:
        amount = name in ("revenue", "order_value")
        return Money(value * minor_units(currency), currency=currency) if amount else Decimal(value, digits=1)

    rows = pd.DataFrame(
        [
            (PAST[name], *(say_mean(name, mean) for mean in row[:2]), *row[2:])
            for name, row in windows.balance().items()
        ],
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
            "{n} customer is drawn to be invited, {others} are not",
            "{n} customers are drawn to be invited, {others} are not",
            drawn.invited,
            others=Count(len(drawn.rows) - drawn.invited),
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


__all__ = [
    "answer", "headline_tiles", "invitation", "members_and_others", "reasons", "sureness",
]  # fmt: skip
__dir__ = __all__.copy  # what completion offers
