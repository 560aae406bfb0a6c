#!/usr/bin/env bash
# DuckDB 1.5.6 loses every row of a CSV file whose rows end in CR LF and whose header has a quoted title with a plain LF in
# it, as a spreadsheet writes a title over two lines. With the dialect given and header = true, `read_csv` gives no row and no
# error, in strict mode, which is the default; with strict_mode = false both rows come. Left to detect the dialect, it ends
# in an error. The same LF inside a cell below the header is read rightly, and so is the header where rows end in LF.
# Seen 2026-11-28: CRLF strict [], CRLF lenient [('1', '2'), ('3', '4')], LF strict [('1', '2'), ('3', '4')].
# Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check duckdb==1.5.6
seen=$(cd "$folder" && venv/bin/python -c '
from pathlib import Path

import duckdb

DIALECT = """delim = $$,$$, quote = $$"$$, escape = $$"$$, columns = {"a": "VARCHAR", "b": "VARCHAR"}, auto_detect = false"""


def rows(end, strict):
    text = end.join(["a,\"b\nx\"", "1,2", "3,4", ""])
    Path("orders.csv").write_bytes(text.encode())
    return duckdb.sql(f"SELECT * FROM read_csv($$orders.csv$$, {DIALECT}, header = true, strict_mode = {strict})").fetchall()


print("CRLF strict", rows("\r\n", True))
print("CRLF lenient", rows("\r\n", False))
print("LF strict", rows("\n", True))
')
echo "$seen"
if [ "$seen" != "CRLF strict []
CRLF lenient [('1', '2'), ('3', '4')]
LF strict [('1', '2'), ('3', '4')]" ]; then
  echo "this has changed"
  exit 1
fi
