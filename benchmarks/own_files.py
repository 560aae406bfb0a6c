"""A company's own files: `cx init` and `cx check` of made orders and customers, each in a process of its own.

    python benchmarks/own_files.py [--rows 500000 5000000]

The orders have days as 31/12/2024 09:30, ids with leading zeros and six columns, the customers are a tenth as many. The
second check of a row reads what the first one kept, the third one reads the files. Prints seconds and peak memory.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import duckdb

ROOT = Path(__file__).parents[1]
ORDERS = """
SELECT 'SO-' || lpad(i::VARCHAR, 8, '0') AS "Order No",
       lpad((hash(i) % ({rows} // 10) + 1)::VARCHAR, 8, '0') AS "Customer ID",
       strftime(TIMESTAMP '2022-01-01' + INTERVAL (i * 120000000 // {rows}) SECOND, '%d/%m/%Y %H:%M') AS "Order Date",
       printf('%.2f', 5 + hash(i + 7) % 50000 / 100.0) AS "Total (SAR)",
       ['Web', 'App', 'Store'][1 + (hash(i + 3) % 3)::INT] AS Channel, 'Item ' || hash(i) % 900 AS Product
FROM range({rows}) AS t(i)"""
CUSTOMERS = """
SELECT lpad((i + 1)::VARCHAR, 8, '0') AS "Customer ID",
       strftime(DATE '2021-01-01' + (hash(i) % 700)::INT, '%Y-%m-%d') AS "Customer Since",
       ['Riyadh', 'Jeddah', 'Dammam'][1 + (hash(i + 3) % 3)::INT] AS City, 18 + hash(i) % 60 AS Age
FROM range({rows} // 10) AS t(i)"""


def run(project: Path, *words: str) -> tuple[float, int]:
    """Seconds and peak MB of one call of `cx`."""
    started = time.perf_counter()
    process = os.posix_spawn(
        sys.executable,
        [sys.executable, "-c", f"import os; os.chdir({str(project)!r}); from cxlib.cli import main; main()", *words],
        {**os.environ, "PYTHONPATH": str(ROOT)},
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)],
    )
    _, status, usage = os.wait4(process, 0)
    if status:
        raise SystemExit(f"cx {' '.join(words)} failed")
    return time.perf_counter() - started, usage.ru_maxrss // 1024


def main() -> None:
    """Make the files, measure, and say whether what is promised holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[500_000, 5_000_000])
    for rows in parser.parse_args().rows:
        with tempfile.TemporaryDirectory() as folder:
            project, files = Path(folder), Path(folder, "files")
            shutil.copytree(ROOT / "notebooks", project / "notebooks", ignore=shutil.ignore_patterns(".*", "exports"))
            (project / "params").mkdir()
            files.mkdir()
            for name, query in (("orders", ORDERS), ("customers", CUSTOMERS)):
                duckdb.sql(f"COPY ({query.format(rows=rows)}) TO '{files / name}.csv' (HEADER)")
            calls = [run(project, "init", "mine", str(files), "--yes"), run(project, "check", "mine")]
            shutil.rmtree(project / ".cx" / "tables")
            calls.append(run(project, "check", "mine"))
        told = ", ".join(
            f"{name} {seconds:.1f} s" for name, (seconds, _) in zip(("init", "check", "check anew"), calls, strict=True)
        )
        print(
            f"{rows:,} rows: {told}; init and check {calls[0][0] + calls[1][0]:.1f} s, {max(mb for _, mb in calls)} MB"
        )


if __name__ == "__main__":
    main()
