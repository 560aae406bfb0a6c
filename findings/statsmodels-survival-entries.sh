#!/usr/bin/env bash
# statsmodels 0.15.0: who enters on the day of an event is at risk in `PHReg` and not in `SurvfuncRight`. A missing entry is neither refused
# nor read as "from the start": in `SurvfuncRight` its customer counts as an event and never as at risk, and the last of four leaves out of nobody.
# Seen 2026-11-29: at risk, SurvfuncRight: [3, 3, 2, 1]; at risk on the first day, PHReg: 4; one entry missing: [3, 2, 1, 0]. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check statsmodels==0.15.0 pandas==3.1.1
cd "$folder"
seen=$("$folder/venv/bin/python" -c '
import numpy as np
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.duration.survfunc import SurvfuncRight

days, left, entry = np.array([2.0, 3, 4, 5]), np.ones(4), np.array([0.0, 0, 2, 0])
print("at risk, SurvfuncRight:", SurvfuncRight(days, left, entry=entry).n_risk.tolist())
likelihood = PHReg(days, np.array([[0.0], [1], [1], [0]]), status=left, entry=entry).loglike(np.zeros(1))
print("at risk on the first day, PHReg:", round(float(np.exp(-likelihood) / 6)))
print("one entry missing:", SurvfuncRight(days, left, entry=np.array([0.0, 0, np.nan, 0])).n_risk.tolist())
')
echo "$seen"
if [ "$seen" != $'at risk, SurvfuncRight: [3, 3, 2, 1]\nat risk on the first day, PHReg: 4\none entry missing: [3, 2, 1, 0]' ]; then
  echo "this has changed"
  exit 1
fi
