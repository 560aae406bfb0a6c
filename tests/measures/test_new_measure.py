"""docs/new-measure.md: what it shows runs, and says what the page says."""

import re
from pathlib import Path

import pytest

from cxlib.errors import DataError
from cxlib.language import available_languages, speaker

GUIDE = (Path(__file__).parents[2] / "docs" / "new-measure.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def made():
    """The names that the guide's code defines, one block after the other."""
    names = {"__name__": "guide"}
    for block in re.findall(r"^```python\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL):
        exec(block, names)
    return names


def test_the_guide_prints_what_it_says(made):
    """The sentence on the page is the one that the code makes."""
    [output] = re.findall(r"^```text\n(.*?)\n```", GUIDE, re.MULTILINE | re.DOTALL)
    assert str(made["repeated"].headline) == output


def test_the_new_measure_is_one_of_the_suite(made):
    """It shows itself in a notebook, is said in every language, and its number can stand in a tile."""
    repeated = made["repeated"]
    assert str(repeated.headline) in repeated._repr_html_()
    assert repeated.summary["share (fraction)"].tolist() == [1 / 3]
    assert all(speaker(language).say(repeated.headline) for language in available_languages())
    assert (repeated.metric.value, repeated.metric.n) == (1 / 3, 3)


def test_the_new_measure_refuses_as_the_others_do(made):
    """A missing column is named."""
    with pytest.raises(DataError, match="the tickets has no column 'topic'"):
        made["measure_repeated"](made["tickets"].drop(columns="topic"))
