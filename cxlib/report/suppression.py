"""Which groups a page leaves out, so that none below the minimum is seen or follows from what is seen.

A group that is too small is withheld, and with it, where its number would follow from a total less the others, the
smallest group beside it (complementary suppression; Cox, JASA 75 (1980), 377-385; Hundepool et al., Statistical
Disclosure Control (2012), 4.4). What was withheld beside it in the last run goes first, so that two runs do not show
one after the other. The names of what was withheld are remembered as digests of 24 bits: too short to find out a name
by trying, long enough to tell the groups of a company apart.
"""

import hashlib
import json
import os
from pathlib import Path

import pandas as pd

from cxlib.measures.nps import SUPPRESS_BELOW as SUPPRESS_BELOW
from cxlib.measures.sampling import hidden_cells as hidden_cells

WITHHELD = "withheld.json"


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
        before = groups.index.get_level_values(1).map(_digest).isin(earlier)
        hidden |= set(groups.index[hidden_cells(groups.to_numpy(float), least=least, earlier=before)])
    _note({_digest(name) for _, name in hidden})
    return frame[[pair not in hidden for pair in zip(divisions, frame[label].astype(str), strict=True)]]


def _memories() -> list[Path]:
    """Where the last run noted which groups it withheld, and where this one does; none outside a run."""
    run = os.environ.get("CXLIB_RUN_DIR")
    return [folder / "exports" / WITHHELD for folder in (Path(run).parent.parent / "latest", Path(run))] if run else []


def _digest(name: str) -> str:
    return hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=3).hexdigest()


def _withheld(*memories: Path) -> set[str]:
    return {digest for path in memories if path.is_file() for digest in json.loads(path.read_text(encoding="utf-8"))}


def _note(digests: set[str]) -> None:
    """Keep them for the tables to come and for the next run."""
    for path in _memories()[1:] if digests else []:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(sorted(digests | _withheld(path))), encoding="utf-8")
