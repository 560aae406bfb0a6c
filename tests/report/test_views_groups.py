"""Groups, movement and time to come: each claim is made by data that bears it out, and withheld by other data."""

import numpy as np
import pandas as pd
import pytest

from cxlib.data import Workspace
from cxlib.language import speaker
from cxlib.report.views import segmentation as show
from cxlib.segments import Effort, SegmentQuestion, choose_rules, gather_segments, study_segments

START = pd.Timestamp("2025-01-01")
QUICK = Effort(resamples=20)


def purchases(gaps, cents, *, customers, days=400, seed=5):
    """Rows of customers who buy every so many days for so much, each with a little noise; both may be lists."""
    random = np.random.default_rng(seed)
    rows = []
    for i in range(customers):
        gap, amount = gaps[i % len(gaps)], cents[i % len(cents)]
        steps = np.cumsum(random.exponential(gap, size=int(3 * days / gap) + 5))
        rows += [(f"c{i:04}", START + pd.Timedelta(days=int(day)), int(amount * random.lognormal(0, 0.1)))
                 for day in steps[steps < days]]  # fmt: skip
    return pd.DataFrame(rows, columns=["customer_id", "day", "amount_cents"])


def study(rows, end="", **frames):
    """The study of a shop with these rows."""
    sales = rows.assign(at=rows["day"], amount=(rows["amount_cents"] / 100).map("{:.2f}".format))
    frames = {"transactions": sales[["customer_id", "at", "amount"]], **frames}
    shop = Workspace.from_frames(frames, currency="GBP", time_zone="UTC")
    return study_segments(gather_segments(shop, SegmentQuestion(end)), effort=QUICK, draws=100)


@pytest.fixture(scope="module")
def rows():
    """Customers who come weekly for little, and monthly for much."""
    return purchases([7, 40], [1_000, 20_000], customers=400)


@pytest.fixture(scope="module")
def two_kinds(rows):
    """Their study, with what they wrote."""
    ids = sorted(set(rows["customer_id"]))
    wrote = {"comment": "call me on 0501234567 <b>now</b>", "nps": 9, "at": "2025-03-01", "response_id": ids}
    return study(rows, surveys=pd.DataFrame({"customer_id": ids, **wrote}))


@pytest.fixture(scope="module")
def one_kind():
    """Of customers who differ by chance alone."""
    return study(purchases([20], [5_000], customers=400))


def html(component, language="en"):
    """What the page shows."""
    return str(component.render(speaker(language)).html)


def test_groups_are_shown_where_there_are_some(two_kinds):
    """The title says how many; every group has a card that is named by its rhythm."""
    assert "fall into 2 clear groups" in html(show.group_evidence(two_kinds))
    shown = html(show.group_cards(two_kinds))
    assert shown.count("<li><h3>Group ") == 2
    assert "Every 7 days, \u00a3" in shown
    assert "Stability: stable" in shown


def test_no_group_is_made_up(one_kind):
    """One cloud gives the verdict, the evidence for it, and no cards."""
    assert one_kind.personas is None
    assert "No separate groups were found" in html(show.group_evidence(one_kind))
    assert "no groups to describe" in html(show.group_cards(one_kind))


def test_cards_hide_who_is_typical_and_how_to_reach_them(two_kinds):
    """Of an id only its end is shown, and a comment loses its contacts."""
    shown = html(show.group_cards(two_kinds))
    assert "c0" not in shown
    assert "0501234567" not in shown
    assert "&lt;b&gt;now" in shown


def test_what_a_card_says_is_in_units(two_kinds):
    """Typical times in days and amounts in money, not logarithms."""
    shown = html(show.group_cards(two_kinds))
    assert "Spend on a purchase day is higher: typically \u00a320" in shown
    assert "Time between purchases is lower: typically 7 days" in shown


def test_too_few_customers_give_a_notice():
    """A handful is said to be a handful."""
    few = study(purchases([7], [1_000], customers=20))
    assert "Note" in html(show.group_evidence(few))
    assert "no groups to describe" in html(show.group_cards(few))


def test_movement_is_shown_with_what_it_is_not(two_kinds):
    """The map, how many moved, and how many would seem to have on a scale cut anew."""
    shown = html(show.movement(two_kinds))
    assert "are in another segment than before" in shown
    assert "By new limits it would look like" in shown


def test_too_short_a_history_gives_a_notice():
    """Nothing to compare with is said, not drawn."""
    young = study(purchases([5], [1_000], customers=300, days=60))
    assert young.movement is young.usefulness is None
    for part in (show.movement, show.next_period):
        assert "Too few were customers that long ago" in html(part(young))


def test_segments_that_foretell_are_held_against_simple_rules(two_kinds, one_kind):
    """Where spend differs by habit segments explain some of it; where it is chance, next to nothing."""
    explained = two_kinds.usefulness.explained.set_index("name")["spend"]
    assert explained["groups"] > 0.25
    assert abs(explained["random"]) < 0.05
    assert one_kind.usefulness.explained.set_index("name")["spend"].max() < 0.2
    assert "what chance alone explains" in html(show.next_period(two_kinds))
    assert "simple rule" in html(show.next_period(one_kind))


def test_the_outcome_has_no_part_in_the_segments(rows, two_kinds):
    """Other rows after the cut-off change what happened, and no segment."""
    end = rows["day"].max()
    late = rows["day"] > end - pd.Timedelta(days=90)
    amounts = rows["amount_cents"].to_numpy(copy=True)
    amounts[late] = amounts[late][::-1]  # to other customers; a step of all amounts would leave segments without money
    changed = study(rows.assign(amount_cents=amounts), end.date().isoformat())
    before, after = two_kinds.usefulness.groups, changed.usefulness.groups
    columns = ["name", "group", "customers"]
    pd.testing.assert_frame_equal(before[columns], after[columns])
    assert not np.allclose(before["mean_cents"], after["mean_cents"])


def test_own_segments_run_through_to_the_page(two_kinds):
    """Names of the company's own rules, in the reader's language, without looking for groups again."""
    rules = choose_rules({
        "lately": {"name": {"en": "Here lately", "ar": "\u062d\u0627\u0636\u0631\u0648\u0646"}, "recency": [3, 5]},
        "gone": {"name": "Gone", "recency": [1, 2]},
    })  # fmt: skip
    own = two_kinds.with_rules(rules)
    assert own.groups is two_kinds.groups
    assert "Here lately" in html(show.movement(own))
    assert "Here lately" in html(show.next_period(own))
    assert "\u062d\u0627\u0636\u0631\u0648\u0646" in html(show.movement(own), "ar")
    assert speaker("en").say(own.movement.names["gone"]) == "Gone"


def test_own_cut_points_run_through_to_the_page(two_kinds):
    """A grid of three recency scores by two of frequency is drawn as such."""
    rules = choose_rules({
        "cut_points": {"recency": [30, 90], "frequency": 2},
        "lately": {"name": "Here lately", "recency": [2, 3]},
        "gone": {"name": "Gone", "recency": 1},
    })  # fmt: skip
    page = html(show.grid_map(two_kinds.with_rules(rules)))
    assert "A grid of 3 by 2 cells" in page
    assert "Frequency score, 2 is most often" in page
