#!/usr/bin/env bash
# DuckDB 1.5.6: `read_parquet(..., file_row_number = true)` adds a column of that name, and refuses a file that has one already,
# as files have that were written from such a read. Without the option the column is read as any other.
# Seen 2026-11-29: "refused", then [7]. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check duckdb==1.5.6
cd "$folder"
seen=$("$folder/venv/bin/python" -c '
import duckdb
duckdb.sql("COPY (SELECT 7 AS file_row_number) TO $$one.parquet$$")
try:
    duckdb.sql("FROM read_parquet($$one.parquet$$, file_row_number = true)").fetchall()
    print("read")
except duckdb.BinderException:
    print("refused")
print([row[0] for row in duckdb.sql("FROM read_parquet($$one.parquet$$)").fetchall()])
')
echo "$seen"
if [ "$seen" != $'refused\n[7]' ]; then
  echo "this has changed"
  exit 1
fi
