"""Every fault that a page may not have, put into a good page, is found."""

import pytest
from markupsafe import Markup

from cxlib.errors import PageRejected
from cxlib.publish.checks import NO_DESCRIPTION, check_page
from cxlib.publish.page import PageParts, assemble


def _page(content="<p>text</p>"):
    return assemble(PageParts(title="T", language="en", content=Markup(f"<h1>T</h1>{content}")))


def test_a_good_page_passes():
    """A page as it should be is not refused."""
    check_page(_page(), language="en")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("<h1>again</h1>", r"2 main headings \(h1\)"),
        ('<p id="x"></p><p id="x"></p>', "id 'x' is used twice"),
        ('<img src="data:image/png;base64,AA">', "no description"),
        (f'<img alt="{NO_DESCRIPTION}" src="data:image/png;base64,AA">', "no description"),
        ('<img alt="x">', "'x' is not embedded"),
        ('<img alt="x" src="https://example.com/x.png">', "could run or load"),
        ('<iframe src="x"></iframe>', "<iframe> element"),
        ('<link rel="stylesheet" href="x.css">', "<link> element"),
        ('<p style="color:red">x</p>', "style='color:red'"),
        ('<p onclick="x()">x</p>', "onclick='x()'".replace("(", r"\(").replace(")", r"\)")),
        ('<a href="javascript:alert(1)">x</a>', "javascript:"),
        ('<svg><use href="//x#y"></use></svg>', "<use> has href"),
        ("<script>alert(1)</script>", "does not match its style sheet and script"),
        ("<style>p{color:red}</style>", "does not match its style sheet and script"),
        ("<style>@import 'x'</style>", "style sheet loads something"),
        ("x" * 300_000, r"weighs 3\d\d kB, more than 300 kB \("),
    ],
)
def test_a_fault_is_named(content, fault):
    """The message says what is wrong with the page."""
    with pytest.raises(PageRejected, match=fault):
        check_page(_page(content), language="en")


def test_a_missing_policy_is_a_fault():
    """A page without its Content-Security-Policy is refused."""
    with pytest.raises(PageRejected, match="Content-Security-Policy"):
        check_page(_page().replace("Content-Security-Policy", "X"), language="en")


def test_the_language_must_be_right():
    """An English page cannot be published as another language."""
    with pytest.raises(PageRejected, match="should be in 'ar', rtl, but says 'en', 'ltr'"):
        check_page(_page(), language="ar")


def test_all_faults_are_told_at_once():
    """One look at the message is enough to mend a page."""
    with pytest.raises(PageRejected, match=r"headings.*description"):
        check_page(_page('<h1>x</h1><img src="data:image/png;base64,AA">'), language="en")


def test_a_heavy_page_says_which_part_is_heavy():
    """The weight of the parts tells where to cut."""
    with pytest.raises(PageRejected, match=r"charts 310 kB"):
        check_page(_page(f"<svg><path d='{'1' * 310_000}'></path></svg>"), language="en")
