"""suite.yaml is checked as a whole, and a wrong name brings the nearest right one."""

import json

import pytest

from cxlib.errors import ConfigurationError
from cxlib.runs.planning.suite import find_workspace, load_suite, workspace_names


def test_a_suite_is_read_with_its_defaults(project):
    """A report may be a bare name; languages are kept once each."""
    project.suite("languages: [en, en]\nreports:\n  segmentation:\n  churn: {timeout_minutes: 5}\n")
    suite = load_suite(project.workspace)
    assert suite.languages == ("en",)
    assert list(suite.reports) == ["segmentation", "churn"]
    assert suite.reports["churn"].timeout_minutes == 5


def test_what_comes_first_and_what_varies_is_read(project):
    """One name after `after` needs no list; a matrix makes a variant of each combination."""
    project.suite("reports: {churn: {matrix: {top: [5, 9]}}, scorecard: {after: churn}}")
    suite = load_suite(project.workspace)
    assert suite.reports["scorecard"].after == ("churn",)
    assert [variant.name for variant in suite.variants()] == ["churn[top=5]", "churn[top=9]", "scorecard"]
    assert [variant.name for variant in suite.variants("scorecard")] == ["scorecard"]


def test_without_a_suite_every_notebook_runs(project):
    """A workspace needs no more than sources.yaml; notebooks whose names cannot be a report's are left out."""
    for name in ("churn", "segmentation", "Untitled 1"):
        project.notebook(name)
    suite = load_suite(project.workspace)
    assert list(suite.reports) == ["churn", "segmentation"]
    assert "en" in suite.languages


def needing(project, name, *tables):
    """A notebook whose metadata says which tables it needs."""
    path = project.notebook(name)
    notebook = json.loads(path.read_text())
    notebook["metadata"]["cxlib"] = {"needs": list(tables)}
    path.write_text(json.dumps(notebook))


def test_without_a_suite_only_what_has_its_tables_runs(project):
    """The workspace has transactions alone, so a report of surveys is left out; named in a suite it is asked for."""
    needing(project, "churn", "memberships or transactions")
    needing(project, "nps", "surveys", "transactions")
    needing(project, "voice", "surveys or tickets")
    assert list(load_suite(project.workspace).reports) == ["churn"]
    project.suite("reports: {nps: }")
    assert list(load_suite(project.workspace).reports) == ["nps"]


def test_a_report_may_need_a_column_that_is_mapped_or_stands_in_the_file(project):
    """Loyalty is offered to a company that has days of joining, whether its sources name columns or not."""
    needing(project, "loyalty", "customers.loyalty_joined_on or customers.loyalty_member")
    needing(project, "churn", "transactions")
    mapping, people = project.workspace / "sources.yaml", project.workspace / "people.csv"
    before = mapping.read_text()
    people.write_text("customer_id,age,Joined\n1,30,2026-01-02\n")
    own = "  customers:\n    path: people.csv\n"
    named = f"{own}    columns: {{customer_id: customer_id, loyalty_joined_on: Joined}}\n"
    for tables, reports in ((own, ["churn"]), (named, ["churn", "loyalty"])):
        mapping.write_text(f"{before.rstrip()}\n{tables}")
        assert list(load_suite(project.workspace).reports) == reports
    people.write_text("customer_id,loyalty_joined_on\n1,2026-01-02\n")
    mapping.write_text(f"{before.rstrip()}\n{own}")
    assert list(load_suite(project.workspace).reports) == ["churn", "loyalty"]


def test_a_workspace_that_no_report_can_use_is_told_what_is_needed(project):
    """Rather than a run of nothing."""
    needing(project, "nps", "surveys")
    with pytest.raises(ConfigurationError, match="names no table that a report needs: nps needs surveys"):
        load_suite(project.workspace)


def test_sources_that_cannot_be_read_leave_no_report_out(project):
    """The run then says what is wrong with them."""
    needing(project, "churn", "surveys")
    (project.workspace / "sources.yaml").write_text("currency: pounds")
    assert list(load_suite(project.workspace).reports) == ["churn"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("report: {a: }", r"report is not a setting. Did you mean 'reports'\?"),
        ("reports: {a: {timeout: 5}}", r"reports.a.timeout is not a setting. Did you mean 'timeout_minutes'\?"),
        ("languages: [en]", "reports is missing"),
        ("reports: {}", "at least one entry is expected"),
        ("languages: [xx]\nreports: {a: }", "no language 'xx'"),
        ("languages: [no]\nreports: {a: }", "no without quotes means false"),
        ("reports: {../a: }", "cannot name a report"),
        ("reports: {Churn: }", "cannot name a report"),
        ("reports: {index: }", "cannot name a report"),  # its page would be the front page
        ("reports: {a: {timeout_minutes: 0}}", "a number above 0 is expected"),
        ("reports: {a: {cell_timeout_minutes: soon}}", "a number is expected"),
        ("reports: [a]", "names are expected here"),
        ("", "reports is missing"),
        ("reports: {a: {after: [b]}, b: {after: [c]}, c: {after: [a]}}", "wait for each other: a -> b -> c -> a"),
        ("reports: {a: {after: a}}", "wait for each other: a -> a. Take"),
        ("reports: {scorecard: {after: [chrn]}, churn: }", "'chrn', which is no report. Did you mean 'churn'"),
        ("reports: {a: {retries: 9}}", "a number of at most 5 is expected"),
    ],
)
def test_a_wrong_suite_is_refused(project, text, words):
    """Every fault names the file, the place and what would be right."""
    project.suite(text)
    with pytest.raises(ConfigurationError, match=words) as raised:
        load_suite(project.workspace)
    assert str(raised.value).startswith("params/demo/suite.yaml:")


@pytest.mark.parametrize("given", ["demo", "params/demo", "./params/demo"])
def test_a_workspace_is_found_by_name_or_path(project, given):
    """The forms that people type lead to the same folder."""
    assert find_workspace(project.root, given) == project.workspace.resolve()


def test_a_workspace_behind_a_link_is_found_by_its_link(project, tmp_path_factory):
    """Wherever the link leads, the workspace is called as the link is."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "suite.yaml").write_text("reports: {sales: }\n")
    link = project.root / "params" / "linked"
    link.symlink_to(elsewhere)
    for given in ("linked", "params/linked", str(link)):
        assert find_workspace(project.root, given) == link
    assert workspace_names(project.root) == ["demo", "linked"]


@pytest.mark.parametrize("given", ["dem", "../demo", "..", "", "/", "notebooks", "demo/.."])
def test_an_unknown_workspace_is_refused(project, given):
    """Nothing but a folder of params/ is a workspace, so no path leads out of it."""
    with pytest.raises(ConfigurationError, match="Allowed: demo"):
        find_workspace(project.root, given)


def test_workspaces_are_folders_with_a_suite_or_sources(project):
    """Other folders in params/ are not listed."""
    (project.root / "params" / "notes").mkdir()
    assert workspace_names(project.root) == ["demo"]
