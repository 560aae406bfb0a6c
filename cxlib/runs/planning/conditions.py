"""The conditions of ``alert_if`` in a suite, read and checked before anything runs."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from cxlib.errors import ConfigurationError, nearest

LIMITS = ("above", "below", "certainly_above", "certainly_below")
CHANGES = ("falls_significantly", "rises_significantly")
_PERCENT = re.compile(r"\s*([-+]?\d+(?:\.\d+)?)\s*%\s*")
_EXAMPLE = "{nps: {falls_significantly: true}, churn_rate: {above: 8%}}"


@dataclass(frozen=True)
class AlertRule:
    """One condition on one metric; `limit` as it was written, `in_percent` where that was with a percent sign."""

    metric: str
    condition: str
    limit: float | None = None
    in_percent: bool = False


def read_rules(alert_if: Mapping[str, Mapping[str, object]]) -> list[AlertRule]:
    """The conditions of a report's ``alert_if``; whether a metric exists shows only when the report has run.

    >>> [rule] = read_rules({"churn_rate": {"above": "8%"}})
    >>> rule.limit, rule.in_percent
    (0.08, True)
    """
    rules: list[AlertRule] = []
    for metric, conditions in alert_if.items():
        if not conditions:
            raise ConfigurationError(f"{metric} has no condition. Write it as in {_EXAMPLE}")
        rules += filter(None, (_rule(metric, condition, limit) for condition, limit in conditions.items()))
    return rules


def _rule(metric: str, condition: str, limit: object) -> AlertRule | None:
    if condition in CHANGES:
        if not isinstance(limit, bool):
            raise ConfigurationError(f"{metric}: {condition} is {limit!r}; write true. The change needs no limit")
        return AlertRule(metric, condition) if limit else None
    if condition not in LIMITS:
        hint = nearest(str(condition), [*LIMITS, *CHANGES]).rstrip(".")
        raise ConfigurationError(f"{metric}: {condition} is no condition. {hint}")
    share = _PERCENT.fullmatch(limit) if isinstance(limit, str) else None
    number = float(share[1]) / 100 if share else limit
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        raise ConfigurationError(f"{metric}: {condition} is {limit!r}; expected a number such as 0.08, or 8%")
    return AlertRule(metric, condition, float(number), share is not None)
