#!/usr/bin/env bash
# pandas 3.1.1: mapping a text Series by a Series of days raises TypeError ("Cannot cast DatetimeArray to dtype float64")
# where that is empty, as the first day of customers is who have not bought yet; by an empty Series of numbers or of text
# every value is missing, as by a Series of days that holds other keys.
# Seen 2026-11-29: numbers missing, text missing, other days missing, no days TypeError. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pandas==3.1.1
seen=$("$folder/venv/bin/python" -c '
import pandas as pd
customers = pd.Series(["a", "b"])
by = {"numbers": pd.Series(dtype="float64"), "text": pd.Series(dtype="str"),
      "other days": pd.Series(pd.to_datetime(["2026-01-05"]), index=["c"]), "no days": pd.Series(dtype="datetime64[ns]")}
for name, table in by.items():
    try:
        print(name, "missing" if customers.map(table).isna().all() else "found")
    except TypeError as error:
        print(name, type(error).__name__)
')
echo "$seen"
if [ "$seen" != "numbers missing
text missing
other days missing
no days TypeError" ]; then
  echo "this has changed"
  exit 1
fi
