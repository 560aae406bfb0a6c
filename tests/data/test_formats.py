"""The registry of formats: one line makes a format, and the example in docs/data.md is such a line."""

import datetime as dt
import json
import re
import sys
import types
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cxlib.data import open_workspace
from cxlib.data.reading.formats import FORMATS, FileFormat, format_of
from cxlib.errors import ConfigurationError, DataError


@pytest.fixture
def feather(root, monkeypatch):
    """The example of the docs, added to the registry."""
    guide = (root / "docs" / "data.md").read_text().split("## A new input format")[1].split("\n## ")[0]
    reader, line = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    module = types.ModuleType("cxlib.data.reading.feather")
    exec(reader, module.__dict__)  # our own docs
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(FORMATS, "feather", None)  # the line below replaces it; after the test it is gone
    exec(line, {"FORMATS": FORMATS, "FileFormat": FileFormat})


def test_the_example_of_the_docs_reads_and_checks_a_file(feather, tmp_path):
    """Rows arrive in canonical form, a faulty one in the quarantine, whether the format is declared or not."""
    rows = pd.DataFrame({"customer_id": ["x", "y"], "at": ["2026-01-05", "soon"], "amount": [2.5, 3.0]})
    rows.to_feather(tmp_path / "a.feather")
    for declared in ("", ", format: feather"):
        (tmp_path / "sources.yaml").write_text(
            "currency: GBP\ntime_zone: Europe/London\nas_of: 2026-06-30\n"
            f"tables:\n  transactions: {{path: a.feather{declared}}}\n"
        )
        shop = open_workspace(tmp_path)
        assert shop.frame("transactions")["amount_cents"].tolist() == [250]
        assert shop.quarantine()[["source", "row", "value"]].to_numpy().tolist() == [["a.feather", 2, "soon"]]
    (tmp_path / "a.feather").write_bytes(b"no feather")
    with pytest.raises(DataError, match=r"a.feather: this is not a Feather file"):
        open_workspace(tmp_path).frame("transactions")


@pytest.mark.parametrize("name", FORMATS)
def test_every_reader_is_there(name):
    """The registry names functions that exist; each suffix means one format."""
    assert callable(FORMATS[name].load_reader())
    assert all(format_of(f"file{suffix.upper()}", None) is FORMATS[name] for suffix in FORMATS[name].suffixes)


def test_an_unknown_suffix_and_an_unknown_name():
    """Both say what is allowed."""
    with pytest.raises(ConfigurationError, match="Set 'format' to csv, parquet, jsonl, excel or duckdb"):
        format_of("a.dat", None)
    with pytest.raises(ConfigurationError, match="Did you mean 'parquet'"):
        format_of("a.dat", "parqet")


INSTANTS = [dt.datetime(2026, 1, 5, 22, 30), dt.datetime(2025, 12, 31, 23, 30), dt.datetime(2026, 6, 5, 20, 59, 59)]
IN_RIYADH = [instant + dt.timedelta(hours=3) for instant in INSTANTS]
DAYS = [dt.datetime.combine(instant, dt.time()) for instant in IN_RIYADH]
MONTHS = [day.replace(day=1) for day in DAYS]


def instants(folder, file, expressions):
    """What expressions over the columns of a file make of an instant in Riyadh: one list for each expression."""
    targets = [("tickets", "opened_at"), ("messages", "sent_at"), ("sessions", "at"), ("surveys", "at")]
    targets = targets[: len(expressions)]
    columns = [{"customer_id": "'a'", target: sql} for (_, target), sql in zip(targets, expressions, strict=True)]
    tables = {table: {"path": file, "columns": one} for (table, _), one in zip(targets, columns, strict=True)}
    sources = {"currency": "SAR", "time_zone": "Asia/Riyadh", "as_of": "2026-06-30", "tables": tables}
    (folder / "sources.yaml").write_text(json.dumps(sources))
    shop = open_workspace(folder)
    assert shop.counts.quarantined.sum() == 0
    return [shop.frame(table)[target].tolist() for table, target in targets]


@pytest.mark.parametrize("unit", ["us", "ns"])
def test_int96_is_an_instant_also_beside_other_files(unit, tmp_path):
    """Spark's default for timestamps: a clock of UTC, whatever the others of the table are."""
    for name, zone, int96 in (("1", None, True), ("2", "UTC", False), ("3", "UTC", True)):
        table = pa.table({"at": pa.array(INSTANTS, pa.timestamp(unit, zone))})
        pq.write_table(table, tmp_path / f"{name}.parquet", use_deprecated_int96_timestamps=int96)
    assert instants(tmp_path, "*.parquet", ["at"]) == [IN_RIYADH * 3]
    assert instants(tmp_path, "1.parquet", ["at", "cast(at as date)"]) == [IN_RIYADH, DAYS]


def test_a_clock_without_a_zone_stays_the_local_one(tmp_path):
    """Only INT96 has no way to say that it is local."""
    pq.write_table(pa.table({"at": pa.array(INSTANTS, pa.timestamp("us"))}), tmp_path / "a.parquet")
    pd.DataFrame({"at": [str(instant) for instant in INSTANTS]}).to_csv(tmp_path / "a.csv", index=False)
    local = [dt.datetime.combine(instant, dt.time()) for instant in INSTANTS]
    assert instants(tmp_path, "a.parquet", ["at", "cast(at as date)"]) == [INSTANTS, local]
    assert instants(tmp_path, "a.csv", ["at", "cast(at as timestamp)", "date(at)"]) == [INSTANTS, INSTANTS, local]


def test_days_of_typed_instants_are_those_of_the_workspace(tmp_path):
    """Inside an expression as outside of it, and of milliseconds since 1970."""
    at = pa.array(INSTANTS, pa.timestamp("us", "UTC"))
    since = [int(instant.replace(tzinfo=dt.UTC).timestamp() * 1000) for instant in INSTANTS]
    pq.write_table(pa.table({"at": at, "ms": since}), tmp_path / "a.parquet")
    days = ["cast(at as date)", "date_trunc('day', at)", "strftime(at, '%Y-%m-%d')", "date(epoch_ms(ms))"]
    assert instants(tmp_path, "a.parquet", days) == [DAYS] * 4
    month = "make_date(year(at), month(at), 1)"
    times = [
        "cast(at as timestamp)",
        "to_timestamp(ms / 1000)",
        "timezone('Asia/Riyadh', timezone('UTC', epoch_ms(ms)))",
    ]
    assert instants(tmp_path, "a.parquet", [month, *times]) == [MONTHS] + [IN_RIYADH] * 3


@pytest.mark.parametrize("offset", ["Z", "+00:00", " Etc/UTC"])
def test_days_of_instants_in_text_are_those_of_the_workspace(offset, tmp_path):
    """A cast heeds the offset that a text has, as the reading of a bare column does."""
    pd.DataFrame({"at": [instant.isoformat() + offset for instant in INSTANTS]}).to_csv(tmp_path / "a.csv", index=False)
    days = ["cast(at as date)", "try_cast(trim(at) as date)", "date_trunc('day', cast(at as timestamp))"]
    month = "make_date(year(at::timestamp), month(at::timestamp), 1)"
    assert instants(tmp_path, "a.csv", [*days, month]) == [*[DAYS] * 3, MONTHS]
    if offset == "Z":
        itself = "timezone('Asia/Riyadh', timezone('UTC', cast(at as timestamp)))"
        assert instants(tmp_path, "a.csv", ["strptime(at, '%Y-%m-%dT%H:%M:%SZ')", itself]) == [IN_RIYADH] * 2


def test_a_format_that_ends_in_z_reads_a_clock_of_utc(sales):
    """Declared as it looks, '%H:%M:%SZ' says which clock it is."""
    shop = sales("customer_id,at,amount\na,05/06/2026 23:30Z,1\n", 'dates: ["%d/%m/%Y %H:%MZ"]')
    assert shop.frame("transactions")["at"].tolist() == [dt.datetime(2026, 6, 6, 0, 30)]


def test_names_and_types_of_parquet_that_duckdb_takes_otherwise(tmp_path, write_workspace):
    """Names that differ in capitals only, text not marked as such, nested columns between; too wide decimals."""
    table = {
        "nested": [{"amount": 7, "y": {"z": 1}}, None],
        "customer_id": pa.array(["قهوة".encode(), b"b"], pa.binary()),
        "at": ["2026-01-05", "2026-01-06"],
        "Amount": [1, 2],
        "list": [[1], [2, 3]],
        "amount": [3, 4],
        "wide": pa.array([Decimal("12.5"), None], pa.decimal256(45, 1)),
    }
    pq.write_table(pa.table(table), tmp_path / "a.parquet")
    columns = "columns: {customer_id: customer_id, at: at, amount: %s}"
    folder = write_workspace(f"transactions: {{path: a.parquet, {columns % 'amount'}}}")
    found = open_workspace(folder).frame("transactions")
    assert found[["customer_id", "amount_cents"]].values.tolist() == [["قهوة", 300], ["b", 400]]
    write_workspace(f"transactions: {{path: a.parquet, {columns % 'wide'}}}")
    with pytest.raises(DataError, match="column 'wide' has decimals of 45 digits; write it with 38"):
        open_workspace(folder).frame("transactions")
