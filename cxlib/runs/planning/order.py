"""Which report waits for which, and running them so: as many at once as there are workers, the longest chain first."""

from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import CycleError, TopologicalSorter
from typing import TypeVar

After = Mapping[str, Iterable[str]]
Result = TypeVar("Result")


def find_cycle(after: After) -> list[str]:
    """Reports that wait for each other, from one back to itself, each followed by one that it waits for; or nothing."""
    try:
        TopologicalSorter(after).prepare()
    except CycleError as error:
        backwards: list[str] = error.args[1]
        ring = backwards[:0:-1]
        start = min(range(len(ring)), key=lambda at: list(after).index(ring[at]))
        return [*ring[start:], *ring[: start + 1]]
    return []


def among(after: After, chosen: Collection[str]) -> dict[str, list[str]]:
    """For each chosen report the chosen ones that it waits for, also through reports that are left out.

    >>> among({"b": ["a"], "c": ["b"]}, ["a", "c"])
    {'a': [], 'c': ['a']}
    """
    return {name: _chosen_before(name, after, chosen) for name in chosen}


def _chosen_before(name: str, after: After, chosen: Collection[str]) -> list[str]:
    nearest_chosen: dict[str, None] = {}
    visited, open_ends = {name}, list(after.get(name, ()))
    while open_ends:
        before = open_ends.pop(0)
        if before in chosen:
            nearest_chosen[before] = None
        elif before not in visited:
            open_ends.extend(after.get(before, ()))
        visited.add(before)
    return list(nearest_chosen)


def chain_lengths(after: After) -> dict[str, int]:
    """How many reports, one after the other, cannot start before this one has ended."""
    lengths = dict.fromkeys(after, 0)
    for name in reversed(list(TopologicalSorter(after).static_order())):
        for before in after[name]:
            lengths[before] = max(lengths[before], lengths[name] + 1)
    return lengths


def run_in_order(
    after: After, run: Callable[[str, Mapping[str, Result]], Result], *, workers: int
) -> dict[str, Result]:
    """Run everything once, each after those that it waits for; gives the results in the order of `after`.

    `run` is called in a worker's thread with a name and the results of those that it waits for.
    """
    sorter, lengths = TopologicalSorter(after), chain_lengths(after)
    sorter.prepare()
    ready: list[str] = []
    running: dict[Future[Result], str] = {}
    results: dict[str, Result] = {}
    places = {name: place for place, name in enumerate(after)}
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="cx-run") as pool:
        while sorter.is_active():
            ready = sorted([*ready, *sorter.get_ready()], key=lambda name: (-lengths[name], places[name]))
            while ready and len(running) < workers:
                name = ready.pop(0)
                running[pool.submit(run, name, {before: results[before] for before in after[name]})] = name
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                name = running.pop(future)
                results[name] = future.result()
                sorter.done(name)
    return {name: results[name] for name in after}
