"""The registry of formats: one line makes a format, and the example in docs/data.md is such a line."""

import bz2
import datetime as dt
import gzip
import json
import re
import sys
import types
from decimal import Decimal

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cxlib.data import open_workspace
from cxlib.data.connect import Store
from cxlib.data.reading.chats import TITLES, read_chat
from cxlib.data.reading.formats import FORMATS, FileFormat, format_of
from cxlib.data.sources import TableSource
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
    known = "csv, parquet, jsonl, json, excel, spss, stata, whatsapp or duckdb"
    with pytest.raises(ConfigurationError, match=f"Set 'format' to {known}"):
        format_of("a.dat", None)
    with pytest.raises(ConfigurationError, match="unpack it, or pack it with gzip"):
        format_of("a.csv.zst", None)
    with pytest.raises(ConfigurationError, match="Did you mean 'parquet'"):
        format_of("a.dat", "parqet")


CHATS = {  # of telephones set to several languages, as WhatsApp exports them
    "[٢٠٢٤/٣/١٢، ٢:٠٦:٠١ م] ~ سارة: شكرا": ("٢٠٢٤/٣/١٢ ٢:٠٦:٠١ م", "سارة", "شكرا"),
    "\u200f12\u200f/3\u200f/2024، 9:05 ص - سارة: شكرا": ("12/3/2024 9:05 ص", "سارة", "شكرا"),
    "[12.03.24, 14:06:01] Sara: Hello: you": ("12.03.24 14:06:01", "Sara", "Hello: you"),
    "[3/12/24, 2:06:01\u202fPM] +966 50 000 0000: Hello": ("3/12/24 2:06:01 PM", "+966 50 000 0000", "Hello"),
    "12/03/2024 14:06 - Sara: Hello": ("12/03/2024 14:06", "Sara", "Hello"),
}


@pytest.mark.parametrize("line", CHATS)
def test_a_message_of_a_chat_is_a_row(tmp_path, line):
    """Whatever the language of the telephone; pictures and what the program says are none, further lines go on."""
    at, sender, text = CHATS[line]
    system, picture = (
        line.replace(f"{sender}: {text}", end) for end in ("You made this group", f"{sender}: <Media omitted>")
    )
    path = tmp_path / "WhatsApp Chat with Sara (2).txt"
    path.write_text("\n".join([system, line, "and more", "", picture]), encoding="utf-8")
    store, source = Store(), TableSource(path=str(path), format="whatsapp")
    raw = read_chat(store, path, source)
    assert [field.name for field in raw.fields] == [*TITLES]
    assert store.rows(f"SELECT row, c0, c1, c2, c3 FROM ({raw.query})") == [
        (2, at, sender, "Sara", f"{text}\nand more")
    ]
    assert raw.notes == ("messages without words (pictures, recordings, what was deleted) are left out: 1",)
    path.write_text("id,amount\n1,2\n")
    with pytest.raises(DataError, match="no chat as WhatsApp exports it"):
        read_chat(store, path, source)


def test_a_chat_is_read_once(tmp_path):
    """Whose file is named twice would count twice."""
    (tmp_path / "a.txt").write_text("12/03/2024, 14:06 - Sara: Hello\n")
    source = "{path: a.txt, recipe: whatsapp-chat, dates: ['%d/%m/%Y %H:%M']}"
    top = "currency: SAR\ntime_zone: Asia/Riyadh\ntables:\n  feedback: "
    (tmp_path / "sources.yaml").write_text(f"{top}{source}\n")
    assert open_workspace(tmp_path).counts["source"].tolist() == ["chat 1"]
    (tmp_path / "sources.yaml").write_text(f"{top}[{source}, {source}]\n")
    with pytest.raises(DataError, match="names this file more than once"):
        open_workspace(tmp_path).frame("feedback")


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


def test_an_attribute_with_a_zone_is_local_time(tmp_path):
    """What customers carry besides is on the same clock as all else, also in a rule."""
    at = pa.array(INSTANTS, pa.timestamp("us", "UTC"))
    pq.write_table(pa.table({"customer_id": list("abc"), "at": at}), tmp_path / "a.parquet")
    customers = {"path": "a.parquet", "columns": {"customer_id": "customer_id", "seen": "at"}}
    customers["rules"] = {"this year": "cast(seen as date) >= date '2026-01-01'"}
    sources = {"currency": "SAR", "time_zone": "Asia/Riyadh", "as_of": "2026-06-30", "tables": {"customers": customers}}
    (tmp_path / "sources.yaml").write_text(json.dumps(sources))
    assert open_workspace(tmp_path).frame("customers").seen.tolist() == IN_RIYADH


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


def test_parquet_may_have_columns_with_the_names_of_ours(tmp_path):
    """Of which DuckDB would add one itself."""
    names = ["row", "c0", "fault", "fault_text", "filename", "file_row_number"]
    pq.write_table(pa.table({name: [str(n) for n in range(3)] for name in names}), tmp_path / "a.parquet")
    columns = {"customer_id": "c0", "at": "'2026-01-05'", "amount": "file_row_number", "product": "row || fault"}
    assert read(tmp_path, "a.parquet", columns=columns) == [["0", 0, 1], ["1", 100, 2], ["2", 200, 3]]


SALES = "customer_id,at,amount\n" + "".join(f"c{number},2026-01-05,{number}.5\n" for number in range(5))


def read(folder, file, content=None, **settings):
    """Good rows of a file of transactions: customer, cents and row; after seeing that none is lost."""
    if content is not None:
        (folder / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    tables = {"transactions": {"path": file, **settings}}
    sources = {"currency": "EUR", "time_zone": "Europe/Berlin", "as_of": "2026-06-30", "tables": tables}
    (folder / "sources.yaml").write_text(json.dumps(sources))
    shop = open_workspace(folder)
    assert (shop.counts.rows_in == shop.counts.good + shop.counts.quarantined).all()
    return shop.frame("transactions")[["customer_id", "amount_cents", "row"]].values.tolist()


def test_gzip_is_unpacked_whatever_the_name(tmp_path):
    """In one or several parts, with a faulty line; a part cut off, or packed else, is an error."""
    expected = [[f"c{number}", number * 100 + 50, number + 2] for number in range(5)]
    packed = gzip.compress(SALES.encode())
    assert read(tmp_path, "a.csv.gz", packed, format="csv") == expected
    assert read(tmp_path, "b.csv", packed) == expected
    assert read(tmp_path, "c.tsv.gz", gzip.compress(SALES.replace(",", "\t").encode())) == expected
    more = gzip.compress(b"c9,2026-01-05,1\nbad\n")
    assert read(tmp_path, "d.csv.gz", packed + more) == [*expected, ["c9", 100, 7]]
    line = json.dumps({"customer_id": "a", "at": "2026-01-05", "amount": 5}).encode()
    assert read(tmp_path, "e.jsonl.gz", gzip.compress(line)) == [["a", 500, 1]]
    for cut in (packed[:-9], packed[:40] + b"xxxx" + packed[44:]):
        with pytest.raises(DataError, match=r"f.csv.gz: cannot be read"):
            read(tmp_path, "f.csv.gz", cut)
    with pytest.raises(DataError, match=r"g.csv: this is not text but bzip2. Unpack it"):
        read(tmp_path, "g.csv", bz2.compress(SALES.encode()))


def test_names_of_columns_may_go_over_several_lines(tmp_path):
    """They are mapped as one line or as they stand; rows keep the lines that an editor shows, faulty ones too."""
    text = '"Order\nNo","Cust ""id""",At,"Amount\r\n(EUR)"\n1,a,2026-01-05,7\n2,b,2026-01-05,8\n'
    columns = {"transaction_id": "Order No", "customer_id": 'Cust "id"', "at": "At", "amount": "Amount (EUR)"}
    assert read(tmp_path, "a.csv", text, columns=columns) == [["a", 700, 4], ["b", 800, 5]]
    columns |= {"transaction_id": "Order\nNo", "amount": '"Amount\n(EUR)" * 2'}
    assert read(tmp_path, "a.csv", text + "x\n", columns=columns) == [["a", 1400, 4], ["b", 1600, 5]]
    with pytest.raises(ConfigurationError, match="there is no column 'customer_id'"):
        read(tmp_path, "b.csv", '"customer_id,at,amount\nc,2026-01-05,1\n')


def test_an_empty_row_between_tabs_is_a_row(tmp_path):
    """Whichever reader the file needs: nothing stands in it, but it is no blank line."""
    text = "customer_id\tat\tamount\n\t\t\na\t2026-01-05\t1\n"
    assert read(tmp_path, "a.tsv", text) == read(tmp_path, "a.tsv", text + "\n\nx\n") == [["a", 100, 3]]


def test_ids_are_what_a_person_sees(tmp_path):
    """Tabs, blanks and invisible marks around them are not; twenty digits are."""
    ids = ["\tabc", "abc\u200f", "\u00a0abc ", "12345678901234567890", "13085.0", "a b", "\t"]
    text = "customer_id,at,amount\n" + "".join(f"{one},2026-01-05,1\n" for one in ids)
    assert [one for one, *_ in read(tmp_path, "a.csv", text)] == ["abc"] * 3 + [ids[3], "13085", "a b"]
    rows = [{"customer_id": one, "at": "2026-01-05", "amount": 1} for one in (12345678901234567890, 1e17, 13085.0)]
    expected = ["12345678901234567890", "100000000000000000", "13085"]
    for decimal in ".,":
        lines = "\n".join(map(json.dumps, rows))
        assert [one for one, *_ in read(tmp_path, "a.jsonl", lines, decimal=decimal)] == expected
    pq.write_table(pa.table({"id": [1e17, 13085.0], "at": ["2026-01-05"] * 2, "n": [1, 1]}), tmp_path / "a.parquet")
    for sql in ("id", "cast(id as varchar)", "'C' || id"):
        columns = {"customer_id": sql, "at": "at", "amount": "n"}
        found = [one.removeprefix("C") for one, *_ in read(tmp_path, "a.parquet", columns=columns)]
        assert found == expected[1:]


STORED = [12.345, 0.125, 1234, 1e-7]
IN_CENTS = [1235, 13, 123400, 0]


@pytest.mark.parametrize(
    "sql", ["n", "n * 1", "cast(n as decimal(18, 3))", "coalesce(n, '0')", "json_extract_string(more, '$.n')", "t"]
)
def test_numbers_of_json_are_not_read_as_text(sql, tmp_path):
    """Where a decimal comma is declared for text, 12.345 is a bit more than twelve, in whatever expression."""
    rows = [{"n": one, "more": {"n": one}, "t": f"{one:.3f}".replace(".", ",")} for one in STORED]
    columns = {"customer_id": "'a'", "at": "'2026-01-05'", "amount": sql}
    found = read(tmp_path, "a.jsonl", "\n".join(map(json.dumps, rows)), decimal=",", columns=columns)
    assert [cents for _, cents, _ in found] == IN_CENTS


@pytest.mark.parametrize(
    "sql", ["n", "n || ''", "concat(d, '')", "cast(n as varchar)", "round(n, 3) || ''", "format('{:.3f}', n)", "t"]
)
def test_numbers_of_parquet_are_not_read_as_text(sql, tmp_path):
    """Nor where an expression makes text of them on the way."""
    decimals = pa.array([Decimal(str(one)) for one in STORED], pa.decimal128(18, 7))
    table = {"n": STORED, "d": decimals, "t": [f"{one:.3f}".replace(".", ",") for one in STORED]}
    pq.write_table(pa.table(table), tmp_path / "a.parquet")
    columns = {"customer_id": "'a'", "at": "'2026-01-05'", "amount": sql}
    assert [cents for _, cents, _ in read(tmp_path, "a.parquet", decimal=",", columns=columns)] == IN_CENTS


@pytest.mark.parametrize("sign", ["1", "-", "+", "(", "a", "٣", "٫"])
def test_a_part_of_a_number_separates_no_thousands(sign, tmp_path):
    """With '1' as separator, 1100 would be 100."""
    with pytest.raises(ConfigurationError, match="cannot separate thousands"):
        read(tmp_path, "a.csv", SALES, thousands=sign)


def test_tables_of_a_database_in_another_schema(tmp_path):
    """The message names the table with its schema, which reads it; an unmerged log is no part of the file."""
    with duckdb.connect(str(tmp_path / "a.duckdb")) as con:
        con.execute("create schema erp")
        con.execute("create table erp.sales as select 'a' customer_id, date '2026-01-05' \"at\", 1.5 amount")
    with pytest.raises(DataError, match=r"there is no table 'sales'. Did you mean 'erp.sales'"):
        read(tmp_path, "a.duckdb", table="sales")
    assert read(tmp_path, "a.duckdb", table="erp.sales") == [["a", 150, 1]]
    (tmp_path / "a.duckdb.wal").write_bytes(b"rows")
    with pytest.raises(DataError, match=r"a.duckdb.wal holds rows that are not in it yet"):
        read(tmp_path, "a.duckdb", table="erp.sales")
    with pytest.raises(DataError, match="not a valid DuckDB database"):
        read(tmp_path, "b.db", b"SQLite format 3\0" + bytes(4096), table="sales")
