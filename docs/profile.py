"""Where a report's seconds go: `make profile REPORT=churn` runs its cells and looks at them every few milliseconds.

Writes ``.cx/profile/<report>.txt`` (cells, and functions with what they call) and ``.cx/profile/<report>.svg``, a flame
picture: a box is a function, as wide as its share of the time, above the one that called it. Nothing but Python is
needed for it. What the warm process has imported before counts here with the first cell.
"""

import argparse
import sys
import threading
import time
from collections import Counter
from html import escape
from itertools import groupby
from pathlib import Path
from zlib import crc32

from IPython.core.interactiveshell import InteractiveShell

from cxlib.runs.planning.plan import plan_suite
from cxlib.runs.planning.suite import find_workspace, project_root

EVERY_SECONDS = 0.004
WIDTH, ROW, LEAST = 1_200, 17, 0.002  # of the picture: its width, a box's height, the least share that is drawn
OUTSIDE = ("IPython/", "runpy", "asyncio/")  # what only leads to a cell's own calls


class Sampler(threading.Thread):
    """Notes the stack of the main thread again and again, by the cell that runs."""

    def __init__(self):
        super().__init__(daemon=True)
        self.stacks, self.cell, self.ended = Counter(), "", threading.Event()

    def run(self):
        """Look until it is ended."""
        main = threading.main_thread().ident
        while not self.ended.wait(EVERY_SECONDS):
            if self.cell and (frame := sys._current_frames().get(main)):
                self.stacks[(self.cell, *_names(frame))] += 1


def _names(frame):
    """The functions of a stack, the outermost first, from the cell on."""
    names = []
    while frame is not None and frame.f_code.co_name != "run_cell_async":
        code, frame = frame.f_code, frame.f_back
        if any(part in code.co_filename for part in OUTSIDE):
            continue
        path = Path(code.co_filename).with_suffix("").parts
        where = path[path.index("cxlib") :] if "cxlib" in path else path[-2:]
        names.append(f"{'.'.join(where)}.{code.co_qualname}")
    return names[::-1]


def profile(plan):
    """Run a report's cells; gives the sampled stacks and the seconds of each cell."""
    shell, sampler, seconds = InteractiveShell.instance(), Sampler(), {}
    shell.user_ns["__vsc_ipynb_file__"] = str(plan.notebook_path)
    sampler.start()
    for number, cell in enumerate(plan.notebook.cells, start=1):
        if cell.cell_type != "code" or "go-on" in cell.metadata.get("tags", []):
            continue
        began, sampler.cell = time.process_time(), f"cell {number}"
        shell.run_cell(cell.source, store_history=True).raise_error()
        if "parameters" in cell.metadata.get("tags", []):
            shell.user_ns.update(plan.injected)
        seconds[sampler.cell], sampler.cell = time.process_time() - began, ""
    sampler.ended.set()
    sampler.join()
    return sampler.stacks, seconds


def text_of(stacks, seconds):
    """Cells by CPU seconds, then functions by the share of the time in which they stood on the stack, and on top."""
    total, whole, own = sum(stacks.values()), Counter(), Counter()
    for stack, count in stacks.items():
        own[stack[-1]] += count
        for name in set(stack[1:]):
            whole[name] += count
    lines = [f"{spent:8.2f} CPU-s  {name}" for name, spent in sorted(seconds.items(), key=lambda pair: -pair[1])]
    lines += ["", "  with what it calls   alone"]
    lines += [f"{count / total:15.1%} {own[name] / total:13.1%}  {name}" for name, count in whole.most_common(80)]
    return "\n".join(lines) + "\n"


def boxes(stacks, depth=0, at=0.0, total=None):
    """The boxes of a flame picture: depth, place, share and name; what is too narrow to be seen is left out."""
    total = total or sum(stacks.values())
    for name, group in groupby(sorted(stacks), key=lambda stack: stack[0]):
        below = {stack: stacks[stack] for stack in group}
        share = sum(below.values()) / total
        if share >= LEAST:
            yield depth, at, share, name
            yield from boxes({stack[1:]: n for stack, n in below.items() if stack[1:]}, depth + 1, at, total)
        at += share


def flame(stacks):
    """The picture as SVG; a title under the mouse says what a box is."""
    drawn = list(boxes(stacks))
    height = (max((depth for depth, *_ in drawn), default=0) + 1) * ROW
    parts = []
    for depth, at, share, name in drawn:
        left, top, width = at * WIDTH, height - (depth + 1) * ROW, share * WIDTH
        colour = f"hsl({18 + crc32(name.rpartition('.')[0].encode()) % 40} 85% 70%)"
        label = escape(name.rpartition(".")[2][: int(width / 6.5)])
        parts.append(
            f'<g><title>{escape(name)}: {share:.1%}</title><rect x="{left:.1f}" y="{top}" width="{width:.1f}" '
            f'height="{ROW - 1}" fill="{colour}"/><text x="{left + 2:.1f}" y="{top + 12}">{label}</text></g>'
        )
    size = f'viewBox="0 0 {WIDTH} {height}" font-family="monospace" font-size="11"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(parts)}</svg>\n'


def main():
    """Profile the report that is named."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("report")
    parser.add_argument("--workspace", default="demo")
    asked = parser.parse_args()
    root = project_root()
    (plan,) = plan_suite(find_workspace(root, asked.workspace), [asked.report])
    stacks, seconds = profile(plan)
    folder = root / ".cx" / "profile"
    folder.mkdir(parents=True, exist_ok=True)
    for suffix, content in (("txt", text_of(stacks, seconds)), ("svg", flame(stacks))):
        (folder / f"{asked.report}.{suffix}").write_text(content, encoding="utf-8")
        sys.stdout.write(f"{(folder / f'{asked.report}.{suffix}').as_uri()}\n")


if __name__ == "__main__":
    main()
