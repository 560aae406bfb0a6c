#!/usr/bin/env bash
# DuckDB 1.5.6 converts instants by the zone data of its own ICU, which is older than the tzdata package 2026.6 that
# Python's zoneinfo reads: from 1 November 2026 on Winnipeg is an hour apart, so that the rows of a day and "today" are
# counted by two clocks in one program.
# Seen 2026-11-28, noon in UTC on 15 November 2026 in America/Winnipeg: DuckDB 06:00, zoneinfo 07:00. Exits 1 if that
# changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check duckdb==1.5.6 tzdata==2026.6
seen=$(PYTHONTZPATH="" "$folder/venv/bin/python" -c '
import datetime as dt
import zoneinfo
import duckdb
noon = dt.datetime(2026, 11, 15, 12, tzinfo=dt.timezone.utc)
local = duckdb.sql("SELECT timezone($$America/Winnipeg$$, TIMESTAMPTZ $$2026-11-15 12:00:00+00$$)").fetchone()[0]
print("duckdb", local.strftime("%H:%M"), "zoneinfo", noon.astimezone(zoneinfo.ZoneInfo("America/Winnipeg")).strftime("%H:%M"))
')
echo "$seen"
if [ "$seen" != "duckdb 06:00 zoneinfo 07:00" ]; then
  echo "this has changed"
  exit 1
fi
