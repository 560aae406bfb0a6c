#!/usr/bin/env bash
# A line of JSON in which a key stands twice is another row to each reader. DuckDB 1.5.6 takes the first value by
# json_extract_string, with no word, while json_keys lists the key twice and its own read_json refuses the line; pandas
# 3.1.1 takes the last; pyarrow 26.0.1 refuses the file. RFC 8259, section 4, leaves it open.
# Seen 2026-11-28. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check duckdb==1.5.6 pandas==3.1.1 pyarrow==26.0.1
seen=$(cd "$folder" && venv/bin/python -c '
from pathlib import Path
import duckdb
import pandas
import pyarrow.json
line = "{\"id\": 1, \"amount\": 3, \"amount\": 400}\n"
Path("orders.jsonl").write_text(line)
print("extract", duckdb.execute("SELECT json_extract_string(?, ?), json_keys(?)", [line, "$.amount", line]).fetchone())
for name, read in {
    "read_json": lambda: duckdb.sql("SELECT amount FROM read_json(\"orders.jsonl\")").fetchall(),
    "pandas": lambda: pandas.read_json("orders.jsonl", lines=True).amount.tolist(),
    "pyarrow": lambda: pyarrow.json.read_json("orders.jsonl").to_pydict(),
}.items():
    try:
        print(name, read())
    except Exception as error:
        print(name, type(error).__name__)
')
echo "$seen"
expected="extract ('3', ['id', 'amount', 'amount'])
read_json InvalidInputException
pandas [400]
pyarrow ArrowInvalid"
if [ "$seen" != "$expected" ]; then
  echo "this has changed"
  exit 1
fi
