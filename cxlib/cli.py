"""The `cx` command: every verb in a few lines over `cxlib.runs` and `cxlib.data`.

Heavy packages are imported inside the verbs, so that `cx --help` and a wrong name answer at once.
"""

import datetime as dt
import gc
import json
import shlex
import sys
import traceback
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cxlib.errors import CxError
from cxlib.masking import mask_contacts, mask_texts

app = typer.Typer(
    name="cx",
    help="Customer-experience reports from your own files.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="Exit codes: 0 all good or unchanged; 1 a report failed; 2 bad configuration, data or parameters; "
    "3 timeout; 4 dead kernel; 5 out of memory; 6 an alert stands (--fail-on-alert); 75 another run holds the lock; "
    "129 terminal closed; 130 Ctrl-C; 143 terminated.",
)

ALERT_EXIT_CODE = 6
Workspace = Annotated[str, typer.Argument(help="A workspace, such as demo or params/demo.", metavar="WORKSPACE")]
Reports = Annotated[list[str] | None, typer.Argument(help="Reports; all when left out.", metavar="[REPORT]...")]
Jobs = Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Reports that run at once; default: cores.")]
Assignments = Annotated[
    list[str] | None, typer.Option("-p", "--parameter", metavar="NAME=VALUE", help="Set a parameter.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")]


def _tell_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"cx {version('cxlib')}")
        raise typer.Exit


@app.callback()
def _cx(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Say which cxlib this is.")
    ] = False,
) -> None: ...


def main() -> None:
    """Run the command line; what a user did wrong ends in plain words and an exit code, never in a traceback."""
    # jsonschema builds a grammar of internationalised addresses when it finds this package: seconds of every start,
    # for a format that no notebook uses.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # None makes its import fail at once
    gc.set_threshold(20_000, 10, 10)  # Python's 700 took a fifth of what ibis needs for a query
    try:
        app()
    except CxError as error:
        _complain(str(error))
        sys.exit(error.exit_code)
    except OSError as error:
        _complain(f"{error.filename or 'A file'}: {error.strerror or error}.")
        sys.exit(1)
    except Exception:  # a fault of the program: all that is known of it, but for contacts
        sys.stderr.writelines(map(mask_contacts, traceback.format_exc().splitlines(keepends=True)))
        sys.exit(1)


def _complain(text: str) -> None:
    Console(stderr=True).print(mask_contacts(text), style="red", markup=False, highlight=False, soft_wrap=True)


@app.command()
def start(
    folder: Annotated[Path, typer.Argument(help="The folder of the new project.", metavar="FOLDER")],
    files: Annotated[
        list[str] | None, typer.Argument(help="Your files; left out, the simulated company.", metavar="[FILE]...")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; take every guess.")] = False,
) -> None:
    """Make a project of your own, with notebooks and your files."""
    from cxlib.runs.project import DEMO, start_project, workspace_name

    workspace = workspace_name(folder) if files else DEMO
    start_project(folder, workspace=workspace)
    try:
        if files:
            _init(folder.resolve(), workspace, files, is_asked=not yes, force=False)
    except CxError as error:
        raise type(error)(f"{error}\nThe project itself is laid: go on in {folder}.") from None
    typer.echo(f"{folder} is a project. Next: cd {shlex.quote(str(folder))} && cx run {workspace}")


@app.command()
def upgrade() -> None:
    """Bring newer notebooks into a project; what you changed stays."""
    from cxlib.runs.project import NEWER, upgrade_project

    result = upgrade_project(_root())
    typer.echo(f"From cxlib {result.before} to {result.after}.")
    for name in result.added:
        typer.echo(f"notebooks/{name}: new")
    for name in result.replaced:
        typer.echo(f"notebooks/{name}: replaced by the newer one")
    for name, difference in result.kept.items():
        typer.echo(f"notebooks/{name}: you changed it, so it stays; the newer one is notebooks/{NEWER}/{name}")
        typer.echo(difference)
    if not (result.added or result.replaced or result.kept):
        typer.echo("Every notebook is as this cxlib has it, or as you made it.")


@app.command()
def init(
    name: Annotated[str, typer.Argument(help="What the workspace is to be called.", metavar="NAME")],
    files: Annotated[list[str], typer.Argument(help="Files, folders, workbooks, DuckDB files.", metavar="FILE...")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; take every guess.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the mapping of a workspace that there is.")] = False,
) -> None:
    """Make a workspace from your own files, and check it."""
    _init(_root(), name, files, is_asked=not yes, force=force)


def _init(root: Path, name: str, files: list[str], *, is_asked: bool, force: bool) -> None:
    from cxlib.runs.starting import ask_on_terminal, init_workspace

    ask = ask_on_terminal if sys.stdin.isatty() and sys.stdout.isatty() and is_asked else None
    try:
        init_workspace(root, name, files, Console(), ask=ask, force=force)
    except typer.Abort:
        _complain("Stopped: nothing is written.")
        raise typer.Exit(130) from None


@app.command()
def run(
    workspace: Workspace,
    reports: Reports = None,
    jobs: Jobs = None,
    force: Annotated[bool, typer.Option("--force", help="Run also what has not changed.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would run, check it, run nothing.")] = False,
    parameter: Assignments = None,
    no_warm: Annotated[bool, typer.Option("--no-warm", help="Start every kernel from nothing.")] = False,
    fail_on_alert: Annotated[bool, typer.Option("--fail-on-alert", help="Exit with 6 while an alert stands.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing when all is well.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run the reports of a workspace and publish their pages."""
    from cxlib.runs.console import print_summary, watching
    from cxlib.runs.execution.run import run_suite

    if dry_run:
        _show_plans(workspace, reports or [], parameter or [], as_json=as_json)
        return
    watch = watching(Console(stderr=True), quiet=quiet or as_json)
    assignments = parameter or []
    result = run_suite(
        workspace, reports or [], parameters=assignments, jobs=jobs, force=force, warm=not no_warm, watch=watch
    )
    if not quiet:
        _say_faults(workspace)
    code = result.exit_code or (ALERT_EXIT_CODE if fail_on_alert and result.alerts else 0)
    if as_json:
        _print_json(result.to_dict() | {"exit_code": code})
    elif code or not quiet or result.has_news:
        print_summary(Console(), result)
    raise typer.Exit(code)


def _show_plans(workspace: str, reports: list[str], parameters: list[str], *, as_json: bool) -> None:
    from cxlib.runs.planning.plan import plan_suite

    plans = plan_suite(_folder(workspace), reports, parameters=parameters)
    if as_json:
        _print_json([plan.told for plan in plans])
        return
    for plan in plans:
        typer.echo(f"{plan.name}: {plan.notebook_name}, pages in {', '.join(plan.languages)}")
        for name, value in plan.parameters.items():
            typer.echo(f"  {name} = {mask_texts(value)!r}{'  (set)' if name in plan.injected else ''}")


@app.command()
def check(workspace: Workspace, parameter: Assignments = None) -> None:
    """Check data and parameters of a workspace; runs no notebook."""
    from cxlib.runs.console import check_workspace

    check_workspace(_folder(workspace), Console(), parameters=parameter or [])


@app.command()
def tables() -> None:
    """Print the tables, columns, settings and functions that a sources.yaml may name."""
    from cxlib.runs.console import print_tables

    print_tables(Console())


@app.command("list")
def list_workspaces(as_json: AsJson = False) -> None:
    """List workspaces, their reports and how each last ended."""
    from cxlib.runs.console import overview_table
    from cxlib.runs.upkeep import list_reports

    rows = list_reports(_root())
    for name in dict.fromkeys(row.workspace for row in rows if not row.fault):
        _say_faults(name)
    if as_json:
        _print_json([row.to_dict() for row in rows])
    else:
        Console().print(overview_table(rows))


@app.command()
def index(workspace: Workspace) -> None:
    """Rewrite the front page of a workspace from its published reports."""
    from cxlib.runs.execution.run import rewrite_front

    typer.echo(f"Front page: {rewrite_front(workspace).as_uri()}")
    _say_faults(workspace)


@app.command()
def render(workspace: Workspace, reports: Reports = None) -> None:
    """Make pages anew from what the last good runs kept; runs no notebook."""
    from cxlib.runs.console import print_renderings
    from cxlib.runs.upkeep import rerender

    result = rerender(workspace, reports or [])
    print_renderings(Console(), result)
    raise typer.Exit(result.exit_code)


@app.command()
def schedule(
    workspace: Workspace,
    target: Annotated[str, typer.Option("--for", metavar="SCHEDULER", help="cron, systemd, github or airflow.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write files into this folder.")] = None,
) -> None:
    """Print ready files for a scheduler, from the schedules in a suite."""
    from cxlib.runs.planning.suite import load_suite, workspace_time_zone
    from cxlib.runs.schedule import make_timetable, schedule_files

    folder = _folder(workspace)
    timetable = make_timetable(folder, load_suite(folder), time_zone=workspace_time_zone(folder))
    files = schedule_files(timetable, target)
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        if output is not None:
            (output / name).write_text(text, encoding="utf-8")
            typer.echo(output / name)
        else:
            typer.echo(text if len(files) == 1 else f"# ---- {name}\n{text}\n", nl=False)
    for report in timetable.unscheduled:
        _complain(f"{report} has no schedule and is left out.")
    for warning in timetable.warnings(dt.datetime.now(dt.UTC).date()):
        _complain(warning)


@app.command()
def history(
    workspace: Workspace,
    reports: Reports = None,
    last: Annotated[int, typer.Option("--last", "-n", min=1, help="How many runs to show.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show past runs of a workspace, the newest last."""
    from cxlib.runs.console import history_table
    from cxlib.runs.upkeep import past_runs

    records = past_runs(_root(), workspace, reports or [])[-last:]
    _say_faults(workspace)
    if as_json:
        _print_json([json.loads(record.to_json()) for record in records])
    elif records:
        Console().print(history_table(records))
    else:
        typer.echo("No runs yet.")


@app.command()
def new(
    what: Annotated[str, typer.Argument(help="What to make: report.", metavar="report")],
    name: Annotated[str, typer.Argument(help="Its name, such as loyal_buyers.", metavar="NAME")],
    workspace: Annotated[str, typer.Option("--workspace", "-w", help="Where it is to run.")] = "demo",
) -> None:
    """Write a small report of your own that already runs in both languages."""
    from cxlib.runs.new_report import new_report

    if what != "report":
        raise typer.BadParameter(f"{what!r} cannot be made. Write: cx new report {name}")
    for path in new_report(_folder(workspace), name):
        typer.echo(path.relative_to(_root()))
    typer.echo(f"Now run it: cx run {_folder(workspace).name} {name}")


@app.command()
def topics(
    what: Annotated[str, typer.Argument(help="What to do: suggest.", metavar="suggest")], workspace: Workspace
) -> None:
    """Propose topics for comments that no topic covers, as YAML to edit."""
    from cxlib.runs.planning.plan import plan_suite
    from cxlib.voice import propose_topics

    if what != "suggest":
        raise typer.BadParameter(f"{what!r} cannot be done. Write: cx topics suggest {workspace}")
    folder = _folder(workspace)
    settings = [plan.parameters for plan in plan_suite(folder) if plan.notebook_path.stem == "voice"]
    typer.echo(propose_topics(folder, settings[0] if settings else {}))


@app.command()
def prune(
    workspace: Workspace,
    reports: Reports = None,
    keep: Annotated[int, typer.Option("--keep", min=1, help="Good runs of each report that stay.")] = 10,
) -> None:
    """Remove old runs: the newest good ones stay, and always the latest."""
    from cxlib.runs.upkeep import prune_runs

    removed = prune_runs(_root(), workspace, reports or [], keep=keep)
    typer.echo(f"Removed {len(removed)} {'run' if len(removed) == 1 else 'runs'}.")
    _say_faults(workspace)


def _say_faults(workspace: str) -> None:
    """Say on standard error what is wrong with what past runs left."""
    from cxlib.runs.upkeep import find_faults

    for fault in find_faults(_root(), workspace):
        _complain(fault)


def _root() -> Path:
    from cxlib.runs.planning.suite import project_root

    return project_root()


def _folder(workspace: str) -> Path:
    from cxlib.runs.planning.suite import find_workspace

    return find_workspace(_root(), workspace)


def _print_json(content: object) -> None:
    typer.echo(json.dumps(mask_texts(content), indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
