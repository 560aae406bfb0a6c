"""Drivers in the order of their importance, with what is uncertain about that order.

Weighting, skipped ratings and importance are resampled together.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from cxlib.checks import Flags, Floats, Values, check_draws
from cxlib.drivers.gaps import GappyRows
from cxlib.drivers.importance import MOST_DRIVERS, explained_by_others, johnson_shares, logit_dominance
from cxlib.drivers.ordinal import SeparationError
from cxlib.drivers.sample import (
    EVERY_ANSWER_ALONE,
    AnswerDesign,
    Sample,
    by_unit,
    correlations,
    importance,
    read_sample,
    refuse_twins,
    resampled_importance,
)
from cxlib.language import Count, Message, Percent, T, join_names
from cxlib.measures.nps import FLAG_BELOW
from cxlib.measures.result import Result, in_quantities, row_quantities
from cxlib.measures.sampling import LEVEL, Z95, column_percentiles, joint_z, percentiles

TOP = 3
HIGH_VIF = 5.0
MOST_BY_LOGIT = 500_000  # answers times subsets of drivers, each of which is a logistic regression: some seconds
EVENTS_EACH = 10  # answers of the rarer kind for each column of a logistic regression (Peduzzi et al. 1996)


@dataclass(frozen=True, repr=False)
class DriverRanking(Result):
    """What rating goes with the score how closely.

    `table`: In the order of importance: driver, name, importance (R2 that is the driver's), share (of the R2 of all),
        low, high, rank, rank_low, rank_high, p_top3, tie (number of the tie group; drivers with one number cannot be
        told apart from its first), johnson (share), share_coded and rank_coded (the answer as what it counts as),
        complete_case (share, from answers without a skipped rating), among_users (share among those who met the
        driver), users, correlation, beta (standardised, in the whole regression), beta_low, beta_high, vif,
        rated, not_applicable, skipped.
    `draws` (array (draws, drivers)): Shares in the resamples, columns as in `table`.
    `r_squared`, `r_squared_low`, `r_squared_high`: What all drivers explain of these answers, and the interval for all
        customers, without the part that any ratings would explain by chance.
    `n`, `customers`, `complete`: Answers, customers, and answers without a skipped rating.
    `sample`: The answers, weights and design behind all this; `X`, `y` and `weights` give them as pandas has it.
    `method`: "lmg" or, for more than 27 drivers, "johnson".
    """

    table: pd.DataFrame
    draws: Floats = field(repr=False)
    r_squared: float
    r_squared_low: float
    r_squared_high: float
    n: int
    customers: int
    complete: int
    sample: Sample = field(repr=False)
    method: str = "lmg"

    @property
    def face(self) -> pd.DataFrame:
        """The table in quantities."""
        ranks = {"rank from": ("rank_low", Count), "rank to": ("rank_high", Count)}
        others = {"complete answers only": ("complete_case", Percent), "as coded": ("share_coded", Percent)}
        shares = dict.fromkeys(("share", "low", "high"), Percent)
        chance = {"chance of top 3": ("p_top3", Percent), "tie": Count}
        return in_quantities(self.table, {"driver": "name", **shares, **ranks, **chance, **others})

    @property
    def explains(self) -> bool:
        """Whether all ratings together clearly explain something; where they do not, none weighs most."""
        return self.r_squared_low > 0

    @property
    def X(self) -> pd.DataFrame:
        """Columns of the regression, a row an answer: each rating less its mean, in points of its scale.

        Where enough customers did not meet a driver, ``NAME met`` says who did (1, 0), and its rating is 0 for the
        others; NaN where a rating was skipped.
        """
        names = [
            name if place == 0 else f"{name} met"
            for name, unit in zip(self.sample.ratings.names, self.sample.design.units, strict=True)
            for place, _ in enumerate(unit)
        ]
        return pd.DataFrame(self.sample.design.columns, columns=names)

    @property
    def y(self) -> pd.Series:
        """The answer of each row of `X`."""
        return pd.Series(self.sample.scores, name="score")

    @property
    def weights(self) -> pd.Series:
        """What each row of `X` stands for, as raked to known margins."""
        return pd.Series(self.sample.weights, name="weight")

    @property
    def coefficients(self) -> pd.Series:
        """Of the regression of `y` on `X`: points of the answer for one point of a rating, the others held equal."""
        covariance, q = self.sample.moments.covariance, self.X.shape[1]
        slopes = np.linalg.pinv(covariance[:q, :q]) @ covariance[:q, q]
        return pd.Series(slopes, index=self.X.columns, name="coefficient")

    @property
    def leaders(self) -> list[object]:
        """Names of the drivers of the first tie group, which are all of them where they explain nothing."""
        return self.table.loc[self.table["tie"] == 1, "name"].tolist()

    @property
    def headline(self) -> Message:
        """Which driver weighs most, or which ones tie for it."""
        top, leaders = self.table.iloc[0], self.leaders
        values = row_quantities(top, Percent, share="share", low="low", high="high")
        values |= {"level": Percent(LEVEL), "n": Count(self.n), "drivers": join_names(leaders)}
        if not self.explains:
            return T(
                "All ratings together do not clearly explain the score, so none matters most ({n} answers)", **values
            )
        if len(self.table) > 1 and len(leaders) == len(self.table):
            return T("No driver clearly matters more than the others", **values)
        if len(leaders) > 1:
            return T("{drivers} matter most for the score, and which of them comes first is not clear", **values)
        return T(
            "{drivers} matters most for the score: {share} of what all ratings explain ({level} "
            "interval {low} to {high})",
            **values,
        )

    @property
    def findings(self) -> tuple[Message, ...]:
        """The headline, how much is explained, and what limits the reading."""
        if not self.explains:
            return (self.headline, *self._flags())
        sentences = [
            self.headline,
            T(
                "Together the drivers explain {share} of the differences in the score ({level} interval {low} to "
                "{high}); importance is association, not proof of cause",
                share=Percent(self.r_squared),
                low=Percent(self.r_squared_low),
                high=Percent(self.r_squared_high),
                level=Percent(LEVEL),
            ),
        ]
        return (*sentences, self.coding_note, *self._logit_note, *self._flags())

    @cached_property
    def yes_no(self) -> pd.DataFrame | None:
        """Dominance by a logistic regression, where answers count as yes or no: driver, importance, share.

        Of answers without a skipped rating, in the order of `table`; importance adds up to McFadden's R2
        (`cxlib.drivers.importance.logit_dominance`). None for other scores, where answers times subsets of drivers
        are more than half a million, and where such answers are too few or drivers tell them apart without a miss.
        """
        sample, complete = self.sample, self.sample.rows.complete
        codes = sample.outcome.codes(sample.scores)[complete]
        columns, units = sample.design.columns[complete], sample.design.units
        fewest = min((codes == code).sum() for code in (0, 1))
        too_many = len(codes) * 2 ** len(units) > MOST_BY_LOGIT
        if set(codes) != {0, 1} or too_many or fewest < EVENTS_EACH * columns.shape[1]:
            return None
        try:
            value = logit_dominance(columns, codes, sample.weights[complete], units)
        except SeparationError:
            return None
        found = pd.DataFrame({"driver": sample.ratings.names, "importance": value, "share": _normalised(value)})
        return found.set_index("driver").loc[self.table["driver"]].reset_index()

    @property
    def _logit_note(self) -> list[Message]:
        """Whether a model made for yes and no orders the drivers otherwise."""
        if self.yes_no is None:
            return []
        values = {"share": Percent(float(self.yes_no["importance"].sum()))}
        swapped = self._swapped(self.yes_no["share"])
        if self.yes_no["share"].is_monotonic_decreasing:
            return [T("By a logistic regression (McFadden's R² of {share}) the order is the same", **values)]
        if not swapped:
            return [
                T(
                    "A logistic regression (McFadden's R² of {share}) changes the order only among drivers that "
                    "cannot be told apart",
                    **values,
                )
            ]
        first, second = swapped[0]
        return [
            T(
                "Take care: by a logistic regression (McFadden's R² of {share}) {second} comes before {first}",
                **values,
                first=first,
                second=second,
            )
        ]

    @cached_property
    def swapped(self) -> list[tuple[object, object]]:
        """Pairs of drivers whose order turns round when answers are what they count as, though they are no tie."""
        return self._swapped(self.table["share_coded"])

    def _swapped(self, shares: pd.Series) -> list[tuple[object, object]]:
        """Pairs of drivers, no tie, that other shares (in the order of `table`) put the other way round."""
        names, values = self.table["name"], shares.to_numpy()
        return [
            (names.iloc[i], names.iloc[j])
            for i in range(len(values))
            for j in range(i + 1, len(values))
            if values[j] > values[i] and not self.tied(i, j)
        ]

    def tied(self, i: int, j: int) -> bool:
        """Whether the order of the drivers in rows `i` and `j` of the table cannot be told."""
        return not self._clear[i, j]

    @cached_property
    def _clear(self) -> Flags:
        return clear_pairs(self.draws) & self.explains

    @property
    def coding_note(self) -> Message:
        """Whether the order depends on how the score is coded."""
        classes = self.sample.outcome.classes
        if self.table["rank_coded"].tolist() == self.table["rank"].tolist():
            return T("The order is the same when answers are counted as {classes}", classes=classes)
        if not self.swapped:
            return T(
                "Counting answers as {classes} changes the order only among drivers that cannot be told apart",
                classes=classes,
            )
        first, second = self.swapped[0]
        return T(
            "Take care: with answers counted as {classes}, {second} comes before {first}",
            classes=classes,
            first=first,
            second=second,
        )

    def _apart(self) -> Floats:
        """Customers of each driver of the table who rated it otherwise than most: few make no finding."""
        columns, customers = pd.DataFrame(self.sample.design.columns), pd.Series(self.sample.customers)
        first = [unit[0] for unit in self.sample.design.units]
        rated = {
            name: customers[columns[at].notna() & (columns[at] != columns[at].mode()[0])].nunique()
            for name, at in zip(self.sample.ratings.names, first, strict=True)
        }
        return self.table["driver"].map(rated).to_numpy(float)

    def _flags(self) -> list[Message]:
        t, sentences = self.table, []
        reach = joint_z(len(t)) / Z95  # all drivers looked at (Bonferroni)
        below = t["beta"] + reach * (t["beta_high"] - t["beta"]) < 0
        negative = t.loc[below & (self._apart() >= FLAG_BELOW), "name"].tolist()
        if negative and self.explains:
            sentences.append(
                T(
                    "Better ratings of {drivers} go with lower scores once the other drivers are held equal: look at "
                    "the question before acting",
                    drivers=join_names(negative),
                )
            )
        close = t.loc[t["vif"] > HIGH_VIF, "name"].tolist()
        if close:
            sentences.append(
                T(
                    "Rated so much like other drivers that their shares are hard to tell apart: {drivers}",
                    drivers=join_names(close),
                )
            )
        if self.complete < self.n:
            sentences.append(
                T(
                    "{n} of {all} answers skip a rating; the result from complete answers only stands beside it",
                    n=Count(self.n - self.complete),
                    all=Count(self.n),
                )
            )
        return sentences


def tie_groups(draws: Floats) -> list[int]:
    """Number of the tie group of each driver, columns in the order of importance.

    A group's first driver is its leader; a driver belongs to it unless the pair is clear. The first that does not
    belong leads the next group.
    """
    clear = clear_pairs(draws)
    groups, leader = [1], 0
    for place in range(1, draws.shape[1]):
        if clear[leader, place]:
            leader = place
        groups.append(groups[-1] + (leader == place))
    return groups


def clear_pairs(draws: Floats) -> Flags:
    """Which pairs of drivers differ (p, p), all pairs taken together: drivers that are equal are all named so.

    The leader is the one that looks best, so that a test of single pairs finds too much. A pair is clear where its mean
    difference is more standard errors from zero than the largest deviation of any pair from its own mean in 95% of
    the resamples (single-step max-T: Westfall & Young, "Resampling-based multiple testing", 1993).
    """
    differences = draws[:, :, None] - draws[:, None, :]
    mean, spread = differences.mean(axis=0), differences.std(axis=0)
    spread = np.where(spread > 0, spread, np.inf)
    largest = (np.abs(differences - mean) / spread).max(axis=(1, 2))
    always = (differences > 0).all(axis=0) & ~np.isfinite(spread)
    return np.asarray((np.abs(mean) / spread > np.quantile(largest, LEVEL)) | always | always.T)


def rank_drivers(
    X: pd.DataFrame,
    y: Values,
    design: AnswerDesign = EVERY_ANSWER_ALONE,
    *,
    names: Mapping[str, object] | None = None,
    draws: int = 500,
    seed: int = 0,
) -> DriverRanking:
    """Rank drivers of a score by their share of R2, with the uncertainty of everything that was done.

    `X` (n, p): Ratings, a column a driver; missing means skipped.
    `y` (n,): The answer, 0-10 unless `design` says otherwise; rows without one are left out.
    `design`: Weights, customers, codes of "not applicable" and known shares of all customers.
    `names`: Driver -> what a reader calls it.
    `draws`, `seed`: Resamples of customers, the start of the random numbers.
    Raises DataError: a rating, a score, a weight or a margin does not fit; a driver is constant, a copy, or a
        combination of others; there are too few answers.
    Raises ParameterError: fewer than 2 resamples.

    A driver that was not applicable adds nothing to the score but enters with the condition of having been met (see
    `Design`). Skipped ratings are missing at random given the score and the other ratings (see `cxlib.drivers.gaps`).
    Beyond 14 drivers, resamples use random orders (`sampled_lmg`). Intervals are percentile intervals.

    >>> rng = np.random.default_rng(1)
    >>> X = pd.DataFrame(rng.integers(1, 6, (400, 3)), columns=["speed", "price", "choice"])
    >>> y = (2 + 1.2 * X["speed"] + 0.3 * X["price"] + rng.normal(0, 1, 400)).round().clip(0, 10)
    >>> ranking = rank_drivers(X, y, draws=100)
    >>> ranking.table[["driver", "tie"]].values.tolist()
    [['speed', 1], ['price', 2], ['choice', 3]]
    """
    check_draws(draws, seed)
    sample = read_sample(X, y, design)
    refuse_twins(sample)
    units = sample.design.units
    covariances = np.stack([moments.covariance for moments in sample.resampled(draws, seed)])
    table = _table(sample)
    drawn = resampled_importance(
        correlations(covariances, coded=False),
        correlations(sample.moments.covariance, coded=False),
        units,
        exact=table["importance"].to_numpy(),
        seed=seed,
    )
    order = np.argsort(-table["share"].to_numpy(), kind="stable")
    shares = _normalised(drawn)[:, order]
    table = table.iloc[order].reset_index(drop=True)
    low, high = explained_range(drawn.sum(axis=1), float(table["importance"].sum()))
    table = _with_uncertainty(table, shares).join(_betas(sample, covariances), on="driver")
    table.insert(1, "name", [(names or {}).get(driver, driver) for driver in table["driver"]])
    if not low > 0:
        table["tie"] = 1
    return DriverRanking(
        table,
        shares,
        float(table["importance"].sum()),
        low,
        high,
        len(sample),
        int(sample.customers.max()) + 1,
        int((~sample.ratings.skipped.any(axis=1)).sum()),
        sample,
        "johnson" if len(units) > MOST_DRIVERS else "lmg",
    )


def explained_range(drawn: Floats, whole: float) -> tuple[float, float]:
    """Interval of the R2 that all customers would show, from its draws and the R2 of the sample.

    R2 is never below zero and grows with every driver: the resamples show by how much, and it is taken off twice, from
    the sample's R2 and from the draws, which hold it a second time (bootstrap bias: Efron & Tibshirani, An Introduction
    to the Bootstrap, 1993, section 10.3).
    """
    low, high = (end - 2 * (float(drawn.mean()) - whole) for end in percentiles(drawn))
    return max(low, 0.0), min(max(high, 0.0), 1.0)


def _normalised(values: Floats) -> Floats:
    total = values.sum(axis=-1, keepdims=True)
    shares: Floats = np.divide(values, total, out=np.zeros_like(values), where=total > 0)
    return shares


def _table(sample: Sample) -> pd.DataFrame:
    """Everything that needs no resamples, in the order of the columns."""
    score, coded = (correlations(sample.moments.covariance, coded=form) for form in (False, True))
    names, units, counts = sample.ratings.names, sample.design.units, sample.ratings.counts.set_index("driver")
    value, other = importance(score, units), _normalised(importance(coded, units))
    table = pd.DataFrame(
        {
            "driver": names,
            "importance": value,
            "share": _normalised(value),
            "johnson": _normalised(by_unit(johnson_shares(score), units)),
            "share_coded": other,
            "rank_coded": _ranks(other),
            "complete_case": _complete_case(sample, units),
        }
    )
    among, users = zip(*(_among_users(sample, driver) for driver in range(len(units))), strict=True)
    return table.join(counts, on="driver").assign(among_users=among, users=users)


def _complete_case(sample: Sample, units: list[list[int]]) -> Floats:
    """Shares from answers without a skipped rating; NaN where they are too few."""
    complete = sample.rows.complete
    if complete.sum() <= 2 * sample.rows.cells.shape[1]:
        return np.full(len(units), np.nan)
    moments = GappyRows(sample.rows.cells[complete]).moments(sample.weights[complete])
    return _normalised(importance(correlations(moments.covariance, coded=False), units))


def _among_users(sample: Sample, driver: int) -> tuple[float, int]:
    """Share of a driver among those who rated it, where some said that it does not apply to them; and their number."""
    users = ~np.isnan(sample.ratings.given[:, driver])
    if not sample.ratings.not_applicable[:, driver].any() or users.sum() <= 4 * len(sample.ratings.names) + 2:
        return np.nan, int(users.sum())
    part = sample.only(users)
    shares = _normalised(importance(correlations(part.moments.covariance, coded=False), part.design.units))
    return float(shares[driver]), int(users.sum())


def _ranks(values: Floats) -> object:
    return (np.argsort(np.argsort(-values, axis=-1, kind="stable"), axis=-1) + 1).tolist()


def _with_uncertainty(table: pd.DataFrame, shares: Floats) -> pd.DataFrame:
    ranks = np.array(_ranks(shares))
    low, high = column_percentiles(shares)
    rank_low, rank_high = column_percentiles(ranks)
    return table.assign(
        low=low,
        high=high,
        rank=np.arange(1, len(table) + 1),
        rank_low=np.floor(rank_low),
        rank_high=np.ceil(rank_high),
        p_top3=(ranks <= TOP).mean(axis=0),
        tie=tie_groups(shares),
    )


def _betas(sample: Sample, covariances: Floats) -> pd.DataFrame:
    """Correlation, standardised coefficient and VIF of each driver's rating."""
    score = correlations(sample.moments.covariance, coded=False)
    inner, outer = score[:-1, :-1], score[:-1, -1]
    drawn = correlations(covariances, coded=False)
    betas = np.linalg.pinv(drawn[:, :-1, :-1]) @ drawn[:, :-1, -1:]
    low, high = column_percentiles(betas[:, :, 0])
    first = [unit[0] for unit in sample.design.units]
    vif = 1 / np.maximum(1 - explained_by_others(inner[np.ix_(first, first)]), 1e-12)
    beta = {"beta": np.linalg.pinv(inner) @ outer, "beta_low": low, "beta_high": high}
    columns = {name: values[first] for name, values in {"correlation": outer, **beta}.items()}
    return pd.DataFrame({**columns, "vif": vif}, index=pd.Index(sample.ratings.names))
