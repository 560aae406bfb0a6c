#!/usr/bin/env bash
# seaborn 0.13.2: `countplot(stat="percent")` divides by all rows, also by those whose `hue` is missing and which it does not draw:
# the bars of five customers of whom one has no plan sum to 80 %.
# Seen 2026-11-29: 80.0. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check seaborn==0.13.2 pandas==3.1.1
cd "$folder"
seen=$("$folder/venv/bin/python" -c '
import matplotlib
matplotlib.use("Agg")
import pandas as pd
import seaborn as sns

asked = pd.DataFrame({"score": list("aabbb"), "plan": ["x", None, "x", "y", "y"]})
axes = sns.countplot(asked, x="score", hue="plan", stat="percent")
print(round(sum(bar.get_height() for bar in axes.patches), 6))
')
echo "$seen"
if [ "$seen" != $'80.0' ]; then
  echo "this has changed"
  exit 1
fi
