"""What segments say about time held out."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from cxlib.segments.usefulness import check_usefulness


def made(n=400, seed=0):
    """Customers whose next spend depends on `kind` and on nothing else."""
    random = np.random.default_rng(seed)
    kind = random.integers(0, 3, n)
    spend = np.round(1000 * kind + random.normal(0, 500, n)).astype(int)
    return pd.DataFrame(
        {
            "customer_id": [f"c{i}" for i in range(n)],
            "frequency": random.integers(1, 9, n),
            "last_period_cents": random.integers(0, 5000, n),
            "next_cents": spend,
            "next_purchase_days": (random.random(n) < 0.2 + 0.3 * kind).astype(int),
            "kind": kind,
        }
    )


def kinds(frame):
    """The kind of each customer."""
    return frame.set_index("customer_id")["kind"]


def checked(frame, **options):
    """What kinds say about the next period."""
    return check_usefulness(frame, {"kind": kinds(frame)}, **options)


def test_explained_variance_is_the_adjusted_r_squared():
    """The share of variance is the adjusted R squared of a regression on the groups (statsmodels)."""
    frame = made()
    row = checked(frame, draws=20).explained.set_index("name").loc["kind"]
    design = sm.add_constant(pd.get_dummies(frame["kind"], drop_first=True).astype(float))
    assert row["spend"] == pytest.approx(sm.OLS(frame["next_cents"].astype(float), design).fit().rsquared_adj)
    kept = (frame["next_purchase_days"] > 0).astype(float)
    assert row["retention"] == pytest.approx(sm.OLS(kept, design).fit().rsquared_adj)


def test_verdicts():
    """What matters says more than a simple rule; groups by lot say as little as one; both are said."""
    frame = made()
    lot = pd.Series(np.random.default_rng(9).integers(0, 4, len(frame)), index=frame["customer_id"])
    found = check_usefulness(frame, {"kind": kinds(frame), "lot": lot}, labels={"kind": "Kinds"}, draws=100)
    assert str(found.headline).startswith("Kinds explain")
    assert "Kinds say more about spend to come" in str(found.verdicts[0])
    assert "lot say about as much" in str(found.verdicts[1])
    assert found.explained["is_baseline"].sum() == 3
    assert len(found.summary) == 5


def test_a_simple_rule_may_be_better():
    """Where the last period decides, its fifths beat other groups, and the page says so."""
    frame = made().assign(next_cents=lambda t: t["last_period_cents"])
    assert "say less about spend to come" in str(checked(frame, draws=50).verdicts[0])


def test_spend_and_retention_by_group():
    """Means and shares by group are those of the frame, with intervals around them."""
    frame = made()
    groups = checked(frame, draws=10).groups.set_index("group")
    np.testing.assert_allclose(groups["mean_cents"], frame.groupby("kind")["next_cents"].mean())
    assert groups["mean_cents"].between(groups["low"], groups["high"]).all()
    assert groups["retention"].between(groups["retention_low"], groups["retention_high"]).all()
    assert groups["customers"].sum() == len(frame)


def test_customers_without_a_group():
    """They form a group of their own instead of being dropped."""
    frame = made()
    half = kinds(frame).iloc[:200]
    found = check_usefulness(frame, {"kind": half}, draws=10)
    assert found.groups["customers"].sum() == len(frame)
    assert found.groups["group"].isna().sum() == 1


def test_in_parts_as_in_one(monkeypatch):
    """More customers than are held at once give the same point values."""
    frame = made()
    whole = checked(frame, draws=5).explained
    monkeypatch.setattr("cxlib.segments.usefulness.CHUNK", 37)
    parts = checked(frame, draws=5).explained
    np.testing.assert_allclose(parts[["spend", "retention"]], whole[["spend", "retention"]])


def test_nothing_to_explain():
    """Nobody bought in the next period: a plain statement."""
    frame = made().assign(next_cents=0, next_purchase_days=0)
    found = checked(frame, draws=5)
    assert "nothing can be explained" in str(found.headline)
    assert found.verdicts == ()


@pytest.mark.slow
def test_random_groups_explain_nothing_and_intervals_cover():
    """Over 200 samples of 500, random groups explain 0 on average; the interval of real ones covers in 90% to 99%."""
    truth, held, noise = 0.0, 0, []
    large = checked(made(400_000, seed=99), draws=2).explained.set_index("name")
    truth = large.loc["kind", "spend"]
    for seed in range(200):
        table = checked(made(500, seed), draws=100, seed=seed).explained.set_index("name")
        held += table.loc["kind", "spend_low"] <= truth <= table.loc["kind", "spend_high"]
        noise.append(table.loc["random", "spend"])
    assert abs(np.mean(noise)) < 0.002
    assert 0.90 <= held / 200 <= 0.99


@pytest.mark.slow
@pytest.mark.parametrize(("n", "effect", "least"), [(200, 0, 0.93), (1_000, 0, 0.93), (200, 2, 0.9), (1_000, 2, 0.93)])
def test_the_share_explained_is_held_by_its_interval(n, effect, least):
    """Ten groups of no or some effect, 200 runs: at least 93 (90 at 200 customers) of 100 intervals hold."""
    random, held, more = np.random.default_rng(n), 0, 0
    for _ in range(200):
        group = random.integers(0, 10, n)
        frame = pd.DataFrame({"customer_id": range(n), "frequency": random.poisson(2, n) + 1})
        spend = 100 + effect * group + random.normal(0, 12, n)
        frame = frame.assign(last_period_cents=random.lognormal(3, 1, n), next_cents=spend, next_purchase_days=1)
        row = check_usefulness(frame, {"own": pd.Series(group)}, draws=100).explained.iloc[0]
        truth = effect**2 * 8.25 / (effect**2 * 8.25 + 144)
        held, more = held + (row["spend_low"] <= truth <= row["spend_high"]), more + (row["over_baseline_low"] > 0)
    assert held / 200 >= least, held
    assert effect or more / 200 <= 0.05
