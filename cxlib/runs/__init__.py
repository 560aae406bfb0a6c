"""From a suite to published reports: validated plans, truthful runs, pages swapped in one step.

`suite` and `parameters` say what shall run, `engine` runs one notebook, `store` keeps the runs, `run` is the recipe.
"""

from cxlib.runs.archive.record import RunRecord, Status
from cxlib.runs.execution.run import SuiteResult, run_suite
from cxlib.runs.planning.suite import Suite, load_suite

__all__ = ["RunRecord", "Status", "Suite", "SuiteResult", "load_suite", "run_suite"]
