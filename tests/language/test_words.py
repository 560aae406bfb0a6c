"""Words of data are said in the reader's language by one dictionary, and by a company's own labels before it."""

import io

import pandas as pd
import pytest
from openpyxl import load_workbook

from cxlib.churn.survival.comparison import compare_restricted_means
from cxlib.churn.survival.curves import estimate_by_group
from cxlib.data import Workspace
from cxlib.data.sources import check_sources
from cxlib.errors import ConfigurationError
from cxlib.language import T, Verbatim, column_name, labelled, speaker, spoken, use_labels
from cxlib.report.views.churn.words import plain, without_contacts
from cxlib.report.workbook import workbook_bytes

ARABIC, ENGLISH = speaker("ar"), speaker("en")
LABELS = {
    "customers": {
        "branch": {
            "label": {"en": "Branch", "ar": "الفرع"},
            "values": {"R1": {"ar": "الرياض"}, "الباحة": {"en": "Al Baha"}},
        },
        "member": {"values": {"true": {"ar": "عضو"}}},
        "region": {"label": {"en": "Area"}},
        "kind": {"values": {"1": {"ar": "أفراد"}, "gold": {"ar": "ذهبي"}, "app": {"en": "Phone app"}}},
    },
    "surveys": {"rating_delivery": {"label": {"ar": "الشحن"}}},
    "memberships": {"plan": {"values": {"gold": {"ar": "الذهبية"}, "basic": "Basic الأساسية"}}},
}
CONTENT = {
    "currency": "SAR",
    "time_zone": "Asia/Riyadh",
    "tables": {
        "customers": {
            "path": "c.csv",
            "columns": {"customer_id": "id", "branch": "b", "region": "r", "member": "m", "kind": "k"},
        },
        "surveys": {"path": "s.csv"},
        "memberships": {"path": "m.csv"},
    },
}


@pytest.fixture
def company():
    """Labels of a company, which nobody else's pages say."""
    check_sources({**CONTENT, "labels": LABELS}, name="sources.yaml").use_labels()
    yield
    use_labels({}, {})


@pytest.mark.parametrize(
    ("value", "arabic"),
    [
        ("monthly", "الشهرية"),
        ("Month-to-month", "من شهر إلى شهر"),
        ("payment_failed", "تعذّر الدفع"),
        ("True", "نعم"),
        ("A-12", "A-12"),
    ],
)
def test_usual_words_are_translated_wherever_they_stand(value, arabic):
    """A value alone, within a sentence and however it is spelt; English shows what the file has."""
    assert ARABIC.say(value) == arabic
    assert arabic in ARABIC.say(T("{feature}: {value}", feature=T("Plan"), value=value))
    assert ENGLISH.say(value) == value


def test_what_somebody_wrote_is_not_translated():
    """A comment of one word stays that word."""
    assert ARABIC.say(Verbatim("Price")) == "Price"


@pytest.mark.usefixtures("company")
def test_a_company_names_its_own():
    """Columns and values have the company's words in each language; a language without one shows the file's word."""
    assert (ARABIC.say(column_name("branch")), ENGLISH.say(column_name("branch"))) == ("الفرع", "Branch")
    assert (ARABIC.say("R1"), ENGLISH.say("R1")) == ("الرياض", "R1")
    assert (ARABIC.say("الباحة"), ENGLISH.say("الباحة")) == ("الباحة", "Al Baha")
    assert (ARABIC.say(column_name("region")), ENGLISH.say(column_name("region"))) == ("المنطقة", "Area")
    assert ARABIC.say(spoken("delivery", "rating")) == "الشحن"
    assert [ARABIC.say(labelled(value, "member")) for value in (True, "True", "true", False)] == ["عضو"] * 3 + ["لا"]
    assert (ARABIC.say("app"), ENGLISH.say("app")) == ("التطبيق", "Phone app")
    assert ENGLISH.say(T("{group} is first", group="basic")) == "Basic الأساسية is first"


@pytest.mark.usefixtures("company")
def test_a_value_of_two_columns_is_said_by_its_column():
    """Without the column nothing is claimed; a number is a label of its column only."""
    assert ARABIC.say(spoken("gold", "plan")) == "الذهبية"
    assert ARABIC.say(labelled("gold", "kind")) == "ذهبي"
    assert ARABIC.say("gold") == "gold"
    assert ARABIC.say(spoken("app", "channel")) == ENGLISH.say(spoken("app", "channel")).replace("App", "التطبيق")
    assert (ARABIC.say("1"), ARABIC.say(labelled("1", "kind"))) == ("1", "أفراد")


@pytest.mark.parametrize(
    ("labels", "match"),
    [
        ({"customer": {}}, "no table 'customer'. Did you mean 'customers'"),
        ({"customers": {"brnch": {}}}, "customers has no column 'brnch'. Did you mean 'branch'"),
        ({"memberships": {"plann": {}}}, "memberships has no column 'plann'. Did you mean 'plan'"),
        ({"customers": {"branch": {"value": {}}}}, "not a setting. Did you mean 'values'"),
        ({"customers": {"branch": {"values": {"R1": {"arr": "x"}}}}}, "no language 'arr'. Did you mean 'ar'"),
        ({"customers": {"branch": {"values": {"R1": {"ar": 7}}}}}, "a label is a text"),
        ({"customers": {"branch": {"label": " "}}}, "a label is a text"),
        ({"customers": {"branch": "فرع"}}, "labels.customers.branch: names are expected here"),
        ({"customers": {"branch": {"values": {1: "x"}}}}, "write it in quotes"),
        (
            {"memberships": {"plan": {"values": {"basic": "Standard", "plus": {"en": "standard "}}}}},
            "labels.memberships.plan.values.plus: values 'basic' and 'plus' of column 'plan' are both 'standard ' in "
            "language 'en'; give each a label of its own, or make them one value",
        ),
        ({"customers": {"kind": {"values": {"plus": {}, "basic": {"en": "Plus"}}}}}, "a label is a text"),
        ({"customers": {"kind": {"values": {"a": {"ar": "ب"}, "b": {"en": "A"}}}}}, "are both 'a' in language 'en'"),
        ({"customers": {"branch": {"label": "Shop"}, "kind": {"label": "Shop"}}}, "'branch' and 'kind' are both"),
    ],
)
def test_a_wrong_label_is_named_with_its_remedy(labels, match):
    """Table, column, language and text are checked when the file is read."""
    with pytest.raises(ConfigurationError, match=match):
        check_sources({**CONTENT, "labels": labels}, name="sources.yaml")


def test_columns_that_only_the_file_knows_are_checked_when_it_is_read(tmp_path):
    """Without a mapping, customers take every column of the file."""
    (tmp_path / "c.csv").write_text("customer_id,region\n1,x\n", encoding="utf-8")
    content = {"currency": "SAR", "time_zone": "Asia/Riyadh", "tables": {"customers": {"path": "c.csv"}}}
    good, wrong = (
        Workspace("w", check_sources({**content, "labels": {"customers": {name: {}}}}, name="s"), tmp_path)
        for name in ("region", "regoin")
    )
    assert len(good.frame("customers")) == 1
    with pytest.raises(ConfigurationError, match=r"labels.customers.regoin: .*Allowed: .*region\.$") as why:
        wrong.frame("customers")
    assert "row" not in str(why.value)


def test_one_label_in_each_language_is_not_taken_for_two():
    """Spellings without a label in a language, and one label in two columns, are nobody's confusion."""
    labels = {
        "customers": {"branch": {"values": {"R1": {"ar": "أ"}, "r1": {"ar": "ب"}}}, "kind": {"values": {"R1": "أ"}}}
    }
    check_sources({**CONTENT, "labels": labels}, name="sources.yaml")


def test_groups_taken_together_are_called_by_their_labels():
    """Each language joins the labels in its own way; the table keeps the files' words."""
    use_labels({}, {"plan": {"owl": {"en": "Night owl", "ar": "الليلية"}, "fox": {"en": "Fox", "ar": "الثعلب"}}})
    plans = ["gold"] * 60 + ["owl"] * 20 + ["fox"] * 20
    spells = pd.DataFrame({"duration_days": range(1, 101), "ended": True, "plan": plans})
    curves = estimate_by_group(spells, group_by="plan")
    means = compare_restricted_means(curves, horizon_days=20)
    use_labels({}, {})
    assert list(curves.curves) == ["gold", "fox, owl"]
    assert curves.table["group"].unique().tolist() == ["gold", "fox, owl"]
    assert "“Fox and Night owl”" in ENGLISH.say(curves.headline)
    assert "الثعلب والليلية" in ARABIC.say(without_contacts(curves.headline))
    assert "الثعلب والليلية" in ARABIC.say(plain(curves.words["fox, owl"]))
    assert "“Fox and Night owl”" in ENGLISH.say(means.headline)


def test_another_company_brings_its_own_labels():
    """Opening a workspace ends those of the one before."""
    use_labels({}, {"plan": {"gold": {"ar": "الذهبية"}}})
    Workspace.from_frames({"customers": pd.DataFrame({"customer_id": ["a"]})}, currency="SAR", time_zone="UTC")
    assert ARABIC.say("gold") == "gold"


@pytest.mark.usefixtures("company")
def test_a_list_in_words_says_columns_and_values():
    """A workbook's titles and values are those of the page; ids stay as they are."""
    rows = pd.DataFrame({"customer_id": ["app", "R1"], "plan": ["monthly", "gold"], "by": ["branch", "region"]})
    book = load_workbook(io.BytesIO(workbook_bytes(rows, ARABIC, title="")))
    assert [[cell.value for cell in row] for row in book.worksheets[0]] == [
        ["العميل", "الباقة", "التقسيم بحسب"],
        ["app", "الشهرية", "الفرع"],
        ["R1", "الذهبية", "المنطقة"],
    ]
