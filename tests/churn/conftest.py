"""Snapshots with a known truth: planted coefficients of a logistic hazard, several cut-offs, a rate that drifts."""

import numpy as np
import pandas as pd
import pytest

PLANTED = {"tickets_90d": 0.5, "low_rating_90d": 0.9, "log_since": 0.6, "monthly": 0.8, "goal_met": -0.7}


def make_snapshots(customers=3000, *, cut_offs=8, seed=0, drift=0.05, noise_only=False, open_last=True):
    """Snapshots a month apart with a horizon of 90 days; those of the last three months are open if asked for."""
    rng = np.random.default_rng(seed)
    since = rng.gamma(1.2, 60, customers)
    joined = rng.integers(30, 1500, customers)
    monthly = rng.random(customers) < 0.6
    region = rng.choice(["north", "south", "east", "west"], customers, p=[0.4, 0.3, 0.2, 0.1])
    rows = []
    for month in range(cut_offs + (1 if open_last else 0)):
        cut_off = pd.Timestamp("2025-01-01") + pd.Timedelta(days=31 * month)
        is_open = month == cut_offs
        tickets = rng.poisson(0.6, customers)
        low = (rng.random(customers) < 0.1).astype(float)
        answered = rng.random(customers) < 0.5
        away = np.floor(since * rng.gamma(4, 0.25, customers)) + 1
        goal = rng.beta(4, 2, customers)
        odds = (
            -3.1 + drift * month + PLANTED["tickets_90d"] * np.minimum(tickets, 4)
            + PLANTED["low_rating_90d"] * low * answered + PLANTED["log_since"] * (np.log(away) - 4)
            + PLANTED["monthly"] * monthly + PLANTED["goal_met"] * (goal - 0.67) / 0.18
        )  # fmt: skip
        odds = np.full(customers, -1.5) if noise_only else odds
        churned = (rng.random(customers) < 1 / (1 + np.exp(-odds))).astype(float)
        rows.append(
            pd.DataFrame(
                {
                    "customer_id": [f"C{i:06}" for i in range(customers)],
                    "cut_off": cut_off,
                    "churned": np.nan if is_open else churned,
                    "days_since_last_purchase": away,
                    "customer_days": joined + 31.0 * month,
                    "tickets_90d": tickets,
                    "low_rating_90d": np.where(answered, low, np.nan),
                    "goal_met_share_90d": goal,
                    "spend_cents_90d": np.round(np.exp(rng.normal(8, 1, customers))).astype("int64"),
                    "sessions_90d": rng.poisson(5, customers),
                    "plan": np.where(monthly, "Monthly", "Annual"),
                    "region": region,
                    "value_cents": np.round(np.exp(rng.normal(9, 1, customers))),
                }
            )[rng.random(customers) < 0.9]
        )
    return pd.concat(rows, ignore_index=True)


@pytest.fixture(scope="session")
def make():
    """The generator of snapshots."""
    return make_snapshots


@pytest.fixture(scope="session")
def frame():
    """3,000 customers on eight cut-offs, and one that is open."""
    return make_snapshots()


@pytest.fixture(scope="session")
def fitted(frame):
    """Risks fitted to them."""
    from cxlib.churn.risk import check_snapshots
    from cxlib.churn.risk.fit import fit_risk

    return fit_risk(check_snapshots(frame, horizon_days=90), draws=50)


@pytest.fixture(scope="session")
def telco(datasets):
    """Telco's customers as spells: tenure in months of 30.4375 days."""
    table = pd.read_csv(datasets / "telco.csv").rename(columns={"customerID": "customer_id"})
    days = np.floor(table["tenure"] * 30.4375)
    charges = pd.to_numeric(table["TotalCharges"], errors="coerce")
    return table.assign(duration_days=days, ended=table["Churn"] == "Yes", TotalCharges=charges)
