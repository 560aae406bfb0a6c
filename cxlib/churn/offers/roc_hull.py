"""The convex hull of a ROC curve: the thresholds among which the best one lies, whatever a call costs and brings."""

from __future__ import annotations

import numpy as np
from scipy.optimize import isotonic_regression

from cxlib.checks import Codes, Flags, Floats
from cxlib.errors import DataError


def step_of_rows(left: Flags, scores: Floats) -> Codes:
    """The step of each row, as `steps_of` counts them: 0 is the highest."""
    cuts = np.unique(scores[left])
    return len(cuts) - np.searchsorted(cuts, scores, side="right").astype(np.int64)


def steps_of(left: Flags, scores: Floats) -> tuple[Floats, Floats]:
    """Leavers and stayers between thresholds, from the highest down.

    Only the scores of leavers are thresholds: just above such a score the hull cannot have a corner, since calling the
    stayers before it brings nothing. Two plain sorts are then cheaper than one that carries the outcomes along.
    """
    leavers, stayers = np.sort(scores[left]), np.sort(scores[~left])
    ends = np.append(np.flatnonzero(np.diff(leavers)), len(leavers) - 1)
    counts = np.diff(ends, prepend=-1)[::-1].astype(float)
    below = np.searchsorted(stayers, leavers[ends], side="left")
    between = np.diff(len(stayers) - below[::-1], prepend=0).astype(float)
    if below[0]:
        return np.append(counts, 0.0), np.append(between, float(below[0]))
    return counts, between


def convex_hull(leavers: Floats, stayers: Floats) -> tuple[Floats, Floats]:
    """How many of both stand above each corner of the ROC curve's convex hull, from nobody to everybody.

    The hull's segments are the blocks of an isotonic regression of the outcomes on the scores (Fawcett &
    Niculescu-Mizil, PAV and the ROC convex hull, Machine Learning 68, 2007).
    """
    weight = leavers + stayers
    blocks = isotonic_regression(leavers / weight, weights=weight, increasing=False).blocks[:-1]
    above = [np.append(0.0, np.cumsum(np.add.reduceat(part, blocks))) for part in (leavers, stayers)]
    if above[0][-1] <= 0 or above[1][-1] <= 0:
        raise DataError("both customers who left and customers who stayed are needed.")
    return above[0], above[1]
