"""What an offer costs and may bring: the assumptions on which every amount about calls rests."""

import math
from dataclasses import dataclass

import numpy as np

from cxlib.checks import Floats, check_cost, check_fraction, check_number
from cxlib.errors import ParameterError
from cxlib.language import Message, Money, Percent, T
from cxlib.measures.result import Brief

CERTAINTY = 20.0  # customers that an assumed response weighs: alpha + beta of the published EMPC (6 + 14)


@dataclass(frozen=True, repr=False)
class OfferRules(Brief):
    """Costs and response of an offer to customers who may leave; what nobody has said stays unset.

    `expected_response`: Chance that the offer keeps a customer who would leave, as a fraction. An assumption, unless an
        experiment has corrected it: then `response_error` is its standard error.
    `offer_cost_cents`: Cost of an offer that is taken. Customers who would stay anyway take it too. None or NaN: not
        known.
    `contact_cost_cents`: Cost of a call, whatever comes of it. None or NaN: not known.
    `margin`: Profit on a unit of what a customer spends, as a fraction; 0, None or NaN: not known.
    `response_error`: Standard error of a response corrected by an experiment; None where it is assumed.

    >>> rules = OfferRules(expected_response=0.3, offer_cost_cents=1000, contact_cost_cents=100, margin=1)
    >>> float(rules.gain(0.5, 20000))
    2250.0
    >>> OfferRules(0.3, contact_cost_cents=100).unset
    ('margin', 'offer_cost')
    """

    expected_response: float = 0.3
    offer_cost_cents: float = math.nan
    contact_cost_cents: float = math.nan
    margin: float = math.nan
    response_error: float | None = None

    def __post_init__(self) -> None:
        check_fraction("expected_response", self.expected_response)
        for name in ("offer_cost_cents", "contact_cost_cents", "margin"):
            value = getattr(self, name)
            if value is None or math.isnan(check_number(name, value)):
                object.__setattr__(self, name, math.nan)
            else:
                (check_fraction if name == "margin" else check_cost)(name, value)
        if self.response_error is not None:
            check_cost("response_error", self.response_error)

    @property
    def unset(self) -> tuple[str, ...]:
        """The report's parameters that nobody has set: a margin of 0, and two costs of 0, say nothing."""
        free = not self.offer_cost_cents and not self.contact_cost_cents
        costs = {"contact_cost": self.contact_cost_cents, "offer_cost": self.offer_cost_cents}
        unknown = [name for name, cost in costs.items() if free or math.isnan(cost)]
        return (*(() if self.margin > 0 else ("margin",)), *unknown)

    @property
    def are_known(self) -> bool:
        """Whether somebody has said what calls cost and leave as profit."""
        return not self.unset

    @property
    def measured(self) -> bool:
        """Whether an experiment has corrected the response."""
        return self.response_error is not None

    def saved(self, value_cents: Floats) -> Floats:
        """What is won where the offer keeps a customer: margin x value - offer."""
        return self.margin * np.asarray(value_cents, float) - self.offer_cost_cents

    def gain(self, risk: Floats | float, value_cents: Floats | float) -> Floats:
        """Expected gain of calling a customer, in cents.

        ``risk x response x (margin x value - offer) - (1 - risk) x offer - contact``; with 1 or 0 as risk, what the
        call of a customer brings who is known to have left or stayed.

        Raises ParameterError: a cost or the margin is not known.
        """
        if math.isnan(self.margin + self.offer_cost_cents + self.contact_cost_cents):
            raise ParameterError(
                f"what calls earn cannot be said: {', '.join(self.unset)} of OfferRules not set. Give "
                "offer_cost_cents, contact_cost_cents and margin, or see `break_even` for what a call may cost."
            )
        p = np.asarray(risk, float)
        won = p * self.expected_response * self.saved(np.asarray(value_cents, float))
        return np.asarray(won - (1 - p) * self.offer_cost_cents - self.contact_cost_cents)

    def gain_variance(self, risk: Floats, value_cents: Floats) -> Floats:
        """Variance of one call's gain by chance alone: whether the customer leaves, and whether the offer works."""
        p, response = np.asarray(risk, float), self.expected_response
        saved = self.saved(value_cents)
        square = p * response * saved**2 + (1 - p) * self.offer_cost_cents**2
        mean = p * response * saved - (1 - p) * self.offer_cost_cents
        return np.asarray(square - mean**2)

    def cost(self, risk: Floats) -> Floats:
        """Expected outlay for a call, in cents: the contact, and the offer where it is taken."""
        p = np.asarray(risk, float)
        return np.asarray(self.contact_cost_cents + self.offer_cost_cents * (p * self.expected_response + 1 - p))

    def say(self, currency: str = "") -> Message:
        """The assumptions in a sentence."""
        values = {
            "response": Percent(self.expected_response),
            "offer": Money(self.offer_cost_cents, currency=currency, digits=2),
            "contact": Money(self.contact_cost_cents, currency=currency, digits=2),
            "margin": Percent(self.margin),
        }
        if self.measured:
            return T(
                "A call costs {contact} and an offer {offer}; the offer keeps {response} of those who would leave, as "
                "the assumption and an experiment together say; {margin} of what a customer spends is profit",
                **values,
            )
        return T(
            "A call costs {contact} and an offer {offer}; that the offer keeps {response} of those who would leave is "
            "an assumption until an experiment has measured it; {margin} of what a customer spends is profit",
            **values,
        )


NO_COSTS = OfferRules()
"""Nobody has said what calls cost."""


@dataclass(frozen=True, repr=False)
class CallLimits(Brief):
    """What a list of calls keeps within.

    `most_calls`: Calls that the team can make; 0: as many as pay.
    `budget_cents`: Expected outlay that the list may reach; 0: no limit.
    `opted_out`: Column that is true where a customer does not want to be contacted; where it is missing nobody calls.
        Empty: there is none. `study_churn` sets it to that of `gather_churn`.
    Raises ParameterError: a limit is negative, or the number of calls is not whole.

    >>> CallLimits(most_calls=2).count_of(np.array([100.0, 100.0, 100.0]))
    2
    >>> CallLimits(budget_cents=100).count_of(np.array([100.0, 100.0, 100.0]))
    1
    """

    most_calls: int = 0
    budget_cents: float = 0.0
    opted_out: str = ""

    def __post_init__(self) -> None:
        most = check_number("most_calls", self.most_calls)
        if most < 0 or not most.is_integer():
            raise ParameterError(f"most_calls={self.most_calls} must be a whole number of zero or more.")
        check_cost("budget_cents", self.budget_cents)

    def count_of(self, cost_cents: Floats) -> int:
        """How many of the customers, in this order, fit both limits; the first who does not fit ends the list."""
        count = min(len(cost_cents), int(self.most_calls) or len(cost_cents))
        if not self.budget_cents:
            return count
        spent = np.cumsum(cost_cents)
        return min(count, int(np.searchsorted(spent, self.budget_cents * (1 + 1e-12), side="right")))
