"""Mapping expressions: a company's own columns, said in one SQL expression, made safe to run.

An expression is parsed, never pasted: it must be exactly one expression over one row, and only functions of a closed
list may stand in it, so that a mapping cannot read files, look elsewhere or depend on the clock. Text in arithmetic is
read as an exact decimal number, so ``Quantity * Price`` works on a CSV file and never drifts through binary floats.
"""

import contextlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from cxlib.data.casts import stored_number
from cxlib.errors import ConfigurationError, nearest

_OFFERED = """
    abs cast ceil ceiling coalesce concat concat_ws contains date date_add date_diff date_part date_sub date_trunc day
    dayofweek ends_with epoch_ms extract floor format greatest hour if ifnull instr json_extract json_extract_path_text
    json_extract_string least left length lower lpad ltrim make_date make_timestamp md5 minute month nullif quarter
    regexp_extract regexp_full_match regexp_matches regexp_replace replace reverse right round rpad rtrim second sha256
    sign split_part starts_with strftime string_split strip_accents strpos strptime substr substring timezone
    to_timestamp translate trim trunc try_cast try_strptime upper year
"""
FUNCTIONS = frozenset(_OFFERED.split())
# What sqlglot calls those that it knows by another name, and the operators that it takes for functions.
_SQLGLOT = """
    and at_time_zone case date_from_parts json_extract_scalar not or pad regexp_like sha2 split str_position str_to_time
    time_to_str timestamp timestamp_from_parts timestamp_trunc ts_or_ds_to_date unix_to_time
"""
_ALLOWED = FUNCTIONS | frozenset(_SQLGLOT.split())
LONGEST, DEEPEST, WIDEST = 10_000, 20, 1_000  # characters, brackets within each other, and characters padded to
_REMEDY = (
    "Write a column's name, or one expression such as: Quantity * Price; a name with blanks or signs stands in it in "
    'double quotes, such as "Unit Price".'
)
_PLAIN = re.compile(r"[^\W\d]\w*")  # a name that needs no quotes
_WORDS = re.compile(r"(?!(?:select|not) )\w+ \w+", re.IGNORECASE)  # SQL sees a new name, or a command
_ZONED = r":\d\d(:\d\d(\.\d+)?)? ?(Z|[A-Z]{3,4}|[A-Z]\w+/[\w/]+|[+-]\d\d(:?\d\d)?) *$"  # a time of day with its offset
_UTC_CALL = re.compile(r"^EPOCH_MS\(|^(TRY_)?STRPTIME\(.*(?<!%)(Z|UTC|GMT|[+-]00:?00)'\)$", re.DOTALL)
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod, exp.Neg)
_FREE_WIDTH = re.compile(r"{[^}]*({|\d{4})")  # of a format: one that a value gives, or of four digits
_FRACTIONAL = ("DECIMAL", "DOUBLE", "REAL")
_COMPARISON = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In)
_ORDERING = (exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between)
_FORBIDDEN = (
    *(exp.Query, exp.Table, exp.Window, exp.AggFunc, exp.Star, exp.Placeholder, exp.Parameter, exp.Columns),
    *(exp.Command, exp.DDL, exp.DML, exp.Drop, exp.Lambda, exp.SessionParameter),
)


@dataclass(frozen=True)
class Field:
    """A column that an expression may name: how the reader of `sources.yaml` calls it, its SQL name and SQL type."""

    name: str
    sql: str
    type: str


@dataclass(frozen=True)
class Resolved:
    """An expression over SQL names, the fields that it uses in order, and those read as exact decimal numbers first.

    A field that is read as a number stands in it under `number_name`.
    """

    sql: str
    fields: tuple[Field, ...]
    numbers: tuple[Field, ...] = ()

    @property
    def is_column(self) -> bool:
        """Whether it is a bare column."""
        return len(self.fields) == 1 and self.sql == self.fields[0].sql


def number_name(field: Field) -> str:
    """SQL name of a field that is read as an exact decimal number."""
    return f"_n{field.sql}"


def parse_expression(text: str, *, where: str) -> exp.Expression:
    """Parse one SQL expression and refuse everything that is more than that; `where` is what an error calls it."""
    try:
        trees = _parse(text, where)
    except SqlglotError as error:
        reason = str(error).splitlines()[0].split(" Line ")[0].rstrip(". ")
        raise ConfigurationError(f"{where}: {text!r} is not a SQL expression ({reason}). {_REMEDY}") from None
    if len(trees) != 1:
        raise ConfigurationError(f"{where}: {text!r} holds {len(trees)} expressions instead of one. {_REMEDY}")
    tree = trees[0]
    for node in tree.walk():
        _refuse(node, text, where)
    if not isinstance(tree, exp.Condition):  # everything that has a value for a row is one, no statement is
        raise ConfigurationError(f"{where}: {text!r} is neither a column's name nor one expression. {_REMEDY}")
    return tree


def refuse_statements(text: str, *, where: str) -> None:
    """Refuse what cannot be an expression whatever the file's columns are called.

    Before the file is read, ``Price (GBP)`` and ``Create Date`` may be columns; ``select 1`` and ``a; b`` may not.
    """
    if _WORDS.fullmatch(text):
        return
    try:
        trees = _parse(text, where)
    except SqlglotError:
        return
    sound = len(trees) == 1 and isinstance(trees[0], exp.Condition | exp.Alias)
    if not sound or any(isinstance(node, _FORBIDDEN) for node in trees[0].walk()):
        parse_expression(text, where=where)


def _parse(text: str, where: str) -> list[exp.Expression]:
    depth = max(accumulate((char in "([{") - (char in ")]}") for char in text), default=0)
    if len(text) > LONGEST or depth > DEEPEST:
        raise _too_much(text, where)
    try:
        return [tree for tree in sqlglot.parse(text, read="duckdb") if tree is not None]
    except RecursionError:
        raise _too_much(text, where) from None


def _too_much(text: str, where: str) -> ConfigurationError:
    beginning = f"{text[:40]}..."
    return ConfigurationError(
        f"{where}: {beginning!r} nests or goes on further than an expression may: at most {LONGEST:,} characters and "
        f"{DEEPEST} brackets within each other. Prepare this column in the file."
    )


def _refuse(node: exp.Expression, text: str, where: str) -> None:
    if isinstance(node, _FORBIDDEN):
        what = "an aggregate" if isinstance(node, exp.AggFunc) else f"a {type(node).__name__.lower()}"
        raise ConfigurationError(
            f"{where}: {text!r} is not one expression over the columns of a row: {what} is not allowed. {_REMEDY}"
        )
    if isinstance(node, exp.Func) and not _names(node) & _ALLOWED:
        name = _sql(node).partition("(")[0].lower()
        hint = f"{nearest(name, FUNCTIONS).partition('Allowed:')[0]}'cx tables' lists those that it may."
        raise ConfigurationError(f"{where}: {text!r} uses {name}, which a mapping may not. {hint}")
    if isinstance(node, exp.Pad | exp.Format) and not _has_bounded_width(node):
        raise ConfigurationError(
            f"{where}: {text!r} pads to a width that is no plain number up to {WIDEST:,}. Write such a number."
        )


def _has_bounded_width(node: exp.Pad | exp.Format) -> bool:
    """Whether what a text is padded to is written in the expression, and small: a cell could ask for gigabytes."""
    width = node.expression if isinstance(node, exp.Pad) else node.this
    if not isinstance(width, exp.Literal):
        return False
    if isinstance(node, exp.Pad):
        return width.is_int and int(width.this) <= WIDEST
    return width.is_string and not _FREE_WIDTH.search(width.this.replace("{{", ""))


def _names(node: exp.Func) -> set[str]:
    if isinstance(node, exp.Anonymous):
        return {str(node.this).lower()}
    return {name.lower() for name in node.sql_names()}


def resolve(text: str, fields: Sequence[Field], *, where: str, decimal: str = ".") -> Resolved:
    """Find the columns that an expression names.

    A text that is a column's name is that column, whatever capitals it has and blanks are between its words; names are
    otherwise read as SQL reads them, and where that fails those with blanks are put in quotes. `decimal` is how text
    writes decimals: what the file has as numbers is written so in text.
    """
    for spelling in (str, _one_line, _plainly):
        for field in fields:
            if spelling(field.name) == spelling(text):
                return Resolved(field.sql, (field,))
    try:
        return _resolve(text, fields, where, decimal)
    except ConfigurationError as error:
        quoted = _with_quoted_names(text, fields)
        if quoted == text:
            raise
        with contextlib.suppress(ConfigurationError):
            return _resolve(quoted, fields, where, decimal)
        raise error from None


def _resolve(text: str, fields: Sequence[Field], where: str, decimal: str) -> Resolved:
    if _WORDS.fullmatch(text):
        raise _unknown(text, fields, text, where)
    try:
        return _resolved(parse_expression(text, where=where), fields, text, where, decimal)
    except RecursionError:
        raise _too_much(text, where) from None


def _with_quoted_names(text: str, fields: Sequence[Field]) -> str:
    """The expression with quotes around names that SQL would take for more than a name, the longest first."""
    names = sorted((_one_line(field.name) for field in fields if not _PLAIN.fullmatch(field.name)), key=len)
    spelled = "|".join(re.escape(name).replace(r"\ ", r"\s+") for name in reversed(names))
    pattern = re.compile(rf"('[^']*'|\"[^\"]*\")|(?<!\w)({spelled})(?!\w)", re.IGNORECASE)
    quoted = pattern.sub(lambda part: part[1] or exp.to_identifier(_one_line(part[2]), quoted=True).sql("duckdb"), text)
    return quoted if names else text


def _resolved(tree: exp.Expression, fields: Sequence[Field], text: str, where: str, decimal: str) -> Resolved:
    used: dict[str, Field] = {}
    numbers: dict[str, Field] = {}
    for column in list(tree.find_all(exp.Column)):
        field = _find(column, fields, text, where)
        used[field.sql] = field
        as_number = _read_as_number(column, field, where, decimal)
        if as_number:
            numbers[field.sql] = field
        tree = _replace(tree, column, exp.column(number_name(field) if as_number else field.sql))
    tree = _written_out(tree, {field.sql: field.type for field in used.values()}, decimal)
    tree = _local_clocks(tree, {field.sql: field.type for field in used.values()})
    return Resolved(_sql(tree), tuple(used.values()), tuple(numbers.values()))


def _written_out(tree: exp.Expression, types: Mapping[str, str], decimal: str) -> exp.Expression:
    """Numbers that an expression makes text of, as the source writes numbers: they may be read as such again."""
    for node in list(tree.walk()):
        parent, text = _outer(node)[1], _sql(node)
        if isinstance(node, exp.JSONExtractScalar) and decimal != "." and not isinstance(parent, exp.Cast):
            number, kind = stored_number(text, decimal), f"JSON_TYPE({_sql(node.this)}, {_sql(node.expression)})"
            tree = _replace(tree, node, _read(f"CASE {kind} WHEN 'DOUBLE' THEN {number} ELSE {text} END"))
        elif isinstance(node, exp.JSONExtract) and not isinstance(node, exp.JSONExtractScalar):
            tree = _replace(tree, node, exp.Paren(this=node.copy()))  # an argument with an arrow would be a lambda
        elif isinstance(node, exp.Format):
            tree = _replace(tree, node, _read(f"REPLACE({text}, '.', '{decimal}')"))  # it knows no other point
        elif _takes_text(parent) and _is_fractional(node, types, decimal):
            tree = _replace(tree, node, _read(stored_number(f"CAST({text} AS VARCHAR)", decimal)))
    return tree


def _takes_text(node: exp.Expression | None) -> bool:
    is_cast = isinstance(node, exp.Cast) and _sql(node.to) == "TEXT"
    return is_cast or isinstance(node, exp.DPipe | exp.Concat | exp.ConcatWs)


def _is_fractional(node: exp.Expression, types: Mapping[str, str], decimal: str) -> bool:
    if isinstance(node, exp.Column):
        return types.get(node.sql(), "").startswith(("DOUBLE", "FLOAT", "DECIMAL")[: 2 + (decimal != ".")])
    to_number = isinstance(node, exp.Cast) and _sql(node.to).startswith(_FRACTIONAL)
    return decimal != "." and (to_number or isinstance(node, (*_ARITHMETIC, exp.Round, exp.Abs)))


def _replace(tree: exp.Expression, node: exp.Expression, new: exp.Expression) -> exp.Expression:
    if node is tree:
        return new
    node.replace(new)
    return tree


def _local_clocks(tree: exp.Expression, types: Mapping[str, str]) -> exp.Expression:
    """Days and times of the workspace's zone where DuckDB would give those of UTC.

    A cast of a text drops its offset, so 23:30Z would be a day of UTC; so would milliseconds since 1970, and a text
    that is read by a format with a Z. An expression that speaks of zones itself is left as it is.
    """
    if any(isinstance(node, exp.AtTimeZone) or _is_call(node, "timezone") for node in tree.walk()):
        return tree
    tree = _read(_sql(tree))  # date(x) is a cast now, too
    for node in reversed(list(tree.find_all(exp.Cast))):  # the innermost first
        text, target = node.this.unnest(), _sql(node.to)
        is_text = text.find(exp.Column) and types.get(text.sql(), "VARCHAR") == "VARCHAR" and _ZONED not in text.sql()
        if target in {"DATE", "TIMESTAMP"} and is_text:
            cast, inner, plain = "TRY_CAST" if isinstance(node, exp.TryCast) else "CAST", _sql(text), _sql(node)
            local = f"{cast}({cast}({inner} AS TIMESTAMPTZ) AS {target})"
            zoned = f"REGEXP_MATCHES(CAST({inner} AS TEXT), '{_ZONED}')"
            tree = _replace(tree, node, _read(f"CASE WHEN {zoned} THEN {local} ELSE {plain} END"))
    for node in list(tree.find_all(exp.Func)):
        sql = _sql(node)
        of_time = any(types.get(column.sql(), "")[:4] in {"DATE", "TIME"} for column in node.find_all(exp.Column))
        if _UTC_CALL.search(sql) and not of_time:  # of a time, epoch_ms is a number
            tree = _replace(tree, node, _read(f"TIMEZONE('UTC', {sql})"))
    return tree


def _read(sql: str) -> exp.Expression:
    return sqlglot.parse_one(sql, read="duckdb")


def _sql(tree: exp.Expression) -> str:
    text: str = tree.sql(dialect="duckdb", comments=False)
    return text


def _is_call(node: exp.Expression, name: str) -> bool:
    return isinstance(node, exp.Anonymous) and str(node.this).lower() == name


def _find(column: exp.Column, fields: Sequence[Field], text: str, where: str) -> Field:
    name = ".".join(part.name for part in column.parts)
    for spelling in (str, str.lower, _plainly):
        for field in fields:
            if spelling(field.name) == spelling(name):
                return field
    raise _unknown(name, fields, text, where)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _plainly(text: str) -> str:
    return _one_line(text).casefold()


def _unknown(name: str, fields: Sequence[Field], text: str, where: str) -> ConfigurationError:
    context = "" if name == text else f" (in {text!r})"
    allowed = nearest(name, [field.name for field in fields])
    return ConfigurationError(f"{where}: there is no column {name!r}{context}. {allowed}")


def _outer(node: exp.Expression) -> tuple[exp.Expression, exp.Expression | None]:
    while isinstance(node.parent, exp.Paren):
        node = node.parent
    return node, node.parent


def _read_as_number(column: exp.Column, field: Field, where: str, decimal: str) -> bool:
    node, parent = _outer(column)
    if isinstance(parent, _ARITHMETIC):
        return field.type in {"VARCHAR", "DOUBLE", "FLOAT"}
    if isinstance(parent, exp.Cast) and decimal != "." and _sql(parent.to).startswith(_FRACTIONAL):
        return field.type == "VARCHAR"  # SQL would take 1.234 for one and a bit
    if not (isinstance(parent, _COMPARISON) and field.type == "VARCHAR"):
        return False
    others = [other for other in parent.iter_expressions() if other is not node]
    if isinstance(parent, _ORDERING) and any(isinstance(other.unnest(), exp.Column) for other in others):
        raise ConfigurationError(
            f"{where}: {field.name!r} is text and is compared with another column. "
            f"Say what they are, such as cast({field.name} as decimal(18, 2)) or cast({field.name} as date)."
        )
    return any(_is_number(other) for other in others)


def _is_number(node: exp.Expression) -> bool:
    node = node.unnest()
    return isinstance(node, _ARITHMETIC) or (isinstance(node, exp.Literal) and not node.is_string)
