"""Workspaces made of a few lines, for the tests of the data layer."""

import textwrap

import pytest

from cxlib.data import open_workspace

TOP = "currency: GBP\ntime_zone: Europe/London\nas_of: 2026-06-30\ntables:\n"


@pytest.fixture
def write_workspace(tmp_path):
    """A function that writes files and a `sources.yaml` whose `tables` are given, and returns the folder."""

    def write(tables, **files):
        for name, content in files.items():
            data = content if isinstance(content, bytes) else textwrap.dedent(content).encode()
            (tmp_path / name.replace("__", ".")).write_bytes(data)
        (tmp_path / "sources.yaml").write_text(TOP + textwrap.indent(textwrap.dedent(tables), "  "))
        return tmp_path

    return write


@pytest.fixture
def workspace(write_workspace):
    """A function that writes such a workspace and opens it."""
    return lambda tables, **files: open_workspace(write_workspace(tables, **files))


@pytest.fixture
def sales(workspace):
    """A function that opens a workspace with one CSV file of transactions, read with some settings."""

    def read(text, settings=""):
        return workspace(f"transactions:\n  path: sales.csv\n{textwrap.indent(settings, '  ')}", sales__csv=text)

    return read


@pytest.fixture
def faults():
    """A function that lists row, rule, column and value of a quarantine."""
    return lambda w: w.quarantine()[["row", "rule", "column", "value"]].values.tolist()
