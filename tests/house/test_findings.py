"""The collection of findings: each script in its form, all of them in the index."""

import importlib.util
import os
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "findings"
SCRIPTS = sorted(FOLDER.glob("*.sh"))


def test_the_index_holds_what_the_scripts_say():
    """`make findings` writes it; a script that is new or says something else makes it old."""
    spec = importlib.util.spec_from_file_location("findings_index", FOLDER / "index.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == module.index()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_finding_has_the_form_of_findings(path):
    """Pinned packages in a temporary folder, what was seen with its date, no product, an end that tells a change."""
    text = path.read_text(encoding="utf-8")
    assert os.access(path, os.X_OK)
    assert re.search(r"^# .*Seen \d{4}-\d\d-\d\d|^# Seen \d{4}-\d\d-\d\d", text, re.MULTILINE)
    assert "set -euo pipefail" in text
    assert "mktemp -d" in text
    assert "exit 1" in text
    assert "cxlib" not in text
    for line in re.findall(r"pip install (.*)", text.replace("\\\n", "")):
        packages = [word.strip("'\"") for word in line.split() if not word.startswith((">", "-"))]
        assert packages
        assert all("==" in package for package in packages), packages
