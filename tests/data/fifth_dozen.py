"""Ten exports of systems that nobody here had used: their truth was written before they were guessed.

Each function is as in `second_dozen`. The columns are those that the makers describe: seller-us.tiktok.com (orders),
support.google.com (sessions);
of the others as their users know them.
"""

import datetime as dt
import random

import openpyxl

from tests.data.fourth_dozen import hijri
from tests.data.second_dozen import comma, days, text_file
from tests.data.third_dozen import _labels


def book(path, sheets):
    """A workbook: by sheet its rows."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    made.save(path)


def tiktok(folder):
    """Lines of orders whose second row explains each column, with tabs behind values."""
    draw, total, good, rows = random.Random(63), 0, 0, []
    for n, day in enumerate(days(30)):
        lines = [draw.randint(500, 9_000) for _ in range(1 + n % 3)]
        state = "Canceled" if n % 7 == 4 else "Completed"
        good, total = good + (state == "Completed"), total + sum(lines) * (state == "Completed")
        rows += [(
            f"5761{n:014}\t", state, "", "Normal", f"1729{one:08}\t", f"SKU-{one % 9}", f"Item {one % 9}", 1,
            f"{one / 100:.2f}", f"{one / 100:.2f}", f"{sum(lines) / 100:.2f}", f"{day:%m/%d/%Y %I:%M:%S %p}\t",
            f"{day + dt.timedelta(minutes=9):%m/%d/%Y %I:%M:%S %p}\t", "Changed mind" if state == "Canceled" else "",
            f"buyer{n % 14}", "Riyadh", "Card", "Shoes",
        ) for one in lines]  # fmt: skip
    columns = {
        "Order ID": "transaction_id", "Order Status": "", "Cancelation/Return Type": "", "Normal or Pre-order": "",
        "SKU ID": "", "Seller SKU": "", "Product Name": "product", "Quantity": "", "SKU Unit Original Price": "",
        "SKU Subtotal After Discount": "", "Order Amount": "amount", "Created Time": "at", "Paid Time": "",
        "Cancel Reason": "", "Buyer Username": "customer_id", "City": "", "Payment Method": "", "Product Category": "",
    }  # fmt: skip
    told = [f"What {one.lower()} means." for one in columns]
    text_file(folder / "All order-2024-03.csv", list(columns), [told, *rows], encoding="utf-8-sig")
    labels = _labels("transactions", columns)
    return {"All order-2024-03.csv": labels}, {"transactions": (good, "amount_cents", total)}


def quickbooks(folder):
    """Invoices, receipts and credit memos beside the payments of those invoices; a title and a total in the sheet."""
    draw, total, good, rows = random.Random(65), 0, 0, []
    for n, day in enumerate(days(55)):
        kind = ["Invoice", "Payment", "Sales Receipt", "Invoice", "Credit Memo"][n % 5]
        cents = draw.randint(900, 90_000)
        cents = -cents if kind in ("Payment", "Credit Memo") else cents
        good, total = good + (kind != "Payment"), total + cents * (kind != "Payment")
        rows.append((f"{day:%m/%d/%Y}", kind, f"{1000 + n}", f"Client {n % 15}", "Monthly work", f"${cents / 100:,.2f}"
                     if cents > 0 else f"-${-cents / 100:,.2f}", "Paid"))  # fmt: skip
    columns = {
        "Date": "at", "Transaction type": "", "Num": "transaction_id", "Customer": "customer_id", "Memo": "",
        "Amount": "amount", "Status": "",
    }  # fmt: skip
    head, tail = "Sales Transactions\nExample Company\nJanuary - March 2024\n\n", 'TOTAL,,,,,"$1,234.00",\n'
    text_file(folder / "Sales Transactions.csv", list(columns), rows, head=head, tail=tail)
    labels = _labels("transactions", columns)
    return {"Sales Transactions.csv": labels}, {"transactions": (good, "amount_cents", total)}


def sap_one(folder):
    """Documents of a German company: commas for decimals, cancelled by Y and N, numbers with zeros before."""
    draw, total, good, rows = random.Random(68), 0, 0, []
    for n, day in enumerate(days(60)):
        cents, gone = draw.randint(900, 900_000), n % 12 == 5
        good, total = good + (not gone), total + cents * (not gone)
        rows.append((f"{200_000 + n}", f"00{4000 + n % 16}", f"Firma {n % 16}", f"{day:%d.%m.%y}",
                     f"{day + dt.timedelta(days=14):%d.%m.%y}", comma(cents / 100), "EUR", comma(cents / 625),
                     "Y" if gone else "N", "O" if n % 3 else "C"))  # fmt: skip
    columns = {
        "DocNum": "transaction_id", "CardCode": "customer_id", "CardName": "", "DocDate": "at", "DocDueDate": "",
        "DocTotal": "amount", "DocCur": "currency", "VatSum": "", "CANCELED": "", "DocStatus": "",
    }  # fmt: skip
    text_file(folder / "OINV.csv", list(columns), rows, ";", encoding="cp1252")
    return {"OINV.csv": _labels("transactions", columns)}, {"transactions": (good, "amount_cents", total)}


def arabic_gym(folder):
    """Memberships of a club in Hijri, numbers with zeros before, a title above, ends that lie ahead for all."""
    rows = []
    for n, day in enumerate(days(45, dt.datetime(2024, 2, 5))):
        end = hijri(day + dt.timedelta(days=354))
        rows.append((f"000{n + 1:03}", f"عضو {n}", f"05{55_000_000 + n}", ["سنوي", "نصف سنوي"][n % 2],
                     "{2:02}/{1:02}/{0}هـ".format(*hijri(day)), "{2:02}/{1:02}/{0}هـ".format(*end),
                     f"{1200 + n % 2 * 300} ريال", "مجمد" if n % 9 == 0 else "ساري"))  # fmt: skip
    columns = {
        "رقم العضوية": "customer_id", "اسم العضو": "", "الجوال": "", "نوع الاشتراك": "plan",
        "بداية الاشتراك": "started_on", "نهاية الاشتراك": "ended_on", "قيمة الاشتراك": "price",
        "الحالة": "customers.about_",
    }  # fmt: skip
    text_file(folder / "أعضاء النادي.csv", list(columns), rows, ";", head="نادي المثال الرياضي\n\n")
    return {"أعضاء النادي.csv": _labels("memberships", columns)}, {"memberships": (45, "ended", 45)}


def marketing_cloud(folder):
    """E-mails that were sent, by subscriber; the id of a sending is that of many rows."""
    rows = [
        (7_001, 9_100 + n // 20, f"C{n % 20:05}", f"c{n % 20}@mail.example", 555_000 + n % 20, 44,
         f"{day:%m/%d/%Y %I:%M:%S %p}", "Sent", 1)
        for n, day in enumerate(days(60))
    ]  # fmt: skip
    columns = {
        "ClientID": "", "SendID": "", "SubscriberKey": "customer_id", "EmailAddress": "", "SubscriberID": "",
        "ListID": "", "EventDate": "sent_at", "EventType": "kind", "BatchID": "",
    }  # fmt: skip
    text_file(folder / "Sent.csv", list(columns), rows)
    return {"Sent.csv": _labels("messages", columns)}, {"messages": (60, None, None)}


def ga4_sessions(folder):
    """Visits out of BigQuery: microseconds since 1970, times in milliseconds, numbers of visits that come again."""
    rows = [
        (f"{1_000_000 + n % 25}.17{n % 25:08}", f"17040{n:05}", int(day.timestamp()) * 1_000_000,
         ["google", "(direct)"][n % 2], ["organic", "(none)"][n % 2], ["mobile", "desktop"][n % 2], "Saudi Arabia",
         1 + n % 9, 1_000 + n * 311, int(n % 9 == 0))
        for n, day in enumerate(days(60, step=0.7))
    ]  # fmt: skip
    columns = {
        "user_pseudo_id": "customer_id", "ga_session_id": "session_id", "session_start": "at",
        "session_source": "channel", "session_medium": "", "device_category": "kind", "country": "",
        "page_views": "pages", "engagement_time_msec": "", "purchase": "converted",
    }  # fmt: skip
    text_file(folder / "ga4_sessions.csv", list(columns), rows)
    return {"ga4_sessions.csv": _labels("sessions", columns)}, {"sessions": (60, None, None)}


def loyalty_book(folder):
    """A workbook of a programme: members on one sheet, their purchases and redemptions on the other."""
    draw, total, good, moves = random.Random(80), 0, 0, []
    people = [(f"{n:07}", f"05{60_000_000 + n}", day.date(), ["فضي", "ذهبي", "بلاتيني"][n % 3], 50 + n * 13,
               ["جدة", "الرياض"][n % 2]) for n, day in enumerate(days(40, dt.datetime(2023, 1, 5)))]  # fmt: skip
    for n, day in enumerate(days(60)):
        cents, kind = draw.randint(900, 90_000), "استبدال" if n % 6 == 5 else "شراء"
        good, total = good + (kind == "شراء"), total + cents * (kind == "شراء")
        moves.append((9000 + n, f"{n % 40:07}", day.replace(microsecond=0), kind, cents // 100,
                      cents / 100 if kind == "شراء" else 0, ["فرع 1", "فرع 2"][n % 2]))  # fmt: skip
    members = {
        "رقم العضوية": "customers.customer_id", "الجوال": "", "تاريخ الانضمام": "customers.joined_on",
        "المستوى": "customers.about_", "رصيد النقاط": "customers.about_", "المدينة": "customers.about_",
    }  # fmt: skip
    buys = {
        "رقم الحركة": "transaction_id", "رقم العضوية": "customer_id", "تاريخ الحركة": "at", "نوع الحركة": "",
        "النقاط": "", "قيمة الشراء": "amount", "الفرع": "channel",
    }  # fmt: skip
    sheets = {"الأعضاء": [list(members), *people], "الحركات": [list(buys), *moves]}
    book(folder / "برنامج الولاء.xlsx", sheets)
    return {
        "برنامج الولاء.xlsx (الأعضاء)": list(members.values()),
        "برنامج الولاء.xlsx (الحركات)": _labels("transactions", buys),
    }, {"transactions": (good, "amount_cents", total), "customers": (40, None, None)}


def loyverse(folder):
    """Receipts of two years, the second with a column more in the middle; refunds are negative."""
    draw, total, columns = random.Random(81), 0, {}
    for year in (2024, 2025):
        rows = []
        for n, day in enumerate(days(40, dt.datetime(year, 1, 3, 9, 30), step=5)):
            cents = draw.randint(900, 30_000) * (-1 if n % 13 == 6 else 1)
            total += cents
            tip = [] if year == 2024 else ["0.00"]
            rows.append((
                f"{day:%d/%m/%Y %H:%M}", f"{year % 10}-{1000 + n}", "Refund" if cents < 0 else "Sale",
                f"{cents / 100:.2f}", "0.00", f"{cents / 100:.2f}", f"{cents / 766:.2f}", *tip, f"{cents / 100:.2f}",
                f"{cents / 300:.2f}", "Cash", "Coffee X 1", "Main", "Owner", f"Guest {n % 13}", f"+9665{n % 13:08}",
                "Closed",
            ))  # fmt: skip
        columns[year] = {
            "Date": "at", "Receipt number": "transaction_id", "Receipt type": "", "Gross sales": "", "Discounts": "",
            "Net sales": "", "Taxes": "", **({} if year == 2024 else {"Tips": ""}), "Total collected": "amount",
            "Cost of goods": "", "Payment type": "", "Description": "", "Store": "channel", "Cashier name": "",
            "Customer name": "", "Customer contacts": "customer_id", "Status": "",
        }  # fmt: skip
        text_file(folder / f"receipts-{year}.csv", list(columns[year]), rows)
    labels = {f"receipts-{year}.csv": _labels("transactions", own) for year, own in columns.items()}
    return labels, {"transactions": (80, "amount_cents", total)}


def hungerstation(folder):
    """Orders of an Arabic delivery service: a row of groups above the titles, rejected ones are no sales."""
    draw, total, good, rows = random.Random(91), 0, 0, []
    for n, day in enumerate(days(50)):
        cents, state = draw.randint(900, 30_000), ["تم التوصيل", "تم التوصيل", "مرفوض", "تم التوصيل"][n % 4]
        good, total = good + (state != "مرفوض"), total + cents * (state != "مرفوض")
        rows.append((f"HS-{n:06}", day.replace(microsecond=0), f"{day:%A}", f"96650{n % 19:07}", "فرع النخيل",
                     cents / 100, 12.0, round(cents / 500, 2), round(cents / 130, 2), state))  # fmt: skip
    columns = {
        "رقم الطلب": "transaction_id", "وقت إنشاء الطلب": "at", "اليوم": "", "جوال العميل": "customer_id",
        "اسم الفرع": "channel", "إجمالي قيمة الطلب": "amount", "أجرة التوصيل": "", "العمولة": "", "المستحق للتاجر": "",
        "حالة الطلب": "",
    }  # fmt: skip
    group = ["بيانات الطلب", "", "", "", "", "المبالغ", "", "", "", ""]
    book(folder / "كشف حساب.xlsx", {"كشف": [group, list(columns), *rows]})
    return {"كشف حساب.xlsx": _labels("transactions", columns)}, {"transactions": (good, "amount_cents", total)}


def cloudbeds(folder):
    """Reservations: the day of booking beside days of the stay, cancelled and no shows."""
    draw, total, good, rows = random.Random(94), 0, 0, []
    for n, day in enumerate(days(50)):
        cents, state = draw.randint(20_000, 300_000), ["Checked Out", "Confirmed", "Canceled", "No Show"][n % 4]
        good, total = good + (n % 4 < 2), total + cents * (n % 4 < 2)
        stay = day + dt.timedelta(days=15)
        rows.append((f"{7_700_000_000 + n * 37}", f"BK{n:06}", f"Guest {n % 29}", f"g{n % 29}@mail.example",
                     f"+9665{n % 29:08}", f"{stay:%d/%m/%Y}", f"{stay + dt.timedelta(days=3):%d/%m/%Y}", 3, "Suite", 2,
                     0, f"{cents / 100:.2f}", "0.00", "0.00", f"{day:%d/%m/%Y}", "Booking.com",
                     state, "SA"))  # fmt: skip
    columns = {
        "Reservation Number": "transaction_id", "Third Party Confirmation Number": "", "Name": "",
        "Email": "customer_id", "Phone Number": "", "Check in Date": "", "Check out Date": "", "Nights": "",
        "Room Type": "", "Adults": "", "Children": "", "Grand Total": "amount", "Deposit": "", "Balance Due": "",
        "Reservation Date": "at", "Source": "channel", "Status": "", "Country": "",
    }  # fmt: skip
    text_file(folder / "reservations.csv", list(columns), rows)
    return {"reservations.csv": _labels("transactions", columns)}, {"transactions": (good, "amount_cents", total)}


FIFTH_DOZEN = (
    tiktok,
    quickbooks,
    sap_one,
    arabic_gym,
    marketing_cloud,
    ga4_sessions,
    loyalty_book,
    loyverse,
    hungerstation,
    cloudbeds,
)
