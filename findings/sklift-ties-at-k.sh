#!/usr/bin/env bash
# scikit-uplift 0.5.1: `uplift_at_k` cuts the list at k in the order of the rows, so that the same customers with the same scores in another order have
# another uplift where scores are equal at the cut, as they are for every model made of rules or trees. `qini_auc_score` does not depend on the order.
# Seen 2026-11-29: 0.0 0.0; -1.0 0.0. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check scikit-uplift==0.5.1 pandas==3.1.1
cd "$folder"
seen=$("$folder/venv/bin/python" -c '
import warnings
warnings.filterwarnings("ignore")
import numpy as np
from sklift.metrics import qini_auc_score, uplift_at_k

bought = np.array([1, 0, 1, 0, 0, 1, 0, 1])
called = np.array([1, 1, 0, 0, 1, 1, 0, 0])
score = np.full(8, 0.5)
for rows in (np.arange(8), np.array([0, 5, 3, 6, 1, 2, 4, 7])):
    y, treated = bought[rows], called[rows]
    print(float(uplift_at_k(y, score, treated, strategy="overall", k=0.5)), float(qini_auc_score(y, score, treated)))
')
echo "$seen"
if [ "$seen" != $'0.0 0.0\n-1.0 0.0' ]; then
  echo "this has changed"
  exit 1
fi
