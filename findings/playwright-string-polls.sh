#!/usr/bin/env bash
# playwright 1.65.2 (Python): `page.wait_for_function` given a string, on a page whose Content-Security-Policy does not
# allow 'unsafe-eval', works where the string holds at the first look and raises an EvalError where it has to look again:
# such a wait passes on a quick machine and fails on a slow one. Given a function (`() => ...`) it waits on either.
# The browser is that of `playwright install`, or the one that CHROMIUM names.
# Seen 2026-11-29: at once waited, later EvalError, function waited. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check playwright==1.65.2
if [ -z "${CHROMIUM:-}" ]; then
  export PLAYWRIGHT_BROWSERS_PATH="$folder/browsers"
  "$folder/venv/bin/python" -m playwright install --with-deps chromium >"$folder/log" 2>&1
fi
seen=$("$folder/venv/bin/python" -c '
import os
from playwright.sync_api import Error, sync_playwright
policy = "default-src \x27none\x27; script-src \x27unsafe-inline\x27"
page_html = (f"<!doctype html><meta http-equiv=Content-Security-Policy content=\"{policy}\">"
             "<script>setTimeout(() => { document.title = \"ready\" }, 500)</script>")
waits = {"at once": "document.title === \"\"", "later": "document.title === \"ready\"",
         "function": "() => document.title === \"ready\""}
with sync_playwright() as play:
    browser = play.chromium.launch(executable_path=os.environ.get("CHROMIUM"), args=["--no-sandbox"])
    for name, wait in waits.items():
        page = browser.new_page()
        page.set_content(page_html)
        try:
            page.wait_for_function(wait, timeout=20000)
            print(name, "waited")
        except Error as error:
            print(name, "EvalError" if "EvalError" in str(error) else "other error")
')
echo "$seen"
if [ "$seen" != "at once waited
later EvalError
function waited" ]; then
  echo "this has changed"
  exit 1
fi
