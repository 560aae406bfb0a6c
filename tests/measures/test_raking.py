"""Raking to known margins, trimming, and what the score becomes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxlib.errors import DataError, ParameterError
from cxlib.measures import rake, weigh_period


def people(n=400, seed=0):
    """Answers by age and region, unevenly."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": rng.choice(["18-34", "35-54", "55+"], n, p=[0.2, 0.3, 0.5]),
            "region": rng.choice(["n", "s"], n, p=[0.7, 0.3]),
        }
    )


SHARES = st.floats(0.1, 0.6)


@given(SHARES, SHARES, st.integers(0, 20))
def test_margins_are_met(young, north, seed):
    """Wide limits: every margin is met, whatever its numbers are, and weights have mean one."""
    margins = {"age": {"18-34": young, "35-54": 0.3, "55+": 0.4}, "region": {"n": north, "s": 0.5}}
    raked = rake(people(seed=seed), margins, trim=(0, 100))
    assert raked.converged
    assert raked.margins["reached"].to_numpy() == pytest.approx(raked.margins["target"].to_numpy(), abs=1e-7)
    assert raked.weights.mean() == pytest.approx(1)
    assert raked.design_effect == pytest.approx(len(raked.weights) / raked.effective_n)
    assert raked.design_effect >= 1 - 1e-12


def test_one_margin_is_post_stratification():
    """With one margin every weight is target over share."""
    frame = people()
    raked = rake(frame, {"age": {"18-34": 0.3, "35-54": 0.4, "55+": 0.3}})
    share = frame["age"].value_counts(normalize=True)
    wanted = frame["age"].map({"18-34": 0.3, "35-54": 0.4, "55+": 0.3}) / frame["age"].map(share)
    assert raked.weights == pytest.approx(wanted.to_numpy())


def test_trimming_holds_weights_and_says_so():
    """A rare category with a large target: its weights stop at the limit, and the margin is called not met."""
    frame = pd.DataFrame({"age": ["young"] * 5 + ["old"] * 95, "nps": [2] * 5 + [9] * 95})
    raked = rake(frame, {"age": {"young": 0.5, "old": 0.5}}, trim=(0.2, 4))
    assert raked.weights.max() == pytest.approx(4, rel=1e-3)
    assert (raked.trimmed, raked.converged) == (5, False)
    found = weigh_period(frame.assign(weight=1.0), {"age": {"young": 0.5, "old": 0.5}}, invited=200)
    assert "5 answers had their weight held at a limit" in str(found.findings[2])
    assert found.response_rate == 0.5


def test_base_weights_are_kept_within_cells():
    """Raking multiplies base weights; their ratio within a cell stays."""
    frame = pd.DataFrame({"age": ["a", "a", "b", "b"] * 10})
    weights = rake(frame, {"age": {"a": 0.3, "b": 0.7}}, weights=[1, 2, 1, 1] * 10).weights
    assert weights[1] / weights[0] == pytest.approx(2)


@pytest.mark.parametrize(
    ("margins", "message"),
    [({"age": {"18-34": 0.5, "35-54": 0.5}}, "no share for 55\\+"),
     ({"age": {"18-34": 0.2, "35-54": 0.3, "55+": 0.4, "99+": 0.1}}, "cannot be met: nobody in '99\\+'"),
     ({"age": {"18-34": 0.2, "35-54": 0.3, "55+": -0.5}}, "not above zero"),
     ({"city": {"x": 1}}, "no column 'city'")],
)  # fmt: skip
def test_margins_that_cannot_be_met(margins, message):
    """A margin that does not fit the answers is refused with its reason."""
    with pytest.raises(DataError, match=message):
        rake(people(), margins)


def test_other_refusals():
    """No margins, limits without 1, a missing category, fewer invited than answered."""
    with pytest.raises(ParameterError, match="no margins"):
        rake(people(), {})
    with pytest.raises(ParameterError, match="must hold 1"):
        rake(people(), {"region": {"n": 1, "s": 1}}, trim=(2, 3))
    with pytest.raises(DataError, match="missing in 1 answers"):
        rake(pd.DataFrame({"age": ["a", None]}), {"age": {"a": 1}})
    few = weigh_period(pd.DataFrame({"nps": [9] * 40, "age": "a", "weight": 1.0}), {"age": {"a": 1}}, invited=3)
    assert few.response_rate is None


def test_weighting_undoes_age_in_the_demo():
    """Weights to all customers' ages bring the score nearer to what all invited customers would have said."""
    from cxlib.data.demo import simulate

    company = simulate(6000, seed=3)
    asked = company.hidden["invitations"].merge(company.tables["customers"][["customer_id", "age_band"]])
    answered = asked[asked["responded"]]
    known = asked["age_band"].value_counts(normalize=True).to_dict()
    found = weigh_period(answered.assign(weight=1.0), {"age_band": known}, invited=len(asked))
    truth = 100 * ((asked["nps"] >= 9).mean() - (asked["nps"] <= 6).mean())
    assert abs(found.weighted.value - truth) < abs(found.unweighted.value - truth)
    assert found.raked.design_effect > 1
    assert "Weighted to all customers" in str(found.headline)
    assert "NPS" in found._repr_html_()
