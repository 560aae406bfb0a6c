"""Columns that name persons set no customers apart, in any report."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from cxlib.churn import ChurnQuestion, gather_churn
from cxlib.clv import gather_customers
from cxlib.data import Workspace
from cxlib.drivers import ScoreQuestion, gather_answers
from cxlib.drivers.themes import find_themes
from cxlib.errors import ParameterError
from cxlib.language import speaker
from cxlib.report.views import clv as show
from cxlib.segments import gather_segments

N = 120
NAMES = np.resize(["Sara Haddad", "خالد الدوسري"], N)
PEOPLE = pd.DataFrame(
    {
        "customer_id": [f"C{i}" for i in range(N)],
        "name": NAMES,
        "phone": np.resize(["0501234567", "0507654321", "0509999999"], N),
        "region": np.resize(["north", "south"], N),
        "phone_service": np.resize(["Yes", "No"], N),
        "nick": np.resize(["Abu Ali", "Um Sara"], N),
    }
)
SALES = pd.DataFrame({"customer_id": PEOPLE["customer_id"], "at": "2026-03-01", "amount": "5"})
ANSWERS = pd.DataFrame(
    {
        "response_id": range(N),
        "customer_id": PEOPLE["customer_id"],
        "at": "2026-05-02",
        "nps": np.resize([9, 3, 7], N),
        "comment": np.resize(["Sara Haddad late", "slow delivery", "high", "خالد الدوسري تأخر", "السعر مرتفع"], N),
    }
)


def shop(personal=None, **people):
    """A workspace with customers who have names, in columns with those marks."""
    return Workspace.from_frames(
        {"customers": PEOPLE.assign(**people), "transactions": SALES, "surveys": ANSWERS},
        currency="SAR", time_zone="UTC", settings={"customers": {"personal": personal}},
    )  # fmt: skip


def test_titles_marks_and_plain_values_tell():
    """Yes and no, and a number computed of a day of birth, name nobody; a mark is taken as it is."""
    assert shop().personal_columns("customers") == {"name", "phone"}
    assert shop(["nick", "phone_service"]).personal_columns("customers") == {"nick", "phone_service"}
    assert shop([]).personal_columns("customers") == set()
    columns = {"customer_id": "customer_id", "age": "2026 - birth_year", "birth_year": "birth_year"}
    born = PEOPLE.assign(birth_year=np.resize([1980, 1990], N))
    company = Workspace.from_frames(
        {"customers": born}, currency="SAR", time_zone="UTC", settings={"customers": {"columns": columns}}
    )
    assert "age" not in company.personal_columns("customers")


def test_scores_are_not_divided_by_persons():
    """By default left out, where named refused with a remedy, where said to be none divided."""
    assert gather_answers(shop()).survey.attributes == ("region", "phone_service", "nick")
    with pytest.raises(ParameterError, match=r"groups: column 'name' is personal.*'personal: \[\]' for none"):
        gather_answers(shop(), ScoreQuestion(groups=["region", "name"]))
    with pytest.raises(ParameterError, match="margins: column 'name' is personal"):
        gather_answers(shop(), ScoreQuestion(margins={"name": "customers"}))
    assert "name" in gather_answers(shop([]), ScoreQuestion(groups=["name"])).survey.attributes


def test_no_theme_holds_a_name():
    """Words of personal columns are in no theme, Arabic ones neither."""
    data = gather_answers(shop())
    names = {"sara", "haddad", "خالد", "الدوسري"}
    for persons, shown in ((data.persons, set()), (set(), names)):
        themes = find_themes(data.survey.explained["comment"], without=persons, least=20)
        words = {word for theme in themes.table["words"] for word in theme}
        assert {"late", "delivery"} <= words
        assert words & names == shown


@pytest.mark.parametrize(
    "asked",
    [{"attributes": ["region", "name"]}, {"actionable": ["name"]}, {"group_by": "name"}, {"strata": ["name"]}],
)
def test_leaving_is_not_compared_by_persons(asked):
    """Whichever parameter names the column."""
    with pytest.raises(ParameterError, match=f"{min(asked)}: column 'name' is personal"):
        gather_churn(shop(), ChurnQuestion(**asked))
    gather_churn(shop([]), ChurnQuestion(**asked))


def test_segments_are_not_described_by_persons():
    """Cards know regions, and no names."""
    assert list(gather_segments(shop()).attributes) == ["customer_id", "region", "phone_service", "nick"]
    assert "nick" not in gather_segments(shop(["nick"])).attributes


def test_value_is_not_shown_by_persons():
    """Covariates are refused; columns with a default give a notice."""
    data = gather_customers(shop())
    assert not {"name", "phone"} & set(data.people)
    study = SimpleNamespace(data=data, forecast=object())
    for view in (show.value_by_group, show.economics):
        assert "Column name of customers is personal" in str(view(study, by="name").render(speaker("en")).html)
    with pytest.raises(ParameterError, match="covariates: column 'phone' is personal"):
        show.attributes(study, columns=["phone"])
