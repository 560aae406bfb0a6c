"""Files that a reader may take away: CSV that is safe in a spreadsheet, Parquet, and what was fitted, as JSON."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

import pandas as pd
from markupsafe import Markup

from cxlib.errors import DataError
from cxlib.language import Count, Message, Speaker, T
from cxlib.report.component import Component, Rendered, checked_name, say
from cxlib.report.downloads import csv_bytes, plain_frame, size

RUN_FOLDER_VARIABLE = "CXLIB_RUN_DIR"
BUILT_ON_VARIABLE = "CXLIB_BUILT_ON"


@dataclass(frozen=True)
class ExportedFile:
    """A file below the folder of the run: its name, its kind as a reader knows it, and its size in bytes."""

    name: str
    kind: str
    size: int

    @property
    def address(self) -> str:
        """Where the page finds it."""
        return f"exports/{self.name}"


@dataclass(frozen=True)
class Exports(Component):
    """Links to exported files; see `export`."""

    kind: ClassVar[str] = "exports"
    label: Message | str
    rows: int | None
    written: tuple[ExportedFile, ...]

    def render(self, voice: Speaker) -> Rendered:
        """One line: what it is, how many rows, and a link for each form; nothing where no file was written."""
        if not self.written:
            return Rendered(Markup(""))
        links = Markup(" \u00b7 ").join(file_link(voice, file) for file in self.written)
        label = self.label
        if self.rows is not None:
            label = T("{what} ({rows} rows)", what=self.label, rows=Count(self.rows))
        return Rendered(Markup('<p class="files">{}: {}</p>').format(say(voice, label), links))

    def extras(self) -> dict[str, object]:
        """The files, relative to the folder of the run."""
        return {"files": [file.address for file in self.written]}


def export(frame: pd.DataFrame, name: str, *, label: Message | None = None) -> Exports:
    """Write a frame as ``exports/NAME.csv`` and ``exports/NAME.parquet`` and link to both.

    Parameters
    ----------
    frame
        Any frame; a named index becomes columns. Messages are written in English, amounts that are `Money` in whole
        units; plain numbers stay as they are.
    name
        File stem: lower-case letters, digits, ``_`` and ``-``.
    label
        What the reader sees before the links; the name when left out.

    Raises
    ------
    ConfigurationError
        When the name could not be a file name everywhere.
    DataError
        When the files cannot be written.

    Notes
    -----
    In a run the files belong to it (the engine names its folder in the environment); in JupyterLab they go to
    ``reports/drafts/exports`` of the project.
    """
    checked_name(name, "export")
    plain = plain_frame(frame)
    table = write_file(f"{name}.csv", csv_bytes(plain), kind="CSV")
    columns = write_file(f"{name}.parquet", plain.to_parquet(index=False), kind="Parquet")
    return Exports(label or name, len(plain), (table, columns))


class Savable(Protocol):
    """What has been fitted and can be kept, such as a grid or a model."""

    def save(self, path: str | Path) -> None:
        """Write it as a file."""


def export_saved(fitted: Savable | None, name: str, *, label: Message | None = None) -> Exports:
    """Keep what was fitted as ``exports/NAME.json`` and link to it; nothing is written for None.

    Parameters
    ----------
    fitted
        Anything with a `save`, or None where there was nothing to fit.
    name
        File stem: lower-case letters, digits, ``_`` and ``-``.
    label
        What the reader sees before the link; the name when left out.

    Raises
    ------
    ConfigurationError
        When the name could not be a file name everywhere.
    DataError
        When the file cannot be written.
    """
    checked_name(name, "export")
    if fitted is None:
        return Exports(label or name, None, ())
    path = exports_folder() / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    fitted.save(path)
    return Exports(label or name, None, (ExportedFile(path.name, "JSON", path.stat().st_size),))


def earlier_export(file: str) -> Path | None:
    """A file that the last good run of this report exported; None where there is none, as in JupyterLab."""
    if not in_a_run():
        return None
    found = exports_folder().parent.parent.parent / "latest" / "exports" / file
    return found if found.is_file() else None


def exported_by(report: str, file: str) -> Path | None:
    """A file that another report of the workspace exported, where the suite says that this one takes its results.

    Parameters
    ----------
    report
        Its name in the suite, such as ``"clv"``.
    file
        Name of the file, such as ``"customers.parquet"``.

    Returns
    -------
    Path or None
        In the last good run of that report when this run began. None where the suite does not name the report, where
        it runs in several variants, or where nobody runs the notebook: what is not declared must not decide a number.
    """
    folder = json.loads(os.environ.get(BUILT_ON_VARIABLE, "{}")).get(report) if in_a_run() else None
    found = Path(folder) / "exports" / file if folder else None
    return found if found is not None and found.is_file() else None


def write_file(name: str, content: bytes, *, kind: str) -> ExportedFile:
    """Write a file into the exports folder; a full disk or a missing permission is an error in plain words."""
    path = exports_folder() / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        remedy = "Free some space or allow writing there."
        raise DataError(f"{path}: cannot be written ({error.strerror}). {remedy}") from error
    return ExportedFile(name, kind, len(content))


def in_a_run() -> bool:
    """Whether a run executes the notebook, and not somebody in JupyterLab."""
    return bool(os.environ.get(RUN_FOLDER_VARIABLE))


def exports_folder() -> Path:
    """Where exports go: below the folder of the run, or below ``reports/drafts`` when nobody runs the notebook."""
    if in_a_run():
        return Path(os.environ[RUN_FOLDER_VARIABLE]) / "exports"
    from cxlib.data import project_root  # a run does without it, and so without loading the data layer

    return Path(project_root()) / "reports" / "drafts" / "exports"


def file_link(voice: Speaker, file: ExportedFile) -> Markup:
    """A link to an exported file that says its kind and size."""
    said = say(voice, T("{kind}, {size}", kind=file.kind, size=size(file.size)))
    return Markup('<a href="{}" download>{}</a>').format(file.address, said)
