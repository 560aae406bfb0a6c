"""The page of ``notebooks/playbook.ipynb``.

Each function takes what `cxlib.playbook` found and gives one component: the head and the tiles, the plan by action, how
sure it is, what earlier plans brought, who is left out, the ways without numbers, the lists, and what is odd of the
data.
"""

from functools import partial
from typing import Any

import pandas as pd

from cxlib.language import Count, Day, Message, Money, N, Percent, T, about, about_money, minor_units
from cxlib.language.messages import Verbatim
from cxlib.measures import Metric
from cxlib.measures.nps import SUPPRESS_BELOW
from cxlib.measures.sampling import Z95
from cxlib.playbook import Playbook
from cxlib.playbook.actions import AIMS, EFFECTS
from cxlib.playbook.customers import say_end
from cxlib.playbook.responses import FEWEST
from cxlib.playbook.study import STATUSES
from cxlib.report.component import Component, Together, together
from cxlib.report.exports import export
from cxlib.report.figure import figure
from cxlib.report.head import PageHead, Tiles, page_head, tiles
from cxlib.report.plots import HorizontalBars
from cxlib.report.table import Column, Table, TableSpec, table
from cxlib.report.text import Notice, claim, notice
from cxlib.segments.rules import ONE_SEASON, TEN_SEGMENTS

LIKELY = 0.5  # chance from which on a hold-out is said to show what a playbook brought
BASIS = {True: T("Own experiment"), False: T("Assumed, never tried")}
YES_NO = {True: T("Yes: leave alone"), False: T("No")}
LISTED: dict[str, dict[Any, object]] = {
    "customer_id": {"": T("Customer")},
    "action": {"": T("Action")},
    "say": {"": T("What to say")},
    "hold_out": {"": T("Held out"), **YES_NO},
    "risk": {"": T("Risk of leaving")},
    "value_cents": {"": T("Worth a year")},
    "worth_cents": {"": T("Value still to come")},
    "segment": {"": T("Segment"), **{rule.key: rule.name for rule in (*TEN_SEGMENTS.rules, ONE_SEASON)}},
    "status": {"": T("What comes of it"), **STATUSES},
    "troubled": {"": T("Had a bad experience lately"), True: T("Yes"), False: T("No")},
    "gain_cents": {"": T("Should bring")},
}


def answer(found: Playbook) -> PageHead:
    """The page's head: what to spend and what that should bring, and first of all if nothing of it was ever tried."""
    kicker = [say_end(found.known), N("{n} customer", "{n} customers", len(found.customers))]
    if not found.is_planned:
        return page_head(found.headline, kicker=kicker, action=_first(found))
    half = T("With half of the response the playbook brings {half}", half=found.money(found.promise.half_cents))
    loses = T("With half of the response the playbook loses {half}", half=found.money(-found.promise.half_cents))
    n, likely = Count(found.counts["held_out"]), found.table["power"].max() >= LIKELY
    known = T("Held out at random: {n}. Only so will it be known what it brought", n=n)
    out = known if likely else T("Held out at random: {n}. What it brought shows only over several playbooks", n=n)
    bullets = [loses if found.promise.half_cents < 0 else found.basis or half, out]
    return page_head(found.headline, kicker=kicker, bullets=bullets, action=_first(found), file="act_now.csv")


def _first(found: Playbook) -> Message:
    if not found.is_planned:
        return T("Write what your actions cost and what they change, as the documentation of this report shows")
    return N(
        "Work through the playbook's lists, not the call list: {n} customer gets one action. Skip those held out",
        "Work through the playbook's lists, not the call list: {n} customers get one action each. Skip those held out",
        found.counts["act"],
    )


def headline_tiles(found: Playbook) -> Tiles | Notice:
    """What is spent, what it should bring, and on how many; also for metrics.json."""
    if not found.is_planned:
        return notice(found.headline, "info")
    promise, money = found.promise, partial(Metric, unit="money", currency=found.currency, as_of=found.end)
    note = T("with half of the response {half}", half=found.money(promise.half_cents))
    gain = money(
        "plan_gain",
        T("Should bring after costs"),
        about(promise.gain_cents),
        about(promise.low_cents),
        about(promise.high_cents),
        n=found.counts["act"],
        polarity=1,
        note=note,
    )
    held = T("Held out at random: {n}", n=Count(found.counts["held_out"]))
    spent = money("plan_cost", T("Spent"), found.spent_cents, note=T("once, in this playbook"))
    n = found.counts["act"]
    people = Metric("plan_customers", T("Customers who get an action"), n, as_of=found.end, note=held)
    return tiles(gain, spent, people)


def the_plan(found: Playbook) -> Together | Notice:
    """Which action for how many, what it costs and should bring."""
    rows = found.table[found.table["chosen"] > 0].sort_values("gain_cents", ascending=False)
    if rows.empty:
        return notice(found.headline, "info")
    ends = ["gain_cents", "low_cents", "high_cents"]
    rows = rows.assign(basis=rows["measured"].map(BASIS), **{name: rows[name].map(about) for name in ends})
    money = partial(about_money, currency=found.currency)
    columns = {
        "name": Column(T("Action")),
        "treated": Column(T("Customers"), Count),
        "held_out": Column(T("Held out"), Count),
        "spent_cents": Column(T("Cost"), Money, currency=found.currency),
        "gain_cents": Column(T("Should bring"), money, low="low_cents", high="high_cents"),
        "basis": Column(T("Known from")),
    }
    best = rows.iloc[0]
    drawn = figure(
        HorizontalBars(
            rows, "name", "gain_cents", low="low_cents", high="high_cents", kind=Money, currency=found.currency
        ),
        name="plan-gains",
        title=claim(
            len(rows) > 1 and best["low_cents"] > rows["high_cents"].iloc[1:].max(),
            T("“{action}” should bring most", action=best["name"]),
            T("What each action should bring"),
        ),
        subtitle=T("After its costs, of those who get it; lines show 95% intervals"),
        alt=T("A bar for each action. The longest: {action}.", action=best["name"]),
        source=T("Source: risks and values of the other reports, costs and responses as stated."),
        numbers=TableSpec(rows, columns),
    )
    return together(drawn, table(rows, title=T("The playbook by action"), columns=columns, note=_within(found)))


def _within(found: Playbook) -> Message:
    gap = found.choice.gap if found.choice is not None else 0.0
    if found.question.budget is None:
        return T(
            "No budget is set. Counted by the responses as stated, no other choice gains over {gap} more",
            gap=Percent(gap, digits=3),
        )
    return T(
        "The budget is {budget}. Counted by the responses as stated, no choice within it gains over {gap} more",
        budget=Money(found.question.budget * minor_units(found.currency), currency=found.currency),
        gap=Percent(gap, digits=3),
    )


def how_sure(found: Playbook) -> Together | Notice:
    """What the plan counts on, from which response on it pays, and what the hold-out can show."""
    rows = found.table[found.table["treated"] > 0]
    if rows.empty:
        return notice(T("Without a choice there is nothing to be sure of"), "info")
    kinds = {each.action.key: EFFECTS[each.action.effect] for each in found.evidence}
    rows = rows.assign(basis=rows["measured"].map(BASIS), what=rows["action"].map(kinds))
    columns = {
        "name": Column(T("Action")),
        "what": Column(T("What it changes")),
        "expected": Column(T("Counted on, of those who get it"), Percent),
        "break_even": Column(T("Pays from"), Percent),
        "power": Column(T("Chance that the hold-out shows it"), Percent),
        "smallest": Column(T("Smallest that it can show"), Percent),
        "basis": Column(T("Known from")),
    }
    said: list[Component] = [
        table(
            rows,
            title=T("What the playbook rests on"),
            columns=columns,
            note=T(
                "The hold-out compares those who get the action with those drawn to get none. Where a dash stands, too "
                "few are held out to show anything."
            ),
        )
    ]
    fair = found.promise.fair
    if fair < 1:
        words = T(
            "What was chosen because it looked best looks better than it is. Judged by customers who did not choose "
            "it, {share} of that gain is left: this is what is promised here",
            share=Percent(fair),
        )
        said.append(notice(words, "info"))
    return together(*said)


def earlier(found: Playbook) -> Together | Notice:
    """What earlier plans brought beside what they promised, and how that moved what is counted on."""
    waits = found.known.earlier.why_not
    said = found.brought.headline if found.brought is not None else waits
    said = said or T("There is no earlier playbook to hold against what happened")
    if found.tried.empty:
        return notice(said, "info")
    now = {each.action.key: each for each in found.evidence}
    rows = found.tried[found.tried["action"].isin(list(now))].sort_values(["day", "action"], ascending=[False, True])
    own = [now[key] for key in rows["action"]]
    ends = ["promised_cents", "gain_cents", "low_cents", "high_cents"]
    rows = rows.assign(
        day=pd.Series([Day(each.date()) for each in rows["day"]], rows.index, dtype=object),
        name=pd.Series([each.action.name for each in own], rows.index, dtype=object),
        stated=[each.action.expected for each in own],
        counted_on=[next(iter(each.effects.values())).expected for each in own],
        seen_low=rows["seen"] - Z95 * rows["error"],
        seen_high=rows["seen"] + Z95 * rows["error"],
        **{name: rows[name].map(about) for name in ends},
    )
    money = partial(about_money, currency=found.currency)
    whose = {"day": Column(T("Playbook of")), "name": Column(T("Action"))}
    amounts = whose | {
        "treated": Column(T("Customers"), Count),
        "held_out": Column(T("Held out"), Count),
        "promised_cents": Column(T("Promised"), money),
        "gain_cents": Column(T("Brought after costs"), money, low="low_cents", high="high_cents"),
    }
    responses = whose | {
        "seen": Column(T("Response seen"), Percent, low="seen_low", high="seen_high"),
        "stated": Column(T("Response stated"), Percent),
        "counted_on": Column(T("Counted on"), Percent),
    }
    reached = T(
        "All who were to get the action count, whoever was really reached, beside those held out. A dash: fewer than "
        "{few} on one side",
        few=Count(FEWEST),
    )
    moves = T("What is counted on moves from what was stated towards what was seen, the further the surer that is.")
    return together(
        notice(said, "info"),
        table(rows, title=T("What playbooks brought"), columns=amounts, note=reached),
        table(rows, title=T("What playbooks showed"), columns=responses, note=moves),
    )


def left_out(found: Playbook) -> Together | Notice:
    """Who gets nothing and why, and the plan by segment."""
    if found.customers.empty:
        return notice(T("Nobody's risk or value is known, so there is nobody to choose"), "info")
    counts = pd.DataFrame({"status": list(STATUSES.values()), "customers": list(found.counts.values())})
    columns = {"status": Column(T("What comes of it")), "customers": Column(T("Customers"), Count)}
    parts: list[Component] = [table(counts[counts["customers"] > 0], title=T("All customers"), columns=columns)]
    if "segment" in found.customers:
        parts.append(_by_segment(found))
    return together(*parts)


def _by_segment(found: Playbook) -> Table:
    rows = found.customers.assign(acts=found.customers["status"] == "act")
    rows["gain_cents"] = rows["gain_cents"].where(rows["acts"], 0.0)
    costs = dict(
        zip(found.table["action"], found.table["spent_cents"] / found.table["treated"].clip(lower=1), strict=True)
    )
    rows["spent_cents"] = rows["action"].map(costs).where(rows["acts"], 0.0).astype(float)
    sums = rows.groupby("segment").agg(
        customers=("acts", "size"), acts=("acts", "sum"), spent_cents=("spent_cents", "sum")
    )
    sums = sums.sort_values("spent_cents", ascending=False).reset_index()
    names = LISTED["segment"]
    sums["segment"] = pd.Series([names.get(each, Verbatim(each)) for each in sums["segment"]], dtype=object)
    sums["share"] = sums["acts"] / sums["customers"]
    columns = {
        "segment": Column(T("Segment")),
        "customers": Column(T("Customers"), Count),
        "share": Column(T("Get an action"), Percent),
        "spent_cents": Column(T("Cost"), Money, currency=found.currency),
    }
    if not sums["spent_cents"].any():
        del columns["spent_cents"]
    return table(sums, title=T("By segment"), columns=columns, n="customers")


def ways(found: Playbook) -> Table:
    """All actions, and what is missing before they can be planned with."""
    chosen = found.table.set_index("action")["chosen"].to_dict()
    rows = [
        (each.name, AIMS[each.aim], _missing(each.is_costed, bool(each.effect), chosen.get(each.key, 0)))
        for each in found.actions
    ]
    columns = {"name": Column(T("Action")), "aim": Column(T("What it is for")), "state": Column(T("Where it stands"))}
    note = T(
        "No number of ours stands behind these: what they cost and change in your company only you can say, or try"
    )
    return table(
        pd.DataFrame(rows, columns=list(columns)), title=T("Sixteen ways, and your own"), columns=columns, note=note
    )


def _missing(costed: bool, effect: bool, chosen: int) -> Message:
    if costed:
        return T("In the playbook") if chosen else T("Costed; pays for nobody within the limits")
    return T("Listed: its cost is not set") if effect else T("Listed: what it changes is not set")


def lists(found: Playbook) -> Together:
    """The whole plan, and a list for whoever carries out an action."""
    names = [name for name in LISTED if name in found.customers or name == "say"]
    rows = found.customers.assign(currency=found.currency, say=_words(found))
    parts: list[Component] = [
        export(rows[[*names, "currency"]], "plan", label=T("The playbook, customer by customer"), words=_named(found))
    ]
    mine = [name for name in names if name not in ("status", "gain_cents")]
    rows["hold_out"] = rows["hold_out"].map(YES_NO)
    acts = rows[rows["status"] == "act"].sort_values("gain_cents", ascending=False, ignore_index=True)
    if len(acts):
        parts.insert(0, export(acts[[*mine, "currency"]], "act_now", label=T("Whom to act for"), words=_named(found)))
    for each in found.evidence:
        listed = rows[rows["action"] == each.action.key].sort_values("gain_cents", ascending=False, ignore_index=True)
        if len(listed):
            label = T("List: {action}", action=each.action.name)
            parts.append(
                export(listed[[*mine, "currency"]], f"list_{each.action.key.lower()}", label=label, words=_named(found))
            )
    standing = found.standing if len(found.standing) else None
    parts.append(export(standing, "standing", label=T("What the next run reads of this playbook"), workbook=False))
    if len(found.tried):
        parts.append(export(found.tried, "tried", label=T("What playbooks brought"), workbook=False))
    return together(*parts)


def _named(found: Playbook) -> dict[str, dict[Any, object]]:
    return {**LISTED, "action": {**LISTED["action"], **{each.key: each.name for each in found.actions}}}


def _words(found: Playbook) -> list[str]:
    """What to say, in the customer's language where that is known."""
    say = {each.action.key: each.action.say for each in found.evidence}
    spoken = found.customers["language"].astype(str).str[:2].str.lower() if "language" in found.customers else None
    texts = [say.get(key, {}) for key in found.customers["action"]]
    voices = spoken.tolist() if spoken is not None else [""] * len(texts)
    return [each.get(voice) or next(iter(each.values()), "") for each, voice in zip(texts, voices, strict=True)]


def remarks(found: Playbook) -> Together | Notice:
    """What could not be said, and what is odd."""
    said = [notice(message, "info") for message in found.limits]
    troubled = int(found.customers["troubled"].sum())
    if troubled >= SUPPRESS_BELOW:
        words = N(
            "{n} customer had a bad experience lately: nothing is sold to them before it is made good",
            "{n} customers had a bad experience lately: nothing is sold to them before it is made good",
            troubled,
        )
        said.append(notice(words, "info"))
    return together(*said) if said else notice(T("Nothing is odd of what the playbook rests on"), "info")


__all__ = [
    "answer", "earlier", "headline_tiles", "how_sure", "left_out", "lists", "remarks", "the_plan", "ways",
]  # fmt: skip
__dir__ = __all__.copy  # what completion offers
