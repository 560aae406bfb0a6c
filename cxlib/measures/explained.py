"""Why a score changed: because other customers answered (mix), or because the same kind of customer answers otherwise.

With a_g the share of group g among the answers and s_g its score, before (0) and now (1)::

    S1 - S0 = sum_g (a1 - a0) ((s0 + s1) / 2 - (S0 + S1) / 2)  +  sum_g (a0 + a1) / 2 (s1 - s0)

The first sum is mix, the second performance; the identity is exact, and neither period is favoured.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxlib.checks import Flags, Floats
from cxlib.language import Count, Message, Percent, Points, T
from cxlib.measures.change import Answers, ScoreChange, compare_scores, difference, gather_pair, judge
from cxlib.measures.nps import SUPPRESS_BELOW
from cxlib.measures.result import Result, in_quantities, row_quantities, tenths
from cxlib.measures.sampling import LEVEL, Z95, clustered_variance, small_sample
from cxlib.measures.satisfaction import NPS, Outcome


@dataclass(frozen=True, repr=False)
class ChangeExplained(Result):
    """A change of the score, shared out among groups.

    `mix_range`, `performance_range`: Intervals of `mix` and `performance`.
    `table`: group, n_before, n_now, share_before, share_now, score_before, score_now, mix, performance (each with _low
        and _high), total (points of the whole score; the totals add up to the change), difference (score now less
        before), difference_low, difference_high, p_value, p_adjusted (Holm), significant; largest total first.
    """

    change: ScoreChange
    table: pd.DataFrame
    mix_range: tuple[float, float] = (np.nan, np.nan)
    performance_range: tuple[float, float] = (np.nan, np.nan)

    @property
    def mix(self) -> float:
        """Points of the change that come from other customers answering."""
        return float(self.table["mix"].sum())

    @property
    def performance(self) -> float:
        """Points of the change that come from other answers of the same groups."""
        return float(self.table["performance"].sum())

    @property
    def changed(self) -> pd.DataFrame:
        """Groups whose own score changed more than chance explains, given that all groups were looked at."""
        return self.table[self.table["significant"]]

    @property
    def is_mix(self) -> bool:
        """Whether at least half of a clear change clearly comes from who answered."""
        clear = self.change.significant and self.mix_range[0] * self.mix_range[1] > 0
        return bool(clear and self.mix * self.change.value > 0 and abs(self.mix) >= abs(self.change.value) / 2)

    @property
    def asked_others(self) -> Message | None:
        """That a change comes from who answered, and the same groups answer no differently; None where it does not."""
        if not self.is_mix or self.performance_range[0] * self.performance_range[1] > 0:
            return None
        row = self.table.iloc[int((self.table["share_now"] - self.table["share_before"]).to_numpy().argmax())]
        return T(
            "{score} moved from {before} to {now} because others answered: {share} of answers are of “{group}”, {then} "
            "were before. How the same groups answer has not clearly changed ({points} points, {low} to {high})",
            score=self.change.outcome.label,
            before=self.change.before.shown["value"],
            now=self.change.now.shown["value"],
            share=Percent(row["share_now"]),
            group=row["group"],
            then=Percent(row["share_before"]) if row["n_before"] >= SUPPRESS_BELOW else T("hardly any"),
            points=tenths(self._rest),
            low=tenths(self.performance_range[0]),
            high=tenths(self.performance_range[1]),
        )

    @property
    def face(self) -> pd.DataFrame:
        """The table in quantities."""
        points = dict.fromkeys(("score_before", "score_now"), self.change.outcome.say)
        parts = dict.fromkeys(("mix", "performance", "total"), tenths)
        return in_quantities(self.table, {"group": "group", "answers": ("n_now", Count), **points, **parts})

    @property
    def headline(self) -> Message:
        """Which group's score fell or rose most, or that none clearly changed."""
        if self.changed.empty:
            return T(
                "No group has clearly changed in {score} ({n} answers, all groups looked at)",
                score=self.change.outcome.label,
                n=Count(self.change.now.n + self.change.before.n),
            )
        row = self.changed.iloc[int(self.changed["performance"].abs().to_numpy().argmax())]
        values: dict[str, object] = {
            "group": row["group"],
            "score": self.change.outcome.label,
            "level": Percent(LEVEL),
            "n": Count(row["n_now"] + row["n_before"]),
            "points": tenths(points_taken(row)),
            **row_quantities(row, self.change.outcome.say, before="score_before", now="score_now"),
            **row_quantities(row, Points, low="difference_low", high="difference_high"),
        }
        if row["difference"] < 0:
            return T(
                "{score} has fallen in “{group}”, from {before} to {now} ({level} interval of the change {low} "
                "to {high}, {n} answers), {points} points of the whole score",
                **values,
            )
        return T(
            "{score} has risen in “{group}”, from {before} to {now} ({level} interval of the change {low} "
            "to {high}, {n} answers), {points} points of the whole score",
            **values,
        )

    @property
    def _rest(self) -> float:
        """The performance as it is shown: with the mix it comes to the change that is shown."""
        return round(self.change.value, 1) - round(self.mix, 1)

    @property
    def findings(self) -> tuple[Message, ...]:
        """The headline, and how much of the change is mix."""
        if np.isnan(self.change.value):
            return (self.headline,)
        return (
            self.headline,
            T(
                "Of the change of {change} points, {mix} ({mix_low} to {mix_high}) come from who answered and "
                "{performance} ({low} to {high}) from how they answered",
                change=tenths(self.change.value),
                mix=tenths(self.mix),
                mix_low=tenths(self.mix_range[0]),
                mix_high=tenths(self.mix_range[1]),
                performance=tenths(self._rest),
                low=tenths(self.performance_range[0]),
                high=tenths(self.performance_range[1]),
            ),
        )


Objects = NDArray[np.object_]


@dataclass(frozen=True)
class Periods:
    """Answers of two periods, now and before: their frames, and the answers that were given with where they stand."""

    frames: tuple[pd.DataFrame, pd.DataFrame]
    pairs: list[tuple[Answers, Flags]]
    change: ScoreChange

    def explained(self, by: str) -> ChangeExplained:
        """The change shared out among the groups of a column, as mix and performance; missing ones are one group, "—".

        A group without answers in one period has no score of its own there: all of its total is mix. Groups of too few
        in either period are not tested. Intervals take answers of one customer together; those of mix and performance
        are linearised (Woodruff, JASA 66, 1971).
        """
        sides = [answers for answers, _ in self.pairs]
        groups = [
            frame[by].astype(object).where(frame[by].notna(), "—").to_numpy()[given]
            for frame, (_, given) in zip(self.frames, self.pairs, strict=True)
        ]
        names = pd.unique(pd.Series(np.concatenate(groups), dtype=object))
        table = _decompose(pd.DataFrame([_group(name, sides, groups) for name in names]), sides)
        table, ranges = _with_ranges(table, sides, groups)
        table = judge(table, self.change.outcome)
        order = table["total"].abs().sort_values(ascending=False, kind="stable").index
        return ChangeExplained(self.change, table.loc[order].reset_index(drop=True), *ranges)


def read_periods(now: pd.DataFrame, before: pd.DataFrame, *, outcome: Outcome = NPS) -> Periods:
    """Answers of two periods, to be explained by one column or several.

    `now`, `before`: A row an answer: the answers (nps, unless `outcome` is another), weight, customer_id, and in
        `margins` what weights were raked to, as `weigh_answers` leaves it.
    Raises DataError: an answer or a weight does not fit.

    >>> before = pd.DataFrame({"nps": [10, 9, 3, 2] * 50, "weight": 1.0, "customer_id": range(200)})
    >>> now, before = (before.assign(region=list(regions) * 50) for regions in ("nsss", "nnss"))
    >>> found = read_periods(now, before).explained("region")
    >>> round(found.mix + found.performance - found.change.value, 9)
    0.0
    """
    scores, margins = (now[outcome.name], before[outcome.name]), (now.get("margins"), before.get("margins"))
    weights, customers = (now["weight"], before["weight"]), (now["customer_id"], before["customer_id"])
    change = compare_scores(*scores, outcome=outcome, weights=weights, customers=customers, margins=margins)
    return Periods((now, before), gather_pair(scores, weights, customers, margins, outcome), change)


def _group(name: object, sides: list[Answers], groups: list[Objects]) -> dict[str, object]:
    now, before = (side.only(group == name) for side, group in zip(sides, groups, strict=True))
    tested = min(len(now), len(before)) >= SUPPRESS_BELOW
    gap, error = difference(now, before) if tested else (np.nan, np.nan)
    return {
        "group": name,
        "n_before": len(before),
        "n_now": len(now),
        "share_before": _share(before, sides[1]),
        "share_now": _share(now, sides[0]),
        "score_before": before.score,
        "score_now": now.score,
        "difference": gap,
        "error": error,
    }


def _share(part: Answers, whole: Answers) -> float:
    return float(part.weights.sum() / whole.weights.sum()) if len(whole) else np.nan


def _decompose(table: pd.DataFrame, sides: list[Answers]) -> pd.DataFrame:
    middle = float(np.nanmean([side.score for side in sides]))
    before = table["score_before"].fillna(table["score_now"])
    now = table["score_now"].fillna(table["score_before"])
    mix = (table["share_now"] - table["share_before"]) * ((before + now) / 2 - middle)
    performance = (table["share_now"] + table["share_before"]) / 2 * (now - before)
    return table.assign(mix=mix, performance=performance, total=mix + performance)


def _with_ranges(
    table: pd.DataFrame, sides: list[Answers], groups: list[Objects]
) -> tuple[pd.DataFrame, list[tuple[float, float]]]:
    """The table with intervals of mix and performance, and those of their totals."""
    parts = [
        side.clustered(_influences(table, side, group, now=now))
        for side, group, now in zip(sides, groups, (True, False), strict=True)
    ]
    customers = np.unique(np.concatenate([part[1] for part in parts]), return_inverse=True)[1]
    count = int(customers.max(initial=-1)) + 1
    errors = np.sqrt(clustered_variance(np.concatenate([part[0] for part in parts]), customers)) * small_sample(count)
    ranges = []
    for name, error in zip(("mix", "performance"), np.split(errors, 2), strict=True):
        table = table.assign(
            **{f"{name}_low": table[name] - Z95 * error[:-1], f"{name}_high": table[name] + Z95 * error[:-1]}
        )
        ranges.append((float(table[name].sum() - Z95 * error[-1]), float(table[name].sum() + Z95 * error[-1])))
    return table, ranges


def _influences(table: pd.DataFrame, side: Answers, group: Objects, *, now: bool) -> Floats:
    """What each answer of a period adds to mix and to performance: of each group, then of all."""
    t, sign, weights = table, 1 if now else -1, side.weights / side.weights.sum()
    inside = (group[:, None] == t["group"].to_numpy(object)).astype(float)
    share, score = (t[f"{name}_{'now' if now else 'before'}"].to_numpy(float) for name in ("share", "score"))
    before, after = t["score_before"].fillna(t["score_now"]), t["score_now"].fillna(t["score_before"])
    rise, middle = (after - before).to_numpy(float), ((after + before) / 2).to_numpy(float)
    moved, mean = (t["share_now"] - t["share_before"]).to_numpy(float), (t["share_now"] + t["share_before"]) / 2
    codes = 100 * side.codes[:, None]
    of_share = weights[:, None] * (inside - share)
    with np.errstate(divide="ignore", invalid="ignore"):
        of_score = np.where(share > 0, weights[:, None] * inside * (codes - score) / share, 0.0)
    of_whole = (weights * (codes[:, 0] - side.score))[:, None]
    both = np.where(t["score_before"].isna() | t["score_now"].isna(), 2.0, 1.0)  # one score stands for both periods
    whole = float(np.nansum(t["share_now"] * t["score_now"]) + np.nansum(t["share_before"] * t["score_before"])) / 2
    mix = sign * of_share * (middle - whole) + moved * (both * of_score - of_whole) / 2
    performance = of_share * rise / 2 + sign * mean.to_numpy(float) * of_score * (both < 2)
    return np.column_stack([mix, mix.sum(axis=1), performance, performance.sum(axis=1)])


def points_taken(row: pd.Series) -> float:
    """Points of the whole score of a row of `ChangeExplained.table`: the sum of its two parts as they are shown."""
    return round(float(row["mix"]), 1) + round(float(row["performance"]), 1)
