"""Blocks of customers, their random streams, the company's clock, and the vector steps that all tables share.

A block holds `BLOCK` consecutive customers and is always simulated whole, from streams that depend on the seed, the
block and the table only. So a customer's data is the same whatever the size of the company, and memory stays bounded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cxlib.data.demo.truth import PLANTED, Truth

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

BLOCK = 2_000
STREAMS = PLANTED["streams"]
MINUTES = 1440
# Relative activity by hour of the day: few at night, a late-morning and an evening peak.
ORDER_HOURS = (1, 1, 0.5, 0.3, 0.3, 0.5, 1, 2, 4, 6, 8, 8, 7, 6, 5, 5, 6, 7, 8, 9, 9, 8, 5, 3)
OFFICE_HOURS = (0, 0, 0, 0, 0, 0, 0, 0, 4, 7, 8, 8, 7, 6, 6, 6, 6, 7, 7, 6, 5, 4, 0, 0)


@dataclass(frozen=True)
class Block:
    """The customers ``number * BLOCK`` up to ``(number + 1) * BLOCK`` of the company with this seed."""

    seed: int
    number: int

    @property
    def first(self) -> int:
        """Position of the block's first customer in the company."""
        return self.number * BLOCK

    def stream(self, table: str) -> np.random.Generator:
        """The random stream of one table in this block."""
        key = (self.number, STREAMS.index(table))
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=key))


def pick(rng: np.random.Generator, shares: Sequence[float], size: int) -> Ints:
    """Positions drawn with these shares (they need not sum to one)."""
    return pick_each(np.broadcast_to(np.asarray(shares, dtype=float), (size, len(shares))), rng)


def pick_each(shares: Floats, rng: np.random.Generator) -> Ints:
    """One position a row, drawn with the row's shares."""
    cumulative = np.cumsum(shares, axis=1)
    place = rng.random(len(shares))[:, None] * cumulative[:, -1:]
    return np.asarray((place >= cumulative).sum(axis=1), dtype=np.int64)


def expand(counts: Ints) -> tuple[Ints, Ints]:
    """Rows for `counts` repetitions: the repeated position, and the running number within it."""
    owner = np.repeat(np.arange(len(counts)), counts)
    starts = np.cumsum(counts) - counts
    return owner, np.arange(len(owner)) - starts[owner]


def running_number(owner: Ints) -> Ints:
    """The running number within each run of equal `owner` (which is sorted)."""
    starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]]) if len(owner) else np.array([], dtype=np.int64)
    lengths = np.diff(np.r_[starts, len(owner)])
    return np.arange(len(owner)) - np.repeat(starts, lengths)


def clip_round(values: Floats, low: int, high: int) -> Ints:
    """Latent values as answers on a scale: rounded and held within it."""
    return np.clip(np.rint(values), low, high).astype(np.int64)


def name(positions: Ints, names: Sequence[str]) -> pa.Array:
    """Positions as text; -1 is null."""
    return pc.take(pa.array(names, pa.string()), pa.array(positions, mask=positions < 0))


def identifier(letter: str, numbers: Ints, width: int) -> pa.Array:
    """Numbers as identifiers of one width: a letter and zero-padded digits."""
    digits = pc.cast(pa.array(numbers + 10**width), pa.string())
    return pc.binary_join_element_wise(letter, pc.utf8_slice_codeunits(digits, 1), "")


def customer_id(positions: Ints) -> pa.Array:
    """Identifiers of the customers at these positions of the company (the first is C0000001)."""
    return identifier("C", positions + 1, 7)


def hundredths(values: Floats) -> Ints:
    """Currency units as cents."""
    return np.rint(values * 100).astype(np.int64)


@lru_cache(maxsize=8)
def operational_time(truth: Truth) -> Floats:
    """Cumulative order intensity at each day's start (length days + 1), scaled to a mean of one a day.

    Orders are a steady Poisson process on this clock; season and weekday enter by reading it backwards.
    """
    day = np.arange(truth.days)
    bought = truth.purchases
    season = 1 + bought.season * np.cos(2 * np.pi * (day - truth.day_number(bought.season_peak)) / 365.25)
    weekday = np.asarray(bought.weekdays)[(day + truth.start.weekday()) % 7]
    intensity = season * weekday
    return np.concatenate([np.zeros(1), np.cumsum(intensity / intensity.mean())])


def minute_of_day(rng: np.random.Generator, size: int, hours: tuple[float, ...] = ORDER_HOURS) -> Ints:
    """Minutes since midnight, drawn by hour."""
    edges = np.concatenate([[0.0], np.cumsum(hours)])
    return np.asarray(np.interp(rng.random(size) * edges[-1], edges, np.arange(25) * 60.0), dtype=np.int64)


def time_column(truth: Truth, minutes: Ints) -> pa.Array:
    """Minutes since the company's start as local timestamps; negative is null."""
    start = np.datetime64(truth.start, "s").astype(np.int64)
    seconds = np.where(minutes < 0, 0, minutes) * 60 + start
    return pa.array(seconds, pa.int64(), mask=minutes < 0).cast(pa.timestamp("s"))


def day_column(truth: Truth, numbers: Ints) -> pa.Array:
    """Day numbers as dates; negative is null."""
    start = np.datetime64(truth.start, "D").astype(np.int64)
    shifted = (np.where(numbers < 0, 0, numbers) + start).astype(np.int32)
    return pa.array(shifted, pa.int32(), mask=numbers < 0).cast(pa.date32())
