"""Rendering an executed report in every language against nbconvert's stock exporter, in one run.

    python benchmarks/rendering.py [NOTEBOOK]     # the demo's last segmentation report, unless another is named

Promise: both languages of a report in at most 1.0 s after import, in one process. Every measurement is a process of its
own; the medians of `--rounds` are printed. "First" is the first rendering of a process, which also cuts the fonts.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DEMO = Path(__file__).parents[1] / "reports" / "demo" / "segmentation" / "latest" / "notebook.ipynb"


def ours(notebook: Path) -> object:
    """Both pages, checked and written."""
    from cxlib.publish import publish

    folder = Path(tempfile.mkdtemp())
    return lambda: publish(notebook, folder, languages=("en", "ar"))


def stock(notebook: Path) -> object:
    """One page as `jupyter nbconvert --to html` makes it."""
    import nbformat
    from nbconvert import HTMLExporter

    nb = nbformat.read(notebook, as_version=4)
    return lambda: HTMLExporter(template_name="lab").from_notebook_node(nb)


ARMS = {"ours, en and ar": ours, "stock lab, one language": stock}


def measure(arm: str, notebook: Path) -> None:
    """Render twice in this process and print the seconds of each."""
    run, seconds = ARMS[arm](notebook), []
    for _ in range(2):
        clock = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - clock)
    print(json.dumps(seconds))


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebook", type=Path, nargs="?", default=DEMO)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--arm", choices=list(ARMS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.notebook.exists():
        parser.error(f"{options.notebook} does not exist. Run `make report` first, or name an executed notebook.")
    if options.arm:
        measure(options.arm, options.notebook)
        return
    command = [sys.executable, __file__, str(options.notebook), "--arm"]
    for arm in ARMS:
        runs = [
            subprocess.run([*command, arm], check=True, capture_output=True, text=True) for _ in range(options.rounds)
        ]
        first, again = (statistics.median(times) for times in zip(*(json.loads(r.stdout) for r in runs), strict=True))
        print(f"  {arm:25s} first {first:.2f} s, again {again:.2f} s")
    print("at most 1.0 s for both languages")


if __name__ == "__main__":
    main()
