"""What to do about each segment, and which measure shows whether it worked.

The suggestions are common practice for the ten-segment grid, not findings: whether an action pays needs an experiment.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from cxlib.language import Count, Message, Money, T


@dataclass(frozen=True)
class Action:
    """A suggestion for a segment and the measure to watch."""

    do: Message
    watch: Message


SECOND_PURCHASE = T("Share with a second purchase")
COMING_BACK = T("Share who buy again")

ACTIONS = {
    "champions": Action(T("Reward and ask for referrals"), T("Referral rate")),
    "loyal": Action(T("Offer the loyalty programme and new products"), T("Purchase frequency")),
    "potential_loyalists": Action(T("Invite to the membership"), T("Purchase frequency")),
    "new": Action(T("Welcome and help with the first steps"), SECOND_PURCHASE),
    "promising": Action(T("Give a reason for a second purchase"), SECOND_PURCHASE),
    "need_attention": Action(T("Remind with what they used to buy"), COMING_BACK),
    "about_to_sleep": Action(T("Remind before the habit is lost"), COMING_BACK),
    "cant_lose": Action(T("Call in person and find out what went wrong"), COMING_BACK),
    "at_risk": Action(T("Win back with a personal offer"), COMING_BACK),
    "hibernating": Action(T("Spend little: a seasonal message at most"), COMING_BACK),
}


def first_action(table: pd.DataFrame, currency: str) -> Message:
    """Whom to act on first: the slipping segment with most revenue, else the largest that can grow, else the leader.

    Parameters
    ----------
    table : DataFrame
        ``SegmentSummary.table``: name, customers, revenue_cents, is_slipping, is_growing.
    currency : str
        ISO code for display.
    """
    slipping = _largest(table[table["is_slipping"]], by="revenue_cents")
    if slipping is not None and slipping["revenue_cents"] > 0:
        return T(
            "Act first on “{segment}”: {n} customers who brought {revenue} and have stopped coming",
            segment=slipping["name"], n=Count(int(slipping["customers"])),
            revenue=Money(int(slipping["revenue_cents"]), currency=currency),
        )  # fmt: skip
    growing = _largest(table[table["is_growing"]], by="customers")
    if growing is not None:
        return T("Act first on “{segment}”: {n} customers who can buy more often", segment=growing["name"],
                 n=Count(int(growing["customers"])))  # fmt: skip
    return T("Look after the customers you have: no segment is slipping away")


def _largest(table: pd.DataFrame, *, by: str) -> pd.Series | None:
    rows = table[table["customers"] > 0]
    return None if rows.empty else rows.iloc[int(rows[by].to_numpy().argmax())]
