"""Who is invited to a loyalty programme, drawn at random: then what it brings can be seen without any design."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from cxlib.loyalty.study import Loyalty

ACTIVE_DAYS = 365
QUANTILES = 2.8016  # of a test at 5% that finds a true difference in 80% of cases


@dataclass(frozen=True)
class Invitation:
    """Customers who bought in the last year and are no members, half of them drawn.

    `rows`: customer_id and whether to invite them.
    `detectable`: the least difference in what is spent for each customer, invited or not, that would be found.
    """

    rows: pd.DataFrame = field(repr=False)
    invited: int
    detectable: float


def draw_invitation(found: Loyalty) -> Invitation:
    """Draw half of those who could be invited, by the seed of the question: the same list every time."""
    since = pd.Timestamp(found.end) - pd.Timedelta(days=ACTIVE_DAYS)
    rows = found.customers[~found.customers["member"] & (found.customers["last_bought"] > since)]
    rows = rows.sort_values("customer_id", ignore_index=True)
    drawn = np.zeros(len(rows), bool)
    drawn[np.random.default_rng(found.question.seed).permutation(len(rows))[: len(rows) // 2]] = True
    spent = rows["spent"].to_numpy(float)
    spread = spent.std(ddof=1) / spent.mean() if len(rows) > 2 and spent.mean() > 0 else np.nan
    return Invitation(
        rows.assign(invite=drawn)[["customer_id", "invite"]],
        int(drawn.sum()),
        float(QUANTILES * spread * np.sqrt(4 / max(len(rows), 1))),
    )
