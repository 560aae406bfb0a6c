"""Customers for the tests of CLV: CDNOW from the package lifetimes, and customers drawn from known models."""

import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxlib.data import purchase_summary


@pytest.fixture(scope="session")
def cdnow_transactions():
    """The 1/10 sample of CDNOW: 2,357 customers, canonical."""
    found = find_spec("lifetimes")
    if found is None:
        pytest.skip("the package lifetimes, which carries CDNOW, is not installed")
    file = Path(found.submodule_search_locations[0]) / "datasets" / "CDNOW_sample.txt"
    names = ["master", "customer_id", "date", "discs", "amount"]
    rows = pd.read_csv(file, sep=r"\s+", header=None, names=names, dtype={"customer_id": "str"})
    return pd.DataFrame(
        {
            "customer_id": rows["customer_id"],
            "day": pd.to_datetime(rows["date"].astype("str")),
            "amount_cents": (rows["amount"] * 100).round().astype("int64"),
        }
    )


@pytest.fixture(scope="session")
def cdnow(cdnow_transactions):
    """CDNOW's purchase summary: calibration to 1997-09-30, holdout of 39 weeks."""
    return purchase_summary(cdnow_transactions, calibration_end="1997-09-30", observation_end="1998-06-30")


@pytest.fixture(scope="session")
def cdnow_rounded():
    """CDNOW as the table that lifetimes carries: weeks with two decimals."""
    found = find_spec("lifetimes")
    if found is None:
        pytest.skip("the package lifetimes, which carries CDNOW, is not installed")
    return pd.read_csv(Path(found.submodule_search_locations[0]) / "datasets" / "cdnow_customers_summary.csv")


def draw_customers(n, seed, *, params=(0.6, 7.0, 0.9, 2.5), model="bg", weeks=(20, 78), holdout_days=364, exact=False):
    """Customers of a known BG/NBD, MBG/NBD or Pareto/NBD company with spend: a summary in days, and what came after.

    Purchases are timed continuously; times are then rounded up to days, unless `exact`.
    """
    rng = np.random.default_rng(seed)
    r, alpha, s, beta = params
    age = rng.integers(weeks[0] * 7, weeks[1] * 7, n)
    rate = rng.gamma(r, size=n) / alpha / 7
    if model == "pareto":
        life = rng.exponential(size=n) / (np.maximum(rng.gamma(s, size=n), 1e-12) / beta / 7)
        leaves = np.zeros(n)
    else:
        life, leaves = np.full(n, np.inf), rng.beta(s, beta, n)
    first_leave = rng.random(n) < leaves if model == "mbg" else np.zeros(n, bool)
    frequency, recency, held, time = np.zeros(n, int), np.zeros(n), np.zeros(n, int), np.zeros(n)
    going = np.flatnonzero(~first_leave)
    while len(going):
        time[going] += rng.exponential(size=len(going)) / np.maximum(rate[going], 1e-300)
        going = going[time[going] <= np.minimum(life[going], age[going] + holdout_days)]
        day = time[going] if exact else np.ceil(time[going])
        early = day <= age[going]
        frequency[going[early]] += 1
        recency[going[early]] = day[early]
        held[going[~early]] += 1
        going = going[rng.random(len(going)) >= leaves[going]]
    if not exact:
        frequency = np.minimum(frequency, recency).astype(int)
    return pd.DataFrame(
        {"customer_id": [f"c{i}" for i in range(n)], "frequency": frequency, "recency": recency, "T": age,
         "frequency_holdout": held}
    )  # fmt: skip


def draw_log(
    n, seed, *, years=3, rate_fall=0.0, amount_fall=0.0, cohort_fall=0.0, leaving=(0.9, 2.5), same=None, ahead=0,
    amounts=None,
):  # fmt: skip
    """Transactions of a BG/NBD shop whose customers come evenly in `years`, from 2023 on, and `ahead` years after.

    Yearly falls, as shares: of all rates, of all amounts, and of the rates of customers by when they came. Amounts are
    `same` on average for all customers, or differ among them; `amounts` multiplies them by a function of the day's
    number and of that of the customer's first day.
    """
    rng = np.random.default_rng(seed)
    end, fall = 365 * (years + ahead), -np.log1p(-rate_fall) / 365
    first = rng.integers(0, 365 * years - 30, n)
    rate = rng.gamma(0.6, size=n) / 49 * (1 - cohort_fall) ** (first / 365)
    leaves, price = rng.beta(*leaving, n), 15 / rng.gamma(4.0, size=n) if same is None else np.full(n, same / 6)
    clock = -np.expm1(-fall * first) / fall if fall else first.astype(float)  # of the rate that falls
    going, who, days = np.arange(n), [np.arange(n)], [first]
    while len(going):
        clock[going] += rng.exponential(size=len(going)) / np.maximum(rate[going], 1e-300)
        time = -np.log1p(-np.minimum(clock[going] * fall, 1 - 1e-12)) / fall if fall else clock[going]
        going, time = going[time < end], time[time < end]
        who.append(going)
        days.append(np.ceil(time).astype(int))
        going = going[rng.random(len(going)) >= leaves[going]]
    who, days = np.concatenate(who), np.concatenate(days)
    amounts_then = rng.gamma(6.0, size=len(who)) * price[who] * (1 - amount_fall) ** (days / 365)
    amounts_now = amounts_then if amounts is None else amounts_then * amounts(days, first[who])
    day = pd.Timestamp("2023-01-01") + pd.to_timedelta(days, unit="D")
    cents = np.maximum(np.round(100 * amounts_now), 1).astype("int64")
    return pd.DataFrame({"customer_id": who.astype(str), "day": day, "amount_cents": cents})


@pytest.fixture(scope="session")
def customers():
    """3,000 customers of a BG/NBD company."""
    return draw_customers(3000, 1)


@pytest.fixture(scope="session")
def peer():
    """The package lifetimes, quiet."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("lifetimes")
