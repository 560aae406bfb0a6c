"""Shared by all tests: the project's root, and settings that keep runs alike."""

import contextlib
import gc
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings

from cxlib.errors import CxError
from cxlib.language import Message, Quantity
from cxlib.measures.result import Result

sys.modules.setdefault("rfc3987_syntax", None)  # as `cx` does: nbformat would wait a second for its grammars

settings.register_profile(
    "project", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], max_examples=50
)
settings.load_profile("project")


@pytest.fixture(scope="session")
def root():
    """The project's root folder."""
    return Path(__file__).parents[1]


@pytest.fixture(scope="session")
def copy_project(root):
    """A function that copies notebooks and parameters into a folder: a small demo, and few resamples."""

    def copy(folder, customers):
        for name in ("notebooks", "params"):
            shutil.copytree(root / name, folder / name)
        sources = folder / "params" / "demo" / "sources.yaml"
        text = sources.read_text(encoding="utf-8")
        sources.write_text(text.replace("customers: 20000", f"customers: {customers}"), encoding="utf-8")
        for name in ("demo/churn", "demo/clv", "demo/nps_drivers", "demo/segmentation", "telco/churn"):
            with (folder / "params" / f"{name}.yaml").open("a", encoding="utf-8") as file:
                file.write("\ndraws: 20\n" + "gain_draws: 20\n" * name.endswith("nps_drivers"))
        return folder

    return copy


@pytest.fixture(scope="session")
def two_runs(copy_project, tmp_path_factory):
    """A project whose small demo was published in September and, three reports of it, in August; once for all workers.

    The pages stand in folders that are named by the last days of these months.
    """
    base = tmp_path_factory.getbasetemp()
    project = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "two-runs"
    with FileLock(f"{project}.lock"):
        if not project.exists():
            sources = copy_project(project, customers=2_000) / "params" / "demo" / "sources.yaml"
            text = sources.read_text(encoding="utf-8")
            for day, reports in (("2026-08-31", ["segmentation", "nps_drivers", "scorecard"]), ("2026-09-30", [])):
                sources.write_text(text.replace("2026-09-30", day), encoding="utf-8")
                subprocess.run([sys.executable, "-m", "cxlib", "run", "demo", *reports], cwd=project, check=True)
                shutil.copytree(project / "reports" / "demo", project / day)
    return project


@pytest.fixture(scope="session")
def telco_run(two_runs):
    """The project of the two runs with pages of the public data set telco beside the demo's; once for all workers."""
    with FileLock(f"{two_runs}.lock"):
        if not (two_runs / "reports" / "telco" / "index.en.html").exists():
            subprocess.run([sys.executable, "-m", "cxlib", "run", "telco"], cwd=two_runs, check=True)
    return two_runs


LONGEST = {  # a minute of one core each, or nearly so
    "test_pages_hold_for_everyone",
    "test_three_reports_tell_of_no_few_customers",
    "test_a_hundred_kills_show_nothing_half",
    "test_planted_response_hours_and_referrals_are_recovered",
    "test_nothing_is_named_where_nothing_changes",
    "test_leaks_are_named_and_honest_companies_are_not_alarmed",
    "test_survival_of_an_export_of_members_since_a_day",
    "test_families_that_no_forecast_was_made_for",
    "test_memory_does_not_grow_with_the_company",
    "test_risks_are_calibrated_in_ten_companies",
}


def pytest_collection_modifyitems(items):
    """What needs the two runs comes first, then what takes longest, or one worker would end long after the others."""
    items.sort(key=lambda item: ("two_runs" not in item.fixturenames, item.name not in LONGEST))


def pytest_collection_finish():
    """What stands once all tests are collected is not looked at again for garbage: a fifth of the time of queries."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


@pytest.fixture(scope="session")
def spellings(root):
    """Lists of what must not be read, and of honest numbers: the names of tests/spellings.py."""
    return runpy.run_path(str(root / "tests" / "spellings.py"))


@pytest.fixture(scope="session")
def datasets():
    """The folder of public data sets for acceptance tests; they skip, saying so, where it is not named."""
    folder = os.environ.get("CXLIB_DATASETS")
    if not folder:
        pytest.skip("CXLIB_DATASETS does not name a folder with the public data sets")
    return Path(folder)


REQUIRED = os.environ.get("CXLIB_REQUIRE_ALL", "")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Where every test must run (CXLIB_REQUIRE_ALL), a skipped one has failed."""
    report = yield
    excused = REQUIRED == "no-datasets" and "CXLIB_DATASETS" in str(report.longrepr)
    if REQUIRED and report.skipped and not hasattr(report, "wasxfail") and not excused:
        report.outcome = "failed"
        report.longrepr = f"skipped where every test must run: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def look():
    """A check of every part of a study, however deep: it prints in ten lines, and its numbers are plain."""
    return look_at


def look_at(study):
    """`look`, for a notebook's cell too."""
    attributes = {}
    parts = list(_parts(study, attributes))
    results = [part for part in parts if isinstance(part, Result)]
    for part in parts:
        lines = repr(part).splitlines()
        assert sum(1 + len(line) // 101 for line in lines) <= 10, (type(part).__name__, repr(part))
        assert " object at 0x" not in repr(part)
        assert "_cents" not in repr(part)
    held = [(type(part).__name__, *each) for part in parts for each in attributes[id(part)].items() if each[0]]
    assert not [(kind, name) for kind, name, value in held if _tells_of_cents(value)]
    for result in results:
        summary, name = result.summary, type(result).__name__
        assert not [cell for cell in summary.to_numpy().ravel() if isinstance(cell, (Quantity, Message, pd.Period))], (
            name
        )
        assert summary.columns.is_unique, name
        assert result._repr_html_().count("<tr") <= 20, name
    return {type(result).__name__ for result in results}


def _tells_of_cents(value):
    """Whether the name of an amount in minor units stands in a text, a list, a table or its titles."""
    if isinstance(value, pd.DataFrame):
        texts = [value[title] for title in value if not pd.api.types.is_numeric_dtype(value[title])]
        return any(map(_tells_of_cents, [[*value], *texts]))
    if isinstance(value, dict | pd.Series):
        return any(map(_tells_of_cents, [[*value.keys()], [*value][:1000]]))
    if isinstance(value, tuple | list | set | frozenset | pd.Index):
        return any(map(_tells_of_cents, value))
    return isinstance(value, str) and "_cents" in value


def _attributes(part):
    """A part's public attributes by name, and under "" the part itself, so that its id stays its own."""
    values = {"": part}
    for name in (name for name in dir(part) if not name.startswith("_")):
        with contextlib.suppress(CxError, IndexError, ValueError, TypeError, KeyError):
            values[name] = getattr(part, name)
    return values


def _parts(thing, known):
    """A thing and what its public attributes lead to, within cxlib; `known` holds the attributes of each, by its id."""
    if isinstance(thing, tuple | list | dict):
        for each in list(thing.values() if isinstance(thing, dict) else thing)[:3]:
            yield from _parts(each, known)
    elif type(thing).__module__.startswith("cxlib") and id(thing) not in known and not isinstance(thing, type):
        known[id(thing)] = _attributes(thing)
        yield thing
        for value in known[id(thing)].values():
            yield from _parts(value, known)
