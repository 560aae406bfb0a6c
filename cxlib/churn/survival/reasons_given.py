"""Why memberships ended, as far as anybody said: shares of reasons, and who chose to leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from cxlib.churn.survival.incidence import CumulativeIncidence, estimate_incidence
from cxlib.churn.survival.spells import Floats, read_durations
from cxlib.errors import DataError, ParameterError, nearest
from cxlib.language import C, Count, Message, Percent, T
from cxlib.measures.result import Result

KINDS = ("voluntary", "involuntary", "unknown")


@dataclass(frozen=True)
class ReasonsGiven(Result):
    """Endings by stated reason.

    Attributes
    ----------
    table : DataFrame
        One row a reason, most frequent first: reason, kind, n, share (of endings with a reason), low, high (all
        intervals together hold at confidence `level`).
    kinds : DataFrame
        One row a kind (voluntary, involuntary, unknown): kind, n, share (of all endings), low, high.
    incidence : CumulativeIncidence
        Of voluntary, involuntary and unknown endings by days since the start.
    endings, stated : int
        Endings in all, and those with a reason.
    """

    table: pd.DataFrame
    kinds: pd.DataFrame
    incidence: CumulativeIncidence
    endings: int
    stated: int
    level: float = 0.95

    @property
    def summary(self) -> pd.DataFrame:
        """Reasons in quantities."""
        t = self.table
        return pd.DataFrame(
            {
                "reason": t["reason"], "kind": t["kind"].map(name_kind), "endings": t["n"].map(Count),
                "share": t["share"].map(Percent), "low": t["low"].map(Percent), "high": t["high"].map(Percent),
            }
        )  # fmt: skip

    @property
    def headline(self) -> Message:
        """The most frequent reason, or that none was stated."""
        if self.table.empty:
            return T("No ending has a stated reason (endings: {n})", n=Count(self.endings))
        row = self.table.iloc[0]
        return T(
            "The reason given most is “{reason}”: {share} of {n} endings with a reason ({level} interval {low} to "
            "{high})", reason=row["reason"], share=Percent(row["share"]), n=Count(self.stated),
            level=Percent(self.level), low=Percent(row["low"]), high=Percent(row["high"]),
        )  # fmt: skip

    @property
    def findings(self) -> tuple[Message, ...]:
        """The headline, the split, and what reasons cannot tell."""
        found = [self.headline]
        kinds = self.kinds.set_index("kind")
        if kinds.loc["involuntary", "n"]:
            row: Any = kinds.loc["involuntary"]
            found.append(
                T(
                    "{share} of endings were not chosen by the member, such as a failed payment ({level} interval "
                    "{low} to {high}, {n} endings)", share=Percent(row["share"]), level=Percent(self.level),
                    low=Percent(row["low"]), high=Percent(row["high"]), n=Count(self.endings),
                )
            )  # fmt: skip
        if self.stated < self.endings:
            found.append(
                T("{n} of {all} endings have no stated reason", n=Count(self.endings - self.stated),
                  all=Count(self.endings))
            )  # fmt: skip
        found.append(T("A stated reason is what somebody wrote down at the end, not what would have kept the member"))
        return tuple(found)


def name_kind(kind: str) -> Message:
    """What a reader calls a kind of ending."""
    return {
        "voluntary": C("kind of ending", "chosen by the member"),
        "involuntary": C("kind of ending", "not chosen by the member"),
        "unknown": C("kind of ending", "unknown"),
    }[kind]


def count_reasons(
    spells: pd.DataFrame,
    *,
    reason: str = "end_reason",
    kinds: Mapping[str, str] | None = None,
    level: float = 0.95,
) -> ReasonsGiven:
    """Count endings by stated reason.

    Intervals of reasons are Goodman's simultaneous ones for a multinomial: Wilson's with the level spread over all
    reasons. Intervals of kinds are Wilson's.

    Parameters
    ----------
    spells : DataFrame
        duration_days, ended, and the column `reason`.
    reason : str
        Column of reasons. "voluntary: price" is the voluntary reason "price", "involuntary: payment failed" the
        involuntary one "payment failed"; without such a beginning the kind is unknown.
    kinds : dict of str to str, optional
        Reason as written -> "voluntary", "involuntary" or "unknown"; it goes before what the reason says itself.
    level : float
        Confidence of the intervals.

    Raises
    ------
    DataError
        As `read_durations`; nobody has left; `kinds` names a reason that nobody gave.
    ParameterError
        `kinds` names an unknown kind.

    Notes
    -----
    Source: Goodman, On Simultaneous Confidence Intervals for Multinomial Proportions, Technometrics 7 (1965), 247-254.

    Examples
    --------
    >>> spells = pd.DataFrame({"duration_days": [9, 5, 7, 3], "ended": [1, 1, 1, 0],
    ...                        "end_reason": ["voluntary: price", "voluntary: price", "involuntary: payment", None]})
    >>> count_reasons(spells).table[["reason", "kind", "n"]].values.tolist()
    [['price', 'voluntary', 2], ['payment', 'involuntary', 1]]
    """
    durations = read_durations(spells, columns=(reason,))
    if not durations.ended.any():
        raise DataError("spells: nobody has left (column 'ended' is false throughout), so there are no reasons.")
    ends = spells.loc[durations.ended, reason]
    written = ends.where(ends.astype("object").map(lambda x: bool(str(x).strip()) and x is not None))
    read = [_read(text, kinds or {}) for text in written.dropna().astype("object").map(str)]
    _check_kinds(kinds, set(written.dropna().astype("object").map(str)))
    given = pd.DataFrame(read, columns=["kind", "reason"])
    table = given.value_counts(["reason", "kind"]).rename("n").reset_index()
    table = table.sort_values(["n", "reason"], ascending=[False, True], ignore_index=True)
    low, high = share_intervals(table["n"].to_numpy(float), len(given), 1 - (1 - level) / max(len(table), 1))
    table = table.assign(share=table["n"] / max(len(given), 1), low=low, high=high)
    table["n"] = table["n"].astype(int)
    counts = given["kind"].value_counts().reindex(KINDS, fill_value=0).to_numpy(int, copy=True)
    counts[KINDS.index("unknown")] += len(ends) - len(given)
    ends_of_kinds = share_intervals(counts.astype(float), len(ends), level)
    split = pd.DataFrame({"kind": KINDS, "n": counts, "share": counts / len(ends), "low": ends_of_kinds[0],
                          "high": ends_of_kinds[1]})  # fmt: skip
    cause = pd.Series("unknown", index=ends.index)
    cause.loc[written.dropna().index] = given["kind"].to_numpy()
    incidence = estimate_incidence(spells[["duration_days", "ended"]].assign(cause=cause), level=level)
    order = ["reason", "kind", "n", "share", "low", "high"]
    return ReasonsGiven(table[order], split, incidence, len(ends), len(given), level)


def _read(text: str, kinds: Mapping[str, str]) -> tuple[str, str]:
    """The kind of a reason, and the reason without it."""
    before, _, after = text.partition(":")
    kind = before.strip().lower()
    if kind in KINDS and after.strip():
        return kinds.get(text, kind), after.strip()
    return kinds.get(text, "unknown"), text.strip()


def _check_kinds(kinds: Mapping[str, str] | None, written: set[str]) -> None:
    for text, kind in (kinds or {}).items():
        if kind not in KINDS:
            raise ParameterError(f"kinds[{text!r}]={kind!r} is no kind of ending. {nearest(str(kind), KINDS)}")
        if text not in written:
            raise DataError(f"kinds names the reason {text!r}, which no ending has. {nearest(text, written)}")


def share_intervals(counts: Floats, n: int, level: float) -> tuple[Floats, Floats]:
    """Wilson's score interval of each count among `n`; NaN where `n` is zero.

    Source: Wilson (1927), as equation (4) in Brown, Cai & DasGupta, Statistical Science 16 (2001).

    >>> low, high = share_intervals(np.array([337.0]), 955, 0.95)
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.3232], [0.3837])
    """
    if not n:
        return np.full(len(counts), np.nan), np.full(len(counts), np.nan)
    z2, share = float(ndtri(0.5 + level / 2)) ** 2, counts / n
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = np.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    # At the ends the closed form leaves a rounding error of 1e-17 where the bound is exactly 0 or 1.
    low, high = np.where(counts == 0, 0.0, centre - half), np.where(counts == n, 1.0, centre + half)
    return np.clip(low, 0, 1), np.clip(high, 0, 1)
