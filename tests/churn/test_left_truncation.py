"""Ends that are seen only from a day on: by hand, by brute force, by an independent library, and by simulation."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.duration.hazard_regression import PHReg

from cxlib.churn import ChurnQuestion, gather_churn
from cxlib.churn.survival.comparison import compare_survival
from cxlib.churn.survival.cox import fit_cox
from cxlib.churn.survival.curves import Durations, count_at_risk, estimate_by_group, estimate_survival
from cxlib.churn.survival.reasons import estimate_incidence
from cxlib.data import Workspace, guess_observed_from, membership_spells
from cxlib.errors import DataError

ROWS = st.lists(
    st.tuples(st.integers(-1, 12), st.integers(1, 12), st.booleans(), st.sampled_from("ab")), min_size=2, max_size=40
)


def spells_of(rows):
    """Spells from (entry, days after it, ended, group)."""
    table = pd.DataFrame(rows, columns=["entry_days", "more", "ended", "group"])
    return table.assign(duration_days=table["entry_days"] + table["more"])


def late_spells(n=400, seed=0):
    """Spells whose rate doubles with x, of which only those are seen that outlast their entry, to whole weeks."""
    rng = np.random.default_rng(seed)
    x, z = rng.integers(0, 2, n), rng.normal(size=n)
    life = np.ceil(rng.exponential(200 / np.exp(0.7 * x - 0.3 * z)) / 7) * 7
    entry = np.where(rng.random(n) < 0.4, -1, np.floor(rng.uniform(0, 300, n)))
    end = entry + np.ceil(rng.uniform(30, 300, n))
    table = pd.DataFrame({"duration_days": np.minimum(life, end), "ended": life <= end, "entry_days": entry})
    return table.assign(x=x, z=z, customer_id=np.arange(n) // 2)[life > entry].reset_index(drop=True)


def test_by_hand():
    """Five spells: at risk 3, 4, 3, 1 at the ends on days 2, 4, 5, 9; the curve is 2/3, 1/2, 1/3, 0."""
    spells = spells_of(
        [(-1, 3, True, "a"), (-1, 5, True, "a"), (-1, 7, False, "a"), (2, 3, True, "a"), (3, 6, True, "a")]
    )
    curve = estimate_survival(spells)
    at = curve.table[curve.table["ended"] > 0]
    assert at["days"].tolist() == [2, 4, 5, 9]
    assert at["at_risk"].tolist() == [3, 4, 3, 1]
    np.testing.assert_allclose(at["survival"], [2 / 3, 1 / 2, 1 / 3, 0], atol=1e-12)


@given(rows=ROWS)
def test_risk_sets_by_brute_force(rows):
    """At each distinct length, those are at risk that entered before it and last at least as long."""
    spells = spells_of(rows)
    entry, days, ended = (spells[name].to_numpy() for name in ("entry_days", "duration_days", "ended"))
    codes = (spells["group"] == "b").to_numpy(int)
    counts = count_at_risk(Durations(days.astype(float), ended, entry.astype(float)), codes, 2)
    for place, day in enumerate(counts.days):
        inside = (entry < day) & (day <= days)
        assert counts.at_risk[place].tolist() == [(inside & (codes == code)).sum() for code in (0, 1)]
        assert counts.ended[place].sum() == (ended & (days == day)).sum()


@given(rows=ROWS)
def test_fewest_from_the_start_by_brute_force(rows):
    """The smallest risk set up to the time of the largest, at every half day."""
    spells = spells_of(rows)
    entry, days = spells["entry_days"].to_numpy(float), spells["duration_days"].to_numpy(float)
    times = np.arange(-0.5, 30, 1.0)
    inside = ((entry < times[:, None]) & (times[:, None] <= days)).sum(axis=1)
    assert Durations(days, spells["ended"].to_numpy(), entry).from_the_start == inside[: inside.argmax() + 1].min()


def test_entries_before_the_start_change_nothing():
    """Without entries, and with all of them at -1, everything is the same."""
    spells = late_spells().drop(columns="entry_days")
    pd.testing.assert_frame_equal(
        estimate_survival(spells).table, estimate_survival(spells.assign(entry_days=-1)).table
    )
    pd.testing.assert_frame_equal(fit_cox(spells, ["x"]).table, fit_cox(spells.assign(entry_days=-1), ["x"]).table)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("seed", [0, 1])
def test_cox_agrees_with_statsmodels(ties, seed):
    """Coefficients, errors and likelihood are those of PHReg; its entries are a half day off ours, clear of any tie."""
    spells = late_spells(seed=seed)
    x = spells[["x", "z"]].to_numpy(float)
    times = {"endog": spells["duration_days"] + 1, "entry": spells["entry_days"].to_numpy() + 1.5}
    theirs = PHReg(exog=x, status=spells["ended"].astype(int), ties=ties, **times).fit()
    fit = fit_cox(spells, ["x", "z"], ties=ties)
    np.testing.assert_allclose(fit.table["coefficient"], theirs.params, rtol=1e-6)
    np.testing.assert_allclose(fit.table["std_error"], theirs.bse, rtol=1e-5)
    assert fit.log_likelihood == pytest.approx(theirs.llf, rel=1e-9)


@given(rows=ROWS, seed=st.integers(0, 99))
@settings(max_examples=60)
def test_score_test_of_two_groups_is_the_log_rank_test(rows, seed):
    """Without ties the log-rank statistic is Cox's score test at zero, entries or not."""
    rng = np.random.default_rng(seed)
    spells = spells_of(rows)
    spells["duration_days"] += rng.permutation(len(spells)) / 1000
    x = (spells["group"] == "b").to_numpy(float)
    score, information = 0.0, 0.0
    for day in spells.loc[spells["ended"], "duration_days"]:
        inside = (spells["entry_days"] < day) & (day <= spells["duration_days"])
        share = x[inside].mean()
        score += x[(spells["duration_days"] == day).to_numpy()][0] - share
        information += share * (1 - share)
    if spells["group"].nunique() < 2 or information < 1e-9:
        return
    assert compare_survival(spells, group_by="group", fewest=0).statistic == pytest.approx(
        score**2 / information, abs=1e-8
    )


@given(rows=ROWS)
def test_incidences_and_the_curve_add_up_to_one(rows):
    """At any day the causes' incidences and the curve of all endings add up to one."""
    spells = spells_of(rows).rename(columns={"group": "cause"})
    if not spells["ended"].any():
        return
    curve, incidence = estimate_survival(spells), estimate_incidence(spells).table
    total = incidence.groupby("days")["incidence"].sum().to_numpy()
    np.testing.assert_allclose(total + curve.survival, 1, atol=1e-12)


def test_robust_errors_hold_a_customer_who_is_there_twice():
    """Every row twice, clustered, has the errors of every row once, clustered."""
    spells = late_spells()
    once = fit_cox(spells, ["x", "z"], ties="breslow", cluster="customer_id").table
    twice = fit_cox(pd.concat([spells, spells]), ["x", "z"], ties="breslow", cluster="customer_id").table
    np.testing.assert_allclose(twice["std_error"], once["std_error"], rtol=1e-6)


def test_a_spell_ends_after_its_entry():
    """A spell that ended before ends could be seen is refused with its row."""
    spells = spells_of([(-1, 3, True, "a"), (5, 2, True, "a")]).assign(duration_days=[2, 5])
    with pytest.raises(DataError, match=r"'entry_days' has 1 value that is not below duration_days.*row 2"):
        estimate_survival(spells)


def test_groups_that_nobody_joined_are_left_out():
    """A group whose members all joined long before ends could be seen says nothing of its first days."""
    old = spells_of([(300, day, day % 2 == 0, "old") for day in range(1, 60)])
    new = spells_of([(-1, day, day % 2 == 0, "new") for day in range(1, 60)])
    curves = estimate_by_group(pd.concat([old, new], ignore_index=True), group_by="group")
    assert (list(curves.curves), dict(curves.left_out)) == (["new"], {"old": 0})


YEARS = 6 * 365
SEEN_FROM = 4 * 365
LIVES = {
    "steady": lambda rng, n: rng.exponential(365, n),
    "unlike members": lambda rng, n: rng.exponential(365 / rng.gamma(1, 1, n)),
    "late leavers": lambda rng, n: 500 * rng.weibull(2, n),
    "once a year": lambda rng, n: 365 * rng.geometric(rng.beta(2, 6, n)) + rng.integers(0, 20, n),
}
STILL_THERE = {"steady": np.exp(-1), "unlike members": 1 / 2, "late leavers": np.exp(-((365 / 500) ** 2))}


def company(life, rng, n):
    """Memberships of six years, everybody who ever left among them, and the last day."""
    start, end = np.sort(rng.integers(0, YEARS, n)), pd.Timestamp("2024-12-30")
    last = start + np.floor(LIVES[life](rng, n)).astype(int)
    began, ended = (end - pd.to_timedelta(YEARS - days, unit="D") for days in (start, last))
    ended = pd.Series(ended).where(last <= YEARS)
    return pd.DataFrame({"customer_id": np.arange(n).astype(str), "started_on": began, "ended_on": ended}), end


def members_since(rows, end, number):
    """Those of them who were members on a day, by its number, or later."""
    day = end - pd.Timedelta(days=YEARS - number)
    return rows[rows["ended_on"].isna() | (rows["ended_on"] >= day)], day


def test_a_churn_study_looks_from_the_day_on_which_ends_are_seen():
    """Spells, periods and cut-offs of a company hold to one day, guessed or asked; asked for all, nothing is cut."""
    rows, end = company("unlike members", np.random.default_rng(2), 1500)
    part, day = members_since(rows, end, SEEN_FROM)
    shop = Workspace.from_frames({"memberships": part}, currency="GBP", time_zone="UTC")
    for asked in ("", str(day.date())):
        data = gather_churn(shop, ChurnQuestion(observed_from=asked))
        seen = pd.Timestamp(data.question.observed_from)
        assert (data.is_guess, day <= seen <= day + pd.Timedelta(days=10)) == (not asked, True)
        assert data.periods["begins_on"].min() >= seen
        assert data.snapshots["cut_off"].min() > seen
        assert not data.sees_no_beginnings
    everything = gather_churn(shop, ChurnQuestion(observed_from="2010-01-01"))
    assert (everything.question.observed_from, "entry_days" in everything.spells) == ("", False)


@pytest.mark.slow
@pytest.mark.parametrize("life", LIVES)
def test_the_day_from_which_ends_are_seen_is_guessed(life):
    """100 companies of 150 to 3,000: no guess where all ends are there, one near the day in 95 of 100 where not."""
    wrong, days_late = 0, []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        rows, end = company(life, rng, int(rng.choice([150, 600, 3000])))
        wrong += guess_observed_from(rows, observation_end=end.date()) is not None
        part, day = members_since(rows, end, SEEN_FROM)
        guess = guess_observed_from(part, observation_end=end.date())
        days_late += [] if guess is None else [(pd.Timestamp(guess) - day).days]
    assert wrong <= 1
    assert len(days_late) >= 95
    assert np.median(days_late) <= 10


@pytest.mark.parametrize("strays", [[100], [100, 400, 900], [5]])
def test_single_early_ends_do_not_defeat_the_guess(strays):
    """One to three memberships that ended years before the others are seen to end are passed over."""
    for life in LIVES:
        rows, end = company(life, np.random.default_rng(1), 1500)
        part, day = members_since(rows, end, SEEN_FROM)
        old = part.iloc[: len(strays)].copy()
        old["started_on"] = rows["started_on"].min()
        old["ended_on"] = old["started_on"] + pd.to_timedelta(strays, unit="D")
        guess = guess_observed_from(pd.concat([old, part]), observation_end=end.date())
        assert guess is not None
        assert 0 <= (pd.Timestamp(guess) - day).days <= 20


@pytest.mark.slow
def test_survival_of_an_export_of_members_since_a_day():
    """400 exports of 600 members, the day guessed: the interval after a year holds the truth in 93 to 97 of 100.

    Spells are made of all exports with one day at once: each customer has its own.
    """
    lives, exports = {}, {}
    for seed in range(400):
        lives[seed] = list(STILL_THERE)[seed % 3]
        rows, end = company(lives[seed], np.random.default_rng(seed), 600)
        part, _ = members_since(rows, end, SEEN_FROM)
        part = part.assign(export=seed, customer_id=f"{seed}-" + part["customer_id"])
        exports.setdefault(guess_observed_from(part, observation_end=end.date()), []).append(part)
        if seed < 60:
            exports.setdefault("without", []).append(part)
    held, plain = [], []
    for day, parts in exports.items():
        table, since = pd.concat(parts, ignore_index=True), None if day == "without" else day
        spells = membership_spells(table, observation_end=end.date(), observed_from=since)
        whose = spells["customer_id"].map(table.set_index("customer_id")["export"])
        for seed, own in spells.groupby(whose):
            row = estimate_survival(own).at([364.5]).iloc[0]
            holds = plain if day == "without" else held
            holds.append(row["low"] <= STILL_THERE[lives[seed]] <= row["high"])
    assert (len(held), len(plain)) == (400, 60)
    assert 0.93 <= np.mean(held) <= 0.97
    assert np.mean(plain) <= 0.2  # without entries it hardly ever does


def test_seasons_that_all_end_on_one_day_hide_no_earlier_ends():
    """Seasonal memberships: nobody leaves before the first season is over, and that is no missing past."""
    rng = np.random.default_rng(1)
    years = [2023, 2024, 2025]
    parts = [
        pd.DataFrame({
            "customer_id": [f"{year}-{i}" for i in range(500)],
            "started_on": pd.Timestamp(f"{year}-04-01") + pd.to_timedelta(rng.integers(0, 40, 500), unit="D"),
            "ended_on": pd.Timestamp(f"{year}-09-28"),
        })
        for year in years
    ]  # fmt: skip
    assert guess_observed_from(pd.concat(parts), observation_end="2025-12-31") is None
