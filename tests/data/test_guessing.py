"""What free-form files are guessed to be: twelve made ones, scored column by column, and files that are none."""

import datetime as dt
import itertools
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import openpyxl
import pandas as pd
import pyreadstat
import pytest

from cxlib.data.guessing.columns import date_formats
from cxlib.data.guessing.workspace import ask_unsure, guess_workspace
from cxlib.data.guessing.writing import sources_text
from cxlib.data.workspace import Workspace, open_workspace
from cxlib.errors import ConfigurationError, DataError

EASTERN = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
DRAW = random.Random(7)


def days(count, since=dt.datetime(2024, 1, 3, 9, 30), step=1.37):
    """Instants that go on over months, with days after the 12th."""
    return [since + dt.timedelta(days=step * number, minutes=7 * number) for number in range(count)]


def table(path: Path, titles, rows, delimiter=",", encoding="utf-8", head=""):
    """A delimited text file."""
    quoted = [[f'"{cell}"' if delimiter in str(cell) else str(cell) for cell in row] for row in [titles, *rows]]
    path.write_text(head + "\n".join(delimiter.join(row) for row in quoted) + "\n", encoding=encoding)
    return path


def sheet(path: Path, sheets):
    """A workbook with the given rows in each sheet."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        page = book.create_sheet(title)
        for row in rows:
            page.append(list(row))
    book.save(path)
    return path


def comma(amount):
    """Write 1234.5 as 1.234,50."""
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


def european(folder):
    """Semicolons, decimal commas, days with dots, Windows letters, a title above the header."""
    rows = [
        (
            f"R-{n:05}",
            f"{DRAW.randint(1, 90):06}",
            f"{day:%d.%m.%Y}",
            comma(DRAW.randint(500, 250_000) / 100),
            "Geschäft",
            "19,00",
        )
        for n, day in enumerate(days(300))
    ]
    head = "Umsätze 2024\n\n"
    titles = ["Rechnungsnr", "Kundennr", "Rechnungsdatum", "Betrag", "Filiale", "MwSt"]
    table(folder / "umsaetze.csv", titles, rows, ";", "cp1252", head)
    return {
        "umsaetze.csv": [
            *("transactions.transaction_id", "transactions.customer_id", "transactions.at", "transactions.amount"),
            *("transactions.channel", ""),
        ]
    }


def joined(folder):
    """Orders and customers: the key of one is the e-mail of the other, in capitals or not."""
    people = [
        (
            f"{n:07}",
            f"Person {n}",
            f"p{n}@example.org",
            f"2023-{n % 12 + 1:02}-11",
            "Leeds" if n % 3 else "York",
            20 + n % 50,
        )
        for n in range(200)
    ]
    orders = [
        (
            9000 + n,
            people[n * 7 % 200][2].upper() if n % 5 else people[n * 7 % 200][2],
            f"{day:%m/%d/%Y}",
            f"${DRAW.randint(5, 1500)}.50",
            "web",
        )
        for n, day in enumerate(days(400))
    ]
    table(folder / "customers.csv", ["Customer ID", "Full Name", "E-mail", "Joined", "City", "Age"], people)
    table(folder / "orders.csv", ["Order #", "Email", "Order Date", "Total", "Source"], orders)
    return {
        "customers.csv": ["", "", "customers.customer_id", "customers.joined_on", "customers.city", "customers.age"],
        "orders.csv": [
            "transactions.transaction_id",
            "transactions.customer_id",
            "transactions.at",
            "transactions.amount",
            "transactions.channel",
        ],
    }


def workbook(folder):
    """Two sheets, titles above both, dates and numbers as Excel stores them."""
    sales = [
        ["Sales report", None, None, None],
        ["Acme Ltd", None, None, None],
        [],
        ["Invoice No", "Client", "Date", "Net Amount"],
    ]
    sales += [[f"INV{n}", f"C{n % 40:03}", day, DRAW.randint(100, 90_000) / 100] for n, day in enumerate(days(250))]
    clients = [
        ["Clients", None, None],
        ["Client", "Region", "Since"],
        *([f"C{n:03}", "North" if n % 2 else "South", dt.date(2023, 1 + n % 12, 5)] for n in range(40)),
    ]
    sheet(folder / "book.xlsx", {"Sales": sales, "Clients": clients, "Notes": [["ask Jane"]]})
    return {
        "book.xlsx (Sales)": [
            "transactions.transaction_id",
            "transactions.customer_id",
            "transactions.at",
            "transactions.amount",
        ],
        "book.xlsx (Clients)": ["customers.customer_id", "customers.region", "customers.joined_on"],
    }


def tickets(folder):
    """Instants with offsets, as a program writes them."""
    rows = [
        (
            n,
            f"u{n % 60}",
            f"{day:%Y-%m-%dT%H:%M:%SZ}",
            f"{day + dt.timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}",
            f"{day + dt.timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}" if n % 9 else "",
            "email",
            "Billing",
            "open" if n % 9 == 0 else "solved",
        )
        for n, day in enumerate(days(200))
    ]
    table(
        folder / "support_export.csv",
        ["Case Number", "User ID", "Created At", "First Response At", "Resolved At", "Via", "Category", "Status"],
        rows,
    )
    return {
        "support_export.csv": [
            f"tickets.{name}"
            for name in ("ticket_id", "customer_id", "opened_at", "first_response_at", "closed_at", "channel", "topic")
        ]
        + [""]
    }


def sessions(folder):
    """Seconds since 1970, tabs, yes and no."""
    rows = [
        (
            f"s{n}",
            f"v{n % 80}",
            int(day.timestamp()),
            DRAW.randint(1, 20),
            DRAW.randint(5, 900),
            "yes" if n % 7 == 0 else "no",
        )
        for n, day in enumerate(days(300, step=0.2))
    ]
    table(
        folder / "visits.tsv",
        ["session_id", "visitor_id", "start_time", "page_views", "duration_seconds", "purchased"],
        rows,
        "\t",
    )
    return {
        "visits.tsv": [
            f"sessions.{name}" for name in ("session_id", "customer_id", "at", "pages", "seconds", "converted")
        ]
    }


def memberships(folder):
    """Two-digit years, one row a member, with what is known of each."""
    rows = [
        (
            f"M{n:04}",
            f"{day:%d/%m/%y}",
            f"{day + dt.timedelta(days=200):%d/%m/%y}" if n % 4 == 0 else "",
            "Gold" if n % 3 else "Silver",
            "49.90" if n % 3 else "19.90",
            "Too dear" if n % 4 == 0 else "",
            "F" if n % 2 else "M",
        )
        for n, day in enumerate(days(240, dt.datetime(2023, 1, 1)))
    ]
    table(
        folder / "gym_members.csv",
        ["Member No.", "Start Date", "End Date", "Plan", "Monthly Fee", "Cancellation Reason", "Gender"],
        rows,
    )
    both = ["started_on", "ended_on", "plan", "price", "end_reason"]
    return {
        "gym_members.csv": ["memberships.customer_id", *(f"memberships.{name}" for name in both), "customers.gender"]
    }


def survey(folder):
    """Questions for titles, answers on scales, a second header row."""
    titles = [
        "Response ID",
        "Date submitted",
        "How likely are you to recommend us to a friend?",
        "Overall satisfaction",
        "How would you rate our delivery?",
        "How would you rate our prices?",
        "Why did you give this score?",
        "Language",
    ]
    second = ["", "", "0-10 scale", "1 to 5 stars", "stars given", "stars given", "text", ""]
    rows = [
        (
            n,
            f"{day:%d %b %Y %H:%M}",
            DRAW.randint(0, 10),
            DRAW.randint(1, 5),
            DRAW.randint(1, 5),
            DRAW.randint(1, 5),
            f"Because of reason {n}",
            "en",
        )
        for n, day in enumerate(days(150))
    ]
    table(folder / "feedback.csv", titles, [second, *rows])
    ratings = ["surveys.rating_", "surveys.rating_"]
    return {
        "feedback.csv": [
            "surveys.response_id",
            "surveys.at",
            "surveys.nps",
            "surveys.csat",
            *ratings,
            "surveys.comment",
            "surveys.language",
        ]
    }


def lines(folder):
    """An order of several rows, each with quantity and price; American dates with a clock of twelve hours."""
    rows = [
        (
            5000 + n // 3,
            f"{11 + n // 3 % 70}",
            f"{day:%m/%d/%Y %I:%M %p}",
            f"Item {n % 12}",
            DRAW.randint(1, 5),
            f"{DRAW.randint(100, 9999) / 100}",
        )
        for n, day in enumerate(d for d in days(120) for _ in range(3))
    ]
    table(folder / "pos_2024.csv", ["Receipt", "Loyalty ID", "Purchased At", "Item", "Qty", "Unit Price"], rows)
    return {
        "pos_2024.csv": [
            f"transactions.{name}" for name in ("transaction_id", "customer_id", "at", "product", "amount", "amount")
        ]
    }


def arabic_orders(folder):
    """Arabic titles, digits and separators, riyals."""
    rows = [
        (
            f"ط-{n}".translate(EASTERN),
            f"{50_000 + n % 77}".translate(EASTERN),
            f"{day:%d/%m/%Y}".translate(EASTERN),
            f"{DRAW.randint(10, 9999)}٫٥٠ ر.س".translate(EASTERN),
            "الرياض",
            "مكتمل",
        )
        for n, day in enumerate(days(260))
    ]
    table(
        folder / "طلبات.csv", ["رقم الطلب", "رقم العميل", "تاريخ الطلب", "المبلغ الإجمالي", "الفرع", "حالة الطلب"], rows
    )
    return {
        "طلبات.csv": [
            *(f"transactions.{name}" for name in ("transaction_id", "customer_id", "at", "amount", "channel")),
            "",
        ]
    }


def arabic_survey(folder):
    """An Arabic survey in a workbook."""
    titles = [
        "رقم الاستجابة",
        "تاريخ الإجابة",
        "ما مدى احتمال أن توصي بنا لصديق؟",
        "ما مستوى رضاك العام؟",
        "تقييم التوصيل",
        "تقييم السعر",
        "ملاحظات",
    ]
    rows = [
        [n, day, DRAW.randint(0, 10), DRAW.randint(1, 5), DRAW.randint(1, 5), DRAW.randint(1, 5), f"ملاحظة {n}"]
        for n, day in enumerate(days(140))
    ]
    sheet(folder / "استبيان.xlsx", {"ورقة1": [["استبيان رضا العملاء"], [], titles, *rows]})
    return {
        "استبيان.xlsx": [
            "surveys.response_id",
            "surveys.at",
            "surveys.nps",
            "surveys.csat",
            "surveys.rating_",
            "surveys.rating_",
            "surveys.comment",
        ]
    }


def arabic_members(folder):
    """Windows Arabic letters, semicolons, telephone numbers as ids, names of persons."""
    rows = [
        (
            f"+9665{10_000_000 + n}",
            f"فلان {n}",
            f"{day:%Y/%m/%d}",
            f"{day + dt.timedelta(days=90):%Y/%m/%d}" if n % 3 == 0 else "",
            "ذهبية" if n % 2 else "فضية",
            150 if n % 2 else 90,
        )
        for n, day in enumerate(days(180, dt.datetime(2023, 2, 1)))
    ]
    table(
        folder / "اشتراكات.csv",
        ["رقم الجوال", "اسم المشترك", "تاريخ بداية الاشتراك", "تاريخ نهاية الاشتراك", "الباقة", "السعر"],
        rows,
        ";",
        "cp1256",
    )
    return {
        "اشتراكات.csv": [
            "memberships.customer_id",
            "",
            "memberships.started_on",
            "memberships.ended_on",
            "memberships.plan",
            "memberships.price",
        ]
    }


def arabic_customers(folder):
    """Arabic orders and customers that belong together, ids with leading zeros."""
    people = [
        (
            f"{n:06}",
            f"عميل {n}",
            "جدة" if n % 2 else "مكة",
            "ذكر" if n % 2 else "أنثى",
            f"{1 + n % 28:02}-{1 + n % 12:02}-2023",
        )
        for n in range(1, 150)
    ]
    sales = [
        (f"{1 + n * 11 % 149:06}", f"{day:%d-%m-%Y %H:%M}", f"{DRAW.randint(20, 3000):,}.75", "تطبيق")
        for n, day in enumerate(days(320))
    ]
    table(folder / "العملاء.csv", ["رقم العميل", "الاسم", "المدينة", "الجنس", "تاريخ التسجيل"], people)
    table(folder / "المبيعات.csv", ["كود العميل", "تاريخ الشراء", "الإجمالي (SAR)", "القناة"], sales)
    return {
        "العملاء.csv": [
            "customers.customer_id",
            "",
            "customers.about_المدينة",
            "customers.about_الجنس",
            "customers.joined_on",
        ],
        "المبيعات.csv": ["transactions.customer_id", "transactions.at", "transactions.amount", "transactions.channel"],
    }


FORMS = (
    european,
    joined,
    workbook,
    tickets,
    sessions,
    memberships,
    survey,
    lines,
    arabic_orders,
    arabic_survey,
    arabic_members,
    arabic_customers,
)


def targets(guess):
    """Part -> title -> the canonical columns that it is mapped to, and whether each is sure."""
    mapped: dict[str, dict[str, dict[str, bool]]] = {}
    for role in guess.roles:
        titles = mapped.setdefault(role.sheet.part.label, {column.name: {} for column in role.sheet.columns})
        for target, match in role.matches.items():
            for column in match.columns:
                titles[column.name][f"{role.table}.{target}"] = match.sure
    return mapped


def score(guess, truth):
    """How many columns there are, those guessed wrongly, and those of them that were said to be sure.

    A label that ends in `|` may be left out as well.
    """
    wrong, sure, count = [], [], 0
    mapped = targets(guess)
    for part, labels in truth.items():
        titles = mapped.get(part, {})
        for (title, found), label in itertools.zip_longest(titles.items(), labels, fillvalue=("", {})):
            count += 1
            label, either, _ = label.partition("|") if label else ("", "", "")
            tables = {label.partition(".")[0]}
            names = [name for name in found if name.partition(".")[0] in tables] or list(found)
            good = (
                any(name == label or (label.endswith("_") and name.startswith(label)) for name in names)
                if label
                else not found
            )
            if not good and not (either and not found):
                wrong.append((part, title, label, found))
                sure += [title] * any(found.values())
    return count, wrong, sure


def opened(guess, folder):
    """The workspace that is written for it."""
    (folder / "sources.yaml").write_text(sources_text(guess, title="Mine", folder=folder), encoding="utf-8")
    return open_workspace(folder)


@pytest.fixture(scope="module")
def guesses(tmp_path_factory):
    """Each form with its folder, what it is in truth, and what it is guessed to be."""
    made = {}
    for form in FORMS:
        folder = tmp_path_factory.mktemp(form.__name__)
        made[form.__name__] = (folder, form(folder), guess_workspace([str(folder)]))
    return made


def test_columns_of_free_forms_are_guessed(guesses):
    """At least 97 % of the columns of twelve forms, four of them Arabic, are right, and none is wrong and sure."""
    scores = [score(guess, truth) for _, truth, guess in guesses.values()]
    columns, faults = sum(count for count, *_ in scores), [fault for _, wrong, _ in scores for fault in wrong]
    assert columns > 75
    assert len(faults) <= 0.03 * columns, faults
    assert [title for *_, sure in scores for title in sure] == []


@pytest.mark.parametrize("form", [form.__name__ for form in FORMS])
def test_what_is_written_reads_every_row(form, guesses):
    """The settings are those that the reader obeys: no row is set aside, and what is written says why."""
    folder, _, guess = guesses[form]
    workspace: Workspace = opened(guess, folder)
    assert workspace.rules.to_dict("records") == []
    assert workspace.counts["good"].sum() >= 140
    assert "# sure: " in (folder / "sources.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "formats"),
    [
        ("05/03/2026 14:30", ["%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"]),
        ("5.3.26", ["%d.%m.%y", "%m.%d.%y"]),
        ("2026-03-05T10:00:00Z", ["", "%Y-%m-%dT%H:%M:%SZ"]),
        ("Mar 5, 2026, 2:30 PM", ["%b %d, %Y, %I:%M %p", "%B %d, %Y, %I:%M %p"]),
        ("20260305", ["%Y%m%d"]),
        ("١٤٤٧/٠٩/١٥", ["hijri"]),
        ("Order 7", []),
    ],
)
def test_formats_are_read_off_a_date(text, formats):
    """A date says how it is written; its day and month only where one is above twelve."""
    assert date_formats(text) == formats


def test_day_or_month_first_is_unsure_where_no_date_tells(tmp_path):
    """Days up to the 12th could be either; with one day after the 12th it is sure, with both kinds it is not."""
    for last, sure in (([], False), (["25/02/2026"], True), (["25/02/2026", "02/25/2026"], False)):
        rows = [(n, n % 7, f"{1 + n % 12:02}/02/2026", "9.50") for n in range(40)]
        rows += [(90 + n, 1, day, "9.50") for n, day in enumerate(last)]
        table(tmp_path / "orders.csv", ["Order ID", "Customer ID", "Date", "Total"], rows)
        [role] = guess_workspace([str(tmp_path / "orders.csv")]).roles
        [guess] = [guess for guess in role.sheet.guesses if guess.key == "dates"]
        both = ["%d/%m/%Y", "%m/%d/%Y"]
        assert (guess.value, guess.sure) == (both if len(last) == 2 else both[:1], sure)
        assert ("UNSURE: no date tells" in sources_text_of(tmp_path)) == (not last)


def test_a_guess_is_the_same_however_python_orders_its_sets(tmp_path):
    """Processes whose hashes differ write the same mapping: currencies, dates in two orders, columns that tie."""
    rows = [(n, n % 7, f"{1 + n % 12:02}/02/2026", "£9.50", "£1.20") for n in range(40)]
    rows += [(90, 1, "25/02/2026", "£9.50", ""), (91, 2, "02/25/2026", "£9.50", "")]
    table(tmp_path / "orders.csv", ["Order ID", "Customer ID", "Date", "Total", "Tip"], rows)
    code = (
        "import sys; from pathlib import Path; from cxlib.data import guess_workspace, sources_text; "
        "print(sources_text(guess_workspace([sys.argv[1]]), title='Mine', folder=Path('params/mine'))); "
        "assert 'ibis' not in sys.modules"  # for which a person would wait longer than for the guess
    )
    command = [sys.executable, "-c", code, str(tmp_path / "orders.csv")]
    seeds = [os.environ | {"PYTHONHASHSEED": seed} for seed in "1234"]
    told = {subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout for env in seeds}
    assert len(told) == 1


def sources_text_of(folder):
    """What would be written for a folder."""
    return sources_text(guess_workspace([str(folder)]), title="Mine", folder=folder / "params" / "mine")


def test_files_of_one_table_are_one_source(tmp_path):
    """Files that are read alike become a pattern, others sources beside each other."""
    rows = [(n, n % 7, f"2026-02-{1 + n % 28:02}", "9.50") for n in range(40)]
    for month in ("2026-01", "2026-02"):
        table(tmp_path / f"orders_{month}.csv", ["Order ID", "Customer ID", "Date", "Total"], rows)
    assert "orders_*.csv" in sources_text_of(tmp_path)
    table(tmp_path / "orders_2019.csv", ["Invoice", "Client", "Day", "Amount"], rows, ";")
    text = sources_text_of(tmp_path)
    assert "orders_*.csv" not in text
    assert text.count("- path: ") == 3


def test_a_duckdb_file_gives_its_tables(tmp_path):
    """Each table of a database is a part; typed columns are what they are."""
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as con:
        columns = "range AS order_id, range % 9 AS customer_id, range * 1.5 AS total"
        days = "TIMESTAMP '2026-01-01' + range * INTERVAL 1 DAY AS ordered_at"
        con.execute(f"CREATE TABLE orders AS SELECT {columns}, {days} FROM range(60)")
    [role] = guess_workspace([f"duckdb:///{tmp_path}/shop.duckdb"]).roles
    assert (role.table, role.sheet.part.settings) == ("transactions", {"table": "orders"})
    assert set(role.matches) == {"transaction_id", "customer_id", "at", "amount"}


def test_a_long_file_is_looked_at_in_many_places(tmp_path):
    """Of a file longer than the sample, rows from its middle and its end are seen."""
    rows = [(n, n % 999, "01/02/2026" if n < 150_000 else "25/02/2026", "9.50") for n in range(160_000)]
    table(tmp_path / "orders.csv", ["Order ID", "Customer ID", "Date", "Total"], rows)
    [role] = guess_workspace([str(tmp_path)]).roles
    assert role.sheet.part.rows <= 10_000
    assert next(guess.sure for guess in role.sheet.guesses if guess.key == "dates")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.csv", b"", "the file is empty"),
        ("blank.csv", b"\n \n\n", "nothing but blanks"),
        ("names.csv", b"Order ID,Customer ID,Date,Total\n", "no row"),
        ("one.csv", b"word\nhello\nworld\n", "not cut into cells"),
        ("letter.txt", b"This is a letter.\nBye, and thanks.\n", "no row|not cut|no table"),
        ("list.jsonl", b'[{"order_id": 1}]', "one JSON document"),
        ("torn.csv.gz", b"\x1f\x8b" + b"abc" * 100, "cannot be read"),
        ("zeros.csv", b"a,b\n" + b"1,c1,2026-02-01,9.50\x00\n" * 60, "line 2 holds a byte of"),
        ("wide.csv", "a,b\n1,c1,2026-02-01,9.50\n".encode("utf-16-le"), "seems to be UTF-16"),
        ("photo.csv", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(99), "picture"),
        ("secret.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "password"),
        ("broken.xlsx", b"PK\x03\x04" + bytes(99), "no Excel file"),
        ("other.db", b"SQLite format 3\x00" + bytes(999), "no DuckDB file"),
    ],
)
def test_files_that_are_no_tables_are_refused_in_words(name, content, words, tmp_path):
    """The message names the file and what is wrong with it."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=words) as error:
        guess_workspace([str(tmp_path / name)])
    assert name in str(error.value)


def test_a_folder_without_tables_and_an_address_are_refused(tmp_path):
    """A folder of pictures, a path that is not there, and a server are told apart."""
    (tmp_path / "a.png").write_bytes(b"x")
    with pytest.raises(DataError, match=r"There is no table in .*\n  a.png: left out"):
        guess_workspace([str(tmp_path)])
    with pytest.raises(DataError, match="no such file or folder"):
        guess_workspace([str(tmp_path / "b.csv")])
    with pytest.raises(ConfigurationError, match="only DuckDB files") as error:
        guess_workspace(["postgresql://me:secret@host/shop"])
    assert "secret" not in str(error.value)


def test_answers_are_written_in_place_of_guesses(tmp_path):
    """What a person says replaces the guess and is sure; what was sure is not asked."""
    rows = [(n, n % 7, f"{1 + n % 12:02}/02/2026", "9.50", "8.00") for n in range(40)]
    table(tmp_path / "orders.csv", ["Order ID", "Customer ID", "Date", "Total", "Amount"], rows)
    asked = []

    def ask(question, guess, choices):
        asked.append(question)
        return {"day first": "month first", "Total": "Amount"}.get(
            guess, "KWD" if "currency" in question else "Asia/Kuwait"
        )

    names = [str(tmp_path)]
    text = sources_text(ask_unsure(guess_workspace(names), names, ask), title="Mine", folder=tmp_path)
    assert len(asked) == 4
    assert 'dates: ["%m/%d/%Y"]  # sure: as answered' in text
    assert "amount: Amount  # sure: as answered" in text
    assert "currency: KWD  # sure: as answered" in text
    assert "# UNSURE" not in text


def roles_of(folder, name, titles, rows, **options):
    """The canonical columns that a file's titles are mapped to."""
    table(folder / name, titles, rows, **options)
    draft = guess_workspace([str(folder)])
    return draft, {
        f"{role.table}.{target}": (match.expression, match.sure)
        for role in draft.roles
        for target, match in role.matches.items()
    }


def test_a_known_export_is_read_by_its_recipe(tmp_path):
    """A recipe comes before every guess; what it leaves out stays out."""
    titles = ["Id", "Requester id", "Created at", "Solved at", "Via", "Subject", "Ticket type"]
    rows = [(n, n % 9, f"{day:%Y-%m-%d %H:%M:%S}", "", "mail", f"s{n}", "problem") for n, day in enumerate(days(40))]
    draft, mapped = roles_of(tmp_path, "export.csv", titles, rows)
    assert draft.roles[0].recipe.startswith("recipe zendesk-tickets, version 1")
    assert mapped["tickets.topic"] == ("Ticket type", True)


def test_ids_in_objects_and_abbreviated_titles_are_understood(tmp_path):
    """Bill#, Txn Dt and Cust. Code are words; of a JSON object the id is taken."""
    rows = [(n, f"C{n % 9}", f"{day:%d-%b-%y}", f"AED {n}.25") for n, day in enumerate(days(60))]
    draft, mapped = roles_of(tmp_path, "x.csv", ["Bill#", "Cust. Code", "Txn Dt", "Net Amt"], rows)
    assert {name for name, (_, sure) in mapped.items() if sure} == {
        f"transactions.{name}" for name in ("transaction_id", "customer_id", "at", "amount")
    }
    assert (draft.currency.value, draft.time_zone.value) == ("AED", "Asia/Dubai")


def test_orders_that_came_to_nothing_are_left_out_unsure(tmp_path):
    """A status that says so becomes a condition, to be looked at."""
    rows = [
        (n, n % 9, f"{day:%Y-%m-%d}", "9.50", "Cancelled" if n % 5 == 0 else "Paid") for n, day in enumerate(days(60))
    ]
    titles = ["Order ID", "Customer ID", "Order Date", "Total", "Status"]
    draft, _ = roles_of(tmp_path, "orders.csv", titles, rows)
    [guess] = draft.roles[0].guesses
    assert (guess.value, guess.sure) == ("coalesce(Status, '') not in ('Cancelled')", False)


def test_a_file_without_titles_is_mapped_by_its_values_and_never_sure(tmp_path):
    """Blanks between the cells, no header, days without separators."""
    lines = [f" {n // 3:05} {day:%Y%m%d}  {1 + n % 4}  {n}.25" for n, day in enumerate(days(90))]
    (tmp_path / "log.txt").write_text("\n".join(lines))
    [role] = guess_workspace([str(tmp_path)]).roles
    found = {name: (match.expression, match.sure) for name, match in role.matches.items()}
    assert found == {"at": ("column_2", False), "amount": ("column_4", False), "customer_id": ("column_1", False)}


def test_numbers_of_three_decimals_are_unsure_only_where_they_may_be_thousands(tmp_path):
    """1.500 may be one and a half; 1,500 is not written for an amount with three decimals."""
    for text, sure in (("1.500", False), ("1,500", True), ("1.500,25", True)):
        rows = [(n, n % 9, f"{day:%Y-%m-%d}", text) for n, day in enumerate(days(60))]
        draft, _ = roles_of(
            tmp_path, "orders.csv", ["Order ID", "Customer ID", "Order Date", "Total"], rows, delimiter=";"
        )
        assert all(guess.sure for guess in draft.roles[0].sheet.guesses) == sure


def test_a_code_apart_from_the_scale_is_no_answer(tmp_path):
    """Answers from 1 to 5 beside a 9 are read without it, which is not sure; a table's own names are."""
    rows = [(n, f"{day:%Y-%m-%d}", n % 11, 9 if n % 8 == 0 else 1 + n % 5, 1 + n % 5) for n, day in enumerate(days(80))]
    titles = ["response_id", "at", "nps", "rating_staff", "expect_staff"]
    _, mapped = roles_of(tmp_path, "answers.csv", titles, rows)
    assert mapped["surveys.rating_staff"] == ("nullif(rating_staff, '9')", False)
    assert mapped["surveys.expect_staff"] == ("expect_staff", True)
    assert "# sure" not in "".join(line for line in sources_text_of(tmp_path).splitlines() if "or: no rating" in line)
    assert mapped["surveys.at"] == ("at", True)


def test_small_amounts_are_no_answers(tmp_path):
    """A file of a survey may hold fees and tips; they stop nothing."""
    rows = [(n, f"{day:%Y-%m-%d}", n % 11, "$0.00", "$3.00" if n % 2 else "$1.00") for n, day in enumerate(days(60))]
    _, mapped = roles_of(tmp_path, "survey.csv", ["id", "date", "nps", "Fee", "Tip"], rows)
    assert set(mapped) == {"surveys.response_id", "surveys.at", "surveys.nps"}


@pytest.mark.parametrize(
    ("sign", "currency", "others", "zone"),
    [
        ("£", "GBP", ("EGP",), "Europe/London"),
        ("ر.س", "SAR", (), "Asia/Riyadh"),
        ("ريال", "SAR", ("OMR", "QAR"), "Asia/Riyadh"),
        ("$", "USD", ("AUD", "CAD"), "America/New_York"),
        ("CAD", "CAD", (), "America/Toronto"),
    ],
)
def test_a_currency_is_told_by_signs_beside_amounts_alone(sign, currency, others, zone, tmp_path):
    """Letters of ids and codes of a column that is no amount say nothing; all currencies of a sign are candidates."""
    rows = [
        (f"M-{n}", f"{n % 9:04} ع", f"{day:%Y-%m-%d}", f"{sign} {n}.50", f"EUR {n}") for n, day in enumerate(days(60))
    ]
    table(tmp_path / "orders.csv", ["Order ID", "Customer ID", "Date", "Total", "Shelf"], rows)
    guess = guess_workspace([str(tmp_path)])
    assert (guess.currency.value, guess.currency.others) == (currency, others)
    assert guess.currency.sure == (not others)
    assert guess.currency.evidence == f"60 amounts of the sample carry {sign}"
    assert guess.time_zone.value == zone


def test_only_dates_that_are_mapped_tell_their_order(tmp_path):
    """A column that no one reads may have another order."""
    rows = [(n, n % 9, f"{day:%d/%m/%Y}", f"{day:%m/%d/%Y}", "9.50") for n, day in enumerate(days(90))]
    table(tmp_path / "orders.csv", ["Order ID", "Customer ID", "Order Date", "Shipped", "Total"], rows)
    [role] = guess_workspace([str(tmp_path)]).roles
    [guess] = [guess for guess in role.sheet.guesses if guess.key == "dates"]
    assert (guess.value, guess.sure) == (["%d/%m/%Y"], True)


@pytest.mark.parametrize("form", ["%Y-%m-%dT%H:%M", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%d.%m.%Y %H:%M"])
def test_dates_of_a_recipe_give_way_to_those_of_the_file(form, tmp_path):
    """Settings that differ from one account to the next are those by which the rows can be read."""
    titles = ["Timestamp", "Email", "How likely are you to recommend us?"]
    rows = [(f"{day:{form}}", f"c{n}@shop.example", n % 11) for n, day in enumerate(days(90))]
    table(tmp_path / "survey.csv", titles, rows)
    folder = tmp_path / "params" / "mine"
    folder.mkdir(parents=True)
    (folder / "sources.yaml").write_text(sources_text_of(tmp_path))
    assert open_workspace(folder).counts["good"].tolist() == [90]


DAYS = [f"{day:%Y-%m-%d}" for day in days(240)]
LATER = [f"{day:%Y-%m-%d}" for day in days(240, dt.datetime(2025, 3, 1), 0.9)]
IDS, MONEY = [f"C{n}" for n in range(240)], [f"{5 + n * 7 % 90}.{n % 90 + 10}" for n in range(240)]
MANY, KIND = [f"C{n % 40}" for n in range(240)], ["AB"[n % 2] for n in range(240)]
ENDS, WHY = ([value if n % 4 == 0 else "" for n, value in enumerate(some)] for some in (LATER, ["dear", "moved"] * 120))
NUMBERS = [str(9000 + n) for n in range(240)]


@pytest.mark.parametrize(
    ("name", "columns", "table_of", "rivals"),
    [
        # a bank's accounts, in English and Arabic
        (
            "list.csv",
            {"Account Number": NUMBERS, "Customer ID": MANY, "Account Type": KIND, "Opened Date": DAYS,
             "Closed Date": ENDS, "Balance": MONEY},
            "memberships", {"nothing"},
        ),
        (
            "حسابات.csv",
            {"رقم الحساب": NUMBERS, "رقم العميل": MANY, "نوع الحساب": KIND, "تاريخ فتح الحساب": DAYS,
             "تاريخ الإغلاق": ENDS, "الرصيد": MONEY},
            "memberships", {"nothing"},
        ),
        # invoices of periods
        (
            "bills.csv",
            {"Invoice": NUMBERS, "Customer": MANY, "Period start": DAYS, "Period end": LATER, "Plan": KIND,
             "Amount": MONEY, "Status": KIND},
            "transactions", {"memberships"},
        ),
        ("x.csv", {"Customer": MANY, "From": DAYS, "To": LATER, "Plan": KIND, "Fee": MONEY},
         "memberships", {"nothing"}),
        # tickets with an answer
        (
            "x.csv",
            {"Ticket ID": NUMBERS, "Customer ID": MANY, "Created At": DAYS, "Closed At": ENDS,
             "CSAT": [n % 5 + 1 for n in range(240)]},
            "tickets", {"surveys"},
        ),
        ("x.csv", {"Member": IDS, "Joined": DAYS, "Plan": KIND, "City": KIND}, "customers", {"memberships"}),
        # what is none of all
        ("bank.csv", {"Booking date": DAYS, "Client account": MANY, "Details": KIND, "Debit": MONEY, "Balance": MONEY},
         "", set()),
        ("offers.csv", {"Quote": NUMBERS, "Customer": MANY, "Date": DAYS, "Total": MONEY}, "", set()),
    ],
)  # fmt: skip
def test_what_a_row_is_is_sure_only_where_titles_say_it(name, columns, table_of, rivals, tmp_path):
    """Accounts, invoices of a period and tickets with answers may be two tables: both are named, none is sure."""
    table(tmp_path / name, list(columns), list(zip(*columns.values(), strict=True)))
    if not table_of:
        with pytest.raises(DataError, match="left out, no table of customers fits"):
            guess_workspace([str(tmp_path)])
        return
    role = guess_workspace([str(tmp_path)]).roles[0]
    assert role.table == table_of
    assert rivals <= set(role.rivals)
    assert "# UNSURE: " in next(line for line in sources_text_of(tmp_path).splitlines() if "path: " in line)


@pytest.mark.parametrize(
    ("name", "titles", "key"),
    [
        ("refunds.csv", ["Refund ID", "Order ID", "Customer ID", "Refund Date", "Refund Amount"], "Refund ID"),
        ("x.csv", ["Refund No", "Order No", "Customer", "Date", "Refunded"], "Refund No"),
        ("مرتجعات.csv", ["رقم المرتجع", "رقم الطلب", "رقم العميل", "التاريخ", "المبلغ"], "رقم المرتجع"),
        ("retouren.csv", ["Nr", "Bestell-Nr", "Kd-Nr", "Retourdatum", "Erstattung"], None),
    ],
)
def test_refunds_count_against_sales(name, titles, key, tmp_path):
    """A file of refunds has amounts above nought: as sales they would add up to twice what they take away."""
    rows = [(f"R{n}", f"O{n * 3}", f"C{n % 40}", DAYS[n], MONEY[n]) for n in range(240)]
    draft, mapped = roles_of(tmp_path, name, titles, rows)
    assert draft.roles[0].rivals
    assert mapped.get("transactions.transaction_id", (None,))[0] == key
    assert not mapped["transactions.amount"][1]
    amounts = opened(draft, tmp_path).frame("transactions")["amount_cents"]
    assert amounts.sum() == -sum(round(100 * float(text)) for text in MONEY)


@pytest.mark.parametrize("others", [("Paid", "Partially refunded"), ("مكتمل", "مسترجع جزئيا")])
@pytest.mark.parametrize(
    "status", ["Void - duplicate", "Refunded to customer", "CANCELLED_BY_USER", "تم الإلغاء", "ملغي من العميل"]
)
def test_a_status_of_several_words_says_that_a_row_is_no_sale(status, others, tmp_path):
    """The proposal is unsure and counts each status and what it comes to; what is refunded in part stays."""
    states = [status if n % 4 == 0 else others[n % 2] for n in range(240)]
    rows = list(zip(NUMBERS, MANY, DAYS, ["10.50"] * 240, states, strict=True))
    draft, _ = roles_of(tmp_path, "orders.csv", ["Order ID", "Customer ID", "Order Date", "Total", "Order state"], rows)
    [guess] = draft.roles[0].guesses
    assert guess.value == f"coalesce(\"Order state\", '') not in ('{status}')"
    assert f"{status} 60 rows of 630.00 in all" in guess.evidence
    assert not guess.sure


def test_rows_of_one_order_are_lines_only_where_titles_say_so(tmp_path):
    """Amounts that differ may be payments as well as lines; a product beside them tells."""
    rows = [(n // 2, f"C{n % 40}", DAYS[n], MONEY[n], KIND[n]) for n in range(240)]
    for title, sure in (("Product", True), ("Shelf", False)):
        titles = ["Order ID", "Customer ID", "Order Date", "Total", title]
        draft, _ = roles_of(tmp_path, "orders.csv", titles, rows)
        assert {one.key: (one.value, one.sure) for one in draft.roles[0].guesses} == {"one_row_is": ("line", sure)}


def test_contacts_and_names_are_no_sure_ids(tmp_path):
    """One person has several phones and several share a name."""
    for title, values in (
        ("Phone", [f"+96650{n:07}" for n in range(40)] * 6),
        ("Client", ["Jane Doe", "Bob Ray", "Sue Ell"] * 80),
        ("العميل", [f"p{n}@shop.example" for n in range(40)] * 6),
    ):
        rows = list(zip(NUMBERS, values, DAYS, MONEY, strict=True))
        _, mapped = roles_of(tmp_path, "orders.csv", ["Order ID", title, "Order Date", "Total"], rows)
        assert not mapped["transactions.customer_id"][1]


def test_what_only_those_have_who_left_is_no_attribute(tmp_path):
    """By title or by values, beside the memberships or in a file of its own; so are names, handles and notes."""
    told = {
        "Exit survey": WHY,
        "Last call": WHY,
        "سبب الانسحاب": WHY,
        "Standing": ["no" if one else "yes" for one in ENDS],
    }
    words = {"Twitter": [f"@bob{n % 9}" for n in range(240)], "Login": KIND, "Remarks": KIND, "ملاحظات": KIND,
             "Story": ["one of many happy people", "another of many happy people"] * 120}  # fmt: skip
    about = {"Region": KIND, "Half": [one if n % 3 else "" for n, one in enumerate(KIND)]}
    everything = {"Customer ID": IDS, **told, **words, **about}
    spells = {"Start Date": DAYS, "End Date": ENDS, "Plan": KIND, "Monthly Fee": MONEY}
    for files in ({"all": everything | spells}, {"people": everything, "spells": {"Customer ID": IDS} | spells}):
        folder = tmp_path / str(len(files))
        folder.mkdir()
        for name, columns in files.items():
            table(folder / f"{name}.csv", list(columns), list(zip(*columns.values(), strict=True)))
        [people] = [role for role in guess_workspace([str(folder)]).roles if role.table == "customers"]
        assert {one.column.name: one.sure for one in people.matches.values()} == {
            "Customer ID": True, "Region": True, "Half": False,
        }  # fmt: skip


def test_nought_before_a_short_scale_is_no_answer(tmp_path):
    """Of 0 beside 1 to 5 the mapping says that it is taken for none, of a known question too."""
    rows = [(n, DAYS[n], n % 11, n % 6, (0, 3, 4, 5)[n % 4], n % 6, 99 if n % 9 == 0 else n % 11) for n in range(240)]
    titles = ["Response ID", "Date", "How likely are you to recommend us?", "Overall satisfaction", "Rate our app",
              "تقييم،,\nالتوصيل", "Rate our prices from 0 to 10"]  # fmt: skip
    draft, mapped = roles_of(tmp_path, "survey.csv", titles, rows)
    assert mapped["surveys.nps"][0] == titles[2]
    assert mapped["surveys.csat"] == ("nullif(\"Overall satisfaction\", '0')", False)
    assert mapped["surveys.rating_app"] == ("nullif(\"Rate our app\", '0')", False)
    assert not mapped["surveys.rating_توصيل"][1]
    assert mapped["surveys.rating_prices_from_0_10"] == ("nullif(\"Rate our prices from 0 to 10\", '99')", False)
    answers = opened(draft, tmp_path).frame("surveys")
    assert answers[["csat", "rating_app", "rating_توصيل"]].min().tolist() == [1, 3, 1]


def test_ratings_are_named_by_what_sets_their_titles_apart(tmp_path):
    """Whole words, without what all share, what stands in brackets and small words; titles that come to one differ."""
    start = "Thinking about your most recent stay with us at the hotel, how would you rate "
    ends = ["the cleanliness of your room?", "the speed (1 = slow) of our staff?", "our speed of staff", "the bed?"]
    rows = [(n, DAYS[n], n % 11, *(1 + n % 5 for _ in ends)) for n in range(240)]
    _, mapped = roles_of(tmp_path, "survey.csv", ["Response ID", "Date", "NPS", *(start + one for one in ends)], rows)
    names = [name.removeprefix("surveys.rating_") for name in mapped if "rating" in name]
    assert names == ["cleanliness_room", "speed_staff", "speed_staff_2", "bed"]


def test_labels_of_codes_are_no_answers(tmp_path):
    """Of a file of SPSS the codes are the answers; labels that are digits are not."""
    frame = pd.DataFrame({"id": range(90), "nps": [n % 11 for n in range(90)], "q2": [n % 5 + 1 for n in range(90)]})
    labels = {"nps": {n: str(n) for n in range(11)}, "q2": {n: str(n) for n in range(1, 6)}}
    questions = ["Respondent", "How likely are you to recommend us (0-10)", "Rate our service (1-5)"]
    pyreadstat.write_sav(frame, tmp_path / "a.sav", column_labels=questions, variable_value_labels=labels)
    [role] = guess_workspace([str(tmp_path)]).roles
    mapped = {name: one.column.name for name, one in role.matches.items()}
    assert mapped == {"response_id": "Respondent", "nps": questions[1], "rating_service": questions[2]}


@pytest.mark.parametrize(
    ("amounts", "words"),
    [
        (["$5.50", "€7.25"], r"amount \(Total has several currencies in one column \(\$, €\): put the currency in"),
        (["5.50%", "7٫25٪"], r"amount \(Total holds per cent, such as 5.50%"),
        (["1e308", "9" * 40], r"amount \(Total has numbers beyond all amounts"),
        (["5.-", "7.-"], r"amount \(the values of Total are no numbers, such as 5.-: leave digits"),  # 5 and no cents
        (["about 5", "7 or 8"], r"amount \(the values of Total are no numbers, such as 7 or 8"),
    ],
)
def test_a_column_that_is_no_amount_is_refused_by_its_name(amounts, words, tmp_path):
    """Said are the column, what is wrong with it and what to do."""
    rows = list(zip(NUMBERS, MANY, DAYS, amounts * 120, strict=True))
    table(tmp_path / "orders.csv", ["Order ID", "Customer ID", "Order Date", "Total"], rows)
    with pytest.raises(DataError, match=f"orders.csv: left out.*; as transactions it lacks {words}"):
        guess_workspace([str(tmp_path)])


def test_what_a_row_lacks_is_said_by_the_title_that_it_wants(tmp_path):
    """Days that are none, and a column that is not there."""
    for titles, words in (
        (["Order ID", "Customer ID", "Order Date", "Total"], "at .the values of Order Date are no instants, such as"),
        (["Order ID", "Shelf", "Day", "Total"], "customer_id .no column is called so; give one a title such as custom"),
    ):
        table(tmp_path / "orders.csv", titles, [(n, n % 7, f"week {n}", "9.50") for n in range(60)])
        with pytest.raises(DataError, match=words):
            guess_workspace([str(tmp_path)])


def test_a_clinic_has_fees_and_those_who_did_not_come(tmp_path):
    """A fee is what is paid where no other column is an amount, which is not sure; in sales with a total it is none."""
    states, fees = ["حضر", "لم يحضر", "ملغي"] * 80, ["١٥٠", "٢٠٠", "٣٥٠٫٥"] * 80
    rows = list(zip(NUMBERS, MANY, DAYS, states, fees, MONEY, strict=True))
    titles = ["م", "رقم الملف", "التاريخ", "الحالة", "الرسوم", "الإجمالي"]
    _, mapped = roles_of(tmp_path, "clinic.csv", titles[:-1], [row[:-1] for row in rows])
    assert mapped["transactions.amount"] == ("الرسوم", False)
    draft, mapped = roles_of(tmp_path, "sales.csv", titles, rows)
    assert mapped["transactions.amount"] == ("الإجمالي", True)
    assert draft.roles[0].guesses[0].value == "coalesce(\"الحالة\", '') not in ('لم يحضر', 'ملغي')"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_title_may_hold_the_end_of_a_line(end, tmp_path):
    """Also where it is another one than that of the rows."""
    rows = [f"{n},c{n % 9},{DAYS[n]},9.50" for n in range(60)]
    text = end.join(['Order ID,Customer ID,"Order\nDate",Total', *rows, ""])
    (tmp_path / "orders.csv").write_bytes(text.encode())
    [role] = guess_workspace([str(tmp_path)]).roles
    assert set(role.matches) == {"transaction_id", "customer_id", "at", "amount"}
    assert opened(guess_workspace([str(tmp_path / "orders.csv")]), tmp_path).counts["good"].tolist() == [60]


@pytest.mark.slow
def test_two_thousand_columns_are_looked_at_in_seconds(tmp_path):
    """Columns are described together: one by one they took a minute."""
    titles = ["Customer ID", "Joined", *(f"attr {n}" for n in range(2_000))]
    rows = [(IDS[n], DAYS[n], *(("AB"[n % 2], n % 9)[k % 2] for k in range(2_000))) for n in range(60)]
    table(tmp_path / "customers.csv", titles, rows)
    start = time.process_time()
    [role] = guess_workspace([str(tmp_path)]).roles
    assert len(role.matches) == len(titles)
    assert time.process_time() - start < 16


@pytest.mark.parametrize(
    ("title", "most", "answer"),
    [
        ("csat", 5, {"csat"}),
        ("Rating", 5, {"csat"}),
        ("rating", 10, {"nps"}),
        ("score", 10, {"nps"}),
        ("Speed score", 5, set()),
    ],
)
def test_a_rating_of_something_is_no_answer_from_0_to_10(tmp_path, title, most, answer):
    """A rating from 1 to 5 was taken for NPS, which came to -100; a rating of speed is a driver in every file."""
    ratings = [(n, IDS[n], DAYS[n], n * 7 % (most + (most > 5)) + (most == 5), n % 5 + 1) for n in range(60)]
    table(tmp_path / "survey.csv", ["response_id", "customer_id", "date", title, "rating_price"], ratings)
    [role] = guess_workspace([str(tmp_path)]).roles
    assert role.table == "surveys"
    assert {"nps", "csat", "ces"} & set(role.matches) == answer
    assert "rating_price" in role.matches


@pytest.mark.parametrize(("title", "sure"), [("Customer ID", True), ("Contact", False)])
def test_half_of_the_ids_are_a_join_that_the_titles_decide(tmp_path, title, sure):
    """Where a file knows half of the other's customers, its column is theirs; sure only by its title."""
    when = days(80)
    table(
        tmp_path / "orders.csv",
        ["Order", "Customer ID", "Date", "Total"],
        [(n, f"C-{1000 + n % 40}", f"{when[n]:%Y-%m-%d}", 20 + n) for n in range(80)],
    )
    table(
        tmp_path / "tickets.csv",
        ["Ticket", title, "Opened", "Closed"],
        [(f"T{n}", f"C-{1020 + n % 40}", f"{when[n]:%Y-%m-%d}", f"{when[n]:%Y-%m-%d}") for n in range(40)],
    )
    roles = {role.table: role for role in guess_workspace([str(tmp_path)]).roles}
    match = roles["tickets"].matches["customer_id"]
    assert (match.column.name, match.sure) == (title, sure)
    assert "50% of its ids are in orders.csv" in match.evidence
