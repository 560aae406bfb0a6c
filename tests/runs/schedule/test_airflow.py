"""The DAG file is imported with stand-ins for Airflow and pendulum that keep what they are told.

Airflow itself pins packages that the project's own versions exclude; the file was read by Airflow 3.3.2's own DagBag
when it was written.
"""

import subprocess
import sys
import types

import pytest

from cxlib.runs.schedule import schedule_files


class Dag:
    """Keeps what a DAG was made with, and its tasks."""

    made: list = []  # noqa: RUF012  # shared on purpose: the file makes them, the test looks at them
    current = None

    def __init__(self, name, **options):
        self.name, self.options, self.tasks = name, options, {}
        Dag.made.append(self)

    def __enter__(self):
        Dag.current = self
        return self

    def __exit__(self, *_):
        Dag.current = None


class Task:
    """Keeps what a BashOperator was made with, and what follows it."""

    def __init__(self, **options):
        self.options, self.after = options, []
        Dag.current.tasks[options["task_id"]] = self

    def __rshift__(self, other):
        other.after.append(self.options["task_id"])
        return other


@pytest.fixture
def load(monkeypatch):
    """Imports a DAG file; gives its DAGs."""

    def module(name, **content):
        made = types.ModuleType(name)
        vars(made).update(content)
        monkeypatch.setitem(sys.modules, name, made)

    for name in ("airflow", "airflow.providers", "airflow.providers.standard", "airflow.providers.standard.operators"):
        module(name)
    module("airflow.providers.standard.operators.bash", BashOperator=Task)
    module("airflow.sdk", DAG=Dag)
    module("pendulum", datetime=lambda *day, tz: (day, tz))

    def call(made):
        Dag.made = []
        ((name, text),) = schedule_files(made, "airflow").items()
        exec(compile(text, name, "exec"), {})
        return name, Dag.made

    return call


def test_reports_are_tasks_in_the_suites_order(timetable, load):
    """One DAG with the zone's clock; a report waits for those that it names under `after:`."""
    made = timetable({"segmentation": {}, "class": {"after": ["segmentation"]}, "report": {"after": ["class"]}})
    name, (dag,) = load(made)
    assert (name, dag.name) == ("cx_demo.py", "cx_demo")
    assert dag.options == {
        "schedule": "30 6 * * 1-5", "start_date": ((2026, 1, 1), "Asia/Riyadh"), "catchup": False, "max_active_runs": 1,
    }  # fmt: skip
    assert {name: task.after for name, task in dag.tasks.items()} == {
        "segmentation": [], "class": ["segmentation"], "report": ["class"],
    }  # fmt: skip
    assert dag.tasks["class"].options["skip_on_exit_code"] == 75


def test_every_schedule_is_a_dag(timetable, load):
    """A report that waits for one of another DAG keeps its own schedule."""
    reports = {"churn": {}, "clv": {"schedule": "@monthly", "after": ["churn"]}}
    _, dags = load(timetable(reports, workspace="my shop"))
    assert [(dag.name, dag.options["schedule"]) for dag in dags] == [
        ("cx_my_shop_churn", "30 6 * * 1-5"), ("cx_my_shop_clv", "0 0 1 * *"),
    ]  # fmt: skip
    assert dags[1].tasks["clv"].after == []


def test_a_tasks_command_runs_its_report(timetable, load, tmp_path):
    """The command as Airflow starts it, in bash with its environment, whatever the paths hold."""
    folder = tmp_path / """a "b" $(c) 'd'"""
    folder.mkdir()
    _, (dag,) = load(timetable({"churn": {}}, project=folder, workspace="my shop"))
    options = dag.tasks["churn"].options
    environment = {"PATH": "/usr/bin:/bin", **options["env"], "CX_PYTHON": "/usr/bin/printf"}
    command = options["bash_command"].replace("-m cxlib", "'%s|'")
    ended = subprocess.run(["/bin/bash", "-c", command], env=environment, cwd=options["cwd"], capture_output=True)
    assert ended.stdout == b"run|my shop|churn|--quiet|"
    assert options["env"]["CX_PYTHON"] == sys.executable
