"""What may stand on a page, and what never gets there."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxlib.errors import PageRejected
from cxlib.publish.sanitise import clean_component, clean_css, clean_foreign, clean_markdown

CLEANERS = (clean_component, clean_foreign, clean_markdown)
ACTIVE = re.compile(r"<(script|iframe|object|embed|form|style|base|link|meta)\b|<[^>]*\s(on\w+|style|srcdoc)=", re.I)
PIECES = st.sampled_from([
    "<svg>", "</svg>", "<math>", "<mtext>", "<style>", "</style>", "<title>", "</title>", "<p>", "<table>", "<td>",
    "<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "<a href='javascript:alert(1)'>", "<foreignObject>",
    "<!--", "-->", "<![CDATA[", "]]>", '"', "'", "<g onload=alert(1)>", "<use href='data:x#y'/>", "<desc>",
    "<noscript>", "<template>", "<iframe srcdoc='x'>", "<path style='fill:red'/>", "\x00", "&lt;", "&#x3c;", "text",
])  # fmt: skip


@given(pieces=st.lists(PIECES, max_size=14))
def test_nothing_active_survives(pieces):
    """No mixture of open and broken elements leaves a script, a handler or a style attribute in the result."""
    for clean in CLEANERS:
        assert not ACTIVE.search(clean("".join(pieces)))


@given(pieces=st.lists(PIECES, max_size=14))
def test_cleaning_twice_changes_nothing(pieces):
    """Clean HTML is read back as what it was, so a browser cannot find something else in it (no mutation)."""
    for clean in CLEANERS:
        once = clean("".join(pieces))
        assert clean(once) == once


@pytest.mark.parametrize(
    "html",
    [
        '<figure id="f1" aria-labelledby="f1-t"><h3 id="f1-t">Title</h3></figure>',
        '<svg viewBox="0 0 9 9" aria-hidden="true"><clipPath id="c"><rect x="0" width="5"></rect></clipPath>'
        '<g clip-path="url(#c)" class="k1"><use href="#m" x="1"></use><text x="1" y="2">a</text></g></svg>',
        '<svg><image href="data:image/png;base64,AAAA" width="4"></image></svg>',
        '<div class="scroll" tabindex="0" role="region" aria-label="T"><table class="stack"><tbody><tr>'
        '<th scope="row">a</th><td class="num" data-label="n"><bdi>1</bdi></td></tr></tbody></table></div>',
        '<details open=""><summary>Show</summary><p>x</p></details>',
    ],
    ids=["figure", "chart", "rasterised chart", "table", "details"],
)
def test_our_components_stay_whole(html):
    """What charts, tables and folded parts are made of passes unchanged."""
    assert clean_component(html) == html


def test_downloads_stay_and_other_data_addresses_go():
    """A CSV inside a link may be downloaded; a page inside a link may not be opened."""
    kept = '<a download="x.csv" href="data:text/csv;charset=utf-8;base64,QQ==">x</a>'
    assert 'href="data:text/csv' in clean_component(kept)
    assert "href" not in clean_component('<a href="data:text/html,<script>alert(1)</script>">x</a>')
    assert "href" not in clean_component('<a href=" DATA:text/html,x">x</a>')


@pytest.mark.parametrize("address", ["https://example.com/x.png", "//example.com/x.png", "x.png", "data:text/html,x"])
def test_pictures_are_embedded_or_gone(address):
    """An image never has an address to fetch."""
    assert "src" not in clean_markdown(f'<img alt="x" src="{address}">')
    assert "href" not in clean_component(f'<svg><image href="{address}"></image></svg>')


@pytest.mark.parametrize("value", ["url(https://example.com)", "url(//x#y)", "u\\72l(//x)", "URL( 'x' )"])
def test_colours_refer_to_the_page_itself_only(value):
    """A fill or a clip path may point into the page, nowhere else."""
    assert "fill" not in clean_component(f'<svg><rect fill="{value}"></rect></svg>')


def test_text_that_speaks_of_addresses_is_kept():
    """Words such as "url" in a label are words."""
    assert 'aria-label="the url of us"' in clean_component('<svg aria-label="the url of us"></svg>')


def test_a_foreign_table_keeps_cells_and_loses_links():
    """A DataFrame's own HTML passes as a table; nothing in it can be followed or fetched."""
    html = '<table class="dataframe"><tr><td colspan="2"><a href="https://x">x</a><img src=x></td></tr></table>'
    assert clean_foreign(html) == '<table><tbody><tr><td colspan="2">x</td></tr></tbody></table>'


@pytest.mark.parametrize(
    "css",
    ["</style><script>x</script>", "@import 'x'", "a{background:url(//x)}", "a{b:u\\72l(x)}", "a{b:image-set('x')}"],
)
def test_style_rules_that_reach_out_reject_the_page(css):
    """A component's rules may neither leave the style sheet nor fetch."""
    with pytest.raises(PageRejected, match="style rules"):
        clean_css(css)


def test_plain_style_rules_pass():
    """Rules with variables and references into the page are what charts need."""
    css = ".k1{fill:var(--c1);clip-path:url(#c)}"
    assert clean_css(css) == css
