"""Forked kernels: the same results as plain ones, the truth about how they end, and nothing left of them."""

import ast
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from cxlib.runs import run_suite
from cxlib.runs.warm.kernels import WarmKernels, imported_modules, warm_kernels

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only"),
]
HEAVY = (
    "cxlib.data", "cxlib.report", "ibis.backends.duckdb", "sklearn.cluster", "sklearn.ensemble",
    "scipy.optimize", "sklearn.linear_model", "seaborn", "pyarrow.dataset", "duckdb", "no_such_module",
)  # fmt: skip


def alive(process_id):
    """Whether a process runs; one that has ended and was not waited for does not."""
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for(condition, seconds=30):
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


SAME = [
    "import os, random, sys, threading, warnings\n"
    "import multiprocessing, numpy as np, pandas as pd, seaborn as sns, matplotlib.pyplot as plt, matplotlib\n"
    "from cxlib import report",
    "random.seed(7); [random.random(), np.random.RandomState(7).rand(), np.random.default_rng(7).normal()]",
    "pd.DataFrame({'a': [1.5, None], 'b': ['x', '\\u0645']})",
    "report.text('Hello')",
    "os.getcwd(), os.environ['CXLIB_RUN_DIR'].endswith('.partial'), __name__, sys.argv[0], sys.argv[2:], sys.flags",
    "print('one'); print('two', file=sys.stderr); warnings.warn('three'); os.system('echo four'); None",
    "with multiprocessing.Pool(2) as pool:\n    print(pool.map(abs, [-1, 2]))",
    "print(sorted(multiprocessing.get_context('spawn').Pool(1).map(len, ['ab'])))",
    "got = []\nt = threading.Thread(target=got.append, args=[5]); t.start(); t.join(); got",
    "plt.plot([1, 2]); plt.title('t'); plt.gcf().set_size_inches(1, 1)",
    "matplotlib.get_backend(), os.environ.get('MPLBACKEND'), plt.isinteractive()",
    "sorted(name for name in os.environ if not name.startswith(('PYTEST', 'JPY')))",
    "import signal, gc; [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)], gc.isenabled()",
    "from threadpoolctl import threadpool_info; sorted((p['prefix'], p['num_threads']) for p in threadpool_info())",
    "import tempfile; tempfile.gettempdir(), sys.path[:2], os.getpgid(0) == os.getsid(0) == os.getpid()",
    "sys.stdin.isatty(), os.read(0, 1), In[-1], type(get_ipython()).__name__",
    "import logging; logging.getLogger().handlers, sorted(map(str, warnings.filters)), pd.options.display.max_rows",
    "1 / 0",
]  # fmt: skip


LAST_WORDS = """
import atexit, math, os, threading, time
folder = os.environ["CXLIB_RUN_DIR"] + "/"
left_open = open(folder + "open.txt", "w")
left_open.write("kept")
math.held_elsewhere = left_open
atexit.register(lambda: open(folder + "atexit.txt", "w").write("kept"))
def late():
    time.sleep(0.3)
    open(folder + "thread.txt", "w").write("kept")
threading.Thread(target=late).start()
"""


@pytest.fixture(scope="module")
def both(shared_project):
    """From a plain kernel and from a warm one: every output of one notebook, and the folder of one that ends slowly."""
    project, before = shared_project, Path.cwd()
    project.notebook("same", *SAME)
    project.notebook("last", LAST_WORDS)
    project.suite("languages: [en]\nreports: {same: , last: }")
    os.chdir(project.root)
    try:
        runs = [run_suite("demo", warm=warm, force=True, jobs=1).records for warm in (False, True)]
    finally:
        os.chdir(before)
    folders = [project.site / "last" / "runs" / last.run for _, last in runs]
    return [_outputs(project, same) for same, _ in runs], folders


def _outputs(project, record):
    folder = project.site / "same" / "runs" / record.run
    notebook = nbformat.read(folder / "notebook.ipynb", 4)
    text = json.dumps([cell.outputs for cell in notebook.cells if cell.cell_type == "code"])
    return json.loads(text.replace(record.run, "RUN")), (folder / "run.log").read_text()


@pytest.mark.parametrize("cell", range(len(SAME)))
def test_outputs_are_the_same_either_way(both, cell):
    """Numbers, tables, figures, streams in their order, environment, arguments, processes: a notebook cannot tell."""
    (plain, _), (warm, log) = both[0]
    assert "plain kernel" not in log
    assert _without_numbers(warm[cell + 2]) == _without_numbers(plain[cell + 2])
    assert warm[cell + 2] or cell == 0


def _without_numbers(outputs):
    """Outputs without the process numbers that IPython puts into the names of cells, and of the scratch folder."""
    text = re.sub(r"ipykernel_\d+|/cxlib-run-\w+|0x[0-9a-f]+", "", json.dumps(outputs))
    return json.loads(text)


@pytest.mark.parametrize("kernel", [0, 1], ids=["plain", "warm"])
def test_the_end_of_a_kernel_is_not_cut_short(both, kernel):
    """Files left open, what was registered for the exit, and threads that still write: all is kept either way."""
    texts = {name: (both[1][kernel] / f"{name}.txt").read_text() for name in ("open", "atexit", "thread")}
    assert texts == dict.fromkeys(texts, "kept")


@pytest.mark.slow
def test_the_demos_report_is_the_same_either_way(two_runs, tmp_path, monkeypatch):
    """Every number, sentence, table and chart of the segmentation report, and every exported row, is the same."""
    for folder in ("params", "notebooks"):
        shutil.copytree(two_runs / folder, tmp_path / folder)
    monkeypatch.chdir(tmp_path)
    run_suite("demo", ["segmentation"], warm=False)
    shown, rows, logs = [], [], []
    for project in (tmp_path, two_runs):
        run = project / "reports" / "demo" / "segmentation" / "latest"
        cells = [cell for cell in nbformat.read(run / "notebook.ipynb", 4).cells if cell.cell_type == "code"]
        # The rows of an export have no order, so the size of its compressed file is not always the same.
        shown.append(re.sub(r"[\d.,]+.{0,3} (KB|كيلوبايت)", "", json.dumps(cells, ensure_ascii=False)))
        rows.append(sorted((run / "exports" / "segments.csv").read_text().splitlines()))
        logs.append((run / "run.log").read_text())
    assert _outputs_of(shown[0]) == _outputs_of(shown[1])
    assert rows[0] == rows[1]
    assert "plain kernel" not in logs[1]


def _outputs_of(cells):
    return [cell["outputs"] for cell in json.loads(cells)]


class Bench:
    """Kernels without an engine: what stands in `say` runs in place of a kernel's own program."""

    def __init__(self, folder, kernels):
        self.folder, self.kernels = folder, kernels

    def start(self):
        """Start a kernel that waits to be connected to."""
        environment = {**os.environ, "HOME": str(self.folder)}
        connection = self.folder / f"{random.random()}.json"
        command, log = ["ipykernel_launcher", "-f", str(connection)], str(self.folder / "log")
        process = self.kernels.start(command, environment=environment, folder=str(self.folder), log=log)
        wait_for(connection.exists)
        return process


@pytest.fixture
def bench(tmp_path):
    """A bench with a light warm process, ended after the test."""
    kernels = WarmKernels(())
    yield Bench(tmp_path, kernels)
    kernels.end()


def parent_of(process_id):
    """The process that started another."""
    return int(Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()[1])


def test_it_forks_from_a_single_thread(tmp_path):
    """With every heavy package imported, no thread of BLAS, OpenMP, Arrow or DuckDB exists when kernels are forked."""
    kernels = WarmKernels(HEAVY, {"OMP_NUM_THREADS": "4", "OPENBLAS_NUM_THREADS": "4"})
    try:
        process = Bench(tmp_path, kernels).start()
        server = parent_of(process.pid)
        assert [thread.name for thread in Path(f"/proc/{server}/task").iterdir()] == [str(server)]
        maps = Path(f"/proc/{server}/maps").read_text()
        assert all(name in maps for name in ("openblas", "libgomp", "libarrow", "_duckdb"))
    finally:
        kernels.end()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_the_engine_learns_how_a_kernel_ended(bench, number):
    """The warm process waits for its kernels and tells the true return code, also to those who ask twice."""
    process = bench.start()
    assert process.poll() is None
    os.killpg(process.pid, number)
    assert process.wait(10) == -number
    assert process.poll() == process.returncode == -number


def test_waiting_for_a_kernel_that_goes_on_has_an_end(bench):
    """Who waits with a limit gets what `subprocess.Popen` raises."""
    process = bench.start()
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.05)
    process.terminate()
    assert process.wait(10) == -signal.SIGTERM


def test_the_end_of_the_warm_process_ends_its_kernels(bench):
    """A killed warm process takes its kernels along, and whoever asks them is told so."""
    process = bench.start()
    os.kill(process.pid, signal.SIGSTOP)  # so that it cannot notice by itself
    os.kill(parent_of(process.pid), signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL
    wait_for(lambda: not alive(process.pid), seconds=10)


def test_each_kernel_leads_a_session(bench):
    """A kernel's whole group can be killed without touching the warm process or another kernel."""
    first, second = bench.start(), bench.start()
    assert [os.getsid(kernel.pid) for kernel in (first, second)] == [first.pid, second.pid]
    os.killpg(first.pid, signal.SIGKILL)
    assert first.wait(10) == -signal.SIGKILL
    assert second.poll() is None


DRAWS = """
import os, random, tempfile, uuid
import numpy as np, pandas
[random.random(), np.random.rand(), uuid.uuid4().hex, tempfile.mkdtemp(), os.environ["CXLIB_RUN_DIR"], os.getppid()]
"""


def test_unseeded_draws_of_two_kernels_differ(project):
    """Random numbers, identifiers and temporary names are not inherited from the process that both come from."""
    project.notebook("draw", DRAWS)
    same = "{notebook: notebooks/draw.ipynb}"
    project.suite(f"languages: [en]\nreports: {{one: {same}, two: {same}}}")
    run_suite("demo", jobs=1)
    notebooks = [nbformat.read(project.site / name / "latest" / "notebook.ipynb", 4) for name in ("one", "two")]
    shown = [notebook.cells[-1].outputs[0].data["text/plain"] for notebook in notebooks]
    (*one, parent), (*two, same) = map(ast.literal_eval, shown)
    assert parent == same
    assert all(mine != other for mine, other in zip(one, two, strict=True))


def test_changed_code_gets_a_new_warm_process(bench, monkeypatch):
    """A process that imported the code of yesterday forks no kernel today; the kernels that it has run on."""
    codes = iter(["a" * 64, "a" * 64, "b" * 64])
    monkeypatch.setattr("cxlib.runs.warm.kernels.hash_package", lambda: next(codes))
    first, same, changed = (bench.start() for _ in range(3))
    assert parent_of(first.pid) == parent_of(same.pid) != parent_of(changed.pid)
    assert first.poll() is None
    bench.kernels.end()
    assert {process.wait(10) for process in (first, same, changed)} == {-signal.SIGKILL}


def test_a_process_with_threads_refuses(bench, tmp_path, monkeypatch):
    """Where something starts a thread all the same, no kernel is forked, and the reason is told."""
    (tmp_path / "threaded.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=[60]).start()"
    )
    kernels = WarmKernels(("threaded",), {"PYTHONPATH": str(tmp_path)})
    try:
        with pytest.raises(OSError, match="2 threads"):
            Bench(tmp_path, kernels).start()
    finally:
        kernels.end()


@pytest.mark.parametrize("fault", ["broken", "missing"])
def test_a_plain_kernel_takes_over(project, monkeypatch, tmp_path, fault):
    """Whether the warm process breaks down or cannot be started, the report is made, and the log says how."""
    broken = tmp_path / "broken.py"
    broken.write_text("raise SystemExit(3)")
    monkeypatch.setattr("cxlib.runs.warm.kernels.server.__file__", str(broken))
    if fault == "missing":
        monkeypatch.setattr("cxlib.runs.warm.kernels.subprocess.Popen", _no_process)
    project.notebook("plain", "6 * 7")
    project.suite("languages: [en]\nreports: {plain: }")
    result = run_suite("demo")
    assert result.exit_code == 0, result.records[0].error
    assert "plain kernel instead of a warm one:" in (project.site / "plain" / "latest" / "run.log").read_text()


def _no_process(*_, **__):
    raise OSError(11, "Resource temporarily unavailable")


def test_it_can_be_switched_off(monkeypatch):
    """By argument, by the environment, and where the system is not Linux."""

    def given(**options):
        with warm_kernels([], environment={}, **options) as kernels:
            return kernels

    assert given() is not None
    assert given(enabled=False) is None
    with monkeypatch.context() as patch:
        patch.setattr(sys, "platform", "darwin")
        assert given() is None
    monkeypatch.setenv("CXLIB_WARM_KERNELS", "0")
    assert given() is None


def test_only_what_notebooks_import_is_imported():
    """A notebook's own modules, the standard library and faulty cells are left to the notebook."""
    cells = ["import os, mine\nfrom cxlib.report.views import segmentation", "%matplotlib inline\nimport seaborn",
             "from pandas import DataFrame"]  # fmt: skip
    names = imported_modules([v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in cells])])
    assert {"cxlib.report.views", "cxlib.report.views.segmentation", "pandas"} <= set(names)
    assert not {"os", "mine", "seaborn"} & set(names)


ENGINE = """
import sys
from cxlib.runs import run_suite
run_suite("demo")
"""
SLEEPER = """
import os, pathlib, subprocess, time
child = subprocess.Popen(["sleep", "300"])
pathlib.Path("pids.tmp").write_text(f"{os.getpid()} {os.getppid()} {child.pid}")
os.rename("pids.tmp", "pids")
time.sleep(120)
"""


def test_nothing_is_left_of_a_killed_engine(project, monkeypatch, tmp_path_factory):
    """After kill -9 of the engine the kernel, what it started and the warm process end, and the next run tidies up."""
    scratch = tmp_path_factory.mktemp("t")
    monkeypatch.setenv("TMPDIR", str(scratch))
    project.notebook("sleeper", SLEEPER)
    project.suite("languages: [en]\nreports: {sleeper: }")
    engine = subprocess.Popen([sys.executable, "-c", ENGINE], stderr=subprocess.DEVNULL)
    pids = project.root / "notebooks" / "pids"
    try:
        wait_for(pids.exists, seconds=60)
    finally:
        engine.kill()
        engine.wait()
    kernel, server, child = map(int, pids.read_text().split())
    assert server != engine.pid
    for process_id in (kernel, server, child):
        wait_for(lambda process_id=process_id: not alive(process_id), seconds=10)
    assert len(list(scratch.glob("cxlib-run-*"))) == 1
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    project.notebook("sleeper", "1")
    assert run_suite("demo").exit_code == 0
    assert not list(scratch.glob("*cxlib-run-*"))
