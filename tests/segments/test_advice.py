"""Whom to act on first: what is said follows from who still comes, and is seldom said where it is not so."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cxlib.data import open_workspace
from cxlib.errors import ParameterError
from cxlib.language import speaker
from cxlib.report.views import segmentation as show
from cxlib.segments import Effort, SegmentQuestion, choose_rules, gather_segments, segment_summary, study_segments
from cxlib.segments.advice import advise

RULES = choose_rules({
    "few": {"name": "Few", "recency": [3, 5], "frequency": [1, 2]},
    "many": {"name": "Many", "recency": [3, 5], "frequency": [3, 5]},
    "away": {"name": "Away", "recency": [1, 2]},
})  # fmt: skip
TODAY = 500


def today(rules=RULES):
    """The summary of as many customers in each segment."""
    keys = np.repeat(rules.keys, TODAY)
    frame = pd.DataFrame({"segment": keys, "recency_days": 3, "frequency": 4, "monetary": 900})
    return segment_summary(frame, rules=rules, currency="GBP")


SUMMARY = today()


def past(n=400, *, slid=(0.2, 0.2), buys=(0.8, 0.8), back=0.03, seed=0):
    """Customers of an earlier day: of each segment `n`, of whom so many slid away and so many of the others bought."""
    random, parts = np.random.default_rng(seed), []
    for key, gone, again in zip(RULES.keys, (*slid, 0), (*buys, back), strict=True):
        away = random.random(n) < gone
        bought = ~away & (random.random(n) < again)
        spend = np.where(bought, random.lognormal(8.5, 1, n).round(), 0)
        after = np.where(away, "away", key)
        parts.append(pd.DataFrame({"segment": key, "after": after, "next_cents": spend, "next_purchase_days": bought}))
    return pd.concat(parts, ignore_index=True)


def advice(**company):
    """The advice for a company."""
    return advise(past(**company), SUMMARY, rules=RULES, days=90)


def test_at_stake_by_hand():
    """Of 100 who spent 800 a head 40 slid to where nobody spends: 100 today stand to bring 100 x 0.4 x 800 less."""
    rows = pd.DataFrame({"segment": ["many"] * 100 + ["away"] * 100, "after": ["many"] * 60 + ["away"] * 140})
    bought = [1] * 80 + [0] * 120
    rows = rows.assign(next_cents=np.multiply(bought, 1_000), next_purchase_days=bought)
    row = advise(rows, SUMMARY, rules=RULES, days=90).table.set_index("segment").loc["many"]
    assert (row["bought_again"], row["slid"]) == (0.8, 0.4)
    assert row["at_stake_cents"] == pytest.approx(TODAY * 0.4 * 800)
    assert row["at_stake_low_cents"] < row["at_stake_cents"] < row["at_stake_high_cents"]


def test_who_left_is_named_with_the_evidence_and_never_first():
    """However large a segment and whatever it brought: its interval of buying again lies below the bound."""
    left = advice()
    assert left.left["segment"].tolist() == ["away"]
    assert "Hardly anyone comes back" in str(left.gone)
    share = int((past()["next_purchase_days"] & (past()["segment"] == "away")).sum()) / 400
    assert f"“Away” {100 * share:.1f}% (" in str(left.gone)
    assert "Away" not in str(left.headline)
    assert not left.table.set_index("segment").loc["away", ["at_stake_cents"]].notna().any()


def test_the_segment_with_more_at_stake_is_first():
    """More slide, or those who slide brought more; where the two cannot be told apart both are named."""
    assert str(advice(slid=(0.4, 0.1)).headline).startswith("Act first on “Few”: ")
    assert str(advice(buys=(0.2, 0.9)).headline).startswith("Act first on “Many”: ")
    both = str(advice().headline)
    assert both.startswith("Act first on “")
    assert "Which of them comes first is not clear" in both


def test_nobody_who_slides_is_nobody_to_act_on():
    """Nobody slid: what could have is in the interval, and nothing is claimed."""
    still = advice(slid=(0, 0))
    assert str(still.headline) == "No segment clearly slides away: look after the customers you have"
    assert still.table["at_stake_cents"].dropna().tolist() == [0, 0]
    assert still.table["at_stake_high_cents"].dropna().min() > 0


def test_what_cannot_be_told_is_not():
    """No earlier day, segments that do not part by time, and a time so short that hardly anyone buys in it."""
    assert "too few were customers 90 days ago" in str(advise(None, SUMMARY, rules=RULES, days=90).headline)
    money = choose_rules({"rich": {"name": "Rich", "monetary": 5}, "poor": {"name": "Poor", "monetary": [1, 4]}})
    rows = past().assign(segment="rich", after="poor")
    assert "no segment is of customers who have not come" in str(
        advise(rows, today(money), rules=money, days=9).headline
    )
    slow = advice(buys=(0.12, 0.1), back=0.01)
    assert "too few to see in that time who has left" in str(slow.headline)
    assert slow.left.empty
    assert slow.table["at_stake_cents"].isna().all()


def test_a_handful_says_nothing():
    """Below thirty customers of the earlier day nothing is at stake."""
    few = advice(n=20)
    assert few.table[["at_stake_cents", "bought_again", "mean_cents"]].isna().all(axis=None)
    assert "of" not in few.export
    with pytest.raises(ParameterError, match=r"Write 10 percent as 0\.1"):
        SegmentQuestion(left_below=10)


@pytest.mark.slow
def test_statements_have_error_rates():
    """Of 200 companies each: 93% to 99.5% of intervals hold; a tie is broken in at most 5%, a bound crossed in 6%."""
    mean, slid = np.exp(8.5 + 0.5), 0.1
    truth = TODAY * slid * ((1 - slid) * 0.8 - 0.03) * mean
    for n in (100, 600):
        rows = [advice(n=n, slid=(slid, slid), seed=seed).table.iloc[0] for seed in range(200)]
        held = np.mean([row["at_stake_low_cents"] <= truth <= row["at_stake_high_cents"] for row in rows])
        assert 0.93 <= held <= 0.995, n
    ties = [advice(back=0.1, seed=seed) for seed in range(200)]
    assert np.mean([len(each.first) == 1 for each in ties]) <= 0.05
    assert np.mean([not each.left.empty for each in ties]) <= 0.06


@pytest.mark.slow
def test_the_demo_acts_on_those_who_still_come():
    """Page, table and export: nothing to do for a segment whose interval of buying again lies below the bound."""
    data = gather_segments(open_workspace("demo").using("transactions"))
    study = study_segments(data, effort=Effort(resamples=3, resample_customers=200), draws=100, seed=7)
    low = study.advice.table[study.advice.table["bought_again_high"] < 0.1]
    assert set(low["segment"]) == {"at_risk", "cant_lose", "hibernating"}
    assert study.advice.first["segment"].tolist() == ["loyal"]
    head = show.answer(study).payload()
    assert "Act first on “Loyal customers”" in head["action"]["en"]
    assert "At risk" not in head["action"]["en"]
    page = show.action_table(study).payload()["html"]["en"]
    assert page.count("None: hardly anyone comes back") == 3
    assert "Call in person" not in page
    assert "Reward and ask for referrals" in page
    rows = study.advice.table.assign(standing=np.where(study.advice.table["segment"] == "champions", "sliding", ""))
    sliding = replace(study, advice=replace(study.advice, table=rows))
    page = show.action_table(sliding).payload()["html"]["en"]
    assert "ask those who come less" in page
    assert "referrals" not in page
    gone = study.export.loc[study.export["standing"] == "left", "segment"].astype(str)
    assert set(gone) == set(low["segment"])
    assert set(study.act_first["segment"].astype(str)) == {"loyal"}
    assert (
        len(study.act_first)
        == study.export["act_first"].sum()
        == study.segments.table.set_index("segment").loc["loyal", "customers"]
    )
    assert study.act_first["customer_id"].tolist() == study.export["customer_id"].head(len(study.act_first)).tolist()
    assert speaker("ar").say(study.advice.gone) != speaker("en").say(study.advice.gone)


def test_nobody_is_first_of_whom_it_is_not_known_that_they_still_come():
    """Few were there and a tenth bought again, more or less: something is at stake, and they may as well have left."""
    unsure = advice(n=60, slid=(0.8, 0.0), buys=(0.55, 0.9), back=0.0, seed=1)
    row = unsure.table.set_index("segment").loc["few"]
    assert row["bought_again_low"] < unsure.bound < row["bought_again_high"]
    assert row["standing"] == ""
    assert "Few" not in str(unsure.headline)
