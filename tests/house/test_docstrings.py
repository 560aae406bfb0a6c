"""What a public function takes is told where its name and its type do not say it."""

import ast
import importlib
import inspect
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "cxlib"
FACES = {".".join(face.relative_to(PACKAGE.parent).parent.parts): face for face in PACKAGE.rglob("__init__.pyi")}
PLAIN = re.compile(r"\b(str|int|float|bool|object|date|Sequence|Mapping|Collection|tuple|list|dict|Path|DayLike)\b")
FRAMES = re.compile(r"\b(DataFrame|Series|TableLike|TablesLike|Values|ArrayLike|NDArray)\b")
EVIDENT = {"seed", "currency", "languages", "folder", "path", "title", "text"}
OURS = re.compile(r"\[(?!Sequence|Mapping)[A-Z][a-z]\w+\]")  # a list of what has a name of its own
ELSEWHERE = re.compile(r"[Pp]arameters.*(are|of|as)\b.*`\w+`|See `\w+`")  # those of a function that is named


def untold(function):
    """Parameters of plain values that the docstring does not name, and tables of which it shows no example."""
    doc = inspect.getdoc(function) or ""
    names = set(re.findall(r"\w+", doc.partition(">>>")[0]))
    tree = ast.parse(inspect.getsource(function)).body[0].args
    given = {one.arg: ast.unparse(one.annotation or ast.Constant("")) for one in (*tree.args, *tree.kwonlyargs)}
    given = {name: kind for name, kind in given.items() if name not in names | EVIDENT and not OURS.search(kind)}
    frames = {name for name, kind in given.items() if FRAMES.search(kind)}
    plain = {name for name, kind in given.items() if PLAIN.search(kind)} - frames
    return sorted((set() if ELSEWHERE.search(doc) else plain) | (set() if ">>>" in doc else frames))


@pytest.mark.parametrize("face", sorted(FACES))
def test_parameters_are_told(face):
    """A number, a text or a list is named with its unit or meaning; a table is, or an example shows its columns."""
    module = importlib.import_module(face)
    taken = [one for one in ast.walk(ast.parse(FACES[face].read_text("utf-8"))) if isinstance(one, ast.ImportFrom)]
    public = {name.asname or name.name for one in taken for name in one.names}
    functions = [one for name in sorted(public) if inspect.isfunction(one := getattr(module, name))]
    lacking = {one.__qualname__: missing for one in functions if (missing := untold(one))}
    assert not lacking, lacking
