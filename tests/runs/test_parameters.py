"""The notebook's own cell is the schema: names, types, defaults, and nothing that is not in it."""

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat import v4

from cxlib.errors import ConfigurationError, ParameterError
from cxlib.parameters import Parameter, check_parameters, read_schema
from cxlib.runs.planning.plan import parse_assignments

CELL = """
# what may be changed
workspace = "params/demo"  # str: where the data is
observation_end = ""  # date: last day, empty for the last in the data
horizon_days: int = 90  # how far ahead
level = 0.95  # share of intervals
plans = [
    "basic",
    "plus",
]  # list[str]: memberships
top = None  # int or None: at most this many
weights = {"a": 1}
verbose = False
"""


def notebook(source, tags=("parameters",)):
    """A notebook of one code cell."""
    nb = v4.new_notebook(metadata={"kernelspec": {"name": "python3", "language": "python", "display_name": "Python"}})
    nb.cells = [v4.new_code_cell(source, metadata={"tags": list(tags)})]
    return nb


SCHEMA = read_schema(notebook(CELL), name="demo.ipynb")


def test_the_cell_gives_names_types_defaults_and_comments():
    """Types come from the comment, the annotation or the default, in the order of the cell."""
    kinds = {name: (known.kind, known.default, known.optional) for name, known in SCHEMA.items()}
    assert kinds == {
        "workspace": ("str", "params/demo", False), "observation_end": ("date", "", False),
        "horizon_days": ("int", 90, False), "level": ("float", 0.95, False), "plans": ("list", ["basic", "plus"], 0),
        "top": ("int", None, True), "weights": ("dict", {"a": 1}, False), "verbose": ("bool", False, False),
    }  # fmt: skip
    assert SCHEMA["observation_end"].help == "last day, empty for the last in the data"
    assert SCHEMA["level"].help == "share of intervals"


@pytest.mark.parametrize(
    ("source", "kind", "default", "help_text"),
    [
        ('a = "x=y"', "str", "x=y", ""),
        ("a = 1  # int: b = 2", "int", 1, "b = 2"),
        ('a: str = "x # y"  # a sign: # is no comment here', "str", "x # y", "a sign: # is no comment here"),
        ("a = 0.5  # type: float", "float", 0.5, ""),
        ("a: int = 1  # type: of ticket", "int", 1, "type: of ticket"),
        ('a: "list" = [\n    1,\n]  # list: of numbers', "list", [1], "list: of numbers"),
        ("a: str | None = None  # nothing yet", "str", None, "nothing yet"),
        ("a = -1  # how many", "int", -1, "how many"),
    ],
)
def test_each_way_to_write_a_parameter(source, kind, default, help_text):
    """Annotation or type comment, over several lines, with signs that look like others."""
    (found,) = read_schema(notebook(source), name="n.ipynb").values()
    assert (found.kind, found.default, found.help) == (kind, default, help_text)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("a = print()", "not a plain value"),
        ("a = (1, 2)", "is a tuple"),
        ('a = "x"  # int: how many', "expected|whole number"),
        ("a = 1\nimport os", "lines of the form"),
        ("a, b = 1, 2", "lines of the form|cannot be read"),
        ("a = ", "not Python"),
    ],
)
def test_a_cell_that_cannot_be_checked_is_refused(source, words):
    """Code, and a default that contradicts its type, are refused."""
    with pytest.raises(ConfigurationError, match=words):
        read_schema(notebook(source), name="demo.ipynb")


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        ("date", "is date, at which the cell fails .*Write it in quotes"),
        ("Dat", "is Dat, at which the cell fails"),
        ("Optional[int]", "name 'Optional' is not defined"),
        ("any | None", "unsupported operand"),
        ("int[str]", "not subscriptable"),
        ("print('x')", "no name of a type"),
        ("dt.date", "no name of a type"),
    ],
)
def test_a_type_at_which_the_cell_would_fail_is_refused(annotation, words):
    """An annotation without quotes is code: a name that Python does not know there ends the run in its first cell."""
    with pytest.raises(ConfigurationError, match=words):
        read_schema(notebook(f"since: {annotation} = None"), name="demo.ipynb")


@pytest.mark.parametrize(
    "annotation", ["'date'", "list[str]", "int | None", "dict[str, int]", "any", "'Dat'", "tuple[int, ...]"]
)
def test_a_type_that_python_knows_or_does_not_look_at_passes(annotation):
    """Built-in types and text in quotes do not fail."""
    read_schema(notebook(f"since: {annotation} = None"), name="demo.ipynb")


def test_a_type_that_an_earlier_cell_imports_passes():
    """What is imported above the parameters is known there."""
    nb = notebook("since: date = None")
    nb.cells.insert(0, v4.new_code_cell("from datetime import date"))
    assert read_schema(nb, name="demo.ipynb")["since"].kind == "date"


def _with(*cells):
    nb = notebook("since = 1")
    nb.cells += cells
    return nb


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (v4.new_code_cell("since = 2", metadata={"tags": ["parameters"]}), "cells 1 and 2 are tagged 'parameters'"),
        (v4.new_markdown_cell("since", metadata={"tags": ["parameters"]}), "cells 1 and 2 are tagged 'parameters'"),
        (v4.new_code_cell("since = 2", metadata={"tags": ["injected-parameters"]}), "an earlier run left"),
        (v4.new_code_cell("x = 1\nsince = 2"), "'since' is set again"),
        (v4.new_code_cell("since: int = 2"), "'since' is set again"),
        (v4.new_code_cell("until = since = [1, 2]"), "'since' is set again"),
    ],
)
def test_what_would_undo_what_a_run_sets_is_refused(cell, words):
    """A second tagged cell, a cell that papermill left, a line that sets the value anew: run.json would tell a lie."""
    with pytest.raises(ConfigurationError, match=words):
        read_schema(_with(cell), name="demo.ipynb")


@pytest.mark.parametrize("source", ["since = int(since)", "since += 1", "%time\nsince = 2", "other = 2", "since == 2"])
def test_what_works_on_a_parameter_is_left_alone(source):
    """A value that is made of the parameter's own, and other names, undo nothing; a magic cannot be judged."""
    assert list(read_schema(_with(v4.new_code_cell(source)), name="demo.ipynb")) == ["since"]


def test_the_tag_on_prose_alone_is_refused():
    """Papermill would set the values below that cell, wherever it stands."""
    nb = _with()
    nb.cells[0] = v4.new_markdown_cell("since", metadata={"tags": ["parameters"]})
    with pytest.raises(ConfigurationError, match="no code cell is tagged"):
        read_schema(nb, name="demo.ipynb")


UNTYPED = read_schema(
    notebook("phone = None\nphones = []\nnames = []  # list[str]\nlimits = []  # list[float]\nmore = {}"),
    name="n.ipynb",
)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("phone", "+966501234567", "+966501234567"),
        ("phone", "0x1F", "0x1F"),
        ("phone", "1_000", "1_000"),
        ("phone", "-12", -12),
        ("phones", "[+966501234567, 0x1F, 1_000, 7]", ["+966501234567", "0x1F", "1_000", 7]),
        ("names", "[0501234567, no, 7, 12:30]", ["0501234567", "no", "7", "12:30"]),
        ("limits", "[1, +2.5, 1e3]", [1.0, 2.5, 1000.0]),
        ("more", "{a: +966501234567}", {"a": "+966501234567"}),
    ],
)
def test_text_stays_text(name, text, value):
    """On the command line a plus, a code and an underscore are kept, and a list of text makes no numbers."""
    accepted = check_parameters(UNTYPED, parse_assignments([f"{name}={text}"], UNTYPED), source="-p")[name]
    assert repr(accepted) == repr(value)


def test_items_of_another_type_are_refused():
    """A number in a list of text may have lost its zeros already, as it may alone."""
    with pytest.raises(ParameterError, match="expected a list such as \\[a, b\\], each text in quotes"):
        check_parameters(UNTYPED, {"names": ["a", 501234567]}, source="x")


def test_a_notebook_without_the_tag_is_refused():
    """Where no cell is tagged 'parameters' papermill only warns."""
    with pytest.raises(ConfigurationError, match="no code cell is tagged"):
        read_schema(notebook("a = 1", tags=()), name="demo.ipynb")


def test_every_fault_is_listed_with_the_nearest_name():
    """An operator mends a file once, not once for each fault."""
    with pytest.raises(ParameterError) as raised:
        check_parameters(SCHEMA, {"horizon_day": 30, "level": "high", "verbose": 1}, source="demo.yaml")
    lines = str(raised.value).splitlines()
    assert len(lines) == 3
    assert "Did you mean 'horizon_days'?" in lines[0]
    assert lines[1] == "demo.yaml: parameter 'level' is 'high'; expected a number."
    assert lines[2] == "demo.yaml: parameter 'verbose' is 1; expected true or false."


@pytest.mark.parametrize("name", ["__class__", "a; import os", "horizon_days = 1 #", "if", "", "\u0661", "level\n"])
def test_a_name_that_is_not_a_parameter_is_refused(name):
    """Names are written into code as they are by papermill, so only the notebook's own get through."""
    with pytest.raises(ParameterError, match="no parameter"):
        check_parameters(SCHEMA, {name: 1}, source="-p")


@given(st.dictionaries(st.text() | st.sampled_from(sorted(SCHEMA)), st.text() | st.integers() | st.none(), max_size=3))
def test_what_is_accepted_is_in_the_schema(given_values):
    """Any names and values: accepted ones carry a known name and fit its type, everything else is a ParameterError."""
    try:
        accepted = check_parameters(SCHEMA, given_values, source="x")
    except ParameterError:
        return
    assert accepted.keys() <= SCHEMA.keys()
    for name, value in accepted.items():
        assert value == SCHEMA[name].accept(value)


def test_none_and_the_default_are_accepted_where_they_stand():
    """None fits only a parameter that may be None; the empty default of a date stays a way to say 'the last day'."""
    values = {"top": None, "observation_end": ""}
    assert check_parameters(SCHEMA, values, source="x") == values
    with pytest.raises(ParameterError):
        check_parameters(SCHEMA, {"level": None}, source="x")


def test_assignments_are_read_by_type():
    """On the command line `no` is text for a text parameter and `null` is None where None may stand."""
    schema = {"plan": Parameter("plan", "str", ""), "top": Parameter("top", "int", None, optional=True)}
    assert parse_assignments(["plan=no=1", "top=null"], schema) == {"plan": "no=1", "top": None}
    with pytest.raises(ParameterError, match="name=value"):
        parse_assignments(["plan"], schema)


def test_reading_a_schema_leaves_the_notebook_alone():
    """The notebook that was checked is the one that runs."""
    nb = notebook(CELL)
    before = nbformat.writes(nb)
    read_schema(nb, name="demo.ipynb")
    assert nbformat.writes(nb) == before
