"""A workspace's schedule as Airflow DAGs: a task for each report, in the order that the suite asks for."""

from __future__ import annotations

from cxlib.runs.planning.order import among
from cxlib.runs.schedule.timetable import Job, Timetable

_HEAD = '''\
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


def airflow_files(timetable: Timetable) -> dict[str, str]:
    """The file with a DAG for each schedule, by its name."""
    head = _HEAD.format(
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
