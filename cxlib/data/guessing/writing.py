"""A draft as the text of a `sources.yaml`: each guess has a comment with its evidence and the other choice."""

import glob
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cxlib.data.guessing.tables import NOTHING, Match, Role, scale, scale_of
from cxlib.data.guessing.titles import holds, listed
from cxlib.data.guessing.workspace import Draft
from cxlib.data.mapping import resolve
from cxlib.data.reading.files import named_files
from cxlib.data.reading.inventory import MAPPING
from cxlib.data.sources import TableSource, parse_sources
from cxlib.errors import DataError
from cxlib.strict_yaml import yaml_scalar

_HEAD = """\
# Written by `cx init` from the files themselves; it is yours now. Comments say what each line rests on.
# Lines marked UNSURE want a look: what else they could be stands beside them. docs/data.md explains every setting.
"""
_MOST_LEFT, _FEW_STEPS, _ENOUGH = 40, 5, 30  # titles; steps of a short scale; answers that show all of it


def sources_text(draft: Draft, *, title: str, folder: Path) -> str:
    """The text of the `sources.yaml` that is to stand in `folder`, as it can be read again."""
    lines = [_HEAD, f"title: {yaml_scalar(title)}"]
    lines += [
        _line(one.key, one.value, one.sure, one.evidence, one.others) for one in (draft.currency, draft.time_zone)
    ]
    lines += ["", "tables:"]
    for table, roles in groupby(draft.roles, key=lambda role: role.table):
        groups = _groups(list(roles))
        dash = "- " if len(groups) > 1 else ""
        lines.append(f"  {table}:")
        for group in groups:
            first, *rest = _source(group, folder)
            lines += [f"    {dash}{first}", *(f"    {' ' * len(dash)}{line}" for line in rest), ""]
    text = "\n".join([*lines, *(f"# {_one_line(note)}" for note in draft.notes)]).rstrip("\n") + "\n"
    parse_sources(text, name="sources.yaml")
    return text


def parameter_texts(draft: Draft) -> dict[str, str]:
    """Of each report whose parameters are not those of its notebook, the text of its file: scales, and the journey."""
    tables = {role.table: role for role in draft.roles}
    scales = [line for role in [tables.get("surveys")] if role for line in _scales(role)]
    texts = dict.fromkeys(("nps_drivers", "scorecard"), scales) if scales else {}
    if rows := sum(role.overlaps for role in draft.roles):
        why = f"{rows:,} memberships of the sample begin while their customer still has another"
        texts["churn"] = [_line("overlaps", "merge", False, why, ("refuse, and correct the dates",))]
    met = [line for table in ("messages", "sessions", "transactions", "tickets") for line in _met(draft, table)]
    if "transactions" in tables and len(met) > 1:
        head = "# What is a touchpoint, guessed from the tables: docs/reports/journey.md says what else it may hold."
        texts |= {"journey": [*scales, head, "touchpoints:", *met]}
    return {
        report: "\n".join(["# Written by `cx init`; it is yours now.", *lines]) + "\n"
        for report, lines in texts.items()
    }


def _scales(role: Role) -> Iterator[str]:
    """The scale of answers in words or numbers, where it is not the usual one of the notebooks."""
    for target, usual in (("csat", 5), ("ces", 7)):
        if target not in role.matches:
            continue
        column = role.matches[target].column
        steps, what = len(set(scale_of(column).values()) - {""}), "answers are words of {} steps"
        if not steps and (numbers := scale(column)[0]) and column.filled >= _ENOUGH and min(numbers) == 1:
            steps, what = numbers[-1], "the highest answer is {}"
        if steps in (0, usual) or (steps < _FEW_STEPS and what.startswith("the")):
            continue
        best = 2 if steps <= _FEW_STEPS else 3
        evidence = f"{what.format(steps)}, of which the best {best} count"
        yield _line(f"{target}_scale", [1, steps, best], False, evidence, ("another number of the best",))


def _met(draft: Draft, table: str) -> Iterator[str]:
    """The touchpoints of a table, as the journey report reads them."""
    if not (role := next((one for one in draft.roles if one.table == table), None)):
        return
    heard = [one.matches["touchpoint"].column for one in draft.roles if "touchpoint" in one.matches]
    named = sorted({value for column in heard for value in column.values if holds(value, "files", table)})
    survey = f", survey: {yaml_scalar(named)}" if named else ""
    for name, one in listed()["touchpoints"][table].items():
        if set(one["needs"]) <= set(role.matches) and not (name == "visit" and "found" in role.matches):
            yield f"  {name}: {{table: {table}, {one['text']}{survey}}}"


def _groups(roles: Sequence[Role]) -> list[list[Role]]:
    """The roles of one table, those of files that are read alike together: they can be one source."""
    alike: list[list[Role]] = []
    for role in roles:
        group = next((group for group in alike if _content(group[0]) == _content(role)), None)
        group.append(role) if group else alike.append([role])
    return [part for group in alike for part in ([group] if _pattern(group) else [[role] for role in group])]


def _settings(role: Role) -> dict[str, Any]:
    return {**role.sheet.settings, **{guess.key: guess.value for guess in role.guesses}}


def _content(role: Role) -> object:
    return (
        role.sheet.part.path.parent,
        _settings(role),
        {name: match.expression for name, match in role.matches.items()},
    )


def _pattern(roles: Sequence[Role]) -> str:
    """A pattern that means just the files of these roles; nothing where there is none."""
    folder, names = roles[0].sheet.part.path.parent, sorted(role.sheet.part.path.name for role in roles)
    same = [len(set(letters)) == 1 for letters in zip(*names, strict=False)]
    start = re.sub(r"\d[\d._-]*$", "", names[0][: [*same, False].index(False)])
    pattern = f"{glob.escape(start)}*{glob.escape(Path(names[0]).suffix)}"
    return pattern if start and sorted(path.name for path in folder.glob(pattern)) == names else ""


def _source(group: Sequence[Role], folder: Path) -> Iterator[str]:
    """The lines of a source."""
    role, part = group[0], group[0].sheet.part
    path = part.path if len(group) == 1 else Path(glob.escape(str(part.path.parent)), _pattern(group))
    text = os.path.relpath(path, folder) if folder.parent.parent in path.parents else str(path)
    if "${" in text:  # in a pattern it is no variable
        text = (glob.escape(text) if len(group) == 1 else text).replace("${", "[$]{")
    tables = [f"a table of {name}" if name != NOTHING else "nothing about customers" for name in role.rivals]
    why = role.recipe or f"{role.table}: titles and values of its columns"
    yield _line("path", text, not role.rivals, why, tables)
    guesses = {guess.key: guess for guess in (*role.sheet.guesses, *role.guesses)}
    for name, value in _settings(role).items():
        guess = guesses.pop(name, None)
        yield _line(name, value, guess.sure, guess.evidence, guess.others) if guess else f"{name}: {yaml_scalar(value)}"
    for guess in guesses.values():
        yield f"# {guess.key}: {guess.value}{_comment(guess.sure, guess.evidence, guess.others)}"
    yield "columns:"
    for target, match in role.matches.items():
        yield "  " + _line(target, _mapped(match), match.sure, match.evidence, match.others)
    if role.table == "transactions" and "amount" not in role.matches:
        why = "no column holds amounts, so no report speaks of money"
        yield f"  # amount: none{_comment(False, why, ['a column'])}"
    if left := [f"{name} ({reason})" for name, reason in role.left_out.items()]:
        more = f", and {len(left) - _MOST_LEFT} more" if len(left) > _MOST_LEFT else ""
        yield f"# left out: {_one_line('; '.join(left[:_MOST_LEFT]))}{more}"


def _mapped(match: Match) -> str:
    """What stands in `columns`: a title as it is, in the quotes of SQL where it could be taken for more."""
    try:
        TableSource(path="x", columns={"x": match.expression})
    except ValidationError:
        return '"' + match.expression.replace('"', '""') + '"'
    return match.expression


def refuse_misread(draft: Draft, text: str, *, folder: Path) -> None:
    """Refuse a `sources.yaml` in `folder` by which other files or columns would be read than the draft means.

    Raises DataError: a file or a title has a name that cannot be written; it is named.
    """
    sources = parse_sources(text, name=MAPPING)
    for table, group in groupby(draft.roles, key=lambda role: role.table):
        read = {_place(path, one.sheet, one.table): one for path, one in named_files(sources, folder, table)}
        for role in group:
            part = role.sheet.part
            inside = (part.settings.get("sheet"), part.settings.get("table"))
            if not (source := read.pop(_place(part.path, *inside), None)):
                raise DataError(f"{part.path}: a mapping cannot hold the name of this file. Give it another one.")
            for target, match in role.matches.items():
                fields = resolve((source.columns or {}).get(target, ""), part.fields, where=target).fields
                if {one.name for one in fields} != {one.name for one in match.columns}:
                    title = f"the title {match.column.name!r}"
                    raise DataError(f"{part.path}: a mapping cannot hold {title}. Give the column another one.")
        if read:
            others = ", ".join(str(path) for path, *_ in read)
            raise DataError(f"{others}: a mapping would read this as well. Give it another name, or name its folder.")


def _place(path: Path, sheet: str | None, table: str | None) -> tuple[Path, str, str]:
    return path.resolve(), sheet or "", table or ""


def _line(key: str, value: object, sure: bool, evidence: str, others: Iterable[str] = ()) -> str:
    return f"{yaml_scalar(key)}: {yaml_scalar(value)}{_comment(sure, evidence, others)}"


def _comment(sure: bool, evidence: str, others: Iterable[str] = ()) -> str:
    other = f"; or: {', '.join(others)}" if (others := tuple(others)) else ""
    return f"  # {'sure' if sure else 'UNSURE'}: {_one_line(evidence + other)}"


def _one_line(text: str) -> str:
    return "".join(one for one in " ".join(text.split()) if one.isprintable())
