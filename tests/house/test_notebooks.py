"""Notebooks are short, readable, stored without outputs, and compute nothing themselves."""

import ast
import importlib
import inspect
import re
from pathlib import Path

import nbformat
import pytest

from cxlib import parameters
from cxlib.data.tables import TABLES

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
ALLOWED_IMPORTS = {"cxlib", "pandas", "pathlib", "datetime"}
FORBIDDEN = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.While, ast.JoinedStr, ast.Lambda)


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def whole(request):
    """Each notebook of the suite, with the cells at its end that a run leaves out."""
    return nbformat.read(request.param, as_version=4)


@pytest.fixture
def notebook(whole):
    """The report: each notebook up to where a reader goes on."""
    return nbformat.from_dict({**whole, "cells": [cell for cell in whole.cells if "go-on" not in _tags(cell)]})


def _code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_there_are_notebooks():
    """The tests below look at something."""
    assert NOTEBOOKS


def test_stored_without_outputs(notebook):
    """No output and no execution count is stored."""
    nbformat.validate(notebook)
    assert not [cell for cell in _code(notebook) if cell.outputs or cell.execution_count]


def test_ends_where_a_reader_goes_on(whole):
    """The last four cells are a heading and three short ones that draw with seaborn; they are hidden from any page."""
    cells = [cell for cell in whole.cells if "go-on" in _tags(cell)]
    assert cells == whole.cells[-4:]
    assert cells[0].source.startswith("## Go on from here")
    assert all("sns." in cell.source and len(cell.source.splitlines()) <= 5 for cell in cells[1:])
    assert all("remove-cell" in _tags(cell) for cell in cells)


def test_code_fits_a_laptop(whole):
    """No line of a code cell is longer than 100 characters."""
    assert max(len(line) for cell in _code(whole) for line in cell.source.splitlines()) <= 100


def test_completion_offers_what_a_notebook_calls(whole):
    """Views offer the names that the notebook takes from them, not what they import; so does `parameters`."""
    code = "\n".join(cell.source for cell in _code(whole))
    [own] = re.findall(r"from cxlib\.report\.views import (\w+) as show", code)
    assert set(dir(importlib.import_module(f"cxlib.report.views.{own}"))) == set(re.findall(r"\bshow\.(\w+)", code))
    assert dir(parameters) == ["check_notebook", "settle"]


def test_what_a_notebook_calls_has_an_example(whole):
    """Shift and Tab on a call shows how it is used; the examples run as tests of their modules."""
    code = "\n".join(cell.source for cell in _code(whole))
    taken = re.findall(r"^from cxlib import (.+)", code, re.MULTILINE)
    rooms = "|".join(name for names in taken for name in names.split(", "))
    calls = re.findall(rf"\b({rooms})\.(\w+)\(", code)
    known = {f"{room}.{name}": getattr(importlib.import_module(f"cxlib.{room}"), name) for room, name in calls}
    assert len(known) > 3
    assert not [name for name, call in known.items() if ">>> " not in str(inspect.getdoc(call))]


def test_the_defaults_are_those_of_the_cell(whole):
    """The metadata hold the values of the parameters cell, so that a change by hand is seen."""
    [cell] = [cell for cell in _code(whole) if "parameters" in _tags(cell)]
    declared = {line.target.id: ast.literal_eval(line.value) for line in ast.parse(cell.source).body}
    assert whole.metadata["cxlib"]["defaults"] == declared


def test_at_least_half_is_prose(notebook):
    """At most 40 cells, at least half of them Markdown."""
    assert len(notebook.cells) <= 40
    assert sum(cell.cell_type == "markdown" for cell in notebook.cells) * 2 >= len(notebook.cells)


def test_code_cells_are_short(notebook):
    """At most ten lines in a code cell, most of them at most five."""
    lengths = [len(cell.source.splitlines()) for cell in _code(notebook) if "parameters" not in _tags(cell)]
    assert max(lengths) <= 10
    assert sorted(lengths)[len(lengths) // 2] <= 5


def test_code_cells_only_name_and_call(notebook):
    """No function, class, loop, lambda or f-string: those belong in cxlib, under test."""
    for cell in _code(notebook):
        found = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, FORBIDDEN)]
        assert not found, cell.source


def test_imports_are_ours(notebook):
    """A notebook imports from cxlib, and pandas where a reader wants to play."""
    for cell in _code(notebook):
        for node in ast.walk(ast.parse(cell.source)):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert {name.split(".")[0] for name in names} <= ALLOWED_IMPORTS


def test_parameters_are_typed_and_explained(notebook):
    """One cell is tagged `parameters`; each parameter has a type and a comment."""
    tagged = [cell for cell in _code(notebook) if "parameters" in _tags(cell)]
    assert len(tagged) == 1
    for line in tagged[0].source.splitlines():
        assert isinstance(ast.parse(line).body[0], ast.AnnAssign), line
        assert line.partition("#")[2].strip(), line


def test_opens_with_the_question(notebook):
    """The first cell is the question as a title."""
    first = notebook.cells[0]
    assert first.cell_type == "markdown"
    assert first.source.startswith("# ")
    assert first.source.splitlines()[0].endswith("?")


def test_prose_holds_no_numbers(notebook):
    """Markdown never quotes a result; digits stand only in code spans and section numbers of methods."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and "method" not in _tags(cell):
            assert not any(character.isdigit() for character in cell.source), cell.source


def _tags(cell):
    return cell.metadata.get("tags", [])


def test_says_which_tables_it_needs(notebook):
    """A workspace without a suite runs a notebook only where it has these."""
    needs = notebook.metadata["cxlib"]["needs"]
    assert needs
    for name in (name for need in needs for name in need.split(" or ")):
        table, _, column = name.partition(".")
        assert not column or TABLES[table].column(column), name
