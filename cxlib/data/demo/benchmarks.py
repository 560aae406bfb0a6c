"""External benchmarks to compare with: invented for the simulation, and saying so in their `source`."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from cxlib.data.demo import clock
from cxlib.data.demo.truth import Truth

SOURCE = "Invented for the simulated company"
# Shares as fractions, NPS in points, order value in SAR, response time in minutes.
VALUES: tuple[tuple[str, float], ...] = (
    ("nps", 32.0),
    ("csat", 0.78),
    ("ces", 5.6),
    ("repurchase_rate", 0.62),
    ("average_order_value", 240.0),
    ("membership_churn_rate", 0.035),
    ("response_minutes", 30.0),
    ("newsletter_open_rate", 0.34),
    ("conversion_rate", 0.36),
    ("findability", 0.80),
    ("goal_completion", 0.70),
    ("referral_rate", 0.05),
)
AS_OF_DAYS_BEFORE_END = 92


def benchmarks_table(truth: Truth) -> pa.Table:
    """The canonical benchmarks."""
    return pa.table(
        {
            "measure": pa.array([measure for measure, _ in VALUES]),
            "value": pa.array([value for _, value in VALUES]),
            "source": pa.array([SOURCE] * len(VALUES)),
            "as_of": clock.days(truth, np.full(len(VALUES), truth.days - 1 - AS_OF_DAYS_BEFORE_END)),
        }
    )
