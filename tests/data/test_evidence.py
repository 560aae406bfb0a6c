"""What columns tell of each other where titles leave it open."""

import datetime as dt

import pytest

from cxlib.data.guessing.workspace import guess_workspace
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
