"""What a team can take away: the list of calls, every customer's risk, and what goes with leaving."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cxlib.churn import ChurnStudy
from cxlib.language import T
from cxlib.report.component import Component
from cxlib.report.exports import export
from cxlib.report.together import together

IN_WORDS = 200  # customers at the top of the list whose reasons are written out


def exports(study: ChurnStudy) -> Component:
    """Links to the list of calls, the risks of all customers, and what goes with leaving."""
    parts: list[Component] = []
    if study.is_forecast and study.money is not None:
        parts.append(export(_calls(study), "call_list", label=T("Whom to call, in order, with reasons")))
        parts.append(export(study.money.calls.export, "customers", label=T("Every customer with risk and status")))
    drivers = _drivers(study)
    if len(drivers):
        parts.append(export(drivers, "drivers", label=T("What goes with leaving")))
    if study.survival is not None:
        parts.append(export(study.survival.curves, "survival", label=T("Curves of how long members stay")))
    return together(*parts)


def _calls(study: ChurnStudy) -> pd.DataFrame:
    money: Any = study.money
    risk: Any = study.risk
    rows = money.calls.export[money.calls.export["status"] == "call"].reset_index(drop=True)
    place = {customer: at for at, customer in enumerate(risk.scored["customer_id"])}
    words = ["; ".join(map(str, risk.say_reasons(place[customer]))) for customer in rows["customer_id"].head(IN_WORDS)]
    listed: pd.DataFrame = rows.assign(in_words=pd.Series(words, dtype=object).reindex(rows.index))
    return listed


def _drivers(study: ChurnStudy) -> pd.DataFrame:
    """Importance in the model, and ratios of survival, one row a feature or property."""
    parts = []
    if study.risk is not None and study.risk.importance is not None:
        t = study.risk.importance.features
        parts.append(
            pd.DataFrame(
                {"source": "importance (rise in log loss)", "feature": t["key"], "actionable": t["actionable"],
                 "value": t["loss"], "low": t["low"], "high": t["high"]}
            )
        )  # fmt: skip
    if study.survival is not None and study.survival.cox is not None:
        t = study.survival.cox.table
        parts.append(
            pd.DataFrame(
                {"source": "hazard ratio (Cox)", "feature": t["term"], "actionable": pd.NA, "value": t["hazard_ratio"],
                 "low": t["low"], "high": t["high"]}
            )
        )  # fmt: skip
    if study.hazard is not None:
        t = study.hazard.effects
        parts.append(
            pd.DataFrame(
                {"source": "odds ratio (by month)", "feature": t["term"], "actionable": pd.NA,
                 "value": t["odds_ratio"], "low": t["odds_low"], "high": t["odds_high"]}
            )
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
