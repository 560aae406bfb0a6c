"""Figures that `cxlib.measures` does not make of rows by itself: totals, scores of answers, and what is usual."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cxlib.checks import Flags, Floats
from cxlib.measures.rates import Figure, change_of, ratio_of, share_of
from cxlib.measures.sampling import Z95
from cxlib.measures.service import ServiceTime

SIGMAS, LEAST_USUAL = 3.0, 6  # standard errors about the centre; months that a usual range rests on
MEAN_RANGE = 1.128  # expected difference of two standard normal values (d2 of control charts)


@dataclass(frozen=True)
class Move:
    """The difference between a measure now and in an earlier period.

    `before` is the value then; `value`, `low`, `high` the difference and its interval, in the measure's unit; `p_value`
    two-sided; `clear` whether it is more than chance, with all differences of the page tested together, and of a size
    that matters; `seasonal` whether a season may be all that is behind it; `mixed` whether it would be clear, and is
    not of like with like: rows of other kinds are counted now than then.
    """

    before: float
    value: float
    low: float
    high: float
    p_value: float
    clear: bool = False
    seasonal: bool = False
    mixed: bool = False


def moved_more(now: Figure, last: Figure, then: Figure, before: Figure) -> bool:
    """Whether a measure rose or fell from `last` to `now` clearly more, in proportion, than from `before` to `then`.

    The errors of the four are taken as independent, which of the same customers are rather too wide.

    >>> high, low = Figure(120.0, 116.0, 124.0, 90), Figure(100.0, 96.0, 104.0, 90)
    >>> moved_more(high, low, low, low), moved_more(high, low, high, low)
    (True, False)
    """
    four = (now, last, then, before)
    values, halves = np.array([[one.value, (one.high - one.low) / 2] for one in four], float).T
    if not (values > 0).all():
        return False
    change, usual = np.log(values[[0, 2]] / values[[1, 3]])
    return bool(np.sign(change) * (change - usual) > np.sqrt(((halves / values) ** 2).sum()))


def at_one_mix(pairs: Sequence[tuple[Figure, Figure]]) -> tuple[float, float]:
    """How much figures of kinds changed, now less before, where each kind has the same share now and then; its error.

    Direct standardisation to the customers of both periods. Kinds are taken as independent; (0, 0) without any.

    >>> newsletter, survey = Figure(0.3, 0.28, 0.32, 900), Figure(0.6, 0.56, 0.64, 300)
    >>> at_one_mix([(newsletter, newsletter), (survey, Figure(0.5, 0.46, 0.54, 300))])[0].__round__(3)
    0.025
    """
    if not pairs:
        return 0.0, 0.0
    changes = [change_of(*pair) for pair in pairs]
    shares = np.array([now.n + before.n for now, before in pairs], float)
    shares /= shares.sum()
    halves = np.array([(change.high - change.low) / (2 * Z95) for change in changes])
    return float(shares @ [change.value for change in changes]), float(np.sqrt((shares**2) @ halves**2))


def total_of(rows: pd.DataFrame, column: str = "", counted: str = "") -> Figure:
    """The sum of a column, or the number of rows; its error is that of customers who come by chance (Poisson's).

    `counted`: The column that is not 0 for those whom the figure is said to be based on; the same where empty.
    """
    values = rows[column].astype(float) if column else pd.Series(1.0, rows.index)
    ids = rows["customer_id"].astype(object)
    ids = ids.where(ids.notna(), "?" + pd.Series(rows.index.astype(str), rows.index))
    by_customer = values.groupby(ids).sum()
    half = Z95 * float(np.sqrt((by_customer**2).sum()))
    value = float(values.sum())
    based_on = rows.loc[rows[counted] != 0, "customer_id"].nunique() if counted else int((by_customer != 0).sum())
    return Figure(value, value - half, value + half, based_on, influence=by_customer)


def mean_of(answers: pd.DataFrame, column: str) -> Figure:
    """The mean answer."""
    rows = answers[answers[column].notna()]
    figure = ratio_of(rows[column] * rows["weight"], rows["weight"], customers=rows["customer_id"])
    return replace(figure, n=len(rows))


def wait_of(tickets: pd.DataFrame, make: Callable[..., ServiceTime], *, per_hour: float = 1.0) -> Figure:
    """The median of a service time, of hours in which the company is open (`calendar`, up to the day `as_of`)."""
    time = make(tickets, as_of=tickets["as_of"].iloc[0], calendar=tickets["calendar"].iloc[0])
    ends = {name: per_hour * getattr(time.median, name) for name in ("value", "low", "high")}
    known = time.median.influence
    return replace(time.median, n=time.n, influence=None if known is None else known * per_hour, **ends)


def left_of(members: pd.DataFrame) -> Figure:
    """Members of a period's first day who left in it (`ended` 1 or 0)."""
    return share_of(members["ended"], customers=members["customer_id"])


def cost_of(people: pd.DataFrame) -> Figure:
    """What a new customer of the period has cost on average."""
    rows = people[people["cost_cents"].notna()]
    return ratio_of(rows["cost_cents"], pd.Series(1, rows.index), customers=rows["customer_id"])


def usual_range(figures: Sequence[Figure], is_usual: Flags) -> tuple[Floats, Floats]:
    """The range that is usual of each figure; NaN where fewer than six usual ones are known.

    Three standard errors of each, at least those that usual ones of its size have, about the mean of the usual ones,
    which weigh by their certainty; wider by what those vary from one to the next more than chance has them. Source:
    Laney, Improved control charts for attributes, Quality Engineering 14 (2002), 531-537.
    """
    values = np.array([figure.value for figure in figures], float)
    errors = np.array([(figure.high - figure.low) / (2 * Z95) for figure in figures], float)
    usual = np.asarray(is_usual, bool) & np.isfinite(values) & (errors > 0)
    unknown = np.full(len(figures), np.nan)
    if usual.sum() < LEAST_USUAL:
        return unknown, unknown
    weights = 1 / errors[usual] ** 2
    centre = float(weights @ values[usual] / weights.sum())
    scores = (values[usual] - centre) / errors[usual]
    spread = max(1.0, float(np.abs(np.diff(scores)).mean()) / MEAN_RANGE)
    # Of as many customers usual months would have this error; where all of a month agree, its own is none.
    sizes = np.array([max(figure.n, 1) for figure in figures], float)
    expected = np.sqrt(np.mean(errors[usual] ** 2 * sizes[usual]) / sizes)
    half = SIGMAS * spread * np.maximum(errors, expected)
    return centre - half, centre + half
