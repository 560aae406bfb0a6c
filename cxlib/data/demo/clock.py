"""The company's clock: days since the start, order intensity by season and weekday, hours of the day."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import pyarrow as pa

from cxlib.data.demo.blocks import MINUTES, Floats, Ints
from cxlib.data.demo.truth import Truth

# Relative activity by hour of the day: few at night, a late-morning and an evening peak.
ORDER_HOURS = (1, 1, 0.5, 0.3, 0.3, 0.5, 1, 2, 4, 6, 8, 8, 7, 6, 5, 5, 6, 7, 8, 9, 9, 8, 5, 3)
OFFICE_HOURS = (0, 0, 0, 0, 0, 0, 0, 0, 4, 7, 8, 8, 7, 6, 6, 6, 6, 7, 7, 6, 5, 4, 0, 0)


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


def instants(truth: Truth, minutes: Ints) -> pa.Array:
    """Minutes since the company's start as local timestamps; negative is null."""
    start = np.datetime64(truth.start, "s").astype(np.int64)
    seconds = np.where(minutes < 0, 0, minutes) * 60 + start
    return pa.array(seconds, pa.int64(), mask=minutes < 0).cast(pa.timestamp("s"))


def days(truth: Truth, numbers: Ints) -> pa.Array:
    """Day numbers as dates; negative is null."""
    start = np.datetime64(truth.start, "D").astype(np.int64)
    shifted = (np.where(numbers < 0, 0, numbers) + start).astype(np.int32)
    return pa.array(shifted, pa.int32(), mask=numbers < 0).cast(pa.date32())


def day_texts(truth: Truth, pattern: str) -> list[str]:
    """Each day of the company as text."""
    return [date_text(truth.start + timedelta(days=number), pattern) for number in range(truth.days)]


def date_text(day: date, pattern: str) -> str:
    """A date as text, by a pattern of `date.strftime`."""
    return day.strftime(pattern)


def minute_texts() -> list[str]:
    """The minutes of a day, 00:00 to 23:59."""
    return [f"{minute // 60:02d}:{minute % 60:02d}" for minute in range(MINUTES)]
