"""`cx init`: what it writes and says, and what it leaves as it was."""

import io

import pytest
import typer
from rich.console import Console

from cxlib.cli import app
from cxlib.data import guess_workspace, open_workspace, refuse_misread, sources_text
from cxlib.errors import ConfigurationError, DataError
from cxlib.runs.console import check_workspace
from cxlib.runs.starting import init_workspace

ROWS = [f"{n},c{n % 9},{1 + n % 12}/02/2026,{n}.50" for n in range(60)]


@pytest.fixture
def project(tmp_path, monkeypatch, root):
    """A project with the notebooks of this one, and orders of which no date tells whether the day comes first."""
    (tmp_path / "params").mkdir()
    (tmp_path / "notebooks").symlink_to(root / "notebooks")
    (tmp_path / "orders.csv").write_text("\n".join(["Order ID,Customer ID,Date,Total", *ROWS]))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def init(project, *files, ask=None, force=False):
    """Run it; gives what it says."""
    out = io.StringIO()
    init_workspace(project, "shop", files or ["orders.csv"], Console(file=out, width=200), ask=ask, force=force)
    return out.getvalue()


def test_it_ends_in_what_can_run_and_the_next_command(project):
    """The workspace is there and checked; what is not sure is counted."""
    text = init(project)
    assert "orders.csv: transactions, 4 columns used" in text
    assert "shop can run: 60 good rows" in text
    assert "3 guesses are not sure: look for UNSURE in params/shop/sources.yaml." in text
    able = "churn, clv, journey, playbook, scorecard, segmentation"
    assert text.endswith(f"Reports that can run: {able}. Next: cx run shop\n")
    assert 'path: "../../orders.csv"' in (project / "params" / "shop" / "sources.yaml").read_text()


def test_a_workspace_is_replaced_only_by_force(project):
    """Without it nothing is touched; with it the old mapping stays beside the new one, and all other files."""
    folder = project / "params" / "shop"
    folder.mkdir()
    (folder / "sources.yaml").write_text("mine: 1\n")
    (folder / "churn.yaml").write_text("{}\n")
    with pytest.raises(ConfigurationError, match="params/shop is there already"):
        init(project)
    assert (folder / "sources.yaml").read_text() == "mine: 1\n"
    for _ in range(3):
        init(project, force=True)
    assert (folder / "sources.yaml.old").read_text() == "mine: 1\n"
    old = [f"sources.yaml.old{number}" for number in ("", 2, 3)]
    assert sorted(path.name for path in folder.iterdir()) == ["churn.yaml", "sources.yaml", *old]


def test_a_failed_one_leaves_nothing(project):
    """Neither a picture nor Ctrl-C at a question leaves a folder."""
    (project / "a.csv").write_bytes(b"\x89PNG\x00")
    with pytest.raises(DataError, match="picture"):
        init(project, "a.csv")

    def ask(question, guess, choices):
        raise typer.Abort

    with pytest.raises(typer.Abort):
        init(project, ask=ask)
    assert list((project / "params").iterdir()) == []


def test_a_check_that_fails_says_where_the_mapping_is(project):
    """The files may be at fault, or a guess: the workspace stays to be mended."""
    rows = [f"{n},c{n % 9},2026-02-01,5.50,{'SAR' if n % 5 else 'USD'}" for n in range(60)]
    (project / "orders.csv").write_text("\n".join(["Order ID,Customer ID,Date,Total,Currency", *rows]))
    with pytest.raises(DataError, match=r"USD \(12 rows\).*\n.*cx check shop. The mapping is params/shop/sources.yaml"):
        init(project)
    assert (project / "params" / "shop" / "sources.yaml").is_file()


def test_names_that_cannot_be_folders_are_refused(project):
    """A path or nothing is no name."""
    for name in ("../x", "a/b", ""):
        with pytest.raises(ConfigurationError, match="cannot name a workspace"):
            init_workspace(project, name, ["orders.csv"], Console(file=io.StringIO()), ask=None, force=False)


def test_the_command_asks_nothing_without_a_terminal(project, capsys):
    """In a script it is as with --yes."""
    with pytest.raises(SystemExit) as end:
        app(["init", "shop", "orders.csv"])
    assert end.value.code == 0
    assert "Next: cx run shop" in capsys.readouterr().out


@pytest.mark.parametrize(
    "name", ["${HOME}.csv", "{a}*[x].csv", "~a 'b' \"c\" #1.csv", "a\nb.csv", "null", "a\u2028\x7f.csv"]
)
def test_a_file_is_read_whatever_it_is_called(project, name):
    """Variables, patterns, quotes and ends of lines in a name are no more than its letters."""
    (project / "a1.csv").write_text("another file, which [x] or a pattern might mean\n")
    (project / "orders.csv").rename(project / name)
    assert "shop can run: 60 good rows" in init(project, name)


def test_titles_that_are_words_of_yaml_or_sql_are_titles(project):
    """Each becomes an attribute, under a key and with a value that are read back as they are."""
    titles = ["null", "true", "on", "~", "123", "1e5", "select 1", "a: b", "- x", "#", "y", "lower(id)", "café ☕"]
    rows = [",".join([f"c{n}", f"2026-01-{n % 28 + 1:02}", *["AB"[n % 2]] * len(titles)]) for n in range(60)]
    (project / "customers.csv").write_text("\n".join([",".join(["Customer ID", "Joined", *titles]), *rows]))
    init(project, "customers.csv", "orders.csv")
    workspace = open_workspace(project / "params" / "shop")
    frame = workspace.table("customers").execute()
    assert len(frame) == 60
    assert (frame.isin(["A", "B"]).all()).sum() == len(titles)


def test_what_would_be_read_as_another_file_is_refused(project):
    """Before it is in its place: the reader opens each path and finds each title, and they are those that are meant."""
    (project / "other.csv").write_text((project / "orders.csv").read_text())
    draft = guess_workspace(["orders.csv"])
    text = sources_text(draft, title="x", folder=project)
    refuse_misread(draft, text, folder=project)
    with pytest.raises(DataError, match="a mapping cannot hold the name of this file"):
        refuse_misread(draft, text.replace("orders.csv", "other.csv"), folder=project)
    with pytest.raises(DataError, match="a mapping cannot hold the title 'Total'"):
        refuse_misread(draft, text.replace("amount: Total", "amount: '\"Order ID\" * 1'"), folder=project)


def test_both_orders_of_day_and_month_are_said_and_never_half_read(project):
    """What could be either is set aside; a mapping of one order is told that it may read others wrongly."""
    rows = [f"{n},c{n % 9},{day},9.50" for n, day in enumerate(["25/02/2026", "02/26/2026", "03/04/2026"] * 20)]
    (project / "orders.csv").write_text("\n".join(["Order ID,Customer ID,Date,Total", *rows]))
    assert "shop can run: 40 good rows" in init(project)
    mapping = project / "params" / "shop" / "sources.yaml"
    text = mapping.read_text()
    assert 'dates: ["%d/%m/%Y", "%m/%d/%Y"]  # UNSURE: the day comes first in 20 dates, the month in 20' in text
    mapping.write_text(text.replace('"%d/%m/%Y", "%m/%d/%Y"', '"%d/%m/%Y"'))
    out = io.StringIO()
    check_workspace(mapping.parent, Console(file=out, width=200))
    assert "20 of these dates have a month above 12" in out.getvalue()


def test_what_further_reports_want_is_named_and_one_file_of_two_tables_counts_for_each(project):
    """A file of memberships tells about customers as well: its rows are not added up; tables to add are named."""
    rows = [f"m{n},2025-01-{n % 28 + 1:02},,Gold,{'F' if n % 2 else 'M'}" for n in range(60)]
    (project / "members.csv").write_text("\n".join(["Member ID,Start Date,End Date,Plan,Gender", *rows]))
    text = init(project, "members.csv")
    assert "shop can run: 60 good rows of customers, 60 of memberships" in text
    wanted = (
        "transactions (customer_id, at, amount) for clv, journey, loyalty, segmentation; "
        "customers.loyalty_joined_on or customers.loyalty_member for loyalty; surveys for nps_drivers; "
        "order_lines (customer_id, at, product_id, amount) or transactions.product or transactions.product_id "
        "for recommend; "
        "surveys or tickets (opened_at) or feedback (at, text) for voice."
    )
    assert f"with: {wanted}" in text
