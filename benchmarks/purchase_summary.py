"""What `purchase_summary` costs, as ratios measured side by side in one run.

    python benchmarks/purchase_summary.py                  # 10 million rows, and 1 million against lifetimes
    python benchmarks/purchase_summary.py --rows 1000000

Promises, with calibration and holdout, for ten transactions a customer in random order:
- at most 1.8 CPU times the cost of `select distinct customer_id, day` in DuckDB (both sides end as an Arrow table);
- at least 4 times faster (CPU and wall) than a well-written pandas groupby that has its rows in memory already;
- at most 1 GB of memory at its peak;
- `rfm_frame` of the same rows at most 1.5 times the CPU of the summary;
- at 1 million rows, DataFrame to DataFrame, at least 30 times faster than lifetimes.utils.calibration_and_holdout_data.

Customers buy over two years, the first of them calibration, at gamma-distributed rates with the shape published for
CDNOW (`--shape 0.243`); ids are text. The more alike customers are (`--shape 5`), the fewer share a day and the worse
the first ratio: nearly all rows are then grouped twice. Every measurement is a process of its own; each arm runs
`--rounds` times in turn and the medians are compared.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

DAYS = 730
SPLIT = "2023-12-31"
SHOWN = ("distinct", "summary", "summary, refunds", "rfm", "pandas")


def make_rows(file: Path, rows: int, shape: float) -> None:
    """Write rows, and the same with 2% refunds, as tables of a DuckDB file."""
    import duckdb
    import numpy as np
    import pandas as pd

    random, customers = np.random.default_rng(7), rows // 10
    rate, start = random.gamma(shape, 1, customers), random.integers(0, DAYS - 30, customers)
    expected = rate * (DAYS - start)
    visits = 1 + random.poisson(expected / expected.mean() * 9)
    who = np.repeat(np.arange(customers), visits)
    since = random.random(len(who)) * (DAYS - start[who])
    since[np.concatenate([[0], np.cumsum(visits)[:-1]])] = 0
    seconds = ((start[who] + since) * 86_400).astype("int64")
    order = random.permutation(len(who))
    frame = pd.DataFrame(
        {
            "who": who[order],
            "at": np.datetime64("2023-01-01", "s") + seconds[order].astype("timedelta64[s]"),
            "cents": random.integers(500, 10_000, len(who)),
        }
    )
    with duckdb.connect(str(file)) as connection:
        connection.register("frame", frame)
        columns = """'C' || lpad(who::varchar, 7, '0') as customer_id, "at"::timestamp as "at", "at"::date as day"""
        connection.execute(f"create table plain as select {columns}, cents::bigint as amount_cents from frame")
        connection.execute(
            "create table refunds as select customer_id, day, "
            "case when hash(rowid) % 50 = 0 then -amount_cents else amount_cents end as amount_cents from plain"
        )
        pairs, n = connection.execute("select count(distinct (customer_id, day)), count(*) from plain").fetchone()
    print(f"{n:,} transactions of {customers:,} customers on {pairs:,} days")


def distinct(file: Path) -> object:
    """The floor: every customer and day once."""
    import duckdb

    connection = duckdb.connect(str(file), read_only=True)
    return lambda: connection.execute("select distinct customer_id, day from plain").to_arrow_table()


def summary(file: Path, table: str = "plain") -> object:
    """Our query, its checks included."""
    import ibis

    from cxlib.data import purchase_summary

    rows = ibis.duckdb.connect(file, read_only=True).table(table)
    return lambda: purchase_summary(rows, calibration_end=SPLIT).to_pyarrow()


def rfm(file: Path) -> object:
    """The RFM frame on the same rows."""
    import ibis

    from cxlib.data import rfm_frame

    rows = ibis.duckdb.connect(file, read_only=True).table("plain")
    return lambda: rfm_frame(rows).to_pyarrow()


def in_memory(file: Path, columns: str = "customer_id, day, amount_cents") -> object:
    """The rows as a DataFrame."""
    import duckdb

    frame = duckdb.connect(str(file), read_only=True).execute(f"select {columns} from plain").df()
    return frame.assign(customer_id=frame["customer_id"].astype("str"))


def pandas_arm(file: Path) -> object:
    """The same columns by pandas, written with care: factorised ids, one sort-free groupby a level, no apply."""
    frame = in_memory(file)
    return lambda: pandas_summary(frame)


def pandas_summary(frame):
    """Calibration and holdout summary by vectorised groupbys."""
    import pandas as pd

    split, end = pd.Timestamp(SPLIT), frame["day"].max()
    codes, ids = pd.factorize(frame["customer_id"])
    days = frame.assign(code=codes).groupby(["code", "day"], sort=False)["amount_cents"].sum().reset_index()
    calibration = days[days["day"] <= split]
    by = calibration.groupby("code", sort=False)
    table = by.agg(first_day=("day", "min"), last_day=("day", "max"), n=("day", "size"), cents=("amount_cents", "sum"))
    firsts = calibration[calibration["day"] == calibration["code"].map(table["first_day"])]
    table["first_cents"] = firsts.set_index("code")["amount_cents"]
    table["frequency"] = table["n"] - 1
    table["recency"] = (table["last_day"] - table["first_day"]).dt.days
    table["T"] = (split - table["first_day"]).dt.days
    repeat = (table["cents"] - table["first_cents"]) / 100
    table["monetary_value"] = (repeat / table["frequency"].where(table["frequency"] > 0)).fillna(0)
    held = days[days["day"] > split].groupby("code", sort=False)["amount_cents"].agg(["size", "sum"])
    table["frequency_holdout"] = held["size"].reindex(table.index).fillna(0)
    table["monetary_value_holdout"] = (held["sum"] / held["size"] / 100).reindex(table.index).fillna(0)
    return table.assign(duration_holdout=(end - split).days, customer_id=ids[table.index])


def frames_arm(file: Path) -> object:
    """Ours from DataFrame to DataFrame."""
    from cxlib.data import purchase_summary

    frame = in_memory(file)
    return lambda: purchase_summary(frame, calibration_end=SPLIT)


def lifetimes_arm(file: Path) -> object:
    """The peer, from DataFrame to DataFrame."""
    warnings.simplefilter("ignore")
    from lifetimes.utils import calibration_and_holdout_data

    frame = in_memory(file, 'customer_id, "at", amount_cents')
    return lambda: calibration_and_holdout_data(frame, "customer_id", "at", SPLIT, monetary_value_col="amount_cents")


ARMS = {
    "distinct": distinct,
    "summary": summary,
    "summary, refunds": lambda file: summary(file, "refunds"),
    "rfm": rfm,
    "pandas": pandas_arm,
    "summary, DataFrame": frames_arm,
    "lifetimes": lifetimes_arm,
}


def measure(arm: str, file: Path) -> None:
    """Run one arm twice in this process and print what the first and the second call took."""
    run = ARMS[arm](file)
    first, again = timed(run), timed(run)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**first, **{f"{key}, again": value for key, value in again.items()}, "mb": memory}))


def timed(run) -> dict[str, float]:
    """CPU and wall seconds of a call."""
    before, clock = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    run()
    wall, after = time.perf_counter() - clock, resource.getrusage(resource.RUSAGE_SELF)
    return {"cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, "wall": wall}


def compare(arms: tuple[str, ...], file: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Medians of each arm over rounds in turn, each run in a fresh process."""
    found: dict[str, list[dict[str, float]]] = {arm: [] for arm in arms}
    for _ in range(rounds):
        for arm in arms:
            command = [sys.executable, __file__, "--arm", arm, "--file", str(file)]
            found[arm].append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    medians = {
        arm: {key: statistics.median(run[key] for run in runs) for key in runs[0]} for arm, runs in found.items()
    }
    for arm, m in medians.items():
        print(
            f"  {arm:20s} {m['cpu']:7.2f} CPU-s {m['wall']:7.2f} s {m['mb']:7.0f} MB; again {m['cpu, again']:.2f} CPU-s"
        )
    return medians


def make(file: Path, rows: int, shape: float) -> None:
    """Make the rows in a process of its own: a child inherits the peak memory of its parent."""
    options = ["--rows", str(rows), "--shape", str(shape), "--file", str(file)]
    subprocess.run([sys.executable, __file__, "--make", *options], check=True)


def report(rows: int, rounds: int, shape: float) -> None:
    """Print the ratios that are promised."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.duckdb"
        make(file, rows, shape)
        m = compare(SHOWN, file, rounds)
        base, own = m["distinct"]["cpu"], m["summary"]
        print(f"CPU of the summary / CPU of select distinct: {own['cpu'] / base:.2f} (at most 1.8)")
        print(f"  with 2% refunds {m['summary, refunds']['cpu'] / base:.2f}")
        print(f"CPU of rfm_frame / the summary: {m['rfm']['cpu'] / own['cpu']:.2f} (at most 1.5)")
        cpu, wall = (m["pandas"][key] / own[key] for key in ("cpu", "wall"))
        print(f"pandas / summary: CPU {cpu:.1f}, wall {wall:.1f} (at least 4)")
        print(f"peak memory {own['mb']:.0f} MB (at most 1,024)")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.duckdb"
        make(file, 1_000_000, shape)
        m = compare(("summary", "summary, DataFrame", "lifetimes"), file, rounds)
        for arm in ("summary", "summary, DataFrame"):
            first, again = (m["lifetimes"][key] / m[arm][key] for key in ("cpu", "cpu, again"))
            print(
                f"CPU of lifetimes / {arm}: first call in a process {first:.1f}, later calls {again:.1f} (at least 30)"
            )


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--shape", type=float, default=0.243)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--arm", choices=list(ARMS), help=argparse.SUPPRESS)
    parser.add_argument("--make", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.make:
        make_rows(options.file, options.rows, options.shape)
    elif options.arm:
        measure(options.arm, options.file)
    else:
        report(options.rows, options.rounds, options.shape)


if __name__ == "__main__":
    main()
