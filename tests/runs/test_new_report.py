"""`cx new report NAME` writes a report that runs, is tested and reads in both languages as it is."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cxlib.errors import ConfigurationError
from cxlib.language import sentences, untranslated
from cxlib.runs.new_report import new_report
from cxlib.runs.planning.plan import plan_suite

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A copy of the project with a small company."""
    for name in ("notebooks", "params"):
        shutil.copytree(ROOT / name, tmp_path / name)
    path = tmp_path / "params" / "demo" / "sources.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("customers: 20000", "customers: 400"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_report_is_planned_and_translated(project):
    """Its parameter file is read, it stands in the suite, and no sentence of its own is left in English."""
    written = new_report(project / "params" / "demo", "still_buying")
    assert [path.name for path in written if not path.exists()] == []
    [plan] = plan_suite(project / "params" / "demo", ["still_buying"])
    assert plan.parameters == {"workspace": "params/demo", "active_days": 60}
    assert len(plan_suite(project / "params" / "demo")) == 11
    assert untranslated(sentences(written[0]), "ar") == []


@pytest.mark.parametrize("name", ["true", "null", "yes", "no", "on", "y", "class", "x_", "runs"])
def test_a_name_that_yaml_would_read_otherwise_is_one_too(project, name):
    """Such a word stands in quotes in the suite, which no command could read without them."""
    new_report(project / "params" / "demo", name)
    [plan] = plan_suite(project / "params" / "demo", [name])
    assert plan.name == name


@pytest.mark.parametrize(("workspace", "name", "why"), [
    ("demo", "Mine", "no name of a new report"), ("demo", "../mine", "no name of a new report"),
    ("demo", "index", "no name of a new report"), ("demo", "تقرير", "no name of a new report"),
    ("demo", "churn", "notebooks/churn.ipynb is there already"), ("telco", "mine", "has no table 'transactions'"),
])  # fmt: skip
def test_what_cannot_be_made_is_refused_and_nothing_written(project, workspace, name, why):
    """A name that is none or is taken, and a workspace without purchases."""
    before = sorted(project.rglob("*"))
    with pytest.raises(ConfigurationError, match=why):
        new_report(project / "params" / workspace, name)
    assert sorted(project.rglob("*")) == before


@pytest.mark.slow
@pytest.mark.engine
def test_the_new_report_runs_and_its_test_passes(project):
    """From the command to pages in two languages without another edit."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for command in (["cxlib", "new", "report", "still_buying"], ["cxlib", "run", "demo", "still_buying"],
                    ["pytest", "-q", "-p", "no:cacheprovider", "tests/test_still_buying.py"]):  # fmt: skip
        done = subprocess.run([sys.executable, "-m", *command], cwd=project, env=environment, capture_output=True)
        assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    latest = project / "reports" / "demo" / "still_buying" / "latest"
    assert "bought within the last" in (latest / "report.en.html").read_text(encoding="utf-8")
    assert "من العملاء اشتروا خلال آخر" in (latest / "report.ar.html").read_text(encoding="utf-8")
