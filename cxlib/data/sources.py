"""The schema of ``params/<workspace>/sources.yaml``: which files hold which canonical table, and how to read them.

Reading it touches no data. Neighbours: `reading.files` finds the files, `mapping` reads the expressions.
"""

from __future__ import annotations

import codecs
import contextlib
import datetime as dt
import os
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from cxlib.data.reading.formats import check_format
from cxlib.data.recipes import read_recipe
from cxlib.data.tables import TABLES
from cxlib.errors import ConfigurationError, ParameterError, nearest
from cxlib.language import Message, available_languages, column_name, currencies_like, is_currency, speaker, use_labels
from cxlib.language.words import usual_word
from cxlib.masking import names_a_person
from cxlib.strict_yaml import StrictLoader, check_day, parse_yaml

BROUGHT = "CXLIB_BROUGHT"  # in the environment of a run: the folder of what was brought in for it
IN_USE: ContextVar[str] = ContextVar("in_use")
Place = tuple[Hashable, ...]
MOST_HEADER_ROWS = 10
SECRET = re.compile(r"\w+://[^\s/@]*:[^\s/]+@|[?&]password=", re.IGNORECASE)
_SEVERAL_WORDS = re.compile(r"\w\s+\w")
_TITLE = re.compile(r"(?!(select|not) )[^\W\d]\w*( \w+)?( \(\w+\))?", re.IGNORECASE)  # never more than a column


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _rows_of_header(value: object) -> object:
    """How many rows the header has: true is one, false none."""
    if not isinstance(value, int) or not 0 <= value <= MOST_HEADER_ROWS:
        raise ValueError(f"true or false is expected, or how many header rows there are (1 to 10), and not {value!r}")
    return int(value)


def _check_zone(name: str) -> str:
    try:
        if name in {"localtime", "posixrules"} or name.startswith(("posix/", "right/")):  # not known to DuckDB
            raise ZoneInfoNotFoundError
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"there is no time zone {name!r}; write it as Europe/London or Asia/Riyadh") from None
    return name


def _check_currency(code: str) -> str:
    if not is_currency(code):
        meant = " or ".join(currencies_like(code))
        hint = f"Did you mean {meant}? " if meant else ""
        raise ValueError(f"there is no currency {code!r} in ISO 4217. {hint}Write its code, such as SAR or USD.")
    return code


Zone = Annotated[str, AfterValidator(_check_zone)]
Code = Annotated[str, AfterValidator(_check_currency)]


class Simulated(_Strict):
    """The simulated company that ``simulated:`` paths point into; with a `trial` of six actions, or without."""

    customers: int = Field(default=20_000, ge=1, le=5_000_000)
    seed: int = Field(default=7, ge=0)
    trial: bool = False


class Engine(_Strict):
    """What the database may take; what is left out follows the machine and the files (`cxlib.data.connect.Store`)."""

    memory_mb: int | None = Field(default=None, ge=256, le=10_000_000)
    threads: int | None = Field(default=None, ge=1, le=1_024)
    spill: Path | None = None

    @field_validator("spill")
    @classmethod
    def _is_a_folder(cls, spill: Path | None) -> Path | None:
        if spill is not None and not (spill.is_absolute() and spill.is_dir() and os.access(spill, os.W_OK)):
            raise ValueError(f"{str(spill)!r} is no folder that can be written to; give the whole path of one")
        return spill


def _check_variable(name: str) -> str:
    """The name of an environment variable; what is none is not repeated, as it may be the secret itself."""
    if not re.fullmatch(r"[A-Za-z_]\w*", name):
        raise ValueError("the name of an environment variable is expected, such as SHOP_DATABASE_URL, and no URL")
    return name


class Database(_Strict):
    """A PostgreSQL server's database: the environment variable that holds its URL, and how long a table may take."""

    url_from: Annotated[str, AfterValidator(_check_variable)]
    time_limit_minutes: float = Field(default=30, gt=0, le=1_440)


@dataclass(frozen=True)
class BroughtTable:
    """A table as it was read: the file with its rows, what it is called, from where, when and how many rows."""

    path: str
    label: str
    server: str
    read_at: dt.datetime
    rows: int


@dataclass
class Brought:
    """What a workspace's databases gave, by table and place in it; `variables` are those that hold the secrets."""

    folder: str = ""
    tables: dict[str, BroughtTable] = field(default_factory=dict)
    variables: tuple[str, ...] = ()

    @property
    def environment(self) -> dict[str, str]:
        """What a run's kernel needs of it; the secrets are taken out."""
        return {BROUGHT: self.folder, **dict.fromkeys(self.variables, "")}

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """Whoever opens the workspace while the block runs gets this, and no server is asked."""
        token = IN_USE.set(self.folder)
        try:
            yield
        finally:
            IN_USE.reset(token)


_OF_FILES = ("recipe", "format", "sheet", "delimiter", "skip_rows", "header", "names", "encoding", "fill_down")


class TableSource(_Strict):
    """One source of one table: a file, a glob of files, a table in a DuckDB file, or a table or query of a database.

    docs/data.md says what each setting means. `columns` maps canonical columns to a column or one SQL expression; left
    out, every column is taken by its own name. `rules` are named SQL conditions that a good row meets, `where` is the
    condition of the rows that are meant: the others are left out and are no faults.
    """

    path: str = ""
    database: str = ""
    query: str = ""
    recipe: str = ""
    format: str | None = None
    table: str = ""
    sheet: str = ""
    one_row_is: Literal["transaction", "line", "repeat"] = "transaction"
    columns: dict[str, str] | None = None
    dates: tuple[str, ...] = ()
    rules: dict[str, str] = Field(default_factory=dict)
    where: str = ""
    time_zone: Zone | None = None
    currency: Code | None = None
    delimiter: str = ""
    skip_rows: int = Field(default=0, ge=0, le=1_000)
    header: Annotated[int, BeforeValidator(_rows_of_header)] = 1
    names: tuple[str, ...] = ()
    fill_down: tuple[str, ...] = ()
    encoding: str = "utf-8"
    decimal: Literal[".", ",", "٫"] = "."
    thousands: Annotated[str | None, Field(max_length=1)] = None
    personal: tuple[str, ...] | None = None

    @field_validator("format", "columns", "rules", "where")
    @classmethod
    def _is_understood(cls, value: Any, info: ValidationInfo) -> Any:
        name = str(info.field_name)
        try:
            if name == "format" and value:
                check_format(value)
            texts = {name: value} if name == "where" and value else value
            for target, text in texts.items() if isinstance(texts, dict) else ():
                if name == "columns" and _TITLE.fullmatch(text):
                    continue
                # brings sqlglot, which plain titles do not need
                from cxlib.data.mapping import parse_expression, refuse_statements

                refuse_statements(text, where=target)
                if name == "rules" and _SEVERAL_WORDS.search(text) is None:  # else names may want quotes
                    parse_expression(text, where=target)
        except ConfigurationError as error:  # pydantic adds the place to a ValueError only
            raise ValueError(str(error)) from None
        return value

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, encoding: str) -> str:
        try:
            "".encode(encoding)
            if codecs.lookup(encoding).name.replace("-", "_") in _NO_FILES:
                raise LookupError
        except (LookupError, UnicodeError):
            raise ValueError(f"there is no encoding {encoding!r}. Usual ones: utf-8, cp1252, cp1256, latin-1") from None
        return encoding

    @model_validator(mode="after")
    def _fits_together(self) -> TableSource:
        if not self.header and not self.names:
            raise ValueError("a file without a header needs 'names', the names of its columns in order")
        if self.thousands and (self.thousands.isalnum() or self.thousands in "+-−()٫"):
            raise ValueError(f"{self.thousands!r} cannot separate thousands; write the sign between them, such as ','")
        if self.thousands == self.decimal:
            raise ValueError(f"{self.decimal!r} cannot separate both decimals and thousands")
        if self.currency and "currency" in (self.columns or {}):
            raise ValueError("the currency is given twice, for the source and among its columns; take one out")
        if bool(self.path) == bool(self.database):
            raise ValueError("'path' is missing, the file with the rows, or 'database'; one of the two is needed")
        return self

    @model_validator(mode="after")
    def _fits_its_database(self) -> TableSource:
        if self.database and bool(self.table) == bool(self.query):
            raise ValueError(f"a source in {self.database!r} needs 'table' or 'query', and one of the two only")
        if self.query and not self.database:
            raise ValueError("'query' is for a database; name it: database: shop")
        if self.database and not self.columns:
            raise ValueError("a source in a database needs 'columns': only what they name leaves the server")
        odd = [name for name in _OF_FILES if getattr(self, name) != type(self).model_fields[name].default]
        if self.database and odd:
            raise ValueError(f"{odd[0]!r} is for files, and not for a database; take it out")
        return self

    def is_personal(self, name: str) -> bool:
        """Whether a column of the file, or a canonical one, holds what `personal` marks; left out, its title tells."""
        texts = self.columns or {}
        targets = [target for target, text in texts.items() if _mentions(text, name)]
        alike = [name, texts.get(name, name), *targets]
        if self.personal is None:
            return any(names_a_person(title) for one in alike for title in _titles(one))
        return any(_mentions(one, mark) for mark in self.personal for one in alike)

    def fitted(self, table: str, names: Sequence[str]) -> TableSource:
        """The source with its recipe fitted to the columns that its file has; its own settings stay."""
        if not self.recipe:
            return self
        recipe = read_recipe(self.recipe)
        if len(lacking := recipe.lacks(names)) == len(recipe.titles):
            known = ", ".join(lacking)
            raise ConfigurationError(f"{self.path}: no file that {recipe.name!r} reads, it has none of {known}.")
        beneath, fitting = recipe.settings(table), recipe.fitted(names).settings(table)
        texts = {
            target: fitting["columns"].get(target, "") if beneath["columns"].get(target) == text else text
            for target, text in (self.columns or {}).items()
        }
        update: dict[str, Any] = {"columns": {target: text for target, text in texts.items() if text}}
        for name in ("where", "time_zone"):
            if name in fitting and (getattr(self, name) or None) == beneath.get(name):
                update[name] = fitting[name]
        return self.model_copy(update=update)

    @property
    def group_separator(self) -> str:
        """The thousands separator: as declared, else the one that goes with `decimal`."""
        if self.thousands is not None:
            return self.thousands
        return "." if self.decimal == "," else ","


def _titles(text: str) -> list[str]:
    """The columns of an expression but those of days of birth, of which a band of ages tells no day; else the title."""
    if not re.search(r"\(|\bcase\b| [-+*/|]+ ", text, re.IGNORECASE):
        return [text]
    titles = re.findall(r'"[^"]+"|[^\W\d]\w*', re.sub(r"'[^']*'", "", text))
    return [title for title in titles if not re.search("birth|dob|ميلاد", title, re.IGNORECASE)]


def _mentions(text: str, title: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(title)}(?!\w)", text, re.IGNORECASE))


def _with_recipe(table: str, value: Any) -> Any:
    """The settings of a source, or of several, on top of those of its recipe."""
    if isinstance(value, list):
        return [_with_recipe(table, one) for one in value]
    if not isinstance(value, dict) or not isinstance(name := value.get("recipe"), str):
        return value
    try:
        settings = read_recipe(name).settings(table, str(value.get("path", "")))
    except ConfigurationError as error:
        raise ValueError(f"{table}: {error}") from None
    own = value.get("columns") or {}
    given = {
        target: text for target, text in settings["columns"].items() if target != "currency" or not value.get(target)
    }
    return {**settings, **value, "columns": {**given, **own} if isinstance(own, dict) else own}


def _one_or_more(value: object) -> object:
    return value if value and isinstance(value, list) else [value]


def _by_language(value: object) -> object:
    """A text alone stands for every language."""
    texts = dict.fromkeys(available_languages(), value) if isinstance(value, str) else value
    if not (
        isinstance(texts, dict) and texts and all(isinstance(text, str) and text.strip() for text in texts.values())
    ):
        raise ValueError(f"a label is a text, or one for each language such as {{ar: الرياض}}, and not {value!r}")
    for language in texts:
        if language not in available_languages():
            raise ValueError(f"there is no language {language!r}. {nearest(str(language), available_languages())}")
    return texts


Texts = Annotated[dict[str, str], BeforeValidator(_by_language)]


class ColumnLabels(_Strict):
    """What readers see for a column, and for its values, by language."""

    label: Texts | None = None
    values: dict[str, Texts] = Field(default_factory=dict)


class Sources(_Strict):
    """A workspace's `sources.yaml`; `as_of` is today when left out."""

    title: str = ""
    currency: Code
    time_zone: Zone
    as_of: dt.date | None = None
    simulated: Simulated | None = None
    engine: Engine = Engine()
    databases: dict[str, Database] = Field(default_factory=dict)
    tables: dict[str, Annotated[tuple[TableSource, ...], BeforeValidator(_one_or_more)]] = Field(min_length=1)
    labels: dict[str, dict[str, ColumnLabels]] = Field(default_factory=dict)
    one_customer: frozenset[str] = frozenset()  # ids that are no till, however often they buy

    _text: str = PrivateAttr(default="")
    _brought: Brought | None = PrivateAttr(default=None)

    @property
    def in_databases(self) -> dict[str, TableSource]:
        """The sources that are in databases, by table and place in it: ``transactions.0``."""
        numbered = ((f"{name}.{number}", one) for name, own in self.tables.items() for number, one in enumerate(own))
        return {key: one for key, one in numbered if one.database}

    def brought(self, bring_in: Callable[[Sources], Brought]) -> Brought:
        """What `bring_in` gives, which is called when that is first asked for, and where any table is in a database."""
        if self._brought is None:
            self._brought = bring_in(self) if self.in_databases else Brought()
        return self._brought

    def check_labels(self, name: str, *, table: str = "", columns: Iterable[str] = ()) -> None:
        """Refuse labels of what there is not, and one label for two; `columns` are those that a table's files have."""
        faults: list[tuple[Place, str]] = []
        for each in [table] if table else self.labels:
            if each not in self.tables:
                faults.append((("labels", each), f"there is no table {each!r}. {nearest(each, self.tables)}"))
            else:
                faults += _label_faults(each, self.labels.get(each, {}), set(columns) or self._known_columns(each))
        _refuse(faults, name, self._text)

    def _known_columns(self, table: str) -> set[str] | None:
        """Columns that a table has before its files are read; None where they may have more."""
        mapped = [source.columns for source in self.tables[table]]
        if None not in mapped:
            return {name for texts in mapped for name in texts or ()}
        return None if TABLES[table].extra else {column.name for column in TABLES[table].columns}

    def use_labels(self) -> None:
        """Let pages say this company's labels; of two tables with one column the later one's words come first."""
        columns = [each for own in self.labels.values() for each in own.items()]
        values: dict[str, dict[str, dict[str, str]]] = {}
        for column, labels in columns:
            values.setdefault(column, {}).update(labels.values)
        use_labels({column: labels.label for column, labels in columns if labels.label}, values)

    @field_validator("as_of")
    @classmethod
    def _is_a_day_of_business(cls, day: dt.date | None) -> dt.date | None:
        try:
            return day and check_day(day, "as_of")
        except ParameterError as error:
            raise ValueError(str(error).removeprefix("as_of=")) from None

    @model_validator(mode="before")
    @classmethod
    def _takes_recipes(cls, content: Any) -> Any:
        """Put the settings of the recipes that sources name beneath their own."""
        if not isinstance(content, dict) or not isinstance(tables := content.get("tables"), dict):
            return content
        return {**content, "tables": {name: _with_recipe(name, value) for name, value in tables.items()}}

    @model_validator(mode="before")
    @classmethod
    def _takes_rates(cls, content: Any) -> Any:
        """Take ``rates: FILE`` for what it is short for: a table of that name."""
        if not isinstance(content, dict) or not isinstance(tables := content.get("tables"), dict):
            return content
        if (rates := content.get("rates")) is None:
            return content
        if "rates" in tables:
            raise ValueError("'rates' is given twice, at the top and among the tables; take one out")
        rest = {name: value for name, value in content.items() if name != "rates"}
        return {**rest, "tables": {**tables, "rates": {"path": rates} if isinstance(rates, str) else rates}}

    @model_validator(mode="after")
    def _knows_its_databases(self) -> Sources:
        for key, source in self.in_databases.items():
            if source.database not in self.databases:
                hint = nearest(source.database, self.databases) if self.databases else "There is no 'databases' above."
                raise ValueError(f"{key.partition('.')[0]}: there is no database {source.database!r}. {hint}")
        return self

    @field_validator("tables")
    @classmethod
    def _are_canonical(cls, tables: dict[str, tuple[TableSource, ...]]) -> dict[str, tuple[TableSource, ...]]:
        for name, sources in tables.items():
            if name not in TABLES:
                raise ValueError(f"there is no table {name!r}. {nearest(name, TABLES)}")
            for source in sources:
                _check_columns(name, source)
        return tables


def _label_faults(table: str, labels: dict[str, ColumnLabels], columns: set[str] | None) -> Iterator[tuple[Place, str]]:
    for name in labels:
        if columns is not None and name not in columns:
            yield ("labels", table, name), f"{table} has no column {name!r}. {nearest(name, columns)}"
    titles = {name: own.label for name, own in labels.items() if own.label}
    for first, second, said in _said_alike(titles, column_name):
        remedy = f"columns {first!r} and {second!r} are both {said}; give each a label of its own"
        yield ("labels", table, second, "label"), remedy
    for name, own in labels.items():
        for first, second, said in _said_alike(own.values, lambda value: usual_word(value) or value):
            remedy = (
                f"values {first!r} and {second!r} of column {name!r} are both {said}; give each a label of its own, or "
                f"make them one value where columns maps {name}"
            )
            yield ("labels", table, name, "values", second), remedy


def _said_alike(labels: dict[str, Texts], usual: Callable[[str], Message | str]) -> list[tuple[str, str, str]]:
    """Pairs that look alike in a language where one has a label, and as what; others are said as `usual` has it."""
    pairs: dict[tuple[str, str], str] = {}
    for language in available_languages():
        by_text: dict[str, str] = {}
        for name in sorted(labels, key=lambda name: language not in labels[name]):
            text = labels[name].get(language) or speaker(language).say(usual(name))
            first = by_text.setdefault(" ".join(text.split()).casefold(), name)
            if first != name and language in labels[first]:
                pairs.setdefault((first, name), f"{text!r} in language {language!r}")
    return [(*pair, text) for pair, text in pairs.items()]


def _check_columns(table: str, source: TableSource) -> None:
    if source.columns is None:
        return
    contract = TABLES[table]
    for target in source.columns:
        if contract.column(target) is None or not re.fullmatch(r"[A-Za-z]\w*", target):
            declared = [column.name for column in contract.columns]
            raise ValueError(f"{table} has no column {target!r}. {nearest(target, declared)}")
    for column in contract.columns:
        if column.needed and column.name not in source.columns:
            raise ValueError(
                f"{table}: nothing is mapped to {column.name!r}, which every row needs. "
                f"Add '{column.name}: <a column or an expression>' to its columns"
            )


_NO_FILES = {"idna", "punycode", "unicode_escape", "raw_unicode_escape"}  # encodings of names and of source code
_EXPECTED = {  # what a kind of fault of pydantic asks for, in a user's words
    "float_": "a number is",
    "date_": "a day that exists, written as 2026-06-30, is",
    "int_": "a whole number is",
    "greater_than_equal": "a number of at least {ge:,} is",
    "less_than_equal": "a number of at most {le:,} is",
    "literal_error": "one of {expected} is",
    "string_too_long": "one character is",
    "tuple_type": "a list, such as [a, b], is",
    "list_type": "a list, such as [a, b], is",
    "greater_than": "a number above {gt:g} is",
    "less_than": "a number below {lt:g} is",
    "too_short": "at least one entry is",
}


def parse_sources(text: str, *, name: str) -> Sources:
    """Read the text of a `sources.yaml`; `name` is what to call it in an error."""
    for number, line in enumerate(text.splitlines(), start=1):
        if SECRET.search(line):  # not repeated here, nor in whatever else would be wrong with it
            raise ConfigurationError(
                f"{name}: line {number} holds a password. Take it out, put the whole URL into an environment variable "
                "such as SHOP_DATABASE_URL, and write: databases: {shop: {url_from: SHOP_DATABASE_URL}}"
            )
    content = parse_yaml(text, source=name)
    if not isinstance(content, dict):
        raise ConfigurationError(
            f"{name}: expected lines such as 'currency: GBP', 'time_zone: Europe/London' and 'tables:'."
        )
    return check_sources(content, name=name, text=text)


def check_sources(content: dict[str, object], *, name: str, text: str = "") -> Sources:
    """Check what a `sources.yaml` says; its `text` tells in which line each setting stands."""
    try:
        sources = Sources.model_validate(content)
    except ValidationError as error:
        _refuse([(fault["loc"], _reason(fault)) for fault in error.errors()], name, text)
        raise
    sources._text = text
    sources.check_labels(name)
    return sources


def _refuse(faults: Sequence[tuple[Place, str]], name: str, text: str) -> None:
    if faults:
        lines = dict(_lines(yaml.compose(text, Loader=StrictLoader)))
        raise ConfigurationError("\n".join([f"{name}:", *(_plain(*fault, lines) for fault in faults)])) from None


def _lines(node: yaml.Node | None, place: Place = ()) -> Iterator[tuple[Place, int]]:
    """Every place in a YAML tree, with its line."""
    if node is not None:
        yield place, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _lines(value, (*place, key.value))
            yield (*place, key.value), key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield from _lines(value, (*place, number))


def _plain(place: Place, reason: str, lines: dict[Place, int]) -> str:
    # A table with one source is a list of one after validation, which its place in the file is not.
    place = tuple(step for step in place if not isinstance(step, int))
    line = next((f"line {lines[place[:n]]}: " for n in range(len(place), -1, -1) if place[:n] in lines), "")
    path = ".".join(str(step) for step in place)
    return f"  {line}{path}: {reason}" if path else f"  {line}{reason}"


def _reason(fault: ErrorDetails) -> str:
    if fault["loc"][:1] == ("databases",):  # what stands there may be a secret
        fault = {**fault, "input": None}
    if fault["type"] == "extra_forbidden":
        owners: dict[int, type[_Strict]] = {1: Sources, 2: Engine if fault["loc"][0] == "engine" else Simulated}
        tops: dict[Hashable, type[_Strict]] = {"labels": ColumnLabels, "databases": Database}
        owner = tops.get(fault["loc"][0]) or owners.get(len(fault["loc"]), TableSource)
        return f"this is not a setting. {nearest(str(fault['loc'][-1]), owner.model_fields)}"
    if fault["type"] == "missing":
        return "this setting is missing."
    return in_words(fault)


def in_words(fault: ErrorDetails) -> str:
    """What is wrong with a setting, and what is expected of it, without the words of a library."""
    value = fault["input"]
    evidence = f" (found {value!r})" if isinstance(value, str | int | float | bool) else ""
    if fault["type"] in ("dict_type", "model_type"):
        return f"names are expected here, each with what belongs to it{evidence}."
    if fault["type"] == "string_type":
        return f"text is expected{evidence}; write it in quotes."
    words = next((text for kind, text in _EXPECTED.items() if fault["type"].startswith(kind)), "")
    if words:
        return f"{words.format(**fault.get('ctx', {}))} expected{evidence}."
    return str(fault["msg"]).removeprefix("Value error, ") + evidence * (fault["type"] != "value_error")
