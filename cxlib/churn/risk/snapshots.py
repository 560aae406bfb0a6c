"""Customers as they were known on past days, checked, and split by time.

A row is a customer on a cut-off day: features from before that day, and whether the customer churned in the
`horizon_days` that begin `gap_days` after it. A model for one cut-off may learn only from cut-offs whose horizon had
ended by then.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from cxlib.checks import Codes, Values, refuse_where, require_columns
from cxlib.churn.features import Feature, describe_feature
from cxlib.errors import DataError, LeakError
from cxlib.language import Count, Days, Message, N, T
from cxlib.measures.result import Brief

SNAPSHOTS = "the table of snapshots"
REQUIRED = ("customer_id", "cut_off", "churned")
NOT_FEATURES = (*REQUIRED, "value_cents")
NOTHING_KNOWN = T("left out, because nothing is known of it")
FEWEST_EVENTS = 50  # of churned, and of kept: with fewer no rate by group and no interval says anything
FEWEST_ROWS = 20  # in fewer rows a feature may go with the outcome by chance
# Names of the outcome, and of what memberships say only after they end.
OUTCOME_NAMES = ("churn", "churned", "is_churned", "has_churned", "target", "label", "exited", "attrition", "y")
KNOWN_LATER = ("ended_on", "end_reason", "churn_date", "churned_on", "cancelled_on", "cancel_reason", "closed_at")


@dataclass(frozen=True)
class Fold:
    """Rows (as positions in `Snapshots.known`) to learn from and to be judged on."""

    train: Codes
    test: Codes


@dataclass(frozen=True, repr=False)
class Snapshots(Brief):
    """A checked frame of snapshots; `check_snapshots` makes it.

    `frame`: customer_id, cut_off (days), churned (0, 1 or missing), value_cents (missing where not given), the
        features.
    `numeric`, `text`: The features by kind.
    `left_out`: Columns that are no features here, and why.
    `horizon_days`, `gap_days`: A horizon of 0 says that customers had left by the day of the file (see `check_flags`).
    `actionable`: Attributes that the company can change.
    `computed`: Features that cxlib made from rows up to the cut-off.

    >>> rows = pd.DataFrame({"customer_id": ["a", "b"], "cut_off": pd.to_datetime(["2026-01-01"] * 2),
    ...                      "churned": [0, 1], "tickets_90d": [0, 3]})
    >>> check_snapshots(rows, horizon_days=90).numeric
    ('tickets_90d',)
    """

    inside = ("frame", "known", "open", "numeric", "features", "computed")

    frame: pd.DataFrame = field(repr=False)
    numeric: tuple[str, ...]
    text: tuple[str, ...]
    left_out: dict[str, Message]
    horizon_days: int
    gap_days: int = 0
    actionable: tuple[str, ...] = ()
    computed: tuple[str, ...] = ()

    @property
    def looks_back(self) -> bool:
        """Whether outcomes are of the past, so that nothing can be foretold."""
        return self.horizon_days == 0

    @property
    def features(self) -> tuple[str, ...]:
        """All features, numeric ones first."""
        return (*self.numeric, *self.text)

    def feature(self, name: str) -> Feature:
        """How a reader knows a feature."""
        return describe_feature(name, text=name in self.text, actionable=self.actionable)

    @cached_property
    def known(self) -> pd.DataFrame:
        """Rows whose outcome is known, by cut-off."""
        rows = self.frame[self.frame["churned"].notna()]
        return rows.sort_values(["cut_off", "customer_id"], kind="stable").reset_index(drop=True)

    @cached_property
    def open(self) -> pd.DataFrame:
        """Rows of the last cut-off whose outcome is still to come."""
        rows = self.frame[self.frame["churned"].isna()]
        last: pd.DataFrame = rows[rows["cut_off"] == rows["cut_off"].max()]
        return last.reset_index(drop=True)

    @cached_property
    def in_turn(self) -> tuple[Codes, Codes]:
        """Places in `frame`, by customer and day, and the number of the customer at each."""
        who = self.frame["customer_id"].factorize()[0]
        order = np.lexsort((self.frame["cut_off"].to_numpy(), who))
        return order, who[order]

    @cached_property
    def cut_offs(self) -> pd.DatetimeIndex:
        """Days with known outcomes, in order."""
        return pd.DatetimeIndex(sorted(self.known["cut_off"].unique()))

    @property
    def test_cut_off(self) -> pd.Timestamp:
        """The last day with known outcomes."""
        return self.cut_offs[-1]

    @cached_property
    def churned(self) -> Codes:
        """The outcomes of `known`."""
        return self.known["churned"].to_numpy(np.int64)

    def past_of(self, cut_off: dt.date | str) -> list[pd.Timestamp]:
        """Cut-offs whose horizon has ended by `cut_off`."""
        length = pd.Timedelta(days=self.gap_days + self.horizon_days)
        return [day for day in self.cut_offs if day + length <= pd.Timestamp(cut_off)]

    def fold(self, cut_off: dt.date | str) -> Fold:
        """Learn from what was known by `cut_off`, be judged on it."""
        days = self.known["cut_off"]
        train = np.flatnonzero(days.isin(self.past_of(cut_off)).to_numpy())
        return Fold(train, np.flatnonzero((days == pd.Timestamp(cut_off)).to_numpy()))

    def split(self) -> Fold:
        """The past, and the last cut-off; a DataError where no horizon has ended by the last cut-off."""
        fold = self.fold(self.test_cut_off)
        if not len(fold.train):
            raise DataError(
                f"no earlier cut-off's horizon of {self.horizon_days} days has ended by the last one "
                f"({self.test_cut_off:%Y-%m-%d}), so a model cannot be tested on time held out. Add earlier cut-offs, "
                "or shorten the horizon."
            )
        return fold

    def folds(self, *, most: int = 2) -> list[Fold]:
        """Folds inside the past of the last cut-off, for choosing: by time, expanding, the latest `most` of them.

        Where the past holds no two cut-offs that are a horizon apart, two folds by customer instead, judged on the
        latest day: all snapshots of a customer are on one side.
        """
        past = self.past_of(self.test_cut_off)
        by_time = [fold for fold in map(self.fold, past) if self._bears(fold.train) and self._bears(fold.test)]
        return by_time[-most:] or self._by_customer(self.split().train)

    def _bears(self, rows: Codes) -> bool:
        """Whether rows hold enough of either outcome."""
        return self._fewest(rows) >= FEWEST_EVENTS

    def _fewest(self, rows: Codes) -> int:
        events = int(self.churned[rows].sum())
        return min(events, len(rows) - events)

    def _by_customer(self, rows: Codes) -> list[Fold]:
        half = halves(self.known["customer_id"].iloc[rows])
        days = self.known["cut_off"].iloc[rows]
        judged = (days == days.max()).to_numpy()  # the latest are nearest to what comes: rates drift
        if not all(self._bears(rows[judged & (half == part)]) for part in (0, 1)):
            judged = np.ones(len(rows), dtype=bool)  # pandas hands out arrays that cannot be written to
        return [Fold(rows[half != part], rows[judged & (half == part)]) for part in (0, 1)]

    @property
    def base_rates(self) -> pd.DataFrame:
        """By cut-off: n, churned, rate. Where the rate drifts, a model of the past is off before it is wrong."""
        table = self.known.groupby("cut_off")["churned"].agg(n="size", churned="sum").reset_index()
        return table.assign(rate=table["churned"] / table["n"])

    @property
    def limits(self) -> tuple[Message, ...]:
        """Why no model can be fitted; empty where one can."""
        why = self._limit_of_flags() if self.looks_back else self._limit()
        return () if why is None else (why,)

    def _limit_of_flags(self) -> Message | None:
        fewest = self._fewest(np.arange(len(self.known)))
        if fewest >= FEWEST_EVENTS and self.features:
            return None
        return T(
            "Too few of one outcome to tell customers apart: {n}, and {needed} are needed",
            n=Count(fewest),
            needed=Count(FEWEST_EVENTS),
        )

    def _limit(self) -> Message | None:
        if not len(self.cut_offs):
            return T("No cut-off’s outcome is known yet, so there is nothing to learn from")
        if not self._fewest(np.arange(len(self.known))):
            return _one_outcome(len(self.known), int(self.churned.sum()))
        if not self.past_of(self.test_cut_off):
            return T(
                "No earlier cut-off’s horizon of {horizon} had ended by the last one, so no forecast can be tested on "
                "time held out",
                horizon=Days(self.horizon_days),
            )
        if not self.features:
            return T("There is no feature that a model could learn from")
        fold = self.split()
        few = min(self._fewest(fold.train), self._fewest(fold.test))
        if few >= FEWEST_EVENTS:
            return None
        return T(
            "Too few of one outcome to learn from and to be judged on: {n}, and {needed} are needed in each. Who is at "
            "risk cannot be said",
            n=Count(few),
            needed=Count(FEWEST_EVENTS),
        )

    @property
    def notes(self) -> tuple[Message, ...]:
        """What was left out, and why."""
        left_out = self.left_out.items()
        return tuple(T("{column}: {why}", column=self.feature(name).label, why=why) for name, why in left_out)


def halves(customers: Values, purpose: str = "folds") -> Codes:
    """Each row's half, 0 or 1, the same for all rows of a customer; unrelated for each purpose (up to 16 letters)."""
    key = f"{purpose:_<16}"
    return (pd.util.hash_array(np.asarray(customers, dtype=object), hash_key=key) % np.uint64(2)).astype(np.int64)


def _one_outcome(n: int, churned: int) -> Message:
    if churned:
        return N(
            "The only customer churned, so nothing can be learned about who stays",
            "All {n} snapshots churned, so nothing can be learned about who stays",
            n,
        )
    return N(
        "The only customer stayed, so nothing can be learned about who leaves",
        "Nobody churned in {n} snapshots, so nothing can be learned about who leaves",
        n,
    )


def check_snapshots(
    frame: pd.DataFrame,
    *,
    horizon_days: int,
    gap_days: int = 0,
    features: Sequence[str] | None = None,
    actionable: Sequence[str] = (),
    computed: Sequence[str] = (),
) -> Snapshots:
    """Check a frame of snapshots before anything is learned from it.

    `frame`: customer_id, cut_off (day), churned (0, 1, or missing where the outcome is to come), features (numbers or
        text), and optionally value_cents, which is no feature.
    `horizon_days`, `gap_days`: Days in which churn was looked for, and days between the cut-off and their first.
    `features`: By default every other column.
    `actionable`: Customer attributes that the company can change.
    `computed`: Features that were made here from rows up to the cut-off, so that one may tell nearly all.
    Raises LeakError: a feature holds dates on or after the cut-off, or is the outcome, or is named like it.
    Raises DataError: a column is missing, a (customer, cut-off) stands there twice, an outcome is neither 0, 1 nor
        missing, or a feature holds an infinite value.

    >>> rows = pd.DataFrame({"customer_id": ["a", "b"], "cut_off": pd.to_datetime(["2026-01-01"] * 2),
    ...                      "churned": [0, 1], "tickets_90d": [0, 3]})
    >>> snapshots = check_snapshots(rows, horizon_days=90)
    >>> snapshots.features, str(snapshots.limits[0])[:39]
    (('tickets_90d',), 'No earlier cut-off’s horizon of 90 days')
    """
    if horizon_days < 1 or gap_days < 0:
        raise DataError(f"horizon_days={horizon_days} and gap_days={gap_days}: give at least 1, and at least 0.")
    rows = _check_rows(frame)
    names = [name for name in rows.columns if name not in NOT_FEATURES] if features is None else list(features)
    require_columns(rows, names, what=SNAPSHOTS)
    columns, left_out = {}, {str(name): NOTHING_KNOWN for name in frame.attrs.get("left_out", ())}  # by who made it
    mixed = rows["churned"].groupby(rows["cut_off"]).transform("nunique") == 2
    for name in names:
        column, why = _read_feature(name, rows, mixed)
        if why is None:
            columns[name] = column
        else:
            left_out[name] = why
    numeric = tuple(name for name in columns if pd.api.types.is_numeric_dtype(rows[name]))
    text = tuple(name for name in columns if name not in numeric)
    checked = rows[list(NOT_FEATURES)].assign(**columns)[[*NOT_FEATURES, *numeric, *text]]
    return Snapshots(
        frame=checked,
        numeric=numeric,
        text=text,
        left_out=left_out,
        horizon_days=horizon_days,
        gap_days=gap_days,
        actionable=tuple(actionable),
        computed=tuple(computed),
    )


def _check_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its keys as they must be."""
    remedy = "Choose cut-offs inside the data, and a longer window of customers."
    rows = require_columns(frame, REQUIRED, what=SNAPSHOTS, remedy=remedy).reset_index(drop=True).copy()
    outcome = pd.to_numeric(rows["churned"], errors="coerce").astype(float)
    bad = rows["churned"].notna() & ~outcome.isin([0.0, 1.0])
    remedy = "Write 1 for churned, 0 for kept, nothing where it is not known yet"
    refuse_where(rows["churned"], "churned", bad, "neither 0 nor 1", remedy, what=SNAPSHOTS)
    for name in ("customer_id", "cut_off"):
        remedy = "Fill it, or leave the row out"
        refuse_where(rows[name], name, rows[name].isna(), "missing", remedy, what=SNAPSHOTS)
    rows = rows.assign(cut_off=pd.to_datetime(rows["cut_off"]).dt.normalize(), churned=outcome)
    rows = rows if "value_cents" in rows else rows.assign(value_cents=np.nan)
    keys = rows.groupby(["customer_id", "cut_off"], sort=False)["churned"].transform("size")
    if (keys > 1).any():
        at = int(np.argmax(keys > 1))
        first: pd.Series = rows.iloc[at]
        raise DataError(
            f"{SNAPSHOTS}: customer {first['customer_id']!r} stands there {keys.iloc[at]} times on "
            f"{first['cut_off']:%Y-%m-%d} (first in row {at + 1:,}). Keep one row for each customer and cut-off; a "
            "customer in two groups needs one group."
        )
    return rows


def _read_feature(name: str, rows: pd.DataFrame, mixed: pd.Series) -> tuple[pd.Series, Message | None]:
    """A column as floats or text, and why it is no feature, if so; a LeakError where it knows what comes later.

    `mixed`: Rows of cut-offs at which some left and some stayed.
    """
    _refuse_name(name)
    values, known = rows[name], rows["churned"].notna()
    learnt = known if known.any() else ~known
    if pd.api.types.is_datetime64_any_dtype(values):
        _refuse_later(name, values, rows["cut_off"])
        return values, T("left out, because it is a date: give days before the cut-off instead")
    if values[learnt].isna().all():
        return values, NOTHING_KNOWN
    column = _finite(name, values) if pd.api.types.is_numeric_dtype(values) else _categories(name, values)
    if len(column[learnt].unique()) == 1:
        return column, T("left out, because it is the same for everybody")
    _refuse_copy(name, column[mixed], rows.loc[mixed, "churned"])
    return column, None


def _refuse_name(name: str) -> None:
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


def _refuse_copy(name: str, column: pd.Series, churned: pd.Series) -> None:
    """A feature that equals the outcome, as numbers or as categories one to one with it.

    Only cut-offs count at which some left and some stayed: where all leave together, what changes later goes with it.
    """
    if len(column) < FEWEST_ROWS or column.nunique(dropna=False) != 2:
        return
    if len(pd.DataFrame({"value": column, "churned": churned}).drop_duplicates()) == 2:
        raise LeakError(
            f"feature {name!r} is the outcome under another name: each of its values goes with one outcome only. "
            "Leave it out.",
            feature=name,
            auc=1.0,
        )


def _finite(name: str, values: pd.Series) -> pd.Series:
    numbers = values.astype("Float64").astype(float) if values.dtype != float else values
    remedy = "A division by zero, probably: leave such values empty"
    refuse_where(numbers, name, np.isinf(numbers), "infinite", remedy, what=SNAPSHOTS)
    return numbers


def _categories(name: str, values: pd.Series) -> pd.Series:
    texts = values.astype(object).where(values.notna(), None)
    if isinstance(values.dtype, pd.StringDtype):
        return texts
    odd = texts.map(lambda value: value is not None and not isinstance(value, (str, bool, int, float, np.generic)))
    refuse_where(texts, name, odd, "neither a number nor text", "Features are numbers or text", what=SNAPSHOTS)
    return texts.map(lambda value: None if value is None else str(value))
