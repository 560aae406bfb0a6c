"""Cumulative incidence: the share that has left for each cause by each day, other causes being real.

One less the Kaplan-Meier curve of one cause answers what would happen if nobody could leave for another reason, and the
causes then add up to more than all who leave.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import ndtri

from cxlib.checks import Flags, Floats
from cxlib.churn.survival.curves import count_at_risk, fit_curve, read_durations
from cxlib.errors import DataError, ParameterError, nearest
from cxlib.language import C, Count, Days, Message, Percent, T
from cxlib.measures.result import Result
from cxlib.measures.sampling import check_level


@dataclass(frozen=True)
class CumulativeIncidence(Result):
    """The share that has left for each cause by days since the start.

    Attributes
    ----------
    table : DataFrame
        One row a cause and distinct duration: cause, days, at_risk, ended (for that cause), incidence, std_error, low,
        high. At any day, incidences of all causes and the Kaplan-Meier curve of all endings add up to one.
    n, endings : int
    level : float
    """

    table: pd.DataFrame
    n: int
    endings: int
    level: float = 0.95

    @property
    def causes(self) -> list[str]:
        """Causes, the one with the most endings first."""
        return list(dict.fromkeys(self.table["cause"]))

    def at(self, days: ArrayLike) -> pd.DataFrame:
        """Incidence of every cause at asked times: cause, days, incidence, low, high; missing past the last day."""
        asked = np.atleast_1d(np.asarray(days, dtype=float))
        parts = []
        for cause, part in self.table.groupby("cause", sort=False):
            place = np.searchsorted(part["days"].to_numpy(), asked, side="right")
            known = asked <= part["days"].iloc[-1]
            columns = {
                name: np.where(known, np.append(0.0, part[name])[place], np.nan)
                for name in ("incidence", "low", "high")
            }
            parts.append(pd.DataFrame({"cause": cause, "days": asked, **columns}))
        return pd.concat(parts, ignore_index=True)

    @property
    def read_at(self) -> float:
        """Days at which incidences are put into words: a year, or the last day known if that comes sooner."""
        return float(min(365.0, self.table["days"].max()))

    @property
    def summary(self) -> pd.DataFrame:
        """Incidence at that time, in quantities."""
        rows = self.at([self.read_at])
        return pd.DataFrame(
            {
                "cause": rows["cause"],
                "have left": rows["incidence"].map(Percent),
                "low": rows["low"].map(Percent),
                "high": rows["high"].map(Percent),
            }
        )

    @property
    def headline(self) -> Message:
        """The cause for which most have left by then."""
        row = self.at([self.read_at]).sort_values("incidence", ascending=False, kind="stable").iloc[0]
        return T(
            "Within {days}, {share} leave for “{cause}”, the most frequent cause ({level} interval {low} to {high}; "
            "{n} memberships, {ended} of them ended)",
            days=Days(self.read_at),
            share=Percent(row["incidence"]),
            cause=row["cause"],
            level=Percent(self.level),
            low=Percent(row["low"]),
            high=Percent(row["high"]),
            n=Count(self.n),
            ended=Count(self.endings),
        )


def estimate_incidence(spells: pd.DataFrame, *, cause: str = "cause", level: float = 0.95) -> CumulativeIncidence:
    """Estimate cumulative incidence by cause (Aalen-Johansen).

    ``I_k(t) = sum over t_j <= t of S(t_j-) d_kj / n_j``, S the Kaplan-Meier curve of all endings; the variance is the
    delta method's, the interval normal in ``log(-log(1 - I))``.

    Parameters
    ----------
    spells : DataFrame
        duration_days, ended, and the column `cause` (text; of an ended spell it may not be missing).
    cause : str
        Column of causes.
    level : float
        Confidence of the intervals.

    Raises
    ------
    DataError
        As `read_durations`; nobody has left; an ended spell has no cause.

    Notes
    -----
    Source: Aalen & Johansen, Scand. J. Statist. 5 (1978), 141-150; variance: Marubini & Valsecchi, Analysing Survival
    Data from Clinical Trials and Observational Studies (1995), equation 10.12.

    Examples
    --------
    >>> spells = pd.DataFrame({"duration_days": [1, 2, 3, 4], "ended": [1, 1, 1, 0], "cause": ["a", "b", "a", None]})
    >>> estimate_incidence(spells).at([3])["incidence"].tolist()
    [0.5, 0.25]
    """
    durations = read_durations(spells, columns=(cause,))
    missing = durations.ended & spells[cause].isna().to_numpy()
    if missing.any():
        row = int(np.argmax(missing))
        raise DataError(
            f"spells: column {cause!r} is missing for {int(missing.sum()):,} spells that ended (first: row "
            f"{row + 1:,}). Write a cause, such as 'not stated'."
        )
    if not durations.ended.any():
        raise DataError("spells: nobody has left (column 'ended' is false throughout), so there are no causes.")
    named = pd.Series(np.where(durations.ended, spells[cause].astype("object").map(str), ""))
    causes = named[durations.ended].value_counts().sort_index().sort_values(ascending=False, kind="stable").index
    codes = pd.Categorical(named, categories=causes).codes.astype(np.int64)
    groups = np.where(durations.ended, codes, len(causes))
    counts = count_at_risk(durations, groups, len(causes) + 1)
    at_risk, ended = counts.at_risk.sum(axis=1), counts.ended[:, :-1]
    survival = fit_curve(durations, level=level).survival
    parts = [
        _one_cause(at_risk, ended[:, k], ended.sum(axis=1), survival, level).assign(
            cause=str(name), days=counts.days, at_risk=at_risk, ended=ended[:, k]
        )
        for k, name in enumerate(causes)
    ]
    table = pd.concat(parts, ignore_index=True)
    order = ["cause", "days", "at_risk", "ended", "incidence", "std_error", "low", "high"]
    return CumulativeIncidence(table[order], len(durations), int(durations.ended.sum()), level)


def _one_cause(n: Floats, d: Floats, total: Floats, survival: Floats, level: float) -> pd.DataFrame:
    before = np.append(1.0, survival[:-1])
    incidence = np.cumsum(before * d / n)
    error = np.sqrt(np.maximum(_variance(n, d, total, before, incidence), 0.0))
    z = check_level(level)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        stays = 1 - incidence
        spread = z * error / (stays * np.log(stays))
        low, high = 1 - stays ** np.exp(-spread), 1 - stays ** np.exp(spread)
    none: Flags = np.cumsum(d) == 0
    everybody = stays < 1e-12  # but for rounding
    low, high = (np.where(everybody, np.nan, ends) for ends in (np.minimum(low, high), np.maximum(low, high)))
    return pd.DataFrame(
        {"incidence": incidence, "std_error": error, "low": np.where(none, 0.0, low), "high": np.where(none, 0.0, high)}
    )


def _variance(n: Floats, d: Floats, total: Floats, before: Floats, incidence: Floats) -> Floats:
    """Equation 10.12 with its squares written out, so that each sum is cumulative."""
    left = n - total
    greenwood = np.divide(total, n * left, out=np.zeros(len(n)), where=left > 0)
    own, mixed = before**2 * d * (n - d) / n**3, before * d / n**2
    found = incidence**2 * np.cumsum(greenwood) - 2 * incidence * np.cumsum(incidence * greenwood)
    found = found + np.cumsum(incidence**2 * greenwood) + np.cumsum(own)
    return np.asarray(found - 2 * (incidence * np.cumsum(mixed) - np.cumsum(incidence * mixed)))


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
                "reason": t["reason"],
                "kind": t["kind"].map(name_kind),
                "endings": t["n"].map(Count),
                "share": t["share"].map(Percent),
                "low": t["low"].map(Percent),
                "high": t["high"].map(Percent),
            }
        )

    @property
    def headline(self) -> Message:
        """The most frequent reason, or that none was stated."""
        if self.table.empty:
            return T("No ending has a stated reason (endings: {n})", n=Count(self.endings))
        row = self.table.iloc[0]
        return T(
            "The reason given most is “{reason}”: {share} of {n} endings with a reason ({level} interval {low} to "
            "{high})",
            reason=row["reason"],
            share=Percent(row["share"]),
            n=Count(self.stated),
            level=Percent(self.level),
            low=Percent(row["low"]),
            high=Percent(row["high"]),
        )

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
                    "{low} to {high}, {n} endings)",
                    share=Percent(row["share"]),
                    level=Percent(self.level),
                    low=Percent(row["low"]),
                    high=Percent(row["high"]),
                    n=Count(self.endings),
                )
            )
        if self.stated < self.endings:
            found.append(
                T(
                    "{n} of {all} endings have no stated reason",
                    n=Count(self.endings - self.stated),
                    all=Count(self.endings),
                )
            )
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
    spells: pd.DataFrame, *, reason: str = "end_reason", kinds: Mapping[str, str] | None = None, level: float = 0.95
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
    split = pd.DataFrame(
        {"kind": KINDS, "n": counts, "share": counts / len(ends), "low": ends_of_kinds[0], "high": ends_of_kinds[1]}
    )
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
