"""Rows in are the rows of the file: files of every format and many oddities, whose rows their writer counted."""

import csv
import datetime as dt
import gzip
import io
import json
import random
import re
import zipfile

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cxlib.data import open_workspace

TITLES = ["customer_id", "at", "amount", "product"]
COLUMNS = {"customer_id": "customer_id", "at": "at", "amount": "amount", "product": "product"}
WORDS = ["web", "قهوة", "a,b", 'say "hi"', "", "two\nlines", "tab\there", " blank ", "x;y|z", "1.5", "\u200f٣", "+1"]
PLAIN = ["web", "shop", "phone", "app"]
ZONE = dt.timedelta(hours=3)  # Riyadh, all year


def logical_rows(chance, words):
    """What a file is to hold: (customer, instant, cents, product)."""
    day = dt.datetime(2025, 1, 1)
    return [
        (
            f"c{chance.randrange(30)}",
            day + dt.timedelta(minutes=chance.randrange(500_000)),
            chance.randrange(-5000, 500_000),
            chance.choice(words),
        )
        for _ in range(chance.choice([0, 1, 2, 7, 40, 300]))
    ]


def as_text(row, decimal="."):
    """A row as cells of text."""
    customer, at, cents, product = row
    return [customer, str(at), f"{cents / 100:.2f}".replace(".", decimal), product]


def write_csv(chance, path, rows):
    """Delimiters, ends of lines, encodings, blank lines, names and cells over several lines, faulty lines, gzip."""
    decimal, delimiter = chance.choice([(".", ","), (",", ";"), (".", "\t"), (".", "|")])
    simple = not any("\n" in row[3] for row in rows)  # csv quotes a line break only where it ends lines
    end, encoding = (
        chance.choice(["\n", "\r\n", *["\r"] * simple]),
        chance.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16"]),
    )
    out = io.StringIO()
    quoting = chance.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting)
    header = not rows or chance.random() < 0.8
    settings = {"delimiter": delimiter, "decimal": decimal, "encoding": encoding}
    if header:
        broken = end != "\r" and chance.random() < 0.3
        writer.writerow([*TITLES[:3], "pro\nduct"] if broken else TITLES)
        settings["columns"] = COLUMNS | ({"product": "pro duct"} if broken else {})
    else:
        settings |= {"header": False, "names": TITLES}
    bad = 0
    for number, row in enumerate(rows):
        if number and chance.random() < 0.1:
            line = chance.choice(["", " ", delimiter * 3, "one cell", f"x{delimiter}\0"])
            out.write(line + end)
            bad += bool(line.strip(" "))
        writer.writerow(as_text(row, decimal))
    text = out.getvalue()
    if rows and chance.random() < 0.5:
        text = text.removesuffix(end)
    elif chance.random() < 0.3:
        text += end * 3
    data = text.encode(encoding)
    packed = chance.random() < 0.25
    path = path.with_name(f"{path.name}.csv{'.gz' * packed}")
    path.write_bytes(gzip.compress(data) if packed else data)
    return path, settings, bad


def write_jsonl(chance, path, rows):
    """Numbers and text, keys that come and go, blank lines, lines that are no objects."""
    lines, bad = [], 0
    for number, row in enumerate(rows):
        customer, at, cents, product = row
        cells = {"customer_id": customer, "at": at.isoformat(), "amount": cents / 100, "product": product}
        cells |= {} if chance.random() < 0.8 else {"more": {"n": [1, {"x": number}]}}
        if not product:
            del cells["product"]
        lines.append(json.dumps(cells, ensure_ascii=chance.random() < 0.5))
        if chance.random() < 0.1:
            lines.append(chance.choice(["", "[1]", '{"customer_id": "c"', "null"]))
            bad += bool(lines[-1])
    text = "\n".join(lines) + "\n" * chance.choice([0, 1, 3])
    packed = chance.random() < 0.3
    path = path.with_name(f"{path.name}.jsonl{'.gz' * packed}")
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    settings = {"columns": COLUMNS, "decimal": chance.choice([".", ","])}
    return path, settings | ({"columns": COLUMNS | {"product": "''"}} if not any(row[3] for row in rows) else {}), bad


def write_excel(chance, path, rows):
    """A stated size that is none, hidden and empty rows, text beside numbers and dates, a sheet of notes."""
    path = path.with_name(f"{path.name}.xlsx")
    book, decimal = openpyxl.Workbook(), chance.choice([".", ","])
    page = book.active
    page.append(TITLES)
    for row in rows:
        customer, at, cents, product = row
        as_cells = chance.random() < 0.7
        page.append([customer, at, cents / 100, product] if as_cells else as_text(row, decimal))
        if chance.random() < 0.1:
            page.append([])
        if chance.random() < 0.1:
            page.row_dimensions[page.max_row].hidden = True
    book.create_sheet("Notes").append(["none"])
    book.save(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    size = chance.choice(['<dimension ref="A1"/>', '<dimension ref="A1:D2"/>', '<dimension ref="A1:XFD9999"/>', ""])
    sheet = "xl/worksheets/sheet1.xml"
    members[sheet] = re.sub(rb"<dimension[^>]*>", size.encode(), members[sheet])
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path, {"columns": COLUMNS, "decimal": decimal}, 0


def write_parquet(chance, path, rows):
    """Row groups of any size, instants in every form, decimals and floats."""
    path = path.with_name(f"{path.name}.parquet")
    local = [row[1] for row in rows]
    kind = chance.choice(["naive", "utc", "int96", "text"])
    at = {
        "naive": lambda: pa.array(local, pa.timestamp(chance.choice(["us", "ns", "ms"]))),
        "utc": lambda: pa.array([one - ZONE for one in local], pa.timestamp("us", "UTC")),
        "int96": lambda: pa.array([one - ZONE for one in local], pa.timestamp("us")),
        "text": lambda: pa.array(map(str, local), pa.string()),
    }[kind]()
    amounts = [row[2] / 100 for row in rows]
    columns = [pa.array([row[0] for row in rows], pa.string()), at, pa.array(amounts, pa.float64())]
    table = pa.table([*columns, pa.array([row[3] for row in rows], pa.string())], names=TITLES)
    size = chance.choice([1, 7, 100_000])
    pq.write_table(table, path, row_group_size=size, use_deprecated_int96_timestamps=kind == "int96")
    return path, {"columns": COLUMNS, "decimal": chance.choice([".", ","])}, 0


def write_duckdb(chance, path, rows):
    """A table in some schema, beside others, rows deleted again."""
    path = path.with_name(f"{path.name}.duckdb")
    schema = chance.choice(["main", "erp"])
    with duckdb.connect(str(path)) as con:
        con.execute(f"create schema if not exists {schema}")
        con.execute("create table other as select 1 x")
        columns = 'customer_id varchar, "at" timestamp, amount decimal(18, 2), product varchar'
        con.execute(f"create table {schema}.sales ({columns})")
        for customer, at, cents, product in rows[:50]:
            con.execute(f"insert into {schema}.sales values (?, ?, ? / 100.0, ?)", [customer, at, cents, product])
        con.execute(f"insert into {schema}.sales values ('gone', null, 1, '')")
        con.execute(f"delete from {schema}.sales where customer_id = 'gone'")
    del rows[50:]
    return path, {"columns": COLUMNS, "table": "sales" if schema == "main" else "erp.sales"}, 0


WRITERS = {write_csv: 80, write_jsonl: 40, write_excel: 30, write_parquet: 30, write_duckdb: 20}


def lost_rows(folder, seed, files):
    """Write files, read them as sources of one table, and list those that do not give the rows they hold."""
    chance = random.Random(seed)
    expected, sources = {}, []
    for number in range(files):
        write = chance.choices(list(WRITERS), list(WRITERS.values()))[0]
        rows = logical_rows(chance, WORDS if write is not write_csv or chance.random() < 0.5 else PLAIN)
        rows = (
            rows or logical_rows(random.Random(4), PLAIN) if write is write_jsonl else rows
        )  # without names, some rows
        path, settings, bad = write(chance, folder / f"{number}", rows)
        expected[path.name] = rows, bad
        sources.append({"path": path.name, **settings})
    workspace = {"currency": "GBP", "time_zone": "Asia/Riyadh", "as_of": "2026-06-30"}
    (folder / "sources.yaml").write_text(json.dumps(workspace | {"tables": {"transactions": sources}}))
    shop = open_workspace(folder)
    table = shop.frame("transactions")
    wrong = []
    for _, name, rows_in, good, quarantined, _ in shop.counts.itertuples(index=False):
        rows, bad = expected[name]
        mine = table[table["source"] == name]
        read = sorted(zip(mine.customer_id, mine["at"], mine.amount_cents, mine["product"].fillna(""), strict=True))
        whole = sorted((*row[:3], row[3] if row[3].strip() else "") for row in rows)
        if (rows_in, good, quarantined) != (len(rows) + bad, len(rows), bad) or read != whole:
            wrong.append((name, len(rows), bad, rows_in, good, quarantined))
    assert len(expected) == len(shop.counts)
    return wrong


def test_no_row_of_a_dozen_files_is_lost(tmp_path):
    """The rows of each file, one for one: customer, instant, amount and product."""
    assert lost_rows(tmp_path, seed=1, files=12) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_no_row_of_two_hundred_files_is_lost(seed, tmp_path):
    """Twenty files a seed, of all formats."""
    assert lost_rows(tmp_path, seed=100 + seed, files=20) == []
