"""Where things are: the project's root, a workspace's folder, the files that its paths mean, and what those were.

A `Fingerprint` says what a file was, so that one that changes while it is read is noticed, and one that has not
changed since need not be read again.
"""

from __future__ import annotations

import contextlib
import fcntl
import glob
import hashlib
import importlib.util
import itertools
import json
import math
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cxlib.data.sources import Brought, Simulated, Sources, TableSource, parse_sources
from cxlib.errors import ConfigurationError, DataError, nearest
from cxlib.language import PROJECT
from cxlib.strict_yaml import read_text

if TYPE_CHECKING:
    import pandas as pd

SWITCH = "CXLIB_TABLE_CACHE"  # "0" in the environment keeps nothing of tables and checks
_BLOCK = 1 << 20
MOST_FOLDERS = 20_000  # that a pattern may look through, and for how long
MOST_SECONDS = 20.0
_JUST_NOW_SECONDS = 2.0
_VARIABLE = re.compile(r"\$\{(\w+)\}")


def project_root() -> Path:
    """The nearest folder, from the working directory up, that holds both `params` and `notebooks`.

    In a run it is that of the run, whatever a cell makes the working directory.

    Raises ConfigurationError: there is none.

    >>> (project_root() / "params").is_dir()
    True
    """
    if PROJECT in os.environ:
        return Path(os.environ[PROJECT])
    try:
        here = Path.cwd()
    except FileNotFoundError:
        raise ConfigurationError("The working folder was removed. Change to the project's folder.") from None
    for folder in (here, *here.parents):
        if (folder / "params").is_dir() and (folder / "notebooks").is_dir():
            return folder
    raise ConfigurationError(
        f"No project here: neither {here} nor a folder above it holds both params/ and "
        "notebooks/. Change to the project's folder."
    )


def workspace_folder(path: str | Path) -> Path:
    """The folder of a workspace given as "demo", "params/demo" or a path; the nearest name is suggested."""
    named = _at_home(path)
    for folder in (Path(os.environ.get(PROJECT, ""), named), named):
        if _is_mapped(folder):
            return _as_named(folder)
    params = project_root() / "params"
    for folder in (params.parent / named, params / named):
        if _is_mapped(folder):
            return _as_named(folder)
    names = sorted(file.parent.name for file in params.glob("*/sources.yaml"))
    hint = nearest(named.name, names) if names else f"{params} holds none yet."
    raise ConfigurationError(f"There is no workspace {str(path)!r} with a sources.yaml. {hint}")


def _is_mapped(folder: Path) -> bool:
    """Whether a folder holds a mapping; a name that no file can have holds none."""
    return os.path.isfile(folder / "sources.yaml")  # noqa: PTH113  # pathlib raises where a name is too long


def _as_named(folder: Path) -> Path:
    """An absolute path; a folder behind a symbolic link keeps the link's name and project."""
    return Path(os.path.abspath(folder))  # noqa: PTH100  # resolve() would follow the link


def _at_home(path: str | Path) -> Path:
    """A path with the home folder for ``~``."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise ConfigurationError(f"{path}: there is no such user's folder. Write the path in full.") from None


def read_sources(path: str | Path) -> Sources:
    """The checked `sources.yaml` of a workspace ("demo", "params/demo" or a folder), without reading any data.

    Raises ConfigurationError: there is no such workspace, or its `sources.yaml` is wrong; line, place and nearest
        allowed word are named.

    >>> read_sources("demo").time_zone
    'Asia/Riyadh'
    """
    folder = workspace_folder(path)
    name = f"params/{folder.name}/sources.yaml" if folder.parent.name == "params" else str(folder / "sources.yaml")
    return parse_sources(read_text(folder / "sources.yaml", name=name), name=name)


def expand_variables(path: str) -> str:
    """Fill ``${NAME}`` from the environment."""
    for variable in _VARIABLE.findall(path):
        if not os.environ.get(variable):
            raise ConfigurationError(
                f"{path}: the environment variable {variable} is not set. Set it to the folder "
                f"that holds the file, such as: export {variable}=/path/to/folder"
            )
    return _VARIABLE.sub(lambda found: os.environ[found[1]], path)


def find_files(source: TableSource, folder: Path, *, simulated: Simulated | None = None) -> list[Path]:
    """The files that a source's path means, sorted by name."""
    path = expand_variables(source.path)
    if path.startswith("package:"):
        files = [_in_package(path.removeprefix("package:"))]
    elif path.startswith("simulated:"):
        files = [_simulated_company(simulated, folder) / path.removeprefix("simulated:")]
    else:
        files = _on_disk(folder / _at_home(path))
    for file in files:
        if not file.is_file():
            raise DataError(_missing(file))
        log = file.with_name(f"{file.name}.wal")  # of a DuckDB file
        if log.is_file() and log.stat().st_size:
            raise DataError(f"{file}: {log.name} holds rows that are not in it yet. Open and close it with DuckDB.")
    return files


def _on_disk(path: Path) -> list[Path]:
    try:
        is_one = path.exists() or not glob.has_magic(str(path))
    except OSError as error:  # a name that is too long
        raise DataError(f"{str(path)[:100]}...: {error.strerror}. Correct 'path' in sources.yaml.") from None
    if is_one:
        return [path]
    _refuse_whole_disk(path)
    files = sorted(Path(name) for name in glob.glob(str(path), recursive=True))  # noqa: PTH207  # an absolute pattern
    if not files:
        raise DataError(f"{path}: no file matches. Correct 'path' in sources.yaml, or put the files there.")
    return files


def _refuse_whole_disk(pattern: Path) -> None:
    """Refuse a pattern that would look through more folders than a company keeps its files in."""
    plain = next(n for n, part in enumerate(pattern.parts) if glob.has_magic(part))
    start, deepest = Path(*pattern.parts[:plain]), math.inf if "**" in pattern.parts else len(pattern.parts) - plain
    began = time.monotonic()
    for number, (folder, below, _) in enumerate(os.walk(start, followlinks=True)):  # glob follows links as well
        if number >= MOST_FOLDERS or time.monotonic() - began > MOST_SECONDS:
            raise ConfigurationError(
                f"{pattern}: this pattern means more than {number:,} folders. Name the folder that holds the files."
            )
        if len(Path(folder).parts) - plain >= deepest - 1:
            below.clear()


def _missing(file: Path) -> str:
    if file.is_dir():
        return f"{file}: this is a folder. Add a file's name or a pattern such as *.csv to 'path' in sources.yaml."
    others = [other.name for other in file.parent.iterdir() if other.is_file()] if file.parent.is_dir() else []
    hint = f" {nearest(file.name, others[:20])}" if others else ""
    return f"{file}: there is no such file.{hint} Correct 'path' in sources.yaml, or put the file there."


def _in_package(path: str) -> Path:
    package, _, rest = path.partition("/")
    name, *inner = package.split(".")  # find_spec would import the outer package of an inner one
    spec = importlib.util.find_spec(name) if name.isidentifier() else None
    if spec is None or not spec.submodule_search_locations:
        raise ConfigurationError(
            f"package:{path}: the package {name!r} is not installed. Install it with: pip install {name}"
        )
    return Path(spec.submodule_search_locations[0], *inner, rest)


def _simulated_company(simulated: Simulated | None, folder: Path) -> Path:
    if simulated is None:
        raise ConfigurationError(
            "sources.yaml: a 'simulated:' path needs 'simulated: {customers: 20000, seed: 7}' at the top."
        )
    name = f"{simulated.customers}-{simulated.seed}-{_code_of_the_simulation()[:8]}"
    name = f"trial-{name}" if simulated.trial else name
    target = made_files(folder) / "simulated" / name
    if fault := in_the_way(target.parent):
        raise ConfigurationError(fault)
    if not _is_whole(target):
        _make_company(target, simulated)
    return target


def _is_whole(company: Path, read: Mapping[Path, str] | None = None) -> bool:
    """Whether the files have the sizes with which they were made, and those that were read their bytes."""
    digests = {path.name: digest for path, digest in (read or {}).items()}
    try:
        made = json.loads((company / "truth.json").read_text(encoding="utf-8"))["files"]
        now = {name: [(company / name).stat().st_size, digests.get(name, made[name][1])] for name in made}
    except (OSError, ValueError, LookupError, TypeError):
        return False
    return bool(made) and made == now


def _make_company(target: Path, simulated: Simulated) -> None:
    """Write a company, or write it anew where it is not as it was made; others that want it wait."""
    from cxlib.data.demo import Trial, Truth, write_company  # bring pandas and scipy; a look at files needs neither

    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_name(f"{target.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _is_whole(target, {path: fingerprint(path).sha256 for path in target.glob("*")}):
            return
        if os.path.lexists(target):
            sys.stderr.write(f"{target}: the simulated company is not as it was made, so it is made anew.\n")
            shutil.rmtree(target) if target.is_dir() and not target.is_symlink() else target.unlink()
        truth = Truth(trial=Trial() if simulated.trial else None)
        write_company(target, customers=simulated.customers, seed=simulated.seed, truth=truth)
        for other in target.parent.glob(f"*{target.name[:-8]}*"):  # of earlier code, or left by a killed process
            if other.is_dir() and other != target and other.name.startswith((target.name[:-8], f".{target.name[:-8]}")):
                shutil.rmtree(other, ignore_errors=True)


def made_files(folder: Path) -> Path:
    """The folder for what is made once and can be made again, of the project that a workspace's folder is in."""
    return (folder.parent.parent if folder.parent.name == "params" else folder) / ".cx"


def in_the_way(folder: Path) -> str:
    """What stands where a folder of made files should be, in words; empty where nothing does."""
    files = [path for path in (folder.parent, folder) if os.path.lexists(path) and not path.is_dir()]
    return (
        f"{files[0]}: this is a file where the folder for what is made once should be. Move it away." if files else ""
    )


def _code_of_the_simulation() -> str:
    """A digest of the simulation's own code and phrases, so that a changed simulation is made anew."""
    spec = importlib.util.find_spec("cxlib.data.demo")
    folder = Path(str(spec and spec.origin)).parent
    code = sorted(path for path in folder.iterdir() if path.suffix in {".py", ".yaml"})
    return hashlib.sha256(b"".join(file.read_bytes() for file in code)).hexdigest()


@dataclass(frozen=True)
class Fingerprint:
    """What a file was when it was looked at: its bytes, modified (in ns) and looked at (in s since 1970).

    `changed` is when anything of it changed, which no program can set; `access` holds mode, owner, group and links.
    A DuckDB file is one with what its writer has put beside it (``.wal``).
    """

    sha256: str
    size: int
    modified: int
    taken: float
    changed: int = 0
    access: tuple[int, ...] = ()

    def still_holds(self, path: Path) -> bool:
        """Size and time decide; where the clock is too coarse to tell, or only the time differs, its bytes do."""
        try:
            now = _glance(path)
        except OSError:
            return False
        if now.size != self.size:
            return False
        racy = self.taken - now.modified / 1e9 < _JUST_NOW_SECONDS
        if now.modified == self.modified and not racy:
            return True
        return fingerprint(path).sha256 == self.sha256

    def is_untouched(self, path: Path) -> bool:
        """Whether nobody has written to the file since or moved it away, not even to put the same bytes back.

        Other rights, owners or links, such as a backup makes, are no reason to doubt the bytes: those decide then.
        """
        try:
            now = _glance(path)
        except OSError:
            return False
        if (now.size, now.modified) != (self.size, self.modified):
            return False
        if now.changed != self.changed and now.access == self.access:
            return False
        racy = self.taken - max(now.modified, now.changed) / 1e9 < _JUST_NOW_SECONDS
        return (now.changed == self.changed and not racy) or fingerprint(path).sha256 == self.sha256


def fingerprint(path: Path) -> Fingerprint:
    """Look at a file as it is now."""
    digest = hashlib.sha256()
    try:
        glance = _glance(path)
        for part in _parts(path):
            with part.open("rb") as file:
                while block := file.read(_BLOCK):
                    digest.update(block)
    except OSError as error:
        reason = error.strerror
        raise DataError(f"{path}: cannot be read ({reason}). Check that the file is there and may be read.") from None
    return replace(glance, sha256=digest.hexdigest())


def _glance(path: Path) -> Fingerprint:
    """What the system says of a file, without reading it."""
    taken = time.time()
    parts = [part.stat() for part in _parts(path)]
    access = tuple(value for one in parts for value in (one.st_mode, one.st_uid, one.st_gid, one.st_nlink))
    modified, changed = max(one.st_mtime_ns for one in parts), max(one.st_ctime_ns for one in parts)
    return Fingerprint("", sum(one.st_size for one in parts), modified, taken, changed, access)


def _parts(path: Path) -> list[Path]:
    """A file, and beside that of a database what was written since and is not in it yet."""
    journal = path.with_name(f"{path.name}.wal")
    return [path, journal] if journal.is_file() else [path]


@dataclass(frozen=True)
class Input:
    """One file (or frame) of a table: its label is a file's name with as many folders as tell it apart."""

    label: str
    source: TableSource
    path: Path | None = None
    fingerprint: Fingerprint | None = None
    frame: pd.DataFrame | None = None

    def changed(self) -> DataError:
        """The error that says that the file is not what it was."""
        return DataError(f"{self.path}: the file changed while it was read. Run again when nothing writes to it.")

    @contextlib.contextmanager
    def copied(self, folder: Path) -> Iterator[Input]:
        """The same input as a copy below `folder` while the block runs, of just the bytes that its fingerprint names.

        What is read cannot change under the reader then. A DataError where the bytes are others by now.
        """
        if self.path is None or self.fingerprint is None:
            yield self
            return
        private = Path(tempfile.mkdtemp(dir=folder))
        try:
            for part in _parts(self.path):
                shutil.copyfile(part, private / part.name)
            copy = private / self.path.name
            if fingerprint(copy).sha256 != self.fingerprint.sha256:
                raise self.changed()
            yield replace(self, path=copy)
        finally:
            shutil.rmtree(private, ignore_errors=True)


def brought(sources: Sources, folder: Path) -> Brought:
    """What a workspace's databases gave, read when it is first asked for."""

    def bring_in(own: Sources) -> Brought:
        from cxlib.data import databases  # brings an engine, which a look at the mapping does not need

        return databases.bring_in(own, folder)

    return sources.brought(bring_in)


def table_files(sources: Sources, folder: Path, table: str) -> list[Input]:
    """The files of a table of a workspace whose `sources.yaml` lies in `folder`, as they are now."""
    files = named_files(sources, folder, table)
    prints = {path: fingerprint(path) for path, _ in files}
    made = {path: prints[path].sha256 for path, source in files if source.path.startswith("simulated:")}
    if made and sources.simulated and not _is_whole(next(iter(made)).parent, made):
        _make_company(next(iter(made)).parent, sources.simulated)
        prints |= {path: fingerprint(path) for path in made}
    labels = _labels(files)
    own = {Path(one.path): one.label for one in brought(sources, folder).tables.values()}
    labels = [own.get(path, label) for label, (path, _) in zip(labels, files, strict=True)]
    return [Input(label, source, path, prints[path]) for label, (path, source) in zip(labels, files, strict=True)]


def named_files(sources: Sources, folder: Path, table: str) -> list[tuple[Path, TableSource]]:
    """The files that a table's paths mean now, each with the source that names it; none is opened."""
    own = brought(sources, folder).tables
    return [
        (path, source)
        for number, source in enumerate(sources.tables[table])
        for path in (
            [Path(own[f"{table}.{number}"].path)]
            if source.database
            else find_files(source, folder, simulated=sources.simulated)
        )
    ]


def digests(files: Mapping[str, Iterable[Input]]) -> dict[str, str]:
    """Label -> digest over all tables; a label that two tables give to different files is told apart by the table."""
    by_label: dict[str, str] = {}
    for table, inputs in files.items():
        for one in inputs:
            if one.fingerprint:
                digest = one.fingerprint.sha256
                taken = by_label.get(one.label, digest) != digest
                by_label[f"{table}/{one.label}" if taken else one.label] = digest
    return by_label


def _labels(files: list[tuple[Path, TableSource]]) -> list[str]:
    """File names, with as many folders before them as tell them apart, and the part of a file that is meant.

    A chat is called by its number: its file is named by the customer, and labels stand on pages.
    """
    paths = list(dict.fromkeys(path for path, _ in files))
    for depth in range(1, max((len(path.parts) for path in paths), default=1) + 1):
        names = {path: "/".join(path.parts[-depth:]) for path in paths}
        if len(set(names.values())) == len(paths):
            break
    parts = [source.sheet or source.table for _, source in files] if len(paths) < len(files) else [""] * len(files)
    labels = [f"{names[path]} ({part})" if part else names[path] for (path, _), part in zip(files, parts, strict=True)]
    if len(set(labels)) < len(labels):
        raise DataError(f"{files[0][0]}: a table names this file more than once. Take one out of sources.yaml.")
    chats = itertools.count(1)
    return [
        f"chat {next(chats)}" if source.format == "whatsapp" else label
        for label, (_, source) in zip(labels, files, strict=True)
    ]
