"""Files into canonical tables: every format, every fault, and not one row lost."""

import csv
import datetime as dt
import io
import json
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxlib.data import Workspace, ingest, open_workspace
from cxlib.data.reading.files import _on_disk
from cxlib.errors import ConfigurationError, DataError

HEADER = "transaction_id,customer_id,at,amount\n"


def accounts(workspace):
    """rows_in, good and quarantined of a workspace's only source, after seeing that they agree."""
    ((rows_in, good, bad),) = workspace.counts[["rows_in", "good", "quarantined"]].values.tolist()
    assert rows_in == good + bad
    return rows_in, good, bad


FRAME = pd.DataFrame(
    {
        "transaction_id": ["1", "2", "3"],
        "customer_id": [13085.0, 13085.0, 7.0],
        "at": ["2026-01-05 23:30:00", "2026-01-06T00:30:00", "2026-01-07"],
        "amount": [0.615, -2.5, 1.005],
    }
)


@pytest.mark.parametrize("suffix", ["csv", "parquet", "jsonl", "json", "xlsx", "duckdb", "tsv", "sav", "zsav", "dta"])
def test_every_format_gives_the_same_table(suffix, tmp_path, workspace):
    """Ids without .0, days as dates, cents rounded half away from zero, whatever the file."""
    path = tmp_path / f"sales.{suffix}"
    match suffix:
        case "csv":
            FRAME.to_csv(path, index=False)
        case "tsv":
            FRAME.to_csv(path, index=False, sep="\t")
        case "parquet":
            FRAME.to_parquet(path)
        case "jsonl":
            FRAME.to_json(path, orient="records", lines=True)
        case "json":
            path.write_text(json.dumps({"of": "2026", "sales": {"rows": json.loads(FRAME.to_json(orient="records"))}}))
        case "xlsx":
            FRAME.to_excel(path, index=False)
        case "sav" | "zsav":
            pyreadstat.write_sav(FRAME, path, compress=suffix == "zsav")
        case "dta":
            pyreadstat.write_dta(FRAME, path)
        case "duckdb":
            with duckdb.connect(str(path)) as con:
                con.register("frame", FRAME)
                con.execute("create table sales as select * from frame")
    found = workspace(f"transactions: {{path: sales.{suffix}, table: sales}}").frame("transactions")
    assert found.customer_id.tolist() == ["13085", "13085", "7"]
    assert found.amount_cents.tolist() == [62, -250, 101]
    assert found.day.dt.date.tolist() == [dt.date(2026, 1, day) for day in (5, 6, 7)]
    assert found.row.tolist() == ([2, 3, 4] if suffix in {"csv", "tsv", "xlsx"} else [1, 2, 3])
    assert set(found.source) == {f"sales.{suffix}"}


def test_a_json_document_is_its_longest_list(tmp_path, workspace):
    """Keys within keys are columns, numbers are read as they stand, and what holds no list is refused."""
    rows = [
        {"id": "1", "who": {"id": "007"}, "when": "2026-01-05", "sum": 12.345},
        {"id": "2", "who": {"id": "008"}, "when": "2026-01-06", "sum": 1e2, "tags": ["a"]},
    ]
    columns = "{transaction_id: id, customer_id: who.id, at: when, amount: sum}"
    shop = workspace(
        f"transactions: {{path: a.json, decimal: ',', columns: {columns}}}",
        a__json=json.dumps({"count": 2, "few": [{"x": 1}], "data": {"rows": rows}}),
    )
    frame = shop.frame("transactions")
    assert frame["customer_id"].tolist() == ["007", "008"]
    assert frame["amount_cents"].tolist() == [1235, 10000]
    with pytest.raises(DataError, match="holds no list of objects"):
        workspace("transactions: {path: a.json}", a__json='{"a": 1}').table("transactions")


def test_a_frame_of_any_types_is_read():
    """Time zones, categories, mixed objects and gaps in the index are no hindrance."""
    frame = pd.DataFrame(
        {
            "customer_id": pd.Categorical(["a", "b", "a"]),
            "amount": [1, "2.50", None],
            "at": pd.to_datetime(["2026-01-05 23:30", "2026-06-05 23:30", "2026-01-01 00:00"]).tz_localize("UTC"),
        },
        index=[7, 7, 9],
    )
    shop = Workspace.from_frames({"transactions": frame}, currency="SAR", time_zone="Asia/Riyadh")
    found = shop.frame("transactions")
    assert found.amount_cents.tolist() == [100, 250]
    assert found.day.dt.date.tolist() == [dt.date(2026, 1, 6), dt.date(2026, 6, 6)]
    assert found.transaction_id.tolist() == ["transactions:1", "transactions:2"]
    assert shop.quarantine()[["row", "rule"]].values.tolist() == [[3, "a required value is missing"]]


def test_instants_with_an_offset_become_local_days(sales):
    """23:30 in UTC in July is the next day in London; an instant without an offset is local already."""
    text = HEADER + "1,a,2026-01-05T23:30:00Z,1\n2,a,2025-07-05T23:30:00Z,1\n3,a,2025-07-05T23:30:00,1\n"
    assert sales(text).frame("transactions").day.dt.date.tolist() == [
        dt.date(2026, 1, 5),
        dt.date(2025, 7, 6),
        dt.date(2025, 7, 5),
    ]
    ends = ["T23:30Z", " 23:30:00 +00:00", "T23:30:15.25 Z", " 23:30 +0000", "T23:30:00.0000000 +00:00"]
    text = HEADER + "".join(f"{number},a,2025-07-05{end},1\n" for number, end in enumerate(ends))
    assert sales(text).frame("transactions").day.dt.date.tolist() == [dt.date(2025, 7, 6)] * 5


@pytest.mark.parametrize(
    ("settings", "values", "cents"),
    [
        (
            "",
            ["12.5", '"1,234.50"', "£3", "-£5", "(12.50)", "0.615", "-0.615", "0.6149999", "١٬٢٣٤٫٥٠", "1e3", "7 GBP"],
            [1250, 123450, 300, -500, -1250, 62, -62, 61, 123450, 100000, 700],
        ),
        ("decimal: ','\ndelimiter: ';'", ["12,5", "1.234,50", "1.234", "3 £"], [1250, 123450, 123400, 300]),
        ("decimal: ','\nthousands: ' '\ndelimiter: ';'", ["1 234,50", "1\u00a0234,50"], [123450, 123450]),
    ],
)
def test_money_that_is_text_is_read_exactly(sales, settings, values, cents):
    """Separators, signs, Arabic-Indic digits; a decimal comma where it is declared."""
    mark = ";" if ";" in settings else ","
    lines = [mark.join([str(number), "a", "2026-01-01", value]) for number, value in enumerate(values)]
    shop = sales(HEADER.replace(",", mark) + "\n".join(lines), settings)
    assert shop.frame("transactions").amount_cents.tolist() == cents


@pytest.mark.parametrize("value", ["12,50", "1,23", "10k", "abc", "5 per cent", "£.5", "--5", "nan"])
def test_money_that_may_mean_something_else_is_not_guessed(sales, faults, value):
    """An undeclared decimal comma goes to quarantine with its raw text."""
    shop = sales(HEADER + f'1,a,2026-01-01,"{value}"\n')
    assert faults(shop) == [[2, "the number cannot be read", "amount", value]]
    assert "decimal" in shop.quarantine().remedy[0]


@pytest.mark.parametrize("value", ["$5", "SAR 5", "5 €", "(US$5)", "AED5", "د.ك 5"])
def test_money_of_another_currency_is_set_aside_as_such(sales, faults, value):
    """It is not guessed what it is worth."""
    shop = sales(HEADER + f'1,a,2026-01-01,"{value}"\n')
    assert faults(shop) == [[2, "the amount is in another currency", "amount", value]]


def test_dates_in_two_formats(sales, faults):
    """Formats are tried in the order given; a form that none of them fits is quarantined, not guessed."""
    text = HEADER + "1,a,03/04/2026,1\n2,a,2026-04-03,1\n3,a,13/04/2026,1\n4,a,04/13/2026,1\n"
    shop = sales(text, 'dates: ["%d/%m/%Y"]')
    assert shop.frame("transactions").day.dt.date.tolist() == [dt.date(2026, 4, 3), dt.date(2026, 4, 13)]
    assert [found[0] for found in faults(shop)] == [3, 5]
    both = sales(text, 'dates: ["%d/%m/%Y", "%Y-%m-%d"]')
    assert both.counts.good.tolist() == [3]


def test_a_year_in_two_digits_is_not_taken_for_the_first_century(sales, faults):
    """%Y also reads "26"; the year 26 is no date of a customer."""
    assert faults(sales(HEADER + "1,a,03/04/26,1\n", 'dates: ["%d/%m/%Y"]')) == [
        [2, "the date lies before 1900", "at", "03/04/26"]
    ]


def test_a_wrong_date_format_is_an_error(sales):
    """A format that strptime does not know is a mistake in sources.yaml, not in the data."""
    with pytest.raises(ConfigurationError, match=r"'%Q' is not a date format"):
        sales(HEADER + "1,a,x,1\n", 'dates: ["%Q"]').table("transactions")


def test_duplicate_ids_and_future_dates_and_negative_and_zero_amounts(sales, faults):
    """A refund and a gift are good; a second row with one id and a date to come are not."""
    text = HEADER + "1,a,2026-01-01,5\n1,a,2026-01-02,6\n2,a,2026-07-01,7\n3,a,2026-01-03,-8\n4,a,2026-01-03,0\n"
    shop = sales(text)
    assert faults(shop) == [
        [4, "the date lies in the future", "at", "2026-07-01"],
        [3, "the id stands in an earlier row too", "transaction_id", "1"],
    ]
    assert shop.frame("transactions").amount_cents.tolist() == [500, -800, 0]
    assert sales(text, "one_row_is: line").counts.good.tolist() == [4]
    again = sales(text + "2,a,2026-01-04,9\n3,a,2026-01-05,-8\n3,a,2026-01-05,-9\n", "one_row_is: repeat")
    assert again.counts[["good", "quarantined", "left_out"]].to_numpy().tolist() == [[4, 3, 1]]
    named = sales(text, "rules: {free of charge: amount <> 0, not a refund: amount >= 0}")
    assert [found[1:] for found in faults(named)[-3:-1]] == [
        ["not a refund", "amount", "-8"],
        ["free of charge", "amount", "0"],
    ]


def test_a_row_may_break_several_rules_and_counts_once(sales, faults):
    """Three entries, one row."""
    shop = sales(HEADER + "1,,soon,much\n2,a,2026-01-01,1\n")
    assert [found[1] for found in faults(shop)] == [
        "a required value is missing",
        "the date cannot be read",
        "the number cannot be read",
    ]
    assert accounts(shop) == (2, 1, 1)


def test_structural_faults_are_kept_with_their_line(sales, faults):
    """Too few and too many columns, another encoding, an open quotation mark: the lines around them are good."""
    lines = [
        b"1,a,2026-01-01,1",
        b"2,a,2026-01-01",
        b"3,a,2026-01-01,1,1",
        b"4,caf\xe9,2026-01-01,1",
        b'5,"a,2026-01-01,1',
        b"6,a,2026-01-01,1",
        b"",
        b'7,"b\nc",2026-01-01,1',
        b"8,a,2026-01-01,1",
    ]
    shop = sales(HEADER.encode() + b"\n".join(lines))
    assert [found[:2] for found in faults(shop)] == [
        [3, "the row has too few columns"],
        [4, "the row has too many columns"],
        [5, "the line is not in the declared encoding"],
        [6, "a quotation mark is not closed, or stands inside a cell"],
    ]
    found = shop.frame("transactions")
    assert found[["transaction_id", "row"]].values.tolist() == [["1", 2], ["6", 7], ["7", 9], ["8", 11]]
    assert accounts(shop) == (8, 4, 4)
    assert shop.quarantine().value[2] == "4,caf?,2026-01-01,1"


@pytest.mark.parametrize("odd", ["\n", "  \n", '2,"b\nc",2026-01-01,1\n', "\r\n"])
def test_lines_are_numbered_as_an_editor_does(sales, odd):
    """Blank lines and cells over several lines are no faults, and the rows after them keep their line."""
    found = sales(HEADER + "1,a,2026-01-01,1\n" + odd + "3,a,2026-01-01,1\n").frame("transactions")
    assert found[found.transaction_id == "3"].row.tolist() == [3 + odd.count("\n")]


def test_a_declared_encoding_is_used(sales):
    """Windows Arabic, as old exports are."""
    text = (HEADER + "1,سارة,2026-01-01,1\n").encode("cp1256")
    assert sales(text, "encoding: cp1256").frame("transactions").customer_id.tolist() == ["سارة"]
    with pytest.raises(DataError, match=r"utf-16"):
        sales((HEADER + "1,a,2026-01-01,1\n").encode("utf-16")).table("transactions")
    assert sales((HEADER + "1,a,2026-01-01,1\n").encode("utf-16"), "encoding: utf-16").counts.good.tolist() == [1]


@pytest.mark.parametrize("size", [200_000, 1_100_000])
def test_a_cell_of_a_megabyte_is_quarantined(sales, faults, size):
    """Neither read into a report nor lost; what is kept of it is short."""
    text = HEADER + f"1,{'x' * size},2026-01-01,1\n2,a,2026-01-01,1\n"
    shop = sales(text)
    ((row, rule, _, value),) = faults(shop)
    assert (row, rule) == (2, "the cell is longer than 100,000 characters")
    assert len(value) <= 200
    assert accounts(shop) == (2, 1, 1)


def test_a_wrong_delimiter_is_an_error_that_names_the_right_one(sales):
    """A file that would be one text column is refused."""
    text = (HEADER + "1,a,2026-01-01,1\n").replace(",", ";")
    with pytest.raises(DataError, match=r"sales.csv: .*',' its first line is one column; ';' makes 4.*delimiter: ';'"):
        sales(text).table("transactions")
    assert sales(text, "delimiter: ';'").counts.good.tolist() == [1]


def test_an_empty_file_and_a_missing_one_are_errors(sales, workspace):
    """The path is said, and what is there instead."""
    with pytest.raises(DataError, match=r"sales.csv: the file is empty"):
        sales("").table("transactions")
    with pytest.raises(DataError, match=r"sale.csv: there is no such file. Did you mean 'sales.csv'"):
        workspace("transactions: {path: sale.csv}").table("transactions")
    with pytest.raises(DataError, match=r"no file matches"):
        workspace("transactions: {path: '2026/*.csv'}").table("transactions")


def test_a_file_with_a_header_only_is_an_empty_table(sales):
    """No rows are no fault."""
    assert accounts(sales(HEADER)) == (0, 0, 0)


def test_an_unknown_column_is_named_with_the_nearest(sales):
    """In a mapping and in a rule alike."""
    text = "Order,Buyer,When,Sum\n1,a,2026-01-01,1\n"
    columns = "columns: {customer_id: Buyer, at: When, amount: Sum}\n"
    with pytest.raises(ConfigurationError, match=r"sales.csv: columns: at: there is no column 'Wehn'.*mean 'When'"):
        sales(text, "columns: {customer_id: Buyer, at: Wehn, amount: Sum}").table("transactions")
    with pytest.raises(ConfigurationError, match=r"rules: paid: there is no column 'Sumn'.*Did you mean 'Sum'"):
        sales(text, columns + "rules: {paid: Sumn > 0}").table("transactions")
    with pytest.raises(ConfigurationError, match=r"there is no column 'customer_id', which every row needs"):
        sales(text).table("transactions")
    with pytest.raises(ConfigurationError, match=r"not true or false"):
        sales(text, columns + "rules: {paid: upper(Sum)}").table("transactions")
    with pytest.raises(ConfigurationError, match=r"does not fit the columns"):
        sales(text, "columns: {customer_id: Buyer, at: When, amount: 'round(Sum, 2)'}").table("transactions")


def test_expressions_read_text_as_exact_numbers(sales, faults):
    """Quantity * Price of a CSV file, to the cent; what cannot be computed is quarantined with its parts."""
    text = "Buyer,When,Quantity,Price\na,2026-01-01,3,0.205\na,2026-01-01,x,2\na,2026-01-01,-1,2.675\na,2026-01-01,,1\n"
    shop = sales(text, "columns: {customer_id: Buyer, at: When, amount: Quantity * Price}")
    assert shop.frame("transactions").amount_cents.tolist() == [62, -268]
    assert faults(shop) == [
        [3, "the number cannot be read", "Quantity, Price", "Quantity: x, Price: 2"],
        [5, "a required value is missing", "Quantity, Price", "Quantity: , Price: 1"],
    ]


@pytest.mark.parametrize("quantity", [[3, 1, -1, 2_000_000_000, 1], ["3", "1", "-1", "2000000000", "1"]])
def test_products_are_rounded_once_and_half_away_from_zero(quantity):
    """Numbers and text alike, where binary floats would give 2.67, 100.49 or a last cent lost in billions."""
    frame = pd.DataFrame({"Quantity": quantity, "Price": [0.205, 1.005, 2.675, 5.55, 0.00499999]})
    settings = {"transactions": {"columns": {"customer_id": "'a'", "at": "'2026-01-01'", "amount": "Quantity * Price"}}}
    shop = Workspace.from_frames({"transactions": frame}, currency="GBP", time_zone="UTC", settings=settings)
    assert shop.frame("transactions").amount_cents.tolist() == [62, 101, -268, 1_110_000_000_000, 0]


HUGE = ["1e14", "1e20", "356938035643809000", "9" * 30, "9" * 45, "-1e15", "1.5"]


@pytest.mark.parametrize(
    "amounts",
    [
        HUGE,
        [float(amount) for amount in HUGE],
        [Decimal(amount) for amount in HUGE],
        [10**14, 10**16, 9 * 10**18, -(10**14), 15],
        np.array([10**14, 2**64 - 1, 15], "uint64"),
        [10**14, 10**25, 15],
    ],
    ids=["text", "float", "decimal", "int", "uint", "long"],
)
def test_an_amount_beyond_64_bits_is_one_row(amounts):
    """An IMEI in the column of amounts is set aside by itself, whatever the type; the rows around it are good."""
    frame = pd.DataFrame({"customer_id": "a", "at": "2026-01-01", "amount": amounts})
    shop = Workspace.from_frames({"transactions": frame}, currency="GBP", time_zone="UTC")
    assert shop.counts[["rows_in", "good", "quarantined"]].values.tolist() == [[len(amounts), 1, len(amounts) - 1]]
    assert shop.frame("transactions").amount_cents.tolist() == [int(float(amounts[-1]) * 100)]


@pytest.mark.parametrize("kind", [str, float])
def test_a_product_beyond_64_bits_is_one_row(kind):
    """Also where the product fits an exact decimal, but its cents fit no 64 bits, and in a rule."""
    factors = {"n": ["3", "1e10", "99999999999", "1e17", "2"], "p": ["1.5", "1e10", "99999", "1e17", "0.5"]}
    frame = pd.DataFrame(factors).astype(kind)
    columns = {"customer_id": "'a'", "at": "'2026-01-01'", "amount": "n * p"}
    settings = {"transactions": {"columns": columns, "rules": {"small": "n * p * 1000 < 1e12"}}}
    shop = Workspace.from_frames({"transactions": frame}, currency="GBP", time_zone="UTC", settings=settings)
    assert shop.frame("transactions").amount_cents.tolist() == [450, 100]
    assert shop.counts.quarantined.tolist() == [3]


def test_an_instant_beyond_the_calendar_is_one_row(workspace, tmp_path):
    """The last instants and days that a column can hold stop no other row."""
    days = ["'294247-01-10 04:00:54+00'::timestamptz, '2026-01-01 22:00:00+00', 'infinity'"]
    days.append("'5874897-12-31'::date, '2026-01-02'")
    for number, values in enumerate(days):
        query = f"select 'a' customer_id, unnest([{values}]) as at, 1 amount"
        duckdb.sql(f"copy ({query}) to '{tmp_path}/{number}.parquet' (format parquet)")
        assert accounts(workspace(f"transactions: {{path: {number}.parquet}}"))[1] == 1


def test_expressions_that_share_a_part_and_fail_do_not_stop_the_run(sales):
    """The database must not compute the shared part outside the guard that catches its failure."""
    text = "id,When,Quantity\n1,2026-01-01,5\n2,2026-01-01,oops\n"
    settings = (
        "columns: {customer_id: 'cast(id as int)', at: When, amount: cast(Quantity as int)}\n"
        "rules: {some: cast(Quantity as int) > 0, few: cast(Quantity as int) < 100}"
    )
    assert accounts(sales(text, settings)) == (2, 1, 1)


def test_json_lines_that_are_no_objects_are_quarantined(workspace, faults):
    """Broken JSON, a list, and a missing key, each with its line; blank lines are no rows."""
    rows = [{"customer_id": "a", "at": "2026-01-01", "amount": 0.615}, [1], {"customer_id": "b", "at": "2026-01-01"}]
    text = "\n\n".join(json.dumps(row) for row in rows) + '\n{"customer_id": "c"\n'
    shop = workspace("transactions: {path: a.jsonl}", a__jsonl=text)
    assert faults(shop) == [
        [3, "the line is not a JSON object", "", "[1]"],
        [5, "a required value is missing", "amount", ""],
        [6, "the line is not a JSON object", "", '{"customer_id": "c"'],
    ]
    assert accounts(shop) == (4, 1, 3)


def test_json_with_a_key_twice_is_quarantined(workspace, faults):
    """Neither value is taken in silence, nor is either of two that are alike."""
    rows = [
        '{"customer_id": "a", "at": "2026-01-01", "amount": 1, "amount": 400}',
        '{"customer_id": "b", "at": "2026-01-01", "amount": 2}',
    ]
    shop = workspace("transactions: {path: a.jsonl}", a__jsonl="\n".join(rows))
    assert faults(shop) == [[1, "a key stands twice in the JSON object", "", rows[0]]]
    assert accounts(shop) == (2, 1, 1)


@pytest.mark.parametrize(("outer", "indent"), [("array", None), ("array", 1), ("object", 1)])
def test_one_json_document_is_refused_with_a_remedy(workspace, outer, indent):
    """An export that is one array, or one object around it, has no row a line: said so, and how to make lines of it."""
    rows = [{"customer_id": "a", "at": "2026-01-01", "amount": 1}] * 2
    text = json.dumps(rows if outer == "array" else {"data": rows}, indent=indent)
    with pytest.raises(DataError, match="one JSON document"):
        workspace("transactions: {path: a.jsonl}", a__jsonl=text).table("transactions")


def test_a_file_that_changes_while_it_is_read_is_refused(sales, tmp_path, monkeypatch):
    """Whether it grows or its bytes change in place."""
    text = HEADER + "1,a,2026-01-01,1\n"
    write = ingest._create
    for change in (text + "2,a,2026-01-01,1\n", text.replace("a", "b")):
        shop = sales(text)

        def change_then_write(*arguments, change=change):
            (tmp_path / "sales.csv").write_text(change)
            return write(*arguments)

        monkeypatch.setattr(ingest, "_create", change_then_write)
        with pytest.raises(DataError, match=r"sales.csv: the file changed while it was read"):
            shop.table("transactions")
        monkeypatch.setattr(ingest, "_create", write)


def test_files_that_are_not_what_their_suffix_says_are_errors(workspace):
    """Parquet, Excel and DuckDB files that are text, and a suffix that says nothing."""
    for name in ("a.parquet", "a.xlsx", "a.duckdb"):
        files = {name.replace(".", "__"): "hello\nworld\n"}
        with pytest.raises(DataError, match=f"{name}: this"):
            workspace(f"transactions: {{path: {name}}}", **files).table("transactions")
    with pytest.raises(ConfigurationError, match=r"'.dat' does not say how to read it"):
        workspace("transactions: {path: a.dat}", a__dat="x").table("transactions")


def test_columns_that_a_file_may_call_anything(sales):
    """Names with blanks, quotes, signs and capitals stay names."""
    text = '"order by","cust ""id""","C0","100 %"\n2026-01-01,a,5,x\n'
    settings = """columns: {at: order by, customer_id: 'cust "id"', amount: C0, product: 100 %}"""
    assert sales(text, settings).frame("transactions")[["amount_cents", "product"]].values.tolist() == [[500, "x"]]


CELL = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\n\x00"), max_size=8)
NEARLY = st.sampled_from(["", "1", "a", "2026-01-01", "2030-01-01", "5.5", "1,5", "-3", '"', "nan", " ", "٣"])


@settings(max_examples=15)
@given(st.lists(st.lists(st.one_of(NEARLY, CELL), min_size=2, max_size=5), min_size=1, max_size=40))
def test_rows_in_are_good_or_quarantined(tmp_path_factory, rows):
    """Whatever the rows hold, each is in the table or in the quarantine, and none in both."""
    folder = tmp_path_factory.mktemp("any")
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([["transaction_id", "customer_id", "at", "amount"], *rows])
    (folder / "sales.csv").write_text(out.getvalue(), encoding="utf-8")
    (folder / "sources.yaml").write_text(
        "{currency: GBP, time_zone: UTC, as_of: 2026-06-30, tables: {transactions: {path: sales.csv}}}"
    )
    shop = open_workspace(folder)
    rows_in, good, _ = accounts(shop)
    table, bad = shop.frame("transactions"), shop.quarantine()
    assert rows_in == sum(not "".join(line).isspace() for line in rows)
    assert len(table) == good
    assert set(table["row"]).isdisjoint(bad["row"])
    assert set(table["row"]) | set(bad["row"]) == set(range(2, rows_in + 2))


GARBAGE = st.lists(st.binary(max_size=20).map(lambda raw: raw.replace(b"\n", b"").replace(b"\r", b"")), max_size=40)


@settings(max_examples=15)
@given(GARBAGE)
def test_garbage_lines_are_good_or_quarantined(tmp_path_factory, lines):
    """Bytes of any kind: as many rows as lines that are not blank, but for lines that a quoted cell goes on over."""
    folder = tmp_path_factory.mktemp("garbage")
    lines = [line.replace(b'"', b"'") for line in lines]
    (folder / "sales.csv").write_bytes(HEADER.encode() + b"\n".join(lines))
    (folder / "sources.yaml").write_text(
        "{currency: GBP, time_zone: UTC, as_of: 2026-06-30, tables: {transactions: {path: sales.csv}}}"
    )
    blank = [line.decode("utf-8", "surrogateescape").strip() == "" for line in lines]
    assert accounts(open_workspace(folder))[0] == blank.count(False)


def test_a_lookup_that_failed_is_no_customer_and_an_underscore_no_separator():
    """Excel's error words would make one customer of all failed lookups, and 12_50 would be 1,250."""
    rows = pd.DataFrame(
        {"customer_id": ["a", "#N/A", "b", "#REF!", "#12"], "at": "2026-01-05", "amount": ["3", "4", "12_50", "2", "1"]}
    )
    shop = Workspace.from_frames({"transactions": rows}, currency="GBP", time_zone="UTC")
    quarantine = shop.quarantine()
    assert quarantine["value"].tolist() == ["#N/A", "12_50", "#REF!"]
    assert shop.table("transactions").to_pandas()["customer_id"].tolist() == ["a", "#12"]


def test_a_path_that_is_too_long_is_said():
    """No file can have such a name."""
    with pytest.raises(DataError, match="Correct 'path'"):
        _on_disk(Path("/" + 5000 * "x"))
