#!/usr/bin/env bash
# PyArabic 0.6.15: `text2number` reads the word for two hundred as 0, and "two hundred and fifty" as 50; three hundred is read.
# Seen 2026-11-29: 0; 50; 300. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pyarabic==0.6.15
cd "$folder"
seen=$("$folder/venv/bin/python" -c '
from pyarabic.number import text2number

print(text2number("\u0645\u0627\u0626\u062a\u0627\u0646"))
print(text2number("\u0645\u0627\u0626\u062a\u0627\u0646 \u0648\u062e\u0645\u0633\u0648\u0646"))
print(text2number("\u062b\u0644\u0627\u062b\u0645\u0627\u0626\u0629"))
')
echo "$seen"
if [ "$seen" != $'0\n50\n300' ]; then
  echo "this has changed"
  exit 1
fi
