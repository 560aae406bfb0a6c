"""The file with the planted faults: real orders of the company first, the faulty rows after them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from cxlib.data.demo.faults import Fault, fault_lines
from cxlib.data.demo.sinks import synced
from cxlib.data.demo.truth import Truth

# Orders by phone of the last days come in this file, all others in the plain one.
CHANNEL, LAST_DAYS = "phone", 30


@dataclass(frozen=True)
class Planted:
    """Where the rows of one kind of fault stand (the header is line 1)."""

    kind: str
    column: str
    lines: range


def in_bad_file(truth: Truth, transactions: pa.Table) -> pa.Array:
    """Which transactions come in the file with the planted faults."""
    since = pc.greater(transactions["day"], truth.last_day_before(LAST_DAYS))
    return pc.and_(since, pc.equal(transactions["channel"], CHANNEL))


def plant(path: Path, faults: tuple[Fault, ...], *, after_line: int) -> list[Planted]:
    """Append the faulty rows to the file, whose last line so far is `after_line`; say where they stand."""
    original = _first_row(path)
    planted = []
    with synced(path, "ab") as file:
        for fault in faults:
            lines = fault_lines(fault, first_number=after_line, original=original)
            file.write(b"".join(line + b"\n" for line in lines))
            planted.append(Planted(fault.kind, fault.column, range(after_line + 1, after_line + 1 + len(lines))))
            after_line += len(lines)
    return planted


def _first_row(path: Path) -> bytes:
    """The line after the header, empty where there is none."""
    with path.open("rb") as file:
        file.readline()
        return file.readline().rstrip(b"\n")
