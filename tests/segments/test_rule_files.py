"""Rule tables that a company writes itself."""

import pytest
import yaml

from cxlib.errors import ConfigurationError
from cxlib.language import speaker
from cxlib.segments import RfmGrid, choose_rules, segment_summary
from cxlib.segments.rules import TEN_SEGMENTS, rules_from_plain, rules_to_plain

GOOD = """
segments:
  lost_regulars:
    name: {en: Lost regulars, ar: دائمون فقدناهم}
    recency: [1, 2]
    frequency: [3, 5]
    action: {en: Call them, ar: اتصل بهم}
    measure: Share who buy again
  gone:
    name: "Gone {for good}"
    recency: [1, 2]
    frequency: [1, 2]
  big_spenders:
    name: Here, and spend much
    recency: [3, 5]
    monetary: 5
  here:
    name: Here
    recency: [3, 5]
    monetary: [1, 4]
"""


def read(text):
    """The rules of a parameter."""
    return choose_rules(yaml.safe_load(text)["segments"])


def test_own_rules():
    """Keys, scores, names in two languages, action and measure are read; a plain name stands for every language."""
    rules = read(GOOD)
    assert rules.keys == ["lost_regulars", "gone", "big_spenders", "here"]
    assert rules.rules[2].monetary == (5, 5)
    assert rules.rules[2].frequency == (1, 5)
    assert speaker("ar").say(rules.name("lost_regulars")) == "دائمون فقدناهم"
    assert speaker("ar").say(rules.name("gone")) == "Gone {for good}"
    assert str(rules.actions["lost_regulars"].do) == "Call them"
    assert "gone" not in rules.actions


def test_own_rules_all_the_way(customers):
    """A grid with own rules names every customer, and who has not come for long follows from the rules' scores."""
    rules = read(GOOD)
    grid = RfmGrid(rules).fit(customers)
    found = segment_summary(grid.assign(customers), rules=rules)
    assert found.table["customers"].sum() == len(customers)
    assert found.table.set_index("segment")["is_slipping"].to_dict()["lost_regulars"]


def test_the_default_rules_know_who_slips():
    """Of the ten segments three have not come lately; two of these used to buy often."""
    assert [rule.key for rule in TEN_SEGMENTS.rules if rule.is_slipping] == ["cant_lose", "at_risk"]
    assert [rule.key for rule in TEN_SEGMENTS.rules if rule.is_away] == ["cant_lose", "at_risk", "hibernating"]


def test_plain_and_back():
    """The default table as plain values makes the same grid, with names in every language."""
    again = rules_from_plain(rules_to_plain(TEN_SEGMENTS), source="rules")
    assert (again.lookup == TEN_SEGMENTS.lookup).all()
    assert [speaker("ar").say(again.name(key)) for key in again.keys] == [
        speaker("ar").say(TEN_SEGMENTS.name(key)) for key in TEN_SEGMENTS.keys
    ]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("    monetary: 5", "    monetary: [4, 5]"), r"R3 F1 M4, .* claimed by 'big_spenders' and 'here'"),
        (("    frequency: [1, 2]", "    frequency: 2"), r"own_segments: segment rules: no segment for R1 F1, R2 F1\."),
        (("recency: [3, 5]", "recency: [5, 3]"), r"segment 'big_spenders': recency is \[5, 3\]. Write the lowest"),
        (("recency: [3, 5]", "recency: [3, 6]"), "score from 1 to 5"),
        (("recency: [3, 5]", "recencey: [3, 5]"), "unknown setting 'recencey'. Did you mean 'recency'"),
        (("    name: Here\n", ""), "segment 'here': name is None"),
        (("ar: دائمون فقدناهم", "fr: Perdus"), "unknown language 'fr'"),
        (("    measure: Share who buy again\n", ""), "'action' stands alone"),
        (("    monetary: 5", "    monetary: yes"), "monetary is True. Write the lowest"),
    ],
)
def test_a_bad_rule_file_is_refused_by_name(change, says):
    """Gaps, overlaps, odd scores, unknown settings and languages: the error names segment, value and remedy."""
    with pytest.raises(ConfigurationError, match=says):
        read(GOOD.replace(*change))


def test_no_rules():
    """Nothing in a saved grid's rules is refused."""
    with pytest.raises(ConfigurationError, match=r"grid\.json must hold a key for each segment"):
        rules_from_plain({}, source="grid.json")
