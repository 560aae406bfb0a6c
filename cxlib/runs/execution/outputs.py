"""Every output of a notebook reaches the cell that made it.

nbclient drops what threads and tasks show after their cell has ended, and keeps whatever a cell prints, however much.
"""

from __future__ import annotations

from typing import Any

from jupyter_client.utils import ensure_async
from nbclient.exceptions import CellExecutionComplete
from nbformat import NotebookNode, v4
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines
from papermill.log import logger
from papermill.utils import remove_args

ENGINE = "cxlib"
MOST_OF_AN_ERROR = 10_000  # characters
MOST_PRINTED = 1_000_000  # characters of a cell; more are counted, not kept. What it displays is always kept.
_PIECE = 10_000  # characters; shorter pieces of a stream are joined


class WholeNotebookClient(PapermillNotebookClient):  # type: ignore[misc]  # papermill is untyped to mypy
    """Runs a notebook's cells and keeps all that they show."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._asked: dict[str, tuple[NotebookNode, int]] = {}
        self._printed: dict[int, int] = {}
        self._notices: dict[int, NotebookNode] = {}

    async def _async_poll_output_msg(self, parent_msg_id: str, cell: NotebookNode, cell_index: int) -> None:
        """Take messages until the one that ends the cell, also those of earlier cells."""
        self._asked[parent_msg_id] = (cell, cell_index)
        while True:
            message = await ensure_async(self.kc.iopub_channel.get_msg(timeout=None))
            parent = message["parent_header"].get("msg_id")
            try:
                if parent in self._asked:
                    self.process_message(message, *self._asked[parent])
            except CellExecutionComplete:
                if parent == parent_msg_id:
                    return

    def output(
        self, outs: list[NotebookNode], msg: dict[str, Any], display_id: str | None, cell_index: int
    ) -> NotebookNode | None:
        """Add an output to those of its cell; what is printed only up to a limit."""
        if msg["msg_type"] == "error":
            content = msg["content"]
            lines = [bounded(str(line)) for line in content.get("traceback") or []]
            msg = {**msg, "content": {**content, "evalue": bounded(content["evalue"]), "traceback": lines}}
        added: NotebookNode | None = super().output(outs, msg, display_id, cell_index)
        if added is not None and added.output_type == "stream":
            outs.pop()
            self._print(outs, added, cell_index)
        return added

    def _print(self, outs: list[NotebookNode], added: NotebookNode, cell_index: int) -> None:
        before = self._printed.get(cell_index, 0)
        total = self._printed[cell_index] = before + len(added.text)
        added.text = added.text[: max(0, MOST_PRINTED - before)]
        last = outs[-1] if outs else None
        if last is not None and last.get("name") == added.name and len(last.text) < _PIECE:
            last.text += added.text
        elif added.text:
            outs.append(added)
        if total > MOST_PRINTED:
            notice = self._notices.setdefault(cell_index, v4.new_output("stream", name="stderr"))
            outs += [notice] * (before <= MOST_PRINTED)  # once
            notice.text = f"\n[This cell printed {total:,} characters. The first {MOST_PRINTED:,} are kept.]\n"

    def clear_display_id_mapping(self, cell_index: int) -> None:
        """Start anew with a cell whose outputs have just been cleared."""
        super().clear_display_id_mapping(cell_index)
        self._printed.pop(cell_index, None)
        self._notices.pop(cell_index, None)


def bounded(text: str) -> str:
    """An error's words, cut where they are very long, and saying so.

    >>> bounded("x" * 1_000_000).endswith("x [the first 10,000 of 1,000,000 characters]")
    True
    """
    if len(text) <= MOST_OF_AN_ERROR:
        return text
    return f"{text[:MOST_OF_AN_ERROR]} [the first {MOST_OF_AN_ERROR:,} of {len(text):,} characters]"


class WholeEngine(NBClientEngine):  # type: ignore[misc]  # papermill is untyped to mypy
    """papermill's engine with this client."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: NotebookExecutionManager, kernel_name: str, **options: Any) -> None:
        """Run the notebook that `nb_man` holds."""
        options = remove_args(["input_path", "start_timeout"], **options)  # which nbclient calls otherwise
        WholeNotebookClient(nb_man, kernel_name=kernel_name, log=logger, **options).execute()


papermill_engines.register(ENGINE, WholeEngine)
