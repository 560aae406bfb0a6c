"""A timetable to write for every scheduler."""

from pathlib import Path

import pytest

from cxlib.runs.planning.suite import Suite
from cxlib.runs.schedule import make_timetable


@pytest.fixture
def timetable():
    """Makes the timetable of a suite with these reports."""

    def make(reports, *, schedule="30 6 * * mon-fri", project="/srv/cx", workspace="demo", zone="Asia/Riyadh"):
        suite = Suite(languages=("en",), reports=reports, schedule=schedule)
        return make_timetable(Path(project, "params", workspace), suite, time_zone=zone)

    return make
