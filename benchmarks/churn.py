"""What the churn analyses cost on large tables, measured against what is promised.

    python benchmarks/churn.py                 # every part
    python benchmarks/churn.py snapshots       # one part
    python benchmarks/churn.py snapshots --scale 0.1

Snapshots: one row a customer and cut-off for 1 million customers and 12 cut-offs, 31 features from 10 million
transactions (and a million tickets, half a million answers, 2 million visits, 2 million messages), written to Parquet:
at most 90 s and 4 GB at the peak. Customers buy over four years at gamma-distributed rates with the shape published for
CDNOW; ids are text. The tables lie in a DuckDB file, as a workspace keeps them. Each measurement is a process of its
own.

Expected maximum profit of 1 million risks: at most 0.5 s and faster than the package empulse, which is measured beside
it where it can be imported (PYTHONPATH) and is no dependency.

Survival: a Kaplan-Meier curve with intervals and median of 1 million spells at most 0.5 s, in whole days and, without a
promise, in days with decimals (nearly all distinct); a Cox regression with 20 covariates and standard errors
at most 1 s for 7,000 spells and 3 s for 20,000. The best of five counts.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

# ---- measuring


def measured(run: Callable[[], object]) -> dict[str, float]:
    """CPU and wall seconds of a call, and the peak memory of this process so far in megabytes."""
    before, clock = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    run()
    wall, after = time.perf_counter() - clock, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu": cpu, "wall": wall, "mb": after.ru_maxrss / 1024}


def in_own_process(step: str, *options: object) -> dict[str, float]:
    """Run a step of `STEPS` in a fresh process: a child inherits the peak memory of its parent."""
    command = [sys.executable, __file__, "--step", step, *map(str, options)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: dict[str, float] = json.loads(said.splitlines()[-1])
    return found


# ---- snapshots

DAYS, SHAPE = 1461, 0.243
CUT_OFFS, HORIZON_DAYS, ALIVE_DAYS = 12, 90, 10_000


def make_tables(folder: Path, scale: float) -> dict[str, float]:
    """Write the tables of a company of `scale` million customers to a DuckDB file."""
    import duckdb
    import numpy as np
    import pandas as pd

    random, customers = np.random.default_rng(7), round(1_000_000 * scale)
    rate, start = random.gamma(SHAPE, 1, customers), random.integers(0, 300, customers)
    expected = rate * (DAYS - start)
    visits = 2 + random.poisson(expected / expected.mean() * 8)
    who = np.repeat(np.arange(customers), visits)
    since = (random.random(len(who)) * (DAYS - start[who])).astype("int64")
    since[np.concatenate([[0], np.cumsum(visits)[:-1]])] = 0
    order = random.permutation(len(who))
    frame = pd.DataFrame({"who": who[order], "number": (start[who] + since)[order]})
    with duckdb.connect(str(folder / "tables.duckdb")) as connection:
        connection.register("frame", frame)
        identity, day = (
            "'C' || lpad(who::varchar, 7, '0') as customer_id",
            "(date '2022-01-01' + number::integer) as day",
        )
        connection.execute("select setseed(0.7)")
        connection.execute(
            f"create table transactions as select {identity}, {day}, "
            "case when random() < 0.02 then -1 else 1 end * (500 + (random() * 9500)::bigint) as amount_cents, "
            "'product ' || (random() * 9)::integer as product, 'channel ' || (random() * 2)::integer as channel "
            "from frame"
        )
        later = "moment + to_minutes((random() * 9000)::integer)"
        for table, share, columns in (
            ("tickets", 0.1, f"moment as opened_at, {later} as closed_at"),
            ("surveys", 0.05, "(random() * 10)::bigint as nps, (1 + (random() * 4)::integer)::double as csat"),
            ("sessions", 0.2, "(1 + random() * 20)::bigint as pages, random() < 0.5 as searched, "
                              "random() < 0.7 as found, random() < 0.4 as goal_met"),
            ("messages", 0.2, f"case when random() < 0.3 then {later} end as opened_at"),
        ):  # fmt: skip
            moment = "day + to_minutes(600 + (random() * 600)::integer) as moment"
            rows = f"select customer_id, day, {moment} from transactions where random() < {share}"
            connection.execute(f"create table {table} as select customer_id, day, {columns} from ({rows})")
        names = ("transactions", "tickets", "surveys", "sessions", "messages")
        return {name: connection.execute(f"select count(*) from {name}").fetchone()[0] for name in names}


def snapshot_rows(folder: Path, _: float) -> dict[str, float]:
    """Write the snapshots, and count them."""
    import duckdb
    import ibis

    from cxlib.data import SnapshotDesign, write_snapshots

    connection = ibis.duckdb.connect(folder / "tables.duckdb", memory_limit="3GB", temp_directory=str(folder))
    tables = {name: connection.table(name) for name in connection.list_tables()}
    options = {"kind": "purchases", "cut_offs": CUT_OFFS, "horizon_days": HORIZON_DAYS, "alive_days": ALIVE_DAYS}
    written = folder / "snapshots"
    found = measured(lambda: write_snapshots(tables, SnapshotDesign(one_time=True, **options), written))
    rows = duckdb.sql(f"select count(*) from '{written}/*.parquet'").fetchone()[0]
    columns = len(duckdb.sql(f"select * from '{written}/*.parquet' limit 0").columns) - 4
    return {
        **found,
        "rows": rows,
        "features": columns,
        "on_disk": sum(f.stat().st_size for f in written.iterdir()) / 1e6,
    }


def report_snapshots(scale: float) -> None:
    """Print what the snapshots cost."""
    with tempfile.TemporaryDirectory() as folder:
        made = in_own_process("make", "--folder", folder, "--scale", scale)
        print("snapshots: " + ", ".join(f"{rows:,} {name}" for name, rows in made.items()))
        found = in_own_process("write", "--folder", folder, "--scale", scale)
    print(f"  {found['rows']:,} rows of {found['features']} features, {found['on_disk']:,.0f} MB on disk")
    print(f"  {found['cpu']:.1f} CPU-s, {found['wall']:.1f} s (at most 90), peak {found['mb']:,.0f} MB (at most 4,096)")


# ---- expected maximum profit

ROUNDS = 5


def make_scores(folder: Path, scale: float) -> dict[str, float]:
    """Write outcomes and risks of `scale` million customers, three in ten of whom left."""
    import numpy as np

    random, n = np.random.default_rng(7), round(1_000_000 * scale)
    left = random.random(n) < 0.3
    risk = random.beta(2, 4, n) + 0.15 * left * random.random(n)
    np.savez(folder / "scores.npz", left=left.astype("int64"), risk=risk)
    return {"customers": n}


def own_profit(folder: Path, _: float) -> dict[str, float]:
    """Ours: the best of some rounds, after one on few rows."""
    from cxlib.churn import empc

    return best_profit(folder, lambda left, risk: empc(left, risk).value)


def peer_profit(folder: Path, _: float) -> dict[str, float]:
    """The package empulse, where it can be imported."""
    try:
        from empulse.metrics import empc_score
    except ImportError as error:
        return {"missing": 1, "reason": str(error)}  # type: ignore[dict-item]
    return best_profit(folder, empc_score)


def best_profit(folder: Path, score: Callable[..., float]) -> dict[str, float]:
    """What the fastest round took, and the value that it found."""
    import numpy as np

    held = np.load(folder / "scores.npz")
    left, risk = held["left"], held["risk"]
    score(left[:1000], risk[:1000])
    rounds = [measured(lambda: score(left, risk)) for _ in range(ROUNDS)]
    return {**min(rounds, key=lambda found: found["wall"]), "value": float(score(left, risk))}


def report_profit(scale: float) -> None:
    """Print expected maximum profit beside empulse's."""
    with tempfile.TemporaryDirectory() as folder:
        made = in_own_process("make-scores", "--folder", folder, "--scale", scale)
        own = in_own_process("profit", "--folder", folder, "--scale", scale)
        peer = in_own_process("empulse", "--folder", folder, "--scale", scale)
    print(f"expected maximum profit: {made['customers']:,} customers, best of {ROUNDS}")
    print(f"  cxlib   {own['wall']:.3f} s (at most 0.5), {own['cpu']:.3f} CPU-s, value {own['value']:.9f}")
    if "missing" in peer:
        print(f"  empulse cannot be imported here, so it is not beside it ({peer['reason']})")
        return
    print(f"  empulse {peer['wall']:.3f} s, {peer['cpu']:.3f} CPU-s, value {peer['value']:.9f}")
    print(f"  time of empulse / cxlib: {peer['wall'] / own['wall']:.2f} (above 1)")


# ---- survival

SPELLS, COVARIATES = 1_000_000, 20


def make_spells(n: int, *, whole_days: bool = True) -> pd.DataFrame:
    """Memberships of up to three years of which two in five ended."""
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(7)
    x = random.normal(size=(n, COVARIATES))
    life, seen = random.exponential(900 * np.exp(-0.1 * x.sum(axis=1))), random.uniform(0, 1095, n)
    days = np.minimum(life, seen)
    spells = pd.DataFrame({"duration_days": np.ceil(days) if whole_days else days, "ended": life <= seen})
    return spells.assign(**{f"x{k}": x[:, k] for k in range(COVARIATES)}) if n <= 100_000 else spells


def best_of_five(run: Callable[[], object]) -> dict[str, float]:
    """The measurement with the least wall time."""
    return min((measured(run) for _ in range(5)), key=lambda found: found["wall"])


def kaplan_meier_seconds(_: Path, scale: float) -> dict[str, float]:
    """A curve of a million spells in whole days."""
    from cxlib.churn import estimate_survival

    spells = make_spells(round(SPELLS * scale))
    return best_of_five(lambda: estimate_survival(spells).median)


def kaplan_meier_decimals(_: Path, scale: float) -> dict[str, float]:
    """The same in days with decimals."""
    from cxlib.churn import estimate_survival

    spells = make_spells(round(SPELLS * scale), whole_days=False)
    return best_of_five(lambda: estimate_survival(spells).median)


def cox_seconds(_: Path, scale: float) -> dict[str, float]:
    """A Cox regression of `scale` spells."""
    from cxlib.churn import fit_cox

    spells = make_spells(round(scale))
    return best_of_five(lambda: fit_cox(spells, [f"x{k}" for k in range(COVARIATES)]))


def report_survival(scale: float) -> None:
    """Print what survival models cost."""
    n = round(SPELLS * scale)
    for step, what, promise in (
        ("kaplan_meier", f"Kaplan-Meier, {n:,} spells in whole days", " (at most 0.5)"),
        ("kaplan_meier_decimals", f"Kaplan-Meier, {n:,} spells in days with decimals", ""),
    ):
        found = in_own_process(step, "--folder", ".", "--scale", scale)
        print(f"survival: {what}: {found['wall']:.3f} s{promise}, {found['cpu']:.3f} CPU-s")
    for rows, promise in ((7_000, 1), (20_000, 3)):
        found = in_own_process("cox", "--folder", ".", "--scale", rows)
        print(f"  Cox, {rows:,} spells: {found['wall']:.3f} s (at most {promise}), {found['cpu']:.3f} CPU-s")


# ---- the command line

PARTS: dict[str, Callable[[float], None]] = {
    "profit": report_profit, "snapshots": report_snapshots, "survival": report_survival,
}  # fmt: skip
STEPS: dict[str, Callable[[Path, float], dict[str, float]]] = {
    "make": make_tables, "write": snapshot_rows, "make-scores": make_scores, "profit": own_profit,
    "empulse": peer_profit, "kaplan_meier": kaplan_meier_seconds, "kaplan_meier_decimals": kaplan_meier_decimals,
    "cox": cox_seconds,
}  # fmt: skip


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="parts to run; all when left out")
    parser.add_argument("--scale", type=float, default=1, help="size of the tables, 1 as promised")
    parser.add_argument("--step", choices=list(STEPS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        print(json.dumps(STEPS[options.step](options.folder, options.scale)))
        return
    for part in options.parts or PARTS:
        PARTS[part](options.scale)


if __name__ == "__main__":
    main()
