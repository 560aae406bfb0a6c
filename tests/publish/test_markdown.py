"""Markdown cells: translated, rendered, cleaned, linked."""

import pytest

from cxlib.errors import PageRejected
from cxlib.publish.markdown import Sections, render_markdown, scrollable, split_title


def _rendered(sections, source, translated=None):
    return str(sections.render(source, translated or source))


def test_headings_get_stable_addresses():
    """A second-level heading is linked by its words; the same words again get a number."""
    sections = Sections("en")
    assert 'id="s-who-buys"' in _rendered(sections, "## Who buys?")
    assert 'id="s-who-buys-2"' in _rendered(sections, "## Who buys?")


def test_addresses_hold_in_every_language():
    """The address comes from the English source also where the heading is translated."""
    html = _rendered(Sections("ar"), "## Method\ntext\n## Limits", "## المنهج\ntext\n## الحدود")
    assert '<h2 id="s-method">المنهج</h2>' in html
    assert '<h2 id="s-limits">الحدود</h2>' in html


def test_a_translation_with_more_headings_still_has_unique_addresses():
    """A heading that the source does not have is addressed by itself."""
    html = _rendered(Sections("ar"), "## One", "## واحد\n\n## اثنان")
    assert 'id="s-one"' in html
    assert 'id="s-section"' in html


def test_braces_are_text():
    """A cell is translated as a whole, so braces in it are not placeholders."""
    sections = Sections("en")
    assert sections.translate("A {brace} and {}") == "A {brace} and {}"


def test_first_level_headings_are_demoted():
    """The page has one main heading of its own."""
    assert render_markdown("# Aside").strip() == "<h2>Aside</h2>"


def test_scripts_in_markdown_are_dropped():
    """Raw HTML passes the allow-list like everything else."""
    assert render_markdown("a <script>alert(1)</script> <b onclick=x>b</b>").strip() == "<p>a  <b>b</b></p>"


def test_attached_pictures_are_embedded():
    """A picture that the cell holds becomes part of the page."""
    html = render_markdown("![Our shop](attachment:shop.png)", {"shop.png": {"image/png": "AAAA"}})
    assert 'alt="Our shop"' in html
    assert "data:image/png;base64,AAAA" in html


def test_a_missing_attachment_rejects_the_page():
    """A picture that the cell does not hold is an error that names it."""
    with pytest.raises(PageRejected, match=r"shop\.png"):
        render_markdown("![Our shop](attachment:shop.png)")


def test_tables_scroll_inside_the_page():
    """A wide table gets a frame that can be reached by keyboard."""
    html = _rendered(Sections("en"), "| a |\n|--|\n| 1 |\n")
    assert '<div class="scroll" tabindex="0" role="group" aria-label="Table"><table>' in html
    assert str(scrollable("no table", "en")) == "no table"


@pytest.mark.parametrize(
    ("source", "title"),
    [("# Who?\nrest", "Who?"), ("\n# Who? #\n", "Who?"), ("## Who?", ""), ("Who?", ""), ("#Who?", "")],
)
def test_only_a_first_level_title_line_is_taken(source, title):
    """The question is the first-level heading that opens the first cell."""
    assert split_title(source)[0] == title
