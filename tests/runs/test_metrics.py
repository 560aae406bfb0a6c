"""The headline numbers come from what the notebook displayed, each name with one value."""

import pytest
from nbformat import v4

from cxlib.errors import PageRejected
from cxlib.runs.archive.record import COMPONENT, gather_metrics, head_of


def notebook(*components):
    """A notebook that displayed these components."""
    data = [v4.new_output("display_data", {COMPONENT: part, "text/plain": ""}) for part in components]
    code = [v4.new_code_cell("1", outputs=data), v4.new_code_cell("2")]
    return v4.new_notebook(cells=[v4.new_markdown_cell("# ?"), *code])


def test_metrics_are_gathered_in_order():
    """Every metric of every component, a repeated one once."""
    nps, churn = {"name": "nps", "value": 31.5}, {"name": "churn", "value": 0.08}
    nb = notebook({"kind": "tiles", "metrics": [nps, churn]}, {"kind": "text"}, {"kind": "tiles", "metrics": [nps]})
    assert gather_metrics(nb) == [nps, churn]


def test_one_number_never_has_two_values():
    """A name that is shown with two values is a page that contradicts itself."""
    nb = notebook({"metrics": [{"name": "nps", "value": 1}]}, {"metrics": [{"name": "nps", "value": 2}]})
    with pytest.raises(PageRejected, match="'nps' with two values"):
        gather_metrics(nb)


def test_the_answer_is_the_first_heads_title():
    """The front page quotes the report's own first sentence, in every language that it has."""
    heads = [{"kind": "head", "title": {"en": "All is well"}}, {"kind": "head", "title": {"en": "Second"}}]
    head = head_of(notebook({"kind": "text"}, *heads))
    assert head == {"answer": {"en": "All is well"}, "action": {}, "file": ""}
    assert head_of(notebook()) == {"answer": {}, "action": {}, "file": ""}
