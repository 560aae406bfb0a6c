"""Today and the days of rows come from one source of time casts, and where another disagrees a person is told."""

import datetime as dt
import zoneinfo

import duckdb
import numpy as np
import pandas as pd
import pytest

from cxlib.data import Workspace, casts, open_workspace
from cxlib.data.casts import Formats, canonical_value, local_day, newest_zone, zone_doubt
from cxlib.data.reading.inventory import last_day
from cxlib.data.sources import check_sources
from cxlib.errors import ConfigurationError
from cxlib.runs.archive.fingerprint import versions

with duckdb.connect() as _con:
    KNOWN = {name for (name,) in _con.execute("SELECT name FROM pg_timezone_names()").fetchall()}
ZONES = sorted((zoneinfo.available_timezones() - {"localtime"}) & KNOWN)
MINUTES = dt.timedelta(minutes=20)


def test_every_zone_that_may_be_named_is_one_of_duckdbs():
    """What Python's check of a name lets through, DuckDB knows; files of Linux that are no zones are refused."""
    assert len(ZONES) > 590
    assert zoneinfo.available_timezones() - KNOWN <= {"localtime"}
    for name in ("localtime", "posixrules", "posix/Europe/London", "right/UTC", "Europe/Londn"):
        with pytest.raises(ConfigurationError, match="no time zone"):
            check_sources({"currency": "GBP", "time_zone": name, "tables": {"customers": {"path": "a"}}}, name="x")


@pytest.mark.parametrize("step", [25, pytest.param(1, marks=pytest.mark.slow)], ids=["some", "all"])
def test_today_is_the_day_of_a_row_of_this_moment_in_every_zone(step):
    """Twenty minutes before or after midnight by tzdata, in September or November 2026."""
    with duckdb.connect() as con:
        for zone in ZONES[::step]:
            date = dt.date(2026, 9, 25) if len(zone) % 2 else dt.date(2026, 11, 15)
            midnight = dt.datetime.combine(date, dt.time(), newest_zone(zone))
            instant = midnight + MINUTES * (1 if zone < "B" else -1)
            day = canonical_value("date", "moment", "TIMESTAMP WITH TIME ZONE", Formats(time_zone=zone))
            row = con.execute(f"SELECT {day} FROM (SELECT to_timestamp({instant.timestamp()}) AS moment)").fetchone()
            assert local_day(zone, instant) == row[0], zone


@pytest.mark.slow
def test_no_day_is_other_than_tzdatas_without_a_word():
    """Every hour of 2026 in every zone: where DuckDB's day is not that of tzdata, the zone is said to be in doubt."""
    hours = pd.date_range("2026-01-01", periods=365 * 24, freq="h", tz="UTC")
    doubted = {zone for zone in ZONES if zone_doubt(zone, dt.date(2026, 12, 31))}
    assert len(doubted) < 30
    with duckdb.connect() as con:
        con.execute("CREATE TABLE hours AS SELECT to_timestamp(1767225600 + 3600 * range) AS moment FROM range(8760)")
        for zone in ZONES:
            query = f"SELECT CAST(timezone('{zone}', moment) AS DATE) AS day FROM hours ORDER BY moment"
            days, clocks = con.execute(query).fetchnumpy()["day"], hours.tz_convert(newest_zone(zone)).tz_localize(None)
            assert zone in doubted or (days == clocks.normalize()).all(), zone


def test_a_zone_in_doubt_is_told_once(monkeypatch, capsys):
    """As in Morocco since 20 September 2026: which days, by how much, and what to do; the rows are DuckDB's."""
    stale = zoneinfo.ZoneInfo("Europe/Paris")
    monkeypatch.setattr(casts, "newest_zone", lambda _: stale)
    assert zone_doubt("Europe/Paris", dt.date(2026, 11, 28)) == ""
    sales = pd.DataFrame({"customer_id": ["a"], "at": ["2026-11-26T23:30:00Z"], "amount": [1]})
    frames = {"transactions": sales, "customers": pd.DataFrame({"customer_id": ["a"]})}
    shop = Workspace.from_frames(frames, currency="MAD", time_zone="Africa/Tunis", as_of=dt.date(2026, 11, 28))
    assert shop.frame("transactions").day.dt.day.tolist() == [27]
    shop.frame("customers")
    said = capsys.readouterr().err
    assert said.count("The clock of Africa/Tunis is in doubt") == 1
    assert "to 2026-10-24, first by 60 minutes" in said
    assert "Install the newest duckdb and tzdata" in said
    zone_doubt.cache_clear()  # what was said of a stale zone


def test_today_without_as_of_is_that_of_the_rows(monkeypatch):
    """The last day that counts follows DuckDB's clock, not that of the operating system."""
    monkeypatch.setattr(casts, "_clocks", lambda *_, **__: np.array(["2030-01-02T03:00"], "datetime64[us]"))
    sources = check_sources({"currency": "GBP", "time_zone": "UTC", "tables": {"customers": {"path": "a"}}}, name="x")
    assert last_day(sources) == dt.date(2030, 1, 2)


def test_the_source_of_zones_is_in_the_record():
    """run.json says by which zones days were counted."""
    assert versions()["time zones"] == f"DuckDB {duckdb.__version__}"


def test_the_demo_is_in_no_doubt(root):
    """Nothing is said where both agree."""
    workspace = open_workspace(root / "params" / "demo")
    assert zone_doubt(workspace.time_zone, workspace.as_of) == ""
