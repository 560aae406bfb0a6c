"""Fifteen files with the columns of real systems: what these are in truth, and what good rows come to.

Each function is as in `second_dozen`. The columns are those that the makers describe: sellercentral.amazon.com (order
report), doc.toasttab.com (check details), developer.ebay.com (order report), chargebee.com (subscriptions),
confluence.atlassian.com (data pipeline of Jira); of the others as their users know them.
"""

import datetime as dt
import random

from hijridate import Gregorian

from tests.data.second_dozen import EASTERN, RAADI, SATISFIED, comma, days, text_file


def _labels(table, columns):
    """Labels of a part from title -> canonical column."""
    return [one if "." in one or not one else f"{table}.{one}" for one in columns.values()]


def amazon(folder):
    """Lines of orders, tabs, instants of Greenwich; the price of a line is for its whole quantity."""
    draw, total, rows = random.Random(21), 0, []
    for n, day in enumerate(days(280)):
        cents, count = draw.randint(500, 90_000), draw.randint(1, 4)
        total += cents
        rows.append((
            f"{n % 900:03}-{3718414 + n // 2 * 11}-{463502 + n // 2 * 7}", f"{10_583_777_345 + n}",
            f"{day.replace(microsecond=0):%Y-%m-%dT%H:%M:%S}+00:00",
            f"{day + dt.timedelta(minutes=3):%Y-%m-%dT%H:%M:%S}+00:00", f"b{n // 2 % 60}@marketplace.amazon.com",
            f"Buyer {n % 60}", "", f"SKU-{n % 30}", f"Item {n % 30}", count, "USD", f"{cents / 100:.2f}",
            f"{cents / 2000:.2f}", "4.99", "0.00", "Standard",
        ))  # fmt: skip
    columns = {
        "order-id": "transaction_id", "order-item-id": "", "purchase-date": "at", "payments-date": "",
        "buyer-email": "customer_id", "buyer-name": "", "buyer-phone-number": "", "sku": "", "product-name": "product",
        "quantity-purchased": "", "currency": "currency", "item-price": "amount", "item-tax": "",
        "shipping-price": "", "shipping-tax": "", "ship-service-level": "",
    }  # fmt: skip
    text_file(folder / "28471018.txt", list(columns), rows, "\t")
    return {"28471018.txt": _labels("transactions", columns)}, {"transactions": (280, "amount_cents", total)}


def toast(folder):
    """Checks of a restaurant: years of two digits, the time in a column of its own, columns that are never used."""
    draw, total, rows = random.Random(22), 0, []
    for n, day in enumerate(days(300, dt.datetime(2023, 5, 2, 11, 20))):
        cents = draw.randint(900, 30_000)
        total += cents
        rows.append((
            "", f"{day:%m/%d/%y}", f"{day:%I:%M %p}", "Burger, Fries", f"Server {n % 5}", f"{cents / 1200:.2f}",
            "Credit", 300000000012000 + n, 1 + n % 99, f"{cents / 100:.2f}", "", 1 + n % 6, "0.00", "",
            7_000_000 + n % 70, f"Guest {n % 70}", "", f"g{n % 70}@mail.example",
        ))  # fmt: skip
    columns = {
        "Location Code": "", "Opened Date": "at", "Opened Time": "at", "Item Description": "", "Server": "", "Tax": "",
        "Tender": "", "Check Id": "transaction_id", "Check #": "", "Total": "amount", "Customer Family": "",
        "Table Size": "", "Discount": "", "Reason of Discount": "", "Customer Id": "customer_id", "Customer": "",
        "Customer Phone": "", "Customer Email": "",
    }  # fmt: skip
    text_file(folder / "CheckDetails.csv", list(columns), rows)
    return {"CheckDetails.csv": _labels("transactions", columns)}, {"transactions": (300, "amount_cents", total)}


def ebay(folder):
    """Orders with titles in camel case, the currency beside the amount."""
    draw, total, rows = random.Random(23), 0, []
    for n, day in enumerate(days(240)):
        cents = draw.randint(500, 90_000)
        total += cents
        rows.append((
            f"{n:02}-{10000 + n:05}-{20000 + n:05}", "EBAY_GB", f"{day:%Y-%m-%dT%H:%M:%S}", f"buyer_{n % 50}",
            f"b{n % 50}@members.ebay.example", f"Buyer {n % 50}", "PAID", f"{cents / 100:.2f}", "GBP",
        ))  # fmt: skip
    columns = {
        "orderID": "transaction_id", "channelID": "channel", "createdDate": "at", "buyerID": "customer_id",
        "buyerEmail": "", "buyerName": "", "orderPaymentStatus": "", "orderSumTotal": "amount",
        "orderSumTotalCurrency": "currency",
    }  # fmt: skip
    text_file(folder / "orderReport-latest.csv", list(columns), rows)
    return {"orderReport-latest.csv": _labels("transactions", columns)}, {"transactions": (240, "amount_cents", total)}


def etsy(folder):
    """Sold orders: years of two digits, several columns that could be the amount."""
    draw, total, rows = random.Random(24), 0, []
    for n, day in enumerate(days(260)):
        cents = draw.randint(500, 90_000)
        total += cents + 499
        rows.append((
            f"{day:%m/%d/%y}", 2_900_000_000 + n, f"user{n % 55}", f"Buyer {n % 55}", 1 + n % 3, "Credit Card",
            f"{day + dt.timedelta(days=2):%m/%d/%y}", "Leeds", "United Kingdom", "USD", f"{cents / 100:.2f}", "",
            "0.00", "4.99", "0.00", f"{(cents + 499) / 100:.2f}", f"{cents / 3000:.2f}", f"{cents / 105:.2f}",
        ))  # fmt: skip
    columns = {
        "Sale Date": "at", "Order ID": "transaction_id", "Buyer User ID": "customer_id", "Full Name": "",
        "Number of Items": "", "Payment Method": "", "Date Shipped": "", "Ship City": "", "Ship Country": "",
        "Currency": "currency", "Order Value": "", "Coupon Code": "", "Discount Amount": "", "Shipping": "",
        "Sales Tax": "", "Order Total": "amount", "Card Processing Fees": "", "Order Net": "",
    }  # fmt: skip
    text_file(folder / "EtsySoldOrders2024.csv", list(columns), rows)
    return {"EtsySoldOrders2024.csv": _labels("transactions", columns)}, {"transactions": (260, "amount_cents", total)}


def chargebee(folder):
    """Subscriptions with an id of their own beside that of the customer."""
    rows = []
    for n, day in enumerate(days(220, dt.datetime(2023, 1, 5))):
        end = f"{day + dt.timedelta(days=120):%d-%b-%Y %H:%M}" if n % 3 == 0 else ""
        rows.append((
            f"AzZlh{n:06}", f"cust_{n:05}", f"c{n}@mail.example", "Cancelled" if end else "Active",
            "Pro-Monthly" if n % 2 else "Basic-Monthly", "USD", f"{day:%d-%b-%Y %H:%M}", end,
            "Not Paid" if end else "", f"{day + dt.timedelta(days=400):%d-%b-%Y %H:%M}", "49.00" if n % 2 else "19.00",
        ))  # fmt: skip
    columns = {
        "Subscription Id": "", "Customer Id": "customer_id", "Customer Email": "", "Status": "",
        "Current Plan": "plan", "Currency": "currency", "Started On": "started_on", "Canceled On": "ended_on",
        "Reason Code": "end_reason", "Next Billing On": "", "MRR": "price",
    }  # fmt: skip
    text_file(folder / "Subscriptions.csv", list(columns), rows)
    ended = sum(n % 3 == 0 for n in range(220))
    return {"Subscriptions.csv": _labels("memberships", columns)}, {"memberships": (220, "ended", ended)}


def jira(folder):
    """Issues of a service desk, escaped ends of lines, instants of Greenwich."""
    rows = []
    for n, day in enumerate(days(220)):
        done = f"{day + dt.timedelta(hours=30):%Y-%m-%dT%H:%M:%SZ}" if n % 6 else ""
        rows.append((
            10000 + n, "http://jira.example", f"http://jira.example/browse/HELP-{n}", f"HELP-{n}", "HELP", "Help desk",
            "Service request" if n % 2 else "Incident", f"Request {n}", "It is\\nbroken", 500 + n % 40,
            f"Reporter {n % 40}", "Done" if done else "Open", f"{day:%Y-%m-%dT%H:%M:%SZ}", done,
        ))  # fmt: skip
    columns = {
        "id": "", "instance_url": "", "url": "", "key": "ticket_id", "project_key": "", "project_name": "",
        "issue_type": "topic", "summary": "", "description": "text", "reporter_id": "customer_id", "reporter_name": "",
        "status": "", "created_date": "opened_at", "resolution_date": "closed_at",
    }  # fmt: skip
    text_file(folder / "issues_job1_20260105.csv", list(columns), rows, end="\r\n")
    return {"issues_job1_20260105.csv": _labels("tickets", columns)}, {"tickets": (220, None, None)}


def delighted(folder):
    """Answers of 0 to 10 with words beside them, instants with an offset."""
    draw, total, rows = random.Random(27), 0, []
    for n, day in enumerate(days(240)):
        answer = draw.randint(0, 10)
        total += answer
        rows.append((
            5_000_000 + n, 800_000 + n % 90, f"p{n % 90}@mail.example", answer, "Fine, thanks",
            f"{day:%Y-%m-%d %H:%M:%S} +0300", "email",
        ))  # fmt: skip
    columns = {
        "Response ID": "response_id", "Person ID": "customer_id", "Email": "", "NPS Score": "nps",
        "Comment": "comment", "Responded at": "at", "Source": "",
    }  # fmt: skip
    text_file(folder / "delighted-survey-responses.csv", list(columns), rows)
    labels = ["touchpoint" if title == "Source" else one for title, one in columns.items()]
    labels = [f"surveys.{one}" if one and title != "Source" else "" for title, one in zip(columns, labels, strict=True)]
    return {"delighted-survey-responses.csv": labels}, {"surveys": (240, "nps", total)}


def mindbody(folder):
    """Sales of a studio with a total at the end and titles above; refunds in brackets."""
    draw, total, rows = random.Random(28), 0, []
    for n, day in enumerate(days(260)):
        cents = draw.randint(900, 40_000) * (-1 if n % 17 == 4 else 1)
        total += cents
        text = f"${cents / 100:,.2f}" if cents > 0 else f"(${-cents / 100:,.2f})"
        rows.append((
            f"{day:%m/%d/%Y}", f"1000{n % 60:05}", f"Last, First{n % 60}", 77_000 + n, f"Class {n % 8}", "Downtown",
            text,
        ))  # fmt: skip
    rows.append(("Total", "", "", "", "", "", f"${total / 100:,.2f}"))
    columns = {
        "Sale Date": "at", "Client ID": "customer_id", "Client": "", "Sale ID": "transaction_id",
        "Item Name": "product", "Location": "channel", "Item Total": "amount",
    }  # fmt: skip
    text_file(folder / "Sales report.csv", list(columns), rows, head="Sales,,,,,,\n1/1/2024 - 12/31/2024,,,,,,\n")
    return {"Sales report.csv": _labels("transactions", columns)}, {"transactions": (260, "amount_cents", total)}


def odoo(folder):
    """Orders of a till with days and times in one column; paid and posted orders are sales, cancelled ones are not."""
    draw, total, good, rows = random.Random(29), 0, 0, []
    for n, day in enumerate(days(260)):
        cents = draw.randint(900, 40_000)
        state = draw.choice(["Paid", "Posted", "Invoiced", "Cancelled"])
        total, good = total + cents * (state != "Cancelled"), good + (state != "Cancelled")
        rows.append((
            f"Shop/{n:04}", f"{day:%Y-%m-%d %H:%M:%S}", "Main shop", f"Order 00{n:03}-001-{n:04}", f"C{n % 45:04}",
            "Mitchell", f"{cents / 100:.2f}", state,
        ))  # fmt: skip
    columns = {
        "Order Ref": "transaction_id", "Date": "at", "Point of Sale": "channel", "Receipt Number": "",
        "Customer": "customer_id", "Cashier": "", "Total": "amount", "Status": "",
    }  # fmt: skip
    text_file(folder / "Orders (pos.order).csv", list(columns), rows)
    return {"Orders (pos.order).csv": _labels("transactions", columns)}, {"transactions": (good, "amount_cents", total)}


def foodics(folder):
    """Orders of Riyadh cafes: Arabic titles, Hijri days in Arabic digits, riyals in words, statuses."""
    draw, total, good, rows = random.Random(30), 0, 0, []
    for n, day in enumerate(days(240)):
        hijri, cents = Gregorian(day.year, day.month, day.day).to_hijri(), draw.randint(900, 40_000)
        state = draw.choice(["مكتمل", "مكتمل", "مكتمل", "ملغي"])
        total, good = total + cents * (state == "مكتمل"), good + (state == "مكتمل")
        rows.append((
            f"{n + 1:05}", f"{hijri.year}/{hijri.month:02}/{hijri.day:02}".translate(EASTERN), "فرع الملقا",
            f"9665{10_000_000 + n % 60}", "محلي" if n % 2 else "توصيل", state, f"{cents / 115:.2f}",
            f"{cents / 100:.2f} ر.س",
        ))  # fmt: skip
    columns = {
        "رقم الطلب": "transaction_id", "تاريخ الطلب": "at", "الفرع": "", "رقم جوال العميل": "customer_id",
        "نوع الطلب": "", "حالة الطلب": "", "الضريبة": "", "الإجمالي": "amount",
    }  # fmt: skip
    columns["الفرع"] = "channel"
    text_file(folder / "تقرير الطلبات.csv", list(columns), rows, encoding="utf-8-sig")
    return {"تقرير الطلبات.csv": _labels("transactions", columns)}, {"transactions": (good, "amount_cents", total)}


def klaviyo(folder):
    """Messages of a campaign, of which some were opened."""
    rows = []
    for n, day in enumerate(days(300, step=0.7)):
        opened = f"{day + dt.timedelta(hours=4):%Y-%m-%d %H:%M:%S}" if n % 3 == 0 else ""
        rows.append((
            f"msg_{n:06}", f"m{n % 80}@mail.example", "Spring sale" if n % 2 else "Welcome",
            f"{day:%Y-%m-%d %H:%M:%S}", opened, "FALSE",
        ))  # fmt: skip
    columns = {
        "Message ID": "message_id", "Email Address": "customer_id", "Campaign Name": "kind", "Sent At": "sent_at",
        "Opened At": "opened_at", "Bounced": "",
    }  # fmt: skip
    text_file(folder / "campaign_recipients.csv", list(columns), rows)
    return {"campaign_recipients.csv": _labels("messages", columns)}, {"messages": (300, None, None)}


def matomo(folder):
    """Visits of a web site, the day in words of a server's clock."""
    rows = []
    for n, day in enumerate(days(300, step=0.4)):
        rows.append((
            4000 + n, f"{n % 70:016x}", f"{day:%Y-%m-%d %H:%M:%S}", 20 + n % 700, 1 + n % 9, int(n % 8 == 0),
            "Direct Entry", "Chrome",
        ))  # fmt: skip
    columns = {
        "Visit ID": "session_id", "Visitor ID": "customer_id", "Visit Start": "at", "Duration (seconds)": "seconds",
        "Page Views": "pages", "Converted": "converted", "Referrer": "", "Browser": "",
    }  # fmt: skip
    text_file(folder / "matomo_visits.csv", list(columns), rows, encoding="utf-16")
    return {"matomo_visits.csv": _labels("sessions", columns)}, {"sessions": (300, None, None)}


def ledger(folder):
    """Receipts of customers: CR and DR after the amounts, years of two digits."""
    draw, total, rows = random.Random(33), 0, []
    for n, day in enumerate(days(240)):
        cents = draw.randint(500, 900_000)
        back = n % 12 == 3
        total += -cents if back else cents
        rows.append((
            f"{day:%d.%m.%y}", f"RV{n:05}", f"0{4000 + n % 50}", f"{cents / 100:,.2f} {'DR' if back else 'CR'}",
        ))  # fmt: skip
    columns = {"Posting Date": "at", "Transaction No": "transaction_id", "Customer No": "customer_id",
               "Amount": "amount"}  # fmt: skip
    text_file(folder / "customer receipts.csv", list(columns), rows)
    return {"customer receipts.csv": _labels("transactions", columns)}, {"transactions": (240, "amount_cents", total)}


def alchemer(folder):
    """Answers with their numbers and words in one cell, and how easy it was in words."""
    draw, total, rows = random.Random(34), 0, []
    ease = ["Very difficult", "Difficult", "Neutral", "Easy", "Very easy"]
    for n, day in enumerate(days(220)):
        answer = draw.randint(1, 5)
        total += answer
        rows.append((n + 1, f"{day:%Y-%m-%d %H:%M:%S}", f"{answer} - {SATISFIED[answer - 1]}", draw.choice(ease)))
    columns = {
        "Response ID": "response_id", "Date Submitted": "at", "How satisfied are you overall?": "csat",
        "How easy was it to get help?": "ces",
    }  # fmt: skip
    text_file(folder / "SurveyExport.csv", list(columns), rows)
    return {"SurveyExport.csv": _labels("surveys", columns)}, {"surveys": (220, "csat", total)}


def arabic_alchemer(folder):
    """The same in Arabic, with Arabic digits, points for thousands beside them and another stroke."""
    draw, total, rows = random.Random(35), 0, []
    for n, day in enumerate(days(200)):
        answer = draw.randint(1, 5)
        total += answer
        rows.append((n + 1, f"{day:%Y-%m-%d}", f"{answer} – {RAADI[answer - 1]}".translate(EASTERN), comma(n)))
    columns = {"رقم الاستجابة": "response_id", "تاريخ الإجابة": "at", "مدى رضاك عن الخدمة": "csat", "مدة": ""}
    text_file(folder / "استبيان.csv", list(columns), rows, ";")
    return {"استبيان.csv": _labels("surveys", columns)}, {"surveys": (200, "csat", total)}


THIRD_DOZEN = (
    amazon,
    toast,
    ebay,
    etsy,
    chargebee,
    jira,
    delighted,
    mindbody,
    odoo,
    foodics,
    klaviyo,
    matomo,
    ledger,
    alchemer,
    arabic_alchemer,
)
