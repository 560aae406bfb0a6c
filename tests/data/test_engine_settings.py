"""What the database may take: set in `sources.yaml`, else after the machine and the files."""

import pytest

from cxlib.data import connect
from cxlib.data.connect import Store
from cxlib.data.sources import parse_sources
from cxlib.data.workspace import open_workspace
from cxlib.errors import ConfigurationError

ROWS = "customer_id,at,amount\na,2026-01-05,3\n"


def limit_mb(store):
    """The limit that holds in a store, in 10^6 bytes; DuckDB says it in 2^20."""
    number, unit = store.value("SELECT current_setting('memory_limit')").split()
    return float(number) * {"MiB": 2**20, "GiB": 2**30}[unit] / 1e6


@pytest.fixture
def shop(tmp_path):
    """A function that writes a workspace with such an `engine` and opens it."""
    folder, spill = tmp_path / "params" / "shop", tmp_path / "spill"
    folder.mkdir(parents=True)
    spill.mkdir()
    (folder / "sales.csv").write_text(ROWS)

    def write(engine):
        text = f"currency: GBP\ntime_zone: UTC\nengine: {engine}\ntables: {{transactions: {{path: sales.csv}}}}\n"
        (folder / "sources.yaml").write_text(text.replace("SPILL", str(spill)))
        return open_workspace(folder), spill

    return write


def test_settings_hold_in_the_database(shop):
    """Memory, threads and the folder; the folder is left as it was."""
    company, spill = shop("{memory_mb: 700, threads: 1, spill: SPILL}")
    store = company._shared.store
    assert company.counts["rows_in"].sum() == 1
    assert limit_mb(store) == pytest.approx(700, abs=1)
    assert store.value("SELECT current_setting('threads')") == 1
    assert store.folder.parent == spill
    assert store.value("SELECT current_setting('temp_directory')").startswith(str(spill))
    store.close()
    assert list(spill.iterdir()) == []


def test_ibis_leaves_the_clock_as_it_is():
    """It comes later than a workspace's time zone, and would set its own."""
    store = Store()
    store.run("SET TimeZone = 'Asia/Riyadh'")
    assert store.ibis.sql("SELECT 1 AS one").to_pandas()["one"].tolist() == [1]
    assert store.value("SELECT current_setting('TimeZone')") == "Asia/Riyadh"
    store.close()


def test_memory_follows_the_files_up_to_a_quarter_of_the_machine(monkeypatch):
    """Small files leave 1 GB; large ones raise it, as far as the machine goes; what is set stays."""
    monkeypatch.setattr(connect, "machine_memory_mb", lambda: 16_000.0)
    store, fixed = Store(), Store(memory_mb=500)
    for file_bytes, expected in ((10**6, 1_000), (5 * 10**8, 2_000), (10**8, 2_000), (10**11, 4_000)):
        store.make_room(file_bytes)
        fixed.make_room(file_bytes)
        assert limit_mb(store) == pytest.approx(expected, rel=0.04)  # DuckDB says tenths of GiB
        assert limit_mb(fixed) == pytest.approx(500, rel=0.04)  # DuckDB says tenths of GiB


def test_a_small_machine_has_what_it_had(monkeypatch):
    """A quarter of 2 GB is less than the least: the least stays, and the rest goes to disk."""
    monkeypatch.setattr(connect, "machine_memory_mb", lambda: 2_000.0)
    store = Store()
    store.make_room(10**12)
    assert limit_mb(store) == pytest.approx(1_000, rel=0.04)  # DuckDB says tenths of GiB


@pytest.mark.parametrize(
    ("engine", "reason"),
    [
        ("{memory_mb: 4GB}", "line 3: engine.memory_mb: a whole number is expected"),
        ("{memory_mb: 10}", "a number of at least 256 is expected"),
        ("{threads: 0}", "a number of at least 1 is expected"),
        ("{spill: /no/such/folder}", "'/no/such/folder' is no folder that can be written to"),
        ("{spill: scratch}", "give the whole path of one"),
        ("{memory: 4000}", "Did you mean 'memory_mb'"),
        ("fast", "engine"),
    ],
)
def test_what_is_no_setting_is_refused_in_words(engine, reason):
    """Line, setting, and what is expected."""
    text = f"currency: GBP\ntime_zone: UTC\nengine: {engine}\ntables: {{transactions: {{path: sales.csv}}}}\n"
    with pytest.raises(ConfigurationError, match=r"sources\.yaml") as refusal:
        parse_sources(text, name="sources.yaml")
    assert reason in str(refusal.value)
    assert "pydantic" not in str(refusal.value)
