"""The nbconvert exporter ``cx``: an executed notebook becomes one self-contained page in one language.

``jupyter nbconvert --to cx executed.ipynb`` works by hand (``--CxExporter.language=ar`` for another language);
`publish` is what the engine calls: every language is rendered and checked before the first file is written.
"""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
from jinja2 import Environment
from nbconvert.exporters import HTMLExporter, TemplateExporter
from nbformat import NotebookNode
from traitlets import Instance, Unicode, default

from cxlib.errors import ConfigurationError, PageRejected, nearest
from cxlib.language import available_languages
from cxlib.publish.checks import check_page
from cxlib.publish.facts import PageFacts
from cxlib.publish.page import TEMPLATES, assemble, in_language
from cxlib.publish.story import Story
from cxlib.report.component import MIME_TYPE

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
        """Render a notebook that has been executed.

        Raises
        ------
        PageRejected
            If a cell failed, or the page does not pass its checks (`cxlib.publish.checks`).
        """
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

    Raises
    ------
    PageRejected
        If a cell failed or the page does not pass its checks.
    ConfigurationError
        If there is no such language.

    Examples
    --------
    >>> nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Who buys?")])
    >>> "<h1>Who buys?</h1>" in render_page(nb)
    True
    """
    if language not in available_languages():
        raise ConfigurationError(f"no catalogue for language {language!r}. {nearest(language, available_languages())}")
    page, _ = CxExporter(language=language, facts=facts).from_notebook_node(nb)
    return str(page)


def publish(
    notebook: Path, folder: Path, *, facts: PageFacts | None = None, languages: Iterable[str] = ()
) -> list[Path]:
    """Write ``report.<language>.html`` into `folder` for each language, and only if every page passed its checks.

    Parameters
    ----------
    notebook
        An executed notebook file.
    languages
        Left out: those of `facts`, or every language there is.

    Raises
    ------
    PageRejected
        Nothing has been written then.
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

    Only what a component marked as shareable goes in. On the pages inside, a link to anything else is plain text.
    Equal pages and files make equal bytes.

    Examples
    --------
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
