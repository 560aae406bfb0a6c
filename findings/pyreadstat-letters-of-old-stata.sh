#!/usr/bin/env bash
# pyreadstat 1.3.7 reads the text of a file of Stata 13 or older as Windows-1252, whatever it is, and says nothing: the
# Arabic word for quick, written by a Stata on an Arabic Windows, comes as four other signs, and `file_encoding` is None for
# such files as for new ones. `encoding="cp1256"` reads it right.
# Seen 2026-11-28: ÓÑíÚ None, then سريع None. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pyreadstat==1.3.7 pandas==3.1.1
seen=$(cd "$folder" && PYTHONIOENCODING=utf-8 venv/bin/python -c '
from pathlib import Path
import pandas
import pyreadstat
pyreadstat.write_dta(pandas.DataFrame({"why": ["wxyz"]}), "old.dta", version=12)
Path("old.dta").write_bytes(Path("old.dta").read_bytes().replace(b"wxyz", "سريع".encode("cp1256")))
for encoding in (None, "cp1256"):
    read, about = pyreadstat.read_dta("old.dta", encoding=encoding)
    print(read.why[0], about.file_encoding)
')
echo "$seen"
expected="ÓÑíÚ None
سريع None"
if [ "$seen" != "$expected" ]; then
  echo "this has changed"
  exit 1
fi
