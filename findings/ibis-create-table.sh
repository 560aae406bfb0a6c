#!/usr/bin/env bash
# ibis 12.0.0 with sqlglot 30.30.0, which its own requirement (23.4 or newer) allows: `create_table` of a DataFrame on DuckDB 1.5.6 sends SQL that
# does not parse ("syntax error at end of input"). With sqlglot 30.16.0 it works; a table made of an expression (`memtable`) works with both.
# Seen 2026-11-29: 30.16.0: frame works; 30.16.0: expression works; 30.30.0: frame Parser Error: syntax error at end of input; 30.30.0: expression works. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check ibis-framework[duckdb]==12.0.0 duckdb==1.5.6 pandas==3.1.1
cd "$folder"
seen=$(for sqlglot in 30.16.0 30.30.0; do
  "$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check sqlglot==$sqlglot >&2
  "$folder/venv/bin/python" -c '
import duckdb
import ibis
import pandas as pd

con, frame = ibis.duckdb.connect(), pd.DataFrame({"customers": [1, 2]})
for what, data in {"frame": frame, "expression": ibis.memtable(frame)}.items():
    try:
        con.create_table(what, data)
        print(what, "works")
    except duckdb.ParserException as error:
        print(what, error)
' | sed "s/^/$sqlglot: /"
done)
echo "$seen"
if [ "$seen" != $'30.16.0: frame works\n30.16.0: expression works\n30.30.0: frame Parser Error: syntax error at end of input\n30.30.0: expression works' ]; then
  echo "this has changed"
  exit 1
fi
