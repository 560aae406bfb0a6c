"""A workspace: the canonical tables of one company, read and checked when they are first asked for.

How a workspace shows itself in a notebook: tables, rows, period, and what is quarantined.
"""

from __future__ import annotations

import datetime as dt
import math
from calendar import monthrange
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from cxlib.data.cache import CachedTable
from cxlib.data.casts import name as quoted
from cxlib.data.casts import zone_doubt
from cxlib.data.connect import Store
from cxlib.data.exchange import RATES, Exchange
from cxlib.data.ingest import QUARANTINE, Ingested, Rulebook, ingest, prepare
from cxlib.data.reading.files import (
    Input,
    digests,
    expand_variables,
    fingerprint,
    read_sources,
    table_files,
    workspace_folder,
)
from cxlib.data.reading.formats import FORMATS, format_of
from cxlib.data.reading.inventory import MAPPING, last_day, note_files, say
from cxlib.data.sources import Sources, check_sources
from cxlib.data.tables import TABLES
from cxlib.errors import ConfigurationError, nearest
from cxlib.language import NO_CURRENCY, Count, Day, N, T, minor_units
from cxlib.language.words import lacks_label
from cxlib.masking import names_a_person

YES_OR_NO = "'yes', 'no', 'y', 'n', 'true', 'false', 't', 'f', '1', '0', '1.0', '0.0', 'نعم', 'لا'"
_ARMS = "'treated', 'control'"  # of an experiment
NOT_SHOWN = frozenset({"row", "source", "customer_id", "comment", "currency", "kind", "scale"})
MOST_WORDS = 30  # of a column whose values pages show
_MOST_SOURCES, _MOST_RULES = 12, 4  # both fit on a screen
_OF_THE_ROW = ("customer_id", "source", "row")
LEAST_KEYS = 30  # rows from which on a column may be said to have a value of its own for each
_COUNTED = T("rows in"), T("good"), T("quarantined"), T("left out")
_BROKEN = T("rule"), T("rows")


def workspace_html(
    title: str,
    *,
    period: tuple[dt.date, dt.date] | None,
    units: tuple[str, str],
    counts: pd.DataFrame,
    rules: pd.DataFrame,
) -> str:
    """HTML of a workspace, every value escaped; `units` are its currency and its time zone."""
    span = T("{first} to {last}", first=Day(period[0]), last=Day(period[1])) if period else T("no dated rows")
    quarantined = N("{n} row quarantined", "{n} rows quarantined", int(counts["quarantined"].sum()))
    html = Markup("<section><h3>{}</h3><p>{}</p>{}{}</section>").format(
        title,
        " · ".join((str(span), *units, str(quarantined))),
        _table(counts.to_numpy().tolist(), [T("table"), T("source"), *_COUNTED], most=_MOST_SOURCES),
        _table(rules.iloc[:, :4].to_numpy().tolist(), [T("table"), T("source"), *_BROKEN], most=_MOST_RULES),
    )
    return str(html)


def _table(rows: list[list[object]], titles: list[object], *, most: int) -> Markup:
    if not rows:
        return Markup("")
    more: list[list[object]] = [[T("{n} more", n=Count(len(rows) - most))]] if len(rows) > most else []
    shown = [*rows[:most], *more]
    head = Markup("").join(Markup("<th scope=col>{}</th>").format(str(title)) for title in titles)
    lines = [Markup("").join(Markup("<td>{}</td>").format(_cell(cell)) for cell in row) for row in shown]
    body = Markup("").join(Markup("<tr>{}</tr>").format(line) for line in lines)
    return Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(head, body)


def _cell(value: object) -> Markup:
    return escape(f"{value:,}" if isinstance(value, int) else value)


MANY = 0.05  # share of the rows
_CODES = (0, -1, -9, -99, 88, 97, 98, 99, 999)  # what surveys write for "not applicable" or "do not know"
_LONGEST_SCALE = 7  # a scale up to ten may begin with 0
_LINES = (
    "the customer has another row at the same instant; where rows are lines of an order, map the order's number to "
    "'transaction_id' and set 'one_row_is: line'"
)
_CAPITALS = "the id is that of another customer but for its capitals; where they are one, map it with lower(...)"
_GIFT_CARDS = (
    r"(?i)gift[ -]?(card|voucher|certificate)|gutschein|carte[ -]cadeau|بطاقة (هدايا|هدية|إهداء)|قسيمة (هدية|شراء)"
)
_COUNTED_TWICE = (
    "a gift card is sold; where purchases with it are among the rows, too, sums count it twice: then leave its sales "
    "out, by 'where'"
)
STRAY, FEW = 0.01, 10  # share of the rows, and rows
_STRAY_REFUNDS = (
    "the id has refunds and no purchase: are refunds booked under ids of their own? Then what customers are worth is "
    "told without them; map them to who bought"
)
UNKNOWN = T("the customer is not in the table of customers")
NO_PURCHASE = T("the customer has no transaction")


def open_workspace(path: str | Path) -> Workspace:
    """Open a workspace; its tables are read when they are first asked for.

    `path`: The workspace: "demo", "params/demo" (from anywhere in the project) or a folder with a `sources.yaml`.
    Raises ConfigurationError: there is no such workspace, its `sources.yaml` is wrong, or it names an environment
        variable that is not set.

    >>> company = open_workspace("demo")
    >>> company.currency, company.has("surveys")
    ('SAR', True)
    """
    sources = read_sources(path)
    for table in sources.tables.values():
        for source in table:
            expand_variables(source.path)
    folder = workspace_folder(path)
    note_files(folder, [(folder / MAPPING, fingerprint(folder / MAPPING).sha256)])
    return Workspace(folder.name, sources, folder)


@dataclass
class _Shared:
    """What all views of a workspace share: its store, and the tables that are in it."""

    store: Store
    inputs: dict[str, list[Input]] = field(default_factory=dict)
    ingested: dict[str, Ingested] = field(default_factory=dict)
    tables: dict[str, Any] = field(default_factory=dict)  # ibis expressions: asking for their columns takes a while
    keys: dict[tuple[str, str], bool] = field(default_factory=dict)  # by table and column, whether it tells customers


class Workspace:
    """The canonical tables of one company.

    Open one with `open_workspace`, or make one from DataFrames with `Workspace.from_frames`.

    `name`, `title`: Its short name, and what a reader calls it. `one_customer`: Ids that are no till.

    >>> sales = pd.DataFrame({"customer_id": ["a", "b"], "at": ["2026-01-05", "soon"], "amount": ["1,200.50", "3"]})
    >>> shop = Workspace.from_frames({"transactions": sales}, currency="GBP", time_zone="Europe/London")
    >>> shop.frame("transactions").amount_cents.tolist()
    [120050]
    >>> shop.quarantine()[["row", "column", "value"]].values.tolist()
    [[2, 'at', 'soon']]
    """

    def __init__(
        self, name: str, sources: Sources, folder: Path, *, frames: Mapping[str, pd.DataFrame] | None = None
    ) -> None:
        self.name = name
        self.title = sources.title or name
        self.one_customer = sources.one_customer
        self.tables = tuple(table for table in TABLES if table in sources.tables)
        self._sources = sources
        self._folder = folder
        self._frames = dict(frames or {})
        self._shared = _Shared(Store(**sources.engine.model_dump()))
        self._parts: dict[str, Callable[[Any], Any]] = {}
        sources.use_labels()

    @classmethod
    def from_frames(
        cls,
        frames: Mapping[str, pd.DataFrame],
        *,
        currency: str,
        time_zone: str,
        title: str = "",
        as_of: dt.date | None = None,
        settings: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Workspace:
        """Make a workspace from DataFrames.

        `frames`: Canonical table -> DataFrame; columns are taken by their names unless `settings` maps them.
        `currency`, `time_zone`: ISO 4217 code of every amount; IANA name.
        `as_of`: Dates after it are faults; today when left out.
        `settings`: Table -> what `sources.yaml` may say of a source: columns, dates, rules, one_row_is, decimal,
            thousands.
        Raises ConfigurationError: a table or a setting is not known.
        """
        settings = settings or {}
        if unknown := set(settings) - set(frames):
            raise ConfigurationError(f"settings: there is no frame {min(unknown)!r}. {nearest(min(unknown), frames)}")
        content: dict[str, object] = {
            "title": title,
            "currency": currency,
            "time_zone": time_zone,
            "as_of": as_of,
            "tables": {table: {"path": f"frame:{table}", **settings.get(table, {})} for table in frames},
        }
        return cls("frames", check_sources(content, name="from_frames"), Path(), frames=frames)

    def using(self, *names: str) -> Workspace:
        """The same workspace with only some of its tables: what it counts and shows is then about those.

        Tables that are read already are not read again. Names that it does not have are left out.
        """
        view = Workspace(self.name, self._sources, self._folder, frames=self._frames)
        view.title, view._shared, view._parts = self.title, self._shared, self._parts
        view.tables = tuple(table for table in self.tables if table in (*names, RATES))
        return view

    def only(self, name: str, part: Callable[[Any], Any]) -> Workspace:
        """The same workspace with only a part of the rows of a table: `part` takes and returns an ibis expression."""
        view, before = self.using(*self.tables), self._parts.get(name)
        view._parts = {**self._parts, name: part if before is None else lambda rows: part(before(rows))}
        return view

    @property
    def currency(self) -> str:
        """ISO 4217 code of every amount."""
        return self._sources.currency

    @property
    def time_zone(self) -> str:
        """IANA name of the time zone whose calendar days all days are."""
        return self._sources.time_zone

    @cached_property
    def as_of(self) -> dt.date:
        """The last day that a date may name: as declared, else today in the workspace's time zone."""
        return last_day(self._sources)

    @property
    def last_day(self) -> dt.date:
        """The last day that may be looked back from: `as_of` as declared, else the end of the month of the last row.

        Later ones would take customers for silent of whom nothing is known yet.
        """
        if self._sources.as_of:
            return self._sources.as_of
        columns = [(name, "day") for name in self.tables if TABLES[name].dated_by]
        columns += [("memberships", name) for name in ("started_on", "ended_on") if self.has("memberships")]
        for name, _ in columns:
            self._read(name)
        days = [self._shared.store.value(f"SELECT max({column}) FROM {name}") for name, column in columns]
        last = max(filter(None, days), default=self.as_of)
        return min(self.as_of, last.replace(day=monthrange(last.year, last.month)[1]))

    def cents(self, amount: float | None) -> float:
        """An amount in the workspace's currency as minor units, in which all amounts are: 12.5 dinars are 12,500 fils.

        An amount that is not known (None) stays unknown (NaN).

        >>> people = pd.DataFrame({"customer_id": ["a"]})
        >>> Workspace.from_frames({"customers": people}, currency="KWD", time_zone="UTC").cents(12.5)
        12500.0
        """
        return math.nan if amount is None else amount * minor_units(self.currency)

    def has(self, name: str) -> bool:
        """Whether the workspace has that table."""
        return name in self.tables

    @cached_property
    def names_orders(self) -> bool:
        """Whether transactions have ids of their own, so that lines of one order can be told from orders."""
        if not self.has("transactions"):
            return False
        self._read("transactions")
        own = "SELECT EXISTS(SELECT 1 FROM transactions WHERE transaction_id <> source || ':' || \"row\")"
        return bool(self._shared.store.value(own))

    @cached_property
    def has_amounts(self) -> bool:
        """Whether purchases have amounts; where they have none, nothing can be said of money."""
        return not self.has("transactions") or "amount_cents" in self.table("transactions").columns

    @property
    def counted_in(self) -> str:
        """What purchases are added up in: the currency, or `cxlib.language.NO_CURRENCY` where they have no amounts."""
        return self.currency if self.has_amounts else NO_CURRENCY

    def table(self, name: str) -> Any:
        """A canonical table as an ibis expression; money in minor units, `day` a DATE in the workspace's time zone.

        Raises ConfigurationError: the workspace has no such table, or its mapping does not fit its files.
        Raises DataError: a file is missing, empty or unreadable, or changed while it was read.
        """
        self._read(name)
        if name not in self._shared.tables:
            self._shared.tables[name] = self._shared.store.ibis.table(name)
        rows = self._shared.tables[name]
        return self._parts[name](rows) if name in self._parts else rows

    def frame(self, name: str) -> pd.DataFrame:
        """A canonical table as a DataFrame; raises as `table` does. Days and dates are datetime64."""
        table = self.table(name)
        dates = [column for column, kind in table.schema().items() if kind.is_date()]
        frame: pd.DataFrame = table.to_pandas()
        return frame.assign(**{column: pd.to_datetime(frame[column]) for column in dates})

    def quarantine(self, name: str | None = None) -> pd.DataFrame:
        """The rows that are not in the canonical tables (of one): one line for each rule that a row breaks.

        Returns: table, source, row (from 1; the line of a text file), rule, column, value (as the source has it),
            remedy.
        """
        names = self.tables if name is None else (name,)
        for table in names:
            self._read(table)
        marks = ", ".join("?" for _ in names)
        query = f'SELECT * FROM {QUARANTINE} WHERE "table" IN ({marks}) ORDER BY rowid'
        columns = ["table", "source", "row", "rule", "column", "value", "remedy"]
        frame = pd.DataFrame(self._shared.store.rows(query, names), columns=columns)
        return frame.astype({column: "int64" if column == "row" else "str" for column in columns})

    def is_personal(self, table: str, columns: str) -> bool:
        """Whether a column of a table, or one of several with commas between, is marked personal in any source."""
        names = {columns, *columns.split(", ")}
        return any(source.is_personal(name) for source in self._sources.tables[table] for name in names)

    def personal_columns(self, table: str, *, keys: bool = True) -> set[str]:
        """Columns of a table that may not set customers apart, because their values name, place or reach a person.

        Those marked `personal`. Unmarked, those whose title or origin tells, but for yes and no, and for numbers that
        were computed of them, as an age of a day of birth; with `keys` also texts of which more than half are
        different, in thirty rows or more: each means one customer. The id of customers is no such column.
        """
        if not self.has(table):
            return set()
        rows, sources = self.table(table), self._sources.tables[table]
        marked = any(source.personal for source in sources)
        names = {c for c in rows.columns if c not in _OF_THE_ROW and self.is_personal(table, c)}
        own = {name for name in names if marked or not self._is_plain(table, name, rows.schema()[name])}
        texts = [name for name, kind in rows.schema().items() if kind.is_string() and name not in _OF_THE_ROW]
        told = not keys or any(source.personal is not None for source in sources)
        return own if told else own | {name for name in texts if self._is_key(table, name)}

    def _is_key(self, table: str, name: str) -> bool:
        column, keys = quoted(name), self._shared.keys
        if (table, name) not in keys:
            query = f"count({column}) >= {LEAST_KEYS} AND 2 * count(DISTINCT {column}) > count({column})"
            keys[table, name] = bool(self._shared.store.value(f"SELECT {query} FROM {table}"))
        return keys[table, name]

    def unlabelled(self, language: str) -> dict[str, dict[str, list[str]]]:
        """Words of data that a page in a language of another script would show as they are, for want of a label.

        Returns: Table -> column -> its values without a label; ``""`` is the column itself, such as a driver's name. Of
            customers, memberships and surveys, columns of at most `MOST_WORDS` texts that name no person.
        """
        words: dict[str, dict[str, list[str]]] = {}
        for name in (table for table in ("customers", "memberships", "surveys") if self.has(table)):
            rows, personal = self.table(name), self.personal_columns(name)
            for column, kind in rows.schema().items():
                if column in personal or column in NOT_SHOWN or column.endswith("_id"):
                    continue
                values: list[str] = []
                if kind.is_string():
                    values = rows[column].name("v").as_table().distinct().limit(MOST_WORDS + 1).execute()["v"].tolist()
                elif not column.startswith("rating_"):
                    continue
                if len(values) <= MOST_WORDS and (lacking := lacks_label(column, values, language)):
                    words.setdefault(name, {})[column] = lacking
        return words

    def _is_plain(self, table: str, name: str, kind: Any) -> bool:
        if not kind.is_string():
            return kind.is_boolean() or not names_a_person(name)
        query = f"SELECT count(*) FROM {table} WHERE lower(trim({quoted(name)})) NOT IN ({YES_OR_NO}, {_ARMS})"
        return not self._shared.store.value(query)

    def persons_in(self, text: str) -> set[str]:
        """The values of personal columns, and their words of three letters or more, that stand in a text."""
        words: set[str] = set()
        for name in self.tables:
            if TABLES[name].extra != "as_is" and not any(source.personal for source in self._sources.tables[name]):
                continue  # no column of it names anybody
            table = self.table(name)
            titles = [c for c, kind in table.schema().items() if kind.is_string() and self.is_personal(name, c)]
            for title in titles:
                column = quoted(title)
                values = f"SELECT {column} FROM {name} UNION SELECT unnest(string_split({column}, ' ')) FROM {name}"
                query = f"SELECT v FROM ({values}) AS t(v) WHERE length(v) > 2 AND contains(lower(?), lower(v))"
                words |= {str(value) for (value,) in self._shared.store.rows(query, [text])}
        return words

    @property
    def counts(self) -> pd.DataFrame:
        """Rows of each source: table, source, rows_in, good, quarantined, left_out.

        rows_in = good + quarantined + left_out; these last are rows that `where` of the source does not mean.
        """
        rows = []
        for table in self.tables:
            ingested = self._read(table)
            bad = dict(
                self._shared.store.rows(
                    f'SELECT source, count(DISTINCT "row") FROM {QUARANTINE} WHERE "table" = ? GROUP BY source', [table]
                )
            )
            for (source, rows_in), stage in zip(ingested.rows_in.items(), ingested.stages, strict=True):
                good = int(self._shared.store.value(f"SELECT count(*) FROM {stage}"))
                left = ingested.left_out.get(source, 0)
                rows.append((table, source, rows_in, good, int(bad.get(source, 0)), left))
        return pd.DataFrame(rows, columns=["table", "source", "rows_in", "good", "quarantined", "left_out"])

    @property
    def rules(self) -> pd.DataFrame:
        """How many rows break each rule: table, source, rule, rows, remedy, and row, column and value of the first.

        A row may break several.
        """
        for table in self.tables:
            self._read(table)
        marks = ", ".join("?" for _ in self.tables)
        rows = self._shared.store.rows(
            'SELECT "table", source, rule, count(DISTINCT "row"), min(remedy), arg_min("row", rowid), '
            f"arg_min(\"column\", rowid), arg_min(coalesce(value, ''), rowid) FROM {QUARANTINE} "
            f'WHERE "table" IN ({marks}) GROUP BY ALL ORDER BY min(rowid)',
            self.tables,
        )
        return pd.DataFrame(rows, columns=["table", "source", "rule", "rows", "remedy", "row", "column", "value"])

    @property
    def conversions(self) -> pd.DataFrame:
        """Amounts that were in another currency: table, currency, rows, and the rates that were used.

        Their first and last day (since, until), and the lowest and the highest of them (low, high).
        """
        rows: list[tuple[object, ...]] = []
        for table in self.tables if self.has(RATES) else ():
            self._read(table)
            if TABLES[table].money_on:
                store = self._shared.store
                exchange = Exchange.of(store, self.currency, self.as_of)
                rows += [(table, *row) for row in exchange.conversions(store, TABLES[table])]
        return pd.DataFrame(rows, columns=["table", "currency", "rows", "since", "until", "low", "high"])

    @property
    def warnings(self) -> pd.DataFrame:
        """What is odd but leaves rows good: table, warning, rows.

        Customers of a table who are not in `customers`, customers without a transaction, names that were made for
        columns of a file, and what is odd in good rows and may be meant.
        """
        rows: list[tuple[str, str, int]] = []
        for table in self.tables:
            done = self._read(table)
            rows += [(table, f"{label}: {note}", done.rows_in[label]) for label, note in done.notes]
        rows += _odd_rows(self._shared.store, self.tables)
        if self.has("customers"):
            customers = self.table("customers")
            for name in self.tables:
                table = self.table(name)
                if name != "customers" and "customer_id" in table.columns:
                    named = table.filter(table.customer_id.notnull())  # noqa: PD004  # ibis, not pandas
                    rows.append((name, str(UNKNOWN), _strangers(named, customers)))
            if self.has("transactions"):
                rows.append(("customers", str(NO_PURCHASE), _strangers(customers, self.table("transactions"))))
        return pd.DataFrame([row for row in rows if row[2]], columns=["table", "warning", "rows"])

    @property
    def period(self) -> tuple[dt.date, dt.date] | None:
        """First and last day of the transactions, or of all dated tables where there are none; None without any day."""
        dated = [table for table in self.tables if TABLES[table].dated_by]
        names = ["transactions"] if "transactions" in dated else dated
        spans = []
        for name in names:
            self._read(name)
            spans += self._shared.store.rows(f"SELECT min(day), max(day) FROM {name}")
        days = [day for span in spans for day in span if day is not None]
        return (min(days), max(days)) if days else None

    @property
    def unread_sheets(self) -> dict[str, list[str]]:
        """By workbook, the sheets with rows that no source reads."""
        from cxlib.data.reading.readers import unread_sheets

        books: dict[Path, list[Any]] = {}
        for one in (one for table in self.tables for one in self._inputs(table)):
            if one.path and format_of(one.path.name, one.source.format) is FORMATS["excel"]:
                books.setdefault(one.path, []).append(one.source)
        return {path.name: sheets for path, sources in books.items() if (sheets := unread_sheets(path, sources))}

    @property
    def fingerprints(self) -> dict[str, str]:
        """SHA-256 of every file that the tables come from, by name; no table is read for this."""
        return digests({table: self._inputs(table) for table in self.tables})

    def _inputs(self, name: str) -> list[Input]:
        if name not in self._shared.inputs:
            if name in self._frames:
                inputs = [Input(name, self._sources.tables[name][0], frame=self._frames[name])]
            else:
                inputs = table_files(self._sources, self._folder, name)
            self._shared.inputs[name] = inputs
        return self._shared.inputs[name]

    def _read(self, name: str) -> Ingested:
        if name not in self.tables:
            raise ConfigurationError(
                f"Workspace {self.name!r} has no table {name!r}. {nearest(name, self._sources.tables)}"
            )
        shared = self._shared
        if name not in shared.ingested:
            if not shared.ingested and (doubt := zone_doubt(self.time_zone, self.as_of)):
                say(self._folder, doubt)
            prepare(shared.store, self.time_zone)
            shared.store.make_room(sum(one.fingerprint.size for one in self._inputs(name) if one.fingerprint))
            shared.ingested[name] = table = self._load_or_ingest(name)
            self._check_labels(name)
            files = [(one.path, one.fingerprint.sha256) for one in self._inputs(name) if one.path and one.fingerprint]
            note_files(self._folder, files, table=name, days=(table.since, table.until))
        return shared.ingested[name]

    def _check_labels(self, name: str) -> None:
        columns = {title.removesuffix("_cents") for title, _ in self._shared.store.columns(f"FROM {name}")}
        own = columns - ({"row", "source"} if TABLES[name].takes_source else {"row"})
        self._sources.check_labels(str(self._folder / MAPPING), table=name, columns=own)

    def _load_or_ingest(self, name: str) -> Ingested:
        store, inputs = self._shared.store, self._inputs(name)
        converts = bool(TABLES[name].money_on) and self.has(RATES)
        known = self._inputs(RATES) if converts else []
        rates = [(one.fingerprint and one.fingerprint.sha256, one.source) for one in known]
        rulebook = Rulebook(self.as_of, self.time_zone, self.currency, str(rates) if converts else "")
        cached = CachedTable.of(name, inputs, rulebook, workspace=self._folder)
        if converts:
            self._read(RATES)
        if cached is None:
            return ingest(store, TABLES[name], inputs, rulebook)
        with cached.alone():
            if earlier := cached.load(store):
                return earlier
            ingested = ingest(store, TABLES[name], inputs, rulebook)
            cached.keep(store, ingested)
            return ingested

    def _repr_html_(self) -> str:
        units = self.currency, self.time_zone
        return workspace_html(self.title, period=self.period, units=units, counts=self.counts, rules=self.rules)

    def __repr__(self) -> str:
        return f"Workspace({self.name!r}: {', '.join(self.tables)})"


def _strangers(rows: Any, others: Any) -> int:
    """How many rows have a customer who is not among the others."""
    return int(rows.anti_join(others, "customer_id").count().execute())


def _odd_rows(store: Store, tables: Collection[str]) -> Iterator[tuple[str, str, int]]:
    """Table, words and number of what is odd in the tables of a store."""
    if "transactions" in tables:
        total, again = store.rows(
            'SELECT count(*), count(*) - count(DISTINCT hash(customer_id, "at")) FROM transactions '
            "WHERE transaction_id = source || ':' || \"row\""  # no ids are mapped
        )[0]
        if again > total * MANY:
            yield "transactions", _LINES, again
        if "amount_cents" in dict(store.columns("SELECT * FROM transactions")):
            each = "SELECT count(*) AS n FROM transactions GROUP BY customer_id"
            stray = f"{each} HAVING max(amount_cents) <= 0 AND min(amount_cents) < 0"
            stray = store.value(f"SELECT coalesce(sum(n), 0)::BIGINT FROM ({stray})")
            yield "transactions", _STRAY_REFUNDS, stray * (stray > max(total * STRAY, FEW))
    for table in (name for name in ("transactions", "order_lines") if name in tables):
        if {"product", "amount_cents"} <= {*dict(store.columns(f"SELECT * FROM {table}"))}:
            sold = f"SELECT count(*) FROM {table} WHERE amount_cents > 0 AND regexp_matches(product, '{_GIFT_CARDS}')"
            yield table, _COUNTED_TWICE, store.value(sold)
    yield from _capitals(store, tables)
    if "surveys" in tables:
        yield from _codes(store)


def _capitals(store: Store, tables: Collection[str]) -> Iterator[tuple[str, str, int]]:
    named = [table for table in tables if "customer_id" in dict(store.columns(f"SELECT * FROM {table}"))]
    parts = " UNION ".join(f"SELECT DISTINCT customer_id AS id FROM {table}" for table in named)
    if parts:
        groups = f"SELECT count(*) AS n FROM ({parts}) WHERE id IS NOT NULL GROUP BY lower(id) HAVING n > 1"
        if ids := store.value(f"SELECT coalesce(sum(n), 0)::BIGINT FROM ({groups})"):
            yield named[0], _CAPITALS, ids


def _codes(store: Store) -> Iterator[tuple[str, str, int]]:
    """Ratings on a short scale that begins with 1, and codes outside it."""
    for title in [title for title, type_ in store.columns("SELECT * FROM surveys") if type_ == "DOUBLE"]:
        rows, low, high, codes = store.rows(
            "SELECT count(*) FILTER (c), min(x) FILTER (NOT c), max(x) FILTER (NOT c), "
            "string_agg(DISTINCT x::INT::VARCHAR, ', ') FILTER (c) "
            f"FROM (SELECT {quoted(title)} AS x, x IN {_CODES} AS c FROM surveys)"
        )[0]
        if rows and low is not None and 1 <= low < high <= _LONGEST_SCALE:
            words = f"{title!r} is {codes} beside answers of {low:g} to {high:g}; where that means not applicable, "
            remedy = f"name it in 'not_applicable' of the report, or map it with nullif(..., {codes})"
            yield "surveys", words + remedy, rows
