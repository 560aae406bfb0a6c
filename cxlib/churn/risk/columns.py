"""Columns of a frame of snapshots: what may be a feature, what is left out and said, and what is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cxlib.errors import DataError, LeakError
from cxlib.language import Message, T

NOT_FEATURES = ("customer_id", "cut_off", "churned", "value_cents")
REQUIRED = ("customer_id", "cut_off", "churned")
NOTHING_KNOWN = T("left out, because nothing is known of it")
FEWEST_ROWS = 20  # in fewer rows a feature may go with the outcome by chance
# Names of the outcome, and of what memberships say only after they end.
OUTCOME_NAMES = ("churn", "churned", "is_churned", "has_churned", "target", "label", "exited", "attrition", "y")
KNOWN_LATER = ("ended_on", "end_reason", "churn_date", "churned_on", "cancelled_on", "cancel_reason", "closed_at")


@dataclass(frozen=True)
class Sorted:
    """Columns by kind, in a frame of floats and text."""

    frame: pd.DataFrame
    numeric: tuple[str, ...]
    text: tuple[str, ...]
    left_out: dict[str, Message]


def check_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its keys as they must be.

    Raises
    ------
    DataError
        A column is missing, nothing is in the table, a customer is unknown, a (customer, cut-off) stands there twice,
        or an outcome is neither 0, 1 nor missing.
    """
    for name in REQUIRED:
        if name not in frame.columns:
            raise DataError(f"the snapshots have no column {name!r}. Make them with cxlib.data.churn_snapshots.")
    if frame.empty:
        raise DataError("there are no snapshots. Choose cut-offs inside the data, and a longer window of customers.")
    rows = frame.reset_index(drop=True).copy()
    rows["cut_off"] = pd.to_datetime(rows["cut_off"]).dt.normalize()
    rows["churned"] = _outcome(rows["churned"])
    if "value_cents" not in rows:
        rows["value_cents"] = np.nan
    for name in ("customer_id", "cut_off"):
        if rows[name].isna().any():
            row = int(np.flatnonzero(rows[name].isna())[0])
            raise DataError(f"snapshots: column {name!r} is empty in row {row + 1:,}. Fill it, or drop the row.")
    twice = rows.duplicated(["customer_id", "cut_off"], keep=False)
    if twice.any():
        first: Any = rows[twice].iloc[0]
        same = (rows["customer_id"] == first["customer_id"]) & (rows["cut_off"] == first["cut_off"])
        raise DataError(
            f"snapshots: customer {first['customer_id']!r} stands there {int(same.sum())} times on "
            f"{first['cut_off']:%Y-%m-%d} (first in row {int(np.flatnonzero(twice)[0]) + 1:,}). Keep one row for each "
            "customer and cut-off; a customer in two groups needs one group."
        )
    return rows


def _outcome(values: pd.Series) -> pd.Series:
    found = pd.to_numeric(values, errors="coerce").astype(float)
    bad = (found.isna() & values.notna()) | (found.notna() & ~found.isin([0.0, 1.0]))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise DataError(
            f"snapshots: column 'churned' has {int(bad.sum()):,} values other than 0 and 1 (first: "
            f"{values.iloc[row]!r} in row {row + 1:,}). Write 1 for churned, 0 for kept, nothing where it is not known "
            "yet."
        )
    return pd.Series(found)


def sort_columns(rows: pd.DataFrame, wanted: list[str]) -> Sorted:
    """Sort columns into features and what is left out.

    Raises
    ------
    LeakError
        A column is the outcome or named like it, holds what is known only later, or dates from the cut-off on.
    DataError
        A column holds an infinite value, or values that are neither numbers nor text.
    """
    frame = rows.copy()
    numeric: list[str] = []
    text: list[str] = []
    left_out: dict[str, Message] = {}
    for name in wanted:
        refuse_name(name)
        values = rows[name]
        if pd.api.types.is_datetime64_any_dtype(values):
            _refuse_later(name, values, rows["cut_off"])
            left_out[name] = T("left out, because it is a date: give days before the cut-off instead")
        elif values.isna().all():
            left_out[name] = NOTHING_KNOWN
        else:
            number = pd.api.types.is_numeric_dtype(values)
            frame[name] = _finite(name, values) if number else _categories(name, values)
            if len(frame[name].unique()) == 1:
                left_out[name] = T("left out, because it is the same for everybody")
                continue
            _refuse_copy(name, frame)
            (numeric if number else text).append(name)
    return Sorted(frame, tuple(numeric), tuple(text), left_out)


def refuse_name(name: str) -> None:
    """Refuse a feature that is named like the outcome, or like what memberships say only after they end."""
    plain = name.lower().replace(" ", "_").replace("-", "_")
    if plain in OUTCOME_NAMES or plain.startswith(("churned_", "churn_flag", "target_")):
        raise LeakError(
            f"feature {name!r} is named like the outcome. Leave it out; if it is something else, give it another name.",
            feature=name,
        )
    if plain in KNOWN_LATER:
        raise LeakError(
            f"feature {name!r} becomes known only after the cut-off, when a membership or a ticket ends. Leave it out.",
            feature=name,
        )


def _refuse_later(name: str, values: pd.Series, cut_off: pd.Series) -> None:
    later = values.dt.tz_localize(None) >= cut_off
    if later.any():
        row = int(np.flatnonzero(later)[0])
        raise LeakError(
            f"feature {name!r} has {int(later.sum()):,} dates on or after the cut-off (first: "
            f"{values.iloc[row]:%Y-%m-%d} in row {row + 1:,}, cut-off {cut_off.iloc[row]:%Y-%m-%d}). Use only what was "
            "known before that day.",
            feature=name,
        )


def _refuse_copy(name: str, frame: pd.DataFrame) -> None:
    """A feature that equals the outcome, as numbers or as categories one to one with it."""
    known = frame["churned"].notna()
    if known.sum() < FEWEST_ROWS:
        return
    pairs = frame.loc[known, [name, "churned"]].drop_duplicates()
    if len(pairs) == pairs[name].nunique(dropna=False) == pairs["churned"].nunique() == 2:
        raise LeakError(
            f"feature {name!r} is the outcome under another name: each of its values goes with one outcome only. "
            "Leave it out.",
            feature=name, auc=1.0,
        )  # fmt: skip


def _finite(name: str, values: pd.Series) -> pd.Series:
    found = values.astype("Float64").astype(float) if values.dtype != float else values
    endless = np.isinf(found)
    if endless.any():
        row = int(np.flatnonzero(endless)[0])
        raise DataError(
            f"snapshots: column {name!r} has {int(endless.sum()):,} infinite values (first in row {row + 1:,}). A "
            "division by zero, probably: leave such values empty."
        )
    return found


def _categories(name: str, values: pd.Series) -> pd.Series:
    found = values.astype(object).where(values.notna(), None)
    odd = found.map(lambda value: value is not None and not isinstance(value, (str, bool, int, float, np.generic)))
    if odd.any():
        row = int(np.flatnonzero(odd)[0])
        raise DataError(
            f"snapshots: column {name!r} holds {type(found.iloc[row]).__name__} in row {row + 1:,}. Features are "
            "numbers or text."
        )
    return found.map(lambda value: None if value is None else str(value))
