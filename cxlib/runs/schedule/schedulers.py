"""Ready files for the schedulers that companies have: crontab lines, systemd units, a GitHub workflow, Airflow DAGs."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from types import MappingProxyType

from cxlib.errors import ConfigurationError, nearest
from cxlib.runs.planning.cron import WEEKDAYS, Cron, spans
from cxlib.runs.planning.order import among
from cxlib.runs.schedule.timetable import Job, Timetable

_CRONTAB = """\
# Reports of {workspace}. Put these lines at the end of `crontab -e`: what is set here counts for all lines below it.
# Change project or Python here. Cron mails what a run prints; a run prints only what needs attention.
# Exit code 75 means that another run of the workspace was under way: that one does the work.
CX_PROJECT={project}
CX_PYTHON={python}
# The times below are those of {zone}. cronie (Fedora, Red Hat, SUSE, Arch) follows CRON_TZ. The cron of Debian and
# Ubuntu ignores it and follows the machine's clock: if `timedatectl` names another zone there, use the systemd timer.
CRON_TZ={zone}
"""
_SERVICE = """\
# Both files belong into ~/.config/systemd/user/, or with a line User= into /etc/systemd/system/. Then:
#   systemctl --user daemon-reload
#   systemctl --user enable --now {name}.timer
#   loginctl enable-linger        so that it runs while nobody is logged in
[Unit]
Description=Reports of {workspace}{reports}

[Service]
Type=oneshot
# Change project or Python in these two lines.
WorkingDirectory={project}
ExecStart={command}
# 75: another run of the workspace was under way, which does the work.
SuccessExitStatus=75
TimeoutStartSec=infinity
"""
_TIMER = """\
[Unit]
Description=When the reports of {workspace}{reports} run

[Timer]
{calendar}
AccuracySec=1s
# A run that was missed because the machine was off is made up for.
Persistent=true

[Install]
WantedBy=timers.target
"""
_WORKFLOW = """\
# Reports of {workspace}: .github/workflows/{unit}.yml on the default branch.
# It runs on a self-hosted runner, which has the data. Change project or Python below, under env.
# GitHub starts schedules late at busy times, at most every 5 minutes, and stops them in a public repository without
# commits for 60 days. Times are those of {zone}; an older GitHub Enterprise Server ignores `timezone`
# and reads them as UTC.
name: {title}

on:
  workflow_dispatch:
  schedule:
{schedules}
permissions:
  contents: read

concurrency:
  group: {unit}
  cancel-in-progress: false

env:
  CX_PROJECT: {project}
  CX_PYTHON: {python}

jobs:
"""
_WORKFLOW_JOB = """\
  {name}:
    if: {condition}
    runs-on: self-hosted
    timeout-minutes: 720
    steps:
      # 75: another run of the workspace was under way, which does the work.
      - name: Run the reports
        run: |
          {command}
"""
_DAGS = '''\
"""Reports of {workspace}: put this file into Airflow's DAG folder. For Airflow 2.10 and newer, and 3."""

import pendulum

try:
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.operators.bash import BashOperator

# Change project or Python here. Every worker needs both at these paths.
PROJECT = {project!r}
PYTHON = {python!r}
WORKSPACE = {workspace!r}
# The clock that the schedules follow.
START = pendulum.datetime(2026, 1, 1, tz={zone!r})


def report(name):
    """A task that makes one report; exit code 75, another run of it being under way, skips it."""
    return BashOperator(
        task_id=name,
        bash_command='"$CX_PYTHON" -m cxlib run "$CX_WORKSPACE" "$CX_REPORT" --quiet',
        cwd=PROJECT,
        env={{"CX_PYTHON": PYTHON, "CX_WORKSPACE": WORKSPACE, "CX_REPORT": name}},
        append_env=True,
        skip_on_exit_code=75,
    )
'''
_DAG = """

with DAG({name!r}, schedule={cron!r}, start_date=START, catchup=False, max_active_runs=1):
{tasks}{order}"""


def crontab_files(timetable: Timetable) -> dict[str, str]:
    """The crontab, by its name."""
    head = _CRONTAB.format(
        workspace=timetable.workspace,
        project=_crontab_setting(str(timetable.project)),
        python=_crontab_setting(str(timetable.python)),
        zone=timetable.time_zone,
    )
    return {f"{timetable.unit}.crontab": head + "".join(_crontab_line(timetable, job) for job in timetable.jobs)}


def _crontab_line(timetable: Timetable, job: Job) -> str:
    words = shlex.join(timetable.arguments(job)).replace("%", r"\%")  # cron reads a bare % as a line end
    return f'{job.cron.text} cd "$CX_PROJECT" && "$CX_PYTHON" {words}\n'


def _crontab_setting(value: str) -> str:
    """A value for a crontab's setting, which knows quotes but no escapes."""
    quote = next((quote for quote in "\"'" if quote not in value), None)
    if quote is None:
        raise ConfigurationError(f"{value}: a crontab cannot hold a path with both kinds of quotes. Move the project.")
    return f"{quote}{value}{quote}"


def systemd_files(timetable: Timetable) -> dict[str, str]:
    """A service and a timer for every job, by their names."""
    return {name: text for job in timetable.jobs for name, text in _units(timetable, job).items()}


def _units(timetable: Timetable, job: Job) -> dict[str, str]:
    name = f"{timetable.unit}-{job.name}" if job.name else timetable.unit
    reports = "" if timetable.whole else f": {', '.join(job.reports)}"
    words = {"name": name, "workspace": timetable.workspace.replace("%", "%%"), "reports": reports}
    calendar = "\n".join(f"OnCalendar={line} {timetable.time_zone}" for line in on_calendar(job.cron))
    return {
        f"{name}.service": _SERVICE.format(
            **words, project=str(timetable.project).replace("%", "%%"), command=_command(timetable, job)
        ),
        f"{name}.timer": _TIMER.format(**words, calendar=calendar),
    }


def _command(timetable: Timetable, job: Job) -> str:
    return " ".join(map(_systemd_word, [str(timetable.python), *timetable.arguments(job)]))


def _systemd_word(word: str) -> str:
    """A word of a systemd command line, where %, $ and backslash mean something."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if set(escaped) & set(" \t'\"\\;") else escaped


def on_calendar(cron: Cron) -> list[str]:
    """The systemd calendar expressions that together mean a cron expression.

    Cron runs when the day of the month or the weekday fits, systemd when both do: where both are limited, two
    expressions say it.

    >>> from cxlib.runs.planning.cron import parse_cron
    >>> on_calendar(parse_cron("0 6 1 * mon"))
    ['*-*-01 06:00:00', 'Mon *-*-* 06:00:00']
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


def github_files(timetable: Timetable) -> dict[str, str]:
    """The workflow, by its name."""
    head = _WORKFLOW.format(
        workspace=timetable.workspace,
        unit=timetable.unit,
        zone=timetable.time_zone,
        title=_yaml_text(f"Reports of {timetable.workspace}"),
        schedules="".join(_schedule(job, timetable.time_zone) for job in timetable.jobs),
        project=_yaml_text(str(timetable.project)),
        python=_yaml_text(str(timetable.python)),
    )
    return {f"{timetable.unit}.yml": head + "".join(_job(timetable, job) for job in timetable.jobs)}


def _schedule(job: Job, zone: str) -> str:
    return f"    - cron: {_yaml_text(job.cron.text)}\n      timezone: {_yaml_text(zone)}\n"


def _job(timetable: Timetable, job: Job) -> str:
    command = shlex.join(timetable.arguments(job))
    return _WORKFLOW_JOB.format(
        name=job.name or "reports",
        condition=_yaml_text(f"github.event_name != 'schedule' || github.event.schedule == '{job.cron.text}'"),
        command=f'cd "$CX_PROJECT" && {{ "$CX_PYTHON" {command} || test $? -eq 75; }}',
    )


def _yaml_text(text: str) -> str:
    """A text in YAML, whose double quotes are those of JSON."""
    return json.dumps(text, ensure_ascii=False)


def airflow_files(timetable: Timetable) -> dict[str, str]:
    """The file with a DAG for each schedule, by its name."""
    head = _DAGS.format(
        workspace=timetable.workspace,
        project=str(timetable.project),
        python=str(timetable.python),
        zone=timetable.time_zone,
    )
    return {f"{_module(timetable)}.py": head + "".join(_dag(timetable, job) for job in timetable.jobs)}


def _module(timetable: Timetable) -> str:
    return timetable.unit.replace("-", "_")


def _dag(timetable: Timetable, job: Job) -> str:
    waits = among(timetable.after, job.reports)  # for a report with another schedule, which is another DAG's, it cannot
    pairs = [(before, report) for report, earlier in waits.items() for before in earlier]
    return _DAG.format(
        name="_".join(filter(None, [_module(timetable), job.name.replace("-", "_")])),
        cron=job.cron.text,
        tasks="".join(f"    {_task(report)} = report({report!r})\n" for report in job.reports),
        order="".join(f"    {_task(before)} >> {_task(report)}\n" for before, report in pairs),
    )


def _task(report: str) -> str:
    """The variable of a report's task; the ending keeps it apart from Python's words and the file's own names."""
    return f"{report}_task"


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
