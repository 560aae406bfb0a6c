"""A small project with one workspace, so that tests of runs need neither the demo company nor the real notebooks."""

import datetime as dt
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from cxlib.runs.archive.record import Hashes, RunRecord, Status, metrics_json
from cxlib.runs.archive.store import ReportStore, final_name

PARAMETERS = 'workspace = "params/demo"  # str: where the data is'

SOURCES = """
title: Corner shop
currency: GBP
time_zone: Europe/London
tables:
  transactions:
    path: transactions.csv
    columns: {transaction_id: id, customer_id: customer, at: day, amount: amount}
    dates: ["%Y-%m-%d"]
"""
ROWS = "id,customer,day,amount\n1,a,2026-01-05,10.00\n2,b,2026-01-06,4.50\n3,a,2026-02-01,-2.00\n"


class Project:
    """Writes notebooks, suites and parameter files below a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.workspace = root / "params" / "demo"
        self.site = root / "reports" / "demo"
        self.workspace.mkdir(parents=True)
        (root / "notebooks").mkdir()
        (self.workspace / "sources.yaml").write_text(SOURCES, encoding="utf-8")
        (self.workspace / "transactions.csv").write_text(ROWS, encoding="utf-8")

    def notebook(self, name: str, *cells: str, parameters: str = PARAMETERS) -> Path:
        """Write a notebook whose first cell is tagged 'parameters'."""
        notebook = v4.new_notebook()
        notebook.cells = [
            v4.new_markdown_cell("# How is the shop doing?"),
            v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}),
            *map(v4.new_code_cell, cells),
        ]
        path = self.root / "notebooks" / f"{name}.ipynb"
        nbformat.write(notebook, path)
        return path

    def suite(self, text: str) -> Path:
        """Write the workspace's suite."""
        path = self.workspace / "suite.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    def parameters(self, report: str, text: str) -> Path:
        """Write a report's parameter file."""
        path = self.workspace / f"{report}.yaml"
        path.write_text(text, encoding="utf-8")
        return path


@pytest.fixture
def project_at(monkeypatch):
    """Makes an empty project in a folder, which becomes the working directory."""

    def make(root: Path) -> Project:
        project = Project(root)
        monkeypatch.chdir(root)
        return project

    return make


@pytest.fixture
def project(tmp_path, project_at):
    """An empty project that is the working directory."""
    return project_at(tmp_path)


@pytest.fixture(scope="module")
def shared_project(tmp_path_factory):
    """One project for all tests of a module, for runs that are made once and looked at often."""
    return Project(tmp_path_factory.mktemp("shared"))


class PastRuns:
    """Writes runs as if they had happened, a minute after each other."""

    def __init__(self, site: Path) -> None:
        self.site = site
        self._started = dt.datetime(2026, 11, 20, 6, tzinfo=dt.UTC)

    def __call__(self, report, *, status=Status.OK, metrics=(), data="data", parameters=None) -> RunRecord:
        """Write one run; a good one is published."""
        self._started += dt.timedelta(minutes=1)
        store = ReportStore(self.site / report)
        private = store.begin(self._started, key="a" * 64)
        record = RunRecord(
            workspace="demo", report=report, run=final_name(private), status=status, started=self._started,
            finished=self._started + dt.timedelta(seconds=30), seconds=30, languages=("en",), key="a" * 64,
            parameters=parameters or {}, versions={"python": "3.11"},
            sha256=Hashes(inputs={"data.csv": data}, notebook="", cxlib="", parameters="", versions=""),
        )  # fmt: skip
        (private / "run.json").write_text(record.to_json())
        if status.good:
            content = metrics_json(list(metrics), workspace="demo", report=report, question={"en": "Who leaves?"},
                                   head={"answer": {"en": "Three in ten leave"}})  # fmt: skip
            (private / "metrics.json").write_text(content)
        store.finish(private, publish=status.good)
        return record


@pytest.fixture
def past_run(tmp_path):
    """Writes a past run below ``reports/demo``."""
    return PastRuns(tmp_path / "reports" / "demo")
