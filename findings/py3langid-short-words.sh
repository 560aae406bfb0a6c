#!/usr/bin/env bash
# py3langid 0.4.0: where only Arabic and English are allowed, short English answers ("ok", "no") are called Arabic, which has no letter of theirs:
# both languages then have the lowest number a float can hold, and the first in the alphabet is taken. "good" and "bad" are English.
# Seen 2026-11-29: ok ar lowest float; no ar lowest float; good en scored; bad en scored. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check py3langid==0.4.0
cd "$folder"
seen=$("$folder/venv/bin/python" -c '
import py3langid

py3langid.set_languages(["ar", "en"])
for word in ("ok", "no", "good", "bad"):
    language, score = py3langid.classify(word)
    print(word, language, "lowest float" if score < -3e38 else "scored")
')
echo "$seen"
if [ "$seen" != $'ok ar lowest float\nno ar lowest float\ngood en scored\nbad en scored' ]; then
  echo "this has changed"
  exit 1
fi
