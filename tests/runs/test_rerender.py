"""Pages are made anew from what a run kept: numbers stay, readers' folders are not touched, and nothing runs."""

import json
import zipfile

import nbformat
import pytest
from nbformat import v4

from cxlib.errors import ConfigurationError
from cxlib.publish import exporter
from cxlib.runs.archive.standing import Standing
from cxlib.runs.archive.store import ReportStore, hold_lock
from cxlib.runs.planning.suite import load_suite
from cxlib.runs.upkeep import past_runs, rerender

NPS = {"name": "nps", "label": {"en": "NPS"}, "value": 31, "low": 28, "high": 34, "unit": "points"}


@pytest.fixture
def shop(project, past_run):
    """A report with two good runs on different data, whose notebook and export are kept."""
    project.notebook("churn")
    project.suite("languages: [en, ar]\nreports: {churn: , clv: }")
    for day, value in (("monday", 40), ("tuesday", 31)):
        record = past_run("churn", metrics=[NPS | {"value": value}], data=day)
        folder = project.site / "churn" / "runs" / record.run
        nbformat.write(v4.new_notebook(cells=[v4.new_markdown_cell("# Who leaves?")]), folder / "notebook.ipynb")
        (folder / "report.en.html").write_text("old page")
        (folder / "exports").mkdir()
        (folder / "exports" / "list.csv").write_text("a,b\n")
        (folder / "run.log").write_text("log\n")
    return project


def folders(shop):
    """Every file of every run, by its path."""
    return {path: path.read_bytes() for path in sorted((shop.site / "churn" / "runs").rglob("*")) if path.is_file()}


def test_pages_are_made_anew_and_numbers_stay(shop):
    """A new folder takes the place of the last run's; that one stays as it was, and metrics.json is the same."""
    before, old = folders(shop), (shop.site / "churn" / "latest").resolve()
    result = rerender("demo")
    assert [(made.name, made.fault) for made in result.renderings] == [("churn", "")]
    assert result.exit_code == 0
    new = (shop.site / "churn" / "latest").resolve()
    assert (new.name, new.parent) == (f"{old.name}-2", old.parent)
    assert before.items() <= folders(shop).items()
    for name in ("metrics.json", "notebook.ipynb", "run.log", "exports/list.csv"):
        assert (new / name).read_bytes() == (old / name).read_bytes()
    assert "Who leaves?" in (new / "report.en.html").read_text()
    assert 'dir="rtl"' in (new / "report.ar.html").read_text()
    with zipfile.ZipFile(new / "report.zip") as package:  # of the new pages
        assert package.namelist() == ["report.en.html", "report.ar.html"]
    assert "churn/latest/report.zip" in (shop.site / "index.en.html").read_text()


def test_the_record_says_when_and_from_what(shop):
    """Everything but the pages is the old run's, the second time too."""
    old = json.loads((shop.site / "churn" / "latest" / "run.json").read_text())
    rerender("demo", ["churn"])
    rerender("demo", ["churn"])
    new = json.loads((shop.site / "churn" / "latest" / "run.json").read_text())
    assert (new["run"], new["rendered_from"]) == (f"{old['run']}-3", old["run"])
    assert new["rendered_at"] > old["finished"]
    changed = {"run", "rendered_at", "rendered_from", "languages"}
    assert {name: new[name] for name in new.keys() - changed} == {name: old[name] for name in old.keys() - changed}
    page = (shop.site / "churn" / "latest" / "report.en.html").read_text()
    assert "Page made anew" in page


def test_the_front_page_compares_and_counts_as_before(shop):
    """The run that the pages were made from is neither compared with nor listed a second time."""
    rerender("demo")
    (variant, _) = load_suite(shop.workspace).variants()
    standing = Standing.of(variant, shop.site)
    assert [metric["value"] for metric in standing.previous] == [40]
    assert len(standing.past) == 2
    assert len(past_runs(shop.root, "demo")) == 3


def test_a_page_that_cannot_be_made_stays(shop, monkeypatch):
    """A fault is said with its exit code, nothing half is left, and the last good page stays."""
    old, before = (shop.site / "churn" / "latest").resolve(), folders(shop)
    (old / "notebook.ipynb").write_text("{")
    before[old / "notebook.ipynb"] = b"{"
    result = rerender("demo")
    assert "cannot be read as a notebook" in result.renderings[0].fault
    assert result.exit_code == 1
    assert (shop.site / "churn" / "latest").resolve() == old
    assert folders(shop) == before
    assert not list(shop.site.rglob(".*.partial"))


def test_a_stop_half_way_leaves_the_last_good_page(shop, monkeypatch):
    """Ctrl-C between two languages: the old page, and nothing half."""
    old = (shop.site / "churn" / "latest").resolve()

    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(exporter, "render_page", stop)
    with pytest.raises(KeyboardInterrupt):
        rerender("demo")
    assert (shop.site / "churn" / "latest").resolve() == old
    assert len(ReportStore(shop.site / "churn").history()) == 2
    assert not list(shop.site.rglob(".*.partial"))


def test_a_report_that_runs_is_left_alone(shop):
    """Its lock is held: said, exit code 75."""
    with hold_lock(shop.site / "churn" / ".lock", name="churn"):
        result = rerender("demo")
    assert "under way" in result.renderings[0].fault
    assert result.exit_code == 75


def test_without_any_page_the_remedy_is_named(shop):
    """There is nothing to make pages of."""
    with pytest.raises(ConfigurationError, match="Run it first: cx run demo"):
        rerender("demo", ["clv"])
    with pytest.raises(ConfigurationError, match="Did you mean 'churn'"):
        rerender("demo", ["chrn"])
    assert not (shop.site / "clv").exists()
