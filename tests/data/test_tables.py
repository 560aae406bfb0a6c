"""The contracts of the canonical tables."""

from cxlib.data.tables import SQL_TYPES, TABLES


def test_the_eleven_tables_have_contracts():
    """Every table that reports name has a contract under its own name."""
    assert set(TABLES) == {
        "customers",
        "transactions",
        "order_lines",
        "memberships",
        "surveys",
        "feedback",
        "tickets",
        "sessions",
        "messages",
        "rates",
        "benchmarks",
    }
    assert all(name == table.name for name, table in TABLES.items())


def test_keys_dates_and_orders_name_declared_columns():
    """A contract never names a column that it does not declare."""
    for table in TABLES.values():
        names = {column.name for column in table.columns}
        assert {table.key, table.dated_by, *(name for pair in table.in_order for name in pair)} - {""} <= names
        assert len(names) == len(table.columns)
        assert all(column.kind in SQL_TYPES for column in table.columns)


def test_money_is_stored_in_cents():
    """An amount's stored name says its unit."""
    assert TABLES["transactions"].column("amount").stored_as == "amount_cents"
    assert TABLES["memberships"].column("price").stored_as == "price_cents"


def test_customers_take_attributes_and_surveys_take_ratings():
    """Further columns are taken where a contract says so, and nowhere else; reserved names never."""
    assert TABLES["customers"].column("region").kind == "as_is"
    assert TABLES["surveys"].column("rating_price").kind == "number"
    assert TABLES["surveys"].column("price") is None
    assert TABLES["transactions"].column("colour") is None
    assert TABLES["customers"].column("row") is None
    assert TABLES["customers"].column("_faults") is None


def test_the_source_of_a_benchmark_is_who_published_it():
    """Only in benchmarks is `source` declared; elsewhere it is the file's name."""
    assert [name for name, table in TABLES.items() if not table.takes_source] == ["benchmarks"]
