#!/usr/bin/env bash
# dateparser 1.5.0, its calendar for Hijri dates: one column is read in two orders, and a day that its month does not have is given another month's.
# Of 29-10-1445 the first number is the day, of 01-11-1445 the month, though the same program wrote both; and 30-10-1445, which does not exist as
# that month had 29 days, becomes the first of the next month without a word.
# Seen 2026-12-01: 29-10-1445 2024-05-08, 30-10-1445 2024-05-09, 01-11-1445 2023-07-29; days of that month 29. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check dateparser==1.5.0 hijridate==2.6.0
cd "$folder"
seen=$("$folder/venv/bin/python" -c '
from dateparser.calendars.hijri import HijriCalendar
from hijridate import Hijri

for text in ("29-10-1445", "30-10-1445", "01-11-1445"):
    print(text, HijriCalendar(text).get_date().date_obj.date())
print("days of that month", Hijri(1445, 10, 1).month_length())
')
echo "$seen"
if [ "$seen" != $'29-10-1445 2024-05-08\n30-10-1445 2024-05-09\n01-11-1445 2023-07-29\ndays of that month 29' ]; then
  echo "this has changed"
  exit 1
fi
