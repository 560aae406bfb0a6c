#!/usr/bin/env bash
# typer 0.29.2 beside click 8.5.1: typer carries its own copy of click, and `typer.prompt(..., type=click.Choice([...]))`
# with the Choice of the installed click, as guides show it, ends in an AssertionError without a word once somebody answers;
# the Choice of typer's own copy works, which stands in a module marked as private.
# Seen 2026-11-28: "AssertionError, then: m". Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check typer==0.29.2 click==8.5.1
seen=$(printf 'm\nm\n' | "$folder/venv/bin/python" -c '
import click
import typer
from typer import _click

try:
    first = typer.prompt("size", type=click.Choice(["s", "m"]), prompt_suffix="", err=True)
except AssertionError:
    first = "AssertionError"
second = typer.prompt("size", type=_click.Choice(["s", "m"]), prompt_suffix="", err=True)
print(f"{first}, then: {second}")
' 2>/dev/null)
echo "$seen"
if [ "$seen" != "AssertionError, then: m" ]; then
  echo "this has changed"
  exit 1
fi
