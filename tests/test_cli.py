"""The command line: exit codes, plain words, JSON, and every verb with a help text."""

import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import nbformat
import pytest
from nbformat import v4
from typer.main import get_command

from cxlib.cli import app, main
from cxlib.runs.archive.store import hold_lock

SOURCES = """
title: Corner shop
currency: GBP
time_zone: Europe/London
tables:
  transactions:
    path: transactions.csv
    columns: {transaction_id: id, customer_id: customer, at: day, amount: amount}
    dates: ["%Y-%m-%d"]
"""
ROWS = "id,customer,day,amount\n1,a,2026-01-05,10.00\n2,b,2026-01-06,4.50\n3,,2026-01-07,1.00\n"
PARAMETERS = 'workspace = "params/demo"  # str: where\ntop = 3  # int: how many'

SHOW = """
from cxlib.language import T
from cxlib.measures import Metric
from cxlib.report import tiles
tiles(Metric("size", T("Size"), top, unit="decimal"))
"""


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A project with one workspace and one report that does nothing."""
    folder = tmp_path / "params" / "demo"
    folder.mkdir(parents=True)
    (folder / "sources.yaml").write_text(SOURCES)
    (folder / "transactions.csv").write_text(ROWS)
    (folder / "suite.yaml").write_text("languages: [en]\nreports: {basket: }\n")
    (tmp_path / "notebooks").mkdir()
    notebook = v4.new_notebook(
        cells=[
            v4.new_markdown_cell("# What is in the basket?"),
            v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
            v4.new_code_cell("1 / top"),
        ]
    )
    nbformat.write(notebook, tmp_path / "notebooks" / "basket.ipynb")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("cxlib.runs.execution.run.hash_package", lambda: "0" * 64)
    return tmp_path


@pytest.fixture
def cx(monkeypatch, capsys):
    """Runs `cx` in this process; gives exit code, standard output and standard error."""

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["cx", *words])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


@pytest.mark.parametrize("verb", sorted(get_command(app).commands))
def test_every_verb_says_what_it_does(cx, verb):
    """`cx VERB --help` has a sentence of its own."""
    code, out, _ = cx(verb, "--help")
    assert code == 0
    assert get_command(app).commands[verb].help.split(".")[0] in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "dem"], "Did you mean 'demo'?"),
        (["run", "demo", "baskets"], "Did you mean 'basket'?"),
        (["run", "demo", "-p", "tops=1"], "Did you mean 'top'?"),
        (["run", "demo", "-p", "top=many"], "parameter 'top' is 'many'; expected a whole number."),
        (["run", "demo", "-p", "top"], "expected name=value"),
        (["check", "nosuch"], "Allowed: demo"),
        (["history", "demo", "baskets"], "Did you mean 'basket'?"),
        (["prune", "nosuch"], "Allowed: demo"),
        (["index", "nosuch"], "Allowed: demo"),
        (["render", "nosuch"], "Allowed: demo"),
        (["render", "demo"], "Run it first: cx run demo"),
        (["schedule", "nosuch", "--for", "cron"], "Allowed: demo"),
    ],
)
def test_a_users_mistake_is_plain_words_and_exit_code_2(cx, shop, words, said):
    """Nothing that a user types wrongly shows a traceback, and nothing starts."""
    code, out, err = cx(*words)
    assert code == 2
    assert said in err
    assert "Traceback" not in out + err
    assert not (shop / "reports").exists()


def test_a_fault_of_the_program_shows_no_contact(monkeypatch, capsys):
    """What nobody foresaw is told in full, but for telephone numbers and addresses."""
    monkeypatch.setattr("cxlib.cli.app", lambda: {}["sara@example.com, tel.0501234567"])
    with pytest.raises(SystemExit) as ending:
        main()
    said = capsys.readouterr().err
    assert ending.value.code == 1
    assert "KeyError" in said
    assert "example" not in said
    assert "0501234567" not in said


def test_it_says_which_version_it_is_and_the_readme_every_exit_code(cx):
    """`--version` as pip has it; the README lists the codes that the help lists."""
    code, out, _ = cx("--version")
    assert (code, out.split()) == (0, ["cx", version("cxlib")])
    epilog, readme = app.info.epilog, (Path(__file__).parents[1] / "README.md").read_text()
    listed = readme[readme.index("Exit codes of `cx`") :]
    assert all(f"{number} " in listed for number in re.findall(r"\b\d+\b", epilog))


def test_outside_a_project_the_remedy_is_named(cx, tmp_path, monkeypatch):
    """The working directory belongs to no project: exit code 2 and what a project is."""
    monkeypatch.chdir(tmp_path)
    code, _, err = cx("list")
    assert code == 2
    assert "params" in err


def test_a_dry_run_shows_and_starts_nothing(cx, shop):
    """Every parameter is shown with its value and whether the run sets it."""
    code, out, _ = cx("run", "demo", "--dry-run", "-p", "top=5")
    assert code == 0
    assert "basket: notebooks/basket.ipynb, pages in en" in out
    assert "top = 5  (set)" in out
    assert not (shop / "reports").exists()


def test_a_dry_run_prints_json_where_asked(cx, shop):
    """And nothing else on standard output."""
    code, out, _ = cx("run", "demo", "--dry-run", "--json", "-p", "top=5")
    assert code == 0
    (plan,) = json.loads(out)
    assert plan["name"] == "basket"
    assert plan["parameters"]["top"] == 5
    assert plan["set"] == ["top", "workspace"]
    assert not (shop / "reports").exists()


@pytest.mark.parametrize(
    "words",
    [["run"], ["check"], ["history"], ["index"], ["render"], ["prune"], ["schedule", "--for", "cron"]],
    ids="".join,
)
@pytest.mark.usefixtures("shop")
def test_a_name_that_no_folder_can_have_names_no_workspace(cx, words):
    """A path of 300 letters is more than a file system takes; it is answered like any other wrong name."""
    code, _, err = cx(*words, "d" * 300)
    assert code == 2
    assert "There is no workspace" in err


@pytest.mark.usefixtures("shop")
def test_a_parameter_given_twice_is_refused(cx):
    """The last one would win in silence."""
    code, _, err = cx("run", "demo", "-p", "top=5", "-p", "top=6")
    assert code == 2
    assert "-p top: it is given twice" in err


def test_check_counts_rows_and_runs_nothing(cx, shop):
    """Good and quarantined rows are counted; a customer id that is missing is quarantined, not dropped."""
    code, out, _ = cx("check", "demo")
    assert code == 0, out
    assert "transactions" in out
    assert "demo can run: 2 good rows of transactions, 2026-01-05 to 2026-01-06." in out
    assert "More than a tenth of a file is set aside (33% of transactions.csv)" in out
    assert not (shop / "reports").exists()


def test_check_says_what_to_do_and_that_nothing_is_good(cx, shop):
    """With dates of another form no row is good: the remedy is named, and nothing is said to be able to run."""
    (shop / "params" / "demo" / "transactions.csv").write_text(ROWS.replace("2026-01-", "Jan "))
    path = shop / "notebooks" / "basket.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["cxlib"] = {"needs": ["transactions"]}
    nbformat.write(notebook, path)
    code, out, err = cx("check", "demo")
    assert code == 2
    assert "the date cannot be read: Correct it, or add its format to 'dates' in sources.yaml. Of two" in out
    assert "First in transactions.csv, row 2, column 'day': 'Jan 05'." in out
    assert "basket cannot run: no row of transactions is good. transactions.csv has 3 rows." in err
    assert "valid" not in out


def test_check_ends_with_2_where_no_row_of_a_file_is_good(cx, shop):
    """Also of one that no report names; of rows that no condition means just that is said."""
    mapping = shop / "params" / "demo" / "sources.yaml"
    (shop / "params" / "demo" / "transactions.csv").write_text(ROWS.replace("2026-01-", "Jan "))
    code, out, err = cx("check", "demo")
    assert (code, "valid" in out, "can run" in out) == (2, False, False)
    assert "transactions.csv: none of its 3 rows is good. See above why." in err
    mapping.write_text(SOURCES + "    where: amount > 999\n")
    code, _, err = cx("check", "demo")
    assert code == 2
    assert "none of its 3 rows is meant by its 'where'." in err


def test_check_hides_persons_and_says_that_reasons_overlap(cx, shop):
    """The first fault of each rule has file, row, column and value; a value that names somebody is dots."""
    rules = (
        "rules: {sane: amount < 5, named: \"coalesce(customer, 'x') <> 'Ann'\"}\n    personal: [customer]\n    dates:"
    )
    mapping = SOURCES.replace("dates:", rules)
    (shop / "params" / "demo" / "sources.yaml").write_text(mapping)
    (shop / "params" / "demo" / "transactions.csv").write_text(ROWS + "4,Ann,2026-01-08,7\n")
    _, out, _ = cx("check", "demo")
    assert "A row may break several rules: it is counted with each, and once above." in out
    assert "First in transactions.csv, row 2, column 'amount': '10.00'." in out
    assert "First in transactions.csv, row 5, column 'customer': '\u2022\u2022\u2022'." in out
    assert "Ann" not in out


def test_check_says_what_it_reads_when_it_takes_long(cx, shop, monkeypatch):
    """A log gets a line for a table that takes more than two seconds; here, more than none."""
    monkeypatch.setattr("cxlib.runs.console._SLOW_SECONDS", 0.0)
    _, out, _ = cx("check", "demo")
    assert "reading transactions ..." in out


def test_tables_prints_what_a_mapping_may_name(cx):
    """Each table with its columns, settings and functions."""
    code, out, _ = cx("tables")
    assert code == 0
    assert "transactions: transaction_id (id), customer_id (id, required), at (instant, required)" in out
    assert "rating_*, expect_*" in out
    assert "skip_rows" in out
    assert "regexp_extract" in out


def test_check_counts_sentences_that_are_not_translated(cx, shop):
    """Each report and language with a gap is named; English never has one."""
    suite = shop / "params" / "demo" / "suite.yaml"
    suite.write_text("languages: [en, ar]\nreports: {basket: }\n")
    _, out, _ = cx("check", "demo")
    assert "1 of 1 sentences of basket are not in ar" in out
    assert "not in en" not in out


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / "transactions.csv").unlink(), "transactions.csv"),
        (lambda folder: (folder / "sources.yaml").write_text("tables: ["), "sources.yaml"),
        (lambda folder: (folder / "suite.yaml").write_text("reports: {basket: {every: day}}"), "suite.yaml"),
        (lambda folder: (folder / "basket.yaml").write_text("top: no"), "basket.yaml"),
    ],
)
def test_check_names_what_is_wrong(cx, shop, spoil, said):
    """Bad data, mapping, suite and parameters are each named, exit code 2."""
    spoil(shop / "params" / "demo")
    code, out, err = cx("check", "demo")
    assert code == 2
    assert said in err
    assert "Traceback" not in out + err


def test_a_held_lock_is_exit_code_75(cx, shop):
    """A timer that starts too early learns it from the exit code."""
    with hold_lock(shop / "reports" / "demo" / "basket" / ".lock", name="basket"):
        code, _, err = cx("run", "demo")
    assert code == 75
    assert "under way" in err


@pytest.mark.engine
def test_run_history_list_index_prune(cx, shop):
    """A good run, an unchanged one and a failed one, told by every verb alike."""
    code, out, err = cx("run", "demo")
    assert code == 0, out + err
    assert "Front page: file://" in out
    assert "basket: ok after" in err
    code, out, err = cx("run", "demo", "--json")
    told = json.loads(out)
    assert (code, told["exit_code"], told["runs"][0]["status"], err) == (0, 0, "unchanged", "")
    assert cx("run", "demo", "--quiet") == (0, "", "")
    code, out, _ = cx("run", "demo", "--quiet", "-p", "top=0")
    assert code == 1
    assert "ZeroDivisionError" in out
    code, out, _ = cx("history", "demo", "--json")
    assert [run["status"] for run in json.loads(out)] == ["ok", "failed"]
    assert "failed" in cx("history", "demo")[1]
    (row,) = json.loads(cx("list", "--json")[1])
    assert (row["report"], row["last_status"]) == ("basket", "failed")
    assert "basket" in cx("list")[1]
    (shop / "reports" / "demo" / "index.en.html").unlink()
    assert cx("index", "demo")[0] == 0
    pages = [shop / "reports" / "demo" / "index.en.html", *shop.rglob("failed.en.html")]
    assert ["What is in the basket?" in page.read_text() for page in pages] == [True, True]
    assert cx("prune", "demo", "--keep", "1") == (0, "Removed 0 runs.\n", "")


def test_help_starts_quickly_and_loads_nothing_heavy():
    """What only prints a line must not import tables, charts or kernels first."""
    heavy = "import sys, cxlib.cli; print({'pandas', 'matplotlib', 'papermill'} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    assert said.stdout == "set()\n"


def test_a_schedule_is_printed_or_written(cx, shop):
    """One file goes to standard output as it is, several each under its name; `--output` writes them."""
    suite = shop / "params" / "demo" / "suite.yaml"
    suite.write_text("languages: [en]\nreports: {basket: {schedule: '@daily'}, other: }\n")
    code, out, err = cx("schedule", "demo", "--for", "cron")
    assert (code, "CRON_TZ=Europe/London\n0 0 * * * cd" in out) == (0, True)
    assert err == "other has no schedule and is left out.\n"
    assert "# ---- cx-demo.timer" in cx("schedule", "demo", "--for", "systemd")[1]
    code, out, _ = cx("schedule", "demo", "--for", "systemd", "--output", "units")
    assert out.split() == ["units/cx-demo.service", "units/cx-demo.timer"]
    assert "OnCalendar=*-*-* 00:00:00 Europe/London" in (shop / "units" / "cx-demo.timer").read_text()
    (shop / "params" / "demo" / "sources.yaml").unlink()
    assert "CRON_TZ=UTC" in cx("schedule", "demo", "--for", "cron")[1]


@pytest.mark.parametrize(
    ("suite", "words", "said"),
    [
        ("reports: {basket: }", ["--for", "cron"], "schedules nothing. Add a line `schedule:`"),
        ("reports: {basket: {schedule: '@daily'}}", ["--for", "crom"], "Did you mean 'cron'?"),
        ("reports: {basket: {schedule: daily}}", ["--for", "cron"], "five fields, this has 1"),
    ],
)
def test_a_wrong_schedule_is_plain_words(cx, shop, suite, words, said):
    """Exit code 2, and what to write instead."""
    (shop / "params" / "demo" / "suite.yaml").write_text(suite)
    code, _, err = cx("schedule", "demo", *words)
    assert code == 2
    assert said in err


@pytest.mark.engine
def test_alerts_are_told_once_and_stand(cx, shop):
    """A number beyond its limit: on the terminal, in JSON, to the command, and in the exit code that was asked for."""
    notebook = nbformat.read(shop / "notebooks" / "basket.ipynb", as_version=4)
    notebook.cells[-1].source = SHOW
    nbformat.write(notebook, shop / "notebooks" / "basket.ipynb")
    (shop / "params" / "demo" / "suite.yaml").write_text(
        "languages: [en, ar]\nreports: {basket: {alert_if: {size: {below: 5}, sice: {above: 1}}}}\n"
        "notify: [sh, -c, 'cat >> told; exit $(cat code)']\n"
    )
    (shop / "code").write_text("1")
    code, out, _ = cx("run", "demo", "--quiet")
    assert (code, "basket: Size: 3.0, below the limit of 5.0 (new)" in out) == (0, True)
    assert "asks for sice, which this report does not have; most like it: size" in out
    assert "notify: sh ended with exit code 1" in out
    (shop / "code").write_text("0")
    assert "exit code 1" not in cx("run", "demo")[1]
    assert cx("run", "demo", "--quiet") == (0, "", "")
    told = json.loads("[" + (shop / "told").read_text().replace("}\n{", "},{") + "]")
    assert [[alert["new"] for alert in each["alerts"]] for each in told] == [[True, True], [True, True]]
    code, out, _ = cx("run", "demo", "--json", "--fail-on-alert")
    content = json.loads(out)
    assert (code, content["exit_code"], content["runs"][0]["exit_code"]) == (6, 6, 0)
    assert [(alert["kind"], alert["new"]) for alert in content["alerts"]] == [("metric", False), ("setting", False)]
    pages = [(shop / "reports" / "demo" / f"index.{language}.html").read_text() for language in ("en", "ar")]
    assert "Size: 3.0, below the limit of 5.0" in pages[0]
    assert all('<section class="alerts"' in page for page in pages)
    code, out, _ = cx("render", "demo")
    assert (code, "basket: page made anew" in out) == (0, True)
    (shop / "params" / "demo" / "suite.yaml").write_text("languages: [en]\nreports: {basket: }\n")
    assert cx("run", "demo", "--no-warm", "--fail-on-alert")[0] == 0
    assert '<section class="alerts"' not in (shop / "reports" / "demo" / "index.en.html").read_text()
