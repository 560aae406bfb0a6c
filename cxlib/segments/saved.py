"""Frozen assignments as JSON: what is saved today gives the same labels tomorrow, or is refused.

A file says its kind, the version of its form and the cxlib that wrote it. It holds numbers and text only, so that
opening one never runs anything.
"""

import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cxlib.errors import DataError

FORMAT = "cxlib.segments"


def write_frozen(path: str | Path, kind: str, *, form: int, content: Mapping[str, object]) -> None:
    """Write `content` as a file of `kind` ("rfm_grid", "cluster_model") in version `form` of its form."""
    whole = {"format": FORMAT, "kind": kind, "version": form, "cxlib": version("cxlib"), **content}
    text = json.dumps(whole, indent=1, allow_nan=False, ensure_ascii=False)
    try:
        Path(path).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror}). Choose a folder that exists.") from None


def read_frozen(path: str | Path, kind: str, *, form: int) -> dict[str, Any]:
    """The content of a file of `kind` in version `form`."""
    content = _parsed(path)
    if content.get("format") != FORMAT or content.get("kind") != kind:
        what = f"kind {content['kind']!r}" if content.get("format") == FORMAT else "another kind of file"
        raise DataError(f"{path}: expected a saved {kind}, found {what}. Give the file that was saved for it.")
    if content.get("version") != form:
        raise DataError(
            f"{path}: version {content.get('version')!r} of a saved {kind}, written by cxlib {content.get('cxlib')}, "
            f"is not known here (known: {form}). Fit and save it again with this cxlib ({version('cxlib')})."
        )
    return content


def damaged(path: str | Path, kind: str, error: Exception) -> DataError:
    """The error for a file whose head is right and whose content is not."""
    fault = f"there is no {error}" if isinstance(error, KeyError) else str(error)
    return DataError(f"{path}: this saved {kind} is damaged ({fault}). Fit and save it again.")


def _parsed(path: str | Path) -> dict[str, Any]:
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}). Check the path.") from None
    except ValueError as error:
        raise DataError(f"{path}: this is not JSON ({error}). Give a file that was saved by cxlib.") from None
    if not isinstance(content, dict):
        raise DataError(f"{path}: expected a saved assignment, found {type(content).__name__}.")
    return content
