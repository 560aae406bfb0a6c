#!/usr/bin/env bash
# seaborn 0.13.2 with matplotlib 3.11.2 and pandas 3.1.1: `lineplot` drops missing values and joins the points on both
# sides of the gap, where matplotlib's own `plot` leaves it open. A month without data then looks measured. With `units`
# for each run of values and estimator=None the gap stays.
# Seen 2026-11-28: one line of four points for five months of which the third is missing; exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check seaborn==0.13.2 matplotlib==3.11.2 pandas==3.1.1
MPLBACKEND=Agg "$folder/venv/bin/python" - <<'PY'
import sys

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns

table = pd.DataFrame({"month": [1, 2, 3, 4, 5], "score": [10.0, 12.0, None, 9.0, 11.0]})
axes = sns.lineplot(table, x="month", y="score", estimator=None)
points = [len(line.get_xdata()) for line in axes.lines]
plain = plt.figure().gca().plot(table["month"], table["score"])[0]
print("seaborn:", points, "matplotlib:", len(plain.get_xdata()), "with the gap")
sys.exit(points != [4])
PY
