"""Real kernels that end in every way a kernel can; what is kept must say so, and the last good page must stay."""

import json
import os
import shutil
from pathlib import Path

import nbformat
import pytest

from cxlib.masking import HIDDEN
from cxlib.runs import Status, run_suite
from cxlib.runs.archive.store import ReportStore

pytestmark = pytest.mark.engine

ACT = r"""
import os, signal, sys, time
from pathlib import Path
import tempfile
Path(os.environ["CXLIB_RUN_DIR"], "scratch.txt").write_text(tempfile.mkdtemp())
if how == "raise":
    1 / 0
elif how == "data":
    from cxlib.errors import DataError
    raise DataError("surveys.csv: column 'score' has 3 values outside 0-10 (first: 11 in row 42). Fix or drop them.")
elif how == "personal":
    os.write(1, "straight into the log: sara.ali@example.com, 050-123-4567\n".encode())
    print("call:0501234567", file=sys.stderr)
    raise KeyError("Card 4111 1111 1111 1111 of sara(at)example.com, tel.\u0660\u0665\u0660\u00a01234567")
elif how == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
elif how in ("slow_cell", "slow_run"):
    time.sleep(60)
elif how == "exit":
    sys.exit(0)
elif how == "memory":
    hoard = []
    while True:
        hoard.append(bytearray(b"x") * 10_000_000)
elif how == "want":
    raise MemoryError
elif how == "no_folder":
    import shutil
    shutil.rmtree(os.environ["CXLIB_RUN_DIR"])
elif how == "another_folder":
    import shutil
    shutil.move(os.environ["CXLIB_RUN_DIR"], tempfile.mkdtemp())
    Path(os.environ["CXLIB_RUN_DIR"]).symlink_to(tempfile.mkdtemp())
elif how == "link":
    Path(os.environ["CXLIB_RUN_DIR"], "exports").mkdir()
    Path(os.environ["CXLIB_RUN_DIR"], "exports", "list.csv").symlink_to(tempfile.mkstemp()[1])
elif how == "folder":
    Path(os.environ["CXLIB_RUN_DIR"], "run.json").mkdir()
elif how == "leave":
    os._exit(3)
elif how in ("mail_file", "phone_folder"):
    name = {"mail_file": "sara@example.com.csv", "phone_folder": "+966501234567/a.xlsx"}[how]
    for path in (Path(os.environ["CXLIB_RUN_DIR"], "exports", file) for file in ("sales_2026_09_14.csv", name)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("n")
elif how == "no_alt":
    from IPython.display import display
    display({"image/png": "iVBORw0KGgo="}, raw=True)
elif how == "mute":
    import json
    json.dumps = lambda *values, **options: "no"
elif how == "twice":
    from IPython.display import display
    for value in (1, 2):
        part = {"kind": "tiles", "html": {"en": ""}, "css": "", "metrics": [{"name": "nps", "value": value}]}
        display({"application/vnd.cxlib.component+json": part, "text/plain": ""}, raw=True)
"""

EXPECTED = {  # report: status, exit code, cell, words of the message
    "raise": (Status.FAILED, 1, 3, "ZeroDivisionError: division by zero"),
    "data": (Status.FAILED, 2, 3, "surveys.csv: column 'score' has 3 values outside 0-10 (first: 11 in row 42)"),
    "mute": (Status.FAILED, 1, 3, "It replaced something that Python itself needs, such as json.dumps"),
    "personal": (Status.FAILED, 1, 3, "Cell 3 raised KeyError: 'Card ••• of s•••, tel.•••'"),
    "kill": (Status.DEAD_KERNEL, 4, None, "in cell 3: it was ended by SIGKILL"),
    "slow_cell": (Status.TIMEOUT, 3, None, "Cell 3 took longer than 1 seconds"),
    "slow_run": (Status.TIMEOUT, 3, None, "The run took longer than 3 seconds"),
    "memory": (Status.OUT_OF_MEMORY, 5, 3, "Cell 3 needed more memory than the limit of 400 MB"),
    "want": (Status.OUT_OF_MEMORY, 5, 3, "Cell 3 asked for more memory than it could get: MemoryError"),
    "exit": (Status.FAILED, 1, 3, "sys.exit"),
    "leave": (Status.DEAD_KERNEL, 4, None, "with exit code 3"),
    "no_folder": (Status.FAILED, 1, None, "The notebook removed or replaced the folder of its run"),
    "another_folder": (Status.FAILED, 1, None, "The notebook removed or replaced the folder of its run"),
    "link": (Status.REJECTED, 1, None, "exports/list.csv: this is a link, or no file. Write the file itself"),
    "folder": (Status.REJECTED, 1, None, "run.json: this is a folder where a file of the run goes. Call it otherwise"),
    "no_alt": (Status.REJECTED, 1, None, "description"),
    "twice": (Status.REJECTED, 1, None, "'nps' with two values"),
    "mail_file": (Status.REJECTED, 1, None, "exports/s•••: the name of this file or folder holds a contact. Name it"),
    "phone_folder": (Status.REJECTED, 1, None, "exports/•••: the name of this file or folder holds a contact. Name it"),
}


@pytest.fixture(scope="module")
def gallery(shared_project):
    """One good run, laid under every report as its last good one, then one run of each kind of failure."""
    project, before = shared_project, Path.cwd()
    project.notebook("act", ACT, "6 * 7", parameters='workspace = "params/demo"  # str\nhow = "well"  # str: what')
    settings = {"slow_cell": ", cell_timeout_minutes: 0.01", "slow_run": ", timeout_minutes: 0.05",
                "memory": ", memory_limit_mb: 400"}  # fmt: skip
    lines = [f"  {how}: {{notebook: notebooks/act.ipynb{settings.get(how, '')}}}" for how in ("well", *EXPECTED)]
    project.suite("languages: [en]\nreports:\n" + "\n".join(lines))
    os.chdir(project.root)
    patch = pytest.MonkeyPatch()
    patch.setattr("cxlib.runs.execution.run.hash_package", lambda: "0" * 64)
    try:
        good = run_suite("demo", ["well"])
        for how in EXPECTED:
            project.parameters(how, f"how: {how}\n")
            shutil.copytree(project.site / "well", project.site / how, symlinks=True)
        bad = run_suite("demo", list(EXPECTED), jobs=4)
        yield project, good, {record.report: record for record in bad.records}, bad
    finally:
        patch.undo()
        os.chdir(before)


def test_a_good_run_is_published_whole(gallery):
    """Page, notebook with outputs, metrics, log and run.json stand in latest, every cell with its seconds."""
    project, good, _, _ = gallery
    latest = project.site / "well" / "latest"
    run = json.loads((latest / "run.json").read_text())
    assert good.exit_code == 0
    assert (run["schema"], run["status"], run["error"]) == (1, "ok", None)
    assert run["parameters"] == {"workspace": "params/demo", "how": "well"}
    assert {name: len(digest) for name, digest in run["sha256"]["inputs"].items()} == {
        "sources.yaml": 64, "transactions.csv": 64,
    }  # fmt: skip
    assert [cell["cell"] for cell in run["cells"]] == [1, 2, 3, 4]
    assert nbformat.read(latest / "notebook.ipynb", 4).cells[-1].outputs[0].data["text/plain"] == "42"
    assert json.loads((latest / "metrics.json").read_text())["metrics"] == []
    assert "<h1>" in (latest / "report.en.html").read_text()
    assert good.front_page.is_file()


@pytest.mark.parametrize("how", EXPECTED)
def test_every_ending_has_its_status(gallery, how):
    """Status, exit code, cell and plain words come from what really happened, in the record and in run.json alike."""
    project, _, records, _ = gallery
    status, code, cell, words = EXPECTED[how]
    record = records[how]
    assert (record.status, record.exit_code) == (status, code)
    assert words in record.error.message
    assert cell is None or record.error.cell == cell
    kept = json.loads((project.site / how / "runs" / record.run / "run.json").read_text())
    assert (kept["status"], kept["error"]["message"]) == (status, record.error.message)


@pytest.mark.parametrize("how", EXPECTED)
def test_a_failure_keeps_its_evidence_and_the_last_good_page(gallery, how):
    """Notebook, log and a page in plain words are kept; latest still shows the good run, and nothing is left half."""
    project, good, records, _ = gallery
    folder = project.site / how
    run = folder / "runs" / records[how].run
    assert {path.name for path in run.iterdir()} >= {"notebook.ipynb", "run.log", "run.json", "failed.en.html"}
    assert not (run / "report.en.html").exists()
    assert (folder / "latest").readlink().name == good.records[0].run
    assert ReportStore(folder).last_good().status is Status.OK
    assert not list(folder.rglob(".*.partial"))


@pytest.mark.parametrize("how", ["kill", "slow_run", "raise"])
def test_temporary_files_go_with_the_kernel(gallery, how):
    """What a notebook put into its temporary folder is removed, also when its kernel was killed."""
    project, _, records, _ = gallery
    scratch = Path((project.site / how / "runs" / records[how].run / "scratch.txt").read_text())
    assert scratch.is_absolute()
    assert not scratch.parent.exists()


def test_a_data_error_of_a_cell_shows_its_own_words_only(gallery):
    """What cxlib raised on purpose reaches the reader without a traceback; the log has that."""
    project, _, records, _ = gallery
    run = project.site / "data" / "runs" / records["data"].run
    assert records["data"].error.message.startswith("surveys.csv:")
    assert "Traceback" not in (run / "failed.en.html").read_text()
    assert "Traceback" in (run / "run.log").read_text()


def test_contacts_are_masked_wherever_a_run_speaks(gallery):
    """Pages, run.json, log, kept notebook and the summary of a run show no contact that a cell raised or printed."""
    project, _, records, result = gallery
    run = project.site / "personal" / "runs" / records["personal"].run
    texts = {name: (run / name).read_text() for name in ("failed.en.html", "run.json", "run.log")}
    cells = nbformat.read(run / "notebook.ipynb", 4).cells
    texts |= {"outputs": str([cell.get("outputs") for cell in cells]), "summary": str(result.to_dict())}
    assert [name for name, text in texts.items() if HIDDEN not in text] == []
    secrets = ("example", "501234567", "123-4567", "4111", "ali@")
    assert [(name, secret) for name, text in texts.items() for secret in secrets if secret in text] == []


@pytest.mark.parametrize("how", ["mail_file", "phone_folder"])
def test_no_exported_file_is_named_after_a_person(gallery, how):
    """Such a page is refused, and neither the run's folder nor anything in it nor the front page tells the name."""
    project, _, records, result = gallery
    run = project.site / how / "runs" / records[how].run
    texts = {path.name: path.read_text() for path in run.rglob("*") if path.suffix in {".html", ".json", ".log"}}
    texts |= {"front": result.front_page.read_text(), "summary": str(result.to_dict())}
    texts |= {"names": str([path.name for path in run.rglob("*")])}
    assert [name for name, text in texts.items() for secret in ("sara@", "501234567") if secret in text] == []


def test_the_suite_ends_with_its_highest_exit_code(gallery):
    """Want of memory among failures is what a timer learns first."""
    assert gallery[3].exit_code == 5


def test_an_unchanged_report_is_not_run_again(gallery, monkeypatch):
    """The same key means the same report: no new folder, exit code 0, and the time of the check is remembered."""
    project, _, _, _ = gallery
    monkeypatch.chdir(project.root)
    store = ReportStore(project.site / "well")
    before = store.checked_at()
    again = run_suite("demo", ["well"])
    assert (again.records[0].status, again.exit_code) == (Status.UNCHANGED, 0)
    assert len(store.history()) == 1
    assert store.checked_at() > before


def test_hostile_values_arrive_unchanged(project_at, tmp_path):
    """Whatever text a caller sets is what the kernel gets, also where the project's own path is odd and long."""
    project = project_at(tmp_path / "{odd} 100%" / ("n" * 120))
    hostile = ['"', "'", '"""', "'''", "\\", "\\\\", "\n", "\r\n", "\t", "{", "}", "{how}", "{0}", "%s", "$(id)",
               "`id`", "#", "=", '"; import os; os._exit(1) #', "\u202e\u0627\u0644\u0639\u0631", "\u2028", "\x85",
               "\U0001f600", "\\N{BULLET}", "\\x41", "</script>", "None", "", " "]  # fmt: skip
    project.notebook(
        "echo",
        'import json, os\nopen(os.environ["CXLIB_RUN_DIR"] + "/got.json", "w").write(json.dumps([one, many, names]))',
        parameters='workspace = "params/demo"  # str\none = ""  # str\nmany = []  # list[str]\nnames = {}  # dict',
    )
    project.suite("languages: [en]\nreports:\n  echo:")
    values = {"one": "".join(hostile), "many": hostile, "names": {text: index for index, text in enumerate(hostile)}}
    result = run_suite("demo", parameters=values)
    assert result.exit_code == 0, result.records[0].error
    got = json.loads((project.site / "echo" / "latest" / "got.json").read_text())
    assert got == list(values.values())
