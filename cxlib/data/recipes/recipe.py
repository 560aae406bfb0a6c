"""A recipe: how the export of a known program is recognised by its columns, and how it is read.

It is a YAML file beside this one, made of the settings of `sources.yaml`. A column, or `where`, may be a list: of its
expressions the first counts whose columns the file has, and where none fits, the column is left out. A name in braces
stands for what its pattern under `find` takes from the titles of the file: a time zone, or the words of a question.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from cxlib.data.tables import TABLES
from cxlib.errors import ConfigurationError, nearest
from cxlib.strict_yaml import read_own

_FOLDER = Path(__file__).parent
_HEADLESS = (".sav", ".zsav", ".dta")  # whose names of columns are no rows


@dataclass(frozen=True)
class Recipe:
    """How one export is read, in one of its versions.

    `source` is the public page that describes it, `read` the day on which it was looked at; where neither that page nor
    public samples show the titles, it is not `confirmed`. Each of the `titles` tells it from others: one of several
    texts, or what a pattern finds. `tables` hold the settings of a source but for its path. What the brackets of a
    pattern under `find` take is what its name in braces stands for. Settings that are `unsure` differ from one account
    to the next. `names` are the titles of the file at hand; none where it is not known yet.
    """

    name: str
    version: int
    what: str
    source: str
    read: str
    confirmed: bool
    titles: tuple[tuple[str, ...], ...]
    tables: Mapping[str, Mapping[str, Any]]
    find: Mapping[str, str]
    unsure: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def lacks(self, names: Sequence[str]) -> list[str]:
        """The titles that tell the export from others and that a file with these columns has not."""
        taken, present = self.fitted(names)._taken, set(map(_plain, names))
        has = [any(_plain(title) in present or title.strip("{}") in taken for title in one) for one in self.titles]
        return [one[0] for one, here in zip(self.titles, has, strict=True) if not here]

    def fitted(self, names: Sequence[str]) -> Recipe:
        """The recipe for a file with these columns."""
        return replace(self, names=tuple(name.strip() for name in names))

    def sources(self, path: str | Path) -> dict[str, dict[str, Any]]:
        """Of each table the settings of a source that reads the file at `path`, as they stand in `sources.yaml`.

        >>> read_recipe("zendesk-tickets").sources("tickets.csv")["tickets"]["columns"]["ticket_id"]
        'Id'
        """
        return {table: {"path": str(path), **self.settings(table, path)} for table in self.tables}

    def settings(self, table: str, path: str | Path = "") -> dict[str, Any]:
        """The settings of a source of that table, but for its path; a ConfigurationError where it has none."""
        if table not in self.tables:
            makes = ", ".join(self.tables)
            raise ConfigurationError(f"the recipe {self.name!r} reads {makes}, and not {table}")
        settings = dict(self.tables[table])
        required = {column.name for column in TABLES[table].columns if column.required}
        columns = {name: self._chosen(texts, name in required) for name, texts in settings.pop("columns").items()}
        where = self._chosen(settings.pop("where", ""), required=False)
        plain = {name: self._filled(value) for name, value in settings.items()}
        if Path(path).suffix.lower() in _HEADLESS:
            plain.pop("header", None)
        plain = {name: value for name, value in plain.items() if "{" not in str(value)}
        columns = {name: text for name, text in columns.items() if text}
        return {"columns": columns, **({"where": where} if where else {}), **plain}

    def _chosen(self, texts: str | Sequence[str], required: bool) -> str:
        """The first expression whose columns the file has; where one is required it is missed by its own names."""
        alternatives = [self._filled(text) for text in ([texts] if isinstance(texts, str) else texts)]
        otherwise = alternatives[0] if required or not self.names else ""
        return next((text for text in alternatives if _fits(text, self.names)), otherwise)

    @property
    def _taken(self) -> dict[str, str]:
        """What each pattern takes from the first title that it fits."""
        found = {
            name: [match[1] for title in self.names if (match := re.fullmatch(pattern, title.strip(), re.IGNORECASE))]
            for name, pattern in self.find.items()
        }
        return {name: texts[0] for name, texts in found.items() if texts}

    def _filled(self, value: Any) -> Any:
        for name, text in self._taken.items() if isinstance(value, str) else ():
            value = value.replace(f"{{{name}}}", text.replace('"', '""'))
        return value


def _plain(title: str) -> str:
    return " ".join(title.split()).casefold()


def _fits(text: str, names: Sequence[str]) -> bool:
    from cxlib.data.mapping import Field, resolve  # brings sqlglot, which a source without a recipe may not need

    fields = [Field(name, f"c{number}", "VARCHAR") for number, name in enumerate(names)]
    try:
        return bool(text) and bool(resolve(text, fields, where=""))
    except ConfigurationError:
        return False


def recipe_names() -> list[str]:
    """The names of all recipes, sorted."""
    return sorted(path.stem for path in _FOLDER.glob("*.yaml"))


@cache
def read_recipe(name: str) -> Recipe:
    """The recipe of that name. Raises ConfigurationError: there is none; the nearest name is suggested."""
    if name not in recipe_names():
        raise ConfigurationError(f"there is no recipe {name!r}. {nearest(name, recipe_names())}")
    content = read_own(_FOLDER / f"{name}.yaml")
    titles = tuple((one,) if isinstance(one, str) else tuple(one) for one in content["titles"])
    options = {"find": {}, **content, "titles": titles, "unsure": tuple(content.get("unsure", ()))}
    return Recipe(**options)


def matching_recipe(names: Sequence[str]) -> Recipe | None:
    """The recipe for a file with these titles of columns, fitted to them; None where none fits.

    Capitals and blanks do not count, nor do columns that a recipe does not know. Of several that with most titles.
    """
    fitting = [recipe for recipe in map(read_recipe, recipe_names()) if not recipe.lacks(names)]
    return max(fitting, key=lambda recipe: len(recipe.titles)).fitted(names) if fitting else None
