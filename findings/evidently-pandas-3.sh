#!/usr/bin/env bash
# evidently 0.7.23 may be installed with pandas 3 by its own metadata, and pip takes 3.1.1; but `from evidently import Report` ends in an ImportError, as it
# asks a private module of pandas for a name that is gone. With pandas 2.3.3 it works. `benchmarks/compare.py` pins that.
# Seen 2026-11-29: "cannot import name 'infer_dtype_from_object'" with 3.1.1, "imported" with 2.3.3. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check evidently==0.7.23 pandas==3.1.1
cd "$folder"
try() { { "$python" -W ignore -c 'from evidently import Report; print("imported")' 2>&1 | tail -1 | sed "s| from 'pandas.*||"; } || true; }
seen=$(try)
"$python" -m pip install --quiet --disable-pip-version-check pandas==2.3.3
seen+=$'\n'$(try)
echo "$seen"
if [ "$seen" != $'ImportError: cannot import name \'infer_dtype_from_object\'\nimported' ]; then
  echo "this has changed"
  exit 1
fi
