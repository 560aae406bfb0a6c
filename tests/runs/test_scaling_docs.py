"""The commands in docs/scaling.md that need no second machine work as they stand there."""

import json
import os
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator

DOC = (Path(__file__).parents[2] / "docs" / "scaling.md").read_text(encoding="utf-8")
FAKE = """#!/bin/sh
echo "$@" >> "$CALLS"
case "$*" in *{failing}*) exit {code};; esac
"""


def block(containing):
    """The one block of code that holds some text."""
    (found,) = (code for code in re.findall(r"```\w*\n(.*?)```", DOC, re.DOTALL) if containing in code)
    return found


@pytest.fixture
def shell(tmp_path):
    """Runs a command where `cx` only notes how it was called; gives return code and calls."""

    def run(*command, failing="nothing", code=0, **variables):
        program = tmp_path / "bin" / "cx"
        program.parent.mkdir()
        program.write_text(FAKE.format(failing=failing, code=code))
        program.chmod(0o755)
        calls = tmp_path / "calls"
        environment = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}", "CALLS": str(calls), **variables}
        ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True)
        return ended.returncode, calls.read_text().splitlines()

    return run


def test_xargs_starts_each_report(shell):
    """One command a report."""
    code, calls = shell("sh", "-c", block("xargs"))
    assert code == 0
    assert sorted(calls) == [f"run demo {report} --quiet" for report in ("churn", "clv", "segmentation")]


@pytest.mark.parametrize(("code", "ended", "last"), [(0, 0, "playbook"), (75, 0, "playbook"), (1, 2, None)])
def test_make_keeps_the_order(shell, tmp_path, code, ended, last):
    """What depends on a report comes after it, and not at all when that failed; 75 is no failure."""
    (tmp_path / "reports.mk").write_text(block("playbook: churn"))
    returned, calls = shell("make", "-j", "3", "-k", "-f", "reports.mk", failing="churn", code=code)
    order = [call.split()[2] for call in calls]
    assert returned == ended
    assert ("playbook" in order) == bool(last)
    if last:
        assert order.index("churn") < order.index("playbook")


@pytest.mark.parametrize(("task", "report"), [("0", "segmentation"), ("1", "churn"), ("2", "clv")])
def test_an_array_task_makes_its_report(shell, tmp_path, task, report):
    """The script as SLURM starts it, with the number of the task in its environment."""
    script = tmp_path / "reports.sh"
    script.write_text(block("SLURM_ARRAY_TASK_ID"))
    code, calls = shell("sh", str(script), SLURM_ARRAY_TASK_ID=task, CX_PROJECT=str(tmp_path))
    assert (code, calls) == (0, [f"run demo {report} --jobs 1 --quiet"])


def test_the_probe_says_busy(tmp_path):
    """On a file system whose locks hold, the second taker is told."""
    first, second = (
        block("flock -n").replace("/srv/cx/reports", str(tmp_path)).replace("sleep 30", "sleep 1").splitlines()
    )
    script = f"{first}\nsleep 0.3\n{second}\nwait"
    said = subprocess.run(["sh", "-c", script], capture_output=True, text=True)
    assert said.stdout == "busy\n"


def test_the_matrix_fits_githubs_schema():
    """The job is one that a workflow may hold."""
    schema = json.loads((files("check_jsonschema") / "builtin_schemas/vendor/github-workflows.json").read_text())
    content = {"on": "workflow_dispatch", **yaml.safe_load(block("matrix:"))}
    assert [fault.message for fault in Draft7Validator(schema).iter_errors(content)] == []


@pytest.mark.engine
def test_two_commands_share_a_suite(project):
    """The real command, twice at once on a folder of reports: each report is good, the front page names both."""
    for report in ("churn", "clv"):
        project.notebook(report, "1")
    project.suite("languages: [en]\nreports: {churn: , clv: }")
    runs = [
        subprocess.Popen([sys.executable, "-m", "cxlib", "run", "demo", report, "--quiet"], stdout=subprocess.PIPE)
        for report in ("churn", "clv")
    ]
    assert [run.wait(timeout=120) for run in runs] == [0, 0]
    page = (project.site / "index.en.html").read_text()
    assert "2 reports, all up to date" in page
    for run in runs:
        run.stdout.close()
