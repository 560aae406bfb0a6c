"""One table as an Excel workbook whose bytes depend on its contents only.

openpyxl writes the time of day into the workbook's properties and into its zip file; both are set to a fixed one.
"""

from __future__ import annotations

import io
import re
import zipfile

import openpyxl
import pyarrow as pa

FIXED = (2026, 1, 1, 0, 0, 0)
_TIMES = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def workbook(title: str, table: pa.Table) -> bytes:
    """An Excel file with one sheet, the column names in its first row."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    sheet.append(table.column_names)
    for row in table.to_pylist():
        sheet.append(list(row.values()))
    written = io.BytesIO()
    book.save(written)
    return _without_times(written.getvalue())


def _without_times(content: bytes) -> bytes:
    fixed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "docProps/core.xml":
                part = _TIMES.sub(b"2026-01-01T00:00:00Z", part)
            new.writestr(zipfile.ZipInfo(name, FIXED), part, zipfile.ZIP_DEFLATED)
    return fixed.getvalue()
