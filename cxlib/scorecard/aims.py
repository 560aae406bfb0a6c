"""What a measure is held against: targets that a company sets itself, each by a day, and values of others."""

import datetime as dt
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from cxlib.errors import ParameterError, nearest
from cxlib.language import Day, Message, T, minor_units
from cxlib.scorecard.catalogue import ALIASES, MEASURES, Measure
from cxlib.strict_yaml import check_day, parse_day

_EXAMPLE = "{csat: {value: 0.85, by: 2026-12-31}}"
_PERCENT = re.compile(r"\s*([-+]?\d+(?:\.\d+)?)\s*%\s*")


@dataclass(frozen=True)
class Target:
    """A `value` in the unit of its measure (minor units of money), to be reached by a day.

    >>> Target(40.0, by=dt.date(2026, 12, 31)).value
    40.0
    """

    value: float
    by: dt.date


@dataclass(frozen=True)
class Benchmark:
    """A `value` of others in the unit of a measure; who published it and for which day, where that is known.

    >>> Benchmark(38.0, source="Sector survey", as_of=dt.date(2026, 1, 1)).source
    'Sector survey'
    """

    value: float
    source: str = ""
    as_of: dt.date | None = None

    @property
    def cited(self) -> Message:
        """Source and day, or that they are not told."""
        day: object = Day(self.as_of) if self.as_of else T("without a date")
        return T("{source}, {day}", source=self.source or T("source not told"), day=day)


def read_targets(targets: Mapping[str, object], *, currency: str = "") -> dict[str, Target]:
    """Targets of a parameter, checked.

    `targets`: Name of a measure -> ``{value: ..., by: a day}``; shares as fractions or as text such as ``"85%"``,
        amounts in units of the currency.
    Raises ParameterError: there is no such measure, a value or a day is missing, or a value cannot be one of that
        measure.

    >>> read_targets({"csat": {"value": "85%", "by": "2026-12-31"}})
    {'csat': Target(value=0.85, by=datetime.date(2026, 12, 31))}
    """
    known = {measure.name: measure for measure in MEASURES}
    for name in targets:
        if name not in known:
            raise ParameterError(f"targets: there is no measure {name!r}. {nearest(str(name), known)}")
    return {name: _target(known[name], content, currency) for name, content in targets.items()}


def _target(measure: Measure, content: object, currency: str) -> Target:
    place = f"targets: {measure.name}"
    if not isinstance(content, Mapping) or not {"value", "by"} <= set(content):
        raise ParameterError(f"{place} is {content!r}; a target has a value and a day, as in {_EXAMPLE}")
    if other := sorted(set(map(str, content)) - {"value", "by"}):
        raise ParameterError(f"{place}: {other[0]!r} is no setting. {nearest(other[0], ('value', 'by'))}")
    return Target(_value(measure, content["value"], currency), _day(content["by"], place))


def _value(measure: Measure, given: object, currency: str) -> float:
    share = _PERCENT.fullmatch(given) if isinstance(given, str) and measure.unit == "percent" else None
    number = float(share[1]) / 100 if share else given
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        raise ParameterError(f"targets: {measure.name}: the value is {given!r}; give a number, as in {_EXAMPLE}")
    low, high = measure.limits
    if not low <= number <= high:
        hint = f" {number:g} percent are {number / 100:g}." if measure.unit == "percent" and 1 < number <= 100 else ""
        raise ParameterError(f"targets: {measure.name}: {number:g} lies outside {low:g} to {high:g}.{hint}")
    return number * (minor_units(currency) if measure.unit == "money" else 1)


def _day(given: object, place: str) -> dt.date:
    try:
        day = given if isinstance(given, dt.date) else parse_day(str(given))
    except ValueError:
        raise ParameterError(f"{place}: by is {given!r}; give the day to reach it by, as 2026-12-31.") from None
    return check_day(day, f"{place}: by")


def read_benchmarks(rows: pd.DataFrame | None, *, currency: str = "") -> tuple[dict[str, Benchmark], tuple[str, ...]]:
    """The newest benchmark of each measure, and the names in the table that are no measure's.

    `rows` is the table `benchmarks`, with shares as fractions and amounts in units of the currency; None without one.

    >>> rows = pd.DataFrame({"measure": ["NPS", "luck"], "value": [30.0, 1.0], "source": "A study", "as_of": pd.NaT})
    >>> read_benchmarks(rows)
    ({'nps': Benchmark(value=30.0, source='A study', as_of=None)}, ('luck',))
    """
    measures = {measure.name: measure for measure in MEASURES}
    names = {name: (name, 1.0) for name in measures} | ALIASES
    benchmarks, strangers = {}, []
    if rows is None:
        return {}, ()
    for row in rows.sort_values("as_of", kind="stable", na_position="first").to_dict("records"):
        key = re.sub(r"[\s-]+", "_", str(row["measure"]).strip().casefold())
        if key not in names:
            strangers.append(str(row["measure"]))
            continue
        name, factor = names[key]
        if name == "ces" and row["value"] > 1:
            name = "ces_mean"  # an answer, not a share
        low, high = measures[name].limits
        if not low <= row["value"] <= high:
            strangers.append(f"{row['measure']} ({row['value']:g})")
            continue
        value = float(row["value"]) * factor * (minor_units(currency) if measures[name].unit == "money" else 1)
        source, day = row["source"], row["as_of"]
        benchmarks[name] = Benchmark(
            value, "" if pd.isna(source) else str(source), None if pd.isna(day) else pd.Timestamp(day).date()
        )
    return benchmarks, tuple(dict.fromkeys(strangers))
