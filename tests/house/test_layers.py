"""Imports point one way: no layer knows the layers above it."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "cxlib"
LEAVES = {"errors", "checks", "disk", "language", "strict_yaml", "data"}
ANALYSES = {"segments", "churn", "drivers", "clv", "voice"}
MAY_IMPORT = {
    "errors": set(),
    "checks": {"errors"},
    "disk": set(),
    "language": {"errors"},
    "strict_yaml": {"errors"},
    "data": {"errors", "checks", "disk", "language", "strict_yaml"},
    "measures": LEAVES,
    **{name: {*LEAVES, "measures"} for name in ANALYSES},
    "report": {*LEAVES, "measures", *ANALYSES},
    "publish": {"errors", "language", "report"},
    "runs": {*LEAVES, "publish"},
    "cli": {*LEAVES, "runs", "publish"},
    "__main__": {"cli"},
}


def _layer(module):
    return module.split(".")[1] if module.startswith("cxlib.") else None


def _imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield node.module if node.module != "cxlib" else f"cxlib.{node.names[0].name}"
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.name != "__init__.py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_lies_below(path):
    """Each module imports its own layer and the layers that its layer may know, also inside functions."""
    layer = path.relative_to(PACKAGE).with_suffix("").parts[0]
    known = {_layer(module) for module in _imports(path)} - {None, layer, "__version__"}
    assert known <= MAY_IMPORT[layer]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_ibis_stays_inside_the_data_layer(path):
    """Only cxlib.data knows ibis, so that the query layer can be changed in one place."""
    if path.is_relative_to(PACKAGE / "data"):
        return
    assert not {module for module in _imports(path) if module and module.split(".")[0] in {"ibis", "duckdb"}}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_stay_short(path):
    """A module past 400 lines is split."""
    assert len(path.read_text().splitlines()) <= 400
