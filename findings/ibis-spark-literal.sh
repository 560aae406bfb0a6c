#!/usr/bin/env bash
# ibis 12.0.0: `to_sql` for Spark raises an AttributeError on any literal with decimals, as it asks a session that `to_sql` does not have how missing
# numbers are told. The same expression prints for DuckDB and PostgreSQL, and a column cast to float prints for Spark.
# Seen 2026-11-29: duckdb prints; postgres prints; pyspark 'NoneType' object has no attribute 'treat_nan_as_null'. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check ibis-framework[duckdb]==12.0.0 pandas==3.1.1 sqlglot==30.30.0
cd "$folder"
seen=$("$folder/venv/bin/python" -c '
import ibis

orders = ibis.table({"customers": "int64"}, name="orders")
for dialect in ("duckdb", "postgres", "pyspark"):
    try:
        ibis.to_sql(orders.mutate(half=orders.customers * 0.5), dialect=dialect)
        print(dialect, "prints")
    except AttributeError as error:
        print(dialect, error)
')
echo "$seen"
if [ "$seen" != $'duckdb prints\npostgres prints\npyspark \'NoneType\' object has no attribute \'treat_nan_as_null\'' ]; then
  echo "this has changed"
  exit 1
fi
