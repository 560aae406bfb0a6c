"""Why memberships ended, as far as anybody said: shares of reasons, who chose to leave, and when.

Of several causes, the share that has left for each by a day is its cumulative incidence, other causes being real. One
less the Kaplan-Meier curve of one cause answers what would happen if nobody could leave for another reason, and the
causes then add up to more than all who leave.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cxlib.checks import Floats, refuse_where
from cxlib.churn.survival.curves import SPELLS, count_at_risk, fit_curve, read_durations, require_endings
from cxlib.errors import DataError, ParameterError, nearest
from cxlib.language import Count, Message, Percent, T, WordList
from cxlib.measures.result import Brief, Result, in_quantities
from cxlib.measures.sampling import LEVEL, Z95, joint_z, wilson

KINDS = WordList("kinds of ending")


@dataclass(frozen=True, repr=False)
class CumulativeIncidence(Brief):
    """The share that has left for each cause by days since the start.

    `table`: One row a cause and distinct duration: cause, days, at_risk, ended (for that cause), incidence, std_error,
        low, high. At any day, incidences of all causes and the Kaplan-Meier curve of all endings add up to one.
    """

    table: pd.DataFrame

    def at(self, days: ArrayLike) -> pd.DataFrame:
        """Incidence of every cause at asked times: cause, days, incidence, low, high; missing past the last day."""
        asked = np.atleast_1d(np.asarray(days, dtype=float))
        parts = []
        for cause, part in self.table.groupby("cause", sort=False):
            place = np.searchsorted(part["days"].to_numpy(), asked, side="right")
            inside = asked <= part["days"].iloc[-1]
            columns = {
                name: np.where(inside, np.append(0.0, part[name])[place], np.nan)
                for name in ("incidence", "low", "high")
            }
            parts.append(pd.DataFrame({"cause": cause, "days": asked, **columns}))
        return pd.concat(parts, ignore_index=True)


def estimate_incidence(spells: pd.DataFrame) -> CumulativeIncidence:
    """Estimate cumulative incidence by cause (Aalen-Johansen), causes with most endings first.

    ``I_k(t) = sum over t_j <= t of S(t_j-) d_kj / n_j``, S the Kaplan-Meier curve of all endings; the variance is the
    delta method's, the interval normal in ``log(-log(1 - I))``. Every spell that ended needs a cause (text).

    Source: Aalen & Johansen, Scand. J. Statist. 5 (1978), 141-150; variance: Marubini & Valsecchi, Analysing Survival
    Data from Clinical Trials and Observational Studies (1995), equation 10.12.
    """
    durations = read_durations(spells, columns=("cause",))
    missing = durations.ended & spells["cause"].isna().to_numpy()
    remedy = "Write a cause, such as 'not stated'"
    refuse_where(spells["cause"], "cause", missing, "missing although the spell ended", remedy, what=SPELLS)
    require_endings(durations, "there are no causes")
    named = pd.Series(np.where(durations.ended, spells["cause"].astype("object").map(str), ""))
    causes = named[durations.ended].value_counts().sort_index().sort_values(ascending=False, kind="stable").index
    codes = pd.Categorical(named, categories=causes).codes.astype(np.int64)
    groups = np.where(durations.ended, codes, len(causes))
    counts = count_at_risk(durations, groups, len(causes) + 1)
    at_risk, ended = counts.at_risk.sum(axis=1), counts.ended[:, :-1]
    before = np.append(1.0, fit_curve(durations).survival[:-1])
    parts = [
        pd.DataFrame(
            {
                "cause": str(name),
                "days": counts.days,
                "at_risk": at_risk,
                "ended": ended[:, k],
                **_one_cause(at_risk, ended[:, k], ended.sum(axis=1), before),
            }
        )
        for k, name in enumerate(causes)
    ]
    return CumulativeIncidence(pd.concat(parts, ignore_index=True))


def _one_cause(n: Floats, d: Floats, total: Floats, before: Floats) -> dict[str, Floats]:
    incidence = np.cumsum(before * d / n)
    error = np.sqrt(np.maximum(_variance(n, d, total, before, incidence), 0.0))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        stays = 1 - incidence
        spread = Z95 * error / (stays * np.log(stays))
        ends = 1 - stays ** np.exp(-spread), 1 - stays ** np.exp(spread)
    everybody, nobody = stays < 1e-12, np.cumsum(d) == 0  # but for rounding
    low, high = (
        np.where(nobody, 0.0, np.where(everybody, np.nan, end)) for end in (np.minimum(*ends), np.maximum(*ends))
    )
    return {"incidence": incidence, "std_error": error, "low": low, "high": high}


def _variance(n: Floats, d: Floats, total: Floats, before: Floats, incidence: Floats) -> Floats:
    """Equation 10.12 with its squares written out, so that each sum is cumulative."""
    left = n - total
    greenwood = np.divide(total, n * left, out=np.zeros(len(n)), where=left > 0)
    own, mixed = before**2 * d * (n - d) / n**3, before * d / n**2
    variance = incidence**2 * np.cumsum(greenwood) - 2 * incidence * np.cumsum(incidence * greenwood)
    variance = variance + np.cumsum(incidence**2 * greenwood) + np.cumsum(own)
    return np.asarray(variance - 2 * (incidence * np.cumsum(mixed) - np.cumsum(incidence * mixed)))


@dataclass(frozen=True, repr=False)
class ReasonsGiven(Result):
    """Endings by stated reason.

    `table`: One row a reason, most frequent first: reason, kind, n, share (of endings with a reason), low, high (all
        intervals together hold at 95% confidence).
    `kinds`: One row a kind (voluntary, involuntary, unknown): kind, n, share (of all endings), low, high.
    `incidence`: Of voluntary, involuntary and unknown endings by days since the start.
    `endings`, `stated`: Endings in all, and those with a reason.

    >>> spells = pd.DataFrame({"duration_days": [9, 5, 7, 3], "ended": [1, 1, 1, 0],
    ...                        "end_reason": ["price", "price", "moved", None]})
    >>> count_reasons(spells).endings
    3
    """

    table: pd.DataFrame
    kinds: pd.DataFrame
    incidence: CumulativeIncidence
    endings: int
    stated: int

    @property
    def face(self) -> pd.DataFrame:
        """Reasons in quantities."""
        shares = dict.fromkeys(("share", "low", "high"), Percent)
        return in_quantities(self.table, {"reason": "reason", "kind": name_kind, "endings": ("n", Count), **shares})

    @property
    def headline(self) -> Message:
        """The most frequent reason, or that none was stated."""
        if self.table.empty:
            return T("No ending has a stated reason (endings: {n})", n=Count(self.endings))
        row = self.table.iloc[0]
        return T(
            "The most frequent reason is “{reason}”: {share} of all reasons given ({level} interval {low} to {high})",
            reason=row["reason"],
            n=Count(self.stated),
            **self._interval(row),
        )

    def _interval(self, row: pd.Series) -> dict[str, object]:
        values = {"share": row["share"], "low": row["low"], "high": row["high"], "level": LEVEL}
        return {name: Percent(value) for name, value in values.items()}

    @property
    def findings(self) -> tuple[Message, ...]:
        """The headline, the split, and what reasons cannot tell."""
        lines = [self.headline]
        involuntary = self.kinds.set_index("kind").loc[["involuntary"]].iloc[0]
        if involuntary["n"]:
            line = T(
                "{share} of endings were not chosen by the member, such as a failed payment ({level} interval {low} to "
                "{high}, {n} endings)",
                n=Count(self.endings),
                **self._interval(involuntary),
            )
            lines.append(line)
        if self.stated < self.endings:
            n, everything = Count(self.endings - self.stated), Count(self.endings)
            lines.append(T("{n} of {all} endings have no stated reason", n=n, all=everything))
        lines.append(T("A stated reason is what somebody wrote down at the end, not what would have kept the member"))
        return tuple(lines)


def name_kind(kind: str) -> Message:
    """What a reader calls a kind of ending.

    >>> str(name_kind("voluntary"))
    'chosen by the member'
    """
    return KINDS[kind]


def count_reasons(spells: pd.DataFrame, *, kinds: Mapping[str, str] | None = None) -> ReasonsGiven:
    """Count endings by stated reason (column end_reason).

    "voluntary: price" is the voluntary reason "price", "involuntary: payment failed" the involuntary one "payment
    failed"; without such a beginning the kind is unknown. `kinds`, reason as written -> kind, goes before that. A kind
    that is none is a ParameterError, a reason that nobody gave a DataError.

    Intervals of reasons are simultaneous ones for a multinomial: Wilson's with the level spread over all reasons
    (Goodman, Technometrics 7 (1965), 247-254). Intervals of kinds are Wilson's.
    """
    durations = read_durations(spells, columns=("end_reason",))
    require_endings(durations, "there are no reasons")
    ends = spells.loc[durations.ended, "end_reason"].astype("object")
    texts = ends[ends.notna() & (ends.map(str).str.strip() != "")].map(str)
    _check_kinds(kinds or {}, set(texts))
    rows = pd.DataFrame([_read(text, kinds or {}) for text in texts], columns=["kind", "reason"])
    table = rows.value_counts(["reason", "kind"]).rename("n").reset_index()
    table = table.sort_values(["n", "reason"], ascending=[False, True], ignore_index=True).astype({"n": int})
    table = _with_shares(table, len(rows), joint_z(len(table)))
    counts = rows["kind"].value_counts().reindex(list(KINDS), fill_value=0)
    counts["unknown"] += len(ends) - len(rows)
    split = _with_shares(pd.DataFrame({"kind": list(KINDS), "n": counts.to_numpy(int)}), len(ends), Z95)
    cause = pd.Series("unknown", index=ends.index)
    cause.loc[texts.index] = rows["kind"].to_numpy()
    times = spells.filter(["duration_days", "ended", "entry_days"])
    incidence = estimate_incidence(times.assign(cause=cause))
    order = ["reason", "kind", "n", "share", "low", "high"]
    return ReasonsGiven(table[order], split, incidence, len(ends), len(rows))


def _with_shares(table: pd.DataFrame, n: int, z: float) -> pd.DataFrame:
    low, high = wilson(table["n"], np.full(len(table), n), z=z)
    return table.assign(share=table["n"] / max(n, 1), low=low, high=high)


def _read(text: str, kinds: Mapping[str, str]) -> tuple[str, str]:
    """The kind of a reason, and the reason without it."""
    before, _, after = text.partition(":")
    kind = before.strip().lower()
    if kind in KINDS and after.strip():
        return kinds.get(text, kind), after.strip()
    return kinds.get(text, "unknown"), text.strip()


def _check_kinds(kinds: Mapping[str, str], texts: set[str]) -> None:
    for text, kind in kinds.items():
        if kind not in KINDS:
            raise ParameterError(f"kinds[{text!r}]={kind!r} is no kind of ending. {nearest(str(kind), KINDS)}")
        if text not in texts:
            raise DataError(f"kinds names the reason {text!r}, which no ending has. {nearest(text, texts)}")
