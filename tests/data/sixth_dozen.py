"""Twenty-six exports of systems that nobody here had used: their truth was written before they were guessed.

Each function is as in `second_dozen`; a label that ends in `|` may be left out as well. Columns of Eventbrite,
Microsoft Forms, Wix and Xero are those of files in public repositories, of Gorgias, Shopware, Snowplow and BigCommerce
those that their makers describe, of the others as their users know them. 31 of the 402 columns were wrong at first,
three of them marked sure; one answer was corrected afterwards (an order's day or its payment's, of `clover`).
"""

import datetime as dt
import random
from types import SimpleNamespace

from tests.data.fifth_dozen import book
from tests.data.fourth_dozen import KALAM, WORDS, hijri
from tests.data.second_dozen import days, text_file


def records(count, seed=7, **how):
    """Rows to be written: a number, an instant, minor units, and who."""
    draw = random.Random(seed)
    return [
        SimpleNamespace(n=n, day=day, cents=draw.randint(900, 90_000), who=n * 7 % (count // 4))
        for n, day in enumerate(days(count, **how))
    ]


def in_lines(rows, most=3):
    """Orders as their lines: `lines` of an order, `line` of each, the order's `cents` is their sum."""
    draw = random.Random(11)
    for row in rows:
        row.lines = [draw.randint(500, 20_000) for _ in range(1 + row.n % most)]
        row.cents = sum(row.lines)
    return [SimpleNamespace(**vars(row), line=line, at=at) for row in rows for at, line in enumerate(row.lines)]


def money(cents):
    """Write 1234 as 12.34."""
    return f"{cents / 100:.2f}"


def export(folder, name, table, rows, columns, head=(), tail=(), **how):
    """Write rows by title -> (label, cell of a row), and give the labels; `head` and `tail` are rows of a sheet."""
    cells = [[cell(row) if callable(cell) else cell for _, cell in columns.values()] for row in rows]
    if name.endswith(".xlsx"):
        book(folder / name, {"Sheet1": [*head, list(columns), *cells, *tail]})
    else:
        text_file(folder / name, list(columns), cells, **how)
    labels = [label for label, _ in columns.values()]
    return {name: [one if "." in one or not one else f"{table}.{one}" for one in labels]}


def sales(rows, meant=lambda row: True, unit=1):
    """What transactions come to: rows that are meant, and their sum."""
    good = [row for row in rows if meant(row)]
    return {"transactions": (len(good), "amount_cents", unit * sum(row.cents for row in good))}


def eventbrite(folder):
    """Attendees: a row for each ticket of an order."""
    rows = records(160)
    for row in rows:
        row.state, row.order = "Refunded" if row.n % 12 == 5 else "Attending", row.n // 2
        row.who, row.day = row.order % 40, rows[row.order * 2].day
    labels = export(folder, "report-2024-06-01T1015.csv", "transactions", rows, {
        "Order #": ("transaction_id", lambda r: 7_300_000_000 + r.order * 17),
        "Order Date": ("at", lambda r: f"{r.day:%Y-%m-%d %H:%M:%S}"),
        "First Name": ("", lambda r: f"Guest{r.who}"), "Last Name": ("", "Example"),
        "Email": ("customer_id", lambda r: f"g{r.who}@mail.example"), "Quantity": ("", 1), "Price Tier": ("", ""),
        "Ticket Type": ("product|", lambda r: ["General Admission", "VIP", "Student"][r.n % 3]),
        "Attendee #": ("", lambda r: 9_100_000_000 + r.n * 13), "Group": ("", ""),
        "Order Type": ("", "PayPal Completed"),
        "Currency": ("currency", "USD"), "Total Paid": ("amount", lambda r: money(r.cents)),
        "Fees Paid": ("", lambda r: money(r.cents // 12)), "Eventbrite Fees": ("", lambda r: money(r.cents // 20)),
        "Eventbrite Payment Processing": ("", lambda r: money(r.cents // 12 - r.cents // 20)),
        "Attendee Status": ("", lambda r: r.state), "Home City": ("", lambda r: ["Austin", "Dallas"][r.n % 2]),
        "Home Country": ("", "US"),
        "How did you hear about this event?": ("", lambda r: ["A friend", "Instagram", "Newsletter"][r.n % 3]),
    })  # fmt: skip
    return labels, sales(rows, lambda r: r.state == "Attending")


def microsoft_forms(folder):
    """Answers without a person: e-mail and name say anonymous, or nothing."""
    rows = records(90)
    words = ["Very satisfied", "Somewhat satisfied", "Neither satisfied nor dissatisfied", "Very dissatisfied"]
    return export(folder, "Visitor feedback(1-90).xlsx", "surveys", rows, {
        "ID": ("response_id", lambda r: r.n + 1), "Start time": ("", lambda r: r.day.replace(microsecond=0)),
        "Completion time": ("at", lambda r: (r.day + dt.timedelta(minutes=3)).replace(microsecond=0)),
        "Email": ("", "anonymous"), "Name": ("", None), "Last modified time": ("", None),
        "How likely are you to recommend us to a friend or colleague?": ("nps", lambda r: r.n * 7 % 11),
        "Overall, how satisfied are you with your visit?": ("csat", lambda r: words[r.n % 4]),
        "Which branch did you visit?": ("touchpoint", lambda r: ["North Mall", "Harbour", "Old Town"][r.n % 3]),
        "What should we improve?": ("comment", lambda r: WORDS[r.n % 4] if r.n % 3 else None),
    }), {"surveys": (90, None, None)}  # fmt: skip


def wix(folder):
    """Lines of orders, the day and the time apart, the order's total on each of its lines."""
    orders = records(80)
    rows = in_lines(orders)
    labels = export(folder, "Orders.csv", "transactions", rows, {
        "Order number": ("transaction_id", lambda r: 10_001 + r.n),
        "Date created": ("at", lambda r: f"{r.day:%b %d, %Y}"),
        "Time": ("at", lambda r: f"{r.day:%I:%M:%S %p}"), "Total order quantity": ("", lambda r: len(r.lines)),
        "Contact email": ("customer_id", lambda r: f"c{r.who}@mail.example"), "Note from customer": ("", ""),
        "Item": ("product", lambda r: f"Candle {r.line % 6}"),
        "Variant": ("", lambda r: ["Small", "Large"][r.line % 2]),
        "SKU": ("", lambda r: f"CN-{r.line % 6}-{r.line % 2}"), "Qty": ("", 1), "Quantity refunded": ("", 0),
        "Price": ("", lambda r: money(r.line)), "Weight": ("", "0.3"), "Delivery method": ("", "Standard"),
        "Recipient name": ("", lambda r: f"Person {r.who}"), "Recipient phone": ("", lambda r: f"+1555{r.who:07}"),
        "Delivery country": ("", "USA"), "Delivery city": ("", lambda r: ["Reno", "Boise"][r.who % 2]),
        "Billing name": ("", lambda r: f"Person {r.who}"), "Payment status": ("", "Paid"),
        "Payment method": ("", lambda r: ["Credit card", "PayPal"][r.n % 2]), "Shipping rate": ("", "0.00"),
        "Total tax": ("", "0.00"), "Total": ("amount", lambda r: money(r.cents)), "Currency": ("currency", "USD"),
        "Refunded amount": ("", "0.00"), "Fulfillment status": ("", "Fulfilled"), "Tracking number": ("", ""),
    })  # fmt: skip
    return labels, sales(orders)


def xero(folder):
    """Lines of invoices; half of the contacts have no e-mail."""
    orders = records(90)
    rows = in_lines(orders)
    for order in orders:
        order.cents = sum(line + line // 5 for line in order.lines)
    totals = {order.n: order.cents for order in orders}
    labels = export(folder, "SalesInvoices.csv", "transactions", rows, {
        "ContactName": ("customer_id", lambda r: f"Firm {r.who} Ltd"),
        "EmailAddress": ("", lambda r: f"f{r.who}@mail.example" if r.who % 2 else ""),
        "POAddressLine1": ("", lambda r: f"{r.who} Main Road"),
        "POCity": ("", lambda r: ["Leeds", "Hull"][r.who % 2]),
        "InvoiceNumber": ("transaction_id", lambda r: f"INV-{r.n:04}"), "Reference": ("", lambda r: f"PO {r.n % 13}"),
        "InvoiceDate": ("at", lambda r: f"{r.day:%d/%m/%Y}"),
        "DueDate": ("", lambda r: f"{r.day + dt.timedelta(days=30):%d/%m/%Y}"), "PlannedDate": ("", ""),
        "Total": ("amount", lambda r: money(totals[r.n])),
        "TaxTotal": ("", lambda r: money(sum(line // 5 for line in r.lines))),
        "InvoiceAmountPaid": ("", lambda r: money(totals[r.n])), "InvoiceAmountDue": ("", "0.00"),
        "InventoryItemCode": ("", lambda r: f"IT{r.line % 8}"),
        "Description": ("product", lambda r: f"Service {r.line % 8}"),
        "Quantity": ("", "1.0000"), "UnitAmount": ("", lambda r: f"{r.line / 100:.4f}"), "Discount": ("", ""),
        "LineAmount": ("", lambda r: money(r.line)), "AccountCode": ("", lambda r: 200 + r.line % 2 * 60),
        "TaxType": ("", "20% (VAT on Income)"), "TaxAmount": ("", lambda r: money(r.line // 5)),
        "Currency": ("currency", "GBP"), "Type": ("", "Sales invoice"), "Sent": ("", "Sent"), "Status": ("", "Paid"),
    })  # fmt: skip
    return labels, sales(orders)


def squarespace(folder):
    """Lines of orders; what is of the order stands on its first line alone."""
    orders = records(90)
    rows = in_lines(orders)
    for row in rows:
        row.state = "REFUNDED" if row.n % 15 == 4 else "PAID"

    def first(cell):
        return lambda r: "" if r.at else cell(r) if callable(cell) else cell

    labels = export(folder, "orders.csv", "transactions", rows, {
        "Order ID": ("transaction_id", lambda r: f"{r.n + 1:05}"),
        "Email": ("customer_id", lambda r: f"c{r.who}@mail.example"),
        "Financial Status": ("", first(lambda r: r.state)),
        "Paid at": ("", first(lambda r: f"{r.day + dt.timedelta(minutes=2):%Y-%m-%d %H:%M:%S} +0300")),
        "Fulfillment Status": ("", first("FULFILLED")),
        "Fulfilled at": ("", first(lambda r: f"{r.day + dt.timedelta(days=2):%Y-%m-%d %H:%M:%S} +0300")),
        "Currency": ("currency", first("SAR")), "Subtotal": ("", first(lambda r: money(r.cents * 100 // 115))),
        "Shipping": ("", first("0.00")), "Taxes": ("", first(lambda r: money(r.cents - r.cents * 100 // 115))),
        "Amount Refunded": ("", first(lambda r: money(r.cents) if r.state == "REFUNDED" else "0.00")),
        "Total": ("amount", first(lambda r: money(r.cents))), "Discount Code": ("", ""),
        "Discount Amount": ("", first("0.00")), "Shipping Method": ("", first("Courier")),
        "Created at": ("at", first(lambda r: f"{r.day:%Y-%m-%d %H:%M:%S} +0300")), "Lineitem quantity": ("", 1),
        "Lineitem name": ("product", lambda r: f"Print {r.line % 7}"),
        "Lineitem price": ("", lambda r: money(r.line)),
        "Lineitem sku": ("", lambda r: f"SQ{r.line % 7}"), "Lineitem variant": ("", ""),
        "Lineitem requires shipping": ("", "true"), "Billing Name": ("", first(lambda r: f"Person {r.who}")),
        "Payment Method": ("", first("Stripe")),
        "Payment Reference": ("", first(lambda r: f"ch_{r.n * 977:010}")),
        "Channel Type": ("channel", first(lambda r: ["web", "pos"][r.n % 2])),
        "Channel Name": ("", first("Squarespace")), "Channel Order Number": ("", ""),
    })  # fmt: skip
    return labels, sales(orders, lambda r: r.n % 15 != 4)


def bigcommerce(folder):
    """Orders with and without tax, the time apart, whole lines in one cell."""
    rows = records(150)
    for row in rows:
        row.state = ["Completed", "Shipped", "Completed", "Cancelled", "Awaiting Fulfillment"][row.n % 5]
    labels = export(folder, "orders-2024-06-01.csv", "transactions", rows, {
        "Order ID": ("transaction_id", lambda r: 100 + r.n), "Customer ID": ("customer_id", lambda r: 1 + r.who),
        "Customer Name": ("", lambda r: f"Person {r.who}"),
        "Customer Email": ("", lambda r: f"c{r.who}@mail.example"),
        "Customer Phone": ("", lambda r: f"61400{r.who:06}"), "Order Date": ("at", lambda r: f"{r.day:%d/%m/%Y}"),
        "Order Time": ("at", lambda r: f"{r.day:%H:%M:%S}"), "Order Status": ("", lambda r: r.state),
        "Subtotal (inc tax)": ("", lambda r: money(r.cents - 500)),
        "Subtotal (ex tax)": ("", lambda r: money((r.cents - 500) * 10 // 11)),
        "Tax Total": ("", lambda r: money(r.cents - r.cents * 10 // 11)), "Shipping Cost (inc tax)": ("", "5.00"),
        "Order Total (inc tax)": ("amount", lambda r: money(r.cents)),
        "Order Total (ex tax)": ("", lambda r: money(r.cents * 10 // 11)),
        "Payment Method": ("", lambda r: ["PayPal", "Credit Card"][r.n % 2]),
        "Total Quantity": ("", lambda r: 1 + r.n % 4),
        "Total Shipped": ("", lambda r: 1 + r.n % 4),
        "Date Shipped": ("", lambda r: f"{r.day + dt.timedelta(days=3):%d/%m/%Y}"),
        "Order Currency Code": ("currency", "AUD"), "Exchange Rate": ("", "1.0000000000"), "Order Notes": ("", ""),
        "Customer Message": ("", lambda r: "Leave at the door" if r.n % 9 == 0 else ""),
        "Ship Method": ("", "Flat Rate"),
        "Product Details": ("",
         lambda r: f"Product ID: {r.n % 9}, Product Qty: {1 + r.n % 4}, Product SKU: S{r.n % 9}"),
        "Channel ID": ("", 1),
    })  # fmt: skip
    return labels, sales(rows, lambda r: r.state != "Cancelled")


def prestashop(folder):
    """Orders as the list of the back office saves them: customers by name, a sign before amounts."""
    rows = records(140)
    for row in rows:
        row.state = ["Delivered", "Payment accepted", "Shipped", "Delivered", "Canceled"][row.n % 5]
    labels = export(folder, "order_2024-06-01_101500.csv", "transactions", rows, {
        "ID": ("transaction_id|", lambda r: 1 + r.n),
        "Reference": ("transaction_id|", lambda r: f"XKB{r.n * 7919 % 99991:05}N"),
        "New client": ("", lambda r: int(r.n < 35)), "Delivery": ("", lambda r: ["France", "Belgium"][r.who % 2]),
        "Customer": ("customer_id", lambda r: f"{'ABCDEFG'[r.who % 7]}. MARTIN{'ABCDE'[r.who // 7]}"),
        "Total": ("amount", lambda r: f"€{r.cents / 100:,.2f}"),
        "Payment": ("", lambda r: ["Bank transfer", "Card"][r.n % 2]),
        "Status": ("", lambda r: r.state), "Date": ("at", lambda r: f"{r.day:%Y-%m-%d %H:%M:%S}"),
    }, delimiter=";")  # fmt: skip
    return labels, sales(rows, lambda r: r.state != "Canceled")


def opencart(folder):
    """A table of a shop's own database: dates added and modified, four decimals."""
    rows = records(150)
    for row in rows:
        row.state = ["Complete", "Processing", "Shipped", "Canceled", "Complete"][row.n % 5]
    labels = export(folder, "oc_order.csv", "transactions", rows, {
        "order_id": ("transaction_id", lambda r: 1 + r.n), "invoice_no": ("", 0),
        "invoice_prefix": ("", "INV-2024-00"),
        "customer_id": ("customer_id", lambda r: 1 + r.who), "customer_group_id": ("", lambda r: 1 + r.who % 2),
        "firstname": ("", lambda r: f"First{r.who}"), "lastname": ("", "Example"),
        "email": ("", lambda r: f"c{r.who}@mail.example"), "telephone": ("", lambda r: f"0100{r.who:07}"),
        "payment_method": ("", "Cash On Delivery"), "shipping_city": ("", lambda r: ["Giza", "Cairo"][r.who % 2]),
        "comment": ("", ""), "total": ("amount", lambda r: f"{r.cents / 100:.4f}"),
        "order_status": ("", lambda r: r.state),
        "affiliate_id": ("", 0), "commission": ("", "0.0000"), "language_id": ("", 1),
        "currency_code": ("currency", "EGP"),
        "currency_value": ("", "1.00000000"), "ip": ("", lambda r: f"10.0.{r.n % 7}.{r.n % 200}"),
        "date_added": ("at", lambda r: f"{r.day:%Y-%m-%d %H:%M:%S}"),
        "date_modified": ("", lambda r: f"{r.day + dt.timedelta(days=2):%Y-%m-%d %H:%M:%S}"),
    })  # fmt: skip
    return labels, sales(rows, lambda r: r.state != "Canceled")


def shopware(folder):
    """Main data of orders: two numbers of an order, statuses as numbers, a payment's own id in half of the rows."""
    rows = records(140)
    return export(folder, "orders_main.csv", "transactions", rows, {
        "orderId": ("transaction_id|", lambda r: 57 + r.n), "number": ("transaction_id|", lambda r: 20_000 + r.n),
        "customerId": ("customer_id", lambda r: 1 + r.who), "orderStatusId": ("", lambda r: r.n % 3),
        "cleared": ("", 12),
        "paymentId": ("", lambda r: 3 + r.n % 3), "dispatchId": ("", lambda r: 9 + r.n % 2), "partnerId": ("", ""),
        "subshopId": ("", 1), "invoiceAmount": ("amount", lambda r: money(r.cents)),
        "invoiceAmountNet": ("", lambda r: money(r.cents * 100 // 119)), "invoiceShipping": ("", "3.90"),
        "invoiceShippingNet": ("", "3.28"), "orderTime": ("at", lambda r: f"{r.day:%Y-%m-%d %H:%M:%S}"),
        "transactionId": ("", lambda r: f"8AB{r.n * 7919:07}" if r.n % 2 else ""), "comment": ("", ""),
        "customerComment": ("", lambda r: "Bitte klingeln" if r.n % 8 == 0 else ""), "net": ("", 0),
        "taxFree": ("", 0),
        "temporaryId": ("", ""), "referer": ("", ""), "clearedDate": ("", lambda r: f"{r.day:%Y-%m-%d} 00:00:00"),
        "trackingCode": ("", ""), "languageIso": ("", 1), "currency": ("currency", "EUR"), "currencyFactor": ("", 1),
        "remoteAddress": ("", "10.0.0.0"), "deviceType": ("", lambda r: ["desktop", "mobile"][r.n % 2]),
    }, delimiter=";"), sales(rows)  # fmt: skip


def clover(folder):
    """Payments of a till; some orders are paid in two parts, some payments fail."""
    rows = records(160)
    for row in rows:
        row.order, row.state = row.n - (row.n % 8 == 7), "FAIL" if row.n % 20 == 3 else "SUCCESS"
        row.who = row.order * 7 % 40
    return export(folder, "Payments-20240601.csv", "transactions", rows, {
        "Payment Date": ("at|", lambda r: f"{r.day:%d-%b-%Y %I:%M %p}"),
        "Payment ID": ("", lambda r: f"P{r.n * 7919:012}"),
        "Payment Note": ("", ""), "Tender": ("", lambda r: ["Credit Card", "Cash"][r.n % 2]),
        "Result": ("", lambda r: r.state),
        "Order ID": ("transaction_id", lambda r: f"K{r.order * 6007:012}"),
        "Order Date": ("at|", lambda r: f"{rows[r.order].day:%d-%b-%Y %I:%M %p}"),
        "Order Employee ID": ("", lambda r: f"E{r.n % 4}"),
        "Order Employee Name": ("", lambda r: f"Staff {r.n % 4}"),
        "Customer ID": ("customer_id", lambda r: f"CU{r.who:05}"),
        "Customer Name": ("", lambda r: f"Person {r.who}"), "Currency": ("currency", "USD"),
        "Amount": ("amount", lambda r: money(r.cents)), "Tax Amount": ("", lambda r: money(r.cents // 13)),
        "Tip Amount": ("", lambda r: money(r.n % 5 * 100)), "Service Charge Amount": ("", "0.00"),
        "Card Brand": ("", lambda r: ["VISA", ""][r.n % 2]), "Card Number": ("", lambda r: ["XXXX1111", ""][r.n % 2]),
        "Card Entry Type": ("", lambda r: ["EMV_CONTACT", ""][r.n % 2]),
    }), sales(rows, lambda r: r.state == "SUCCESS")  # fmt: skip


def glofox(folder):
    """Members of a gym as persons: no id but their e-mail."""
    rows = records(120, since=dt.datetime(2022, 1, 5))
    return export(folder, "All Members.csv", "customers", rows, {
        "First Name": ("", lambda r: f"First{r.n}"), "Last Name": ("", lambda r: f"Last{r.n % 90}"),
        "Email": ("customer_id", lambda r: f"m{r.n}@mail.example"),
        "Phone": ("", lambda r: f"+353 87 {1_000_000 + r.n}"),
        "Gender": ("customers.gender", lambda r: ["Female", "Male"][r.n % 2]),
        "Birth Date": ("", lambda r: f"19{70 + r.n % 29}-03-{1 + r.n % 28:02}"),
        "Membership Name": ("customers.membership_name", lambda r: ["Unlimited", "Ten classes"][r.n % 2]),
        "Joined At": ("joined_on", lambda r: f"{r.day:%Y-%m-%d}"),
        "Last Booking": ("", lambda r: f"{r.day + dt.timedelta(days=90):%Y-%m-%d}"),
        "Total Bookings": ("customers.total_bookings", lambda r: r.n * 3 % 41),
        "Lead Source": ("customers.lead_source", lambda r: ["Walk in", "Website", "Referral"][r.n % 3]),
        "Emergency Contact Name": ("", lambda r: f"Other{r.n}"),
    }), {"customers": (120, None, None)}  # fmt: skip


def help_scout(folder):
    """Conversations: whole subjects, tags, hours counted beside instants."""
    rows = records(150)
    return export(folder, "conversations.csv", "tickets", rows, {
        "Conversation Number": ("ticket_id", lambda r: 4100 + r.n),
        "Type": ("channel|", lambda r: ["email", "chat", "phone"][r.n % 3]),
        "Mailbox": ("", lambda r: ["Support", "Sales"][r.n % 2]),
        "Status": ("", lambda r: "closed" if r.n % 6 else "active"),
        "Subject": ("text", lambda r: f"{WORDS[r.n % 4]} ({r.n})"),
        "Customer Name": ("", lambda r: f"Person {r.who}"),
        "Customer Email": ("customer_id", lambda r: f"c{r.who}@mail.example"),
        "Assigned To": ("", lambda r: f"Agent {r.n % 4}"),
        "Tags": ("topic", lambda r: ["billing", "shipping", "login"][r.n % 3]),
        "Created At": ("opened_at", lambda r: f"{r.day:%Y-%m-%d %H:%M:%S}"),
        "First Reply At": ("first_response_at", lambda r: f"{r.day + dt.timedelta(hours=2):%Y-%m-%d %H:%M:%S}"),
        "Closed At": ("closed_at",
         lambda r: f"{r.day + dt.timedelta(hours=30):%Y-%m-%d %H:%M:%S}" if r.n % 6 else ""),
        "Resolution Time (hours)": ("", lambda r: 30 if r.n % 6 else ""), "Replies": ("", lambda r: 1 + r.n % 5),
    }), {"tickets": (150, None, None)}  # fmt: skip


def gorgias(folder):
    """Tickets with the answer to a survey in some of them, seconds counted beside instants."""
    rows = records(150)
    return export(folder, "tickets-2024.csv", "tickets", rows, {
        "Ticket id": ("ticket_id", lambda r: 88_000 + r.n),
        "Ticket status": ("", lambda r: "closed" if r.n % 7 else "open"),
        "Ticket channel": ("channel", lambda r: ["email", "chat", "instagram"][r.n % 3]),
        "Ticket subject": ("text", lambda r: f"{WORDS[r.n % 4]} ({r.n})"), "Ticket language": ("", "en"),
        "Customer name": ("", lambda r: f"Person {r.who}"),
        "Customer email": ("customer_id", lambda r: f"c{r.who}@mail.example"),
        "Assigned agent": ("", lambda r: f"Agent {r.n % 4}"),
        "Tags": ("topic", lambda r: ["refund", "wismo", "size"][r.n % 3]),
        "Created date": ("opened_at", lambda r: f"{r.day:%Y-%m-%dT%H:%M:%S}"),
        "First response time (s)": ("", lambda r: 600 + r.n * 7),
        "Closed date": ("closed_at",
         lambda r: f"{r.day + dt.timedelta(hours=5):%Y-%m-%dT%H:%M:%S}" if r.n % 7 else ""),
        "Resolution time (s)": ("", lambda r: 18_000 if r.n % 7 else ""),
        "Survey score": ("", lambda r: 1 + r.n % 5 if r.n % 4 == 0 else ""),
        "Messages count": ("", lambda r: 2 + r.n % 6),
    }), {"tickets": (150, None, None)}  # fmt: skip


def gorgias_surveys(folder):
    """Answers about tickets: made, sent and given at three instants."""
    rows = records(120)
    return export(folder, "satisfaction_surveys.csv", "surveys", rows, {
        "id": ("response_id", lambda r: 500 + r.n), "ticket_id": ("", lambda r: 88_000 + r.n * 3),
        "customer_id": ("customer_id", lambda r: 1000 + r.who),
        "created_datetime": ("", lambda r: f"{r.day:%Y-%m-%dT%H:%M:%S}"),
        "sent_datetime": ("", lambda r: f"{r.day + dt.timedelta(hours=24):%Y-%m-%dT%H:%M:%S}"),
        "scored_datetime": ("at", lambda r: f"{r.day + dt.timedelta(hours=31):%Y-%m-%dT%H:%M:%S}"),
        "score": ("csat", lambda r: 1 + r.n * 3 % 5),
        "body_text": ("comment", lambda r: WORDS[r.n % 4] if r.n % 3 else ""),
    }), {"surveys": (120, None, None)}  # fmt: skip


def jotform(folder):
    """Answers in words and numbers with a person's e-mail."""
    rows = records(100)
    words = ["Very Satisfied", "Satisfied", "Neutral", "Dissatisfied", "Very Dissatisfied"]
    return export(folder, "Customer_Satisfaction2024-06-01_10_15_00.csv", "surveys", rows, {
        "Submission Date": ("at", lambda r: f"{r.day:%b %d, %Y}"), "Full Name": ("", lambda r: f"Person {r.who}"),
        "E-mail": ("customer_id", lambda r: f"c{r.who}@mail.example"),
        "How satisfied are you with our service?": ("csat", lambda r: words[r.n * 3 % 5]),
        "How likely are you to recommend us?": ("nps", lambda r: r.n * 3 % 11),
        "How did you hear about us?": ("", lambda r: ["Instagram", "A friend", "Google"][r.n % 3]),
        "Any suggestions for improvement?": ("comment", lambda r: WORDS[r.n % 4] if r.n % 2 else ""),
        "Submission ID": ("response_id", lambda r: f"58{r.n * 7919:017}"),
        "IP": ("", lambda r: f"10.1.{r.n % 5}.{r.n}"),
    }), {"surveys": (100, None, None)}  # fmt: skip


def medallia(folder):
    """Answers of a programme: three known questions and two of its own, dates with names of months."""
    rows = records(130)
    return export(folder, "responses_export.csv", "surveys", rows, {
        "Survey ID": ("response_id", lambda r: 2_000_000 + r.n),
        "Response Date": ("at", lambda r: f"{r.day:%d %b %Y %H:%M}"),
        "Invitation Date": ("", lambda r: f"{r.day - dt.timedelta(days=2):%d %b %Y %H:%M}"),
        "Unit Name": ("touchpoint", lambda r: ["Airport", "Centre", "Harbour"][r.n % 3]),
        "Customer Account ID": ("customer_id", lambda r: f"A{r.who:06}"),
        "Likelihood to Recommend": ("nps", lambda r: r.n * 7 % 11),
        "Overall Satisfaction": ("csat", lambda r: 1 + r.n % 5),
        "Ease of Doing Business": ("ces", lambda r: 1 + r.n % 7),
        "Staff Courtesy": ("surveys.rating_", lambda r: 1 + r.n * 3 % 5),
        "Speed of Service": ("surveys.rating_", lambda r: 1 + r.n * 2 % 5),
        "Comment": ("comment", lambda r: WORDS[r.n % 4] if r.n % 3 else ""),
        "Survey Language": ("language", lambda r: ["en", "ar"][r.n % 2]),
        "NPS Segment": ("", lambda r: ["Detractor", "Passive", "Promoter"][(r.n * 7 % 11 > 6) + (r.n * 7 % 11 > 8)]),
        "Alert Status": ("", lambda r: ["None", "Closed"][r.n % 2]),
    }), {"surveys": (130, None, None)}  # fmt: skip


def snowplow(folder):
    """Visits of a website: numbers of visits that come again, two durations."""
    rows = records(200)
    return export(folder, "unified_sessions.csv", "sessions", rows, {
        "app_id": ("", "shop"), "domain_sessionid": ("session_id", lambda r: f"{r.n * 7919:032x}"),
        "domain_sessionidx": ("", lambda r: 1 + r.n // 50),
        "domain_userid": ("customer_id", lambda r: f"{r.who * 104729:032x}"),
        "start_tstamp": ("at", lambda r: f"{r.day:%Y-%m-%d %H:%M:%S}"),
        "end_tstamp": ("", lambda r: f"{r.day + dt.timedelta(seconds=40 + r.n):%Y-%m-%d %H:%M:%S}"),
        "page_views": ("pages", lambda r: 1 + r.n % 9), "engaged_time_in_s": ("seconds|", lambda r: 20 + r.n % 170),
        "absolute_time_in_s": ("seconds|", lambda r: 40 + r.n),
        "is_engaged": ("", lambda r: ["true", "false"][r.n % 2]),
        "first_page_urlpath": ("", lambda r: f"/p/{r.n % 12}"),
        "default_channel_group": ("channel", lambda r: ["Direct", "Organic Search", "Email"][r.n % 3]),
        "device_category": ("kind", lambda r: ["Mobile", "Desktop"][r.n % 2]), "geo_country": ("", "SA"),
    }), {"sessions": (200, None, None)}  # fmt: skip


def tap(folder):
    """Charges of a payment service in a currency of three decimals."""
    rows = records(150)
    for row in rows:
        row.state = ["CAPTURED", "CAPTURED", "DECLINED", "CAPTURED", "CAPTURED", "FAILED"][row.n % 6]
    return export(folder, "charges.csv", "transactions", rows, {
        "Charge ID": ("transaction_id", lambda r: f"chg_TS{r.n * 7919:014}"),
        "Created": ("at", lambda r: f"{r.day:%d/%m/%Y %H:%M}"),
        "Amount": ("amount", lambda r: f"{r.cents / 1000:.3f}"), "Currency": ("currency", "KWD"),
        "Status": ("", lambda r: r.state),
        "Response Message": ("", lambda r: r.state.title()),
        "Customer ID": ("customer_id", lambda r: f"cus_TS{r.who:010}"),
        "Customer Name": ("", lambda r: f"Person {r.who}"),
        "Customer Email": ("", lambda r: f"c{r.who}@mail.example"),
        "Payment Method": ("", lambda r: ["KNET", "VISA"][r.n % 2]),
        "Merchant Reference": ("", lambda r: f"ord-{r.n // 2}"),
        "Settlement Date": ("", lambda r: f"{r.day + dt.timedelta(days=2):%d/%m/%Y}"), "Fee": ("", "0.150"),
    }), sales(rows, lambda r: r.state == "CAPTURED")  # fmt: skip


def jahez(folder):
    """Orders of a delivery app in Arabic: what was paid beside the value, the discount and a commission."""
    rows = records(140)
    for row in rows:
        row.state, row.off = "ملغي" if row.n % 9 == 2 else "مكتمل", row.cents // 10 if row.n % 2 else 0
    return export(folder, "تقرير الطلبات.xlsx", "transactions", rows, {
        "رقم الطلب": ("transaction_id", lambda r: 55_000_000 + r.n),
        "تاريخ الطلب": ("at", lambda r: f"{r.day:%Y-%m-%d}"),
        "وقت الطلب": ("at", lambda r: f"{r.day:%H:%M}"), "الفرع": ("channel", lambda r: ["العليا", "الملز"][r.n % 2]),
        "جوال العميل": ("customer_id", lambda r: f"9665{r.who:08}"), "عدد الأصناف": ("", lambda r: 1 + r.n % 5),
        "قيمة الطلب": ("", lambda r: (r.cents + r.off) / 100), "الخصم": ("", lambda r: r.off / 100),
        "المبلغ المدفوع": ("amount", lambda r: r.cents / 100),
        "عمولة التطبيق": ("", lambda r: round(r.cents / 700, 2)),
        "طريقة الدفع": ("", lambda r: ["مدى", "أبل باي"][r.n % 2]), "حالة الطلب": ("", lambda r: r.state),
    }, head=[["تقرير الطلبات للفترة من 01/01/2024"], []]), sales(rows, lambda r: r.state == "مكتمل")  # fmt: skip


def arabic_notebook(folder):
    """A shop's own sheet: a number before each row, customers by name, the total below."""
    rows = records(110)
    names = ["أحمد", "نورة", "سالم", "ريم", "خالد", "هند", "فهد", "منى", "بدر"]
    for row in rows:
        row.count, row.price = 1 + row.n % 3, (row.cents // 300 + 5)
        row.cents, row.name = row.count * row.price * 100, f"{names[row.who % 9]} {names[row.who // 3]}"
    total = sum(row.cents for row in rows) / 100
    return (
        export(
            folder,
            "دفتر المبيعات.xlsx",
            "transactions",
            rows,
            {
                "م": ("", lambda r: r.n + 1),
                "التاريخ": ("at", lambda r: f"{r.day.day}/{r.day.month}/{r.day.year}"),
                "اسم الزبون": ("customer_id", lambda r: r.name),
                "الصنف": ("product", lambda r: ["باقة ورد", "مزهرية", "شوكولاتة"][r.n % 3]),
                "العدد": ("", lambda r: r.count),
                "السعر": ("", lambda r: r.price),
                "الإجمالي": ("amount", lambda r: r.cents / 100),
                "ملاحظات": ("", lambda r: "آجل" if r.n % 11 == 0 else None),
            },
            head=[["محل ورد المثال"], ["مبيعات سنة 2024"], []],
            tail=[[], ["", "", "المجموع", "", "", "", total]],
        ),
        sales(rows),
    )


def english_notebook(folder):
    """A workshop's own sheet: what was paid and what is left beside the amount."""
    rows = records(100)
    for row in rows:
        row.cents = row.cents // 100 * 100
    total = sum(row.cents for row in rows) / 100
    return (
        export(
            folder,
            "Sales 2024 (final) NEW.xlsx",
            "transactions",
            rows,
            {
                "S/N": ("", lambda r: r.n + 1),
                "Date": ("at", lambda r: r.day.replace(hour=0, minute=0, second=0, microsecond=0)),
                "Customer Name": ("", lambda r: f"Mr. {'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[r.who]}"),
                "Mobile No.": ("customer_id", lambda r: f"05{50_000_000 + r.who}"),
                "Item": ("product", lambda r: ["Oil change", "Tyre", "Battery"][r.n % 3]),
                "Qty": ("", 1),
                "Rate": ("", lambda r: r.cents / 100),
                "Amount (SR)": ("amount", lambda r: r.cents / 100),
                "Paid": ("", lambda r: r.cents / 200 if r.n % 4 == 0 else r.cents / 100),
                "Balance": ("", lambda r: r.cents / 200 if r.n % 4 == 0 else 0),
                "Salesman": ("", lambda r: ["Ali", "Omar"][r.n % 2]),
            },
            head=[["AL MITHAL WORKSHOP"], ["Sales register"]],
            tail=[["", "TOTAL", "", "", "", "", "", total]],
        ),
        sales(rows),
    )


def bilingual(folder):
    """Invoices with titles in two languages."""
    rows = records(120)
    return export(folder, "فواتير Invoices 2024.xlsx", "transactions", rows, {
        "التاريخ Date": ("at", lambda r: f"{r.day:%d-%m-%Y}"),
        "رقم الفاتورة Invoice No.": ("transaction_id", lambda r: f"F{r.n:05}"),
        "كود العميل Customer Code": ("customer_id", lambda r: f"C-{r.who:03}"),
        "اسم العميل Customer Name": ("", lambda r: f"مؤسسة {r.who}"),
        "الإجمالي قبل الضريبة Total Excl. VAT": ("", lambda r: (r.cents - r.cents * 15 // 115) / 100),
        "ضريبة القيمة المضافة VAT 15%": ("", lambda r: (r.cents * 15 // 115) / 100),
        "الإجمالي شامل الضريبة Total Incl. VAT": ("amount", lambda r: r.cents / 100),
        "طريقة الدفع Payment Method": ("", lambda r: ["نقدا Cash", "شبكة Card"][r.n % 2]),
    }), sales(rows)  # fmt: skip


def clinic(folder):
    """Visits of a clinic in Hijri: a fee, a discount, and what was paid."""
    rows = records(150)
    for row in rows:
        row.fee, row.off = 150 + row.n % 4 * 50, row.n % 3 * 20
        row.cents = (row.fee - row.off) * 100
    return export(folder, "مراجعات العيادة.csv", "transactions", rows, {
        "رقم الفاتورة": ("transaction_id", lambda r: 7000 + r.n), "رقم الملف": ("customer_id", lambda r: 300 + r.who),
        "اسم المريض": ("", lambda r: f"مريض {r.who}"),
        "تاريخ الزيارة": ("at", lambda r: "{}/{:02}/{:02}".format(*hijri(r.day))),
        "الطبيب المعالج": ("", lambda r: ["د. سامي", "د. ليلى"][r.n % 2]), "رسوم الكشف": ("", lambda r: r.fee),
        "الخصم": ("", lambda r: r.off), "صافي المبلغ": ("amount", lambda r: r.fee - r.off),
        "طريقة السداد": ("", lambda r: ["نقد", "تأمين"][r.n % 2]),
    }, delimiter=";", encoding="utf-8-sig"), sales(rows)  # fmt: skip


def complaints(folder):
    """Complaints in Arabic with a priority and who deals with them."""
    rows = records(130)
    return export(folder, "سجل الشكاوى.xlsx", "tickets", rows, {
        "رقم الشكوى": ("ticket_id", lambda r: f"SH-{r.n:05}"),
        "تاريخ تقديم الشكوى": ("opened_at", lambda r: f"{r.day:%Y/%m/%d %H:%M}"),
        "تاريخ إغلاق الشكوى": ("closed_at",
         lambda r: f"{r.day + dt.timedelta(hours=50):%Y/%m/%d %H:%M}" if r.n % 5 else None),
        "رقم العميل": ("customer_id", lambda r: f"{4000 + r.who}"),
        "تصنيف الشكوى": ("topic", lambda r: ["تأخير", "جودة", "فاتورة"][r.n % 3]),
        "وسيلة التواصل": ("channel", lambda r: ["هاتف", "واتساب"][r.n % 2]),
        "تفاصيل الشكوى": ("text", lambda r: KALAM[r.n % 4]),
        "مستوى الأولوية": ("", lambda r: ["عالية", "متوسطة"][r.n % 2]),
        "حالة الشكوى": ("", lambda r: "مغلقة" if r.n % 5 else "مفتوحة"),
        "الموظف المسؤول": ("", lambda r: ["سعد", "لمى"][r.n % 2]),
    }), {"tickets": (130, None, None)}  # fmt: skip


def erpnext(folder):
    """Invoices: returns are negative, cancelled ones are no sales, a net amount and taxes make the total."""
    rows = records(140)
    for row in rows:
        row.state = ["Paid", "Overdue", "Paid", "Cancelled", "Paid", "Return", "Paid"][row.n % 7]
        row.cents *= -1 if row.state == "Return" else 1
    return export(folder, "Sales Invoice.csv", "transactions", rows, {
        "ID": ("transaction_id", lambda r: f"ACC-SINV-2024-{r.n:05}"),
        "Customer": ("customer_id", lambda r: f"CUST-2023-{r.who:05}"),
        "Customer Name": ("", lambda r: f"Company {r.who}"), "Company": ("", "Example LLC"),
        "Posting Date": ("at", lambda r: f"{r.day:%Y-%m-%d}"), "Posting Time": ("at", lambda r: f"{r.day:%H:%M:%S}"),
        "Payment Due Date": ("", lambda r: f"{r.day + dt.timedelta(days=30):%Y-%m-%d}"),
        "Currency": ("currency", "AED"),
        "Net Total": ("", lambda r: money(r.cents - int(r.cents * 5 / 105))),
        "Total Taxes and Charges": ("", lambda r: money(int(r.cents * 5 / 105))),
        "Grand Total": ("amount", lambda r: money(r.cents)),
        "Outstanding Amount": ("", lambda r: money(r.cents if r.state == "Overdue" else 0)),
        "Status": ("", lambda r: r.state),
        "Is Return (Credit Note)": ("", lambda r: int(r.state == "Return")),
        "Territory": ("", lambda r: ["Dubai", "Sharjah"][r.who % 2]), "Cost Center": ("", "Main - EL"),
    }), sales(rows, lambda r: r.state != "Cancelled")  # fmt: skip


def zoho_crm(folder):
    """Contacts with a long id, an owner and dates of the record."""
    rows = records(120, since=dt.datetime(2022, 1, 5))
    return export(folder, "Contacts_2024_06_01.csv", "customers", rows, {
        "Record Id": ("customer_id", lambda r: f"zcrm_415{r.n * 7919:012}"),
        "Contact Owner": ("customers.contact_owner|", lambda r: f"Rep {r.n % 4}"),
        "First Name": ("", lambda r: f"First{r.n}"), "Last Name": ("", lambda r: f"Last{r.n}"),
        "Account Name": ("", lambda r: f"Company {r.n}"), "Email": ("", lambda r: f"c{r.n}@mail.example"),
        "Phone": ("", lambda r: f"+9665{r.n:08}"),
        "Lead Source": ("customers.lead_source", lambda r: ["Fair", "Web", "Partner"][r.n % 3]),
        "Created Time": ("joined_on", lambda r: f"{r.day:%Y-%m-%d %H:%M:%S}"),
        "Modified Time": ("", lambda r: f"{r.day + dt.timedelta(days=40):%Y-%m-%d %H:%M:%S}"),
        "Last Activity Time": ("", lambda r: f"{r.day + dt.timedelta(days=41):%Y-%m-%d %H:%M:%S}"),
        "Mailing City": ("customers.mailing_city", lambda r: ["Riyadh", "Jeddah"][r.n % 2]),
        "Email Opt Out": ("customers.email_opt_out", lambda r: ["true", "false"][r.n % 2]), "Description": ("", ""),
    }), {"customers": (120, None, None)}  # fmt: skip


SIXTH_DOZEN = (
    eventbrite, microsoft_forms, wix, xero, squarespace, bigcommerce, prestashop, opencart, shopware, clover, glofox,
    help_scout, gorgias, gorgias_surveys, jotform, medallia, snowplow, tap, jahez, arabic_notebook, english_notebook,
    bilingual, clinic, complaints, erpnext, zoho_crm,
)  # fmt: skip
