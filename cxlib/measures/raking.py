"""Weights that make the answers look like all customers on known margins: raking with trimming."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from cxlib.checks import Codes, Floats, Values
from cxlib.errors import DataError, ParameterError
from cxlib.measures.result import Brief
from cxlib.measures.sampling import check_weights, effective_n

Margins = Mapping[str, Mapping[object, float]]
MOST_ROUNDS = 200
CLOSE = 1e-10


@dataclass(frozen=True, repr=False)
class Raked(Brief):
    """Weights with mean 1.

    `margins`: variable, category, answers (share before weighting), target, reached: shares.
    `trimmed`: Answers whose weight was held at a limit.
    `design_effect`: n / effective_n: how many times the variance of a mean has grown through unequal weights.
    `effective_n`: Kish's.
    `converged`: Whether every margin is met; with trimmed weights they may not be.
    """

    weights: Floats
    margins: pd.DataFrame
    trimmed: int
    design_effect: float
    effective_n: float
    converged: bool


@dataclass(frozen=True, repr=False)
class Raking(Brief):
    """Margins as numbers, ready to be met again by other base weights (a resample's).

    `codes` (tuple of array (n,)): For each margin the position of each answer's category.
    `targets` (tuple of array): For each margin the share of each category.
    `trim` ((float, float)): Least and largest weight, as multiples of the mean.
    """

    codes: tuple[Codes, ...]
    targets: tuple[Floats, ...]
    trim: tuple[float, float]

    def weigh(self, base: Floats) -> Floats:
        """Weights with mean 1 over answers of positive `base`, which meets every margin as nearly as trimming lets."""
        weights: Floats = self._fit(base)
        low, high = self.trim
        for _ in range(50):
            mean = weights[base > 0].mean()
            ratio = weights / mean
            if (ratio[base > 0] >= low * (1 - 1e-9)).all() and (ratio <= high * (1 + 1e-9)).all():
                break
            held = np.where(base > 0, np.clip(ratio, low, high), 0.0)
            weights = self._fit(held, rounds=5)
        inside = base > 0
        found: Floats = weights / weights[inside].mean()
        for _ in range(50):  # holding weights moves their mean, and that the limits
            held = np.where(inside, np.clip(found, low, high), 0.0)
            found = held / held[inside].mean()
            if np.abs(found - held).max() < CLOSE:
                break
        return found

    def _fit(self, base: Floats, rounds: int = MOST_ROUNDS) -> Floats:
        """Weights in proportion to `base` within each combination of categories, so only combinations are fitted."""
        place, categories = self._cells
        sums = np.bincount(place, base, minlength=len(categories[0]))
        cells = self._fit_cells(sums / sums.sum(), categories, rounds)
        factor: Floats = np.divide(cells, sums, out=np.zeros_like(cells), where=sums > 0)
        return np.asarray(base * factor[place])

    @cached_property
    def _cells(self) -> tuple[Codes, tuple[Codes, ...]]:
        """The combination of categories of each answer, and the categories of each combination that occurs."""
        cells, place = np.unique(np.stack(self.codes), axis=1, return_inverse=True)
        return place.ravel(), tuple(cells)

    def _fit_cells(self, cells: Floats, categories: tuple[Codes, ...], rounds: int) -> Floats:
        for _ in range(rounds):
            largest = 0.0
            for codes, target in zip(categories, self.targets, strict=True):
                sums = np.bincount(codes, cells, minlength=len(target))
                factor = np.divide(target, sums, out=np.zeros_like(target), where=sums > 0)
                cells = np.asarray(cells * factor[codes])
                cells = cells / cells.sum()  # a resample may lack a category altogether
                largest = max(largest, float(np.abs(sums / sums.sum() - target).max()))
            if largest < CLOSE:
                break
        return cells


def prepare_raking(frame: pd.DataFrame, margins: Margins, *, trim: tuple[float, float] = (0.2, 5.0)) -> Raking:
    """Check margins against the answers."""
    if not margins:
        raise ParameterError("there are no margins to weight to. Name at least one column with its known shares.")
    if not 0 <= trim[0] < 1 < trim[1]:
        raise ParameterError(f"trim={trim} must hold 1 between its least and its largest weight, as (0.2, 5).")
    checked = [_margin(frame, name, known) for name, known in margins.items()]
    return Raking(tuple(codes for codes, _ in checked), tuple(target for _, target in checked), trim)


def _margin(frame: pd.DataFrame, name: str, known: Mapping[object, float]) -> tuple[Codes, Floats]:
    if name not in frame:
        raise DataError(f"there is no column {name!r} to weight by. Columns: {', '.join(map(str, frame.columns))}.")
    if missing := int(frame[name].isna().sum()):
        raise DataError(f"column {name!r} is missing in {missing:,} answers: they cannot be weighted. Fill or drop it.")
    target = np.array(list(known.values()), float)
    if not (np.isfinite(target).all() and (target > 0).all()):
        raise DataError(f"margin {name!r} has shares that are not above zero: {dict(known)}. Leave the category out.")
    found = set(frame[name].unique())
    if absent := [category for category in known if category not in found]:
        raise DataError(
            f"margin {name!r} cannot be met: nobody in {', '.join(map(repr, absent))} answered. Join the category "
            "with another one."
        )
    if extra := sorted(map(str, found - set(known))):
        raise DataError(f"margin {name!r} has no share for {', '.join(extra)}, which occurs. Add it, or leave it out.")
    codes = np.asarray(pd.Categorical(frame[name], categories=list(known)).codes).astype(np.int64)
    return codes, target / target.sum()


def rake(
    frame: pd.DataFrame, margins: Margins, *, weights: Values | None = None, trim: tuple[float, float] = (0.2, 5.0)
) -> Raked:
    """Weights that bring the answers to known shares of customers.

    `frame`: A row an answer, with a column for each margin.
    `margins`: Known shares of all customers, or their counts.
    `weights` (n,): Base weights, such as those that undo unequal chances of being asked.
    `trim`: Weights are held between these multiples of the mean; a margin that then cannot be met exactly is met as
        nearly as possible, and `margins` says so.
    Raises DataError: a margin cannot be met; see the message.

    Iterative proportional fitting: Deming & Stephan, Annals of Mathematical Statistics 11 (1940), section 5. After
    trimming the margins are fitted again, until the weights stay within their limits.

    >>> answers = pd.DataFrame({"age": ["young"] * 20 + ["old"] * 80})
    >>> raked = rake(answers, {"age": {"young": 0.5, "old": 0.5}})
    >>> raked.weights[[0, -1]].round(3).tolist(), round(raked.effective_n, 1)
    ([2.5, 0.625], 64.0)
    """
    base = check_weights(weights, len(frame))
    raking = prepare_raking(frame, margins, trim=trim)
    found = raking.weigh(base)
    table = pd.concat([_reached(name, known, raking, found, at) for at, (name, known) in enumerate(margins.items())])
    size = effective_n(found)
    inside = found > 0
    held = inside & ((found <= trim[0] * 1.0001) | (found >= trim[1] * 0.9999))
    return Raked(
        found,
        table.reset_index(drop=True),
        int(held.sum()),
        inside.sum() / size,
        size,
        bool(np.abs(table["reached"] - table["target"]).max() < 1e-6),
    )


def categories(frame: pd.DataFrame, margins: Margins) -> pd.Series:
    """The categories of each answer as a tuple, as `score_nps` takes them."""
    return pd.Series(list(frame[list(margins)].itertuples(index=False, name=None)), frame.index, dtype=object)


def _reached(name: str, known: Mapping[object, float], raking: Raking, weights: Floats, at: int) -> pd.DataFrame:
    codes, target = raking.codes[at], raking.targets[at]
    size = len(target)
    return pd.DataFrame(
        {
            "variable": name,
            "category": list(known),
            "answers": np.bincount(codes, weights > 0, minlength=size) / (weights > 0).sum(),
            "target": target,
            "reached": np.bincount(codes, weights, minlength=size) / weights.sum(),
        }
    )
