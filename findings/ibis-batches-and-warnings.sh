#!/usr/bin/env bash
# ibis 12.0.0 with DuckDB 1.5.6: `to_pyarrow_batches` calls a method that DuckDB has deprecated. Where warnings are errors,
# as under `python -W error` or in a test suite that has them so, what is raised is no DeprecationWarning but a
# SystemError ("returned a result with an exception set"), which names neither the method nor the remedy; the warning
# stands in its cause alone.
# Seen 2026-11-29: plainly 10, with warnings as errors SystemError from DeprecationWarning. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'ibis-framework[duckdb]==12.0.0' duckdb==1.5.6 pandas==3.1.1 pyarrow==26.0.1 sqlglot==30.30.0
seen=$("$folder/venv/bin/python" -c '
import warnings
import ibis
table = ibis.duckdb.connect().sql("SELECT i FROM range(10) numbers(i)")
warnings.simplefilter("ignore")
print("plainly", sum(len(batch) for batch in table.to_pyarrow_batches()))
warnings.simplefilter("error")
try:
    print("as errors", sum(len(batch) for batch in table.to_pyarrow_batches()))
except Exception as error:
    print("as errors", type(error).__name__, "from", type(error.__cause__).__name__)
')
echo "$seen"
if [ "$seen" != "plainly 10
as errors SystemError from DeprecationWarning" ]; then
  echo "this has changed"
  exit 1
fi
