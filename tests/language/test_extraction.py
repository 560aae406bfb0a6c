"""Sentences of notebooks, catalogues of a company's own, and what is not translated yet."""

import io
import json

import nbformat
import pytest
from babel.messages import Catalog, pofile

from cxlib.language import Sentence, T, available_languages, sentences, speaker, untranslated
from cxlib.language.extraction import extract_calls, extract_notebook

CODE = """report.findings(
    T("{n} tickets were late", n=late),
    N("{n} ticket", "{n} tickets of "
      "many", tickets), C("shop hours", "Open"))
open_page("Not for a page")"""


@pytest.fixture
def notebook(tmp_path):
    """A notebook with two cells of prose and one of code."""
    cells = [
        nbformat.v4.new_markdown_cell("# Who waits?"),
        nbformat.v4.new_code_cell(CODE),
        nbformat.v4.new_markdown_cell("# Who waits?"),
    ]
    path = tmp_path / "notebooks" / "answers.ipynb"
    path.parent.mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


@pytest.fixture
def own_catalogue(notebook, tmp_path, monkeypatch):
    """Catalogues beside the notebook, in Arabic and in a language that the package does not speak."""
    for language, said in (("ar", "من ينتظر؟"), ("fr", "Qui attend ?")):
        catalogue = Catalog(locale=language)
        catalogue.add("# Who waits?", f"# {said}")
        catalogue.add("Champions", "not looked up" if language == "ar" else "Les meilleurs")
        catalogue.add("Open", "", context="shop hours")
        folder = notebook.parent / "locale" / language / "LC_MESSAGES"
        folder.mkdir(parents=True)
        with (folder / "answers.po").open("wb") as file:
            pofile.write_po(file, catalogue)
    monkeypatch.chdir(notebook.parent)
    speaker.cache_clear()
    yield
    speaker.cache_clear()


def test_sentences_of_code_cells_are_collected(notebook):
    """Texts of T, N and C in a notebook's code are sentences, as Markdown cells are; other strings are not."""
    assert sentences(notebook) == [
        Sentence("# Who waits?"),
        Sentence("{n} tickets were late"),
        Sentence(("{n} ticket", "{n} tickets of many")),
        Sentence("Open", "shop hours"),
    ]


def test_a_cell_with_a_magic_is_no_obstacle():
    """What Python alone cannot parse is passed over, and the sentences beside it are found."""
    cells = [{"cell_type": "code", "source": ["%matplotlib inline\n", "!ls\n", "text(T('Late'))"]}]
    rows = extract_notebook(io.BytesIO(json.dumps({"cells": cells}).encode()), ["T"], (), {})
    assert [texts for _, _, texts, _ in rows] == ["Late"]


def test_a_sentence_within_another_is_found():
    """In a call or a comprehension among the arguments, which Babel's own extractor passes over."""
    code = b"T('a {x}', z=join(*(T('b {n}', n=n) for n in names), N('c', 'd', n)), x=T('e'), y=[T('f')], q=T(name))"
    code += b"\nz = T('g\\\n%h')\nz = (n\n    % T('i'))"  # lines that begin like a magic
    rows = extract_calls(io.BytesIO(code), ["T", "N"], (), {})
    assert [texts for _, _, texts, _ in rows] == ["a {x}", "b {n}", ("c", "d", None), "e", "f", None, "g%h", "i"]


def test_a_companys_own_catalogue_is_found(own_catalogue):
    """Beside the notebooks it adds to the package's words, never replaces them, and may bring a language."""
    assert speaker("ar").gettext("# Who waits?") == "# من ينتظر؟"
    assert speaker("ar").say(T("Champions")) not in ("Champions", "not looked up")
    assert "fr" in available_languages()
    assert speaker("fr").say(T("Champions")) == "Les meilleurs"
    assert speaker("fr").say(T("Nobody said this")) == "Nobody said this"


def test_what_is_not_translated_is_named(notebook, own_catalogue):
    """A sentence without a translation, or with an empty one, is missing; in English nothing is."""
    missing = [sentence.text for sentence in untranslated(sentences(notebook), "ar")]
    assert missing == ["{n} tickets were late", ("{n} ticket", "{n} tickets of many"), "Open"]
    assert untranslated(sentences(notebook), "en") == []
