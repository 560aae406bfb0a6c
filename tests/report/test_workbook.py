"""A list as a workbook: what a spreadsheet reads back is what was written, and none of it runs."""

import datetime as dt
import io
import time
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxlib.language import Day, Money, T, speaker
from cxlib.report import export
from cxlib.report.exports import MOST_ROWS, ListLink, as_written
from cxlib.report.workbook import workbook_bytes

ENGLISH, ARABIC = speaker("en"), speaker("ar")


def sheet_of(frame, voice=ENGLISH, **how):
    """The first sheet as openpyxl reads it."""
    return openpyxl.load_workbook(io.BytesIO(workbook_bytes(frame, voice, title="List", **how))).worksheets[0]


def column_of(values, name="x", **how):
    """The cells of a column."""
    return [cell for (cell,) in sheet_of(pd.DataFrame({name: values}), **how).iter_rows(min_row=2)]


def test_cells_have_their_types():
    """Numbers, days, moments, truths and texts come back as such; what is missing is empty."""
    day, moment = dt.datetime(2026, 9, 30), dt.datetime(2026, 9, 30, 14, 30)
    for values, back, form in (
        ([1, 2_500], [1, 2_500], "#,##0"),
        ([0.5, None], [0.5, None], "#,##0.00"),
        ([np.int64(3), 1.5, None], [3, 1.5, None], "#,##0.00"),
        ([True, False], [True, False], "@"),
        ([dt.date(2026, 9, 30), None], [day, None], "yyyy-mm-dd"),
        (pd.Series([day, pd.NaT]), [day, None], "yyyy-mm-dd"),
        (pd.Series([moment]).dt.tz_localize("Asia/Riyadh"), [moment], "yyyy-mm-dd hh:mm"),
        ([Day(dt.date(2026, 9, 30))], [day], "yyyy-mm-dd"),
        ([Money(12_345, currency="SAR")], [123.45], "#,##0.00"),
        (["a", None, 3], ["a", None, "3"], "@"),
        ([float("inf")], ["inf"], None),
        ([2**60], ["1152921504606846976"], None),
    ):
        cells = column_of(values)
        assert [cell.value for cell in cells] == back
        assert form is None or {cell.number_format for cell in cells} == {form}
    (old,) = column_of([dt.date(1870, 5, 1)], name="customer_id")  # spreadsheets know no days before 1900
    assert old.value == "1870-05-01"


def test_texts_that_no_cell_holds_are_cut():
    """Excel counts a sign beyond the first 65,536 as two, and a text has no half a sign at its end."""
    letters, faces = column_of(["x" * 40_000, "\U0001f600" * 20_000])
    assert (len(letters.value), len(faces.value)) == (32_767, 16_383)


@pytest.mark.parametrize(
    "text", ["=1+1", "+966501234567", "-2", "@SUM(A1)", "007", "00123", "1e5", "  x ", "a\nb", "مرحبا"]
)
def test_text_stays_text(text):
    """Ids keep zeros and plus signs, and a formula is text, in cells and as a column's title."""
    (cell,) = column_of([text], name="customer_id")
    assert (cell.value, cell.data_type, cell.number_format) == (text, "s", "@")
    content = workbook_bytes(pd.DataFrame({text: [1]}), ENGLISH, title=text)
    assert all(c.data_type != "f" for ws in openpyxl.load_workbook(io.BytesIO(content)) for row in ws for c in row)
    with zipfile.ZipFile(io.BytesIO(content)) as whole:
        assert not any(b"<f>" in whole.read(name) for name in whole.namelist())


@settings(deadline=None, max_examples=30)
@given(st.lists(st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)), min_size=1))
def test_every_text_comes_back(texts):
    """Whatever the text; an escape of the format is escaped, as spreadsheets read it and openpyxl does not."""
    back = [cell.value for cell in column_of(pd.Series(texts, dtype=object), name="customer_id")]
    assert [text and text.replace("_x005F_", "_") for text in back] == texts


def test_a_sheet_is_ready_to_use():
    """Titles in the reader's language stand still and filter; Arabic runs from the right; names for programs follow."""
    frame = pd.DataFrame({"customer_id": ["a"] * 3, "risk": [0.1, 0.2, 0.3], "tier": ["high", "low", "own"]})
    sheet = sheet_of(frame)
    assert [cell.value for cell in sheet[1]] == ["Customer", "Risk of leaving", "Tier"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref, bool(sheet.sheet_view.rightToLeft)) == ("B2", "A1:C4", False)
    assert [cell.value for cell in sheet["C"]] == ["Tier", "High", "Low", "own"]
    assert sheet["B2"].number_format == "0.0%"
    assert all(sheet.column_dimensions[letter].width >= 9 for letter in "ABC")
    arabic = openpyxl.load_workbook(io.BytesIO(workbook_bytes(frame, ARABIC, title=T("Segments"))))
    assert [ws.sheet_view.rightToLeft for ws in arabic] == [True, True]
    assert [cell.value for cell in arabic.worksheets[0][1]][:2] == ["العميل", "خطر المغادرة"]
    assert [row[1].value for row in arabic.worksheets[1]][1:] == ["customer_id", "risk", "tier"]


def test_ends_look_as_what_they_bound_and_an_empty_column_is_left_out():
    """The interval of a share is in percent; a column without a value tells a reader nothing."""
    frame = pd.DataFrame({"name": ["Price"], "share": [0.28], "n": [6100], "low": [0.26], "in_words": [None]})
    sheet = sheet_of(frame)
    share = "Share of the explained score"
    assert [cell.value for cell in sheet[1]] == ["Name", share, "Answers", f"{share}, low end"]
    assert [cell.number_format for cell in sheet[2]] == ["@", "0.0%", "#,##0", "0.0%"]


@pytest.mark.parametrize("title", ["Columns", "'x'", "a/b [c]: " + "d" * 40, ""])
def test_every_title_makes_a_sheet(title):
    """A sheet's name has its own rules."""
    content = workbook_bytes(pd.DataFrame({"x": [1]}), ENGLISH, title=title)
    assert len(openpyxl.load_workbook(io.BytesIO(content)).sheetnames) == 2


def test_no_rows_are_a_sheet_too():
    """An empty list has its titles."""
    assert [[cell.value for cell in row] for row in sheet_of(pd.DataFrame({"customer_id": []}))] == [["Customer"]]


def test_equal_lists_are_equal_bytes():
    """The clock leaves no trace."""
    frame = pd.DataFrame({"a": [1.5, 2], "b": ["x", None]})
    first = workbook_bytes(frame, ENGLISH, title="List")
    time.sleep(1.1)
    assert workbook_bytes(frame, ENGLISH, title="List") == first


@pytest.mark.parametrize(
    ("currency", "value", "form"), [("SAR", 12.35, "#,##0.00"), ("JPY", 1235, "#,##0"), ("KWD", 1.235, "#,##0.000")]
)
def test_amounts_are_in_units_of_their_currency(run_folder, currency, value, form):
    """CSV and workbook round to the currency's own decimals; Parquet keeps the minor units to the last digit."""
    export(pd.DataFrame({"customer_id": ["01"], "value_cents": [1234.7], "currency": currency}), "list")
    folder = run_folder / "exports"
    table = pd.read_csv(folder / "list.csv", dtype={"customer_id": str})
    assert table["value"].tolist() == [value]
    assert pd.read_parquet(folder / "list.parquet")["value_cents"].tolist() == [1234.7]
    sheet = openpyxl.load_workbook(folder / "list.en.xlsx").worksheets[0]
    assert (sheet["A2"].value, sheet["B2"].value, sheet["B2"].number_format) == ("01", value, form)


def test_amounts_without_a_currency_stay_as_they_are():
    """Nobody knows the decimals then; and no column is written over."""
    rows = pd.DataFrame({"value_cents": [5], "currency": ["SAR"], "value": [1]})
    for frame in (rows, rows[["value_cents"]]):
        same, amounts = as_written(frame)
        assert (list(same), amounts) == (list(frame), [])


def test_each_page_offers_its_own_workbook(run_folder):
    """The English page links to the English one; a list that names customers is not to be passed on in any form."""
    shown = export(pd.DataFrame({"customer_id": ["a"], "why": [T("Customer")]}), "people")
    assert "exports/people.en.xlsx" in shown.render(ENGLISH).html
    assert "people.ar.xlsx" not in shown.render(ENGLISH).html
    assert {"exports/people.en.xlsx", "exports/people.ar.xlsx"} < set(shown.extras()["files"])
    assert shown.extras()["shareable"] == []
    said = openpyxl.load_workbook(run_folder / "exports" / "people.ar.xlsx").worksheets[0]
    assert said["B2"].value == "العميل"


def test_what_may_be_passed_on_holds_no_contact_in_its_workbook(run_folder):
    """As in the CSV, also where the text is a sentence, and small groups are withheld."""
    rows = pd.DataFrame({"group": ["a", T("call {who}", who="0501234567"), "c", "d"], "n": [90, 80, 3, 70]})
    export(rows, "counts", n="n", group="group")
    sheet = openpyxl.load_workbook(run_folder / "exports" / "counts.en.xlsx").worksheets[0]
    texts = [cell.value for cell in sheet["A"]]
    assert "0501234567" not in str(texts)
    assert len(texts) == 1 + len(pd.read_csv(run_folder / "exports" / "counts.csv")) == 3


def test_long_lists_have_no_workbook(run_folder):
    """Above 100,000 rows a reader takes the CSV."""
    shown = export(pd.DataFrame({"x": np.zeros(MOST_ROWS + 1, dtype=int)}), "long")
    assert [file.kind for file in shown.written] == ["CSV", "Parquet"]


def test_twenty_thousand_rows_take_two_seconds_or_three():
    """CPU time for one language, fourteen columns; a kept library writes them."""
    rows = pd.DataFrame({f"c{i}": np.arange(20_000) / 7 for i in range(10)} | {f"t{i}": "Riyadh" for i in range(4)})
    began = time.process_time()
    workbook_bytes(rows, ENGLISH, title="List")
    assert time.process_time() - began < 3.0


def test_a_sentence_leads_to_a_list_in_the_readers_language():
    """To the workbook; to the CSV where the list is too long for one."""
    assert 'href="exports/segments.ar.xlsx"' in ListLink(T("Customers"), "segments", 9).render(ARABIC).html
    assert 'href="exports/segments.csv"' in ListLink(T("Customers"), "segments", MOST_ROWS + 1).render(ENGLISH).html
