"""The table of promises is true: whatever test it names is there."""

import re

import pytest


@pytest.fixture(scope="module")
def named(root):
    """The files and tests that the table names, as pairs; a test alone has no file."""
    text = (root / "docs" / "reliability.md").read_text(encoding="utf-8")
    return [pair for pair in re.findall(r"`(tests/[\w/]+\.py)?(?:::)?(test_\w+)?`", text) if any(pair)]


def test_every_test_of_the_table_is_there(named, root):
    """Files are there, and a test stands in its file, or in any where none is named."""
    texts = {str(path.relative_to(root)): path.read_text(encoding="utf-8") for path in root.glob("tests/**/*.py")}
    assert len(named) > 60
    assert [file for file, _ in named if file and file not in texts] == []
    missing = [test for file, test in named if test and f"def {test}(" not in texts.get(file, "".join(texts.values()))]
    assert missing == []


def test_every_script_of_the_table_is_there(root):
    """What shows other software's surprises."""
    text = (root / "docs" / "reliability.md").read_text(encoding="utf-8")
    scripts = re.findall(r"`([\w-]+\.sh)`", text)
    assert [script for script in scripts if not (root / "findings" / script).is_file()] == []
