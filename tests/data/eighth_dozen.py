"""Fourteen exports that were written, answers first, after the guesser had been mended for those of `seventh_dozen`.

Columns are those that users of these programs know; the two sheets without a program are as small shops write them.
Nine of the 162 columns were wrong at first, six of them in one sheet; of these one was marked sure, but right: an
attribute cannot be called `source`.
"""

import datetime as dt

from tests.data.fourth_dozen import KALAM, WORDS, hijri
from tests.data.sixth_dozen import export, in_lines, money, records, sales


def lightspeed_retail(folder):
    """Lines of sales: a sale's number, what a line came to after its discount, who sold and who bought."""
    orders = records(80)
    rows = in_lines(orders)
    return export(folder, "sales_lines.csv", "transactions", rows, {
        "Sale ID": ("transaction_id", lambda r: 5_000 + r.n), "Line ID": ("", lambda r: 90_000 + r.n * 10 + r.at),
        "Completed Time": ("at", lambda r: f"{r.day:%Y-%m-%dT%H:%M:%S}+00:00"),
        "Shop": ("channel", lambda r: ["Quay", "High Street"][r.n % 2]),
        "Register": ("", lambda r: f"Till {r.n % 3}"), "Employee": ("", lambda r: f"Staff {r.n % 4}"),
        "Customer ID": ("customer_id", lambda r: 40 + r.who), "Customer": ("", lambda r: f"Person {r.who}"),
        "Item": ("product", lambda r: f"Lamp {'ABCDEFGH'[r.line % 8]}"),
        "System ID": ("", lambda r: 210_000 + r.line % 8),
        "Qty": ("", 1), "Retail": ("", lambda r: f"£{r.line / 100:.2f}"), "Discount": ("", "£0.00"),
        "Line Total": ("amount", lambda r: f"£{r.line / 100:.2f}"), "Cost": ("", lambda r: f"£{r.line / 250:.2f}"),
    }), {"transactions": (len(rows), "amount_cents", sum(row.line for row in rows))}  # fmt: skip


def gymdesk(folder):
    """Members with when they came and went, what they pay, and why they left."""
    rows = records(130, since=dt.datetime(2023, 1, 5))
    return export(folder, "members-export.csv", "memberships", rows, {
        "Member ID": ("customer_id", lambda r: 8100 + r.who), "First name": ("", lambda r: f"First{r.who}"),
        "Last name": ("", "Example"),
        "Email": ("", lambda r: f"m{r.who}@mail.example"),
        "Membership": ("plan", lambda r: ["Adult BJJ", "Kids"][r.n % 2]),
        "Membership start": ("started_on", lambda r: f"{r.day:%Y-%m-%d}"),
        "Membership end": ("ended_on",
         lambda r: f"{r.day + dt.timedelta(days=140):%Y-%m-%d}" if r.n % 4 == 1 else ""),
        "Recurring fee": ("price", lambda r: ["$99.00", "$59.00"][r.n % 2]),
        "Status": ("", lambda r: "Cancelled" if r.n % 4 == 1 else "Active"),
        "Cancellation reason": ("end_reason", lambda r: "Moved" if r.n % 4 == 1 else ""),
        "Last attendance": ("", lambda r: f"{r.day + dt.timedelta(days=120):%Y-%m-%d}"),
    }), {"memberships": (130, "ended", sum(n % 4 == 1 for n in range(130)))}  # fmt: skip


def jira_service(folder):
    """Requests of a service desk with the satisfaction of some."""
    rows = records(120)
    return export(folder, "JSM export.csv", "tickets", rows, {
        "Issue key": ("ticket_id", lambda r: f"SD-{r.n + 1}"),
        "Summary": ("text", lambda r: f"{WORDS[r.n % 4]} ({r.n})"),
        "Request type": ("topic", lambda r: ["Access", "Hardware", "Question"][r.n % 3]),
        "Reporter": ("customer_id", lambda r: f"user{r.who}"),
        "Assignee": ("", lambda r: f"agent{r.n % 4}"), "Status": ("", lambda r: "Resolved" if r.n % 5 else "Open"),
        "Priority": ("", lambda r: ["High", "Low"][r.n % 2]),
        "Created": ("opened_at", lambda r: f"{r.day:%d/%b/%y %I:%M %p}"),
        "Updated": ("", lambda r: f"{r.day + dt.timedelta(days=3):%d/%b/%y %I:%M %p}"),
        "Resolved": ("closed_at", lambda r: f"{r.day + dt.timedelta(hours=40):%d/%b/%y %I:%M %p}" if r.n % 5 else ""),
        "Satisfaction rating": ("", lambda r: 1 + r.n % 5 if r.n % 3 == 0 else ""),
        "Channel": ("channel", lambda r: ["Portal", "Email"][r.n % 2]),
    }), {"tickets": (120, None, None)}  # fmt: skip


def freshsales(folder):
    """Accounts of a CRM with when they were made and a score of the lead."""
    rows = records(110, since=dt.datetime(2022, 1, 5))
    return export(folder, "contacts-20240601.csv", "customers", rows, {
        "Contact ID": ("customer_id", lambda r: 70_000_000 + r.n * 11), "Full name": ("", lambda r: f"Person {r.n}"),
        "Job title": ("customers.job_title|", lambda r: ["Buyer", "Owner"][r.n % 2]),
        "Emails": ("", lambda r: f"p{r.n}@mail.example"), "Mobile": ("", lambda r: f"+9689{r.n:07}"),
        "Lifecycle stage": ("customers.lifecycle_stage", lambda r: ["Lead", "Customer"][r.n % 3 > 0]),
        "City": ("customers.city", lambda r: ["Muscat", "Sohar"][r.n % 2]),
        "Source": ("customers.source_2", lambda r: ["Web", "Fair", "Call"][r.n % 3]),
        "Score": ("customers.score", lambda r: r.n * 7 % 100),
        "Created at": ("joined_on", lambda r: f"{r.day:%d-%m-%Y %H:%M}"),
        "Updated at": ("", lambda r: f"{r.day + dt.timedelta(days=70):%d-%m-%Y %H:%M}"),
        "Last contacted at": ("", lambda r: f"{r.day + dt.timedelta(days=60):%d-%m-%Y %H:%M}"),
    }), {"customers": (110, None, None)}  # fmt: skip


def paytabs(folder):
    """Transactions of a payment service: the cart's own number, declined ones, refunds with the sale's customer."""
    rows = records(140)
    for row in rows:
        row.state = ["Authorised", "Authorised", "Declined", "Authorised", "Authorised"][row.n % 5]
    return export(folder, "transactions_report.csv", "transactions", rows, {
        "Tran Ref": ("transaction_id|", lambda r: f"TST24{r.n * 7919:011}"),
        "Cart ID": ("transaction_id|", lambda r: f"cart_{9000 + r.n}"),
        "Cart Description": ("", lambda r: f"Basket {9000 + r.n}"), "Tran Type": ("", "Sale"),
        "Tran Date": ("at", lambda r: f"{r.day:%Y-%m-%d %H:%M:%S}"),
        "Cart Currency": ("currency", "AED"), "Cart Amount": ("amount", lambda r: f"{r.cents / 100:,.2f}"),
        "Response Status": ("", lambda r: r.state[0]),
        "Response Message": ("", lambda r: r.state), "Customer Name": ("", lambda r: f"Person {r.who}"),
        "Customer Email": ("customer_id", lambda r: f"c{r.who}@mail.example"),
        "Customer Country": ("", "AE"), "Payment Method": ("", lambda r: ["Visa", "Mastercard"][r.n % 2]),
        "Card Scheme": ("", lambda r: ["Visa", "MasterCard"][r.n % 2]),
    }), sales(rows, lambda r: r.state == "Authorised")  # fmt: skip


def foodics_lines(folder):
    """Lines of receipts of a restaurant in Arabic: tax in the price, a branch, who ordered where."""
    orders = records(80)
    rows = in_lines(orders)
    return export(folder, "تفاصيل المبيعات.xlsx", "transactions", rows, {
        "مرجع الطلب": ("transaction_id", lambda r: f"{20_000 + r.n}"),
        "تاريخ العمل": ("at", lambda r: f"{r.day:%Y-%m-%d}"),
        "الفرع": ("channel", lambda r: ["الرياض", "جدة"][r.n % 2]),
        "نوع الطلب": ("", lambda r: ["محلي", "سفري"][r.n % 2]),
        "جوال العميل": ("customer_id", lambda r: f"+9665{r.who:08}"), "اسم العميل": ("", lambda r: f"عميل {r.who}"),
        "اسم المنتج": ("product", lambda r: ["برجر", "بطاطس", "عصير", "سلطة"][r.line % 4]),
        "رمز المنتج": ("", lambda r: f"sk-{r.line % 4:04}"),
        "الكمية": ("", 1), "سعر الوحدة": ("", lambda r: r.line / 100), "الخصومات": ("", 0),
        "الضريبة": ("", lambda r: round(r.line * 15 / 115 / 100, 2)),
        "الإجمالي": ("amount", lambda r: r.line / 100), "المستخدم": ("", lambda r: ["كاشير 1", "كاشير 2"][r.n % 2]),
    }), {"transactions": (len(rows), "amount_cents", sum(row.line for row in rows))}  # fmt: skip


def talabat(folder):
    """Orders of a delivery app: when ordered, accepted and delivered; cancelled ones; fees beside the total."""
    rows = records(130)
    for row in rows:
        row.state = "Cancelled" if row.n % 8 == 3 else "Delivered"
    return export(folder, "orderDetails.csv", "transactions", rows, {
        "Order ID": ("transaction_id", lambda r: f"{300_000_000 + r.n * 7}"),
        "Restaurant name": ("channel|", lambda r: ["Kitchen A", "Kitchen B"][r.n % 2]),
        "Order status": ("", lambda r: r.state), "Order received at": ("at", lambda r: f"{r.day:%Y-%m-%d %H:%M}"),
        "Accepted at": ("", lambda r: f"{r.day + dt.timedelta(minutes=2):%Y-%m-%d %H:%M}"),
        "Delivered at": ("",
         lambda r: f"{r.day + dt.timedelta(minutes=40):%Y-%m-%d %H:%M}" if r.state != "Cancelled" else ""),
        "Customer code": ("customer_id", lambda r: f"cu{r.who:05}"),
        "Items": ("", lambda r: f"{1 + r.n % 3}x Shawarma, 1x Cola"),
        "Payment type": ("", lambda r: ["Online", "Cash"][r.n % 2]),
        "Subtotal": ("", lambda r: money(r.cents - 500)), "Delivery fee": ("", "5.00"),
        "Order total": ("amount", lambda r: money(r.cents)), "Commission": ("", lambda r: money(r.cents // 5)),
        "Cancellation reason": ("", lambda r: "Item not available" if r.state == "Cancelled" else ""),
    }), sales(rows, lambda r: r.state != "Cancelled")  # fmt: skip


def sogolytics(folder):
    """Answers to a form whose scales are words, with the day in a form of its own."""
    rows = records(100)
    agree = ["Strongly agree", "Agree", "Neutral", "Disagree", "Strongly disagree"]
    return export(folder, "Post-visit survey.csv", "surveys", rows, {
        "Respondent No": ("response_id", lambda r: r.n + 1),
        "Participation Date": ("at", lambda r: f"{r.day:%d %B %Y}"),
        "Customer Ref": ("customer_id", lambda r: f"CR{r.who:04}"),
        "Q1. On a scale of 0 to 10, how likely is it that you would recommend our store?": ("nps",
         lambda r: r.n * 7 % 11),
        "Q2. How satisfied were you overall?": ("csat", lambda r: 1 + r.n % 5),
        "Q3. The staff were helpful": ("surveys.rating_", lambda r: agree[r.n * 2 % 5]),
        "Q4. The queue was short": ("surveys.rating_", lambda r: agree[r.n * 3 % 5]),
        "Q5. What could we do better?": ("comment", lambda r: WORDS[r.n % 4] if r.n % 3 else ""),
        "Device": ("", lambda r: ["Mobile", "Desktop"][r.n % 2]), "Time taken (sec)": ("", lambda r: 60 + r.n),
    }), {"surveys": (100, None, None)}  # fmt: skip


def adobe_visits(folder):
    """Visits out of a warehouse, with orders counted in them."""
    rows = records(170)
    return export(folder, "web_visits.csv", "sessions", rows, {
        "visit_id": ("session_id", lambda r: f"v{r.n * 7919:08}"), "ecid": ("", lambda r: f"{r.who * 7:020}"),
        "customer_id": ("customer_id", lambda r: f"C{r.who:05}"),
        "visit_start_time": ("at", lambda r: f"{r.day:%Y-%m-%d %H:%M:%S}"),
        "visit_end_time": ("", lambda r: f"{r.day + dt.timedelta(minutes=9):%Y-%m-%d %H:%M:%S}"),
        "page_views": ("pages", lambda r: 1 + r.n % 14), "visit_duration_seconds": ("seconds", lambda r: 540),
        "marketing_channel": ("channel", lambda r: ["SEO", "Email", "Direct"][r.n % 3]),
        "device_type": ("kind", lambda r: ["Mobile", "Desktop"][r.n % 2]), "country": ("", "QA"),
        "used_search": ("searched", lambda r: r.n % 2),
    }), {"sessions": (170, None, None)}  # fmt: skip


def brevo(folder):
    """E-mails of campaigns: a row for each that was sent."""
    rows = records(140)
    return export(folder, "email campaign recipients.csv", "messages", rows, {
        "Contact ID": ("customer_id", lambda r: 60 + r.who), "Email": ("", lambda r: f"c{r.who}@mail.example"),
        "Campaign": ("kind", lambda r: ["Ramadan", "Eid", "Back to school"][r.n % 3]),
        "Send Date": ("sent_at", lambda r: f"{r.day:%d-%m-%Y %H:%M:%S}"),
        "Open Date": ("opened_at", lambda r: f"{r.day + dt.timedelta(hours=5):%d-%m-%Y %H:%M:%S}" if r.n % 2 else ""),
        "Click Date": ("", lambda r: f"{r.day + dt.timedelta(hours=6):%d-%m-%Y %H:%M:%S}" if r.n % 6 == 1 else ""),
        "Unsubscribe Date": ("", ""), "Link Count": ("", lambda r: r.n % 3),
    }), {"messages": (140, None, None)}  # fmt: skip


def daftra(folder):
    """Invoices of an Arabic accounting program: net, tax and total, drafts, what is unpaid."""
    rows = records(130)
    for row in rows:
        row.state = ["مدفوعة", "مدفوعة جزئيا", "مسودة", "مدفوعة", "مدفوعة"][row.n % 5]
    return export(folder, "الفواتير.csv", "transactions", rows, {
        "رقم الفاتورة": ("transaction_id", lambda r: f"{r.n + 1:06}"),
        "العميل": ("", lambda r: f"شركة {'أبجدهوزحطيكلمن'[r.who % 14]}{'أبج'[r.who // 14]}"),
        "رقم العميل": ("customer_id", lambda r: f"{r.who + 1:06}"),
        "تاريخ الإصدار": ("at", lambda r: f"{r.day:%d/%m/%Y}"),
        "تاريخ الاستحقاق": ("", lambda r: f"{r.day + dt.timedelta(days=15):%d/%m/%Y}"),
        "المجموع الفرعي": ("", lambda r: money(r.cents - r.cents * 15 // 115)),
        "ضريبة القيمة المضافة": ("", lambda r: money(r.cents * 15 // 115)),
        "الإجمالي النهائي": ("amount", lambda r: money(r.cents)),
        "المبلغ المستحق": ("", lambda r: money(r.cents // 2 if r.n % 5 == 1 else 0)),
        "حالة الفاتورة": ("", lambda r: r.state), "العملة": ("currency", "SAR"),
    }), sales(rows, lambda r: r.state != "مسودة")  # fmt: skip


def service_notebook(folder):
    """A repair shop's own sheet of requests in Arabic, in Hijri, with who brought what."""
    rows = records(100)
    return export(folder, "طلبات الصيانة.xlsx", "tickets", rows, {
        "رقم الطلب": ("ticket_id", lambda r: 300 + r.n),
        "تاريخ الاستلام": ("opened_at", lambda r: "{}/{:02}/{:02}".format(*hijri(r.day))),
        "اسم العميل": ("", lambda r: f"عميل {r.who}"),
        "رقم الجوال": ("customer_id", lambda r: f"05{20_000_000 + r.who}"),
        "نوع العطل": ("topic", lambda r: ["شاشة", "بطارية", "شحن"][r.n % 3]),
        "وصف المشكلة": ("text", lambda r: KALAM[r.n % 4]),
        "تاريخ التسليم": ("closed_at",
         lambda r: "{}/{:02}/{:02}".format(*hijri(r.day + dt.timedelta(days=3))) if r.n % 4 else None),
        "الفني": ("", lambda r: ["ماجد", "رامي"][r.n % 2]),
        "الحالة": ("", lambda r: "تم التسليم" if r.n % 4 else "قيد الإصلاح"),
    }, head=[["مركز المثال للصيانة"], []]), {"tickets": (100, None, None)}  # fmt: skip


def bakery(folder):
    """A bakery's own sheet: prices and counts, no total, a day in words."""
    rows = records(110)
    for row in rows:
        row.count, row.price = 1 + row.n % 4, 12 + row.n % 5 * 3
        row.cents = row.count * row.price * 100
    return export(folder, "orders bakery 2024.xlsx", "transactions", rows, {
        "No": ("transaction_id|", lambda r: r.n + 1), "Day": ("", lambda r: f"{r.day:%A}"),
        "Date": ("at", lambda r: f"{r.day:%d.%m.%Y}"), "Phone": ("customer_id", lambda r: f"06{10_000_000 + r.who}"),
        "Name": ("", lambda r: f"Mrs {'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[r.who % 26]}"),
        "Cake": ("product|", lambda r: ["Chocolate", "Honey", "Date"][r.n % 3]),
        "Pieces": ("amount", lambda r: r.count),
        "Price each": ("amount", lambda r: r.price), "Paid?": ("", "yes"),
        "Remarks": ("", lambda r: "With candles" if r.n % 10 == 0 else None),
    }, head=[["Cake orders"], []]), sales(rows)  # fmt: skip


def tripadvisor(folder):
    """Reviews of a hotel with a date of the stay and an owner's answer."""
    rows = records(110)
    return export(folder, "tripadvisor_reviews.csv", "feedback", rows, {
        "Review ID": ("feedback_id", lambda r: 900_000_000 + r.n),
        "Published date": ("at", lambda r: f"{r.day:%Y-%m-%d}"),
        "Date of stay": ("", lambda r: f"{r.day - dt.timedelta(days=20):%Y-%m}-01"),
        "Rating": ("rating", lambda r: 1 + r.n * 3 % 5),
        "Title": ("", lambda r: ["Lovely", "Never again", "Fine"][r.n % 3]),
        "Text": ("text", lambda r: WORDS[r.n % 4]),
        "Trip type": ("", lambda r: ["Family", "Business"][r.n % 2]),
        "Username": ("customer_id|", lambda r: f"user{r.n}"),
        "Language": ("language", lambda r: ["en", "ar"][r.n % 2]),
        "Owner response": ("", lambda r: "Thank you for staying with us" if r.n % 2 else ""),
        "Response date": ("", lambda r: f"{r.day + dt.timedelta(days=2):%Y-%m-%d}" if r.n % 2 else ""),
    }), {"feedback": (110, None, None)}  # fmt: skip


EIGHTH_DOZEN = (
    lightspeed_retail, gymdesk, jira_service, freshsales, paytabs, foodics_lines, talabat, sogolytics, adobe_visits,
    brevo, daftra,
    service_notebook, bakery, tripadvisor,
)  # fmt: skip
