#!/usr/bin/env bash
# pyreadstat 1.3.7, SPSS files: an answer that the file declares missing (99 for refused) comes back as an empty cell, like
# one that was never given, and nothing tells that it was there: `missing_ranges` is empty as well, unless `user_missing`
# is set; with it the 99 is a number among the others, a promoter to whoever counts from 9 up. Two labels of values that
# differ only beyond 120 bytes (60 Arabic letters) are written as one text without a word.
# Seen 2026-11-28, the lines of `expected`. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pyreadstat==1.3.7 pandas==3.1.1
seen=$(cd "$folder" && venv/bin/python -c '
import pandas
import pyreadstat
frame = pandas.DataFrame({"nps": [10.0, 99.0, None]})
pyreadstat.write_sav(frame, "a.sav", missing_ranges={"nps": [99]})
for user_missing in (False, True):
    read, about = pyreadstat.read_sav("a.sav", user_missing=user_missing)
    print(read.nps.tolist(), about.missing_ranges)
labels = {1: "a" * 120 + "1", 2: "a" * 120 + "2"}
pyreadstat.write_sav(frame, "b.sav", variable_value_labels={"nps": labels})
cut = pyreadstat.read_sav("b.sav")[1].variable_value_labels["nps"].values()
print(len(set(cut)), "text for two labels, of", len(list(cut)[0]), "characters")
')
echo "$seen"
expected="[10.0, nan, nan] {}
[10.0, 99.0, nan] {'nps': [{'lo': 99.0, 'hi': 99.0}]}
1 text for two labels, of 120 characters"
if [ "$seen" != "$expected" ]; then
  echo "this has changed"
  exit 1
fi
