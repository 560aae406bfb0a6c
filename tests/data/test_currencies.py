"""Amounts are whole minor units of their currency: exact in dinars and yen, in every format."""

from decimal import ROUND_HALF_UP, Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxlib.data import Workspace, open_workspace
from cxlib.language import currency_decimals

DAY = "2026-01-05"


def cents(amounts, currency, **settings):
    """Amounts as a workspace in a currency has them."""
    rows = pd.DataFrame({"customer_id": "a", "at": DAY, "amount": amounts})
    shop = Workspace.from_frames(
        {"transactions": rows}, currency=currency, time_zone="UTC", settings={"transactions": settings}
    )
    assert shop.quarantine().empty
    return shop.frame("transactions").amount_cents.tolist()


@pytest.mark.parametrize(
    ("currency", "amounts", "whole"),
    [
        ("KWD", ["0.254", "0.254", "1.235", "د.ك 1.5"], [254, 254, 1235, 1500]),
        ("KWD", [0.254, 1.2345, -1.2345], [254, 1235, -1235]),
        ("JPY", ["1,234", "¥1,234.56", "-0.5"], [1234, 1235, -1]),
        ("JPY", [1234, 5], [1234, 5]),
        ("CLF", ["1.23456"], [12346]),
        ("SAR", ["1.005", "٣٫٥"], [101, 350]),
    ],
)
def test_an_amount_keeps_the_decimals_of_its_currency(currency, amounts, whole):
    """Further decimals are rounded, half away from zero."""
    assert cents(amounts, currency) == whole


def test_a_thousand_rows_of_fils_add_up():
    """1,000 times 1.234 dinars are 1,234, and not 1,230."""
    assert sum(cents(["1.234"] * 1000, "KWD")) == 1_234_000


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet", "xlsx"])
def test_every_format_holds_dinars(tmp_path, suffix):
    """Three decimals as text and as numbers that a file stores, computed with and not."""
    rows = pd.DataFrame({"customer_id": ["a", "b"], "at": DAY, "price": [0.254, 1.235], "n": [3, 1]})
    path = tmp_path / f"sales.{suffix}"
    {
        "csv": lambda: rows.to_csv(path, index=False),
        "jsonl": lambda: rows.to_json(path, orient="records", lines=True),
        "parquet": lambda: rows.to_parquet(path),
        "xlsx": lambda: rows.to_excel(path, index=False),
    }[suffix]()
    (tmp_path / "sources.yaml").write_text(
        f"{{currency: KWD, time_zone: UTC, tables: {{transactions: {{path: sales.{suffix}, "
        "columns: {customer_id: customer_id, at: at, amount: price * n}, rules: {small: amount >= 0.762}}}}"
    )
    shop = open_workspace(tmp_path)
    assert shop.frame("transactions").amount_cents.tolist() == [762, 1235]


@settings(max_examples=6, deadline=None)
@given(
    st.sampled_from(["JPY", "SAR", "KWD", "CLF"]),
    st.lists(st.decimals(-(10**9), 10**9, places=5, allow_nan=False), min_size=1, max_size=20),
)
def test_amounts_are_what_exact_arithmetic_gives(currency, amounts):
    """Each amount rounded half away from zero, by Python's decimals."""
    unit = Decimal(1).scaleb(-currency_decimals(currency))
    expected = [int(a.quantize(unit, ROUND_HALF_UP).scaleb(currency_decimals(currency))) for a in amounts]
    assert cents([str(a) for a in amounts], currency) == expected


def test_the_smallest_amount_that_a_contract_allows_is_in_units():
    """A price below zero is set aside in every currency; one of zero is not."""
    rows = pd.DataFrame({"customer_id": ["a", "b"], "started_on": DAY, "price": ["-0.001", "0"]})
    shop = Workspace.from_frames({"memberships": rows}, currency="OMR", time_zone="UTC")
    assert shop.frame("memberships").price_cents.tolist() == [0]
    assert shop.quarantine().value.tolist() == ["-0.001"]
