"""Values as the company's systems write them."""

import json

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from cxlib.data.demo.files import json_lines, money_text


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=20))
def test_money_text_is_what_python_formats(cents):
    """Any amount reads as Python's own formatting with thousands separators."""
    expected = [("-" if value < 0 else "") + f"{abs(value) / 100:,.2f}" for value in cents]
    assert money_text(pa.chunked_array([cents])).to_pylist() == expected


@given(st.lists(st.one_of(st.none(), st.text(max_size=20)), max_size=10))
def test_json_lines_can_be_read_back(texts):
    """Any text, with quotes, line breaks and control characters, comes back from JSON as it was; null stays null."""
    table = pa.table({"n": pa.array(["x"] * len(texts), pa.string()), "text": pa.array(texts, pa.string())})
    lines = json_lines(table).decode().split("\n")[:-1]
    assert [json.loads(line)["text"] for line in lines] == texts


def test_no_rows_give_no_lines():
    """An empty table gives an empty file."""
    assert json_lines(pa.table({"a": pa.array(np.array([], dtype=str), pa.string())})) == b""
