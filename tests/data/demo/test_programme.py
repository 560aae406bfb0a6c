"""The dated loyalty programme: joined with an order, apart from all other tables, its lift planted."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cxlib.data.demo import Truth, blocks, simulate
from cxlib.data.demo.blocks import Block
from cxlib.data.demo.customers import draw_people
from cxlib.data.demo.purchases import draw_orders, joining_days

HALF_YEAR, YEAR = 182, 364


def drawn(truth, seed, number):
    """Customer, day, and joining day (far away: never) of each purchase day of a block, and the customers' habits."""
    people = draw_people(truth, Block(seed, number))
    orders, habits = draw_orders(truth, people)
    joined = joining_days(truth, people, orders, habits).to_numpy(zero_copy_only=False).astype("datetime64[D]")
    number = (joined - np.datetime64(truth.start)).astype(np.int64)
    joined = np.where(np.isnat(joined), 10**6, number)
    key = np.unique(orders.customer[~orders.refund] * 10**5 + orders.day[~orders.refund])
    customer, day = np.divmod(key, 10**5)
    return customer, day, joined[customer], habits


def lift_of(truth, seeds, blocks_each):
    """How much more members order in half a year, by their true rates, than customers who had not joined."""
    grid, totals = blocks.operational_time(truth), np.zeros((2, 2))
    for seed in seeds:
        for number in range(blocks_each):
            customer, day, joined, habits = drawn(truth, seed, number)
            key = customer * 10**5 + day
            later = np.searchsorted(key, key + HALF_YEAR, side="right") - np.arange(len(key)) - 1
            until = np.minimum(day + HALF_YEAR + 1, np.minimum(habits.left_on[customer] + 1, truth.days))
            expected = habits.rate_per_week[customer] / 7 * np.maximum(grid[until] - grid[day + 1], 0)
            seen = (day >= truth.day_number(truth.programme.since)) & (day + HALF_YEAR < truth.days)
            seen &= day >= habits.first_day[customer] + YEAR
            for place, rows in enumerate((seen & (day == joined), seen & (day < joined))):
                totals[place] += later[rows].sum(), expected[rows].sum()
    return totals[0, 0] / totals[0, 1] / (totals[1, 0] / totals[1, 1]) - 1


def test_members_join_with_an_order_after_their_first(company):
    """Every day of joining is a day of an order, not the first, and none is before the programme began."""
    customers = company.tables["customers"].set_index("customer_id")["loyalty_joined_on"].dropna()
    orders = company.tables["transactions"].query("amount_cents > 0")
    first = orders.groupby("customer_id")["day"].min()
    on = orders.merge(customers.rename("joined"), left_on=["customer_id", "day"], right_on=["customer_id", "joined"])
    assert set(on["customer_id"]) == set(customers.index)
    assert (customers > first.reindex(customers.index)).all()
    assert customers.min() >= pd.Timestamp(company.truth.programme.since)
    assert 0.03 < len(customers) / len(company.tables["customers"]) < 0.15


def test_no_other_table_knows_of_the_programme():
    """With another programme all that differs is who joined when."""
    truth = Truth()
    other = replace(truth, programme=replace(truth.programme, tilt=0.0, base=-3.0))
    one, two = (simulate(500, seed=3, truth=each).tables for each in (truth, other))
    for name in one:
        plain = [table[name].drop(columns="loyalty_joined_on", errors="ignore") for table in (one, two)]
        pd.testing.assert_frame_equal(*plain)
    assert not one["customers"]["loyalty_joined_on"].equals(two["customers"]["loyalty_joined_on"])


@pytest.mark.slow
def test_the_planted_lift_is_there():
    """By their true rates members order as much more as planted: two companies of 20,000; without a tilt no more."""
    truth = Truth()
    none = replace(truth, programme=replace(truth.programme, tilt=0.0))
    assert lift_of(truth, (1, 2), 10) == pytest.approx(truth.programme.lift, abs=0.025)
    assert lift_of(none, (1, 2), 10) == pytest.approx(0, abs=0.02)
