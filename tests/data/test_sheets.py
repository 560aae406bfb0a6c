"""Excel files: no row is lost in silence, and what a cell stores as a number or a date stays one."""

import datetime as dt
import re
import zipfile

import pytest
from openpyxl import Workbook

from cxlib.errors import DataError

TITLES = ["customer_id", "at", "amount"]
FIFTY = [[number, dt.datetime(2026, 1, 5, 10, 30), 12.345] for number in range(1, 51)]


@pytest.fixture
def sheet(tmp_path, workspace):
    """A function that writes rows to a sheet, edits its XML, opens it, and gives rows in, good and quarantined."""

    def write(rows, *, edit=None, also=(), settings="", titles=TITLES):
        book = Workbook()
        for page, content in [(book.active, rows), *also]:
            page = page if page is book.active else book.create_sheet(page)
            for row in [titles, *content] if titles else content:
                page.append(row)
        book.save(tmp_path / "a.xlsx")
        if edit:
            _edit(tmp_path / "a.xlsx", edit)
        return workspace(f"transactions: {{path: a.xlsx{settings}}}")

    return write


def _edit(path, change):
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    members[name] = change(members[name].decode()).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member, content)


def accounts(shop):
    """Rows in, good and quarantined of all sources."""
    return shop.counts[["rows_in", "good", "quarantined"]].sum().tolist()


def _prefixed(xml):
    tags = "row|c|v|is|t|sheetData|worksheet|dimension|sheetPr|outlinePr|pageSetUpPr|sheetViews|sheetView|selection"
    return re.sub(rf"<(/?)({tags}|sheetFormatPr|pageMargins)\b", r"<\1x:\2", xml).replace("xmlns=", "xmlns:x=")


EDITS = {
    "smaller": lambda xml: xml.replace('ref="A1:C51"', 'ref="A1:C11"'),
    "one cell": lambda xml: xml.replace('ref="A1:C51"', 'ref="A1"'),
    "elsewhere": lambda xml: xml.replace('ref="A1:C51"', 'ref="B3:C4"'),
    "larger": lambda xml: xml.replace('ref="A1:C51"', 'ref="A1:XFD1048576"'),
    "none": lambda xml: re.sub("<dimension[^>]*>", "", xml),
    "no addresses": lambda xml: re.sub(r'(<c|<row) r="\w+"', r"\1", xml),
    "a prefix": _prefixed,
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_all_rows_are_read_whatever_size_is_stored(sheet, edit):
    """Fifty rows, though the file says that there are ten, or says nothing."""
    assert accounts(sheet(FIFTY, edit=edit)) == [50, 50, 0]


def test_hidden_and_filtered_rows_count_and_empty_ones_do_not(sheet):
    """A blank in a cell makes a row, which is set aside; nothing and an empty formula make none."""
    rows = [*FIFTY, [], [""], [" "], [None, None, None], FIFTY[0], ["=A2", None, None]]
    hide = lambda xml: xml.replace('<row r="5"', '<row hidden="1" r="5"').replace('"A57">', '"A57" t="str">')  # noqa: E731
    assert accounts(sheet(rows, edit=hide)) == [52, 51, 1]


@pytest.mark.parametrize(
    ("edit", "lost"),
    [
        (lambda xml: xml.replace('<row r="20"', '<row r="99"'), "51 rows that are not empty, but only 20"),
        (lambda xml: xml.replace('<row r="20"', '<row r="19"'), "51 rows that are not empty, but only 50"),
        (lambda xml: re.sub(r"<row r=.51.*</row>", r'<row r="51"><c r="A51"><f>A2</f></c></row>', xml), "only 50"),
    ],
    ids=["out of order", "twice", "never computed"],
)
def test_rows_that_the_reader_drops_stop_the_run(sheet, edit, lost):
    """The rows are counted a second time, by their tags; the message names both numbers."""
    with pytest.raises(DataError, match=lost):
        sheet(FIFTY, edit=edit).table("transactions")


def test_rows_on_several_sheets_are_not_passed_over(sheet, workspace, tmp_path):
    """Sheets with the same columns ask which is meant, or for a source each; notes beside the data do not."""
    march = [("March", FIFTY[:3])]
    with pytest.raises(DataError, match=r"the sheets 'Sheet', 'March' have the same columns.*list a source for each"):
        sheet(FIFTY, also=march).table("transactions")
    both = workspace("transactions: [{path: a.xlsx, sheet: Sheet}, {path: a.xlsx, sheet: March}]")
    assert both.counts[["source", "good"]].values.tolist() == [["a.xlsx (Sheet)", 50], ["a.xlsx (March)", 3]]
    assert accounts(sheet(FIFTY, also=march, settings=", sheet: March")) == [3, 3, 0]
    with pytest.raises(DataError, match="Did you mean 'March'"):
        sheet(FIFTY, also=march, settings=", sheet: Marhc").table("transactions")
    assert accounts(sheet([TITLES, *FIFTY], also=[("Notes", [["none"]])], titles=None)) == [50, 50, 0]


def test_the_first_sheet_is_the_first_that_is_shown(tmp_path, workspace):
    """A hidden sheet before the data is not what a person sees as the first one."""
    book = Workbook()
    book.active.append(["a list"])
    book.active.sheet_state = "veryHidden"
    page = book.create_sheet("Sales")
    for row in [TITLES, *FIFTY]:
        page.append(row)
    book.active = 1
    book.save(tmp_path / "a.xlsx")
    assert accounts(workspace("transactions: {path: a.xlsx}")) == [50, 50, 0]


def test_an_empty_first_row_is_said(sheet):
    """The sheet is not empty, so the message does not say that it is."""
    with pytest.raises(DataError, match=r"the first row of sheet .* is empty"):
        sheet([[], TITLES, *FIFTY], titles=None).table("transactions")


def test_stored_numbers_and_dates_are_not_read_as_text(sheet):
    """Beside text in the declared notation; 12.345 is not 12,345, and a date needs no format."""
    rows = [
        [1e15, "05/01/2026", "1.234,50"],
        ["12345678901234567890", dt.datetime(2026, 1, 5, 10, 30, 15), 1234.5],
        [0.5, dt.date(2026, 1, 6), 12.345],
        [7, dt.date(2026, 1, 6), 0.125],
        [8, dt.date(2026, 1, 6), 1e-7],
        [9, dt.date(2026, 1, 6), "12,5"],
    ]
    shop = sheet(rows, settings=", decimal: ',', dates: ['%d/%m/%Y']")
    found = shop.frame("transactions")
    assert found.amount_cents.tolist() == [123450, 123450, 1235, 13, 0, 1250]
    assert found["at"].tolist() == [dt.datetime(2026, 1, 5), rows[1][1], *[dt.datetime(2026, 1, 6)] * 4]
    assert found.customer_id.tolist()[:2] == ["1000000000000000", "12345678901234567890"]


def test_an_id_of_many_digits_stays_whole(sheet):
    """Whether the file stores all its digits or a power of ten."""
    rows = [[1e17, *FIFTY[0][1:]], [2e17, *FIFTY[0][1:]]]
    shop = sheet(rows, edit=lambda xml: xml.replace("<v>2e+17</v>", "<v>12345678901234567891</v>"))
    assert shop.frame("transactions").customer_id.tolist() == ["100000000000000000", "12345678901234567891"]


DAMAGES = {
    "cut": lambda xml: xml[:-200],
    "comma": lambda xml: xml.replace("<v>12.345</v>", "<v>12,345</v>", 1),
    "no such text": lambda xml: re.sub(r'<c r="A2"[^>]*>.*?</c>', '<c r="A2" t="s"><v>99</v></c>', xml),
}


@pytest.mark.parametrize("edit", DAMAGES.values(), ids=list(DAMAGES))
def test_a_damaged_sheet_is_said_in_words(sheet, edit):
    """What openpyxl raises when it comes to the cell is no traceback."""
    with pytest.raises(DataError, match="damaged"):
        accounts(sheet(FIFTY, edit=edit))


def test_sheets_that_no_source_reads_are_named(tmp_path):
    """A sheet of titles alone, a hidden one, and one that any source reads, are not."""
    from openpyxl import Workbook

    from cxlib.data import open_workspace

    book = Workbook()
    for title in ("Jan", "Feb", "Notes", "Old"):
        sheet = book.create_sheet(title)
        for row in [("id", "day", "paid"), ("a", "2026-01-05", 3)][: 1 if title == "Notes" else 2]:
            sheet.append(row)
    book["Old"].sheet_state = "hidden"
    del book["Sheet"]
    book.save(tmp_path / "sales.xlsx")
    source = "path: sales.xlsx, sheet: {}, columns: {{customer_id: id, at: day, amount: paid}}"
    head = "title: x\ncurrency: SAR\ntime_zone: UTC\ntables:\n  transactions:\n"
    for sheets, unread in ((["Jan"], {"sales.xlsx": ["Feb"]}), (["Jan", "Feb"], {})):
        lines = "".join(f"    - {{{source.format(sheet)}}}\n" for sheet in sheets)
        (tmp_path / "sources.yaml").write_text(head + lines, encoding="utf-8")
        assert open_workspace(tmp_path).unread_sheets == unread
