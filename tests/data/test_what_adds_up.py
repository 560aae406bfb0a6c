"""What tells columns apart beside their titles: sums, whose a thing is, and what is only sure with its table."""

import pytest

from cxlib.data.guessing.titles import title_score
from cxlib.data.guessing.workspace import ask_unsure, guess_workspace
from tests.data.second_dozen import days, text_file

TITLES = ["Invoice no", "Client code", "Invoice date", "Excl. amount", "Discount", "Charged", "GST", "Sum"]


@pytest.fixture(scope="module")
def invoices(tmp_path_factory):
    """Net amounts less a discount, which make a sum with their tax; no title says which of them was paid."""
    folder, rows = tmp_path_factory.mktemp("sums"), []
    for n, day in enumerate(days(40)):
        full, less = 10_000 + 777 * n, 100 * (n % 11 + 1)
        tax = (full - less) * 15 // 100
        cells = [full, less, full - less, tax, full - less + tax]
        rows.append((n, f"C{n % 9}", f"{day:%Y-%m-%d}", *(f"{one / 100:.2f}" for one in cells)))
    text_file(folder / "invoices.csv", TITLES, rows)
    return folder


def test_the_total_is_what_net_and_tax_add_up_to(invoices):
    """A discount leads from the full amount to what is left of it, and a tax on to the sum."""
    [role] = guess_workspace([str(invoices)]).roles
    assert set(role.sheet.sums) == {("Excl. amount", "Discount", "Charged"), ("Sum", "Charged", "GST")}
    assert role.matches["amount"].expression == "Sum"


def test_columns_are_no_surer_than_their_table(tmp_path):
    """Where it is asked what a row is no column is sure; once that is answered those are that titles tell."""
    rows = [(n, n % 7, f"2026-02-{1 + n % 28:02}", f"Item {n % 5}", f"{n}.50") for n in range(60)]
    text_file(tmp_path / "list.csv", ["Ref", "Customer ID", "Created at", "Product", "Price"], rows)
    draft = guess_workspace([str(tmp_path)])
    [role] = draft.roles
    assert role.rivals
    assert [name for name, one in role.matches.items() if one.sure] == []
    answered = ask_unsure(draft, [str(tmp_path)], lambda question, guess, choices: guess)
    assert answered.roles[0].matches["customer_id"].evidence != "as answered"
    assert answered.roles[0].matches["customer_id"].sure


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("Customer ID", "Contact email"),
        ("Contact email", "Buyer phone"),
        ("هاتف المشترك", "هاتف الفرع"),
        ("Caller phone number", "Store phone number"),
    ],
)
def test_whose_a_contact_is_tells_whether_it_is_a_customers(better, worse):
    """Ids before e-mails, e-mails before phones, and those of nobody who buys not at all."""
    assert title_score(better, "tickets", "customer_id") > title_score(worse, "tickets", "customer_id")


def test_of_an_attribute_that_no_title_tells_nothing_is_sure(tmp_path):
    """What programs keep is left out; what nothing is known of may be of use, or not."""
    rows = [(f"C{n}", ["Riyadh", "Jeddah"][n % 2], n % 4, f"{21 + n / 9:.4f}") for n in range(60)]
    text_file(tmp_path / "customers.csv", ["Customer ID", "City", "Grade X", "Latitude"], rows)
    [role] = guess_workspace([str(tmp_path)]).roles
    assert {name: one.sure for name, one in role.matches.items() if name != "customer_id"} == {
        "city": True,
        "grade_x": False,
    }
    assert role.left_out == {"Latitude": "it is for programs"}
