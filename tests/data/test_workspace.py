"""Workspaces: found by name, read when asked for, counted and shown."""

import datetime as dt
import os
from pathlib import Path

import pandas as pd
import pytest

from cxlib.data import Workspace, open_workspace, project_root, read_sources
from cxlib.data import workspace as module
from cxlib.data.reading.files import Fingerprint, fingerprint
from cxlib.errors import ConfigurationError, DataError

SALES = pd.DataFrame({"customer_id": ["a", "b"], "at": ["2026-01-05", "2026-02-01"], "amount": [1, 2]})


def shop(**frames):
    """A workspace of frames."""
    return Workspace.from_frames(frames, currency="GBP", time_zone="UTC", as_of=dt.date(2026, 6, 30), title="Shop")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with one workspace, seen from its notebooks folder."""
    for folder in ("params/acme", "notebooks"):
        (tmp_path / folder).mkdir(parents=True)
    text = "{currency: GBP, time_zone: UTC, tables: {customers: {path: '${CX_TEST_DATA}/c.csv'}}}"
    (tmp_path / "params/acme/sources.yaml").write_text(text)
    monkeypatch.chdir(tmp_path / "notebooks")
    monkeypatch.delenv("CX_TEST_DATA", raising=False)
    return tmp_path


def test_a_workspace_is_found_from_the_notebooks_folder(project, monkeypatch):
    """By its name, its path in the project, and its full path."""
    monkeypatch.setenv("CX_TEST_DATA", str(project))
    (project / "c.csv").write_text("customer_id\nx\n")
    assert project_root() == project
    for path in ("acme", "params/acme", project / "params" / "acme"):
        assert open_workspace(path).frame("customers").customer_id.tolist() == ["x"]


def test_an_unknown_workspace_is_named_with_the_nearest(project):
    """A slip of the keyboard is answered with the name that was meant."""
    with pytest.raises(ConfigurationError, match=r"'params/acne'.*Did you mean 'acme'"):
        open_workspace("params/acne")


def test_outside_a_project_the_error_says_so(tmp_path, monkeypatch):
    """No params and notebooks folder anywhere above."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match=r"No project here"):
        open_workspace("demo")


def test_an_environment_variable_that_is_not_set_is_said_at_opening(project):
    """Reading the settings needs no data; opening says what to set."""
    assert read_sources("acme").currency == "GBP"
    with pytest.raises(ConfigurationError, match=r"CX_TEST_DATA is not set.*export CX_TEST_DATA"):
        open_workspace("acme")


def test_a_package_that_is_not_installed_is_said(workspace):
    """A package: path names the package to install."""
    with pytest.raises(ConfigurationError, match=r"pip install no_such_package"):
        workspace("customers: {path: 'package:no_such_package/x.csv'}").table("customers")


@pytest.mark.parametrize("path", ["no_such.inner.part/x.csv", "no-such/x.csv", "/x.csv", ".x/y.csv", "os/x.csv"])
def test_a_package_path_that_leads_nowhere_is_said(workspace, path):
    """Inner packages of what is not there, what cannot be a package, and a module that has no folder."""
    with pytest.raises(ConfigurationError, match="is not installed"):
        workspace(f"customers: {{path: 'package:{path}'}}").table("customers")


def test_a_file_of_an_inner_package_is_found(workspace):
    """The outer package is looked up and not imported."""
    with pytest.raises(DataError, match=r"cxlib/data/x\.csv: there is no such file"):
        workspace("customers: {path: 'package:cxlib.data/x.csv'}").table("customers")


def test_a_pattern_over_too_many_folders_is_refused(workspace, tmp_path, monkeypatch):
    """A whole disk is not searched: folders are counted first, as deep as the pattern goes."""
    monkeypatch.setattr("cxlib.data.reading.files.MOST_FOLDERS", 5)
    for place in ("a", "b/c/d/e/f/g/h"):
        (tmp_path / "in" / place).mkdir(parents=True)
        (tmp_path / "in" / place / "c.csv").write_text(f"customer_id\n{place}\n")
    assert workspace("customers: {path: 'in/*/c.csv'}").frame("customers").customer_id.tolist() == ["a"]
    with pytest.raises(ConfigurationError, match=r"more than 5 folders\. Name the folder that holds the files"):
        workspace("customers: {path: 'in/**/c.csv'}").table("customers")


def test_a_home_folder_of_nobody_is_said(workspace):
    """A path that begins with the name of no user."""
    with pytest.raises(ConfigurationError, match="no such user's folder"):
        workspace("customers: {path: '~no_such_user/x.csv'}").table("customers")
    with pytest.raises(ConfigurationError, match="no such user's folder"):
        open_workspace("~no_such_user/shop")


def test_a_workspace_behind_a_link_keeps_the_name_of_the_link(project, monkeypatch, tmp_path_factory):
    """Its folder lies elsewhere; files are named from there, and what is made once stays with the project."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "c.csv").write_text("customer_id\nx\n")
    text = "{currency: GBP, time_zone: Europe/London, tables: {customers: {path: c.csv}}}"
    (elsewhere / "sources.yaml").write_text(text)
    (project / "params" / "linked").symlink_to(elsewhere)
    for path in ("linked", "params/linked", project / "params" / "linked"):
        company = open_workspace(path)
        assert (company.name, company.frame("customers").customer_id.tolist()) == ("linked", ["x"])
    assert not (elsewhere / ".cx").exists()


def test_tables_are_read_when_first_asked_for_and_once(workspace, monkeypatch):
    """A broken file that no report needs stops no report."""
    shop = workspace("customers: {path: c.csv}\nsurveys: {path: missing.csv}", c__csv="customer_id\na\n")
    calls = []
    ingest = module.ingest
    monkeypatch.setattr(module, "ingest", lambda *arguments: calls.append(1) or ingest(*arguments))
    assert shop.tables == ("customers", "surveys")
    assert shop.frame("customers").shape[0] == shop.using("customers").counts.good[0] == 1
    assert len(calls) == 1
    with pytest.raises(DataError, match=r"missing.csv"):
        shop.table("surveys")


def test_an_unknown_table_is_named_with_the_nearest():
    """Asking for a table that the workspace does not have."""
    assert not shop(transactions=SALES).has("customers")
    with pytest.raises(ConfigurationError, match=r"has no table 'transaction'. Did you mean 'transactions'"):
        shop(transactions=SALES).table("transaction")
    with pytest.raises(ConfigurationError, match=r"Did you mean 'transactions'"):
        shop(transaction=SALES)


def test_several_files_make_one_table(workspace):
    """A glob, with ids that repeat across files; every file has its own counts."""
    text = "transaction_id,customer_id,at,amount\n{},a,2026-01-01,1\n{},a,2026-01-02,x\n"
    many = workspace("transactions: {path: '*.csv'}", a__csv=text.format(1, 2), b__csv=text.format(1, 3))
    assert many.counts.values.tolist() == [["transactions", "a.csv", 2, 1, 1, 0], ["transactions", "b.csv", 2, 0, 2, 0]]
    assert many.quarantine()[["source", "row", "rule"]].values.tolist() == [
        ["a.csv", 3, "the number cannot be read"],
        ["b.csv", 3, "the number cannot be read"],
        ["b.csv", 2, "the id stands in an earlier row too"],
    ]
    assert set(many.fingerprints) == {"a.csv", "b.csv"}
    assert many.rules.rows.tolist() == [1, 1, 1]


def test_optional_columns_exist_where_they_are_mapped_and_declared_ones_always():
    """Reports rely on declared columns; a product that nobody mapped is not there."""
    members = pd.DataFrame({"customer_id": ["a"], "started_on": ["2026-01-01"], "price": ["9.99"]})
    found = shop(memberships=members, transactions=SALES)
    assert found.frame("memberships").ended_on.isna().all()
    assert found.frame("memberships").price_cents.tolist() == [999]
    assert "product" not in found.table("transactions").columns


def test_attributes_of_customers_are_taken_by_name():
    """Any further column of customers is an attribute, with the type it has."""
    frame = pd.DataFrame({"customer_id": ["a", "b"], "region": ["north", ""], "score": [1.5, 2.5]})
    frame["acquisition_cost"] = ["5", "x"]
    found = shop(customers=frame).frame("customers")
    assert found[["region", "score", "acquisition_cost_cents"]].values.tolist() == [["north", 1.5, 500]]


def test_a_benchmark_keeps_who_published_it():
    """`source` of a benchmark is its publication."""
    frame = pd.DataFrame({"measure": ["nps"], "value": [31], "source": ["A study"], "as_of": ["2025-12-31"]})
    assert shop(benchmarks=frame).frame("benchmarks").source.tolist() == ["A study"]


def test_customers_without_transactions_and_strangers_are_warnings():
    """Neither is a fault; both are counted."""
    found = shop(transactions=SALES, customers=pd.DataFrame({"customer_id": ["a", "c", "d"]}))
    assert found.warnings.values.tolist() == [
        ["transactions", "the customer is not in the table of customers", 1],
        ["customers", "the customer has no transaction", 2],
    ]
    assert found.counts.quarantined.tolist() == [0, 0]


def test_the_period_is_that_of_the_transactions():
    """Or of all dated tables where there are none; none without a date."""
    asked = pd.DataFrame({"at": ["2025-03-01", "2026-05-05"], "nps": [9, 10]})
    assert shop(transactions=SALES, surveys=asked).period == (dt.date(2026, 1, 5), dt.date(2026, 2, 1))
    assert shop(surveys=asked).period == (dt.date(2025, 3, 1), dt.date(2026, 5, 5))
    assert shop(customers=pd.DataFrame({"customer_id": ["a"]})).period is None


def test_it_shows_itself_with_every_value_escaped():
    """Hostile text in a title, a column or a file's name stays text."""
    frame = SALES.assign(at=["<script>alert(1)</script>", "2026-01-01"])
    settings = {"transactions": {"rules": {"<img src=x>": "amount > 100"}}}
    found = Workspace.from_frames(
        {"transactions": frame}, currency="GBP", time_zone="UTC", title="<b>Shop</b>", settings=settings
    )
    html = found._repr_html_()
    assert "<b>" not in html
    assert "<img" not in html
    assert "&lt;b&gt;Shop&lt;/b&gt;" in html
    assert "2 rows quarantined" in html


def test_a_workspace_fits_a_screen(tmp_path):
    """Of many files it shows the first, and says how many more there are."""
    lines = [f"  - path: {n}.csv" for n in range(30)]
    for n in range(30):
        (tmp_path / f"{n}.csv").write_text("customer_id,at,amount\na,2026-01-01,5\nb,someday,5\n", encoding="utf-8")
    text = "\n".join(["currency: EUR", "time_zone: UTC", "tables:", "  transactions:", *lines])
    (tmp_path / "sources.yaml").write_text(f"{text}\n", encoding="utf-8")
    html = open_workspace(tmp_path)._repr_html_()
    assert html.count("<tr") <= 20
    assert "18 more" in html
    assert "26 more" in html


def test_a_workspace_without_purchases_names_no_orders():
    """Whatever completion offers of a workspace can be looked at."""
    only = {"customers": pd.DataFrame({"customer_id": ["a"], "town": ["Lyon"]})}
    assert not Workspace.from_frames(only, currency="GBP", time_zone="UTC").names_orders


def test_settings_of_frames_are_checked():
    """A setting for a frame that is not there, and one that does not exist."""
    frames = {"transactions": SALES}
    with pytest.raises(ConfigurationError, match=r"no frame 'transactons'"):
        Workspace.from_frames(frames, currency="GBP", time_zone="UTC", settings={"transactons": {}})
    with pytest.raises(ConfigurationError, match=r"Did you mean 'dates'"):
        Workspace.from_frames(frames, currency="GBP", time_zone="UTC", settings={"transactions": {"date": []}})


def test_a_fingerprint_tells_changed_bytes_from_a_touched_file(tmp_path):
    """The same bytes at another time are the same file; other bytes of the same length are not."""
    path = tmp_path / "a.csv"
    path.write_text("abc")
    taken = fingerprint(path)
    old = Fingerprint(taken.sha256, taken.size, taken.modified - 10**12, taken.taken + 3600)
    assert taken.still_holds(path)
    assert old.still_holds(path)
    path.write_text("abd")
    assert not taken.still_holds(path)
    assert not old.still_holds(path)
    path.unlink()
    assert not taken.still_holds(path)


def test_bytes_that_change_within_a_tick_of_the_clock_are_noticed(tmp_path):
    """Same size and same time of change, because the file was written just before it was looked at."""
    path = tmp_path / "a.csv"
    path.write_text("abc")
    taken = fingerprint(path)
    path.write_text("abd")
    os.utime(path, ns=(taken.modified, taken.modified))
    assert not taken.still_holds(path)


def test_the_store_goes_away_with_the_workspace():
    """No temporary file is left behind."""
    found = shop(transactions=SALES)
    query = "SELECT path FROM duckdb_databases() WHERE database_name = 'tables'"
    folder = Path(found._shared.store.value(query)).parent
    assert folder.is_dir()
    found._shared.store.close()
    assert not folder.exists()
