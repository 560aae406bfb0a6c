"""Arranges an executed notebook as a page in one language: what stands where, and what each cell shows."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import shorten

from markupsafe import Markup
from nbformat import NotebookNode

from cxlib.errors import PageRejected
from cxlib.language import T, available_languages, speaker
from cxlib.language.speaker import SOURCE_LANGUAGE
from cxlib.publish.cells import COMPONENT, OutputRenderer, Sections, is_head, plain, render_markdown, slug, split_title
from cxlib.publish.facts import PageFacts
from cxlib.publish.page import PageParts

NOT_ON_PAGE = {"remove-cell", "remove_cell"}  # Jupyter Book's tags; for what speaks to the notebook's reader alone
WITHOUT_SOURCE = NOT_ON_PAGE | {"remove-input", "remove_input"}
FOLDED = "folded"  # tag of a heading: its section is closed until a reader opens it
WITHOUT_OUTPUT = {"remove-output", "remove_output"}
FIRST_HEADING = re.compile(r"\s*(?P<all><h(?P<level>[23])\b[^>]*>.*?</h(?P=level)>)", re.DOTALL)
BEGINNING = 60  # characters of a cell that a message quotes


class Story:
    """A notebook arranged as a page: its answer first, with the question above it, then the cells in their order."""

    def __init__(self, nb: NotebookNode, language: str) -> None:
        reject_errors(nb)
        self.language = language
        self.notebook = copy.deepcopy(nb)
        self.notebook.cells = [cell for cell in self.notebook.cells if not tags(cell) & NOT_ON_PAGE]
        self.code = tuple(sources(nb))
        self._sections = Sections(language)
        self._outputs = OutputRenderer(language)
        self._folded = 0  # level of the heading whose section is folded; 0: none is
        for number, cell in enumerate(self.notebook.cells, start=1):
            if tags(cell) & WITHOUT_OUTPUT and cell.cell_type == "code":
                cell.outputs = []
            cell.metadata["cx"] = {"place": place(cell, number), "source": cell.source}
        self.question = self._take_question()
        self.answer, self.head = self._take_head()

    def show_cell(self, cell: NotebookNode) -> Markup:
        """A Markdown cell as a section, in the page's language."""
        with _naming(cell):
            html = self._sections.render(cell.metadata["cx"]["source"], cell.source, cell.get("attachments"))
        heading = FIRST_HEADING.match(html)
        level = int(heading["level"]) if heading else 0
        ended = self._end_fold() if level and level <= self._folded else Markup("")
        if not heading or FOLDED not in tags(cell) or self._folded:
            return ended + (Markup('<section class="md">{}</section>').format(html) if html.strip() else html)
        self._folded, rest = level, Markup(html[heading.end() :])  # noqa: S704 - a part of sanitised HTML
        title = Markup(heading["all"])  # noqa: S704
        start = Markup('<details class="fold"><summary>{}</summary><section class="md">{}</section>')
        return ended + start.format(title, rest)

    def _end_fold(self) -> Markup:
        folded, self._folded = self._folded, 0
        return Markup("</details>") if folded else Markup("")

    def show_output(self, output: NotebookNode, cell: NotebookNode) -> Markup:
        """One output of a cell, in the page's language."""
        with _naming(cell):
            return self._outputs.render(output)

    def parts(self, cells: str, facts: PageFacts) -> PageParts:
        """The page's parts around the rendered cells."""
        heading = self.answer or self.question or facts.title or speaker(self.language).say(T("Report"))
        title = Markup("") if self.head else Markup("<h1>{}</h1>").format(heading)
        linked = Markup(self._sections.link(cells)) + self._end_fold()  # noqa: S704 - rendered with autoescape
        small = Markup('<p class="question">{}</p>') if self.head and self.question else Markup("")
        return PageParts(
            title=heading,
            language=self.language,
            content=small.format(self.question) + self.head + title + linked,
            languages=facts.languages,
            home=facts.home,
            styles=tuple(self._outputs.styles),
            code=self.code,
            provenance=tuple(facts.provenance()),
        )

    def _take_question(self) -> str:
        """Translate all Markdown; take the first cell's title out of it."""
        question = ""
        markdown = [cell for cell in self.notebook.cells if cell.cell_type == "markdown"]
        for cell in markdown:
            cell.source = self._sections.translate(cell.source)
        if markdown:
            title, markdown[0].source = split_title(markdown[0].source)
            question = plain(render_markdown(title))
            source, markdown[0].metadata["cx"]["source"] = split_title(markdown[0].metadata["cx"]["source"])
            titles = {question, plain(render_markdown(source))} - {""}
            self._sections.by_words |= dict.fromkeys(map(slug, titles), "main")
        return question

    def _take_head(self) -> tuple[str, Markup]:
        """Take the first page head out of its cell: it opens the page wherever the notebook computes it."""
        for cell in self.notebook.cells:
            for output in cell.get("outputs", []):
                if is_head(output):
                    cell.outputs.remove(output)
                    return self._answer_of(output), self.show_output(output, cell)
        return "", Markup("")

    def _answer_of(self, output: NotebookNode) -> str:
        answers = output.data[COMPONENT].get("title") or {}
        return str(answers.get(self.language) or answers.get(SOURCE_LANGUAGE) or "")


def tags(cell: NotebookNode) -> set[str]:
    """The tags of a cell."""
    return set(cell.metadata.get("tags", ()))


def sources(nb: NotebookNode) -> list[str]:
    """The code that a page may show; the values of parameters go with the cell that declares them."""
    beside = {tag for cell in nb.cells if tags(cell) & WITHOUT_SOURCE for tag in tags(cell)}
    hidden = WITHOUT_SOURCE | ({"injected-parameters"} if "parameters" in beside else set())
    code = (cell for cell in nb.cells if cell.cell_type == "code" and not tags(cell) & hidden)
    return [cell.source.strip() for cell in code if cell.source.strip()]


def question_of(nb: NotebookNode) -> dict[str, str]:
    """The question that a notebook answers, in every language: the title of its first Markdown cell, if it has one.

    >>> import nbformat
    >>> question_of(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Who buys?")]))["en"]
    'Who buys?'
    """
    shown = (cell.source for cell in nb.cells if cell.cell_type == "markdown" and not tags(cell) & NOT_ON_PAGE)
    first = next(shown, "")
    titles = {language: split_title(speaker(language).gettext(first))[0] for language in available_languages()}
    return {language: plain(render_markdown(title)) for language, title in titles.items() if title}


def reject_errors(nb: NotebookNode) -> None:
    """Refuse a notebook of which a cell failed."""
    for number, cell in enumerate(nb.cells, start=1):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                error = f"{output.get('ename', 'Error')}: {output.get('evalue', '')}"
                raise PageRejected(
                    f"{place(cell, number)} raised {error}. Mend it and run the notebook again: "
                    "a page is only made of a notebook without errors."
                )


def place(cell: NotebookNode, number: int) -> str:
    r"""How a message names a cell: its number (from 1, all kinds counted) and how it begins.

    >>> import nbformat
    >>> place(nbformat.v4.new_code_cell("page_head(answer)\nmore"), 5)
    'cell 5 (page_head(answer))'
    """
    first = "" if tags(cell) & WITHOUT_SOURCE else cell.source.strip().partition("\n")[0]
    return f"cell {number} ({shorten(first, BEGINNING, placeholder='...')})" if first else f"cell {number}"


@contextmanager
def _naming(cell: NotebookNode) -> Iterator[None]:
    """Say which cell a refusal is about."""
    try:
        yield
    except PageRejected as error:
        raise PageRejected(f"{cell.metadata['cx']['place']}: {error}") from error
