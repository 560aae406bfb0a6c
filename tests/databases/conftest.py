"""A real PostgreSQL server of one's own: in a temporary folder, on the loopback, on a free port."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import textwrap
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import pytest

from cxlib.data import open_workspace

PASSWORD = "Tr0ub4dor:&3@gate"
VARIABLE = "SHOP_DATABASE_URL"
TOP = """\
currency: {currency}
time_zone: {zone}
as_of: 2026-06-30
databases:
  shop: {{url_from: SHOP_DATABASE_URL, time_limit_minutes: {minutes}}}
tables:
"""


@dataclass(frozen=True)
class Server:
    """Where a server listens; `url` holds the password."""

    port: int
    folder: Path
    user: str = "boss"
    password: str = PASSWORD
    database: str = "postgres"

    @property
    def url(self):
        """What users put into the environment variable."""
        return f"postgresql://{self.user}:{quote(self.password, safe='')}@127.0.0.1:{self.port}/{self.database}"

    def run(self, sql):
        """Run statements as the owner of everything."""
        import adbc_driver_postgresql.dbapi as driver

        owner = replace(self, user="boss", password=PASSWORD)
        with driver.connect(owner.url, autocommit=True) as connection, connection.cursor() as cursor:
            for statement in filter(str.strip, sql.split(";\n")):
                cursor.execute(statement)

    def load(self, table, arrow):
        """Make a table of an Arrow table, with whatever types that has."""
        import adbc_driver_postgresql.dbapi as driver

        with driver.connect(self.url) as connection, connection.cursor() as cursor:
            cursor.adbc_ingest(table, arrow, mode="replace")
            connection.commit()


@pytest.fixture(scope="session")
def server():
    """A running server; without PostgreSQL or its driver the tests skip."""
    pytest.importorskip("adbc_driver_postgresql", reason="the driver for PostgreSQL is not installed")
    found = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin/initdb")))
    if not found:
        pytest.skip("PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="cxlib-postgres-"))
    user = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.getuid() == 0 else {}  # it refuses root
    (folder / "password").write_text(PASSWORD)
    for path in (folder, folder / "password") if user else ():
        shutil.chown(path, "nobody", "nogroup")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    first = ["-U", "boss", "-A", "scram-sha-256", f"--pwfile={folder / 'password'}", "--locale=C.UTF-8", "-E", "UTF8"]
    options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync=off -c lc_messages=C"
    control = [str(Path(found[-1]).with_name("pg_ctl")), "-D", str(folder / "data"), "-w"]
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/", **user}
    subprocess.run([found[-1], "-D", str(folder / "data"), "--no-sync", *first], **quiet)
    subprocess.run([*control, "-l", str(folder / "log"), "-o", options, "start"], **quiet)
    try:
        yield Server(port, folder)
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], **quiet)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def shop(server, tmp_path, monkeypatch):
    """A function that opens a workspace whose tables are in the database, or are files beside it."""
    monkeypatch.setenv(VARIABLE, server.url)

    def opened(tables, zone="Asia/Riyadh", currency="SAR", minutes=30, **files):
        folder = tmp_path / "shop"
        folder.mkdir(exist_ok=True)
        for title, text in files.items():
            (folder / f"{title}.csv").write_text(text, encoding="utf-8")
        text = TOP.format(zone=zone, currency=currency, minutes=minutes)
        (folder / "sources.yaml").write_text(text + textwrap.indent(textwrap.dedent(tables), "  "))
        return open_workspace(folder)

    return opened


@pytest.fixture
def table(server):
    """A function that makes a table by its columns and rows in SQL, and drops it after the test."""
    with contextlib.ExitStack() as after:

        def made(name, columns, *rows):
            server.run(f"DROP TABLE IF EXISTS {name} CASCADE")
            server.run(f"CREATE TABLE {name} ({columns})")
            after.callback(server.run, f"DROP TABLE IF EXISTS {name} CASCADE")
            if rows:
                server.run(f"INSERT INTO {name} VALUES {', '.join(rows)}")

        yield made
