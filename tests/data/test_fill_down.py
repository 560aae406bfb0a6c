"""Blank cells that stand for the one above: `fill_down` in `sources.yaml`, and how `cx init` proposes it."""

import pytest

from cxlib.data import open_workspace
from cxlib.data.guessing.workspace import guess_workspace
from cxlib.data.guessing.writing import sources_text
from cxlib.errors import ConfigurationError
from tests.data.ninth_dozen import quickbooks_groups
from tests.data.second_dozen import text_file
from tests.data.twelfth_dozen import visits_by_customer

SETTINGS = """
fill_down: [customer_id]
where: at is not null
"""


def test_a_customer_in_the_row_above_counts_for_the_rows_below(sales):
    """Rows in are the rows of the file: sales, and headings that are left out as not meant."""
    text = """\
    customer_id,at,amount
    ann,,
    ,2026-01-02,10
    ,2026-01-03,20
    bob,,
    ,2026-01-04,5
    """
    shop = sales(text, SETTINGS)
    assert shop.frame("transactions")["customer_id"].tolist() == ["ann", "ann", "bob"]
    assert shop.counts["left_out"].sum() == 2
    assert shop.counts["rows_in"].sum() == 5


def test_nothing_is_taken_from_across_a_line_that_cannot_be_read(sales, faults):
    """The line may have named another customer, so the rows below it belong to nobody that is known."""
    text = """\
    customer_id,at,amount
    ann,2026-01-02,10
    bob,2026-01-03,20,1
    ,2026-01-04,5
    """
    shop = sales(text, "fill_down: [customer_id]\n")
    assert shop.frame("transactions")["customer_id"].tolist() == ["ann"]
    assert [(row, column) for row, _, column, _ in faults(shop)] == [(3, ""), (4, "customer_id")]


def test_a_row_with_a_name_of_its_own_takes_no_id_from_above(sales):
    """A column named earlier begins anew: a new name without an id is not the customer above."""
    text = """\
    name,customer_id,at,amount
    Ann,1,2026-01-02,10
    ,,2026-01-03,20
    Bob,,2026-01-04,5
    """
    shop = sales(text, "fill_down: [name, customer_id]\ncolumns: {customer_id: customer_id, at: at, amount: amount}\n")
    assert shop.frame("transactions")["customer_id"].tolist() == ["1", "1"]
    assert len(shop.quarantine("transactions")) == 1


def test_a_column_that_there_is_not_is_refused(sales):
    """With what may be meant."""
    with pytest.raises(
        ConfigurationError, match=r"fill_down: there is no column 'customer'. Did you mean 'customer_id'"
    ):
        sales("customer_id,at,amount\na,2026-01-01,1\n", "fill_down: [customer]\n").frame("transactions")


@pytest.mark.parametrize("form", [quickbooks_groups, visits_by_customer])
def test_it_is_proposed_and_every_sale_has_its_customer(form, tmp_path):
    """Customers above their rows, in rows of their own or in the first of them: sums are right, and it is UNSURE."""
    _, sums = form(tmp_path)
    text = sources_text(guess_workspace([str(tmp_path)]), title="Mine", folder=tmp_path)
    assert [line for line in text.splitlines() if "fill_down:" in line and "# UNSURE" in line]
    (tmp_path / "sources.yaml").write_text(text, encoding="utf-8")
    shop = open_workspace(tmp_path)
    rows, _, total = sums["transactions"]
    frame = shop.frame("transactions")
    assert (len(frame), frame["amount_cents"].sum(), len(shop.rules)) == (rows, total, 0)
    assert not frame["customer_id"].str.startswith("Total").any()
    assert frame["customer_id"].nunique() > 20


def test_sales_of_unknown_buyers_are_not_filled(tmp_path):
    """In a till's log, in the order of its days, a blank says that nobody is known, whoever bought before."""
    days = [f"2026-{1 + n // 28:02}-{1 + n % 28:02}" for n in range(200)]
    rows = [(n, day, f"m{n}@mail.example" if n % 5 == 0 else "", f"{n}.50") for n, day in enumerate(days)]
    text_file(tmp_path / "sales.csv", ["Receipt No", "Date", "Email", "Total"], rows)
    assert "fill_down" not in sources_text(guess_workspace([str(tmp_path)]), title="x", folder=tmp_path)
