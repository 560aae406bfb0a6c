"""Companies of the journey's tests: visits made forward, with one search that loses customers."""

import datetime as dt

import pandas as pd
import pytest

from cxlib.data import Workspace
from cxlib.data.demo import Truth
from tests.journey.forward import Forward, draw_company

FORWARD = Forward()
TRUTH = Truth(start=dt.date(2025, 4, 1), growth=1.0)
KINDS = ("visit", "search_nothing", "search_found")  # of `Forward.kinds`, by the names of their touchpoints


def draw_tables(seed, customers, forward=FORWARD):
    """Canonical tables of a company."""
    return draw_company(TRUTH, forward, customers, seed)


def open_shop(tables, **more):
    """A workspace of canonical tables and further ones."""
    frames = {name: rows.copy() for name, rows in {**tables, **more}.items()}
    orders = frames["transactions"]
    if "amount_cents" in orders:
        orders["amount"] = orders.pop("amount_cents") / 100
    return Workspace.from_frames(frames, currency="SAR", time_zone="Asia/Riyadh", as_of=TRUTH.end)


def visits(ids, days, **columns):
    """Sessions of customers on days."""
    return pd.DataFrame({"customer_id": ids, "at": pd.to_datetime(days), **columns})


@pytest.fixture(scope="session")
def tables():
    """The tables of one company."""
    return draw_tables(3, 900)
