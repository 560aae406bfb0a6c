"""Check and quarantine against one full scan: ``python benchmarks/quarantine.py --rows 10000000``.

Ten million canonical transactions with 1,000 planted faults are checked by four rules (a required id, a date that is
not in the future, an amount within limits, an id that no other row has), and every faulty row is listed. Measured
against a query that reads the same columns once and aggregates each; both run in processes of their own, so that memory
is theirs, and the least of five runs counts, since whatever else the machine does only adds to one.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

FAULTS = 1_000
AS_OF = dt.date(2025, 12, 31)
SCAN = """select count(*), min(transaction_id), max(transaction_id), min(customer_id), max(customer_id),
          min("at"), max("at"), min(amount_cents), max(amount_cents), sum(amount_cents) from transactions"""


def make(path: Path, rows: int) -> None:
    """Write the transactions to a DuckDB file; every 1/1000th row has one of four faults."""
    step = rows // FAULTS
    with duckdb.connect(str(path), config={"memory_limit": "1GB"}) as con:
        con.execute(f"""create table transactions as select
            'T' || lpad((case when fault = 3 then i - 1 else i end)::varchar, 9, '0') as transaction_id,
            case when fault = 0 then null else 'C' || ((i * 7919) % {max(rows // 10, 1)}) end as customer_id,
            timestamp '2020-01-01' + to_seconds((i * 37) % 150000000)
                + case when fault = 1 then interval 20 year else interval 0 year end as "at",
            case when fault = 2 then 900000000 else (i * 31) % 20000 - 500 end as amount_cents,
            i + 1 as "row"
            from (select i, case when i % {step} = {step - 1} then (i // {step}) % 4 end as fault
                  from range({rows}) r(i))""")


def cpu_seconds() -> float:
    """CPU time of this process, all threads."""
    times = os.times()
    return times.user + times.system


def scan(path: Path) -> dict[str, float]:
    """Read the same columns once, aggregating each."""
    with duckdb.connect(str(path), read_only=True, config={"memory_limit": "300MB"}) as con:
        seconds = []
        for _ in range(5):
            start = cpu_seconds()
            con.execute(SCAN).fetchall()
            seconds.append(cpu_seconds() - start)
    return {"cpu": min(seconds)}


def check(path: Path) -> dict[str, float]:
    """List every fault, by cxlib."""
    from cxlib.data.rules import FAULTS, Rule, repeated_keys, with_faults

    con = duckdb.connect(str(path), read_only=True, config={"memory_limit": "300MB"})
    end = AS_OF + dt.timedelta(days=1)
    rules = [
        Rule("missing", "", "customer_id", "customer_id IS NULL", "customer_id"),
        Rule("future", "", "at", f"\"at\" >= DATE '{end}'", '"at"'),
        Rule("too high", "", "amount", "amount_cents > 100_000_000", "amount_cents"),
    ]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    seconds = []
    for _ in range(5):
        start = cpu_seconds()
        marked = with_faults("transactions", rules)
        faulty = con.execute(f"SELECT {FAULTS} FROM ({marked}) WHERE {FAULTS} IS NOT NULL").fetchall()
        repeats = repeated_keys(con, 'SELECT "row", transaction_id FROM transactions', "transaction_id", order='"row"')
        entries = [entry for (mark,) in faulty for entry in mark.split("\x1e")[:-1]]
        repeated = con.execute(repeats).fetchall() if repeats else []
        seconds.append(cpu_seconds() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    return {"cpu": min(seconds), "peak_mb": peak, "before_mb": before, "faults": len(entries) + len(repeated)}


def in_process(task: str, path: Path) -> dict[str, float]:
    """Run one task in a process of its own."""
    command = [sys.executable, __file__, "--task", task, "--path", str(path)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return dict(json.loads(done.stdout))


def main() -> None:
    """Make the table, measure both, and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--task", choices=["scan", "check"])
    parser.add_argument("--path", type=Path)
    options = parser.parse_args()
    if options.task:
        print(json.dumps({"scan": scan, "check": check}[options.task](options.path)))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "transactions.duckdb"
        make(path, options.rows)
        floor, ours = in_process("scan", path), in_process("check", path)
    print(f"rows {options.rows:,}; planted faults {FAULTS:,}; listed {ours['faults']:,.0f}")
    print(f"scan and aggregate: {floor['cpu']:.2f} CPU-s; check and list: {ours['cpu']:.2f} CPU-s")
    print(f"ratio {ours['cpu'] / floor['cpu']:.2f} (at most 2)")
    print(f"peak memory {ours['peak_mb']:.0f} MB, of which libraries {ours['before_mb']:.0f} MB (at most 600)")


if __name__ == "__main__":
    main()
