"""Cells: Markdown is translated, rendered, cleaned and linked; each kind of output has one form."""

import nbformat
import pandas as pd
import pytest

from cxlib.errors import PageRejected
from cxlib.publish.cells import COMPONENT, OutputRenderer, Sections, render_markdown, scrollable, split_title

HOSTILE = "<script>alert(1)</script>"


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


@pytest.mark.parametrize(
    "target",
    ["لماذا-يغادر-العملاء", "لماذا-يُغادر-العملاء؟", "s-لماذا-يغادر-العملاء",
     "%D9%84%D9%85%D8%A7%D8%B0%D8%A7-%D9%8A%D8%BA%D8%A7%D8%AF%D8%B1-%D8%A7%D9%84%D8%B9%D9%85%D9%84%D8%A7%D8%A1"],
)  # fmt: skip
@pytest.mark.parametrize("level", [2, 3])
def test_a_link_by_arabic_words_leads_to_its_heading(target, level):
    """Written out, with marks, with our prefix or escaped; also before the heading, and to one below it."""
    sections = Sections("ar")
    html = _rendered(sections, f"[هنا](#{target})") + _rendered(sections, "#" * level + " لماذا يغادر العملاء؟")
    assert sections.link(html).count("s-لماذا-يغادر-العملاء") == 2


def test_links_by_words_hold_in_every_language():
    """A translated heading is reached by its own words and by those of the source; what leads elsewhere is left."""
    sections = Sections("ar")
    html = _rendered(sections, "[a](#Why-they-leave) [b](#data)", "[a](#Why-they-leave) [ب](#لماذا-يغادرون) [b](#data)")
    html += _rendered(sections, "## Why they leave", "## لماذا يغادرون")
    assert sections.link(html).count('href="#s-why-they-leave"') == 2
    assert 'href="#data"' in sections.link(html)


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


def _shown(data, metadata=None, language="en"):
    output = nbformat.v4.new_output("display_data", data, metadata=metadata or {})
    return str(OutputRenderer(language).render(output))


def test_a_component_is_shown_in_the_pages_language(component):
    """The HTML of the language is taken, not the one for JupyterLab."""
    output = component({"en": "<p>Customers</p>", "ar": "<p>العملاء</p>"})
    assert OutputRenderer("ar").render(output) == "<p>العملاء</p>"


def test_a_component_without_the_language_says_that_it_is_english(component):
    """Where a language is missing the English text stands, marked as English."""
    html = OutputRenderer("ar").render(component("<p>Customers</p>"))
    assert html == '<div lang="en" dir="ltr"><p>Customers</p></div>'


def test_styles_are_collected_once(component):
    """The rules of a component that is shown twice stand once, in order."""
    renderer = OutputRenderer("en")
    for css in (".b{x:y}", ".a{x:y}.b{x:y}", ".b{x:y}"):
        renderer.render(component("<p>x</p>", css=css))
    assert list(renderer.styles) == [".b{x:y}", ".a{x:y}"]


def test_a_forged_component_is_harmless(component):
    """A payload that nobody of us wrote is cleaned like anything else."""
    html = OutputRenderer("en").render(component(f"<p onclick='x()'>a{HOSTILE}</p><iframe src='//x'></iframe>"))
    assert html == "<p>a</p>"


@pytest.mark.parametrize("payload", [{}, {"html": {}}, {"html": "<p>"}, "text", None, [1]])
def test_a_malformed_component_rejects_the_page(payload):
    """A payload without HTML by language is an error, never an empty spot."""
    with pytest.raises(PageRejected, match="no HTML"):
        _shown({"application/vnd.cxlib.component+json": payload})


def test_a_frame_is_shown_as_a_table():
    """The HTML of pandas keeps its cells, with text escaped, and loses its style element."""
    frame = pd.DataFrame({"name": [HOSTILE]})
    html = _shown({"text/html": frame._repr_html_(), "text/plain": str(frame)})
    assert "&lt;script&gt;" in html
    assert "<script" not in html
    assert "<style" not in html
    assert "<td></td>" in html  # the corner over the index is not an empty heading
    assert '<div class="scroll"' in html


def test_contacts_in_what_is_displayed_are_masked():
    """A frame, a text or Markdown of an author's own shows no contact; sales, also long ones, stay."""
    frame = pd.DataFrame({"reach": ["sara@example.com", "050 123 4567", "٠٥٠١٢٣٤٥٦٧", "<omar(at)x>"], "n": 123123123})
    for data in (
        {"text/html": frame.to_html()},
        {"text/plain": frame["reach"].to_string()},
        {"text/markdown": "* a@b.c"},
    ):
        html = _shown(data)
        assert "•••" in html
        assert not [secret for secret in ("example", "4567", "٤٥٦٧", "omar", "@b") if secret in html]
    assert "<td>123123123</td>" in _shown({"text/html": frame.to_html()})


def test_contacts_that_a_table_holds_as_numbers_are_masked():
    """Whole numbers and floats, in cells, in an index, turned, in a style and in our own tables; quantities stay."""
    frame = pd.DataFrame(
        {
            "phone": [966501234567, 966507654321],
            "x": [966501234567.0, None],
            "id": [1012345678, 1098765432],
            "Mobile": [66123456, 66123457],
            "sales": [1234567890, 123456789],
        }
    )
    other = pd.concat({"a": frame, "b": frame}, axis=1)
    style = frame.style.format(thousands=",", precision=0, subset=["phone", "x"])
    for shown in (frame, frame.set_index("phone"), frame.set_index(["id", "Mobile"]), frame.T, frame.describe(), other):
        html = _shown({"text/html": shown.to_html()})
        assert not [secret for secret in ("9665", "9.665", "10123", "1.0123", "6612", "6.612") if secret in html]
        assert "1234567890" in html or "1.234568e+09" in html
    assert "966" not in _shown({"text/html": style.to_html()})
    own = (
        "<table><tr><th>Phone</th><th>Sales</th></tr><tr><td>966,501,234,567</td><td>966,501,234,567</td></tr></table>"
    )
    html = _shown({COMPONENT: {"html": {"en": f'<p title="call 0501234567">call 0501234567</p>{own}'}}})
    assert (html.count("4,567"), html.count("234567"), html.count("•••")) == (1, 0, 3)


def test_plain_text_is_escaped():
    """Text stays text."""
    assert "&lt;script&gt;" in _shown({"text/plain": HOSTILE})


def test_markdown_outputs_show_no_pictures_and_no_links():
    """A comment that is displayed as Markdown can neither fetch nor lead away."""
    html = _shown({"text/markdown": "**bold** ![x](https://example.com/x.png) [go](https://example.com)"})
    assert "<strong>bold</strong>" in html
    assert "example.com" not in html


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_printed_lines_and_warnings_never_reach_a_reader(name):
    """Streams are dropped."""
    assert OutputRenderer("en").render(nbformat.v4.new_output("stream", name=name, text="FutureWarning")) == ""


def test_a_picture_needs_a_description():
    """A figure shown without alt text rejects the page and says what to do."""
    with pytest.raises(PageRejected, match=r"no description.*cxlib\.report\.figure"):
        _shown({"image/png": "AAAA", "text/plain": "<Figure>"})


def test_a_described_picture_is_embedded():
    """The description is escaped, the picture stands in the page."""
    html = _shown({"image/png": "AA\nAA\n"}, {"image/png": {"alt": 'Bars "x"'}})
    assert html == '<img class="plain" alt="Bars &#34;x&#34;" src="data:image/png;base64,AAAA">'


def test_a_described_svg_is_an_image_not_markup():
    """A foreign SVG is shown as a picture, where scripts in it do not run."""
    html = _shown({"image/svg+xml": f"<svg>{HOSTILE}</svg>"}, {"image/svg+xml": {"alt": "Chart"}})
    assert html.startswith('<img class="plain" alt="Chart" src="data:image/svg+xml;base64,')


def test_unknown_kinds_show_nothing():
    """JavaScript and widgets have no place on a page."""
    assert _shown({"application/javascript": "alert(1)"}) == ""
