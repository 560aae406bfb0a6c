"""The nbconvert exporter ``cx``: an executed notebook becomes one self-contained page in one language.

``jupyter nbconvert --to cx executed.ipynb`` works by hand (``--CxExporter.language=ar`` for another language);
`publish` is what the engine calls: every language is rendered and checked before the first file is written.

Arranges an executed notebook as a page in one language: what stands where, and what each cell shows.
"""

import copy
import datetime as dt
import re
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from textwrap import shorten
from typing import Any

import nbformat
from jinja2 import Environment
from markupsafe import Markup
from nbconvert.exporters import HTMLExporter, TemplateExporter
from nbformat import NotebookNode
from traitlets import Instance, Unicode, default

from cxlib.errors import ConfigurationError, PageRejected, nearest
from cxlib.language import T, available_languages, speaker
from cxlib.language.speaker import SOURCE_LANGUAGE
from cxlib.masking import mask_contacts
from cxlib.publish.cells import COMPONENT, OutputRenderer, Sections, is_head, plain, render_markdown, slug, split_title
from cxlib.publish.checks import check_page
from cxlib.publish.page import TEMPLATES, PageFacts, PageParts, assemble, in_language
from cxlib.report.component import MIME_TYPE
from cxlib.report.text import WITHOUT_MONEY

NOT_ON_PAGE = {"remove-cell", "remove_cell"}  # Jupyter Book's tags; for what speaks to the notebook's reader alone
WITHOUT_SOURCE = NOT_ON_PAGE | {"remove-input", "remove_input"}
FOLDED = "folded"  # tag of a heading: its section is closed until a reader opens it
WITHOUT_OUTPUT = {"remove-output", "remove_output"}
FIRST_HEADING = re.compile(r"\s*(?P<all><h(?P<level>[23])\b[^>]*>.*?</h(?P=level)>)", re.DOTALL)
BEGINNING = 60  # characters of a cell that a message quotes


def _without_money(cells: list[NotebookNode]) -> list[NotebookNode]:
    """The cells without the sections that show nothing but that the data has no amounts: the page says so above."""
    silent = WITHOUT_MONEY.payload()
    titles = [re.match("#+ ", cell.source) if cell.cell_type == "markdown" else None for cell in cells]
    levels = [len(title[0]) if title else 0 for title in titles]
    left_off = set[int]()
    for start, level in enumerate(levels):
        end = next((n for n in range(start + 1, len(cells)) if 0 < levels[n] <= level), len(cells))
        shown = [
            output.data.get(COMPONENT)
            for cell in cells[start:end]
            for output in cell.get("outputs", ())
            if "data" in output
        ]
        if level and shown and all(payload == silent for payload in shown):
            left_off |= {*range(start, end)}
    return [cell for n, cell in enumerate(cells) if n not in left_off]


class Story:
    """A notebook arranged as a page: its answer first, with the question above it, then the cells in their order."""

    def __init__(self, nb: NotebookNode, language: str) -> None:
        reject_errors(nb)
        self.language = language
        self.notebook = copy.deepcopy(nb)
        cells = [cell for cell in self.notebook.cells if not tags(cell) & NOT_ON_PAGE]
        self.notebook.cells = _without_money(cells)
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
    texts = [mask_contacts(c.source) if "injected-parameters" in tags(c) else c.source for c in code]
    return [text.strip() for text in texts if text.strip()]


def question_of(nb: NotebookNode) -> dict[str, str]:
    """The question that a notebook answers, in every language: the title of its first Markdown cell, if it has one."""
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


PAGE_NAME = "report.{language}.html"
PACKAGE_NAME = "report.zip"
_LINK = re.compile(r'<a\b[^>]*\bhref="(?!#|data:)([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_EXPORT = re.compile(r"exports/[\w-][\w.-]*")
_EPOCH = (1980, 1, 1, 0, 0, 0)


class CxExporter(HTMLExporter):  # type: ignore[misc]
    """Renders with our own template over nbconvert's ``base``; nothing is loaded from anywhere."""

    export_from_notebook = "cx report page"
    language = Unicode("en", help="Language of the page: 'en', or one that has a catalogue.").tag(config=True)
    facts = Instance(PageFacts, allow_none=True, help="What the engine knows about the run.")

    @default("template_name")  # type: ignore[untyped-decorator]
    def _template_name_default(self) -> str:
        return "cx"

    @default("extra_template_basedirs")  # type: ignore[untyped-decorator]
    def _template_folders(self) -> list[str]:
        return [str(TEMPLATES)]

    def _create_environment(self) -> Environment:
        environment: Environment = super()._create_environment()
        environment.autoescape = True  # nbconvert's own default is to trust every value
        return environment

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Render a notebook that was executed. Raises PageRejected: a cell failed, or its page does not pass."""
        story = Story(nb, self.language)
        self.register_filter("shown_cell", story.show_cell)
        self.register_filter("shown_output", story.show_output)
        # HTMLExporter's own pass over the finished HTML would invent descriptions for pictures that have none.
        cells, resources = TemplateExporter.from_notebook_node(self, story.notebook, resources, **kw)
        page = assemble(story.parts(cells, self.facts or facts_of(nb)))
        check_page(page, language=self.language)
        return page, resources


def render_page(nb: NotebookNode, *, language: str = "en", facts: PageFacts | None = None) -> str:
    """One page of an executed notebook, checked.

    Raises PageRejected: if a cell failed or the page does not pass its checks.
    Raises ConfigurationError: if there is no such language.
    """
    if language not in available_languages():
        raise ConfigurationError(f"no catalogue for language {language!r}. {nearest(language, available_languages())}")
    page, _ = CxExporter(language=language, facts=facts).from_notebook_node(nb)
    return str(page)


def publish(
    notebook: Path, folder: Path, *, facts: PageFacts | None = None, languages: Iterable[str] = ()
) -> list[Path]:
    """Write ``report.<language>.html`` into `folder` for each language, and only if every page passed its checks.

    `notebook`: One that has been executed.
    `languages`: Left out: those of `facts`, or every language there is.
    Raises PageRejected: nothing has been written then.
    """
    nb = read_notebook(notebook)
    facts = facts or facts_of(nb)
    facts = replace(facts, languages=tuple(languages) or facts.languages or available_languages())
    pages = {in_language(PAGE_NAME, each): render_page(nb, language=each, facts=facts) for each in facts.languages}
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in pages.items():
        (folder / name).write_text(page, encoding="utf-8", newline="\n")
    return [folder / name for name in pages]


def package(notebook: Path, folder: Path, *, languages: Iterable[str]) -> Path:
    """Write ``report.zip`` into `folder`: pages, and exports that name no customer, to be mailed whole.

    `notebook`: One that has been executed.

    Only what a component marked as shareable goes in. On the pages inside, a link to anything else is plain text.
    Equal pages and files make equal bytes.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Who buys?")])
    >>> nbformat.write(nb, folder / "notebook.ipynb")
    >>> pages = publish(folder / "notebook.ipynb", folder, languages=["en"])
    >>> zipfile.ZipFile(package(folder / "notebook.ipynb", folder, languages=["en"])).namelist()
    ['report.en.html']
    """
    outputs = (output.get("data", {}) for cell in read_notebook(notebook).cells for output in cell.get("outputs", ()))
    marked = (name for data in outputs for name in data.get(MIME_TYPE, {}).get("shareable", ()))
    files = sorted({name for name in marked if _EXPORT.fullmatch(str(name)) and (folder / name).is_file()})
    pages = [in_language(PAGE_NAME, language) for language in languages]
    inside = {*pages, *files}
    with zipfile.ZipFile(folder / PACKAGE_NAME, "w") as packed:
        for name in (*pages, *files):
            content = (folder / name).read_bytes()
            if name in pages:
                content = _LINK.sub(lambda link: link[0 if link[1] in inside else 2], content.decode()).encode()
            packed.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return folder / PACKAGE_NAME


def read_notebook(path: Path) -> NotebookNode:
    """A notebook file in format 4."""
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:  # nbformat's converters raise whatever a damaged file makes them stumble on
        raise PageRejected(f"{path}: cannot be read as a notebook ({error}). Run the report again.") from error


def facts_of(nb: NotebookNode) -> PageFacts:
    """What an executed notebook says about its own run (papermill writes it down)."""
    run = nb.metadata.get("papermill", {})
    ended = run.get("end_time")
    return PageFacts(
        generated_at=dt.datetime.fromisoformat(ended) if ended else None,
        parameters=dict(run.get("parameters", {})),
        seconds=run.get("duration"),
    )
