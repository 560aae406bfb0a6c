#!/usr/bin/env bash
# pandas 3.1.1 with numpy 2.4.6: `pd.array` of Python integers with the NumPy type "uint64" gives 0 for what lies above
# the signed 64-bit range, without a warning; `pd.Series` with the same type, the nullable "UInt64" and NumPy itself keep
# it. Ids and counters of 64 bits stand in that range.
# Seen 2026-11-28 for 18446744073709551615: array 0, the others 18446744073709551615. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pandas==3.1.1 numpy==2.4.6
seen=$("$folder/venv/bin/python" -c '
import numpy as np
import pandas as pd
ids = [2**64 - 1, 5]
made = {"array": pd.array(ids, dtype="uint64"), "series": pd.Series(ids, dtype="uint64"),
        "nullable": pd.array(ids, dtype="UInt64"), "numpy": np.array(ids, dtype="uint64")}
print(*(f"{name} {int(values[0])}" for name, values in made.items()))
')
echo "$seen"
most=18446744073709551615
if [ "$seen" != "array 0 series $most nullable $most numpy $most" ]; then
  echo "this has changed"
  exit 1
fi
