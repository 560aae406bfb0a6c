"""Attributes of customers as numbers that a likelihood can use, by rules that are learned once and stated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from cxlib.clv.models.rows import Floats, as_frame
from cxlib.errors import DataError

FEWEST = 30  # customers of a level; rarer levels share one
CLASSES = 10  # distinct values of a number past which it stands for its tenth of customers
OTHER = "other or unknown"


@dataclass(frozen=True)
class Attribute:
    """One column and how it becomes numbers.

    Attributes
    ----------
    column : str
    levels : tuple of str
        Levels with a coefficient of their own, against `reference`; empty for numbers.
    reference : str
        The most frequent level.
    cuts, means : tuple of float
        Of a number with many distinct values: limits and means of its tenths.
    centre, scale : float
        Of a number: what is subtracted, and what a step of 1 stands for (a standard deviation).
    """

    column: str
    levels: tuple[str, ...] = ()
    reference: str = ""
    cuts: tuple[float, ...] = ()
    means: tuple[float, ...] = ()
    centre: float = 0.0
    scale: float = 1.0

    @property
    def names(self) -> tuple[str, ...]:
        """One name a coefficient."""
        return tuple(f"{self.column}={level}" for level in self.levels) or (self.column,)

    def matrix(self, values: pd.Series) -> Floats:
        """Customers by coefficients."""
        if not self.levels:
            return self._number(values)[:, None]
        text = _text(values)
        known = {*self.levels, self.reference}
        # A level that was never seen, or too rarely, or is missing: with the rare ones, else as most customers are.
        text = text.where(text.isin(known), OTHER if OTHER in known else self.reference)
        return np.column_stack([(text == level).to_numpy(float) for level in self.levels])

    def _number(self, values: pd.Series) -> Floats:
        raw = pd.to_numeric(values, errors="coerce").to_numpy(float, na_value=np.nan)
        found = np.where(np.isfinite(raw), raw, self.centre)
        if self.cuts:
            found = np.asarray(self.means)[np.searchsorted(self.cuts, found, side="right")]
            found = np.where(np.isfinite(raw), found, self.centre)
        return np.asarray((found - self.centre) / self.scale)


@dataclass(frozen=True)
class Design:
    """The attributes of one part of a model.

    Numbers: with two values 0 and 1 as they are; else as distance from the mean in standard deviations, and with more
    than 10 distinct values each stands for the mean of its tenth of customers; missing ones count as the mean. Text,
    categories and truth values: one coefficient a level against the most frequent one; levels with fewer than 30
    customers and missing values form the level "other or unknown", where an unseen level of a later table belongs too
    (without such a level it counts as the most frequent one).

    Examples
    --------
    >>> table = pd.DataFrame({"region": ["west"] * 40 + ["east"] * 35 + [None] * 30})
    >>> design = Design.learn(table, ["region"])
    >>> design.names
    ('region=east', 'region=other or unknown')
    >>> design.matrix(pd.DataFrame({"region": ["west", "north"]})).tolist()
    [[0.0, 0.0], [0.0, 1.0]]
    """

    attributes: tuple[Attribute, ...] = field(default=())

    @classmethod
    def learn(cls, table: Any, columns: Sequence[str], weights: Floats | None = None) -> Design:
        """Read levels, centres and scales off a table; `weights` count the customers of its rows.

        Raises
        ------
        DataError
            A column is missing, or has one value only.
        """
        frame = as_frame(table, tuple(columns), made_by="purchase_summary with attributes of customers joined")
        counts = np.ones(len(frame)) if weights is None else weights
        return cls(tuple(_learn(frame[column], counts) for column in columns))

    @property
    def names(self) -> tuple[str, ...]:
        """One name a coefficient."""
        return tuple(name for attribute in self.attributes for name in attribute.names)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read."""
        return tuple(attribute.column for attribute in self.attributes)

    def matrix(self, table: pd.DataFrame) -> Floats:
        """Customers by coefficients."""
        as_frame(table, self.columns, made_by="purchase_summary with attributes of customers joined")
        parts = [attribute.matrix(table[attribute.column]) for attribute in self.attributes]
        return np.column_stack([np.zeros((len(table), 0)), *parts])


def _learn(values: pd.Series, counts: Floats) -> Attribute:
    column = str(values.name)
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return _learn_number(column, values.to_numpy(float, na_value=np.nan), counts)
    text = _text(values)
    sizes = pd.Series(counts).groupby(text.to_numpy()).sum()
    rare = sizes[sizes < FEWEST].index
    text = text.where(~text.isin(rare), OTHER)
    sizes = pd.Series(counts).groupby(text.to_numpy()).sum().sort_values(ascending=False, kind="stable")
    if len(sizes) < 2:
        raise DataError(
            f"column {column!r} says the same of all customers ({sizes.index[0]!r}), so nothing can be learned from "
            f"it; levels with fewer than {FEWEST} customers count as one. Leave it out."
        )
    names = [str(name) for name in sizes.index]
    return Attribute(column, tuple(sorted(names[1:])), names[0])


def _learn_number(column: str, values: Floats, counts: Floats) -> Attribute:
    known = np.isfinite(values)
    distinct = np.unique(values[known])
    if len(distinct) < 2:
        raise DataError(f"column {column!r} says the same of all customers, so nothing can be learned. Leave it out.")
    if known.all() and distinct.tolist() == [0.0, 1.0]:
        return Attribute(column)
    centre = float(np.average(values[known], weights=counts[known]))
    scale = float(np.sqrt(np.average((values[known] - centre) ** 2, weights=counts[known])))
    if len(distinct) <= CLASSES:
        return Attribute(column, centre=centre, scale=scale)
    cuts = np.unique(np.quantile(values[known], np.arange(1, CLASSES) / CLASSES))
    at = np.searchsorted(cuts, values[known], side="right")
    totals = np.bincount(at, counts[known] * values[known], len(cuts) + 1)
    sizes = np.bincount(at, counts[known], len(cuts) + 1)
    means = np.divide(totals, sizes, out=np.full(len(sizes), centre), where=sizes > 0)
    return Attribute(column, cuts=tuple(cuts.tolist()), means=tuple(means.tolist()), centre=centre, scale=scale)


def _text(values: pd.Series) -> pd.Series:
    """Levels as text; missing ones named."""
    return values.astype("object").where(values.notna(), OTHER).astype("str")
