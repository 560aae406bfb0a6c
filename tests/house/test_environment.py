"""pyproject.toml, environment.yml and constraints.txt say the same."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())
CONSTRAINTS = (ROOT / "constraints.txt").read_text().splitlines()
CONDA_NAMES = {"ibis-framework": "ibis-duckdb", "duckdb": "python-duckdb", "brotli": "brotli-python"}
REQUIREMENT = re.compile(r"^(?P<name>[A-Za-z0-9_.-]+)(\[[^]]*\])?(?P<range>.*)$")


def _split(requirement):
    found = REQUIREMENT.match(requirement)
    return re.sub(r"[-_.]+", "-", found["name"]).lower(), found["range"].strip()


def _conda_requirements():
    *plain, last = CONDA["dependencies"]
    return dict(_split(line) for line in [*plain, *(line for line in last["pip"] if not line.startswith("-"))])


def test_conda_installs_what_pip_installs():
    """Every dependency of the project stands in environment.yml with the same range, and nothing else does."""
    wanted = {CONDA_NAMES.get(name, name): bounds for name, bounds in map(_split, PROJECT["dependencies"])}
    wanted |= {"python": PROJECT["requires-python"], "pip": ""}
    assert _conda_requirements() == wanted


@pytest.mark.parametrize("name", ["jupyterlab", "pandas", "scikit-learn", "seaborn", "papermill", "nbconvert"])
def test_the_fixed_packages_are_there(name):
    """The six packages that the suite is built on are direct dependencies."""
    assert name in _conda_requirements()


def test_constraints_pin_every_direct_dependency():
    """Each direct, test and development dependency has one exact version."""
    pinned = {_split(line)[0] for line in CONSTRAINTS}
    extras = PROJECT["optional-dependencies"]
    wanted = {_split(line)[0] for line in [*PROJECT["dependencies"], *extras["test"], *extras["dev"]]}
    assert wanted <= pinned


def test_constraints_hold_names_and_versions_only():
    """No address, path or option gets into constraints.txt."""
    assert [line for line in CONSTRAINTS if not re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.+!-]+", line)] == []


def test_constraints_satisfy_the_ranges():
    """What is pinned lies within what pyproject.toml allows."""
    from packaging.requirements import Requirement

    pinned = dict(line.lower().split("==") for line in CONSTRAINTS)
    for line in PROJECT["dependencies"]:
        requirement = Requirement(line)
        assert requirement.specifier.contains(pinned[requirement.name.lower()]), line


def test_what_is_pinned_goes_together():
    """The installed packages are the pinned ones, and no pinned version breaks what another of them requires."""
    from importlib import metadata

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    pinned = {canonicalize_name(name): version for name, version in (line.split("==") for line in CONSTRAINTS)}
    installed = {canonicalize_name(found.name): found for found in metadata.distributions()}
    assert {name: installed[name].version for name in pinned if name in installed} == {
        name: version for name, version in pinned.items() if name in installed
    }
    needs = [
        (name, Requirement(line)) for name in pinned if name in installed for line in installed[name].requires or []
    ]
    broken = [
        f"{name} needs {need}, and {pinned[canonicalize_name(need.name)]} is pinned"
        for name, need in needs
        if (need.marker is None or need.marker.evaluate({"extra": ""})) and canonicalize_name(need.name) in pinned
        if not need.specifier.contains(pinned[canonicalize_name(need.name)], prereleases=True)
    ]
    assert broken == []


def test_oracles_are_for_tests_only():
    """statsmodels, with which tests compare the survival models, is needed by no run and imported by no module."""
    names = {_split(line)[0] for line in PROJECT["dependencies"]}
    assert "statsmodels" not in names
    assert "statsmodels" in {_split(line)[0] for line in PROJECT["optional-dependencies"]["test"]}
    assert [
        path.name
        for path in (ROOT / "cxlib").rglob("*.py")
        if re.search(r"^\s*(import|from) statsmodels", path.read_text(), re.M)
    ] == []
