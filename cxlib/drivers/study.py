"""Everything that ratings say about the score, as far as the answers go: what they are too few for is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cxlib.drivers.performance import ExpectationGap, PerformanceMap, map_performance, measure_expectation_gap
from cxlib.drivers.rank import rank_drivers
from cxlib.drivers.ranking import DriverRanking
from cxlib.drivers.scenarios import Gains, simulate_gains
from cxlib.language import Count, Message, T, join_names
from cxlib.measures.nps import FLAG_BELOW, SUPPRESS_BELOW, nps_codes
from cxlib.measures.raking import Margins
from cxlib.measures.result import Result

ANSWERS_A_DRIVER = 10  # the usual least number of answers for each coefficient of a regression


@dataclass(frozen=True)
class DriverStudy(Result):
    """What ratings say about the score; each part is None where the answers do not bear it.

    Attributes
    ----------
    ranking : DriverRanking or None
    performance : PerformanceMap or None
    gains : Gains or None
    gap : ExpectationGap or None
        None also where nothing was expected.
    limits : tuple of Message
        Why parts are missing, and which drivers were left out.
    """

    ranking: DriverRanking | None
    performance: PerformanceMap | None
    gains: Gains | None
    gap: ExpectationGap | None
    limits: tuple[Message, ...] = ()

    @property
    def summary(self) -> pd.DataFrame:
        """The ranking in quantities; empty without one."""
        return pd.DataFrame() if self.ranking is None else self.ranking.summary

    @property
    def headline(self) -> Message:
        """What weighs most, or why it cannot be told."""
        return self.limits[0] if self.ranking is None else self.ranking.headline

    @property
    def scenarios(self) -> pd.DataFrame:
        """One row a driver and scenario, for export."""
        columns = ["driver", "name", "scenario", "gain", "gain_without_mood", "low", "high", "affected"]
        return pd.DataFrame(columns=columns) if self.gains is None else self.gains.table[columns]

    @property
    def table(self) -> pd.DataFrame:
        """One row a driver for export: the ranking, beside it performance and gap."""
        if self.ranking is None:
            return pd.DataFrame(columns=["driver", "name", "share", "low", "high", "tie"])
        table = self.ranking.table
        if self.performance is not None:
            columns = ["driver", "performance", "performance_low", "performance_high"]
            table = table.merge(self.performance.table[columns], on="driver", how="left")
        if self.gap is not None:
            gap = self.gap.table[["driver", "gap", "low", "high"]]
            table = table.merge(gap.rename(columns={"low": "gap_low", "high": "gap_high"}), on="driver", how="left")
        return table


def study_drivers(
    answers: pd.DataFrame,
    ratings: pd.DataFrame,
    expectations: pd.DataFrame | None = None,
    *,
    not_applicable: Sequence[float] = (),
    margins: Margins | None = None,
    names: Mapping[str, object] | None = None,
    left_out: Sequence[str] = (),
    draws: int = 500,
    gain_draws: int = 200,
    level: float = 0.95,
    seed: int = 0,
) -> DriverStudy:
    """Rank drivers, map their performance, and ask what better ratings would go with.

    Parameters
    ----------
    answers : DataFrame
        nps (0-10), weight and customer_id, a row an answer, and the columns of `margins`.
    ratings, expectations : DataFrame
        Columns of drivers, rows of the same answers.
    not_applicable, margins, names, level, seed
        As in `rank_drivers`.
    left_out : sequence of str
        Drivers that could not be compared, to be named among the limits.
    draws, gain_draws : int
        Resamples for the ranking, and for what gains go with.

    Raises
    ------
    DataError
        As `rank_drivers`: a rating or a score that does not fit, or a driver that is a copy of another one.

    Examples
    --------
    >>> few = pd.DataFrame({"nps": [9, 3], "weight": 1.0, "customer_id": ["a", "b"]})
    >>> str(study_drivers(few, pd.DataFrame({"speed": [5, 1]})).headline)
    'Too few answers to say what moves the score: 2, and 100 are needed'
    """
    known, limits = names or {}, []
    if left_out:
        shown = join_names([known.get(name, name) for name in left_out])
        limits.append(T("Left out, because too few rated it or all rated it the same: {drivers}", drivers=shown))
    reason = _too_little(answers, ratings, asked=len(ratings.columns) + len(left_out))
    if reason is not None:
        return DriverStudy(None, None, None, None, (reason, *limits))
    common: dict[str, Any] = {
        "weights": answers["weight"], "customers": answers["customer_id"], "not_applicable": tuple(not_applicable),
        "level": level,
    }  # fmt: skip
    raked: dict[str, Any] = {"attributes": answers, "margins": margins} if margins else {}
    ranking = rank_drivers(ratings, answers["nps"], **common, **raked, names=known, draws=draws, seed=seed)
    rated_twice = _rated_twice(ratings, expectations, not_applicable)
    gap = None
    if expectations is not None and rated_twice:
        gap = measure_expectation_gap(ratings[rated_twice], expectations[rated_twice], names=known, **common)
    return DriverStudy(
        ranking,
        map_performance(ranking, ratings, **common),
        simulate_gains(ratings, answers["nps"], **common, **raked, names=known, draws=gain_draws, seed=seed),
        gap,
        tuple(limits),
    )


def _too_little(answers: pd.DataFrame, ratings: pd.DataFrame, *, asked: int) -> Message | None:
    """Why nothing can be said of drivers, if so."""
    scores, drivers = answers["nps"].dropna(), len(ratings.columns)
    if not asked:
        return T("The survey asks for no ratings, so nothing can be said about what moves the score")
    needed = max(FLAG_BELOW, ANSWERS_A_DRIVER * drivers)
    if len(scores) < needed:
        return T(
            "Too few answers to say what moves the score: {n}, and {needed} are needed", n=Count(len(scores)),
            needed=Count(needed),
        )  # fmt: skip
    if not drivers:
        return T("No rating can be compared, so nothing can be said about what moves the score")
    if len(set(nps_codes(scores))) < 2:
        return T("All answers are alike, so there is nothing to explain")
    return None


def _rated_twice(
    ratings: pd.DataFrame, expectations: pd.DataFrame | None, not_applicable: Sequence[float]
) -> list[str]:
    """Drivers whose experience and expectation enough answers hold, each of them not always the same."""
    if expectations is None:
        return []
    found = []
    for name in [name for name in ratings if name in expectations]:
        both = pd.DataFrame({"met": ratings[name], "hoped": expectations[name]})
        both = both[~both.isin(list(not_applicable)).any(axis=1)].dropna()
        if len(both) >= SUPPRESS_BELOW and both["met"].nunique() >= 2 and both["hoped"].nunique() >= 2:
            found.append(str(name))
    return found
