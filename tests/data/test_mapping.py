"""Mapping expressions: one expression over one row, exact numbers, helpful errors."""

import contextlib
import re

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cxlib.data.mapping import FUNCTIONS, Field, parse_expression, refuse_statements, resolve
from cxlib.errors import ConfigurationError

FIELDS = (
    Field("Quantity", "c0", "VARCHAR"),
    Field("Price", "c1", "DOUBLE"),
    Field("Customer ID", "c2", "DOUBLE"),
    Field("Bought on", "c3", "VARCHAR"),
    Field("Price (GBP)", "c4", "VARCHAR"),
)


def sql(text):
    """SQL of an expression over the fields."""
    return resolve(text, FIELDS, where="x").sql


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Customer ID", "c2"),
        ("Price (GBP)", "c4"),
        ('"Customer ID"', "c2"),
        ("quantity", "c0"),
        ("Quantity * Price", "_nc0 * _nc1"),
        ("(Quantity) > 0", "(_nc0) > 0"),
        ("Quantity between 1 and 5", "_nc0 BETWEEN 1 AND 5"),
        ("Quantity in ('1', '2')", "c0 IN ('1', '2')"),
        ("Price > 0", "c1 > 0"),
        ("\"Bought on\" not like 'C%'", "c3 NOT LIKE 'C%'"),
        ("'web'", "'web'"),
    ],
)
def test_names_and_expressions_are_found(text, expected):
    """A column's exact name wins, blanks and all; text and floats in arithmetic are read as exact numbers."""
    assert sql(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "select 1",
        "(select 1)",
        "Quantity; Price",
        "drop table x",
        "Quantity in (select 1)",
        "exists(select 1)",
        "max(Price)",
        "sum(Price) over ()",
        "*",
        "$1",
        "columns('a')",
        "read_text('/etc/passwd')",
        "read_csv('x')",
        "getenv('HOME')",
        "now()",
        "current_date",
        "random()",
        "uuid()",
        "current_setting('x')",
        "nextval('x')",
        "list_transform([1], x -> x)",
        "",
        "Quantity,",
        "Quantity +",
        "query('select 1')",
        "attach 'x'",
        "copy x to 'y'",
        "set x = 1",
        "pragma x",
    ],
)
def test_more_than_one_expression_is_refused(text):
    """Statements, subqueries, aggregates, windows, clocks, chance and anything that reads elsewhere are errors."""
    with pytest.raises(ConfigurationError, match="x: "):
        sql(text)


def test_an_unknown_column_is_named_with_the_nearest_one():
    """The error says which name, and which one was probably meant."""
    with pytest.raises(ConfigurationError, match=r"there is no column 'Quantty'.*Did you mean 'Quantity'"):
        sql("Quantty * Price")
    with pytest.raises(ConfigurationError, match=r"there is no column 'Customer Id No'|no column 'Custmer ID'"):
        sql("Custmer ID")


def test_two_text_columns_are_not_compared_as_text():
    """'10' < '9' as text: the error asks what the columns are."""
    with pytest.raises(ConfigurationError, match=r"cast"):
        sql('Quantity > "Bought on"')


def test_a_name_that_is_no_expression_passes_until_the_file_is_read():
    """Before the columns are known, only what cannot be an expression is refused."""
    refuse_statements("Price (GBP)", where="x")
    for text in ("Customer ID", "Create Date", "Update Time", "Call Duration", "Drop Off", "Use Case"):
        refuse_statements(text, where="x")
        assert resolve(text, [Field(text, "c0", "VARCHAR")], where="x").sql == "c0"
        with pytest.raises(ConfigurationError, match="there is no column"):
            resolve(text, [Field("other", "c0", "VARCHAR")], where="x")
    for text in ("a; b", "select 1", "max(a)"):
        with pytest.raises(ConfigurationError):
            refuse_statements(text, where="x")


@pytest.mark.parametrize(
    "text", ["(" * 21 + "Quantity" + ")" * 21, "abs(" * 21 + "Quantity" + ")" * 21, "Quantity" + " + 1" * 3_000]
)
def test_an_expression_that_goes_on_too_far_is_refused(text):
    """Brackets are counted and characters too before anything is parsed."""
    for read in (sql, lambda text: parse_expression(text, where="x"), lambda text: refuse_statements(text, where="x")):
        with pytest.raises(ConfigurationError, match="Prepare this column in the file"):
            read(text)


@pytest.mark.parametrize(
    "text",
    [
        "lpad(code, 1001, '0')",
        "rpad(code, 10 * 1000, '0')",
        "lpad(code, cast(Quantity as int), '0')",
        "rpad(code, -1, '0')",
        "format('{:>1001}', code)",
        "format('{:>{}}', code, Quantity)",
        "format(code, Quantity)",
    ],
)
def test_a_width_that_a_cell_gives_or_a_large_one_is_refused(text):
    """One cell could ask for gigabytes; a plain number up to a thousand is what codes and reports need."""
    with pytest.raises(ConfigurationError, match="pads to a width that is no plain number up to 1,000"):
        parse_expression(text, where="x")


@pytest.mark.parametrize("text", ["lpad(code, 1000, '0')", "format('{:>10}-{}', code, name)", "format('{{{}}}', code)"])
def test_a_small_width_is_taken(text):
    """Codes are padded with noughts every day."""
    assert parse_expression(text, where="x")


def test_twenty_brackets_are_read():
    """What nests no further than people write is taken."""
    assert sql("(" * 20 + "Quantity" + ")" * 20)


# Function -> an expression over name 'Ana-B', code '7', price 12.5, at 2026-01-05 23:30:15 and json '{"a": "x"}', and
# what it gives as text.
CALLS = {
    "abs": ("abs(-price)", "12.5"), "cast": ("cast(code as integer) + 1", "8"), "ceil": ("ceil(price)", "13"),
    "ceiling": ("ceiling(price)", "13"), "coalesce": ("coalesce(null, code)", "7"),
    "concat": ("concat(name, code)", "Ana-B7"), "concat_ws": ("concat_ws('-', name, code)", "Ana-B-7"),
    "contains": ("contains(name, 'na')", "true"), "date": ("date(at)", "2026-01-05"),
    "date_add": ("date_add(at, interval 1 day)", "2026-01-06 23:30:15"),
    "date_diff": ("date_diff('day', date '2026-01-01', at)", "4"), "date_part": ("date_part('year', at)", "2026"),
    "date_sub": ("date_sub('month', date '2025-11-06', at)", "1"),
    "date_trunc": ("date_trunc('month', at)", "2026-01-01 00:00:00"), "day": ("day(at)", "5"),
    "dayofweek": ("dayofweek(at)", "1"), "ends_with": ("ends_with(name, 'B')", "true"),
    "epoch_ms": ("epoch_ms(at)", "1767655815000"), "extract": ("extract(hour from at)", "23"),
    "floor": ("floor(price)", "12"), "format": ("format('{:.1f}', price)", "12.5"),
    "greatest": ("greatest(price, 20)", "20.0"), "hour": ("hour(at)", "23"), "if": ("if(price > 1, 'y', 'n')", "y"),
    "ifnull": ("ifnull(null, name)", "Ana-B"), "instr": ("instr(name, '-')", "4"),
    "json_extract": ("json_extract(json, '$.a')", '"x"'),
    "json_extract_path_text": ("json_extract_path_text(json, 'a')", "x"),
    "json_extract_string": ("upper(json_extract_string(json, '$.a'))", "X"), "least": ("least(price, 20)", "12.5"),
    "left": ("left(name, 3)", "Ana"), "length": ("length(name)", "5"), "lower": ("lower(name)", "ana-b"),
    "lpad": ("lpad(code, 3, '0')", "007"), "ltrim": ("ltrim('  x')", "x"),
    "make_date": ("make_date(2026, 1, 5)", "2026-01-05"),
    "make_timestamp": ("make_timestamp(2026, 1, 5, 1, 2, 3)", "2026-01-05 01:02:03"),
    "md5": ("md5(code)", "8f14e45fceea167a5a36dedd4bea2543"), "minute": ("minute(at)", "30"),
    "month": ("month(at)", "1"), "nullif": ("coalesce(nullif(code, '7'), 'none')", "none"),
    "quarter": ("quarter(at)", "1"), "regexp_extract": ("regexp_extract(name, '[A-Z]$')", "B"),
    "regexp_full_match": ("regexp_full_match(name, '\\w+-B')", "true"),
    "regexp_matches": ("regexp_matches(name, 'n')", "true"),
    "regexp_replace": ("regexp_replace(name, '-', '')", "AnaB"), "replace": ("replace(name, '-', ' ')", "Ana B"),
    "reverse": ("reverse(name)", "B-anA"), "right": ("right(name, 1)", "B"), "round": ("round(price, 0)", "13.0"),
    "rpad": ("rpad(code, 3, '0')", "700"), "rtrim": ("rtrim('x  ')", "x"), "second": ("second(at)", "15"),
    "sha256": ("left(sha256(code), 8)", "7902699b"), "sign": ("sign(-price)", "-1"),
    "split_part": ("split_part(name, '-', 2)", "B"), "starts_with": ("starts_with(name, 'A')", "true"),
    "strftime": ("strftime(at, '%d/%m')", "05/01"), "string_split": ("string_split(name, '-')[2]", "B"),
    "strip_accents": ("strip_accents('é')", "e"), "strpos": ("strpos(name, '-')", "4"),
    "strptime": ("strptime('05/01/2026', '%d/%m/%Y')", "2026-01-05 00:00:00"), "substr": ("substr(name, 2, 2)", "na"),
    "substring": ("substring(name, 2, 2)", "na"), "timezone": ("timezone('UTC', at)", "2026-01-05 23:30:15+00"),
    "to_timestamp": ("to_timestamp(0)", "1970-01-01 00:00:00+00"), "translate": ("translate(name, '-', '_')", "Ana_B"),
    "trim": ("trim(' x ')", "x"), "trunc": ("trunc(price)", "12"), "try_cast": ("try_cast(name as date)", None),
    "try_strptime": ("try_strptime(name, '%d')", None), "upper": ("upper(name)", "ANA-B"), "year": ("year(at)", "2026"),
}  # fmt: skip
ROW = "select 'Ana-B' c0, '7' c1, 12.5::double c2, timestamp '2026-01-05 23:30:15' c3, '{\"a\": \"x\"}' c4"


def test_every_function_that_is_offered_works(root):
    """Each is allowed, gives what DuckDB's function of that name gives, and stands in the docs."""
    kinds = {"name": "VARCHAR", "code": "VARCHAR", "price": "DOUBLE", "at": "TIMESTAMP", "json": "VARCHAR"}
    fields = [Field(name, f"c{number}", kind) for number, (name, kind) in enumerate(kinds.items())]
    row = f"select *, c2::decimal(26, 8) _nc2, c1::decimal(26, 8) _nc1 from ({ROW})"
    con = duckdb.connect()
    con.execute("set TimeZone = 'UTC'")
    given = {name: resolve(text, fields, where=name).sql for name, (text, _) in CALLS.items()}
    values = {name: con.execute(f"select ({one})::varchar from ({row})").fetchone()[0] for name, one in given.items()}
    numbers = {name: value.rstrip("0").rstrip(".") for name, value in values.items() if value and "." in value}
    expected = {name: text and text.removesuffix(".0") for name, (_, text) in CALLS.items()}
    assert values | numbers == expected
    assert set(CALLS) == FUNCTIONS
    words = (root / "docs" / "data.md").read_text().split("## Functions in a mapping")[1].split("\n## ")[0]
    assert set(re.findall(r"`(\w+)`", words)) == FUNCTIONS


def test_a_function_that_is_not_offered_is_named_as_it_was_written():
    """Not by what the parser calls it."""
    with pytest.raises(ConfigurationError, match="uses isodow, which a mapping may not"):
        sql("isodow(Price)")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Customer id", "c2"), ("Order\nNo", "c0"), ("Order No", "c0"), ('"order no" * 2', "_nc0 * 2")],
)
def test_blanks_and_line_breaks_in_a_name_do_not_matter(text, expected):
    """A name over two lines in a file is found as one line, or as it stands there."""
    fields = (
        Field("Order  No", "c0", "VARCHAR"),
        Field("order", "c1", "VARCHAR"),
        Field("Customer id", "c2", "VARCHAR"),
    )
    assert resolve(text, fields, where="x").sql == expected


@given(st.text(max_size=30))
@example("0 0")
def test_any_text_is_an_expression_or_a_plain_error(text):
    """Whatever stands in a mapping, the answer is an expression or a ConfigurationError, never another failure."""
    for read in (sql, lambda text: parse_expression(text, where="x")):
        with contextlib.suppress(ConfigurationError):
            read(text)
