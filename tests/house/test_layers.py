"""Imports point one way: no layer knows those above it, no room looks into one that it need not know."""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "cxlib"
LEAVES = {"errors", "checks", "disk", "language", "masking", "strict_yaml", "threads"}
ANALYSES = {"segments", "churn", "drivers", "clv", "scorecard", "journey", "recommend", "voice", "playbook", "loyalty"}
MAY_IMPORT = {
    "": set(),
    "errors": set(),
    "disk": set(),
    "masking": set(),
    "threads": set(),
    "checks": {"errors", "strict_yaml"},
    "language": {"errors"},
    "strict_yaml": {"errors"},
    "data": LEAVES,
    "parameters": {*LEAVES, "data"},
    "measures": LEAVES,
    **{name: {*LEAVES, "data", "measures"} for name in ANALYSES},
    "drivers": {*LEAVES, "data", "measures", "voice"},  # comments are one thing that moves a score
    "churn": {*LEAVES, "data", "measures", "clv"},  # how many will stay away is a level of purchases
    "playbook": {*LEAVES, "data", "measures", "churn"},  # risks and experiments are those of churn
    "report": {*LEAVES, "data", "measures", *ANALYSES},
    "publish": {*LEAVES, "report"},
    "runs": {*LEAVES, "data", "parameters", "publish", ""},
    "cli": {*LEAVES, "runs", "voice"},
    "__main__": {"cli"},
}
ROOMS = {
    "churn": [{"survival"}, {"risk"}, {"offers"}],
    "runs": [{"planning"}, {"archive"}, {"alerting", "warm"}, {"execution"}],
}
"""Rooms from the lowest to the highest: each may import those that stand before it, and none beside it."""
WALLS = {"churn": {("risk", "survival"), ("offers", "survival")}}
"""What a room does not import although it stands above."""
CONTRIBUTING = (PACKAGE.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")


def module_name(path: Path) -> str:
    """The dotted name of a file of cxlib."""
    parts = ("cxlib", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


PATHS = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def _face(package: str) -> dict[str, str]:
    """For each name that a package's __init__.pyi offers, the module that it stands in."""
    stub = PATHS[package].with_suffix(".pyi")
    if PATHS[package].name != "__init__.py" or not stub.exists():
        return {}
    lines = [node for node in ast.parse(stub.read_text()).body if isinstance(node, ast.ImportFrom)]
    return {alias.name: ".".join(filter(None, [package, node.module])) for node in lines for alias in node.names}


def _home(module: str, name: str) -> str:
    """The module that `from module import name` leads to."""
    if f"{module}.{name}" in PATHS:
        return f"{module}.{name}"
    behind = _face(module).get(name) if module in PATHS else None
    return module if behind in {None, module} else _home(behind, name)


def _imports(path: Path) -> Iterator[str]:
    """Everything that a file imports; a name of cxlib by the module that it stands in."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (_home(node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@cache
def imports(module: str) -> frozenset[str]:
    """Everything that a module imports: read when a test asks, for what collects does not run it."""
    return frozenset(_imports(PATHS[module]))


def known(module: str) -> set[str]:
    """The other modules of cxlib that a module imports."""
    return {name for name in imports(module) if name in PATHS} - {module}


def graph() -> dict[str, set[str]]:
    """For each module those that it imports."""
    return {module: known(module) for module in PATHS}


def circle(modules: Mapping[str, set[str]]) -> list[str]:
    """Modules that import each other, from one back to itself; empty where there are none."""
    try:
        TopologicalSorter(modules).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def layer(module: str) -> str:
    """What lies directly below cxlib: a package, or a single module."""
    return module.split(".")[1] if "." in module else ""


def rooms(package: str) -> dict[str, set[str]]:
    """For each folder of a package, which folders of the same package its modules import from."""
    paths: dict[str, set[str]] = {}
    for module, others in graph().items():
        if room := _room(module, package):
            paths.setdefault(room, set()).update(filter(None, (_room(other, package) for other in others)))
    return {room: others - {room} for room, others in paths.items()}


def _room(module: str, package: str) -> str:
    """The folder of a package that a module stands in; nothing for the package's own modules, which are its top."""
    steps = module.removeprefix(f"cxlib.{package}").lstrip(".").split(".")
    inside = module.startswith(f"cxlib.{package}.") and (PACKAGE / package / steps[0]).is_dir()
    return steps[0] if inside else ""


def test_a_module_imports_only_what_lies_below():
    """Each module imports its own layer and the layers that its layer may know, also inside functions."""
    others = {module: {layer(other) for other in known(module)} - {layer(module)} for module in PATHS}
    above = {module: found - MAY_IMPORT[layer(module)] for module, found in others.items()}
    assert {module: found for module, found in above.items() if found} == {}


def test_the_map_of_layers_is_no_wider_than_the_imports():
    """What no module of a layer imports any more is not allowed either, but for the leaves."""
    used = {name: set() for name in MAY_IMPORT}
    for module, others in graph().items():
        used[layer(module)] |= {layer(other) for other in others} - {layer(module)}
    unused = {name: allowed - used[name] - LEAVES for name, allowed in MAY_IMPORT.items() if name not in ANALYSES}
    assert {name: layers for name, layers in unused.items() if layers} == {}


def test_there_are_no_circles():
    """No two modules need each other, not even inside a function or for the type checker."""
    assert circle(graph()) == []


@pytest.mark.parametrize("package", ROOMS)
def test_rooms_know_only_lower_ones(package):
    """A folder of a package imports only folders that stand below it, and not through a wall."""
    floors = {room: floor for floor, names in enumerate(ROOMS[package]) for room in names}
    paths = rooms(package)
    assert set(paths) == set(floors)
    upward = {(room, other) for room, others in paths.items() for other in others if floors[other] >= floors[room]}
    through = {(room, other) for room, others in paths.items() for other in others} & WALLS.get(package, set())
    assert upward | through == set()


def test_ibis_stays_inside_the_data_layer():
    """Only cxlib.data knows ibis, so that the query layer can be changed in one place."""
    knowing = [one for one in PATHS if {name.split(".")[0] for name in imports(one)} & {"ibis", "duckdb"}]
    assert [module for module in knowing if layer(module) != "data"] == []


@pytest.mark.parametrize("room", ["warm", "alerting"])
def test_a_room_of_runs_has_one_door(room):
    """Outside the room nobody imports anything but its face."""
    guests = [path for path in PACKAGE.rglob("*.py") if PACKAGE / "runs" / room not in path.parents]
    assert [path for path in guests if f"cxlib.runs.{room}." in path.read_text()] == []


def drawn_layers() -> list[list[str]]:
    """The layers in CONTRIBUTING.md, from the lowest, those of one line together."""
    drawing = re.search(r"```\n(errors.*?)```", CONTRIBUTING, re.DOTALL)[1]
    words = [re.split(r"\s{2,}", line.strip())[0] for line in drawing.splitlines()]
    return [[name.strip(" /") for name in line.split(",")] for line in words]


def test_the_drawing_shows_the_layers_that_there_are():
    """Every layer stands in the drawing once, above all that it imports."""
    lines = drawn_layers()
    floors = {name: floor for floor, names in enumerate(lines) for name in names}
    assert sorted(name for names in lines for name in names) == sorted({*MAY_IMPORT, "notebooks"} - {"", "__main__"})
    for module, others in graph().items():
        for name in {layer(other) for other in others} - {layer(module), ""}:
            if layer(module) != "__main__":
                assert floors[name] < floors[layer(module)], f"{module} imports {name}"


@pytest.mark.parametrize("package", ["churn", "clv", "data", "runs", "segments"])
def test_the_rooms_are_named(package):
    """CONTRIBUTING.md names the rooms of each package that has some, and no others."""
    folders = {path.parent.name for path in (PACKAGE / package).glob("*/__init__.py")}
    (line,) = re.findall(rf"^\| `{package}` \|(.*)\|$", CONTRIBUTING, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", line)) == folders


def test_paths_in_the_drawing_exist():
    """No layer is drawn that has gone."""
    for name in (name for names in drawn_layers() for name in names if name != "notebooks"):
        assert (PACKAGE / name).is_dir() or Path(f"{PACKAGE / name}.py").is_file(), name
