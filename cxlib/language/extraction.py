"""Collects the sentences of Python and of notebooks for Babel, and says which of them a language does not have yet.

A Markdown cell is one sentence, its source the key; code holds those of its calls of T, N and C. `babel.cfg` names this
module beside Babel's own extractor of Jinja; `make messages` runs them all.
"""

import ast
import contextlib
import io
import json
import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

from cxlib.language.speaker import SOURCE_LANGUAGE, catalogues

KEYWORDS: Mapping[str, Any] = {"T": None, "N": (1, 2), "C": ((1, "c"), 2)}
"""Which arguments of a call are text; the same stand in the Makefile."""


class Sentence(NamedTuple):
    """What a translator meets: a text, or singular and plural, and the sense where the English has several."""

    text: str | tuple[str, ...]
    context: str | None = None


def extract_calls(
    file: IO[bytes], keywords: Collection[str], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterator[tuple[int, str, Any, list[str]]]:
    """Yield (line, function, texts, comments) for each call in Python, however deep in the arguments of another.

    Babel's own extractor (2.18.0) passes over those within a call among the arguments (findings/babel-nested-calls.sh);
    it reads what Python alone cannot, as some cells. Magics are passed over.

    >>> list(extract_calls(io.BytesIO(b"T('Act on {all}', all=join([T('Us')]))"), ["T"], (), {}))
    [(1, 'T', 'Act on {all}', []), (1, 'T', 'Us', [])]
    """
    source = file.read()
    for text in (source, re.sub(rb"(?m)^[ \t]*[%!].*$", b"", source)):
        with contextlib.suppress(SyntaxError):
            nodes = [*ast.walk(ast.parse(text))]
            break
    else:
        from babel.messages.extract import extract_python

        yield from extract_python(io.BytesIO(source), keywords, comment_tags, options)
        return
    calls = [node for node in nodes if isinstance(node, ast.Call) and node.args]
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        if (name := getattr(call.func, "id", getattr(call.func, "attr", ""))) in keywords:
            values = [getattr(argument, "value", None) for argument in call.args]
            texts = tuple(value if isinstance(value, str) else None for value in values)
            yield call.lineno, name, texts if len(texts) > 1 else texts[0], []


def extract_notebook(
    file: IO[bytes], keywords: Collection[str], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterator[tuple[int, str, Any, list[str]]]:
    """Yield (line, function, texts, comments) for each sentence of a notebook, as Babel asks of an extractor.

    The line is the cell's number, since a notebook's own lines mean nothing to a translator. A Markdown cell that no
    page shows is left out.

    >>> cells = [{"cell_type": "markdown", "source": ["# Who?"]}, {"cell_type": "code", "source": ["text(T('Us'))"]}]
    >>> list(extract_notebook(io.BytesIO(json.dumps({"cells": cells}).encode()), ["T"], (), {}))
    [(1, '', '# Who?', []), (2, 'T', 'Us', [])]
    """
    for number, cell in enumerate(json.load(file)["cells"], start=1):
        source = "".join(cell["source"])
        hidden = "remove-cell" in cell.get("metadata", {}).get("tags", [])
        if cell["cell_type"] == "markdown" and source.strip() and not hidden:
            yield number, "", source, []
        elif cell["cell_type"] == "code":
            calls = extract_calls(io.BytesIO(source.encode()), keywords, comment_tags, options)
            yield from ((number, function, texts, comments) for _, function, texts, comments in calls)


def extract_words(
    file: IO[bytes], keywords: Collection[str], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterator[tuple[int, str, Any, list[str]]]:
    """Yield (0, function, texts, comments) for each sentence of ``words.toml``, as Babel asks of an extractor."""
    for name, table in tomllib.load(file).items():
        for key, words in table.items() if isinstance(table, dict) else zip(table, table, strict=True):
            if name == "counted":
                yield 0, "N", (key, words), []
            elif words:
                yield 0, "C" if isinstance(words, list) else "T", words, []


def sentences(notebook: Path) -> list[Sentence]:
    """The sentences that a notebook file holds itself, each once, in their order."""
    from babel.messages.extract import extract

    with notebook.open("rb") as file:
        rows = extract(extract_notebook, file, keywords=KEYWORDS)
        return list(dict.fromkeys(Sentence(text, context) for _, text, _, context in rows))


def untranslated(sentences: Iterable[Sentence], language: str) -> list[Sentence]:
    """Those of the sentences that no catalogue of the language has; none are missing in English."""
    if language == SOURCE_LANGUAGE:
        return []
    stored = list(catalogues(language))
    return [each for each in sentences if not any(_has(catalogue, each) for catalogue in stored)]


def _has(catalogue: Any, sentence: Sentence) -> bool:
    entry = catalogue.get(sentence.text, sentence.context)
    return entry is not None and not entry.fuzzy and bool(entry.string) and all(entry.string)
