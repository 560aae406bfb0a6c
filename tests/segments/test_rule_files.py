"""Rule tables that a company writes itself."""

import numpy as np
import pandas as pd
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
    assert TEN_SEGMENTS.slipping == ["cant_lose", "at_risk"]
    assert TEN_SEGMENTS.away == ["cant_lose", "at_risk", "hibernating"]


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


CUT = {
    "cut_points": {"recency": [30, 90], "frequency": 4, "monetary": [9.5, 50]},
    "lately": {"name": "Lately", "recency": 3},
    "often": {"name": "Often", "recency": [1, 2], "frequency": [3, 4]},
    "seldom": {"name": "Seldom", "recency": [1, 2], "frequency": [1, 2]},
}


def test_cut_points_of_ones_own_are_those_of_pandas(customers):
    """Scores are what `pandas.cut` gives for the same edges: up to 30 days, from 9.50 of the currency on."""
    grid = RfmGrid(choose_rules(CUT), "EUR").fit(customers)
    found = grid.assign(customers)
    days = pd.cut(customers["recency_days"], [-1, 30, 90, np.inf], labels=[3, 2, 1]).astype(int)
    money = pd.cut(customers["monetary"], [-np.inf, 950, 5000, np.inf], labels=[1, 2, 3], right=False).astype(int)
    assert (found["recency_score"] == days).all()
    assert (found["monetary_score"] == money).all()
    worse = (customers["frequency"].rank(method="min") - 1).astype(int)
    assert (found["frequency_score"] == 4 * worse // len(customers) + 1).all()
    assert ((found["segment"] == "lately") == (customers["recency_days"] <= 30)).all()
    assert found["segment"].notna().all()


def test_money_is_cut_in_units_of_the_currency(customers):
    """Of a currency with three decimals a unit is 1000."""
    grid = RfmGrid(choose_rules(CUT), "KWD").fit(customers)
    assert grid.edges_["monetary"].starts == (9500, 50000)


def test_the_proof_counts_the_cells_there_are():
    """Three scores by four by three; the lowest of three is low, of two as well."""
    rules = choose_rules(CUT)
    assert str(rules.proof).startswith("Each of the 12 cells of recency and frequency, and each of the 36 with money")
    assert rules.cells["segment"].notna().all()
    halves = {"cut_points": {"recency": 2}, "a": {"name": "A", "recency": 2}, "b": {"name": "B", "recency": 1}}
    assert choose_rules(halves).away == ["b"]


def test_the_usual_segments_with_cut_points_of_ones_own():
    """Four cut points make five scores, which the ten usual segments name; ten scores of money do not matter."""
    rules = choose_rules({"cut_points": {"recency": [30, 60, 90, 180], "monetary": 10}})
    assert rules.keys == TEN_SEGMENTS.keys
    assert len(rules.cells) == 250


def test_cut_points_come_back(customers, tmp_path):
    """A saved grid with cut points scores as before."""
    grid = RfmGrid(choose_rules(CUT), "EUR").fit(customers)
    grid.save(tmp_path / "grid.json")
    again = RfmGrid.load(tmp_path / "grid.json")
    pd.testing.assert_frame_equal(grid.assign(customers), again.assign(customers))
    assert again.rules.cuts == grid.rules.cuts


def test_an_empty_score_is_said(customers):
    """Cut points beyond all customers leave a score empty, and the page says which."""
    cuts = {"cut_points": {"recency": [30, 60, 90, 4000], "frequency": [2, 3, 500, 600]}}
    said = [str(each) for each in RfmGrid(choose_rules(cuts)).fit(customers).notices_]
    assert said == [
        "Nobody has score 1 by the day of their last purchase: your own cut points leave it empty",
        "Nobody has score 4 and 5 by the number of purchase days: your own cut points leave it empty",
    ]


@pytest.mark.parametrize(
    ("cuts", "says"),
    [
        ({"recency": [90, 30]}, r"own_segments: cut_points: recency has cut points out of order or twice: \[90, 30\]"),
        ({"frequency": [2, 2]}, "out of order or twice"),
        ({"monetary": 11}, "makes 11 scores. At least 2 and at most 10"),
        ({"recency": list(range(12))}, "makes 13 scores"),
        ({"recency": 1}, "makes 1 scores"),
        ({"recency": []}, r"is \[\]. Write cut points in ascending order"),
        ({"recency": True}, "is True. Write cut points"),
        ({"recency": 2.5}, "is 2.5. Write cut points"),
        ({"monetary": [1, float("nan")]}, "Write cut points"),
        ({"recencey": 3}, "unknown measure 'recencey'. Did you mean 'recency'"),
        ([30], r"cut_points is \[30\]. Write recency"),
        (
            {"recency": [30]},
            "the ten usual segments need five scores of recency and of frequency, and cut_points make 2",
        ),
    ],
)
def test_bad_cut_points_are_refused_by_name(cuts, says):
    """Out of order, too many, none, no numbers: the error names setting, value and remedy."""
    with pytest.raises(ConfigurationError, match=says):
        choose_rules({"cut_points": cuts})


def test_a_rule_beyond_the_scores_there_are():
    """A score that the cut points do not make is refused."""
    with pytest.raises(ConfigurationError, match=r"recency is 4. Write the lowest and highest score from 1 to 3"):
        choose_rules({**CUT, "lately": {"name": "Lately", "recency": 4}})
