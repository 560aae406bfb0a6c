"""A workspace's schedule as systemd services and timers."""

from __future__ import annotations

from cxlib.runs.schedule.cron import WEEKDAYS, Cron, spans
from cxlib.runs.schedule.timetable import Job, Timetable

_SERVICE = """\
# Both files belong into ~/.config/systemd/user/, or with a line User= into /etc/systemd/system/. Then:
#   systemctl --user daemon-reload
#   systemctl --user enable --now {name}.timer
#   loginctl enable-linger        so that it runs while nobody is logged in
[Unit]
Description=Reports of {workspace}{reports}

[Service]
Type=oneshot
# Change project or Python in these two lines.
WorkingDirectory={project}
ExecStart={command}
# 75: another run of the workspace was under way, which does the work.
SuccessExitStatus=75
TimeoutStartSec=infinity
"""
_TIMER = """\
[Unit]
Description=When the reports of {workspace}{reports} run

[Timer]
{calendar}
AccuracySec=1s
# A run that was missed because the machine was off is made up for.
Persistent=true

[Install]
WantedBy=timers.target
"""


def systemd_files(timetable: Timetable) -> dict[str, str]:
    """A service and a timer for every job, by their names."""
    return {name: text for job in timetable.jobs for name, text in _units(timetable, job).items()}


def _units(timetable: Timetable, job: Job) -> dict[str, str]:
    name = f"{timetable.unit}-{job.name}" if job.name else timetable.unit
    reports = "" if timetable.whole else f": {', '.join(job.reports)}"
    said = {"name": name, "workspace": timetable.workspace.replace("%", "%%"), "reports": reports}
    calendar = "\n".join(f"OnCalendar={line} {timetable.time_zone}" for line in on_calendar(job.cron))
    return {
        f"{name}.service": _SERVICE.format(
            **said, project=str(timetable.project).replace("%", "%%"), command=_command(timetable, job)
        ),
        f"{name}.timer": _TIMER.format(**said, calendar=calendar),
    }


def _command(timetable: Timetable, job: Job) -> str:
    return " ".join(map(_quoted, [str(timetable.python), *timetable.arguments(job)]))


def _quoted(word: str) -> str:
    """A word of a systemd command line, where %, $ and backslash mean something."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if set(escaped) & set(" \t'\"\\;") else escaped


def on_calendar(cron: Cron) -> list[str]:
    """The systemd calendar expressions that together mean a cron expression.

    Cron runs when the day of the month or the weekday fits, systemd when both do: where both are limited, two
    expressions say it.

    >>> from cxlib.runs.schedule.cron import parse_cron
    >>> on_calendar(parse_cron("0 6 1 * mon"))
    ['*-*-01 06:00:00', 'Mon *-*-* 06:00:00']
    """
    time = f"{_numbers(cron.hours, every=24)}:{_numbers(cron.minutes, every=60)}:00"
    months, days = _numbers(cron.months, every=12), _numbers(cron.days, every=31)
    weekdays = ",".join(WEEKDAYS[day].capitalize() for day in sorted(cron.weekdays))
    if cron.any_weekday:
        return [f"*-{months}-{days} {time}"]
    on_weekdays = f"{weekdays} *-{months}-* {time}"
    return [on_weekdays] if cron.any_day else [f"*-{months}-{days} {time}", on_weekdays]


def _numbers(values: frozenset[int], *, every: int) -> str:
    if len(values) == every:
        return "*"
    return ",".join(
        f"{first:02}" if first == last else f"{first:02}..{last:02}" for first, last in spans(sorted(values))
    )
