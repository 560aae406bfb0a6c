"""Drivers of the score: how fast exact shares are, and against a regression for every subset.

    python benchmarks/drivers.py [--most 27] [--plain 12]

Times exact LMG at several numbers of drivers, with the peak memory of the process; 1,000 resamples of the whole ranking
(12 drivers, 2,000 answers); and, at `--plain` drivers, the way of the dominance-analysis package: one least-squares
regression of the answers for every subset of drivers, with the same R2. Of that, at most 400 subsets are timed, evenly
drawn over all sizes, and the time of all is their mean times their number.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from cxlib.drivers import rank_drivers
from cxlib.drivers.importance import grouped_lmg

LIMITS = {20: 0.3, 24: 6.0, 27: 60.0}


def make(p: int, n: int = 2000) -> tuple[pd.DataFrame, pd.Series]:
    """Drivers that share a mood, and a 0-10 answer."""
    rng = np.random.default_rng(p)
    X = pd.DataFrame(rng.normal(size=(n, p)) + rng.normal(size=(n, 1))).rename(columns=str)
    y = (7 + X.mean(axis=1) * 1.5 + rng.normal(size=n)).round().clip(0, 10)
    return X, y


def lmg(X: pd.DataFrame, y: pd.Series) -> np.ndarray:
    """Exact shares of the drivers."""
    matrix = np.corrcoef(np.column_stack([X, y]), rowvar=False)
    return grouped_lmg(matrix[:, :, None], [[place] for place in range(X.shape[1])])[:, 0]


def seconds(task: Callable[[], object], rounds: int = 3) -> float:
    """Least time of several runs: whatever else the machine does only adds to one."""
    found = []
    for _ in range(rounds):
        start = time.perf_counter()
        task()
        found.append(time.perf_counter() - start)
    return min(found)


def subset_regressions(p: int, most: int = 400) -> float:
    """Seconds of a least-squares regression for every subset of drivers, estimated from `most` of them."""
    from sklearn.linear_model import LinearRegression

    X, y = make(p)
    rng = np.random.default_rng(0)
    chosen = rng.choice(2**p - 1, min(most, 2**p - 1), replace=False) + 1
    start = time.perf_counter()
    for subset in chosen:
        columns = [name for place, name in enumerate(X.columns) if subset >> place & 1]
        LinearRegression().fit(X[columns], y).score(X[columns], y)
    return (time.perf_counter() - start) / len(chosen) * (2**p - 1)


def main() -> None:
    """Time everything and print the promises beside it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=27)
    parser.add_argument("--plain", type=int, default=12)
    options = parser.parse_args()
    for p in [p for p in (8, 12, 15, 18, 20, 24, 27) if p <= options.most]:
        X, y = make(p)
        took = seconds(lambda X=X, y=y: lmg(X, y), 3 if p <= 20 else 1)  # type: ignore[misc]
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        promise = f" (at most {LIMITS[p]:g})" if p in LIMITS else ""
        print(f"exact LMG, {p} drivers: {took:.4f} s{promise}; peak {memory:.0f} MB", flush=True)
    X, y = make(12)
    print(f"1,000 resamples, 12 drivers, 2,000 answers: {seconds(lambda: rank_drivers(X, y, draws=1000), 2):.2f} s "
          "(at most 2)", flush=True)  # fmt: skip
    X, y = make(options.plain)
    plain, ours = subset_regressions(options.plain), seconds(lambda: lmg(X, y), 20)
    print(f"{options.plain} drivers: a regression for every subset {plain:.1f} s, exact LMG {ours * 1e3:.2f} ms, "
          f"ratio {plain / ours:,.0f} (at least 10,000)")  # fmt: skip


if __name__ == "__main__":
    main()
