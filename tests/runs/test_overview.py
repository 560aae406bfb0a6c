"""What `cx list`, `cx history` and `cx prune` know."""

import datetime as dt

import pytest

from cxlib.errors import ConfigurationError
from cxlib.runs.archive.record import RunRecord, Status
from cxlib.runs.archive.store import ReportStore
from cxlib.runs.upkeep import list_reports, past_runs, prune_runs

START = dt.datetime(2026, 11, 22, 8, 15, tzinfo=dt.UTC)


@pytest.fixture
def shop(project):
    """Two reports; churn ran well and then failed, scorecard never ran."""
    project.suite("languages: [en]\nreports: {churn: , scorecard: }")
    store = ReportStore(project.site / "churn")
    for minute, status in enumerate([Status.OK, Status.FAILED]):
        started = START + dt.timedelta(minutes=minute)
        private = store.begin(started, key="a" * 64)
        record = RunRecord(workspace="demo", report="churn", run=private.name[1:-8], status=status, started=started,
                           finished=started, seconds=1)  # fmt: skip
        (private / "run.json").write_text(record.to_json())
        store.finish(private, publish=status is Status.OK)
    return project


def test_a_list_tells_last_run_and_page(shop):
    """The last run failed and the page is from the run before; a report that never ran says so."""
    churn, scorecard = list_reports(shop.root)
    assert (churn.last_status, churn.published) == ("failed", START)
    assert (scorecard.last_status, scorecard.published) == ("never run", None)


def test_a_broken_suite_is_a_row(shop):
    """One workspace's fault does not hide the others."""
    shop.suite("reports: {}")
    (row,) = list_reports(shop.root)
    assert "params/demo/suite.yaml" in row.fault


def test_past_runs_come_oldest_first(shop):
    """History is over all reports, or over the chosen one."""
    assert [record.status for record in past_runs(shop.root, "demo")] == ["ok", "failed"]
    assert past_runs(shop.root, "demo", ["scorecard"]) == []
    with pytest.raises(ConfigurationError, match="Did you mean 'churn'"):
        past_runs(shop.root, "demo", ["chur"])


def test_prune_before_any_run_does_nothing(project):
    """A workspace without reports folder has nothing to remove, and none is made."""
    project.suite("languages: [en]\nreports: {churn: }")
    assert prune_runs(project.root, "demo", keep=1) == []
    assert not project.site.exists()
