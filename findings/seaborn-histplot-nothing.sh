#!/usr/bin/env bash
# seaborn 0.13.2 with pandas 3.1.1: `histplot` of a column without a value draws an empty chart, but with `hue` it raises "No objects to concatenate" from
# inside pandas, so that a notebook which colours by a group stops on the day when nothing is left to draw; `ecdfplot` and `countplot` with `hue` draw it.
# Seen 2026-11-29: "histplot drawn", "histplot by hue ValueError", "ecdfplot by hue drawn", "countplot by hue drawn". Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check seaborn==0.13.2 pandas==3.1.1 matplotlib==3.11.2
cd "$folder"
seen=$(MPLBACKEND=agg "$folder/venv/bin/python" -W ignore -c '
import numpy as np
import pandas as pd
import seaborn as sns

customers = pd.DataFrame({"risk": [np.nan, np.nan], "held_out": ["yes", "no"]})
for name, draw, words in [
    ("histplot", sns.histplot, {"x": "risk"}),
    ("histplot by hue", sns.histplot, {"x": "risk", "hue": "held_out"}),
    ("ecdfplot by hue", sns.ecdfplot, {"x": "risk", "hue": "held_out"}),
    ("countplot by hue", sns.countplot, {"x": "risk", "hue": "held_out"}),
]:
    try:
        draw(customers, **words)
        print(name, "drawn")
    except Exception as error:
        print(name, type(error).__name__)
')
echo "$seen"
if [ "$seen" != $'histplot drawn\nhistplot by hue ValueError\necdfplot by hue drawn\ncountplot by hue drawn' ]; then
  echo "this has changed"
  exit 1
fi
