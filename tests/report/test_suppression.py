"""What is withheld does not follow from what is shown: attackers who know all tables, totals and files solve for it."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from cxlib.language import T, speaker
from cxlib.report import export, table, together
from cxlib.report.suppression import SUPPRESS_BELOW, hidden_cells, large_groups
from cxlib.report.table import Column, TableSpec


def bounds_of(hidden, sums, totals, *, more=(), limits=()):
    """The least and the most that each hidden cell can be, by linear programming, given sums and inequalities."""
    unknown = np.flatnonzero(hidden)
    matrix = np.array([np.isin(unknown, line) for line in sums], dtype=float)
    upper = np.array([np.isin(unknown, line) * sign for line, sign in more], dtype=float) if len(more) else None
    ends = []
    for number in range(len(unknown)):
        goal = np.eye(len(unknown))[number]
        solve = [
            linprog(way * goal, A_eq=matrix, b_eq=totals, A_ub=upper, b_ub=limits or None, bounds=(0, None))
            for way in (1, -1)
        ]
        assert all(solution.success for solution in solve)
        ends.append((solve[0].fun, -solve[1].fun))
    return dict(zip(unknown.tolist(), ends, strict=True))


def sizes(rng, shape):
    """Sizes of groups as companies have them: a few large ones, some small, some of nobody."""
    return rng.negative_binomial(0.7, 0.006, shape)


def assert_open(counts, hidden, sums):
    """No small group that is withheld beside others is fixed; those withheld in a sum hold the minimum together."""
    flat, held = counts.ravel(), hidden.ravel()
    assert held[flat < SUPPRESS_BELOW].all()
    totals = [flat[line][held[line]].sum() for line in sums]
    for cell, (low, high) in bounds_of(held, sums, totals).items():
        lines = [line for line in sums if cell in line]
        if 0 < flat[cell] < SUPPRESS_BELOW and not all(held[line].all() for line in lines):
            assert high - low > 1, (cell, flat[cell], low, high)
            assert all(flat[line][held[line]].sum() >= SUPPRESS_BELOW or held[line].all() for line in lines)


@pytest.mark.parametrize("seed", range(40))
def test_groups_of_a_known_total_stay_open(seed):
    """Forty tables of two to twelve groups: totals less shown groups fix no small one."""
    rng = np.random.default_rng(seed)
    counts = sizes(rng, int(rng.integers(2, 13)))
    assert_open(counts, hidden_cells(counts), [np.arange(len(counts))])


@pytest.mark.parametrize("seed", range(15))
def test_tables_with_known_margins_stay_open(seed):
    """Fifteen tables of which all rows and columns are known: neither they nor all together fix a small cell."""
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(3, 7, 2))
    counts = sizes(rng, shape)
    cells = np.arange(counts.size).reshape(shape)
    assert_open(counts, hidden_cells(counts), [*cells, *cells.T])


def test_what_needs_no_other_has_none():
    """Groups of nobody are left out alone, and two that hold enough together need no third."""
    assert hidden_cells([100, 0, 50]).tolist() == [False, True, False]
    assert hidden_cells([100, 29, 28, 50]).tolist() == [False, True, True, False]
    assert hidden_cells([100, 40]).tolist() == [False, False]


def groups_page(frame):
    """A page with two tables of the same groups and a file beside them, as an attacker reads them."""
    columns = {"name": Column(T("Group")), "n": Column(T("Answers")), "score": Column(T("Score"))}
    first = table(frame, title=T("Scores"), columns=columns, n="n")
    other = table(frame.sort_values("score"), title=T("In order"), columns=columns, n="n")
    file = export(frame, "groups", n="n", group="name")
    together(first, other, file).payload()
    return first.spec.visible, other.spec.visible


@pytest.mark.parametrize("seed", range(10))
def test_no_group_follows_from_a_page_and_its_files(seed, run_folder):
    """Ten pages: two tables in different order and the export withhold the same groups."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"name": list("abcdefgh"), "n": sizes(rng, 8), "score": rng.normal(size=8)})
    frame.loc[0, "n"] = frame.loc[1, "n"] = 31  # two that are alike: each table must take the same one
    first, other = groups_page(frame)
    file = pd.read_csv(run_folder / "exports" / "groups.csv")
    parquet = pd.read_parquet(run_folder / "exports" / "groups.parquet")
    shown = set(first["name"])
    assert shown == set(other["name"]) == set(file["name"]) == set(parquet["name"])
    withheld = frame[~frame["name"].isin(shown)]
    assert_open(frame["n"].to_numpy(), ~frame["name"].isin(shown).to_numpy(), [np.arange(8)])
    if (withheld["n"].between(1, SUPPRESS_BELOW - 1)).any():
        assert withheld["n"].gt(0).sum() > 1


@pytest.mark.parametrize("seed", range(10))
def test_no_group_follows_from_two_runs(seed, tmp_path, monkeypatch):
    """Ten shops that grow by a few: last month's page and this month's fix no group that either withholds."""
    rng = np.random.default_rng(seed)
    before = pd.DataFrame({"name": list("abcdefg"), "n": sizes(rng, 7) + 1, "score": 0.0})
    before.loc[:2, "n"] = 3, 45, 46
    grown = rng.integers(0, 3, 7)
    grown[1] = 4  # now another would be the smallest to withhold
    pages = []
    for number, frame in enumerate([before, before.assign(n=before["n"] + grown)]):
        run = tmp_path / "runs" / str(number)
        run.mkdir(parents=True)
        monkeypatch.setenv("CXLIB_RUN_DIR", str(run))
        shown = set(groups_page(frame)[0]["name"])
        pages.append((frame["n"].to_numpy(), ~frame["name"].isin(shown).to_numpy()))
        latest = tmp_path / "latest"
        latest.unlink(missing_ok=True)
        latest.symlink_to(run)
    (then, first), (now, second) = pages
    assert first.any()
    assert second.any()
    both, held = np.concatenate([then, now]), np.concatenate([first, second])
    sums = [np.arange(7), np.arange(7, 14)]
    more, limits = [], []
    for i in range(7):  # nobody leaves: a group is no smaller than it was
        then_known, now_known = 0.0 if first[i] else then[i], 0.0 if second[i] else now[i]
        if first[i] or second[i]:
            more.append(([i], 1.0)) if not second[i] else None
            if not second[i]:
                limits.append(now_known)
            elif not first[i]:
                more.append(([i + 7], -1.0))
                limits.append(-then_known)
    totals = [both[line][held[line]].sum() for line in sums]
    for cell, (low, high) in bounds_of(held, sums, totals, more=more, limits=limits).items():
        if 0 < both[cell] < SUPPRESS_BELOW:
            assert high - low >= 1, (cell, both[cell], low, high)


def test_what_was_withheld_last_time_is_withheld_again(tmp_path, monkeypatch):
    """Of two groups of nearly one size the same one stays out, though the other has become the smaller."""
    shown = []
    for number, sizes_now in enumerate([[3, 45, 46, 300], [5, 49, 46, 300]]):
        run = tmp_path / "runs" / str(number)
        run.mkdir(parents=True)
        monkeypatch.setenv("CXLIB_RUN_DIR", str(run))
        frame = pd.DataFrame({"name": list("abcd"), "n": sizes_now})
        shown.append(large_groups(frame, "n", label="name")["name"].tolist())
        if not number:
            (tmp_path / "latest").symlink_to(run)
    assert shown == [["c", "d"], ["c", "d"]]


def test_what_is_withheld_is_remembered_without_its_name(run_folder):
    """No file beside the page names a group that the page hides, nor does a digest tell one telephone number."""
    names = ["desk +49 170 1234567", "branch", "other", "web"]
    shown = large_groups(pd.DataFrame({"name": names, "n": [3, 45, 46, 300]}), "n", label="name")["name"]
    content = (run_folder / "exports" / "withheld.json").read_text(encoding="utf-8")
    assert [len(digest) for digest in json.loads(content)] == [6] * (4 - len(shown))
    assert [name for name in [*names, "1234567"] if name in content] == []


def test_divisions_are_withheld_apart():
    """Each division of the same customers has its own total; steps of a curve have none."""
    frame = pd.DataFrame({"by": ["r"] * 3 + ["a"] * 2, "name": list("xyzuv"), "n": [200, 3, 60, 150, 113]})
    assert large_groups(frame, "n", label="name", within="by")["name"].tolist() == ["x", "u", "v"]
    curve = pd.DataFrame({"name": ["all"] * 4, "n": [100, 60, 29, 10]})
    assert large_groups(curve, "n", label="name")["n"].tolist() == [100, 60]


def test_files_that_name_customers_say_so(run_folder):
    """A file with customers is marked as one for inside use; any other holds no contact and is marked shareable."""
    inside = export(pd.DataFrame({"customer_id": ["a"], "note": ["call 0501234567"]}), "people")
    other = export(pd.DataFrame({"group": ["call 0501234567"], "n": [40]}), "counts", label=T("Counts"))
    assert (inside.extras()["shareable"], other.extras()["shareable"]) == ([], other.extras()["files"])
    assert "names customers: not to be passed on" in inside.render(speaker("en")).html
    assert "0501234567" not in (run_folder / "exports" / "counts.csv").read_text(encoding="utf-8-sig")
    assert "0501234567" in (run_folder / "exports" / "people.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("column", ["Customer", "client_id", "member", "Mobile", "full name", "e-mail", "user_id"])
def test_whatever_its_column_is_called_a_file_of_persons_is_not_shareable(run_folder, column):
    """Names of columns tell, whether they hold ids or numbers that are stored as numbers; names of groups do not."""
    assert export(pd.DataFrame({column: [966501234567], "n": [40]}), "people").extras()["shareable"] == []
    shared = export(pd.DataFrame({"name": ["Champions"], "customers": [40]}), "groups")
    assert shared.extras()["shareable"]


def test_a_workbook_that_may_be_passed_on_shows_no_contact(run_folder):
    """What is masked in the CSV is masked in the Excel files beside it."""
    export(pd.DataFrame({"group": ["call 0501234567", "sara@example.com"], "n": [40, 50]}), "counts")
    for path in (run_folder / "exports").glob("counts.*.xlsx"):
        cells = pd.read_excel(path).astype(str).to_numpy().ravel().tolist()
        assert not [cell for cell in cells if "0501234567" in cell or "example" in cell]
        assert [cell for cell in cells if "•••" in cell]


def test_a_spec_may_be_told_what_to_withhold():
    """A page that decides for a whole grid hands its decision to the numbers."""
    spec = TableSpec(pd.DataFrame({"a": [1, 2, 3], "n": [50, 60, 70]}), n="n", hidden=[False, True, False])
    assert (spec.visible["a"].tolist(), spec.withheld) == ([1, 3], 1)
