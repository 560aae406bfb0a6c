#!/usr/bin/env bash
# DuckDB 1.5.6 turns text into a decimal of more than 18 digits about two hundred times slower than into one of 18: 500,000
# amounts such as '1234.25' take 0.02 CPU-s as DECIMAL(18, 4), 3.6 as DECIMAL(19, 4) or DECIMAL(38, 4), by CAST and TRY_CAST
# alike, with the same sum. To cast to DECIMAL(18, ...) first, and to the wide type only what failed, is nearly as fast as the
# narrow one.
# Seen 2026-11-28: narrow 0.018 s, wide 3.7 s, narrow first 0.03 s. Exits 1 if wide is less than twenty times slower.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check duckdb==1.5.6
seen=$("$folder/venv/bin/python" -c '
import sys
import time

import duckdb

database = duckdb.connect()
database.execute("SET threads = 1; SET enable_progress_bar = false")
database.execute("CREATE TABLE amounts AS SELECT (i % 100000)::VARCHAR || chr(46) || 25 AS text FROM range(500000) s(i)")


def measure(cast):
    seconds = []
    for _ in range(3):
        start = time.process_time()
        total = database.execute(f"SELECT sum({cast}) FROM amounts").fetchone()[0]
        seconds.append(time.process_time() - start)
    return min(seconds), float(total)


narrow, wide = measure("TRY_CAST(text AS DECIMAL(18, 4))"), measure("TRY_CAST(text AS DECIMAL(19, 4))")
first = measure("coalesce(TRY_CAST(text AS DECIMAL(18, 4))::DECIMAL(38, 4), TRY_CAST(text AS DECIMAL(38, 4)))")
seconds = f"narrow {narrow[0]:.3f} s, wide {wide[0]:.3f} s, narrow first {first[0]:.3f} s"
print(seconds, "sums", narrow[1], wide[1], first[1], file=sys.stderr)
print("slow" if wide[0] >= 20 * narrow[0] else "quick", "equal" if narrow[1] == wide[1] == first[1] else "unlike")
')
echo "$seen"
if [ "$seen" != "slow equal" ]; then
  echo "this has changed"
  exit 1
fi
