"""A difference that is clear only because very many show it is no claim: half the least size is none, twice it is."""

import numpy as np
import pandas as pd
import pytest

from cxlib.churn.risk.evaluation import check_subgroups
from cxlib.churn.survival.comparison import compare_restricted_means, compare_survival
from cxlib.churn.survival.curves import estimate_by_group
from cxlib.churn.watching import base_rates
from cxlib.drivers.performance import measure_expectation_gap
from cxlib.measures.trend import trend_scores
from cxlib.segments.personas import describe_personas
from cxlib.segments.tiers import value_tiers
from cxlib.voice.topics import measure_topics

N = 400_000


def shares(n, *parts):
    """Values in the order of `parts` (value, share), as many of each as its share says; the last takes the rest."""
    counts = [round(n * share) for _, share in parts[:-1]]
    return np.repeat([value for value, _ in parts], [*counts, n - sum(counts)])


def topic(size):
    """Half of the answers touch a topic; without them NPS would be `size` points higher."""
    half = shares(N // 2, (10, 0.5), (2, 0.3), (8, 0))
    other = shares(N // 2, (10, 0.5 - size / 100), (2, 0.3 + size / 100), (8, 0))
    table = measure_topics(np.append(half, other), np.repeat(["nothing", "late delivery"], N // 2)).table
    return bool(table["significant"].any())


def expectation(size):
    """Ratings 1-5 that fall short of what was expected by `size`."""
    hoped = shares(N, (3, 0.5), (4, 0.4), (1, 0.05), (5, 0))
    met = hoped - (np.arange(N) % 100 < 100 * size)
    return measure_expectation_gap(pd.DataFrame({"speed": met}), pd.DataFrame({"speed": hoped})).table["significant"][0]


def month(size):
    """The last of nine months is `size` points below the others."""
    usual, last = (shares(N // 8, (10, 0.5 - down / 200), (2, 0.3 + down / 200), (8, 0)) for down in (0, size))
    periods = np.repeat(np.arange(9), N // 8)
    signals = trend_scores(np.append(np.tile(usual, 8), last), periods, baseline=range(8)).table["signal"]
    return signals.iloc[-1] == "below"


def run(size):
    """Eight of 24 months, the last, are `size` points below the centre of the others, each within its limits."""
    parts = [shares(5_000, (10, 0.5 - down / 200), (2, 0.3 + down / 200), (8, 0)) for down in (0,) * 16 + (size,) * 8]
    return trend_scores(np.concatenate(parts), np.repeat(np.arange(24), 5_000), baseline=range(16)).headline.text != (
        "{score} moves within its usual range about {centre} ({n} answers)"
    )


def members(ratio):
    """Two plans whose members leave at rates `ratio` times one another, seen for 500 days."""
    stays = -500 * np.log1p(-(np.arange(N) + 0.5) / N)
    stays = np.append(stays, stays / ratio)
    return pd.DataFrame(
        {"duration_days": np.ceil(stays.clip(max=500)), "ended": stays <= 500, "plan": np.repeat(["a", "b"], N)}
    )


def rates(size):
    """Log-rank of two plans, and of the pair."""
    test = compare_survival(members(1 + size), group_by="plan")
    assert test.p_value < 0.001
    assert test.clear == test.pairs["clear"][0]
    return test.clear


def stays(size):
    """Mean stays within 500 days, by rates whose ratio makes them differ by about `size` of the time."""
    means = compare_restricted_means(estimate_by_group(members(1 + size * 3.8), group_by="plan"), horizon_days=500)
    assert means.differences["p_adjusted"][0] < 0.05
    return means.differences["clear"][0]


def risks(size):
    """A group of which `1 + size` times as many left as expected."""
    left = np.append(shares(N, (1, 0.2 * (1 + size)), (0, 0)), shares(N, (1, 0.2), (0, 0)))
    rows = pd.DataFrame({"churned": left, "region": np.repeat(["north", "south"], N)})
    return check_subgroups(rows, np.full(2 * N, 0.2), ["region"]).table["off"].any()


def trend(size):
    """A share who leave that rises by `size` points a year over six half years."""
    each = N // 10
    levels = [0.2 + size / 100 * half / 2 for half in range(6)]
    left = np.concatenate([shares(each, (1, level), (0, 0)) for level in levels])
    days = pd.date_range("2023-01-01", periods=6, freq="183D").repeat(each)
    return base_rates(pd.DataFrame({"customer_id": range(6 * each), "cut_off": days, "churned": left})).drifts


def trait(size):
    """A group whose mean lies `size` standard deviations from that of all others."""
    spread = np.tile([-1.0, 1.0], N // 8)
    frame = pd.DataFrame({"customer_id": range(N // 2), "x": np.append(spread, spread + size)})
    groups = pd.Series(np.repeat(["a", "b"], N // 4))
    return describe_personas(frame, groups, numbers=["x"]).effects["shown"].any()


def tier(size):
    """Customers of high value, of whom `size` points more bought again within 90 days than of low value."""
    parts = [shares(N // 2, (10, 0.3 + more / 100), (200, 0)) for more in (0, size)]
    recency = np.concatenate([np.random.default_rng(0).permutation(part) for part in parts])
    days = {"first_day": np.datetime64("2020-01-01"), "last_day": np.datetime64("2021-01-01")}
    frame = pd.DataFrame({"monetary": np.arange(1, N + 1), "recency_days": recency, **days})
    sentence = value_tiers(frame, draws=20).retention_finding
    return sentence.text.startswith("Customers of high value come back")


@pytest.mark.parametrize(
    ("claim", "least"),
    [(topic, 1), (expectation, 0.1), (month, 1), (run, 1), (rates, 0.05), (stays, 0.01), (risks, 0.05), (trend, 1),
     (trait, 0.2), (tier, 1)],
)  # fmt: skip
def test_half_the_least_size_is_no_claim_and_twice_is(claim, least):
    """Companies so large that half of it would be clear as well."""
    assert not claim(least / 2)
    assert claim(2 * least)


@pytest.mark.slow
@pytest.mark.parametrize("n", [300, 2000])
def test_topics_that_do_nothing_do_not_move_the_score(n):
    """Fourteen topics, touched whatever the answer is, 200 runs: one moves the score in at most 8 of 100 (5 wanted)."""
    rng, said = np.random.default_rng(3), 0
    words = ["late delivery", "price", "rude", "payment", "website", "quality", "refund", "thanks", "nothing"]
    for _ in range(200):
        texts = [" and ".join(rng.choice(words, 2, replace=False)) for _ in range(n)]
        said += measure_topics(rng.choice([10, 8, 3], n, p=[0.5, 0.2, 0.3]), texts).table["significant"].any()
    assert said / 200 <= 0.08
