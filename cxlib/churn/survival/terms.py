"""What the coefficients of a hazard model stand for, in words that a reader sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cxlib.churn.survival.spells import Flags, Floats
from cxlib.language import Decimal, Message, T


@dataclass(frozen=True)
class Term:
    """One coefficient's meaning: `step` of the column's units more, 1 against 0, or `category` against `reference`."""

    covariate: str
    name: object
    step: float = 1.0
    category: str | None = None
    reference: str | None = None
    is_flag: bool = False

    @property
    def key(self) -> str:
        """A name of its own: the column, and the category where there is one."""
        return self.covariate if self.category is None else f"{self.covariate}={self.category}"

    @property
    def label(self) -> Message:
        """What a reader sees."""
        if self.is_flag:
            return T("{name}: yes against no", name=self.name)
        if self.category is None:
            digits = 0 if self.step >= 1 else int(np.ceil(-np.log10(self.step)))
            return T("{name}: {step} more", name=self.name, step=Decimal(self.step, digits=digits))
        return T("{name}: {category} against {reference}", name=self.name, category=self.category,
                 reference=self.reference)  # fmt: skip


@dataclass(frozen=True)
class Design:
    """Terms as columns of `X` for the rows `kept` of the table.

    Attributes
    ----------
    X : array (rows kept, terms)
    terms : tuple of Term
    kept : array of bool (rows of the table)
        False where a number is missing or a category is too small.
    left_out : dict of str to Message
        Columns that are no term, and why.
    notes : tuple of Message
        What was left out of the columns that are.
    """

    X: Floats
    terms: tuple[Term, ...]
    kept: Flags
    left_out: Mapping[str, Message]
    notes: tuple[Message, ...] = ()


def round_step(values: Floats) -> float:
    """The round number of units (1, 2 or 5 and zeros) next below one standard deviation; at least 1 for a count.

    >>> round_step(np.array([10.0, 50.0, 90.0])), round_step(np.array([0.0, 0.0, 0.0, 1.0]))
    (20.0, 1.0)
    """
    spread = float(values.std())
    if spread < 1 and (values == np.round(values)).all():
        return 1.0
    power = 10.0 ** np.floor(np.log10(spread))
    return float(max(digit for digit in (1, 2, 5) if digit <= spread / power * (1 + 1e-9)) * power)
