"""Shares of topics over time: the last days against the time before, by the spread between months.

Comments of one month resemble each other: a storm, a campaign, a shop that was full. A test that takes every comment
for itself then calls one month in six a change. So the unit is a stretch of days, and its spread is that between
stretches, never less than chance among its comments.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy

from cxlib.checks import Flags, Floats
from cxlib.measures.sampling import adjust_holm

MOST_BEFORE, LEAST_BEFORE = 12, 3  # stretches of days that the last ones are held against
LEAST_VOICES = 30  # in a stretch
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Stretches:
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
