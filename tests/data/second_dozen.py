"""Fourteen more files as programs and people write them: what their columns are in truth, and what good rows come to.

Each function writes its files into a folder and gives, for each part, the labels of its columns as
`test_guessing` compares them, and for each table what it must come to: rows that are good, and sums in minor units.
"""

import datetime as dt
import json
import random
from pathlib import Path

import openpyxl
from hijridate import Gregorian

EASTERN = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def days(count, since=dt.datetime(2024, 1, 3, 9, 30), step=1.37):
    """Instants that go on over months, with days after the 12th."""
    return [since + dt.timedelta(days=step * number, minutes=7 * number) for number in range(count)]


def text_file(path: Path, titles, rows, delimiter=",", encoding="utf-8", head="", tail="", end="\n"):
    """A delimited text file."""
    quoted = [
        ['"' + str(cell).replace('"', '""') + '"' if {delimiter, "\r", "\n"} & set(str(cell)) else str(cell)
         for cell in row]
        for row in [titles, *rows]
    ]  # fmt: skip
    text = head + end.join(delimiter.join(row) for row in quoted) + end + tail
    path.write_text(text, encoding=encoding, newline="")


def comma(amount):
    """Write 1234.5 as 1.234,50."""
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


def bank(folder):
    """A ledger of customers' accounts: payments under Credit, refunds under Debit, one of them empty in each row."""
    draw, total, rows = random.Random(1), 0, []
    for n, day in enumerate(days(300)):
        cents = draw.randint(500, 250_000)
        back = n % 11 == 0
        total += -cents if back else cents
        pair = (f"{cents / 100:,.2f}", "") if back else ("", f"{cents / 100:,.2f}")
        rows.append((f"T{n:06}", f"{day:%d/%m/%Y}", f"00{1000 + n % 60}", *pair))
    text_file(
        folder / "customer_payments.csv", ["Transaction Ref", "Posting Date", "Customer No", "Debit", "Credit"], rows
    )
    labels = ["transaction_id", "at", "customer_id", "amount", "amount"]
    return {"customer_payments.csv": [f"transactions.{one}" for one in labels]}, {
        "transactions": (300, "amount_cents", total)
    }


def sap(folder):
    """Billing documents of SAP: minus signs after the amounts, points for thousands, days with dots, tabs."""
    draw, total, rows = random.Random(2), 0, []
    for n, day in enumerate(days(260)):
        cents = draw.randint(5_000, 900_000)
        back = n % 13 == 5
        total += -cents if back else cents
        rows.append((f"009{n:07}", f"{17000 + n % 55:010}", f"{day:%d.%m.%Y}", comma(cents / 100) + "-" * back, "EUR"))
    text_file(
        folder / "VBRK_export.txt", ["Belegnummer", "Kundennummer", "Fakturadatum", "Nettowert", "Währung"], rows, "\t"
    )
    labels = ["transaction_id", "customer_id", "at", "amount", "currency"]
    return {"VBRK_export.txt": [f"transactions.{one}" for one in labels]}, {
        "transactions": (260, "amount_cents", total)
    }


def subtotals(folder):
    """Semicolons, decimal commas, a subtotal after each month and a total at the end: rows that are no sales."""
    draw, total, month_total, rows, month = random.Random(3), 0, 0, [], None
    for n, day in enumerate(days(280)):
        if month not in (None, day.month):
            rows.append((f"Zwischensumme {month:02}", "", "", comma(month_total / 100), ""))
            month_total = 0
        month, cents = day.month, draw.randint(500, 90_000)
        total, month_total = total + cents, month_total + cents
        rows.append((f"RE-{n:05}", f"K{n % 70:04}", f"{day:%d.%m.%Y}", comma(cents / 100), "Filiale Köln"))
    rows += [
        (f"Zwischensumme {month:02}", "", "", comma(month_total / 100), ""),
        ("Gesamt", "", "", comma(total / 100), ""),
    ]
    text_file(folder / "Verkaeufe.csv", ["Beleg-Nr.", "Kunde", "Datum", "Betrag", "Filiale"], rows, ";", "cp1252")
    labels = ["transaction_id", "customer_id", "at", "amount", "channel"]
    return {"Verkaeufe.csv": [f"transactions.{one}" for one in labels]}, {"transactions": (280, "amount_cents", total)}


def three_years(folder):
    """Three files of three years: each year the program had other titles, another order, another way to write days."""
    draw, total = random.Random(4), 0
    heads = {
        2023: ["Order No", "Client ID", "Order Date", "Amount"],
        2024: ["Client ID", "Order Number", "Date of order", "Total", "Store"],
        2025: ["order_id", "customer_id", "created_at", "store", "total_amount", "vat"],
    }
    parts = {}
    for year, titles in heads.items():
        rows = []
        for n, day in enumerate(days(160, dt.datetime(year, 1, 2, 8, 15), 2.2)):
            cents = draw.randint(900, 60_000)
            total += cents
            order, client, sum_ = f"{year}-{n:04}", f"C-{n * 7 % 80:03}", f"{cents / 100:.2f}"
            rows.append({
                2023: (order, client, f"{day:%d/%m/%Y}", sum_),
                2024: (client, order, f"{day:%d-%b-%Y}", sum_, "Mall"),
                2025: (order, client, f"{day:%Y-%m-%dT%H:%M:%S}", "Mall", sum_, f"{cents / 1000:.2f}"),
            }[year])  # fmt: skip
        text_file(folder / f"orders_{year}.csv", titles, rows)
    parts["orders_2023.csv"] = ["transaction_id", "customer_id", "at", "amount"]
    parts["orders_2024.csv"] = ["customer_id", "transaction_id", "at", "amount", "channel"]
    parts["orders_2025.csv"] = ["transaction_id", "customer_id", "at", "channel", "amount", ""]
    return {part: [one and f"transactions.{one}" for one in labels] for part, labels in parts.items()}, {
        "transactions": (480, "amount_cents", total)
    }


def statuses(folder):
    """Orders of which some are pending, open or cancelled: they are no sales yet."""
    draw, total, good, rows = random.Random(5), 0, 0, []
    for n, day in enumerate(days(300)):
        cents, state = (
            draw.randint(900, 60_000),
            draw.choice(["Paid", "Paid", "Paid", "Shipped", "Pending", "Open", "Cancelled"]),
        )
        meant = state in ("Paid", "Shipped")
        total, good = total + cents * meant, good + meant
        rows.append((5000 + n, f"{day:%Y-%m-%d %H:%M}", f"c{n % 66:03}", f"SAR {cents / 100:,.2f}", state, "Web"))
    text_file(
        folder / "orders_export.csv",
        ["Order ID", "Order Date", "Customer ID", "Order Total", "Status", "Channel"],
        rows,
    )
    labels = ["transaction_id", "at", "customer_id", "amount", "", "channel"]
    return {"orders_export.csv": [one and f"transactions.{one}" for one in labels]}, {
        "transactions": (good, "amount_cents", total)
    }


def arabic_pos(folder):
    """A till in Riyadh: Hijri days, Arabic-Indic digits, a decimal sign of its own, titles above."""
    draw, total, rows = random.Random(6), 0, []
    for n, day in enumerate(days(240)):
        hijri = Gregorian(day.year, day.month, day.day).to_hijri()
        halalas = draw.randint(500, 250_000)
        total += halalas
        amount = f"{halalas / 100:,.2f}".translate(str.maketrans(",.", "٬٫")).translate(EASTERN)
        cells = (
            f"{n + 1:06}", f"{hijri.year}/{hijri.month:02}/{hijri.day:02}", f"{day:%H:%M}", f"05{10_000_000 + n % 60}",
        )  # fmt: skip
        rows.append((*(cell.translate(EASTERN) for cell in cells), amount, "فرع العليا"))
    titles = ["رقم الفاتورة", "التاريخ", "الوقت", "رقم جوال العميل", "الإجمالي شامل الضريبة", "الفرع"]
    head = "تقرير المبيعات;;;;;\n\n"
    text_file(folder / "تقرير المبيعات.csv", titles, rows, ";", head=head)
    labels = ["transaction_id", "at", "at", "customer_id", "amount", "channel"]
    return {"تقرير المبيعات.csv": [one and f"transactions.{one}" for one in labels]}, {
        "transactions": (240, "amount_cents", total)
    }


def crm(folder):
    """A dump of a CRM: two columns of e-mails, and orders that know the second of them."""
    draw, total = random.Random(7), 0
    people = [
        (
            f"003A{n:05}", f"First{n}", f"Last{n}", f"work{n}@corp{n % 9}.example", f"Home{n}@mail.example",
            "Retail" if n % 3 else "Trade", f"2023-{n % 12 + 1:02}-{n % 27 + 1:02}", "Call again; was\nnot at home",
        )
        for n in range(150)
    ]  # fmt: skip
    orders = []
    for n, day in enumerate(days(300)):
        cents = draw.randint(900, 60_000)
        total += cents
        orders.append((f"SO{n:05}", people[n * 7 % 150][4].lower(), f"{day:%Y-%m-%d}", f"${cents / 100:,.2f}"))
    text_file(
        folder / "contacts.csv",
        ["Contact ID", "First Name", "Last Name", "Email", "Alternate Email", "Segment", "Created Date", "Notes"],
        people,
    )
    text_file(folder / "orders.csv", ["Order Number", "Email Address", "Order Date", "Order Total"], orders)
    return {
        "contacts.csv": ["", "", "", "", "customers.customer_id", "customers.segment", "customers.joined_on", ""],
        "orders.csv": [f"transactions.{one}" for one in ("transaction_id", "customer_id", "at", "amount")],
    }, {"transactions": (300, "amount_cents", total), "customers": (150, None, None)}


def book(folder):
    """A workbook with a cover, the sales, and a pivot of them by month."""
    draw, total, book_ = random.Random(8), 0, openpyxl.Workbook()
    cover = book_.active
    cover.title = "Cover"
    for row in (["Sales 2024"], ["Prepared by", "Finance"], ["As of", dt.date(2025, 1, 3)], ["Confidential"]):
        cover.append(row)
    sales, pivot = book_.create_sheet("Sales Data"), book_.create_sheet("Pivot")
    sales.append(["Invoice Number", "Invoice Date", "Customer Code", "Product", "Net Amount"])
    months: dict[str, int] = {}
    for n, day in enumerate(days(260)):
        cents = draw.randint(900, 60_000)
        total += cents
        months[f"{day:%b %Y}"] = months.get(f"{day:%b %Y}", 0) + cents
        sales.append([f"INV-{n:04}", day.date(), f"CU{n % 50:03}", f"Item {n % 9}", cents / 100])
    pivot.append(["Sum of Net Amount"])
    pivot.append(["Row Labels", "Item 0", "Item 1", "Grand Total"])
    for month, cents in months.items():
        pivot.append([month, cents / 200, cents / 200, cents / 100])
    pivot.append(["Grand Total", total / 200, total / 200, total / 100])
    book_.save(folder / "Sales 2024.xlsx")
    labels = ["transaction_id", "at", "customer_id", "product", "amount"]
    return {"Sales 2024.xlsx (Sales Data)": [f"transactions.{one}" for one in labels]}, {
        "transactions": (260, "amount_cents", total)
    }


def web_log(folder):
    """A log of visits as JSON lines, one record a visit."""
    draw, rows = random.Random(9), []
    for n, day in enumerate(days(300, step=0.4)):
        record = {
            "session_id": f"s-{n:06}", "user_id": f"u{n % 70}", "timestamp": f"{day:%Y-%m-%dT%H:%M:%S}Z",
            "page_views": draw.randint(1, 20), "duration_seconds": draw.randint(5, 900),
            "purchased": n % 9 == 0, "user_agent": "Mozilla/5.0", "ip": f"10.0.0.{n % 250}",
        }  # fmt: skip
        rows.append(json.dumps(record))
    (folder / "web_visits.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    labels = ["seconds", "", "pages", "converted", "session_id", "at", "", "customer_id"]  # by the alphabet
    return {"web_visits.jsonl": [one and f"sessions.{one}" for one in labels]}, {"sessions": (300, None, None)}


SATISFIED = ["Very dissatisfied", "Dissatisfied", "Neither satisfied nor dissatisfied", "Satisfied", "Very satisfied"]
RAADI = ["غير راض إطلاقا", "غير راض", "محايد", "راض", "راض جدا"]


def worded(folder):
    """A survey whose answers are words."""
    draw, total, rows = random.Random(10), 0, []
    for n, day in enumerate(days(200)):
        answer = draw.randint(1, 5)
        total += answer
        delivery = draw.choice(["Poor", "Fair", "Good", "Very good", "Excellent"])
        rows.append((n + 1, f"{day:%Y-%m-%d %H:%M}", SATISFIED[answer - 1], delivery, "It was\nfine, thanks"))
    titles = [
        "Response ID",
        "Submitted at",
        "Overall, how satisfied are you?",
        "How would you rate our delivery?",
        "Any comments?",
    ]
    text_file(folder / "satisfaction survey.csv", titles, rows)
    labels = ["response_id", "at", "csat", "rating_", "comment"]
    return {"satisfaction survey.csv": [f"surveys.{one}" for one in labels]}, {"surveys": (200, "csat", total)}


def arabic_worded(folder):
    """An Arabic survey whose answers are words, in a workbook."""
    draw, total, book_ = random.Random(11), 0, openpyxl.Workbook()
    sheet = book_.active
    sheet.append(["رقم الاستجابة", "تاريخ الإجابة", "ما مدى رضاك عن خدماتنا؟", "تقييم الفرع", "ملاحظات"])
    for n, day in enumerate(days(180)):
        answer = draw.randint(1, 5)
        total += answer
        sheet.append(
            [n + 1, day, RAADI[answer - 1], draw.choice(["ممتاز", "جيد جدا", "جيد", "مقبول", "ضعيف"]), f"م {n}"]
        )
    book_.save(folder / "استبيان الرضا.xlsx")
    labels = ["response_id", "at", "csat", "rating_", "comment"]
    return {"استبيان الرضا.xlsx": [f"surveys.{one}" for one in labels]}, {"surveys": (180, "csat", total)}


def open_ends(folder):
    """Subscriptions of which those that go on end on 31.12.9999."""
    rows = []
    for n, day in enumerate(days(220, dt.datetime(2023, 1, 5))):
        end = f"{day + dt.timedelta(days=150):%d.%m.%Y}" if n % 3 == 0 else "31.12.9999"
        rows.append((f"A{n:05}", f"{day:%d.%m.%Y}", end, "Basis" if n % 2 else "Premium", "9,90" if n % 2 else "19,90"))
    text_file(
        folder / "Abonnements.csv", ["Kundennr.", "Vertragsbeginn", "Vertragsende", "Tarif", "Monatspreis"], rows, ";"
    )
    labels = ["customer_id", "started_on", "ended_on", "plan", "price"]
    ended = sum(n % 3 == 0 for n in range(220))
    return {"Abonnements.csv": [f"memberships.{one}" for one in labels]}, {"memberships": (220, "ended", ended)}


def two_columns(folder):
    """The day in one column and the time in another, tickets of a help desk."""
    rows = []
    for n, day in enumerate(days(200)):
        done = day + dt.timedelta(hours=30)
        rows.append(
            (
                f"HD-{n:05}",
                f"{day:%d/%m/%Y}",
                f"{day:%H:%M}",
                f"{done:%d/%m/%Y}",
                f"{done:%H:%M}",
                f"C{n % 50:04}",
                "Phone",
            )
        )
    titles = ["Ticket No", "Date Opened", "Time Opened", "Date Closed", "Time Closed", "Customer ID", "Channel"]
    text_file(folder / "helpdesk tickets.csv", titles, rows)
    labels = ["ticket_id", "opened_at", "opened_at", "closed_at", "closed_at", "customer_id", "channel"]
    return {"helpdesk tickets.csv": [f"tickets.{one}" for one in labels]}, {"tickets": (200, None, None)}


def padded_ids(folder):
    """Ids with leading zeros and with blanks around them: in one file padded, in the other not."""
    draw, total = random.Random(14), 0
    people = [(f"{n:08}", "North" if n % 2 else "South", f"{day:%Y-%m-%d}") for n, day in enumerate(days(90), 1)]
    rows = []
    for n, day in enumerate(days(260)):
        cents = draw.randint(900, 60_000)
        total += cents
        rows.append((f"  {1 + n * 7 % 90:08}  ", f"{day:%Y%m%d}", f"{cents / 100:.2f}", f"B{n:06}"))
    text_file(folder / "kunden.csv", ["Customer Number", "Region", "Customer Since"], people)
    text_file(folder / "sales.csv", ["Customer Number", "Sale Date", "Sales Amount", "Bill No"], rows)
    return {
        "kunden.csv": ["customers.customer_id", "customers.region", "customers.joined_on"],
        "sales.csv": [f"transactions.{one}" for one in ("customer_id", "at", "amount", "transaction_id")],
    }, {"transactions": (260, "amount_cents", total), "customers": (90, None, None)}


def no_spend(folder):
    """A log of visits to a club's desk, without money; titles over two lines, of old Macs too."""
    rows = [
        (f"L{n:05}", f"m{n * 7 % 60:03}", f"{day:%m/%d/%Y %I:%M %p}", "Main desk") for n, day in enumerate(days(300))
    ]
    titles = ["Transaction\r\nNo", "Member\nID", "Transaction\rDate", "Branch"]
    text_file(folder / "purchase log.csv", titles, rows, end="\r\n")
    labels = ["transaction_id", "customer_id", "at", "channel"]
    return {"purchase log.csv": [f"transactions.{one}" for one in labels]}, {"transactions": (300, None, None)}


SECOND_DOZEN = (
    bank,
    sap,
    subtotals,
    three_years,
    statuses,
    arabic_pos,
    crm,
    book,
    web_log,
    worded,
    arabic_worded,
    open_ends,
    two_columns,
    padded_ids,
)
