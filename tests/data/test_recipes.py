"""Exports by name: each recipe is recognised, is readable, and reads a made sample to the last unit."""

import csv
import io
import json
import runpy
from pathlib import Path

import nbformat
import pandas as pd
import pyreadstat
import pytest
import yaml
from nbformat import v4
from rich.console import Console

from cxlib.data import open_workspace
from cxlib.data.reading.chats import TITLES, is_chat
from cxlib.data.recipes import Recipe, matching_recipe, read_recipe, recipe_names
from cxlib.data.sources import TableSource, parse_sources
from cxlib.data.tables import TABLES
from cxlib.errors import ConfigurationError
from cxlib.runs.console import check_workspace

SAMPLES = runpy.run_path(str(Path(__file__).with_name("made_exports.py")))["SAMPLES"]
RECIPES = [read_recipe(name) for name in recipe_names()]


@pytest.mark.parametrize("recipe", RECIPES, ids=recipe_names())
def test_a_recipe_can_be_copied_into_a_workspace(recipe: Recipe):
    """What it writes is a source as `sources.yaml` takes it, with its origin and the day that was read."""
    assert recipe.source.startswith("https://")
    assert len(recipe.read) == 10
    titles = titles_of(SAMPLES[recipe.name][1])
    ((table, settings),) = matching_recipe(titles).sources("x.csv").items()
    top = {"currency": "USD", "time_zone": "Asia/Riyadh"}
    copied, named = (
        parse_sources(yaml.safe_dump(top | {"tables": {table: source}}), name="sources.yaml").tables[table][0]
        for source in (settings, {"recipe": recipe.name, "path": "x.csv"})
    )
    assert named.fitted(table, titles) == copied.model_copy(update={"recipe": recipe.name})
    assert {column.name for column in TABLES[table].columns if column.required} <= set(copied.columns)


def test_the_docs_list_every_recipe(root):
    """The table of docs/data.md is made from the recipes; where it is another one, this says what it has to be."""
    lines = [
        f"| `{one.name}` | {one.what} | {', '.join(one.tables)} | {'yes' if one.confirmed else 'no'} | "
        f"{', '.join(one.unsure)} | [page]({one.source}), {one.read} |"
        for one in RECIPES
    ]
    docs = (root / "docs" / "data.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in docs if line.startswith("| `") and "[page](" in line] == lines, "\n".join(lines)


def titles_of(text):
    """The titles of a sample: its first line, the keys of its first object, or those that a chat is read with."""
    first = text.splitlines()[0]
    if is_chat(first):
        return [*TITLES]
    return list(json.loads(first)) if first.startswith("{") else next(csv.reader([first]))


def cells(column):
    """The values of a column, missing ones as None and days as text."""
    return [None if pd.isna(cell) else str(cell) if isinstance(cell, pd.Timestamp) else cell for cell in column]


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """A company in Riyadh with every export by its name, and what `cx check` says of it."""
    root = tmp_path_factory.mktemp("recipes")
    folder, tables = root / "params" / "company", {}
    folder.mkdir(parents=True)
    (root / "notebooks").mkdir()
    cell = v4.new_code_cell('workspace = "params/company"  # str: where', metadata={"tags": ["parameters"]})
    nbformat.write(v4.new_notebook(cells=[cell]), root / "notebooks" / "report.ipynb")
    (folder / "rates.csv").write_text("date,currency,rate\n2026-01-01,USD,3.75\n")
    for name, (file, text, expected) in SAMPLES.items():
        path = f"{name}-{file}"
        (folder / path).write_text(text, encoding="utf-8")
        (table,) = read_recipe(name).tables
        tables.setdefault(table, []).append({"recipe": name, "path": path} | expected.get("own", {}))
    top = {"currency": "SAR", "time_zone": "Asia/Riyadh", "as_of": "2026-11-28", "rates": "rates.csv", "tables": tables}
    (folder / "sources.yaml").write_text(yaml.safe_dump(top, allow_unicode=True), encoding="utf-8")
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        check_workspace(folder, Console(file=out, width=200))
        yield open_workspace(folder), out.getvalue()


@pytest.mark.parametrize("name", recipe_names())
def test_a_sample_comes_to_the_last_unit(name, company):
    """Each export is told by its titles and is good at once, with every amount, instant and id as it should be."""
    file, text, expected = SAMPLES[name]
    assert matching_recipe(titles_of(text)).name == name
    workspace, _ = company
    (table,) = read_recipe(name).tables
    counts = workspace.counts[workspace.counts["source"] == expected.get("called", f"{name}-{file}")].iloc[0]
    rows = workspace.frame(table).query("source == @counts.source").sort_values("row")
    asides = {key: int(counts[key]) for key in ("left_out", "quarantined")}
    values = {key: cells(rows[key]) for key in expected if key in rows}
    assert asides | values == {key: value for key, value in expected.items() if key not in ("own", "called")}
    assert counts["rows_in"] == sum(asides.values()) + len(rows)


def test_the_check_finds_all_good_rows(company):
    """`cx check` of all exports says how many rows are good and how many were left out, and ends well."""
    good: dict[str, int] = {}
    for name, (_, _, expected) in SAMPLES.items():
        (table,) = read_recipe(name).tables
        rows = len(next(value for value in expected.values() if isinstance(value, list)))
        good[table] = good.get(table, 0) + rows
    line = next(line for line in company[1].splitlines() if line.startswith("company can run: "))
    counts = {word[-1].rstrip("."): int(word[0]) for word in (part.split() for part in line.split(": ")[1].split(", "))
              if word[0].isdigit() and "of" in word}  # fmt: skip
    assert counts == {**good, "rates": 1}
    assert "Left out" in company[1]


def test_capitals_blanks_and_further_columns_are_no_fault():
    """A file of another year or language of capitals is still the export that it is."""
    names = [" name", "EMAIL", "Financial  Status", "Created at", "Currency", "Total", "Lineitem name", "Tax 9 Value"]
    recipe = matching_recipe(names)
    assert recipe is not None
    assert recipe.name == "shopify-orders"
    assert recipe.sources("x.csv")["transactions"]["columns"]["amount"] == "Total"
    assert matching_recipe(["customer", "date", "amount"]) is None


def test_titles_of_other_years_are_known():
    """Where a title was changed, the one counts that the file has."""
    names = ["id", "Created (UTC)", "Amount", "Currency", "Converted Amount", "Converted Currency", "Status"]
    columns = matching_recipe([*names, "Customer Email"]).sources("x.csv")["transactions"]["columns"]
    assert columns["at"] == "Created (UTC)"
    assert columns["customer_id"] == 'lower(trim("Customer Email"))'


def test_a_survey_is_read_from_whichever_file_it_was_saved_to(tmp_path):
    """Qualtrics writes three rows of header to CSV, two to Excel and none to SPSS: no respondent is lost to them."""
    text = SAMPLES["qualtrics-responses"][1]
    names, questions, _, *answers = csv.reader(io.StringIO(text))
    pd.DataFrame([questions, *answers], columns=names).to_excel(tmp_path / "a.xlsx", index=False)
    frame = pd.DataFrame(answers, columns=names).astype({"Status": int, "Q7": int})
    pyreadstat.write_sav(
        frame, tmp_path / "a.sav", variable_value_labels={"Status": {0: "IP Address", 1: "Survey Preview"}}
    )
    for file in ("a.xlsx", "a.sav"):
        top = {"currency": "SAR", "time_zone": "Asia/Riyadh", "as_of": "2026-11-28"}
        source = {"recipe": "qualtrics-responses", "path": file, "columns": {"comment": "Q8"}}
        (tmp_path / "sources.yaml").write_text(yaml.safe_dump(top | {"tables": {"surveys": source}}), encoding="utf-8")
        company = open_workspace(tmp_path)
        assert company.counts[["rows_in", "good", "left_out"]].values.tolist() == [[len(answers), 2, 1]]
        assert company.frame("surveys")["nps"].tolist() == [10, 0]
        assert company.frame("surveys")["comment"].tolist()[0] == "Quick"


def test_another_file_is_said_to_be_one(tmp_path):
    """A recipe beside the wrong file names both and the columns that it knows the right one by."""
    (tmp_path / "a.csv").write_text("customer,day\n1,2026-01-05\n")
    top = "{currency: SAR, time_zone: Asia/Riyadh, tables: {transactions: {recipe: shopify-orders, path: a.csv}}}"
    (tmp_path / "sources.yaml").write_text(top)
    with pytest.raises(ConfigurationError, match=r"a.csv: no file that 'shopify-orders' reads, it has none of Name, E"):
        open_workspace(tmp_path).frame("transactions")


def test_own_settings_win_over_those_of_a_recipe():
    """`recipe:` fills in what a source leaves out."""
    text = """{currency: EUR, time_zone: UTC, tables: {tickets: {recipe: zendesk-tickets, path: t.csv,
        columns: {topic: Group}, dates: ["%d/%m/%Y %H:%M"]}}}"""
    source = parse_sources(text, name="sources.yaml").tables["tickets"][0]
    assert isinstance(source, TableSource)
    assert (source.columns["topic"], source.columns["ticket_id"], source.dates) == ("Group", "Id", ("%d/%m/%Y %H:%M",))


@pytest.mark.parametrize(
    ("source", "remedy"),
    [
        ("recipe: zendesk", "there is no recipe 'zendesk'. Did you mean 'zendesk-tickets'"),
        ("recipe: shopify-orders", "the recipe 'shopify-orders' reads transactions, and not tickets"),
    ],
)
def test_a_wrong_recipe_is_refused_with_a_remedy(source, remedy):
    """A name that there is not, and one of another table."""
    text = f"{{currency: EUR, time_zone: UTC, tables: {{tickets: {{{source}, path: t.csv}}}}}}"
    with pytest.raises(ConfigurationError, match=r"sources\.yaml") as refusal:
        parse_sources(text, name="sources.yaml")
    assert remedy in str(refusal.value)
