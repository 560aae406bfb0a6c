"""A report runs after what it builds on; what is not good stops only what depends on it, and says so."""

import json

import pytest
from nbformat import v4

from cxlib.errors import ReportFailed, RunLocked
from cxlib.runs import run_suite
from cxlib.runs.archive import pages as pages_module
from cxlib.runs.archive.store import LOCK, ReportStore, hold_lock
from cxlib.runs.execution import engine as engine_module
from cxlib.runs.upkeep import list_reports, past_runs, prune_runs

CELL = 'workspace = "params/demo"  # str\nregion = "all"  # str'
SUITE = """
languages: [en, ar]
reports:
  first: {matrix: {region: [Riyadh, "\u062c\u062f\u0629"]}}
  second: {after: [first]}
  third: {after: [second]}
  alone:
"""


class Shop:
    """Runs a suite whose notebooks are taken as run; those in `bad` fail, `ran` tells who ran in which order."""

    def __init__(self, project):
        self.project = project
        self.bad = set()
        self.ran = []
        self.built_on = {}

    def execute(self, plan, room, *, environment):
        """Take a notebook as run."""
        self.built_on[plan.name] = json.loads(environment["CXLIB_BUILT_ON"])
        room.journal.notebook = plan.notebook
        self.ran.append(plan.name)
        (room.folder / "notebook.ipynb").write_text("{}")
        if {plan.name, plan.report} & self.bad:
            raise ReportFailed("it broke")
        return v4.new_notebook()

    def publish(self, folder, record, **_):
        """Write a page of each language."""
        for language in ("en", "ar"):
            (folder / f"report.{language}.html").write_text(record.run)

    def run(self, *reports, **options):
        """The status of each report by name."""
        self.ran.clear()
        self.records = {record.name: record for record in run_suite("demo", reports, **options).records}
        return {name: str(record.status) for name, record in self.records.items()}

    @property
    def jeddah(self):
        """The folder of the variant whose value is not in Latin letters."""
        (folder,) = set((self.project.site / "first").glob("region-*")) - {self.project.site / "first/region-riyadh"}
        return f"first/{folder.name}"


@pytest.fixture
def shop(project, monkeypatch):
    """Two variants, then a report after both, then one after that; and one on its own."""
    shop = Shop(project)
    for report in ("first", "second", "third", "alone"):
        project.notebook(report, "1", parameters=CELL)
    project.suite(SUITE)
    monkeypatch.setattr(engine_module, "execute", shop.execute)
    monkeypatch.setenv("CXLIB_WARM_KERNELS", "0")  # there is no kernel to wait for
    monkeypatch.setattr(pages_module, "write_report", shop.publish)
    monkeypatch.setattr(pages_module, "hash_package", lambda: "0" * 64)  # others may edit cxlib meanwhile
    monkeypatch.setattr("cxlib.runs.execution.run.hash_package", lambda: "0" * 64)
    return shop


JEDDAH = "first[region=\u062c\u062f\u0629]"
ALL = ["first[region=Riyadh]", JEDDAH, "second", "third", "alone"]


def test_everything_runs_after_what_it_builds_on(shop):
    """All variants, then what comes after them; the records come in the order of the suite."""
    assert shop.run(jobs=2) == dict.fromkeys(ALL, "ok")
    assert [name for name in shop.ran if name != "alone"][2:] == ["second", "third"]
    assert shop.run() == dict.fromkeys(ALL, "unchanged")


def test_a_failed_report_stops_only_what_depends_on_it(shop):
    """One bad variant: those that come after it are not run, say which report stopped them, and keep their pages."""
    shop.run()
    good = {name: (shop.project.site / name / "latest").readlink() for name in ("second", "third")}
    shop.bad = {JEDDAH}
    assert shop.run(force=True) == dict(zip(ALL, ["ok", "failed", "blocked", "blocked", "ok"], strict=True))
    assert f"{JEDDAH} failed" in shop.records["second"].error.message
    assert "second was not run either" in shop.records["third"].error.message
    assert shop.records["third"].exit_code == 1
    assert {name: (shop.project.site / name / "latest").readlink() for name in good} == good
    shop.bad = set()
    assert shop.run()["third"] == "unchanged"


def test_what_was_not_run_says_so_in_every_language(shop):
    """The page of a report that waited in vain, and the front page, say it in plain words."""
    shop.bad = {"first"}
    shop.run("first", "second")
    run = shop.project.site / "second" / "runs" / shop.records["second"].run
    assert "builds on another one that is not good" in (run / "failed.en.html").read_text()
    assert 'dir="rtl"' in (run / "failed.ar.html").read_text()
    assert json.loads((run / "run.json").read_text())["status"] == "blocked"
    front = (shop.project.site / "index.en.html").read_text()
    assert f"second/runs/{run.name}/failed.en.html" in front
    assert "not run" in front


def test_only_what_is_named_runs(shop):
    """A report that is named runs alone, on the last good runs of what it comes after; without those it does not."""
    assert shop.run("second") == {"second": "blocked"}
    assert f"first[region=Riyadh], {JEDDAH}, which has no good run yet" in shop.records["second"].error.message
    shop.run("first")
    assert (shop.run("second"), shop.ran) == ({"second": "ok"}, ["second"])
    shop.bad = {"first"}
    assert shop.run("first", "third", force=True)["third"] == "blocked"
    assert shop.run("second", force=True) == {"second": "ok"}


def test_what_only_uses_another_runs_without_it(shop):
    """Its order is kept; it runs when the other fails or never ran, and again when the other has something new."""
    shop.project.suite("""
languages: [en, ar]
reports:
  alone: {uses: [first]}
  first:
  second: {after: [alone]}
""")
    shop.bad = {"first"}
    assert shop.run(jobs=2) == {"alone": "ok", "first": "failed", "second": "ok"}
    assert shop.ran == ["first", "alone", "second"]
    assert shop.run("alone", "second") == {"alone": "unchanged", "second": "unchanged"}
    shop.bad = set()
    assert shop.run() == {"alone": "ok", "first": "ok", "second": "ok"}
    assert shop.built_on["alone"] == {"first": str((shop.project.site / "first" / "latest").resolve())}
    assert shop.built_on["first"] == {}


def test_a_changed_result_before_is_a_changed_report_after(shop):
    """The key holds the keys of what a report builds on, so nothing stays 'unchanged' on old results."""
    shop.run()
    shop.project.notebook("first", "2", parameters=CELL)
    assert shop.run() == dict(zip(ALL, ["ok", "ok", "ok", "ok", "unchanged"], strict=True))
    shop.project.notebook("first", "3", parameters=CELL)
    shop.run("first[region=Riyadh]")
    assert shop.run("second", "alone") == {"second": "ok", "alone": "unchanged"}
    assert shop.records["second"].sha256.after.keys() == {"first/region-riyadh", shop.jeddah}


def test_a_locked_report_leaves_the_others_alone(shop):
    """What another run is making, and what comes after it, is not touched; the rest runs; exit code 75."""
    shop.run()
    before = {path: path.stat().st_mtime_ns for path in (shop.project.site / "second").rglob("*")}
    with hold_lock(shop.project.site / "second" / LOCK, name="second"):
        assert shop.run(force=True) == dict(zip(ALL, ["ok", "ok", "locked", "locked", "ok"], strict=True))
        with pytest.raises(RunLocked, match="run of second is under way"):
            run_suite("demo", ["second"])
    assert {record.exit_code for record in shop.records.values()} == {0, 75}
    assert "comes after second" in shop.records["third"].error.message
    assert [run.status for run in ReportStore(shop.project.site / "third").history()] == ["ok"]
    after = {path: path.stat().st_mtime_ns for path in (shop.project.site / "second").rglob("*")}
    assert {path for path in after if before.get(path) != after[path]} <= {shop.project.site / "second" / LOCK}


def test_variants_have_folders_links_and_rows_of_their_own(shop):
    """Pages lead back up from the deeper folder; lists, history and prune know each variant."""
    for _ in range(3):
        shop.run(force=True)
    site = shop.project.site
    front = (site / "index.ar.html").read_text()
    assert 'href="first/region-riyadh/latest/report.ar.html"' in front
    assert "region: Riyadh" in front
    assert "region: \u062c\u062f\u0629" in front
    above = site / "first" / "index.en.html"
    assert 'href="../index.en.html"' in above.read_text()
    assert not (site / "first" / "region-riyadh" / "index.en.html").exists()
    assert [row.report for row in list_reports(shop.project.root)] == ALL
    assert {run.name for run in past_runs(shop.project.root, "demo", ["first"])} == set(ALL[:2])
    assert len(past_runs(shop.project.root, "demo", ["first[region=Riyadh]"])) == 3
    assert len(prune_runs(shop.project.root, "demo", ["first/region-riyadh"], keep=1)) == 2
    assert len(past_runs(shop.project.root, "demo", ["first"])) == 4


def test_a_variants_failure_page_leads_home(shop):
    """From runs/<run>/ below the matrix folder the front page is one step further up."""
    shop.bad = {"first"}
    shop.run("first[region=Riyadh]")
    run = shop.project.site / "first" / "region-riyadh" / "runs" / shop.records["first[region=Riyadh]"].run
    page = (run / "failed.en.html").read_text()
    assert 'href="../../../../index.en.html"' in page
    assert (run / "../../../../index.en.html").resolve() == (shop.project.site / "index.en.html").resolve()
    assert "region: Riyadh" in page


def test_a_variant_that_has_left_the_suite_keeps_its_folder(shop):
    """It goes from the front page; nothing is deleted that may still be read."""
    shop.run()
    shop.project.suite("languages: [en, ar]\nreports: {first: {matrix: {region: [Riyadh]}}}")
    shop.run()
    assert "\u062c\u062f\u0629" not in (shop.project.site / "index.ar.html").read_text()
    assert (shop.project.site / shop.jeddah / "latest" / "report.ar.html").is_file()


def test_the_front_page_is_written_only_when_it_changes(shop):
    """An unchanged suite writes no page; a run, a missing page or a new title does."""
    page = shop.project.site / "index.ar.html"

    def written():
        before = page.stat().st_mtime_ns if page.exists() else 0
        shop.run()
        return page.stat().st_mtime_ns != before

    assert [written(), written()] == [True, False]
    (shop.project.site / "second" / "index.en.html").unlink()
    assert [written(), written()] == [True, False]
    sources = shop.project.workspace / "sources.yaml"
    sources.write_text(sources.read_text().replace("Corner shop", "Corner store"))
    assert [written(), written()] == [True, False]
    assert "Corner store" in page.read_text()
