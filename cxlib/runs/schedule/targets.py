"""The schedulers that files can be written for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from cxlib.errors import ConfigurationError, nearest
from cxlib.runs.schedule.airflow import airflow_files
from cxlib.runs.schedule.crontab import crontab_files
from cxlib.runs.schedule.github import github_files
from cxlib.runs.schedule.systemd import systemd_files
from cxlib.runs.schedule.timetable import Timetable

TARGETS: Mapping[str, Callable[[Timetable], dict[str, str]]] = MappingProxyType(
    {"cron": crontab_files, "systemd": systemd_files, "github": github_files, "airflow": airflow_files}
)


def schedule_files(timetable: Timetable, target: str) -> dict[str, str]:
    """Name and text of every file that a scheduler needs.

    Raises
    ------
    ConfigurationError
        Files cannot be written for that scheduler.
    """
    if target not in TARGETS:
        raise ConfigurationError(f"--for {target}: no such scheduler is known. {nearest(target, TARGETS)}")
    return TARGETS[target](timetable)
