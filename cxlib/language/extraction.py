"""Finds the messages of notebooks for Babel: every Markdown cell is one message, its source the key.

`babel.cfg` names this module beside Babel's own extractors of Python and Jinja; `make messages` runs them all.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import IO

Found = tuple[int, str, str, list[str]]


def extract_markdown(
    file: IO[bytes], keywords: Collection[str], comment_tags: Collection[str], options: Mapping[str, object]
) -> Iterator[Found]:
    """Yield (line, function, message, comments) for each Markdown cell, as Babel asks of an extractor.

    The line is the cell's number, since a notebook's own lines mean nothing to a translator.

    >>> import io
    >>> cells = [{"cell_type": "markdown", "source": ["# Who?"]}, {"cell_type": "code", "source": ["x"]}]
    >>> list(extract_markdown(io.BytesIO(json.dumps({"cells": cells}).encode()), (), (), {}))
    [(1, '', '# Who?', [])]
    """
    for number, cell in enumerate(json.load(file)["cells"], start=1):
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and source.strip():
            yield number, "", source, []
