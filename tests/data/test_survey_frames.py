"""Answers as frames: their order, their periods, and what is known of who gave them."""

import pandas as pd
import pytest

from cxlib.data import Workspace, known_margins, read_survey, spend_of_respondents
from cxlib.errors import DataError, ParameterError


def workspace(**frames):
    """A workspace of frames."""
    return Workspace.from_frames(frames, currency="SAR", time_zone="Asia/Riyadh")


@pytest.fixture
def rows():
    """Four answers of three customers, out of order."""
    return pd.DataFrame(
        {
            "response_id": ["d", "a", "c", "b"], "customer_id": ["x", "x", "y", "z"],
            "at": ["2026-06-30", "2026-04-02", "2026-04-01", "2026-01-01"], "nps": [9, 3, 10, 7],
            "rating_speed": [4, 2, 5, None],
        }
    )  # fmt: skip


def test_answers_are_sorted_and_have_every_column(rows):
    """Draws repeat because rows are always in one order; what a survey lacks is missing, weights are 1."""
    survey = read_survey(workspace(surveys=rows))
    assert survey.answers["response_id"].tolist() == ["a", "b", "c", "d"]
    assert survey.answers["csat"].isna().all()
    assert survey.answers["weight"].eq(1).all()
    assert not survey.weighted


def test_periods_do_not_overlap(rows):
    """The last ninety days and the ninety before: a day belongs to one of them."""
    survey = read_survey(workspace(surveys=rows), period_days=90)
    assert survey.now["response_id"].tolist() == ["a", "d"]
    assert survey.before["response_id"].tolist() == ["c"]
    assert len(survey.explained) == 4


def test_later_answers_do_not_count(rows):
    """With a last day, answers after it are as if they had not come."""
    survey = read_survey(workspace(surveys=rows), observation_end="2026-04-02")
    assert survey.answers["response_id"].tolist() == ["a", "b", "c"]


def test_without_dates_all_answers_are_one_period(rows):
    """There is a score then, and no period before."""
    survey = read_survey(workspace(surveys=rows.drop(columns="at")))
    assert not survey.dated
    assert len(survey.now) == len(survey.explained) == 4
    assert survey.before.empty


def test_drivers_with_hardly_a_rating_are_left_out(rows):
    """Three ratings are too few to compare; thirty that differ are enough."""
    assert read_survey(workspace(surveys=rows)).left_out == ("speed",)
    many = pd.DataFrame({"nps": [9, 3] * 20, "rating_speed": [5, 2] * 20, "rating_flat": 4})
    survey = read_survey(workspace(surveys=many))
    assert survey.drivers == ("speed",)
    assert survey.left_out == ("flat",)


def test_codes_are_no_ratings():
    """Forty times "not applicable" is not forty ratings."""
    many = pd.DataFrame({"nps": [9, 3] * 20, "rating_speed": [9, 2] * 20})
    assert read_survey(workspace(surveys=many), not_applicable=[9]).left_out == ("speed",)


def test_customers_bring_what_divides_them(rows):
    """Categories of the customers stand beside their answers."""
    people = pd.DataFrame({"customer_id": ["x", "y", "z"], "region": ["north", "south", "south"]})
    survey = read_survey(workspace(surveys=rows, customers=people))
    assert survey.attributes == ("region",)
    assert survey.answers["region"].tolist() == ["north", "south", "south", "north"]


def test_invitations_of_the_period_are_counted(rows):
    """Only messages of that kind within the period count."""
    sent = pd.DataFrame(
        {"message_id": ["1", "2", "3"], "customer_id": "x", "sent_at": ["2026-06-01", "2026-06-02", "2026-01-01"],
         "kind": ["survey", "offer", "survey"]}
    )  # fmt: skip
    assert read_survey(workspace(surveys=rows, messages=sent)).invited == 1
    assert read_survey(workspace(surveys=rows)).invited is None


def test_spend_goes_with_the_last_answer(rows):
    """A customer's last answer counts once, with what was spent in the time; others have spent nothing known."""
    sales = pd.DataFrame(
        {"customer_id": ["x", "x", "y"], "at": ["2026-05-01", "2024-05-01", "2026-05-02"], "amount": [10.0, 99.0, 5.0]}
    )
    shop = workspace(surveys=rows, transactions=sales)
    found = spend_of_respondents(shop, read_survey(shop))
    assert found["nps"].tolist() == [9, 10, 7]
    assert found["spent_cents"].fillna(0).tolist() == [1000, 500, 0]
    assert spend_of_respondents(workspace(surveys=rows), read_survey(workspace(surveys=rows))) is None


def test_margins_are_given_or_counted(rows):
    """Shares that are given stay; "customers" counts the table; anything else is an error with a remedy."""
    people = pd.DataFrame({"customer_id": ["x", "y", "z"], "region": ["north", "south", "south"]})
    shop = workspace(surveys=rows, customers=people)
    assert known_margins(shop, {"region": "customers"}) == {"region": {"north": 1.0, "south": 2.0}}
    assert known_margins(shop, {"region": {"north": 0.4, "south": 0.6}})["region"]["north"] == 0.4
    with pytest.raises(ParameterError, match="Give shares"):
        known_margins(shop, {"region": "all"})
    with pytest.raises(ParameterError, match="no column 'regoin'"):
        known_margins(shop, {"regoin": "customers"})


@pytest.mark.parametrize(("weights", "n"), [(["0", "1", "2"], 2), (["0", "0", "0"], 0)])
def test_an_answer_that_weighs_nothing_is_no_answer(weights, n):
    """It is left out and counted, also where none is left."""
    rows = pd.DataFrame({"nps": [9, 3, 10], "at": ["2026-01-05"] * 3, "weight": weights})
    survey = read_survey(workspace(surveys=rows))
    assert (len(survey.answers), len(survey.now), survey.weightless) == (n, n, 3 - n)
    assert survey.end == pd.Timestamp("2026-01-05")


def test_a_period_has_at_least_a_day(rows):
    """A length of zero and a day that is none are refused in plain words."""
    with pytest.raises(ParameterError, match="period_days=0"):
        read_survey(workspace(surveys=rows), period_days=0)
    with pytest.raises(DataError, match="is not a day"):
        read_survey(workspace(surveys=rows), observation_end="soon")


def test_a_scale_of_eleven_is_named_and_its_shift_offered():
    """Elevens are set aside as faults; without this the rest of a 1-11 scale would pass for 1-10."""
    coded = pd.DataFrame({"nps": [1, 5, 9, 11] * 20})
    with pytest.raises(DataError, match=r"coded 1-11\. Subtract 1, as with the mapping 'nps: nps - 1'"):
        read_survey(workspace(surveys=coded))
    assert len(read_survey(workspace(surveys=pd.DataFrame({"nps": [0, 5, 9, 11] * 20}))).answers) == 60
