#!/usr/bin/env bash
# openpyxl 3.1.5: an instant in the last half millisecond of a day, as exports write the end of a day with six digits (23:59:59.999999), is
# rounded to milliseconds when it is read and becomes midnight of the next day: the order moves to another day, month or year.
# Seen 2026-11-29: 2026-02-28T23:59:59.997000; 2026-02-28T23:59:59.999000; 2026-03-01T00:00:00. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check openpyxl==3.1.5
cd "$folder"
seen=$("$folder/venv/bin/python" -c '
import datetime as dt
import openpyxl

book = openpyxl.Workbook()
for row, fraction in enumerate([997_000, 999_000, 999_999], start=1):
    book.active.cell(row, 1, dt.datetime(2026, 2, 28, 23, 59, 59, fraction))
book.save("orders.xlsx")
print(*[cell.value.isoformat() for cell in openpyxl.load_workbook("orders.xlsx").active["A"]], sep="\n")
')
echo "$seen"
if [ "$seen" != $'2026-02-28T23:59:59.997000\n2026-02-28T23:59:59.999000\n2026-03-01T00:00:00' ]; then
  echo "this has changed"
  exit 1
fi
