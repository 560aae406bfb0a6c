"""A company's numbers are the same whether its tables are files or in PostgreSQL, in every time zone."""

import datetime as dt
import json
import shutil
from decimal import Decimal

import duckdb
import hypothesis.strategies as st
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import Phase, given, settings

from cxlib.data import open_workspace
from cxlib.data.demo import simulate, write_company
from cxlib.journey import JourneyQuestion, study_journey
from cxlib.runs import Status, run_suite
from cxlib.scorecard import CardQuestion, make_scorecard

TOP = """\
currency: SAR
time_zone: {zone}
as_of: 2026-09-30
databases: {{shop: {{url_from: SHOP_DATABASE_URL}}}}
tables:
"""
QUERIES = {
    "customers": "SELECT * REPLACE (acquisition_cost::DECIMAL(12, 2) AS acquisition_cost) FROM {}",
    "transactions": """SELECT row_number() OVER () AS line, "Order No" AS id, "Customer" AS client,
        strptime("Placed at", '%d/%m/%Y %H:%M')::TIMESTAMPTZ AS placed,
        replace("Amount (SAR)", ',', '')::DECIMAL(12, 2) AS total,
        "Product" AS product, "Channel" AS channel FROM {}""",
    "surveys": 'SELECT * REPLACE ("at"::TIMESTAMPTZ AS "at") FROM {}',
}
MAPPED = {
    "transactions": {
        name: name for name in ("product", "channel")
    } | {"transaction_id": "id", "customer_id": "client", "at": "placed", "amount": "total"}
}  # fmt: skip
REPORTS = {"Asia/Riyadh": ["segmentation"], "Africa/Cairo": ["nps_drivers"]}


@pytest.fixture(scope="module")
def company(server, tmp_path_factory):
    """The columns of a simulated company's tables, which are in the server with their types, and in CSV files."""
    folder = tmp_path_factory.mktemp("company")
    write_company(folder / "raw", customers=800, seed=7)
    con = duckdb.connect()
    con.execute("SET TimeZone = 'Asia/Riyadh'")
    columns = {}
    for name, query in QUERIES.items():
        con.execute(f"CREATE TABLE {name} AS {query.format(repr(f'{folder}/raw/{name}.csv'))}")
        server.load(name, con.execute(f"FROM {name}").to_arrow_table())
        con.execute(f"COPY {name} TO '{folder}/{name}.csv'")
        columns[name] = MAPPED.get(name) or {
            title: f'"{title}"' for title, *_ in con.execute(f"DESCRIBE {name}").fetchall()
        }
    return folder, columns


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.parametrize("zone", REPORTS)
def test_reports_say_the_same_of_files_and_of_a_database(company, server, root, tmp_path, monkeypatch, zone):
    """Every metric is equal to the last digit, those of both languages' pages too."""
    folder, columns = company
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHOP_DATABASE_URL", server.url)
    (tmp_path / "notebooks").symlink_to(root / "notebooks")
    said = {}
    for kind in ("files", "database"):
        workspace = tmp_path / "params" / kind
        workspace.mkdir(parents=True)
        sources = {
            name: {"columns": own}
            | ({"path": str(folder / f"{name}.csv")} if kind == "files" else {"database": "shop", "table": name})
            for name, own in columns.items()
        }
        (workspace / "sources.yaml").write_text(TOP.format(zone=zone) + f"  {json.dumps(sources)}\n")
        (workspace / "suite.yaml").write_text(
            f"languages: [en]\nreports: {json.dumps({name: {} for name in REPORTS[zone]})}\n"
        )
        shutil.copy(root / "params" / "demo" / "nps_drivers.yaml", workspace)
        records = run_suite(kind).records
        assert [record.status for record in records] == [Status.OK] * len(REPORTS[zone]), [one.error for one in records]
        site = tmp_path / "reports" / kind
        for report in REPORTS[zone]:
            metrics = json.loads((site / report / "latest" / "metrics.json").read_text())
            said[kind, report] = {key: value for key, value in metrics.items() if key != "workspace"}
    for report in REPORTS[zone]:
        assert said["files", report] == said["database", report]
        assert said["files", report]["metrics"]


SERVED = ("customers", "transactions", "surveys", "tickets", "sessions", "messages")


@pytest.mark.slow
def test_scorecard_and_journey_are_those_of_files(server, tmp_path, monkeypatch):
    """Every measure, month, touchpoint and way is equal to the last digit where six tables are in PostgreSQL."""
    monkeypatch.setenv("SHOP_DATABASE_URL", server.url)
    tables, sources = simulate(800, seed=7).tables, {"files": "", "database": ""}
    for name in SERVED:
        rows = (
            tables[name].rename(columns=lambda title: title.removesuffix("_cents")).drop(columns="day", errors="ignore")
        )
        made = pa.Table.from_pandas(rows, preserve_index=False)
        pq.write_table(made, tmp_path / f"{name}.parquet")
        server.load(f"served_{name}", made)
        own = json.dumps({title: f'"{title}"' for title in rows})
        sources["files"] += f"  {name}: {{path: {tmp_path / name}.parquet, columns: {own}}}\n"
        sources["database"] += f"  {name}: {{database: shop, table: served_{name}, columns: {own}}}\n"
    said = {}
    for kind, listed in sources.items():
        (tmp_path / "sources.yaml").write_text(TOP.format(zone="Asia/Riyadh") + listed)
        shop = open_workspace(tmp_path)
        card = make_scorecard(shop, CardQuestion(office={"country": "SA"}))
        way = study_journey(shop, JourneyQuestion())
        said[kind] = (card.table, card.months, way.table, way.paths.table, str(card.headline), str(way.headline))
    for of_file, of_database in zip(*said.values(), strict=True):
        assert len(of_file)
        assert of_file.equals(of_database) if isinstance(of_file, pd.DataFrame) else of_file == of_database


DAYS = [(1968, 2, 29), (1969, 12, 31), (2024, 2, 29), (2025, 12, 31), (2026, 4, 23)]
ENDS = [dt.datetime(*day, hour, 59, 59, 999999, tzinfo=dt.UTC) for day in DAYS for hour in (20, 21, 22)]
INSTANTS = st.datetimes(dt.datetime(1850, 1, 1), dt.datetime(2027, 9, 30), timezones=st.just(dt.UTC))
AMOUNTS = [Decimal("90071992547409.93"), Decimal("-0.005"), Decimal("1E+17"), Decimal("0.615"), Decimal("-1.005")]
ROW = st.tuples(
    st.sampled_from([None, "a", "b", "12345678901234567890", "\u0663", "ä", "Ä ", "", "1.0"]),
    st.none() | st.sampled_from(ENDS) | INSTANTS,
    st.none() | st.sampled_from(AMOUNTS) | st.decimals(-(10**13), 10**13, places=4),
    st.none() | st.booleans(),
)
TABLE = pa.schema({"id": pa.int64(), "client": pa.string(), "placed": pa.timestamp("us", "UTC"),
                   "total": pa.decimal128(30, 4), "paid": pa.bool_()})  # fmt: skip
SOURCE = """\
  transactions:
    {}
    columns: {{transaction_id: id, customer_id: client, at: placed, amount: total, channel: paid}}
    where: paid is distinct from false
    rules: {{late: hour(placed) < 23}}
"""


@settings(max_examples=4, phases=[Phase.generate])  # an example opens four workspaces
@given(rows=st.lists(ROW, min_size=30, max_size=60))
def test_made_tables_are_read_as_files_are(server, rows, tmp_path_factory):
    """Nulls, ties, refunds, month ends, leap days, days before 1970, amounts above 2^53: alike."""
    folder = tmp_path_factory.mktemp("made")
    columns = list(zip(*((number, *row) for number, row in enumerate(rows, start=1)), strict=True))
    made = pa.table([pa.array(column, field.type) for column, field in zip(columns, TABLE, strict=True)], TABLE)
    pq.write_table(made, folder / "made.parquet")
    server.load("made", made)
    for zone in REPORTS:
        read = {}
        for kind, source in (("file", "path: made.parquet"), ("database", "database: shop\n    table: made")):
            (folder / "sources.yaml").write_text(TOP.format(zone=zone) + SOURCE.format(source))
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("SHOP_DATABASE_URL", server.url)
                read[kind] = open_workspace(folder)
                good = read[kind].frame("transactions").drop(columns="source")
            bad = read[kind].quarantine().drop(columns="source")
            bad["value"] = [value.rstrip("0").rstrip(".") if "." in value else value for value in bad["value"]]
            read[kind] = (
                *(frame.sort_values(["row"]).fillna("-").values.tolist() for frame in (good, bad)),
                good.dtypes.to_dict(),
            )
        for of_file, of_database in zip(*read.values(), strict=True):
            assert of_file == of_database
