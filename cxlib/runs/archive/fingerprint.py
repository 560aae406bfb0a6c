"""What decides a report, as SHA-256: its inputs, its code, its parameters and the versions it runs on."""

import contextlib
import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from cxlib.language import forget_speakers, own_catalogues
from cxlib.runs.archive.record import Hashes
from cxlib.runs.planning.plan import ReportPlan, hash_json, hash_notebook, hash_text

_PACKAGES = (
    "cxlib", "pandas", "numpy", "scipy", "scikit-learn", "matplotlib", "seaborn", "ibis-framework",
    "duckdb", "pyarrow", "papermill", "nbconvert", "ipykernel",
)  # fmt: skip
_FOOTER = ("python", "cxlib", "pandas", "duckdb", "papermill")


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
