"""What the reports of a suite say to do, as one plan."""

from collections.abc import Hashable, Mapping
from pathlib import PurePosixPath
from typing import TypeVar

EVERY_ACTION, CALLS = "act_now", "call_list"  # stems of the files of the playbook, and of the report on churn

Report = TypeVar("Report", bound=Hashable)


def plan_week(files: Mapping[Report, str]) -> list[Report]:
    """The reports in the order in which to act, by the file that each one's advice works with, or its address.

    The playbook chooses among all actions, calls too: its list stands first and takes the place of the call list.
    Where either is published in several variants nothing tells which call list it replaces, and all stay.

    >>> plan_week({"churn": "churn/latest/exports/call_list.{language}.xlsx", "voice": "", "playbook": "act_now.csv"})
    ['playbook', 'voice']
    """
    stems = {report: PurePosixPath(file).name.partition(".")[0] for report, file in files.items()}
    whole, calls = ([report for report, stem in stems.items() if stem == name] for name in (EVERY_ACTION, CALLS))
    replaced = calls if len(whole) == len(calls) == 1 else []
    return whole + [report for report in files if report not in whole and report not in replaced]
