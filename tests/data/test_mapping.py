"""Mapping expressions: one expression over one row, exact numbers, helpful errors."""

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cxlib.data.mapping import Field, parse_expression, refuse_statements, resolve
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
    refuse_statements("Customer ID", where="x")
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


def test_twenty_brackets_are_read():
    """What nests no further than people write is taken."""
    assert sql("(" * 20 + "Quantity" + ")" * 20)


@given(st.text(max_size=30))
@example("0 0")
def test_any_text_is_an_expression_or_a_plain_error(text):
    """Whatever stands in a mapping, the answer is an expression or a ConfigurationError, never another failure."""
    for read in (sql, lambda text: parse_expression(text, where="x")):
        with contextlib.suppress(ConfigurationError):
            read(text)
