"""What a workspace schedules: its reports gathered by when they run."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cxlib.errors import ConfigurationError
from cxlib.runs.planning.cron import EXAMPLE, Cron, parse_cron
from cxlib.runs.planning.suite import Suite

_READ_BY_SCHEDULERS = re.compile(r"[\x00-\x1f\x7f]|\{[{%#]")  # line ends, and what Jinja and GitHub would fill in


@dataclass(frozen=True)
class Job:
    """Reports that run at the same times; `name` is safe in file names and differs from job to job."""

    name: str
    cron: Cron
    reports: tuple[str, ...]


@dataclass(frozen=True)
class Timetable:
    """When the reports of a workspace run, where, and with which Python, both as absolute paths.

    The jobs follow the clock of `time_zone`, an IANA name. `after` names for each report those that it waits for;
    `unscheduled` reports are run by no job. It is `whole` when one job runs every report of the suite.
    """

    workspace: str
    project: Path
    python: Path
    time_zone: str
    jobs: tuple[Job, ...]
    after: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unscheduled: tuple[str, ...] = ()
    whole: bool = False

    @property
    def unit(self) -> str:
        """The workspace's name as part of a file's name."""
        return f"cx-{re.sub(r'[^A-Za-z0-9_-]', '-', self.workspace)}"

    def arguments(self, job: Job) -> list[str]:
        """What follows the Python in a command line: quiet, so that only what matters is mailed or logged."""
        return ["-m", "cxlib", "run", self.workspace, *(() if self.whole else job.reports), "--quiet"]


def make_timetable(folder: Path, suite: Suite, *, time_zone: str) -> Timetable:
    """Gather the reports of a workspace by schedule, their own before the suite's, by the clock of a zone.

    Raises
    ------
    ConfigurationError
        Nothing has a schedule, or a path cannot be written for schedulers.
    """
    _writable(folder)
    grouped: dict[Cron, list[str]] = {}
    for report, settings in suite.reports.items():
        if text := settings.schedule or suite.schedule:
            grouped.setdefault(parse_cron(text), []).append(report)
    if not grouped:
        raise ConfigurationError(
            f"params/{folder.name}/suite.yaml schedules nothing. Add a line `schedule:` for all reports or below one: "
            f"{EXAMPLE}"
        )
    return Timetable(
        workspace=folder.name,
        project=folder.parent.parent,
        python=_writable(Path(sys.executable)),
        time_zone=time_zone,
        jobs=tuple(
            Job(reports[0].replace("_", "-") if len(grouped) > 1 else "", cron, tuple(reports))
            for cron, reports in grouped.items()
        ),
        after={report: settings.before for report, settings in suite.reports.items()},
        unscheduled=tuple(
            report for report, settings in suite.reports.items() if not (settings.schedule or suite.schedule)
        ),
        whole=len(grouped) == 1 and len(next(iter(grouped.values()))) == len(suite.reports),
    )


def _writable(path: Path) -> Path:
    if _READ_BY_SCHEDULERS.search(str(path)):
        raise ConfigurationError(
            f"The path {str(path)!r} holds a line end or one of {{{{, {{% and {{#, which schedulers do not take as "
            "they are. Move the project to a plainer path."
        )
    return path
