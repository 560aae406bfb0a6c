"""What `sources.yaml` may say of databases; no server is needed, and no secret is ever repeated."""

import sys
import types

import pytest
from rich.console import Console

from cxlib.data import open_workspace, read_sources
from cxlib.data.databases import _secret
from cxlib.errors import ConfigurationError
from cxlib.runs.starting import init_workspace

TOP = "currency: SAR\ntime_zone: Asia/Riyadh\nas_of: 2026-06-30\n"
ORDERS = "{database: shop, table: orders, columns: {customer_id: c, at: t, amount: a}}"
GOOD = TOP + f"databases: {{shop: {{url_from: SHOP_DATABASE_URL}}}}\ntables: {{transactions: {ORDERS}}}\n"
SECRET = "hunter2secret"


@pytest.fixture
def written(tmp_path, monkeypatch):
    """A function that writes a `sources.yaml` and gives its folder; no secret is in the environment."""
    monkeypatch.delenv("SHOP_DATABASE_URL", raising=False)

    def write(text):
        (tmp_path / "sources.yaml").write_text(text)
        return tmp_path

    return write


def test_a_database_is_named_by_the_variable_of_its_url(written):
    """Reading the mapping asks no server and needs no secret."""
    sources = read_sources(written(GOOD))
    assert sources.databases["shop"].url_from == "SHOP_DATABASE_URL"
    assert list(sources.in_databases) == ["transactions.0"]


@pytest.mark.parametrize(
    "text",
    [
        f"databases: {{shop: {{url_from: 'postgresql://reader:{SECRET}@db/shop'}}}}",
        f"databases: {{shop: {{url: 'postgresql://reader:{SECRET}@db/shop'}}}}",
        f"databases: {{shop: 'postgresql://reader:{SECRET}@db/shop'}}",
        f"databases: {{shop: {{url_from: 'postgresql://db/shop?user=a&password={SECRET}'}}}}",
        f"# postgresql://reader:{SECRET}@db/shop",
        f"title: [postgresql://reader:{SECRET}@db/shop",
    ],
)
def test_a_password_in_the_file_is_refused(written, text):
    """Wherever it stands, in a comment and in broken YAML too: the line and the remedy, and not the password."""
    with pytest.raises(ConfigurationError, match=r"line 4 holds a password.*url_from: SHOP_DATABASE_URL") as refused:
        read_sources(written(f"{TOP}{text}\ntables: {{transactions: {{path: 'o.csv'}}}}\n"))
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    "database",
    [
        f"host=db password={SECRET}",
        f"{{url_from: 'host=db password={SECRET}'}}",
        f"{{password: {SECRET}}}",
        f"[{SECRET}]",
    ],
)
def test_no_other_spelling_of_a_secret_is_repeated(written, database):
    """Settings of libpq, or a password of its own, are refused as no settings."""
    with pytest.raises(ConfigurationError, match=r"databases\.shop") as refused:
        read_sources(written(GOOD.replace("{url_from: SHOP_DATABASE_URL}", database)))
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("found", "instead", "message"),
    [
        ("database: shop, table: orders", "database: shp, table: orders", "no database 'shp'. Did you mean 'shop'"),
        ("table: orders, ", "", "needs 'table' or 'query', and one of the two only"),
        ("table: orders, ", "table: orders, query: select 1, ", "one of the two only"),
        ("database: shop, table: orders", "query: select 1", "'path' is missing"),
        ("database: shop, table: orders", "path: o.csv, query: select 1", "'query' is for a database"),
        ("table: orders, ", "table: orders, path: o.csv, ", "one of the two is needed"),
        (", columns: {customer_id: c, at: t, amount: a}", "", "needs 'columns': only what they name leaves the server"),
        ("table: orders, ", "table: orders, skip_rows: 1, ", "'skip_rows' is for files"),
        ("url_from: SHOP_DATABASE_URL", "url_from: SHOP, time_limit_minutes: 0", "above 0"),
        ("url_from: SHOP_DATABASE_URL", "url_frm: SHOP_DATABASE_URL", "Did you mean 'url_from'"),
    ],
)
def test_what_does_not_fit_is_said(written, found, instead, message):
    """Each with the nearest word or what is needed."""
    assert found in GOOD
    with pytest.raises(ConfigurationError) as refused:
        read_sources(written(GOOD.replace(found, instead)))
    assert message in str(refused.value)


def test_a_variable_that_is_not_set_is_said(written):
    """Together with how it is set."""
    with pytest.raises(ConfigurationError, match=r"SHOP_DATABASE_URL is not set.*export SHOP_DATABASE_URL=postgresql"):
        open_workspace(written(GOOD)).table("transactions")


def test_a_keyring_may_hold_the_url(monkeypatch):
    """Where the package keyring is installed and the environment has nothing."""
    monkeypatch.delenv("SHOP_DATABASE_URL", raising=False)
    ring = types.SimpleNamespace(get_password=lambda service, name: f"postgresql://db/{service}-{name}")
    monkeypatch.setitem(sys.modules, "keyring", ring)
    assert _secret("shop", "SHOP_DATABASE_URL") == "postgresql://db/cxlib-SHOP_DATABASE_URL"


@pytest.mark.parametrize(
    "url",
    [
        f"mysql://reader:{SECRET}@db/shop",
        f"postgresql://reader:{SECRET}@1@db/shop",
        f"postgresql://reader:{SECRET}/1@db/shop",
        f"postgresql://reader:{SECRET}#1@db/shop",
        f"postgresql://reader:{SECRET}?1@db/shop",
        f"postgresql://reader:1@db:{SECRET}/shop",
        f"postgresql://reader:{SECRET}]@[db/shop",
        f"host=db password={SECRET}",
    ],
)
def test_a_url_that_is_none_is_not_repeated(written, monkeypatch, url):
    """A password that was not written with per cent signs would show in what libpq says of the host."""
    monkeypatch.setenv("SHOP_DATABASE_URL", url)
    with pytest.raises(ConfigurationError, match="SHOP_DATABASE_URL holds is no URL") as refused:
        open_workspace(written(GOOD)).table("transactions")
    assert SECRET not in str(refused.value)


def test_without_the_driver_it_says_what_to_install(written, monkeypatch):
    """The driver is an extra of its own, imported when a database is read."""
    monkeypatch.setenv("SHOP_DATABASE_URL", f"postgresql://reader:{SECRET}@db/shop")
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql.dbapi", None)
    with pytest.raises(ConfigurationError, match=r"database 'shop': the driver.*pip install 'cxlib\[postgres\]'"):
        open_workspace(written(GOOD)).table("transactions")


def test_a_workspace_is_not_made_of_a_database(tmp_path):
    """`cx init` with a URL says what to write, and does not repeat the URL."""
    with pytest.raises(
        ConfigurationError, match=r"databases: \{shop: \{url_from: SHOP_DATABASE_URL\}\}, and"
    ) as refused:
        init_workspace(tmp_path, "shop", [f"postgresql://reader:{SECRET}@db/shop"], Console(), ask=None, force=False)
    assert SECRET not in str(refused.value)
    assert not (tmp_path / "params").exists()
