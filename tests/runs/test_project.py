"""`cx start` and `cx upgrade`: a project of a company's own, from a wheel to a page, and newer notebooks in it."""

import json
import os
import shutil
import subprocess
import sys
import zipfile

import nbformat
import pytest
from typer.testing import CliRunner

from cxlib.cli import app
from cxlib.errors import ConfigurationError, DataError
from cxlib.runs import project
from cxlib.runs.project import difference, start_project, upgrade_project

ORDERS = [
    "order,customer,date,amount",
    *(f"{n},c{n % 97},2025-{1 + n % 12:02}-{1 + n % 28:02},{5 + n % 40}.50" for n in range(2000)),
]


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A folder with orders, which a project is to be made beside."""
    (tmp_path / "orders.csv").write_text("\n".join(ORDERS))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "shop"


@pytest.fixture
def release(tmp_path, root, monkeypatch):
    """Notebooks of a cxlib that are about to change; edits them by name."""
    shutil.copytree(root / "notebooks", tmp_path / "release/notebooks")
    shutil.copytree(root / "params/demo", tmp_path / "release/params/demo")
    monkeypatch.setattr(project, "shipped", lambda: tmp_path / "release")
    return tmp_path / "release/notebooks"


def add_line(path, line):
    """Put a line below the first cell of a notebook."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source += f"\n\n{line}"
    nbformat.write(notebook, path)


def test_a_project_of_ones_own_files_runs(shop, root):
    """The notebooks, the workspace, and what a folder needs; the reports that the files allow are named."""
    ended = CliRunner().invoke(app, ["start", "shop", "orders.csv", "--yes"])
    assert ended.exit_code == 0, ended.output
    assert "Next: cd shop && cx run shop" in ended.output
    assert {path.name for path in shop.glob("notebooks/*")} == {path.name for path in root.glob("notebooks/*.ipynb")}
    assert sorted(path.name for path in shop.glob("params/*")) == ["shop"]
    assert "cx run shop" in (shop / "README.md").read_text()
    assert "cxlib==" in (shop / "environment.yml").read_text()
    assert "reports/" in (shop / ".gitignore").read_text().split()


def test_without_files_it_is_the_simulated_company(shop, monkeypatch):
    """Its parameters are laid, and every report of its suite can be planned."""
    start_project(shop)
    monkeypatch.chdir(shop)
    ended = CliRunner().invoke(app, ["run", "demo", "--dry-run"])
    assert ended.exit_code == 0, ended.output
    assert "churn" in ended.output


@pytest.mark.parametrize("holds", ["file", "folder"])
def test_nothing_that_is_there_is_overwritten(shop, holds):
    """A folder with something in it, or a file of that name, stays as it is."""
    if holds == "folder":
        (shop / "notebooks").mkdir(parents=True)
    else:
        shop.write_text("mine")
    with pytest.raises(ConfigurationError, match=r"not empty|is a file"):
        start_project(shop)
    assert not (shop / "README.md").exists()


def test_a_repository_and_its_own_ignore_file_stay(shop):
    """What begins with a dot may be there before, and is kept."""
    (shop / ".git").mkdir(parents=True)
    (shop / ".gitignore").write_text("mine\n")
    start_project(shop)
    assert (shop / ".gitignore").read_text() == "mine\n"


def test_a_file_that_cannot_be_read_leaves_the_project(shop):
    """The fault is told, and where to go on."""
    shop.with_name("orders.csv").write_text("")
    ended = CliRunner().invoke(app, ["start", "shop", "orders.csv", "--yes"])
    assert isinstance(ended.exception, DataError)
    assert "orders.csv" in str(ended.exception)
    assert "go on in shop" in str(ended.exception)
    assert (shop / "notebooks/churn.ipynb").exists()


def test_an_upgrade_brings_what_is_newer_and_keeps_what_was_changed(shop, release):
    """A changed one stays, and the newer one is laid beside it with what differs; one taken out stays out."""
    start_project(shop)
    add_line(shop / "notebooks/churn.ipynb", "Our own words.")
    add_line(shop / "notebooks/journey.ipynb", "Our own words.")
    (shop / "notebooks/nps_drivers.ipynb").unlink()
    mine = (shop / "notebooks/churn.ipynb").read_bytes()
    for name in ("churn", "clv", "nps_drivers"):
        add_line(release / f"{name}.ipynb", "A newer sentence.")
    shutil.copyfile(release / "clv.ipynb", release / "voices.ipynb")
    result = upgrade_project(shop)
    assert (result.added, result.replaced, list(result.kept)) == (["voices.ipynb"], ["clv.ipynb"], ["churn.ipynb"])
    assert (shop / "notebooks/churn.ipynb").read_bytes() == mine
    assert (shop / "notebooks/newer/churn.ipynb").read_bytes() == (release / "churn.ipynb").read_bytes()
    assert "-Our own words." in result.kept["churn.ipynb"].splitlines()
    assert "+A newer sentence." in result.kept["churn.ipynb"].splitlines()
    again = upgrade_project(shop)
    assert (again.added, again.replaced, list(again.kept)) == ([], [], ["churn.ipynb"])


def test_a_newer_notebook_taken_over_is_settled(shop, release):
    """Once the newer one stands in its place it counts as laid, and is replaced by the next."""
    start_project(shop)
    add_line(shop / "notebooks/churn.ipynb", "Our own words.")
    add_line(release / "churn.ipynb", "A newer sentence.")
    upgrade_project(shop)
    shutil.copyfile(shop / "notebooks/newer/churn.ipynb", shop / "notebooks/churn.ipynb")
    assert not upgrade_project(shop).kept
    add_line(release / "churn.ipynb", "A third.")
    assert upgrade_project(shop).replaced == ["churn.ipynb"]


@pytest.mark.parametrize(
    ("note", "words"),
    [
        (None, "was not made by cx start"),
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"cxlib": "0.1.0"}', "cannot be read"),
        ('{"cxlib": "99.0", "notebooks": {}}', "made by cxlib 99.0"),
    ],
)
def test_a_note_that_tells_nothing_is_refused(shop, note, words):
    """In words that name the file; nothing is touched."""
    start_project(shop)
    (shop / project.NOTE).unlink()
    if note is not None:
        (shop / project.NOTE).write_text(note)
    before = {path: path.read_bytes() for path in shop.glob("notebooks/*")}
    with pytest.raises(ConfigurationError, match=words):
        upgrade_project(shop)
    assert {path: path.read_bytes() for path in shop.glob("notebooks/*")} == before


def test_a_notebook_that_is_none_is_named(shop):
    """Not a traceback of nbformat."""
    shop.mkdir()
    (shop / "churn.ipynb").write_text("half a file")
    with pytest.raises(ConfigurationError, match=r"churn\.ipynb: this is no notebook"):
        difference(shop / "churn.ipynb", shop / "churn.ipynb")


def build_wheel(root, folder):
    """The wheel of this tree, built from a copy of what it is made of."""
    for name in ("cxlib", "notebooks", "params/demo", "pyproject.toml", "setup.py", "README.md", "LICENSE"):
        copy = shutil.copytree if (root / name).is_dir() else shutil.copyfile
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        copy(root / name, folder / name)
    words = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, folder]
    subprocess.run(words, check=True, capture_output=True, env=os.environ | {"SOURCE_DATE_EPOCH": "1700000000"})
    (wheel,) = folder.glob("cxlib-*.whl")
    return wheel


@pytest.mark.slow
def test_from_a_wheel_to_a_page_in_two_commands(shop, root, tmp_path):
    """Built twice alike, unpacked where no clone is near, started on a file, run: a page by the wheel's own code."""
    wheels = [build_wheel(root, tmp_path / name) for name in ("one", "other")]
    assert wheels[0].read_bytes() == wheels[1].read_bytes()
    zipfile.ZipFile(wheels[0]).extractall(tmp_path / "site")
    around = {key: value for key, value in os.environ.items() if key != "CXLIB_PROJECT"} | {
        "PYTHONPATH": str(tmp_path / "site")
    }

    def cx(*words, folder):
        return subprocess.run(
            [sys.executable, "-m", "cxlib", *words], cwd=folder, env=around, check=True, capture_output=True, text=True
        )

    cx("start", "shop", "orders.csv", "--yes", folder=tmp_path)
    cx("run", "shop", "segmentation", folder=shop)
    assert (shop / "reports/shop/index.en.html").exists()
    record = json.loads(next(shop.glob("reports/shop/segmentation/runs/*/run.json")).read_text())
    assert record["status"] == "ok"
