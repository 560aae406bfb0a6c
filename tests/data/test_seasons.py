"""Customers of one season are told from those who stay away, and nobody calls them out of it."""

import numpy as np
import pandas as pd
import pytest

from cxlib.churn import ChurnQuestion, gather_churn
from cxlib.data import Workspace, find_season
from cxlib.segments import Effort, SegmentQuestion, gather_segments, study_segments
from tests.data.test_breaks import QUIET, shop

LAST = pd.Timestamp("2026-09-30")


def seasonal(seed, *, customers=600, years=2.75, share=1 / 3, width=45, comes=0.85, last=LAST):
    """A shop of whose customers a share (ids S) buys around 5 March only, in most years; the others as anybody."""
    rng = np.random.default_rng(seed)
    start = last - pd.Timedelta(days=int(365.25 * years))
    days, ours, rows = (last - start).days, int(share * customers), []
    middles = (pd.Timestamp("2026-03-05") - start).days - 365.25 * np.arange(4)
    for who in range(ours):
        for middle in middles[: int(rng.integers(np.ceil(years) - 1, np.ceil(years) + 1))]:
            n = (rng.random() < comes) * (1 + rng.poisson(1.5))
            rows += [(f"S{who}", day) for day in middle + rng.uniform(-width / 2, width / 2, n)]
    for who in range(ours, customers):
        first = rng.uniform(0, days) * (rng.random() < 0.5)
        end = min(first + rng.exponential(900), days)
        rows += [
            (f"A{who}", day)
            for day in [first, *rng.uniform(first, end, rng.poisson(rng.gamma(1.5, 1 / 60) * (end - first)))]
        ]
    table = pd.DataFrame(rows, columns=["customer_id", "at"]).query("0 <= at <= @days")
    at = start + pd.to_timedelta(table["at"].astype(int), unit="D")
    return table.assign(at=at, amount=50 + rng.exponential(40, len(table)).round(2))


def found(rows, **asked):
    """The season of a log."""
    return find_season(rows.assign(day=rows["at"], amount_cents=100), ahead=90, **asked)


def waiting(rows, season):
    """Ids of those who wait."""
    own = rows.groupby("customer_id")["at"].max().rename("last").reset_index()
    own["recency_days"] = (rows["at"].max() - own["last"]).dt.days
    return set(own.loc[season.waits(own, LAST), "customer_id"])


def test_who_waits_for_a_season_is_known_by_the_year_before():
    """Nearly all who wait are of the season; a season that is near, and a log without one, name nobody."""
    rows = seasonal(0)
    season = found(rows)
    ids = waiting(rows, season)
    assert len(ids) == season.waiting
    assert sum(who[0] == "S" for who in ids) >= 0.95 * len(ids)
    lately = rows[rows["at"] > "2025-12-01"]
    assert len(ids) >= 0.9 * lately.loc[lately["customer_id"].str.startswith("S"), "customer_id"].nunique()
    assert abs(pd.Timestamp(season.first) - pd.Timestamp("2026-02-11")).days <= 7
    assert abs(pd.Timestamp(season.last) - pd.Timestamp("2026-03-27")).days <= 7
    assert season.came > 0.6 > 0.1 > season.early
    assert "came with the season" in str(season.message)
    assert found(seasonal(0, last=pd.Timestamp("2026-12-20"))) is None  # it begins within 90 days
    assert found(seasonal(0, share=0)) is None
    assert found(rows.iloc[:0]) is None


def test_one_year_does_not_tell_a_season():
    """A single peak of new customers: whether they come again is not known, and the sentence says so."""
    season = found(seasonal(0, years=1.4))
    assert season.of == 0
    assert season.waiting >= 30
    assert "cannot be told yet" in str(season.message)


def test_nobody_out_of_season_is_called_or_won_back():
    """They are no one's risk in churn, stand in a segment of their own, and are in no list to act on first."""
    rows = seasonal(0, customers=300)
    company = Workspace.from_frames({"transactions": rows}, currency="SAR", time_zone="Asia/Riyadh")
    ids = waiting(rows, found(rows))
    churn = gather_churn(company, ChurnQuestion(horizon_days=90, cut_offs=4))
    assert churn.season.waiting == len(ids)
    assert not ids & set(churn.snapshots["customer_id"])
    past = churn.snapshots.groupby("cut_off")["customer_id"].agg(lambda each: each.str.startswith("S").mean())
    assert past.max() < 0.05
    study = study_segments(gather_segments(company, SegmentQuestion()), draws=20, effort=Effort(resamples=3))
    assert set(study.export.query("segment == 'one_season'")["customer_id"]) == ids
    assert "waits" not in study.export
    row = study.advice.table.set_index("segment").loc["one_season"]
    assert (row["standing"], row["customers"]) == ("", len(ids))
    assert study.warnings[0] == churn.season.message
    assert study.with_rules(study.grid.rules).export.equals(study.export)


@pytest.mark.slow
def test_seasons_are_found_and_no_others():
    """20 shops of which a fifth or a third buys in a season of 30 to 80 days: at least 18 are told, one year or two.

    Of 60 logs with a trend, a season of all, a price rise, a closure or nothing, 30 of them less 200 days, at most 1.
    """
    told = 0
    for seed in range(20):
        years, width = (2.75, 1.45)[seed % 2], 30 + 50 * (seed % 3) / 2
        season = found(seasonal(seed, years=years, width=width, share=(1 / 3, 0.2)[seed % 4 > 1]))
        told += season is not None and (season.of > 0) == (seed % 2 == 0)
    assert told >= 18
    false, kinds = 0, list(QUIET.values())
    for seed in range(30):
        rows = shop(3000 + seed, **kinds[seed % len(kinds)])[0]
        for end in (None, rows["day"].max() - pd.Timedelta(days=200)):
            false += find_season(rows, ahead=90, observation_end=end) is not None
    assert false <= 1
