"""A workspace's schedule as a GitHub Actions workflow."""

from __future__ import annotations

import json
import shlex

from cxlib.runs.schedule.timetable import Job, Timetable

_HEAD = """\
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
_JOB = """\
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


def github_files(timetable: Timetable) -> dict[str, str]:
    """The workflow, by its name."""
    head = _HEAD.format(
        workspace=timetable.workspace,
        unit=timetable.unit,
        zone=timetable.time_zone,
        title=_quoted(f"Reports of {timetable.workspace}"),
        schedules="".join(_schedule(job, timetable.time_zone) for job in timetable.jobs),
        project=_quoted(str(timetable.project)),
        python=_quoted(str(timetable.python)),
    )
    return {f"{timetable.unit}.yml": head + "".join(_job(timetable, job) for job in timetable.jobs)}


def _schedule(job: Job, zone: str) -> str:
    return f"    - cron: {_quoted(job.cron.text)}\n      timezone: {_quoted(zone)}\n"


def _job(timetable: Timetable, job: Job) -> str:
    command = shlex.join(timetable.arguments(job))
    return _JOB.format(
        name=job.name or "reports",
        condition=_quoted(f"github.event_name != 'schedule' || github.event.schedule == '{job.cron.text}'"),
        command=f'cd "$CX_PROJECT" && {{ "$CX_PYTHON" {command} || test $? -eq 75; }}',
    )


def _quoted(text: str) -> str:
    """A text in YAML, whose double quotes are those of JSON."""
    return json.dumps(text, ensure_ascii=False)
