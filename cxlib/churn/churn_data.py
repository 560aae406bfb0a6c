"""What a churn study is asked for (`Wanted`, `Offer`) and works with (`ChurnData`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from cxlib.churn.offers.study import Experiment
from cxlib.clv.levels import LevelForecast
from cxlib.data import PurchaseGaps, SnapshotDesign, Workspace, churn_snapshots
from cxlib.errors import ParameterError
from cxlib.language import Message

Kind = Literal["memberships", "purchases", "flags"]


@dataclass(frozen=True)
class ChurnData:
    """What a churn study works with.

    Attributes
    ----------
    kind : str
        "memberships" and "purchases" as in `churn_snapshots`; "flags" where memberships say who has left, not when.
    end : date
        Last day of the study.
    horizon_days, gap_days : int
    snapshots : DataFrame or None
        Of `churn_snapshots`, today's customers included; with flags one row a customer. None where the data is too
        short, as `limits` then says.
    spells, periods : DataFrame or None
        Memberships as spells, and by period; None without memberships (periods also with flags).
    gaps : PurchaseGaps or None
        Between purchases, for kind "purchases".
    horizons : DataFrame or None
        The same question with other horizons (see `compare_horizons`), for kind "purchases".
    one_time : DataFrame or None
        By cut-off: one_time, one_time_churned; for kind "purchases".
    experiment : Experiment or None
        Customers as of the day of a randomised offer.
    last, outcomes : DataFrame or None
        An earlier run's list and what became of its customers.
    no_list : Message or None
        Why there is no earlier list to compare with.
    contact : DataFrame or None
        Who does not want to be contacted (`read_opt_outs`).
    limits : tuple of Message
        What there is not, and why.
    currency : str
    level : LevelForecast or None
        The share of customers that will stay away, for kind "purchases": risks are brought to it.
    """

    kind: Kind
    end: dt.date
    horizon_days: int
    gap_days: int
    snapshots: pd.DataFrame | None = field(repr=False)
    spells: pd.DataFrame | None = field(default=None, repr=False)
    periods: pd.DataFrame | None = field(default=None, repr=False)
    gaps: PurchaseGaps | None = field(default=None, repr=False)
    horizons: pd.DataFrame | None = None
    one_time: pd.DataFrame | None = None
    experiment: Experiment | None = field(default=None, repr=False)
    last: pd.DataFrame | None = field(default=None, repr=False)
    outcomes: pd.DataFrame | None = field(default=None, repr=False)
    no_list: Message | None = None
    contact: pd.DataFrame | None = field(default=None, repr=False)
    limits: tuple[Message, ...] = ()
    currency: str = ""
    level: LevelForecast | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Offer:
    """A randomised offer of the past.

    Attributes
    ----------
    treatment : str
        Column of customers with treated or control (or 1 and 0); empty: there was none.
    day : str
        Day on which it was made, as 2026-03-01.
    """

    treatment: str = ""
    day: str = ""


@dataclass(frozen=True)
class Wanted:
    """What was asked for."""

    company: Workspace
    kind: Literal["memberships", "purchases"]
    observation_end: str
    horizon_days: int
    gap_days: int
    cut_offs: int
    attributes: tuple[str, ...]
    offer: Offer
    last_list: Path | None
    options: Mapping[str, Any]

    def snapshots(self, end: dt.date, *, horizon_days: int, attributes: Sequence[str], **more: Any) -> pd.DataFrame:
        """`churn_snapshots` of the company as it was asked for."""
        design = SnapshotDesign(
            kind=self.kind,
            horizon_days=horizon_days,
            gap_days=self.gap_days,
            observation_end=end,
            attributes=attributes,
            **more,
            **self.options,
        )
        rows: pd.DataFrame = churn_snapshots(self.company, design)
        return rows


def read_day(text: str, *, name: str) -> dt.date:
    """A day that a parameter names.

    Raises
    ------
    ParameterError
        It is not a day.

    Examples
    --------
    >>> read_day("2026-03-01", name="offer_day")
    datetime.date(2026, 3, 1)
    """
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise ParameterError(f"{name}={text!r} is not a day. Write it as 2026-09-30.") from None
