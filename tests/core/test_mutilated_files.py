"""Whatever happens to a file that a person writes, it is read or refused in words."""

import random
import shutil
from contextlib import suppress

import nbformat
import pytest

from cxlib.data import read_sources
from cxlib.drivers import load_taxonomy
from cxlib.errors import CxError
from cxlib.parameters import check_parameters, read_schema
from cxlib.runs.planning.suite import load_suite
from cxlib.segments import choose_rules
from cxlib.strict_yaml import read_yaml_mapping

VALUES = [
    "", "null", "~", "true", "no", "0", "-1", "1e400", ".nan", ".inf", "12:30", "9" * 400, "x", "'x'", "[]", "{}",
    "[a, b]", "{a: b}", "[[a]]", "{a: {b: c}}", "9999-12-31", "0001-01-01", "2026-13-45", "{{ region }}", "!!set {a}",
    "!!binary YQ==", "!!int ''", "*missing", "&a [*a]", "|\n   text", '"\\0"', '"a\\nb"', "/", "..", "~nobody/x", "'*'",
    "package:x.y/z", "package:", "simulated:x", "${NOT_SET}", "'%'", "8%", "'* * * * *'", "[en, xx]", "نص", "select 1",
    "1; drop table x", "a b", "(((", '"\\ud800"', "? [a]",
]  # fmt: skip
KEYS = ["? [a]\n{indent}: x", "1: x", "null: x", '"": x', "<<: {{a: b}}", "{{a: b}}: c", "- x"]
RULES = """
own_segments:
  here: {name: {en: Here, ar: هنا}, recency: [3, 5], action: {en: Thank them}, measure: {en: Share}}
  gone: {name: Gone, recency: [1, 2]}
"""
SUITE = """
languages: [en, ar]
schedule: "0 6 * * 1"
notify: [sh, -c, cat]
reports:
  churn:
    timeout_minutes: 20
    matrix: {horizon_days: [30, 90], region: [North, null]}
    alert_if:
      churn_rate: {above: 8%, rises_significantly: true}
  clv:
    after: [churn]
    retries: 2
"""


def mutilate(text, rng):
    """A text with a line lost, doubled or moved, cut short, or with another value, key or character somewhere."""
    lines = text.split("\n")
    settings = [n for n, line in enumerate(lines) if ":" in line and not line.strip().startswith("#")] or [0]
    at, spot = rng.choice(settings), rng.randrange(len(text) + 1)
    key = lines[at].split(":")[0]
    indent = " " * (len(key) - len(key.lstrip()))
    match rng.choice(["lose", "double", "move", "cut", "value", "value", "value", "key", "character"]):
        case "lose":
            del lines[at]
        case "double":
            lines.insert(at, lines[at])
        case "move":
            lines[at] = " " * rng.randrange(9) + lines[at].lstrip()
        case "cut":
            return text[:spot]
        case "value":
            lines[at] = f"{key}: {rng.choice(VALUES)}"
        case "key":
            lines[at] = indent + rng.choice(KEYS).format(indent=indent)
        case _:
            return text[:spot] + rng.choice([*"{}[]:,-?*&!|>'\"%@`#\t\n \\", *VALUES]) + text[spot + rng.randrange(3) :]
    return "\n".join(lines)


@pytest.fixture
def readers(root, tmp_path, monkeypatch):
    """By name of a file its text and what reads it, in a copy of the demo's workspace."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notebooks").mkdir()
    folder = tmp_path / "params" / "demo"
    shutil.copytree(root / "params" / "demo", folder)
    sources = (folder / "sources.yaml").read_text(encoding="utf-8")
    topics = (root / "cxlib" / "voice" / "topics.yaml").read_text(encoding="utf-8")

    def parameters(path):
        notebook = nbformat.read(root / "notebooks" / f"{path.stem}.ipynb", as_version=4)
        schema = read_schema(notebook, name=path.stem)
        return check_parameters(schema, read_yaml_mapping(path, name=path.name), source=path.name)

    return folder, {
        "sources.yaml": (sources, lambda _: read_sources("demo")),
        "suite.yaml": (SUITE, lambda _: load_suite(folder).variants()),
        "churn.yaml": ((folder / "churn.yaml").read_text(encoding="utf-8"), parameters),
        "segmentation.yaml": (RULES, lambda path: choose_rules(parameters(path).get("own_segments", {}))),
        "topics.yaml": (topics[: topics.index("\nno_person:")], load_taxonomy),
    }


@pytest.mark.parametrize("name", ["sources.yaml", "suite.yaml", "churn.yaml", "segmentation.yaml", "topics.yaml"])
def test_a_mutilated_file_is_read_or_refused_in_words(readers, name):
    """Sixty ways for each file: what is raised is what a person is told."""
    folder, files = readers
    text, read = files[name]
    path = folder / name
    for seed in range(60):
        rng = random.Random(f"{name}{seed}")
        bad = text
        for _ in range(rng.choice([1, 1, 2, 3])):
            bad = mutilate(bad, rng)
        path.write_text(bad, encoding="utf-8")
        with suppress(CxError):
            read(path)


def test_the_files_are_good_as_they_are(readers):
    """Before anything happens to them, all are read."""
    folder, files = readers
    for name, (text, read) in files.items():
        (folder / name).write_text(text, encoding="utf-8")
        read(folder / name)
