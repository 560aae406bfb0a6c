"""Shares of topics over time: the last days, or those since a fix, against the time before.

Comments of one month resemble each other: a storm, a campaign, a shop that was full. A test that takes every comment
for itself then calls one month in six a change. So the unit is a stretch of days, and its spread is that between
stretches, never less than chance among its comments. Whether it helped that something was mended is told beside the
topics that nothing was done about.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy

from cxlib.checks import Flags, Floats, read_day
from cxlib.errors import ParameterError, nearest
from cxlib.language import Message, T
from cxlib.measures.rates import Figure
from cxlib.measures.result import Brief
from cxlib.measures.sampling import adjust_holm

MOST_BEFORE, LEAST_BEFORE = 12, 3  # stretches of days that the last ones are held against
LEAST_VOICES = 30  # in a stretch
LENGTH, MOST, LEAST, LEAST_MENTIONS = 30, 6, 3, 20  # of a fix: days of a stretch, stretches of a side, mentions before
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, repr=False)
class Stretches(Brief):
    """Voices (a customer in a stretch of days and a source) in stretches before and after a day.

    `shares` (stretch, topic), `sizes` (stretch,): Shares of voices, those before with the sources and languages of
        those after; and how many voices are as sure.
    `numbers` (stretch,): 0 is the first stretch after the day, -1 the last before it.
    `length`: Days in one.
    """

    shares: Floats
    sizes: Floats
    numbers: Ints
    length: int

    @property
    def after(self) -> Flags:
        """Which are after the day."""
        return np.asarray(self.numbers >= 0)


def voices_of(rows: pd.DataFrame, touched: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Customers in a stretch and a source, and which topics any of their comments there touches.

    `rows`: who, number (of the stretch), source, language; `touched` the same rows by topics.
    """
    group = rows.groupby(["who", "number", "source"], sort=True)
    codes = group.ngroup().to_numpy()
    table = np.zeros((codes.max(initial=-1) + 1, touched.shape[1]), bool)
    np.logical_or.at(table, codes, touched.to_numpy(bool))
    return group["language"].first().reset_index(), pd.DataFrame(table, columns=touched.columns)


def stretches_about(
    rows: pd.DataFrame, touched: pd.DataFrame, day: pd.Timestamp, *, length: int, most: tuple[int, int]
) -> Stretches:
    """Stretches of `length` days before and after a day, at most so many; only whole ones with enough voices.

    `rows`: day, who, source, language.
    """
    number = (rows["day"] - day).dt.days // length
    first, last = ((rows["day"].agg(end) - day).days for end in ("min", "max"))
    low = max(-most[0], -(-first // length))
    high = min(most[1] - 1, (last + 1) // length - 1)
    inside = number.between(low, high)
    voices, topics = voices_of(
        rows[inside].assign(number=number[inside]).reset_index(drop=True), touched[inside.to_numpy()]
    )
    voices = voices.assign(kind=voices["source"].astype(str) + "|" + voices["language"])
    after = voices["number"] >= 0
    wanted = voices.loc[after, "kind"].value_counts(normalize=True)
    own = voices.groupby("number")["kind"].value_counts(normalize=True)
    pairs = pd.MultiIndex.from_frame(voices[["number", "kind"]])
    weight = voices["kind"].map(wanted).fillna(0.0).to_numpy(float) / own.reindex(pairs).to_numpy(float)
    weight = np.where(after, 1.0, np.clip(weight, 0, 5))
    shares, sizes, numbers = [], [], []
    for each, places in voices.groupby("number").indices.items():
        w = weight[places]
        if len(places) >= LEAST_VOICES and w.sum() > 0:
            shares.append(w @ topics.to_numpy(float)[places] / w.sum())
            sizes.append(w.sum() ** 2 / (w @ w))
            numbers.append(each)
    empty = np.zeros((0, touched.shape[1]))
    return Stretches(np.array(shares) if shares else empty, np.array(sizes), np.array(numbers, np.int64), length)


def hold_against(stretches: Stretches, level: float = 0.95) -> pd.DataFrame:
    """Each topic's share after the day against that before.

    Returns: before, now, low, high (interval of the change), usual_low, usual_high (where the share would lie without a
        change), p_value, p_adjusted (Holm), clear; NaN with fewer than three stretches before, or none after.

    The variance of a stretch is ``phi p (1 - p) / n``, with phi the mean squared standardised residual of stretches
    about their side's share, at least 1 (quasi-binomial; McCullagh & Nelder, Generalized Linear Models, 1989, 4.5), by
    Student's distribution with as many degrees of freedom as there are stretches less two.

    >>> from cxlib.voice.courses import Stretches
    >>> shares = np.array([[.2], [.21], [.19], [.2], [.1]])
    >>> table = hold_against(Stretches(shares, np.full(5, 900.0), np.arange(-4, 1), 30))
    >>> table[["before", "now"]].round(2).to_numpy().tolist(), table["clear"].tolist()
    ([[0.2, 0.1]], [True])
    """
    after, n, p = stretches.after, stretches.sizes, stretches.shares
    columns = ["before", "now", "low", "high", "usual_low", "usual_high", "p_value", "p_adjusted"]
    if (~after).sum() < LEAST_BEFORE or not after.any():
        return pd.DataFrame(np.nan, index=range(p.shape[1]), columns=columns).assign(clear=False)
    before, now = (n[side] @ p[side] / n[side].sum() for side in (~after, after))
    hits = n @ p
    common = (hits + 1) / (n.sum() + 2)
    spread = common * (1 - common)
    freedom = len(n) - 2
    residual = (p - np.where(after[:, None], now, before)) ** 2 * n[:, None] / spread
    phi = np.maximum(residual.sum(axis=0) / freedom, 1.0)
    error = np.sqrt(phi * spread * (1 / n[after].sum() + 1 / n[~after].sum()))
    reach = scipy.special.stdtrit(freedom, (1 + level) / 2) * error
    p_value = 2 * scipy.special.stdtr(freedom, -np.abs(now - before) / error)
    adjusted = adjust_holm(np.where(hits > 0, p_value, np.nan))
    values = (before, now, now - before - reach, now - before + reach)
    usual = np.clip(before - reach, 0, 1), np.clip(before + reach, 0, 1)
    table = pd.DataFrame(dict(zip(columns, (*values, *usual, p_value, adjusted), strict=True)))
    return table.assign(clear=adjusted < 1 - level)


@dataclass(frozen=True)
class Fix:
    """What came after something was mended.

    `before`, `now`: Share of comments in up to six stretches of 30 days on either side.
    `low`, `high`: Interval of the change of the share.
    `against`: The share after over that before, divided by the same of the topics that nothing was done about.
    `worst_before`: Whether the stretch just before was the one with most: a part of a fall would have come anyway.
    `lacks`: Why nothing can be told; None where it can.
    """

    topic: str
    name: object
    day: dt.date
    before: float
    now: float
    low: float
    high: float
    against: Figure
    worst_before: bool
    lacks: Message | None

    @property
    def worked(self) -> bool:
        """Whether fewer speak of it, clearly in itself and beside the other topics."""
        return self.lacks is None and self.high < 0 and self.against.high < 1

    @property
    def rose(self) -> bool:
        """Whether more do, clearly in both ways."""
        return self.lacks is None and self.low > 0 and self.against.low > 1


def check_fixes(fixes: Mapping[str, str]) -> dict[str, dt.date]:
    """Topic -> day, as days.

    `fixes`: Topic -> the day from which on it should be better, as text or date.

    Raises ParameterError: it is no mapping of topics to days such as 2026-02-01.

    >>> check_fixes({"payment": "2026-02-01"})
    {'payment': datetime.date(2026, 2, 1)}
    """
    if not isinstance(fixes, Mapping) or not all(isinstance(topic, str) for topic in fixes):
        raise ParameterError(f"fixes={fixes!r}: write topic and day, as {{payment: '2026-02-01'}}.")
    return {topic: read_day(str(day), name=f"fixes: {topic}") for topic, day in fixes.items()}


def look_at_fixes(
    fixes: Mapping[str, str],
    rows: pd.DataFrame,
    touched: pd.DataFrame,
    names: Mapping[str, object],
    breaks: Sequence[dt.date] = (),
) -> tuple[Fix, ...]:
    """Every fix in turn.

    `breaks`: Days from which others write; of the comments on a fix's side of each the rest is left out.
    Raises ParameterError: a topic is none of the list.
    """
    days = check_fixes(fixes)
    for topic in days:
        if topic not in touched:
            raise ParameterError(f"fixes: there is no topic {topic!r}. {nearest(topic, map(str, touched.columns))}")
    others = touched.drop(columns=list(days))
    level = 1 - 0.05 / max(len(days), 1)  # all fixes together
    looked = []
    for topic, day in days.items():
        alike = alike_about(rows, breaks, day).to_numpy()
        looked.append(_look(topic, day, rows[alike], touched[[topic]].join(others)[alike], names[topic], level))
    return tuple(looked)


def alike_about(rows: pd.DataFrame, breaks: Sequence[dt.date], day: dt.date) -> pd.Series:
    """Which rows are of the days about a day in which no others write; a break on the day itself parts nothing."""
    first = max((one for one in breaks if one <= day), default=dt.date.min)
    last = min((one for one in breaks if one > day), default=dt.date.max)
    days = rows["day"].dt.date
    alike: pd.Series = (days >= first) & (days < last)
    return alike


def _look(topic: str, day: dt.date, rows: pd.DataFrame, touched: pd.DataFrame, name: object, level: float) -> Fix:
    told = stretches_about(rows, touched, pd.Timestamp(day), length=LENGTH, most=(MOST, MOST))
    after = told.after
    lacks = None
    if min((~after).sum(), after.sum()) < LEAST:
        lacks = T("there are fewer than three whole stretches of 30 days with enough comments on one of its sides")
    elif told.sizes[~after] @ told.shares[~after, 0] < LEAST_MENTIONS:
        lacks = T("too few spoke of it before")
    if lacks is not None:
        nothing = Figure(np.nan, np.nan, np.nan, 0)
        return Fix(topic, name, day, np.nan, np.nan, np.nan, np.nan, nothing, False, lacks)
    own = hold_against(told, level).iloc[0]
    worst = bool(told.shares[~after, 0].argmax() == (~after).sum() - 1)
    before, now, low, high = (float(own[each]) for each in ("before", "now", "low", "high"))
    return Fix(topic, name, day, before, now, low, high, _against(told, level), worst, None)


def _against(told: Stretches, level: float) -> Figure:
    """Share of the first topic over the sum of the others', after over before, by the spread between stretches.

    A difference in differences of logarithms; its variance is that between stretches, never less than by chance.
    """
    n, after = told.sizes, told.after
    own, others = (told.shares[:, 0] * n + 0.5) / (n + 1), (told.shares[:, 1:].sum(axis=1) * n + 0.5) / (n + 1)
    ratio: Floats = np.log(own) - np.log(others)
    sides = [ratio[~after], ratio[after]]
    freedom = len(ratio) - 2
    chance = float(((1 - own) / (n * own) + 1 / (n * others)).mean())
    between = sum(float(((side - side.mean()) ** 2).sum()) for side in sides) / freedom
    error = np.sqrt(max(between, chance) * sum(1 / len(side) for side in sides))
    moved = float(sides[1].mean() - sides[0].mean())
    reach = float(scipy.special.stdtrit(freedom, (1 + level) / 2) * error)
    value, low, high = (float(np.exp(moved + step)) for step in (0.0, -reach, reach))
    return Figure(value, low, high, n=int(told.sizes.sum()))
