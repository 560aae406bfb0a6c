"""What decides a report, as SHA-256: its inputs, its code, its parameters and the versions it runs on."""

from __future__ import annotations

import contextlib
import hashlib
import json
import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import cxlib
from cxlib.language import forget_speakers, own_catalogues
from cxlib.runs.archive.record import Hashes
from cxlib.runs.planning.plan import FORMAT, ReportPlan

if TYPE_CHECKING:
    from nbformat import NotebookNode

_PACKAGES = (
    "cxlib", "pandas", "numpy", "scipy", "scikit-learn", "matplotlib", "seaborn", "ibis-framework",
    "duckdb", "pyarrow", "papermill", "nbconvert", "ipykernel",
)  # fmt: skip
_FOOTER = ("python", "cxlib", "pandas", "duckdb", "papermill")
_NOT_CODE = {"__pycache__", ".ipynb_checkpoints"}


def hash_text(text: str) -> str:
    """SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()


def hash_json(value: object) -> str:
    """SHA-256 of a plain value, whatever the order of its names."""
    return hash_text(json.dumps(value, sort_keys=True, ensure_ascii=True))


def hash_report(
    plan: ReportPlan, *, code: str, inputs: Mapping[str, str] | None, after: Mapping[str, str] | None = None
) -> Hashes:
    """Hash everything that decides a report.

    `code` is `hash_package`, made once for a suite; `inputs` holds the hash of every source, None when they could not
    be read; `after` the key of the latest good run of every report that this one comes after.
    """
    return Hashes(
        inputs=dict(inputs) if inputs is not None else None,
        after=dict(after or {}),
        notebook=hash_notebook(plan.notebook),
        cxlib=code,
        parameters=hash_json({"parameters": plan.parameters, "languages": plan.languages, "own": _own_sentences()}),
        versions=hash_json(versions()),
    )


def _own_sentences() -> list[str]:
    """SHA-256 of each catalogue beside the project's notebooks; sentences are said by these from here on."""
    digests = [hash_text(path.read_text(encoding="utf-8")) for path in own_catalogues()]
    forget_speakers(tuple(digests))
    return digests


def hash_notebook(notebook: NotebookNode) -> str:
    """SHA-256 of a notebook's cells; outputs and ids do not count, so opening and saving it changes nothing."""
    cells = [[cell.cell_type, cell.source, sorted(cell.metadata.get("tags", []))] for cell in notebook.cells]
    return hash_json([FORMAT, cells])


def hash_package() -> str:
    """SHA-256 of every file of cxlib: code, templates, style sheets and catalogues."""
    root = Path(cxlib.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(path for path in root.rglob("*") if path.is_file() and not _NOT_CODE & set(path.parts)):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(root).as_posix()} {content}\n".encode())
    return digest.hexdigest()


@cache
def versions() -> dict[str, str]:
    """Versions of Python and of the packages that a number in a report may depend on."""
    numbers = {"python": platform.python_version()}
    for package in _PACKAGES:
        with contextlib.suppress(PackageNotFoundError):  # run from a source tree that is not installed
            numbers[package] = version(package)
    numbers["time zones"] = f"DuckDB {numbers['duckdb']}"  # by which today and the days of rows are counted
    return numbers


def footer_versions() -> dict[str, str]:
    """The few versions that a page's footer names."""
    return {name: number for name, number in versions().items() if name in _FOOTER}
