"""The schema of sources.yaml: what it refuses, and how it says so."""

import datetime as dt

import pytest

from cxlib.data.sources import parse_sources
from cxlib.errors import ConfigurationError

GOOD = """\
title: Shop
currency: GBP
time_zone: Europe/London
as_of: 2026-06-30
tables:
  transactions:
    path: sales.csv
    columns: {customer_id: Customer, at: When, amount: Quantity * Price}
    rules:
      sold: Quantity > 0
  customers:
    - path: a.csv
    - path: b.parquet
"""


def refuse(text, match):
    """The error of a text."""
    with pytest.raises(ConfigurationError, match=match) as caught:
        parse_sources(text, name="params/shop/sources.yaml")
    assert str(caught.value).startswith("params/shop/sources.yaml")
    return str(caught.value)


def test_a_good_file_is_read():
    """Settings arrive; one source may stand without a list."""
    sources = parse_sources(GOOD, name="x")
    assert sources.as_of == dt.date(2026, 6, 30)
    assert [len(found) for found in sources.tables.values()] == [1, 2]
    assert sources.tables["transactions"][0].rules == {"sold": "Quantity > 0"}


def test_ill_formed_yaml_names_line_and_column():
    """The place of the mistake is said as an editor counts it."""
    refuse("title: Shop\ntables: [a, b\ncurrency: GBP\n", r"line 3, column \d+")
    refuse("a: b: c", "line 1, column 5")


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("path: sales.csv", "paht: sales.csv", r"line 7: tables.transactions.paht.*Did you mean 'path'"),
        ("  transactions:", "  transaction:", "no table 'transaction'. Did you mean 'transactions'"),
        ("amount: Quantity", "amout: Quantity", "no column 'amout'. Did you mean 'amount'"),
        ("at: When, ", "", "nothing is mapped to 'at'"),
        ("Europe/London", "Europe/Londn", "line 3: time_zone: there is no time zone 'Europe/Londn'"),
        ("currency: GBP", "currency: pounds", "line 2: currency: there is no currency 'pounds' in ISO 4217. Write its"),
        ("currency: GBP", "currency: riyal", "'riyal' in ISO 4217. Did you mean QAR or SAR"),
        ("currency: GBP", "currency: gbp", "Did you mean GBP"),
        ("2026-06-30", "2026-06-31", r"as_of: a day that exists, .* 2026-06-30, is expected \(found '2026-06-31'"),
        ("2026-06-30", "30/06/2026", "line 4: as_of: a day that exists"),
        ("title: Shop", "simulated: {customers: 0}", r"a number of at least 1 is expected \(found 0\)"),
        ("title: Shop", "simulated: {customers: many}", r"a whole number is expected \(found 'many'\)"),
        ("path: sales.csv", "path: sales.csv\n    decimal: x", r"one of '.', ',' or '٫' is expected \(found 'x'\)"),
        ("path: sales.csv", "path: sales.csv\n    header: maybe", "true or false is expected"),
        ("path: sales.csv", "path: sales.csv\n    thousands: xx", "one character is expected"),
        ("path: sales.csv", "path: sales.csv\n    dates: a", "a list, such as .* is expected"),
        ("currency: GBP", "currency: NO", "line 2, column 11: NO without quotes means false here"),
        ("title: Shop", "titel: Shop", "Did you mean 'title'"),
        ("Quantity * Price", "select 1", "is not one expression"),
        ("sold: Quantity > 0", "sold: Quantity >", "is not a SQL expression"),
        ("title: Shop", "title: Shop\ntitle: Shop", "'title' stands twice"),
        ("2026-06-30", "9999-12-31", "line 4: as_of: 9999-12-31 is no day of business; write one from 1900 to 2199"),
        ("2026-06-30", "0001-01-01", "write one from 1900 to 2199"),
        ("title: Shop", "title: {{ title }}", "line 1, column 9: .*stands in quotes"),
        ("  customers:", "  ? [customers]\n  :", "cannot be a name"),
        ("Quantity * Price", "(" * 500 + "Price" + ")" * 500, "goes on further than an expression may"),
        ("path: sales.csv", "path: sales.csv\n    header: false", "needs 'names'"),
        ("path: sales.csv", "path: sales.csv\n    format: exel", "line 8: .*no format 'exel'. Did you mean 'excel'"),
        ("path: sales.csv", "path: sales.csv\n    encoding: latin-99", "no encoding 'latin-99'"),
        ("path: sales.csv", "path: sales.csv\n    encoding: idna", "no encoding 'idna'"),
        ("path: sales.csv", "path: sales.csv\n    decimal: ','\n    thousands: ','", "cannot separate both"),
    ],
)
def test_a_wrong_setting_is_named_with_its_remedy(old, new, match):
    """Every refusal says which setting, and what is allowed."""
    assert old in GOOD
    refuse(GOOD.replace(old, new), match)


def test_text_that_is_no_mapping_is_refused():
    """A list or nothing at all is not a sources.yaml."""
    refuse("- a\n- b\n", "expected lines")
    refuse("", "expected lines")


def test_several_faults_are_told_at_once():
    """Nobody has to run a file once for each of its faults."""
    text = refuse(GOOD.replace("GBP", "pounds").replace("Europe/London", "Moon/Base"), "currency")
    assert "Moon/Base" in text


@pytest.mark.parametrize("text", ["tables: {transactions: []}", "rates: []\ntables: {customers: {path: c.csv}}"])
def test_a_table_without_sources_is_refused(text):
    """An empty list, such as of sources that were all commented out, is no parser error of SQL."""
    with pytest.raises(ConfigurationError, match="names are expected here"):
        parse_sources(f"currency: GBP\ntime_zone: Europe/London\n{text}\n", name="sources.yaml")
