"""However `.cx` is harmed, what was kept is made anew with a line that says so, and every number is as it was."""

import json
import os
import shutil
import subprocess
import sys

import duckdb
import pandas as pd
import pytest

from cxlib.data import cache, open_workspace
from cxlib.data.reading.files import made_files
from cxlib.errors import ConfigurationError

SETTINGS = """
currency: GBP
time_zone: Europe/London
tables:
  transactions:
    - {path: a.csv, dates: ["%d/%m/%Y"]}
    - {path: b.csv, dates: ["%d/%m/%Y"]}
  customers: {path: c.csv}
"""


def make_shop(folder):
    """A workspace with good and bad rows in two files of one table."""
    (folder / "sources.yaml").write_text(SETTINGS)
    head = "transaction_id,customer_id,at,amount\n"
    (folder / "a.csv").write_text(head + "".join(f"{n},x,05/01/2026,{n}\n" for n in range(200)) + "900,y,soon,3\n")
    (folder / "b.csv").write_text(head + "1,x,06/01/2026,1\n901,z,07/02/2026,2.5\n")
    (folder / "c.csv").write_text("customer_id,joined_on\nx,2025-01-01\ny,2025-13-01\n")
    return folder


@pytest.fixture(autouse=True)
def _keeping(monkeypatch):
    """Tables are kept."""
    monkeypatch.delenv(cache.SWITCH, raising=False)


@pytest.fixture
def shop(tmp_path):
    """A workspace of the test's own."""
    return make_shop(tmp_path)


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """A workspace whose kept tables tests may harm, since they are made anew, and everything that it says."""
    folder = make_shop(tmp_path_factory.mktemp("seen"))
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(cache.SWITCH, raising=False)
        return folder, look(folder)


def look(folder):
    """Everything that a workspace says."""
    company = open_workspace(folder)
    return [company.frame(name) for name in company.tables] + [company.quarantine(), company.counts, company.rules]


def kept(folder, table="transactions"):
    """The folder in which a table is kept."""
    (one,) = (path for path in (folder / ".cx" / "tables").glob(f"{table}-*") if path.is_dir())
    return one


def flip(path):
    """Change one bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def write_parquet(path, query):
    """Write a file that DuckDB reads without complaint."""
    duckdb.sql(f"COPY ({query.format(path)}) TO '{path}.new' (FORMAT parquet)")
    os.replace(f"{path}.new", path)  # noqa: PTH105


def edit(path, *, sign=False, **changes):
    """Edit the counts of a kept table, and with `sign` its digest with them."""
    about = json.loads(path.read_text()) | changes
    about.pop("digest")
    digest = cache._digest(about) if sign else "0" * 64
    path.write_text(json.dumps(about | {"digest": digest}))


def swap(one, other):
    """Exchange two files or folders."""
    aside = one.with_name("aside")
    one.rename(aside)
    other.rename(one)
    aside.rename(other)


def replace_folder(kept, *, by):
    """Put something else where the folder was."""
    shutil.rmtree(kept)
    by(kept)


MORE = [["a.csv", 900, 1], ["b.csv", 2, 1]]
HARMS = {
    "rows cut": lambda at: os.truncate(at / "rows_0.parquet", 100),
    "rows a byte short": lambda at: os.truncate(at / "rows_0.parquet", (at / "rows_0.parquet").stat().st_size - 1),
    "rows emptied": lambda at: (at / "rows_1.parquet").write_bytes(b""),
    "rows flipped": lambda at: flip(at / "rows_0.parquet"),
    "rows deleted": lambda at: (at / "rows_0.parquet").unlink(),
    "fewer rows": lambda at: write_parquet(at / "rows_0.parquet", "SELECT * FROM '{}' LIMIT 9"),
    "rows of another file": lambda at: swap(at / "rows_0.parquet", at / "rows_1.parquet"),
    "rows of another table": lambda at: shutil.copy(kept(at.parents[2], "customers") / "rows_0.parquet", at),
    "rows a folder": lambda at: replace_folder_of_rows(at),
    "quarantine emptied": lambda at: write_parquet(at / "quarantine.parquet", "SELECT * FROM '{}' LIMIT 0"),
    "quarantine deleted": lambda at: (at / "quarantine.parquet").unlink(),
    "quarantine flipped": lambda at: flip(at / "quarantine.parquet"),
    "counts edited": lambda at: edit(at / "table.json", sources=MORE),
    "counts edited, digest too": lambda at: edit(at / "table.json", sources=MORE, sign=True),
    "digests of no files": lambda at: edit(at / "table.json", files=None, sign=True),
    "wrong JSON": lambda at: (at / "table.json").write_text('{"folder": '),
    "another JSON": lambda at: (at / "table.json").write_text("[1, 2]"),
    "no text": lambda at: (at / "table.json").write_bytes(b"\xff\xfe\x00"),
    "record deleted": lambda at: (at / "table.json").unlink(),
    "an old version": lambda at: (at / "table.json").write_text('{"rows_in": {"a.csv": 201, "b.csv": 2}}'),
    "a leftover journal": lambda at: (at / "tables.duckdb.wal").write_bytes(b"x"),
    "another table's folder": lambda at: swap(at, kept(at.parents[2], "customers")),
    "a file in its place": lambda at: replace_folder(at, by=lambda path: path.write_text("x")),
    "a link to nowhere": lambda at: replace_folder(at, by=lambda path: path.symlink_to("nowhere")),
    "an empty folder": lambda at: replace_folder(at, by=lambda path: path.mkdir()),
    "not to be read": lambda at: (at / "rows_0.parquet").chmod(0) or at.chmod(0),
}


def replace_folder_of_rows(at):
    """Put a folder with something in it where a file was."""
    (at / "rows_0.parquet").unlink()
    (at / "rows_0.parquet").mkdir()
    (at / "rows_0.parquet" / "x").write_text("x")


@pytest.mark.parametrize("harm", HARMS)
def test_a_harmed_table_is_made_anew(seen, capfd, harm):
    """In 26 of 26 ways: the same tables, quarantine and counts, one line about it, and the next look finds it kept."""
    shop, before = seen
    HARMS[harm](kept(shop))
    for one, other in zip(before, look(shop), strict=True):
        pd.testing.assert_frame_equal(one, other)
    said = capfd.readouterr().err
    if harm != "not to be read" or os.getuid():  # nothing is hidden from root
        assert "not as it was written" in said
        assert "transactions" in said
    look(shop)
    assert capfd.readouterr().err == ""
    assert len([path for path in (shop / ".cx" / "tables").iterdir() if path.is_dir()]) == 2


@pytest.mark.parametrize(
    "harm",
    [
        lambda cx: shutil.rmtree(cx),
        lambda cx: (shutil.rmtree(cx), cx.write_text("x")),
        lambda cx: (shutil.rmtree(cx / "tables"), (cx / "tables").write_text("x")),
        lambda cx: [(path.unlink(), path.mkdir()) for path in (cx / "tables").glob("*.lock")],
        lambda cx: (cx / "tables" / "x.wal").write_text("x"),
    ],
    ids=["all gone", "a file", "tables a file", "locks are folders", "a stray journal"],
)
def test_what_stands_around_the_tables_does_no_harm(seen, capfd, harm):
    """Nothing is lost where nothing can be kept; a file where the folder should be is said."""
    shop, before = seen
    harm(shop / ".cx")
    for _ in range(2):
        for one, other in zip(before, look(shop), strict=True):
            pd.testing.assert_frame_equal(one, other)
    said = capfd.readouterr().err
    blocked = not (shop / ".cx" / "tables").is_dir()
    assert ("this is a file where the folder" in said) == blocked, said
    assert bool(said) == blocked
    if blocked:  # the next test finds a workspace that has been read
        next(path for path in (shop / ".cx", shop / ".cx" / "tables") if path.is_file()).unlink()
        look(shop)


@pytest.mark.parametrize("file", [".cx", ".cx/simulated"])
def test_a_file_where_the_simulated_company_is_made_is_said(tmp_path, file):
    """Without its folder there is no company: the file and the remedy are named."""
    (tmp_path / "sources.yaml").write_text(
        "currency: SAR\ntime_zone: UTC\nsimulated: {customers: 60, seed: 7}\n"
        "tables: {customers: {path: 'simulated:customers.csv'}}\n"
    )
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text("x")
    with pytest.raises(ConfigurationError, match=rf"{file}: this is a file .* Move it away"):
        open_workspace(tmp_path).table("customers")


def test_a_table_that_is_read_is_not_tidied_away(shop, monkeypatch):
    """Neither as one too many nor because it was not asked for in a fortnight, as long as its reader lives."""
    look(shop)
    reader = open_workspace(shop)
    reader.table("transactions")
    monkeypatch.setattr(cache, "_UNUSED_SECONDS", -1)
    (shop / "c.csv").write_text("customer_id,joined_on\nx,2025-01-02\n")
    open_workspace(shop).table("customers")
    assert len(reader.frame("transactions")) == 201
    assert [path.name[:4] for path in (shop / ".cx" / "tables").iterdir() if path.is_dir()] == ["tran"]


def test_a_day_more_is_no_further_copy(shop, monkeypatch):
    """However many days pass without `as_of`, one copy of a table stands; with new rows each day there are three."""
    days = iter(pd.date_range("2026-03-01", periods=100).date)

    def tomorrow():
        day = next(days)
        monkeypatch.setattr("cxlib.data.workspace.last_day", lambda _: day)
        for table in ("transactions", "customers"):
            open_workspace(shop).table(table)
        return sum(path.is_dir() for path in (shop / ".cx" / "tables").iterdir())

    assert {tomorrow() for _ in range(5)} == {2}
    copies = []
    for day in range(5):
        with (shop / "b.csv").open("a") as file:
            file.write(f"{1000 + day},x,06/01/2026,1\n")
        copies.append(tomorrow())
    assert copies == [3, *[4] * 4]
    names = {path.name.removesuffix(".lock") for path in (shop / ".cx" / "tables").iterdir()}
    assert len(names) == 4


CHECK = "from cxlib.data import open_workspace; shop = open_workspace('.'); shop.counts; print(1, flush=True); input()"


def test_what_a_killed_command_left_goes_with_the_next(shop, tmp_path, monkeypatch):
    """Its rows lie in a scratch folder, which another command of any workspace removes."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    command = subprocess.Popen([sys.executable, "-c", CHECK], cwd=shop, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    command.stdout.readline()
    assert len(list(scratch.glob("cxlib-*/tables.duckdb"))) == 1
    shop_of_another = open_workspace(shop)
    shop_of_another.table("customers")
    assert len(list(scratch.glob("cxlib-*"))) == 2
    command.kill()
    command.communicate()
    open_workspace(shop).table("customers")
    assert len(list(scratch.glob("cxlib-*"))) == 1


@pytest.mark.parametrize(
    "harm",
    [
        lambda at: os.truncate(at / "customers.csv", 500),
        lambda at: flip(at / "customers.csv"),
        lambda at: (at / "customers.csv").unlink(),
        lambda at: (at / "truth.json").unlink(),
        lambda at: (at / "truth.json").write_text("{"),
        lambda at: replace_folder(at, by=lambda path: path.write_text("x")),
    ],
    ids=["cut", "flipped", "deleted", "no record", "a broken record", "a file in its place"],
)
def test_a_harmed_company_is_simulated_anew(tmp_path, capfd, harm):
    """The simulated company is an input that nobody else could put right."""
    (tmp_path / "sources.yaml").write_text(
        "currency: SAR\ntime_zone: Asia/Riyadh\nsimulated: {customers: 60, seed: 7}\n"
        "tables: {customers: {path: 'simulated:customers.csv'}}\n"
    )
    before = open_workspace(tmp_path).fingerprints
    (company,) = (path for path in (made_files(tmp_path) / "simulated").iterdir() if path.is_dir())
    harm(company)
    assert open_workspace(tmp_path).fingerprints == before
    assert "made anew" in capfd.readouterr().err
    assert open_workspace(tmp_path).fingerprints == before
    assert capfd.readouterr().err == ""
