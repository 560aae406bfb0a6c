"""From an executed notebook to checked pages."""

import datetime as dt
import os
import re
import subprocess
import sys
import zipfile

import nbformat
import pytest

from cxlib.errors import ConfigurationError, PageRejected
from cxlib.publish import CxExporter, PageFacts, check_page, package, publish, render_page

FACTS = PageFacts(
    title="Segmentation", as_of=dt.date(2026, 9, 30), generated_at=dt.datetime(2026, 11, 22, 1, tzinfo=dt.UTC),
    parameters={"workspace": "params/demo"}, versions={"pandas": "3.1.1"}, seconds=2.4, fingerprint="ab" * 32,
    home="../../index.{language}.html",
)  # fmt: skip


def test_the_answer_is_the_heading_and_the_question_stands_above(notebook, head):
    """The page head opens the page, wherever the notebook computes it; the first cell's title stands small above it."""
    page = render_page(notebook("# Who buys?\nAn introduction.", [], [head("Champions bring 42%")]))
    assert '<p class="question">Who buys?</p><h1>Champions bring 42%</h1>' in page
    assert "<title>Champions bring 42%</title>" in page
    assert page.index("</h1>") < page.index("An introduction.")


def test_without_an_answer_the_question_is_the_heading(notebook):
    """A notebook that displays no page head still has one main heading."""
    page = render_page(notebook("# Who buys?"))
    assert "<h1>Who buys?</h1>" in page
    assert "<title>Who buys?</title>" in page


def test_with_neither_the_reports_name_is_the_heading(notebook):
    """The last resort is the title that the engine knows."""
    assert "<h1>Segmentation</h1>" in render_page(notebook("text"), facts=FACTS)


def test_contents_list_every_section(notebook, component):
    """Second-level headings of cells and of components are listed, and the code at the end."""
    page = render_page(notebook("# Q\n\n## Evidence", [component('<h2 id="data">Data &amp; rules</h2>')]))
    listed = page[page.index("<nav") : page.index("</nav>")]
    for item in ('<a href="#s-evidence">Evidence</a>', '<a href="#data">Data &amp; rules</a>', '<a href="#code">'):
        assert item in listed


def test_all_code_stands_folded_at_the_end(notebook):
    """The complete code is there, escaped, and closed until someone asks."""
    nb = notebook("# Q")
    nb.cells += [nbformat.v4.new_code_cell("print('<b>')"), nbformat.v4.new_code_cell("")]
    page = render_page(nb)
    assert "<code>print(&#39;&lt;b&gt;&#39;)</code>" in page
    assert page.count("<pre") == 1
    assert '<details class="code"><summary>' in page


def test_the_footer_says_where_the_page_comes_from(notebook):
    """Date, parameters, versions, time and fingerprint, shortened and formatted."""
    page = render_page(notebook("# Q"), facts=FACTS)
    for fact in ("30 September 2026", "22 November 2026, 01:00 UTC", "workspace=params/demo", "pandas 3.1.1", "2.4 s",
                 "sha256 abababababababab<"):  # fmt: skip
        assert fact in page


def test_nothing_is_loaded_from_anywhere(notebook, component):
    """No page holds an address that a browser would fetch: no CDN, no MathJax, no require.js."""
    page = render_page(notebook("# Q\n\n$x^2$", [component("<p>x</p>")]))
    assert "http://" not in page
    assert "https://" not in page
    assert "default-src &#39;none&#39;" in page
    assert "unsafe" not in page


def test_templates_escape_by_default():
    """A value that a template forgets to escape is escaped all the same; nbconvert alone would trust it."""
    assert CxExporter().environment.autoescape is True


def test_a_failed_cell_rejects_the_page_by_name(notebook):
    """The message names the cell, what it raised, and what to do."""
    error = nbformat.v4.new_output("error", ename="ValueError", evalue="no rows", traceback=[])
    with pytest.raises(PageRejected, match=r"cell 2 \(show\(\)\) raised ValueError: no rows\. Mend it"):
        render_page(notebook("# Q", [error]))


def test_a_bad_output_is_rejected_by_the_name_of_its_cell(notebook):
    """Whatever is wrong with an output, the message says in which cell."""
    picture = nbformat.v4.new_output("display_data", {"image/png": "AAAA"})
    with pytest.raises(PageRejected, match=r"cell 2 \(show\(\)\): a picture"):
        render_page(notebook("# Q", [picture]))


def test_rendering_leaves_the_notebook_alone(notebook, head):
    """The same notebook is rendered once for each language."""
    nb = notebook("# Q", [head("A")])
    before = nbformat.writes(nb)
    render_page(nb)
    assert nbformat.writes(nb) == before


def test_the_same_notebook_gives_the_same_bytes(notebook, head):
    """Nothing but the run's own facts changes from page to page."""
    nb = notebook("# Q\n\n## S", [head("A")])
    assert render_page(nb, facts=FACTS) == render_page(nb, facts=FACTS)


def test_publish_writes_every_language(notebook, component, arabic, tmp_path):
    """One execution gives a page in each language, linked to each other, each in its own direction."""
    arabic({"# Who buys?": "# من يشتري؟", "Contents": "المحتويات"})
    nb = notebook("# Who buys?", [component({"en": "<p>all</p>", "ar": "<p>الكل</p>"})])
    nbformat.write(nb, tmp_path / "x.ipynb")
    english, translated = publish(tmp_path / "x.ipynb", tmp_path / "out", facts=FACTS)
    assert [english.name, translated.name] == ["report.en.html", "report.ar.html"]
    assert '<a href="report.ar.html" hreflang="ar" lang="ar" dir="rtl">العربية</a>' in english.read_text("utf-8")
    assert english.read_text("utf-8").count("@font-face") == 2  # one word of Arabic is not worth two more faces
    page = translated.read_text("utf-8")
    assert '<html lang="ar" dir="rtl">' in page
    assert "<h1>من يشتري؟</h1>" in page
    assert "<p>الكل</p>" in page
    assert 'href="../../index.ar.html"' in page


def test_publish_writes_nothing_when_one_page_is_rejected(notebook, component, arabic, tmp_path):
    """Pages appear all together or not at all."""
    arabic({})
    broken = component({"en": "<p>fine</p>", "ar": "<h1>two</h1><h1>headings</h1>"})
    nbformat.write(notebook("# Q", [broken]), tmp_path / "x.ipynb")
    with pytest.raises(PageRejected, match="main headings"):
        publish(tmp_path / "x.ipynb", tmp_path / "out", facts=FACTS)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", ["", "{", '{"cells": 3}', None], ids=["empty", "cut off", "no notebook", "missing"])
def test_an_unreadable_notebook_is_an_error_in_words(content, tmp_path):
    """A missing or damaged file is named; no traceback of a parser reaches a user."""
    path = tmp_path / "x.ipynb"
    if content is not None:
        path.write_text(content)
    with pytest.raises(PageRejected, match=r"x\.ipynb: cannot be read as a notebook"):
        publish(path, tmp_path / "out")


def test_an_unknown_language_names_the_known_ones(notebook):
    """A language without a catalogue is a mistake in the settings."""
    with pytest.raises(ConfigurationError, match=r"'xx'.*Allowed: .*en"):
        render_page(notebook("# Q"), language="xx")


def test_facts_are_read_from_papermills_notes(notebook, tmp_path):
    """A page made by hand shows what the notebook knows about its run."""
    nb = notebook("# Q")
    nb.metadata["papermill"] = {"end_time": "2026-11-22T01:00:00+00:00", "duration": 3.0, "parameters": {"seed": 7}}
    nbformat.write(nb, tmp_path / "x.ipynb")
    [path] = publish(tmp_path / "x.ipynb", tmp_path, languages=["en"])
    page = path.read_text("utf-8")
    assert "seed=7" in page
    assert "3.0 s" in page


def test_nbconvert_renders_by_hand(notebook, head, tmp_path):
    """``jupyter nbconvert --to cx`` gives the same kind of page on the command line."""
    nbformat.write(notebook("# Q", [head("Answer")]), tmp_path / "executed.ipynb")
    command = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "cx", str(tmp_path / "executed.ipynb")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "<h1>Answer</h1>" in (tmp_path / "executed.html").read_text("utf-8")


def packed(notebook, component, folder, names, shareable):
    """The package of a page that links to the named exports, of which some are shareable."""
    (folder / "exports").mkdir(exist_ok=True)
    for name in names:
        (folder / "exports" / name).write_text(f"{name} of this run")
    links = "".join(f'<a href="exports/{name}" download>{name}</a> ' for name in names)
    outputs = [component({"en": f"<p>{links}</p>", "ar": f"<p>{links}</p>"}, shareable=shareable)]
    nbformat.write(notebook("# Q\n\n## Part", outputs), folder / "notebook.ipynb")
    facts = PageFacts(home="../../index.{language}.html", languages=("en", "ar"))
    publish(folder / "notebook.ipynb", folder, facts=facts)
    return zipfile.ZipFile(package(folder / "notebook.ipynb", folder, languages=("en", "ar")))


def test_a_package_holds_pages_and_only_what_may_be_passed_on(notebook, component, tmp_path):
    """Both languages and the files marked as shareable; what names customers, or is no export, stays out."""
    (tmp_path / "secret.csv").write_text("no export")
    marked = ["exports/groups.csv", "exports/../secret.csv", "secret.csv", "exports/gone.csv", 7]
    whole = packed(notebook, component, tmp_path, ["people.csv", "groups.csv"], marked)
    assert whole.namelist() == ["report.en.html", "report.ar.html", "exports/groups.csv"]
    assert whole.read("exports/groups.csv").decode() == "groups.csv of this run"


def test_every_link_inside_a_package_leads_somewhere(notebook, component, tmp_path):
    """To the other language, the files inside and parts of the page; any other is plain words."""
    whole = packed(notebook, component, tmp_path, ["people.csv", "groups.csv"], ["exports/groups.csv"])
    page = whole.read("report.en.html").decode()
    targets = set(re.findall(r'href="([^"]*)"', page))
    assert {"report.ar.html", "exports/groups.csv", "#s-part"} <= targets
    assert all(target.startswith("#") or target in whole.namelist() for target in targets)
    assert "<p>people.csv <a" in page
    check_page(page, language="en")
    assert 'href="exports/people.csv"' in (tmp_path / "report.en.html").read_text()


def test_equal_runs_make_equal_packages(notebook, component, tmp_path):
    """No time of day is in it."""
    packed(notebook, component, tmp_path, ["groups.csv"], ["exports/groups.csv"])
    first = (tmp_path / "report.zip").read_bytes()
    os.utime(tmp_path / "exports" / "groups.csv", (0, 0))
    package(tmp_path / "notebook.ipynb", tmp_path, languages=("en", "ar"))
    assert (tmp_path / "report.zip").read_bytes() == first
