"""Tests of CSV for spreadsheets, exports and the data section."""

import csv
import datetime as dt
import io
import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxlib.errors import ConfigurationError, DataError
from cxlib.language import Money, T
from cxlib.report import data_section, export, exported_by
from cxlib.report.exports import csv_bytes, safe_cell

FORMULAS = ("=1+1", "+44 20", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\uff1d1")


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_becomes_text(formula):
    """Every start that OWASP lists for CSV injection gets an apostrophe."""
    assert safe_cell(formula) == "'" + formula


@given(st.text(max_size=20))
def test_a_safe_cell_is_never_a_formula(text):
    """Whatever the text, a spreadsheet does not start to compute, and nothing is taken away."""
    safe = safe_cell(text)
    assert not safe.lstrip().startswith(("=", "+", "-", "@"))
    assert safe.endswith(text)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12), min_size=1, max_size=5))
def test_every_text_comes_back_from_the_csv(texts):
    """A reader of CSV gets each text back, with an apostrophe at most."""
    rows = list(csv.reader(io.StringIO(csv_bytes(pd.DataFrame({"a": texts})).decode("utf-8-sig"), newline="")))
    assert [row[0] for row in rows[1:]] == [safe_cell(text) for text in texts]


def test_numbers_and_column_names():
    """Negative numbers stay numbers; a column's name can be a formula too; texts are quoted."""
    written = csv_bytes(pd.DataFrame({"=cmd": [-1.5], "b": ["a;=1+1"]})).decode("utf-8-sig")
    assert written == '"\'=cmd","b"\n-1.5,"a;=1+1"\n'


@pytest.mark.parametrize("dtype", ["str", "object", "category"])
def test_formulas_are_safe_in_every_kind_of_text_column(dtype):
    """Text is text, however pandas stores it, and missing cells stay empty."""
    written = csv_bytes(pd.DataFrame({"a": pd.Series(["=1", None], dtype=dtype)})).decode("utf-8-sig")
    assert written in ('"a"\n"\'=1"\n""\n', '"a"\n"\'=1"\n\n')


def test_an_export_is_written_twice_and_linked(segments, run_folder, english, read):
    """CSV and Parquet hold the same rows, and the page links to both with their sizes."""
    shown = export(segments.set_index("segment"), "segments", label=T("All segments"))
    table = pd.read_csv(run_folder / "exports" / "segments.csv")
    columns = pd.read_parquet(run_folder / "exports" / "segments.parquet")
    pd.testing.assert_frame_equal(table, columns, check_dtype=False)
    assert table["segment"].tolist() == ["Champions", "Loyal", "At risk"]
    html = shown.render(english).html
    assert '<p class="files">All segments (3 rows): <a href="exports/segments.en.xlsx" download>Excel, ' in html
    assert '<a href="exports/segments.csv" download>CSV, ' in html
    names = ["segments.en.xlsx", "segments.ar.xlsx", "segments.csv", "segments.parquet"]
    assert shown.payload()["files"] == [f"exports/{name}" for name in names]


def test_an_export_keeps_full_precision(run_folder):
    """Exports are for computing: every digit, dates in ISO form, money in whole units."""
    frame = pd.DataFrame({"x": [1 / 3], "m": [Money(12345)], "d": [dt.date(2026, 9, 30)]})
    export(frame, "precise")
    text = (run_folder / "exports" / "precise.csv").read_text(encoding="utf-8-sig")
    assert text == '"x","m","d"\n0.3333333333333333,123.45,"2026-09-30"\n'


def test_what_is_withheld_leaves_no_number_of_its_row(run_folder):
    """Groups that are left out of a file leave no column of row numbers behind."""
    frame = pd.DataFrame({"group": list("abcde"), "n": [90, 80, 3, 60, 70]})
    export(frame, "groups", n="n", group="group")
    written = pd.read_csv(run_folder / "exports" / "groups.csv")
    assert list(written) == ["group", "n"]
    assert written["n"].min() >= 30
    assert len(written) == 3


def test_another_report_is_read_only_where_the_suite_declares_it(run_folder, tmp_path, monkeypatch):
    """A path in the folder that the engine names; None for other reports and missing files."""
    folder = tmp_path / "clv" / "runs" / "1"
    (folder / "exports").mkdir(parents=True)
    (folder / "exports" / "customers.csv").write_text("customer_id")
    assert exported_by("clv", "customers.csv") is None
    monkeypatch.setenv("CXLIB_BUILT_ON", json.dumps({"clv": str(folder)}))
    assert exported_by("clv", "customers.csv") == folder / "exports" / "customers.csv"
    assert exported_by("clv", "other.csv") is None
    assert exported_by("churn", "customers.csv") is None
    monkeypatch.delenv("CXLIB_BUILT_ON")
    assert exported_by("clv", "customers.csv") is None


def test_an_export_name_cannot_leave_its_folder(segments):
    """A path in the name is refused."""
    with pytest.raises(ConfigurationError, match="not usable"):
        export(segments, "../../etc/passwd")


def test_a_folder_that_cannot_be_written_is_said(segments, run_folder):
    """The error names the file and the remedy."""
    run_folder.write_text("a file where the folder should be")
    with pytest.raises(DataError, match=r"segments.en.xlsx: cannot be written"):
        export(segments, "segments")


class Workspace:
    """A workspace with seven rows set aside."""

    tables = ("transactions",)
    period = (dt.date(2024, 1, 1), dt.date(2026, 9, 30))
    counts = pd.DataFrame({"table": "transactions", "source": "t.csv", "rows_in": [10], "good": 3, "quarantined": 7})
    rules = pd.DataFrame({"table": "transactions", "source": ["t.csv"], "rule": ["the date is missing"], "rows": [7]})

    currency = "SAR"
    conversions = pd.DataFrame({
        "table": "transactions", "currency": ["USD"], "rows": 2, "since": dt.date(2026, 1, 1),
        "until": dt.date(2026, 1, 2), "low": 3.75, "high": 3.7512,
    })  # fmt: skip

    def quarantine(self, name=None):
        """Seven rows, one with a long value."""
        values = ["=1+1", "y" * 200, None, "", "5", "6", "7"]
        return pd.DataFrame({
            "table": "transactions", "source": "t.csv", "row": range(2, 9), "rule": "the date is missing",
            "column": "at", "value": values, "remedy": "give it",
        })  # fmt: skip


class CleanWorkspace(Workspace):
    """The same without a fault."""

    counts = Workspace.counts.assign(good=10, quarantined=0)
    rules, conversions = Workspace.rules.head(0), Workspace.conversions.head(0)

    def quarantine(self, name=None):
        """No rows."""
        return super().quarantine().head(0)


def test_the_data_section_accounts_for_every_row(run_folder, english, read):
    """Counts, reasons, the first five rows, and the file with all."""
    section = data_section(Workspace())
    html = section.render(english).html
    words = " ".join("".join(read(html).words).split())
    assert "10 rows were read for this page." in words
    assert "1 January 2024 to 30 September 2026" in words
    assert "7 rows broke a rule and were set aside" in words
    assert html.count('<td data-label="Value">') == 5
    assert "y" * 59 + "…" in html
    assert "y" * 60 not in html
    everything = pd.read_csv(run_folder / "exports" / "quarantine.csv")
    assert len(everything) == 7
    assert everything["value"][0] == "'=1+1"
    assert section.payload()["files"] == ["exports/quarantine.csv"]


def test_clean_data_is_said_in_one_sentence(english):
    """Without rows set aside there are no reasons to list."""
    html = data_section(CleanWorkspace()).render(english).html
    assert "Every row met every rule; none was set aside." in html
    assert "data-rules" not in html
