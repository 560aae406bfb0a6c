"""Amounts in several currencies are converted, each by the rate of its day, or nothing is added up."""

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxlib.data import Workspace, open_workspace
from cxlib.data.rules import NO_CURRENCY, NO_RATE, OTHER_CURRENCY, UNREADABLE
from cxlib.errors import ConfigurationError, DataError
from cxlib.language import currency_decimals

RATES = pd.DataFrame(
    {
        "date": ["2026-01-05", "2026-01-10", "2026-01-05"],
        "currency": ["USD", "USD", "eur"],
        "rate": ["3.75", "3.8", 4.1],
    }
)


def sales(*rows):
    """Rows of day, amount and currency."""
    return pd.DataFrame(rows, columns=["at", "amount", "currency"]).assign(customer_id="a")


def shop(rows, rates=RATES, *, currency="SAR", **setting):
    """A workspace with these sales."""
    frames = {"transactions": rows} | ({} if rates is None else {"rates": rates})
    chosen = {"transactions": setting} if setting else None
    return Workspace.from_frames(
        frames, currency=currency, time_zone="UTC", settings=chosen, as_of=dt.date(2026, 6, 30)
    )


def mapped(**more):
    """A mapping that leaves the currency out unless `more` says it."""
    return {"columns": {"customer_id": "customer_id", "at": "at", "amount": "amount"} | more}


def test_an_amount_has_the_last_rate_on_or_before_its_day():
    """Rounded once, after the conversion; codes in small letters and amounts with their own sign are read."""
    company = shop(
        sales(
            ("2026-01-05", "10.005", "usd"), ("2026-01-09", "$1,000", " USD "), ("2026-01-10", "US$ 1", "USD"),
            ("2026-05-01", "€1.5", "EUR"), ("2026-01-01", "7", "SAR"),
        )
    )  # fmt: skip
    assert company.frame("transactions").amount_cents.tolist() == [3752, 375_000, 380, 615, 700]
    assert company.quarantine().empty
    used = company.conversions.assign(since=lambda t: t["since"].astype(str), until=lambda t: t["until"].astype(str))
    assert used.to_numpy().tolist() == [
        ["transactions", "USD", 3, "2026-01-05", "2026-01-10", 3.75, 3.8],
        ["transactions", "EUR", 1, "2026-01-05", "2026-01-05", 4.1, 4.1],
    ]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("2026-01-04", "5", "USD"), NO_RATE),
        (("2026-01-06", "5", "JPY"), NO_RATE),
        (("2026-01-06", "5", ""), NO_CURRENCY),
        (("2026-01-06", "5", None), NO_CURRENCY),
        (("2026-01-06", "5", "US$"), UNREADABLE["currency"]),
        (("2026-01-06", "5", "SR"), UNREADABLE["currency"]),
        (("2026-01-06", "€5", "USD"), OTHER_CURRENCY),
        (("2026-01-06", "five", "USD"), UNREADABLE["number"]),
    ],
)
def test_a_row_that_cannot_be_converted_is_set_aside_with_its_reason(row, words):
    """One reason each, with a remedy; other rows stay."""
    company = shop(sales(("2026-01-06", "1", "SAR"), row))
    assert company.frame("transactions").amount_cents.tolist() == [100]
    assert company.quarantine()[["row", "rule", "remedy"]].to_numpy().tolist() == [[2, *map(str, words)]]


@settings(max_examples=6, deadline=None)
@given(
    st.sampled_from(["SAR", "JPY", "KWD"]),
    st.lists(
        st.tuples(
            st.integers(0, 40), st.decimals(-(10**8), 10**8, places=3), st.sampled_from(["USD", "EUR", "SAR", "KWD"])
        ),
        min_size=1,
        max_size=15,
    ),
    st.lists(st.decimals("0.000001", 5000, places=6), min_size=4, max_size=4),
)
def test_what_is_converted_adds_up_to_what_decimals_give(own, rows, rates):
    """Amount times rate in Python's decimals, rounded half away from zero to the minor unit: row by row and in all."""
    first = dt.date(2026, 1, 1)
    table = [
        (0, "USD", rates[0]),
        (20, "USD", rates[1]),
        (0, "EUR", rates[2]),
        (0, "SAR", rates[3]),
        (0, "KWD", rates[3]),
    ]
    table = [(day, code, rate) for day, code, rate in table if code != own]
    frame = pd.DataFrame(
        [(str(first + dt.timedelta(d)), c, str(r)) for d, c, r in table], columns=["date", "currency", "rate"]
    )
    company = shop(sales(*((str(first + dt.timedelta(d)), str(a), c) for d, a, c in rows)), frame, currency=own)
    unit = Decimal(1).scaleb(-currency_decimals(own))

    def by_hand(day, amount, code):
        rate = [Decimal(1)] if code == own else [r for since, c, r in table if c == code and since <= day]
        return int((amount * rate[-1]).quantize(unit, ROUND_HALF_UP).scaleb(currency_decimals(own)))

    assert company.frame("transactions").amount_cents.tolist() == [by_hand(*row) for row in rows]
    assert company.quarantine().empty


def test_without_rates_several_currencies_stop():
    """They are named with their rows and with what can be done; rows that are not good do not count."""
    rows = sales(("2026-01-05", "1", "SAR"), ("2026-01-05", "2", "USD"), ("2026-01-05", "3", "usd"), ("x", "4", "EUR"))
    company = shop(rows, None)
    for _ in range(2):  # it stops every time that it is asked
        with pytest.raises(DataError, match=r"USD \(2 rows\), SAR \(1 row\).*currency is SAR.*'rates: rates.csv'"):
            company.frame("transactions")
    with pytest.raises(DataError, match=r"amounts are in USD \(1 row\)"):
        shop(rows[1:2], None).frame("transactions")
    kept = shop(rows, None, rules={"own": "currency = 'SAR'"})
    assert kept.frame("transactions").amount_cents.tolist() == [100]


@pytest.mark.parametrize("title", ["orderCurrency", "cur", "العملة"])
def test_a_column_that_tells_currencies_is_not_passed_over(title):
    """Nothing is mapped to it: a stop that says so; a constant says that all amounts are in one currency."""
    rows = sales(("2026-01-05", "1", "SAR"), ("2026-01-05", "2", "USD")).rename(columns={"currency": title})
    with pytest.raises(DataError, match=rf"column '{title}' says that amounts are in SAR.*USD.*'currency: {title}'"):
        shop(rows, None, **mapped()).frame("transactions")
    assert shop(rows, None, **mapped(currency="'SAR'")).frame("transactions").amount_cents.tolist() == [100, 200]
    assert shop(rows, **mapped(currency=f'"{title}"')).frame("transactions").amount_cents.tolist() == [100, 750]
    by_hand = mapped(amount=f"case when \"{title}\" = 'USD' then amount * 3.75 else cast(amount as decimal(18, 2)) end")
    assert shop(rows, None, **by_hand).frame("transactions").amount_cents.tolist() == [100, 750]


@pytest.mark.parametrize(
    "values", [["SAR", "sr"], ["ر.س", "SAR"], ["", None], ["1", "2"], ["points"] * 2, ["new", "old"]]
)
def test_a_column_that_names_one_currency_or_none_is_no_reason_to_stop(values):
    """Other names of the workspace's currency, blanks, numbers, or one word that is no currency."""
    rows = sales(("2026-01-05", "1", values[0]), ("2026-01-05", "2", values[1]))
    rows = rows.rename(columns={"currency": "curr" if "new" in values else "currency"})
    table = shop(rows, None, **mapped()).frame("transactions")
    assert table.amount_cents.tolist() == [100, 200]
    assert "_currency" not in table.columns


def test_amounts_that_carry_signs_of_several_currencies_are_not_added_up():
    """Those of another currency are set aside under a rule that says so."""
    rows = pd.DataFrame({"customer_id": "a", "at": "2026-01-05", "amount": ["$12", "€12", "12 GBP", "12"]})
    company = shop(rows, None, currency="USD")
    assert company.frame("transactions").amount_cents.tolist() == [1200, 1200]
    assert company.quarantine().rule.tolist() == [str(OTHER_CURRENCY[0])] * 2


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"currency": "USD", "rate": 3.76}, "USD has two rates on 2026-01-05, 3.75 and 3.76"),
        ({"currency": "SAR", "rate": 0.27}, "one SAR is 0.27 on 2026-01-05 and must be 1"),
    ],
)
def test_rates_that_contradict_themselves_stop(more, says):
    """Two rates of a day, or an own currency that is not worth 1: the table is probably the other way round."""
    rates = pd.concat([RATES, pd.DataFrame([{"date": "2026-01-05", **more}])])
    with pytest.raises(DataError, match=says):
        shop(sales(("2026-01-06", "1", "USD")), rates).frame("transactions")


def test_bad_rates_are_set_aside_and_said():
    """A rate of zero, of no currency or of no day is no rate; those of the future are not used."""
    rates = pd.DataFrame(
        {
            "date": ["2026-01-01", "2026-01-01", "", "2030-01-01"],
            "currency": ["USD", "US", "USD", "USD"],
            "rate": [0, 2, 2, 9],
        }
    )
    company = shop(sales(("2026-01-06", "1", "USD"), ("2026-01-06", "1", "SAR")), rates)
    assert company.quarantine("rates").row.tolist() == [1, 2, 3]
    assert company.quarantine("transactions").rule.tolist() == [str(NO_RATE[0])]


def test_prices_and_costs_are_converted_too():
    """By the first day of a membership and by the day of joining; rows without an amount need no currency."""
    members = pd.DataFrame({
        "customer_id": ["a", "b", "c"], "started_on": "2026-01-10", "price": ["10", "", "2"],
        "currency": ["USD", "", "SAR"],
    })  # fmt: skip
    people = pd.DataFrame({
        "customer_id": ["a", "b"], "joined_on": ["2026-01-05", None], "acquisition_cost": ["10", "1"],
        "currency": "USD",
    })  # fmt: skip
    frames = {"memberships": members, "customers": people, "rates": RATES}
    company = Workspace.from_frames(frames, currency="SAR", time_zone="UTC", as_of=dt.date(2026, 6, 30))
    assert company.frame("memberships").price_cents.astype("Int64").fillna(-1).tolist() == [3800, -1, 200]
    assert company.frame("customers").acquisition_cost_cents.tolist() == [3750, 380]
    assert company.quarantine().empty
    assert company.conversions["rows"].tolist() == [2, 1]


def test_a_currency_of_customers_without_costs_is_an_attribute():
    """Whatever it holds, it is no reason to set a customer aside."""
    people = pd.DataFrame({"customer_id": ["a", "b"], "currency": ["US$", ""]})
    company = Workspace.from_frames({"customers": people}, currency="SAR", time_zone="UTC")
    assert company.frame("customers").currency.tolist()[0] == "US$"
    assert company.quarantine().empty


def test_rates_come_from_a_file_and_decide_what_is_kept(tmp_path):
    """`rates:` is short for a table of that name; other rates make other amounts, though sales are kept."""
    (tmp_path / "sales.csv").write_text("customer_id,at,amount,currency\na,2026-01-06,2,USD\nb,2026-01-06,2,SAR\n")
    (tmp_path / "rates.csv").write_text("date,currency,rate\n2026-01-01,USD,3.75\n")
    text = "{currency: SAR, time_zone: UTC, rates: rates.csv, tables: {transactions: {path: sales.csv}}}"
    (tmp_path / "sources.yaml").write_text(text)
    for rate, amounts in (("3.75", [750, 200]), ("4", [800, 200]), ("3.75", [750, 200])):
        (tmp_path / "rates.csv").write_text(f"date,currency,rate\n2026-01-01,USD,{rate}\n")
        company = open_workspace(tmp_path)
        assert set(company.fingerprints) == {"sales.csv", "rates.csv"}
        assert company.using("transactions").frame("transactions").amount_cents.tolist() == amounts
        assert company.using("transactions").conversions["low"].tolist() == [float(rate)]


def test_rates_are_read_as_any_other_table_is(tmp_path):
    """Their own names of columns, format of days and decimal sign; given twice, they are refused."""
    (tmp_path / "sales.csv").write_text("customer_id,at,amount\na,2026-01-06,2\n")
    (tmp_path / "eur.csv").write_text("customer_id,at,amount\nb,2026-01-06,2\n")
    (tmp_path / "rates.csv").write_text("Tag;Code;Kurs\n01.01.2026;EUR;4,1025\n")
    read = "path: rates.csv, delimiter: ';', decimal: ',', dates: ['%d.%m.%Y']"
    read += ", columns: {date: Tag, currency: Code, rate: Kurs}"
    euros = "{customer_id: customer_id, at: at, amount: amount, currency: \"'EUR'\"}"
    text = f"""
      currency: SAR
      time_zone: UTC
      rates: {{{read}}}
      tables:
        transactions: [{{path: sales.csv}}, {{path: eur.csv, columns: {euros}}}]
    """
    (tmp_path / "sources.yaml").write_text(text)
    assert open_workspace(tmp_path).frame("transactions").amount_cents.tolist() == [200, 821]
    (tmp_path / "sources.yaml").write_text(text + "    rates: {path: rates.csv}\n")
    with pytest.raises(ConfigurationError, match="'rates' is given twice"):
        open_workspace(tmp_path)


def test_a_workspace_names_a_currency_that_exists(tmp_path):
    """A slip is answered with the nearest code."""
    with pytest.raises(ConfigurationError, match=r"no currency 'SRR' in ISO 4217"):
        shop(sales(("2026-01-05", "1", "SAR")), currency="SRR")
