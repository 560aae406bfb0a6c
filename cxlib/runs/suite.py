"""What runs in a workspace: ``params/<workspace>/suite.yaml``, checked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import ErrorDetails

from cxlib.errors import ConfigurationError, nearest
from cxlib.language import available_languages
from cxlib.strict_yaml import read_yaml_mapping

_NAME = re.compile(r"[a-z][a-z0-9_]*")
Minutes = Annotated[float, Field(gt=0, le=7 * 24 * 60)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class ReportSettings(_Strict):
    """One report of a suite; all settings may be left out.

    Attributes
    ----------
    notebook : str
        Path from the project's root; ``notebooks/<report>.ipynb`` when empty.
    timeout_minutes, cell_timeout_minutes : float
        How long the whole run and any one cell may take.
    """

    notebook: str = ""
    timeout_minutes: Minutes = 60
    cell_timeout_minutes: Minutes = 30


class Suite(_Strict):
    """The reports of a workspace and the languages of their pages (every available one when left out)."""

    languages: tuple[str, ...] = Field(default_factory=available_languages, min_length=1)
    reports: dict[str, ReportSettings] = Field(min_length=1)

    @field_validator("languages")
    @classmethod
    def _known_languages(cls, languages: tuple[str, ...]) -> tuple[str, ...]:
        for language in languages:
            if language not in available_languages():
                raise ValueError(f"there is no language {language!r}. {nearest(language, available_languages())}")
        return tuple(dict.fromkeys(languages))

    @field_validator("reports", mode="before")
    @classmethod
    def _settings_may_be_empty(cls, reports: object) -> object:
        if not isinstance(reports, dict):
            return reports
        return {name: {} if settings is None else settings for name, settings in reports.items()}

    @field_validator("reports")
    @classmethod
    def _names_are_safe(cls, reports: dict[str, ReportSettings]) -> dict[str, ReportSettings]:
        for name in reports:
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name!r} cannot name a report; use small letters, digits and _ only")
        return reports


def find_workspace(root: Path, workspace: str | Path) -> Path:
    """The folder of a workspace given as ``demo``, ``params/demo`` or a path.

    Raises
    ------
    ConfigurationError
        No such workspace; the nearest name is suggested.
    """
    given = Path(workspace)
    for folder in (root / "params" / given, root / given, given):
        if folder.is_dir() and folder.resolve().parent == (root / "params").resolve():
            return folder.resolve()
    names = workspace_names(root)
    hint = nearest(given.name, names) if names else f"{root / 'params'} holds no workspace yet."
    raise ConfigurationError(f"There is no workspace {str(workspace)!r}. {hint}")


def workspace_names(root: Path) -> list[str]:
    """The workspaces of a project: folders in ``params/`` that hold a suite or sources."""
    files = [file for name in ("suite.yaml", "sources.yaml") for file in (root / "params").glob(f"*/{name}")]
    return sorted({file.parent.name for file in files})


def load_suite(folder: Path) -> Suite:
    """Read and check the ``suite.yaml`` of a workspace's folder; without one, every notebook runs, in every language.

    Raises
    ------
    ConfigurationError
        The file says something that a suite cannot, or there is neither a file nor a notebook; every fault is named.
    """
    path = folder / "suite.yaml"
    name = f"params/{folder.name}/suite.yaml"
    try:
        return Suite.model_validate(read_yaml_mapping(path, name=name) if path.is_file() else _every_notebook(folder))
    except ValidationError as error:
        faults = "\n".join(_plain(fault) for fault in error.errors())
        raise ConfigurationError(f"{name}:\n{faults}") from None


def _every_notebook(folder: Path) -> dict[str, object]:
    notebooks = folder.parent.parent / "notebooks"
    return {"reports": {path.stem: None for path in sorted(notebooks.glob("*.ipynb")) if _NAME.fullmatch(path.stem)}}


def _plain(fault: ErrorDetails) -> str:
    place = ".".join(str(step) for step in fault["loc"])
    if fault["type"] == "extra_forbidden":
        allowed = Suite.model_fields if len(fault["loc"]) == 1 else ReportSettings.model_fields
        return f"  {place} is not a setting. {nearest(str(fault['loc'][-1]), allowed)}"
    if fault["type"] == "missing":
        return f"  {place} is missing; name at least one report."
    return f"  {place}: {str(fault['msg']).removeprefix('Value error, ')} (found {fault['input']!r})"
