#!/usr/bin/env bash
# Babel 2.18.0: `pybabel extract` passes over a marked text in the arguments of a call that is itself an argument of a
# marked one, in silence. It finds one that is such an argument itself, and then those after it, too. A sentence that is
# passed over is in no catalogue, no tool misses it, and readers of other languages meet it in English.
# Seen 2026-11-30: "first {a}" and "second {a} {b}" with what is within the second; not "lost". Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check Babel==2.18.0
cat > "$folder/code.py" <<'PYTHON'
say(_("first {a}", a=join([_("lost")])))
say(_("second {a} {b}", a=_("argument"), b=join([_("after one")])))
PYTHON
"$folder/venv/bin/pybabel" --quiet extract --no-location --output "$folder/found.pot" "$folder/code.py"
seen=$(sed -n 's/^msgid "\(..*\)"$/\1/p' "$folder/found.pot" | sort | paste -sd '|')
echo "$seen"
if [ "$seen" != "after one|argument|first {a}|second {a} {b}" ]; then
  echo "this has changed"
  exit 1
fi
