"""A source, or several, into one checked canonical table; every row that is not in it is in the quarantine.

A source is read once: its rows are written to the store in canonical form with their faults marked, then the faulty
ones move to the quarantine. The count of rows is taken before, by other means, and must come out.
"""

import contextlib
import datetime as dt
import re
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import duckdb

from cxlib.data.canonical import Canonical
from cxlib.data.casts import HIJRI, HIJRI_DAYS, Formats, hijri_days, name, quote
from cxlib.data.connect import Store
from cxlib.data.exchange import Exchange, refuse_mixture
from cxlib.data.mapping import Field
from cxlib.data.reading.files import Input, read_sources, table_files
from cxlib.data.reading.formats import FORMATS, format_of
from cxlib.data.reading.raw import Raw, filled_down
from cxlib.data.reading.readers import read_frame
from cxlib.data.rules import FAULTS, REPEATED, STRUCTURAL, Rule, contract_rules, repeated_keys, with_faults
from cxlib.data.tables import Table
from cxlib.errors import ConfigurationError, DataError, nearest

QUARANTINE = "quarantine"
_LEFT = "left out"
_NAMES_A_DAY = re.compile(r"(?=.*%-?d)(?=.*%-?[mbB])(?=.*%Y)")


@dataclass
class Ingested:
    """What became of a table's sources: the names of its staged tables, and the rows of each source.

    `left_out` counts the rows of each that are not meant, `notes` holds pairs of a source and what to know of it.
    It would be the same table on any last day from `since`, its own last date, to before `until`, the first date that
    lies after the last day; None where there is no such date.
    """

    stages: list[str] = field(default_factory=list)
    rows_in: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    notes: list[tuple[str, str]] = field(default_factory=list)
    since: dt.date | None = None
    until: dt.date | None = None

    def holds_on(self, last_day: dt.date) -> bool:
        """Whether the table would be the same with this last day."""
        return (self.since is None or self.since <= last_day) and (self.until is None or last_day < self.until)


@dataclass(frozen=True)
class Rulebook:
    """What holds in a whole workspace: its dates may not lie after `as_of`, its days are days in `time_zone`.

    `rates` is a digest of the rates of other currencies, which are in the store; "" where there are none.
    """

    as_of: dt.date
    time_zone: str
    currency: str
    rates: str = ""


def prepare(store: Store, time_zone: str) -> None:
    """Make the table that holds the quarantine; days and hours of instants are those of the time zone from now on."""
    store.run(f"SET TimeZone = {quote(time_zone)}")
    store.run(
        f'CREATE TABLE IF NOT EXISTS {QUARANTINE} ("table" VARCHAR, source VARCHAR, "row" BIGINT, rule VARCHAR, '
        '"column" VARCHAR, value VARCHAR, remedy VARCHAR)'
    )


def ingest(store: Store, contract: Table, inputs: Sequence[Input], rulebook: Rulebook) -> Ingested:
    """Bring every input of a table into the store, under the table's name."""
    done = Ingested()
    for number, one in enumerate(inputs):
        stage = stage_name(contract.name, number)
        rows, left, notes = _stage(store, contract, one, rulebook=rulebook, stage=stage, alone=len(inputs) == 1)
        done.rows_in[one.label], done.left_out[one.label] = rows, left
        done.notes += [(one.label, note) for note in notes]
        done.stages.append(stage)
        if one.source.one_row_is == "repeat" and contract.key:
            done.left_out[one.label] += _leave_out_repeats(store, contract.key, stage)
    done.since, done.until = _days(store, contract, done.stages, as_of=rulebook.as_of)
    pairs = zip(inputs, done.stages, strict=True)
    whole = [(one, stage) for one, stage in pairs if one.source.one_row_is != "line"]
    if contract.key and any(one.source.columns is None or contract.key in one.source.columns for one, _ in whole):
        _quarantine_repeats(store, contract, *zip(*whole, strict=True))
    _refuse_half(store, contract, done)
    for stage in done.stages:
        store.run(f"DELETE FROM {stage} WHERE {FAULTS} IS NOT NULL")
        store.run(f"ALTER TABLE {stage} DROP COLUMN {FAULTS}")
    join_stages(store, contract.name, done.stages)
    return done


def _refuse_half(store: Store, contract: Table, done: Ingested) -> None:
    """Refuse a column that some sources have in every row and others do not have at all."""
    for column in contract.columns:
        if column.required and column.optional and len(done.stages) > 1:
            titles = [{title for title, _ in store.columns(f"SELECT * FROM {stage}")} for stage in done.stages]
            have = [column.stored_as in names for names in titles]
            if any(have) and not all(have):
                without, by = (list(done.rows_in)[have.index(value)] for value in (False, True))
                raise ConfigurationError(
                    f"{without}: nothing is mapped to {column.name!r}, which {by} has. Map it in every source of "
                    f"{contract.name}, or in none."
                )


def _days(
    store: Store, contract: Table, stages: Sequence[str], *, as_of: dt.date
) -> tuple[dt.date | None, dt.date | None]:
    """The last date up to `as_of` and the first one after it, of all rows, whether good or not."""
    days = [name(column.stored_as) for column in contract.columns if column.kind in {"date", "instant"}]
    present = {stage: {name(title) for title, _ in store.columns(f"SELECT * FROM {stage}")} for stage in stages}
    parts = [
        f"SELECT CAST({day} AS DATE) AS day FROM {stage}" for stage in stages for day in days if day in present[stage]
    ]
    if not parts:
        return None, None
    bounds = "max(day) FILTER (day <= ?), min(day) FILTER (day > ? AND day <= DATE '9999-12-31')"
    (since, until), *_ = store.rows(f"SELECT {bounds} FROM ({' UNION ALL '.join(parts)})", [as_of, as_of])
    return since, until


def stage_name(table: str, number: int) -> str:
    """The name of the staged rows of a table's input, counted from 0."""
    return f"stage_{table}_{number}"


def join_stages(store: Store, table: str, stages: Sequence[str]) -> None:
    """Let the staged rows of all inputs be seen under the table's name."""
    union = " UNION ALL BY NAME ".join(f"SELECT * FROM {stage}" for stage in stages)
    store.run(f"CREATE VIEW {name(table)} AS {union}")


def _stage(
    store: Store, contract: Table, one: Input, *, rulebook: Rulebook, stage: str, alone: bool
) -> tuple[int, int, tuple[str, ...]]:
    """Write an input to the store with its faults marked, note them; its rows, those left out, what to know of it.

    A file is read from a copy, so that the rows are of the very bytes that were fingerprinted.
    """
    copy = one
    try:
        with one.copied(store.folder) as copy:
            done = _read(store, contract, copy, rulebook=rulebook, stage=stage, alone=alone)
    except (duckdb.Error, UnicodeError, OSError, EOFError, zlib.error) as error:
        _refuse_changed(one)
        reason = _of_original(str(error).splitlines()[0], copy, one)
        raise DataError(f"{one.path or one.label}: cannot be read ({reason}).") from None
    except (ConfigurationError, DataError) as error:
        raise type(error)(_of_original(str(error), copy, one)) from None
    _refuse_changed(one)
    return done


def _of_original(words: str, copy: Input, one: Input) -> str:
    """What was said of a copy, said of the file itself."""
    return words.replace(str(copy.path), str(one.path))


def _refuse_changed(one: Input) -> None:
    if one.path and one.fingerprint and not one.fingerprint.still_holds(one.path):
        raise one.changed()


def _read(
    store: Store, contract: Table, one: Input, *, rulebook: Rulebook, stage: str, alone: bool
) -> tuple[int, int, tuple[str, ...]]:
    raw = _open(store, one)
    source = one.source.fitted(contract.name, [field.name for field in raw.fields])
    zone, currency = rulebook.time_zone, rulebook.currency
    own_zone = source.time_zone or zone
    formats = Formats(source.dates, source.decimal, source.group_separator, zone, currency, own_zone)
    store.run(f"SET TimeZone = {quote(own_zone)}")  # in expressions; what they give is turned into the workspace's
    _check_formats(store, formats, one.label)
    exchange = Exchange.of(store, rulebook.currency, rulebook.as_of) if rulebook.rates else Exchange(rulebook.as_of)
    canonical = Canonical(store, contract, raw, source, formats, one.label, exchange, alone)
    _check_columns(canonical)
    own = contract_rules(contract, canonical.places, as_of=rulebook.as_of, currency=rulebook.currency)
    rules = [*own, *canonical.currency_rules, *canonical.named_rules]
    rows = _write(store, canonical, rules, stage)
    left = int(store.value(f"SELECT count(*) FROM {stage} WHERE {FAULTS} = '{_LEFT}'")) if canonical.meant else 0
    if left:
        store.run(f"DELETE FROM {stage} WHERE {FAULTS} = '{_LEFT}'")
    _refuse_mixture(store, canonical, stage)
    _note_faults(store, (contract.name, one.label), rules, stage)
    store.run(f"SET TimeZone = {quote(zone)}")
    return rows, left, raw.notes


def _refuse_mixture(store: Store, canonical: Canonical, stage: str) -> None:
    """Let amounts in several currencies be added up only where each is converted."""
    refuse = partial(refuse_mixture, store, stage, currency=canonical.formats.currency, label=canonical.label)
    if field := canonical.unmapped_currency:
        refuse("_currency", unmapped=field.name)
        store.run(f"ALTER TABLE {stage} DROP COLUMN _currency")
    elif canonical.currency and canonical.exchange.codes is None:
        amounts = ", ".join(one.column.stored_as for one in canonical.money)
        refuse(f"CASE WHEN coalesce({amounts}) IS NOT NULL THEN currency END")


def _open(store: Store, one: Input) -> Raw:
    """The source as a relation in the store."""
    if one.path is None:
        return read_frame(store, one.label, one.frame)
    format_ = format_of(one.path.name, one.source.format)
    if format_ not in (FORMATS["csv"], FORMATS["excel"]) and (one.source.skip_rows or one.source.header != 1):
        raise ConfigurationError(f"{one.label}: 'skip_rows' and 'header' are for csv and excel. Take them out.")
    raw: Raw = format_.load_reader()(store, one.path, one.source)
    return filled_down(raw, one.source.fill_down, one.label) if one.source.fill_down else raw


def mapped_columns(folder: Path, opened: Collection[str] = ()) -> set[str]:
    """Each table of a workspace, and ``table.column`` of what its sources map.

    `opened`: Tables whose first file is opened where a source names none of its columns, as all that it has are mapped.

    >>> "customers.loyalty_joined_on" in mapped_columns(Path("params/demo"), {"customers"})
    True
    """
    sources = read_sources(folder)
    mapped = set(sources.tables)
    for table, own in sources.tables.items():
        named = {column for source in own for column in source.columns or ()}
        if table in opened and not all(source.columns for source in own):
            files = [one for one in table_files(sources, folder, table) if not one.source.columns]
            named |= {field.name for one in files[:1] for field in _fields(one)}
        mapped |= {f"{table}.{column}" for column in named}
    return mapped


def _fields(one: Input) -> Sequence[Field]:
    """The columns that a file has."""
    with contextlib.closing(_open(Store(), one)) as raw:
        return raw.fields


def _check_formats(store: Store, formats: Formats, label: str) -> None:
    for pattern in formats.dates:
        own = pattern.removeprefix(HIJRI).strip() or "%d/%m/%Y"
        if pattern.startswith(HIJRI):
            store.run(f"SET VARIABLE {HIJRI_DAYS} = {hijri_days()}")
        try:
            store.rows("SELECT try_strptime('x', ?)", [own])
            if not (_NAMES_A_DAY.search(own) or ("%" in own and own == pattern)):
                raise duckdb.InvalidInputException("it has no day, month and year, such as %d, %m and %Y")
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise ConfigurationError(
                f"{label}: dates: {pattern!r} is not a date format ({reason}). "
                f"Write it as in '%d/%m/%Y %H:%M', or {HIJRI!r}."
            ) from None


def _check_columns(canonical: Canonical) -> None:
    """Refuse a column that there is not, with what may be the reason: a mark on one would hide nothing."""
    try:
        _ = canonical.mapped
    except ConfigurationError as error:
        hint = canonical.raw.hint * ("there is no column" in str(error))
        files = "" if canonical.alone else "Where files of a table have other columns, list a source for each."
        raise ConfigurationError(" ".join(filter(None, [str(error), hint, files]))) from None
    titles = [*(field.name for field in canonical.raw.fields), *(canonical.source.columns or ())]
    for mark in canonical.source.personal or ():
        if mark.lower() not in map(str.lower, titles):
            where = f"{canonical.label}: personal"
            raise ConfigurationError(f"{where}: there is no column {mark!r}. {nearest(mark, titles)}")


def _write(store: Store, canonical: Canonical, rules: Sequence[Rule], stage: str) -> int:
    """Write the canonical rows; where DuckDB's reader does not find one row a line, the exact reader does it again."""
    raw = canonical.raw
    try:
        rows = _create(store, canonical, rules, stage)
    except duckdb.InvalidInputException:
        if raw.exact is None:
            raise
        rows = -1
    finally:
        raw.close()
    if rows == raw.rows:
        return rows
    if raw.exact is None:
        raise DataError(f"{canonical.label}: {raw.rows} rows were expected and {rows} read. Is it being written to?")
    store.drop([stage])
    return _write(store, replace(canonical, raw=raw.exact()), rules, stage)


def _create(store: Store, canonical: Canonical, rules: Sequence[Rule], stage: str) -> int:
    store.run(f"CREATE OR REPLACE TEMP VIEW reading AS {canonical.query}")
    titles = [title for title, _ in store.columns("FROM reading")]
    keep = ", ".join(name(title) for title in titles if title[0] != "_" or title == "_currency")
    faults = f"CASE WHEN _left THEN '{_LEFT}' ELSE {FAULTS} END AS {FAULTS}" if canonical.meant else FAULTS
    marked = with_faults("reading", rules, structural="_fault")
    order = " ORDER BY row" if canonical.currency else ""  # the join with rates leaves rows as they come
    # DuckDB would take what two expressions share out of both and compute it first: out of the TRY that catches its
    # failures, and for every row though it stands in a branch that few rows take.
    store.run("SET disabled_optimizers = 'common_subexpressions'")
    try:
        store.run(f"CREATE OR REPLACE TABLE {stage} AS SELECT {keep}, {faults} FROM ({marked}){order}")
    finally:
        store.run("RESET disabled_optimizers")
    return int(store.value(f"SELECT count(*) FROM {stage}"))


def _note_faults(store: Store, names: tuple[str, str], rules: Sequence[Rule], stage: str) -> None:
    """One line in the quarantine for each broken rule of each row."""
    words = {str(number): (rule.text, rule.column, rule.remedy) for number, rule in enumerate(rules)}
    words |= {fault: (str(text), "", str(remedy)) for fault, (text, remedy) in STRUCTURAL.items()}
    store.run("CREATE OR REPLACE TEMP TABLE words (key VARCHAR, rule VARCHAR, name VARCHAR, remedy VARCHAR)")
    store.con.executemany("INSERT INTO words VALUES (?, ?, ?, ?)", [(key, *rest) for key, rest in words.items()])
    store.run(
        f"INSERT INTO {QUARANTINE} SELECT ?, ?, row, rule, name, split_part(entry, chr(31), 2), remedy FROM ("
        f"SELECT row, unnest(string_split(rtrim({FAULTS}, chr(30)), chr(30))) AS entry FROM {stage} "
        f"WHERE {FAULTS} IS NOT NULL) "
        f"JOIN words ON key = split_part(entry, chr(31), 1) ORDER BY row, words.rowid",
        names,
    )


def _leave_out_repeats(store: Store, key: str, stage: str) -> int:
    """Leave out good rows with the id and the amount of an earlier one: lines that repeat their order. How many."""
    amount = next((title for title, _ in store.columns(f"SELECT * FROM {stage}") if title == "amount_cents"), key)
    of_order = f"OVER (PARTITION BY {key} ORDER BY row)"
    again = f"row_number() {of_order} > 1 AND {amount} IS NOT DISTINCT FROM first_value({amount}) {of_order}"
    rows = f"SELECT row FROM {stage} WHERE {FAULTS} IS NULL AND {key} IS NOT NULL QUALIFY {again}"
    count = int(store.value(f"SELECT count(*) FROM ({rows})"))
    store.run(f"DELETE FROM {stage} WHERE row IN ({rows})")
    return count


def _quarantine_repeats(store: Store, contract: Table, inputs: Sequence[Input], stages: Sequence[str]) -> None:
    """Keep the first good row of every id; the others join the quarantine."""
    key = contract.key
    rows = " UNION ALL ".join(
        f"SELECT {key}, row, {number} AS _stage, {FAULTS} IS NOT NULL AS _bad FROM {stage}"
        for number, stage in enumerate(stages)
    )
    repeats = repeated_keys(store.con, rows, key, order="_bad, _stage, row")  # a good one comes before any other
    if not repeats:
        return
    store.run(f"CREATE OR REPLACE TEMP TABLE repeats AS {repeats}")
    for number, (one, stage) in enumerate(zip(inputs, stages, strict=True)):
        column = (one.source.columns or {}).get(key, key)
        rows = f"SELECT row FROM repeats WHERE _stage = {number}"
        store.run(
            f"INSERT INTO {QUARANTINE} SELECT ?, ?, row, ?, ?, {key}, ? FROM repeats WHERE _stage = ? ORDER BY 3",
            [contract.name, one.label, str(REPEATED[0]), column, str(REPEATED[1]), number],
        )
        store.run(f"UPDATE {stage} SET {FAULTS} = 'repeated' WHERE row IN ({rows})")
