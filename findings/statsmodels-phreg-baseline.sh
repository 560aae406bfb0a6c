#!/usr/bin/env bash
# statsmodels 0.15.0: the baseline of a Cox model (`PHReg.baseline_cumulative_hazard`) leaves out the events of its own time, so that the curve
# comes one event late. Five events on days 1 to 5 and no effect of the covariate: Breslow's estimate is 1/5, 1/5 + 1/4, ...; zero is given on day 1.
# Martingale residuals, made from it, do not sum to zero.
# Seen 2026-11-29: given   [0.0, 0.2, 0.45, 0.783, 1.283]; Breslow [0.2, 0.45, 0.783, 1.283, 2.283]; sum of residuals is zero: False. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check statsmodels==0.15.0 pandas==3.1.1
cd "$folder"
seen=$("$folder/venv/bin/python" -c '
import numpy as np
from statsmodels.duration.hazard_regression import PHReg

days, left = np.arange(1.0, 6), np.ones(5)
model = PHReg(days, np.array([0.0, 1, 0, 1, 0])[:, None], status=left)
given = model.baseline_cumulative_hazard(np.array([0.0]))[0][1]
print("given  ", given.round(3).tolist())
print("Breslow", np.cumsum(1 / np.arange(5.0, 0, -1)).round(3).tolist())
print("sum of residuals is zero:", abs(model.fit().martingale_residuals.sum()) < 1e-6)
')
echo "$seen"
if [ "$seen" != $'given   [0.0, 0.2, 0.45, 0.783, 1.283]\nBreslow [0.2, 0.45, 0.783, 1.283, 2.283]\nsum of residuals is zero: False' ]; then
  echo "this has changed"
  exit 1
fi
