"""What an owner wants to be told: conditions on the numbers of ``metrics.json``, and reports that could not be made."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from difflib import get_close_matches
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from cxlib.language import minor_units
from cxlib.publish import AlertNotice
from cxlib.publish.changes import MetricChange, compare
from cxlib.runs.archive.record import Moment, Status
from cxlib.runs.archive.standing import Standing
from cxlib.runs.planning.suite import CHANGES, AlertRule

Matter = tuple[object, ...]


class Alert(BaseModel):
    """Something that the owner asked to be told, as ``alerts.json`` and the command in ``notify`` have it.

    A ``failed`` report's last run gave no page; a ``setting`` cannot be checked, for the reason in `condition`. `limit`
    is in the metric's unit: a fraction for "percent", minor units of the currency for "money". `now` and `before`
    are the metric as in metrics.json, in this `run` and in the one that it is compared with. `page` is its address from
    the front page, `since` when it has stood without a break, `notified_at` when the command was told.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")  # a later version may add fields

    kind: Literal["metric", "failed", "setting"]
    report: str
    name: str
    path: str
    title: dict[str, str] | str = ""
    metric: str = ""
    condition: str = ""
    limit: float | None = None
    now: dict[str, Any] = Field(default_factory=dict)
    before: dict[str, Any] = Field(default_factory=dict)
    nearest: str = ""
    run: str = ""
    status: str = ""
    page: str = ""
    since: Moment
    message: str = ""
    new: bool = True
    notified_at: Moment | None = None

    @property
    def matter(self) -> Matter:
        """What it is about: the same from run to run while it stands."""
        return self.kind, self.path, self.metric, self.condition, self.limit

    @property
    def event(self) -> Matter:
        """What an owner is told once: a change is news with every run that shows one, a failure with every kind."""
        return *self.matter, self.run if self.condition in CHANGES else self.status

    @property
    def notice(self) -> AlertNotice:
        """The alert for a page."""
        same = {field.name: getattr(self, field.name) for field in fields(AlertNotice) if field.name != "href"}
        return AlertNotice(href=self.page, **same)


def check_alerts(standing: Standing, rules: Iterable[AlertRule]) -> list[Alert]:
    """What an owner is to be told of one report, as it stands, by its conditions."""
    alerts = [*_failures(standing), *filter(None, (_check(standing, rule) for rule in rules))]
    return list({alert.matter: alert for alert in alerts}.values())  # one missing metric is said once


def _failures(standing: Standing) -> Iterator[Alert]:
    # What waits for a failed report is not news beside it.
    failed = [run for run in standing.failed_since if run.status is not Status.BLOCKED]
    if failed:
        last = failed[-1]
        about = {"run": last.run, "status": str(last.status), "page": standing.failure_href(last)}
        yield _alert(standing, kind="failed", since=failed[0].started, **about)


def _check(standing: Standing, rule: AlertRule) -> Alert | None:
    """The alert that one condition gives, about the page that readers see now."""
    latest = standing.latest
    if latest is None or standing.damage:
        return None
    about: dict[str, Any] = {"metric": rule.metric, "condition": rule.condition, "run": latest.run}
    about |= {"page": standing.href, "since": latest.finished}
    now = next((metric for metric in standing.metrics if metric.get("name") == rule.metric), None)
    if fault := _setting_fault(rule, now):
        names = [str(metric.get("name")) for metric in standing.metrics] if now is None else []
        close = get_close_matches(rule.metric, names, n=3, cutoff=0.3) or names[:3]
        about |= {"condition": fault, "nearest": ", ".join(close)}
        return _alert(standing, kind="setting", now=now or {}, **about)
    assert now is not None  # noqa: S101  # for the type checker; without a metric the setting is wrong
    [change] = compare([now], standing.previous)
    limit = None if rule.limit is None else rule.limit * _scale(now)
    if not _holds(rule.condition, change, limit):
        return None
    return _alert(standing, kind="metric", now=now, before=change.before or {}, limit=limit, **about)


def _scale(metric: Mapping[str, Any]) -> int:
    return minor_units(metric.get("currency") or "") if metric.get("unit") == "money" else 1


def _setting_fault(rule: AlertRule, now: Mapping[str, Any] | None) -> str:
    """Why a condition cannot be checked as it is written; empty when it can."""
    if now is None:
        return "unknown_metric"
    if now.get("value") is None:
        return "no_value"
    is_share = now.get("unit") == "percent"
    if rule.in_percent and not is_share:
        return "not_a_share"
    return "not_in_percent" if is_share and not rule.in_percent and abs(rule.limit or 0) > 1 else ""


def _holds(condition: str, change: MetricChange, limit: float | None) -> bool:
    """Whether a condition is met; a significant change is what the front page calls a clear one."""
    if limit is None:
        direction = -1 if condition == "falls_significantly" else 1
        return change.is_clear and (change.difference or 0) * direction > 0
    value = change.now["value"]
    ends = [value if end is None else end for end in (change.now.get("low"), change.now.get("high"))]
    lowest, highest = (min(ends), max(ends)) if condition.startswith("certainly") else (value, value)
    return bool(lowest > limit if condition.endswith("above") else highest < limit)


def _alert(standing: Standing, **about: Any) -> Alert:
    variant = standing.variant
    alert = Alert(report=variant.report, name=variant.name, path=variant.path, title=standing.title, **about)
    return alert.model_copy(update={"message": f"{variant.name}: {alert.notice.sentence()}"})


def carry_over(alerts: Iterable[Alert], before: Iterable[Alert]) -> list[Alert]:
    """Alerts as they stand now, with what is remembered of last time: since when, and whether the owner was told."""
    since = {alert.matter: alert.since for alert in before}
    notified = {alert.event: alert.notified_at for alert in before}
    return [
        alert.model_copy(
            update={
                "since": min(alert.since, since.get(alert.matter, alert.since)),
                "new": alert.event not in notified,
                "notified_at": notified.get(alert.event),
            }
        )
        for alert in alerts
    ]
