"""A page is of the bytes that its run was planned for: a file that changes meanwhile is noticed, put back or not."""

import datetime as dt
import json
import os
import shutil

import pytest
from nbformat import v4

from cxlib.data import ingest as ingest_module
from cxlib.data import open_workspace
from cxlib.data.reading.files import Input
from cxlib.language import T, speaker
from cxlib.runs import Status, run_suite
from cxlib.runs.archive import pages as pages_module
from cxlib.runs.execution import engine as engine_module

CUT = "id,customer,day,amount\n1,a,2026-01-05,10.00\n"


def write(path, text, *, like=None):
    """Write a file anew; with the times of `like` where that is given."""
    path.write_text(text)
    if like is not None:
        os.utime(path, ns=(like.st_atime_ns, like.st_mtime_ns))


class Change:
    """A way in which a file becomes another one, and is put back."""

    def __init__(self, path, way):
        self.path, self.way, self.text, self.before = path, way, path.read_text(), path.stat()
        self.aside = path.with_name("aside")
        self.done = False

    def make(self):
        """Change the file, the first time that this is asked for."""
        if self.done:
            return
        self.done = True
        other = self.path.with_name("other")
        match self.way:
            case "cut" | "cut and written again":
                self.path.write_text(CUT)
            case "grown":
                self.path.write_text(self.text + "4,c,2026-03-01,1.00\n")
            case "of the same length and time" | "of the same length, then copied back with its times":
                shutil.copy2(self.path, self.aside)
                write(self.path, self.text.replace("10.00", "90.00"), like=self.before)
            case "replaced":
                other.write_text(CUT)
                other.replace(self.path)
            case "moved aside and back":
                self.path.rename(self.aside)
                write(self.path, CUT, like=self.before)
            case "taken away":
                self.path.unlink()

    def put_back(self):
        """Put the old bytes back where the way is one that does."""
        match self.way:
            case "cut and written again":
                self.path.write_text(self.text)
            case "of the same length, then copied back with its times":
                shutil.copy2(self.aside, self.path)
            case "moved aside and back":
                self.aside.replace(self.path)


WAYS = [
    "cut", "grown", "replaced", "of the same length and time", "taken away",
    "cut and written again", "of the same length, then copied back with its times", "moved aside and back",
]  # fmt: skip
MOMENTS = [
    "before it is read", "between digest and reading",
    *(pytest.param(late, marks=pytest.mark.slow) for late in ("while rows are written", "after it", "with the pages")),
]  # fmt: skip


@pytest.fixture
def shop(project, monkeypatch):
    """A project whose notebook reads its table in this process; `shop.at` says what happens at which moment."""
    project.notebook("churn")
    project.suite("languages: [en]\nreports: {churn: }")
    project.at = {}
    project.rows = []

    def happen(moment):
        project.at.get(moment, lambda: None)()

    def execute(plan, room, *, environment):
        room.journal.notebook = plan.notebook
        (room.folder / "notebook.ipynb").write_text("{}")
        happen("before it is read")
        with monkeypatch.context() as patch:
            patch.setenv("CXLIB_NOTES", environment["CXLIB_NOTES"])
            project.rows.append(len(open_workspace(plan.parameters["workspace"]).frame("transactions")))
        happen("after it")
        return v4.new_notebook()

    def publish(folder, record, *, metrics):
        happen("with the pages")
        (folder / "report.en.html").write_text(str(project.rows[-1]))
        happen("at the end")

    def copied(one, folder):
        happen("between digest and reading")
        return copy(one, folder)

    def create(*arguments):
        happen("while rows are written")
        return write_rows(*arguments)

    copy, write_rows = Input.copied, ingest_module._create
    monkeypatch.setattr(Input, "copied", copied)
    monkeypatch.setattr(ingest_module, "_create", create)
    monkeypatch.setattr(engine_module, "execute", execute)
    monkeypatch.setenv("CXLIB_WARM_KERNELS", "0")  # there is no kernel to wait for
    monkeypatch.setattr(pages_module, "write_report", publish)
    for module in ("execution.run", "archive.pages"):
        monkeypatch.setattr(f"cxlib.runs.{module}.hash_package", lambda: "0" * 64)
    monkeypatch.setenv("CXLIB_TABLE_CACHE", "0")
    return project


def page(shop):
    """How many rows the page that readers see is made of."""
    return (shop.site / "churn" / "latest" / "report.en.html").read_text()


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("way", WAYS)
def test_what_changes_in_a_run_is_not_published(shop, way, moment):
    """In 40 of 40 ways and moments the run says that its input changed, and the last good page stays."""
    good = run_suite("demo").records[0]
    change = Change(shop.workspace / "transactions.csv", way)
    shop.at = {moment: change.make, "at the end": change.put_back}
    (record,) = run_suite("demo", force=True).records
    assert change.done
    assert record.status is Status.INPUTS_CHANGED
    assert "transactions.csv" in record.error.message
    assert (shop.site / "churn" / "latest").readlink().name == good.run
    assert page(shop) == "3"
    run = shop.site / "churn" / "runs" / record.run
    assert (run / "failed.en.html").is_file()
    assert not (run / ".inputs").exists()


def test_other_files_of_the_workspace_count_too(shop):
    """A file that a pattern means and that comes late, a mapping that is edited and put back."""
    mapping = shop.workspace / "sources.yaml"
    text = mapping.read_text().replace("path: transactions.csv", "path: trans*.csv")
    mapping.write_text(text)
    assert run_suite("demo").records[0].status is Status.OK
    shop.at = {"after it": lambda: shutil.copy(shop.workspace / "transactions.csv", shop.workspace / "trans2.csv")}
    (record,) = run_suite("demo", force=True).records
    assert (record.status, "trans2.csv: the file was added" in record.error.message) == ("inputs_changed", True)
    (shop.workspace / "trans2.csv").unlink()
    shop.at = {
        "before it is read": lambda: mapping.write_text(text.replace("GBP", "EUR")),
        "after it": lambda: mapping.write_text(text),
    }
    (record,) = run_suite("demo", force=True).records
    assert (record.status, "sources.yaml" in record.error.message) == ("inputs_changed", True)
    shop.at = {}
    assert run_suite("demo").records[0].status is Status.UNCHANGED


def test_what_leaves_the_bytes_alone_is_no_change(shop):
    """Rights of the file and another file beside it."""
    file = shop.workspace / "transactions.csv"
    shop.at = {"after it": lambda: file.chmod(0o600), "with the pages": lambda: file.with_name("x.csv").write_text("x")}
    assert run_suite("demo").records[0].status is Status.OK


def test_a_change_is_the_reason_also_where_the_notebook_says_another(shop):
    """The half of a file may make a cell fail in many ways; the run says what is true of all of them."""
    file = shop.workspace / "transactions.csv"
    shop.at = {"before it is read": lambda: file.write_text("half")}
    (record,) = run_suite("demo").records
    assert (record.status, record.error.type) == ("inputs_changed", "InputsChanged")
    shop.at = {"before it is read": lambda: 1 / 0}
    assert run_suite("demo").records[0].status is Status.FAILED


def test_a_report_that_begins_after_a_change_is_of_the_new_bytes(shop):
    """Of two reports in one command the first meets the change; the second is of the file as it found it."""
    shop.notebook("clv")
    shop.suite("languages: [en]\nreports: {churn: , clv: }")
    file = shop.workspace / "transactions.csv"
    shop.at = {"after it": lambda: len(shop.rows) == 1 and file.write_text(CUT)}
    first, second = run_suite("demo", jobs=1).records
    assert (first.status, second.status, shop.rows) == ("inputs_changed", "ok", [3, 1])
    assert run_suite("demo", jobs=1).records[1].status is Status.UNCHANGED


def relink(link, target):
    """Let a link lead elsewhere, in one step."""
    other = link.with_name("link")
    other.symlink_to(target)
    other.replace(link)


def test_a_link_that_leads_elsewhere_for_a_moment_hides_no_file(shop):
    """A release of the data with fewer parts, whose bytes are all known, and rates of another folder."""
    for release, rows in (("old", "12"), ("new", "1")):
        (shop.workspace / release).mkdir()
        for row in rows:
            text = f"id,customer,day,amount,in\n{row},a,2026-01-05,10.00,EUR\n"
            (shop.workspace / release / f"part{row}.csv").write_text(text)
        rates = f"currency,date,rate\nEUR,2026-01-01,0.{len(rows)}\n"
        (shop.workspace / release / "rates.txt").write_text(rates)
    current = shop.workspace / "current"
    current.symlink_to("old")
    mapping = shop.workspace / "sources.yaml"
    text = mapping.read_text().replace("path: transactions.csv", "path: current/*.csv")
    mapping.write_text(text)
    shop.at = {"before it is read": lambda: relink(current, "new"), "after it": lambda: relink(current, "old")}
    (record,) = run_suite("demo").records
    assert (record.status, shop.rows) == (Status.INPUTS_CHANGED, [1])
    assert "part2.csv: the file was not there when its table was read" in record.error.message
    shutil.copy(shop.workspace / "old" / "part2.csv", shop.workspace / "new")
    text = text.replace("tables:", "rates: {path: current/rates.txt}\ntables:")
    text = text.replace("amount: amount", "amount: amount, currency: in")
    mapping.write_text(text)
    (record,) = run_suite("demo").records
    assert (record.status, "rates.txt: other bytes" in record.error.message) == ("inputs_changed", True)
    shop.at = {}
    assert run_suite("demo").records[0].status is Status.OK


def test_the_projects_own_sentences_are_those_of_the_page(shop):
    """They may not change while a page is made, and the next report of the same command says the new ones."""
    shop.notebook("clv")
    shop.suite("languages: [en]\nreports: {churn: , clv: }")
    catalogue = shop.root / "notebooks" / "locale" / "ar" / "LC_MESSAGES" / "own.po"
    catalogue.parent.mkdir(parents=True)
    text = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Corner shop"\nmsgstr "دكان"\n'
    catalogue.write_text(text)
    said = []
    shop.at = {
        "before it is read": lambda: said.append(speaker("ar").say(T("Corner shop"))),
        "after it": lambda: len(said) == 1 and catalogue.write_text(text.replace("دكان", "متجر")),
    }
    first, second = run_suite("demo", jobs=1).records
    assert (first.status, second.status, said) == ("inputs_changed", "ok", ["دكان", "متجر"])
    assert "own.po: the file was written to" in first.error.message
    catalogue.with_name("more.po").write_text(text.replace("Corner", "Another"))
    assert [record.status for record in run_suite("demo", jobs=1).records] == ["ok", "ok"]


def test_what_a_notebook_reads_of_another_workspace_counts_too(shop):
    """Its files may not change in the run, and a report is unchanged only while they are as they were."""
    other = shop.root / "params" / "other"
    shutil.copytree(shop.workspace, other)
    file, looking = other / "transactions.csv", []

    def look():
        if not looking:
            looking.append(True)
            shop.rows.append(len(open_workspace("other").frame("transactions")))
            looking.clear()

    shop.at = {"between digest and reading": look}
    assert run_suite("demo").records[0].status is Status.OK
    assert run_suite("demo").records[0].status is Status.UNCHANGED
    file.write_text(CUT)
    assert (run_suite("demo").records[0].status, shop.rows) == ("ok", [3, 3, 1, 3])
    shop.at["after it"] = lambda: file.unlink()
    (record,) = run_suite("demo", force=True).records
    said = f"{file}: the file was written to or taken away"
    assert (record.status, said in record.error.message) == ("inputs_changed", True)


def on_day(monkeypatch, day):
    """Let it be another day in the shop."""
    monkeypatch.setattr("cxlib.data.reading.inventory.last_day", lambda _: day)
    monkeypatch.setattr("cxlib.data.workspace.last_day", lambda _: day)


def test_a_row_that_waits_for_its_day_makes_the_report_anew(shop, monkeypatch):
    """Without `as_of` a report is unchanged until the day of the first row that lay in the future."""
    with (shop.workspace / "transactions.csv").open("a") as file:
        file.write("4,c,2026-03-10,1.00\n5,c,2026-03-12,1.00\n")
    outcomes = []
    for day in (8, 9, 10, 11, 12, 30, 9, 9):
        on_day(monkeypatch, dt.date(2026, 3, day))
        before = len(shop.rows)
        status = run_suite("demo").records[0].status
        outcomes.append((day, str(status), shop.rows[before:]))
    assert outcomes == [
        (8, "ok", [3]), (9, "unchanged", []), (10, "ok", [4]), (11, "unchanged", []),
        (12, "ok", [5]), (30, "unchanged", []), (9, "ok", [3]), (9, "unchanged", []),
    ]  # fmt: skip
    kept = json.loads((shop.site / "churn" / "latest" / "run.json").read_text())
    assert kept["last_day"] == {"day": "2026-03-09", "since": "2026-02-01", "until": "2026-03-10"}


@pytest.mark.engine
def test_a_real_run_notices_what_its_own_cells_do_to_a_file(project):
    """With papermill and a kernel: cut before it is read and put back afterwards."""
    read = 'from cxlib.data import open_workspace\nlen(open_workspace(workspace).frame("transactions"))'
    file = str(project.workspace / "transactions.csv")
    cut = f"from pathlib import Path\nfile = Path({file!r})\nwhole = file.read_text()\nfile.write_text({CUT!r})"
    project.notebook("churn", cut, read, "file.write_text(whole)")
    project.notebook("clv", read)
    project.suite("languages: [en]\nreports: {churn: , clv: {uses: churn}}")
    changed, good = run_suite("demo", jobs=1).records
    assert (changed.status, good.status) == ("inputs_changed", "ok")
    assert (good.last_day.since, good.last_day.until) == (dt.date(2026, 2, 1), None)
    assert not (project.site / "churn" / "latest").exists()
    assert run_suite("demo", ["clv"]).records[0].status is Status.UNCHANGED


@pytest.mark.engine
def test_a_cell_that_changes_its_surroundings_reads_the_same_files(project, tmp_path_factory):
    """An emptied environment, another project's folder or one that is gone to work in, linked notebooks."""
    away = tmp_path_factory.mktemp("away")
    shutil.copytree(project.root, away, dirs_exist_ok=True)
    (away / "params" / "demo" / "transactions.csv").write_text(CUT)
    read = 'from cxlib.data import open_workspace\nassert len(open_workspace(workspace).frame("transactions")) == 3'
    ways = {
        "churn": "import os\nos.environ.clear()",
        "clv": f"import os\nos.chdir({str(away)!r})",
        "segmentation": "import os\nos.mkdir('gone')\nos.chdir('gone')\nos.rmdir(os.getcwd())",
        "nps_drivers": "'nothing'",
    }
    for name, cell in ways.items():
        project.notebook(name, cell, read)
    shutil.copytree(project.root / "notebooks", away / "notebooks", dirs_exist_ok=True)
    shutil.rmtree(project.root / "notebooks")
    (project.root / "notebooks").symlink_to(away / "notebooks")
    project.suite("languages: [en]\nreports: {churn: , clv: , segmentation: , nps_drivers: }")
    for record in run_suite("demo").records:
        assert (record.status, record.error) == ("ok", None)
        assert (record.last_day.since, record.others) == (dt.date(2026, 2, 1), {})
