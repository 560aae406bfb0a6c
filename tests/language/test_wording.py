"""What docs/wording.md asks for: banned words are in no message and no notebook, and its examples are real."""

import json
import re
from pathlib import Path

import pytest

from cxlib.language.speaker import catalogues

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "wording.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (.+) \|$", re.MULTILINE)
PAIRS = 30
CELLS = [
    "".join(cell["source"])
    for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
    if cell["cell_type"] == "markdown"
]


def _table(heading):
    """The rows of the table under a heading, without its head."""
    part = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return [row.split(" | ") for row in ROW.findall(part)][1:]


@pytest.fixture(scope="module")
def texts():
    """Every English message, all plural forms, and what the notebooks say."""
    ids = [message.id for catalogue in catalogues("ar") for message in catalogue if message.id]
    messages = [text for each in ids for text in (each if isinstance(each, tuple) else (each,))]
    return [" ".join(text.split()) for text in messages + CELLS]


@pytest.mark.parametrize("words", [row[0] for row in _table("Not to be used")])
def test_banned_words_are_in_no_message(words, texts):
    """The table of the page is the list; case does not matter."""
    found = re.compile(rf"\b{re.escape(words)}\b", re.IGNORECASE)
    assert [text[:200] for text in texts if found.search(text)] == []


def test_the_examples_are_sentences_of_the_pages(texts):
    """At least thirty pairs: what stands under "now" is said today, what stands under "before" is not."""
    rows = _table("Before and now")
    assert len(rows) >= PAIRS
    said = "\n".join(texts)
    assert [now for _, _, now in rows if now not in said and now[0].lower() + now[1:] not in said] == []
    assert [before for _, before, _ in rows if before in texts] == []


def test_headings_that_ask_end_with_a_question_mark():
    """A heading of a notebook that begins with a question word, and not with a statement such as "Where the", asks."""
    asks = re.compile(
        r"#+ ((?:Who|Whom|What|Where|Why|How|Can|Do|Did|Does|Has|Would)\b(?! (?:the|this|goes|customers)\b).*)"
    )
    questions = [match[1] for cell in CELLS for line in cell.splitlines() if (match := asks.match(line))]
    assert [question for question in questions if not question.endswith("?")] == []
    assert len(questions) > PAIRS / 2
