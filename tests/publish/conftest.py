"""Executed notebooks made by hand, and an Arabic catalogue of a few words."""

import sys

import nbformat
import pytest

COMPONENT = "application/vnd.cxlib.component+json"


@pytest.fixture
def component():
    """Makes an output that holds one of our components."""

    def make(html, kind="text", **more):
        forms = html if isinstance(html, dict) else {"en": html}
        data = {COMPONENT: {"kind": kind, "html": forms, "css": "", **more}, "text/html": "<p>for JupyterLab</p>"}
        return nbformat.v4.new_output("display_data", data)

    return make


@pytest.fixture
def head(component):
    """Makes the output of a page head."""
    return lambda title: component(f"<h1>{title}</h1>", kind="head", title={"en": title})


@pytest.fixture
def notebook():
    """Makes a notebook: a string is a Markdown cell, a list is a code cell with these outputs."""

    def make(*cells):
        def cell(content):
            if isinstance(content, str):
                return nbformat.v4.new_markdown_cell(content)
            return nbformat.v4.new_code_cell("show()", outputs=content)

        return nbformat.v4.new_notebook(cells=[cell(content) for content in cells])

    return make


@pytest.fixture
def arabic(tmp_path, monkeypatch):
    """Adds Arabic with the given translations, for one test."""
    module = sys.modules["cxlib.language.speaker"]

    def add(translations):
        folder = tmp_path / "ar" / "LC_MESSAGES"
        folder.mkdir(parents=True)
        entries = [f"msgid {_quoted(key)}\nmsgstr {_quoted(text)}\n" for key, text in translations.items()]
        header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'
        (folder / "cxlib.po").write_text("\n".join([header, *entries]), encoding="utf-8")
        monkeypatch.setattr(module, "LOCALES", tmp_path)
        module.speaker.cache_clear()

    yield add
    monkeypatch.undo()
    module.speaker.cache_clear()


def _quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
