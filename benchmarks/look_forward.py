"""Levels held against what came: shares that stay away for 90 days and purchase days of a year, at every month end.

Logs: CDNOW, Online Retail (where CXLIB_DATASETS names its folder), simulated shops of thirteen kinds and five habits of
buying, most of them not of BG/NBD's family, and shops of eight families that no forecast was made for.

    python benchmarks/look_forward.py [SHOPS_OF_A_KIND] [SEED]
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from cxlib.clv.levels import LevelPath
from cxlib.clv.purchase_log import Forecaster, LevelQuestion, PurchaseLog, month_ends

KINDS = ("stationary", "seasonal", "peak", "growing", "shrinking", "rates up", "rates down", "shock", "noisy", "young",
         "young seasonal", "seasonal growing", "seasonal noisy")  # fmt: skip
FAMILIES = ("bursts", "once a year", "holiday", "nobody new", "grocer", "quarterly", "sales only",
            "boxes")  # fmt: skip
HABITS = ("geometric", "exponential", "regular", "clumpy", "fading")
SIZES = (600, 1_500, 4_000)
MONTH = 30.44
BEFORE = 520  # days before the log in which a third of the customers began
MOST_PURCHASES = 300
FIRST_FORECAST, FIRST_OF_YOUNG = 182, 120  # days of the log
SHORTEST_YEAR = 180  # days ahead that a forecast of a year may be held against, where the log ends


def simulate_shop(kind: str, habit: str, *, customers: int, seed: int) -> pd.DataFrame:
    """Purchase days of a shop: customer_id, day.

    Rates are gamma-distributed (shape .8, mean one purchase in 45 days). After a repeat purchase a customer leaves with
    a beta(1, 6) chance (geometric, regular, clumpy) or after an exponential life of mixed mean 400 days (exponential);
    fading customers only buy ever less (by e in 500 days). Gaps are exponential, Erlang of order 3 (regular), or three
    short to one long (clumpy). The kind sets when customers come and how busy each day is.
    """
    rng = np.random.default_rng(seed)
    length = round((9 if "young" in kind else 30) * MONTH)
    day = np.arange(-BEFORE, length)
    busy = np.concatenate([[0.0], np.cumsum(_intensity(kind, day, length, rng))])
    first = np.where(rng.random(customers) < 0.3, -rng.random(customers) * (BEFORE - 20),
                     length * _arrivals(kind, rng.random(customers)))  # fmt: skip
    rate = rng.gamma(0.8, 1 / 0.8, customers) / 45
    time_of = np.interp(first, np.append(day, length), busy)[:, None] + _work(habit, rate, customers, rng)
    at = np.interp(time_of, busy, np.append(day, length), right=np.inf)
    at[:, 0] = first
    at = np.where(_alive(habit, at, rng), at, np.inf)
    who = np.repeat(np.arange(customers), MOST_PURCHASES).reshape(at.shape)
    inside = (at >= 0) & (at < length)
    days = pd.Timestamp("2023-01-01") + pd.to_timedelta(np.floor(at[inside]), unit="D")
    return pd.DataFrame({"customer_id": who[inside], "day": days}).drop_duplicates(ignore_index=True)


def simulate_family(kind: str, *, customers: int, seed: int) -> pd.DataFrame:
    """Purchase days of a shop of one of `FAMILIES`, thirty months that begin on any day of a year: customer_id, day.

    A project a year or so apart, of a handful of purchases within weeks; one purchase a year; one or two before the one
    holiday; nobody new after the first year, and rates that fall by 60% a year from then on; a purchase a week; as any
    shop, and five times as often in the ten days of each quarter's sale; only in those; a box a month. Customers come
    evenly from 520 days before the log on, and leave.
    """
    if kind == "quarterly":
        return simulate_shop(kind, HABITS[seed % len(HABITS)], customers=customers, seed=seed)
    rng = np.random.default_rng(seed)
    length, shift = round(30 * MONTH), int(rng.integers(365))
    first = rng.uniform(-BEFORE, 365 if kind == "nobody new" else length, customers)
    every, stay = {"bursts": (365, 0.85), "once a year": (365, 0.8), "holiday": (365, 0.75), "grocer": (7, 0.995),
                   "sales only": (91, 0.92), "boxes": (30, 0.94), "nobody new": (1, 1.0)}[kind]  # fmt: skip
    turns = np.arange(round((length + BEFORE) / every) + 2 if every > 1 else 120)
    if kind == "nobody new":
        gaps = rng.exponential(1, (customers, len(turns))) / (rng.gamma(0.8, 1 / 0.8, (customers, 1)) / 45)
        work = np.maximum(first, 0)[:, None] - 365 + np.cumsum(gaps, axis=1) - gaps[:, :1]
        fall = -np.log(0.4) / 365
        at = 365 + np.where(work > 0, -np.log(np.maximum(1 - fall * work, 1e-12)) / fall, work)
        at = np.where(fall * work < 1, at, np.inf)
    else:
        off = {"bursts": 45.0, "once a year": 15.0, "grocer": 2.0, "boxes": 1.0}.get(kind, 0.0)
        at = first[:, None] + every * turns[None, :] + rng.normal(0, off, (customers, len(turns)))
        if off == 0:  # on days that are the shop's, not the customer's
            span = 40 if kind == "holiday" else 10
            at = np.ceil((at - shift) / every) * every + shift + rng.uniform(0, span, at.shape)
        coming = rng.beta(3, 2, (customers, 1)) if kind == "sales only" else rng.beta(8, 1, (customers, 1))
        there = (turns[None, :] < rng.geometric(1 - stay, customers)[:, None]) & (rng.random(at.shape) < coming)
        at = np.where(there | (turns == 0), at, np.inf)
    many = 1 + (
        rng.poisson(3, at.shape) if kind == "bursts" else rng.random(at.shape) < (0.3 if kind == "holiday" else 0)
    )
    who, days = np.repeat(np.arange(customers), at.shape[1]), at.ravel()
    who, days = np.repeat(who, many.ravel()), np.repeat(days, many.ravel())
    if kind in ("bursts", "holiday"):
        days = days + rng.uniform(0, 40 if kind == "bursts" else 10, len(days))
    inside = (days >= 0) & (days < length)
    day = pd.Timestamp("2023-01-01") + pd.to_timedelta(np.floor(days[inside]) - shift + 365, unit="D")
    return pd.DataFrame({"customer_id": who[inside], "day": day}).drop_duplicates(ignore_index=True)


def _intensity(kind: str, day: np.ndarray, length: int, rng: np.random.Generator) -> np.ndarray:
    phase = (day + 15) % 365.25 - 330
    busy = np.ones(len(day))
    if "seasonal" in kind:
        busy = np.exp(0.7 * np.cos(2 * np.pi * phase / 365.25))
    if kind == "peak":
        busy = 1 + 1.5 * np.exp(-0.5 * (phase / 20) ** 2)
    if kind == "quarterly":
        busy = np.where(day % 91 < 10, 5.0, 1.0) / 1.44
    if "rates" in kind:
        busy = np.exp((0.3 if "up" in kind else -0.3) * np.maximum(day, -100) / 365)
    if kind == "shock":
        busy = np.where(day > rng.uniform(0.4, 0.8) * length, rng.choice([0.65, 1.4]), 1.0)
    if "noisy" in kind:
        month = (day + BEFORE) // 30
        busy = busy * np.exp(rng.normal(0, 0.15, month.max() + 1))[month]
    return busy / busy[BEFORE : BEFORE + 365].mean() if "seasonal" in kind or kind == "peak" else busy


def _arrivals(kind: str, share: np.ndarray) -> np.ndarray:
    if "growing" in kind:
        return np.sqrt(share)
    return 1 - np.sqrt(1 - share) if kind == "shrinking" else share


def _work(habit: str, rate: np.ndarray, customers: int, rng: np.random.Generator) -> np.ndarray:
    """Operational time from the first purchase to each later one."""
    shape = (customers, MOST_PURCHASES - 1)
    gaps = rng.exponential(1, shape)
    if habit == "regular":
        gaps = rng.gamma(3, 1 / 3, shape)
    if habit == "clumpy":
        gaps = gaps * np.where(rng.random(shape) < 0.7, 0.25, 2.75)
    work = np.cumsum(gaps / rate[:, None], axis=1)
    if habit == "fading":
        left = 1 - work / 500
        work = np.where(left > 0, -500 * np.log(np.maximum(left, 1e-12)), np.inf)
    return np.column_stack([np.zeros(customers), work])


def _alive(habit: str, at: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    customers = len(at)
    number = np.arange(MOST_PURCHASES)[None, :]
    if habit in ("geometric", "regular", "clumpy"):
        return number <= rng.geometric(np.maximum(rng.beta(1, 6, customers), 1e-9))[:, None]
    if habit == "exponential":
        life = rng.exponential(1, customers) * 400 / rng.gamma(0.8, 1 / 0.8, customers)
        return (at <= at[:, :1] + life[:, None]) | (number == 0)
    return np.ones_like(at, dtype=bool)


def look_forward(purchases: pd.DataFrame, questions: Sequence[LevelQuestion], *, young: bool) -> list[pd.DataFrame]:
    """By question and month end: the forecast, its interval and what came (for the longest horizon the log holds)."""
    log = PurchaseLog.read(purchases, None)
    forecaster = Forecaster(log, max(each.gap_days + each.horizon_days for each in questions))
    return [_look_forward(log, forecaster, question, young=young) for question in questions]


def _look_forward(log: PurchaseLog, forecaster: Forecaster, question: LevelQuestion, *, young: bool) -> pd.DataFrame:
    cuts = [int(cut) for cut in month_ends(log.start + FIRST_OF_YOUNG, log.end)]
    steps = pd.DataFrame([row for cut in cuts for row in forecaster.rows(cut, question)])
    path = LevelPath(steps, question, log.start)
    rows = []
    for cut in cuts:
        steps = path.steps[(path.steps["cut"] == cut) & path.steps["came"].notna()]
        if cut - log.start < (FIRST_OF_YOUNG if young else FIRST_FORECAST) or steps.empty:
            continue
        step = steps.iloc[0]
        if step["horizon"] >= min(question.horizon_days, SHORTEST_YEAR):
            low, value, high = path.interval(step)
            row = {"age": cut - log.start, "value": value, "low": low, "high": high, "came": step["came"]}
            rows.append(row | {"refused": path.doubt(step) is not None})
    return pd.DataFrame(rows)


def real_logs() -> dict[str, pd.DataFrame]:
    """CDNOW, and Online Retail where it is at hand."""
    import lifetimes

    cdnow = pd.read_csv(Path(lifetimes.__file__).parent / "datasets" / "CDNOW_sample.txt", sep=r"\s+", header=None)
    logs = {"CDNOW": pd.DataFrame({"customer_id": cdnow[1], "day": pd.to_datetime(cdnow[2].astype(str))})}
    path = Path(os.environ.get("CXLIB_DATASETS", "nowhere")) / "online_retail_2009.parquet"
    if path.exists():
        lines = pd.read_parquet(path, columns=["Invoice", "Quantity", "InvoiceDate", "Price", "Customer ID"])
        sold = ~lines["Invoice"].astype(str).str.startswith("C") & (lines["Quantity"] > 0) & (lines["Price"] > 0)
        sold = lines[sold & lines["Customer ID"].notna()]
        day = pd.to_datetime(sold["InvoiceDate"]).dt.normalize()
        logs["Online Retail"] = pd.DataFrame({"customer_id": sold["Customer ID"].astype(int), "day": day})
    return logs


def tried(shops: int, seed: int, questions: Sequence[LevelQuestion]) -> list[pd.DataFrame]:
    """By question the forecasts of all logs, one row each, with the log's name and kind."""
    logs = [(log, {"log": name, "kind": name}) for name, log in real_logs().items()]
    for k, kind in enumerate(KINDS):
        for at in range(seed, seed + shops):
            habit, size = HABITS[(k + at) % len(HABITS)], SIZES[at % len(SIZES)]
            purchases = simulate_shop(kind, habit, customers=size, seed=1_000 * k + at)
            logs.append((purchases, {"log": f"{kind} {at}", "kind": kind, "habit": habit}))
    return _by_question(logs, questions)


def tried_families(shops: int, seed: int, questions: Sequence[LevelQuestion]) -> list[pd.DataFrame]:
    """The same of shops of `FAMILIES`."""
    logs = []
    for kind in FAMILIES:
        for at in range(seed, seed + shops):
            purchases = simulate_family(kind, customers=SIZES[at % len(SIZES)], seed=at)
            logs.append((purchases, {"log": f"{kind} {at}", "kind": kind}))
    return _by_question(logs, questions)


def _by_question(
    logs: Sequence[tuple[pd.DataFrame, dict[str, str]]], questions: Sequence[LevelQuestion]
) -> list[pd.DataFrame]:
    tables = []
    for log, names in logs:
        answers = look_forward(log, questions, young="young" in names["kind"])
        tables.append([table.assign(**names) for table in answers])
    by_question = zip(*tables, strict=True)
    return [pd.concat([table for table in each if "value" in table], ignore_index=True) for each in by_question]


def summary(forecasts: pd.DataFrame, question: LevelQuestion) -> pd.DataFrame:
    """By kind: logs, forecasts and how many were refused; of the others median error and width, and how many held."""
    share = question.measure == "stay_away"
    error = (
        (forecasts["value"] - forecasts["came"]).abs() if share else (forecasts["value"] / forecasts["came"] - 1).abs()
    )
    width = (forecasts["high"] - forecasts["low"]) / (1 if share else forecasts["value"])
    within = (forecasts["low"] <= forecasts["came"]) & (forecasts["came"] <= forecasts["high"])
    table = forecasts.assign(error=100 * error, width=100 * width, held=100.0 * within)
    rows = []
    for kind, part in [*table.groupby("kind", sort=False), ("all", table)]:
        shown = part[~part["refused"]]
        rows.append({"log": kind, "logs": part["log"].nunique(), "forecasts": len(part),
                     "refused, %": 100 * part["refused"].mean(), "median error": shown["error"].median(),
                     "intervals that hold, %": shown["held"].mean(),
                     "median width": shown["width"].median()})  # fmt: skip
    return pd.DataFrame(rows)


if __name__ == "__main__":
    shops, seed = (int(value) for value in [*sys.argv[1:], "4", "0"][:2])
    asked = (LevelQuestion("stay_away", 90), LevelQuestion("purchases", 365))
    begin = time.process_time()
    for each in (tried, tried_families):
        for question, forecasts in zip(asked, each(shops, seed, asked), strict=True):
            unit = "points" if question.measure == "stay_away" else "%"
            print(f"{question.measure}, {question.horizon_days} days ahead; errors and widths in {unit}")
            print(summary(forecasts, question).round(1).to_string(index=False), "\n")
    print(f"{time.process_time() - begin:.0f} CPU-s")
