"""Answers as frames, a row an answer, brought into the form that scores are made of."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from cxlib.errors import DataError, nearest
from cxlib.measures.change import NpsChange, compare_nps
from cxlib.measures.nonresponse import NonResponse, weigh_nonresponse
from cxlib.measures.nps import SUPPRESS_BELOW
from cxlib.measures.raking import Margins, categories, rake
from cxlib.measures.trend import NpsTrend, trend_nps

LEAST_USUAL = 6  # months that the usual range rests on


def weigh_answers(frame: pd.DataFrame, margins: Margins) -> pd.DataFrame:
    """The answers with `weight` brought to known shares of customers, and in `margins` what it was brought to.

    Parameters
    ----------
    frame : DataFrame
        weight (zero: not counted), nps, and a column for each margin.
    margins : mapping
        As in `rake`; without any, or with too few answers for a score, weights stay as they are.

    Raises
    ------
    DataError
        A margin cannot be met.

    Examples
    --------
    >>> frame = pd.DataFrame({"nps": [9] * 40, "weight": 1.0, "age": ["young"] * 10 + ["old"] * 30})
    >>> weigh_answers(frame, {"age": {"young": 0.5, "old": 0.5}})["weight"].round(3).unique().tolist()
    [2.0, 0.667]
    """
    scored = frame["nps"].notna()
    if not margins or scored.sum() < SUPPRESS_BELOW:
        return frame
    answers = frame[scored].reset_index(drop=True)
    raked = rake(answers, margins, weights=answers["weight"])
    weighted = answers.assign(weight=raked.weights)
    # Weights held at a limit miss the margins: then their shares are not known, and chance has a hand in them.
    return weighted.assign(margins=categories(answers, margins)) if raked.converged else weighted


def weigh_period(frame: pd.DataFrame, margins: Margins, *, invited: int | None = None) -> NonResponse | None:
    """A period's score as the answers came and brought to known shares of customers.

    Parameters
    ----------
    frame, margins
        As in `weigh_answers`.
    invited : int, optional
        Invitations of the period; left aside where there are fewer than answers.

    Returns
    -------
    NonResponse or None
        None without margins, or with too few answers for a score.

    Examples
    --------
    >>> frame = pd.DataFrame({"nps": [9] * 20 + [3] * 20, "weight": 1.0, "age": ["young"] * 10 + ["old"] * 30})
    >>> found = weigh_period(frame, {"age": {"young": 0.5, "old": 0.5}})
    >>> found.unweighted.value, round(found.weighted.value, 1)
    (0.0, 33.3)
    """
    if not margins or frame["nps"].notna().sum() < SUPPRESS_BELOW:
        return None
    asked = invited if invited is not None and invited >= frame["nps"].notna().sum() else None
    return weigh_nonresponse(frame, margins, weights=frame["weight"], invited=asked)


def compare_answers(now: pd.DataFrame, before: pd.DataFrame) -> NpsChange:
    """A period's answers against an earlier period's; see `compare_nps`.

    Parameters
    ----------
    now, before : DataFrame
        nps (0-10), weight and customer_id; margins where weights were raked.

    Examples
    --------
    >>> one = pd.DataFrame({"nps": [9] * 40, "weight": 1.0, "customer_id": range(40)})
    >>> compare_answers(one, one.assign(nps=3)).value
    200.0
    """
    return compare_nps(
        now["nps"], before["nps"], weights=(now["weight"], before["weight"]),
        customers=(now["customer_id"], before["customer_id"]), margins=(now.get("margins"), before.get("margins")),
    )  # fmt: skip


def trend_months(answers: pd.DataFrame, *, months: int = 24, recent_days: int = 90) -> NpsTrend | None:
    """The score by month, held against the months before the last period.

    Parameters
    ----------
    answers : DataFrame
        day, nps (0-10) and weight.
    months : int
        Months shown, the newest.
    recent_days : int
        Months that reach into so many last days do not set the limits, so that a fall does not widen what is usual;
        all months do where fewer than six are left.

    Returns
    -------
    NpsTrend or None
        None where fewer than two months have enough answers.

    Examples
    --------
    >>> days = pd.date_range("2026-01-01", "2026-04-30")
    >>> trend_months(pd.DataFrame({"day": days, "nps": 10, "weight": 1.0})).table["n"].tolist()
    [31, 28, 31, 30]
    """
    dated = answers[answers["day"].notna() & answers["nps"].notna()]
    if dated.empty:
        return None
    month = dated["day"].dt.to_period("M")
    kept = sorted(month.unique())[-months:]
    dated, month = dated[month.isin(kept)], month[month.isin(kept)]
    last = dated["day"].max() - pd.Timedelta(days=recent_days)
    usual = [one for one in kept if one.end_time.normalize() <= last]
    baseline = usual if len(usual) >= LEAST_USUAL else None
    found = trend_nps(
        dated["nps"], month, weights=dated["weight"], customers=dated.get("customer_id"), baseline=baseline
    )
    return found if (found.table["standing"] != "suppressed").sum() > 1 else None


def divisions(answers: pd.DataFrame, columns: Sequence[str], among: Sequence[str]) -> list[str]:
    """The columns to divide answers by: those named, else all of `among`, each with at least two groups of answers.

    Raises
    ------
    DataError
        A named column is not there.

    Examples
    --------
    >>> answers = pd.DataFrame({"region": ["n", "s"], "plan": ["a", "a"]})
    >>> divisions(answers, [], among=["region", "plan"])
    ['region']
    """
    return [name for name in (columns or among) if column_of(answers, name).dropna().astype(str).nunique() >= 2]


def column_of(frame: pd.DataFrame, name: str) -> pd.Series:
    """A column to divide answers by."""
    if name not in frame:
        raise DataError(f"there is no column {name!r} to divide answers by. {nearest(name, map(str, frame.columns))}")
    return frame[name]
