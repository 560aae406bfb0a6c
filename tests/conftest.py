"""Shared by all tests: the project's root, and settings that keep runs alike."""

import os
import runpy
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "project", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], max_examples=50
)
settings.load_profile("project")


@pytest.fixture(scope="session")
def root():
    """The project's root folder."""
    return Path(__file__).parents[1]


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
