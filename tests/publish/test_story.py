"""What stands where on a page."""

import pytest

from cxlib.errors import PageRejected
from cxlib.measures.result import NO_AMOUNTS
from cxlib.publish.exporter import Story, place, question_of, reject_errors, render_page
from cxlib.publish.page import PageFacts
from cxlib.report.text import notice


def test_the_question_leaves_its_cell(notebook):
    """The title line is shown once: above the answer, not in its cell again."""
    story = Story(notebook("# Who buys?\n\nText."), "en")
    assert story.question == "Who buys?"
    assert story.notebook.cells[0].source.strip() == "Text."


def test_the_question_is_plain_words(notebook):
    """Emphasis in the title line is read, not shown as asterisks."""
    assert Story(notebook("# Who *really* buys & why?"), "en").question == "Who really buys & why?"


def test_a_title_in_a_later_cell_is_not_the_question(notebook):
    """Only the first Markdown cell asks the question."""
    assert Story(notebook("Text.", "# Later"), "en").question == ""


def test_the_head_leaves_its_cell(notebook, head, component):
    """The page head is shown once; what the cell displays beside it stays there."""
    story = Story(notebook([head("Answer"), component("<p>more</p>")]), "en")
    assert (story.answer, str(story.head)) == ("Answer", "<h1>Answer</h1>")
    assert len(story.notebook.cells[0].outputs) == 1


def test_markdown_is_translated_whole(notebook, arabic):
    """The cell's source is the key, and the question is taken from the translation."""
    arabic({"# Who buys?\n\nText {x}.": "# من؟\n\nنص {x}."})
    story = Story(notebook("# Who buys?\n\nText {x}."), "ar")
    assert story.question == "من؟"
    assert "نص {x}." in story.show_cell(story.notebook.cells[0])


def test_an_empty_cell_shows_nothing(notebook):
    """A cell that held only the question leaves no empty section behind."""
    story = Story(notebook("# Who buys?"), "en")
    assert story.show_cell(story.notebook.cells[0]) == ""


def test_a_notebook_without_errors_passes(notebook, component):
    """Ordinary outputs are not refused."""
    reject_errors(notebook("# Q", [component("<p>x</p>")]))


def test_a_bad_cell_is_named_by_its_beginning(notebook):
    """A refusal in a Markdown cell says which."""
    story = Story(notebook("text", "![shop](attachment:shop.png)"), "en")
    with pytest.raises(PageRejected, match=r"cell 2 \(!\[shop\]"):
        story.show_cell(story.notebook.cells[1])


@pytest.mark.parametrize("tag", ["remove-cell", "remove_cell", "remove-input", "remove_input"])
def test_a_hidden_source_is_not_shown(notebook, tag):
    """What its author hides is not among the code of a page, nor in a refusal; what the cell shows has its own rule."""
    nb = notebook("# Q", [], [])
    nb.cells[1].source, nb.cells[2].source = "secret = 1", "shown = 2"
    nb.cells[1].metadata.tags = [tag]
    assert Story(nb, "en").code == ("shown = 2",)
    assert place(nb.cells[1], 2) == "cell 2"


@pytest.mark.parametrize("hidden", [True, False])
def test_values_over_hidden_parameters_are_hidden_too(notebook, hidden):
    """The cell that papermill adds holds the values of parameters, so it is shown or hidden with theirs."""
    nb = notebook([], [])
    nb.cells[0].source, nb.cells[1].source = "workspace = 'a'", "workspace = 'b'"
    nb.cells[0].metadata.tags = ["parameters", *(["remove-input"] if hidden else [])]
    nb.cells[1].metadata.tags = ["injected-parameters"]
    assert Story(nb, "en").code == (() if hidden else ("workspace = 'a'", "workspace = 'b'"))


def test_hidden_outputs_are_not_shown(notebook, component):
    """A cell tagged `remove-output` runs and shows nothing; its code is on the page."""
    nb = notebook([component("<p>x</p>")])
    nb.cells[0].source, nb.cells[0].metadata.tags = "show()", ["remove-output"]
    story = Story(nb, "en")
    assert (story.notebook.cells[0].outputs, story.code) == ([], ("show()",))


def test_a_removed_cell_asks_no_question(notebook):
    """The front page takes a report's question from what is on its page."""
    nb = notebook("# Note to the reader of the notebook", "# Who buys?")
    nb.cells[0].metadata.tags = ["remove-cell"]
    assert question_of(nb)["en"] == "Who buys?"


def test_a_folded_section_ends_where_the_next_one_begins(notebook):
    """A heading tagged so folds all up to the next heading of its rank; what is deeper folds with it."""
    book = notebook("## One", "## Two\n\nText.", "### Part of two", "## Three", "### Four", "## Five")
    for cell in (book.cells[1], book.cells[2], book.cells[4]):
        cell.metadata["tags"] = ["folded"]
    story = Story(book, "en")
    page = "".join(story.show_cell(cell) for cell in story.notebook.cells)
    page = str(story.parts(page, PageFacts()).content)
    assert page.count("<details") == page.count("</details>") == 2
    first = page[page.index("<details") : page.index("</details>")]
    assert "<summary><h2" in first
    assert "Text." in first
    assert "Part of two" in first
    assert "Three" not in first
    assert page.index("Four") < page.rindex("</details>") < page.index("Five")


def test_a_link_to_the_question_leads_to_the_top(notebook):
    """The title is no section of its own: links by its words go where the page begins."""
    page = render_page(notebook("# من يغادر؟\n\n[أعلى](#من-يغادر)"), language="ar")
    assert page.count('href="#main"') == 2


def test_a_section_that_would_say_only_that_there_are_no_amounts_is_left_off(notebook, component):
    """Its heading would speak of money; a section that shows more stays, and so does one that shows nothing."""
    silent = component(notice(NO_AMOUNTS, "info").payload()["html"], kind="notice")
    words = component("<p>more</p>")
    nb = notebook("# Who buys?", [words], "## Spend", "Text.", [silent, silent], "## Segments", [silent], "### More",
                  [words], "## Method\n\nText.")  # fmt: skip
    story = Story(nb, "en")
    assert [cell.source for cell in story.notebook.cells if cell.cell_type == "markdown"][1:] == [
        "## Segments", "### More", "## Method\n\nText.",
    ]  # fmt: skip
