#!/usr/bin/env bash
# ibis 12.0.0: one expression, another number on Polars 2.1.0 than on DuckDB 1.5.6. `nunique` counts a missing value as one more, so that sales
# without a customer are a customer; `length` counts bytes, so that an Arabic comment is about twice as long; and a number with decimals cast to a
# whole one is cut on Polars and rounded on DuckDB. ibis hides neither and warns of none.
# Seen 2026-12-01: DuckDB customers 2, letters 5, whole 3; Polars customers 3, letters 10, whole 2. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check ibis-framework[duckdb,polars]==12.0.0 duckdb==1.5.6 polars==2.1.0 pandas==3.1.1
cd "$folder"
seen=$("$folder/venv/bin/python" -c '
import ibis
import pandas as pd

sales = ibis.memtable(pd.DataFrame({"customer": ["a", "b", None], "comment": ["\u0645\u0645\u062a\u0627\u0632", None, None], "paid": [2.7, 2.7, 2.7]}))
asked = sales.aggregate(customers=sales.customer.nunique(), letters=sales.comment.length().sum(), whole=sales.paid.cast("int64").max())
for name, engine in (("DuckDB", ibis.duckdb.connect()), ("Polars", ibis.polars.connect())):
    print(name, {title: int(value) for title, value in engine.execute(asked).iloc[0].items()})
')
echo "$seen"
if [ "$seen" != $'DuckDB {\'customers\': 2, \'letters\': 5, \'whole\': 3}\nPolars {\'customers\': 3, \'letters\': 10, \'whole\': 2}' ]; then
  echo "this has changed"
  exit 1
fi
