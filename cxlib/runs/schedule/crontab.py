"""A workspace's schedule as lines of a crontab."""

from __future__ import annotations

import shlex

from cxlib.errors import ConfigurationError
from cxlib.runs.schedule.timetable import Job, Timetable

_HEAD = """\
# Reports of {workspace}. Put these lines at the end of `crontab -e`: what is set here counts for all lines below it.
# Change project or Python here. Cron mails what a run prints; a run prints only what needs attention.
# Exit code 75 means that another run of the workspace was under way: that one does the work.
CX_PROJECT={project}
CX_PYTHON={python}
# The times below are those of {zone}. cronie (Fedora, Red Hat, SUSE, Arch) follows CRON_TZ. The cron of Debian and
# Ubuntu ignores it and follows the machine's clock: if `timedatectl` names another zone there, use the systemd timer.
CRON_TZ={zone}
"""


def crontab_files(timetable: Timetable) -> dict[str, str]:
    """The crontab, by its name."""
    head = _HEAD.format(
        workspace=timetable.workspace,
        project=_setting(str(timetable.project)),
        python=_setting(str(timetable.python)),
        zone=timetable.time_zone,
    )
    return {f"{timetable.unit}.crontab": head + "".join(_line(timetable, job) for job in timetable.jobs)}


def _line(timetable: Timetable, job: Job) -> str:
    words = shlex.join(timetable.arguments(job)).replace("%", r"\%")  # cron reads a bare % as a line end
    return f'{job.cron.text} cd "$CX_PROJECT" && "$CX_PYTHON" {words}\n'


def _setting(value: str) -> str:
    """A value for a crontab's setting, which knows quotes but no escapes."""
    quote = next((quote for quote in "\"'" if quote not in value), None)
    if quote is None:
        raise ConfigurationError(f"{value}: a crontab cannot hold a path with both kinds of quotes. Move the project.")
    return f"{quote}{value}{quote}"
