"""The true parameters behind the survey: drivers, missing ratings, who answers, and the planted fall."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


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


DRIVERS = (
    Driver("delivery", 0.85, 3.9, 4.4),
    Driver("product_quality", 0.75, 4.0, 4.3),
    Driver("price", 0.45, 3.3, 3.5, skipped=0.06),
    Driver("support", 0.45, 3.5, 4.0, not_used=0.70),
    Driver("website_app", 0.30, 3.9, 3.9, not_used=0.04),
    Driver("choice", 0.20, 3.7, 3.7, skipped=0.09),
    Driver("payment", 0.0, 4.2, 4.2),
)


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
    touchpoints: tuple[tuple[str, float], ...] = (
        ("delivery", 0.5),
        ("ordering", 0.28),
        ("payment", 0.13),
        ("returns", 0.09),
    )
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
