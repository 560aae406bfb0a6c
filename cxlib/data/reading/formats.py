"""Every format that a file may have: which suffixes mean it, and what reads it.

This is the one place that lists them. A reader is named, not imported: whoever only looks at a `sources.yaml` does not
wait for an engine. `docs/data.md` shows how a format is added.
"""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from cxlib.errors import ConfigurationError, nearest


class FileFormat(NamedTuple):
    """A format: the suffixes that mean it, and "module:function" of its reader.

    The function takes a `Store`, the path of a file and the `TableSource` that says how it is written, and gives the
    file as a `raw.Raw`. Where the file cannot be read it raises a DataError that names it.
    """

    suffixes: tuple[str, ...]
    reader: str

    def load_reader(self) -> Callable[..., Any]:
        """Import the reader."""
        module, _, function = self.reader.partition(":")
        reader: Callable[..., Any] = getattr(importlib.import_module(module), function)
        return reader


FORMATS: dict[str, FileFormat] = {
    "csv": FileFormat((".csv", ".txt", ".tsv"), "cxlib.data.reading.readers:read_csv"),
    "parquet": FileFormat((".parquet", ".pq"), "cxlib.data.reading.readers:read_parquet"),
    "jsonl": FileFormat((".jsonl", ".ndjson"), "cxlib.data.reading.readers:read_jsonl"),
    "json": FileFormat((".json",), "cxlib.data.reading.readers:read_json"),
    "excel": FileFormat((".xlsx", ".xlsm"), "cxlib.data.reading.readers:read_excel"),
    "spss": FileFormat((".sav", ".zsav"), "cxlib.data.reading.statistics:read_sav"),
    "stata": FileFormat((".dta",), "cxlib.data.reading.statistics:read_dta"),
    "whatsapp": FileFormat((), "cxlib.data.reading.chats:read_chat"),
    "duckdb": FileFormat((".duckdb", ".db"), "cxlib.data.reading.readers:read_duckdb"),
}


def check_format(name: str) -> str:
    """The name of a format, as it is declared; a ConfigurationError where there is none."""
    if name not in FORMATS:
        raise ConfigurationError(f"there is no format {name!r}. {nearest(name, FORMATS)}")
    return name


def format_of(path: str, declared: str | None) -> FileFormat:
    """The format of a file: as declared, else the one that its suffix means."""
    if declared:
        return FORMATS[check_format(declared)]
    suffix = Path(path.lower().removesuffix(".gz")).suffix
    for one in FORMATS.values():
        if suffix in one.suffixes:
            return one
    if suffix in (".xls", ".xlsb", ".ods"):
        raise ConfigurationError(f"{path}: save it as .xlsx, in Excel or LibreOffice; {suffix} is not read.")
    if suffix in (".zip", ".zst", ".bz2", ".xz", ".7z", ".rar"):
        raise ConfigurationError(f"{path}: unpack it, or pack it with gzip; {suffix} is not read.")
    *others, last = FORMATS
    raise ConfigurationError(
        f"{path}: the suffix {suffix!r} does not say how to read it. "
        f"Set 'format' to {', '.join(others)} or {last} in sources.yaml."
    )
