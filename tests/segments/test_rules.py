"""Rule tables: total and non-overlapping, or refused by name."""

import pytest

from cxlib.errors import ConfigurationError
from cxlib.language import T
from cxlib.segments.rules import TEN_SEGMENTS, Rule, RuleTable

PUBLISHED = {
    "hibernating": "11 12 21 22",
    "at_risk": "13 14 23 24",
    "cant_lose": "15 25",
    "about_to_sleep": "31 32",
    "need_attention": "33",
    "loyal": "34 35 44 45",
    "promising": "41",
    "new": "51",
    "potential_loyalists": "42 43 52 53",
    "champions": "54 55",
}


def test_ten_segments_are_the_published_grid():
    """Each of the 25 cells R, F has the segment of the grid in common use."""
    cells = TEN_SEGMENTS.cells
    for key, pairs in PUBLISHED.items():
        mine = cells[cells["segment"] == key]
        found = {f"{r}{f}" for r, f in zip(mine["recency_score"], mine["frequency_score"], strict=True)}
        assert found == set(pairs.split())


def test_all_125_cells_are_named_once():
    """The table of cells has every R, F, M once, and says so."""
    cells = TEN_SEGMENTS.cells
    assert len(cells) == 125
    assert not cells.duplicated(["recency_score", "frequency_score", "monetary_score"]).any()
    assert str(TEN_SEGMENTS.proof).startswith("Each of the 25 cells of recency and frequency, and each of the 125")


def test_a_gap_is_named():
    """A table without need_attention names the cell that it leaves."""
    with pytest.raises(ConfigurationError, match=r"no segment for R3 F3\. Change"):
        RuleTable([rule for rule in TEN_SEGMENTS.rules if rule.key != "need_attention"])


def test_an_overlap_is_named():
    """Two rules for one cell are both named, to the amount."""
    whales = Rule("whales", T("Whales"), recency=(5, 5), frequency=(5, 5), monetary=(5, 5))
    with pytest.raises(ConfigurationError, match="R5 F5 M5 claimed by 'champions' and 'whales'"):
        RuleTable([*TEN_SEGMENTS.rules, whales])


def test_money_can_make_segments():
    """A table that splits one cell by money is accepted."""
    rest = [rule for rule in TEN_SEGMENTS.rules if rule.key != "need_attention"]
    table = RuleTable([*rest, Rule("a", T("A"), (3, 3), (3, 3), (1, 4)), Rule("b", T("B"), (3, 3), (3, 3), (5, 5))])
    assert set(table.cells.query("recency_score == 3 and frequency_score == 3")["name"].map(str)) == {"A", "B"}


@pytest.mark.parametrize(
    ("rules", "says"),
    [([Rule("a", T("A")), Rule("a", T("B"))], "key 'a' stands twice"), ([], "R1 at any F and M, R2 at any F and M")],
)
def test_bad_tables(rules, says):
    """A key twice and an empty table are refused."""
    with pytest.raises(ConfigurationError, match=says):
        RuleTable(rules)
