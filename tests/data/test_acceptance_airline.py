"""The airline survey by mapping alone: its score, its drivers and what is missing."""

import pytest

from cxlib import data, drivers, measures


@pytest.mark.acceptance
def test_the_airline_survey_comes_out_whole(root, datasets):
    """1,065 answers coded 1-11 give an NPS of -18.12; 23 drivers, each rated and expected; no dates."""
    airline = data.open_workspace(root / "params" / "airline")
    survey = data.read_survey(airline)
    assert airline.counts[["rows_in", "good", "quarantined"]].values.tolist() == [[1065, 1065, 0]]
    assert not survey.dated
    assert len(survey.now) == 1065
    assert survey.now["nps"].min() == 0
    assert round(measures.score_nps(survey.now["nps"]).value, 2) == -18.12
    assert len(survey.drivers) == 23
    assert list(survey.expectations(survey.now)) == list(survey.drivers)


@pytest.mark.acceptance
def test_no_airline_driver_is_said_to_be_first(root, datasets):
    """The weightiest rating is not clearly before the others, and the headline says so."""
    survey = data.read_survey(data.open_workspace(root / "params" / "airline"))
    found = drivers.rank_drivers(survey.ratings(survey.now), survey.now["nps"], draws=100, seed=7)
    assert found.table["driver"].iloc[0] == "s23"
    assert len(found.leaders) > 1
    assert "No driver clearly matters more than the others" in str(found.headline)
