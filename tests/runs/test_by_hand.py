"""Run all is the page: a notebook by hand, by plain papermill and by `cx run` says the same."""

import json
import re
import shutil
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import papermill
import pytest
from nbclient import NotebookClient

from cxlib import report
from cxlib.errors import ParameterError
from cxlib.parameters import settle
from cxlib.publish import render_page
from cxlib.runs.archive.record import gather_metrics
from cxlib.runs.planning.plan import plan_suite

ROOT = Path(__file__).parents[2]
FOUND = ["recommend", "loyalty", "voice", "playbook"]
STUDIES = {"journey": "way", "scorecard": "card"} | dict.fromkeys(FOUND, "found")  # what each calls its study
DEMO = ["segmentation", "clv", "churn", "nps_drivers", "journey", "scorecard", *FOUND]
REPORTS = [(name, "demo") for name in DEMO] + [(name, "telco") for name in ("churn", "scorecard")]
PRICED = {
    "churn": "study.with_rules(replace(study.rules, contact_cost_cents=800), limits=churn.CallLimits(most_calls=200))",
    "clv": "study.with_rules(replace(study.rules, margin=0.3, annual_discount_rate=0.05))",
    "segmentation": "study.with_rules(rules)",
    "playbook": "playbook.make_plan(found.known, replace(found.question, margin=0.3, budget=5000))",
}
TIMED = """import time
from dataclasses import fields, replace
if "study" in vars() and "draws" in {{field.name for field in fields(study)}}:
    study = replace(study, draws=200)
began = time.process_time()
other = {}
print(time.process_time() - began)"""
# A cell: the study prints in ten lines, and no public frame has cents
LOOK = f"import runpy; runpy.run_path({str(ROOT / 'tests' / 'conftest.py')!r})['look_at']({{}})"


GUIDE = (ROOT / "docs" / "using.md").read_text(encoding="utf-8").partition("\n## In JupyterLab\n")[2]
BLOCKS = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture(scope="module")
def project(copy_project, tmp_path_factory):
    """A copy of the project with a small company and few resamples."""
    return copy_project(tmp_path_factory.mktemp("project"), customers=2_000)


@pytest.fixture
def notebook(project, monkeypatch):
    """The churn notebook of the project, whose folder is where one works; afterwards it is as it was."""
    path = project / "notebooks" / "churn.ipynb"
    before = path.read_text(encoding="utf-8")
    monkeypatch.chdir(path.parent)
    yield path
    path.write_text(before, encoding="utf-8")


def parameters_cell(path):
    """The source of the parameters cell."""
    cells = nbformat.read(path, as_version=4).cells
    return next(cell.source for cell in cells if "parameters" in cell.metadata.get("tags", []))


def by_hand(path, *cells):
    """What the notebook's names are after its parameters cell and further cells have run, and `settle`."""
    names = {"In": ["", *cells]}
    for cell in cells:
        exec(cell, names)
    settle("churn", names)
    return names


def test_the_file_sets_what_nobody_has_set(notebook, capsys):
    """Run all takes the file's values, and the one line names them."""
    names = by_hand(notebook, parameters_cell(notebook))
    assert (names["margin"], names["contact_cost"], names["draws"], names["horizon_days"]) == (0.35, 5, 20, 0)
    line = capsys.readouterr().out
    assert line.startswith("params/demo/churn.yaml sets attributes = ['region'")
    assert line.endswith("draws = 20; yours: none\n")
    assert line.count("\n") == 1


@pytest.mark.parametrize(
    "cells",
    [
        lambda cell: [cell.replace("margin: float | None = None", "margin: float | None = 0.2")],
        lambda cell: [cell, "margin = 0.2"],
        lambda cell: [cell, "# Parameters\nmargin = 0.2\n"],
        lambda cell: [cell, "margin = 0.3", cell, "margin = 0.1 + 0.1"],
    ],
    ids=["in the cell", "below it", "injected", "run anew"],
)
def test_what_was_set_by_hand_or_injected_wins(notebook, capsys, cells):
    """However it was set, it stays, and the line calls it yours."""
    names = by_hand(notebook, *cells(parameters_cell(notebook)))
    assert names["margin"] == 0.2
    assert names["contact_cost"] == 5
    assert capsys.readouterr().out.endswith("yours: margin = 0.2\n")


def test_a_default_can_be_chosen_against_the_file(notebook, capsys):
    """Injecting the notebook's own default, or setting it below the cell, is a choice too."""
    names = by_hand(notebook, parameters_cell(notebook), "margin = None")
    assert names["margin"] is None
    assert capsys.readouterr().out.endswith("yours: margin = None\n")


def test_what_is_changed_in_the_saved_cell_wins_in_a_run_too(notebook, project):
    """A cell that was changed and saved means the same to `cx run`; what it leaves alone is the file's."""
    text = notebook.read_text(encoding="utf-8").replace("margin: float | None = None", "margin: float | None = 0.2")
    notebook.write_text(text, encoding="utf-8")
    [plan] = plan_suite(project / "params" / "demo", ["churn"])
    assert (plan.parameters["margin"], plan.parameters["contact_cost"]) == (0.2, 5)
    assert by_hand(notebook, parameters_cell(notebook))["margin"] == 0.2


def test_another_workspace_brings_its_own_file(notebook, capsys):
    """Changing the workspace alone gives that workspace's report."""
    names = by_hand(notebook, parameters_cell(notebook), 'workspace = "params/telco"')
    assert names["margin"] == 0.5
    assert "params/telco/churn.yaml sets" in capsys.readouterr().out


def test_a_fault_of_the_file_is_named(notebook, project):
    """By hand, the file is read as strictly as in a run."""
    path = project / "params" / "demo" / "churn.yaml"
    before = path.read_text(encoding="utf-8")
    path.write_text("margn: 0.3\n", encoding="utf-8")
    with pytest.raises(ParameterError, match=r"demo/churn\.yaml: there is no parameter 'margn'\. Did you mean"):
        by_hand(notebook, parameters_cell(notebook))
    path.write_text(before, encoding="utf-8")


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("contact_cots = 3", "a cell sets 'contact_cots': there is no such parameter. Did you mean 'contact_cost'?"),
        ("# Parameters\ncost_per_cal = 3\n", "a cell sets 'cost_per_cal': there is no such parameter. "),
    ],
)
def test_a_misspelt_parameter_is_refused(notebook, cell, said):
    """What is set by hand under nearly a parameter's name, or injected under any other, would change nothing."""
    with pytest.raises(ParameterError, match=re.escape(said)):
        by_hand(notebook, parameters_cell(notebook), cell)


@pytest.mark.parametrize("name", ["attributes", "margin", "kind", "reasons", "draws", "use_measured"])
@pytest.mark.parametrize("value", [
    pd.Series([1, 2, 3]), pd.Series(["region"]), pd.DataFrame({"a": range(50)}), pd.Index(["region"]),
    np.array([1, 5, 2]), np.array(["region"]), pd.NA, pd.NaT, [np.array([1, 2])], object(), {1: 2}, (1, 5, 2),
], ids=lambda value: type(value).__name__)  # fmt: skip
def test_what_is_no_parameter_takes_three_lines(notebook, name, value):
    """Whatever pandas or numpy make, set in a cell or injected, is refused in words and not by its `==`."""
    cell = parameters_cell(notebook)
    for cells in ([cell, f"{name} = given"], []):
        names = {"workspace": "params/demo", name: value, "In": ["", *cells]}
        with pytest.raises(ParameterError, match=f"^the parameters cell .* parameter '{name}' is ") as error:
            settle("churn", names)
        assert len(str(error.value).splitlines()) <= 3


def test_numbers_of_numpy_become_pythons_own(notebook):
    """What means the same is taken, and no function further down sees 30.0 for 30; a line taken out has its default."""
    given = {"horizon_days": np.int64(30), "draws": 20.0, "margin": np.float64(0.2), "use_measured": np.bool_(False),
             "attributes": [np.str_("region")], "payments_per_year": {"annual": np.int32(1)}}  # fmt: skip
    names = {"workspace": "params/demo", **given}
    settle("churn", names)
    taken = {name: names[name] for name in given}
    assert repr(taken) == repr({"horizon_days": 30, "draws": 20, "margin": 0.2, "use_measured": False,
                                "attributes": ["region"], "payments_per_year": {"annual": 1}})  # fmt: skip
    assert names["seed"] == 7


def test_what_is_ones_own_is_said(notebook, capsys):
    """A variable of one's own may have any other name, and the line says that it is no parameter."""
    cells = [parameters_cell(notebook), "cost_per_cal = 3\nmargins = [margin]"]
    assert by_hand(notebook, *cells)["margin"] == 0.35
    assert capsys.readouterr().out.endswith("; yours: none; no parameters: cost_per_cal\n")


def test_results_of_other_reports_are_taken_as_published(notebook, project, capsys, monkeypatch):
    """What the suite says that the scorecard uses is taken from the last good runs, and the line says so."""
    latest = project / "reports" / "demo" / "clv" / "latest"
    latest.mkdir(parents=True)
    for file in ("run.json", "metrics.json"):
        (latest / file).write_text('{"report": "clv"}', encoding="utf-8")
    monkeypatch.setenv("CXLIB_BUILT_ON", "{}")
    settle("scorecard", {"workspace": "params/demo"})
    assert capsys.readouterr().out.endswith("; results of clv are those published last\n")
    assert report.published() == {"clv": {"report": "clv"}}
    settle("churn", {"workspace": "params/demo"})
    assert report.published() == {}
    shutil.rmtree(project / "reports")


@pytest.mark.slow
@pytest.mark.engine
def test_run_all_is_the_page(telco_run):
    """Each report of the demo has the metrics of `cx run` as JupyterLab runs it, by plain papermill those of telco.

    By hand other costs, limits and rules take a second of CPU at most, with all resamples: nothing is fitted again.
    """
    project = telco_run
    for name, workspace in REPORTS:
        latest = project / "reports" / workspace / name / "latest"
        published = json.loads((latest / "metrics.json").read_text(encoding="utf-8"))["metrics"]
        assert published, name
        path, out = project / "notebooks" / f"{name}.ipynb", project / "out.ipynb"
        if workspace == "telco":  # what is injected is set before the cells, which then run as they do by hand
            papermill.execute_notebook(path, out, {"workspace": "params/telco"}, cwd=path.parent, progress_bar=False)
            notebook = nbformat.read(out, as_version=4)
        else:
            notebook = nbformat.read(path, as_version=4)
            own = [LOOK.format(STUDIES.get(name, "study")), *([TIMED.format(PRICED[name])] if name in PRICED else [])]
            notebook.cells += map(nbformat.v4.new_code_cell, own)
            NotebookClient(notebook, resources={"metadata": {"path": path.parent}}).execute()
        assert gather_metrics(notebook) == published, (name, workspace)
        assert not [out for cell in notebook.cells for out in cell.get("outputs", ()) if out.get("name") == "stderr"], (
            name
        )
        if workspace == "demo" and name in PRICED:
            assert float(notebook.cells[-1].outputs[0].text) <= 1, name


@pytest.mark.slow
@pytest.mark.engine
def test_the_guide_can_be_followed(project):
    """Its cells run below those of the churn notebook, and its chart is on the page in both languages."""
    sources = project / "params" / "demo" / "sources.yaml"
    larger = sources.read_text(encoding="utf-8").replace("customers: 2000", "customers: 5000")
    sources.write_text(larger, encoding="utf-8")  # enough to say whom to call
    path = project / "notebooks" / "churn.ipynb"
    notebook = nbformat.read(path, as_version=4)
    last = next(n for n, cell in enumerate(notebook.cells) if "study_churn(" in cell.source)
    first = notebook.cells[: last + 1]
    notebook.cells = [*first, *map(nbformat.v4.new_code_cell, BLOCKS)]
    NotebookClient(notebook, resources={"metadata": {"path": path.parent}}).execute()
    shown = [str(cell.outputs) for cell in notebook.cells[last + 1 :]]
    assert "expected gain (SAR)" in shown[0]
    assert shown[1].count("Jeddah") == 0  # the columns asked for
    assert all("application/vnd" in text or "image/png" in text for text in shown[-2:])
    notebook.cells = notebook.cells[: last + 1] + notebook.cells[-1:]
    for language, words in (("en", "customers"), ("ar", "Mean risk of each tenth")):
        page = render_page(notebook, language=language)
        assert words in page
        assert "fig-own-tenths" in page
