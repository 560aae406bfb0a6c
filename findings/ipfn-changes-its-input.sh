#!/usr/bin/env bash
# ipfn 1.4.4 (raking of survey weights): the frame that is handed in is raked in place. Raked a second time to other margins, as a jackknife or
# a bootstrap does, it starts from the weights of the first time.
# Seen 2026-11-29: [27.6, 22.4, 32.4, 17.6]. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check ipfn==1.4.4 pandas==3.1.1
cd "$folder"
seen=$("$folder/venv/bin/python" -c '
import pandas as pd
from ipfn import ipfn

answers = pd.DataFrame({"plan": list("aabb"), "age": list("yoyo"), "weight": [10.0, 20, 30, 40]})
plans = pd.Series([50.0, 50], index=pd.Index(["a", "b"], name="plan"), name="weight")
ages = pd.Series([60.0, 40], index=pd.Index(["y", "o"], name="age"), name="weight")
ipfn.ipfn(answers, [plans, ages], [["plan"], ["age"]], weight_col="weight").iteration()
print(answers["weight"].round(1).tolist())
')
echo "$seen"
if [ "$seen" != $'[27.6, 22.4, 32.4, 17.6]' ]; then
  echo "this has changed"
  exit 1
fi
