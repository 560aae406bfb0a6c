#!/usr/bin/env bash
# DuckDB 1.5.6 reads a Parquet column of decimals wider than its own 38 digits as DOUBLE, and with few decimals the value
# is another one: 12.5 written as decimal256(45, 1) by pyarrow 26.0.1 comes back as 13743895347200.0, with no error or
# warning. As decimal256(76, 35) and up to decimal256(38, 1) it is right. Spark and pyarrow write such columns where a
# schema asks for them.
# Seen 2026-11-28. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check duckdb==1.5.6 pyarrow==26.0.1
seen=$(cd "$folder" && venv/bin/python -c '
from decimal import Decimal
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
for precision, scale in ((38, 1), (45, 1), (76, 35)):
    column = pa.array([Decimal("12.5")], pa.decimal256(precision, scale))
    pq.write_table(pa.table({"amount": column}), "amounts.parquet")
    print(precision, scale, *duckdb.sql("SELECT amount, typeof(amount) FROM \"amounts.parquet\"").fetchone())
')
echo "$seen"
expected="38 1 12.5 DECIMAL(38,1)
45 1 13743895347200.0 DOUBLE
76 35 12.5 DOUBLE"
if [ "$seen" != "$expected" ]; then
  echo "this has changed"
  exit 1
fi
