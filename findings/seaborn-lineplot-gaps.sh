#!/usr/bin/env bash
# seaborn 0.13.2 with matplotlib 3.11.2 and pandas 3.1.1: `lineplot` drops missing values and joins the points on both
# sides of the gap, where matplotlib's own `plot` leaves it open, so that a month without data looks measured. With
# `units` for each run of values and estimator=None the gap stays.
# Seen 2026-11-28, points of the line for five months of which the third is missing: seaborn 4, matplotlib 5 (one of
# them missing). Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  seaborn==0.13.2 matplotlib==3.11.2 pandas==3.1.1 numpy==2.4.6
seen=$(MPLBACKEND=Agg "$folder/venv/bin/python" -c '
import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
table = pd.DataFrame({"month": [1, 2, 3, 4, 5], "score": [10.0, 12.0, None, 9.0, 11.0]})
axes = sns.lineplot(table, x="month", y="score", estimator=None)
own = plt.figure().gca().plot(table["month"], table["score"])[0]
print("seaborn", [len(line.get_xdata()) for line in axes.lines], "matplotlib", [len(own.get_xdata())])
')
echo "$seen"
if [ "$seen" != "seaborn [4] matplotlib [5]" ]; then
  echo "this has changed"
  exit 1
fi
