"""Everything runs once, after what it waits for, and no more at a time than there are workers."""

import threading
import time
from graphlib import TopologicalSorter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxlib.runs.planning.order import among, chain_lengths, find_cycle, run_in_order

NAMES = "abcdefgh"


@st.composite
def graphs(draw):
    """Reports in some order, of which each may wait only for those before it in another order: no circle."""
    order = draw(st.permutations(NAMES))
    after = {name: draw(st.lists(st.sampled_from(order[:place]), unique=True)) if place else []
             for place, name in enumerate(order)}  # fmt: skip
    return {name: after[name] for name in draw(st.permutations(NAMES))}


@pytest.mark.parametrize(
    ("after", "cycle"),
    [
        ({"a": ["b"], "b": ["a"]}, ["a", "b", "a"]),
        ({"a": ["a"]}, ["a", "a"]),
        ({"x": [], "a": ["x", "b"], "b": ["c"], "c": ["a"], "d": ["a"]}, ["a", "b", "c", "a"]),
        ({"c": ["a"], "b": ["c"], "a": ["b"]}, ["c", "a", "b", "c"]),
        ({"a": ["b", "c"], "b": ["c"], "c": []}, []),
    ],
)
def test_a_cycle_is_named_from_the_first_report_of_the_suite(after, cycle):
    """Each name is followed by one that it waits for, back to the first."""
    assert find_cycle(after) == cycle


@given(graphs(), st.integers(1, 4))
def test_all_run_once_and_in_order(after, workers):
    """Whatever the graph: everything once, with the results of what it waits for, at most `workers` at a time."""
    ended, busy, most, lock = [], 0, 0, threading.Lock()

    def run(name, before):
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
            assert before == {other: other.upper() for other in after[name]}
            assert set(after[name]) <= set(ended)
        with lock:
            busy -= 1
            ended.append(name)
        return name.upper()

    assert run_in_order(after, run, workers=workers) == {name: name.upper() for name in after}
    assert (sorted(ended), most <= workers) == (sorted(NAMES), True)


@given(graphs(), st.sets(st.sampled_from(NAMES)))
def test_leaving_reports_out_keeps_the_order_of_the_others(after, chosen):
    """A chosen report comes after another one if and only if it does so in the whole suite."""

    def all_before(graph, name):
        return {other for before in graph[name] for other in {before, *all_before(graph, before)}}

    few = among(after, chosen)
    assert few.keys() == chosen
    assert all(all_before(few, name) == all_before(after, name) & chosen for name in chosen)
    assert set(TopologicalSorter(few).static_order()) == chosen


def test_the_longest_chain_starts_first():
    """With one worker, what most others wait for comes first; else the order of the suite."""
    after = {"alone": [], "first": [], "second": ["first"], "third": ["second"], "also": []}
    assert chain_lengths(after) == {"alone": 0, "first": 2, "second": 1, "third": 0, "also": 0}
    order = []
    run_in_order(after, lambda name, _: order.append(name), workers=1)
    assert order == ["first", "second", "alone", "third", "also"]


def test_independent_reports_run_at_the_same_time():
    """Two workers, two reports that each wait until the other has started."""
    meeting = threading.Barrier(2, timeout=20)
    assert run_in_order({"a": [], "b": []}, lambda *_: meeting.wait() >= 0, workers=2) == {"a": True, "b": True}


def test_a_free_worker_does_not_wait_for_a_slow_report():
    """What is ready starts although another report of the same step still runs."""
    done = threading.Event()

    def run(name, _):
        if name == "slow":
            assert done.wait(20)
        elif name == "later":
            done.set()
        return time.monotonic()

    ended = run_in_order({"slow": [], "quick": [], "later": ["quick"]}, run, workers=2)
    assert ended["later"] < ended["slow"]
