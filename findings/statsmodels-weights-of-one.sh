#!/usr/bin/env bash
# statsmodels 0.15.0: `SurvfuncRight` gives another standard error where every customer has a frequency weight of one: Greenwood's without
# weights, the square root of the sum of d / n^2 (of the cumulative hazard, not of the share that stays) with them. The curve itself is the same.
# Seen 2026-11-29: same curve: True; no weights     [0.1521, 0.1925, 0.2222]; weights of one [0.1667, 0.2603, 0.423]. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check statsmodels==0.15.0 pandas==3.1.1
cd "$folder"
seen=$("$folder/venv/bin/python" -c '
import numpy as np
from statsmodels.duration.survfunc import SurvfuncRight

days, left = np.array([1.0, 2, 2, 3, 4, 5]), np.array([1, 1, 0, 1, 0, 1])
plain, weighted = SurvfuncRight(days, left), SurvfuncRight(days, left, freq_weights=np.ones(6))
print("same curve:", np.allclose(plain.surv_prob, weighted.surv_prob))
print("no weights    ", plain.surv_prob_se[:3].round(4).tolist())
print("weights of one", weighted.surv_prob_se[:3].round(4).tolist())
')
echo "$seen"
if [ "$seen" != $'same curve: True\nno weights     [0.1521, 0.1925, 0.2222]\nweights of one [0.1667, 0.2603, 0.423]' ]; then
  echo "this has changed"
  exit 1
fi
