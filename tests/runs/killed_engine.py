"""Runs a suite again and again in processes that are killed: started by test_kill, which watches what readers see.

Everything is real but the kernel and the two report pages: planning, locks, order, folders, records, front page and
pruning. One process imports it all and is forked for each run, so that a run takes a fraction of a second.

Arguments: the project's folder, a seed, how many runs have to die. The last run is left alone.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from nbformat import v4

from cxlib.runs import run_suite
from cxlib.runs.archive import pages as pages_module
from cxlib.runs.archive.record import COMPONENT
from cxlib.runs.execution import engine as engine_module
from cxlib.runs.upkeep import prune_runs

POINT = "killed_engine.point"  # between two pieces of a file that the stand-ins write
EVENTS = {
    POINT, "open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.listdir", "os.scandir",
    "fcntl.flock",
}  # fmt: skip


class Countdown:
    """Kills this process at the nth thing that it does to the reports' folders; `seen` counts them."""

    def __init__(self, site, last):
        self.site = str(site)
        self.last = last
        self.seen = 0

    def __call__(self, event, arguments):
        """Hear of everything that Python audits."""
        if event in EVENTS and (event in {POINT, "fcntl.flock"} or self.site in str(arguments[0])):
            self.seen += 1
            if self.seen == self.last:
                os.kill(os.getpid(), signal.SIGKILL)


def write_in_pieces(path, token):
    """Write a file that carries its run's token at both ends, a piece at a time."""
    with path.open("w", encoding="utf-8") as file:
        for piece in (f"<{token}>", "x" * 2000, f"</{token}>"):
            file.write(piece)
            file.flush()
            sys.audit(POINT)


def stand_in(attempt):
    """Take notebooks as run, with the attempt's number as their one metric, and write pages that carry it."""

    def execute(plan, room, **_):
        write_in_pieces(room.folder / "notebook.ipynb", attempt)
        metric = {"name": "token", "value": attempt, "label": {"en": "token", "ar": "token"}, "unit": "count"}
        output = v4.new_output("display_data", {COMPONENT: {"kind": "tiles", "metrics": [metric]}})
        room.journal.notebook = v4.new_notebook(cells=[v4.new_code_cell("1", outputs=[output])])
        return room.journal.notebook

    def publish(folder, record, **_):
        for language in record.languages:
            write_in_pieces(folder / f"report.{language}.html", attempt)

    engine_module.execute = execute
    pages_module.write_report = publish


def live(attempt, last, tell):
    """One run and some pruning, in a process of its own."""
    stand_in(attempt)
    countdown = Countdown(Path.cwd() / "reports", last)
    sys.addaudithook(countdown)
    result = run_suite("demo", force=True, jobs=2, warm=False)
    prune_runs(Path.cwd(), "demo", keep=2)
    os.write(tell, json.dumps([countdown.seen, result.exit_code]).encode())


def run_once(attempt, *, last=0, seconds=None):
    """Fork a run that dies at its `last` step or after `seconds`; gives steps and exit code, None when it died."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            live(attempt, last, writing)
        except BaseException as error:
            os.write(2, f"attempt {attempt}: {type(error).__name__}: {error}\n".encode())
        os._exit(0)
    os.close(writing)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    return json.loads(said) if said else (None if os.WIFSIGNALED(status) else ["nothing", "crashed"])


def main(root, seed, kills):
    """Run until enough runs have died, then once more."""
    os.chdir(root)
    chance = random.Random(int(seed))
    # Others may edit the package meanwhile, and hashing it is not what is tested.
    sys.modules["cxlib.runs.execution.run"].hash_package = pages_module.hash_package = lambda: "0" * 64
    stand_in(1)
    run_suite("demo", force=True, jobs=2, warm=False)  # imports and caches what every run needs, before any fork
    started = time.monotonic()
    steps, _ = run_once(2)
    seconds = time.monotonic() - started
    attempt, died, ended = 2, 0, []
    while died < int(kills):
        attempt += 1
        by_clock = attempt % 3 == 0
        outcome = run_once(attempt, last=0 if by_clock else chance.randint(1, steps),
                           seconds=chance.uniform(0, seconds) if by_clock else None)  # fmt: skip
        died += outcome is None
        ended += [outcome] if outcome else []
    ended.append(run_once(attempt + 1))
    told = {"died": died, "steps": steps, "seconds": seconds, "last": attempt + 1, "ended": ended}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
