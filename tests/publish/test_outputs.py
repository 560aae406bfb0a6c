"""How each kind of output is shown."""

import nbformat
import pandas as pd
import pytest

from cxlib.errors import PageRejected
from cxlib.publish.outputs import OutputRenderer

HOSTILE = "<script>alert(1)</script>"


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
