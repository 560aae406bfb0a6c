"""A report's news in words: how its run ended, each metric then and now, and the alerts that somebody asked for."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cxlib.language import (
    Count,
    Days,
    Decimal,
    Message,
    Money,
    Percent,
    Points,
    Quantity,
    T,
    WordList,
    difference_seen,
    points_apart,
    with_interval,
)
from cxlib.language.speaker import SOURCE_LANGUAGE

UNITS = {"count": Count, "days": Days, "decimal": Decimal, "percent": Percent, "points": Points}
UP, DOWN, SAME = "\u25b2", "\u25bc", "\u25cf"

STATUS_WORDS = WordList("statuses of a run")
"""Status of a run in a word or two."""


@dataclass(frozen=True)
class MetricChange:
    """A metric of metrics.json (`now`) beside the same metric of the run before (`before`, None where it is new)."""

    now: Mapping[str, Any]
    before: Mapping[str, Any] | None = None

    @property
    def value(self) -> Quantity:
        """The value now, as a reader sees it."""
        return self._shown[0]["value"]  # type: ignore[no-any-return]

    @property
    def previous(self) -> Quantity:
        """The value of the run before."""
        return self._shown[0]["previous"]  # type: ignore[no-any-return]

    @property
    def _shown(self) -> tuple[dict[str, Any], Message | None]:
        """Value, ends of the interval and value of the run before, with as many digits as the report shows."""
        shown = {name: show(self.now, self.now.get(name)) for name in ("value", "low", "high")}
        previous = show(self.now, (self.before or {}).get("value"))
        return with_interval({**shown, "previous": previous}, self.now.get("level", 0.95))

    @property
    def difference(self) -> float | None:
        """Now minus before, in the metric's own unit; None where either is missing."""
        now, before = self.now.get("value"), (self.before or {}).get("value")
        return None if now is None or before is None else now - before

    @property
    def is_clear(self) -> bool:
        """Whether the difference is beyond what the two intervals allow for.

        The interval of a difference is built of the two intervals' facing halves (MOVER: Zou and Donner 2008,
        Statistics in Medicine 27, eq. 3). Runs share most of their customers, so this errs towards "no clear change".
        A metric without interval, such as a count, changes as soon as it changes; whether for the better is not said.
        """
        gap = self.difference
        if not gap:
            return False
        low, high = (self.now, self.before or {}) if gap > 0 else (self.before or {}, self.now)
        return abs(gap) > math.hypot(_half(low, "low"), _half(high, "high"))

    @property
    def has_intervals(self) -> bool:
        """Whether both runs say how sure the value is."""
        return all(side.get(end) is not None for side in (self.now, self.before or {}) for end in ("low", "high"))

    @property
    def own_change(self) -> float | None:
        """The change that the report itself found clear, against the period that its note names; None without one."""
        change = self.now.get("change")
        return change if change and change == change else None

    def note_in(self, language: str) -> str:
        """What the value is of, such as its period; empty where the report does not say."""
        return text_in(self.now.get("note") or "", language)

    @property
    def interval(self) -> Message | None:
        """The value's interval; None where it has none."""
        return None if self.now.get("low") is None or self.now.get("high") is None else self._shown[1]

    @property
    def shape(self) -> str:
        """Arrow up or down for a clear change, a dot for none."""
        if self.own_change is not None:
            return UP if self.own_change > 0 else DOWN
        if self.now.get("total"):
            return SAME
        return (UP if (self.difference or 0) > 0 else DOWN) if self.is_clear else SAME

    @property
    def tone(self) -> str:
        """Class of the tile's second line: "good", "bad" or none, from the metric's polarity and a clear change."""
        if self.own_change is not None:
            direction = self.own_change * (self.now.get("polarity") or 0)
        elif not self.is_clear or not self.has_intervals or self.now.get("total"):
            return ""  # a difference that chance may have made, or a total that grows by itself, is no improvement
        else:
            direction = (self.difference or 0) * (self.now.get("polarity") or 0)
        return "good" if direction > 0 else "bad" if direction < 0 else ""

    @property
    def sentence(self) -> Message | None:
        """The change in words, the report's own where it found one; None where there is nothing to compare with."""
        if self.own_change is not None:
            return self._in_words(self.own_change)
        if self.difference is None:
            return None
        if not self.difference:
            return T("no change")
        if self.now.get("total"):
            return T("{change} since the last run", change=replace(show(self.now, self.difference), signed=True))
        if not self.is_clear:
            shared = T("no clear change; {days} count in both runs", days=Days(self.shared_days))
            return shared if self.shared_days else T("no clear change")
        return self._in_words(self.difference)

    @property
    def shared_days(self) -> int:
        """How many days of a metric that moves along count in both runs; 0 for any other."""
        ends = [side.get("as_of") for side in (self.now, self.before or {})]
        if not all(ends) or not (window := self.now.get("window_days")):
            return 0
        now, before = (dt.date.fromisoformat(str(end)) for end in ends)
        return int(max(0, window - abs((now - before).days)))

    def _in_words(self, change: float) -> Message:
        word = {"good": T("better"), "bad": T("worse")}.get(self.tone, T("up") if change > 0 else T("down"))
        if self.now.get("unit") in {"percent", "points"}:  # a change of a share is said in points: "+2%" is ambiguous
            value = self.now["value"]
            apart = points_apart(value, value - change, shares=self.now["unit"] == "percent")
            return T("{change} points, {word}", change=apart, word=word)
        value, money = self.now["value"], self.now.get("currency") or ""
        seen = difference_seen(value, value - change, unit=self.now.get("unit", "decimal"), currency=money)
        return T("{change}, {word}", change=replace(show(self.now, seen), signed=True), word=word)

    def label(self, language: str) -> str:
        """The metric's name for a reader of `language`."""
        return text_in(self.now.get("label") or self.now.get("name", ""), language)


def compare(now: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]]) -> list[MetricChange]:
    """Every metric of this run beside its namesake of the run before; amounts in another currency are no namesakes.

    >>> nps = {"name": "nps", "unit": "points", "polarity": 1, "low": 38, "high": 44}
    >>> [change] = compare([nps | {"value": 41}], [nps | {"value": 30, "low": 27, "high": 33}])
    >>> change.shape + " " + str(change.sentence)
    '▲ +11 points, better'
    """
    earlier = {_identity(metric): metric for metric in before}
    return [MetricChange(metric, earlier.get(_identity(metric))) for metric in now]


def _identity(metric: Mapping[str, Any]) -> tuple[object, object]:
    return metric.get("name"), metric.get("currency") or ""


def show(metric: Mapping[str, Any], value: float | None) -> Quantity:
    """A value in a metric's unit, ready to be said; an unknown unit shows as a plain decimal."""
    unit = metric.get("unit", "decimal")
    if unit == "money":
        return Money(value, currency=metric.get("currency") or "", in_words=True)
    return UNITS.get(unit, Decimal)(value)


def text_in(texts: Mapping[str, str] | str, language: str) -> str:
    """A text that may be kept in several languages, in this one or else in English."""
    if isinstance(texts, str):
        return texts
    return str(texts.get(language) or texts.get(SOURCE_LANGUAGE) or next(iter(texts.values()), ""))


def _half(metric: Mapping[str, Any], side: str) -> float:
    """Length of one half of a metric's interval; 0 where it has none."""
    value, end = metric.get("value"), metric.get(side)
    return 0.0 if value is None or end is None else abs(value - end)


@dataclass(frozen=True)
class AlertNotice:
    """One alert as a reader meets it."""

    kind: str  # "metric", "failed" (the last run gave no page) or "setting" (it cannot be checked as it is written)
    title: Mapping[str, str] | str  # the report's, in each language, or one for all
    href: str = ""  # page that it is about, with ``{language}``; empty where there is none
    since: dt.datetime | None = None  # since when it stands
    condition: str = ""  # of a metric: above ... rises_significantly; of a setting: unknown_metric ... not_in_percent
    now: Mapping[str, Any] = field(default_factory=dict)  # the metric as in metrics.json, of this run
    before: Mapping[str, Any] = field(default_factory=dict)  # and of the run before
    limit: float | None = None  # in the metric's unit: a fraction for "percent", minor units for "money"
    status: str = ""  # how the run ended, as in run.json
    metric: str = ""  # its name in the settings
    nearest: str = ""  # the names in the report that are most like it

    def sentence(self, language: str = "en") -> Message:
        """What stands out, as one sentence.

        >>> nps = {"name": "nps", "label": {"en": "NPS"}, "value": 31, "unit": "points"}
        >>> str(AlertNotice("metric", "Score", condition="below", now=nps, limit=35).sentence())
        'NPS: +31, below the limit of +35'
        """
        if self.kind == "failed":
            return T("The last run gave no page: {outcome}", outcome=STATUS_WORDS.get(self.status, T("failed")))
        return self._fault() if self.kind == "setting" else self._finding(language)

    def _finding(self, language: str) -> Message:
        values = {
            "metric": text_in(self.now.get("label") or self.now.get("name", ""), language),
            "value": show(self.now, self.now.get("value")),
            "limit": show(self.now, self.limit),
            "previous": show(self.now, self.before.get("value")),
        }
        match self.condition:
            case "above":
                return T("{metric}: {value}, above the limit of {limit}", **values)
            case "below":
                return T("{metric}: {value}, below the limit of {limit}", **values)
            case "certainly_above":
                return T("{metric}: {value}, certainly above the limit of {limit}", **values)
            case "certainly_below":
                return T("{metric}: {value}, certainly below the limit of {limit}", **values)
            case "falls_significantly":
                return T("{metric}: {value}, clearly down from {previous}", **values)
            case _:
                return T("{metric}: {value}, clearly up from {previous}", **values)

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
