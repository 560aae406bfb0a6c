"""Hours that the clock of a zone skips or shows twice are named, and another one is offered that it does not."""

import datetime as dt
import sys
from zoneinfo import ZoneInfo

import pytest

from cxlib import cli
from cxlib.runs.planning.cron import parse_cron

JANUARY = dt.date(2026, 1, 1)
CASES = [  # zone, schedule, first time that is skipped, first one that comes twice, what is offered
    ("Africa/Cairo", "@daily", "2026-04-24 00:00", None, "0 1 * * *"),
    ("Africa/Cairo", "30 23 * * *", None, "2026-10-29 23:30", "30 22 * * *"),
    ("Africa/Cairo", "@monthly", None, None, None),
    ("Africa/Cairo", "0 0 * * fri", "2026-04-24 00:00", None, "0 1 * * 5"),
    ("Africa/Cairo", "0 0 1 * mon-thu", None, None, None),
    ("Europe/Berlin", "30 2 * * *", "2026-03-29 02:30", "2026-10-25 02:30", "30 3 * * *"),
    ("Europe/Berlin", "30 2,3 * * sun", "2026-03-29 02:30", "2026-10-25 02:30", "30 1,3 * * 0"),
    ("Europe/Berlin", "30 2 * * mon-fri", None, None, None),
    ("Europe/Berlin", "*/15 * * * *", None, None, None),
    ("America/New_York", "0 1 * * *", None, "2026-11-01 01:00", "0 0 * * *"),
    ("America/Santiago", "@daily", "2026-09-06 00:00", None, "0 1 * * *"),
    ("Asia/Beirut", "@daily", "2026-03-29 00:00", None, "0 1 * * *"),
    ("Australia/Lord_Howe", "15 2 * * *", "2026-10-04 02:15", None, "15 3 * * *"),
    ("Asia/Riyadh", "@daily", None, None, None),
    ("UTC", "@daily", None, None, None),
]


def written(moment):
    """A local time as text."""
    return moment and f"{moment:%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(("zone", "text", "skipped", "twice", "offer"), CASES)
def test_odd_times_are_those_of_the_zone(zone, text, skipped, twice, offer):
    """The first of either kind, and the nearest hour without any; the times are proved by going to UTC and back."""
    cron = parse_cron(text)
    odd = cron.odd_times(zone, since=JANUARY)
    assert (written(odd.get("skipped")), written(odd.get("twice"))) == (skipped, twice)
    for kind, moment in odd.items():
        local = moment.replace(tzinfo=ZoneInfo(zone))
        back = local.astimezone(dt.UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert (back == moment) == (kind == "twice")
        assert (local.utcoffset() == local.replace(fold=1).utcoffset()) is False
    if offer:
        safer = cron.at_safer_hours(zone, since=JANUARY)
        assert safer.text == offer
        assert not safer.odd_times(zone, since=JANUARY)


@pytest.mark.parametrize("target", ["cron", "systemd", "github", "airflow"])
def test_every_scheduler_is_warned(project, monkeypatch, capsys, target):
    """On standard error, beside files that are whole."""
    mapping = project.workspace / "sources.yaml"
    mapping.write_text(mapping.read_text().replace("Europe/London", "Africa/Cairo"))
    project.notebook("churn")
    project.suite("schedule: '@daily'\nreports: {churn: }")
    monkeypatch.setattr(sys, "argv", ["cx", "schedule", "demo", "--for", target])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr()
    assert ended.value.code == 0
    assert "churn: '0 0 * * *' by the clock of Africa/Cairo: on 20" in said.err
    assert "skips 00:00" in said.err
    assert "Take another hour, such as '0 1 * * *'." in said.err
    assert "Africa/Cairo" in said.out


def test_no_schedule_of_a_plain_zone_is_warned_of(timetable):
    """Riyadh's clock is never changed."""
    assert timetable({"churn": {}}, schedule="@daily").warnings(JANUARY) == []
