"""The notebook's own cell is the schema: names, types, defaults, and nothing that is not in it."""

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat import v4

from cxlib.errors import ConfigurationError, ParameterError
from cxlib.runs.planning.parameters import Parameter, check_parameters, parse_assignments, read_schema

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
