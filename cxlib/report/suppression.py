"""Which groups a page leaves out, so that none below the minimum is seen or follows from what is seen.

A group that is too small is withheld, and with it, where its number would follow from a total less the others, the
smallest group beside it (complementary suppression; Cox, JASA 75 (1980), 377-385; Hundepool et al., Statistical
Disclosure Control (2012), 4.4). What was withheld beside it in the last run goes first, so that two runs do not show
one after the other.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

SUPPRESS_BELOW = 30
WITHHELD = "withheld.json"
Cells = NDArray[np.bool_]


def hidden_cells(
    counts: NDArray[Any] | Sequence[float],
    *,
    least: int = SUPPRESS_BELOW,
    earlier: Cells | None = None,
    sums: Sequence[Cells] = (),
) -> Cells:
    """Which cells to withhold, of groups whose sums are known.

    Parameters
    ----------
    counts
        Customers or answers in each group: shape (k,), or (r, c) for a table of which rows and columns are known.
    sums
        Cells whose sum is known, in the same shape each; left out, all of a row of groups, each row and column of a
        table.

    >>> hidden_cells([120, 45, 3, 60]).tolist(), hidden_cells([120, 45, 3, 60, 29]).tolist()
    ([False, True, True, False], [False, True, True, False, True])
    """
    table = np.nan_to_num(np.asarray(counts, dtype=float))
    known = np.array(sums, dtype=bool) if len(sums) else _lines(table.shape)
    cells, lines = table.ravel(), known.reshape(len(known), -1)
    hidden: Cells = cells < least
    price = cells if earlier is None else cells - np.where(np.ravel(earlier), cells.max(initial=0) + 1, 0)
    while (line := _weak(cells, hidden, lines, least)) is not None:
        others = np.flatnonzero(line & ~hidden)
        hidden[others[np.argmin(price[others])]] = True
    return hidden.reshape(table.shape)


def _lines(shape: tuple[int, ...]) -> Cells:
    if len(shape) == 1:
        return np.ones((1, *shape), dtype=bool)
    rows, columns = np.indices(shape)
    return np.array([*(rows == i for i in range(shape[0])), *(columns == i for i in range(shape[1]))])


def _weak(cells: NDArray[np.float64], hidden: Cells, lines: Cells, least: int) -> Cells | None:
    """The cells of a sum that gives a small group away and in which another could be withheld; None if none does."""
    held, small = hidden & (cells > 0), (cells > 0) & (cells < least)
    fixed = small.copy()
    _, sizes, directions = np.linalg.svd(lines[:, held].astype(float))
    fixed[held] &= (np.abs(directions[int((sizes > 1e-9).sum()) :]) < 1e-9).all(axis=0)
    for number in sorted(np.flatnonzero((lines & small).any(axis=1)), key=(lines & ~hidden).sum(axis=1).__getitem__):
        line: Cells = lines[number]
        inside = line & held
        thin = inside.sum() < 2 or cells[inside].sum() < least + least // 3
        if (thin or fixed[line].any()) and (line & ~hidden).any():
            return line
    return None


def large_groups(
    frame: pd.DataFrame, n: str, *, label: str, within: str | None = None, least: int = SUPPRESS_BELOW
) -> pd.DataFrame:
    """The rows that may be shown, in their order."""
    divisions = frame[within].astype(str) if within else pd.Series("", index=frame.index)
    sizes = frame[n].groupby([divisions, frame[label].astype(str)], sort=False)
    if frame.empty or (sizes.max() > sizes.min()).any():
        return frame[frame[n] >= least]
    earlier, hidden = _withheld(*_memories()), set()
    for _, groups in sizes.first().groupby(level=0, sort=False):
        before = groups.index.get_level_values(1).isin(earlier)
        hidden |= set(groups.index[hidden_cells(groups.to_numpy(float), least=least, earlier=before)])
    _note({name for _, name in hidden})
    return frame[[pair not in hidden for pair in zip(divisions, frame[label].astype(str), strict=True)]]


def _memories() -> list[Path]:
    """Where the last run noted the names of groups that it withheld, and where this one does; none outside a run."""
    run = os.environ.get("CXLIB_RUN_DIR")
    return [folder / "exports" / WITHHELD for folder in (Path(run).parent.parent / "latest", Path(run))] if run else []


def _withheld(*memories: Path) -> set[str]:
    return {name for path in memories if path.is_file() for name in json.loads(path.read_text(encoding="utf-8"))}


def _note(names: set[str]) -> None:
    """Keep the names for the tables to come and for the next run."""
    for path in _memories()[1:] if names else []:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(sorted(names | _withheld(path)), ensure_ascii=False), encoding="utf-8")
