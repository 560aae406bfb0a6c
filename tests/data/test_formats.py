"""The registry of formats: one line makes a format, and the example in docs/data.md is such a line."""

import re
import sys
import types

import pandas as pd
import pytest

from cxlib.data import open_workspace
from cxlib.data.reading.formats import FORMATS, FileFormat, format_of
from cxlib.errors import ConfigurationError, DataError


@pytest.fixture
def feather(root, monkeypatch):
    """The example of the docs, added to the registry."""
    guide = (root / "docs" / "data.md").read_text().split("## A new input format")[1].split("\n## ")[0]
    reader, line = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    module = types.ModuleType("cxlib.data.reading.feather")
    exec(reader, module.__dict__)  # our own docs
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(FORMATS, "feather", None)  # the line below replaces it; after the test it is gone
    exec(line, {"FORMATS": FORMATS, "FileFormat": FileFormat})


def test_the_example_of_the_docs_reads_and_checks_a_file(feather, tmp_path):
    """Rows arrive in canonical form, a faulty one in the quarantine, whether the format is declared or not."""
    rows = pd.DataFrame({"customer_id": ["x", "y"], "at": ["2026-01-05", "soon"], "amount": [2.5, 3.0]})
    rows.to_feather(tmp_path / "a.feather")
    for declared in ("", ", format: feather"):
        (tmp_path / "sources.yaml").write_text(
            "currency: GBP\ntime_zone: Europe/London\nas_of: 2026-06-30\n"
            f"tables:\n  transactions: {{path: a.feather{declared}}}\n"
        )
        shop = open_workspace(tmp_path)
        assert shop.frame("transactions")["amount_cents"].tolist() == [250]
        assert shop.quarantine()[["source", "row", "value"]].to_numpy().tolist() == [["a.feather", 2, "soon"]]
    (tmp_path / "a.feather").write_bytes(b"no feather")
    with pytest.raises(DataError, match=r"a.feather: this is not a Feather file"):
        open_workspace(tmp_path).frame("transactions")


@pytest.mark.parametrize("name", FORMATS)
def test_every_reader_is_there(name):
    """The registry names functions that exist; each suffix means one format."""
    assert callable(FORMATS[name].load_reader())
    assert all(format_of(f"file{suffix.upper()}", None) is FORMATS[name] for suffix in FORMATS[name].suffixes)


def test_an_unknown_suffix_and_an_unknown_name():
    """Both say what is allowed."""
    with pytest.raises(ConfigurationError, match="Set 'format' to csv, parquet, jsonl, excel or duckdb"):
        format_of("a.dat", None)
    with pytest.raises(ConfigurationError, match="Did you mean 'parquet'"):
        format_of("a.dat", "parqet")
