"""What a churn study is asked (`ChurnQuestion`, `Offer`) and works with (`ChurnData`)."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypedDict, cast

import pandas as pd

from cxlib.checks import check_days, read_day
from cxlib.churn.offers import EarlierList, Experiment
from cxlib.churn.survival.curves import FEWEST_AT_RISK, read_durations
from cxlib.clv.levels import LevelForecast
from cxlib.data import REJOIN_DAYS, Break, PurchaseGaps, Season, SnapshotDesign
from cxlib.errors import ParameterError, nearest
from cxlib.language import Day, Message, T
from cxlib.measures.result import Brief

Kind = Literal["memberships", "purchases", "flags"]
KINDS = ("auto", "memberships", "purchases", "flags")
MONTHS = 12


class SpellRules(TypedDict):
    """What makes a spell of memberships."""

    observation_end: str
    overlaps: Literal["refuse", "merge"]
    rejoin_days: int
    observed_from: str | None


@dataclass(frozen=True, repr=False)
class ChurnQuestion(Brief):
    """Who can leave, when they count as gone, what is known before, and how those who leave are compared.

    `kind`: "memberships": they end; "purchases": they stop; "auto": memberships where any has ended, else purchases.
        `gather_churn` finds "flags" where memberships say who has left, not when.
    `observation_end`: Last day that counts, as 2026-09-30; empty: the last day on which anything was recorded.
    `horizon_days`: Days after a cut-off in which customers leave or stay; 0: 90 for memberships, for purchases by how
        long customers stay away before they come back (`choose_horizon`).
    `gap_days`: Days that acting on a forecast takes: what happens in them counts for neither side.
    `cut_offs`: Past days to learn from; 0: as many as fit, at most 12.
    `attributes`, `actionable`: Columns of customers that are known before anybody leaves, and those of them that the
        company can change.
    `payments_per_year`: How often a membership's price is paid, or plan -> how often; plans that it does not name go
        by their own names and prices (`guess_payments`), and by the month where these do not tell.
    `overlaps` ("refuse" or "merge"): What to do with memberships of one customer that run at the same time.
    `rejoin_days`: A membership that begins at most so many days after the end of another continues it.
    `observed_from`: First day on which the end of a membership can be seen, as 2024-01-01; empty: `gather_churn`
        guesses it from the data (`guess_observed_from`), and leaves it empty where every end is seen.
    `group_by`: Column by which groups are compared; empty: the plan of memberships, else none.
    `strata`: Columns within whose values members are compared, where a ratio does not hold for the whole time.
    `reasons`: Reason of an ending -> "voluntary" or "involuntary" (see `count_reasons`).
    Raises ParameterError: the kind is unknown, a number of days is out of range, or the end or `observed_from` is no
        day.

    >>> ChurnQuestion("purchases", horizon_days=90).observation_end
    ''
    """

    kind: str = "auto"
    observation_end: str = ""
    horizon_days: int = 0
    gap_days: int = 0
    cut_offs: int = 0
    attributes: Sequence[str] = ()
    actionable: Sequence[str] = ()
    payments_per_year: float | Mapping[str, float] = field(default_factory=dict)
    overlaps: Literal["refuse", "merge"] = "refuse"
    rejoin_days: int = REJOIN_DAYS
    observed_from: str = ""
    group_by: str = ""
    strata: Sequence[str] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ParameterError(f"kind={self.kind!r} is not known. {nearest(self.kind, KINDS[:-1])}")
        for name in ("horizon_days", "gap_days", "rejoin_days"):
            check_days(name, getattr(self, name), least=0)
        each = self.payments_per_year
        for plan, times in each.items() if isinstance(each, Mapping) else ():
            if isinstance(times, bool) or not isinstance(times, int | float):
                raise ParameterError(f"payments_per_year: {plan!r} is {times!r}. Write a number, as 12.")
        if self.observation_end:
            read_day(self.observation_end, name="observation_end")
        if self.observed_from:
            read_day(self.observed_from, name="observed_from")

    @property
    def of_spells(self) -> SpellRules:
        """What makes a spell of memberships, for `membership_spells` and `membership_periods`."""
        return {
            "observation_end": self.observation_end,
            "overlaps": self.overlaps,
            "rejoin_days": self.rejoin_days,
            "observed_from": self.observed_from or None,
        }

    @property
    def design(self) -> SnapshotDesign:
        """The snapshots that answer it, once its kind, end and horizon are settled."""
        design = SnapshotDesign(
            kind="memberships" if self.kind == "memberships" else "purchases",
            horizon_days=self.horizon_days,
            gap_days=self.gap_days,
            cut_offs=self.cut_offs or None,
            observation_end=self.observation_end,
            attributes=tuple(self.attributes),
            overlaps="merge",  # of somebody who buys, memberships only say whether there is one: two are no fault
            rejoin_days=self.rejoin_days,
        )
        if design.kind == "purchases":
            return design
        return replace(design, payments_per_year=self.payments_per_year, **self.of_spells)


@dataclass(frozen=True)
class Offer:
    """A randomised offer of the past.

    `treatment`: Column of customers with treated or control (or 1 and 0); empty: there was none.
    `day`: Day on which it was made, as 2026-03-01.
    Raises ParameterError: a treatment has no day, or the day is none.

    >>> Offer("campaign_group", "2026-03-01").day
    '2026-03-01'
    """

    treatment: str = ""
    day: str = ""

    def __post_init__(self) -> None:
        if self.treatment and not self.day:
            raise ParameterError(
                f"treatment={self.treatment!r} needs the day of the offer too. Set offer_day, as 2026-03-01."
            )
        if self.treatment:
            read_day(self.day, name="offer_day")


@dataclass(frozen=True, repr=False)
class ChurnData(Brief):
    """What a churn study works with.

    `question`: As it was asked, with what `gather_churn` has settled: kind, end and horizon.
    `snapshots`: Of `churn_snapshots`, today's customers included; with flags one row a customer. None where the data is
        too short, as `limits` then says.
    `spells`, `periods`: Memberships as spells, and by period; None without memberships (periods also with flags).
    `gaps`: Between purchases, for kind "purchases".
    `horizons`: The same question with other horizons (see `compare_horizons`), for kind "purchases".
    `one_time`: By cut-off: one_time, one_time_churned; for kind "purchases".
    `level`: The share of customers that will stay away, for kind "purchases": risks are brought to it.
    `experiment`: Customers as of the day of a randomised offer.
    `earlier`: An earlier run's list and what became of its customers.
    `contact`: customer_id, opted_out: who does not want to be contacted.
    `is_guess`: Whether the question's `observed_from` was guessed from the data.
    `doubted`: Why nothing can be said that rests on the days on which memberships began; None where it can.
    `breaks`: Days on which the log of purchases became another one; days on which many memberships began or ended.
    `season`: For which customers wait, who are left out; for kind "purchases".
    `comparable_from`: First day on which as much was known of who had stopped as today, for kind "purchases".

    >>> ChurnData(ChurnQuestion(horizon_days=60)).question.horizon_days
    60
    """

    inside = ("snapshots", "spells", "periods")

    question: ChurnQuestion
    snapshots: pd.DataFrame | None = field(default=None, repr=False)
    spells: pd.DataFrame | None = field(default=None, repr=False)
    periods: pd.DataFrame | None = field(default=None, repr=False)
    gaps: PurchaseGaps | None = field(default=None, repr=False)
    horizons: pd.DataFrame | None = None
    one_time: pd.DataFrame | None = None
    level: LevelForecast | None = field(default=None, repr=False)
    experiment: Experiment | None = field(default=None, repr=False)
    earlier: EarlierList = field(default_factory=EarlierList, repr=False)
    contact: pd.DataFrame | None = field(default=None, repr=False)
    limits: tuple[Message, ...] = ()
    currency: str = ""  # `NO_CURRENCY` where purchases have no amounts, and money is not spoken of
    is_guess: bool = False
    comparable_from: dt.date | None = None
    doubted: Message | None = None
    breaks: tuple[Break, ...] = ()
    season: Season | None = field(default=None, repr=False)

    @property
    def kind(self) -> Kind:
        """Who can leave: "memberships", "purchases" or "flags"."""
        return cast("Kind", self.question.kind)

    @property
    def has_mixed_amounts(self) -> bool:
        """Whether amounts step within the last year, by which customers are valued."""
        return any(one.undoes_amounts and (self.end - one.last).days <= 365 for one in self.breaks)

    @property
    def end(self) -> dt.date:
        """Last day of the study."""
        return dt.date.fromisoformat(self.question.observation_end)

    @property
    def horizon_days(self) -> int:
        """Days after a cut-off in which customers leave or stay; 0 with flags."""
        return self.question.horizon_days

    @property
    def days_ahead(self) -> int:
        """Days from a cut-off to the end of its horizon."""
        return self.question.gap_days + self.question.horizon_days

    @property
    def sees_no_beginnings(self) -> bool:
        """Whether too few memberships were seen from their start to say how long members stay."""
        if self.spells is None or "entry_days" not in self.spells:
            return False
        return read_durations(self.spells).from_the_start < FEWEST_AT_RISK

    @property
    def no_curve(self) -> Message | None:
        """Why it cannot be said how long members stay; None where it can."""
        if not self.sees_no_beginnings:
            return self.doubted
        return T(
            "Ends are seen from {day} on, and too few members joined after it: how long members stay from their start "
            "cannot be said",
            day=Day(dt.date.fromisoformat(self.question.observed_from)),
        )

    @property
    def unknown_payments(self) -> list[str]:
        """Plans of which nothing says how often their price is paid; an empty name where memberships have none."""
        told = self.question.payments_per_year
        if self.kind == "purchases" or self.spells is None or not isinstance(told, Mapping):
            return []
        plans = self.spells["plan"].fillna("").astype(str) if "plan" in self.spells else [""]
        return sorted(set(plans) - set(told))

    @property
    def looks_back(self) -> bool:
        """Whether it only says who has left, so that nothing of it is a forecast."""
        return self.kind == "flags"

    @property
    def group_by(self) -> str:
        """Column by which groups are compared; empty where there is none."""
        plan = "plan" if self.spells is not None and "plan" in self.spells else ""
        return self.question.group_by or plan
