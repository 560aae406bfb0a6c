#!/usr/bin/env bash
# papermill 2.7.0 takes the first cell tagged `parameters` for the place of parameters, whatever kind of cell it is: with
# the tag on a Markdown cell above the code cell of the same tag, values are injected below the text and the code cell,
# run after them, sets its own values again. The run ends well, and the record says that the value was given.
# Seen 2026-11-28: n given as 5, printed as 1. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  papermill==2.7.0 nbclient==0.11.0 nbformat==5.11.0 ipykernel==7.4.0
seen=$(cd "$folder" && PATH="$folder/venv/bin:$PATH" venv/bin/python -W ignore -c '
import nbformat
import papermill
tagged = {"tags": ["parameters"]}
cells = [nbformat.v4.new_markdown_cell("About", metadata=tagged), nbformat.v4.new_code_cell("n = 1", metadata=tagged),
         nbformat.v4.new_code_cell("print(n)")]
book = nbformat.v4.new_notebook(cells=cells)
book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
nbformat.write(book, "a.ipynb")
done = papermill.execute_notebook("a.ipynb", "b.ipynb", {"n": 5}, progress_bar=False)
print("given", done.metadata.papermill.parameters["n"], "printed", done.cells[-1].outputs[0].text.strip())
' 2>/dev/null)
echo "$seen"
if [ "$seen" != "given 5 printed 1" ]; then
  echo "this has changed"
  exit 1
fi
