"""Runs are finished and published in one step, leftovers go, and the latest good run is never lost."""

import datetime as dt
import os
import threading

import pytest

from cxlib.disk import sync_tree
from cxlib.errors import ConfigurationError
from cxlib.runs.archive.record import RunRecord, Status
from cxlib.runs.archive.store import ReportStore, write_in_one_step

START = dt.datetime(2026, 11, 22, 8, 15, tzinfo=dt.UTC)


def add_run(store, minute, status=Status.OK, *, key="abcdef0123"):
    """Make a complete run that started `minute` minutes after START."""
    started = START + dt.timedelta(minutes=minute)
    private = store.begin(started, key=key)
    record = RunRecord(workspace="demo", report="churn", run=private.name[1:].removesuffix(".partial"), status=status,
                       started=started, finished=started, seconds=1.0)  # fmt: skip
    (private / "run.json").write_text(record.to_json())
    (private / "report.en.html").write_text(record.run)
    return store.finish(private, publish=status is Status.OK)


@pytest.fixture
def store(tmp_path):
    """An empty store."""
    return ReportStore(tmp_path / "churn")


def test_a_run_is_hidden_until_it_is_finished(store):
    """While it runs its folder is private; afterwards it has its stamp and key for a name."""
    private = store.begin(START, key="abcdef0123")
    assert private.name == ".20261122T081500Z-abcdef01.partial"
    assert store.history() == []
    (private / "run.json").write_text("{}")
    assert store.finish(private).name == "20261122T081500Z-abcdef01"
    assert not private.exists()


def test_two_runs_in_one_second_have_two_folders(store):
    """A run never writes into another's folder."""
    first, second = add_run(store, 0), add_run(store, 0)
    assert first != second
    assert len(store.history()) == 2


def test_latest_moves_in_one_step(store):
    """A reader that polls while runs are published always meets a whole page of one of them."""
    add_run(store, 0)
    seen, done = set(), threading.Event()

    def read():
        while not done.is_set():
            seen.add((store.latest / "report.en.html").read_text())

    reader = threading.Thread(target=read)
    reader.start()
    runs = {add_run(store, minute).name for minute in range(1, 60)}
    done.set()
    reader.join()
    assert seen <= runs | {"20261122T081500Z-abcdef01"}
    assert len(seen) > 1


def test_a_failed_run_leaves_the_latest(store):
    """Only a good run is published."""
    good = add_run(store, 0)
    add_run(store, 1, Status.FAILED)
    assert store.latest.resolve() == good.resolve()
    assert [record.status for record in store.history()] == ["ok", "failed"]


def test_leftovers_of_a_killed_run_go(store):
    """Half a run folder and half a swap are removed; complete runs and the latest stay."""
    good = add_run(store, 0)
    (store.begin(START, key="f" * 64) / "report.en.html").write_text("half")
    (store.folder / ".latest.partial").symlink_to("runs/none")
    (store.folder / ".checked.txt.partial").write_text("half")
    assert len(store.clean()) == 3
    assert [path.name for path in store.runs.iterdir()] == [good.name]
    assert store.last_good().run == good.name


def test_without_symbolic_links_the_remedy_is_named(store, monkeypatch):
    """Where one step is impossible, half a swap is not tried."""
    good = add_run(store, 0)

    def refuse(*_, **__):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("pathlib.Path.symlink_to", refuse)
    with pytest.raises(ConfigurationError, match="no symbolic links"):
        add_run(store, 1)
    assert store.latest.resolve() == good.resolve()


def test_prune_keeps_good_runs_and_always_the_latest(store):
    """Of five good and two failed runs the newest two good ones stay, and failures that are younger than those."""
    for minute, status in enumerate(["ok", "failed", "ok", "ok", "ok", "failed", "ok"]):
        add_run(store, minute, Status(status))
    store.latest.unlink()
    store.latest.symlink_to(store.runs / store.history()[0].run)  # as after going back to an old run by hand
    removed = store.prune(keep=2)
    assert [record.started.minute - 15 for record in store.history()] == [0, 1, 4, 5, 6]
    assert len(removed) == 2
    assert store.last_good().started == START


def test_a_damaged_record_is_not_a_run(store):
    """A run.json that cannot be read hides its run and breaks nothing."""
    run = add_run(store, 0)
    (run / "run.json").write_text('{"schema": 1')
    assert store.history() == []
    assert store.last_good() is None


def test_freshness_is_the_later_of_made_and_checked(store):
    """An unchanged report is as fresh as its last check."""
    add_run(store, 0)
    assert store.checked_at() == START
    store.note_unchanged(START + dt.timedelta(days=1))
    assert store.checked_at() == START + dt.timedelta(days=1)


def test_a_file_is_old_or_new_never_half(tmp_path, monkeypatch):
    """When the disk fills up in the middle of writing, readers keep the old text."""
    path = tmp_path / "index.en.html"
    write_in_one_step(path, "old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cxlib.runs.archive.store.sync_file", full)
    with pytest.raises(OSError, match="No space"):
        write_in_one_step(path, "new")
    assert path.read_text() == "old"


def test_a_record_survives_its_file():
    """What is written to run.json is what is read from it."""
    record = RunRecord(workspace="demo", report="churn", run="r", status=Status.TIMEOUT, exit_code=3, started=START,
                       finished=START, seconds=1.5, parameters={"a": [1, "\u0627", None]})  # fmt: skip
    assert RunRecord.model_validate_json(record.to_json()) == record


def test_a_pipe_in_a_run_does_not_hold_it_up(tmp_path):
    """Opening a pipe that nobody writes to waits for ever, past every timeout and signal; a link to nowhere fails."""
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "nowhere.csv").symlink_to(tmp_path / "gone.csv")
    syncing = threading.Thread(target=sync_tree, args=[tmp_path], daemon=True)
    syncing.start()
    syncing.join(10)
    assert not syncing.is_alive()


def test_names_that_an_earlier_version_kept_go_with_the_next_run(store):
    """Where a run's memory of what it withheld holds names, pruning takes it away; digests stay."""
    memories = [add_run(store, minute) / "exports" / "withheld.json" for minute in range(3)]
    texts = '["Sara Haddad", "0a1b2c"]', '["0a1b2c", "ffffff"]', '["Sara Haddad"]'
    for memory, names in zip(memories, texts, strict=True):
        memory.parent.mkdir(exist_ok=True)
        memory.write_text(names)
    store.prune(keep=5)
    assert [memory.exists() for memory in memories] == [False, True, True]  # the last is of the page that readers see
