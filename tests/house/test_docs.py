"""Every command, option, notebook and parameter is documented."""

import re
from pathlib import Path

import nbformat
import pytest
import typer

from cxlib.cli import app
from cxlib.data.mapping import FUNCTIONS
from cxlib.data.sources import Sources, TableSource
from cxlib.data.tables import TABLES

ROOT = Path(__file__).parents[2]
USING = (ROOT / "docs" / "using.md").read_text(encoding="utf-8")
DATA = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
COMMANDS = typer.main.get_command(app).commands


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented(name):
    """Each verb stands in docs/using.md."""
    assert f"`cx {name}" in USING


@pytest.mark.parametrize("option", [p.opts[0] for p in COMMANDS["run"].params if p.param_type_name == "option"])
def test_every_option_of_run_is_documented(option):
    """Each option of `cx run` stands in docs/using.md."""
    assert f"`{option}" in USING


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_every_report_and_parameter_is_documented(path):
    """Each notebook has a page in docs/reports that names its parameters, and stands in the README."""
    page = (ROOT / "docs" / "reports" / f"{path.stem}.md").read_text(encoding="utf-8")
    notebook = nbformat.read(path, as_version=4)
    tagged = next(cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    for name in re.findall(r"^(\w+):", tagged.source, re.MULTILINE):
        assert f"| `{name}` |" in page
    assert f"docs/reports/{path.stem}.md" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*Sources.model_fields, *TableSource.model_fields])
def test_every_setting_of_sources_is_documented(name):
    """Each setting of sources.yaml stands in docs/data.md."""
    assert re.search(rf"\b{name}\b", DATA)


def test_the_functions_of_a_mapping_are_those_documented():
    """The table of functions in docs/data.md lists just those that an expression may use."""
    section = DATA.split("## Functions in a mapping")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ") and "| functions |" not in line]
    assert sorted(re.findall(r"`(\w+)`", "".join(rows))) == sorted(FUNCTIONS)


@pytest.mark.parametrize(
    ("table", "column"), [(table, column.name) for table in TABLES.values() for column in table.columns],
    ids=lambda value: getattr(value, "name", value),
)  # fmt: skip
def test_every_column_of_a_table_is_documented(table, column):
    """Each column of each canonical table stands in its line of docs/data.md."""
    line = next(line for line in DATA.splitlines() if line.startswith(f"| {table.name} |"))
    assert re.search(rf"\b{column}\b", line)


@pytest.mark.parametrize("path", sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md")), ids=str)
def test_links_between_documents_work(path):
    """Relative links of README and docs lead to files that exist."""
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        assert target.startswith("http") or (path.parent / target).exists(), target


RATE = re.compile(r"95 ?% (intervals|band)|\bof (them|100)\b|at most \d+")
COVERAGE = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")


STATISTICS = [path for room in ("churn", "clv", "drivers", "measures", "segments")
              for path in sorted((ROOT / "tests" / room).glob("test_*.py"))]  # fmt: skip


@pytest.mark.parametrize("path", STATISTICS, ids=lambda path: path.name)
def test_every_rate_that_a_slow_test_holds_has_its_row(path):
    """A slow test that says how often an interval holds or a claim is false is named in docs/coverage.md."""
    slow = re.findall(
        r'mark\.slow\n(?:@.*\n)*def \w+\(.*\):\n    """(.*?)"""', path.read_text(encoding="utf-8"), re.DOTALL
    )
    name = path.relative_to(ROOT).as_posix()
    assert name in COVERAGE or not any(map(RATE.search, slow)), name


def test_every_test_that_a_rate_rests_on_exists():
    """docs/coverage.md names no test that is not there."""
    assert [name for name in re.findall(r"`(tests/[\w/]+\.py)`", COVERAGE) if not (ROOT / name).exists()] == []
