"""Every message can be found by the tool that collects messages for translation."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "cxlib"
TEXTS = {"T": (0,), "N": (0, 1), "C": (0, 1)}  # which arguments must be written out


def _calls(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TEXTS:
            yield node


def test_messages_are_written_out():
    """The sentence of a message is a literal: one that is put together cannot be collected or translated."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for call in _calls(path):
            for position in TEXTS[call.func.id]:
                assert isinstance(call.args[position], ast.Constant), f"{path}:{call.lineno}: {ast.unparse(call)[:80]}"
