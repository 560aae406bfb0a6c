"""Licences of everything that is installed with cxlib: each allows any use and stands in docs/licences.md."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "licences.md"
KINDS = {  # how packages write it -> the SPDX name that the page gives
    r"MIT-0|MIT-CMU|0BSD|Zlib|CC0-1\.0|OFL-1\.1|ISC": None,
    r"MIT License|MIT": "MIT",
    r"BSD-[23]-Clause|BSD License": "BSD",
    r"Apache[- ]2\.0|Apache Software License|Apache License, Version 2\.0": "Apache-2.0",
    r"ISC License \(ISCL\)": "ISC",
    r"Mozilla Public License 2\.0 \(MPL 2\.0\)|MPL-2\.0": "MPL-2.0",
    r"Python Software Foundation License|PSF-2\.0": "PSF-2.0",
}


def written(name):
    """What a package says of its licence: the SPDX expression, else the classifiers, else the first words."""
    about = distribution(name).metadata
    own = [text.split(" :: ")[-1] for text in about.get_all("Classifier", []) if text.startswith("License")]
    return about.get("License-Expression") or " AND ".join(own) or (about.get("License") or "").split("\n")[0]


def spdx(text):
    """The parts of such a text by their SPDX names; a KeyError of the part that is none of those that allow any use."""
    parts = set()
    for part in re.split(r" AND | OR ", text):
        name = next((name or part for pattern, name in KINDS.items() if re.fullmatch(pattern, part)), None)
        if name is None:
            raise KeyError(part)
        parts.add(name)
    return " ".join(sorted(parts))


def needed(requirement, known):
    """Add a requirement and all that it requires on this machine."""
    name = re.sub(r"[-_.]+", "-", requirement.name).lower()
    if (name, *requirement.extras) in known:
        return
    known.add((name, *requirement.extras))
    for line in distribution(name).requires or ():
        further = Requirement(line)
        if further.marker is None or any(further.marker.evaluate({"extra": e}) for e in ("", *requirement.extras)):
            needed(further, known)


@pytest.fixture(scope="module")
def packages():
    """The names of all that a bare installation brings, and of the driver for PostgreSQL."""
    known = set()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for line in [*project["dependencies"], *project["optional-dependencies"]["postgres"]]:
        needed(Requirement(line), known)
    return sorted({name for name, *_ in known})


def test_every_licence_allows_any_use_and_is_listed(packages):
    """None asks for more than its notice (no GPL, no AGPL, none unknown); the page lists the same licences."""
    table = dict(re.findall(r"^\| ([\w.-]+) \| ([^|]+) \|$", PAGE.read_text(), re.M))
    missing = [f"| {name} | {spdx(written(name))} |" for name in packages if table.get(name) != spdx(written(name))]
    assert not missing, "lines for docs/licences.md:\n" + "\n".join(missing)
    assert len(packages) > 100


@pytest.mark.parametrize("text", ["GPL-3.0-only", "AGPL-3.0", "MIT AND GPL-2.0", "", "Proprietary"])
def test_other_licences_are_told(text):
    """What asks for more, or says nothing, is not taken for one that allows any use."""
    with pytest.raises(KeyError):
        spdx(text)


def test_a_package_that_is_not_there_is_an_error():
    """A missing package is no licence that is fine."""
    with pytest.raises(PackageNotFoundError):
        needed(Requirement("no-such-package-of-anybody"), set())
