"""A matrix makes one run for each combination, in folders that nothing in a value can lead astray."""

import re
from pathlib import PurePosixPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cxlib.errors import ConfigurationError, ParameterError
from cxlib.runs.planning.matrix import Variant, choose, expand, one_line
from cxlib.runs.planning.plan import plan_suite
from cxlib.runs.planning.suite import load_suite

CELL = 'workspace = "params/demo"  # str\nregion = "all"  # str\ntop = 5  # int'
VALUE = st.one_of(
    st.text(), st.text(alphabet="aAbB -_./\\\u0627\u0628:\0"), st.integers(), st.booleans(), st.none(),
    st.floats(allow_nan=False, allow_infinity=False), st.lists(st.text(), max_size=2),
)  # fmt: skip
VALUES = st.lists(VALUE, min_size=1, max_size=6, unique_by=one_line)


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("Riyadh", "region-riyadh"), ("New York", "region-new-york"), ("two_words", "region-two-words"),
        (0.95, "region-0.95"), (5, "region-5"), (True, "region-true"), (None, "region-null"),
        ("../../etc", r"region-etc-\w{8}"), ("a/b", r"region-a-b-\w{8}"), ("..", r"region-\w{8}"),
        ("", r"region-\w{8}"),
        (-5, r"region-5-\w{8}"),
        ("\u0627\u0644\u0631\u064a\u0627\u0636", r"region-\w{8}"), ("a\0b", r"region-a-b-\w{8}"),
        ("x" * 5000, r"region-x{40}-\w{8}"), ([1, 2], r"region-1-2-\w{8}"), ("caf\u00e9", r"region-caf-\w{8}"),
        ("\ud800", r"region-\w{8}"), ("C:\\x", r"region-c-x-\w{8}"),
    ],
)  # fmt: skip
def test_a_folder_is_readable_and_safe(value, key):
    """Small letters, digits and hyphens; a digest stands for what is lost."""
    (variant,) = expand("churn", {"region": [value]})
    assert re.fullmatch(key, variant.key)


@given(st.dictionaries(st.text(min_size=1, max_size=30), VALUES, min_size=1, max_size=3))
@example({"region": ["Riyadh", "riyadh", "RIYADH", "../x", "x-db8f7bad"]})
@example({"a": ["b_c", "b"], "c": ["d", "c-d"]})
@example({f"parameter_{number}": ["long " * 20] for number in range(5)})
def test_every_combination_has_a_folder_of_its_own(matrix):
    """Unique whatever the case of the file system, one step deep, short, and never a name that the store uses."""
    variants = expand("churn", matrix)
    keys = [variant.key for variant in variants]
    assert len({key.casefold() for key in keys}) == len(keys)
    assert [variant.key for variant in expand("churn", matrix)] == keys
    for key in keys:
        assert re.fullmatch(r"[a-z0-9]([a-z0-9_.-]*[a-z0-9])?", key)
        assert ".." not in key
        assert PurePosixPath(f"churn/{key}").parts == ("churn", key)
        assert 0 < len(key) <= 120
        assert key not in {"runs", "latest", "exports"}


@given(VALUE, VALUES)
def test_a_folder_keeps_its_name_when_other_values_come(value, others):
    """Another value changes a folder's name only if both would have the same."""
    (alone,) = expand("churn", {"region": [value]})
    together = expand("churn", {"region": [value, *others]})
    clash = any(other.key == alone.key for other in expand("churn", {"region": others}))
    assert clash or together[0].key == alone.key


def test_values_differ_in_more_than_case():
    """Where only case tells two values apart, a digest tells their folders apart."""
    keys = [variant.key for variant in expand("churn", {"region": ["Riyadh", "riyadh", "Jeddah"]})]
    assert keys[2] == "region-jeddah"
    assert len(set(keys)) == 3


def test_names_are_one_printable_line():
    """A value with a line break or a direction override cannot forge a line of a log."""
    (variant,) = expand("churn", {"region": ["a\nchurn: ok after 1 s\u202e"]})
    assert variant.name.isprintable()
    assert variant.label.isprintable()


@pytest.fixture
def shop(project):
    """A report with a matrix of four runs and one without."""
    project.notebook("churn", "region", parameters=CELL)
    project.notebook("scorecard", "1", parameters=CELL)
    project.suite("languages: [en]\nreports:\n  churn: {matrix: {region: [Riyadh, Jeddah], top: [5, 9]}}\n  scorecard:")
    return project


@pytest.mark.parametrize(
    ("given", "chosen"),
    [
        ([], [0, 1, 2, 3, 4]),
        (["churn"], [0, 1, 2, 3]),
        (["scorecard", "churn[top=9]"], [1, 3, 4]),
        (["churn[region=Riyadh]", "churn[region=Riyadh, top=5]"], [0, 1]),
        (["churn[ top = 9 ,region=Jeddah]"], [3]),
        (["churn/region-jeddah_top-5"], [2]),
        (["churn[]"], [0, 1, 2, 3]),
    ],
)
def test_variants_are_chosen_by_value_or_folder(shop, given, chosen):
    """A report is all its variants; values narrow them down; the order is the suite's."""
    variants = load_suite(shop.workspace).variants()
    assert choose(variants, given, workspace="demo") == [variants[place] for place in chosen]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("chrn[top=9]", "Did you mean 'churn'"),
        ("churn[region=Riyad, top=5]", r"Did you mean 'churn\[region=Riyadh, top=5\]'"),
        ("churn[colour=red]", "no variant"),
        ("churn/region-jedda_top-5", "Did you mean 'churn/region-jeddah_top-5'"),
        ("churn/../scorecard", "no variant"),
        ("scorecard[top=5]", "no variant"),
        ("[", "no report"),
        ("", "no report"),
    ],
)
def test_an_unknown_variant_brings_the_nearest(shop, given, words):
    """What is not in the matrix cannot be run."""
    with pytest.raises(ConfigurationError, match=words):
        choose(load_suite(shop.workspace).variants(), [given], workspace="demo")


def test_a_value_with_a_comma_is_chosen_by_its_whole_name():
    """The name that the table shows always works."""
    variants = expand("churn", {"region": ["a, b=c]", "d"]})
    assert choose(variants, [variants[0].name], workspace="demo") == variants[:1]


def test_a_plan_sets_the_variants_values(shop):
    """The matrix wins over the parameter file, and its values are checked and typed as the notebook says."""
    shop.parameters("churn", "region: everywhere\ntop: 3")
    shop.suite('languages: [en]\nreports: {churn: {matrix: {top: ["7", 8.0]}}}')
    plans = plan_suite(shop.workspace)
    assert [plan.parameters["top"] for plan in plans] == [7, 8]
    assert {plan.parameters["region"] for plan in plans} == {"everywhere"}
    assert [plan.path for plan in plans] == ["churn/top-7", "churn/top-8.0"]


@pytest.mark.parametrize(
    ("matrix", "error", "words"),
    [
        ("{regoin: [a]}", ParameterError, "matrix of churn: there is no parameter 'regoin'. Did you mean 'region'"),
        ("{top: [many]}", ParameterError, "expected a whole number"),
        ("{workspace: [params/other]}", ParameterError, "the run sets 'workspace'"),
        ('{top: [1, 1.0]}', ParameterError, r"churn\[top=1\] and churn\[top=1.0\] would be the same"),
        ("{region: [a, a]}", ConfigurationError, "region has the value a twice"),
        ("{region: a}", ConfigurationError, "region needs a list"),
        ("{region: []}", ConfigurationError, "region needs a list"),
        ("[region]", ConfigurationError, "expected parameters with their values"),
        (f"{{top: {list(range(20))}, region: {list('abcdefghijk')}}}", ConfigurationError, "220 runs; at most 200"),
    ],
)  # fmt: skip
def test_a_wrong_matrix_is_refused_before_anything_runs(shop, matrix, error, words):
    """Every fault names the report, the parameter and what would be right."""
    shop.suite(f"languages: [en]\nreports: {{churn: {{matrix: {matrix}}}}}")
    with pytest.raises(error, match=words):
        plan_suite(shop.workspace)


def test_the_command_line_cannot_undo_the_matrix(shop):
    """-p on a parameter of the matrix would make all its runs the same, so the variants are named instead."""
    with pytest.raises(
        ParameterError, match=r"Choose one of its runs instead, such as 'churn\[region=Riyadh, top=5\]'"
    ):
        plan_suite(shop.workspace, parameters=["top=7"])
    assert {plan.parameters["top"] for plan in plan_suite(shop.workspace, ["scorecard"], parameters=["top=7"])} == {7}


def test_a_report_without_a_matrix_has_one_variant():
    """Its name, folder and label are the report's own."""
    (variant,) = expand("churn", {})
    assert variant == Variant("churn")
    assert (variant.name, variant.path, variant.label) == ("churn", "churn", "")


@pytest.mark.parametrize(
    ("name", "values", "names"),
    [
        ("customer_name", "[Sara Haddad, Omar Ali]", True),
        ("branch", "[Sara Haddad, Omar Ali]", True),
        ("district", "[north, south]", False),
        ("contact_cost", "[3, 5]", False),
    ],
)
def test_no_page_is_called_after_a_person(project, name, values, names):
    """A matrix over what `personal` marks, or a title tells, is refused before titles and folders hold its values."""
    project.notebook("churn", parameters=f'{CELL}\n{name} = ""  # any: value')
    project.suite(f"reports: {{churn: {{matrix: {{{name}: {values}}}}}}}")
    sources = project.workspace / "sources.yaml"
    if name == "branch":
        sources.write_text(sources.read_text() + "    personal: [branch]\n")
    if not names:
        assert len(plan_suite(project.workspace)) == 2
        return
    with pytest.raises(ParameterError, match=f"matrix of churn: '{name}' names persons"):
        plan_suite(project.workspace)
