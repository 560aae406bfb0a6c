"""How far a reader of one notebook must walk: the files of cxlib that its run enters; printed, and only to fall."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MOST_ENTERED = 80
WALK = """
import json, sys, yaml
from pathlib import Path

import cxlib

package, codes, entered = str(Path(cxlib.__file__).parent) + "/", set(), set()

def look(frame, event, argument):
    code = frame.f_code
    if event == "call" and code not in codes:
        codes.add(code)
        if code.co_flags & 1 and code.co_filename.startswith(package):  # a function, no class body and no module
            entered.add(code.co_filename[len(package):])

names, out, sys.stdout = {}, sys.stdout, sys.stderr  # what a cell prints is no file
cells = json.loads(Path("notebooks/churn.ipynb").read_text(encoding="utf-8"))["cells"]
sys.setprofile(look)
for cell in cells:
    tags = cell["metadata"].get("tags", [])
    if cell["cell_type"] == "code" and "go-on" not in tags:  # which a run leaves out
        exec("".join(cell["source"]), names)
        if "parameters" in tags:
            settings = Path("params/demo/churn.yaml").read_text(encoding="utf-8")
            names |= yaml.safe_load(settings) | {"workspace": sys.argv[1]}
sys.setprofile(None)
print("\\n".join(sorted(entered)), file=out)
"""


@pytest.mark.slow
def test_the_churn_notebook_enters_few_files(tmp_path):
    """From the company's files to the last chart, of which each is made though not shown."""
    sources = (ROOT / "params" / "demo" / "sources.yaml").read_text(encoding="utf-8")
    (tmp_path / "sources.yaml").write_text(sources.replace("customers: 20000", "customers: 2000"), encoding="utf-8")
    run = subprocess.run([sys.executable, "-c", WALK, str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    entered = run.stdout.split()
    sys.stdout.write(f"\nfiles entered by the churn notebook  {len(entered)}  (at most {MOST_ENTERED})\n")
    assert len(entered) <= MOST_ENTERED, entered
