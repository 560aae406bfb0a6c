"""Whole runs on a real PostgreSQL: the pages are of one moment, say where it was read, and hold no secret."""

import json
import shutil
from urllib.parse import quote

import nbformat
import pytest
from nbformat import v4

from cxlib.runs import Status, run_suite

pytestmark = pytest.mark.engine
SOURCES = """\
currency: SAR
time_zone: Asia/Riyadh
as_of: 2026-09-30
databases: {shop: {url_from: SHOP_DATABASE_URL}}
tables:
  transactions:
    database: shop
    table: orders
    columns: {transaction_id: id, customer_id: client, at: placed, amount: total}
"""
SHOWS = """\
import os
from cxlib.data import open_workspace
shop = open_workspace(workspace)
assert os.environ["SHOP_DATABASE_URL"] == ""
print(shop.counts.good.tolist(), shop.frame("transactions").amount_cents.sum(), dict(os.environ))"""


@pytest.fixture
def project(tmp_path, monkeypatch, server):
    """An empty project with one notebook, whose only table is in the database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHOP_DATABASE_URL", server.url)
    folder = tmp_path / "params" / "shop"
    folder.mkdir(parents=True)
    (tmp_path / "notebooks").mkdir()
    (folder / "sources.yaml").write_text(SOURCES)
    (folder / "suite.yaml").write_text("languages: [en, ar]\nreports: {sales: {}}\n")
    start = v4.new_code_cell('workspace = "params/shop"  # str: where the data is', metadata={"tags": ["parameters"]})
    notebook = v4.new_notebook(cells=[v4.new_markdown_cell("# How is the shop doing?"), start, v4.new_code_cell(SHOWS)])
    nbformat.write(notebook, tmp_path / "notebooks" / "sales.ipynb")
    return tmp_path


def test_a_run_reads_anew_and_says_what_it_read(project, server, table):
    """New rows make a new page, the same rows none; a lost column fails with exit code 2, and the last page stays."""
    table(
        "orders", "id bigint PRIMARY KEY, client text, placed timestamptz, total numeric", "(1, 'a', '2026-05-05', 10)"
    )
    (first,) = run_suite("shop").records
    assert first.status is Status.OK, first.error
    place = f"127.0.0.1:{server.port}/postgres"
    assert {name: (one.server, one.rows) for name, one in first.databases.items()} == {"shop/orders": (place, 1)}
    latest = project / "reports" / "shop" / "sales" / "latest"
    english, arabic = ((latest / f"report.{language}.html").read_text() for language in ("en", "ar"))
    assert f"1 row of shop/orders, read from {place} on" in english
    assert "قاعدة البيانات" in arabic
    server.run("UPDATE orders SET total = 10")  # the row moves on the server's disk
    (second,) = run_suite("shop").records
    assert second.status is Status.UNCHANGED
    assert second.databases["shop/orders"].read_at >= first.databases["shop/orders"].read_at
    server.run("INSERT INTO orders VALUES (2, 'b', '2026-05-06', 5)")
    (third,) = run_suite("shop").records
    assert (third.status, third.databases["shop/orders"].rows) == (Status.OK, 2)
    assert "[2] 1500" in (latest / "notebook.ipynb").read_text()
    server.run("ALTER TABLE orders RENAME total TO sum_total")
    result = run_suite("shop")
    (fourth,) = result.records
    assert (fourth.status, result.exit_code) == (Status.FAILED, 2)
    assert "shop/orders: columns: amount: there is no column 'total'" in fourth.error.message
    assert json.loads((latest / "run.json").read_text())["number"] == third.number
    _refuse_secrets(project, server)


def _refuse_secrets(folder, server):
    """No file below a folder holds the password, as it is or as it stands in a URL, nor a part of the user's name."""
    marks = [text.encode() for text in (server.password, quote(server.password, safe=""), f"{server.user}:")]
    held = [path for path in folder.rglob("*") if path.is_file() for mark in marks if mark in path.read_bytes()]
    assert held == []


def test_a_wrong_password_stands_nowhere(project, server, monkeypatch):
    """Neither in run.json, the log, the failure page, nor what the terminal shows."""
    wrong = "wr0ng:/@pass"
    monkeypatch.setenv("SHOP_DATABASE_URL", server.url.replace(quote(server.password, safe=""), quote(wrong, safe="")))
    result = run_suite("shop")
    assert result.exit_code == 2
    assert "The user or the password is wrong" in result.records[0].error.message
    files = [path for path in (project / "reports").rglob("*") if path.is_file()]
    assert files
    for mark in (wrong, quote(wrong, safe=""), "wr0ng"):
        assert [path for path in files if mark.encode() in path.read_bytes()] == []


def test_no_run_reads_the_databases_of_another_workspace(project, server, table):
    """Whether they had changed could not be told the next time."""
    table(
        "orders", "id bigint PRIMARY KEY, client text, placed timestamptz, total numeric", "(1, 'a', '2026-05-05', 10)"
    )
    shutil.copytree(project / "params" / "shop", project / "params" / "other")
    notebook = nbformat.read(project / "notebooks" / "sales.ipynb", 4)
    notebook.cells[-1].source = SHOWS.replace("(workspace)", '("params/other")')
    nbformat.write(notebook, project / "notebooks" / "sales.ipynb")
    (record,) = run_suite("shop").records
    assert "a run reads the databases of its own workspace only" in record.error.message
