"""Attributes, channels and comments of customers, as far as the company's files hold them."""

import pandas as pd

from cxlib.data import Workspace
from cxlib.data.profiles import customer_attributes, customer_comments

PEOPLE = pd.DataFrame(
    {
        "customer_id": ["b", "a", "c"],
        "joined_on": ["2026-01-01"] * 3,
        "region": ["north", "south", None],
        "country": ["SA"] * 3,
        "member": [True, False, True],
    }
)
SALES = pd.DataFrame(
    {
        "customer_id": ["a", "a", "a", "d", "d"],
        "at": ["2026-01-05"] * 5,
        "amount": [1] * 5,
        "channel": ["web", "app", "web", "web", "app"],
    }
)
ANSWERS = pd.DataFrame(
    {
        "response_id": ["1", "2", "3"],
        "customer_id": ["a", "a", "b"],
        "at": ["2026-01-01", "2026-02-01", "2026-01-15"],
        "nps": [9, 2, 5],
        "comment": ["first", "second", None],
    }
)


def shop(**frames):
    """A workspace of frames."""
    return Workspace.from_frames(frames, currency="GBP", time_zone="UTC")


def test_categories_are_kept_and_nothing_else():
    """Days, ids and columns with one value for everybody set nobody apart."""
    attributes = customer_attributes(shop(customers=PEOPLE))
    assert list(attributes.columns) == ["customer_id", "region", "member"]
    assert attributes["customer_id"].tolist() == ["a", "b", "c"]


def test_a_column_of_names_is_no_category():
    """More than twelve different values are not a group."""
    people = pd.DataFrame({"customer_id": [f"{n:02}" for n in range(13)], "city": [f"city {n}" for n in range(13)]})
    assert list(customer_attributes(shop(customers=people)).columns) == ["customer_id"]


def test_the_usual_channel_joins_customers_of_either_table():
    """Most transactions decide, of equals the first name; customers without any have none."""
    attributes = customer_attributes(shop(customers=PEOPLE, transactions=SALES)).set_index("customer_id")
    assert attributes["channel"].dropna().to_dict() == {"a": "web", "d": "app"}
    assert attributes.index.tolist() == ["a", "b", "c", "d"]


def test_a_company_without_either_table_has_no_attributes():
    """An empty frame, so that whoever joins it need not ask."""
    assert customer_attributes(shop(surveys=ANSWERS)).empty


def test_comments_come_newest_first():
    """Empty answers are left out; no surveys, no comments."""
    assert customer_comments(shop(surveys=ANSWERS))["comment"].tolist() == ["second", "first"]
    assert customer_comments(shop(customers=PEOPLE)).empty
