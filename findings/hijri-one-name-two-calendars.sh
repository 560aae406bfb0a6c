#!/usr/bin/env bash
# The calendar of Umm al-Qura has one name and two tables: hijridate 2.6.0 keeps the months as they were printed in Saudi Arabia; the ICU of DuckDB
# 1.5.6 (`SET Calendar = 'islamic-umalqura'`), as that of browsers and as Java's HijrahDate, counts the months before May 1999 and after 2028 by a rule.
# Four of five days of the nineties are one day apart, none from 2000 to 2028. ummalqura 2.0.1 has the printed months but for two: in December 2024
# all its days are one less.
# Seen 2026-12-01: days apart of all, by decade: ICU 1990 2929 of 3652, 2000 0 of 3653, 2010 0 of 3652, 2030 1260 of 3652; ummalqura in 2024: 30.
# Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check hijridate==2.6.0 duckdb==1.5.6 pytz==2026.6 ummalqura==2.0.1
cd "$folder"
seen=$("$folder/venv/bin/python" -c '
import datetime as dt

import duckdb
from hijridate import Gregorian
from ummalqura.hijri_date import HijriDate

first = dt.date(1990, 1, 1)
days = [first + dt.timedelta(n) for n in range((dt.date(2040, 1, 1) - first).days)]
noon = int(dt.datetime(1990, 1, 1, 12, tzinfo=dt.timezone.utc).timestamp())
db = duckdb.connect()
db.execute("SET enable_progress_bar = false")
db.execute("SET TimeZone = \"UTC\"")
db.execute("SET Calendar = \"islamic-umalqura\"")
parts = ", ".join(f"date_part(\x27{part}\x27, noon)" for part in ("year", "month", "day"))
icu = db.execute(f"select {parts} from (select to_timestamp({noon} + 86400 * n) as noon, n from range({len(days)}) r(n)) order by n").fetchall()
printed = [Gregorian(day.year, day.month, day.day).to_hijri().datetuple() for day in days]
for decade in (1990, 2000, 2010, 2030):
    apart = [one != other for day, one, other in zip(days, icu, printed) if day.year // 10 * 10 == decade]
    print(decade, sum(apart), "of", len(apart))
dates = [HijriDate(day.year, day.month, day.day, gr=True) for day in days]
print("ummalqura 2024:", sum((one.year, one.month, one.day) != other for day, one, other in zip(days, dates, printed) if day.year == 2024))
')
echo "$seen"
if [ "$seen" != $'1990 2929 of 3652\n2000 0 of 3653\n2010 0 of 3652\n2030 1260 of 3652\nummalqura 2024: 30' ]; then
  echo "this has changed"
  exit 1
fi
