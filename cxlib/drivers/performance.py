"""How well each driver is done: against its importance, and against what customers expected."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxlib.checks import Codes, Floats
from cxlib.drivers.ranking import DriverRanking
from cxlib.drivers.sample import EVERY_ANSWER_ALONE, AnswerDesign, Ratings, read_ratings
from cxlib.language import Count, Decimal, Message, Percent, T
from cxlib.measures.result import Result, in_quantities, row_quantities
from cxlib.measures.sampling import (
    LEAST_OF_SCALE,
    LEVEL,
    Z95,
    adjust_holm,
    check_weights,
    clustered_variance,
    number_groups,
    small_sample,
    two_sided,
)


@dataclass(frozen=True, repr=False)
class PerformanceMap(Result):
    """Importance and performance of each driver, both with intervals.

    `table`: driver, name, importance, importance_low, importance_high (shares), performance, performance_low,
        performance_high (mean rating), n (ratings), tie; most important first.
    `first`: The driver to look at first: the worst rated of those that tie for the most important. None where the two
        worst rated of them cannot be told apart.
    """

    table: pd.DataFrame
    first: object

    @property
    def face(self) -> pd.DataFrame:
        """The table in quantities."""
        shares = dict.fromkeys(("importance", "importance_low", "importance_high"), Percent)
        means = dict.fromkeys(("performance", "performance_low", "performance_high"), _two)
        return in_quantities(self.table, {"driver": "name", **shares, **means, "ratings": ("n", Count)})

    @property
    def headline(self) -> Message:
        """Which of the most important drivers is done worst."""
        top = self.table[self.table["tie"] == 1]
        if self.first is None:
            return T("Of what matters most, nothing is clearly rated lowest", n=Count(top["n"].max()))
        row = top[top["name"].map(lambda name: name == self.first)].iloc[0]
        values = row_quantities(row, _two, mean="performance", low="performance_low", high="performance_high")
        values |= {"driver": row["name"], "n": Count(row["n"]), "level": Percent(LEVEL)}
        if len(top) == 1:
            return T(
                "{driver} matters most and is rated {mean} on average ({level} interval {low} to {high})", **values
            )
        return T("Of what matters most, {driver} is rated lowest: {mean} ({level} interval {low} to {high})", **values)


def map_performance(
    ranking: DriverRanking, X: pd.DataFrame, design: AnswerDesign = EVERY_ANSWER_ALONE
) -> PerformanceMap:
    """Mean rating of each driver beside its importance."""
    order = ranking.table["driver"].tolist()
    ratings = read_ratings(X[order], not_applicable=design.not_applicable)
    w, numbers = check_weights(design.weights, len(X)), number_groups(design.customers, len(X))
    mean, influence = _means(ratings, w)
    error = np.sqrt(clustered_variance(influence, numbers))
    table = ranking.table[["driver", "name", "share", "low", "high", "tie"]].rename(
        columns={"share": "importance", "low": "importance_low", "high": "importance_high"}
    )
    table = table.assign(
        performance=mean,
        performance_low=mean - Z95 * error,
        performance_high=mean + Z95 * error,
        n=(~np.isnan(ratings.given)).sum(axis=0),
    )
    first = _worst(table, influence, numbers, least=_least_gap(ratings.given)) if ranking.explains else None
    return PerformanceMap(table, first)


def _worst(table: pd.DataFrame, influence: Floats, numbers: Codes, *, least: float) -> object:
    top = np.flatnonzero((table["tie"] == 1).to_numpy())
    mean = table["performance"].to_numpy()
    order = top[np.argsort(mean[top], kind="stable")]
    if len(order) > 1:
        gap = influence[:, order[1]] - influence[:, order[0]]
        if mean[order[1]] - mean[order[0]] <= max(least, Z95 * float(np.sqrt(clustered_variance(gap, numbers)))):
            return None
    return table["name"].iloc[order[0]]


def _least_gap(ratings: Floats) -> float:
    """How far apart means of these ratings (NaN where none) must lie to matter: a fortieth of their range."""
    return LEAST_OF_SCALE * float(np.nanmax(ratings) - np.nanmin(ratings))


def _means(ratings: Ratings, weights: Floats) -> tuple[Floats, Floats]:
    """Mean rating of each driver (p,) and the influence of each answer on it (n, p)."""
    mean, known = ratings.means(weights), ~np.isnan(ratings.given)
    influence = np.where(known, weights[:, None] * (ratings.given - mean), 0.0) / (weights @ known)
    return mean, influence


@dataclass(frozen=True, repr=False)
class ExpectationGap(Result):
    """Experience less expectation, driver by driver.

    `table`: driver, name, experience, expectation (means of answers with both), gap (experience less expectation), low,
        high, n, p_adjusted (Holm), significant (and a fortieth of the scale or more); the largest shortfall first.
    """

    table: pd.DataFrame

    @property
    def face(self) -> pd.DataFrame:
        """The table in quantities."""
        means = dict.fromkeys(("experience", "expectation", "gap", "low", "high"), _two)
        return in_quantities(self.table, {"driver": "name", **means, "answers": ("n", Count)})

    @property
    def headline(self) -> Message:
        """Where experience falls short of expectation, in these answers the furthest, if anywhere."""
        short = self.table[self.table["significant"] & (self.table["gap"] < 0)]
        if short.empty:
            return T(
                "Experience does not clearly fall short of expectation anywhere ({n} answers)",
                n=Count(self.table["n"].max()),
            )
        row = short.iloc[0]
        gap = round(row["experience"], 2) - round(row["expectation"], 2)
        return T(
            "{driver} falls short of what was expected: {experience} against {expectation}, a gap of {gap} "
            "({level} interval {low} to {high}, {n} answers)",
            driver=row["name"],
            gap=_two(gap),
            level=Percent(LEVEL),
            n=Count(row["n"]),
            **row_quantities(row, _two, experience="experience", expectation="expectation", low="low", high="high"),
        )


def measure_expectation_gap(
    experience: pd.DataFrame,
    expectation: pd.DataFrame,
    design: AnswerDesign = EVERY_ANSWER_ALONE,
    *,
    names: Mapping[str, object] | None = None,
) -> ExpectationGap:
    """Compare what customers met with what they expected, answer by answer.

    `experience`, `expectation` (n, p): Ratings of the same drivers on one scale, in the same columns and rows; of each
        driver some answer holds both.
    """
    ratings = (read_ratings(frame, not_applicable=design.not_applicable) for frame in (experience, expectation))
    met, hoped = (each.given for each in ratings)
    both = ~np.isnan(met) & ~np.isnan(hoped)
    w, numbers = check_weights(design.weights, len(met)), number_groups(design.customers, len(met))
    total = w @ both
    means = {
        name: (w @ np.where(both, values, 0.0)) / total
        for name, values in (("experience", met), ("expectation", hoped))
    }
    gap = means["experience"] - means["expectation"]
    influence = np.where(both, w[:, None] * (met - hoped - gap), 0.0) / total
    error = np.sqrt(clustered_variance(influence, numbers)) * small_sample(len(pd.unique(numbers[both.any(axis=1)])))
    adjusted = adjust_holm(two_sided(gap, error))
    table = pd.DataFrame(
        {
            "driver": experience.columns,
            "name": [(names or {}).get(str(driver), driver) for driver in experience],
            **means,
            "gap": gap,
            "low": gap - Z95 * error,
            "high": gap + Z95 * error,
            "n": both.sum(axis=0),
            "p_adjusted": adjusted,
            "significant": (adjusted < 1 - LEVEL) & (np.abs(gap) >= _least_gap(np.stack([met, hoped]))),
        }
    )
    return ExpectationGap(table.sort_values("gap", kind="stable").reset_index(drop=True))


def _two(value: float) -> Decimal:
    return Decimal(value, digits=2)
