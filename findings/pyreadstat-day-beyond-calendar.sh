#!/usr/bin/env bash
# pyreadstat 1.3.7 reads no cell of an SPSS file in which one date lies beyond the calendar of Python: `read_sav` raises
# OverflowError for the whole file, with `dates_as_pandas_datetime` too, and names neither column nor row. With
# `disable_datetime_conversion` the numbers come as they are, seconds since 14 October 1582. SPSS itself keeps such numbers
# (a mistyped year, or a code such as 999999999999 for unknown).
# Seen 2026-11-28: OverflowError twice, then [13986000000.0, 400000000000.0]. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pyreadstat==1.3.7 pandas==3.1.1
seen=$(cd "$folder" && venv/bin/python -c '
import pandas
import pyreadstat
frame = pandas.DataFrame({"answered": [13_986_000_000.0, 4e11]})
pyreadstat.write_sav(frame, "answers.sav", variable_format={"answered": "DATETIME20"})
for options in ({}, {"dates_as_pandas_datetime": True}, {"disable_datetime_conversion": True}):
    try:
        print(pyreadstat.read_sav("answers.sav", **options)[0].answered.tolist())
    except Exception as error:
        print(type(error).__name__, error)
')
echo "$seen"
expected="OverflowError date value out of range
OverflowError date value out of range
[13986000000.0, 400000000000.0]"
if [ "$seen" != "$expected" ]; then
  echo "this has changed"
  exit 1
fi
