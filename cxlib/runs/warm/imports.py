"""What is worth importing before the notebooks that may run do."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from nbformat import NotebookNode

_PACKAGES = {"numpy", "pandas", "scipy", "sklearn", "statsmodels", "seaborn", "matplotlib", "pyarrow", "ibis"}
_LATER = {  # what a package of cxlib imports only when it is used
    "cxlib.data": ("ibis.backends.duckdb", "pyarrow.dataset"),
    "cxlib.report": ("matplotlib.backends.backend_svg", "pandas.io.formats.csvs"),
}


def imported_modules(notebooks: Iterable[NotebookNode]) -> tuple[str, ...]:
    """What is worth importing beforehand for notebooks: of what they import, cxlib and the well-known packages.

    >>> from nbformat import v4
    >>> imported_modules([v4.new_notebook(cells=[v4.new_code_cell("import os, pandas; from cxlib import segments")])])
    ('cxlib.segments', 'pandas')
    """
    sources = [cell.source for notebook in notebooks for cell in notebook.cells if cell.cell_type == "code"]
    named = sorted({name for source in sources for name in _imports(source)})
    chosen = [name for name in named if name.startswith("cxlib.") or name.split(".")[0] in _PACKAGES]
    later = [module for package, modules in _LATER.items() if package in chosen for module in modules]
    return (*chosen, *later)


def _imports(source: str) -> Iterator[str]:
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a magic, or an error that the run will show
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)  # a name in it, or a module below it
