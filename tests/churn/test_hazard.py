"""The discrete-time hazard: logistic regression's numbers, the planted coefficients of the simulated company."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from cxlib.churn.survival import fit_hazard
from cxlib.data import membership_periods
from cxlib.data.demo import Truth
from cxlib.errors import DataError
from tests.churn.members import draw_members

TERMS = {
    "intercept": "intercept", "log_periods": "tenure", "plan=annual": "annual", "tickets_recent": "tickets",
    "low_rating_recent": "low_rating", "offer": "offer",
}  # fmt: skip
COVARIATES = ["plan", "tickets_recent", "low_rating_recent", "offer"]
TRUTH, COMPANIES, CUSTOMERS, AT_ONCE = Truth(), 120, 4_000, 20


PLANTED = np.array([getattr(TRUTH.memberships.hazard, name) for name in TERMS.values()])


def periods_of(seeds):
    """Periods of simulated companies with their planted offer, and tickets up to where more make no difference.

    They are made for all companies at once, with the seed before each customer's name and in a column `seed`.
    """
    parts = {"memberships": [], "tickets": [], "surveys": [], "customers": []}
    for seed in seeds:
        tables = draw_members([TRUTH], seed=seed, customers=CUSTOMERS)
        tables["memberships"] = tables["memberships"][0]
        for name, part in parts.items():
            part.append(tables[name].assign(customer_id=f"{seed} " + tables[name]["customer_id"].astype(str)))
    tables = {name: pd.concat(part, ignore_index=True) for name, part in parts.items()}
    rows = membership_periods(tables, observation_end=TRUTH.end, attributes=["campaign_group"])
    offered = (rows["campaign_group"] == "treated") & (rows["plan"] == "monthly")
    after = rows["begins_on"] >= pd.Timestamp(TRUTH.campaign.on)
    tickets = rows["tickets_recent"].clip(upper=TRUTH.memberships.hazard.ticket_cap)
    seed = rows["customer_id"].str.partition(" ")[0].astype(int)
    return rows.assign(offer=(offered & after).astype(int), tickets_recent=tickets, seed=seed)


def make_rows(n=4000, seed=0):
    """Periods with known coefficients: intercept -2, ln(1 + period) -0.3, x 0.7."""
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame({"customer_id": np.arange(n) // 4, "period": rng.integers(0, 10, n), "x": rng.normal(size=n)})
    logit = -2 - 0.3 * np.log1p(rows["period"]) + 0.7 * rows["x"]
    return rows.assign(ended=rng.random(n) < 1 / (1 + np.exp(-logit)))


def test_agrees_with_statsmodels():
    """Coefficients, standard errors and likelihood are statsmodels' Logit's, clustered by customer."""
    rows = make_rows()
    ours = fit_hazard(rows, ["x"])
    X = np.column_stack([np.ones(len(rows)), np.log1p(rows["period"]), rows["x"]])
    model = sm.Logit(rows["ended"].astype(float), X)
    options = {"groups": rows["customer_id"], "use_correction": False}
    theirs = model.fit(disp=0, cov_type="cluster", cov_kwds=options)
    np.testing.assert_allclose(ours.table["coefficient"], theirs.params, rtol=1e-6)
    np.testing.assert_allclose(ours.table["std_error"], theirs.bse, rtol=1e-6)
    assert ours.log_likelihood == pytest.approx(theirs.llf)


def test_finds_what_was_planted():
    """In one simulated company every coefficient lies within 3.5 standard errors of the planted one."""
    table = fit_hazard(periods_of([11]), COVARIATES).table.set_index("term")
    distance = (table.loc[list(TERMS), "coefficient"] - PLANTED) / table.loc[list(TERMS), "std_error"]
    assert distance.abs().max() < 3.5


@pytest.mark.slow
def test_intervals_cover_the_planted_coefficients():
    """Of 120 companies of 4,000 customers, 95% intervals of each coefficient hold the planted one in 91 to 99%."""
    hits = np.zeros(len(TERMS))
    for first in range(0, COMPANIES, AT_ONCE):
        for _, rows in periods_of(range(first, first + AT_ONCE)).groupby("seed"):
            table = fit_hazard(rows, COVARIATES).table.set_index("term").loc[list(TERMS)]
            hits += ((table["low"] <= PLANTED) & (table["high"] >= PLANTED)).to_numpy()
    shares = pd.Series(hits / COMPANIES, index=list(TERMS))
    print(shares)
    assert ((shares >= 0.91) & (shares <= 0.99)).all(), shares


def test_rows_in_any_order_say_the_same():
    """Shuffled rows, and the same rows under other customer names, give the same table."""
    rows = make_rows(1000)
    mixed = rows.sample(frac=1, random_state=1).assign(customer_id=lambda each: each["customer_id"].astype(str))
    numbers = ["coefficient", "std_error"]
    pd.testing.assert_frame_equal(fit_hazard(rows, ["x"]).table[numbers], fit_hazard(mixed, ["x"]).table[numbers])


def test_headline_names_the_clearest():
    """The headline gives label, ratio, interval and counts."""
    text = str(fit_hazard(make_rows(), ["x"]).headline)
    assert text.startswith("“x: 0.5 more” clearly goes with leaving in the next period: 1.52")
    assert "1,000 members" in text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows.drop(columns="period"), "the table of periods has no column 'period'"),
        (lambda rows: rows.assign(ended=False), "'ended' is False throughout"),
        (
            lambda rows: rows.assign(period=-1),
            "the table of periods: column 'period' has 4,000 values that are negative (first: -1 in row 1)",
        ),
        (lambda rows: rows.assign(ended=2), "column 'ended' has 4,000 values that are neither true nor false"),
        (lambda rows: rows.iloc[:0], "the table of periods has no rows"),
        (lambda rows: rows.assign(x=np.log1p(rows["period"])), "'x' says the same|same as other columns"),
    ],
)
def test_bad_input_is_named(change, words):
    """A fault names the column, the row, the value and what to do."""
    with pytest.raises(DataError) as raised:
        fit_hazard(change(make_rows()), ["x"])
    assert any(part in str(raised.value) for part in words.split("|"))


@pytest.mark.parametrize("kind", ["plan", "flag", "unflagged", "count"])
def test_what_fewer_than_thirty_customers_have_is_not_told(kind):
    """Seven customers with 56 periods are no class, no flag (nor what lacks one) and no count; thirty are."""
    rows = pd.concat([make_rows(), make_rows(seed=1)], ignore_index=True)
    for few in (7, 30):
        own = rows["customer_id"] < few
        column = {
            "plan": np.where(own, "founder", "basic"),
            "flag": own,
            "unflagged": ~own,
            "count": own * rows["period"],
        }
        fit = fit_hazard(rows.assign(it=column[kind]), ["x", "it"])
        assert len(fit.effects) == len(fit.summary) == 1 + (few == 30)
        assert fit.effects["covariate"].iloc[0] == "x"
