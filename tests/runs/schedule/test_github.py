"""The workflow fits the schema that SchemaStore keeps of GitHub's, and its step runs."""

import json
import subprocess
from importlib.resources import files

import pytest
import yaml
from jsonschema import Draft7Validator

from cxlib.runs.schedule import schedule_files

SCHEMA = json.loads((files("check_jsonschema") / "builtin_schemas/vendor/github-workflows.json").read_text())


def workflow(timetable):
    """The workflow as YAML 1.2 reads it, where `on` is a word."""
    ((name, text),) = schedule_files(timetable, "github").items()
    content = yaml.safe_load(text)
    content["on"] = content.pop(True)  # YAML 1.1, which PyYAML speaks, takes it as true
    return name, content


def faults(content):
    """What the schema finds wrong."""
    return [fault.message for fault in Draft7Validator(SCHEMA).iter_errors(content)]


def test_the_workflow_fits_githubs_schema(timetable):
    """No fault, with one schedule and with several; a misspelt key would be one."""
    _, content = workflow(timetable({"churn": {}}))
    assert faults(content) == []
    _, content = workflow(timetable({"churn": {}, "clv": {"schedule": "@monthly"}}, project="/srv/a: 'b' # \"c\""))
    assert faults(content) == []
    content["on"]["schedule"][0]["timezon"] = "UTC"
    assert faults(content)


def test_every_schedule_starts_its_own_job(timetable):
    """GitHub tells the job which schedule began it; started by hand, all jobs run."""
    name, content = workflow(timetable({"churn": {}, "nps_drivers": {"schedule": "0 5 1 * *"}}))
    assert name == "cx-demo.yml"
    assert content["on"]["schedule"] == [
        {"cron": "30 6 * * 1-5", "timezone": "Asia/Riyadh"}, {"cron": "0 5 1 * *", "timezone": "Asia/Riyadh"},
    ]  # fmt: skip
    assert list(content["jobs"]) == ["churn", "nps-drivers"]
    assert content["jobs"]["nps-drivers"]["if"] == (
        "github.event_name != 'schedule' || github.event.schedule == '0 5 1 * *'"
    )


@pytest.mark.parametrize(("code", "passed"), [(0, 0), (75, 0), (1, 1), (4, 1)])
def test_another_run_under_way_is_no_failure(timetable, tmp_path, code, passed):
    """The step's own command, with a Python that ends with a code of ours: only 75 is forgiven."""
    fake = tmp_path / "py thon"
    fake.write_text(f"#!/bin/sh\nexit {code}\n")
    fake.chmod(0o755)
    _, content = workflow(timetable({"churn": {}}))
    command = content["jobs"]["reports"]["steps"][0]["run"]
    environment = {"PATH": "/usr/bin:/bin", "CX_PROJECT": str(tmp_path), "CX_PYTHON": str(fake)}
    ended = subprocess.run(["/bin/bash", "-e", "-c", command], env=environment)
    assert ended.returncode == passed
