#!/usr/bin/env bash
# openpyxl 3.1.5: of a sheet whose rows do not stand in the order of their numbers, as some exporters write them,
# `read_only=True` gives fewer rows than the ordinary mode does of the same file, without an error or a warning.
# Seen 2026-11-28, rows 1, 3, 2 of one cell each: ordinary [1, 2, 3], read-only [1, None, 3]. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check openpyxl==3.1.5
seen=$(cd "$folder" && venv/bin/python -c '
import re
import zipfile
import openpyxl
book = openpyxl.Workbook()
for number in (1, 2, 3):
    book.active.append([number])
book.save("in_order.xlsx")
with zipfile.ZipFile("in_order.xlsx") as old, zipfile.ZipFile("moved.xlsx", "w") as new:
    for name in old.namelist():
        text = old.read(name)
        if name == "xl/worksheets/sheet1.xml":
            rows = re.findall(rb"<row .*?</row>", text)
            text = text.replace(b"".join(rows), rows[0] + rows[2] + rows[1])
        new.writestr(name, text)
for mode in (False, True):
    sheet = openpyxl.load_workbook("moved.xlsx", read_only=mode).active
    print("read-only" if mode else "ordinary", [row[0] if row else None for row in sheet.iter_rows(values_only=True)])
')
echo "$seen"
expected="ordinary [1, 2, 3]
read-only [1, None, 3]"
if [ "$seen" != "$expected" ]; then
  echo "this has changed"
  exit 1
fi
