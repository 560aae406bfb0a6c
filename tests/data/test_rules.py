"""Rules and the rows that break them."""

import datetime as dt

import duckdb
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from cxlib.data.rules import FAULTS, LONGEST_VALUE, Place, Rule, contract_rules, repeated_keys, with_faults
from cxlib.data.tables import TABLES

CON = duckdb.connect(config={"threads": 1})  # one for all examples
POSITIVE = Rule("not positive", "Fix it.", "Amount", "amount <= 0", "amount")
SMALL = Rule("too large", "Fix it.", "Amount", "amount > 100", "amount")
NAMED = Rule("no name", "Name it.", "Name", "name = ''", "name")


def listed(rows, rules):
    """Row, rule and value of every fault of a DataFrame."""
    marked = CON.execute(with_faults("rows", rules)).df().sort_values("row").dropna(subset=FAULTS)
    entries = [
        (row, *entry.split("\x1f"))
        for row, mark in zip(marked["row"], marked[FAULTS], strict=True)
        for entry in mark.split("\x1e")[:-1]
    ]
    return [[row, rules[int(number)].text, value] for row, number, value in entries]


def test_a_row_may_break_several_rules():
    """Each broken rule has an entry of its own."""
    frame = pd.DataFrame({"row": [1, 2], "amount": [5, -1], "name": ["x", ""]})
    assert listed(frame, [POSITIVE, NAMED]) == [[2, "not positive", "-1"], [2, "no name", ""]]


def test_null_breaks_no_rule_by_itself():
    """A rule that cannot say is met: emptiness is the business of another rule."""
    frame = pd.DataFrame({"row": [1, 2], "amount": pd.array([None, 500], "Int64"), "name": ["x", None]})
    assert listed(frame, [POSITIVE, SMALL, NAMED]) == [[2, "too large", "500"]]


def test_a_value_is_kept_short_and_in_one_piece():
    """A megabyte is not copied, and control characters that separate entries do not break the list."""
    frame = pd.DataFrame({"row": [1, 2], "name": ["x" * 1_000_000, "a\x1fb\x1ec"]})
    rule = Rule("odd", "", "Name", "row > 0", "name")
    assert listed(frame, [rule]) == [[1, "odd", "x" * LONGEST_VALUE], [2, "odd", "a b c"]]


def repeated(frame, *, order):
    """The numbers of the rows that repeat a key."""
    CON.register("keys", frame)
    query = repeated_keys(CON, "FROM keys", "key", order=order)
    return sorted(row for (row,) in CON.execute(f"SELECT row FROM ({query})").fetchall()) if query else []


@given(st.lists(st.sampled_from(["a", "b", "c", "d", None]), max_size=30))
def test_all_but_the_first_of_each_key_repeat(keys):
    """As pandas counts duplicates, with missing keys left alone."""
    frame = pd.DataFrame({"row": range(1, len(keys) + 1), "key": pd.array(keys, "str")})
    expected = frame[frame["key"].duplicated() & frame["key"].notna()]["row"].tolist()
    assert repeated(frame, order="row") == expected


def test_a_good_row_is_kept_before_an_earlier_faulty_one():
    """A corrected line that is sent again is the one to keep."""
    rows = pd.DataFrame({"row": [1, 2, 3], "key": ["a"] * 3, "bad": [True, False, False]})
    assert repeated(rows, order="bad, row") == [1, 3]


@given(st.lists(st.tuples(st.integers(-5, 200), st.sampled_from(["", "x"])), min_size=1, max_size=30))
def test_every_fault_is_listed_and_no_other(rows):
    """The list is what going through the rows one by one gives."""
    frame = pd.DataFrame({"row": range(len(rows)), "amount": [a for a, _ in rows], "name": [n for _, n in rows]})
    expected = [
        [row, text]
        for row, (amount, name) in enumerate(rows)
        for text, broken in (("not positive", amount <= 0), ("too large", amount > 100), ("no name", name == ""))
        if broken
    ]
    assert [found[:2] for found in listed(frame, [POSITIVE, SMALL, NAMED])] == expected


def test_the_contract_of_surveys_holds_the_scale():
    """NPS answers are 0 to 10, both ends included."""
    rules = contract_rules(TABLES["surveys"], {"nps": Place("Score", "raw")}, as_of=dt.date(2026, 1, 1))
    frame = pd.DataFrame({"row": [1, 2, 3, 4], "nps": [0, 10, 11, -1], "raw": ["0", "10", "11", "-1"]})
    outside = "the answer is outside 0 to 10"
    assert listed(frame, rules) == [[3, outside, "11"], [4, outside, "-1"]]


def test_dates_after_as_of_and_before_1900_are_faults():
    """The last allowed instant is the end of the day `as_of`."""
    rules = contract_rules(TABLES["transactions"], {"at": Place("When", "raw")}, as_of=dt.date(2026, 1, 1))
    when = pd.to_datetime(["2026-01-01 23:59:59", "2026-01-02 00:00:00", "1899-12-31 00:00:00", "1900-01-01 00:00:00"])
    frame = pd.DataFrame({"row": [1, 2, 3, 4], "at": when, "raw": ["a", "b", "c", "d"]})
    assert listed(frame, rules) == [[2, "the date lies in the future", "b"], [3, "the date lies before 1900", "c"]]


def test_an_agreed_end_may_lie_in_the_future_but_not_before_the_start():
    """A membership that ends next year is fine; one that ended before it began is not."""
    places = {"started_on": Place("From", "raw"), "ended_on": Place("To", "raw")}
    rules = contract_rules(TABLES["memberships"], places, as_of=dt.date(2026, 1, 1))
    frame = pd.DataFrame(
        {
            "row": [1, 2],
            "started_on": [dt.date(2025, 5, 5)] * 2,
            "raw": ["x", "y"],
            "ended_on": [dt.date(2027, 1, 1), dt.date(2025, 5, 4)],
        }
    )
    assert [row for row, *_ in listed(frame, rules)] == [2]
    assert [rule.column for rule in rules if rule.text == listed(frame, rules)[0][1]] == ["To"]
