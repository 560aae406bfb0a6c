"""Style sheet, policy and links around the content."""

import re

from markupsafe import Markup

from cxlib.publish.page import PageParts, assemble, compact, contents, lean
from cxlib.publish.sanitise import policy, source_hash
from cxlib.report.theme import DARK, LIGHT


def _page(**parts):
    return assemble(PageParts(**{"title": "T", "language": "en", "content": Markup("<h1>T</h1>")} | parts))


def test_the_policy_names_the_style_sheet_and_the_script_by_hash():
    """What a browser hashes is exactly what the policy lists."""
    page = _page()
    [style], [script] = (re.findall(f"<{tag}[^>]*>(.*?)</{tag}>", page, re.DOTALL) for tag in ("style", "script"))
    stated = policy(styles=[style], scripts=[script]).replace("'", "&#39;")
    assert f'content="{stated}"' in page


def test_a_hash_is_that_of_the_standard():
    """SHA-256 of "alert('Hello, world.');", as in the W3C's Content Security Policy Level 3, section 6.7.2.3."""
    assert source_hash("alert('Hello, world.');") == "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='"


def test_both_themes_have_every_colour():
    """The variables of the palette stand once for light, twice for dark (system and choice), and light for paper."""
    page = _page()
    assert page.count(f"--ink:{LIGHT['ink']}") == 2
    assert page.count(f"--ink:{DARK['ink']}") == 2
    assert page.index("@media print") < page.rindex(f"--ink:{LIGHT['ink']}")


def test_component_styles_follow_the_pages_own():
    """The rules of charts are part of the one style element."""
    page = _page(styles=(".k1 { fill: red }",))
    assert page.count("<style>") == 1
    assert ".k1{fill:red}" in page


def test_titles_are_escaped():
    """A title is text."""
    assert "<title>&lt;/title&gt;&lt;script&gt;" in _page(title="</title><script>")


def test_compacting_keeps_what_rules_say():
    """Comments and white space go, selectors with descendants stay apart."""
    assert compact("/* x */ .a   .b {\n  margin: 0 1px;\n}\n") == ".a .b{margin:0 1px}"


def test_contents_come_from_headings_with_an_address():
    """A heading without an id cannot be linked and is not listed."""
    assert contents('<h2>no</h2><h2 class="x" id="a">Yes &lt;em&gt;</h2>') == [("a", "Yes <em>")]


def test_the_name_of_a_column_stands_once_and_cannot_leave_its_rule():
    """In a style rule for phones; the first cells are counted as a browser does, and hostile names are escaped."""
    risk = '<td data-label="Risk &lt;/style&gt;&quot;}">1</td>'
    cells = f'<tr><th>a</th>{risk}<td class="barc"></td><td data-label="n">2</td></tr>'
    table = f'<table class="stack" aria-labelledby="t1"><thead></thead><tbody>{cells * 9}</tbody></table>'
    page = _page(content=Markup(table))
    assert ' data-label="' not in page
    assert ".stack td:nth-child(4)::before{content:var(--n4)}" in page
    assert r'[aria-labelledby=t1]{--n2:"Risk \3c \2f style\3e \22 \7d ";--n4:"n"}' in page


def test_a_table_costs_few_bytes_and_its_texts_keep_their_side():
    """Numbers are the rule in a cell; a text stays isolated where it runs against the page."""
    cells = '<td class="num"><bdi>5 days</bdi> <span class="ci">(<bdi>4 to 6</bdi>)</span></td>'
    words = "".join(f"<td><bdi>{text}</bdi></td>" for text in ("Riyadh", "الرياض", "12"))
    table = f'<table class="matrix" aria-labelledby="t1"><tbody><tr>{cells}{words}</tr></tbody></table>'
    number = "<td>5\xa0days <i>(4 to 6)</i></td>"
    assert (
        f'{number}<td class="t">Riyadh</td><td class="t"><bdi>الرياض</bdi></td><td class="t">12</td>'
        in lean(table, "ltr")[0]
    )
    assert '<bdi>Riyadh</bdi></td><td class="t">الرياض</td><td class="t"><bdi>12</bdi>' in lean(table, "rtl")[0]


def test_digits_after_an_arabic_word_need_no_marks():
    """They keep their order and side; a sign, a percent sign, Latin or another number beside them does not."""
    bare = "من \u20684,032\u2069 عضوًا"
    assert lean(bare, "rtl")[0] == "من 4,032 عضوًا"
    for kept in ("من \u206842%\u2069 إلى", "AUC \u20680.67\u2069 فقط", "من \u20683\u2069-\u20685\u2069 أيام"):
        assert lean(kept, "rtl")[0] == kept
    assert lean(bare, "ltr")[0] == bare
