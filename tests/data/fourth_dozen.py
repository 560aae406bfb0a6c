"""Sixteen files with the columns of real systems: what these are in truth, and what good rows come to.

Each function is as in `second_dozen`. The columns are those that the makers describe: support.google.com (reviews of
Google Play), support.trustpilot.com (reviews), help.shopee.com and Lazada's seller centre (orders), docs.recurly.com
(subscriptions), odoo.com (invoices with their lines), help.zoho.com (tickets); of the others as their users know them.
"""

import datetime as dt
import random

import openpyxl
from hijridate import Gregorian

from tests.data.second_dozen import EASTERN, days, text_file
from tests.data.third_dozen import _labels

WORDS = ("Fast delivery", "The app crashes at login", "Friendly staff", "Too expensive for what it is")
KALAM = ("التوصيل سريع جدا", "التطبيق يتوقف عند الدفع", "الموظفون متعاونون", "السعر مرتفع مقارنة بالجودة")


def hijri(day):
    """A day as (year, month, day) of Umm al-Qura."""
    one = Gregorian(day.year, day.month, day.day).to_hijri()
    return one.year, one.month, one.day


def lightspeed(folder):
    """Sales of a till: one row tells the sale, one each of its lines, one what was paid."""
    draw, total, rows = random.Random(41), 0, []
    for n, day in enumerate(days(160)):
        lines = [draw.randint(500, 20_000) for _ in range(1 + n % 3)]
        total += sum(lines)
        head = (f"{day:%Y-%m-%d %H:%M:%S}", f"{1000 + n}")
        who = (f"CUST-{n % 40:04}", f"Customer {n % 40}")
        rows.append((*head, "Sale", *who, "", len(lines), f"{sum(lines) / 115:.2f}", f"{sum(lines) / 100:.2f}",
                     "", "Main register", "CLOSED", ""))  # fmt: skip
        rows += [(*head, "Sale Line", *who, "", 1, f"{one / 115:.2f}", f"{one / 100:.2f}", f"Item {one % 7}",
                  "Main register", "", f"SKU{one % 7}") for one in lines]  # fmt: skip
        rows.append((*head, "Payment", *who, "", "", "", f"{sum(lines) / 100:.2f}", "Cash", "Main register", "", ""))
    columns = {
        "Date": "at", "Receipt Number": "transaction_id", "Line Type": "", "Customer Code": "customer_id",
        "Customer Name": "", "Note": "", "Quantity": "", "Subtotal": "", "Total": "amount", "Details": "",
        "Register": "", "Status": "", "SKU": "product",
    }  # fmt: skip
    text_file(folder / "sales_history.csv", list(columns), rows)
    return {"sales_history.csv": _labels("transactions", columns)}, {"transactions": (160, "amount_cents", total)}


def shopee(folder):
    """Lines of orders in a workbook; the total of an order stands on each of its lines, cancelled ones are no sales."""
    draw, total, good, rows = random.Random(42), 0, 0, []
    for n, day in enumerate(days(150)):
        lines = [draw.randint(500, 20_000) for _ in range(1 + n % 3)]
        state = "Cancelled" if n % 9 == 4 else "Completed"
        good, total = good + (state == "Completed"), total + sum(lines) * (state == "Completed")
        for number, one in enumerate(lines):
            rows.append((
                f"2401{n:04}XQ{n % 7}", state, "Changed mind" if state == "Cancelled" else "", f"{day:%Y-%m-%d %H:%M}",
                f"{day + dt.timedelta(minutes=5):%Y-%m-%d %H:%M}", f"Item {one % 9}", f"SKU-{one % 9}-{number}",
                f"{one / 100:.2f}", 1, f"{one / 100:.2f}", f"{sum(lines) / 100:.2f}", f"buyer_{n % 45}",
            ))  # fmt: skip
    columns = {
        "Order ID": "transaction_id", "Order Status": "", "Cancel reason": "", "Order Creation Date": "at",
        "Order Paid Time": "", "Product Name": "product", "SKU Reference No.": "", "Deal Price": "", "Quantity": "",
        "Product Subtotal": "", "Grand Total": "amount", "Username (Buyer)": "customer_id",
    }  # fmt: skip
    book = openpyxl.Workbook()
    book.active.title = "orders"
    for row in (list(columns), *rows):
        book.active.append(list(row))
    book.save(folder / "Order.all.20240101_20240731.xlsx")
    labels = _labels("transactions", columns)
    return {"Order.all.20240101_20240731.xlsx": labels}, {"transactions": (good, "amount_cents", total)}


def lazada(folder):
    """Items of orders, titles in camel case, days in words, semicolons."""
    draw, total, good, rows = random.Random(43), 0, 0, []
    for n, day in enumerate(days(240)):
        cents, state = draw.randint(500, 90_000), ["delivered", "delivered", "canceled", "shipped"][n % 4]
        good, total = good + (state != "canceled"), total + cents * (state != "canceled")
        rows.append((
            f"{4_000_000 + n}", "Normal", f"SKU{n % 20}", f"{day:%d %b %Y %H:%M}",
            f"{day + dt.timedelta(days=4):%d %b %Y %H:%M}", f"{7_100_000 + n // 2}", f"Buyer {n % 50}",
            f"b{n % 50}@lazada.example", f"{cents / 100:.2f}", f"{cents / 90:.2f}", "0.00", f"Item {n % 20}", state,
        ))  # fmt: skip
    columns = {
        "orderItemId": "", "orderType": "", "sellerSku": "", "createTime": "at", "updateTime": "",
        "orderNumber": "transaction_id", "customerName": "", "customerEmail": "customer_id", "paidPrice": "amount",
        "unitPrice": "", "sellerDiscountTotal": "", "itemName": "product", "status": "",
    }  # fmt: skip
    text_file(folder / "lazada_orders.csv", list(columns), rows, ";")
    return {"lazada_orders.csv": _labels("transactions", columns)}, {"transactions": (good, "amount_cents", total)}


def mindbody_members(folder):
    """Memberships of a studio: those without an end go on."""
    rows = []
    for n, day in enumerate(days(220, dt.datetime(2023, 1, 5))):
        end = f"{day + dt.timedelta(days=150):%m/%d/%Y}" if n % 4 == 0 else ""
        rows.append((
            f"1000{n:05}", f"Last, First{n}", "Unlimited" if n % 2 else "Ten classes", f"{day:%m/%d/%Y}", end,
            "Moved away" if end else "", "$89.00" if n % 2 else "$45.00", "Terminated" if end else "Active", "Downtown",
        ))  # fmt: skip
    columns = {
        "Client ID": "customer_id", "Client Name": "", "Membership": "plan", "Activation Date": "started_on",
        "Termination Date": "ended_on", "Termination Reason": "end_reason", "Monthly Fee": "price", "Status": "",
        "Home Location": "",
    }  # fmt: skip
    text_file(folder / "Membership.csv", list(columns), rows)
    ended = sum(n % 4 == 0 for n in range(220))
    return {"Membership.csv": _labels("memberships", columns)}, {"memberships": (220, "ended", ended)}


def recurly(folder):
    """Subscriptions: one that was cancelled goes on to the day on which it expires."""
    rows = []
    for n, day in enumerate(days(220, dt.datetime(2023, 1, 5))):
        left, end = day + dt.timedelta(days=100), day + dt.timedelta(days=112)
        gone = n % 3 == 0
        rows.append((
            f"{n:032x}", f"acct-{n:04}", "expired" if gone else "active", "gold" if n % 2 else "basic",
            "Gold" if n % 2 else "Basic", 1, "29.00" if n % 2 else "9.00", "EUR", f"{day:%Y-%m-%d %H:%M:%S UTC}",
            f"{left:%Y-%m-%d %H:%M:%S UTC}" if gone else "", f"{end:%Y-%m-%d %H:%M:%S UTC}" if gone else "",
            f"{day + dt.timedelta(days=360):%Y-%m-%d %H:%M:%S UTC}",
        ))  # fmt: skip
    columns = {
        "uuid": "", "account_code": "customer_id", "state": "", "plan_code": "customers.plan_code", "plan_name": "plan",
        "quantity": "customers.quantity",
        "unit_amount": "price", "currency": "currency", "activated_at": "started_on", "canceled_at": "",
        "expires_at": "ended_on", "current_period_ends_at": "",
    }  # fmt: skip
    text_file(folder / "subscriptions.csv", list(columns), rows)
    ended = sum(n % 3 == 0 for n in range(220))
    return {"subscriptions.csv": _labels("memberships", columns)}, {"memberships": (220, "ended", ended)}


def zoho(folder):
    """Tickets whose titles name their table in brackets, days with words and halves of days."""
    rows = []
    for n, day in enumerate(days(220)):
        done = f"{day + dt.timedelta(hours=30):%d %b %Y %I:%M %p}" if n % 6 else ""
        rows.append((
            f"'{4400 + n}", f"Request {n}", f"Contact {n % 40}", f"c{n % 40}@mail.example",
            f"{day:%d %b %Y %I:%M %p}", done, "Closed" if done else "Open", ["Email", "Phone", "Web"][n % 3],
            ["Billing", "Login", "Delivery"][n % 3], "Support",
        ))  # fmt: skip
    columns = {
        "Ticket Id": "ticket_id", "Subject": "text", "Contact Name": "", "Email (Ticket)": "customer_id",
        "Created Time (Ticket)": "opened_at", "Ticket Closed Time": "closed_at", "Status (Ticket)": "",
        "Channel": "channel", "Category (Ticket)": "topic", "Department": "",
    }  # fmt: skip
    text_file(folder / "Cases__1.csv", list(columns), rows)
    return {"Cases__1.csv": _labels("tickets", columns)}, {"tickets": (220, None, None)}


def google_play(folder):
    """Reviews of an app, in UTF-16 as the console saves them; stars without words are no review to read."""
    rows, good = [], 0
    for n, day in enumerate(days(200)):
        text = "" if n % 5 == 2 else WORDS[n % 4]
        good += bool(text)
        rows.append((
            "com.example.shop", 2015 + n % 4, f"5.{n % 4}", "ar" if n % 3 else "en", "phone",
            f"{day:%Y-%m-%dT%H:%M:%SZ}", int(day.timestamp() * 1000),
            f"{day:%Y-%m-%dT%H:%M:%SZ}", int(day.timestamp() * 1000),
            1 + n % 5, "", text, "", "", "", f"http://play.example/console?reviewid={n:04}" if text else "",
        ))  # fmt: skip
    columns = {
        "Package Name": "", "App Version Code": "", "App Version Name": "", "Reviewer Language": "language",
        "Device": "", "Review Submit Date and Time": "at", "Review Submit Millis Since Epoch": "",
        "Review Last Update Date and Time": "", "Review Last Update Millis Since Epoch": "", "Star Rating": "rating",
        "Review Title": "", "Review Text": "text", "Developer Reply Date and Time": "",
        "Developer Reply Millis Since Epoch": "", "Developer Reply Text": "", "Review Link": "feedback_id",
    }  # fmt: skip
    text_file(folder / "reviews_com.example.shop_202401.csv", list(columns), rows, encoding="utf-16")
    labels = _labels("feedback", columns)
    return {"reviews_com.example.shop_202401.csv": labels}, {"feedback": (good, None, None)}


def trustpilot(folder):
    """Reviews of a shop with an order's number beside them."""
    rows = []
    for n, day in enumerate(days(200)):
        rows.append((
            f"{n:024x}", f"{day:%Y-%m-%d %H:%M:%S}", f"{n % 90:024x}", f"User {n % 90}", "Review of us", WORDS[n % 4],
            1 + n % 5, "Invitation", "en", "www.shop.example", "", "", f"ORD-{n:05}", f"u{n % 90}@mail.example", "",
        ))  # fmt: skip
    columns = {
        "Review Id": "feedback_id", "Review Created (UTC)": "at", "Review Consumer User Id": "customer_id",
        "Review Username": "",
        "Review Title": "", "Review Content": "text", "Review Stars": "rating", "Source Of Review": "",
        "Review Language": "language", "Domain URL": "", "Company Reply Date (UTC)": "", "Company Reply": "",
        "Reference Id": "", "Review User Email": "customer_id", "Location Name": "",
    }  # fmt: skip
    text_file(folder / "trustpilot.csv", list(columns), rows)
    return {"trustpilot.csv": _labels("feedback", columns)}, {"feedback": (200, None, None)}


def own_reviews(folder):
    """Reviews of products as a shop's own program saves them, no recipe knows it."""
    rows = [
        (f"R{n:05}", f"{day:%d/%m/%Y}", f"C{n % 60:04}", f"SKU-{n % 12}", 1 + n % 5, WORDS[n % 4], "published")
        for n, day in enumerate(days(180))
    ]
    columns = {
        "Review ID": "feedback_id", "Review Date": "at", "Customer ID": "customer_id", "SKU": "", "Stars": "rating",
        "Review": "text", "Status": "",
    }  # fmt: skip
    text_file(folder / "product_reviews.csv", list(columns), rows)
    return {"product_reviews.csv": _labels("feedback", columns)}, {"feedback": (180, None, None)}


def arabic_reviews(folder):
    """The same in Arabic, stars in Arabic digits."""
    rows = [
        (f"{n + 1}", f"{day:%d/%m/%Y}".translate(EASTERN), f"9665{20_000_000 + n % 60}",
         str(1 + n % 5).translate(EASTERN), KALAM[n % 4], "جوجل" if n % 2 else "المتجر")
        for n, day in enumerate(days(180))
    ]  # fmt: skip
    columns = {
        "رقم المراجعة": "feedback_id", "تاريخ المراجعة": "at", "رقم الجوال": "customer_id", "عدد النجوم": "rating",
        "نص المراجعة": "text", "المصدر": "channel",
    }  # fmt: skip
    text_file(folder / "مراجعات العملاء.csv", list(columns), rows, ";", encoding="utf-8-sig")
    return {"مراجعات العملاء.csv": _labels("feedback", columns)}, {"feedback": (180, None, None)}


def web_visits(folder):
    """Visits with where they came from and on what they were made."""
    rows = [
        (f"s{n:06}", f"user-{n % 70}", f"{day:%Y-%m-%dT%H:%M:%S}+03:00", 20 + n % 700, 1 + n % 9,
         ["google / organic", "(direct) / (none)", "newsletter / email"][n % 3], ["mobile", "desktop"][n % 2],
         int(n % 8 == 0))
        for n, day in enumerate(days(300, step=0.4))
    ]  # fmt: skip
    columns = {
        "Session ID": "session_id", "User ID": "customer_id", "Session start": "at", "Session duration": "seconds",
        "Page views": "pages", "Source / medium": "channel", "Device type": "kind", "Converted": "converted",
    }  # fmt: skip
    text_file(folder / "sessions.csv", list(columns), rows)
    return {"sessions.csv": _labels("sessions", columns)}, {"sessions": (300, None, None)}


def odoo_invoices(folder):
    """Invoices with their lines below them: the further lines of an invoice leave its own columns blank."""
    draw, total, rows = random.Random(52), 0, []
    for n, day in enumerate(days(150)):
        lines = [draw.randint(500, 20_000) for _ in range(1 + n % 4)]
        total += sum(lines)
        for number, one in enumerate(lines):
            own = (f"INV/2024/{n:05}", f"C{n % 45:04}", f"{day:%Y-%m-%d}", f"{sum(lines) / 100:.2f}", "Posted")
            rows.append((*(own if number == 0 else [""] * 5), f"Item {one % 9}", "1.0", f"{one / 100:.2f}"))
    columns = {
        "Number": "transaction_id", "Customer": "customer_id", "Invoice Date": "at", "Total": "amount", "Status": "",
        "Invoice lines/Product": "", "Invoice lines/Quantity": "", "Invoice lines/Subtotal": "",
    }  # fmt: skip
    columns["Invoice lines/Product"] = "product"
    text_file(folder / "Journal Entry (account.move).csv", list(columns), rows)
    labels = _labels("transactions", columns)
    return {"Journal Entry (account.move).csv": labels}, {"transactions": (150, "amount_cents", total)}


def arabic_ledger(folder):
    """A sheet of an accountant: Hijri days with their letter, a total after each month, titles above."""
    draw, total, rows, month, part = random.Random(53), 0, [], None, 0
    for n, day in enumerate(days(240)):
        year, now, number = hijri(day)
        if month not in (None, now):
            rows.append(("", "", "", f"إجمالي الشهر {month}", f"{part / 100:,.2f}"))
            part = 0
        cents, month = draw.randint(500, 900_000), now
        total, part = total + cents, part + cents
        rows.append((f"{number:02}/{now:02}/{year} هـ", f"{700 + n}", f"{4000 + n % 50}", "فاتورة مبيعات",
                     f"{cents / 100:,.2f}"))  # fmt: skip
    rows.append(("", "", "", "المجموع الكلي", f"{total / 100:,.2f}"))
    columns = {"تاريخ القيد": "at", "رقم الفاتورة": "transaction_id", "كود العميل": "customer_id", "البيان": "",
               "المبلغ": "amount"}  # fmt: skip
    book = openpyxl.Workbook()
    for row in (["كشف المبيعات"], ["من 1445 إلى 1446"], [], list(columns), *rows):
        book.active.append(list(row))
    book.save(folder / "كشف المبيعات.xlsx")
    return {"كشف المبيعات.xlsx": _labels("transactions", columns)}, {"transactions": (240, "amount_cents", total)}


def arabic_tickets(folder):
    """Complaints with halves of the day in Arabic letters."""
    rows = []
    for n, day in enumerate(days(200)):
        done = day + dt.timedelta(hours=26)
        halves = [f"{one:%d/%m/%Y %I:%M} {'ص' if one.hour < 12 else 'م'}" for one in (day, done)]
        rows.append((f"B-{n:05}", f"05{50_000_000 + n % 60}", halves[0], halves[1] if n % 5 else "",
                     ["فاتورة", "انقطاع الخدمة", "تأخر"][n % 3], ["هاتف", "تطبيق"][n % 2], KALAM[n % 4],
                     "مغلق" if n % 5 else "مفتوح"))  # fmt: skip
    columns = {
        "رقم البلاغ": "ticket_id", "جوال العميل": "customer_id", "تاريخ البلاغ": "opened_at",
        "تاريخ الإغلاق": "closed_at", "نوع البلاغ": "topic", "قناة البلاغ": "channel", "وصف البلاغ": "text",
        "حالة البلاغ": "",
    }  # fmt: skip
    text_file(folder / "البلاغات.csv", list(columns), rows, encoding="cp1256")
    return {"البلاغات.csv": _labels("tickets", columns)}, {"tickets": (200, None, None)}


def arabic_members(folder):
    """A gym's subscriptions, from and to in Hijri, riyals in letters."""
    rows = []
    for n, day in enumerate(days(200, dt.datetime(2023, 1, 5))):
        end = hijri(day + dt.timedelta(days=200)) if n % 3 == 0 else None
        rows.append((f"{n + 1:05}", f"الاسم {n}", "ذهبية" if n % 2 else "فضية", "{}-{:02}-{:02}".format(*hijri(day)),
                     "{}-{:02}-{:02}".format(*end) if end else "", "350 ر.س" if n % 2 else "200 ر.س",
                     "انتقال" if end else ""))  # fmt: skip
    columns = {
        "رقم المشترك": "customer_id", "اسم المشترك": "", "نوع الباقة": "plan", "تاريخ بداية الاشتراك": "started_on",
        "تاريخ إلغاء الاشتراك": "ended_on", "قيمة الاشتراك": "price", "سبب الإلغاء": "end_reason",
    }  # fmt: skip
    text_file(folder / "الاشتراكات.csv", list(columns), rows)
    ended = sum(n % 3 == 0 for n in range(200))
    return {"الاشتراكات.csv": _labels("memberships", columns)}, {"memberships": (200, "ended", ended)}


def noon(folder):
    """Orders of a marketplace by item, Arabic titles, returned items are no sales, decimal signs of its own."""
    draw, total, good, rows = random.Random(56), 0, 0, []
    for n, day in enumerate(days(240)):
        cents, state = draw.randint(500, 90_000), ["تم التوصيل", "تم التوصيل", "مرتجع", "تم التوصيل"][n % 4]
        good, total = good + (state != "مرتجع"), total + cents * (state != "مرتجع")
        amount = f"{cents // 100}٫{cents % 100:02}".translate(EASTERN)
        rows.append((f"NSA{n:06}", f"NSA{n:06}-1", f"{day:%Y/%m/%d}", f"cust{n % 50}", f"Z{n % 15:04}", amount, "SAR",
                     state))  # fmt: skip
    columns = {
        "رقم الطلب": "transaction_id", "رقم القطعة": "", "تاريخ الطلب": "at", "معرف العميل": "customer_id",
        "رمز المنتج": "product", "سعر البيع": "amount", "العملة": "currency", "الحالة": "",
    }  # fmt: skip
    text_file(folder / "noon_orders.csv", list(columns), rows)
    return {"noon_orders.csv": _labels("transactions", columns)}, {"transactions": (good, "amount_cents", total)}


FOURTH_DOZEN = (
    lightspeed,
    shopee,
    lazada,
    mindbody_members,
    recurly,
    zoho,
    google_play,
    trustpilot,
    own_reviews,
    arabic_reviews,
    web_visits,
    odoo_invoices,
    arabic_ledger,
    arabic_tickets,
    arabic_members,
    noon,
)
