#!/usr/bin/env bash
# threadpoolctl 3.8.0 with scikit-learn 1.9.1: `threadpool_limits(1)` limits the libraries that are loaded when it is set.
# scikit-learn brings an OpenMP of its own, so that a block which imports scikit-learn inside it, as a program does that
# imports late to start quickly, runs k-means on every core; the same block run a second time keeps to one.
# Seen 2026-11-29 on two cores: True, then 1. Exits 1 if that changes (it needs more than one core to show).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check scikit-learn==1.9.1 threadpoolctl==3.8.0
seen=$(OMP_NUM_THREADS=2 "$folder/venv/bin/python" -c '
from threadpoolctl import threadpool_limits
def threads():
    with threadpool_limits(1):
        from sklearn.utils._openmp_helpers import _openmp_effective_n_threads
        return _openmp_effective_n_threads()
print(threads() > 1, threads())
')
echo "$seen"
if [ "$seen" != "True 1" ]; then
  echo "this has changed"
  exit 1
fi
