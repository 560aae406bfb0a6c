"""What columns tell of each other where titles leave it open."""

import datetime as dt
from dataclasses import replace

import pytest

from cxlib.data.guessing.titles import plain_words, title_score
from cxlib.data.guessing.workspace import guess_workspace, with_attributes
from tests.data.second_dozen import days, text_file

ROWS = list(enumerate(days(60)))


def guessed(folder, name, columns):
    """The role of a file: title -> cell of a row by its number and instant."""
    text_file(folder / name, list(columns), [[cell(n, day) for cell in columns.values()] for n, day in ROWS])
    [role] = guess_workspace([str(folder / name)]).roles
    return role


def title(role, target):
    """The title that a canonical column is mapped to; nothing where there is none."""
    return role.matches[target].column.name if target in role.matches else ""


SALE = {
    "Client code": lambda n, _: f"C{n % 13}", "Ordered": lambda _, day: f"{day:%Y-%m-%d %H:%M:%S}",
    "Total": lambda n, _: f"{n}.50",
}  # fmt: skip


@pytest.mark.parametrize(
    ("shared", "found"),
    [(lambda n: n % 9, "Invoice number"), (lambda n: n, "Reference")],
    ids=["by several customers", "by nobody"],
)
def test_an_id_that_several_customers_share_is_no_orders(shared, found, tmp_path):
    """The same title is that of the order where each row has another one."""
    number = {
        "Reference": lambda n, _: f"R{shared(n)}",
        "Invoice number": lambda n, _: f"I{n}" if found[0] == "I" else "",
    }
    role = guessed(tmp_path, "sales.csv", number | SALE)
    assert title(role, "transaction_id") == found


def test_numbers_of_orders_are_no_days(tmp_path):
    """40,001 is a day of a spreadsheet, and the number of an order."""
    role = guessed(tmp_path, "sales.csv", {"Order": lambda n, _: 40_001 + n} | SALE)
    assert (title(role, "transaction_id"), title(role, "at")) == ("Order", "Ordered")


@pytest.mark.parametrize("is_answer", [False, True])
def test_the_first_day_is_an_orders_and_the_last_an_answers(is_answer, tmp_path):
    """Whatever stands first in the file, and without being sure."""
    late = {"Paid at": lambda _, day: f"{day + dt.timedelta(minutes=9):%Y-%m-%d %H:%M:%S}"}
    columns = late | {"Created at": SALE["Ordered"], "Client code": SALE["Client code"], "Total": SALE["Total"]}
    if is_answer:
        columns = {"Created at": SALE["Ordered"], "Completed at": late["Paid at"], "NPS": lambda n, _: n % 11}
    role = guessed(tmp_path, "survey.csv" if is_answer else "sales.csv", columns)
    assert title(role, "at") == ("Completed at" if is_answer else "Created at")
    assert not role.matches["at"].sure


@pytest.mark.parametrize(("name", "found"), [(lambda n: f"Lamp {n % 5}", "Name"), (lambda n: f"Mr {n % 7}", "SKU")])
def test_a_name_that_each_code_has_is_the_products(name, found, tmp_path):
    """One that changes with the row is that of somebody else."""
    role = guessed(tmp_path, "sales.csv", {"SKU": lambda n, _: f"S-{n % 5}", "Name": lambda n, _: name(n)} | SALE)
    assert title(role, "product") == found


@pytest.mark.parametrize(("ways", "found"), [(("email", "phone"), "Type"), (("bug", "question"), "")])
def test_ways_to_reach_a_company_are_a_channel(ways, found, tmp_path):
    """By their values; other values of that title are a topic."""
    columns = {"Ticket ID": lambda n, _: n, "Opened": SALE["Ordered"], "Client code": SALE["Client code"],
               "Type": lambda n, _: ways[n % 2]}  # fmt: skip
    role = guessed(tmp_path, "tickets.csv", columns)
    assert (title(role, "channel"), title(role, "topic")) == (found, "" if found else "Type")


def test_a_recipe_is_for_titles_with_its_own_capitals(tmp_path):
    """Other programs have columns of the same names; their id is not taken for one that a recipe knows."""
    columns = {"Record Id": lambda n, _: f"z{n}", "First Name": lambda n, _: f"F{n}", "Last Name": lambda n, _: f"L{n}",
               "Email": lambda n, _: f"c{n}@mail.example", "Contact Owner": lambda n, _: f"Rep {n % 3}"}  # fmt: skip
    role = guessed(tmp_path, "contacts.csv", columns)
    assert (role.recipe, title(role, "customer_id")) == ("", "Record Id")


def test_a_file_that_is_called_another_table_is_asked_about(tmp_path):
    """Whatever its titles say, no column is sure."""
    columns = {"Ticket ID": lambda n, _: n, "Opened": SALE["Ordered"], "Closed": SALE["Ordered"],
               "Client code": SALE["Client code"], "Score": lambda n, _: 1 + n % 5}  # fmt: skip
    role = guessed(tmp_path, "surveys.csv", columns)
    assert role.rivals
    assert not any(one.sure for one in role.matches.values())


@pytest.mark.parametrize("open_", [True, False])
def test_what_is_owed_of_an_invoice_is_no_balance_of_an_account(open_, tmp_path):
    """All of the amount or nothing: it is neither the amount nor a sign that rows are of something else."""
    left = {"Balance": lambda n, _: f"{n * (n % 4 == 0 if open_ else 3)}.50" if not open_ or n % 4 == 0 else "0.00"}
    role = guessed(tmp_path, "list.csv", left | {"Invoice no": lambda n, _: f"I{n}"} | SALE)
    assert (role.table, title(role, "amount")) == ("transactions", "Total")
    assert (role.rivals == ()) == open_


@pytest.mark.parametrize(("minutes", "name"), [(9, "calls.csv"), (9 * 1440, "members.csv")])
def test_what_ends_on_its_day_is_no_membership(minutes, name, tmp_path):
    """A call begins and ends, too."""
    role = guessed(tmp_path, name, {
        "Customer ID": lambda n, _: f"C{n % 13}", "Start": lambda _, day: f"{day:%Y-%m-%d %H:%M:%S}",
        "Plan": lambda n, _: "AB"[n % 2],
        "End": lambda _, day: f"{day + dt.timedelta(minutes=minutes):%Y-%m-%d %H:%M:%S}",
    })  # fmt: skip
    assert (role.table == "memberships") == (name == "members.csv")


@pytest.mark.parametrize("words", [("APPROVED", "REFUSED"), ("RED", "BLUE")])
def test_words_of_sales_that_came_to_nothing_are_a_status_by_any_title(words, tmp_path):
    """Refused payments counted where a title did not say that a column is a status."""
    role = guessed(tmp_path, "sales.csv", SALE | {"Acquirer": lambda n, _: words[n % 5 == 0]})
    assert [one.key for one in role.guesses if one.key == "where"] == ["where"] * ("REFUSED" in words)


def test_three_parts_add_up_to_what_was_paid(tmp_path):
    """A value and two taxes make a total that no title names."""
    role = guessed(tmp_path, "sales.csv", {
        "Client code": SALE["Client code"], "Ordered": SALE["Ordered"], "Value": lambda n, _: f"{100 + n}.00",
        "CGST": lambda n, _: f"{9 + n / 10:.2f}", "SGST": lambda n, _: f"{7 + n / 5:.2f}",
        "Billed": lambda n, _: f"{116 + n * 1.3:.2f}",
    })  # fmt: skip
    assert title(role, "amount") == "Billed"


def test_an_attribute_is_not_sure_where_rows_may_be_of_another_table(tmp_path):
    """Members with a tier are customers, or memberships: a tier is an attribute, or a plan."""
    role = guessed(tmp_path, "customers.csv", {
        "Customer ID": lambda n, _: f"U{n}", "Tier": lambda n, _: "AB"[n % 2],
        "City": lambda n, _: ["Porto", "Rome"][n % 2],
    })  # fmt: skip
    bare = replace(role, matches={"customer_id": role.matches["customer_id"]})
    for rivals, sure in (((), True), (("memberships",), False)):
        matches = with_attributes(replace(bare, rivals=rivals)).matches
        assert (matches["tier"].sure, matches["city"].sure) == (sure, sure)


@pytest.mark.parametrize(
    ("name", "better", "words"),
    [("Fakturadatum", "at", ("faktura", "date")), ("Kundnr", "customer_id", ("customer", "number"))],
)
def test_titles_of_one_word_are_read_as_its_parts(name, better, words):
    """As Germanic languages write them; what is known of other languages stands in English."""
    assert plain_words(name) == words
    assert title_score(name, "transactions", better) > 0.7


def test_what_a_market_place_leaves_is_not_what_was_paid(tmp_path):
    """Charges are never above 0; without being sure."""
    role = guessed(tmp_path, "sales.csv", {
        "Client code": SALE["Client code"], "Ordered": SALE["Ordered"], "Income": lambda n, _: f"{100 + n}.00",
        "Charge": lambda n, _: f"-{9 + n / 10:.2f}", "Postage": lambda n, _: f"-{4 * (n % 2)}.00",
        "Total": lambda n, _: f"{91 + n * 0.9 - 4 * (n % 2):.2f}",
    })  # fmt: skip
    assert (title(role, "amount"), role.matches["amount"].sure) == ("Income", False)
