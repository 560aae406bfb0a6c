"""How the best calls change when one assumption about the offer is halved or doubled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from cxlib.checks import read_numbers, read_outcomes, read_values
from cxlib.churn.offers.offer import OfferRules, amount
from cxlib.churn.offers.profit_by_share import Ranked
from cxlib.language import Count, Message, Percent, T
from cxlib.measures.result import Result

FACTORS = (0.5, 2.0)


@dataclass(frozen=True)
class OfferSensitivity(Result):
    """How far the best share and its profit move when one assumption is halved or doubled.

    Attributes
    ----------
    table : DataFrame
        assumption (value, offer_cost, contact_cost, response), factor, best_share, profit_cents, change_cents (against
        the assumptions as they stand); the assumption that moves profit most comes first.
    profit_cents : float
        As the assumptions stand.
    n : int
    currency : str
    """

    table: pd.DataFrame
    profit_cents: float
    n: int
    currency: str

    @property
    def names(self) -> dict[str, Message]:
        """The assumptions for a reader."""
        return {
            "value": T("What a customer is worth"),
            "offer_cost": T("Cost of an offer"),
            "contact_cost": T("Cost of a call"),
            "response": T("Share that the offer keeps"),
        }

    @property
    def summary(self) -> pd.DataFrame:
        """The table in quantities."""
        t = self.table
        return pd.DataFrame(
            {
                "assumption": [self.names[name] for name in t["assumption"]],
                "factor": [T("halved") if factor < 1 else T("doubled") for factor in t["factor"]],
                "best_share": t["best_share"].map(Percent),
                "profit": [amount(x, self.currency) for x in t["profit_cents"]],
            }
        )

    @property
    def headline(self) -> Message:
        """Which assumption matters most."""
        first = str(self.table["assumption"].iloc[0])
        own = self.table.loc[self.table["assumption"] == first].set_index("factor")["profit_cents"]
        return T(
            "“{assumption}” matters most: halved, the best calls bring {halved}, doubled {doubled}, as it stands "
            "{now} ({n} customers)",
            assumption=self.names[first],
            halved=amount(float(own[FACTORS[0]]), self.currency),
            doubled=amount(float(own[FACTORS[1]]), self.currency),
            now=amount(self.profit_cents, self.currency),
            n=Count(self.n),
        )


def offer_sensitivity(
    y: Any, score: Any, value_cents: Any, *, rules: OfferRules | None = None, currency: str = ""
) -> OfferSensitivity:
    """Halve and double each assumption in turn, all else unchanged; a doubled response stops at 1.

    Parameters
    ----------
    y, score, value_cents, rules
        As in `profit_curve`.

    Examples
    --------
    >>> found = offer_sensitivity([1, 1, 0, 0], [0.9, 0.8, 0.2, 0.1], 20000)
    >>> found.table.loc[found.table["assumption"] == "contact_cost", "profit_cents"].tolist()
    [11300.0, 11000.0]
    """
    rules = rules or OfferRules()
    left = read_outcomes(y)
    ranked = Ranked.by(read_numbers(score, "score", n=len(left)))
    values = read_values(value_cents, n=len(left))

    def best(changed: OfferRules, factor: float = 1.0) -> tuple[float, float]:
        share, profit = ranked.curve(changed.gain(left.astype(float), factor * values))
        top = int(profit.argmax())
        return float(share[top]), float(profit[top])

    now = best(rules)[1]
    rows = []
    for factor in FACTORS:
        rows.append(("value", factor, *best(rules, factor)))
        rows += [(name, factor, *best(changed)) for name, changed in _changed(rules, factor)]
    table = pd.DataFrame(rows, columns=["assumption", "factor", "best_share", "profit_cents"])
    table["change_cents"] = table["profit_cents"] - now
    spread = table.groupby("assumption")["profit_cents"].agg(np.ptp)
    order = table["assumption"].map(spread).sort_values(ascending=False, kind="stable").index
    table = table.loc[order].sort_values("assumption", key=lambda names: -names.map(spread), kind="stable")
    return OfferSensitivity(table.reset_index(drop=True), now, len(left), currency)


def _changed(rules: OfferRules, factor: float) -> Iterator[tuple[str, OfferRules]]:
    yield "offer_cost", replace(rules, offer_cost_cents=rules.offer_cost_cents * factor)
    yield "contact_cost", replace(rules, contact_cost_cents=rules.contact_cost_cents * factor)
    yield "response", replace(rules, expected_response=min(rules.expected_response * factor, 1.0))
