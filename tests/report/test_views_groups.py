"""Groups, movement and time to come: each claim is made by data that bears it out, and withheld by other data."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from cxlib.data import behaviour_frame
from cxlib.language import speaker
from cxlib.report.views import segmentation as show
from cxlib.segments import Effort, choose_rules, describe_groups, foretold, moved_since, select_clusters

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


@pytest.fixture(scope="module")
def two_kinds():
    """Customers who come weekly for little, and monthly for much."""
    return purchases([7, 40], [1_000, 20_000], customers=400)


@pytest.fixture(scope="module")
def one_kind():
    """Customers who differ by chance alone."""
    return purchases([20], [5_000], customers=400)


@pytest.fixture(scope="module")
def looked_at():
    """The groups that were found, with their cards."""

    def look(rows, **known):
        frame = behaviour_frame(rows)
        found = select_clusters(frame, effort=QUICK)
        return found, describe_groups(frame, found, currency="GBP", **known)

    return look


def html(component, language="en"):
    """What the page shows."""
    return component.payload()["html"][language]


def test_groups_are_shown_where_there_are_some(looked_at, two_kinds):
    """The title says how many; every group has a card that is named by its rhythm."""
    found, personas = looked_at(two_kinds)
    assert "falls into 2 groups" in html(show.group_evidence(found))
    shown = html(show.group_cards(personas, found))
    assert shown.count("<li><h3>Group ") == 2
    assert "Every 7 days, \u00a3" in shown
    assert "Stability: stable" in shown


def test_no_group_is_made_up(looked_at, one_kind):
    """One cloud gives the verdict, the evidence for it, and no cards."""
    found, personas = looked_at(one_kind)
    assert personas is None
    assert "No separate groups were found" in html(show.group_evidence(found))
    assert "no groups to describe" in html(show.group_cards(personas, found))


def test_cards_hide_who_is_typical_and_how_to_reach_them(looked_at, two_kinds):
    """Of an id only its end is shown, and a comment loses its contacts."""
    comments = pd.DataFrame(
        {"customer_id": sorted(set(two_kinds["customer_id"])), "comment": "call me on 0501234567 <b>now</b>"}
    )
    found, personas = looked_at(two_kinds, comments=comments)
    shown = html(show.group_cards(personas, found))
    assert "c0" not in shown
    assert "0501234567" not in shown
    assert "&lt;b&gt;now" in shown


def test_what_a_card_says_is_in_units(looked_at, two_kinds):
    """Typical times in days and amounts in money, not logarithms."""
    found, personas = looked_at(two_kinds)
    shown = html(show.group_cards(personas, found))
    assert "Spend on a purchase day is higher: typically \u00a320" in shown
    assert "Time between purchases is lower: typically 7 days" in shown


def test_too_few_customers_give_a_notice(looked_at):
    """A handful is said to be a handful."""
    found, personas = looked_at(purchases([7], [1_000], customers=20))
    assert "Note" in html(show.group_evidence(found))
    assert "no groups to describe" in html(show.group_cards(personas, found))


def test_movement_is_shown_with_what_it_is_not(two_kinds):
    """The map, how many moved, and how many would seem to have on a scale cut anew."""
    shown = html(show.movement(moved_since(two_kinds, days=90)))
    assert "are in another segment than before" in shown
    assert "had the scores been cut anew" in shown
    assert "are there no more" not in shown  # who has bought once stays a customer of the grid


def test_too_short_a_history_gives_a_notice():
    """Nothing to compare with is said, not drawn."""
    young = purchases([5], [1_000], customers=300, days=60)
    assert moved_since(young, days=90) is None
    assert "Too few were customers that long ago" in html(show.movement(None))
    assert "Too few were customers that long ago" in html(show.next_period(foretold(young, days=90)))


def test_segments_that_foretell_are_held_against_simple_rules(two_kinds, one_kind):
    """Where spend differs by habit segments explain some of it; where it is chance, next to nothing."""
    telling, chance = (foretold(rows, days=90, draws=50) for rows in (two_kinds, one_kind))
    explained = telling.explained.set_index("name")["spend"]
    assert explained["groups"] > 0.25
    assert abs(explained["random"]) < 0.05
    assert chance.explained.set_index("name")["spend"].max() < 0.2
    assert "what chance alone explains" in html(show.next_period(telling))
    assert "simple rule" in html(show.next_period(chance))


def test_the_outcome_has_no_part_in_the_segments(two_kinds):
    """Other rows after the cut-off change what happened, and no segment."""
    end = two_kinds["day"].max()
    late = two_kinds["day"] > end - pd.Timedelta(days=90)
    changed = two_kinds.assign(amount_cents=two_kinds["amount_cents"].where(~late, 7))
    before, after = (foretold(rows, days=90, observation_end=end.date(), draws=5) for rows in (two_kinds, changed))
    columns = ["name", "group", "customers"]
    pd.testing.assert_frame_equal(before.groups[columns], after.groups[columns])
    assert not np.allclose(before.groups["mean_cents"], after.groups["mean_cents"])


def test_own_segments_run_through_to_the_page(two_kinds):
    """Names of the company's own rules, in the reader's language."""
    rules = choose_rules({
        "lately": {"name": {"en": "Here lately", "ar": "\u062d\u0627\u0636\u0631\u0648\u0646"}, "recency": [3, 5]},
        "gone": {"name": "Gone", "recency": [1, 2]},
    })  # fmt: skip
    moved = moved_since(two_kinds, days=90, rules=rules)
    assert "Here lately" in html(show.movement(moved))
    assert "\u062d\u0627\u0636\u0631\u0648\u0646" in html(show.movement(moved), "ar")
    assert speaker("en").say(moved.names["gone"]) == "Gone"
    assert isinstance(moved.after, dt.date)
