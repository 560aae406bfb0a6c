from .archive.record import RunRecord, Status
from .execution.run import SuiteResult, run_suite
from .planning.suite import Suite, load_suite

__all__ = ["RunRecord", "Status", "Suite", "SuiteResult", "load_suite", "run_suite"]
