"""Streams and the vector steps that all tables share."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxlib.data.demo.blocks import STREAMS, Block, customer_id, expand, identifier, pick, running_number


def test_streams_differ_by_seed_block_and_table():
    """No two of seed, block and table share a stream, and one stream is the same every time."""
    first = {(s, b, t): Block(s, b).stream(t).random() for s in (0, 1) for b in (0, 1) for t in STREAMS}
    assert len(set(first.values())) == len(first)
    assert first[0, 1, "orders"] == Block(0, 1).stream("orders").random()


@given(st.lists(st.integers(0, 5), max_size=30))
def test_expanding_counts_is_counting(counts):
    """Each position stands as often as its count, numbered from 0; the running number says the same."""
    owner, number = expand(np.array(counts, dtype=np.int64))
    assert np.bincount(owner, minlength=len(counts)).tolist() == counts
    assert number.tolist() == [n for count in counts for n in range(count)]
    assert running_number(owner).tolist() == number.tolist()


def test_picks_come_in_their_shares():
    """A share of nothing is never picked, the others as often as they should."""
    found = np.bincount(pick(np.random.default_rng(1), [0.0, 3.0, 1.0], 40_000), minlength=3) / 40_000
    assert found == pytest.approx([0, 0.75, 0.25], abs=0.01)


def test_identifiers_have_one_width():
    """Ids of the first and the five-millionth customer have the same length, so that text order is their order."""
    assert customer_id(np.array([0, 4_999_999])).to_pylist() == ["C0000001", "C5000000"]
    assert identifier("T", np.array([5_000_000 * 10_000]), 11).to_pylist() == ["T50000000000"]
