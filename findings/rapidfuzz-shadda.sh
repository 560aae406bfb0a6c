#!/usr/bin/env bash
# RapidFuzz 3.14.6: `utils.default_process`, the cleaning that its guide offers before names are compared, turns each Arabic mark (a shadda, a
# fatha) into a blank, as it keeps letters and digits only: one name becomes two words, and scores lower against itself without the mark than as it was.
# Seen 2026-11-29: words after cleaning: 2; lower by the cleaning: True. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check rapidfuzz==3.14.6
cd "$folder"
seen=$("$folder/venv/bin/python" -c '
from rapidfuzz import fuzz, utils

marked, plain = "\u0645\u062d\u0645\u0651\u062f", "\u0645\u062d\u0645\u062f"
print("words after cleaning:", len(utils.default_process(marked).split()))
print("lower by the cleaning:", fuzz.token_sort_ratio(marked, plain, processor=utils.default_process) < fuzz.token_sort_ratio(marked, plain))
')
echo "$seen"
if [ "$seen" != $'words after cleaning: 2\nlower by the cleaning: True' ]; then
  echo "this has changed"
  exit 1
fi
