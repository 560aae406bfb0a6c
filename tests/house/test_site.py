"""The docs as a site: built without a warning, complete, and reading nothing from elsewhere."""

import importlib.util
import os
import re
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def conf(root):
    """The module that makes the references."""
    spec = importlib.util.spec_from_file_location("site_conf", root / "docs/conf.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def site(root, tmp_path_factory):
    """Where the site is built; a page in no list or a link that leads nowhere is an error."""
    folder = tmp_path_factory.mktemp("site")
    before = os.times()
    words = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", root / "docs", folder]
    built = subprocess.run(words, cwd=root, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    after = os.times()
    assert after.children_user + after.children_system - before.children_user - before.children_system < 60
    return folder


def test_it_asks_for_nothing_from_elsewhere(site):
    """No script, style, font or picture of another machine; search works on the index beside it."""
    pages = {path: path.read_text(encoding="utf-8") for path in site.rglob("*.html")}
    assert len(pages) > 30
    for path, text in pages.items():
        loaded = re.findall(r"<(?:script|img|iframe)[^>]* src=\"([^\"]+)", text)
        loaded += re.findall(r"<link[^>]* rel=\"(?:stylesheet|preload|icon)\"[^>]* href=\"([^\"]+)", text)
        assert [one for one in loaded if re.match(r"https?:|//", one)] == [], path
    assert (site / "searchindex.js").stat().st_size > 50_000


def test_every_public_name_and_command_stands_in_it(site, conf):
    """With a signature or a value, and words of its own."""
    for stub in sorted(conf.PACKAGE.rglob("__init__.pyi")):
        package = ".".join(["cxlib", *stub.parent.relative_to(conf.PACKAGE).parts])
        text = (site / "made" / f"{package}.html").read_text(encoding="utf-8")
        for name in conf.public_names(stub):
            assert f"<h2>{name}<" in text, f"{package}.{name}"
    commands = (site / "made/commands.html").read_text(encoding="utf-8")
    assert all(f"<h2>cx {name}<" in commands for name in conf.get_command(conf.app).commands)


def test_a_docstring_becomes_markdown(conf):
    """Arguments, result and errors are a list, the example is code."""
    doc = "What it is.\n\n`days`: How many,\n    of them.\nReturns: A share.\n\n>>> share(3)\n0.3\n\nMore."
    assert conf.as_markdown(doc).splitlines() == [
        "What it is.", "", "", "- `days`: How many,", "  of them.", "", "- Returns: A share.", "",
        "", "```python", ">>> share(3)", "0.3", "```", "", "More.",
    ]  # fmt: skip
