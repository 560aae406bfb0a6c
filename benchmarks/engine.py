"""The engine against the plain way: the command lines of papermill and nbconvert, one notebook after the other.

    python benchmarks/engine.py [--rounds 5] [--reports all|one]

Both arms run the same notebooks with the same parameters in a project of their own, and start without kept tables. The
plain arm makes one page a notebook, in one language; the engine makes every page in both, checks and publishes them.
`--reports all` runs each notebook of the demo for several last days, as many as make four reports or more; `one` runs
the demo's suite as it is. Prints seconds, their ratio, an unchanged suite, overhead beside the cells, and memory.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
LAST_DAYS = ("2026-03-31", "2026-06-30", "2026-08-31", "2026-09-30")
DEMO = ROOT / "params" / "demo"


def make_project(folder: Path, *, several: bool) -> list[tuple[str, dict[str, str]]]:
    """A project with the demo's notebooks; gives each run's notebook and parameters."""
    shutil.copytree(ROOT / "notebooks", folder / "notebooks", ignore=shutil.ignore_patterns(".*", "exports"))
    shutil.copytree(DEMO, folder / "params" / "demo")
    (folder / ".cx").mkdir()
    subprocess.run(
        [BIN / "python", "-c", "from cxlib.data import fingerprints; fingerprints('demo')"], cwd=ROOT, check=True
    )
    (folder / ".cx" / "simulated").symlink_to(ROOT / ".cx" / "simulated")
    suite = yaml.safe_load((DEMO / "suite.yaml").read_text())
    reports = list(suite["reports"])
    if not several:
        return [(report, {}) for report in reports]
    days = LAST_DAYS[-max(1, -(-4 // len(reports))) :]
    for settings in suite["reports"].values():
        settings["matrix"] = {"observation_end": list(days)}
    (folder / "params" / "demo" / "suite.yaml").write_text(yaml.safe_dump(suite))
    return [(report, {"observation_end": day}) for report in reports for day in days]


def forget_tables(folder: Path) -> None:
    """Make both arms read the files."""
    shutil.rmtree(folder / ".cx" / "tables", ignore_errors=True)


def plain(folder: Path, runs: list[tuple[str, dict[str, str]]]) -> float:
    """Seconds of the two command lines for every run, one after the other."""
    forget_tables(folder)
    started = time.perf_counter()
    for report, parameters in runs:
        given = [word for name, value in parameters.items() for word in ("-r", name, value)]
        notebook, out = f"notebooks/{report}.ipynb", folder / "out.ipynb"
        for command in (
            [BIN / "papermill", notebook, out, "--no-progress-bar", *given],
            [BIN / "jupyter", "nbconvert", "--to", "html", out],
        ):
            subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - started


class Memory(threading.Thread):
    """The most memory that a process itself has held, in MB."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.status, self.peak = Path(f"/proc/{pid}/status"), 0.0
        self.start()

    def run(self) -> None:
        """Look again and again until the process is gone."""
        while True:
            try:
                lines = self.status.read_text().splitlines()
            except OSError:
                return
            peak = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
            self.peak = max([self.peak, *(kilobytes / 1024 for kilobytes in peak)])
            time.sleep(0.02)


def engine(folder: Path, *options: str) -> tuple[float, float, list[dict[str, object]]]:
    """Seconds of `cx run`, the peak of its own memory, and its records."""
    started = time.perf_counter()
    with subprocess.Popen(
        [BIN / "cx", "run", "demo", "--json", *options], cwd=folder, stdout=subprocess.PIPE, text=True
    ) as process:
        memory = Memory(process.pid)
        output, _ = process.communicate()
    seconds = time.perf_counter() - started
    if process.returncode:
        raise SystemExit(output)
    return seconds, memory.peak, json.loads(output)["runs"]


def overhead(record: dict[str, object]) -> float:
    """Seconds of a run beside its cells."""
    return float(record["seconds"]) - sum(cell["seconds"] for cell in record["cells"])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--reports", choices=["all", "one"], default="all")
    options = parser.parse_args()
    os.environ.pop("CXLIB_TABLE_CACHE", None)
    with tempfile.TemporaryDirectory(prefix="cxlib-bench-") as name:
        folder = Path(name)
        runs = make_project(folder, several=options.reports == "all")
        plain_seconds, seconds, unchanged, beside, peaks = [], [], [], [], []
        for _ in range(options.rounds):
            plain_seconds.append(plain(folder, runs))
            forget_tables(folder)
            took, peak, records = engine(folder, "--force")
            seconds.append(took)
            peaks.append(peak)
            beside += [overhead(record) for record in records]
            unchanged.append(engine(folder)[0])
            print(
                f"  plain {plain_seconds[-1]:.1f} s, engine {took:.1f} s, unchanged {unchanged[-1]:.2f} s", flush=True
            )
    ratio = statistics.median(a / b for a, b in zip(plain_seconds, seconds, strict=True))
    print(f"{len(runs)} reports: {ratio:.2f} times faster (promise: 3), median of {options.rounds} rounds")
    print(f"unchanged suite {statistics.median(unchanged):.2f} s (promise: 1.5)")
    print(f"beside the cells {statistics.median(beside):.2f} s a report, at most {max(beside):.2f} s (promise: 1.2)")
    print(f"memory of the engine {max(peaks):.0f} MB (promise: 400)")


if __name__ == "__main__":
    main()
