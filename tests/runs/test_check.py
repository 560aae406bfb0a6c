"""What a check said is said again only of the very same bytes, notebooks, parameters, code, packages and day."""

import datetime as dt
import io
import os

import pytest
from rich.console import Console

from cxlib.data.reading.files import SWITCH
from cxlib.errors import CxError
from cxlib.runs import console

VALID = "The parameters of basket are valid."


@pytest.fixture(autouse=True)
def shop(project, monkeypatch):
    """A project with one report; how often its check was made stands in `made`."""
    monkeypatch.delenv(SWITCH, raising=False)
    monkeypatch.setattr(
        console, "_SLOW_SECONDS", 600
    )  # what is said of a machine that is busy is no part of the answer
    project.notebook("basket", "1")
    project.suite("reports: {basket: }\nlanguages: [en]")
    mapping = project.workspace / "sources.yaml"
    mapping.write_text(mapping.read_text().replace("path: transactions.csv", "path: trans*.csv"))
    project.made = []
    original = console._answer

    def answer(*args):
        project.made.append(args)
        return original(*args)

    monkeypatch.setattr(console, "_answer", answer)
    return project


def said(shop, *parameters):
    """What a check prints."""
    out = io.StringIO()
    console.check_workspace(shop.workspace, Console(file=out, width=200), parameters=parameters)
    return out.getvalue()


def rewrite(path, old, new):
    """Other bytes of the same number, with the times of before."""
    about = path.stat()
    assert len(old) == len(new)
    path.write_text(path.read_text().replace(old, new))
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


def test_the_same_is_said_without_checking_again(shop):
    """Line for line, tables too, and nothing is read but for its digest."""
    first = said(shop)
    assert said(shop) == first
    assert len(shop.made) == 1
    assert "transactions  transactions.csv     3     3" in first
    assert VALID in first


CHANGES = {
    "bytes, neither size nor time": lambda shop, patch: rewrite(shop.workspace / "transactions.csv", "4.50", "4.5x"),
    "mapping": lambda shop, patch: rewrite(shop.workspace / "sources.yaml", "%Y-%m-%d", "%Y-%d-%m"),
    "a further file": lambda shop, patch: (shop.workspace / "trans2.csv").write_text("id,customer,day,amount\n"),
    "notebook": lambda shop, patch: shop.notebook("basket", "2"),
    "another notebook": lambda shop, patch: shop.notebook("other", "2"),
    "parameters": lambda shop, patch: shop.notebook("basket", "1", parameters='workspace = "demo"  # str: where'),
    "languages": lambda shop, patch: shop.suite("reports: {basket: }\nlanguages: [en, ar]"),
    "code": lambda shop, patch: patch.setattr(console, "hash_package", lambda: "0" * 64),
    "packages": lambda shop, patch: ((shop.root / "new-1.0.dist-info").mkdir(), patch.syspath_prepend(shop.root)),
    "day": lambda shop, patch: patch.setattr(
        "cxlib.data.reading.inventory.last_day", lambda sources: dt.date(2030, 1, 1)
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_is_checked_again(shop, monkeypatch, change):
    """An answer stands for no other bytes, not even those of the same size and time."""
    said(shop)
    CHANGES[change](shop, monkeypatch)
    said(shop)
    assert len(shop.made) == 2


def test_a_fault_is_never_covered_by_an_answer(shop):
    """What was valid is not said of what cannot be read now, and a refusal is not kept."""
    first, data = said(shop), shop.workspace / "transactions.csv"
    rows = data.read_text()
    rewrite(data, "2026-", "someX")
    for _ in range(2):
        with pytest.raises(CxError, match="transactions"):
            said(shop)
    data.unlink()
    with pytest.raises(CxError, match="no file matches"):
        said(shop)
    data.write_text(rows)
    assert said(shop) == first


HARMS = {
    "cut": lambda file: file.write_bytes(file.read_bytes()[:-9]),
    "another answer": lambda file: file.write_text(file.read_text().replace("are valid", "are fine ")),
    "no answer": lambda file: file.write_text('["valid"]'),
    "deep": lambda file: file.write_text("[" * 100_000),
    "no text": lambda file: file.write_bytes(b"\xff\xfe\x00"),
    "a folder": lambda file: (file.unlink(), file.mkdir()),
}


@pytest.mark.parametrize("harm", HARMS)
def test_a_harmed_answer_is_dropped_and_made_anew(shop, capfd, harm):
    """With a line that says so; what is printed is what the check finds."""
    first = said(shop)
    HARMS[harm](shop.root / ".cx" / "checks" / "demo.json")
    assert said(shop) == first
    assert len(shop.made) == 2
    assert "demo.json: what a check had said is not as it was written; everything is checked again." in (
        capfd.readouterr().err
    )


def test_what_changes_during_a_check_is_not_kept(shop, monkeypatch):
    """Its answer may be about either; so it is said once and not again."""
    original = console._answer

    def answer(*args):
        is_sure = original(*args)
        rewrite(shop.workspace / "transactions.csv", "4.50", "4.60")
        return is_sure

    monkeypatch.setattr(console, "_answer", answer)
    said(shop)
    assert not (shop.root / ".cx" / "checks").exists()


def test_nothing_is_kept_where_that_is_switched_off_or_cannot_be(shop, monkeypatch):
    """By the same switch as tables, and where a file stands in the folder's place."""
    monkeypatch.setenv(SWITCH, "0")
    assert VALID in said(shop)
    assert not (shop.root / ".cx" / "checks").exists()
    monkeypatch.delenv(SWITCH)
    (shop.root / ".cx").mkdir(exist_ok=True)
    (shop.root / ".cx" / "checks").write_text("")
    assert VALID in said(shop)
    assert VALID in said(shop)
    assert len(shop.made) == 3
