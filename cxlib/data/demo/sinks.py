"""Files that grow chunk by chunk, and are safe on disk when they are closed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from cxlib.data.demo.exports import json_lines


class Sink(Protocol):
    """Where a table's chunks go."""

    def write(self, table: pa.Table) -> object:
        """Append one chunk."""

    def close(self) -> object:
        """Finish the file's contents."""


class JsonLines:
    """A sink of JSON lines."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    def write(self, table: pa.Table) -> None:
        """Append one chunk."""
        self.file.write(json_lines(table))

    def close(self) -> None:
        """Every line is whole already."""


class Folder:
    """The sinks of one folder, opened as tables come; `rows` counts what each file has received."""

    def __init__(self, path: Path, files: dict[str, str], stack: ExitStack) -> None:
        self.path = path
        self.files = files
        self.rows = dict.fromkeys(files, 0)
        self._stack = stack
        self._sinks: dict[str, Sink] = {}

    def write(self, table: str, columns: pa.Table) -> None:
        """Append one chunk to a table's file."""
        if table not in self._sinks:
            self._sinks[table] = self._stack.enter_context(_opened(self.path / self.files[table], columns.schema))
        self._sinks[table].write(columns)
        self.rows[table] += len(columns)


@contextmanager
def _opened(path: Path, schema: pa.Schema) -> Iterator[Sink]:
    """A sink in the format of the file's name."""
    with synced(path) as file:
        sink = _sink(path.suffix, file, schema)
        try:
            yield sink
        finally:
            sink.close()


def _sink(suffix: str, file: BinaryIO, schema: pa.Schema) -> Sink:
    if suffix == ".csv":
        csv: Sink = pyarrow.csv.CSVWriter(file, schema)
        return csv
    if suffix == ".parquet":
        parquet: Sink = pyarrow.parquet.ParquetWriter(file, schema)
        return parquet
    return JsonLines(file)


@contextmanager
def synced(path: Path, mode: str = "wb") -> Iterator[BinaryIO]:
    """A binary file that is on disk, not only in memory, when it is closed."""
    with path.open(mode) as file:
        yield file  # type: ignore[misc]  # every mode used here is binary
        file.flush()
        os.fsync(file.fileno())
