"""Runs a suite on a disk that really is full, at every tenth of what a run needs: started by test_full_disk.

Only the kernel is a stand-in. Arguments: the project's folder, in which `reports` is a small file system of its own.
"""

import json
import os
import sys
from pathlib import Path

from nbformat import v4

from cxlib.errors import RunError
from cxlib.runs import run_suite
from cxlib.runs.archive import pages as pages_module
from cxlib.runs.archive.store import PARTIAL
from cxlib.runs.execution import engine as engine_module

EXPORT = 120_000
TENTHS = 12  # two more than a run needs, so that the last ones have room


def execute(plan, room, **_):
    """Take a notebook as run; it leaves an export behind and a page that needs fonts."""
    room.journal.notebook = v4.new_notebook(cells=[v4.new_markdown_cell("# How is the shop doing?")])
    (room.folder / "export.csv").write_bytes(b"x" * EXPORT)
    (room.folder / "notebook.ipynb").write_text(json.dumps(room.journal.notebook))
    return room.journal.notebook


def room_left(reports):
    """Bytes that can still be written."""
    found = os.statvfs(reports)
    return found.f_bavail * found.f_frsize


def leave(reports, size):
    """Fill the disk up until `size` bytes are left."""
    (reports / "filler").write_bytes(b"x" * max(0, room_left(reports) - size))


def look(reports):
    """What a reader finds: which run is the latest, and whether its pages and the front page are whole."""
    latest = reports / "demo" / "churn" / "latest"
    pages = [latest / "report.en.html", latest / "report.ar.html", *(reports / "demo").glob("index.*.html")]
    whole = all(page.read_text().rstrip().endswith("</html>") for page in pages)
    return latest.resolve().name, whole and (latest / "export.csv").stat().st_size == EXPORT and len(pages) == 4


def main(root):
    """Run with less and less room; tell what came of it."""
    os.chdir(root)
    reports, told = Path("reports"), []
    engine_module.execute = execute
    sys.modules["cxlib.runs.execution.run"].hash_package = pages_module.hash_package = lambda: "0" * 64
    before = room_left(reports)
    run_suite("demo", warm=False)
    need = before - room_left(reports)
    for tenth in range(TENTHS):
        before, _ = look(reports)
        leave(reports, need * tenth // 10)
        try:
            (record,) = run_suite("demo", force=True, warm=False).records
            status, message = str(record.status), record.error.message if record.error else ""
        except RunError as error:  # after the reports, when the front page is written
            status, message = "no front page", str(error)
        latest, whole = look(reports)
        left = [path.name for path in reports.rglob(f".*{PARTIAL}")]
        told.append({"status": status, "message": message, "kept": latest == before, "whole": whole, "left": left})
        (reports / "filler").unlink()
    (record,) = run_suite("demo", force=True, warm=False).records
    told.append({"status": str(record.status), "left": [path.name for path in reports.rglob(f".*{PARTIAL}")]})
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
