"""Licences of everything that is installed with cxlib: each allows any use and stands in docs/licences.md."""

import datetime as dt
import importlib.util
import json
import re
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
spec = importlib.util.spec_from_file_location("sbom", ROOT / "docs" / "sbom.py")
sbom = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sbom)
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


def spdx(text):
    """The parts of such a text by their SPDX names; a KeyError of the part that is none of those that allow any use."""
    parts = set()
    for part in re.split(r" AND | OR ", text):
        name = next((name or part for pattern, name in KINDS.items() if re.fullmatch(pattern, part)), None)
        if name is None:
            raise KeyError(part)
        parts.add(name)
    return " ".join(sorted(parts))


@pytest.fixture(scope="module")
def packages():
    """The names of all that a bare installation brings, and of the driver for PostgreSQL."""
    return list(sbom.closure("postgres")[0])


def test_every_licence_allows_any_use_and_is_listed(packages):
    """None asks for more than its notice (no GPL, no AGPL, none unknown); the page lists the same licences."""
    table = dict(re.findall(r"^\| ([\w.-]+) \| ([^|]+) \|$", PAGE.read_text(), re.M))
    missing = [
        f"| {name} | {spdx(sbom.written(name))} |" for name in packages if table.get(name) != spdx(sbom.written(name))
    ]
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
        sbom.needed(Requirement("no-such-package-of-anybody"), {})


def test_the_bill_of_materials_is_valid_and_whole():
    """It holds to its schema, names what a bare installation brings and who asks for it, and repeats itself."""
    when = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    text = sbom.bill(when)
    assert JsonStrictValidator(sbom.VERSION).validate_str(text) is None
    assert sbom.bill(when) == text
    content = json.loads(text)
    packages, own = sbom.closure()
    assert {part["name"] for part in content["components"]} == set(packages) >= {"pandas", "duckdb", "jupyterlab"}
    assert all(part["licenses"] for part in content["components"])
    asked = {one["ref"]: set(one.get("dependsOn", ())) for one in content["dependencies"]}
    root = content["metadata"]["component"]["bom-ref"]
    assert {ref.split("/")[1].split("@")[0] for ref in asked[root]} == own
