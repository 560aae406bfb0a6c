"""What a parameter cannot be is said before anything runs, by every door in the same words."""

import datetime as dt
import shutil
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbformat import v4
from typer.testing import CliRunner

from cxlib.cli import app
from cxlib.errors import ConfigurationError, ParameterError
from cxlib.parameters import Parameter, check_notebook, check_parameters, read_schema
from cxlib.runs.planning.plan import parse_assignments, plan_suite
from cxlib.strict_yaml import parse_yaml

ROOT = Path(__file__).parents[2]
NUMBERS = {
    "churn": {
        "horizon_days": "-1 36526 1.5 soon", "gap_days": "-1 99999", "cut_offs": "-2 121", "rejoin_days": "-1 x",
        "margin": "35 -0.1 1.01 nan inf 30%", "contact_cost": "-5 -0.01 inf free", "offer_cost": "-5 1e400 4,50",
        "expected_response": "1.2 -1 30", "most_calls": "-1 2.5", "budget": "-1 -inf", "draws": "0 1 -3 2000000 many",
        "seed": "-1 4294967296 x", "use_measured": "1 yes maybe",
        "payments_per_year": "{annual:0} {annual:x} {anual:1} [1] 12",
        "kind": "subscriptions MEMBERSHIPS", "overlaps": "ignore",
        "reasons": "{price:unknown} {price:3} {prise:voluntary} price",
        "offer_day": "2026-02-30 05/06/2026 20260301 2026-W10-1 2026-3-1 2026-10-01 soon",
        "observation_end": "2026-13-01 30.09.2026 2026-10-01 1899-12-31 9999-12-31 2026-09-30T10:00",
        "observed_from": "2026-02-30 05/06/2026 2027-01-01", "attributes": "region {a:1} 3 [regoin] [region,row]",
        "actionable": "x [x]", "strata": "plan [paln]", "group_by": "regoin", "opted_out": "out", "treatment": "nope",
    },
    "clv": {
        "horizon_days": "0 -1 40000 x", "margin": "0 35 -1 1.5", "annual_discount_rate": "1 10 -0.1", "refunds": "all",
        "tested_days": "0 -1 1e9", "origins": "0 -1 500", "models": "[] [bg] bg_nbd [bg_nbd,x]", "engine": "mcmc",
        "new_customers_a_month": "-1 some", "renewal_days": "{annual:0} {annual:-3} {annual:year} {yearly:365} 365",
        "ends_on": "someday", "observed_from": "2026-02-30 01/02/2025 2030-01-01", "covariates": "region [regoin]",
        "group_by": "regoin", "cost_by": "chanel",
        "observation_end": "05/06/2026 2026-02-30 2026-12-31", "draws": "0 1 1e9", "seed": "-1",
    },
    "journey": {
        "observation_end": "05/06/2026 2026-02-30 2026-12-31", "period_days": "29 -1 1827 1.5",
        "window_days": "0 366 x",
        "change_days": "6 1827 x", "group_by": "plan",
        "touchpoints": "{order:{stage:during}} {visit:{stage:before,table:sessions}} {x:{stage:late,table:tickets}}",
        "csat_scale": "[5,1,2] [a,b] 5", "ces_scale": "[7,1,3] [1,7,0]",
    },
    "loyalty": {
        "observation_end": "05/06/2026 2026-02-30 2026-12-31", "periods_before": "1 9 x",
        "periods_after": "0 9 1.5",
        "points": "2 -0.1 x", "margin": "35 -1 x", "seed": "-1 x",
    },
    "nps_drivers": {
        "observation_end": "05/06/2026 2026-02-30 2026-12-31", "period_days": "0 -1 36526", "explained_days": "0 1.5",
        "not_applicable": "9 [nine]", "margins": "{age_band:3} {age_band:{young:-1}} {age_band:{y:x}} {age_band:[1]}",
        "groups": "region {a:1} [plan]", "driver_names": "[a] {on_time:[1]} {on_time:5} {on_time:{a:b}} {ontime:Time}",
        "csat_scale": "[5,1,2] [1,5,9] [1,5,2,3] [a,b] 5",
        "ces_scale": "[7,1,3] [1,7,0]", "outcome": "rating",
        "taxonomy": "nowhere.yaml " + "x" * 300, "draws": "0 1", "gain_draws": "0 1 x", "seed": "-1",
    },
    "playbook": {
        "actions": "[a] {call:5} {call:{keeps:0.2}} {call:{cost:5,keeps:2}} {call:{cost:5,keeps:0.2,capacity:0}}",
        "margin": "35 -0.1 x", "budget": "0 -5 x", "hold_out": "0 0.6 1", "trouble_days": "0 366 x",
        "rest_days": "-1 366", "seed": "-1", "opted_out": "customer_id",
    },
    "recommend": {
        "observation_end": "05/06/2026 2026-02-30 2026-12-31", "list_length": "0 21 x", "test_days": "0 181 1.5",
        "assortment_days": "0 -1", "active_days": "0 x", "leave_out": "{a:b}",
    },
    "scorecard": {
        "observation_end": "05/06/2026 2026-02-30 2026-12-31", "period_days": "0 -1 367 1.5",
        "targets": "{csta:{value:1,by:2026-12-31}} {csat:0.8} {csat:{value:0.8}} [csat]",
        "csat_scale": "[5,1,2] [a,b] 5", "ces_scale": "[7,1,3] [1,7,0]", "margins": "{age_band:3} {age_band:[1]}",
        "office": "[9] 9 {a:1} {hours:5} {hours:[9-5]} {country:5} {special_hours:[[2026-02-18]]} {time_zone:UTC}",
    },
    "voice": {
        "observation_end": "05/06/2026 2026-02-30 2026-12-31", "period_days": "2 -1 36526 1.5", "outcome": "rating",
        "csat_scale": "[5,1,2] [a,b] 5", "ces_scale": "[7,1,3] [1,7,0]", "rating_scale": "[5,1,2] 5",
        "taxonomy": "nowhere.yaml " + "x" * 300, "fixes": "[a] {payment:soon} {1:2026-02-01}",
    },
    "segmentation": {
        "observation_end": "05/06/2026 2026-02-30 2026-12-31", "retained_within_days": "0 -1 36526",
        "own_segments": "{b:{name:Here,recency:[3,5]}} {a:3} [a] {cut_points:{recency:[9,3]}} {cut_points:{recency:0}}",
        "compared_days": "0 x",
        "left_below": "10 -0.1 1.1", "most_groups": "1 21 0", "draws": "0 1", "seed": "-1",
    },
}  # fmt: skip
TEXTS = {"workspace"}
"""Parameters that are any text: where the data is."""
BAD = [(r, name, value) for r, known in NUMBERS.items() for name, text in known.items() for value in text.split()]


SCHEMAS = {
    report: read_schema(nbformat.read(ROOT / f"notebooks/{report}.ipynb", as_version=4), name=report)
    for report in NUMBERS
}
COLUMNS = {"customers": {"region"}, "memberships": {"plan"}, "surveys": {"touchpoint"}, "transactions": {"channel"}}
VALUES = {"plan": {"annual", "monthly"}, "end_reason": {"price"}, "rating": {"on_time"}}
DEMO = SimpleNamespace(last_day=dt.date(2026, 9, 30), columns=COLUMNS.get, values=lambda table, column: VALUES[column])


def spaced(value):
    """Flow YAML needs a space after a colon."""
    return value.replace(":", ": ") if value[0] in "{[" else value


def plain(value):
    """As somebody would write it in the cell."""
    try:
        return parse_yaml(spaced(value), source="cell")
    except ConfigurationError:
        return value


@pytest.fixture
def at_home(monkeypatch):
    """In the project's folder."""
    monkeypatch.chdir(ROOT)


@pytest.mark.usefixtures("at_home")
@pytest.mark.parametrize(("report", "name", "value"), BAD)
def test_what_cannot_be_meant_is_refused(report, name, value):
    """Type, range and day of each parameter: at most three lines with where it stands, name, value and remedy."""
    schema = SCHEMAS[report]
    said = []
    for one in (parse_assignments([f"{name}={spaced(value)}"], schema), {name: plain(value)}):
        with pytest.raises(ParameterError, match=f"^-p: parameter '{name}' is .*; expected ") as error:
            check_parameters(schema, one, source="-p", facts=DEMO)
        said.append(str(error.value).partition("; expected")[2])
        assert len(str(error.value).splitlines()) <= 3
    assert said[0].split(": ")[0] == said[1].split(": ")[0]


@pytest.mark.parametrize("report", NUMBERS)
def test_every_parameter_is_checked(report):
    """No parameter of the notebooks is left out above, and each accepts its own default."""
    assert set(SCHEMAS[report]) - TEXTS == set(NUMBERS[report])
    for name, parameter in SCHEMAS[report].items():
        if parameter.default not in (None, "") and name != "workspace":
            Parameter(**{**vars(parameter), "default": None}).accept(parameter.default)


PERCENT = "a number from 0 to 1: 35 percent are 0.35."
REFUSED = [
    ("churn", "expected_response=35", "parameter 'expected_response' is '35'; expected " + PERCENT),
    ("churn", "contact_cost=-5", "parameter 'contact_cost' is '-5'; expected a number from 0."),
    ("churn", "offer_day=2026-02-30", "parameter 'offer_day' is '2026-02-30'; expected a day such as 2026-09-30."),
    ("churn", "offer_day=", "parameter 'treatment' is 'campaign_group', which needs 'offer_day' too. Set it."),
    ("segmentation", "draws=0", "parameter 'draws' is '0'; expected a number from 2 to 100000."),
]


@pytest.mark.usefixtures("at_home")
@pytest.mark.parametrize(("report", "assignment", "words"), REFUSED)
def test_every_command_says_it_alike(report, assignment, words):
    """`cx run`, its dry run and `cx check`, before anything is read or run."""
    for command in (["run", "demo", report], ["run", "demo", report, "--dry-run"], ["check", "demo"]):
        ended = CliRunner().invoke(app, [*command, "-p", assignment])
        assert str(ended.exception) == f"-p: {words}"


def test_the_file_and_the_cell_are_named(tmp_path, monkeypatch):
    """A file is named by its path, a notebook opened by hand by its cell; the last day is that of the rows' month."""
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    folder = tmp_path / "params/shop"
    folder.mkdir(parents=True)
    (tmp_path / "sales.csv").write_text("customer_id,at,amount\na,2026-01-05,3\nb,2026-03-07,4\n")
    lines = "currency: EUR\ntime_zone: UTC\ntables: {transactions: {path: ../../sales.csv}}\n"
    (folder / "sources.yaml").write_text(lines)
    (folder / "suite.yaml").write_text("reports: {segmentation: }\n")
    (folder / "segmentation.yaml").write_text("observation_end: 2026-04-01\nleft_below: 10\n")
    with pytest.raises(ParameterError) as error:
        plan_suite(folder)
    said = str(error.value).splitlines()
    assert said[0].startswith("params/shop/segmentation.yaml: parameter 'observation_end' is '2026-04-01'")
    assert "a day up to 2026-03-31, the last that counts" in said[0]
    assert said[1].endswith("'left_below' is 10; expected a number from 0 to 1: 10 percent are 0.1.")
    monkeypatch.chdir(tmp_path / "notebooks")
    own = {"workspace": "params/shop", "observation_end": "2026-03-07", "draws": 2}
    check_notebook("segmentation", own)
    for name, value, words in [
        ("observation_end", "2026-04-01", "expected a day up to 2026-03-31"),
        ("observation_end", dt.date(2026, 3, 7), "expected '2026-03-07'"),
        ("draws", "200", "expected 200"),
        ("draws", 0, "expected a number from 2 to 100000"),
    ]:
        with pytest.raises(ParameterError, match=f"^the parameters cell of segmentation.ipynb: .*{words}") as error:
            check_notebook("segmentation", own | {name: value})
        assert error.value._render_traceback_() == [f"ParameterError: {error.value}"]


def test_a_column_that_there_is_not_is_refused_by_every_door(tmp_path, monkeypatch):
    """A misspelt name would leave a section out, or fail after minutes; a default that does not fit stays one."""
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    folder = tmp_path / "params/shop"
    folder.mkdir(parents=True)
    (tmp_path / "sales.csv").write_text("customer_id,at,amount\na,2026-01-05,3\nb,2026-03-07,4\n")
    (tmp_path / "people.csv").write_text("customer_id,town\na,Lyon\nb,Nice\n")
    lines = "currency: EUR\ntime_zone: UTC\ntables:\n  transactions: {path: ../../sales.csv}\n"
    (folder / "sources.yaml").write_text(lines)
    (folder / "suite.yaml").write_text("reports: {clv: }\n")
    alone = "expected columns of customers, and 'twon' is none. The workspace has no such table."
    said = "expected columns of customers, and 'twon' is none. Did you mean 'town'? Allowed: joined_on, town."
    monkeypatch.chdir(tmp_path / "notebooks")
    own = {"workspace": "params/shop"}
    for words in (alone, said):
        check_notebook("clv", own | {"group_by": "region"})  # the notebook's default
        for door in (
            lambda: plan_suite(folder, parameters=["covariates=[twon]"]),
            lambda: check_notebook("clv", own | {"covariates": ["twon"]}),
        ):
            with pytest.raises(ParameterError, match="'covariates' is ") as error:
                door()
            assert str(error.value).endswith(words)
        (folder / "sources.yaml").write_text(f"{lines}  customers: {{path: ../../people.csv}}\n")
    assert plan_suite(folder, parameters=["covariates=[town]"])[0].parameters["covariates"] == ["town"]


def test_a_notebook_of_ones_own_says_ranges_in_its_comments():
    """The words in brackets before a comment; any others are a comment."""
    cell = v4.new_code_cell(
        "share: float = 0.5  # (from 0 to 1) of all\nwhen: str = ''  # (day) of the fair\n"
        "how: str = 'a'  # (optional) word\n"
        "ways: list = []  # (some of by_car, by train)\ndepth: int = -3  # (above -10 to 0) in metres",
        metadata={"tags": ["parameters"]},
    )
    schema = read_schema(v4.new_notebook(cells=[cell]), name="own.ipynb")
    assert [parameter.help for parameter in schema.values()] == [
        "of all",
        "of the fair",
        "(optional) word",
        "",
        "in metres",
    ]
    good = {"share": 1, "when": "2199-01-01", "how": "x", "ways": ["by train"], "depth": 0}
    assert check_parameters(schema, good, source="-p") == good
    for bad in ({"share": 1.01}, {"when": "01/02/2026"}, {"ways": ["by air"]}, {"depth": -10}, {"depth": 1}):
        with pytest.raises(ParameterError, match="expected"):
            check_parameters(schema, bad, source="-p")
