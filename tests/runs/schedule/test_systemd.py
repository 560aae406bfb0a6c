"""Timers fire when cron would, by systemd's own calendar; units pass systemd's own check."""

import datetime as dt
import itertools
import re
import shutil
import subprocess
import sys

import pytest
from croniter import croniter

from cxlib.runs.planning.cron import parse_cron
from cxlib.runs.schedule import on_calendar, schedule_files

START = dt.datetime(2026, 11, 22, 3, 7)
EXPRESSIONS = [
    "30 6 * * *", "0 * * * *", "*/5 * * * *", "7-59/13 * * * *", "0,30 8-18 * * MON-FRI", "15 4 * * 0", "15 4 * * 7",
    "15 4 * * 5-7", "0 0 * * sat,sun", "0 6 * * */2", "0 6 1 * *", "0 6 1,15 * *", "0 6 */3 * *", "0 6 28-31 * *",
    "0 6 29 2 *", "0 6 31 * *", "0 0 1 jan,apr,jul,oct *", "0 0 * 2-12/5 *", "0 6 1 * mon", "0 6 13 * fri",
    "5 5 1-7 * 1-5", "0 12 10-20/5 3-9 sun", "0 6 31 * 7", "@hourly", "@daily", "@weekly", "@monthly", "@yearly",
    "1,2,3,10-12,40-50/5 1-3,20 * * *", "0 6 1-31 * mon", "0 6 5 * sun-sat",
]  # fmt: skip


@pytest.fixture(scope="module")
def analyze():
    """Runs systemd-analyze; gives its return code and what it said."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")

    def call(*words):
        ended = subprocess.run([program, *words], capture_output=True, text=True, env={"TZ": "UTC", "LC_ALL": "C"})
        return ended.returncode, ended.stdout + ended.stderr

    return call


def times_by_systemd(analyze, line, n):
    """The next times of a calendar expression, in UTC."""
    code, said = analyze("calendar", f"--base-time={START:%Y-%m-%d %H:%M:%S} UTC", f"--iterations={n}", line)
    assert code == 0, said
    found = re.findall(r"(?:Next elapse|Iter\. #\d+|Iteration #\d+): \w+ (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC", said)
    return [dt.datetime.fromisoformat(text) for text in found]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_timer_fires_when_cron_would(analyze, expression):
    """The next 50 times are those that croniter gives; two expressions together where days and weekdays are limited."""
    lines = on_calendar(parse_cron(expression))
    found = {time for line in lines for time in times_by_systemd(analyze, f"{line} UTC", 50)}
    wanted = list(itertools.islice(croniter(expression, START, ret_type=dt.datetime).all_next(), 50))
    assert sorted(found)[:50] == wanted[: len(found)]
    assert len(found) >= 50 or expression == "0 6 29 2 *"  # systemd looks no further than the year 2200


def test_a_timer_follows_the_zone(analyze):
    """Half past six in Riyadh is half past three in UTC."""
    (time,) = times_by_systemd(analyze, f"{on_calendar(parse_cron('30 6 * * *'))[0]} Asia/Riyadh", 1)
    assert time == dt.datetime(2026, 11, 22, 3, 30)


def write(folder, files):
    """Write units whose Python exists, as systemd asks for one."""
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    return [str(folder / name) for name in files]


@pytest.mark.parametrize("project", ["/srv/cx", "/srv/new reports/100% $HOME 'x'"])
def test_units_pass_systemds_own_check(analyze, timetable, tmp_path, project):
    """`systemd-analyze verify` has nothing to say about any unit, with blanks, quotes and specifiers in paths too."""
    made = timetable({"churn": {"schedule": "0 6 1 * mon"}, "nps_drivers": {}}, project=project)
    units = write(tmp_path / "units", schedule_files(made, "systemd"))
    assert sorted(path.rsplit("/", 1)[1] for path in units) == [
        "cx-demo-churn.service", "cx-demo-churn.timer", "cx-demo-nps-drivers.service", "cx-demo-nps-drivers.timer",
    ]  # fmt: skip
    assert analyze("verify", *units) == (0, "")


def test_a_broken_unit_would_be_found(analyze, timetable, tmp_path):
    """The check above can fail: a calendar expression that is none is complained about."""
    files = schedule_files(timetable({"churn": {}}), "systemd")
    spoilt = {name: text.replace("OnCalendar=Mon", "OnCalendar=Funday") for name, text in files.items()}
    assert "Funday" in analyze("verify", *write(tmp_path / "units", spoilt))[1]


def test_words_of_a_command_stay_as_they_are(timetable):
    """Blanks are quoted, and what systemd would fill in (% and $) is doubled, as systemd.service(5) says."""
    files = schedule_files(timetable({"churn": {}}, workspace='5% $HOME "shop"'), "systemd")
    assert '-m cxlib run "5%% $$HOME \\"shop\\"" --quiet\n' in files["cx-5---HOME--shop-.service"]


def test_the_service_runs_the_whole_suite_in_the_project(timetable):
    """One schedule for all: no report is named, and a report that is added later runs too."""
    files = schedule_files(timetable({"churn": {}, "clv": {}}), "systemd")
    assert f"ExecStart={sys.executable} -m cxlib run demo --quiet\n" in files["cx-demo.service"]
    assert "WorkingDirectory=/srv/cx\n" in files["cx-demo.service"]
    assert "SuccessExitStatus=75\n" in files["cx-demo.service"]
    assert "OnCalendar=Mon,Tue,Wed,Thu,Fri *-*-* 06:30:00 Asia/Riyadh\n" in files["cx-demo.timer"]
