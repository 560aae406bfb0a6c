"""The site of these pages (`make docs`): what stands here in Markdown, and references made from the code."""

import ast
import importlib
import inspect
import re
from importlib import metadata
from pathlib import Path

from sphinx.application import Sphinx
from typer.main import get_command

from cxlib.cli import app

HERE = Path(__file__).parent
PACKAGE = HERE.parent / "cxlib"
MADE = HERE / "made"

project = "cxlib"
release = metadata.version(project)
extensions = ["myst_parser"]
exclude_patterns = ["made/site"]
html_theme = "furo"
html_title = f"cxlib {release}"
html_show_sphinx = html_show_copyright = html_show_sourcelink = html_copy_source = False
myst_heading_anchors = 4


def write_commands() -> None:
    """A page of every command with its options, as `cx COMMAND --help` prints them."""
    parts = ["# Commands", "Each as `cx COMMAND --help` prints it."]
    for name, verb in get_command(app).commands.items():
        context = verb.make_context(f"cx {name}", [], resilient_parsing=True)
        parts += [f"## cx {name}", f"```text\n{verb.get_help(context)}\n```"]
    (MADE / "commands.md").write_text("\n\n".join(parts), encoding="utf-8")


def write_python() -> None:
    """A page for each package of what it offers to notebooks and code of one's own, and one that lists them."""
    listed = []
    for stub in sorted(PACKAGE.rglob("__init__.pyi")):
        package = ".".join(["cxlib", *stub.parent.relative_to(PACKAGE).parts])
        module = importlib.import_module(package)
        about = (inspect.getdoc(module) or "").split("\n\n")[0]
        parts = [f"# {package}", as_markdown(about)]
        for name in public_names(stub):
            parts += entry(name, getattr(module, name))
        (MADE / f"{package}.md").write_text("\n\n".join(parts), encoding="utf-8")
        listed.append(package)
    words = "What notebooks and code of your own import, by the package that offers it."
    tree = "\n".join(["```{toctree}", ":maxdepth: 1", "", *listed, "```"])
    (MADE / "python.md").write_text(f"# Python\n\n{words}\n\n{tree}\n", encoding="utf-8")


def public_names(stub: Path) -> list[str]:
    """What the face of a package lists in ``__all__``."""
    body = ast.parse(stub.read_text(encoding="utf-8")).body
    lists = [node.value for node in body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"]
    return [name for names in lists for name in ast.literal_eval(names)]


def entry(name: str, thing: object) -> list[str]:
    """A name with how it is called, its docstring, and the members of a class that have one."""
    if not (inspect.isclass(thing) or inspect.isroutine(thing)):
        return [f"## {name}", f"A value of type `{type(thing).__name__}`."]
    parts = [f"## {name}", f"```python\n{name}{call(thing)}\n```", as_markdown(inspect.getdoc(thing) or "")]
    members = vars(thing).items() if inspect.isclass(thing) else ()
    for member, value in members:
        doc = inspect.getdoc(value.fget if isinstance(value, property) else value)
        if member[0] != "_" and doc and (isinstance(value, property) or inspect.isroutine(value)):
            parts += [f"### {name}.{member}{'' if isinstance(value, property) else '()'}", as_markdown(doc)]
    return parts


def call(thing: object) -> str:
    """The signature without the types, which the docstring and the code tell."""
    try:
        signature = inspect.signature(thing)
    except (TypeError, ValueError):
        return ""
    bare = [one.replace(annotation=one.empty, default=as_written(one.default)) for one in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=signature.empty))


def as_written(value: object) -> object:
    """A default as it is where code can hold it, else `...`."""
    plain = value is None or value is inspect.Parameter.empty or isinstance(value, str | int | float | tuple)
    return value if plain else ...


def as_markdown(doc: str) -> str:
    """A docstring as Markdown: a bullet for each argument, the result and the errors, and its example as code."""
    lines, is_code = [], False
    for line in doc.splitlines():
        if line.startswith(">>>") and not is_code:
            lines, is_code = [*lines, "", "```python"], True
        elif is_code and not line.strip():
            lines, is_code = [*lines, "```"], False
        if not is_code and re.match(r"`\w+`: |Returns: |Raises \w+: ", line):
            lines += ["", f"- {line}"]
        else:
            lines.append(line if is_code else re.sub(r"^    +", "  ", line))
    return "\n".join([*lines, "```"] if is_code else lines)


def write_contributing() -> None:
    """The guide for contributors, whose links to these pages lead from its new place."""
    text = (HERE.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (MADE / "contributing.md").write_text(text.replace("](docs/", "](../"), encoding="utf-8")


def setup(sphinx: Sphinx) -> None:
    """Write the references before the pages are read, and lead links to the guide for contributors there."""
    MADE.mkdir(exist_ok=True)
    for old in MADE.glob("*.md"):
        old.unlink()
    write_commands()
    write_python()
    write_contributing()
    sphinx.connect("source-read", lead_inside)


def lead_inside(_sphinx: Sphinx, _page: str, source: list[str]) -> None:
    """Links out of this folder, which the site has a page for."""
    source[0] = source[0].replace("](../CONTRIBUTING.md)", "](made/contributing.md)")
