"""`cx init`: a workspace from a company's own files, with a question for each guess that is not sure."""

import itertools
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console

from cxlib import data
from cxlib.errors import ConfigurationError, CxError, DataError, nearest
from cxlib.runs.console import check_workspace
from cxlib.runs.planning.suite import MAPPING, load_suite

_MOST_SHOWN = 12
_NAME = re.compile(r"\w[\w-]{0,59}")


def init_workspace(
    root: Path, name: str, files: Sequence[str], console: Console, *, ask: data.Ask | None, force: bool
) -> None:
    """Write `params/NAME/sources.yaml` from what files seem to be, check it, and say what can run.

    `name`: What the workspace is to be called.
    `files`: Files, folders, workbooks, DuckDB files.
    `ask`: Asks what is not sure; left out, the guesses stand.
    `force`: Whether the mapping of a workspace that there is may be replaced; it is kept as ``sources.yaml.old``, or
        ``.old2`` and so on.
    Raises ConfigurationError: the name cannot be one, or is taken.
    Raises DataError: no file can be read as a table of customers, and nothing is written; or what is written fails its
        check.
    """
    name = name.removeprefix("params/").rstrip("/")
    folder = root / "params" / name
    if not _NAME.fullmatch(name):
        raise ConfigurationError(f"{name!r} cannot name a workspace. Use at most 60 letters, digits, - and _.")
    if (folder.exists() or folder.is_symlink()) and not force:
        raise ConfigurationError(f"params/{name} is there already. Choose another name, or replace it with --force.")
    if any("://" in file for file in files):  # it may hold a password, so it is not repeated
        raise ConfigurationError(
            "'cx init' looks at files, and not into databases. Put the URL into an environment variable: export "
            f"SHOP_DATABASE_URL=postgresql://... Write params/{name}/sources.yaml with: databases: {{shop: {{url_from: "
            "SHOP_DATABASE_URL}}, and for each table: {database: shop, table: public.orders, columns: {...}}. See "
            "docs/data.md, Tables of PostgreSQL."
        )
    with console.status("looking at the files"):
        draft = data.guess_workspace(files)
    draft = data.ask_unsure(draft, files, ask) if ask else draft
    try:
        text = data.sources_text(draft, title=name.replace("_", " "), folder=folder)
        written = _write(folder, text, draft)
    except ConfigurationError as error:
        raise DataError(
            f"Nothing is written, for it could not be read again: {error}\nGive what is named another name."
        ) from None
    for role in draft.roles:
        _say(console, f"{role.sheet.part.label}: {role.table}, {len(role.matches)} columns used")
    for note in draft.notes:
        _say(console, note)
    _say(console, f"\nWritten in params/{name}: {', '.join(written)}. Checking every row:")
    try:
        check_workspace(folder, console)
    except CxError as error:
        raise type(error)(
            f"{error}\nThen check again: cx check {name}. The mapping is params/{name}/{MAPPING}."
        ) from None
    if unsure := text.count("  # UNSURE: "):
        guesses = "1 guess is" if unsure == 1 else f"{unsure} guesses are"
        _say(console, f"{guesses} not sure: look for UNSURE in params/{name}/{MAPPING}.")
    _say(console, f"Reports that can run: {', '.join(load_suite(folder).reports)}. Next: cx run {name}")


def _write(folder: Path, text: str, draft: data.Draft) -> list[str]:
    """Put the files in their place in one step: a folder is whole or not there, what was there is kept; their names."""
    with tempfile.TemporaryDirectory(prefix=".init-", dir=folder.parent) as scratch:
        data.refuse_misread(draft, text, folder=Path(scratch))
        whole = Path(scratch) / folder.name
        whole.mkdir()
        (whole / MAPPING).write_text(text, encoding="utf-8")
        if not folder.exists():
            own = {f"{report}.yaml": lines for report, lines in data.parameter_texts(draft).items()}
            for file, lines in own.items():
                (whole / file).write_text(lines, encoding="utf-8")
            whole.rename(folder)
            return [MAPPING, *own]
        if (folder / MAPPING).exists():
            names = (f"{MAPPING}.old{number if number > 1 else ''}" for number in itertools.count(1))
            shutil.copy2(folder / MAPPING, next(folder / name for name in names if not (folder / name).exists()))
        (whole / MAPPING).replace(folder / MAPPING)
        return [MAPPING]


def ask_on_terminal(question: str, guess: str, choices: Sequence[str]) -> str:
    """Ask a person until one of the choices, or how it begins, is the answer; Enter takes the guess."""
    others = [choice for choice in choices if choice != guess]
    hint = f" (or {', '.join(others)})" if 0 < len(others) <= _MOST_SHOWN else ""
    while True:
        answer = str(typer.prompt(f"{question}{hint}", default=guess)).strip()
        begun = [choice for choice in choices if choice.casefold().startswith(answer.casefold())]
        if answer in choices or not choices:
            return answer
        if len(begun) == 1:
            return begun[0]
        typer.echo(nearest(answer, choices))


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
