"""What names a person reaches no page, log or file of set-aside rows; one workspace full of persons."""

import csv
import json
import os
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from cxlib.data import Workspace, open_workspace
from cxlib.errors import ConfigurationError
from cxlib.language import speaker
from cxlib.masking import HIDDEN
from cxlib.report import data_section
from cxlib.runs import run_suite

SOURCES = """\
currency: SAR
time_zone: Asia/Riyadh
as_of: 2026-03-31
tables:
  customers:
    path: customers.csv
    rules: {gone: "Contact not like '%gone%'"}
"""
PEOPLE = (
    'customer_id,full_name,Contact,joined_on\nC1,سارة علي,keeps,2026-01-05\nC3,Will Sorrel,keeps,2026-01-05\n'
    'C2,Jane Doe,12 Mill Lane,1979-01-02,jane@example.com\nC4,Mary Poppins,gone,soon\n'
)  # fmt: skip
SECRETS = ("Jane", "Doe", "Mill", "1979-01-02", "Poppins", "سارة", "Sorrel", "example")
FAIL = 'raise KeyError("SARA: سارة علي and WILL SORREL (0501234567), who will pay Sorrel")'


@pytest.fixture(scope="module")
def site(shared_project):
    """A run with rows set aside, and one that fails with the names of customers in its mouth."""
    project, before = shared_project, Path.cwd()
    (project.workspace / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    (project.workspace / "customers.csv").write_text(PEOPLE, encoding="utf-8")
    shown = "from cxlib import data, report\nreport.data_section(data.open_workspace(workspace))"
    project.notebook("shown", shown)
    project.notebook("named", FAIL)
    reports = "reports:\n  shown: {notebook: notebooks/shown.ipynb}\n  named: {notebook: notebooks/named.ipynb}\n"
    project.suite("languages: [en, ar]\n" + reports)
    os.chdir(project.root)
    try:
        result = run_suite("demo", jobs=2)
        yield project.site, {record.report: record for record in result.records}
    finally:
        os.chdir(before)


@pytest.mark.engine
def test_rows_set_aside_name_nobody(site):
    """A broken line shows its separators, a personal column dots, the others their values: pages and file alike."""
    folder, records = site
    latest = folder / "shown" / "latest"
    assert records["shown"].status == "ok"
    for name in ("report.en.html", "report.ar.html", "exports/quarantine.csv", "notebook.ipynb", "run.log"):
        text = (latest / name).read_text(encoding="utf-8-sig")
        assert [secret for secret in SECRETS if secret in text] == [], name
    rows = list(csv.DictReader((latest / "exports" / "quarantine.csv").read_text(encoding="utf-8-sig").splitlines()))
    values = {(row["row"], row["column"]): row["value"] for row in rows}
    assert values["4", ""] == "•••,••• •••,••• ••• •••,•••,•••"
    assert values["5", "joined_on"] == "soon"
    assert values["5", "Contact"] == HIDDEN


@pytest.mark.engine
def test_what_a_cell_raises_names_nobody(site):
    """Names of customers are hidden on failure pages, in run.json, in the log and in the kept notebook."""
    folder, records = site
    run = folder / "named" / "runs" / records["named"].run
    message = "Cell 3 raised KeyError: 'SARA: ••• and ••• (•••), who will pay •••'"
    assert records["named"].error.message == message
    assert json.loads((run / "run.json").read_text())["error"]["message"] == message
    outputs = str([cell.get("outputs") for cell in nbformat.read(run / "notebook.ipynb", 4).cells])
    texts = {name: (run / name).read_text() for name in ("failed.en.html", "failed.ar.html", "run.log")}
    for name, text in (texts | {"outputs": outputs}).items():
        assert [secret for secret in (*SECRETS, "SORREL", "0501234567") if secret in text] == [], name


def test_no_spelling_in_a_marked_column_is_shown(spellings, tmp_path, monkeypatch):
    """Contacts, ids and names in 300 spellings are seen neither on the page nor in the file."""
    words = [text for kind in ("PHONES", "EMAILS", "IDS", "IBANS", "CARDS") for text in spellings[kind]]
    words += ["Jane Doe", "سارة علي", "JANE", "A12345678", "QQ 12 34 56 C"]
    monkeypatch.setenv("CXLIB_RUN_DIR", str(tmp_path))
    for title, marks in (("kontakt", ["kontakt"]), ("E-Mail", None), ("رقم الجوال", None)):
        people = pd.DataFrame({"customer_id": range(len(words)), title: words})
        settings = {"columns": {"customer_id": "customer_id", "reach": f'"{title}"'}, "personal": marks}
        settings["rules"] = {"never": f'"{title}" is null'}
        company = Workspace.from_frames(
            {"customers": people}, currency="SAR", time_zone="Asia/Riyadh", settings={"customers": settings}
        )
        html = str(data_section(company).render(speaker("en")).html)
        file = (tmp_path / "exports" / "quarantine.csv").read_text(encoding="utf-8-sig")
        assert len(company.quarantine()) == len(words)
        assert [text for text in words if len(text) > 3 and (text in html or text in file)] == []
        assert file.count(HIDDEN) == len(words)


def test_a_mark_on_no_column_is_refused(project):
    """A slip in a mark would show what it means to hide."""
    (project.workspace / "sources.yaml").write_text(SOURCES + "    personal: [Kontact]\n", encoding="utf-8")
    (project.workspace / "customers.csv").write_text(PEOPLE, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"personal: there is no column 'Kontact'. Did you mean 'Contact'"):
        open_workspace("demo").counts  # noqa: B018


def test_an_empty_list_marks_nothing(project):
    """Who says so sees the values, but never a contact."""
    (project.workspace / "sources.yaml").write_text(SOURCES + "    personal: []\n", encoding="utf-8")
    (project.workspace / "customers.csv").write_text(PEOPLE, encoding="utf-8")
    company = open_workspace("demo")
    assert not company.is_personal("customers", "full_name")
    assert company.persons_in("Jane Doe") == set()
