"""The demo workspace: its mapping brings every file in, and the quarantine holds the planted faults only."""

import json

import pandas as pd
import pytest

from cxlib.data import open_workspace
from cxlib.data.demo import Trial, simulate

SIZE = 2_500
# What the checks say about each kind of planted fault.
RULES = {
    "wrong date format": "the date cannot be read",
    "impossible date": "the date cannot be read",
    "future date": "the date lies in the future",
    "money is not a number": "the number cannot be read",
    "missing amount": "a required value is missing",
    "missing customer": "a required value is missing",
    "duplicate id": "the id stands in an earlier row too",
    "too many columns": "the row has too many columns",
    "too few columns": "the row has too few columns",
    "wrong encoding": "the line is not in the declared encoding",
    "huge cell": "the cell is longer than 100,000 characters",
    "open quotation mark": "a quotation mark is not closed, or stands inside a cell",
}


@pytest.fixture(scope="module")
def folder(root, tmp_path_factory):
    """The demo workspace with a smaller company."""
    folder = tmp_path_factory.mktemp("project") / "params" / "demo"
    folder.mkdir(parents=True)
    sources = (root / "params" / "demo" / "sources.yaml").read_text(encoding="utf-8")
    assert "customers: 20000" in sources
    (folder / "sources.yaml").write_text(sources.replace("customers: 20000", f"customers: {SIZE}"), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def workspace(folder):
    """That workspace, opened."""
    return open_workspace(folder)


@pytest.fixture(scope="module")
def tables():
    """The same company in memory."""
    return simulate(SIZE, seed=7).tables


@pytest.fixture(scope="module")
def planted(workspace, folder):
    """Line -> kind of every planted fault, from the company's own record."""
    workspace.table("benchmarks")  # the company is made at first use
    record = json.loads(next(folder.parents[1].glob(".cx/simulated/*/truth.json")).read_text(encoding="utf-8"))
    return {line: each["kind"] for each in record["planted"] for line in each["lines"]}


def test_the_quarantine_is_the_planted_faults(workspace, planted):
    """Each planted line is quarantined once, under the rule that fits it, and no other row of any table is."""
    quarantine = workspace.quarantine()
    assert set(quarantine["source"]) == {"transactions_bad.csv"}
    found = dict(zip(quarantine["row"].astype(int), quarantine["rule"].astype(str), strict=True))
    assert len(found) == len(quarantine)
    assert found == {line: RULES[kind] for line, kind in planted.items()}


def test_every_row_is_good_or_quarantined(workspace, planted):
    """Rows in = good + quarantined for each source, and the faults are all that is missing."""
    counts = workspace.counts
    assert (counts["rows_in"] == counts["good"] + counts["quarantined"]).all()
    assert counts["quarantined"].sum() == len(planted)


BY_CUSTOMER = ["customers", "transactions", "memberships", "surveys", "tickets", "sessions", "messages"]


@pytest.mark.parametrize("name", BY_CUSTOMER)
def test_tables_come_back_as_they_were_simulated(workspace, tables, name):
    """What the mapping reads from the files is the simulated table: to the cent, the minute and the letter."""
    simulated = tables[name]
    keys = list(simulated.columns[:2])
    columns = [column for column in simulated if column in workspace.frame(name)]
    read = workspace.frame(name)[columns].sort_values(keys, ignore_index=True)
    for column in set(columns) - set(keys):
        expected = simulated.sort_values(keys, ignore_index=True)[column]
        assert _plain(read[column], expected) == _plain(expected, expected), column


def test_all_columns_come_in(workspace, tables):
    """No simulated column is lost on the way."""
    for name, simulated in tables.items():
        assert set(simulated.columns) <= set(workspace.frame(name).columns), name


def _plain(values, like):
    """Values as comparable lists, whatever type a file format gave them."""
    if pd.api.types.is_datetime64_any_dtype(like):
        return pd.to_datetime(values).astype("datetime64[s]").astype(str).tolist()
    if pd.api.types.is_bool_dtype(like):
        return [str(value).lower() for value in values.astype(object).where(values.notna(), "none")]
    if pd.api.types.is_numeric_dtype(like):
        return values.astype(float).fillna(-1).tolist()
    return values.astype(object).where(values.notna(), "").tolist()


def test_a_company_with_a_trial_has_files_of_its_own(folder, workspace):
    """`trial: true` makes another company beside the one without, whose customers say what they were drawn for."""
    workspace.table("benchmarks")
    other = folder.with_name("tried")
    other.mkdir()
    sources = (folder / "sources.yaml").read_text(encoding="utf-8")
    (other / "sources.yaml").write_text(sources.replace("seed: 7}", "seed: 7, trial: true}"), encoding="utf-8")
    arms = open_workspace(other).frame("customers")["arm"]
    assert set(arms) == set(Trial().names)
    assert len(list(folder.parents[1].glob(".cx/simulated/*/truth.json"))) == 2
    assert "arm" not in open_workspace(folder).frame("customers")
