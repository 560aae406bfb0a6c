"""From a company's tables to what a segmentation works with: customers today, and as they were on an earlier day."""

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from cxlib.checks import check_days, check_fraction, read_day
from cxlib.data import (
    Break,
    Season,
    Workspace,
    behaviour_frame,
    cohort_counts,
    customer_attributes,
    customer_comments,
    customer_costs,
    find_breaks,
    find_season,
    next_period_frame,
    persons,
    rfm_frame,
    summable,
)
from cxlib.errors import DataError
from cxlib.language import NO_CURRENCY
from cxlib.measures.result import Brief

LEAST_CUSTOMERS = 100  # on the earlier day; of fewer, neither movement nor what followed says anything


@dataclass(frozen=True, repr=False)
class SegmentQuestion(Brief):
    """What is asked of customers.

    `observation_end`: Last day that counts; empty: the last in the data.
    `retained_within_days`: A customer who bought within this many last days still buys.
    `compared_days`: Movement, and what segments say of time to come, is looked at over this many last days.
    `most_groups`: Groups by how customers buy, at most.
    `left_below`: A segment of which clearly fewer than this share bought again in the days compared has left.
    Raises ParameterError: a number of days is not positive, or the share lies outside of 0 to 1.

    >>> SegmentQuestion(retained_within_days=60).compared_days
    90
    """

    observation_end: str = ""
    retained_within_days: int = 90
    compared_days: int = 90
    most_groups: int = 8
    left_below: float = 0.1

    def __post_init__(self) -> None:
        for name in ("retained_within_days", "compared_days"):
            check_days(name, getattr(self, name))
        check_fraction("left_below", self.left_below)


@dataclass(frozen=True, repr=False)
class SegmentData(Brief):
    """What is known of customers.

    `customers`, `rhythm`, `cohorts`: Of `cxlib.data.rfm_frame`, `behaviour_frame` and `cohort_counts`, up to the last
        day.
    `past`, `past_rhythm`: Of `next_period_frame` and `behaviour_frame`, `compared_days` before the last day; None where
        fewer than 100 were customers then.
    `costs`, `attributes`, `comments`: Of `customer_costs`, `customer_attributes` and `customer_comments`.
    `last_groups`: Groups that an earlier run saved, whose numbers are kept.
    `breaks`: Days on which the log of purchases became another one; amounts that step are left out.
    `season`: For which customers wait.
    """

    inside = ("cohorts", "costs", "past", "past_rhythm", "rhythm")

    question: SegmentQuestion = field(repr=False)
    customers: pd.DataFrame = field(repr=False)
    rhythm: pd.DataFrame = field(repr=False)
    cohorts: pd.DataFrame = field(repr=False)
    past: pd.DataFrame | None = field(repr=False)
    past_rhythm: pd.DataFrame | None = field(repr=False)
    costs: pd.DataFrame = field(repr=False)
    attributes: pd.DataFrame = field(repr=False)
    comments: pd.DataFrame = field(repr=False)
    currency: str = ""  # `NO_CURRENCY` where purchases have no amounts: what is added up are purchase days then
    last_groups: Path | None = None
    breaks: tuple[Break, ...] = ()
    season: Season | None = None

    @property
    def has_amounts(self) -> bool:
        """Whether money can be spoken of."""
        return self.currency != NO_CURRENCY


def gather_segments(
    company: Workspace, question: SegmentQuestion | None = None, *, last_groups: Path | None = None
) -> SegmentData:
    """Gather what a workspace knows of its customers.

    `company`: With `transactions`; `customers` and `surveys` add to it.
    `last_groups`: ``groups.json`` that an earlier run exported.
    Raises DataError: as `cxlib.data.rfm_frame`, or nobody has a purchase.

    >>> rows = pd.DataFrame({"customer_id": ["a", "b"], "at": ["2026-01-05", "2026-02-01"], "amount": ["3", "4"]})
    >>> shop = Workspace.from_frames({"transactions": rows}, currency="GBP", time_zone="UTC")
    >>> data = gather_segments(shop)
    >>> data.customers["recency_days"].tolist(), data.past is None
    ([27, 0], True)
    """
    question = question or SegmentQuestion()
    end = question.observation_end or None
    if end:
        read_day(end, name="observation_end", last=company.last_day)
    breaks = find_breaks(company, observation_end=end, prices=True)
    company = persons(summable(company, breaks), breaks)
    customers = rfm_frame(company, observation_end=end)
    if customers.empty:
        raise DataError(
            "nobody has a purchase in this period: all amounts are refunds. Check the sign of 'amount' and the period."
        )
    cut_off = _cut_off(customers, question.compared_days)
    past = past_rhythm = None
    if cut_off is not None:
        days = question.compared_days
        past = next_period_frame(company, cutoff=cut_off, horizon_days=days, observation_end=end)
        past_rhythm = behaviour_frame(company, observation_end=cut_off)
    season = find_season(company, ahead=question.compared_days, observation_end=end)
    if season is not None:
        customers = customers.assign(waits=season.waits(customers, customers["last_day"].max()))
        past = past if past is None or cut_off is None else past.assign(waits=season.waits(past, cut_off))
    if not company.has_amounts:
        customers = customers.assign(monetary=customers["frequency"])
        if past is not None:
            past = past.assign(monetary=past["frequency"], next_cents=past["next_purchase_days"])
    return SegmentData(
        question,
        customers=customers,
        rhythm=behaviour_frame(company, observation_end=end),
        cohorts=cohort_counts(company, observation_end=end),
        past=past,
        past_rhythm=past_rhythm,
        costs=customer_costs(company),
        attributes=customer_attributes(company),
        comments=customer_comments(company),
        currency=company.counted_in,
        last_groups=last_groups,
        breaks=breaks,
        season=season,
    )


def _cut_off(customers: pd.DataFrame, days: int) -> dt.date | None:
    """The day `days` before the end, if there were enough customers then."""
    end = (pd.to_datetime(customers["last_day"]) + pd.to_timedelta(customers["recency_days"], unit="D")).max()
    earlier: dt.date = (end - pd.Timedelta(days=days)).date()
    enough = (pd.to_datetime(customers["first_day"]).dt.date <= earlier).sum() >= LEAST_CUSTOMERS
    return earlier if enough else None
