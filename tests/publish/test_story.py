"""What stands where on a page."""

import pytest

from cxlib.errors import PageRejected
from cxlib.publish.story import Story, reject_errors


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
