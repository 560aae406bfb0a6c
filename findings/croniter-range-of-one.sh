#!/usr/bin/env bash
# croniter 7.0.0 reads a range of one value, such as `4-4` in the hour field, as every value of the field. Vixie cron and
# systemd read it as that one value: a job meant for four o'clock then runs each hour.
# Seen 2026-11-28, the hours of the next six runs of `0 4-4 * * *`: [1, 2, 3, 4, 5, 6]. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check croniter==7.0.0 python-dateutil==4.0.0
seen=$("$folder/venv/bin/python" -c '
import datetime as dt
from croniter import croniter
runs = croniter("0 4-4 * * *", dt.datetime(2026, 11, 28))
print([runs.get_next(dt.datetime).hour for _ in range(6)])
')
echo "$seen"
if [ "$seen" != "[1, 2, 3, 4, 5, 6]" ]; then
  echo "this has changed"
  exit 1
fi
