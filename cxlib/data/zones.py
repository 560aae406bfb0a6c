"""Calendar days of instants: one source of time zones, DuckDB's own, for today as for the rows.

Python's zones come from the operating system or from tzdata, DuckDB's from the ICU that is built into it. They are of
different years and may disagree, and DuckDB's cannot be replaced; so Python's decide nothing, they only raise doubts.
"""

from __future__ import annotations

import datetime as dt
import importlib.resources
from zoneinfo import ZoneInfo

_FIRST_NOON = dt.datetime(1990, 1, 1, 12, tzinfo=dt.UTC)


def local_day(time_zone: str, instant: dt.datetime) -> dt.date:
    """The calendar day of an instant in a time zone, as rows have it.

    >>> local_day("Asia/Riyadh", dt.datetime(2026, 1, 5, 22, 30, tzinfo=dt.UTC))
    datetime.date(2026, 1, 6)
    """
    return _clocks(time_zone, instant, days=1)[0].date()


def zone_doubt(time_zone: str, last: dt.date) -> str:
    """What a person should know where DuckDB's zone and that of Python's tzdata differ up to a day; else nothing."""
    zone, days = newest_zone(time_zone), max((last - _FIRST_NOON.date()).days + 1, 1)
    theirs = [(_FIRST_NOON + dt.timedelta(day)).astimezone(zone).replace(tzinfo=None) for day in range(days)]
    pairs = zip(_clocks(time_zone, _FIRST_NOON, days=days), theirs, strict=True)
    wrong = [(clock.date(), abs(clock - other)) for clock, other in pairs if clock != other]
    if not wrong:
        return ""
    return (
        f"The clock of {time_zone} is in doubt: DuckDB, by which days are counted, and tzdata differ on {len(wrong):,} "
        f"days from {wrong[0][0]} to {wrong[-1][0]}, first by {wrong[0][1] // dt.timedelta(minutes=1)} minutes. "
        "Instants so near to midnight may stand on the day before or after. Install the newest duckdb and tzdata."
    )


def newest_zone(time_zone: str) -> ZoneInfo:
    """A zone of the tzdata package, which is newer than most operating systems; of the system where there is none."""
    try:
        with importlib.resources.files("tzdata.zoneinfo").joinpath(*time_zone.split("/")).open("rb") as file:
            return ZoneInfo.from_file(file, key=time_zone)
    except (ModuleNotFoundError, OSError):
        return ZoneInfo(time_zone)


def _clocks(time_zone: str, instant: dt.datetime, *, days: int) -> list[dt.datetime]:
    """What the zone's clock shows at an instant, and as many days on."""
    import duckdb  # here, so that reading a mapping need not wait for it

    moments = f"SELECT to_timestamp({instant.timestamp()} + 86400 * range) AS moment FROM range({days})"
    with duckdb.connect() as con:
        rows = con.execute(f"SELECT timezone($zone, moment) FROM ({moments}) ORDER BY moment", {"zone": time_zone})
        return [clock for (clock,) in rows.fetchall()]
