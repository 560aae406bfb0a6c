"""Tables of databases, brought in: all of a workspace at one time, as Parquet files that go with who reads them.

Every table of a database is read in one transaction that sees it at one moment (REPEATABLE READ), as Arrow batches.
From there on a table is a file like any other: its digest decides whether a report is `unchanged`. A run reads the
servers once, when it is planned; its kernels get the files by the variable `BROUGHT` and never see a secret.
"""

import contextlib
import datetime as dt
import importlib
import itertools
import json
import os
import re
import time
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from cxlib.data.casts import name, quote
from cxlib.data.connect import Store
from cxlib.data.exchange import tells_currency
from cxlib.data.mapping import Field, resolve
from cxlib.data.sources import BROUGHT, IN_USE, Brought, BroughtTable, Database, Sources, TableSource
from cxlib.data.tables import TABLES
from cxlib.errors import ConfigurationError, DataError, nearest

_LIST = "brought.json"
_ROW = "row of cxlib"  # the last column of a table's file
_SETTINGS = {"TimeZone": "UTC", "DateStyle": "ISO", "IntervalStyle": "iso_8601", "bytea_output": "hex"}
_HOST = r"([\w.%-]*|\[[\da-fA-F:.]+\])(:\d*)?"
_URL = re.compile(rf"postgres(ql)?://([^@/?#\[\]\s]*@)?{_HOST}(,{_HOST})*(/[^@?#\s]*)?(\?[^@#\s]*)?")
_CONNECTION = {"connect_timeout": "10", "keepalives_idle": "30", "tcp_user_timeout": "60000"}
_AS_THEY_ARE = "smallint|integer|bigint|real|double precision|boolean|text|character varying"
_OF_TIME = {"date": "DATE", "timestamp without time zone": "TIMESTAMP", "timestamp with time zone": "TIMESTAMPTZ"}
_REFUSALS = {  # what libpq says -> what to do
    "authentication failed": "The user or the password is wrong. Correct the URL in {variable}.",
    "could not translate": "There is no such server. Correct the host in {variable}.",
    "refused": "Nothing listens there. Start the server, or correct host and port in {variable}.",
    "does not exist": "There is no such database or user. Correct the URL in {variable}.",
    "pg_hba.conf": "It lets nobody in from this machine: it needs an entry in its pg_hba.conf.",
    "timeout expired": "It does not answer. Look whether it runs and can be reached from this machine.",
    "42501": "Its user may not read that. Let its owner: grant select on {table} to the user of {variable}.",
    "42P01": "Correct 'query' in sources.yaml: there is no such table.",
    "42703": "Correct 'query' in sources.yaml: there is no such column.",
    "42601": "Correct 'query' in sources.yaml: it is one SELECT, without a semicolon.",
}


def bring_in(sources: Sources, folder: Path) -> Brought:
    """The tables of a workspace that are in databases: those of the run, or read anew.

    Raises ConfigurationError, DataError: no driver, no secret, no server, no such table or column, or one that may not
        be read; database, table and remedy are named, and never the secret.
    """
    if (given := IN_USE.get(os.environ.get(BROUGHT))) is not None:
        return _given(sources, folder, given)
    store = Store(**sources.engine.model_dump())
    target = store.folder / "brought"
    target.mkdir()
    tables: dict[str, BroughtTable] = {}
    for title, settings in sources.databases.items():
        own = {key: one for key, one in sources.in_databases.items() if one.database == title}
        tables |= _Server(title, settings, store, _secret(title, settings.url_from)).read(own, target) if own else {}
    content = {"mapping": _mapping(sources, folder), "tables": {key: asdict(one) for key, one in tables.items()}}
    (target / _LIST).write_text(json.dumps(content, default=str), encoding="utf-8")
    brought = Brought(str(target), tables, tuple(one.url_from for one in sources.databases.values()))
    weakref.finalize(brought, store.close)
    return brought


def _given(sources: Sources, folder: Path, given: str) -> Brought:
    """What the run brought in, where it did so for this workspace and this mapping."""
    content = json.loads((Path(given) / _LIST).read_text(encoding="utf-8")) if given else {}
    if content.get("mapping") != _mapping(sources, folder):
        raise ConfigurationError(
            f"{folder.name}: a run reads the databases of its own workspace only, as its sources.yaml named them when "
            "it began. Run again, or map that table in the report's own workspace."
        )
    for one in content["tables"].values():
        one["read_at"] = dt.datetime.fromisoformat(one["read_at"])
    return Brought(given, {key: BroughtTable(**one) for key, one in content["tables"].items()})


def _mapping(sources: Sources, folder: Path) -> str:
    return str([str(folder), {key: one.model_dump() for key, one in sources.in_databases.items()}])


def _secret(title: str, variable: str) -> str:
    """The URL of a database: from the environment, else from the keyring where that package is installed."""
    url = os.environ.get(variable, "")
    if not url:
        with contextlib.suppress(ImportError):
            url = importlib.import_module("keyring").get_password("cxlib", variable) or ""
    if not url:
        raise ConfigurationError(
            f"database {title!r}: the environment variable {variable} is not set. Set it to the URL of the database, "
            f"such as: export {variable}=postgresql://reader:PASSWORD@db.example:5432/shop"
        )
    if not _is_url(url):
        raise ConfigurationError(
            f"database {title!r}: what {variable} holds is no URL of a PostgreSQL database. Write it as "
            "postgresql://USER:PASSWORD@HOST:PORT/DATABASE, in the password %40 for @, %3A for :, %2F for /, %23 for #."
        )
    return url


def _is_url(url: str) -> bool:
    """Whether libpq would take it apart as it is meant: it would take what follows the first @ for the host."""
    try:
        urlsplit(url)
    except ValueError:
        return False
    return _URL.fullmatch(url) is not None


@dataclass(frozen=True)
class _Column:
    """A column that leaves the server: its name, PostgreSQL's name of its type, and its place."""

    title: str
    type: str
    number: int

    def asked(self, decimal: str) -> str:
        """SQL for the server: what the driver would not give exactly goes as text, as do times without an end."""
        own, as_ = f"q.{name(self.title)}", f"AS c{self.number}"
        if self.type in _OF_TIME:
            kept = f"isfinite({own}) AND {own} < '9999-12-31'"
            return (
                f"CASE WHEN {kept} THEN {own} END {as_}, CASE WHEN NOT ({kept}) THEN {own}::text END AS o{self.number}"
            )
        if re.fullmatch(_AS_THEY_ARE, self.type):
            return f"{own} {as_}"
        if self.type in ("numeric", "money"):
            return f"replace({own}::numeric::text, '.', {quote(decimal)}) {as_}"
        return f"{own}::text {as_}"

    @property
    def kept(self) -> str:
        """SQL for DuckDB, which knows infinite times, but not the last years of PostgreSQL: these are as infinite."""
        own, title = f"c{self.number}", name(self.title)
        if (type_ := _OF_TIME.get(self.type)) is None:
            return f"{own} AS {title}"
        other = f"o{self.number}"
        odd = f"coalesce(TRY_CAST({other} AS {type_}), CASE WHEN {other} IS NOT NULL THEN 'infinity'::{type_} END)"
        return f"coalesce({own}::{type_}, {odd}) AS {title}"


@dataclass(frozen=True)
class _Server:
    """A database that is read into the files of a store's folder."""

    title: str
    settings: Database
    store: Store
    url: str

    def read(self, wanted: Mapping[str, TableSource], target: Path) -> dict[str, BroughtTable]:
        """Every wanted table as it is at one and the same moment."""
        now = dt.datetime.now(dt.UTC).replace(microsecond=0)
        with self._plainly(), contextlib.closing(self._connect()) as connection:
            cursor = connection.cursor()
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            limit = str(round(self.settings.time_limit_minutes * 60_000))
            for setting, value in {**_SETTINGS, "statement_timeout": limit}.items():
                cursor.execute(f"SET LOCAL {setting} = {quote(value)}")
            tables, queries = {}, itertools.count(1)
            for key, source in wanted.items():
                label = f"{self.title}/{source.table or f'query {next(queries)}'}"
                with self._plainly(source.table or "query"):
                    rows = self._read_table(cursor, key, source, label, target / f"{key}.parquet")
                tables[key] = BroughtTable(str(target / f"{key}.parquet"), label, self.place, now, rows)
            return tables

    @property
    def place(self) -> str:
        """Host, port and database, without user and password."""
        parts, asked = urlsplit(self.url), parse_qs(urlsplit(self.url).query)
        host = parts.netloc.rpartition("@")[2] or asked.get("host", ["local socket"])[0]
        return f"{host}/{parts.path.strip('/') or asked.get('dbname', [''])[0]}"

    def _connect(self) -> Any:
        try:
            driver = importlib.import_module("adbc_driver_postgresql.dbapi")
        except ImportError:
            raise ConfigurationError(
                f"database {self.title!r}: the driver for PostgreSQL is not installed. Install it with: "
                "pip install 'cxlib[postgres]'"
            ) from None
        options = urlencode({key: value for key, value in _CONNECTION.items() if f"{key}=" not in self.url})
        return driver.connect(f"{self.url}{'&' if '?' in self.url else '?'}{options}")

    def _read_table(self, cursor: Any, key: str, source: TableSource, label: str, file: Path) -> int:
        """Write the columns that are mapped; the number of a row is its key where that is a whole number."""
        relation = f"({source.query})" if source.query else ".".join(map(name, source.table.split(".")))
        types, number = self._asked(cursor, relation) if source.query else self._in_catalogue(cursor, relation)
        titles = _used(key.partition(".")[0], source, list(types), label)
        columns = [_Column(title, types[title], place) for place, title in enumerate(titles)]
        asked = [column.asked(source.decimal) for column in columns] + [f"q.{name(number)}::bigint AS k"] * bool(number)
        cursor.execute(f"SELECT {', '.join(asked) or '1'} FROM {relation} AS q")
        self.store.register("incoming", cursor.fetch_record_batch())
        kept = ", ".join(column.kept for column in columns) or "1 AS nothing"
        rows = f"SELECT {kept}, k AS {name(_ROW)} FROM incoming ORDER BY k"
        if not number:  # then rows have the order of their columns, the same whatever the server does
            rows = f"SELECT *, row_number() OVER () AS {name(_ROW)} FROM (SELECT {kept} FROM incoming ORDER BY ALL)"
        try:
            return int(self.store.value(f"COPY ({rows}) TO {quote(str(file))} (FORMAT parquet)"))
        finally:
            self.store.unregister("incoming")

    def _in_catalogue(self, cursor: Any, relation: str) -> tuple[dict[str, str], str]:
        """Type of each column of a table, and its key where that is one whole number and may be read, else ""."""
        cursor.execute(f"SELECT to_regclass({quote(relation)})::oid::bigint")
        ((table,),) = cursor.fetchall()
        if table is None:
            own = "table_schema NOT IN ('pg_catalog', 'information_schema') LIMIT 500"
            cursor.execute(f"SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE {own}")
            plain = relation.replace('"', "")
            there = [one if "." in plain else one.rpartition(".")[2] for (one,) in cursor.fetchall()]
            raise DataError(f"there is no table {plain!r}. {nearest(plain, there)}")
        columns = f"FROM pg_attribute a WHERE attrelid = {table} AND attnum > 0 AND NOT attisdropped"
        cursor.execute(f"SELECT attname::text, format_type(atttypid, NULL) {columns} ORDER BY attnum")
        types = dict(cursor.fetchall())
        cursor.execute(
            f"SELECT attname::text {columns} AND atttypid::regtype::text IN ('smallint', 'integer', 'bigint') AND "
            f"has_column_privilege(attrelid, attnum, 'SELECT') AND EXISTS (SELECT 1 FROM pg_index WHERE "
            f"indrelid = attrelid AND indisprimary AND indnkeyatts = 1 AND indkey[0] = attnum)"
        )
        return types, next((one for (one,) in cursor.fetchall()), "")

    def _asked(self, cursor: Any, relation: str) -> tuple[dict[str, str], str]:
        """Type of each column that a query gives; its rows have no key."""
        titles = cursor.adbc_execute_schema(f"SELECT * FROM {relation} AS q LIMIT 0").names
        typed = ", ".join(f"pg_typeof(q.{name(title)})::text" for title in titles)
        cursor.execute(
            f"SELECT {typed} FROM (SELECT 1) AS one LEFT JOIN (SELECT * FROM {relation} AS q LIMIT 0) q ON true"
        )
        return dict(zip(titles, cursor.fetchone(), strict=True)), ""

    @contextlib.contextmanager
    def _plainly(self, table: str = "") -> Iterator[None]:
        """Errors in words: database, server, table, what is wrong and what to do; what was wrong is never quoted."""
        began, minutes = time.monotonic(), self.settings.time_limit_minutes
        place = f"database {self.title!r} ({self.place})" + f", {table}" * bool(table)
        try:
            yield
        except ConfigurationError:
            raise
        except DataError as error:
            if str(error).startswith("database "):
                raise
            raise DataError(f"{place}: {error}") from None
        except Exception as error:  # of the driver, of Arrow or of DuckDB
            words = getattr(error, "sqlstate", None) or str(error)
            remedy = next((text for mark, text in _REFUSALS.items() if mark in words), "Look into the server's log.")
            remedy = remedy.format(variable=self.settings.url_from, table=table)
            if table and time.monotonic() - began >= minutes * 60:
                remedy = (
                    f"It took longer than {minutes:g} minutes. Raise 'time_limit_minutes' of the database in "
                    "sources.yaml, or map a table in place of a slow view."
                )
            raise DataError(f"{place}: it cannot be read ({self._without_secrets(str(error))}). {remedy}") from None

    def _without_secrets(self, words: str) -> str:
        """The first line of what a server says, without its URL and its password."""
        parts = urlsplit(self.url)
        secrets = [self.url, parts.password or "", *parse_qs(parts.query).get("password", [])]
        line = words.partition("\n")[0].rpartition("ERROR:  ")[2].rpartition("FATAL:  ")[2]
        for secret in filter(None, [*secrets, *map(unquote, secrets)]):
            line = line.replace(secret, "...")
        return line.strip().rstrip(".")


def _used(table: str, source: TableSource, titles: list[str], label: str) -> list[str]:
    """The columns that a mapping names, and those that tell the currency of amounts where it names none."""
    contract, columns = TABLES[table], source.columns or {}
    own = [Field(title, title, "BIGINT") for title in titles]
    taken = {title.lower() for title in titles}
    others = dict.fromkeys(["row", *(one.name for one in contract.columns), *columns])
    canonical = [Field(one, "", "BIGINT") for one in others if one.lower() not in taken]
    texts = [(f"columns: {target}", text, [*own, *canonical[:1]]) for target, text in columns.items()]
    texts += [(f"rules: {rule}", text, [*own, *canonical]) for rule, text in source.rules.items()]
    texts += [("where", source.where, [*own, *canonical])] if source.where else []
    used = {one.sql for where, text, fields in texts for one in resolve(text, fields, where=f"{label}: {where}").fields}
    if not source.currency and "currency" not in columns:
        used |= {title for title in titles if tells_currency(title)}
    chosen = [title for title in titles if title in used]
    if len({title.casefold() for title in chosen}) < len(chosen):
        raise DataError(f"{label}: two of its columns differ only in their capitals. Name them apart in a 'query'.")
    return chosen
