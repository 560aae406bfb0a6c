"""How many customers an experiment needs, and what it could show: two shares, two arms of equal size.

The formula is that of R's ``power.prop.test`` (and Fleiss, Statistical Methods for Rates and Proportions, 2nd ed.,
eq. 3.14, without continuity correction)::

    n = (z_a sqrt(2 p q) + z_b sqrt(p1 q1 + p2 q2))^2 / (p1 - p2)^2,   p = (p1 + p2) / 2

per arm, with z_a the two-sided quantile of the level and z_b that of the power.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from cxlib.checks import check_fraction, read_risks
from cxlib.errors import DataError, ParameterError
from cxlib.language import Count, Message, Percent, T
from cxlib.measures.result import Result
from cxlib.measures.sampling import Z95

POWER = 0.8  # chance of a clear result where the difference is real


def sample_size(p1: float, p2: float, *, power: float = POWER) -> float:
    """Customers per arm that show the difference between two shares (fractions) with the given power; not rounded."""
    z_b = _z_power(power)
    check_fraction("p1", p1)
    check_fraction("p2", p2)
    if p1 == p2:
        raise ParameterError(f"p1 and p2 are both {p1:g}: no number of customers shows a difference of nothing.")
    together, apart = _spreads(p1, p2)
    return float(((Z95 * together + z_b * apart) / (p1 - p2)) ** 2)


def power_of(n: float, p1: float, p2: float) -> float:
    """Chance that `n` customers per arm show the difference between two shares."""
    together, apart = _spreads(p1, p2)
    if apart == 0:
        return 1.0 if p1 != p2 else 0.0
    return float(ndtr((np.sqrt(n) * abs(p1 - p2) - Z95 * together) / apart))


def detectable_share(n: float, p1: float, *, power: float = POWER) -> float:
    """The share below `p1` nearest to it that `n` customers per arm can tell from it; NaN where none can be told."""
    _z_power(power)
    if p1 == 0 or power_of(n, p1, 0.0) < power:
        return float("nan")
    return float(brentq(lambda p2: power_of(n, p1, p2) - power, p1 - p1 * 1e-9, 0.0, xtol=1e-12))


def _z_power(power: float) -> float:
    if not 0 < power < 1:
        raise ParameterError(f"power={power:g} must lie between 0 and 1, as 0.8.")
    return float(ndtri(power))


def _spreads(p1: float, p2: float) -> tuple[float, float]:
    middle = (p1 + p2) / 2
    return float(np.sqrt(2 * middle * (1 - middle))), float(np.sqrt(p1 * (1 - p1) + p2 * (1 - p2)))


@dataclass(frozen=True, repr=False)
class ExperimentPlan(Result):
    """The experiment that would show whether calls keep customers.

    `churn`: Share of listed customers who are expected to leave if nobody calls.
    `response`: Part of them whom the offer is assumed to keep.
    `per_arm`: Customers who are called, and as many who are not.
    `smallest_response`: The smallest response that half of the list against the other half could show; NaN where it
        could show none.
    """

    churn: float
    response: float
    per_arm: int
    available: int
    smallest_response: float

    @property
    def enough(self) -> bool:
        """Whether the list holds both arms."""
        return 2 * self.per_arm <= self.available

    @property
    def face(self) -> pd.DataFrame:
        """The plan's figures."""
        rows = [
            (T("Churn without a call"), Percent(self.churn)),
            (T("Churn with a call, if the assumption holds"), Percent(self.churn * (1 - self.response))),
            (T("Customers per arm"), Count(self.per_arm)),
            (T("Smallest response that this list could show"), Percent(self.smallest_response)),
        ]
        return pd.DataFrame(rows, columns=["what", "value"])

    @property
    def headline(self) -> Message:
        """What it takes to know."""
        values: dict[str, object] = {"arm": Count(self.per_arm), "n": Count(self.available), "power": Percent(POWER)}
        shares = {"response": self.response, "churn": self.churn, "smallest": self.smallest_response}
        values |= {name: Percent(share) for name, share in shares.items()}
        if self.enough:
            return T(
                "To know whether calls keep customers, choose {arm} of the {n} on the list at random not to be called, "
                "beside {arm} who are: that shows a response of {response} at a churn of {churn} with a chance of "
                "{power}",
                **values,
            )
        if np.isnan(self.smallest_response):
            return T(
                "An experiment needs {arm} customers in each of two arms to show a response of {response}; the {n} on "
                "the list are too few to show any",
                **values,
            )
        return T(
            "An experiment needs {arm} customers in each of two arms to show a response of {response}; half of the {n} "
            "on the list against the other half shows one of {smallest} or more (chance {power})",
            **values,
        )


def plan_experiment(risk: object, *, expected_response: float) -> ExperimentPlan:
    """The experiment that a call list needs, to turn its expected response from an assumption into a measurement.

    `risk` (n,) is that of the customers on the list; the response is a fraction above 0.
    """
    p = read_risks(risk)
    if not len(p) or p.mean() == 0:
        raise DataError("the list is empty, or nobody on it may leave: there is nothing to find out by an experiment.")
    check_fraction("expected_response", expected_response)
    if expected_response == 0:
        raise ParameterError("expected_response=0: no experiment is needed to show that nothing happens.")
    churn = float(p.mean())
    per_arm = int(np.ceil(sample_size(churn, churn * (1 - expected_response)) - 1e-9))
    least = detectable_share(max(len(p) / 2, 1), churn)
    return ExperimentPlan(churn, expected_response, per_arm, len(p), 1 - least / churn)
