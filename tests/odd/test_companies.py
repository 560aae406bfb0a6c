"""Small, odd companies: every report ends in a page that makes sense, or says truly why there is none."""

import ast
import html
import json
import re
import shutil
import warnings
from functools import lru_cache

import pytest
import yaml
from markupsafe import Markup
from matplotlib import pyplot as plt

from cxlib import data
from cxlib.errors import CxError
from cxlib.report import canvas, component
from cxlib.report.svg import Drawing
from cxlib.runs.execution.run import run_suite
from tests.odd.conftest import draw_company
from tests.odd.contacts import add_contacts

REPORTS = {
    "segmentation": {"draws": 20},
    "clv": {"draws": 8, "origins": 1},
    "churn": {"draws": 10},
    "nps_drivers": {"draws": 10, "gain_draws": 4},
}
ALL = {**REPORTS, "scorecard": {}}
LATER = {"scorecard": {}, "journey": {}, "voice": {}, "recommend": {}, "loyalty": {}, "playbook": {}}
QUICK = {
    1: ("two_days_of_orders", "one_member", "weights_of_zero"),
    2: ("only_refunds", "no_memberships", "rating_is_the_score"),
    3: ("memberships_of_no_days", "answers_without_days", "some_returned_more"),
    4: ("rejoined", "only_memberships", "perfect_ratings"),
    5: ("one_order", "no_surveys", "ids_of_one_letter"),
    6: ("returns_above_sales", "all_left_on_one_day", "ratings_say_the_same"),
}
NONSENSE = re.compile(r"\b(nan|NaN|inf|Inf|NaT|<NA>)\b|∞|\bNone\b(?! of| to|:)|\{\w+\}|– to –|– of 0\b|interval from –")
SPOILT = re.compile(r'\s(?:points|d|x|y|x1|x2|y1|y2|cx|cy|r|width|height)="[^"]*\b(?:nan|inf)\b')
EMPTY = re.compile(r"<tbody></tbody>")
SAID = re.compile("not shown|nothing to show yet")


@pytest.fixture(scope="module")
def cells(root):
    """The code cells of each report: tags, statements, and the expression that ends the cell."""

    def read(report):
        content = json.loads((root / "notebooks" / f"{report}.ipynb").read_text(encoding="utf-8"))
        sources = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
        return [_compiled("".join(cell["source"]), cell["metadata"].get("tags", ())) for cell in sources]

    return {report: read(report) for report in {**ALL, **LATER}}


def _compiled(source, tags):
    tree = ast.parse(source)
    last = ast.Expression(tree.body.pop().value) if isinstance(tree.body[-1], ast.Expr) else None
    return tags, compile(tree, "cell", "exec"), last and compile(last, "cell", "eval")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty project in which every table is read once for all reports, and pages are in English alone."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CXLIB_RUN_DIR", str(tmp_path / "run"))
    monkeypatch.setattr(component, "available_languages", lambda: ("en",))
    monkeypatch.setattr(data, "open_workspace", lru_cache(data.open_workspace))
    (tmp_path / "notebooks").mkdir()
    return tmp_path


@pytest.fixture
def undrawn(monkeypatch):
    """Charts are plotted and neither laid out nor written, which is most of their time."""
    monkeypatch.setattr(canvas, "settle", lambda _: None)
    monkeypatch.setattr(canvas, "draw_svg", lambda _, **__: Drawing(Markup("<svg></svg>"), ()))


def write(company, project):
    """The company as a workspace of a project."""
    folder = project / "params" / "shop"
    folder.mkdir(parents=True)
    for name, table in company.tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    tables = {name: {"path": f"{name}.csv"} for name in company.tables}
    sources = {"currency": "EUR", "time_zone": "UTC", "as_of": company.as_of, "tables": tables}
    (folder / "sources.yaml").write_text(yaml.safe_dump(sources))
    return folder


def made(cells, company, parameters, workspace):
    """What the cells of a report display for a company, and the names they leave."""
    names, shown = {"__name__": "__main__"}, []
    for tags, body, last in cells:
        exec(body, names)
        if "parameters" in tags:
            names.update(parameters, workspace=str(workspace))
        if last is not None:
            value = eval(last, names)
            shown += [] if "go-on" in tags else [value.payload()]  # what a reader goes on with is on no page
        plt.close("all")  # as a notebook does after each cell
    return shown, names


def faults(shown, names):
    """What no page may show: numbers that are none, intervals upside down, shares outside 0 to 1, lost customers."""
    for payload in shown:
        page = payload["html"]["en"]
        words = html.unescape(re.sub("<[^>]+>", " ", re.sub("<style.*?</style>", " ", page, flags=re.DOTALL)))
        if found := NONSENSE.search(words):
            yield words[max(found.start() - 80, 0) : found.end() + 40]
        if SPOILT.search(page):
            yield "a drawing without numbers"
        if EMPTY.search(page) and not SAID.search(page):
            yield "an empty table"
        yield from filter(None, map(_fault_of_metric, payload.get("metrics", ())))
    yield from _lost(names)


def _fault_of_metric(metric):
    value, low, high = (metric.get(name) for name in ("value", "low", "high"))
    known = [number for number in (low, value, high) if number is not None]
    share = metric["unit"] == "percent" and not all(0 <= number <= 1 for number in known)
    return f"metric {metric['name']}: {low}, {value}, {high}" if share or known != sorted(known) else None


def _lost(names):
    """Customers who are counted twice or not at all."""
    study = names.get("study")
    if hasattr(study, "export"):
        customers = study.data.customers if hasattr(study, "segments") else study.customers
        if len(study.export) != len(customers):
            yield "customers lost on the way to the export"
    if hasattr(study, "segments") and study.segments.table["customers"].sum() != len(study.data.customers):
        yield "segments that do not add up"
    if getattr(study, "risk", None) is not None and study.risk.scored["customer_id"].duplicated().any():
        yield "customers with two risks"


def is_true(error, company, workspace):
    """Whether there really is nothing that the report could be about."""
    shop, said = data.open_workspace(workspace), error
    orders = shop.frame("transactions") if shop.has("transactions") else None
    if "there is nothing to measure" in said:
        return all(shop.frame(name).empty for name in company.tables if name != "benchmarks")
    if "no row has a day" in said or "there is nothing to go on to" in said:
        return orders is None or orders.empty
    if "of which a product is known" in said or "no column says which product" in said:
        named = orders.filter(["product_id", "product"]).notna().any(axis=1)
        return not (named & (orders["amount_cents"] > 0)).any() or "all were brought back" in said
    if "of the stage 'during'" in said:
        return not (orders.groupby(["customer_id", "day"])["amount_cents"].sum() > 0).any()
    if "has no table" in said or "has neither memberships of which any has ended nor transactions" in said:
        return orders is None or not shop.has("surveys")
    if "There is no table 'transactions'" in said or "transactions: the table has no rows" in said:
        return orders is None or orders.empty
    if "no rows" not in said and "all amounts are refunds" not in said and "no transaction up to" not in said:
        return False
    end = company.parameters.get("clv", {}).get("observation_end", company.as_of)
    orders = orders[orders["day"] <= end]
    days = orders.groupby(["customer_id", "day"])["amount_cents"].agg(["sum", "min"])
    return not ((days["sum"] > 0) | (days["min"] >= 0)).any()


def outcomes(seed, cells, project, oddities=(), reports=REPORTS):
    """Every fault of a company's reports, each with the seed that makes it again."""
    company = draw_company(seed, oddities)
    if "scorecard" in reports:
        add_contacts(company, seed)
    workspace = write(company, project)
    for report, fewer in reports.items():
        where = f"seed {seed}, {report}, {company.oddities}, {len(company.customers)} customers"
        try:
            parameters = {**fewer, **company.parameters.get(report, {})}
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                warnings.simplefilter("error", RuntimeWarning)
                shown, names = made(cells[report], company, parameters, workspace)
        except CxError as error:
            if not is_true(str(error), company, workspace):
                yield f"{where}: {error}"
        except Exception as error:
            yield f"{where}: {error!r}"
        else:
            yield from (f"{where}: {fault}" for fault in faults(shown, names))


@pytest.mark.parametrize(("seed", "oddities"), QUICK.items())
def test_an_odd_company_has_pages_or_a_true_reason(seed, oddities, cells, project, undrawn):
    """Five reports of each of a few companies, in one process."""
    assert list(outcomes(seed, cells, project, oddities, ALL)) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", [seed for seed in range(20) if seed % 5])
def test_odd_companies_have_pages_or_a_true_reason(seed, cells, project, undrawn):
    """Four reports of each of 16 companies, in one process; some ten seconds of computing each."""
    assert list(outcomes(seed, cells, project)) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(0, 20, 5))
def test_charts_of_odd_companies_are_drawn(seed, cells, project):
    """Four companies more, with every chart drawn, wide and narrow."""
    assert list(outcomes(seed, cells, project)) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", [500, 501, 505, 508, 509, 1023])
def test_odd_companies_have_the_other_pages_or_a_true_reason(seed, cells, project, undrawn):
    """Of six companies that have visits, messages, tickets, texts, products, a programme and targets as well."""
    assert list(outcomes(seed, cells, project, reports=LATER)) == []


@pytest.mark.slow
@pytest.mark.engine
@pytest.mark.parametrize("seed", [37])
def test_odd_companies_are_published(seed, root, tmp_path, monkeypatch):
    """As an operator runs them: pages in both languages, and a failure only where there is nothing to speak of."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(root / "notebooks", tmp_path / "notebooks", ignore=shutil.ignore_patterns(".*"))
    company = draw_company(seed)
    workspace = write(company, tmp_path)
    for report in REPORTS:
        settings = {**REPORTS[report], **company.parameters.get(report, {})}
        (workspace / f"{report}.yaml").write_text(yaml.safe_dump(settings))
    for record in run_suite("shop").records:
        assert record.status.good or is_true(record.error.message, company, workspace), record.error
