"""When reports run: what a workspace schedules, as ready files for the scheduler that a company already has."""

import datetime as dt
import json
import re
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cxlib.errors import ConfigurationError, nearest
from cxlib.runs.planning.cron import EXAMPLE, WEEKDAYS, Cron, parse_cron, spans
from cxlib.runs.planning.order import among
from cxlib.runs.planning.suite import Suite

_READ_BY_SCHEDULERS = re.compile(r"[\x00-\x1f\x7f]|\{[{%#]")  # line ends, and what Jinja and GitHub would fill in
_FILES = {  # for each scheduler the template of each file, by the file's name
    "cron": {"{table.unit}.crontab": "crontab.j2"},
    "systemd": {"{name}.service": "systemd.service.j2", "{name}.timer": "systemd.timer.j2"},
    "github": {"{table.unit}.yml": "workflow.j2"},
    "airflow": {"{table.module}.py": "dags.j2"},
}


@dataclass(frozen=True)
class Job:
    """Reports that run at the same times; `name` is safe in file names and differs from job to job."""

    name: str
    cron: Cron
    reports: tuple[str, ...]

    @property
    def module(self) -> str:
        """Its name in Python."""
        return self.name.replace("-", "_")


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

    @property
    def module(self) -> str:
        """The same in Python."""
        return self.unit.replace("-", "_")

    def pairs(self, job: Job) -> list[tuple[str, str]]:
        """Reports of a job of which the first comes before the second; other jobs come when they come."""
        waits = among(self.after, job.reports)
        return [(before, report) for report, earlier in waits.items() for before in earlier]

    def warnings(self, since: dt.date) -> list[str]:
        """Which jobs the clock of the zone would skip or start twice, in words, each with another hour."""
        return [sentence for job in self.jobs if (sentence := self._warning(job, since))]

    def _warning(self, job: Job, since: dt.date) -> str:
        odd = job.cron.odd_times(self.time_zone, since=since)
        words = {"skipped": "skips {time}: no run, or one at another time", "twice": "shows {time} twice: two runs"}
        times = [
            f"on {moment:%Y-%m-%d} it {words[kind].format(time=f'{moment:%H:%M}')}" for kind, moment in odd.items()
        ]
        safer = job.cron.at_safer_hours(self.time_zone, since=since) if odd else None
        remedy = f" Take another hour, such as {safer.text!r}." if safer else ""
        when = f"{', '.join(job.reports)}: {job.cron.text!r} by the clock of {self.time_zone}: {'; '.join(times)}."
        return when + remedy if odd else ""

    def arguments(self, job: Job) -> list[str]:
        """What follows the Python in a command line: quiet, so that only what matters is mailed or logged."""
        return ["-m", "cxlib", "run", self.workspace, *(() if self.whole else job.reports), "--quiet"]


def make_timetable(folder: Path, suite: Suite, *, time_zone: str) -> Timetable:
    """Gather the reports of a workspace by schedule, their own before the suite's, by the clock of a zone."""
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
    several = len(grouped) > 1
    scheduled = {report for reports in grouped.values() for report in reports}
    return Timetable(
        workspace=folder.name,
        project=folder.parent.parent,
        python=_writable(Path(sys.executable)),
        time_zone=time_zone,
        jobs=tuple(Job(rs[0].replace("_", "-") if several else "", cron, tuple(rs)) for cron, rs in grouped.items()),
        after={report: settings.before for report, settings in suite.reports.items()},
        unscheduled=tuple(report for report in suite.reports if report not in scheduled),
        whole=not several and len(scheduled) == len(suite.reports),
    )


def _writable(path: Path) -> Path:
    if _READ_BY_SCHEDULERS.search(str(path)):
        raise ConfigurationError(
            f"The path {str(path)!r} holds a line end or one of {{{{, {{% and {{#, which schedulers do not take as "
            "they are. Move the project to a plainer path."
        )
    return path


def schedule_files(table: Timetable, target: str) -> dict[str, str]:
    """Name and text of every file that a scheduler needs."""
    if target not in _FILES:
        raise ConfigurationError(f"--for {target}: no such scheduler is known. {nearest(target, _FILES)}")
    files = {}
    for job in table.jobs if target == "systemd" else table.jobs[:1]:  # the others have all jobs in one file
        names = {"table": table, "job": job, "name": "-".join(filter(None, [table.unit, job.name]))}
        for pattern, template in _FILES[target].items():
            files[pattern.format(**names)] = _TEMPLATES.get_template(template).render(**names)
    return files


def _crontab_setting(value: object) -> str:
    """A value for a crontab's setting, which knows quotes but no escapes."""
    quote = next((quote for quote in "\"'" if quote not in str(value)), None)
    if quote is None:
        raise ConfigurationError(f"{value}: a crontab cannot hold a path with both kinds of quotes. Move the project.")
    return f"{quote}{value}{quote}"


def _systemd_word(word: object) -> str:
    """A word of a systemd command line, where %, $ and backslash mean something."""
    escaped = str(word).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if set(escaped) & set(" \t'\"\\;") else escaped


def _percent(value: object) -> str:
    return str(value).replace("%", "%%")  # systemd fills in what follows a single one


def on_calendar(cron: Cron) -> list[str]:
    """The systemd calendar expressions that together mean a cron expression.

    Cron runs when the day of the month or the weekday fits, systemd when both do: where both are limited, two
    expressions say it.
    """
    time = f"{_numbers(cron.hours, every=24)}:{_numbers(cron.minutes, every=60)}:00"
    months, days = _numbers(cron.months, every=12), _numbers(cron.days, every=31)
    weekdays = ",".join(WEEKDAYS[day].capitalize() for day in sorted(cron.weekdays))
    if cron.any_weekday:
        return [f"*-{months}-{days} {time}"]
    on_weekdays = f"{weekdays} *-{months}-* {time}"
    return [on_weekdays] if cron.any_day else [f"*-{months}-{days} {time}", on_weekdays]


def _numbers(values: frozenset[int], *, every: int) -> str:
    if len(values) == every:
        return "*"
    return ",".join(
        f"{first:02}" if first == last else f"{first:02}..{last:02}" for first, last in spans(sorted(values))
    )


_TEMPLATES = Environment(  # noqa: S701  # plain files, in which each value is quoted as its format asks
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    undefined=StrictUndefined,
    keep_trailing_newline=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters |= {
    "calendar": on_calendar,
    "crontab": _crontab_setting,
    "percent": _percent,
    "python": lambda value: repr(str(value)),
    "shell": shlex.join,
    "systemd": lambda words: " ".join(map(_systemd_word, words)),
    "yaml": lambda value: json.dumps(str(value), ensure_ascii=False),
}
