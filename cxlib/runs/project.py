"""`cx start` and `cx upgrade`: a folder of the company's own, and how newer notebooks come into it."""

import difflib
import hashlib
import json
import platform
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import nbformat
import yaml

import cxlib
from cxlib.errors import ConfigurationError

NOTE = "cxlib.json"
"""Of a project: the version that made it, and the SHA-256 of each notebook as it was laid."""
NEWER = "newer"
DEMO = "demo"


def shipped() -> Path:
    """The folder with this cxlib's `notebooks` and `params`: within the package, or, in a clone, beside it."""
    package = Path(cxlib.__file__).parent
    return package / "project" if (package / "project").is_dir() else package.parent


def workspace_name(folder: Path) -> str:
    """How the first workspace of a project is called: as its folder, with what a name cannot hold left out."""
    return re.sub(r"[^\w-]+", "_", folder.resolve().name).strip("_-") or "company"


def start_project(folder: Path, *, workspace: str = DEMO) -> list[Path]:
    """Lay a project: the notebooks, a workspace, and the files that a folder of its own needs.

    `folder`: Is made where it is not there; it may hold nothing but what begins with a dot.
    `workspace`: That of the simulated company, whose parameters are laid too; another one is left to `cx init`.
    Returns: What was written.
    Raises ConfigurationError: the folder is a file, or holds something.
    """
    if folder.exists() and not folder.is_dir():
        raise ConfigurationError(f"{folder} is a file. Name a folder that is not there yet.")
    if folder.is_dir() and (inside := sorted(path.name for path in folder.iterdir() if path.name[0] != ".")):
        raise ConfigurationError(
            f"{folder} is not empty (it holds {inside[0]!r}). Name a folder that is not there yet."
        )
    source = shipped()
    (folder / "params").mkdir(parents=True, exist_ok=True)
    notebooks = [_lay(path, folder / "notebooks") for path in sorted(source.glob("notebooks/*.ipynb"))]
    written = list(notebooks)
    if workspace == DEMO:
        written += [_lay(path, folder / "params" / DEMO) for path in sorted(source.glob(f"params/{DEMO}/*.yaml"))]
    values = {
        "WORKSPACE": workspace,
        "VERSION": version("cxlib"),
        "PYTHON": ".".join(platform.python_version_tuple()[:2]),
    }
    texts = yaml.safe_load(files("cxlib.runs").joinpath("project.yaml").read_text(encoding="utf-8"))
    for name, text in texts.items():
        path = folder / name
        if not path.exists():
            for word, value in values.items():
                text = text.replace(word, value)
            path.write_text(text, encoding="utf-8")
            written.append(path)
    _write_note(folder, {path.name: _digest(path) for path in notebooks})
    return [*written, folder / NOTE]


@dataclass(frozen=True)
class Upgrade:
    """What a newer cxlib brought: notebooks added, replaced, and, by name, how the newer one differs from one kept."""

    before: str
    after: str
    added: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)


def upgrade_project(root: Path) -> Upgrade:
    """Bring this cxlib's notebooks into a project; one that was changed stays, and the newer one is laid beside it.

    `root`: The project's folder, with the note that `start_project` wrote.
    Returns: By name what was done; the newer ones of those that stayed are in ``notebooks/newer``.
    Raises ConfigurationError: `cx start` did not make the project, its note cannot be read, or a newer cxlib made it.
    """
    laid, before = _read_note(root)
    after, digests = version("cxlib"), dict(laid)
    if _numbers(before) > _numbers(after):
        raise ConfigurationError(
            f"This project was made by cxlib {before}, and {after} is installed. Install {before}."
        )
    result = Upgrade(before, after)
    for path in sorted(shipped().glob("notebooks/*.ipynb")):
        own, newer = root / "notebooks" / path.name, _digest(path)
        if own.exists() and _digest(own) not in (laid.get(path.name), newer):
            if newer != laid.get(path.name):
                result.kept[path.name] = difference(own, _lay(path, root / "notebooks" / NEWER))
            continue
        if not own.exists() and path.name in laid:
            continue  # who took a notebook out does not want it back
        if not own.exists() or _digest(own) != newer:
            (result.replaced if own.exists() else result.added).append(path.name)
            _lay(path, own.parent)
        digests[path.name] = newer
    _write_note(root, digests)
    return result


def difference(one: Path, other: Path) -> str:
    """How the cells of two notebooks differ, as lines of text that begin with - (only in `one`) and + (in `other`)."""
    before, after = _lines(one), _lines(other)
    return "\n".join(difflib.unified_diff(before, after, one.name, f"{NEWER}/{other.name}", n=1, lineterm=""))


def _lines(path: Path) -> Sequence[str]:
    try:
        cells = [(cell.cell_type, str(cell.source)) for cell in nbformat.read(path, as_version=4).cells]
    except Exception as error:  # nbformat raises what JSON, its schema and its own readers raise
        raise ConfigurationError(f"{path}: this is no notebook that can be read ({error}). Put it right.") from None
    return [line for kind, source in cells for line in (f"[{kind}]", *source.splitlines())]


def _lay(path: Path, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(path, folder / path.name))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(".") if part.isdigit()]


def _write_note(root: Path, digests: dict[str, str]) -> None:
    note = {"cxlib": version("cxlib"), "notebooks": digests}
    (root / NOTE).write_text(json.dumps(note, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _read_note(root: Path) -> tuple[dict[str, str], str]:
    path = root / NOTE
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): str(digest) for name, digest in note["notebooks"].items()}, str(note["cxlib"])
    except FileNotFoundError:
        raise ConfigurationError(
            f"{root} has no {NOTE}: it was not made by cx start, so nothing tells what changed."
        ) from None
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ConfigurationError(
            f"{path}: this cannot be read ({error}). Bring the file back as cx start wrote it."
        ) from None
