"""A raw relation and its mapping -> one query that gives the canonical table, and where every column came from.

The query is a pile of selects, each of which uses the names of the one below: the raw cells (``c0``), those read as
exact numbers (``_nc0``), the mapped expressions (``_v0``), their canonical values (``_t0``), and at the top the
canonical names with the raw text (``_r0``), the reading faults (``_u0``) and the workspace's own conditions (``_k0``).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import duckdb

from cxlib.data.casts import Formats, as_text, canonical_value, converted_money, exact_number, is_blank, name, quote
from cxlib.data.connect import Store
from cxlib.data.exchange import Exchange, as_written, tells_currency
from cxlib.data.mapping import Field, Resolved, number_name, resolve
from cxlib.data.reading.raw import Raw
from cxlib.data.rules import NAMED, NO_CURRENCY, NO_RATE, NOT_MEANT, Place, Rule, make_rule
from cxlib.data.sources import TableSource
from cxlib.data.tables import SQL_TYPES, Table, TableColumn
from cxlib.errors import ConfigurationError, nearest
from cxlib.language import currency_decimals


@dataclass(frozen=True)
class Mapped:
    """A canonical column and the expression that gives it."""

    number: int
    column: TableColumn
    resolved: Resolved
    type: str

    @property
    def label(self) -> str:
        """What the source calls it."""
        return ", ".join(field.name for field in self.resolved.fields) or self.column.name

    @property
    def read_from(self) -> tuple[str, str]:
        """SQL name and type of what its canonical value is read from."""
        if self.resolved.is_column:
            return self.resolved.sql, self.resolved.fields[0].type
        return f"_v{self.number}", self.type


@dataclass(frozen=True)
class Canonical:
    """A source in canonical form, as a query that is not run yet.

    `source` holds its mapping and rules, `formats` how it writes dates and numbers; `label` is what it is called in
    errors and in the `source` column; `exchange` turns amounts of other currencies into that of the `formats`. A row's
    number as an id is told apart from those of the table's other files where it is not `alone`.
    Expressions are bound in the store, to learn their types.
    """

    store: Store
    contract: Table
    raw: Raw
    source: TableSource
    formats: Formats
    label: str
    exchange: Exchange
    alone: bool = True

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """What an expression may name: the source's columns, and the number of the row."""
        named = any(field.name.lower() == "row" for field in self.raw.fields)
        return (*self.raw.fields, *([] if named else [Field("row", "row", "BIGINT")]))

    @cached_property
    def mapped(self) -> tuple[Mapped, ...]:
        """Every canonical column that the source fills."""
        mapped = []
        for number, (target, text) in enumerate(self._texts().items()):
            where = f"{self.label}: columns: {target}"
            resolved = resolve(text, self.fields, where=where, decimal=self.formats.decimal)
            column = self.contract.column(target)
            if column is None:
                raise ConfigurationError(f"{where}: {self.contract.name} takes no such column.")
            if column.kind == "currency" and self.contract.money_on and not self._names_money:
                column = replace(column, kind="as_is")  # where there is no amount it is an attribute like others
            mapped.append(Mapped(number, column, resolved, self._type(resolved, self.fields, text, where)))
        return tuple(mapped)

    @cached_property
    def _names_money(self) -> bool:
        texts = self.source.columns or [field.name for field in self.raw.fields]
        return any(column.kind == "money" and column.name in texts for column in self.contract.columns)

    @cached_property
    def money(self) -> tuple[Mapped, ...]:
        """What amounts are mapped to."""
        return tuple(one for one in self.mapped if one.column.kind == "money")

    @cached_property
    def currency(self) -> Mapped | None:
        """What the currency of amounts is mapped to; None where all are in the workspace's."""
        return next((one for one in self.mapped if one.column.kind == "currency" and self.money), None)

    @cached_property
    def unmapped_currency(self) -> Field | None:
        """The source's column that seems to name the currency of amounts, where nothing is mapped to it."""
        used = {field.sql for one in self.money for field in one.resolved.fields}
        fields = [field for field in self.raw.fields if tells_currency(field.name) and field.sql not in used]
        told = self.currency or self.source.currency
        return fields[0] if fields and self.money and not told else None

    def _texts(self) -> dict[str, str]:
        texts = self._own_texts()
        if self.source.currency and self._names_money:
            texts.pop("currency", "")
            if self.source.currency != self.formats.currency:
                texts["currency"] = quote(self.source.currency)
        return texts

    def _own_texts(self) -> dict[str, str]:
        if self.source.columns is not None:
            return dict(self.source.columns)
        texts = {field.name: field.name for field in self.raw.fields if self.contract.column(field.name)}
        for column in self.contract.columns:
            if column.needed and column.name not in texts:
                hint = nearest(column.name, [field.name for field in self.raw.fields])
                raise ConfigurationError(
                    f"{self.label}: there is no column {column.name!r}, which every row needs. "
                    f"{hint} Set 'columns: {{{column.name}: ...}}' in sources.yaml."
                )
        return texts

    def _type(self, resolved: Resolved, fields: Sequence[Field], text: str, where: str) -> str:
        if resolved.is_column:
            return resolved.fields[0].type
        numbers = {field.sql for field in resolved.numbers}
        columns = [f"CAST(NULL AS {field.type}) AS {field.sql}" for field in fields]
        columns += [f"CAST(NULL AS DECIMAL(26, 8)) AS _n{sql}" for sql in numbers]
        try:
            return self.store.columns(f"SELECT {resolved.sql} AS x FROM (SELECT {', '.join(columns)})")[0][1]
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            for field in fields:
                reason = reason.replace(number_name(field), field.name)
            raise ConfigurationError(
                f"{where}: {text!r} does not fit the columns of the file ({reason}). "
                "Text has to be cast first, such as cast(price as decimal(18, 2))."
            ) from None

    @cached_property
    def conditions(self) -> tuple[Resolved, ...]:
        """The workspace's own rules, over the source's columns or, where it has no such column, the canonical ones."""
        return tuple(self._condition(text, f"rules: {rule}") for rule, text in self.source.rules.items())

    @cached_property
    def meant(self) -> Resolved | None:
        """The condition of the rows that are meant; None where all are."""
        return self._condition(self.source.where, "where") if self.source.where else None

    def _condition(self, text: str, place: str) -> Resolved:
        taken = {field.name.lower() for field in self.raw.fields}
        fields = (*self.fields, *(field for field in self._canonical_fields() if field.name.lower() not in taken))
        where = f"{self.label}: {place}"
        resolved = resolve(text, fields, where=where, decimal=self.formats.decimal)
        if (type_ := self._type(resolved, fields, text, where)) != "BOOLEAN":
            raise ConfigurationError(
                f"{where}: {text!r} gives {type_}, not true or false. Write a condition, such as amount > 0."
            )
        return resolved

    @property
    def _decimals(self) -> int:
        return currency_decimals(self.formats.currency)

    def _canonical_fields(self) -> list[Field]:
        fields = []
        for one in self.mapped:
            kind = one.column.kind
            type_ = one.type.removesuffix(" WITH TIME ZONE") if kind == "as_is" else SQL_TYPES[kind]
            fields.append(Field(one.column.stored_as, f"_t{one.number}", type_))
            if kind == "money":
                fields.append(Field(one.column.name, f"_a{one.number}", f"DECIMAL(18, {self._decimals})"))
            if one.column.name == self.contract.dated_by:
                fields.append(Field("day", f"_d{one.number}", "DATE"))
        return fields

    @property
    def query(self) -> str:
        """SQL of the canonical table with `_fault`, `_fault_text`, `_r`, `_u` and `_k` columns.

        Where there is a condition of the rows that are meant, `_left` marks the others, and `_unknown` those that it
        cannot be computed of.
        """
        expressions = [*(one.resolved for one in self.mapped), *self.conditions, *filter(None, [self.meant])]
        numbers = {field.sql: field for resolved in expressions for field in resolved.numbers}
        read = [f"{exact_number(one.sql, one.type, self.formats)} AS {number_name(one)}" for one in numbers.values()]
        computed = [one for one in self.mapped if not one.resolved.is_column]
        values = [f"TRY({one.resolved.sql}) AS _v{one.number}" for one in computed]
        query = _on_top(_on_top(self.raw.query, read), values)
        first = self._before_amounts
        if self.currency:
            query = _on_top(query, [part for one in first for part in self._values(one)])
            day = next((f"_t{one.number}" for one in first if one is not self.currency), "")
            query = self.exchange.join(query, f"_t{self.currency.number}", day)
        rest = [one for one in self.mapped if one not in first]
        query = _on_top(query, [part for one in rest for part in self._values(one)])
        met = [f"coalesce(TRY({rule.sql}), false) AS _k{number}" for number, rule in enumerate(self.conditions)]
        if self.meant:
            met += [f"TRY({self.meant.sql}) AS _meant", f"({_failed(self.meant)}) AS _unknown"]
        return f"SELECT {', '.join(self._names())} FROM ({_on_top(query, met)})"

    @property
    def _before_amounts(self) -> tuple[Mapped, ...]:
        """What has to be known of a row before its amounts: their currency, and the day of its rate."""
        names = {"currency", self.contract.money_on} if self.currency else set()
        return tuple(one for one in self.mapped if one.column.name in names)

    def _value(self, one: Mapped) -> str:
        sql, type_ = one.read_from
        value = canonical_value(one.column.kind, sql, type_, self.formats)
        if sql == "row" and one.column.kind == "id" and not self.alone:
            value = f"{quote(self.label + ':')} || {value}"
        if one.column.kind != "money" or not self.currency:
            return value
        code, own, codes = f"_t{self.currency.number}", quote(self.formats.currency), self.exchange.codes or ()
        # An amount that cannot be converted is 0 here; its row is set aside, or all of it stops.
        other = converted_money(sql, type_, self.formats, codes, code, "_rate") if codes else "0"
        return (
            f"CASE WHEN coalesce({code}, {own}) = {own} THEN {value} WHEN {is_blank(sql, type_)} THEN NULL "
            f"WHEN _rate IS NULL THEN 0 ELSE {other} END"
        )

    def _values(self, one: Mapped) -> list[str]:
        values = [f"{self._value(one)} AS _t{one.number}"]
        if one.column.kind == "money":
            unit = f"{10**-self._decimals:.{self._decimals}f}"
            values.append(f"CAST(_t{one.number} AS DECIMAL(18, 0)) * {unit} AS _a{one.number}")
        if one.column.name == self.contract.dated_by:
            values.append(f"CAST(_t{one.number} AS DATE) AS _d{one.number}")
        return values

    def _names(self) -> list[str]:
        mapped = {one.column.name: one for one in self.mapped}
        names = []
        for column in (*self.contract.columns, *(one.column for one in self.mapped if one.column.optional)):
            if column.name in mapped:
                names.append(f"_t{mapped[column.name].number} AS {name(column.stored_as)}")
            elif not column.optional:
                names.append(f"{self._unmapped(column)} AS {name(column.stored_as)}")
        dated = mapped.get(self.contract.dated_by)
        if self.contract.dated_by:
            names.append(f"_d{dated.number} AS day" if dated else "CAST(NULL AS DATE) AS day")
        if self.contract.takes_source:
            names.append(f"{quote(self.label)} AS source")
        names += self._flags()
        names += ["row", "fault AS _fault", "fault_text AS _fault_text"]
        names += [f"{_as_read(one.resolved)} AS _r{one.number}" for one in self.mapped]
        names += [f"{self._unreadable(one)} AS _u{one.number}" for one in self.mapped]
        for number, rule in enumerate(self.conditions):
            names += [f"{_as_read(rule)} AS _q{number}", f"_k{number}"]
        if self.meant:
            left = "NOT coalesce(_meant, _unknown) AND fault IS NULL AS _left"
            names += [left, "_unknown AND fault IS NULL AS _unknown", f"{_as_read(self.meant)} AS _qw"]
        return list(dict.fromkeys(names))

    def _flags(self) -> list[str]:
        """Whether a row's amount has no currency, or one without rates; or what its unmapped currency seems to be."""
        if field := self.unmapped_currency:
            return [f"{as_written(as_text(field.sql, field.type))} AS _currency"]
        if self.currency is None:
            return []
        code, own = f"_t{self.currency.number}", quote(self.formats.currency)
        has_amount = " OR ".join(f"NOT {is_blank(*one.read_from)}" for one in self.money)
        return [
            f"({code} IS NULL AND NOT {self._unreadable(self.currency)} AND ({has_amount})) AS _no_currency",
            f"(coalesce({code} <> {own}, false) AND _rate IS NULL AND ({has_amount})) AS _no_rate",
        ]

    def _unmapped(self, column: TableColumn) -> str:
        if column.name == self.contract.key:  # a table without ids gets them from where its rows stand
            return f"{quote(self.label + ':')} || CAST(row AS VARCHAR)"
        return f"CAST(NULL AS {SQL_TYPES[column.kind]})"

    def _unreadable(self, one: Mapped) -> str:
        sql, type_ = one.read_from
        lost = f"NOT {is_blank(sql, type_)}"
        if not one.resolved.is_column:
            lost = f"({lost}) OR {_failed(one.resolved)}"
        return f"CASE WHEN _t{one.number} IS NULL THEN {lost} ELSE false END"

    @property
    def places(self) -> dict[str, Place]:
        """Where each canonical column came from."""
        return {
            one.column.name: Place(one.label, f"_r{one.number}", f"_u{one.number}", one.type) for one in self.mapped
        }

    @property
    def currency_rules(self) -> list[Rule]:
        """The rules of rows that name their currency, where there are rates."""
        if self.currency is None:
            return []
        rules = [make_rule(NO_CURRENCY, self.places["currency"], "_no_currency")]
        has_rates = self.exchange.codes is not None
        return [*rules, make_rule(NO_RATE, self.places["currency"], "_no_rate")] if has_rates else rules

    @property
    def named_rules(self) -> list[Rule]:
        """The workspace's own rules as rules over the query."""
        unknown = []
        if self.meant:
            columns = ", ".join(field.name for field in self.meant.fields)
            text, remedy = map(str, NOT_MEANT)
            unknown.append(Rule(text, remedy, columns, "_unknown", "_qw"))
        return unknown + [
            Rule(title, str(NAMED), ", ".join(field.name for field in rule.fields), f"NOT _k{number}", f"_q{number}")
            for number, (title, rule) in enumerate(zip(self.source.rules, self.conditions, strict=True))
        ]


def _failed(resolved: Resolved) -> str:
    """SQL of whether an expression cannot be computed of a row, or a number in it cannot be read."""
    unread = [f"({number_name(n)} IS NULL AND NOT {is_blank(n.sql, n.type)})" for n in resolved.numbers]
    return " OR ".join([f"TRY([{resolved.sql}]) IS NULL", *unread])


def _on_top(query: str, columns: Sequence[str]) -> str:
    return f"SELECT *, {', '.join(columns)} FROM ({query})" if columns else query


def _as_read(resolved: Resolved) -> str:
    """The raw cells that an expression looks at, as a person reads them."""
    fields = resolved.fields
    if not fields:
        return "CAST(NULL AS VARCHAR)"
    if len(fields) == 1:
        return as_text(fields[0].sql, fields[0].type)
    parts = [f"{quote(field.name + ': ')} || coalesce({as_text(field.sql, field.type)}, '')" for field in fields]
    return " || ', ' || ".join(parts)
