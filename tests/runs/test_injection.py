"""Nothing that a file, a command line or a matrix says becomes code, and what it says is what the notebook gets."""

import ast
import json
import keyword

import nbformat
import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from cxlib.errors import ConfigurationError
from cxlib.runs import run_suite
from cxlib.runs.planning.plan import plan_suite

CELL = 'workspace = "params/demo"  # str\nregion = "all"  # str\nanything = None  # any: whatever YAML can say'
NASTY = [
    "'", '"', "'''", '"""', "\\", "\\'", '\\"', "\\\\n", "a\nb", "a\r\nb", "\t", "#", "{x}", "%s", "$(id)",
    "`id`",
    '"; import os; os.abort(); "', "'''\nimport os\nos.abort()\n'''", '"""\nraise SystemExit\n"""', "\u2028", "\u2029",
    "\x1b[31m", "\u202etxet", "\u0627\u0644\u0631\u064a\u0627\u0636", "\U0001f600", "x" * 20_000,
    "\\u0041", "\\N{BULLET}",
    "\ufeff", "\x85", "no", "1e5", "12:30:45", "0123", "null", "~", "- a", "a: b", "__import__('os').abort()", " ", "",
]  # fmt: skip
NAMES = [
    "region\nimport os", "region; import os", "region=1", "region ", " region", "re gion", "region.x", "region[0]",
    "\uff52egion", "r\u0435gion", "region\u200b", "\ud800", "", "__import__('os')", "class", "None", "print(1)",
    "regi\0on",
    "region # x", "a" * 5000, "lambda: 0", "region:=1", "*region", "(region)", "region,anything",
]  # fmt: skip
TEXT = (
    st.sampled_from(NASTY)
    | st.text()
    | st.text(alphabet="'\"\\\n\r#{}ux0 ")
    | st.lists(st.sampled_from(NASTY)).map("".join)
)
BROKEN = TEXT | st.text(alphabet="a\ud800\udfff", min_size=1)
ANY = st.recursive(
    BROKEN | st.none() | st.booleans() | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(BROKEN, inner, max_size=3), max_leaves=6,
)  # fmt: skip
ROUTES = ["file", "caller", "matrix"]


def plan_with(project, route, given_parameters):
    """Plan a report with parameters that come from a file, a caller or a matrix."""
    in_file = given_parameters if route == "file" else {}
    suite = {"languages": ["en"], "reports": {"churn": {}}}
    if route == "matrix":
        suite["reports"]["churn"]["matrix"] = {name: [value] for name, value in given_parameters.items()}
    project.suite(yaml.safe_dump(suite, sort_keys=False))
    project.parameters("churn", yaml.safe_dump(in_file, sort_keys=False))
    (plan,) = plan_suite(project.workspace, parameters=given_parameters if route == "caller" else {})
    return plan


def injected(plan):
    """What papermill's own cell sets, read without running it; anything but plain assignments fails."""
    notebook = parameterize_notebook(load_notebook_node(nbformat.from_dict(plan.notebook)), plan.injected)
    (cell,) = (cell for cell in notebook.cells if "injected-parameters" in cell.metadata.get("tags", []))
    lines = ast.parse(cell.source).body
    assert all(isinstance(line, ast.Assign) and len(line.targets) == 1 for line in lines)
    return {line.targets[0].id: ast.literal_eval(line.value) for line in lines}


@pytest.fixture(scope="module")
def shop(shared_project):
    """A report with a text parameter and one of any type."""
    shared_project.notebook("churn", "region", parameters=CELL)
    return shared_project


SETTINGS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SETTINGS
@given(route=st.sampled_from(ROUTES), region=BROKEN, anything=ANY)
@example(route="file", region="'''\nimport os\n'''", anything={'"""': ["\\", {"\0": "x" * 100_000}]})
@example(route="matrix", region="..", anything=["../../x"])
def test_a_value_arrives_as_it_was_given_or_not_at_all(shop, route, region, anything):
    """Whatever the value: refused in plain words, or the injected cell holds exactly it and nothing else."""
    wanted = {"region": region, "anything": anything}
    try:
        plan = plan_with(shop, route, wanted)
    except ConfigurationError:
        return
    assert repr(sorted(injected(plan).items())) == repr(sorted({"workspace": "params/demo", **wanted}.items()))
    assert plan.path.count("/") == (route == "matrix")
    assert plan.path.isascii()


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("value", [text for text in NASTY if len(text) < 100], ids=ascii)
def test_text_that_looks_dangerous_is_text(shop, route, value):
    """Quotes, line breaks, YAML's surprises in quotes, and code are accepted and stay text."""
    assert injected(plan_with(shop, route, {"region": value}))["region"] == value


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_name_that_is_not_the_notebooks_is_refused(shop, route, name):
    """A name is one of the notebook's, letter for letter: no code, no line break, no letter that only looks alike."""
    with pytest.raises(ConfigurationError, match=r"\w"):
        plan_with(shop, route, {name: "x"})


@SETTINGS
@given(route=st.sampled_from(ROUTES), name=BROKEN | st.sampled_from(keyword.kwlist))
def test_no_other_name_gets_through(shop, route, name):
    """Whatever the name: the injected cell sets the notebook's own parameters only."""
    try:
        plan = plan_with(shop, route, {name: "x"})
    except ConfigurationError:
        return
    assert injected(plan).keys() <= {"workspace", "region", "anything"}


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("no", "means false"), ("off", "means false"), ("12:30:45", "means the number 45045"),
        ("0123", "means the number 83"),
        ("1_000", None), ("0x1F", None), ("+966501234567", None),
        ("5", "text in quotes"), ("~", "text in quotes"), (".inf", "text in quotes"),
        ("!!python/object/apply:os.abort []", "could not determine a constructor"), ("!!binary aGk=", "text in quotes"),
        ("2026-09-30", None), ("1e5", None), ("0o17", None), ("'no'", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("route", ["file", "matrix"])
def test_a_bare_word_is_what_it_looks_like_or_refused(shop, route, text, outcome):
    """Where YAML would make something else of text, a file and a matrix are refused with the remedy; nothing is run."""
    shop.suite(
        f"languages: [en]\nreports: {{churn: {{{f'matrix: {{region: [{text}]}}' if route == 'matrix' else ''}}}}}"
    )
    shop.parameters("churn", f"region: {text}" if route == "file" else "{}")
    if outcome is None:
        (plan,) = plan_suite(shop.workspace)
        assert injected(plan)["region"] == text.strip("'")
    else:
        with pytest.raises(ConfigurationError, match=outcome):
            plan_suite(shop.workspace)


def test_the_command_line_reads_text_as_it_stands(shop):
    """After the first equals sign everything is the value, whatever YAML would make of it."""
    shop.suite("languages: [en]\nreports: {churn: }")
    shop.parameters("churn", "{}")
    for text in NASTY:
        (plan,) = plan_suite(shop.workspace, parameters=[f"region={text}"])
        assert injected(plan)["region"] == text


@pytest.mark.engine
def test_a_kernel_gets_what_was_given(project):
    """One real run: every nasty text arrives in the kernel, letter for letter."""
    cell = CELL.replace("anything = None  # any", "anything = []  # list")
    write = 'import json, os\nfrom pathlib import Path\nPath(os.environ["CXLIB_RUN_DIR"], "got.json").write_text('
    project.notebook("churn", write + "json.dumps([region, anything]))", parameters=cell)
    project.suite("languages: [en]\nreports: {churn: }")
    region = "'''\"\"\"\\\nimport os\n#{x}\u2028"
    result = run_suite("demo", parameters={"region": region, "anything": NASTY})
    assert result.exit_code == 0, result.records[0].error
    got = json.loads((project.site / "churn" / "latest" / "got.json").read_text())
    assert got == [region, NASTY]
