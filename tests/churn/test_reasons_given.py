"""Endings by stated reason: shares with intervals, kinds, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxlib.churn.survival.reasons import count_reasons
from cxlib.errors import DataError, ParameterError
from cxlib.measures.sampling import wilson


def ends_of(reasons, *, running=5):
    """One ended spell a reason (None: not stated), and some that run."""
    n = len(reasons)
    ended = pd.DataFrame({"duration_days": range(1, n + 1), "ended": True, "end_reason": reasons})
    runs = pd.DataFrame({"duration_days": [n + 1] * running, "ended": False, "end_reason": [None] * running})
    return pd.concat([ended, runs], ignore_index=True)


def test_published_interval():
    """81 of 263: Wilson .2553 to .3662 (Newcombe, Statistics in Medicine 17 (1998), table I)."""
    low, high = wilson([81], [263])
    assert (low.round(4)[0], high.round(4)[0]) == (0.2553, 0.3662)


def test_published_simultaneous_intervals():
    """Goodman's at 95% for 56, 72, 73, 59, 62, 87, 58: as DescTools' MultinomCI gives them (May & Johnson, 2000)."""
    counts = [56, 72, 73, 59, 62, 87, 58]
    reasons = [f"voluntary: r{number}" for number, count in enumerate(counts) for _ in range(count)]
    table = count_reasons(ends_of(reasons)).table.set_index("reason")
    z2 = 7.237  # chi-squared with one degree at 1 - .05 / 7
    for number, x in enumerate(counts):
        n = sum(counts)
        half = np.sqrt(z2 * (z2 + 4 * x * (n - x) / n))
        ends = (np.array([z2 + 2 * x - half, z2 + 2 * x + half]) / (2 * (n + z2))).tolist()
        assert table.loc[f"r{number}", ["low", "high"]].astype(float).tolist() == pytest.approx(ends, abs=2e-4)


def test_kinds_are_read_and_declared():
    """The beginning of a reason tells its kind, a mapping goes before it, and nothing stated is unknown."""
    spells = ends_of(["voluntary: price", "Involuntary: card expired", "bankrupt", "moved", None, " "])
    found = count_reasons(spells, kinds={"moved": "voluntary", "voluntary: price": "unknown"})
    assert dict(zip(found.table["reason"], found.table["kind"], strict=True)) == {
        "price": "unknown", "card expired": "involuntary", "bankrupt": "unknown", "moved": "voluntary",
    }  # fmt: skip
    assert found.kinds.set_index("kind")["n"].to_dict() == {"voluntary": 1, "involuntary": 1, "unknown": 4}
    assert (found.endings, found.stated) == (6, 4)
    assert any("2 of 6 endings have no stated reason" in str(finding) for finding in found.findings)


@given(reasons=st.lists(st.sampled_from(["voluntary: a", "involuntary: b", "c", None]), min_size=1, max_size=40))
@settings(max_examples=20)
def test_shares_add_up(reasons):
    """Shares of reasons and of kinds each add up to one and lie in their intervals; order does not matter."""
    spells = ends_of(reasons)
    found, other = count_reasons(spells), count_reasons(spells.iloc[::-1])
    assert found.kinds["share"].sum() == pytest.approx(1)
    if found.stated:
        assert found.table["share"].sum() == pytest.approx(1)
    for table in (found.table, found.kinds):
        assert ((table["low"] <= table["share"] + 1e-12) & (table["share"] <= table["high"] + 1e-12)).all()
    pd.testing.assert_frame_equal(found.table, other.table)


def test_the_split_over_time_is_incidence():
    """By the last day, incidence of kinds among spells that all ended is their share."""
    found = count_reasons(ends_of(["voluntary: a", "involuntary: b", "voluntary: a", "voluntary: c"], running=0))
    last = found.incidence.at([4]).set_index("cause")["incidence"]
    assert last.to_dict() == pytest.approx({"voluntary": 0.75, "involuntary": 0.25})


def test_sentences():
    """The headline names the reason given most; without any it says so."""
    assert str(count_reasons(ends_of(["voluntary: price"] * 30 + ["involuntary: card"] * 10)).headline) == (
        "The most frequent reason is “price”: 75% of all reasons given (95% interval 57% to 87%)"
    )
    assert str(count_reasons(ends_of([None, None])).headline) == "No ending has a stated reason (endings: 2)"


def test_bad_input():
    """An unknown kind, a reason that nobody gave, no ending, or no such column is refused."""
    spells = ends_of(["moved"])
    with pytest.raises(ParameterError, match="Did you mean 'voluntary'"):
        count_reasons(spells, kinds={"moved": "volontary"})
    with pytest.raises(DataError, match=r"which no ending has\. Did you mean 'moved'"):
        count_reasons(spells, kinds={"moves": "voluntary"})
    with pytest.raises(DataError, match="nobody has left"):
        count_reasons(spells.assign(ended=False))
    with pytest.raises(DataError, match=r"no column 'end_reason'\. Did you mean 'end_reasons'"):
        count_reasons(spells.rename(columns={"end_reason": "end_reasons"}))
