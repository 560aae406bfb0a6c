"""A plan holds exactly what will run, and a wrong one is refused as a whole."""

import copy
import json

import nbformat
import pytest

from cxlib.disk import hash_package
from cxlib.errors import ConfigurationError, ParameterError
from cxlib.parameters import Domain
from cxlib.runs.planning.plan import hash_notebook, plan_suite

CELL = 'workspace = "params/demo"  # str\nhorizon_days = 90  # int'


@pytest.fixture
def shop(project):
    """Two reports, of which one knows horizon_days."""
    project.notebook("churn", "horizon_days", parameters=CELL)
    project.notebook("scorecard", "1")
    project.suite("languages: [en]\nreports: {churn: {timeout_minutes: 2}, scorecard: }")
    return project


def test_file_then_command_line_decide(shop):
    """The command line wins over the file, the file over the notebook; all of it stands in the plan."""
    shop.parameters("churn", "horizon_days: 30")
    churn, scorecard = plan_suite(shop.workspace)
    assert churn.parameters == {"workspace": "params/demo", "horizon_days": 30}
    assert churn.settings.timeout_minutes == 2
    assert scorecard.injected == {"workspace": "params/demo"}
    churn, scorecard = plan_suite(shop.workspace, parameters=["horizon_days=7"])
    assert churn.injected["horizon_days"] == 7
    assert "horizon_days" not in scorecard.parameters


def test_parameters_are_set_in_the_order_of_the_file(shop):
    """The cell that a page shows is the same from run to run: no order of a set, which changes with each process."""
    names = [f"share_{letter}" for letter in "qwertyuiop"]
    cell = "\n".join(["workspace = 'params/demo'  # str", *(f"{name} = 0.5  # float" for name in names)])
    shop.notebook("churn", "1", parameters=cell)
    shop.parameters("churn", "\n".join(f"{name}: 0.25" for name in reversed(names)))
    assert list(plan_suite(shop.workspace, ["churn"])[0].injected) == [*reversed(names), "workspace"]


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        (["horizon=7"], "Did you mean 'horizon_days'"),
        (["horizon_days=soon"], "expected a whole number"),
        (["workspace=params/other"], "the run sets this parameter"),
        ({"horizon_days": "soon"}, "expected a whole number"),
    ],
)
def test_a_wrong_parameter_stops_everything(shop, parameters, words):
    """Nothing runs when any of the chosen reports is given something that it cannot take."""
    with pytest.raises(ParameterError, match=words):
        plan_suite(shop.workspace, parameters=parameters)


def test_a_parameter_file_for_another_workspace_is_refused(shop):
    """A copied file that still names its old workspace would report on the wrong company."""
    shop.parameters("churn", "workspace: params/other")
    with pytest.raises(ParameterError, match="the file lies in params/demo"):
        plan_suite(shop.workspace)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda shop: (shop.root / "notebooks/churn.ipynb").unlink(), "There is no notebook notebooks/churn.ipynb"),
        (lambda shop: (shop.root / "notebooks/churn.ipynb").write_text("{"), "this is not a notebook"),
        (lambda shop: shop.notebook("churn", parameters="a = 1"), "has no 'workspace'"),
    ],
)
def test_a_broken_notebook_is_refused(shop, spoil, words):
    """Missing, ill-formed or without a workspace: the notebook is named, with the remedy."""
    spoil(shop)
    with pytest.raises(ConfigurationError, match=words):
        plan_suite(shop.workspace)


def test_an_unknown_report_brings_the_nearest(shop):
    """A typing mistake is answered with the name that was probably meant."""
    with pytest.raises(ConfigurationError, match="Did you mean 'churn'"):
        plan_suite(shop.workspace, ["chrn"])


@pytest.mark.parametrize(("changed", "asked"), [({}, []), ({"cxlib": "0"}, [[1, 5]]), ({"notebook": "0"}, [[1, 5]])])
def test_what_the_last_good_run_took_is_not_asked_again(shop, monkeypatch, changed, asked):
    """Its packages would be imported for nothing; another cxlib, notebook or value is asked again."""
    shop.notebook("churn", "1", parameters=f"{CELL}\nscale = [1, 7]  # list: (as cxlib.measures.Scale) least, most")
    shop.parameters("churn", "scale: [1, 5]")
    calls = []
    monkeypatch.setattr(Domain, "_check_call", lambda _, value: calls.append(value))
    (plan,) = plan_suite(shop.workspace, ["churn"])
    assert calls == [[1, 5]]
    hashes = {"cxlib": hash_package(), "notebook": hash_notebook(plan.notebook), **changed}
    latest = shop.site / "churn" / "latest"
    latest.mkdir(parents=True)
    (latest / "run.json").write_text(json.dumps({"sha256": hashes, "parameters": plan.parameters}))
    calls.clear()
    plan_suite(shop.workspace, ["churn"])
    assert calls == asked
    shop.parameters("churn", "scale: [1, 6]")
    plan_suite(shop.workspace, ["churn"])
    assert calls == [*asked, [1, 6]]


def test_cells_to_go_on_from_are_no_part_of_a_run(shop):
    """What the engine gets of the plan's notebook, as nbformat's own, is without them, and as it will be executed."""
    path = shop.notebook("churn", "horizon_days", "1 / 0", parameters=CELL)
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[-1].metadata["tags"] = ["go-on", "remove-cell"]
    nbformat.write(notebook, path)
    (plan,) = plan_suite(shop.workspace, ["churn"])
    assert "1 / 0" not in [cell.source for cell in nbformat.from_dict(plan.notebook).cells]


def ways_into(node, at=()):
    """The way to every node of a JSON document."""
    yield at
    for key in node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
        yield from ways_into(node[key], (*at, key))


def test_any_node_of_a_notebook_may_be_anything(shop):
    """Something else, or nothing, at each place of a notebook's JSON: it runs as planned or the words name the file."""
    path = shop.notebook("churn", "horizon_days", parameters=CELL)
    whole = json.loads(path.read_text(encoding="utf-8"))
    said, planned = [], 0
    for at in list(ways_into(whole))[1:]:
        for value in (None, 3, "x", [], {}, [3], {"a": 3}, [["a"]], Ellipsis):
            node = bad = copy.deepcopy(whole)
            for key in at[:-1]:
                node = node[key]
            if value is Ellipsis:
                del node[at[-1]]
            else:
                node[at[-1]] = value
            path.write_text(json.dumps(bad), encoding="utf-8")
            try:
                planned += len(plan_suite(shop.workspace, ["churn"]))
            except ConfigurationError as error:
                said.append(str(error))
    assert planned > 50 < len(said)
    assert [
        words for words in said if not words.startswith(("notebooks/churn.ipynb", "params/")) or len(words) > 600
    ] == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"cells": [\n<<<<<<< HEAD\n', "It holds marks of a merge: choose one side."),
        ("", "this is not a notebook"),
        ("\x00" * 99, "this is not a notebook"),
        ('{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": []}', "no code cell is tagged"),
    ],
)
def test_a_file_that_is_no_notebook_is_named(shop, content, words):
    """Conflicts of a merge, an empty file, zeros and an old form without cells."""
    path = shop.notebook("churn", "horizon_days", parameters=CELL)
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=f"^notebooks/churn.ipynb: .*{words}"):
        plan_suite(shop.workspace, ["churn"])


def test_tags_that_are_no_words_and_ids_that_repeat(shop):
    """The cell is named; ids that stand twice are made anew, as two cells of a page cannot share one."""
    path = shop.notebook("churn", "horizon_days", "1", parameters=CELL)
    whole = json.loads(path.read_text(encoding="utf-8"))
    for cell in whole["cells"]:
        cell["id"] = "same"
    path.write_text(json.dumps(whole), encoding="utf-8")
    cells = plan_suite(shop.workspace, ["churn"])[0].notebook.cells
    assert len({cell.id for cell in cells}) == len(cells)
    whole["cells"][-1]["metadata"]["tags"] = 3
    path.write_text(json.dumps(whole), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=rf"cell {len(cells)}: tags is 3; write a list of words"):
        plan_suite(shop.workspace, ["churn"])
