"""`cx init`: what it writes and says, and what it leaves as it was."""

import io

import pytest
import typer
from rich.console import Console

from cxlib.cli import app
from cxlib.errors import ConfigurationError, DataError
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
    assert text.endswith("Reports that can run: churn, clv, segmentation. Next: cx run shop\n")
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
    init(project, force=True)
    assert (folder / "sources.yaml.old").read_text() == "mine: 1\n"
    assert sorted(path.name for path in folder.iterdir()) == ["churn.yaml", "sources.yaml", "sources.yaml.old"]


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
