"""What fitting customer-value models costs, as ratios measured side by side in one run.

    python benchmarks/clv.py                       # 1 million customers, lifetimes beside it
    python benchmarks/clv.py --customers 100000
    python benchmarks/clv.py --large               # also 10 million customers

Promises:
- BG/NBD on CDNOW at most 0.1 CPU seconds, Pareto/NBD at most 1;
- BG/NBD at 1 million customers, from the purchase summary in days, grouping and standard errors included: at least 10
  times less CPU time than lifetimes' BetaGeoFitter on the same table;
- 10 million customers at most 8 times the time of 1 million (`--large`);
- actual and expected purchases of 1 million customers by week, from their purchase days, at most 2 seconds;
- `import cxlib.clv` and everything in it at most 1 second;
- CDNOW from the log of transactions to a table of values, the whole process with its imports: faster than clvkit, where
  that is installed (`pip install --target DIR --no-deps clvkit`, then `--clvkit DIR`).

Customers buy as CDNOW's do (BG/NBD with its published parameters) over two years, in whole days. Every measurement is a
process of its own, and the medians of `--rounds` are compared.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

TRUTH = (0.243, 4.414, 0.793, 2.426)

# Each reads customer_id, date and amount, and ends with the value of every customer over a year at 10% a year.
OURS = """
import sys
import pandas as pd
from cxlib import clv
from cxlib.data import purchase_summary
log = pd.read_csv(sys.argv[1], dtype={"customer_id": "str"}, parse_dates=["date"])
log["amount_cents"] = (log["amount"] * 100).round().astype("int64")
table = purchase_summary(log.rename(columns={"date": "day"}))
often, much = clv.BetaGeoModel().fit(table), clv.GammaGammaModel().fit(table)
bought = often.discounted_purchases(table, annual_discount_rate=0.1, horizon_days=364)
print(round(float((bought * much.expected_spend(table)).sum())))
"""
CLVKIT = """
import sys
import pandas as pd
from clvkit import CLV, CustomerBase
log = pd.read_csv(sys.argv[1], dtype={"customer_id": "str"}, parse_dates=["date"])
base = CustomerBase.from_transactions(log, time_unit="W", collapse="D")
found = CLV().fit(base).predict(horizon=52, discount_rate=1.1 ** (7 / 365.25) - 1).to_pandas()
print(round(float(found["clv"].sum())))
"""
IMPORT = "import cxlib.clv as clv; [getattr(clv, name) for name in clv.__all__]"


def make_customers(file: Path, n: int) -> None:
    """Write frequency, recency and T in days."""
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(7)
    r, alpha, a, b = TRUTH
    age, leaves = random.integers(180, 728, n), random.beta(a, b, n)
    rate = np.maximum(random.gamma(r, size=n) / alpha / 7, 1e-12)
    count, last, clock, going = np.zeros(n, int), np.zeros(n), np.zeros(n), np.arange(n)
    while len(going):
        clock[going] += random.exponential(size=len(going)) / rate[going]
        going = going[clock[going] <= age[going]]
        count[going] += 1
        last[going] = clock[going]
        going = going[random.random(len(going)) >= leaves[going]]
    recency = np.ceil(last).astype(int)
    table = pd.DataFrame({"frequency": np.minimum(count, recency), "recency": recency, "T": age})
    table.to_parquet(file)
    print(f"{n:,} customers, {len(table.drop_duplicates()):,} distinct")


def make_log(customers: Path, file: Path) -> None:
    """Write customer_id and day of customers' purchases: the first, the last, and repeats on random days between."""
    import numpy as np
    import pandas as pd

    random, table = np.random.default_rng(8), pd.read_parquet(customers)
    times, recency = table["frequency"].to_numpy(), table["recency"].to_numpy()
    each, back = np.arange(len(table)), np.flatnonzero(times)
    between = np.repeat(back, times[back] - 1)
    who = np.concatenate([each, back, between])
    since = np.concatenate([0 * each, recency[back], random.integers(0, recency[between])])
    day = pd.Timestamp("2024-12-31") + pd.to_timedelta(since - table["T"].to_numpy()[who], unit="D")
    log = pd.DataFrame({"customer_id": who.astype(str), "day": day}).astype({"customer_id": "str"})
    log.to_parquet(file)
    print(f"{len(log):,} purchases")


def track(file: Path) -> object:
    """Purchases by week beside those expected, the last 26 weeks not known."""
    import pandas as pd

    from cxlib.clv import BetaGeoModel, track_purchases

    log = pd.read_parquet(file)
    model = BetaGeoModel.from_params(dict(zip(("r", "alpha", "a", "b"), TRUTH, strict=True)))
    track_purchases(model, log.head(500), calibration_end="2024-07-02")
    return lambda: track_purchases(model, log, calibration_end="2024-07-02")


def bg(file: Path) -> object:
    """Ours."""
    return fit(file, "BetaGeoModel")


def pareto(file: Path) -> object:
    """Ours, Pareto/NBD."""
    return fit(file, "ParetoNBDModel")


def fit(file: Path, name: str) -> object:
    """A fit with its standard errors."""
    import pandas as pd

    import cxlib.clv

    table, model = pd.read_parquet(file), getattr(cxlib.clv, name)
    model().fit(table.head(500))  # brings in what a process brings in once
    return lambda: model().fit(table).standard_errors_


def lifetimes_arm(file: Path) -> object:
    """The peer, in weeks as ours."""
    warnings.simplefilter("ignore")
    import pandas as pd
    from lifetimes import BetaGeoFitter

    table = pd.read_parquet(file)
    BetaGeoFitter().fit(table["frequency"][:500], table["recency"][:500] / 7, table["T"][:500] / 7)
    return lambda: BetaGeoFitter().fit(table["frequency"], table["recency"] / 7, table["T"] / 7)


ARMS = {"bg": bg, "pareto": pareto, "lifetimes": lifetimes_arm, "track": track}


def measure(arm: str, file: Path) -> None:
    """Run one arm in this process and print what it took."""
    run = ARMS[arm](file)
    before, clock = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    run()
    wall, after = time.perf_counter() - clock, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"cpu": cpu, "wall": wall, "mb": after.ru_maxrss / 1024}))


def medians(arm: str, file: Path, rounds: int) -> dict[str, float]:
    """Medians over rounds, each in a fresh process."""
    command = [sys.executable, "-W", "ignore", __file__, "--arm", arm, "--file", str(file)]
    found = [
        json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout) for _ in range(rounds)
    ]
    middle = {key: statistics.median(run[key] for run in found) for key in found[0]}
    print(f"  {arm:10s} {middle['cpu']:7.2f} CPU-s {middle['wall']:7.2f} s {middle['mb']:6.0f} MB")
    return middle


def carried(name: str) -> Path:
    """A file of lifetimes; its own `lifetimes.datasets` needs pkg_resources, which setuptools 82 took away."""
    spec = importlib.util.find_spec("lifetimes")
    if spec is None or spec.origin is None:
        raise SystemExit("lifetimes is not installed: make setup")
    return Path(spec.origin).parent / "datasets" / name


def cdnow(file: Path) -> None:
    """CDNOW's calibration summary from the table that lifetimes carries, in days."""
    import pandas as pd

    table = pd.read_csv(carried("cdnow_customers_summary.csv"), index_col=0)
    days = {name: (table[name] * 7).round().astype("int64") for name in ("recency", "T")}
    table.assign(**days)[["frequency", "recency", "T"]].reset_index(drop=True).to_parquet(file)


def whole_process(code: str, *arguments: str, path: str = "", rounds: int = 5) -> tuple[float, float, str]:
    """Median seconds and CPU seconds of a process that runs `code`, and what it printed; a first run warms up."""
    wall, cpu, said = [], [], ""
    command = [sys.executable, "-W", "ignore", "-c", code, *arguments]
    for _ in range(rounds + 1):
        before, clock = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        said = subprocess.run(
            command, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}
        ).stdout.strip()
        wall.append(time.perf_counter() - clock)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(wall[1:]), statistics.median(cpu[1:]), said


def cdnow_log(file: Path) -> None:
    """CDNOW's transactions, 1/10 sample, as lifetimes carries them: customer_id, date, amount."""
    import pandas as pd

    names = ["master", "customer_id", "date", "discs", "amount"]
    rows = pd.read_csv(carried("CDNOW_sample.txt"), header=None, sep=r"\s+", names=names, dtype={"customer_id": "str"})
    rows.assign(date=pd.to_datetime(rows["date"].astype("str")))[names[1:3] + names[4:]].to_csv(file, index=False)


def report_whole(folder: Path, clvkit: str, rounds: int) -> None:
    """Imports, and the whole process from a log to values, clvkit beside it."""
    alone = whole_process("pass", rounds=rounds)
    bare, whole = (whole_process(code, rounds=rounds) for code in ("import cxlib.clv", IMPORT))
    for name, found in (("import cxlib.clv", bare), ("and of all that is in it", whole)):
        wall, cpu = (found[k] - alone[k] for k in (0, 1))
        print(f"{name}: {wall:.2f} s, {cpu:.2f} CPU-s (at most 1)")
    log = folder / "log.csv"
    cdnow_log(log)
    own = whole_process(OURS, str(log), rounds=rounds)
    print(f"CDNOW from log to values: {own[0]:.2f} s, {own[1]:.2f} CPU-s; {own[2]} in all")
    if not clvkit and importlib.util.find_spec("clvkit") is None:
        print("clvkit is not installed, so it is not beside it")
        return
    other = whole_process(CLVKIT, str(log), path=clvkit, rounds=rounds)
    print(f"the same by clvkit:       {other[0]:.2f} s, {other[1]:.2f} CPU-s; {other[2]} in all")
    print(f"clvkit / ours: {other[0] / own[0]:.2f} in time, {other[1] / own[1]:.2f} in CPU time (more than 1)")


def report(customers: int, rounds: int, *, large: bool, peer: bool, clvkit: str = "") -> None:
    """Print what is promised."""
    with tempfile.TemporaryDirectory() as folder:
        small, file = Path(folder) / "cdnow.parquet", Path(folder) / "customers.parquet"
        report_whole(Path(folder), clvkit, max(rounds, 3))
        cdnow(small)
        print("CDNOW, 2,357 customers (promised: at most 0.1 and 1 CPU-s)")
        for arm in ("bg", "pareto"):
            medians(arm, small, rounds)
        make_customers(file, customers)
        own = medians("bg", file, rounds)
        medians("pareto", file, 1)
        log = Path(folder) / "log.parquet"
        make_log(file, log)
        print(f"by week: {medians('track', log, rounds)['wall']:.2f} s (at most 2)")
        if peer:
            other = medians("lifetimes", file, 1)
            print(f"CPU of lifetimes / BG/NBD: {other['cpu'] / own['cpu']:.0f} (at least 10)")
        if large:
            make_customers(file, 10 * customers)
            print(f"ten times the customers / once: {medians('bg', file, 1)['cpu'] / own['cpu']:.1f} (at most 8)")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--large", action="store_true", help="also ten times the customers")
    parser.add_argument("--clvkit", default="", help="folder where clvkit is installed")
    parser.add_argument("--whole", action="store_true", help="imports and whole processes only")
    parser.add_argument("--no-peer", action="store_true", help="leave lifetimes out")
    parser.add_argument("--arm", choices=list(ARMS), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.arm:
        measure(options.arm, options.file)
    else:
        warnings.simplefilter("ignore")
        if options.whole:
            with tempfile.TemporaryDirectory() as folder:
                report_whole(Path(folder), options.clvkit, max(options.rounds, 3))
            return
        peer = not options.no_peer
        report(options.customers, options.rounds, large=options.large, peer=peer, clvkit=options.clvkit)


if __name__ == "__main__":
    main()
