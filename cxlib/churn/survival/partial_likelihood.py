"""Cox's partial likelihood with ties by Efron or Breslow, its derivatives and residuals, stratum by stratum.

Everything is sums over sorted rows. The information needs no matrix for each time: a member i adds x_i x_i' as often as
risk has passed over it, so that the sum is one matrix product.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cxlib.checks import Codes, Floats
from cxlib.churn.survival.curves import SPELLS, Durations
from cxlib.errors import DataError
from cxlib.measures.result import Brief

UNKNOWN_ERROR = 5.0  # standard errors of a standardised coefficient above this: the data hold no answer


@dataclass(frozen=True, repr=False)
class Terms(Brief):
    """What one stratum's likelihood is at some coefficients.

    `risk` (rows,) is exp(x b), up to a factor that cancels; `denominator` (events,) is the risk that each ending was
    drawn from, and `mean` (events, terms) the mean of x weighted by it.
    """

    log_likelihood: float
    score: Floats
    information: Floats
    risk: Floats
    denominator: Floats
    mean: Floats


@dataclass(frozen=True, repr=False)
class Stratum(Brief):
    """Members compared with each other, by duration, shortest first.

    `rows` says where each one stands in the whole table, `cell` (rows,) is the number of its distinct duration,
    `enters` (rows,) that of the first one at which it is at risk, `died` (events,) the places of those who left,
    `fraction` l / d for the l-th of d tied endings (Efron), else 0 (Breslow).
    """

    rows: Codes
    X: Floats
    cell: Codes
    enters: Codes
    died: Codes
    fraction: Floats

    @cached_property
    def _first(self) -> Codes:
        return np.flatnonzero(np.diff(self.cell, prepend=-1))

    @cached_property
    def at(self) -> Codes:
        """The distinct duration of each ending."""
        return self.cell[self.died]

    @cached_property
    def _tie(self) -> tuple[Codes, Codes]:
        """Where each tie begins among the endings, and the tie of each ending."""
        begins = np.flatnonzero(np.diff(self.at, prepend=-1))
        return begins, np.cumsum(np.diff(self.at, prepend=-1) != 0) - 1

    def at_risk(self, values: Floats) -> Floats:
        """Sums over those at risk at each distinct duration: still there, and under observation."""
        summed: Floats = np.add.reduceat(values, self._first, axis=0)
        if len(self._late):
            np.subtract.at(summed, self.enters[self._late] - 1, values[self._late])
        return np.asarray(np.cumsum(summed[::-1], axis=0)[::-1])

    @cached_property
    def _late(self) -> Codes:
        """Members who were not under observation at the shortest duration."""
        return np.flatnonzero(self.enters > 0)

    def tied(self, values: Floats) -> Floats:
        """For each ending, the sum over all endings of its day; `values` are of endings."""
        begins, tie = self._tie
        return np.asarray(np.add.reduceat(values, begins, axis=0)[tie])

    def passed(self, values: Floats) -> Floats:
        """For each member, the sum of `values` of endings at which it was at risk."""
        begins, _ = self._tie
        by_cell = np.zeros((len(self._first), *values.shape[1:]))
        by_cell[self.at[begins]] = np.add.reduceat(values, begins, axis=0)
        total = np.cumsum(by_cell, axis=0)
        passed = total[self.cell]
        passed[self._late] -= total[self.enters[self._late] - 1]
        return np.asarray(passed)

    def evaluate(self, beta: Floats) -> Terms:
        """The likelihood, score and information of this stratum."""
        eta = self.X @ beta
        risk = np.exp(eta - eta.max())  # the factor cancels
        weighted, f = risk[:, None] * self.X, self.fraction
        denominator = self.at_risk(risk)[self.at] - f * self.tied(risk[self.died])
        mean = self.at_risk(weighted)[self.at] - f[:, None] * self.tied(weighted[self.died])
        mean = mean / denominator[:, None]
        passed = risk * self.passed(1 / denominator)
        passed[self.died] -= risk[self.died] * self.tied(f / denominator)
        information = self.X.T @ (passed[:, None] * self.X) - mean.T @ mean
        likelihood = (eta[self.died] - eta.max() - np.log(denominator)).sum()
        score = self.X[self.died].sum(axis=0) - mean.sum(axis=0)
        return Terms(float(likelihood), score, information, risk, denominator, mean)

    def schoenfeld(self, terms: Terms) -> Floats:
        """Of each ending: its x less the mean of x among those at risk, averaged over the endings of its day."""
        counts = self.tied(np.ones(len(self.died)))
        return np.asarray(self.X[self.died] - self.tied(terms.mean) / counts[:, None])

    def score_residuals(self, terms: Terms) -> Floats:
        """What each member adds to the score (Lin & Wei, JASA 84 (1989), 1074-1078), for robust standard errors."""
        inverse, f = 1 / terms.denominator, self.fraction
        residuals = self.passed(terms.mean * inverse[:, None]) - self.X * self.passed(inverse)[:, None]
        # A tied ending stays at risk with the weight 1 - l / d, the share that Efron leaves of it.
        residuals[self.died] += self.X[self.died] * self.tied(f * inverse)[:, None]
        residuals[self.died] -= self.tied(terms.mean * (f * inverse)[:, None])
        residuals *= terms.risk[:, None]
        residuals[self.died] += self.schoenfeld(terms)
        return np.asarray(residuals)


def split_strata(X: Floats, spells: Durations, strata: Codes, *, ties: str) -> list[Stratum]:
    """Sort members by stratum and duration; strata without an ending say nothing and are dropped."""
    parts = []
    for code in np.unique(strata[spells.ended]):
        rows = np.flatnonzero(strata == code)
        rows = rows[np.argsort(spells.days[rows], kind="stable")]
        died = np.flatnonzero(spells.ended[rows])
        times, cell = np.unique(spells.days[rows], return_inverse=True)
        enters = np.searchsorted(times, spells.entry[rows], side="right")
        fraction = _fractions(cell[died]) if ties == "efron" else np.zeros(len(died))
        parts.append(Stratum(rows, X[rows], cell, enters, died, fraction))
    return parts


def _fractions(at: Codes) -> Floats:
    """For the l-th (from 0) of d endings at one time l / d; `at` ascends."""
    _, first, counts = np.unique(at, return_index=True, return_counts=True)
    return (np.arange(len(at)) - np.repeat(first, counts)) / np.repeat(counts, counts)


class UnknownRatioError(DataError):
    """The data hold no finite estimate for some terms; `terms` are their names."""

    def __init__(self, message: str, terms: Sequence[str]) -> None:
        super().__init__(message)
        self.terms = tuple(terms)


def maximise(parts: Sequence[Stratum], names: Sequence[str]) -> tuple[Floats, list[Terms]]:
    """Coefficients of standardised terms by Newton's method with halved steps."""
    beta = np.zeros(len(names))
    terms = [part.evaluate(beta) for part in parts]
    best = sum(each.log_likelihood for each in terms)
    for _ in range(40):
        score, information = sum_over([each.score for each in terms]), sum_over([each.information for each in terms])
        _refuse_unknown(information, names)
        step = np.linalg.solve(information, score)
        if score @ step < 1e-12 * (1 + abs(best)):
            return beta, terms
        for halving in 0.5 ** np.arange(30):
            with np.errstate(all="ignore"):
                tried = [part.evaluate(beta + halving * step) for part in parts]
            value = sum(each.log_likelihood for each in tried)
            if np.isfinite(value) and value >= best - 1e-12 * abs(best):
                break
        beta, terms, best = beta + halving * step, tried, value
    _refuse_unknown(sum_over([each.information for each in terms]), names)
    return beta, terms


def sum_over(arrays: Sequence[Floats]) -> Floats:
    """The sum of what strata add, as an array."""
    return np.asarray(np.sum(arrays, axis=0))


def _refuse_unknown(information: Floats, names: Sequence[str]) -> None:
    """Terms whose coefficient runs off, because one side never leaves, or that others hold entirely."""
    values, vectors = np.linalg.eigh(information)
    with np.errstate(divide="ignore"):
        errors = np.sqrt((vectors**2 / np.maximum(values, 0.0)).sum(axis=1))
    bad = [name for name, error in zip(names, errors, strict=True) if not error < UNKNOWN_ERROR]
    if bad:
        raise UnknownRatioError(
            f"{SPELLS}: no finite ratio can be estimated for {', '.join(bad)}: on one side nobody has left, or other "
            "columns say the same. Leave it out, or name it among the strata.",
            bad,
        )


def robust_covariance(parts: Sequence[Stratum], terms: Sequence[Terms], inverse: Floats, customers: Codes) -> Floats:
    """The sandwich: every customer's influence on the coefficients, summed over their spells."""
    sums = np.zeros((int(customers.max()) + 1, len(inverse)))
    for part, each in zip(parts, terms, strict=True):
        np.add.at(sums, customers[part.rows], part.score_residuals(each) @ inverse)
    return np.asarray(sums.T @ sums)
