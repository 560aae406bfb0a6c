"""All outputs of a notebook or none, its own ways out, and what it leaves running: with plain and with warm kernels."""

import json
import os
import re
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from cxlib.runs import Status, run_suite
from cxlib.runs.execution.journal import MOST_OF_A_LOG, Journal, Watch
from cxlib.runs.execution.kernels import MOST_OF_AN_ERROR, MOST_PRINTED, WholeNotebookClient

pytestmark = pytest.mark.engine

START = "import json, os, signal, subprocess, sys, threading, time\nfrom pathlib import Path\n"
MANY = "from IPython.display import display\nfor n in range(3001):\n    display({'text/plain': str(n)}, raw=True)"
PRINTS = "for n in range(500):\n    print(n, flush=True)"
LONG = "print('x' * 1_200_000)\nprint('y' * 1_000_000)"
HALVES = "print('a\\ud800b\\udc80')\n'c\\ud83d'"
LATE = """
def late():
    time.sleep(0.3)
    print("late")
    display("late too")
thread = threading.Thread(target=late)
thread.start()
"""
LATER = """
import asyncio, concurrent.futures, multiprocessing
def shout(word, left=0):
    time.sleep(0.2)
    display(word)
    if left:
        threading.Thread(target=shout, args=(f"{word}{left}", left - 1)).start()
async def task():
    await asyncio.sleep(0.3)
    display("of a task")
child = os.fork()
if child == 0:
    display("of a fork")
    os._exit(0)
os.waitpid(child, 0)
pool = concurrent.futures.ThreadPoolExecutor(1)
seen = [pool.submit(shout, f"of a pool {n}") for n in range(2)]
kept = [asyncio.create_task(task()), multiprocessing.get_context("fork").Process(target=shout, args=["of a child"])]
kept[1].start()
threading.Thread(target=shout, args=("of a thread", 2)).start()
threading.Thread(target=sys.exit, args=(3,)).start()
"""
LATER_SHOWN = [
    "of a child",
    "of a fork",
    "of a pool 0",
    "of a pool 1",
    "of a task",
    "of a thread",
    "of a thread2",
    "of a thread21",
]
STRICT = "import warnings\nwarnings.simplefilter('error')"
STRICT_NEXT = """
try:
    warnings.warn("mine")
except UserWarning:
    print("is an error")
exec("import warnings; warnings.warn('of a library'); print('is none')", {"__name__": "library"})
"""
STRAYS = """
numbers = [subprocess.Popen(["setsid", "sleep", "300"]).pid]
shell = ["sh", "-c", "env -i setsid sleep 300 >&- & echo $!"]
numbers.append(int(subprocess.run(shell, stdout=subprocess.PIPE, check=True).stdout))
reading, writing = os.pipe()
child = os.fork()
if child == 0:
    os.setsid()
    if child := os.fork():
        os.write(writing, str(child).encode())
        os._exit(0)
    time.sleep(300)
    os._exit(0)
numbers.append(int(os.read(reading, 20)))
os.waitpid(child, 0)
Path(os.environ["CXLIB_RUN_DIR"], "strays.json").write_text(json.dumps(numbers))
"""
STREAMS = [  # each taken away in one cell; what the next one prints is there again
    ["import sys\nsys.stdout = sys.stderr = None", "print('after none')"],
    ["sys.stderr = object()", "print('after another')"],
]
HUSHED = """
class Enough(Exception):
    def _render_traceback_(self):
        return {traceback}
raise Enough("no more")
"""
WAYS_OUT = {  # report: its cells, status, words of the message
    "exit": (["exit(4)", "time.sleep(1)"], Status.FAILED, "Cell 3 called exit or quit, so the report is not complete."),
    "quit": (["1", "quit()"], Status.FAILED, "Cell 4 called exit or quit"),
    "bare": (["exit"], Status.FAILED, "Cell 3 called exit or quit"),
    "hushed": ([HUSHED.format(traceback="[]")], Status.FAILED, "Cell 3 raised Enough: no more"),
    "silent": ([HUSHED.format(traceback="None")], Status.FAILED, "Cell 3 raised Enough: no more"),
    "mute": (
        ["get_ipython().set_custom_exc((ValueError,), lambda *_, **__: None)\nraise ValueError('mute')"],
        Status.FAILED,
        "Cell 3 raised ValueError: mute",
    ),
    "wordy": (["raise ValueError('x' * 5_000_000)"], Status.FAILED, "xx... [the first 10,000 of 5,000,000 characters]"),
    "thread": (
        [START + "threading.Thread(target=lambda: 1 / 0, name='odd').start()"],
        Status.FAILED,
        "A thread (odd) raised ZeroDivisionError: division by zero. Nobody took that error",
    ),
    "task": (
        ["import asyncio\nasync def bad():\n    raise ValueError('unseen')\nkept = asyncio.create_task(bad())"],
        Status.FAILED,
        "raised ValueError: unseen. Nobody took that error",
    ),
    "endless": (
        [START + "threading.Thread(target=time.sleep, args=[300], name='odd').start()"],
        Status.TIMEOUT,
        "Every cell has ended and thread odd runs on, so what it shows is not complete.",
    ),
    "killed": ([START + STRAYS, "os.kill(os.getpid(), signal.SIGKILL)"], Status.DEAD_KERNEL, "SIGKILL"),
}


@pytest.fixture(scope="module")
def ended(shared_project):
    """By kind of kernel: the records of every report, and the project."""
    project, before = shared_project, Path.cwd()
    project.notebook("whole", START + MANY, PRINTS, LONG, HALVES, LATE, "thread.join()", STRAYS)
    project.notebook("blind", *(cell for cells in STREAMS for cell in cells))
    for name, (cells, _, _) in WAYS_OUT.items():
        project.notebook(name, *cells)
    project.notebook("later", START + "from IPython.display import display\n" + LATER)
    project.notebook("strict", STRICT, STRICT_NEXT)
    names = ("whole", "blind", "later", "strict", *WAYS_OUT)
    reports = "".join(f"  {name}:\n" + "    cell_timeout_minutes: 0.05\n" * (name == "endless") for name in names)
    project.suite(f"languages: [en]\nreports:\n{reports}")
    os.chdir(project.root)
    try:
        plain = run_suite("demo", ["whole", "blind", "later", "strict", "killed"], warm=False, jobs=2).records
        warm = run_suite("demo", jobs=2, force=True).records
    finally:
        os.chdir(before)
    return {kind: {one.report: one for one in records} for kind, records in (("plain", plain), ("warm", warm))}, project


def _folder(ended, kind, report):
    records, project = ended
    return project.site / report / "runs" / records[kind][report].run


@pytest.fixture(scope="module", params=["plain", "warm"])
def outputs(request, ended):
    """The outputs of every cell of the notebook that shows much."""
    record = ended[0][request.param]["whole"]
    assert record.status is Status.OK, record.error
    notebook = nbformat.read(_folder(ended, request.param, "whole") / "notebook.ipynb", 4)
    return [cell.outputs for cell in notebook.cells if cell.cell_type == "code"][2:]


def test_no_output_is_lost(outputs):
    """3,001 displays and 500 flushed lines arrive, each once and in their order."""
    assert [one.data["text/plain"] for one in outputs[0]] == [str(n) for n in range(3001)]
    assert "".join(one.text for one in outputs[1]) == "".join(f"{n}\n" for n in range(500))


def test_what_is_printed_is_bounded_and_says_so(outputs):
    """Of 2.2 million characters the first million are kept, with a sentence that says how many there were."""
    text = "".join(one.text for one in outputs[2])
    assert text.startswith("x" * MOST_PRINTED)
    assert text[MOST_PRINTED:] == "\n[This cell printed 2,200,002 characters. The first 1,000,000 are kept.]\n"


@pytest.mark.parametrize("kind", ["plain", "warm"])
def test_a_cell_that_takes_its_streams_away_ends(ended, kind):
    """What later cells print is there again: without a stream the kernel would never say that the cell has ended."""
    assert ended[0][kind]["blind"].status is Status.OK, ended[0][kind]["blind"].error
    notebook = nbformat.read(_folder(ended, kind, "blind") / "notebook.ipynb", 4)
    printed = "".join(one.text for cell in notebook.cells if cell.cell_type == "code" for one in cell.outputs)
    assert printed == "after none\nafter another\n"


def test_half_a_character_is_shown_as_python_writes_it(outputs):
    """A lone surrogate has no bytes in UTF-8: printed or shown it becomes its escape, and nothing beside it is lost."""
    assert outputs[3][0].text == "a\\ud800b\\udc80\n"
    assert outputs[3][1].data["text/plain"] == "'c\\ud83d'"


def test_what_a_thread_shows_later_is_kept(outputs):
    """What a thread prints or displays after its cell has ended is not dropped."""
    shown = json.dumps(outputs[4] + outputs[5])
    assert "late\\n" in shown
    assert "late too" in shown


@pytest.mark.parametrize("kind", ["plain", "warm"])
def test_what_runs_on_after_the_last_cell_is_waited_for(ended, kind):
    """Threads that start threads, pools, tasks, forks and children show all they have to, once each."""
    assert ended[0][kind]["later"].status is Status.OK, ended[0][kind]["later"].error
    cells = nbformat.read(_folder(ended, kind, "later") / "notebook.ipynb", 4).cells
    shown = [one.data["text/plain"].strip("'") for one in cells[-1].outputs if one.output_type == "display_data"]
    assert sorted(shown) == LATER_SHOWN


@pytest.mark.parametrize("kind", ["plain", "warm"])
def test_warnings_made_errors_are_errors_of_cells(ended, kind):
    """From the next cell on a cell's own warnings are errors, those of a library stay warnings, and the run ends."""
    assert ended[0][kind]["strict"].status is Status.OK, ended[0][kind]["strict"].error
    notebook = nbformat.read(_folder(ended, kind, "strict") / "notebook.ipynb", 4)
    printed = "".join(one.text for one in notebook.cells[-1].outputs if one.name == "stdout")
    assert printed == "is an error\nis none\n"


def _runs(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not say who started a process")
@pytest.mark.parametrize(
    ("kind", "report"), [("plain", "whole"), ("warm", "whole"), ("plain", "killed"), ("warm", "killed")]
)
def test_nothing_that_a_notebook_started_runs_on(ended, kind, report):
    """A session of its own, a daemon and an emptied environment end with the run, whether the kernel ended or died.

    Of a plain kernel that died by itself only what kept its environment can be known.
    """
    numbers = json.loads((_folder(ended, kind, report) / "strays.json").read_text())
    assert len(numbers) == 3
    if (kind, report) == ("plain", "killed"):
        os.kill(numbers.pop(1), 9)
    assert not [number for number in numbers if _runs(number)]


@pytest.mark.parametrize("report", WAYS_OUT)
def test_a_notebooks_own_ways_out_are_failures(ended, report):
    """`exit` in all its spellings, an error that hides itself and one with a flood of words are told as they are."""
    _, status, words = WAYS_OUT[report]
    record = ended[0]["warm"][report]
    assert record.status is status
    assert words in record.error.message
    assert len(record.error.message) < MOST_OF_AN_ERROR + 200
    assert sum(path.stat().st_size for path in _folder(ended, "warm", report).iterdir()) < 300_000


def test_printing_starts_anew_when_outputs_are_cleared():
    """A progress line that clears itself is never cut, however long it goes on."""
    notebook = v4.new_notebook(cells=[v4.new_code_cell("")])
    client = WholeNotebookClient(type("Manager", (), {"nb": notebook, "autosave_cell": lambda self: None})())
    client.clear_before_next_output = False
    outs, parent = notebook.cells[0].outputs, {"msg_id": "1"}

    def hear(kind, **content):
        message = {"msg_type": kind, "header": {"msg_type": kind}, "parent_header": parent, "content": content}
        client.process_message(message, notebook.cells[0], 0)

    for step in range(5):
        hear("stream", name="stdout", text=f"{step}" * 600_000)
        hear("clear_output", wait=False)
    hear("stream", name="stdout", text="done")
    assert [one.text for one in outs] == ["done"]
    hear("stream", name="stdout", text="x" * MOST_PRINTED)
    hear("stream", name="stderr", text="!")
    assert len(outs[0].text) == MOST_PRINTED
    assert f"printed {MOST_PRINTED + 5:,} characters" in outs[-1].text
    assert len(outs) == 2


@pytest.mark.parametrize("line", [b"x" * 3_000_000, b"y\n" * 1_500_000, b"+966501234567 " * 200_000])
def test_a_flood_in_the_log_is_bounded_and_says_so(tmp_path, line):
    """What a program wrote past Python: beginning and end of the log stay, and no part of a telephone number."""
    journal = Journal(tmp_path / "run.log", report="x", watch=Watch())
    journal.write("the first line")
    with journal.path.open("ab") as log:
        log.write(line)
    journal.write("\nthe last line")
    journal.mask(())
    text = journal.path.read_text()
    assert len(text) < MOST_OF_A_LOG + 200
    assert "the first line" in text
    assert "the last line" in text
    assert re.search(r"\[[\d,]+ of [23],\d{3},\d{3} bytes of this log are left out here\.\]", text)
    assert not re.search(r"\d{5}", re.sub(r"\[.*?\]", "", text))
