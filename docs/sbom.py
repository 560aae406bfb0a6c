"""What a bare installation brings, as a bill of materials (CycloneDX 1.6): `python docs/sbom.py dist/cxlib.cdx.json`.

Read from the packages installed beside it; the same commit and the same versions give the same bytes.
"""

import datetime as dt
import os
import re
import sys
import tomllib
import uuid
from importlib.metadata import distribution
from pathlib import Path

from cyclonedx.factory.license import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
VERSION = SchemaVersion.V1_6


def closure(*extras):
    """Each package that cxlib needs on this machine, with these extras, and the names of those it asks for itself."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *(line for extra in extras for line in project["optional-dependencies"][extra])]
    known = {}
    for line in lines:
        needed(Requirement(line), known)
    names = {}
    for (name, *_), asked in known.items():
        names[name] = names.get(name, set()) | asked
    return dict(sorted(names.items())), {normal(Requirement(line).name) for line in lines}


def needed(requirement, known):
    """Add a requirement, and all that it requires, to what is known."""
    key = (normal(requirement.name), *sorted(requirement.extras))
    if key in known:
        return
    known[key] = set()
    for line in distribution(key[0]).requires or ():
        further = Requirement(line)
        if further.marker is None or any(further.marker.evaluate({"extra": e}) for e in ("", *requirement.extras)):
            known[key].add(normal(further.name))
            needed(further, known)


def normal(name):
    """A package's name as indexes write it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def written(name):
    """What a package says of its licence: the SPDX expression, else the classifiers, else the first words."""
    about = distribution(name).metadata
    own = [text.split(" :: ")[-1] for text in about.get_all("Classifier", []) if text.startswith("License")]
    return about.get("License-Expression") or " AND ".join(own) or (about.get("License") or "").split("\n")[0]


def bill(when):
    """The bill of materials as text."""
    packages, own = closure()
    parts = {name: _component(name, ComponentType.LIBRARY) for name in packages}
    root = _component("cxlib", ComponentType.APPLICATION)
    bom = Bom(components=parts.values(), serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"{root.purl} {when}"))
    bom.metadata.component, bom.metadata.timestamp = root, when
    bom.register_dependency(root, [parts[name] for name in sorted(own)])
    for name, asked in packages.items():
        bom.register_dependency(parts[name], [parts[other] for other in sorted(asked)])
    return make_outputter(bom, OutputFormat.JSON, VERSION).output_as_string(indent=1) + "\n"


def _component(name, kind):
    version = distribution(name).version
    purl = PackageURL("pypi", name=name, version=version)
    licence = LicenseFactory().make_from_string(written(name))
    return Component(name=name, version=version, type=kind, purl=purl, bom_ref=str(purl), licenses=[licence])


if __name__ == "__main__":
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH") or dt.datetime.now(dt.UTC).timestamp())
    Path(sys.argv[1]).write_text(bill(dt.datetime.fromtimestamp(seconds, dt.UTC)), encoding="utf-8")
