#!/usr/bin/env bash
# ibis 12.0.0 and DuckDB 1.5.6: the mean and the standard deviation of a decimal(10, 2) are computed as floats by DuckDB and then rounded by
# ibis to the two digits of the amounts they were made of. A cast to float64 before the mean keeps them.
# Seen 2026-11-29: {'mean': '1.67', 'std': '0.58', 'as_float': '1.6666666666666667'}. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check ibis-framework[duckdb]==12.0.0 duckdb==1.5.6 pandas==3.1.1 sqlglot==30.30.0
cd "$folder"
seen=$("$folder/venv/bin/python" -c '
import ibis
import pandas as pd

paid = ibis.memtable(pd.DataFrame({"paid": [1, 2, 2]})).mutate(paid=ibis._.paid.cast("decimal(10, 2)"))
asked = paid.aggregate(mean=paid.paid.mean(), std=paid.paid.std(), as_float=paid.paid.cast("float64").mean())
print({name: str(value) for name, value in ibis.duckdb.connect().execute(asked).iloc[0].items()})
')
echo "$seen"
if [ "$seen" != $'{\'mean\': \'1.67\', \'std\': \'0.58\', \'as_float\': \'1.6666666666666667\'}' ]; then
  echo "this has changed"
  exit 1
fi
