"""Files as companies have them: title rows, headers of several rows, rows that are not meant, other clocks."""

import io
import textwrap

import duckdb
import numpy as np
import openpyxl
import pandas as pd
import pytest
from hijridate import Hijri

from cxlib.data import Workspace, rfm_frame, tell_breaks
from cxlib.data.casts import HIJRI_DAYS, Formats, canonical_value, exact_number, hijri_days
from cxlib.errors import ConfigurationError, DataError
from cxlib.report.data_section import data_section
from cxlib.segments.concentration import measure_concentration

ORDERS = """\
Name,Email,Financial Status,Paid at,Total
#1,a@x.com,paid,2026-03-15 10:00:00 +0100,100.00
#1,a@x.com,,,
#2,b@x.com,paid,2026-03-16 10:00:00 +0100,abc
#2,b@x.com,,,
#3,a@x.com,paid,2026-03-17 10:00:00 +0100,50.00
"""
ORDER_COLUMNS = "columns: {transaction_id: Name, customer_id: Email, at: Paid at, amount: Total}\n"


def excel(rows, title="Sheet"):
    """The bytes of a workbook with one sheet."""
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_rows_that_are_not_meant_are_no_faults(sales, faults):
    """Further lines of an order are left out by `where` and counted apart; a fault in a meant row stays one."""
    shop = sales(ORDERS, ORDER_COLUMNS + "where: '\"Financial Status\" is not null'\n")
    assert shop.counts.values.tolist() == [["transactions", "sales.csv", 5, 2, 1, 2]]
    assert faults(shop) == [[4, "the number cannot be read", "Total", "abc"]]
    assert shop.frame("transactions")["transaction_id"].tolist() == ["#1", "#3"]


def test_a_condition_that_cannot_be_computed_is_a_fault(sales, faults):
    """A row is left out only by a condition that says so, never because a number in it cannot be read."""
    shop = sales("customer_id,at,amount\na,2026-01-01,1\nb,2026-01-02,x\nc,2026-01-03,0\n", "where: amount > 0\n")
    assert shop.counts[["rows_in", "good", "quarantined", "left_out"]].values.tolist() == [[3, 1, 1, 1]]
    assert ["whether the row is meant cannot be computed", "amount", "x"] in [fault[1:] for fault in faults(shop)]


def test_empty_cells_are_null_to_both_readers(sales):
    """DuckDB's own reader and the exact one, which an encoding calls for, leave out the same rows."""
    where = "where: Total is not null\n"
    fast = sales(ORDERS.replace("abc", "7"), ORDER_COLUMNS + where).counts
    exact = sales(ORDERS.replace("abc", "7"), ORDER_COLUMNS + where + "encoding: latin-1\n").counts
    assert fast["left_out"].tolist() == exact["left_out"].tolist() == [2]


def test_left_out_rows_are_kept_with_the_table(write_workspace, monkeypatch):
    """A table from the cache counts as the one that was read."""
    from cxlib.data import open_workspace

    monkeypatch.delenv("CXLIB_TABLE_CACHE", raising=False)
    text = "customer_id,at,amount,amount\na,2026-01-01,1,2\nTotal,2026-01-01,1,2\n"
    folder = write_workspace("transactions: {path: a.csv, where: customer_id <> 'Total'}", a__csv=text)
    first, second = (open_workspace(folder) for _ in range(2))
    pd.testing.assert_frame_equal(first.counts, second.counts)
    assert second.counts["left_out"].tolist() == [1]
    assert first.warnings.values.tolist() == second.warnings.values.tolist() != []


def test_title_rows_and_several_header_rows_of_text(workspace):
    """Two title rows, then three header rows as Qualtrics writes them, a quoted one over two lines."""
    text = textwrap.dedent("""\
        Survey of March

        ResponseId,RecordedDate,Q1
        Response ID,Recorded Date,"How likely
        are you?"
        "{""ImportId"":""_recordId""}","{""ImportId"":""recordedDate""}","{""ImportId"":""QID1""}"
        R_1,2026-03-01 10:00:00,9
        R_2,2026-03-02 10:00:00,x
        """)
    columns = "columns: {response_id: ResponseId, at: RecordedDate, nps: Q1}"
    poll = workspace(f"surveys: {{path: q.csv, skip_rows: 2, header: 3, {columns}}}", q__csv=text)
    assert poll.counts[["rows_in", "good", "quarantined"]].values.tolist() == [[2, 1, 1]]
    assert poll.quarantine()["row"].tolist() == [8]


def test_a_matrix_of_questions_has_names(workspace):
    """SurveyMonkey's second row names the columns that its first leaves blank; what has no name at all gets one."""
    text = "Respondent ID,How good is,,,\n,Price,Service,Speed,\n1,5,4,3,x\n2,1,2,3,y\n"
    columns = "{response_id: Respondent ID, rating_service: How good is - Service, rating_speed: How good is - Speed}"
    poll = workspace(f"surveys: {{path: q.csv, header: 2, columns: {columns}}}", q__csv=text)
    assert poll.frame("surveys")["rating_service"].tolist() == [4.0, 2.0]
    assert "called by their place: 'column_5'" in poll.warnings["warning"][0]


def test_title_rows_of_a_sheet(workspace):
    """Row numbers are those of the sheet; names that stand twice are told apart and said."""
    rows = [["Sales 2026"], [], ["Client", "At", "Sum", "Sum"], ["a", "2026-01-05", 10, 1], ["b", "soon", 20, 2]]
    columns = "columns: {customer_id: Client, at: At, amount: Sum_2}"
    shop = workspace(f"transactions: {{path: s.xlsx, skip_rows: 2, {columns}}}", s__xlsx=excel(rows))
    assert shop.frame("transactions")["amount_cents"].tolist() == [100]
    assert shop.quarantine()["row"].tolist() == [5]
    assert "'Sum_2' is the second 'Sum'" in shop.warnings["warning"][0]


@pytest.mark.parametrize("format_", ["text", "sheet", "frame"])
def test_instants_of_a_source_on_another_clock(workspace, format_):
    """UTC read in Riyadh's time: three hours later, the next day at night; a day without a time stays the day."""
    rows = [["id", "at"], ["a", "2026-01-05 22:30:00"], ["b", "2026-01-05"], ["c", "2026-01-05T22:30:00+03:00"]]
    settings = {"time_zone": "UTC", "columns": {"customer_id": "id", "at": "at", "amount": "1"}}
    frame = pd.DataFrame(rows[1:], columns=rows[0])
    if format_ == "frame":
        frame = frame.head(1).assign(at=pd.to_datetime(frame["at"].head(1)))
    options = {"currency": "SAR", "time_zone": "Asia/Riyadh"}
    shop = Workspace.from_frames({"transactions": frame}, **options, settings={"transactions": settings})
    days = ["2026-01-06", "2026-01-05", "2026-01-05"][: len(frame)]
    assert shop.frame("transactions")["day"].dt.strftime("%Y-%m-%d").tolist() == days
    by_format = settings | {"dates": ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d"]}
    shop = Workspace.from_frames({"transactions": frame}, **options, settings={"transactions": by_format})
    assert shop.frame("transactions")["day"].dt.strftime("%Y-%m-%d").tolist() == days[:2]


def test_hours_in_an_expression_are_those_of_the_source(sales):
    """An instant that an expression makes is on the source's clock, with an offset in the text as without."""
    text = "customer_id,at,amount\na,2026-06-05 22:30:00,1\nb,2026-06-05T22:30:00Z,1\n"
    shop = sales(text, "time_zone: America/New_York\ncolumns: {customer_id: customer_id, amount: amount,\n"
                 "  at: cast(at as timestamp)}\n")  # fmt: skip
    assert shop.frame("transactions")["at"].dt.strftime("%d %H:%M").tolist() == ["06 03:30", "05 23:30"]


def test_the_currency_of_a_source(workspace):
    """All amounts of one source are in dollars: converted where there are rates, else a stop, never added up."""
    text, rates = "customer_id,at,amount\na,2026-01-05,$10\n", "date,currency,rate\n2026-01-01,USD,0.8\n"
    tables = "transactions: [{path: a.csv, currency: USD}, {path: b.csv}]\n"
    both = {"a__csv": text, "b__csv": text.replace("$", "£")}
    with pytest.raises(DataError, match=r"amounts are in USD \(1 row\)"):
        workspace(tables, **both).table("transactions")
    shop = workspace(tables + "rates: {path: rates.csv}\n", **both, rates__csv=rates)
    assert sorted(shop.frame("transactions")["amount_cents"]) == [800, 1000]


def test_a_currency_given_twice_is_refused(workspace):
    """Of the source and of each row: one of them would be overruled."""
    with pytest.raises(ConfigurationError, match="the currency is given twice"):
        workspace(
            "transactions: {path: a.csv, currency: USD, columns: {customer_id: a, at: b, amount: c, currency: d}}"
        )


def test_the_number_of_a_row_is_an_id(workspace):
    """One row a customer and no id: its number, told apart by file where there are several, but a column's name."""
    columns = "columns: {customer_id: row, plan: plan}"
    one = workspace(f"customers: {{path: 'a.csv', {columns}}}", a__csv="plan\ngold\nsilver\n")
    assert one.frame("customers")["customer_id"].tolist() == ["2", "3"]
    two = workspace(f"customers: {{path: '*.csv', {columns}}}", b__csv="plan\ngold\n")
    assert two.frame("customers")["customer_id"].tolist() == ["a.csv:2", "a.csv:3", "b.csv:2"]
    own = workspace(f"customers: {{path: 'c.csv', {columns}}}", c__csv="Row,plan\nx7,gold\n")
    assert own.frame("customers")["customer_id"].tolist() == ["x7"]


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("header: maybe", "true or false is expected, or how many header rows"),
        ("header: 99", "1 to 10"),
        ("skip_rows: -1", "a number of at least 0 is expected"),
        ("skip_rows: two", "a whole number is expected"),
        ("time_zone: Riyadh", "there is no time zone 'Riyadh'"),
        ("currency: US$", "there is no currency 'US\\$'"),
        ("where: select 1", "is not one expression"),
        ("where: amount", "gives VARCHAR, not true or false"),
    ],
)
def test_a_wrong_setting_is_said_in_words(sales, setting, words):
    """No traceback, and no words of a library."""
    with pytest.raises(ConfigurationError, match=words):
        sales("customer_id,at,amount\na,2026-01-01,1\n", setting + "\n").table("transactions")


def test_rows_before_a_header_are_for_text_and_sheets(workspace):
    """A setting that would do nothing is refused."""
    with pytest.raises(ConfigurationError, match="are for csv and excel"):
        workspace("customers: {path: a.jsonl, header: 2}", a__jsonl='{"customer_id": "a"}\n').table("customers")


def test_pages_say_what_is_left_out(sales, tmp_path, monkeypatch):
    """The data section counts rows that are not meant in a column of their own, where there are any."""
    from cxlib.language import speaker

    for folder in ("params", "notebooks"):
        (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path)
    shop = sales(ORDERS, ORDER_COLUMNS + "where: '\"Financial Status\" is not null'\n")
    html = data_section(shop).render(speaker("en")).html
    assert "2 rows that the mapping does not mean" in html
    assert "Left out" in html
    assert "Left out" not in data_section(sales(ORDERS, ORDER_COLUMNS)).render(speaker("en")).html


def instants(texts, settings=None):
    """What a workspace in Riyadh's time makes of dates as text; None for those set aside."""
    frame = pd.DataFrame({"customer_id": [str(n) for n in range(len(texts))], "at": texts, "amount": "1"})
    shop = Workspace.from_frames(
        {"transactions": frame}, currency="SAR", time_zone="Asia/Riyadh", settings={"transactions": settings or {}}
    )
    rows = shop.frame("transactions").set_index("row")["at"]
    return [f"{rows[n]:%Y-%m-%d %H:%M:%S}" if n in rows.index else None for n in range(1, len(texts) + 1)]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-15T10:00Z", "13:00:00"), ("2026-03-15 10:00 Z", "13:00:00"), ("2026-03-15t10:00:00z", "13:00:00"),
        ("20260315T100000Z", "13:00:00"), ("20260315T1000+0100", "12:00:00"), ("2026-03-15T10Z", "13:00:00"),
        ("2026-03-15 10:00:00 +0100", "12:00:00"), ("2026-03-15T10:00:00 +01:00", "12:00:00"),
        ("2026-03-15 10:00+01", "12:00:00"), ("2026-03-15T10:00:00,5-0330", "16:30:00"),
        ("2026-03-15 10:00:00 UTC", "13:00:00"), ("2026-03-15 10:00 GMT", "13:00:00"), ("2026-03-15T10", "10:00:00"),
        ("2026-03-15T10:00:00+01:00[Europe/Paris]", "12:00:00"), ("2026-03-15T10:00:00\u22120300", "16:00:00"),
        ("20260315", "00:00:00"), (" 2026-03-15 ", "00:00:00"), ("٢٠٢٦-٠٣-١٥ ١٠:٠٠", "10:00:00"),
        ("15/03/2026", None), ("2026-02-30", None), ("20261345", None), ("12102026", None), ("soon", None),
    ],
)  # fmt: skip
def test_iso_8601_in_its_usual_spellings(text, instant):
    """With the hour in Riyadh; what is none is set aside, not guessed."""
    assert instants([text]) == [instant and f"2026-03-15 {instant}"]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("١٥/٠٣/٢٠٢٦", "2026-03-15 00:00:00"),
        ("١٥/٠٣/٢٠٢٦ ٠٢:٣٠ م", "2026-03-15 14:30:00"),
        ("15/03/2026 12:15 ص", "2026-03-15 00:15:00"),
        ("15/03/2026 12:15 مساءً", "2026-03-15 12:15:00"),
        ("15/03/2026 10:30\u202fAM", "2026-03-15 10:30:00"),
        ("15/03/2026م", "2026-03-15 00:00:00"),
        ("15 يناير 2026", "2026-01-15 00:00:00"),
        ("15 كانون الثاني 2026", "2026-01-15 00:00:00"),
        ("٥ آب ٢٠٢٦", "2026-08-05 00:00:00"),
        ("5 أغسطس 2026", "2026-08-05 00:00:00"),
        ("1 تشرين الأول 2025", "2025-10-01 00:00:00"),
        ("31 شباط 2026", None),
        ("15 رمضان 1447", None),
        ("4 de julio de 2025 20:02 hs.", "2025-07-04 20:02:00"),
        ("12 février 2024", "2024-02-12 00:00:00"),
        ("3 Dezember 2024", "2024-12-03 00:00:00"),
        ("31 de fevereiro de 2024", None),
        ("4 smarch 2025", None),
    ],
)
def test_dates_in_words_by_their_format(text, instant):
    """Arabic digits, months of several languages, halves of the day, the mark of the era, and small words."""
    formats = ["%d/%m/%Y", "%d/%m/%Y %I:%M %p", "%d %B %Y", "%d %B %Y %H:%M"]
    sql = canonical_value("instant", "c0", "VARCHAR", Formats(tuple(formats)))
    (value,) = duckdb.execute(f"SELECT {sql} FROM (SELECT ? AS c0)", [text]).fetchone()
    assert value == (instant and pd.Timestamp(instant))


def test_every_hijri_day_is_the_day_of_umm_al_qura():
    """First and last day of every month from 1343 to 1500, and no day more in any month."""
    frame = pd.DataFrame({"year": range(1343, 1501)}).merge(pd.DataFrame({"month": range(1, 13)}), how="cross")
    length = [Hijri(year, month, 1).month_length() for year, month in frame.itertuples(index=False)]
    texts = [f"{y}/{m:02}/{d}" for (y, m), n in zip(frame.to_numpy(), length, strict=True) for d in (1, n, n + 1)]
    con = duckdb.connect()
    con.execute(f"SET VARIABLE {HIJRI_DAYS} = {hijri_days()}")
    sql = canonical_value("date", "c0", "VARCHAR", Formats(("hijri",)))
    days = [day for (day,) in con.execute(f"SELECT {sql} FROM (SELECT unnest(?) AS c0)", [texts]).fetchall()]
    expected = [
        Hijri(y, m, d).to_gregorian() if d <= n else None
        for (y, m), n in zip(frame.to_numpy().tolist(), length, strict=True)
        for d in (1, n, n + 1)
    ]
    assert days == expected


def test_hijri_dates_in_their_spellings():
    """The day is kept with its time; impossible days, and years of another calendar, are set aside."""
    texts = ["1447/09/15", "15-09-1447", "١٥/٠٩/١٤٤٧ هـ", "15 رمضان 1447", "١٥ رمضان ١٤٤٧ هـ", "1447-09-15"]
    assert instants(texts, {"dates": ["hijri"]}) == ["2026-03-04 00:00:00"] * 6
    with_time = ["15/09/1447 02:30 م", "1447-09-15T14:30:00", "15/09/1447 14:30"]
    assert instants(with_time, {"dates": ["hijri"]}) == ["2026-03-04 14:30:00"] * 3
    assert instants(["30/10/1447", "01/13/1446", "00/01/1446", "15/09/2026"], {"dates": ["hijri"]}) == [None] * 4
    mixed = {"dates": ["hijri %d/%m/%Y %H:%M", "hijri %d/%m/%Y", "%d/%m/%Y"]}
    days = ["2026-03-04 14:30:00", "2026-03-04 00:00:00", "2026-03-15 00:00:00"]
    assert instants(["15/09/1447 14:30", "15/09/1447", "15/03/2026"], mixed) == days


@pytest.mark.parametrize("form", ["DD/MM/YYYY", "hijri %d/%m", "hejri", "%Q"])
def test_a_form_that_is_none_is_refused(form):
    """Formats of other programs would set every row aside."""
    with pytest.raises(ConfigurationError, match="is not a date format"):
        instants(["15/03/2026"], {"dates": [form]})


REFUNDS = "Email,Paid at,Total,Refunded Amount,Order Status\na,2026-01-01,10,2.50,paid\nb,2026-01-02,20,0,Open\n"


@pytest.mark.parametrize(
    ("amount", "cents"),
    [
        ("Total - Refunded Amount", [750, 2000]),
        ("total - REFUNDED amount", [750, 2000]),
        ('"Total" - Refunded Amount', [750, 2000]),
        ("(Total-Refunded Amount)*2", [1500, 4000]),
        ("case when Order Status = 'paid' then Total else Refunded Amount end", [1000, 0]),
        ("case when Order Status = 'Order Status' then '1' else total end", [1000, 2000]),
        ("refunded amount", [250, 0]),
    ],
)
def test_names_with_blanks_are_quoted_where_one_reading_fits(sales, amount, cents):
    """Inside an expression, whatever their capitals; what stands in quotes is text."""
    columns = f"columns: {{customer_id: email, at: paid AT, amount: {amount!r}}}\nrules: {{met: Order Status <> 'x'}}\n"
    columns = columns.replace(repr(amount), f'"{amount.replace(chr(34), chr(92) + chr(34))}"')
    assert sales(REFUNDS, columns).frame("transactions")["amount_cents"].tolist() == cents


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("Total - Refunded Amounts", "neither a column's name nor one expression.*in double quotes"),
        ("refunded_amount", "there is no column 'refunded_amount'. Did you mean 'Refunded Amount'"),
        ("EMIAL", "Did you mean 'Email'"),
        ("lenght(Email)", "Did you mean 'length'. 'cx tables' lists those"),
    ],
)
def test_a_name_that_is_not_there_is_said_with_the_nearest(sales, amount, words):
    """Capitals do not hide what was meant, and seventy functions are not printed."""
    columns = f"columns: {{customer_id: Email, at: Paid at, amount: {amount}}}\n"
    with pytest.raises(ConfigurationError, match=words):
        sales(REFUNDS, columns).table("transactions")


def test_odd_rows_are_kept_and_said(workspace):
    """Lines without an order's number, ids in other capitals, and a 0 on a scale of 1 to 5."""
    lines = "customer_id,at,amount\n" + "A@x.com,2026-01-05 10:00:00,1\n" * 3 + "a@x.com,2026-01-06 10:00:00,1\n"
    answers = "customer_id,rating_speed,rating_share,csat\na@x.com,0,0,10\nb,5,1,0\nc,4,0,9\nd,1,1,8\n"
    shop = workspace("transactions: {path: a.csv}\nsurveys: {path: s.csv}", a__csv=lines, s__csv=answers)
    words = dict(shop.warnings[["warning", "rows"]].itertuples(index=False))
    assert {text.partition(";")[0]: rows for text, rows in words.items()} == {
        "the customer has another row at the same instant": 2,
        "the id is that of another customer but for its capitals": 2,
        "'rating_speed' is 0 beside answers of 1 to 5": 1,
    }
    with_ids = "transaction_id,customer_id,at,amount\n" + "1,A@x.com,2026-01-05 10:00:00,1\n" * 3
    quiet = workspace("transactions: {path: a.csv, one_row_is: line}", a__csv=with_ids)
    assert "instant" not in "".join(quiet.warnings["warning"])


def test_refunds_under_ids_of_their_own_are_said():
    """Where one in ten rows is one of those, and not where the customers have bought, or where it is one in 300."""
    rows = pd.DataFrame(
        {"customer_id": [f"c{number % 100}" for number in range(300)], "at": "2026-01-05", "amount": 9.0}
    )
    for ids, said in (("r", 30), ("c", 0), ("one", 0)):
        back = rows.head(1 if ids == "one" else 30).assign(amount=-9.0)
        back["customer_id"] = back["customer_id"].str.replace("c", ids)
        shop = Workspace.from_frames({"transactions": pd.concat([rows, back])}, currency="EUR", time_zone="UTC")
        told = shop.warnings.set_index("warning")["rows"].filter(like="under ids of their own")
        assert told.sum() == said


def test_sales_of_gift_cards_are_said(workspace):
    """In either language, and only what was sold: sums count them twice where they are spent in the same log."""
    names = ["E-Gift Card 50", "Gift  wrap", "gift voucher", "بطاقة هدية ١٠٠", "Card holder as a gift", "Gift Card 20"]
    text = "customer_id,at,amount,item\n" + "".join(f"c{n},2026-01-05,{n}0,{name}\n" for n, name in enumerate(names))
    shop = workspace(
        "transactions: {path: a.csv, columns: {customer_id: customer_id, at: at, amount: amount, product: item}}",
        a__csv=text.replace("50,Gift Card", "-5,Gift Card"),
    )
    ((warning, rows),) = shop.warnings[["warning", "rows"]].itertuples(index=False)
    assert "gift card is sold" in warning
    assert rows == 2
    bare = "transactions: {path: a.csv, columns: {customer_id: customer_id, at: at, product: item}}"
    assert workspace(bare, a__csv=text).warnings.empty  # without amounts nothing is counted twice


def test_customers_who_come_again_are_not_odd(sales):
    """One table in which ids stand many times, as they do in every shop."""
    text = "customer_id,at,amount\n" + "".join(f"c{n % 3},2026-01-{n + 1:02},1\n" for n in range(20))
    assert sales(text).warnings.empty


SALES = [["Client", "At", "Sum"], ["a", "2026-01-05", "10"], ["b", "2026-01-06", "20"]]
MAPPED = "columns: {customer_id: Client, at: At, amount: Sum}"


def lines(rows):
    """Rows as text with commas."""
    return "".join(",".join(row) + "\n" for row in rows)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", "Sales of March\n\n" + lines(SALES), "Row 3 has 3 cells and row 1 only 1; .* 'skip_rows: 2'"),
        ("a.csv", "Sales of March,,\n,,\n" + lines(SALES), "no column 'Client'.* 'skip_rows: 2'"),
        ("a.csv", lines(SALES).replace(",", ";"), "';' makes 3 of it. Write \"delimiter: ';'\""),
        ("a.xlsx", excel([["Sales"], [], *SALES]), "no column 'Client'.* 'skip_rows: 2'"),
        ("a.xlsx", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(5000), "has a password, or is of Excel before 2007"),
        ("a.xls", bytes.fromhex("d0cf11e0a1b11ae1"), "save it as .xlsx"),
        ("a.csv", "", "the file is empty"),
        ("a.xlsx", excel([]), "first row of sheet 'Sheet' is empty"),
    ],
)
def test_a_file_that_cannot_be_used_is_said_with_the_remedy(workspace, name, content, words):
    """Title rows, a wrong delimiter, a password, nothing at all: what it is and which setting helps."""
    data = content if isinstance(content, bytes) else content.encode()
    with pytest.raises((DataError, ConfigurationError), match=words):
        workspace(f"transactions: {{path: {name}, {MAPPED}}}", **{name.replace(".", "__"): data}).table("transactions")


def test_sheets_are_listed_where_a_column_is_not_there(workspace):
    """The first sheet is a cover, the orders stand in another."""
    book = openpyxl.Workbook()
    book.active.append(["Read me"])
    for row in SALES:
        book["Orders" if "Orders" in book.sheetnames else book.create_sheet("Orders").title].append(row)
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(ConfigurationError, match="This is sheet 'Sheet'; others are 'Orders': set 'sheet'"):
        workspace(f"transactions: {{path: a.xlsx, {MAPPED}}}", a__xlsx=out.getvalue()).table("transactions")


def test_files_of_two_years_with_other_headers_want_a_source_each(workspace):
    """Under one pattern; with a source for each they are one table."""
    files = {"y2025__csv": lines(SALES), "y2026__csv": lines(SALES).replace("Client", "Customer")}
    with pytest.raises(ConfigurationError, match=r"y2026.csv.*no column 'Client'.* list a source for each"):
        workspace(f"transactions: {{path: '*.csv', {MAPPED}}}", **files).table("transactions")
    each = f"transactions: [{{path: y2025.csv, {MAPPED}}}, {{path: y2026.csv, {MAPPED.replace('Client', 'Customer')}}}]"
    assert len(workspace(each, **files).frame("transactions")) == 4


def test_columns_that_grow_in_the_middle_are_faults_from_there(sales):
    """Rows with another number of cells are set aside, and the remedy says that the file may be split."""
    shop = sales("customer_id,at,amount\na,2026-01-01,1\ncustomer_id,at,channel,amount\nb,2026-01-02,web,2\n")
    assert shop.counts[["rows_in", "good", "quarantined"]].values.tolist() == [[3, 1, 2]]
    assert "split it here" in shop.rules["remedy"][0]


def test_a_date_of_two_orders_is_nobodys(sales, faults):
    """With both orders declared, only dates that one of them reads, or both as the same day, are taken."""
    rows = ["13/01/2026", "01/13/2026", "03/04/2026", "05/05/2026"]
    text = "customer_id,at,amount\n" + "".join(f"a,{day},1\n" for day in rows)
    shop = sales(text, 'dates: ["%m/%d/%Y", "%d/%m/%Y"]\n')
    assert [fault[0] for fault in faults(shop)] == [4]
    assert shop.frame("transactions")["day"].dt.strftime("%d.%m.").tolist() == ["13.01.", "13.01.", "05.05."]


def test_purchase_days_stand_for_orders_that_nothing_names(workspace):
    """Three lines of one day are one purchase where no id tells more, and the sentence says so; by ids, two orders."""
    rows = [(n, month, line) for n in range(9) for month in (1, 2) for line in (1, 2, 3)]
    text = "".join(f"c{n},2026-0{month}-05,{line},{n}{month}{line > 1}\n" for n, month, line in rows)
    text = f"customer_id,at,amount,order\n{text}"
    columns = "columns: {customer_id: customer_id, at: at, amount: amount"
    by_day = rfm_frame(workspace(f"transactions: {{path: a.csv, {columns}}}}}", a__csv=text))
    assert "orders" not in by_day
    shared = measure_concentration(by_day, draws=20)
    assert (shared.orders, shared.by_day) == (18, True)
    assert "of 18 purchase days" in str(shared.repurchase)
    ids = f"transactions: {{path: a.csv, one_row_is: line, {columns}, transaction_id: order}}}}"
    by_order = measure_concentration(rfm_frame(workspace(ids, a__csv=text)), draws=20)
    assert (by_order.orders, by_order.by_day) == (36, False)


def test_a_narrow_decimal_reads_what_a_wide_one_reads():
    """Text in arithmetic goes through 18 digits first, for speed: to the last digit, and beyond 18, as through 26."""
    chance = np.random.default_rng(1)
    texts = [f"{value:.{digits}f}" for value in chance.uniform(-1e10, 1e10, 200) for digits in range(12)]
    texts += ["9999999999.999999995", "-0.000000005", "0.0000000049999", "1e5", "5e9", "12345678901234.5", ".5", "+3"]
    sql = exact_number("p", "VARCHAR", Formats())
    rows = duckdb.execute(
        f"SELECT p, {sql}, TRY_CAST(p AS DECIMAL(26, 8)) FROM (SELECT unnest(?) AS p)", [texts]
    ).fetchall()
    assert [row for row in rows if row[1] != row[2] or row[1] is None] == []


def test_a_shop_that_was_closed_for_months_is_named():
    """Orders on four days of five, but for sixty days; invoices on the first of each month have no closure."""
    days = [day for day in range(400) if not 200 <= day < 260 and day % 5]
    at = pd.Timestamp("2025-01-01") + pd.to_timedelta(days, unit="D")
    monthly = pd.date_range("2018-01-01", periods=90, freq="MS")
    for dates, named in ((at, True), (at[:150], False), (monthly, False)):
        rows = pd.DataFrame({"customer_id": "a", "at": dates.strftime("%Y-%m-%d"), "amount": "5"})
        shop = Workspace.from_frames({"transactions": rows}, currency="EUR", time_zone="UTC")
        words = " ".join(tell_breaks(shop)["warning"])
        assert ("No row lies from 20 July 2025 to 18 September 2025, 61 days" in words) == named
        assert ("No row lies" in words) == named
