"""`cx new report NAME`: a small report of one's own that already runs, is tested and reads in both languages."""

import ast
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import nbformat
import yaml
from nbformat import v4

from cxlib.errors import ConfigurationError
from cxlib.runs.planning.suite import NAME, load_suite, tables_of
from cxlib.strict_yaml import yaml_scalar


def new_report(folder: Path, name: str) -> list[Path]:
    """Write a report of a workspace (notebook, parameters, translations, docs, test) and list it in the suite.

    `folder`: The workspace's folder, such as ``params/demo``.
    `name`: Of the report: small letters, digits and underscores.
    Returns: What was written, the notebook first.
    Raises ConfigurationError: the name cannot be one, a file is there already, or the workspace has no transactions to
        begin with.
    """
    if not NAME.fullmatch(name) or len(name) > 41:
        hint = "Take at most 41 small letters, digits and underscores, as 'loyal_buyers'."
        raise ConfigurationError(f"{name!r} is no name of a new report. {hint}")
    if "transactions" not in (tables_of(folder) or ()):
        raise ConfigurationError(f"params/{folder.name} has no table 'transactions', which a new report begins with.")
    root = folder.parent.parent
    texts = yaml.safe_load(files("cxlib.runs").joinpath("new_report.yaml").read_text(encoding="utf-8"))
    contents = {"notebooks/NAME.ipynb": _notebook(texts["cells"], name, folder), **texts["files"]}
    targets = {root / _named(path, name, folder): content for path, content in contents.items()}
    if taken := [path for path in targets if path.exists()]:
        raise ConfigurationError(f"{taken[0].relative_to(root)} is there already. Choose another name, or remove it.")
    listed = _list_in_suite(folder, name)
    for path, text in targets.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text if path.suffix == ".ipynb" else _named(text, name, folder), encoding="utf-8")
    return [*targets, *listed]


def _named(text: str, name: str, folder: Path) -> str:
    return text.replace("NAME", name).replace("WORKSPACE", folder.name)


def _notebook(cells: list[dict[str, Any]], name: str, folder: Path) -> str:
    """The cells, with the values of the parameters cell beside them, by which a change by hand is known."""
    made = []
    for number, cell in enumerate(cells):
        source, tags = _named(cell["source"].rstrip("\n"), name, folder), cell.get("tags", [])
        make = v4.new_markdown_cell if source.startswith("#") and "\n" not in source else v4.new_code_cell
        made.append(make(source, id=f"cell-{number}", metadata={"tags": tags} if tags else {}))
    declared = ast.parse(next(cell.source for cell in made if "parameters" in cell.metadata.get("tags", []))).body
    defaults = {line.target.id: ast.literal_eval(line.value) for line in declared}
    metadata = {"cxlib": {"needs": ["transactions"], "defaults": defaults}}
    return str(nbformat.writes(v4.new_notebook(cells=made, metadata=metadata))) + "\n"


def _list_in_suite(folder: Path, name: str) -> list[Path]:
    """Add the report to ``suite.yaml``, below the others; without a suite every notebook runs anyway."""
    path = folder / "suite.yaml"
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    line = rf"\g<0>\n  {yaml_scalar(name)}:"  # true, null and no stand in quotes
    listed, count = re.subn(r"^reports:[ ]*(#.*)?$", line, text, count=1, flags=re.MULTILINE)
    if not count:
        raise ConfigurationError(
            f"params/{folder.name}/suite.yaml: no line 'reports:' is left to list {name} below. Add it."
        )
    path.write_text(listed, encoding="utf-8")
    load_suite(folder)
    return [path]
