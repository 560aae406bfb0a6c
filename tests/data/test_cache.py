"""A table that was read and checked before is found again, and only while everything that decides it is the same."""

import datetime as dt
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

from cxlib.data import cache, open_workspace, workspace

SETTINGS = """
currency: GBP
time_zone: Europe/London
as_of: 2026-06-30
tables:
  transactions:
    - {path: a.csv, dates: ["%d/%m/%Y"]}
    - {path: b.csv, dates: ["%d/%m/%Y"]}
  customers: {path: c.csv}
"""


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A folder of files with good and bad rows."""
    monkeypatch.delenv(cache.SWITCH, raising=False)
    (tmp_path / "sources.yaml").write_text(SETTINGS)
    (tmp_path / "a.csv").write_text("transaction_id,customer_id,at,amount\n1,x,05/01/2026,10\n2,y,soon,3\n")
    (tmp_path / "b.csv").write_text("transaction_id,customer_id,at,amount\n1,x,06/01/2026,1\n3,\u0632,07/02/2026,2.5\n")
    (tmp_path / "c.csv").write_text("customer_id,joined_on,city\nx,2025-01-01,\u062c\u062f\u0629\ny,2025-13-01,\n")
    return tmp_path


@pytest.fixture
def readings(monkeypatch):
    """The tables that were read from their files since the test began."""
    seen = []

    def ingest(store, contract, inputs, rulebook):
        seen.append(contract.name)
        return original(store, contract, inputs, rulebook)

    original = workspace.ingest
    monkeypatch.setattr(workspace, "ingest", ingest)
    return seen


def _everything(company):
    return [company.frame(name) for name in company.tables] + [
        company.quarantine(), company.counts, company.rules, company.warnings,
    ]  # fmt: skip


def test_a_kept_table_is_the_same_to_the_bit(shop, readings):
    """Rows with their types and order, quarantine, counts, rules and warnings; and no file is read a second time."""
    first = _everything(open_workspace(shop))
    assert sorted(readings) == ["customers", "transactions"]
    assert len(first[-4]) == 3  # three bad rows: the comparison below is about something
    second = _everything(open_workspace(shop))
    assert len(readings) == 2
    for before, after in zip(first, second, strict=True):
        pd.testing.assert_frame_equal(before, after)


def _rewrite(shop, name, old, new):
    path = shop / name
    path.write_text(path.read_text().replace(old, new))


@pytest.mark.parametrize(
    "change",
    [
        lambda shop: _rewrite(shop, "a.csv", "10", "11"),
        lambda shop: _rewrite(shop, "sources.yaml", "a.csv, dates", "a.csv, one_row_is: line, dates"),
        lambda shop: _rewrite(shop, "sources.yaml", "2026-06-30", "2026-01-06"),
        lambda shop: _rewrite(shop, "sources.yaml", "GBP", "KWD"),
    ],
    ids=["a byte of a file", "how it is read", "the last day", "the currency"],
)
def test_what_decides_a_table_makes_it_be_read_again(shop, readings, change):
    """A kept table never stands in for another one."""
    open_workspace(shop).frame("transactions")
    change(shop)
    again = open_workspace(shop).frame("transactions")
    assert readings == ["transactions"] * 2
    os.environ[cache.SWITCH] = "0"
    try:
        pd.testing.assert_frame_equal(again, open_workspace(shop).frame("transactions"))
    finally:
        del os.environ[cache.SWITCH]


def test_other_code_reads_again(shop, readings, monkeypatch):
    """A change in the code that reads and checks counts as a change of the data."""
    open_workspace(shop).frame("customers")
    monkeypatch.setattr(cache, "_code", lambda: "another")
    open_workspace(shop).frame("customers")
    assert readings == ["customers"] * 2


def test_the_code_that_decides_a_table_is_all_of_the_reading():
    """Whatever reads and checks counts, rooms included; what is made of the tables afterwards does not."""
    rooms = {path.relative_to(cache.Path(cache.__file__).parents[1]).parent.as_posix() for path in cache.code_files()}
    assert rooms == {".", "data", "data/reading", "data/recipes"}
    named = {path.stem for path in cache.code_files()}
    assert {"ingest", "rules", "casts", "readers", "raw", "formats", "strict_yaml"} <= named


def test_nothing_is_kept_when_switched_off(shop, readings, monkeypatch):
    """With the switch in the environment every opening reads its files and leaves nothing behind."""
    monkeypatch.setenv(cache.SWITCH, "0")
    for _ in range(2):
        open_workspace(shop).frame("customers")
    assert readings == ["customers"] * 2
    assert not (shop / ".cx").exists()


def test_a_folder_that_cannot_be_written_is_no_hindrance(shop, readings):
    """Here a file stands where the folder would be."""
    (shop / ".cx").write_text("in the way")
    for _ in range(2):
        assert len(open_workspace(shop).frame("customers")) == 1
    assert readings == ["customers"] * 2


def test_a_disk_that_fills_up_keeps_nothing(shop, readings, monkeypatch):
    """The table is there all the same, and no half of it is found later."""

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache.os, "fsync", full)
    assert len(open_workspace(shop).frame("customers")) == 1
    assert [path.name for path in (shop / ".cx" / "tables").iterdir() if path.is_dir()] == []


def test_a_type_that_parquet_lacks_is_not_kept(shop, readings):
    """DuckDB would write a 128-bit number as a rounded one."""
    _rewrite(
        shop,
        "sources.yaml",
        "{path: c.csv}",
        "{path: c.csv, columns: {customer_id: customer_id, big: 'cast(9 as hugeint)'}}",
    )
    for _ in range(2):
        open_workspace(shop).frame("customers")
    assert readings == ["customers"] * 2


def test_several_at_once_read_once(shop, readings):
    """Notebooks that run side by side wait for the one that reads."""
    with ThreadPoolExecutor(4) as pool:
        frames = list(pool.map(lambda _: open_workspace(shop).frame("transactions"), range(4)))
    assert readings == ["transactions"]
    assert all(frame.equals(frames[0]) for frame in frames)


def test_what_nobody_asks_for_goes(shop):
    """A table that was not used for a fortnight is removed when another one is kept."""
    open_workspace(shop).frame("customers")
    (kept,) = (path for path in (shop / ".cx" / "tables").iterdir() if path.is_dir())
    long_ago = time.time() - dt.timedelta(days=15).total_seconds()
    os.utime(kept, (long_ago, long_ago))
    open_workspace(shop).frame("transactions")
    assert not kept.exists()


def test_what_another_user_has_kept_is_as_good(shop, readings, monkeypatch, capfd):
    """Who may read it but not touch it uses it all the same, and nothing is said to have been dropped that stays."""
    open_workspace(shop).frame("customers")

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "utime", refuse)
    open_workspace(shop).frame("customers")
    assert (readings, capfd.readouterr().err) == (["customers"], "")
    (kept,) = (path for path in (shop / ".cx" / "tables").iterdir() if path.is_dir())
    (kept / "table.json").write_text("{}")
    monkeypatch.setattr(Path, "rename", refuse)
    open_workspace(shop).frame("customers")
    assert "it cannot be taken away and the files are read again" in capfd.readouterr().err
