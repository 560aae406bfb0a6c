"""A workspace's front page and its alerts: both follow from what the reports' folders hold."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from cxlib.errors import RunError, RunLocked
from cxlib.runs.alerting.alerts import Alert, check_alerts
from cxlib.runs.alerting.notify import TIME_LIMIT_SECONDS, Notice, note_told, notify, read_alerts, update_alerts
from cxlib.runs.alerting.rules import read_rules
from cxlib.runs.archive.standing import Standing
from cxlib.runs.execution.lock import LOCK, hold_lock
from cxlib.runs.planning.project import workspace_title
from cxlib.runs.planning.suite import Suite, load_suite

_PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Front:
    """The front page in the suite's first language, and the alerts that stand on it."""

    page: Path
    alerts: tuple[Alert, ...]


def write_front(root: Path, folder: Path) -> Front:
    """Write a workspace's front page and ``alerts.json`` from what its reports' folders hold.

    Raises
    ------
    RunLocked
        Another process has been writing it for a minute.
    RunError
        The disk does not take it; the pages of the reports are not touched by that.
    """
    try:
        return _write_front(root, folder)
    except OSError as error:
        raise RunError(
            f"reports/{folder.name}: the front page could not be written ({error.strerror}). The reports' own pages "
            f"are as their runs left them. When that is mended, run 'cx index {folder.name}'."
        ) from None


def _write_front(root: Path, folder: Path) -> Front:
    from cxlib.runs.archive import pages

    suite = load_suite(folder)
    site = root / "reports" / folder.name
    with hold_lock(site / LOCK, name=f"the front page of {folder.name}", patience_seconds=_PATIENCE_SECONDS):
        standings = [Standing.of(variant, site) for variant in suite.variants()]
        alerts = update_alerts(site, (alert for standing in standings for alert in _alerts(suite, standing)))
        page = pages.write_front(
            site, standings, title=workspace_title(folder), languages=suite.languages, alerts=alerts
        )
        return Front(page, tuple(alerts))


def _alerts(suite: Suite, standing: Standing) -> list[Alert]:
    return check_alerts(standing, read_rules(suite.reports[standing.variant.report].alert_if))


def tell(root: Path, folder: Path, front: Front) -> str:
    """Tell the suite's command of alerts that it was not told of; gives why that did not work, empty when it did.

    Two runs that end at the same time tell one after the other, so that an alert is told once.
    """
    command = load_suite(folder).notify
    site = root / "reports" / folder.name
    if not command or all(alert.notified_at for alert in front.alerts):
        return ""
    try:
        with hold_lock(site / ".notify.lock", name="the command in notify", patience_seconds=2 * TIME_LIMIT_SECONDS):
            alerts = read_alerts(site)
            if all(alert.notified_at for alert in alerts):
                return ""
            fault = notify(command, Notice(folder.name, front.page, alerts), folder=root)
            if not fault:
                _remember(site, alerts, folder.name)
            return fault
    except (RunLocked, OSError) as error:  # the runs have ended as they have, whatever becomes of the message
        return f"notify: {error}"


def _remember(site: Path, alerts: list[Alert], workspace: str) -> None:
    with hold_lock(site / LOCK, name=f"the front page of {workspace}", patience_seconds=_PATIENCE_SECONDS):
        note_told(site, alerts, when=dt.datetime.now(dt.UTC))
