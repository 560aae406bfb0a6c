"""What clusters of a million customers cost.

    python benchmarks/clusters.py
    python benchmarks/clusters.py --customers 100000

Promises, for 2 to 8 clusters of four planted groups in two features, with 100 resamples for each number of clusters and
100 more for the mixture:
- at most 60 seconds on two cores;
- at most 2 GB of memory at its peak.

What is done on everybody: scaling, the last steps of k-means, and every label. What is done on samples, whatever the
number of customers (`cxlib.segments.Effort`): gaps are looked for among 4,000 customers, 2,000 of whom are resampled;
parameters of a mixture come from 20,000.
Smaller resamples vary more, so stability is understated, not overstated.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np
import pandas as pd


def make_customers(customers: int, groups: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Features of planted groups that lie apart, with unequal shares and spreads."""
    random = np.random.default_rng(7)
    centres = np.stack([np.arange(groups) * 1.5, (np.arange(groups) * 2 % groups) * 1.5], axis=1)
    group = random.choice(groups, customers, p=np.linspace(1, 2, groups) / np.linspace(1, 2, groups).sum())
    spread = random.uniform(0.25, 0.4, (groups, 2))
    rows = centres[group] + random.normal(size=(customers, 2)) * spread[group]
    return pd.DataFrame(rows, columns=["log_gap_days", "log_order_value"]), group


def main() -> None:
    """Read the command line, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--groups", type=int, default=4)
    options = parser.parse_args()
    from sklearn.metrics import adjusted_rand_score

    from cxlib.segments import select_clusters

    frame, group = make_customers(options.customers, options.groups)
    before, clock = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    found = select_clusters(frame)
    wall, after = time.perf_counter() - clock, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{options.customers:,} customers, {found.resamples} resamples of {found.resample_customers:,} customers")
    if found.k is not None:
        agreement = adjusted_rand_score(group, found.labels)
        print(f"{found.k} of {options.groups} groups by {found.model.method}, ARI with the truth {agreement:.3f}")
    print(f"{wall:.1f} s (at most 60), {cpu:.1f} CPU-s")
    print(f"peak memory {after.ru_maxrss / 1024:.0f} MB (at most 2,048)")


if __name__ == "__main__":
    main()
