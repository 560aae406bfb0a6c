"""Where things are: the project's root, a workspace's folder, and the files that its paths mean."""

from __future__ import annotations

import glob
import hashlib
import importlib.util
import os
import re
from pathlib import Path

from cxlib.data.sources import Simulated, Sources, TableSource, parse_sources
from cxlib.errors import ConfigurationError, DataError, nearest

_VARIABLE = re.compile(r"\$\{(\w+)\}")


def project_root() -> Path:
    """The nearest folder, from the working directory up, that holds both `params` and `notebooks`.

    Raises
    ------
    ConfigurationError
        There is none.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "params").is_dir() and (folder / "notebooks").is_dir():
            return folder
    raise ConfigurationError(
        f"No project here: neither {here} nor a folder above it holds both params/ and "
        "notebooks/. Change to the project's folder."
    )


def workspace_folder(path: str | Path) -> Path:
    """The folder of a workspace given as "demo", "params/demo" or a path.

    Raises
    ------
    ConfigurationError
        There is no such workspace (the nearest name is suggested), or it has no `sources.yaml`.
    """
    given = Path(path).expanduser()
    if (given / "sources.yaml").is_file():
        return given.resolve()
    params = project_root() / "params"
    for folder in (params.parent / given, params / given):
        if (folder / "sources.yaml").is_file():
            return folder.resolve()
    names = sorted(file.parent.name for file in params.glob("*/sources.yaml"))
    hint = nearest(given.name, names) if names else f"{params} holds none yet."
    raise ConfigurationError(f"There is no workspace {str(path)!r} with a sources.yaml. {hint}")


def read_sources(path: str | Path) -> Sources:
    """The checked `sources.yaml` of a workspace, without reading any data.

    Parameters
    ----------
    path : str or Path
        The workspace: "demo", "params/demo" or a folder.

    Raises
    ------
    ConfigurationError
        There is no such workspace, or its `sources.yaml` is wrong; line, place and nearest allowed word are named.
    """
    folder = workspace_folder(path)
    name = f"params/{folder.name}/sources.yaml" if folder.parent.name == "params" else str(folder / "sources.yaml")
    try:
        text = (folder / "sources.yaml").read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{name}: byte {error.start} is not UTF-8. Save the file as UTF-8.") from None
    except OSError as error:
        raise ConfigurationError(f"{name}: cannot be read ({error.strerror}).") from None
    return parse_sources(text, name=name)


def expand_variables(path: str) -> str:
    """Fill ``${NAME}`` from the environment.

    Raises
    ------
    ConfigurationError
        The variable is not set.
    """
    for variable in _VARIABLE.findall(path):
        if not os.environ.get(variable):
            raise ConfigurationError(
                f"{path}: the environment variable {variable} is not set. Set it to the folder "
                f"that holds the file, such as: export {variable}=/path/to/folder"
            )
    return _VARIABLE.sub(lambda found: os.environ[found[1]], path)


def find_files(source: TableSource, folder: Path, *, simulated: Simulated | None = None) -> list[Path]:
    """The files that a source's path means, sorted by name.

    Raises
    ------
    ConfigurationError
        The path names an environment variable that is not set, a package that is not installed, or a simulated
        company that is not declared.
    DataError
        There is no such file.
    """
    path = expand_variables(source.path)
    if path.startswith("package:"):
        found = [_in_package(path.removeprefix("package:"))]
    elif path.startswith("simulated:"):
        found = [_simulated_company(simulated, folder) / path.removeprefix("simulated:")]
    else:
        found = _on_disk(folder / Path(path).expanduser())
    for file in found:
        if not file.is_file():
            raise DataError(_missing(file))
    return found


def _on_disk(path: Path) -> list[Path]:
    if path.exists() or not glob.has_magic(str(path)):
        return [path]
    found = sorted(Path(name) for name in glob.glob(str(path), recursive=True))  # noqa: PTH207  # an absolute pattern
    if not found:
        raise DataError(f"{path}: no file matches. Correct 'path' in sources.yaml, or put the files there.")
    return found


def _missing(file: Path) -> str:
    if file.is_dir():
        return f"{file}: this is a folder. Add a file's name or a pattern such as *.csv to 'path' in sources.yaml."
    others = [other.name for other in file.parent.iterdir() if other.is_file()] if file.parent.is_dir() else []
    hint = f" {nearest(file.name, others[:20])}" if others else ""
    return f"{file}: there is no such file.{hint} Correct 'path' in sources.yaml, or put the file there."


def _in_package(path: str) -> Path:
    package, _, rest = path.partition("/")
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ConfigurationError(
            f"package:{path}: the package {package!r} is not installed. Install it with: pip install {package}"
        )
    return Path(spec.origin).parent / rest


def _simulated_company(simulated: Simulated | None, folder: Path) -> Path:
    if simulated is None:
        raise ConfigurationError(
            "sources.yaml: a 'simulated:' path needs 'simulated: {customers: 20000, seed: 7}' at the top."
        )
    name = f"{simulated.customers}-{simulated.seed}-{_code_of_the_simulation()[:8]}"
    target = made_files(folder) / "simulated" / name
    if not target.is_dir():
        from cxlib.data.demo import write_company  # brings pandas and scipy, which a look at files does not need

        target.parent.mkdir(parents=True, exist_ok=True)
        write_company(target, customers=simulated.customers, seed=simulated.seed)
    return target


def made_files(folder: Path) -> Path:
    """The folder for what is made once and can be made again, of the project that a workspace's folder is in."""
    return (folder.parent.parent if folder.parent.name == "params" else folder) / ".cx"


def _code_of_the_simulation() -> str:
    """A digest of the simulation's own code, so that a changed simulation is made anew."""
    spec = importlib.util.find_spec("cxlib.data.demo")
    code = sorted(Path(str(spec and spec.origin)).parent.glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in code)).hexdigest()
