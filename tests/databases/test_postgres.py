"""Rows of a real PostgreSQL: read as those of files are, from one moment, and nothing that is not mapped."""

import threading
import time
from dataclasses import replace

import pytest

from cxlib.errors import ConfigurationError, DataError

ORDERS = """\
transactions:
  database: shop
  table: {table}
  columns: {{transaction_id: id, customer_id: client, at: placed, amount: total}}
"""
COLUMNS = "id bigint PRIMARY KEY, client text, placed timestamptz, total numeric"


def test_only_what_is_mapped_leaves_the_server(shop, server, table):
    """The user need not have a right to any other column, nor to other tables; expressions, rules and where count."""
    table("orders", f"{COLUMNS}, secret text, state text", "(1, 'a', '2026-01-05 10:00+03', 12.5, 'x', 'paid')")
    server.run("DROP ROLE IF EXISTS reader;\nCREATE ROLE reader LOGIN PASSWORD 'r:/@1'")
    server.run("GRANT SELECT (id, client, placed, total, state) ON orders TO reader")
    with pytest.MonkeyPatch.context() as patch:
        opened = shop(ORDERS.format(table="public.orders") + "  where: state = 'paid'\n  rules: {some: total > 1}\n")
        patch.setenv("SHOP_DATABASE_URL", replace(server, user="reader", password="r:/@1").url)
        assert opened.frame("transactions")[["customer_id", "amount_cents"]].values.tolist() == [["a", 1250]]
        assert opened.counts.source.tolist() == ["shop/public.orders"]
        with pytest.raises(
            DataError, match=r"orders: it cannot be read \(permission denied.*grant select on orders to"
        ):
            shop(ORDERS.format(table="orders").replace("id: id", "id: secret")).table("transactions")


TYPES = [
    ("numeric", "12345678901234567890.125", "12345678901234567890.125"),
    ("numeric(30,2)", "'NaN'", "NaN"),
    ("numeric", "'Infinity'", "Infinity"),
    ("bigint", "9223372036854775807", "9223372036854775807"),
    ("real", "0.1", "0.1"),
    ("double precision", "1e300", "1e+300"),
    ("boolean", "true", "true"),
    ("uuid", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    ("jsonb", """'{"b": 1, "a": [1.50]}'""", '{"a": [1.50], "b": 1}'),
    ("char(5)", "'ab'", "ab"),
    ("varchar(9)", "'الرياض'", "الرياض"),
    ("money", "12.5", "12.50"),
    ("date", "'2024-02-29'", "2024-02-29"),
    ("time", "'10:30'", "10:30:00"),
    ("interval", "'1 day'", "P1D"),
    ("int[]", "'{1,2}'", "{1,2}"),
    ("bytea", "'\\x00ff'", "\\x00ff"),
    ("inet", "'10.0.0.1'", "10.0.0.1/32"),
    ("text", "E'a\\nb'", "a\nb"),
]


@pytest.mark.parametrize(("type_", "written", "read"), TYPES, ids=[f"{one[0]} {one[1]}" for one in TYPES])
def test_every_type_is_read_whole(shop, table, type_, written, read):
    """As an id, which is the text of the value: no digit is lost, and nothing is padded."""
    table("things", f"thing {type_}", f"({written})", "(NULL)")
    read_in = shop("customers: {database: shop, table: things, columns: {customer_id: cast(thing as varchar)}}")
    assert read_in.frame("customers").customer_id.tolist() == [read]
    assert read_in.quarantine()["column"].tolist() == ["thing"]


def test_clocks_with_and_without_a_zone(shop, table):
    """A timestamptz is an instant, shown on the workspace's clock; a timestamp is a local time, a date a day."""
    table("orders", "a timestamptz, b timestamp, c date", "('2026-01-31 22:30+00', '2026-01-31 22:30', '2026-01-31')")
    for column, zone, expected in [
        ("a", "Asia/Riyadh", "2026-02-01 01:30"),
        ("a", "Africa/Cairo", "2026-02-01 00:30"),
        ("b", "Asia/Riyadh", "2026-01-31 22:30"),
        ("c", "Africa/Cairo", "2026-01-31 00:00"),
        ("date_trunc('month', a)", "Africa/Cairo", "2026-02-01 00:00"),
    ]:
        text = f"transactions: {{database: shop, table: orders, columns: {{customer_id: '''x''', at: \"{column}\"}}}}"
        assert str(shop(text, zone).frame("transactions")["at"][0])[:16] == expected, (column, zone)


def test_times_without_an_end_are_set_aside_by_their_key(shop, table):
    """So are years that no calendar of business has; the row's number is its key."""
    rows = {
        100: ("'infinity'", "infinity", "the date lies in the future"),
        7: ("'-infinity'", "-infinity", "the date lies before 1900"),
        -3: ("'0044-03-15 BC'", "0044-03-15 (BC) 00:00:00+00", "the date lies before 1900"),
        21: ("'294270-01-01'", "infinity", "the date lies in the future"),
        22: ("'20000-01-01'", "20000-01-01 00:00:00+00", "the date lies in the future"),
        5: ("'2026-05-05'", None, None),
    }
    table("orders", COLUMNS, *(f"({key}, 'a', {at}, 1)" for key, (at, *_) in rows.items()))
    read_in = shop(ORDERS.format(table="orders"), zone="UTC")
    found = {row: (value, rule) for row, value, rule in read_in.quarantine()[["row", "value", "rule"]].values.tolist()}
    assert found == {key: tuple(said) for key, (_, *said) in rows.items() if said[0]}
    assert read_in.frame("transactions")["row"].tolist() == [5]


def test_amounts_are_exact_and_faults_named(shop, table):
    """As text of a file would be: above 2^53 too, rounded half away from zero; NaN sets its row aside."""
    amounts = {1: "90071992547409.93", 2: "-0.125", 3: "'NaN'", 4: "2.675", 5: "1e30", 6: "NULL"}
    table("orders", COLUMNS, *(f"({key}, 'a', '2026-05-05', {amount})" for key, amount in amounts.items()))
    for decimal in (".", ","):
        read_in = shop(ORDERS.format(table="orders") + f"  decimal: '{decimal}'\n  thousands: ''\n")
        assert read_in.frame("transactions").amount_cents.tolist() == [9007199254740993, -13, 268]
        faults = read_in.quarantine()[["row", "column", "value"]].values.tolist()
        assert [fault[:2] for fault in faults] == [[3, "total"], [5, "total"], [6, "total"]]
        assert faults[0][2] == "NaN"


def test_a_table_without_a_key_has_one_order(shop, server, table):
    """Rows that moved on the server's disk give the same file; another row gives another."""
    columns = "{database: shop, table: orders, columns: {customer_id: client, at: placed, amount: total}}"
    values = [f"('{'ba'[n % 2]}', '2026-05-0{n}', {n})" for n in range(1, 7)]
    digests = []
    for rows in (values, values[::-1], values[:-1]):
        table("orders", "client text, placed timestamptz, total numeric", *rows)
        digests += shop(f"transactions: {columns}").fingerprints.values()
    assert digests[0] == digests[1] != digests[2]


def test_a_query_may_join_and_leave_out(shop, table):
    """What a table does not hold as a row of its own; its rows are numbered in their own order."""
    table("orders", COLUMNS, "(1, 'a', '2026-05-05', 10)", "(2, 'b', '2026-05-05', 20)", "(3, 'c', '2026-05-05', 30)")
    text = ORDERS.format(table="x").replace("table: x", "query: select o.*, 1 as one from orders o where id > 1")
    read_in = shop(text)
    assert read_in.frame("transactions")[["customer_id", "row"]].values.tolist() == [["b", 1], ["c", 2]]
    assert read_in.counts.source.tolist() == ["shop/query 1"]
    for query, said in [
        ("select 1; drop table orders", r"query: it cannot be read \(syntax error.*without a semicolon"),
        ("select nothing from orders", r"query: it cannot be read \(column .nothing. does not exist\).*no such column"),
        ("select * from nowhere", r"query: it cannot be read .*no such table"),
    ]:
        with pytest.raises(DataError, match=said):
            shop(ORDERS.format(table="x").replace("table: x", f"query: {query}")).table("transactions")


def test_nothing_can_be_written(shop, server, table):
    """The transaction is for reading only, whatever a query calls."""
    table("orders", COLUMNS, "(1, 'a', '2026-05-05', 10)")
    server.run("CREATE OR REPLACE FUNCTION spoil() RETURNS int LANGUAGE sql AS 'DELETE FROM orders RETURNING 1'")
    with pytest.raises(DataError, match="read-only transaction"):
        shop(
            ORDERS.format(table="x")
            .replace("table: x", "query: select *, spoil() as lost from orders")
            .replace(": total", ": lost")
        ).table("transactions")
    server.run("DROP FUNCTION spoil()")


def test_all_tables_are_of_one_moment(shop, server, table, monkeypatch):
    """What is written between the reading of two tables is in neither of them."""
    from cxlib.data import databases

    table("orders", COLUMNS, "(1, 'a', '2026-05-05', 10)")
    table("clients", "id bigint PRIMARY KEY, client text", "(1, 'a')")
    read = databases._Server._read_table

    def and_then_write(*arguments):
        rows = read(*arguments)
        server.run("INSERT INTO orders VALUES (2, 'b', '2026-05-05', 20);\nINSERT INTO clients VALUES (2, 'b')")
        monkeypatch.setattr(databases._Server, "_read_table", read)
        return rows

    monkeypatch.setattr(databases._Server, "_read_table", and_then_write)
    both = (
        ORDERS.format(table="orders") + "customers: {database: shop, table: clients, columns: {customer_id: client}}\n"
    )
    read_in = shop(both)
    assert read_in.counts.rows_in.tolist() == [1, 1]
    assert shop(both).counts.rows_in.tolist() == [2, 2]


def test_currencies_that_are_not_mapped_stop(shop, table):
    """A column that tells the currency is looked at as in a file, though no mapping names it."""
    table(
        "orders", f"{COLUMNS}, currency text", "(1, 'a', '2026-05-05', 10, 'SAR')", "(2, 'a', '2026-05-05', 10, 'USD')"
    )
    with pytest.raises(DataError, match=r"column 'currency' says that amounts are in SAR \(1 row\), USD \(1 row\)"):
        shop(ORDERS.format(table="orders")).table("transactions")


def test_a_table_or_column_that_is_not_there(shop, table):
    """Database, server and table are named, with the nearest name."""
    table("orders", COLUMNS)
    with pytest.raises(
        DataError, match=r"database 'shop' \(127\.0\.0\.1:\d+/postgres\), order: there is no table 'order'.*Did"
    ):
        shop(ORDERS.format(table="order")).table("transactions")
    with pytest.raises(ConfigurationError, match=r"shop/orders: columns: amount: there is no column 'totl'.*'total'"):
        shop(ORDERS.format(table="orders").replace("total", "totl")).table("transactions")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"password": "Tr0ub4dor:&3@gates"}, "password authentication failed.*The user or the password is wrong"),
        ({"database": "shoop"}, 'database "shoop" does not exist.*There is no such database'),
        ({"port": 1}, "Connection refused.*Nothing listens there"),
    ],
)
def test_a_server_that_does_not_open_is_said(shop, server, monkeypatch, change, said):
    """In words and with a remedy; no part of the password is in it."""
    monkeypatch.setenv("SHOP_DATABASE_URL", replace(server, **change).url)
    opened = shop(ORDERS.format(table="orders"))
    monkeypatch.setenv("SHOP_DATABASE_URL", replace(server, **change).url)
    with pytest.raises(DataError, match=said) as refused:
        opened.table("transactions")
    assert "Tr0ub4dor" not in str(refused.value)
    assert "gate" not in str(refused.value)


def test_an_unknown_host_is_said(shop, server, monkeypatch):
    """A name that no server has."""
    opened = shop(ORDERS.format(table="orders"))
    monkeypatch.setenv("SHOP_DATABASE_URL", server.url.replace("127.0.0.1", "nowhere.invalid"))
    with pytest.raises(DataError, match=r"\(nowhere\.invalid:\d+/postgres\).*There is no such server"):
        opened.table("transactions")


def test_a_slow_view_is_stopped(shop, server, table):
    """At the limit that the database has in `sources.yaml`, which the message names."""
    table("orders", COLUMNS, "(1, 'a', '2026-05-05', 10)")
    server.run("CREATE VIEW slow AS SELECT o.*, pg_sleep(20)::text AS late FROM orders o")
    began, text = time.monotonic(), ORDERS.format(table="slow") + "  where: late is not null\n"
    with pytest.raises(
        DataError, match=r"slow: it cannot be read .*longer than 0.01 minutes\. Raise 'time_limit_minutes'"
    ):
        shop(text, minutes=0.01).table("transactions")
    assert time.monotonic() - began < 10


def test_a_server_that_goes_away_in_the_middle(shop, server, table):
    """Nothing of what had come already is used."""
    table("orders", COLUMNS)
    server.run("INSERT INTO orders SELECT n, 'a', '2026-05-05', n FROM generate_series(1, 300000) n")
    server.run(
        "CREATE VIEW slow AS SELECT o.*, CASE WHEN id > 200000 THEN pg_sleep(0.1)::text END AS late FROM orders o"
    )
    killer = threading.Timer(1.5, server.run, ["SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query "
                                               "LIKE '%slow%' AND pid <> pg_backend_pid()"])  # fmt: skip
    killer.start()
    with pytest.raises(DataError, match=r"slow: it cannot be read"):
        shop(ORDERS.format(table="slow") + "  where: late is null\n").table("transactions")
    killer.join()
