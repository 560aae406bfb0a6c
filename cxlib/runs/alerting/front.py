"""A workspace's front page and its alerts: what stands there, and telling the operator's own command of it once.

Both follow from what the reports' folders hold; ``alerts.json`` remembers what the command was told. That command gets
JSON on its standard input and is started as it is written, without a shell. What it sends, and where to, is its
business.
"""

import contextlib
import datetime as dt
import json
import os
import signal
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cxlib.errors import RunError, RunLocked
from cxlib.runs.alerting.alerts import Alert, carry_over, check_alerts
from cxlib.runs.archive.standing import Standing
from cxlib.runs.archive.store import LOCK, hold_lock, write_in_one_step
from cxlib.runs.planning.suite import load_suite, read_rules, workspace_title

STATE = "alerts.json"  # in the workspace's folder of reports
_TIME_LIMIT_SECONDS = _PATIENCE_SECONDS = 60
_LAST_WORDS = 500  # characters of what a failed command wrote


@dataclass(frozen=True)
class Front:
    """The front page in the suite's first language, and the alerts that stand on it."""

    page: Path
    alerts: tuple[Alert, ...]


def write_front(root: Path, folder: Path) -> Front:
    """Write a workspace's front page and ``alerts.json`` from what its reports' folders hold.

    RunLocked where another process has been writing it for a minute, RunError where the disk does not take it; the
    pages of the reports are not touched by that.
    """
    from cxlib.runs.archive import pages

    suite = load_suite(folder)
    site = root / "reports" / folder.name
    try:
        with _front_lock(site):
            standings = [Standing.of(variant, site) for variant in suite.variants()]
            rules = {name: read_rules(settings.alert_if) for name, settings in suite.reports.items()}
            found = (alert for each in standings for alert in check_alerts(each, rules[each.variant.report]))
            alerts = update_alerts(site, found)
            notices = [alert.notice for alert in alerts]
            title, languages = workspace_title(folder), suite.languages
            page = pages.write_front(site, standings, title=title, languages=languages, notices=notices)
            return Front(page, tuple(alerts))
    except OSError as error:
        raise RunError(
            f"reports/{folder.name}: the front page could not be written ({error.strerror}). The reports' own pages "
            f"are as their runs left them. When that is mended, run 'cx index {folder.name}'."
        ) from None


def _front_lock(site: Path) -> contextlib.AbstractContextManager[None]:
    return hold_lock(site / LOCK, name=f"the front page of {site.name}", patience_seconds=_PATIENCE_SECONDS)


def tell(root: Path, folder: Path, front: Front) -> str:
    """Tell the suite's command of alerts that it was not told of; gives why that did not work, empty when it did.

    Two runs that end at the same time tell one after the other, so that an alert is told once.
    """
    command = load_suite(folder).notify
    site = root / "reports" / folder.name
    if not command or all(alert.notified_at for alert in front.alerts):
        return ""
    try:
        with hold_lock(site / ".notify.lock", name="the command in notify", patience_seconds=2 * _TIME_LIMIT_SECONDS):
            alerts = read_alerts(site)
            if all(alert.notified_at for alert in alerts):
                return ""
            fault = notify(command, Notice(folder.name, front.page, alerts), folder=root)
            if not fault:
                with _front_lock(site):
                    note_sent(site, alerts, when=dt.datetime.now(dt.UTC))
            return fault
    except (RunLocked, OSError) as error:  # the runs have ended as they have, whatever becomes of the message
        return f"notify: {error}"


class _State(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    schema_: int = Field(default=1, validation_alias="schema", serialization_alias="schema")
    alerts: tuple[Alert, ...] = ()


def read_alerts(site: Path) -> list[Alert]:
    """The alerts that stood when a workspace was last looked at; none where that cannot be read."""
    try:
        return list(_State.model_validate_json((site / STATE).read_bytes()).alerts)
    except (OSError, ValidationError):
        return []


def update_alerts(site: Path, alerts: Iterable[Alert]) -> list[Alert]:
    """Write how alerts stand now, beside what is remembered; only under the front page's lock."""
    before = read_alerts(site)
    standing = carry_over(alerts, before)
    if standing != before or not (site / STATE).is_file():
        _write(site, standing)
    return standing


def note_sent(site: Path, alerts: Iterable[Alert], *, when: dt.datetime) -> None:
    """Remember that the command was told of alerts; only under the front page's lock."""
    events = {alert.event for alert in alerts}
    sent = {"notified_at": when}
    _write(site, [alert.model_copy(update=sent) if alert.event in events else alert for alert in read_alerts(site)])


def _write(site: Path, alerts: Iterable[Alert]) -> None:
    text = _State(alerts=tuple(alerts)).model_dump_json(indent=2, by_alias=True)
    write_in_one_step(site / STATE, text + "\n")


@dataclass(frozen=True)
class Notice:
    """What a command is told about a workspace."""

    workspace: str
    front_page: Path
    alerts: Sequence[Alert]

    def to_json(self) -> str:
        """What the command reads, schema 1: all alerts; `new` marks those that it was not told of before."""
        alerts = [alert.model_copy(update={"new": alert.notified_at is None}) for alert in self.alerts]
        content = {"schema": 1, "workspace": self.workspace, "front_page": str(self.front_page)}
        dumps = [alert.model_dump(mode="json") for alert in alerts]
        return json.dumps(content | {"alerts": dumps}, indent=2, ensure_ascii=False) + "\n"


def notify(
    command: Sequence[str], notice: Notice, *, folder: Path, time_limit_seconds: float = _TIME_LIMIT_SECONDS
) -> str:
    """Start a command in `folder` and give it the alerts; after the time limit it is killed with all that it started.

    Gives why it did not work, in plain words; empty when it did. The runs' own outcome does not depend on it.
    """
    environment = {**os.environ, "CX_WORKSPACE": notice.workspace, "CX_FRONT_PAGE": str(notice.front_page)}
    try:
        process = subprocess.Popen(  # noqa: S603  # the operator's own command, from the suite
            list(command),
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        return f"notify: {command[0]} cannot be started: {error.strerror}. The alerts are sent again next time."
    try:
        output, _ = process.communicate(notice.to_json(), timeout=time_limit_seconds)
    except subprocess.TimeoutExpired:
        late = f"took longer than {time_limit_seconds:g} seconds and was stopped"
        return f"notify: {command[0]} {late}. The alerts are sent again next time."
    finally:
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    if process.returncode:
        last = output.strip()[-_LAST_WORDS:] or "nothing"
        return f"notify: {command[0]} ended with exit code {process.returncode}. It said: {last}"
    return ""
