#!/usr/bin/env bash
# Babel 2.18.0: `get_currency_precision` gives the decimals that CLDR finds usual in shops, not those of ISO 4217, which
# amounts are kept and paid with: of currencies in use 13 differ. For the Iraqi dinar it is 0 where ISO 4217 (list one of
# 2026) has 3, for the others 0 where it has 2, so that an amount divided by it is a thousand or a hundred times too large.
# Seen 2026-11-28: IQD AFN ALL IRR KPW LAK LBP MGA MMK RSD SOS SYP YER all 0. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check Babel==2.18.0
seen=$("$folder/venv/bin/python" -c '
from babel.numbers import get_currency_precision
codes = "IQD AFN ALL IRR KPW LAK LBP MGA MMK RSD SOS SYP YER".split()
print(*(f"{code} {get_currency_precision(code)}" for code in codes))
')
echo "$seen"
if [ "$seen" != "IQD 0 AFN 0 ALL 0 IRR 0 KPW 0 LAK 0 LBP 0 MGA 0 MMK 0 RSD 0 SOS 0 SYP 0 YER 0" ]; then
  echo "this has changed"
  exit 1
fi
