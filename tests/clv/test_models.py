"""What holds for every model: gradients, grouping, time units, probabilities, tails, verdicts, refusals."""

import datetime as dt
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxlib.clv import BetaGeoModel, GammaGammaModel, ModifiedBetaGeoModel, ParetoNBDModel, ShiftedBetaGeoModel
from cxlib.clv.choice import fit_spends
from cxlib.clv.intervals import draw_parameters
from cxlib.clv.models.optimise import maximise
from cxlib.clv.models.shifted_beta_geo import Renewals, membership_summary
from cxlib.errors import DataError, ParameterError

CONTINUOUS = [BetaGeoModel, ModifiedBetaGeoModel, ParetoNBDModel]
logs = st.floats(-2.5, 3.5)


@st.composite
def some_customers(draw):
    """A few customers with whole days."""
    rows = []
    for _ in range(draw(st.integers(1, 6))):
        x, age = draw(st.integers(0, 40)), draw(st.integers(60, 900))
        rows.append((x, draw(st.integers(x, age)) if x else 0, age, draw(st.integers(1, 5))))
    return pd.DataFrame(rows, columns=["frequency", "recency", "T", "customers"])


def slope_of(model, point, rows):
    """Difference quotient of the log likelihood in each log parameter."""
    steps = 1e-5 * np.eye(len(point))
    return [(model._in_logs(point + h, rows)[0] - model._in_logs(point - h, rows)[0]) / 2e-5 for h in steps]


@pytest.mark.parametrize("kind", CONTINUOUS)
@given(table=some_customers(), point=st.tuples(logs, logs, logs, logs))
def test_gradient(kind, table, point):
    """Analytic gradients are the difference quotients of the likelihood, whatever the parameters."""
    model, at = kind(), np.array(point)
    rows = model._read(table)
    value, gradient = model._in_logs(at, rows)
    assert gradient == pytest.approx(slope_of(model, at, rows), abs=1e-4 * max(1, abs(value) / 100), rel=1e-4)


@given(point=st.tuples(logs, logs, logs), n=st.integers(2, 8))
def test_gradient_of_spend(point, n):
    """The same for Gamma-Gamma."""
    rng = np.random.default_rng(n)
    table = pd.DataFrame({"frequency": rng.integers(1, 30, n), "monetary_value": rng.gamma(2, 20, n) + 0.01})
    model, at = GammaGammaModel(), np.array(point)
    rows = model._read(table)
    assert model._in_logs(at, rows)[1] == pytest.approx(slope_of(model, at, rows), abs=1e-3, rel=1e-4)


@given(point=st.tuples(logs, logs))
def test_gradient_of_memberships(point):
    """The same for sBG, with cohorts of different ages."""
    table = pd.DataFrame({"periods": [1, 3, 7, 2, 5, 0], "ended": [True, True, True, False, False, False]})
    model, at = ShiftedBetaGeoModel(), np.array(point)
    rows = model._read(table)
    assert model._in_logs(at, rows)[1] == pytest.approx(slope_of(model, at, rows), abs=1e-5, rel=1e-4)


@pytest.mark.parametrize("kind", CONTINUOUS)
@given(table=some_customers())
def test_grouped_rows_are_their_customers(kind, table):
    """A row with a count of k is k rows: same likelihood, same gradient; fractions of days too."""
    point = np.array([0.6, 5.0, 0.9, 2.5])
    spread = table.loc[table.index.repeat(table["customers"])].drop(columns="customers")
    for shift in (0, 0.25):
        moved = [
            t.assign(recency=t["recency"] + shift * (t["frequency"] > 0), T=t["T"] + shift) for t in (table, spread)
        ]
        (one, g1), (two, g2) = (kind()._evaluate(point, kind()._read(t)) for t in moved)
        assert one == pytest.approx(two, rel=1e-10)
        assert g1 == pytest.approx(g2, rel=1e-8, abs=1e-8)


@pytest.mark.parametrize("kind", CONTINUOUS)
def test_time_unit_changes_nothing_but_scale(kind, customers):
    """In days alpha (and beta of Pareto/NBD) is 7 times that in weeks; forecasts in days are the same."""
    weeks, days = kind(time_unit_days=7).fit(customers), kind(time_unit_days=1).fit(customers)
    scaled = {"alpha", "beta"}
    expected = {name: value * (7 if name in scaled else 1) for name, value in weeks.params_.items()}
    assert days.params_ == pytest.approx(expected, rel=1e-4)
    for name in ("p_alive", "expected_purchases"):
        options = {} if name == "p_alive" else {"horizon_days": 200}
        one, two = (getattr(model, name)(customers, **options) for model in (weeks, days))
        assert one.to_numpy() == pytest.approx(two.to_numpy(), rel=1e-3)


@pytest.mark.parametrize("kind", CONTINUOUS)
@given(table=some_customers(), point=st.tuples(logs, logs, logs, logs), horizon=st.floats(1, 3000))
def test_predictions_make_sense(kind, table, point, horizon):
    """P(alive) lies in [0, 1], expectations are finite, positive and grow with the horizon."""
    model = kind.from_params(dict(zip(kind.parameters, np.exp(point), strict=True)))
    assert model.p_alive(table).between(0, 1).all()
    near, far = (model.expected_purchases(table, horizon_days=h).to_numpy() for h in (horizon, horizon * 1.5))
    assert np.isfinite(far).all()
    assert (near >= -1e-9).all()
    assert (far >= near * (1 - 1e-6) - 1e-9).all()
    likely = (3000 / 7 * (model.params_["r"] + 40) / model.params_["alpha"]) * 1.5
    assert (far <= likely).all()


@pytest.mark.parametrize("kind", CONTINUOUS)
@given(x=st.integers(1, 30), point=st.tuples(logs, logs, logs, logs))
def test_alive_falls_with_silence(kind, x, point):
    """The longer ago the last purchase, the lower P(alive)."""
    model = kind.from_params(dict(zip(kind.parameters, np.exp(point), strict=True)))
    table = pd.DataFrame({"frequency": x, "recency": [400, 300, 200, 100], "T": 400})
    assert (np.diff(model.p_alive(table)) <= 1e-9).all()


@pytest.mark.parametrize("kind", CONTINUOUS)
def test_tails_do_not_overflow(kind):
    """Five thousand purchases, ages of ten thousand units, and a customer of one day: all finite."""
    model = kind.from_params(dict(zip(kind.parameters, (0.25, 4.0, 0.8, 2.5), strict=True)), time_unit_days=1)
    table = pd.DataFrame(
        {
            "frequency": [5000, 5000, 1, 0, 1],
            "recency": [9999, 5000, 1, 0, 9999],
            "T": [10_000, 10_000, 10_000, 10_000, 10_000],
        }
    )
    value, gradient = model._evaluate(model._theta, model._read(table))
    assert np.isfinite([value, *gradient]).all()
    alive, more = model.p_alive(table), model.expected_purchases(table, horizon_days=10_000)
    assert np.isfinite([*alive, *more]).all()
    assert alive[0] > 0.99
    assert alive[1] < 1e-6
    assert more[0] > 1000


@pytest.mark.parametrize("point", [(0.55, 10.6, 0.6, 11.7), (3, 0.02, 0.4, 30), (0.3, 200, 2, 0.05), (20, 5, 6, 0.5)])
def test_pareto_integral(point):
    """The nodes give the integral that adaptive quadrature gives, for few and for very many purchases."""
    from scipy.integrate import quad

    from cxlib.clv.models.pareto_nbd import _log_left

    r, alpha, s, beta = point
    for x, t, T in [(0, 0, 52), (1, 0.15, 300), (12, 30, 35), (400, 3, 60), (0, 0, 2000)]:

        def height(u, x=x):
            return -(r + x) * np.log(alpha + u) - (s + 1) * np.log(beta + u)

        top = height(t)
        ends = [t, *(t + (T - t) * 10.0 ** np.arange(-6, 0.1))]
        parts = [quad(lambda u, top=top: np.exp(height(u) - top), *pair)[0] for pair in pairwise(ends)]
        ours = _log_left(np.array(point), *(np.array([float(v)]) for v in (x, t, T)))[0][0]
        assert ours == pytest.approx(np.log(s) + top + np.log(sum(parts)), abs=2e-7)


@pytest.mark.parametrize("kind", CONTINUOUS)
def test_futures_average_to_the_expectation(kind, customers):
    """Simulated futures have the mean that the formula gives, within 4 standard errors over 200 futures."""
    few = customers.head(400)
    model = kind().fit(customers)
    rows, rng = model._read(few), np.random.default_rng(3)
    alive = model._alive(model._theta, rows)
    totals = [
        rows.customers @ model._simulate(model._theta, rows, alive=alive, horizons=np.array([50.0]), rng=rng)[0]
        for _ in range(200)
    ]
    expected = rows.customers @ model._expected(model._theta, rows, 50)
    assert np.mean(totals) == pytest.approx(expected, abs=4 * np.std(totals) / np.sqrt(200))


def test_expectation_is_smooth_at_its_poles():
    """At a = 1 and a + b = 1 formulas are 0/0: neighbours agree."""
    table = pd.DataFrame({"frequency": [0, 3], "recency": [0, 90], "T": [100, 100]})
    for a, b in ((1.0, 2.0), (0.4, 0.6)):
        values = [
            BetaGeoModel.from_params({"r": 0.5, "alpha": 5.0, "a": a + side, "b": b}).expected_purchases(
                table, horizon_days=365
            )
            for side in (-1e-3, 0, 1e-3)
        ]
        assert values[1].to_numpy() == pytest.approx((values[0].to_numpy() + values[2].to_numpy()) / 2, rel=1e-4)


def test_endless_discounting(cdnow):
    """DERT in closed form (Fader, Hardie & Lee 2005) is the sum over expected purchases that other models use."""
    from cxlib.clv.models.base import PurchaseModel

    model = ParetoNBDModel.from_params({"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669})
    rows = model._read(cdnow)
    rate = np.log(1.1) * 7 / 365.25
    closed = model._discounted(model._theta, rows, rate=rate, horizon=None)
    summed = PurchaseModel._discounted(model, model._theta, rows, rate=rate, horizon=None)
    assert closed == pytest.approx(summed, rel=1e-4)
    century = model.discounted_purchases(cdnow, annual_discount_rate=0.1, horizon_days=36_500)
    assert century.sum() <= model.discounted_purchases(cdnow, annual_discount_rate=0.1).sum()


def test_discounting_without_a_rate_is_expectation(customers):
    """A rate of 0 discounts nothing; a positive one takes something, but less than a year's worth."""
    model = BetaGeoModel().fit(customers)
    plain = model.expected_purchases(customers, horizon_days=365).sum()
    assert model.discounted_purchases(customers, annual_discount_rate=0, horizon_days=365).sum() == pytest.approx(plain)
    assert plain / 1.1 < model.discounted_purchases(customers, annual_discount_rate=0.1, horizon_days=365).sum() < plain


def test_memberships_without_end():
    """The closed form of remaining renewals is their sum."""
    table = pd.DataFrame({"periods": [0, 3, 12, 2], "ended": [False, False, False, True]})
    model = ShiftedBetaGeoModel.from_params({"alpha": 0.668, "beta": 3.806}, time_unit_days=30)
    endless = model.discounted_purchases(table, annual_discount_rate=0.1)
    assert endless.to_numpy() == pytest.approx(
        model.discounted_purchases(table, annual_discount_rate=0.1, horizon_days=36_500).to_numpy(), rel=1e-3
    )
    assert endless[3] == 0
    assert model.p_alive(table).tolist() == [1, 1, 1, 0]


def test_membership_summary():
    """By calendar months; an end the day before a renewal is that renewal's; an unfinished period does not count."""
    days = pd.to_datetime
    rows = pd.DataFrame(
        {
            "customer_id": list("abcdef"),
            "started_on": days(["2026-01-31"] * 3 + ["2026-12-01", "2026-01-10", "2026-01-31"]),
            "ended_on": days(["2026-02-27", "2026-02-28", "2026-09-01", None, "2026-06-15", None]),
        }
    )
    known = membership_summary(rows, as_of="2026-06-29", renewals=Renewals.every(30))
    assert known["customer_id"].tolist() == ["a", "b", "c", "e", "f"]
    assert known["periods"].tolist() == [1, 2, 4, 5, 4]
    assert known["ended"].tolist() == [True, True, False, False, False]
    assert known["running"].tolist() == [False, False, True, False, True]
    assert known["days_to_renewal"].tolist()[2] == 1
    day_later = membership_summary(rows, as_of="2026-06-29", renewals=Renewals.every(30), ends_on="renewal_day")
    assert day_later["periods"].tolist()[:2] == [1, 1]
    late = membership_summary(rows, as_of="2026-06-29", renewals=Renewals.every(30), observed_from=dt.date(2026, 3, 15))
    assert late["entry"].tolist() == [0, 1, 2, 3, 2]  # of a and b, who ended before, nothing counts
    assert not late["ended"].any()


@pytest.mark.parametrize("days", [7, 28, 30.4, 91, 365])
@given(start=st.dates(dt.date(2019, 1, 1), dt.date(2026, 1, 1)), number=st.integers(0, 60))
def test_renewals_passed_are_the_inverse_of_their_dates(days, start, number):
    """On a renewal's day so many have passed, on the day before one less; a year from 29 February is 28 February."""
    renewals, begin = Renewals.every(days), np.array([start], dtype="datetime64[D]")
    day = renewals.date(begin, number)
    assert renewals.passed(begin, day) == number
    assert renewals.passed(begin, day - np.timedelta64(1, "D")) == max(number - 1, 0)
    if renewals.months:
        assert day == np.datetime64((pd.Timestamp(start) + pd.DateOffset(months=number * renewals.months)).date())


def test_memberships_that_could_be_seen_only_after_some_renewals():
    """Each one's likelihood is divided by the chance of having lasted so long; the gradient goes with it."""
    table = pd.DataFrame({"periods": [3, 7, 5, 2], "ended": [True, True, False, False], "entry": [2, 0, 4, 2]})
    model, at = ShiftedBetaGeoModel(), np.array([0.7, 4.0])
    alone = model._evaluate(at, model._read(table.drop(columns="entry")))[0]
    known = ShiftedBetaGeoModel.from_params({"alpha": 0.7, "beta": 4.0})
    given = model._evaluate(at, model._read(table))[0]
    assert given == pytest.approx(alone - np.log(known.survival([2, 0, 4, 2])).sum())
    rows = model._read(table)
    assert model._in_logs(np.log(at), rows)[1] == pytest.approx(slope_of(model, np.log(at), rows), abs=1e-5, rel=1e-4)


def test_who_runs_late_in_a_period_is_likelier_to_renew():
    """Half of those who leave have left by now: the next renewal by Bayes' rule, and the future by simulation."""
    alpha, beta, rng = 2.0, 6.0, np.random.default_rng(1)
    table = pd.DataFrame(
        {"periods": [1], "ended": [False], "running": [True], "left_by_now": [0.5], "days_to_renewal": [10.0]}
    )
    model = ShiftedBetaGeoModel.from_params({"alpha": alpha, "beta": beta}, time_unit_days=100)
    theta = rng.beta(alpha, beta + 1, 400_000)
    leaves, early = rng.random(theta.size) < theta, rng.random(theta.size) < 0.5
    renewed = np.where(leaves, 0, rng.geometric(theta))[~(leaves & early)]
    ahead = model.expected_purchases(table, horizon_days=250).iloc[0]  # renewals after 10, 110 and 210 days
    assert ahead == pytest.approx(np.minimum(renewed, 3).mean(), abs=0.01)
    worth = np.concatenate([[0.0], np.cumsum(1.1 ** -(np.array([10, 110, 210]) / 365.25))])
    value = model.discounted_purchases(table, annual_discount_rate=0.1, horizon_days=250).iloc[0]
    assert value == pytest.approx(worth[np.minimum(renewed, 3)].mean(), abs=0.01)


def test_coarse_start_ends_where_the_full_one_does(customers):
    """A fit that begins on rounded times has the same end as one that never rounds."""
    model = BetaGeoModel()
    rows = model._read(customers)
    starts = [np.log(start) for start in model._starts(rows)]
    coarse = rows.rounded(5.0)
    assert coarse.n == rows.n
    ends = [
        maximise(lambda p: model._in_logs(p, rows), lambda p, first=first: model._in_logs(p, first), starts).point
        for first in (rows, coarse)
    ]
    assert ends[0] == pytest.approx(ends[1], abs=1e-4)


def test_verdict(customers):
    """A good fit says so; customers who are all alike send parameters to the edge, and that is said."""
    assert "starts end at the same best answer" in str(BetaGeoModel().fit(customers).headline)
    rng = np.random.default_rng(0)
    alike = pd.DataFrame({"frequency": rng.poisson(3, 800)}).assign(T=300)
    alike["recency"] = np.where(alike["frequency"] > 0, 300, 0)
    verdict = BetaGeoModel().fit(alike).convergence_
    assert not verdict.converged or verdict.condition_number > 1e8
    assert "settled" in str(verdict.headline) or "edge" in str(verdict.headline)
    assert "3 of 3" not in str(verdict.headline)


BAD = [
    ({"recency": [-1, 5]}, "'recency' has 1 value that is negative .first: -1 in row 1.. Make the table with purchase"),
    ({"recency": [0, 500]}, "after T"),
    ({"frequency": [0, 2], "recency": [3, 5]}, "positive though frequency is 0"),
    ({"recency": [0, 0]}, "0 though frequency is positive"),
    ({"T": [np.nan, 9]}, "column 'T' has 1 value that is missing or no finite number .first: nan in row 1."),
    ({"frequency": [0, 1.5]}, "whole number"),
    ({"customers": [0, 1]}, "column 'customers'"),
    ({"T": ["x", "y"]}, "no finite number .first: x in row 1."),
]


@pytest.mark.parametrize(("change", "words"), BAD)
def test_bad_columns(change, words):
    """Each fault of a column names the column, the first row and the remedy."""
    table = pd.DataFrame({"customer_id": ["a", "b"], "frequency": [0, 2], "recency": [0, 5], "T": [9, 9]}).assign(
        **change
    )
    with pytest.raises(DataError, match=words):
        BetaGeoModel().fit(table)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"frequency": [0], "recency": [0]}, "nobody has bought twice"),
        ({"frequency": [1], "recency": [5]}, "one-time buyers seem to have been left out"),
        ({"frequency": [0], "recency": [0], "T": [0]}, "'T' is 0 for all"),
        ({"frequency": [0], "recency": [0], "customers": 5}, "at least 10"),
    ],
)
def test_too_little_to_fit(columns, words):
    """All one-time buyers, no one-time buyer, one purchase day, few customers: refused with the reason."""
    with pytest.raises(DataError, match=words):
        BetaGeoModel().fit(pd.DataFrame({"T": [9], "customers": 50, **columns}))


def test_bad_settings(customers):
    """Horizons, rates and units that cannot be meant; an unfitted model; unknown parameters."""
    model = BetaGeoModel().fit(customers)
    for call in (
        lambda: BetaGeoModel(time_unit_days=0),
        lambda: model.expected_purchases(customers, horizon_days=0),
        lambda: model.expected_purchases(customers, horizon_days=1e6),
        lambda: model.discounted_purchases(customers, annual_discount_rate=10, horizon_days=365),
        lambda: model.discounted_purchases(customers, annual_discount_rate=0),
        lambda: BetaGeoModel().p_alive(customers),
        lambda: BetaGeoModel.from_params({"r": 1}),
    ):
        with pytest.raises(ParameterError):
            call()
    with pytest.raises(DataError, match="no column 'frequency'"):
        model.p_alive(customers.drop(columns="frequency"))


def test_spend_that_cannot_be_fitted():
    """No positive amount and a mean that does not exist are refused, whatever is known of a customer."""
    with pytest.raises(DataError, match="no customer with a repeat purchase"):
        GammaGammaModel().fit(pd.DataFrame({"frequency": [0] * 20, "monetary_value": [0.0] * 20}))
    model = GammaGammaModel.from_params({"p": 0.01, "q": 0.9, "v": 3})
    with pytest.raises(ParameterError, match="no mean"):
        _ = model.mean_spend
    with pytest.raises(ParameterError, match="no mean"):  # here the formula would give negative amounts
        model.expected_spend(pd.DataFrame({"frequency": [2, 0], "monetary_value": [5.0, 0.0]}))


def test_spend_that_does_not_differ_is_the_same_for_all():
    """Amounts of like-minded customers, of 30 on average, are forecast as 30 for each; one price is that price."""
    rng = np.random.default_rng(3)
    x = rng.integers(1, 12, 600)
    table = pd.DataFrame({"frequency": x, "monetary_value": rng.gamma(6.0 * x) / 6 * 30 / x})
    unlike = pd.DataFrame({"frequency": x, "monetary_value": rng.gamma(6.0 * x) / x / rng.gamma(4.0, size=600) * 15})
    alike, one = GammaGammaModel().fit(table), GammaGammaModel().fit(table.assign(monetary_value=25.0))
    mean = (table["frequency"] * table["monetary_value"]).sum() / x.sum()
    assert alike.expected_spend(table).to_numpy() == pytest.approx(mean, rel=1e-4)
    assert one.expected_spend(table).to_numpy() == pytest.approx(25, rel=1e-4)
    assert list(fit_spends(table.assign(first_amount_cents=3000, repeat_amount_cents=x * 3000)))
    spread = np.log(draw_parameters(alike, draws=2000, seed=1))  # of the mean: 1 / sqrt(p purchases)
    assert (spread[:, 0] + spread[:, 2]).std() == pytest.approx(1 / np.sqrt(6 * x.sum()), rel=0.1)
    assert GammaGammaModel().fit(unlike).params_["q"] == pytest.approx(4, rel=0.3)


def test_a_fit_without_errors_gives_no_interval():
    """Members who leave ever faster are outside sBG: the fit does not settle, and an interval is refused."""
    table = pd.DataFrame({"periods": [1, 2, 3, 4, 5], "ended": True, "customers": [1, 4, 16, 64, 256]})
    model = ShiftedBetaGeoModel().fit(table)
    assert not model.convergence_.converged
    if np.isnan(list(model.standard_errors_.values())).any():
        with pytest.raises(DataError, match="no standard errors"):
            draw_parameters(model, draws=10, seed=0)
