"""A crontab's lines are read here as cron reads them, and run."""

import json
import re
import subprocess

import pytest
from croniter import croniter

from cxlib.errors import ConfigurationError
from cxlib.runs.schedule import Timetable, schedule_files

RECORDER = """#!/usr/bin/env python3
import json, os, pathlib, sys
pathlib.Path(__file__).with_name("called.json").write_text(json.dumps([os.getcwd(), sys.argv[1:]]))
"""


def read_crontab(text):
    """Settings and lines of a crontab, by the rules of crontab(5)."""
    settings, lines = {}, []
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        if found := re.fullmatch(r"(\w+)\s*=\s*(.*)", line):
            value = found[2].strip()
            settings[found[1]] = value[1:-1] if value[:1] in {"'", '"'} and value[:1] == value[-1:] else value
        else:
            fields, command = line.split(maxsplit=5)[:5], line.split(maxsplit=5)[5]
            assert not re.search(r"(?<!\\)%", command), "a bare % ends the command"
            lines.append((" ".join(fields), command.replace(r"\%", "%")))
    return settings, lines


@pytest.fixture
def recorder(tmp_path):
    """A Python that only notes how it was called, in a folder whose name needs every kind of quoting."""
    folder = tmp_path / """new 100% $HOME `date` 'x'; echo"""
    folder.mkdir()
    program = folder / "python"
    program.write_text(RECORDER)
    program.chmod(0o755)
    return program


def test_a_line_runs_the_suite_in_the_project(timetable, recorder):
    """Whatever the path holds, the command runs there, with this Python, and nothing else runs."""
    made = timetable({"churn": {}}, project=recorder.parent, workspace="my 5% shop")
    made = Timetable(**{**vars(made), "python": recorder})
    ((name, text),) = schedule_files(made, "cron").items()
    settings, ((when, command),) = read_crontab(text)
    assert (name, when) == ("cx-my-5--shop.crontab", "30 6 * * 1-5")
    assert croniter.is_valid(when)
    ended = subprocess.run(["/bin/sh", "-c", command], env={"PATH": "/usr/bin:/bin", **settings}, cwd="/",
                           capture_output=True, text=True)  # fmt: skip
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    folder, words = json.loads((recorder.parent / "called.json").read_text())
    assert folder == str(recorder.parent)
    assert words == ["-m", "cxlib", "run", "my 5% shop", "--quiet"]


def test_a_schedule_of_its_own_is_a_line_of_its_own(timetable):
    """Reports with one schedule share a line; the zone stands above all lines."""
    ((_, text),) = schedule_files(
        timetable({"churn": {}, "clv": {"schedule": "@monthly"}, "voice": {}}), "cron"
    ).items()
    settings, lines = read_crontab(text)
    assert settings["CRON_TZ"] == "Asia/Riyadh"
    assert [(when, command.split("run ")[1]) for when, command in lines] == [
        ("30 6 * * 1-5", "demo churn voice --quiet"), ("0 0 1 * *", "demo clv --quiet"),
    ]  # fmt: skip


@pytest.mark.parametrize("path", ["/srv/a\nb", "/srv/{{ x }}", "/srv/{% x %}", "/srv/${{ x }}"])
def test_a_path_that_a_scheduler_would_fill_in_is_refused(timetable, path):
    """Line ends and template marks are refused with a remedy."""
    with pytest.raises(ConfigurationError, match="plainer path"):
        timetable({"churn": {}}, project=path)


def test_both_kinds_of_quotes_are_refused(timetable):
    """A crontab's settings know no escapes."""
    with pytest.raises(ConfigurationError, match="both kinds of quotes"):
        schedule_files(timetable({"churn": {}}, project="""/srv/a"b'c"""), "cron")


def test_nothing_scheduled_is_said(timetable):
    """The remedy is an example."""
    with pytest.raises(ConfigurationError, match="schedules nothing"):
        timetable({"churn": {}}, schedule="")
