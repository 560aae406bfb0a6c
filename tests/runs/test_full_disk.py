"""A disk that is really full: said in plain words, the last good pages stay whole, and nothing is left lying about."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("full_disk.py")
APART = ["unshare", "--user", "--map-root-user", "--mount"]  # a mount that only this process sees and that goes with it


def can_mount():
    """Whether this machine lets a process mount a small file system for itself."""
    if shutil.which("unshare") is None:
        return False
    trial = [*APART, "sh", "-c", "mount -t tmpfs tmpfs /mnt"]
    return subprocess.run(trial, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not can_mount(), reason="this machine lets nobody mount a small file system")
def test_a_disk_that_is_full_at_any_step(project):
    """12 runs with from nothing to more than enough room: failed and said so, or good; never half."""
    project.notebook("churn", "1")
    project.suite("languages: [en, ar]\nreports: {churn: }")
    (project.root / "reports").mkdir()
    inside = f'mount -t tmpfs -o size=12m tmpfs reports && exec "{sys.executable}" "{SCRIPT}" .'
    ended = subprocess.run([*APART, "sh", "-c", inside], capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 0, ended.stderr
    *full, freed = json.loads(ended.stdout)
    statuses = [told["status"] for told in full]
    assert set(statuses) <= {"failed", "ok", "no front page"}
    assert statuses.count("failed") >= 5
    assert statuses[-1] == freed["status"] == "ok"
    assert all(told["whole"] for told in full)
    assert all("disk is full" in told["message"] and told["kept"] for told in full if told["status"] == "failed")
    assert all("No space" in told["message"] for told in full if told["status"] == "no front page")
    assert {tuple(told["left"]) for told in [*full, freed]} == {()}
