"""Fourteen sets of files in the manner of real exports: columns, rows and totals, and what of the first was hard."""

import re

import pandas as pd
import pytest

from cxlib.data import Workspace, open_workspace
from cxlib.data.guessing.workspace import ask_unsure, guess_workspace
from cxlib.data.guessing.writing import sources_text
from cxlib.errors import ConfigurationError, DataError
from tests.data.eighth_dozen import EIGHTH_DOZEN
from tests.data.eleventh_dozen import ELEVENTH_DOZEN
from tests.data.fifteenth_dozen import FIFTEENTH_DOZEN, vet
from tests.data.fifth_dozen import FIFTH_DOZEN
from tests.data.fourteenth_set import FOURTEENTH_SET, usabilla
from tests.data.fourth_dozen import FOURTH_DOZEN
from tests.data.ninth_dozen import NINTH_DOZEN
from tests.data.second_dozen import SECOND_DOZEN, no_spend, text_file
from tests.data.seventh_dozen import SEVENTH_DOZEN
from tests.data.sixth_dozen import SIXTH_DOZEN
from tests.data.tenth_dozen import TENTH_DOZEN
from tests.data.test_guessing import score
from tests.data.third_dozen import THIRD_DOZEN
from tests.data.thirteenth_dozen import THIRTEENTH_DOZEN
from tests.data.twelfth_dozen import TWELFTH_DOZEN

FOURTEENTH = tuple(form for form in FOURTEENTH_SET if form is not usabilla)  # which is asked about, and so is `vet`
FIFTEENTH = tuple(form for form in FIFTEENTH_DOZEN if form is not vet)
DOZENS = (*SECOND_DOZEN, *THIRD_DOZEN, *FOURTH_DOZEN, *FIFTH_DOZEN, *SIXTH_DOZEN, *SEVENTH_DOZEN,
          *EIGHTH_DOZEN, *NINTH_DOZEN, *TENTH_DOZEN, *ELEVENTH_DOZEN, *TWELFTH_DOZEN, *THIRTEENTH_DOZEN,
          *FOURTEENTH, *FIFTEENTH)  # fmt: skip


@pytest.fixture(scope="module")
def guesses(tmp_path_factory):
    """Each form: its truth, what it must come to, what it is guessed to be, and the workspace that is written."""
    made = {}
    for form in DOZENS:
        folder, own = tmp_path_factory.mktemp(form.__name__), tmp_path_factory.mktemp("params")
        truth, sums = form(folder)
        guess = guess_workspace([str(folder)])
        (own / "sources.yaml").write_text(sources_text(guess, title="Mine", folder=own), encoding="utf-8")
        made[form.__name__] = truth, sums, guess, open_workspace(own)
    return made


@pytest.mark.parametrize(
    ("dozen", "least"),
    [(SECOND_DOZEN, 75), (THIRD_DOZEN, 130), (FOURTH_DOZEN, 150), (FIFTH_DOZEN, 130), (SIXTH_DOZEN, 400),
     (SEVENTH_DOZEN, 210), (EIGHTH_DOZEN, 160), (NINTH_DOZEN, 290), (TENTH_DOZEN, 80), (ELEVENTH_DOZEN, 160),
     (TWELFTH_DOZEN, 340), (THIRTEENTH_DOZEN, 125), (FOURTEENTH, 200), (FIFTEENTH, 90)],
    ids=["second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth",
         "thirteenth", "fourteenth", "fifteenth"],
)  # fmt: skip
def test_columns_are_guessed(dozen, least, guesses):
    """At least 97 % of the columns are right, and none is wrong and sure."""
    scores = [score(guess, truth) for truth, _, guess, _ in (guesses[form.__name__] for form in dozen)]
    columns, faults = sum(count for count, *_ in scores), [fault for _, wrong, _ in scores for fault in wrong]
    assert columns > least
    assert len(faults) <= 0.03 * columns, faults
    assert [title for *_, sure in scores for title in sure] == []


@pytest.mark.parametrize("form", [form.__name__ for form in DOZENS])
def test_every_row_is_accounted_for_and_the_total_is_right(form, guesses):
    """No row is set aside, no sales are left out, and amounts come to the last unit."""
    _, sums, _, workspace = guesses[form]
    assert len(workspace.rules) == 0
    for table, (rows, column, total) in sums.items():
        frame = workspace.frame(table)
        assert len(frame) == rows
        if column == "ended":
            assert frame["ended_on"].notna().sum() == total
        elif column:
            assert frame[column].sum() == total


def test_customers_in_rows_above_lines_that_follow_a_total_are_told(tmp_path):
    """Where lines follow a total, whose they are is not known: such a report is refused with what to do."""
    rows = [line for n in range(20) for line in ([f"Firm {n}", "", ""], ["", f"2026-01-{n + 1:02}", "9.50"],
            [f"Total for Firm {n}", "", "9.50"], ["", f"2026-02-{n + 1:02}", "5.50"])]  # fmt: skip
    text_file(tmp_path / "Sales by Customer.csv", ["", "Transaction date", "Amount"], rows)
    with pytest.raises(DataError, match=r"rows of column_1 such as Firm 0 stand above .*a column customer id"):
        guess_workspace([str(tmp_path)])


def test_a_time_in_a_column_of_its_own_is_read(guesses):
    """Hours count, of days written in Hijri too."""
    tickets = guesses["two_columns"][3].frame("tickets")
    assert ((tickets["closed_at"] - tickets["opened_at"]).dt.total_seconds() == 30 * 3600).all()
    assert guesses["arabic_pos"][3].frame("transactions")["at"].dt.strftime("%H:%M").head(2).tolist() == [
        "09:30",
        "18:29",
    ]


@pytest.mark.parametrize(
    ("text", "cents"),
    [("1.234,56-", -123456), ("(12,50)", -1250), ("12,50- €", -1250), ("12,50 €-", -1250), ("€ 12,50-", -1250),
     ("12,-", None), ("12-3", None), ("--12", None), ("-12-", None)],
)  # fmt: skip
def test_a_minus_after_an_amount(text, cents):
    """SAP's way to write a refund; a stroke for no cents is none."""
    rows = {"transactions": pd.DataFrame({"customer_id": ["a"], "at": ["2026-01-01"], "amount": [text]})}
    shop = Workspace.from_frames(
        rows, currency="EUR", time_zone="UTC", settings={"transactions": {"decimal": ",", "thousands": "."}}
    )
    assert shop.frame("transactions")["amount_cents"].tolist() == ([] if cents is None else [cents])


def test_words_that_are_no_scale_stay_words(tmp_path):
    """Answers of which one word is on no scale, and words of two scales, are no numbers."""
    for name, words in (("a", ["Satisfied", "Very satisfied", "Blue"]), ("b", ["Poor", "Strongly agree"])):
        rows = [(n, f"2026-01-{n % 28 + 1:02}", n % 11, words[n % len(words)]) for n in range(60)]
        text_file(tmp_path / f"survey_{name}.csv", ["Response ID", "Date", "NPS", "How satisfied are you?"], rows)
        [role] = guess_workspace([str(tmp_path / f"survey_{name}.csv")]).roles
        assert "csat" not in role.matches


def test_an_answer_off_the_scale_is_set_aside(guesses, tmp_path):
    """What no word of the mapping stands for is a fault, never silently no answer."""
    text = sources_text(guesses["worded"][2], title="x", folder=tmp_path)
    expression = (
        re.search(r'csat: "(.*?)"  #', text)[1].replace('\\"', '"').replace("Overall, how satisfied are you?", "q")
    )
    rows = pd.DataFrame({"q": ["Satisfied", "Whatever", None]})
    poll = Workspace.from_frames(
        {"surveys": rows}, currency="SAR", time_zone="UTC", settings={"surveys": {"columns": {"csat": expression}}}
    )
    assert poll.quarantine("surveys")["value"].tolist() == ["Whatever"]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("postgresql://me:secret@db.example/shop", "db.example/shop: a database on a server is not read yet"),
        ("mysql://db.example/shop", "Export each table that you need"),
        ("jdbc:sqlserver://db.example;password=secret", "a database on a server is not read yet"),
        ("Server=db.example;Database=shop;Pwd=secret", "these settings: a database on a server is not read yet"),
        ("https://example.com/orders.csv", "only files on this machine are read. Download it"),
        ("s3://bucket/orders.parquet", "only files on this machine are read"),
    ],
)
def test_an_address_is_refused_with_a_remedy(address, words):
    """Nothing of a password is said."""
    with pytest.raises(ConfigurationError, match=words) as error:
        guess_workspace([address])
    assert "secret" not in str(error.value)


def test_each_question_shows_the_line_that_enter_writes(guesses, tmp_path):
    """A line of a question stands in what is written where its guess is taken."""
    questions = []

    def ask(question, guess, choices):
        questions.append(question)
        return guess

    draft = ask_unsure(guesses["statuses"][2], [], ask)
    text = sources_text(draft, title="Mine", folder=tmp_path)
    lines = [re.search("Enter writes: (.*)", question)[1] for question in questions]
    assert len(lines) == 2
    assert [line for line in lines if line not in text] == []


def statuses(folder, title, *values):
    """The role of orders with a status, of which the first value is the usual one."""
    rows = [(n, n % 7, f"2026-02-{1 + n % 28:02}", f"{n % 50}.50", values[(n % 7 == 0) * n % len(values)])
            for n in range(300)]  # fmt: skip
    text_file(folder / "orders.csv", ["Order ID", "Customer ID", "Order Date", "Total", title], rows)
    return guess_workspace([str(folder / "orders.csv")])


def test_a_status_in_unknown_words_is_asked_about(tmp_path):
    """Cancelled orders counted as sales where no word of them was known, without a question."""
    for title, words, told in [
        ("Status", ("Dokončeno", "Zrušeno"), "Zrušeno"), ("Stav", ("Completed", "Zrušeno"), "Zrušeno"),
        ("حالة الطلب", ("مكتمل", "متراجع عنه"), "متراجع عنه"), ("Order status", ("1", "7"), "7"),
        ("Status", ("Completed", "Paid"), ""), ("Order type", ("Standard", "Express"), ""),
    ]:  # fmt: skip
        [role] = statuses(tmp_path, title, *words).roles
        asked = [one for one in role.guesses if one.key == "where"]
        assert [(one.value, one.sure) for one in asked] == [("true", False)] * bool(told), title
        assert all(told in one.evidence and told in one.others[0] for one in asked)


def test_a_status_of_known_and_unknown_words_names_these(tmp_path):
    """What is left out, and what nothing is known of."""
    [role] = statuses(tmp_path, "Status", "Completed", "Cancelled", "Zrušeno").roles
    [asked] = [one for one in role.guesses if one.key == "where"]
    assert "'Cancelled'" in asked.value
    assert asked.evidence.endswith("nothing is known of Zrušeno")


@pytest.mark.parametrize(("answer", "rows"), [("nothing", 300), ("zrušeno", 279)])
def test_what_a_person_says_of_a_status_is_written(answer, rows, tmp_path):
    """The rows that are left are those of the other words; with nothing, all."""
    names = [str(tmp_path / "orders.csv")]
    guess = statuses(tmp_path, "Status", "Dokončeno", "Zrušeno")
    answers = iter(["Zruseno", answer])  # what is none of the words is asked about again
    draft = ask_unsure(guess, names, lambda question, own, _: next(answers) if "no sales" in question else own)
    assert list(answers) == []
    (tmp_path / "sources.yaml").write_text(sources_text(draft, title="x", folder=tmp_path), encoding="utf-8")
    assert len(open_workspace(tmp_path).frame("transactions")) == rows


def test_a_log_without_amounts_is_of_purchases_that_are_counted(tmp_path):
    """It is unsure that no column holds amounts; called visits, it is read as visits, its titles of two lines too."""
    no_spend(tmp_path)
    [role] = guess_workspace([str(tmp_path)]).roles
    assert role.table == "transactions"
    assert sorted(role.matches) == ["at", "channel", "customer_id", "transaction_id"]
    (tmp_path / "purchase log.csv").rename(tmp_path / "visits.csv")
    (tmp_path / "sources.yaml").write_text(sources_text(guess_workspace([str(tmp_path / "visits.csv")]), title="x",
                                                        folder=tmp_path), encoding="utf-8")  # fmt: skip
    assert open_workspace(tmp_path).frame("sessions")["customer_id"].nunique() == 60


def test_one_mark_with_words_is_asked_and_whose_visits_are_unknown_is_told(tmp_path):
    """A rating and a comment may be a survey or a review: nothing of it is sure. Sales need a customer."""
    truth, _ = usabilla(tmp_path)
    guess = guess_workspace([str(tmp_path)])
    assert "feedback" in guess.roles[0].rivals
    assert score(guess, truth)[2] == []
    (tmp_path / "feedback-items.csv").unlink()
    vet(tmp_path)
    with pytest.raises(DataError, match="as transactions it lacks customer_id"):
        guess_workspace([str(tmp_path)])
