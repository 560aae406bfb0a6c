"""Values become the asked type without loss, or are refused."""

import datetime as dt
import decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from papermill.translators import PythonTranslator

from cxlib.strict_yaml import COERCIONS, coerce


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("1e5", "float", 100_000.0), ("1e5", "int", 100_000), (3.0, "int", 3), ("-7", "int", -7), (2, "float", 2.0),
        (np.int64(4), "int", 4), (np.float64(0.5), "float", 0.5), (np.bool_(True), "bool", True),
        ("TRUE", "bool", True),
        (dt.date(2026, 9, 30), "str", "2026-09-30"), (dt.date(2026, 9, 30), "date", "2026-09-30"),
        (Path("a/b"), "str", "a/b"), (("a", 1), "list", ["a", 1]), ("[a, 1]", "list", ["a", 1]),
        ("{a: 1}", "dict", {"a": 1}), (None, "any", None), (10**400, "int", 10**400),
    ],
)  # fmt: skip
def test_lossless_changes_are_made(value, kind, expected):
    """What a file, a command line or a caller says in another form becomes the parameter's own type."""
    got = coerce(value, kind)
    assert (got, type(got)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (45045, "str"), (False, "str"), (1.5, "int"), (True, "int"), (True, "float"), ("ninety", "float"),
        ("nan", "float"),
        (float("inf"), "float"), (1, "bool"), ("yes", "bool"), ("a", "list"), ({1: 2}, "dict"), ({"a"}, "any"),
        (decimal.Decimal(1), "any"), (b"x", "any"), ([{"a"}], "list"), ("\ud800", "str"), ({"\ud800": 1}, "dict"),
        (dt.datetime(2026, 9, 30, 12), "date"), ("30/09/2026", "date"), (None, "str"), (np.array([1, 2]), "list"),
        ("\0", "str"), (10**400, "float"), ("[no]", "list"), (object(), "any"),
    ],
)  # fmt: skip
def test_anything_that_would_change_is_refused(value, kind):
    """What papermill would turn into something else, or what does not fit, is refused with what is expected."""
    with pytest.raises(ValueError, match=r"\w"):
        coerce(value, kind)


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"))  # a NUL is refused
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=8,
)  # fmt: skip


@given(PLAIN)
def test_accepted_values_survive_papermills_translation(value):
    """Whatever is accepted is, written as code by papermill and read by Python, the same value of the same type."""
    accepted = coerce(value, "any")
    namespace = {}
    exec(f"got = {PythonTranslator.translate(accepted)}", namespace)
    assert repr(namespace["got"]) == repr(accepted) == repr(value)


@given(PLAIN, st.sampled_from(sorted(COERCIONS)))
def test_coercion_is_settled_after_once(value, kind):
    """A value that was accepted is accepted again and stays as it is."""
    try:
        once = coerce(value, kind)
    except ValueError:
        return
    assert repr(coerce(once, kind)) == repr(once)
