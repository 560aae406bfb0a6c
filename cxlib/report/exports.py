"""Files that a reader may take away: Excel and CSV that no spreadsheet runs, Parquet, and what was fitted, as JSON."""

import csv
import io
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
import pandas as pd
from markupsafe import Markup

from cxlib.errors import DataError
from cxlib.language import (
    Decimal,
    Message,
    N,
    Quantity,
    Speaker,
    T,
    amount_names,
    available_languages,
    minor_units,
    speaker,
)
from cxlib.masking import mask_contacts, names_a_person
from cxlib.measures.result import in_units
from cxlib.report.component import Component, Rendered, checked_name, plain_value, printable, say
from cxlib.report.suppression import large_groups

RUN_FOLDER_VARIABLE = "CXLIB_RUN_DIR"
CURRENCY = "currency"
MOST_ROWS = 100_000  # of a workbook
NAMES_CUSTOMERS = re.compile(  # a file with such a column names customers
    r"(?:customer|client|member|user|guest|patient|buyer|donor)(?:[ _-]?(?:id|no|nr|number|key|code))?$", re.IGNORECASE
)
BUILT_ON_VARIABLE, REPORTS_VARIABLE = "CXLIB_BUILT_ON", "CXLIB_REPORTS"
FIND = "cxlib_find"  # key of what a Parquet file says of its columns
NOT_IN_ADDRESS = re.compile(r"""[\x00-\x20"'#%<>\\^`{|}\x7f]""")
FORMULA = r"^(?:\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])"


@dataclass(frozen=True)
class ExportedFile:
    """A file below the folder of the run: its name, its kind as a reader knows it, and its size in bytes."""

    name: str
    kind: str
    size: int
    language: str = ""  # of the page that offers it; empty: every page

    @property
    def address(self) -> str:
        """Where the page finds it."""
        return f"exports/{self.name}"


@dataclass(frozen=True, repr=False)
class Exports(Component):
    """Links to exported files; see `export`."""

    kind: ClassVar[str] = "exports"
    label: Message | str
    rows: int | None
    written: tuple[ExportedFile, ...]
    names_customers: bool = False
    findable: bool = False

    def render(self, voice: Speaker) -> Rendered:
        """One line: what it is, how many rows, and a link for each form; nothing where no file was written."""
        if not self.written:
            return Rendered(Markup(""))
        offered = [file for file in self.written if file.language in ("", voice.language)]
        links = Markup(" \u00b7 ").join(file_link(voice, file) for file in offered)
        label = self.label
        if self.rows is not None:
            label = N("{what} ({n} row)", "{what} ({n} rows)", self.rows, what=self.label)
        if self.names_customers:
            label = T("{what}, names customers: not to be passed on", what=label)
        if self.findable and REPORTS_VARIABLE in os.environ:
            find = Markup(' \u00b7 <a href="#report-customers">{}</a>')
            links += find.format(say(voice, T("Find one customer")))
        return Rendered(Markup('<p class="files">{}: {}</p>').format(say(voice, label), links))

    def extras(self) -> dict[str, object]:
        """The files, relative to the folder of the run, and those that may be passed on: they name no customer."""
        files = [file.address for file in self.written]
        return {"files": files, "shareable": [] if self.names_customers else files}


@dataclass(frozen=True)
class FileLink:
    """What a cell of a table says, as a link to a file of those whom it counts; `address` may be empty."""

    value: Quantity | Message
    address: str

    def render(self, voice: Speaker) -> Markup:
        """The words, or the link."""
        link = Markup('<a href="{}" download>{}</a>')
        return link.format(self.address, say(voice, self.value)) if self.address else say(voice, self.value)


@dataclass(frozen=True, repr=False)
class ListLink(Component):
    """A sentence that leads to a list which the page exports further on, in the reader's language."""

    kind: ClassVar[str] = "text"
    sentence: Message
    name: str
    rows: int

    def render(self, voice: Speaker) -> Rendered:
        """One line."""
        file = f"{self.name}.{voice.language}.xlsx" if self.rows <= MOST_ROWS else f"{self.name}.csv"
        line = Markup('<p class="files"><a href="exports/{}" download>{}</a></p>')
        return Rendered(line.format(file, say(voice, self.sentence)))


STILL_TO_COME = T("What these customers should still bring, one by one")
WHICH_SEGMENT = T("Which segment these customers are in, and what to do there")


@dataclass(frozen=True, repr=False)
class SeeAlso(Component):
    """Sentences that lead to other reports of the suite, which say more of the same people; none where it has them not.

    The page's assembly knows the way: `cxlib.publish.page.lead_on`.
    """

    kind: ClassVar[str] = "text"
    sentences: Mapping[str, Message]  # by the name of the report
    listed: bool = False

    def render(self, voice: Speaker) -> Rendered:
        """One line, or a list."""
        suite = os.environ.get(REPORTS_VARIABLE, "").split(",")
        link = Markup('<a href="#report-{}">{}</a>')
        links = [link.format(name, say(voice, text)) for name, text in self.sentences.items() if name in suite]
        one, every = ("<li>{}</li>", "<ul>{}</ul>") if self.listed else ("{}", '<p class="files">{}</p>')
        parts = Markup("" if self.listed else " \u00b7 ").join(Markup(one).format(link) for link in links)  # noqa: S704
        return Rendered(Markup(every).format(parts) if links else Markup(""))  # noqa: S704  # our own forms


def export(
    frame: pd.DataFrame | None,
    name: str,
    *,
    label: Message | None = None,
    n: str = "",
    group: str = "",
    within: str = "",
    words: Mapping[str, Mapping[Any, object]] | None = None,
    workbook: bool = True,
    find: Sequence[str] = (),
) -> Exports:
    """Write a frame as a workbook in each language, as CSV and as Parquet, and link to them.

    ``exports/NAME.<language>.xlsx`` is for readers: titles and words in their language. ``NAME.csv`` has the names of
    the columns, and amounts in units too. ``NAME.parquet`` is the frame as it is.

    `frame`: Any frame, or None where there is nothing to write; a named index becomes columns. Messages are written in
        English, in a workbook in its language. Columns ending in ``_cents`` are amounts in minor units of the row's
        ``currency``.
    `name`: File stem: lower-case letters, digits, ``_`` and ``-``.
    `label`: What the reader sees before the links; the name when left out.
    `n`, `group`, `within`: Columns of the size of a group, its name and the division that it is one of: small groups
        are withheld, as in a table of the page.
    `words`: By column, what a reader of the workbook sees for a value, and under ``""`` for the column's name.
    `workbook`: False for curves and what else nobody reads in rows; above 100,000 rows there is none either.
    `find`: Columns that the workspace's page of customers shows of each.
    Raises ConfigurationError: when the name could not be a file name everywhere.
    Raises DataError: when the files cannot be written.

    In a run the files belong to it (the engine names its folder in the environment); in JupyterLab they go to
    ``reports/drafts/exports`` of the project.

    >>> str(export(None, "calls", label=T("Calls")).label)  # None: nobody to list, no file is written
    'Calls'
    """
    checked_name(name, "export")
    if frame is None:
        return Exports(label or name, None, ())
    if n:
        frame = large_groups(named_columns(frame), n, label=group, within=within or None).reset_index(drop=True)
    frame = named_columns(frame)
    inside = any(NAMES_CUSTOMERS.match(name) or (name != "name" and names_a_person(name)) for name in map(str, frame))
    frame = frame if inside else frame.map(_masked)
    plain = plain_frame(frame) if inside else plain_frame(frame).map(_masked)
    written, titles = [], {}
    if workbook and len(plain) <= MOST_ROWS:
        from cxlib.report.workbook import dictionary, workbook_bytes  # XlsxWriter is not needed before

        rows, amounts = as_written(frame.rename(columns=str))
        for voice in map(speaker, available_languages()):
            content = workbook_bytes(rows, voice, title=label or name, amounts=amounts, words=words)
            file = write_file(f"{name}.{voice.language}.xlsx", content, kind="Excel")
            written.append(replace(file, language=voice.language))
            titles[voice.language] = dictionary(rows, voice, amounts, words, of=find) if find else {}
    written.append(write_file(f"{name}.csv", csv_bytes(as_written(plain)[0]), kind="CSV"))
    written.append(write_file(f"{name}.parquet", _parquet(plain, titles if find else None), kind="Parquet"))
    return Exports(label or name, len(plain), tuple(written), inside, bool(find))


def _masked(value: object) -> object:
    return mask_contacts(value) if isinstance(value, str) else value


def _parquet(frame: pd.DataFrame, titles: Mapping[str, object] | None) -> bytes:
    """The frame; with titles also what `cxlib.publish.customers` needs to show it in each language."""
    import pyarrow as pa
    from pyarrow import parquet

    table, packed = pa.Table.from_pandas(frame, preserve_index=False), io.BytesIO()
    if titles is not None:
        table = table.replace_schema_metadata({**table.schema.metadata, FIND: json.dumps(titles)})
    parquet.write_table(table, packed)
    return packed.getvalue()


def as_written(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The frame with amounts in units of their `currency`, to its decimals (ISO 4217), and those columns' names."""
    amounts = [*amount_names(frame).values()]
    if CURRENCY not in frame or set(amounts) & set(frame.columns):
        return frame, []
    most = max((minor_units(code) for code in frame[CURRENCY].dropna().unique()), default=100)
    return in_units(frame, frame[CURRENCY]).round(dict.fromkeys(amounts, int(np.log10(most)))), amounts


class Savable(Protocol):
    """What has been fitted and can be kept, such as a grid or a model."""

    def save(self, path: str | Path) -> None:
        """Write it as a file."""


def export_saved(fitted: Savable | None, name: str, *, label: Message | None = None) -> Exports:
    """Keep what was fitted as ``exports/NAME.json`` and link to it, as `export` does with a frame.

    `name`: File name without its ending. `label`: What a reader calls the link.
    `fitted` is anything with a `save`; for None, where there was nothing to fit, nothing is written.

    >>> export_saved(None, "model").written
    ()
    """
    checked_name(name, "export")
    if fitted is None:
        return Exports(label or name, None, ())
    path = exports_folder() / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    fitted.save(path)
    return Exports(label or name, None, (ExportedFile(path.name, "JSON", path.stat().st_size),))


def earlier_export(file: str) -> Path | None:
    """A file that the last good run of this report exported; None where there is none, as in JupyterLab.

    >>> earlier_export("customers.parquet") is None  # in JupyterLab
    True
    """
    if not in_a_run():
        return None
    path = exports_folder().parent.parent.parent / "latest" / "exports" / file
    return path if path.is_file() else None


def exported_by(report: str, file: str) -> Path | None:
    """A file that another report of the workspace exported, where the suite says that this one takes its results.

    `report`: Its name in the suite, such as ``"clv"``.
    `file`: Name of the file, such as ``"customers.parquet"``.
    Returns: In the last good run of that report when this run began or, by hand, when `parameters.settle` looked. None
        where the suite does not name the report or it runs in several variants: what is not declared must not decide
        a number.

    >>> exported_by("clv", "customers.parquet") is None  # nothing is published yet
    True
    """
    folder = json.loads(os.environ.get(BUILT_ON_VARIABLE, "{}")).get(report)
    path = Path(folder) / "exports" / file if folder else None
    return path if path is not None and path.is_file() else None


def published() -> dict[str, dict[str, Any]]:
    """What the reports that the suite says this one uses have published: the content of metrics.json by report.

    Of their last good runs, as `exported_by` has it.

    >>> published()  # nothing is published yet
    {}
    """
    folders = json.loads(os.environ.get(BUILT_ON_VARIABLE, "{}"))
    files = {report: Path(folder) / "metrics.json" for report, folder in folders.items()}
    return {report: json.loads(file.read_text(encoding="utf-8")) for report, file in files.items() if file.is_file()}


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
    words = say(voice, T("{kind}, {size}", kind=file.kind, size=size(file.size)))
    return Markup('<a href="{}" download>{}</a>').format(file.address, words)


def safe_cell(text: str) -> str:
    r"""The text with a leading apostrophe where a spreadsheet would take it for a formula.

    Source: OWASP, "CSV Injection" (cells that start with ``= + - @``, tab, carriage return or line feed, also in
    their full-width forms).
    """
    return "'" + text if re.match(FORMULA, text) else text


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """The frame as CSV in UTF-8 with a byte-order mark, so that Excel reads Arabic.

    Every text is quoted, and made safe by `safe_cell`, in cells and in column names; numbers are left as they are. The
    index is not written.
    """
    safe = pd.DataFrame({i: _safe_column(frame.iloc[:, i]) for i in range(frame.shape[1])}, index=frame.index)
    safe.columns = pd.Index([safe_cell(printable(str(name))) for name in frame.columns])
    text = safe.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    return b"\xef\xbb\xbf" + text.encode("utf-8", errors="replace")


def plain_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with English text for messages and names, plain values for quantities; a named index is columns."""
    flat = named_columns(frame)
    plain = {str(name): _plain_column(flat[name]) for name in flat.columns}
    return pd.DataFrame(plain, index=flat.index)


def named_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its index as ordinary columns, unless it is the anonymous row counter."""
    anonymous = isinstance(frame.index, pd.RangeIndex) and frame.index.name is None
    return frame.reset_index(drop=anonymous)


def data_link(voice: Speaker, stem: str, content: bytes) -> Markup:
    """A link that carries a CSV file in itself and says how large it is."""
    text = content.decode("utf-8")  # as it is, since letters that a code would stand for are more bytes
    address = "data:text/csv;charset=utf-8," + NOT_IN_ADDRESS.sub(lambda sign: f"%{ord(sign[0]):02X}", text)
    link = Markup('<a download="{}.csv" href="{}">{}</a>')
    return link.format(stem, address, say(voice, T("Download data ({kind}, {size})", kind="CSV", size=size(content))))


def size(content: bytes | int) -> Message:
    """How large a file is, for the reader who decides whether to load it.

    >>> str(size(12_345))
    '12.3 kB'
    """
    amount = content if isinstance(content, int) else len(content)
    if amount < 1_000_000:
        return T("{n} kB", n=Decimal(max(amount, 100) / 1_000))
    return T("{n} MB", n=Decimal(amount / 1_000_000))


def _safe_column(column: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return column
    if isinstance(column.dtype, pd.StringDtype):
        risky = column.str.match(FORMULA).fillna(False).astype(bool)
        return column.mask(risky, "'" + column) if risky.any() else column
    return column.map(lambda value: safe_cell(printable(value)) if isinstance(value, str) else value)


def _plain_column(column: pd.Series) -> pd.Series:
    if column.dtype != object and not isinstance(column.dtype, pd.CategoricalDtype):
        return column
    english = speaker("en")
    if column.dtype != object:
        column = column.astype(object)
        return column.map({value: plain_value(english, value) for value in column.unique()})
    return column.map(lambda value: plain_value(english, value))
