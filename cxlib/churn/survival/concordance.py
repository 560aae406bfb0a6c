"""How often a model puts two members into the right order: Harrell's concordance, in n log^2 n steps."""

from __future__ import annotations

import numpy as np

from cxlib.churn.survival.spells import Codes, Durations, Floats

BRUTE = 512  # rows below which all pairs are compared at once


def measure_concordance(risk: Floats, spells: Durations, strata: Codes | None = None) -> float:
    """The share of comparable pairs in which who left sooner had the higher risk; a tie in risk counts one half.

    A pair is comparable where one is known to have left before the other: pairs of two endings on one day are not.
    With strata only pairs within a stratum are compared.

    Source: Harrell, Lee & Mark, Statistics in Medicine 15 (1996), 361-387, section 5.5.

    >>> spells = Durations(np.array([1.0, 2.0, 3.0]), np.array([True, True, False]))
    >>> measure_concordance(np.array([3.0, 1.0, 2.0]), spells).__round__(3)
    0.667
    """
    layers = np.zeros(len(spells), dtype=np.int64) if strata is None else strata
    found = np.zeros(3)
    for layer in np.unique(layers):
        rows = layers == layer
        found += _count(np.asarray(risk)[rows], spells.take(rows))
    comparable, right, tied = found
    return float((right + tied / 2) / comparable) if comparable else float("nan")


def _count(risk: Floats, spells: Durations) -> Floats:
    """Comparable pairs, those in the right order, and those tied in risk."""
    order = np.lexsort((risk, ~spells.ended, spells.days))
    days, ended, risk = spells.days[order], spells.ended[order], risk[order]
    _, first = np.unique(days, return_index=True)
    deaths = np.add.reduceat(ended.astype(float), first)
    # Of one day's endings, which come first and by ascending risk, no pair is in the right order, but some are tied.
    later = len(days) - first - deaths
    alike = np.unique(np.column_stack([days[ended], risk[ended]]), axis=0, return_counts=True)[1]
    right, tied = _later_and_lower(risk, ended)
    return np.array([(deaths * later).sum(), right, tied - (alike * (alike - 1) / 2).sum()])


def _later_and_lower(risk: Floats, ended: np.ndarray) -> tuple[float, float]:
    """Pairs (i, j), i before j and i ended, in which the risk of j is lower, and those in which it is the same."""
    n = len(risk)
    if n <= BRUTE:
        mine, theirs = risk[ended], risk
        after = np.arange(n)[None, :] > np.flatnonzero(ended)[:, None]
        lower = (theirs[None, :] < mine[:, None]) & after
        same = (theirs[None, :] == mine[:, None]) & after
        return float(lower.sum()), float(same.sum())
    half = n // 2
    ranked, mine = np.sort(risk[half:]), risk[:half][ended[:half]]
    below = np.searchsorted(ranked, mine, side="left")
    up_to = np.searchsorted(ranked, mine, side="right")
    parts = (_later_and_lower(risk[:half], ended[:half]), _later_and_lower(risk[half:], ended[half:]))
    right, tied = np.sum(parts, axis=0)
    return float(right + below.sum()), float(tied + (up_to - below).sum())
