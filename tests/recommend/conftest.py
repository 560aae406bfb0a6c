"""Shops of the recommendations' tests: the simulated company's order lines, and lines by hand."""

import pandas as pd
import pytest

from cxlib.data import Workspace
from cxlib.data.demo import simulate
from cxlib.data.frames.purchases import product_days
from cxlib.recommend.scores import Purchases

END = "2026-09-30"


def open_shop(lines, table="order_lines"):
    """A workspace of order lines."""
    rows = lines.drop(columns=["day"], errors="ignore")
    if "amount_cents" in rows:
        rows = rows.assign(amount=rows["amount_cents"] / 100).drop(columns="amount_cents")
    return Workspace.from_frames({table: rows}, currency="SAR", time_zone="Asia/Riyadh", as_of=END)


def lines(customers, products, days, **columns):
    """Order lines by hand."""
    at = pd.to_datetime(days)
    return pd.DataFrame({"customer_id": customers, "product_id": products, "at": at, "amount": 5.0, **columns})


def purchases_of(rows):
    """Simulated order lines as purchases."""
    return Purchases.of(product_days({"order_lines": rows}).days)


@pytest.fixture(scope="session")
def demo():
    """Order lines of the simulated company."""
    return simulate(2_000, seed=3).tables["order_lines"]


@pytest.fixture(scope="session")
def demo_shop(demo):
    """Its workspace."""
    return open_shop(demo)
