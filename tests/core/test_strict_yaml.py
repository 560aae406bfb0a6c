"""YAML files mean what they look like, or are refused with line and remedy."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxlib.errors import ConfigurationError
from cxlib.strict_yaml import parse_yaml, read_own, read_yaml_mapping


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: no", "no without quotes means false"),
        ("a: on", "means true"),
        ("a: 12:30:45", "means the number 45045"),
        ("a: 0123", "means the number 83"),
        ("a: 1:2.5", "means the number 62.5"),
        ("a: 1\nb: 2\na: 3", "line 3, column 1: the key 'a' stands twice"),
        ("a: [1, 2", "line 1"),
        ("a: !!python/object/apply:os.system [id]", "could not determine a constructor"),
        ("a: \x07", "not YAML"),
        ("region: {{ region }}", "stands in quotes, such as '{{ region }}'"),
        ("? [a]\n: 1", "cannot be a name"),
        ("{? {b: 1} : 2}", "cannot be a name"),
        ("a: &a [*a]", "within its own anchor"),
        (r'title: "Shop \ud800"', "is no character of a text"),
        (r'title: "Shop \0"', "is no character of a text"),  # no path nor column can have it
        ("a: " + "[" * 70 + "]" * 70, "more than 60 levels"),
        ("\n".join("  " * n + "a:" for n in range(70)), "more than 60 levels"),
        ("a: !!int ''", "a tag such as !!int does not fit"),
        ("a: !!bool x", "a tag such as !!int does not fit"),
    ],
)
def test_surprises_are_refused(text, words):
    """A scalar that YAML 1.1 reads as something else, a repeated key and an unsafe tag are errors that say where."""
    with pytest.raises(ConfigurationError, match=words.replace("'", ".")) as raised:
        parse_yaml(text, source="demo.yaml")
    assert str(raised.value).startswith("demo.yaml:")


@pytest.mark.parametrize("line", ["a{n}: &a{n} [*a{m}, *a{m}]", "a{n}: &a{n} {{<<: [*a{m}, *a{m}]}}"])
def test_what_stands_for_far_more_than_it_shows_is_refused(monkeypatch, line):
    """Aliases of aliases double at each step: counted before they are written out, also in merged keys."""
    monkeypatch.setattr("cxlib.strict_yaml.MOST_VALUES", 100)
    steps = ["a0: &a0 {k: 1}", *(line.format(n=n, m=n - 1) for n in range(1, 8))]
    assert parse_yaml("\n".join(steps[:3]), source="x")
    with pytest.raises(ConfigurationError, match="aliases written out, this holds more than 100 values"):
        parse_yaml("\n".join(steps), source="x")


def test_a_file_far_too_large_for_settings_is_refused(tmp_path, monkeypatch):
    """A data file named where settings belong is not read at all."""
    monkeypatch.setattr("cxlib.strict_yaml.MOST_BYTES", 10)
    (tmp_path / "x.yaml").write_text("# a long file")
    with pytest.raises(ConfigurationError, match="13 bytes are too many"):
        read_yaml_mapping(tmp_path / "x.yaml", name="x.yaml")


def test_plain_values_are_read():
    """What is unambiguous is read as usual, dates stay text and 1e5 stays for the parameter's type to decide."""
    text = "a: true\nd: 2026-09-30\ne: 1e5\nf: 'no'\ng: 1.5\nh:\ni: -7\nj: 0\nk: -0.5\nl: 966501234567"
    assert parse_yaml(text, source="x") == {
        "a": True, "d": "2026-09-30", "e": "1e5", "f": "no", "g": 1.5, "h": None, "i": -7, "j": 0, "k": -0.5,
        "l": 966501234567,
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "+966501234567",
        "+1",
        "+1.5",
        "0x1F",
        "-0x1F",
        "0b1",
        "0o17",
        "1_000",
        "1_000.5",
        "+0123",
        "+12:30",
        "1e5",
        "1.5e3",
    ],
)
def test_only_what_every_yaml_and_json_call_a_number_is_one(text):
    """A telephone number keeps its plus, a code its letters, a name its line."""
    assert parse_yaml(f"a: {text}\nb: [{text}]", source="x") == {"a": text, "b": [text]}


def test_words_stay_words():
    """Where text is asked for, every bare word is text."""
    assert parse_yaml("[no, 0123, 1, ~, 1.5]", source="x", words=True) == ["no", "0123", "1", "~", "1.5"]


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    """No text at all leads to another error than the one for the operator."""
    with suppress(ConfigurationError):
        parse_yaml(text, source="x")


@pytest.mark.parametrize(
    ("content", "words"), [(b"- a\n", "name: value"), (b"1: a\n", "name: value"), (b"a: \xff\n", "not UTF-8")]
)
def test_a_file_that_is_no_mapping_is_refused(tmp_path, content, words):
    """A list, a number as a name and another encoding are named, with the remedy."""
    path = tmp_path / "x.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=words):
        read_yaml_mapping(path, name="x.yaml")


def test_an_empty_file_is_an_empty_mapping(tmp_path):
    """A parameter file of comments only changes nothing."""
    (tmp_path / "x.yaml").write_text("# nothing yet\n")
    assert read_yaml_mapping(tmp_path / "x.yaml", name="x.yaml") == {}


def test_what_comes_with_cxlib_says_the_same_to_the_strict_reader(root):
    """Files of the package are read by another parser; none holds what the strict one refuses or reads otherwise."""
    paths = sorted((root / "cxlib").rglob("*.yaml"))
    assert len(paths) > 20
    for path in paths:
        assert read_own(path) == parse_yaml(path.read_text(encoding="utf-8"), source=str(path)), path
