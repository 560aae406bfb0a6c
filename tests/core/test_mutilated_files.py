"""Whatever happens to a file that a person writes, it is read or refused in words."""

import copy
import random
import shutil
from contextlib import suppress

import nbformat
import pytest
import yaml

from cxlib.data import read_sources
from cxlib.drivers import load_taxonomy
from cxlib.errors import CxError
from cxlib.parameters import check_parameters, read_schema
from cxlib.runs.planning.suite import load_suite
from cxlib.segments import choose_rules
from cxlib.strict_yaml import read_yaml_mapping

REPORTS = ["churn", "clv", "journey", "loyalty", "nps_drivers", "playbook", "scorecard", "voice"]
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


NODES = [
    "null", "3", "true", "1e400", "[]", "{}", "[a, b]", "{a: b}", "{1: 2}", "2026-13-45", "!!python/name:os.system x",
    '"' + "x" * 3000 + '"', "[null]", "[[1]]", "{en: 3}", "''",
]  # fmt: skip
ON_EVERY_NODE = ["sources.yaml", "suite.yaml", *(f"{name}.yaml" for name in REPORTS)]


class AsText(yaml.SafeLoader):
    """Days as they are written."""


AsText.add_constructor("tag:yaml.org,2002:timestamp", AsText.construct_scalar)


def places(node, at=()):
    """The way to every node of a document."""
    yield at
    for key in node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
        yield from places(node[key], (*at, key))


def with_node(document, at, value):
    """The document with something else at one place, as text."""
    whole = {"": copy.deepcopy(document)}
    node, keys = whole, ("", *at)
    for key in keys[:-1]:
        node = node[key]
    node[keys[-1]] = "@@"
    return yaml.safe_dump(whole[""], allow_unicode=True, sort_keys=False, width=9999).replace("'@@'", value)


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

    schemas = {}

    def parameters(path):
        if path.stem not in schemas:
            notebook = nbformat.read(root / "notebooks" / f"{path.stem}.ipynb", as_version=4)
            schemas[path.stem] = read_schema(notebook, name=path.stem)
        return check_parameters(schemas[path.stem], read_yaml_mapping(path, name=path.name), source=path.name)

    return folder, {
        "sources.yaml": (sources, lambda _: read_sources("demo")),
        "suite.yaml": (SUITE, lambda _: load_suite(folder).variants()),
        **{f"{name}.yaml": ((folder / f"{name}.yaml").read_text(encoding="utf-8"), parameters) for name in REPORTS},
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


@pytest.mark.parametrize("name", ON_EVERY_NODE)
def test_any_node_of_a_file_may_be_anything(readers, name):
    """Fifty ways for each file to hold another value at one place: the words name the file and stay short."""
    folder, files = readers
    text, read = files[name]
    document = yaml.load(text, AsText)
    said = {}
    ways = [(at, value) for at in places(document) for value in NODES]
    for at, value in random.Random(name).sample(ways, min(len(ways), 50)):
        (folder / name).write_text(with_node(document, at, value), encoding="utf-8")
        try:
            read(folder / name)
        except CxError as error:
            said[at, value] = str(error)
    assert {way: words for way, words in said.items() if name not in words or len(words) > 3000} == {}


def test_the_files_are_good_as_they_are(readers):
    """Before anything happens to them, all are read."""
    folder, files = readers
    for name, (text, read) in files.items():
        (folder / name).write_text(text, encoding="utf-8")
        read(folder / name)
