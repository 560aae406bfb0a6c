"""Tells an operator's own command about alerts, and remembers in ``alerts.json`` what it was told.

The command gets JSON on its standard input and is started as it is written, without a shell. What it sends, and where
to, is its business.
"""

from __future__ import annotations

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

from cxlib.runs.alerting.alerts import Alert, carry_over
from cxlib.runs.archive.store import write_in_one_step
from cxlib.runs.execution.control import spoken

STATE = "alerts.json"  # in the workspace's folder of reports
TIME_LIMIT_SECONDS = 60
_SAID = 500  # characters of what a failed command said


class _State(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    schema_: int = Field(default=1, validation_alias="schema", serialization_alias="schema")
    alerts: tuple[Alert, ...] = ()


@dataclass(frozen=True)
class Notice:
    """What a command is told about a workspace."""

    workspace: str
    front_page: Path
    alerts: Sequence[Alert]

    def to_json(self) -> str:
        """What the command reads, schema 1: all alerts; `new` marks those that it was not told of before."""
        alerts = [
            alert.model_copy(update={"new": alert.notified_at is None}).model_dump(mode="json") for alert in self.alerts
        ]
        content = {
            "schema": 1, "workspace": self.workspace, "front_page": str(self.front_page), "alerts": alerts,
        }  # fmt: skip
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def read_alerts(site: Path) -> list[Alert]:
    """The alerts that stood when a workspace was last looked at; none where that cannot be read."""
    try:
        return list(_State.model_validate_json((site / STATE).read_bytes()).alerts)
    except (OSError, ValidationError):
        return []


def update_alerts(site: Path, alerts: Iterable[Alert]) -> list[Alert]:
    """Write how alerts stand now, beside what is known from last time; only under the front page's lock."""
    before = read_alerts(site)
    standing = carry_over(alerts, before)
    if standing != before or not (site / STATE).is_file():
        _write(site, standing)
    return standing


def note_told(site: Path, told: Iterable[Alert], *, when: dt.datetime) -> None:
    """Remember that the command was told; only under the front page's lock."""
    events = {alert.event for alert in told}
    _write(
        site,
        [
            alert.model_copy(update={"notified_at": when}) if alert.event in events else alert
            for alert in read_alerts(site)
        ],
    )


def _write(site: Path, alerts: Iterable[Alert]) -> None:
    text = _State(alerts=tuple(alerts)).model_dump_json(indent=2, by_alias=True)
    write_in_one_step(site / STATE, text + "\n")


def notify(
    command: Sequence[str], notice: Notice, *, folder: Path, time_limit_seconds: float = TIME_LIMIT_SECONDS
) -> str:
    """Start a command and give it the alerts.

    Parameters
    ----------
    command : sequence of str
        Program and arguments.
    notice : Notice
        What it is told.
    folder : Path
        Where it runs: the project.
    time_limit_seconds : float
        After this it is killed, with everything that it started.

    Returns
    -------
    str
        Why it did not work, in plain words; empty when it did. The runs' own outcome does not depend on it.
    """
    environment = {**os.environ, "CX_WORKSPACE": notice.workspace, "CX_FRONT_PAGE": str(notice.front_page)}
    try:
        process = subprocess.Popen(  # noqa: S603  # the operator's own command, from the suite
            list(command), cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        return f"notify: {command[0]} cannot be started: {error.strerror}. The alerts are sent again next time."
    try:
        said, _ = process.communicate(notice.to_json(), timeout=time_limit_seconds)
    except subprocess.TimeoutExpired:
        limit = spoken(time_limit_seconds)
        return f"notify: {command[0]} took longer than {limit} and was stopped. The alerts are sent again next time."
    finally:
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    if process.returncode:
        last = said.strip()[-_SAID:]
        return f"notify: {command[0]} ended with exit code {process.returncode}. It said: {last or 'nothing'}"
    return ""
