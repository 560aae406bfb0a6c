"""The contract of each canonical table: its columns, their kinds, and what must hold in every good row.

Everything after ingest relies on this page: money is int64 minor units ("cents"), `day` is a DATE in the workspace's
time zone, ids are text, and every row knows its `source` and `row`. The tables themselves stand in `tables.toml`;
`rules` turns the contract into rules, `canonical` turns a company's own columns into these.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

Kind = Literal["id", "text", "instant", "date", "money", "integer", "number", "boolean", "currency", "as_is"]
_TYPES = ("VARCHAR", "VARCHAR", "TIMESTAMP", "DATE", "BIGINT", "BIGINT", "DOUBLE", "BOOLEAN", "VARCHAR", "VARCHAR")
SQL_TYPES: dict[Kind, str] = dict(zip(get_args(Kind), _TYPES, strict=True))


@dataclass(frozen=True)
class TableColumn:
    """One column of a canonical table.

    `name` is what a mapping calls it; money is stored under `stored_as`, in minor units. A `required` column must be
    mapped, and no cell may be empty; an `optional` one exists only where it is mapped, while others exist and are
    empty; one that is both may be left out as a whole, by all sources of the table alike. `low` and `high` are the
    smallest and largest allowed value, in the units of a mapping (money in whole units). Dates that may lie `in_future`
    may lie after the workspace's `as_of` (an agreed end, say).
    """

    name: str
    kind: Kind
    required: bool = False
    optional: bool = False
    low: float | None = None
    high: float | None = None
    in_future: bool = False

    @property
    def needed(self) -> bool:
        """Whether there is no table without it."""
        return self.required and not self.optional

    @property
    def stored_as(self) -> str:
        """The column's name in the canonical table."""
        return f"{self.name}_cents" if self.kind == "money" else self.name


@dataclass(frozen=True)
class Table:
    """A canonical table.

    No two rows may share its `key`; `day` is the calendar day of `dated_by` ("" where there is none). `money_on` is
    the date or instant by whose day amounts in another currency are converted ("" where there are none). `in_order`
    holds pairs of dates or instants of which the second may not come before the first. `extra` is the kind of any
    further column that a mapping may add, `extra_prefix` how its name must start.
    """

    name: str
    columns: tuple[TableColumn, ...]
    key: str = ""
    dated_by: str = ""
    money_on: str = ""
    in_order: tuple[tuple[str, str], ...] = ()
    extra: Kind | Literal[""] = ""
    extra_prefix: tuple[str, ...] = ("",)

    def column(self, name: str) -> TableColumn | None:
        """The declared column of that name, or one made from `extra`; None if the table takes no such column.

        >>> TABLES["surveys"].column("rating_speed").kind
        'number'
        """
        for column in self.columns:
            if column.name == name:
                return column
        if self.extra and name.startswith(self.extra_prefix) and name not in RESERVED and not name.startswith("_"):
            return TableColumn(name, self.extra, optional=True)
        return None

    @property
    def takes_source(self) -> bool:
        """Whether `source` is the file's name; in `benchmarks` it is declared and says who published the value."""
        return all(column.name != "source" for column in self.columns)


def _table(name: str, columns: list[list[Any]], in_order: Sequence[Sequence[str]] = (), **settings: Any) -> Table:
    declared = tuple(TableColumn(*column[:2], **(column[2] if len(column) > 2 else {})) for column in columns)
    pairs = tuple((first, second) for first, second in in_order)
    if prefix := settings.get("extra_prefix"):
        settings["extra_prefix"] = tuple(prefix)
    return Table(name, declared, in_order=pairs, **settings)


RESERVED = frozenset({"source", "row", "day"})
_DECLARED = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
TABLES = {name: _table(name, **content) for name, content in _DECLARED.items()}
GUESSED = tuple(name for name in TABLES if name != "order_lines")  # a file of lines is taken for transactions
