#!/usr/bin/env bash
# whatstk 0.9.1 (chats that WhatsApp exports): of a chat exported by a telephone set to Arabic, whose clock has the Arabic marks for before and after
# noon, it reads no message of the morning, and every one of the afternoon twelve hours early: what was written in the morning stands as a part of
# the message before it. The same chat with AM and PM is read right; neither gives an error.
# Seen 2026-12-01: Arabic 2 messages, at 02:06 and 02:07; English 3 messages, at 14:06, 14:07 and 09:00. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check whatstk==0.9.1 pandas==2.3.3
cd "$folder"
seen=$("$folder/venv/bin/python" -W ignore -c '
from pathlib import Path

from whatstk import WhatsAppChat

chat = "12/3/2024, 2:06 {pm} - Sara: Hello\n12/3/2024, 2:07 {pm} - Shop: Welcome\n13/3/2024, 9:00 {am} - Sara: Where is my order?\n"
for language, am, pm in (("Arabic", "\u0635", "\u0645"), ("English", "AM", "PM")):
    Path("chat.txt").write_text(chat.format(am=am, pm=pm), encoding="utf-8")
    read = WhatsAppChat.from_source(filepath="chat.txt").df
    print(language, len(read), *read["date"].dt.strftime("%H:%M"))
')
echo "$seen"
if [ "$seen" != $'Arabic 2 02:06 02:07\nEnglish 3 14:06 14:07 09:00' ]; then
  echo "this has changed"
  exit 1
fi
