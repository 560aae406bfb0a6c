"""Scratch folders of living engines stay, those of dead ones go, and nothing else is touched."""

import os
import signal
import subprocess
import sys

import pytest

from cxlib.disk import RUN_SCRATCH, clean_scratch, scratch_folder

HOLDER = "from cxlib.disk import *\nwith scratch_folder(TABLE_SCRATCH) as f: print(f, flush=True); input()"


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path, monkeypatch):
    """Other engines of this machine are left alone."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))


def test_a_folder_lasts_as_long_as_its_block(tmp_path):
    """It has a short name, is private, and goes with everything in it."""
    with scratch_folder(RUN_SCRATCH) as folder:
        assert folder.parent == tmp_path
        assert len(folder.name) <= 20
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "kernel.json").write_text("{}")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_engine_left_is_removed_by_the_next_run(tmp_path):
    """While its engine lives, in this process or another, a folder stays; after kill -9 the next run removes it."""
    engine = subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
    try:
        theirs = engine.stdout.readline().strip()
        with scratch_folder(RUN_SCRATCH) as ours:
            assert clean_scratch() == []
            assert ours.is_dir()
            assert os.path.isdir(theirs)  # noqa: PTH112
            engine.send_signal(signal.SIGKILL)
            engine.wait()
            assert [str(folder) for folder in clean_scratch()] == [theirs]
            assert ours.is_dir()
    finally:
        engine.kill()
        engine.communicate()


def test_what_only_looks_like_one_is_left_alone(tmp_path):
    """Files, links that lead elsewhere, and folders with names of their own are not ours to remove."""
    (tmp_path / "cx-holiday-pictures").mkdir()
    elsewhere = tmp_path / "precious"
    elsewhere.mkdir()
    (tmp_path / f"{RUN_SCRATCH}linkedto").symlink_to(elsewhere)
    (tmp_path / f"{RUN_SCRATCH}filename").write_text("x")
    assert clean_scratch() == []
    assert {path.name for path in tmp_path.iterdir()} == {
        "precious", "cx-holiday-pictures", f"{RUN_SCRATCH}linkedto", f"{RUN_SCRATCH}filename",
    }  # fmt: skip
