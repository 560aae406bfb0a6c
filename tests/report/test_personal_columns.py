"""Columns that name persons set no customers apart, in any report."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from cxlib.churn import ChurnQuestion, gather_churn
from cxlib.clv import gather_customers
from cxlib.data import SnapshotDesign, Workspace, churn_snapshots, write_snapshots
from cxlib.drivers import ScoreQuestion, gather_answers
from cxlib.errors import ParameterError
from cxlib.language import speaker
from cxlib.report.views import clv as show
from cxlib.segments import gather_segments
from cxlib.voice.themes import find_themes

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
    "asked", [{"attributes": ["region", "name"]}, {"actionable": ["name"]}, {"group_by": "name"}, {"strata": ["name"]}]
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


KEYS = {"badge": [f"B{i}" for i in range(N)], "town": [f"t{i % 40}" for i in range(N)], "answer_key": range(N)}


def test_a_column_of_keys_names_persons_whatever_its_title():
    """Texts of which most are different mean one customer each; fewer, or a table of few rows, do not."""
    assert shop(**KEYS).personal_columns("customers") == {"name", "phone", "badge"}
    assert "badge" not in shop([], **KEYS).personal_columns("customers")
    few = Workspace.from_frames({"customers": PEOPLE.assign(**KEYS).head(29)}, currency="SAR", time_zone="UTC")
    assert "badge" not in few.personal_columns("customers")


@pytest.mark.parametrize("column", ["customer_id", "comment", "response_id", "badge"])
def test_ids_and_comments_divide_nothing(column):
    """Whoever names them as a group, an attribute or a covariate is told so before anything is compared."""
    company = shop(**KEYS)
    with pytest.raises(ParameterError, match=f"groups: column '{column}' is personal"):
        gather_answers(company, ScoreQuestion(groups=[column]))
    with pytest.raises(ParameterError, match=f"attributes: column '{column}' is personal"):
        gather_churn(company, ChurnQuestion(attributes=[column]))
    with pytest.raises(ParameterError, match=f"covariates: column '{column}' is personal"):
        show.attributes(SimpleNamespace(data=gather_customers(company), forecast=object()), columns=[column])


def test_snapshots_made_by_hand_know_no_person(tmp_path):
    """The public functions below the report refuse what the report refuses."""
    design = SnapshotDesign("purchases", horizon_days=20, attributes=("name",))
    for make in (churn_snapshots, lambda *asked: write_snapshots(*asked, tmp_path)):
        with pytest.raises(ParameterError, match="attributes: column 'name' is personal"):
            make(shop(), design)


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("contact_channel", False), ("Contact type", False), ("email_consent", False), ("phone_brand", False),
        ("card-kind", False), ("contact_cost", False), ("birth_month", False), ("email_opt_in", False),
        ("contact", True), ("contact_name", True), ("email", True), ("phone_number", True), ("birth_date", True),
        ("card_no", True), ("contact_person", True), ("first_name", True),
    ],
)  # fmt: skip
def test_how_somebody_was_reached_is_no_contact(title, names):
    """A title that ends in what a contact is like divides customers; one that ends in the contact itself does not."""
    column = np.resize(["north", "south", "both"], N)
    assert (title in shop(**{title: column}).personal_columns("customers")) == names


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("case when birth_year < 1985 then 'old' else 'young' end", False),
        ("cast(floor((2026 - birth_year) / 10) as varchar)", False),
        ("birth_year", True),
        ("case when birth_year < 1985 then name else phone end", True),
        ("upper(name)", True),
    ],
)
def test_a_band_of_ages_is_no_day_of_birth(expression, names):
    """What is computed of a day of birth tells no day; what is computed of a name may still be one."""
    columns = {"customer_id": "customer_id", "band": expression}
    born = PEOPLE.assign(birth_year=np.resize(["1980", "1990", "1970"], N))
    born["birth_year"] = born["birth_year"].astype(int) if expression != "birth_year" else born["birth_year"]
    company = Workspace.from_frames(
        {"customers": born}, currency="SAR", time_zone="UTC", settings={"customers": {"columns": columns}}
    )
    assert ("band" in company.personal_columns("customers")) == names
