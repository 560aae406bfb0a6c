"""What of the third dozen of files was hard to guess, and what is written beside the mapping."""

import datetime as dt
import re

import pytest
import yaml

from cxlib.data import open_workspace
from cxlib.data.guessing.titles import listed, range_of, title_score
from cxlib.data.guessing.workspace import ask_unsure, guess_workspace
from cxlib.data.guessing.writing import parameter_texts, sources_text
from cxlib.errors import DataError
from cxlib.journey.touchpoints import read_touchpoints, usual_touchpoints
from cxlib.language import speaker
from tests.data.second_dozen import text_file
from tests.data.third_dozen import alchemer, ebay, jira, klaviyo, matomo


def test_a_price_of_an_item_may_be_that_of_a_line(tmp_path):
    """Some programs write the price of a line, others that of a unit: a product of it is not sure."""
    for title, sure in (("Item price", False), ("Unit price", True)):
        rows = [(n, n % 7, f"2026-02-{1 + n % 28:02}", 1 + n % 3, f"{n}.50") for n in range(60)]
        text_file(tmp_path / "orders.csv", ["Order ID", "Customer ID", "Order Date", "Quantity", title], rows)
        [role] = guess_workspace([str(tmp_path / "orders.csv")]).roles
        amount = role.matches["amount"]
        assert (amount.sure, bool(amount.others)) == (sure, not sure)


@pytest.mark.parametrize(("last", "sure"), [("30.12.25", True), ("30.12.99", False)])
def test_years_of_two_digits_are_unsure_where_two_centuries_could_be_meant(last, sure, tmp_path):
    """99 is 1999 or 2099; 25 is not asked about."""
    rows = [(n, n % 7, f"{1 + n % 28:02}.02.24", "9.50") for n in range(60)] + [(99, 1, last, "9.50")]
    text_file(tmp_path / "orders.csv", ["Order ID", "Customer ID", "Order Date", "Total"], rows)
    [role] = guess_workspace([str(tmp_path / "orders.csv")]).roles
    [guess] = [guess for guess in role.sheet.guesses if guess.key == "dates"]
    assert guess.sure == sure
    assert bool(re.search("99 could be either", guess.evidence)) != sure


def test_answers_of_0_to_10_with_words_at_the_ends(tmp_path):
    """Words stand at the ends alone, as many tools have it."""
    ends = {0: "0 - Not at all likely", 10: "10 - Extremely likely"}
    rows = [(n, f"2026-01-{n % 28 + 1:02}", ends.get(n % 11, n % 11)) for n in range(110)]
    text_file(tmp_path / "survey.csv", ["Response ID", "Date", "How likely are you to recommend us?"], rows)
    text = sources_text(guess_workspace([str(tmp_path / "survey.csv")]), title="x", folder=tmp_path)
    (tmp_path / "sources.yaml").write_text(text, encoding="utf-8")
    assert open_workspace(tmp_path).frame("surveys")["nps"].sum() == 550


def test_memberships_at_the_same_time_are_merged_unsure(tmp_path):
    """An account with several lines at once is no fault; nothing is written where one follows the other."""
    for step, told in ((10, True), (90, False)):
        starts = [dt.date(2023, 1, 1) + dt.timedelta(days=step * n) for n in range(9)]
        rows = [(f"A{who}", f"{day:%d/%m/%Y}", f"{day + dt.timedelta(days=60):%d/%m/%Y}", "Gold", "9.50")
                for who in range(30) for day in starts]  # fmt: skip
        titles = ["Member ID", "Start Date", "End Date", "Plan", "Monthly Fee"]
        text_file(tmp_path / "memberships.csv", titles, rows)
        texts = parameter_texts(guess_workspace([str(tmp_path / "memberships.csv")]))
        assert ("overlaps: merge  # UNSURE: 240 memberships" in texts.get("churn", "")) == told


def test_a_journey_and_the_scale_of_words_are_proposed(tmp_path):
    """Touchpoints are those of the tables, as the journey reads them; ease in five words is no answer of 1 to 7."""
    for form in (alchemer, ebay, jira, klaviyo, matomo):
        form(tmp_path)
    texts = parameter_texts(guess_workspace([str(tmp_path)]))
    assert sorted(texts) == ["journey", "nps_drivers", "scorecard"]
    assert {yaml.safe_load(text)["ces_scale"] == [1, 5, 2] for text in texts.values()} == {True}
    met = read_touchpoints(yaml.safe_load(texts["journey"])["touchpoints"])
    assert [(one.name, one.stage) for one in met] == [
        ("message", "before"), ("visit", "before"), ("order", "during"), ("ticket", "after"),
    ]  # fmt: skip


def test_answers_are_joined_to_the_touchpoint_that_they_name(tmp_path):
    """What a survey calls its touchpoints is found among its values; nothing is proposed where all is as usual."""
    ebay(tmp_path)
    assert parameter_texts(guess_workspace([str(tmp_path)])) == {}
    jira(tmp_path)
    rows = [(n, f"2026-01-{n % 28 + 1:02}", ["Online order", "Support case"][n % 2], n % 11) for n in range(80)]
    text_file(tmp_path / "survey.csv", ["Response ID", "Date", "Touchpoint", "NPS"], rows)
    texts = parameter_texts(guess_workspace([str(tmp_path)]))
    met = read_touchpoints(yaml.safe_load(texts["journey"])["touchpoints"])
    assert [one.survey for one in met] == [("Online order",), ("Support case",)]


def test_numbered_shops_and_codes_are_no_answers(tmp_path):
    """A number before a name, or a code with a leading zero, is no step of a scale."""
    rows = [(n, f"2026-01-{n % 28 + 1:02}", ["1 - Web", "2 - Phone", "3 - Shop"][n % 3], f"0{n % 4 + 1}", n % 11)
            for n in range(90)]  # fmt: skip
    text_file(tmp_path / "survey.csv", ["Response ID", "Date", "Channel", "Branch code", "NPS"], rows)
    [role] = guess_workspace([str(tmp_path / "survey.csv")]).roles
    assert role.matches["touchpoint"].column.name == "Channel"
    assert [name for name in role.matches if name.startswith(("rating_", "csat", "ces"))] == []


def test_a_scale_of_ease_in_numbers_is_written(tmp_path):
    """Answers of 1 to 5 are not read as those of 1 to 7; few answers tell no scale."""
    for rows, told in ((90, True), (20, False)):
        answers = [(n, f"2026-01-{n % 28 + 1:02}", n % 5 + 1, n % 11) for n in range(rows)]
        text_file(tmp_path / "survey.csv", ["Response ID", "Date", "CES", "NPS"], answers)
        texts = parameter_texts(guess_workspace([str(tmp_path / "survey.csv")]))
        assert ("ces_scale: [1, 5, 2]" in texts.get("scorecard", "")) == told


def test_the_century_of_short_years_is_asked(tmp_path):
    """Who says no keeps the guess as unsure."""
    rows = [(n, n % 7, f"{1 + n % 28:02}.02.24", "9.50") for n in range(60)] + [(99, 1, "30.12.99", "9.50")]
    text_file(tmp_path / "orders.csv", ["Order ID", "Customer ID", "Order Date", "Total"], rows)
    files = [str(tmp_path / "orders.csv")]
    for said in ("yes", "no"):
        draft = ask_unsure(
            guess_workspace(files), files, lambda q, own, _, said=said: said if "its years" in q else own
        )
        [guess] = [guess for guess in draft.roles[0].sheet.guesses if guess.key == "dates"]
        assert guess.sure == (said == "yes")


def test_sums_of_days_are_no_table_and_chats_are_feedback(tmp_path):
    """Visitors of a day are no visit; an exported chat is what customers say, and the shop's own are asked about."""
    titles = ["date", "visitors", "pageviews", "visits", "bounce_rate"]
    text_file(
        tmp_path / "daily.csv", titles, [(f"2024-01-{n % 28 + 1:02}", 90 + n, 200 + n, 100 + n, 50) for n in range(60)]
    )
    with pytest.raises(DataError, match="left out, no table of customers fits"):
        guess_workspace([str(tmp_path / "daily.csv")])
    chat = [f"[{n % 28 + 1:02}/03/2024, 10:11:{n:02}] Sara: Where is order {n}?" for n in range(30)]
    (tmp_path / "chat.txt").write_text("\n".join(chat), encoding="utf-8")
    (role,) = guess_workspace([str(tmp_path / "chat.txt")]).roles
    assert (role.table, role.sheet.part.rows) == ("feedback", 30)
    assert not next(guess for guess in role.guesses if guess.key == "where").sure


def test_proposed_touchpoints_are_called_as_the_journey_calls_them():
    """The words of `titles.yaml` are those of the report, in Arabic too."""
    columns = {"sessions": frozenset({"searched", "found"}), "transactions": frozenset(), "tickets": frozenset()}
    usual = {one.label.text: speaker("ar").say(one.label) for one in usual_touchpoints(columns)}
    labels = [yaml.safe_load("{" + one["text"] + "}")["label"] for own in listed()["touchpoints"].values()
              for one in own.values()]  # fmt: skip
    proposed = {one["en"]: one["ar"] for one in labels}
    assert {text: proposed.get(text) for text in usual} == usual


@pytest.mark.parametrize(
    ("title", "ends"),
    [("Recommend (0-10)", (0, 10)), ("Service 1-5", (1, 5)), ("من 0 إلى 10", (0, 10)), ("(١-٥) النظافة", (1, 5)),
     ("Q1-2", (0, 0)), ("2021-05", (0, 0)), ("Branch 1-12", (0, 0)), ("Size 10-14", (0, 0))],
)  # fmt: skip
def test_a_title_tells_the_scale_of_its_answers(title, ends):
    """Dates, numbers of questions and ranges that are no scale tell none."""
    assert range_of(title) == ends


def test_small_words_and_whose_it_is_do_not_hide_what_a_title_says():
    """Of what, and of whom, in any order: never listed one by one."""
    assert title_score("Nature of complaint", "tickets", "topic") > 0.7
    assert title_score("تاريخ إضافة العميل", "customers", "joined_on") > 0.7
    assert title_score("Last order date", "transactions", "at") < 0.6


def test_ids_of_things_are_no_persons(tmp_path):
    """Beside an address of the customer an id of what was bought is not the customer's."""
    rows = [
        (f"S{n:05}", f"c{n}@mail.example", f"2023-{n % 12 + 1:02}-{n % 28 + 1:02}", "Gold", "9.50") for n in range(90)
    ]
    titles = ["Subscription id", "Customer email", "Start Date", "Plan", "Monthly Fee"]
    text_file(tmp_path / "memberships.csv", titles, rows)
    roles = guess_workspace([str(tmp_path / "memberships.csv")]).roles
    [role] = [one for one in roles if one.table == "memberships"]
    assert role.matches["customer_id"].column.name == "Customer email"


def test_payments_that_did_not_succeed_are_left_out_unsure(tmp_path):
    """A flag without which a payment came to nothing; one of new customers says nothing of sales."""
    for title, told in (("Is Success", True), ("New customer", False)):
        rows = [(n, n % 7, f"2026-02-{1 + n % 28:02}", "9.50", str(n % 9 > 0).lower()) for n in range(90)]
        text_file(tmp_path / "orders.csv", ["Order ID", "Customer ID", "Order Date", "Total", title], rows)
        [role] = guess_workspace([str(tmp_path / "orders.csv")]).roles
        wheres = [(one.value, one.sure) for one in role.guesses if one.key == "where"]
        assert (wheres != []) == told
        assert all(not sure and "false" in value for value, sure in wheres)
