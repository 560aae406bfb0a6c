"""The guide to a new report is right: its cells run, and what it says of translation holds."""

import re
from pathlib import Path

import nbformat

from cxlib.language import sentences, untranslated
from cxlib.report.component import Component

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "new-report.md").read_text(encoding="utf-8")
CELLS = re.findall(r"```(python|markdown)\n(.*?)```", GUIDE, re.DOTALL)


def test_the_cells_of_the_guide_run(monkeypatch):
    """Each code cell runs after the one before, and the last expression of those that show something is a component."""
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {}
    kinds = []
    for kind, source in CELLS:
        if kind == "python" and source.startswith("report."):
            shown = eval(source, names)
            assert isinstance(shown, Component)
            kinds.append(shown.payload()["kind"])
        elif kind == "python":
            exec(source, names)
    assert kinds == ["head", "tiles", "figure", "data"]


def test_the_guide_counts_its_sentences(tmp_path):
    """As many as it says are not in Arabic yet."""
    make = {"python": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}
    path = tmp_path / "satisfaction.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[make[kind](source) for kind, source in CELLS]), path)
    everything = sentences(path)
    count = f"{len(untranslated(everything, 'ar'))} of {len(everything)} sentences of satisfaction are not in ar"
    assert count in GUIDE
