"""What an owner wants to be told: conditions on the numbers of ``metrics.json``, and reports that could not be made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from cxlib.publish.alerts import AlertNotice
from cxlib.publish.changes import MetricChange
from cxlib.runs.alerting.rules import CHANGES, AlertRule
from cxlib.runs.archive.record import Status
from cxlib.runs.archive.standing import Standing


class Alert(BaseModel):
    """Something that the owner asked to be told.

    Attributes
    ----------
    kind : str
        ``metric``; ``failed``: the report's last run gave no page; ``setting``: the alert cannot be checked.
    report, name, path : str
        The report, how the command line calls the run (with the values of its matrix), and its folder.
    title : dict or str
        The report's question in each language.
    metric, condition : str
        Which metric, and which of the conditions of ``alert_if`` or, for a setting, what is wrong with it.
    limit : float, optional
        In the metric's unit: a fraction for "percent", hundredths of the currency unit for "money".
    now, before : dict
        The metric as in metrics.json, in this run and in the run that it is compared with.
    run, status : str
        Name of the run that it is about, and how that ended.
    page : str
        Address of that page, relative to the front page, with ``{language}``.
    since : datetime
        Since when it has stood without a break.
    message : str
        All in one English sentence.
    new : bool
        Whether it did not stand when the workspace was last looked at.
    notified_at : datetime, optional
        When the command in ``notify`` was told.
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
    since: dt.datetime
    message: str = ""
    new: bool = True
    notified_at: dt.datetime | None = None

    @property
    def matter(self) -> tuple[object, ...]:
        """What it is about: the same from run to run while it stands."""
        return self.kind, self.path, self.metric, self.condition, self.limit

    @property
    def event(self) -> tuple[object, ...]:
        """What an owner is told once: a change is news with every run that shows one, a failure with every kind."""
        return *self.matter, self.run if self.condition in CHANGES else self.status

    @property
    def notice(self) -> AlertNotice:
        """The alert for a page."""
        return AlertNotice(
            kind=self.kind, title=self.title, href=self.page, since=self.since, condition=self.condition, now=self.now,
            before=self.before, limit=self.limit, status=self.status, metric=self.metric, nearest=self.nearest,
        )  # fmt: skip


def check_alerts(standing: Standing, rules: Iterable[AlertRule]) -> list[Alert]:
    """What an owner is to be told of one report, as it stands.

    Parameters
    ----------
    standing : Standing
        Its last good run, the run before that it is compared with, and the runs that have failed since.
    rules : iterable of AlertRule
        Its conditions.
    """
    found = [*_failures(standing), *(alert for rule in rules if (alert := _check(standing, rule)))]
    return list({alert.matter: alert for alert in found}.values())  # one missing metric is said once


def _failures(standing: Standing) -> Iterator[Alert]:
    # What waits for a failed report is not news beside it.
    failed = [run for run in standing.failed_since if run.status is not Status.BLOCKED]
    if failed:
        first, last = failed[0], failed[-1]
        yield _alert(
            standing, kind="failed", run=last.run, status=str(last.status), page=standing.failure_href(last),
            since=first.started,
        )  # fmt: skip


def _check(standing: Standing, rule: AlertRule) -> Alert | None:
    if standing.latest is None:
        return None
    now = next((metric for metric in standing.metrics if metric.get("name") == rule.metric), None)
    known = [str(metric.get("name")) for metric in standing.metrics]
    if now is None:
        close = get_close_matches(rule.metric, known, n=3, cutoff=0.3) or known[:3]
        return _about(standing, rule, kind="setting", condition="unknown_metric", nearest=", ".join(close))
    if now.get("value") is None:
        return _about(standing, rule, kind="setting", condition="no_value", now=now)
    if fault := _unit_fault(rule, now):
        return _about(standing, rule, kind="setting", condition=fault, now=now)
    before = next((metric for metric in standing.previous if metric.get("name") == rule.metric), {})
    limit = None if rule.limit is None else rule.limit * (100 if now.get("unit") == "money" else 1)
    if not _holds(rule.condition, MetricChange(now, before or None), limit):
        return None
    return _about(standing, rule, kind="metric", now=now, before=before, limit=limit)


def _unit_fault(rule: AlertRule, now: Mapping[str, Any]) -> str:
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
    return bool({
        "above": value > limit, "below": value < limit,
        "certainly_above": min(ends) > limit, "certainly_below": max(ends) < limit,
    }[condition])  # fmt: skip


def _about(standing: Standing, rule: AlertRule, **more: Any) -> Alert:
    """An alert about the page that readers see now."""
    latest = standing.latest
    assert latest is not None  # noqa: S101  # for the type checker; `_check` has looked
    told = {"condition": rule.condition, "run": latest.run} | more
    return _alert(standing, metric=rule.metric, page=standing.href, since=latest.finished, **told)


def _alert(standing: Standing, **told: Any) -> Alert:
    variant = standing.variant
    alert = Alert(report=variant.report, name=variant.name, path=variant.path, title=standing.title, **told)
    return alert.model_copy(update={"message": f"{variant.name}: {alert.notice.sentence()}"})


def carry_over(alerts: Iterable[Alert], before: Iterable[Alert]) -> list[Alert]:
    """Alerts as they stand now, with what is known from last time: since when, and whether the owner was told.

    Parameters
    ----------
    alerts, before : iterable of Alert
        Those of now and those of last time.
    """
    matters = {alert.matter: alert.since for alert in before}
    events = {alert.event: alert.notified_at for alert in before}
    return [
        alert.model_copy(update={
            "since": min(alert.since, matters.get(alert.matter, alert.since)), "new": alert.event not in events,
            "notified_at": events.get(alert.event),
        })
        for alert in alerts
    ]  # fmt: skip
