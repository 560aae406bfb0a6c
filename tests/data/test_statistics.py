"""SPSS and Stata files: labels and codes, what was refused, several answers at once, dates, letters of any script."""

import datetime as dt
import struct

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from cxlib.data.guessing.workspace import guess_workspace
from cxlib.errors import DataError

CUT = "هذه تسمية طويلة جدا لا تنتهي في ستين حرفا وتستمر حتى تختلف في آخرها فقط بكلمة "
ANSWERS = pd.DataFrame(
    {
        "id": ["001", "002", "003", "004"],
        "nps": [10.0, 99.0, 0.0, np.nan],
        "gender": [1, 2, 1, 9],
        "when": [dt.datetime(2026, 1, 5, 23, 30), dt.datetime(2026, 1, 6), dt.datetime(2026, 1, 7), None],
        "why": ["س" * 300, "سريع", "", None],
        "web": [1, 0, 1, 0],
        "shop": [0, 0, 1, 0],
        "first": [2, 1, 3, np.nan],
        "second": [1, np.nan, np.nan, np.nan],
        "story": [1, 2, 3, 9],
    }
)
LABELS = {
    "nps": {0: "غير محتمل", 10: "محتمل جدا", 99: "رفض"},
    "gender": {1: "ذكر", 2: "أنثى", 9: "بلا إجابة"},
    "first": {1: "Price", 2: "Speed"},
    "second": {1: "Price", 2: "Speed"},
    "story": {1: CUT + "أ", 2: CUT + "ب", 3: "قصيرة"},
}
COLUMNS = "columns: {response_id: id, at: when, nps: nps, comment: why, touchpoint: %s}\n"


def write_sav(path, **options):
    """An SPSS file with labels, codes for refused, and two multiple-response sets, which pyreadstat does not write."""
    pyreadstat.write_sav(
        ANSWERS,
        path,
        column_labels={"web": "الموقع", "nps": "ما مدى احتمال أن توصي بنا؟"},
        variable_value_labels=LABELS,
        missing_ranges={"nps": [99], "gender": [{"lo": 9, "hi": 97}]},
        **options,
    )
    if options.get("compress"):  # a packed file says where its parts begin
        return
    sets = b"$where=D1 1 5 Where web shop\n$what=C 4 What first second\n"
    content = path.read_bytes()
    end = content.index(struct.pack("<ii", 999, 0))  # of the dictionary
    path.write_bytes(content[:end] + struct.pack("<iiii", 7, 7, 1, len(sets)) + sets + content[end:])


@pytest.fixture
def surveys(workspace):
    """A function that opens a workspace whose answers are in a file, of which one column is the touchpoint."""

    def read(file, touchpoint="gender_label", more=""):
        columns = COLUMNS % touchpoint
        return workspace(f"surveys:\n  path: {file}\n  {columns}{more}")

    return read


def texts(shop, column):
    """A column with None where it is missing."""
    return [None if pd.isna(cell) else cell for cell in shop.frame("surveys")[column]]


@pytest.mark.parametrize("suffix", ["sav", "zsav"])
def test_codes_labels_and_what_was_refused(suffix, surveys, tmp_path):
    """Codes are numbers, labels texts; 99 for refused is no promoter and no fault, and the check counts it."""
    write_sav(tmp_path / f"a.{suffix}", compress=suffix == "zsav")
    shop = surveys(f"a.{suffix}")
    assert shop.counts[["rows_in", "good", "quarantined"]].values.tolist() == [[4, 4, 0]]
    assert texts(shop, "nps") == [10, None, 0, None]
    assert texts(shop, "touchpoint") == ["ذكر", "أنثى", "ذكر", None]
    assert texts(shop, "response_id") == ["001", "002", "003", "004"]
    assert texts(shop, "comment") == ["س" * 300, "سريع", None, None]
    assert texts(shop, "at")[:2] == [pd.Timestamp("2026-01-05 23:30"), pd.Timestamp("2026-01-06")]
    said = " ".join(shop.warnings["warning"])
    assert "codes that the file declares missing are missing: nps (1), gender (1)" in said


def test_a_column_is_named_by_its_question_too(surveys, tmp_path):
    """`nps` may be mapped to what was asked, and `cx init` finds it by that, whatever the column is called."""
    write_sav(tmp_path / "a.sav")
    shop = surveys("a.sav", 'cast("ما مدى احتمال أن توصي بنا؟" as varchar)')
    assert texts(shop, "touchpoint") == ["10", None, "0", None]
    (role,) = guess_workspace([str(tmp_path / "a.sav")]).roles
    assert role.matches["nps"].expression == "ما مدى احتمال أن توصي بنا؟"
    assert "rating_nps" not in role.matches


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("where", ["الموقع", None, "الموقع; shop", None]),
        ("what", ["Speed; Price", "Price", "3", None]),
        ("story_label", [f"{CUT[:66]} (1)", f"{CUT[:66]} (2)", "قصيرة", "9"]),
    ],
)
def test_several_answers_and_cut_labels(column, values, surveys, tmp_path):
    """A set is one text of labels; two labels that the file cut to the same letters are told apart by their codes."""
    write_sav(tmp_path / "a.sav")
    assert texts(surveys("a.sav", column), "touchpoint") == values


def test_a_day_beyond_the_calendar_is_one_fault(surveys, tmp_path):
    """One odd number in a column of dates sets its row aside, and no other."""
    frame = ANSWERS.assign(nps=5, when=[13_986_000_000.0, 9e15, 13_986_000_000.0, np.nan])
    pyreadstat.write_sav(frame, tmp_path / "a.sav", variable_format={"when": "DATETIME20"})
    shop = surveys("a.sav", "id")
    assert shop.quarantine()[["row", "rule", "value"]].values.tolist() == [[2, "the date cannot be read", "9e+15"]]
    assert texts(shop, "at")[0] == pd.Timestamp("2025-12-25")


def test_stata_codes_of_missing_and_labels(surveys, tmp_path):
    """Stata's .a and .b are missing and counted, a plain gap is a gap, ids stay text, days stay days."""
    frame = ANSWERS.assign(nps=[10.0, "a", 0.0, np.nan], gap=[1.0, np.nan, 3.0, 4.0], day=[dt.date(2026, 1, 5)] * 4)
    pyreadstat.write_dta(
        frame.drop(columns=["why"]).assign(why=["سريع"] * 4),
        tmp_path / "a.dta",
        missing_user_values={"nps": ["a", "b"]},
        variable_value_labels={"gender": LABELS["gender"], "nps": {10: "Yes", "a": "Refused"}},
    )
    shop = surveys("a.dta")
    assert texts(shop, "nps") == [10, None, 0, None]
    assert texts(shop, "touchpoint") == ["ذكر", "أنثى", "ذكر", "بلا إجابة"]
    assert "nps (1)" in " ".join(shop.warnings["warning"])
    assert texts(surveys("a.dta", "cast(gap as varchar)"), "touchpoint") == ["1", None, "3", "4"]
    assert texts(surveys("a.dta", "cast(day as varchar)"), "touchpoint") == ["2026-01-05"] * 4


def test_letters_of_an_older_stata_file_are_not_guessed(surveys, tmp_path):
    """Stata 13 does not say how letters are coded: the file is refused until `encoding` says so, and is right then."""
    frame = ANSWERS.assign(nps=5, why="wxyz")
    pyreadstat.write_dta(frame, tmp_path / "a.dta", version=12)
    content = (tmp_path / "a.dta").read_bytes().replace(b"wxyz", "سريع".encode("cp1256"))
    (tmp_path / "a.dta").write_bytes(content)
    with pytest.raises(DataError, match=r"Set 'encoding' in sources\.yaml: cp1256"):
        surveys("a.dta", "id").frame("surveys")
    assert texts(surveys("a.dta", "id", "  encoding: cp1256\n"), "comment") == ["سريع"] * 4


def test_rows_that_no_header_counts_are_counted(surveys, tmp_path):
    """Some programs write no number of rows into the head of an SPSS file."""
    write_sav(tmp_path / "a.sav")
    content = bytearray((tmp_path / "a.sav").read_bytes())
    content[80:84] = struct.pack("<i", -1)
    (tmp_path / "a.sav").write_bytes(content)
    assert surveys("a.sav").counts["rows_in"].tolist() == [4]


@pytest.mark.parametrize("cut", [slice(0, 0), slice(0, 40), slice(0, -60)])
@pytest.mark.parametrize("name", ["a.sav", "a.dta"])
def test_a_damaged_file_is_said_to_be_so(name, cut, surveys, tmp_path):
    """Nothing, a head without a body, and a file whose end is missing."""
    (write_sav if name == "a.sav" else lambda path: pyreadstat.write_dta(ANSWERS, path))(tmp_path / name)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[cut])
    with pytest.raises(DataError, match=rf"{name}: (this is no SPSS or Stata file|the file is empty)"):
        surveys(name).frame("surveys")
