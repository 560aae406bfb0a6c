"""Cumulative incidence: the share that has left for each cause by each day, other causes being real.

One less the Kaplan-Meier curve of one cause answers what would happen if nobody could leave for another reason, and the
causes then add up to more than all who leave.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cxlib.churn.survival.kaplan_meier import fit_curve
from cxlib.churn.survival.spells import Flags, Floats, count_at_risk, read_durations
from cxlib.errors import DataError
from cxlib.language import Count, Days, Message, Percent, T
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
                "cause": rows["cause"], "have left": rows["incidence"].map(Percent), "low": rows["low"].map(Percent),
                "high": rows["high"].map(Percent),
            }
        )  # fmt: skip

    @property
    def headline(self) -> Message:
        """The cause for which most have left by then."""
        row = self.at([self.read_at]).sort_values("incidence", ascending=False, kind="stable").iloc[0]
        return T(
            "Within {days}, {share} leave for “{cause}”, the most frequent cause ({level} interval {low} to {high}; "
            "{n} memberships, {ended} of them ended)", days=Days(self.read_at), share=Percent(row["incidence"]),
            cause=row["cause"], level=Percent(self.level), low=Percent(row["low"]), high=Percent(row["high"]),
            n=Count(self.n), ended=Count(self.endings),
        )  # fmt: skip


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
        {
            "incidence": incidence, "std_error": error, "low": np.where(none, 0.0, low),
            "high": np.where(none, 0.0, high),
        }
    )  # fmt: skip


def _variance(n: Floats, d: Floats, total: Floats, before: Floats, incidence: Floats) -> Floats:
    """Equation 10.12 with its squares written out, so that each sum is cumulative."""
    left = n - total
    greenwood = np.divide(total, n * left, out=np.zeros(len(n)), where=left > 0)
    own, mixed = before**2 * d * (n - d) / n**3, before * d / n**2
    found = incidence**2 * np.cumsum(greenwood) - 2 * incidence * np.cumsum(incidence * greenwood)
    found = found + np.cumsum(incidence**2 * greenwood) + np.cumsum(own)
    return np.asarray(found - 2 * (incidence * np.cumsum(mixed) - np.cumsum(incidence * mixed)))
