"""Every true parameter of the simulated company, as frozen dataclasses: what an analysis should find again.

Money here is in currency units (SAR), rates are per week unless a name says otherwise, coefficients are on the scale
that their docstring names. Change one with `dataclasses.replace` and pass the result to `simulate`:
``replace(Truth(), fall=replace(Truth().fall, rating_points=0.0))`` is the company in which nothing fell.
"""

import dataclasses
import json
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from cxlib.strict_yaml import read_own

SCHEMA = 1


@dataclass(frozen=True)
class Group:
    """One planted group: how its customers buy, drop out and spend.

    Purchases follow the BG/NBD model (Fader, Hardie & Lee 2005): a customer's rate is Gamma(`r`, `alpha`) per week, and
    after each repeat purchase the customer leaves for good with a probability that is Beta(`a`, `b`). Spend follows the
    Gamma-Gamma model (Fader & Hardie 2013): an order's value is Gamma(`p`, nu) and nu is Gamma(`q`, `v`), in SAR, so
    that its mean is ``p v / (q - 1)``.
    `channels` and `products` are shares in the order of `Truth.channels` and `Truth.products`.
    """

    name: str
    share: float
    r: float
    alpha: float
    a: float
    b: float
    p: float
    q: float
    v: float
    channels: tuple[float, ...]
    products: tuple[float, ...]
    membership: float
    loyalty: float
    satisfaction: float


PLANTED: Any = read_own(Path(__file__).with_name("planted.yaml"))


def _planted(name: str) -> tuple[tuple[Any, ...], ...]:
    """The rows of a list of `planted.yaml`."""
    return tuple(tuple(tuple(one) if isinstance(one, list) else one for one in row) for row in PLANTED[name])


GROUPS = tuple(Group(*row) for row in _planted("groups"))


@dataclass(frozen=True)
class Clusters:
    """The groups that behaviour alone can tell apart, and from how many purchase days on.

    Mean days between orders and mean order value, both as logarithms, separate them; channels and products do so
    further. Trial shoppers have no behaviour to speak of: among customers with `min_orders` they all but vanish.
    """

    k: int = 4
    groups: tuple[str, ...] = ("weekly_families", "monthly_stockers", "top_up_singles", "gift_buyers")
    min_orders: int = 3


@dataclass(frozen=True)
class Acquisition:
    """A way in which customers come: its share of them, and its mean cost in SAR (Gamma, shape `cost_shape`)."""

    channel: str
    share: float
    mean_cost: float
    cost_shape: float = 6.0


ACQUISITIONS = (
    Acquisition("search", 0.30, 62.0),
    Acquisition("social", 0.26, 48.0),
    Acquisition("referral", 0.16, 22.0),
    Acquisition("partner", 0.12, 85.0),
    Acquisition("direct", 0.16, 9.0),
)


@dataclass(frozen=True)
class Purchases:
    """What holds for all customers' orders.

    `season` is the yearly amplitude of the order rate, peaking at `season_peak`; `weekdays` are relative rates from
    Monday to Sunday. `refunds` is the chance that an order is refunded in whole or part; `split_days` the chance that a
    day's basket arrives as two orders; `never_bought` the share that registers and never orders; `loyalty_lift` the
    causal factor of the loyalty programme on spend (joining it is chosen, so a plain comparison shows more).
    """

    season: float = 0.08
    season_peak: str = "2024-03-15"
    weekdays: tuple[float, ...] = (0.92, 0.88, 0.94, 1.22, 1.02, 1.10, 0.92)
    refunds: float = 0.01
    split_days: float = 0.02
    never_bought: float = 0.03
    first_order_delay_days: float = 1.5
    loyalty_lift: float = 0.04


@dataclass(frozen=True)
class Hazard:
    """The chance that a membership ends within a 30-day period, logistic in what was known when the period began.

    ``logit h = intercept + annual [plan is annual] + tenure ln(1 + period) + tickets min(n, ticket_cap)
    + low_rating [an NPS answer of 0-6] + offer [treated, monthly plan, period begins on or after the campaign]``,
    n and the answer counted over the `window_days` before the period's first day; the first period is number 0.
    An ended membership's last day is uniform within its last period. `involuntary` is the share of failed payments.
    """

    intercept: float = -2.9
    annual: float = -1.1
    tenure: float = -0.25
    tickets: float = 0.45
    low_rating: float = 0.9
    offer: float = -0.6
    ticket_cap: int = 3
    period_days: int = 30
    window_days: int = 90
    involuntary: float = 0.22


@dataclass(frozen=True)
class Memberships:
    """Plans with prices in SAR, who takes one (`Group.membership`), and how they end."""

    hazard: Hazard = Hazard()
    annual_share: float = 0.35
    prices: tuple[tuple[str, float], ...] = (("monthly", 39.0), ("annual", 349.0))
    mean_delay_days: float = 40.0
    reasons: tuple[tuple[str, float], ...] = (("price", 0.35), ("service", 0.30), ("not used", 0.22), ("moved", 0.13))


@dataclass(frozen=True)
class Campaign:
    """A randomised offer: half of all customers are in group `treated`; what it does is `Hazard.offer`."""

    on: date = date(2026, 3, 1)
    treated_share: float = 0.5


@dataclass(frozen=True)
class Arm:
    """One action of a trial, and what it does from its day on.

    `leaving`: Added to the log-odds that a membership ends, in each period that begins then. `lift`: The fraction that
        each order is larger by; orders are as many.
    """

    name: str
    leaving: float
    lift: float


@dataclass(frozen=True)
class Trial:
    """Several actions tried at once: each customer is drawn for one of them or for the control, all as likely.

    `everybody`: An arm's name, or "control": what would have become of the same company had all been drawn for it, by
        the same random numbers. Two such companies are the potential outcomes of one; left out, customers are drawn.
    """

    on: date = date(2026, 3, 1)
    arms: tuple[Arm, ...] = tuple(Arm(*row) for row in _planted("arms"))
    everybody: str | None = None

    @property
    def names(self) -> list[str]:
        """The control, then the arms."""
        return ["control", *(arm.name for arm in self.arms)]

    def of(self, parameter: str) -> list[float]:
        """A parameter of the control, which is 0, and of each arm."""
        return [0.0, *(getattr(arm, parameter) for arm in self.arms)]


@dataclass(frozen=True)
class Programme:
    """A second loyalty programme, of points, whose members have a day of joining: that of an order.

    From `since` and `after_days` after a customer's first order on, an order is the one with which they join with
    log-odds ``base + past n + trait log r``, n being the customer's orders of the `window_days` before it (at most
    `most`), r the hidden rate a week. `tilt` is how much likelier each later order makes joining; it lets members order
    `lift` more, in the half year after joining, than customers of the same rate who had not joined (simulated; 0 where
    the tilt is 0). `Group.loyalty` and `Purchases.loyalty_lift` are the older card's, which has no days.
    """

    since: date = date(2025, 1, 15)
    after_days: int = 364
    base: float = -5.2
    past: float = 0.03
    trait: float = 0.4
    window_days: int = 364
    most: int = 60
    tilt: float = 0.15
    lift: float = 0.1


@dataclass(frozen=True)
class Support:
    """Tickets per order by topic, and two planted changes.

    From `fixed_on` tickets on `fixed_topic` come at ``1 - fix_effect`` of their old rate. During the planted fall
    (`Truth.fall`) delivery tickets come at `fall_factor` times theirs. `median_response_minutes` are medians of a
    log-normal with `response_sigma`, by ticket channel; `unresolved` tickets never close.
    """

    rates: tuple[tuple[str, float], ...] = _planted("topics")
    fixed_topic: str = "payment"
    fixed_on: date = date(2026, 2, 1)
    fix_effect: float = 0.7
    fall_factor: float = 1.8
    median_response_minutes: tuple[tuple[str, float], ...] = _planted("minutes")
    channel_shares: tuple[float, ...] = (0.38, 0.22, 0.25, 0.15)
    response_sigma: float = 0.9
    median_resolution_hours: float = 14.0
    resolution_sigma: float = 1.1
    unresolved: float = 0.02


@dataclass(frozen=True)
class Web:
    """Visits and messages: for each order online one that buys, and `extra_visits` that do not on average.

    Those come at any time, whatever is ordered later; who has left, or never buys, comes at the share `lingers` of the
    old rate. Planted: a search that finds nothing loses customers, from shares of searches that found. Visits are
    recorded for the last `window_days` and for customers who agreed (`consent`). Open rates are by kind.
    """

    window_days: int = 365
    consent: float = 0.4
    extra_visits: float = 1.6
    lingers: float = 0.3
    searched: float = 0.55
    found_when_bought: float = 0.93
    found_otherwise: float = 0.58
    goal_when_bought: float = 0.95
    goal_otherwise: float = 0.35
    opted_in: float = 0.6
    open_rates: tuple[tuple[str, float], ...] = (("newsletter", 0.31), ("offer", 0.44), ("survey", 0.52))

    @property
    def found(self) -> float:
        """Share of searches that find, of customers who may buy."""
        return (self.found_when_bought + self.extra_visits * self.found_otherwise) / (1 + self.extra_visits)


@dataclass(frozen=True)
class Driver:
    """One rated aspect, 1-5: its true weight behind the 0-10 answer, its mean experience and expectation.

    `not_used` is the chance that the customer never met it and says "not applicable"; `skipped` the chance of a blank.
    """

    name: str
    weight: float
    mean: float
    expectation: float
    not_used: float = 0.0
    skipped: float = 0.05


DRIVERS = tuple(Driver(*row) for row in _planted("drivers"))


@dataclass(frozen=True)
class Fall:
    """A planted fall: ratings of `driver` in answers about `touchpoint` drop by `rating_points` from `since` on.

    The points are on the latent 1-5 scale, before rounding and clipping; the 0-10 answer follows through the driver's
    weight and nothing else.
    """

    touchpoint: str = "delivery"
    driver: str = "delivery"
    since: date = date(2026, 7, 1)
    rating_points: float = -1.1


@dataclass(frozen=True)
class Age:
    """An age band: its share of customers, its log-odds of answering a survey, and its shift in satisfaction."""

    band: str
    share: float
    response: float
    satisfaction: float


AGES = (
    Age("18-29", 0.31, -0.6, -0.25),
    Age("30-44", 0.38, 0.0, 0.0),
    Age("45-59", 0.21, 0.35, 0.15),
    Age("60+", 0.10, 0.6, 0.3),
)


@dataclass(frozen=True)
class SurveyTruth:
    """How the survey comes about.

    Each order brings an invitation with probability `invited` (`invited_loyal` for members of the loyalty programme;
    the table's `weight` undoes this difference), each ticket one about support with `invited_ticket`. An invited
    customer answers with log-odds ``response + Age.response + response_satisfaction * s``, s being the customer's
    satisfaction: unhappy customers answer less, which no weight on known margins undoes in full.

    A rating is ``mean + rating_sd (s + sqrt(halo) h + sqrt(1 - halo) e)``, rounded and held within 1-5, h being shared
    by the answers of one response. The 0-10 answer is ``base + sum weight (rating - mean) + noise_sd e``, rounded and
    held within 0-10; a driver that was not used adds nothing. `not_applicable` is the code for "not applicable".
    A price rating is skipped `unhappy_skip` times as often where the answer is 6 or less.
    """

    drivers: tuple[Driver, ...] = DRIVERS
    ages: tuple[Age, ...] = AGES
    touchpoints: tuple[tuple[str, float], ...] = _planted("touchpoints")
    base: float = 7.4
    noise_sd: float = 1.3
    rating_sd: float = 1.0
    customer_sd: float = 0.4
    halo: float = 0.3
    expectation_sd: float = 0.7
    not_applicable: int = 9
    unhappy_skip: float = 2.5
    invited: float = 0.08
    invited_loyal: float = 0.16
    invited_ticket: float = 0.35
    response: float = -1.1
    response_satisfaction: float = 0.5
    commented: float = 0.4
    contacts: float = 0.015
    respelled: float = 0.2
    suggestions: float = 0.12

    @property
    def driver_names(self) -> tuple[str, ...]:
        """Names of the drivers, in the order of the table's ``rating_`` columns."""
        return tuple(driver.name for driver in self.drivers)


@dataclass(frozen=True)
class Fault:
    """One kind of planted fault: the canonical column it hits ("" where the whole line is broken) and its rows."""

    kind: str
    column: str
    rows: int


FAULTS = tuple(Fault(*row) for row in _planted("faults"))


@dataclass(frozen=True)
class Truth:
    """The whole company.

    `start` and `end` are the first and the last day with data. Customers join at a rate that grows evenly; on the last
    day it is `growth` times that of the first. `trial`: What is tried beside the offer of `campaign`.
    """

    start: date = date(2023, 10, 1)
    end: date = date(2026, 9, 30)
    growth: float = 1.8
    groups: tuple[Group, ...] = GROUPS
    clusters: Clusters = Clusters()
    acquisitions: tuple[Acquisition, ...] = ACQUISITIONS
    channels: tuple[str, ...] = ("app", "web", "phone")
    products: tuple[str, ...] = ("fresh", "pantry", "household", "ready meals", "sweets and gifts")
    regions: tuple[tuple[str, float], ...] = _planted("regions")
    arabic: float = 0.66
    purchases: Purchases = Purchases()
    memberships: Memberships = Memberships()
    campaign: Campaign = Campaign()
    trial: Trial | None = None
    programme: Programme = Programme()
    support: Support = Support()
    web: Web = Web()
    survey: SurveyTruth = field(default_factory=SurveyTruth)
    fall: Fall = field(default_factory=Fall)
    faults: tuple[Fault, ...] = FAULTS

    @cached_property
    def days(self) -> int:
        """Number of days with data, both ends included."""
        return (self.end - self.start).days + 1

    def day_number(self, day: date | str) -> int:
        """Days since `start`: the simulation's own clock."""
        return ((date.fromisoformat(day) if isinstance(day, str) else day) - self.start).days

    def to_json(self) -> str:
        """The parameters as JSON text, dates in ISO form."""
        told = {name: value for name, value in dataclasses.asdict(self).items() if value is not None}
        return json.dumps({"schema": SCHEMA, **told}, indent=1, default=str, ensure_ascii=False)
