#!/usr/bin/env bash
# croniter 7.0.0 reads a range of one value, such as `4-4` in the hour field, as every value of the field.
# Vixie cron and systemd read it as that one value. A job meant for four o'clock then runs each hour.
# Seen 2026-11-28: hours of the next six runs of `0 4-4 * * *`; exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check croniter==7.0.0
"$folder/venv/bin/python" - <<'PY'
import datetime as dt
import sys

from croniter import croniter

runs = croniter("0 4-4 * * *", dt.datetime(2026, 11, 28))
hours = [runs.get_next(dt.datetime).hour for _ in range(6)]
print(hours)
sys.exit(hours == [4] * 6)
PY
