"""The company's files: same bytes every time, whole or not there, and faults where the truth says."""

import hashlib
import json
import subprocess
import sys
import threading

import pandas as pd
import pytest

from cxlib.data.demo import files, simulate, write_company
from cxlib.data.demo.company import draw_chunks
from cxlib.data.demo.truth import FAULTS
from cxlib.data.reading.files import find_files
from cxlib.data.sources import Simulated, TableSource
from cxlib.errors import ConfigurationError

SIZE = 2_500


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The files of a company of two blocks."""
    return write_company(tmp_path_factory.mktemp("simulated") / "demo", customers=SIZE, seed=11)


@pytest.fixture(scope="module")
def tables():
    """The same company in memory."""
    return simulate(SIZE, seed=11).tables


@pytest.fixture(scope="module")
def record(folder):
    """What the folder says about itself."""
    return json.loads((folder / "truth.json").read_text(encoding="utf-8"))


def _digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def _text(path):
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def test_one_seed_gives_the_same_bytes(folder, tmp_path):
    """Every file, the workbook included, is the same to the byte when it is written again."""
    again = write_company(tmp_path / "again", customers=SIZE, seed=11)
    assert _digests(again) == _digests(folder)
    other = _digests(write_company(tmp_path / "other", customers=SIZE, seed=12))
    assert {name for name in other if other[name] == _digests(folder)[name]} == {"benchmarks.xlsx"}


def test_orders_are_text_as_a_shop_exports_it(folder, tables):
    """Dates are DD/MM/YYYY HH:MM, amounts have thousands separators, and both say what the tables in memory say."""
    orders = _text(folder / "transactions.csv").set_index("Order No")
    assert orders["Placed at"].str.fullmatch(r"\d\d/\d\d/\d{4} \d\d:\d\d").all()
    assert orders["Amount (SAR)"].str.fullmatch(r"-?\d{1,3}(,\d{3})*\.\d\d").all()
    assert orders["Amount (SAR)"].str.contains(",").any()
    held = tables["transactions"].set_index("transaction_id").loc[orders.index]
    cents = orders["Amount (SAR)"].str.replace("[,.]", "", regex=True).astype("int64")
    assert (cents == held["amount_cents"]).all()
    assert (pd.to_datetime(orders["Placed at"], format="%d/%m/%Y %H:%M") == held["at"]).all()


def test_both_files_of_orders_together_are_all_orders(folder, tables):
    """Phone orders of the last month stand in the bad file, all others in the plain one, none in both."""
    plain = _text(folder / "transactions.csv")["Order No"]
    lines = (folder / "transactions_bad.csv").read_bytes().split(b"\n")
    late = {line.split(b",")[0].strip(b'"').decode() for line in lines if line.startswith(b'"T')}
    assert not late & set(plain)
    assert late | set(plain) == set(tables["transactions"]["transaction_id"])
    bad = tables["transactions"].set_index("transaction_id").loc[sorted(late)]
    assert set(bad["channel"]) == {"phone"}
    assert bad["day"].min() > pd.Timestamp("2026-08-31")


def test_the_other_files_hold_the_tables(folder, tables):
    """Rows and instants of the remaining files are those of the tables in memory."""
    assert len(_text(folder / "customers.csv")) == SIZE
    assert _text(folder / "memberships.csv")["price"].isin({"39.00", "349.00"}).all()
    surveys = _text(folder / "surveys.csv")
    assert surveys["comment"].tolist() == tables["surveys"]["comment"].fillna("").tolist()
    assert pd.to_numeric(surveys["csat"]).equals(tables["surveys"]["csat"])
    tickets = pd.read_json(folder / "tickets.jsonl", lines=True, dtype=False)
    assert tickets["text"].tolist() == tables["tickets"]["text"].tolist()
    opened = pd.to_datetime(tickets["opened_at"], utc=True).dt.tz_convert("Asia/Riyadh").dt.tz_localize(None)
    assert (opened == tables["tickets"]["opened_at"]).all()
    sessions = pd.read_parquet(folder / "sessions.parquet")
    local = sessions["at"].dt.tz_convert("Asia/Riyadh").dt.tz_localize(None)
    assert (local == tables["sessions"]["at"]).all()
    assert len((folder / "messages.jsonl").read_text().splitlines()) == len(tables["messages"])


def test_benchmarks_say_that_they_are_invented(folder):
    """Every benchmark's source says that it was invented for the simulation."""
    benchmarks = pd.read_excel(folder / "benchmarks.xlsx")
    assert list(benchmarks.columns) == ["measure", "value", "source", "as_of"]
    assert benchmarks["source"].str.contains("Invented").all()


def test_the_record_counts_rows_and_faults(folder, record):
    """Rows of each file and lines of each kind of fault are as recorded, and the kinds and numbers as in the truth."""
    lines = (folder / "transactions_bad.csv").read_bytes().splitlines()
    assert record["rows"]["transactions_bad"] == len(lines) - 1
    assert record["rows"]["transactions"] == len(_text(folder / "transactions.csv"))
    counts = [(each["kind"], len(each["lines"])) for each in record["planted"]]
    assert counts == [(each.kind, each.rows) for each in FAULTS]
    planted = [number for each in record["planted"] for number in each["lines"]]
    assert planted == list(range(planted[0], len(lines) + 1))
    assert all(line.startswith(b'"T') for line in lines[1 : planted[0] - 1])


def test_each_fault_breaks_what_it_says(folder, record):
    """Duplicates repeat the first row, missing cells are empty, cells too many or too few, bytes no UTF-8."""
    lines = (folder / "transactions_bad.csv").read_bytes().split(b"\n")
    rows = {each["kind"]: [lines[number - 1] for number in each["lines"]] for each in record["planted"]}
    assert set(rows["duplicate id"]) == {lines[1]}
    assert all(row.split(b",")[1] == b"" for row in rows["missing customer"])
    assert all(row.split(b",")[3] == b"" for row in rows["missing amount"])
    assert {row.count(b",") for row in rows["too many columns"]} == {7}
    assert {row.count(b",") for row in rows["too few columns"]} == {2}
    assert all(b"2099" in row for row in rows["future date"])
    assert len(rows["huge cell"][0]) > 100_000
    for row in rows["wrong encoding"]:
        with pytest.raises(UnicodeDecodeError):
            row.decode("utf-8")


def test_a_tiny_company_has_every_fault_but_duplicates(tmp_path):
    """Without a good row in the bad file there is nothing to repeat, and the record says so."""
    record = json.loads((write_company(tmp_path / "one", customers=1) / "truth.json").read_text())
    counts = {each["kind"]: len(each["lines"]) for each in record["planted"]}
    assert counts.pop("duplicate id") == 0
    assert counts == {fault.kind: fault.rows for fault in FAULTS if fault.kind != "duplicate id"}


def test_readers_that_race_leave_one_company(tmp_path):
    """Two readers at once both find the same whole company, and nothing is left beside it."""
    simulated, found = Simulated(customers=300), []
    source = TableSource(path="simulated:customers.csv")
    readers = [
        threading.Thread(target=lambda: found.append(find_files(source, tmp_path, simulated=simulated))) for _ in "ab"
    ]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert found[0] == found[1] == list((tmp_path / ".cx" / "simulated").glob("*/customers.csv"))
    company = found[0][0].parent
    assert {path.name for path in company.parent.iterdir()} == {company.name, f"{company.name}.lock"}


def test_a_folder_with_files_is_left_alone(folder):
    """Where something stands already nothing is written, with an error that says what to do."""
    before = _digests(folder)
    with pytest.raises(ConfigurationError, match="Remove it or name another folder"):
        write_company(folder, customers=10, seed=11)
    assert _digests(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == ["demo"]


def test_an_interrupted_writer_leaves_nothing(tmp_path, monkeypatch):
    """Ctrl-C in the middle removes the private folder; the target never appears."""

    def interrupted(*args, **options):
        yield from draw_chunks(*args, **options)
        assert list(tmp_path.glob(".demo-*/customers.csv"))  # it is the middle
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "draw_chunks", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_company(tmp_path / "demo", customers=100)
    assert list(tmp_path.iterdir()) == []


# Not getrusage: a process that is started from another one counts that one's memory as its own peak.
PEAK = """
import pathlib, re, sys
from cxlib.data.demo import write_company
write_company(sys.argv[1], customers=int(sys.argv[2]))
print(re.search(r"VmHWM:\\s+(\\d+) kB", pathlib.Path("/proc/self/status").read_text())[1])
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_company(tmp_path):
    """Writing 160,000 customers more takes at most 150 MB more, a sixth of what their files hold, and under 800 MB.

    Not a share of what 40,000 take, which would forbid a chunk to take less: what the heap keeps of freed pieces over
    the first chunks does not become less with it (755 and 775 MB once, 560 to 610 and 630 to 680 now).
    """

    def peak_kilobytes(customers):
        command = [sys.executable, "-c", PEAK, str(tmp_path / str(customers)), str(customers)]
        return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)

    small, big = peak_kilobytes(40_000), peak_kilobytes(200_000)
    assert big - small < 150_000
    assert big < 800_000
