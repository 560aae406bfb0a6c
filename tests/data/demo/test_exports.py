"""Values as the company's systems write them."""

import json

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxlib.data.demo.files import export, json_lines


@pytest.fixture(scope="module")
def con():
    """A database for all examples."""
    with duckdb.connect() as con:
        yield con


@given(cents=st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=20))
def test_money_is_what_python_formats(con, cents):
    """Any amount reads as Python's own formatting with thousands separators."""
    expected = [("-" if value < 0 else "") + f"{abs(value) / 100:,.2f}" for value in cents]
    rows = pa.table({"acquisition_cost_cents": pa.array(cents)})
    assert export(con, "customers", rows)["acquisition_cost"].to_pylist() == expected


@given(texts=st.lists(st.one_of(st.none(), st.text(max_size=20)), max_size=10))
def test_json_lines_can_be_read_back(con, texts):
    """Any text, with quotes, line breaks and control characters, comes back from JSON as it was; null stays null."""
    table = pa.table({"n": pa.array(["x"] * len(texts), pa.string()), "text": pa.array(texts, pa.string())})
    lines = json_lines(con, table).decode().split("\n")[:-1]
    assert [json.loads(line)["text"] for line in lines] == texts
