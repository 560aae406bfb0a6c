"""An alert in words: what an owner asked to be told about a number, or that a report could not be made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cxlib.language import Message, T
from cxlib.publish.changes import show, text_in


@dataclass(frozen=True)
class AlertNotice:
    """One alert as a reader meets it.

    Parameters
    ----------
    kind
        "metric", "failed" (the last run gave no page) or "setting" (the alert cannot be checked as it is written).
    title
        The report's title in each language, or one for all.
    href
        Page that the alert is about, with ``{language}``; empty where there is none.
    since
        Since when it stands.
    condition
        For "metric": above, below, certainly_above, certainly_below, falls_significantly or rises_significantly; for
        "setting": unknown_metric, no_value, not_a_share, not_in_percent.
    now, before
        The metric as in metrics.json, of this run and of the run before.
    limit
        In the metric's unit: a fraction for "percent", minor units for "money".
    status
        How the run ended, as in run.json.
    metric, nearest
        Name of the metric in the settings, and the names in the report that are most like it.
    """

    kind: str
    title: Mapping[str, str] | str
    href: str = ""
    since: dt.datetime | None = None
    condition: str = ""
    now: Mapping[str, Any] = field(default_factory=dict)
    before: Mapping[str, Any] = field(default_factory=dict)
    limit: float | None = None
    status: str = ""
    metric: str = ""
    nearest: str = ""

    def sentence(self, language: str = "en") -> Message:
        """What stands out, as one sentence.

        >>> nps = {"name": "nps", "label": {"en": "NPS"}, "value": 31, "unit": "points"}
        >>> str(AlertNotice("metric", "Score", condition="below", now=nps, limit=35).sentence())
        'NPS: +31, below the limit of +35'
        """
        if self.kind == "failed":
            from cxlib.publish.failure import STATUS_WORDS  # brings what makes pages, which few alerts need

            return T("The last run gave no page: {outcome}", outcome=STATUS_WORDS.get(self.status, T("failed")))
        return self._fault() if self.kind == "setting" else self._finding(language)

    def _finding(self, language: str) -> Message:
        said = {
            "metric": text_in(self.now.get("label") or self.now.get("name", ""), language),
            "value": show(self.now, self.now.get("value")),
            "limit": show(self.now, self.limit),
            "previous": show(self.now, self.before.get("value")),
        }
        match self.condition:
            case "above":
                return T("{metric}: {value}, above the limit of {limit}", **said)
            case "below":
                return T("{metric}: {value}, below the limit of {limit}", **said)
            case "certainly_above":
                return T("{metric}: {value}, certainly above the limit of {limit}", **said)
            case "certainly_below":
                return T("{metric}: {value}, certainly below the limit of {limit}", **said)
            case "falls_significantly":
                return T("{metric}: {value}, clearly down from {previous}", **said)
            case _:
                return T("{metric}: {value}, clearly up from {previous}", **said)

    def _fault(self) -> Message:
        match self.condition:
            case "unknown_metric":
                return T(
                    "An alert asks for {metric}, which this report does not have; most like it: {names}",
                    metric=self.metric,
                    names=self.nearest or "\u2013",
                )
            case "no_value":
                return T("An alert asks for {metric}, which has no value in this run", metric=self.metric)
            case "not_a_share":
                return T("An alert limits {metric} in percent, but its unit is another one", metric=self.metric)
            case _:
                return T(
                    "An alert limits {metric}, a share, by a number above 1; write it in percent, such as 8%",
                    metric=self.metric,
                )

    @property
    def interval(self) -> Message | None:
        """The metric's interval in words; None where it has none."""
        low, high = self.now.get("low"), self.now.get("high")
        if self.kind != "metric" or low is None or high is None:
            return None
        return T("interval {low} to {high}", low=show(self.now, low), high=show(self.now, high))

    def title_in(self, language: str) -> str:
        """The report's title."""
        return text_in(self.title, language)
