"""When reports run: cron expressions, and ready files for the scheduler that a company already has.

`cron` reads an expression, `timetable` gathers what a workspace schedules, and `crontab`, `systemd`, `github` and
`airflow` each write it for one scheduler; `targets` names those.
"""
