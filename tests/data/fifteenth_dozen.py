"""Twelve exports that were written, answers first, after the guesser had been mended for those of `fourteenth_set`.

Columns of programs are as their users know them, of the others as such sheets are kept; four are Arabic, one Spanish.

17 of the 101 columns were wrong at first, one of them marked sure, and failed payments of `paymob` counted: with the
guesser from before `fourteenth_set` as well. That scales stand in titles of `bus_poll` was known when it was written.
`vet` is still no table, for want of who an "Owner" is.
"""

import datetime as dt

from tests.data.fourth_dozen import KALAM, WORDS
from tests.data.ninth_dozen import drawn, pick
from tests.data.second_dozen import comma
from tests.data.sixth_dozen import export, money, sales
from tests.data.thirteenth_dozen import day_of
from tests.data.twelfth_dozen import after


def judge_me(folder):
    """Reviews of a shop's products: heading and body apart."""
    rows = drawn(190, seed=301, people=170)
    return export(folder, "published-reviews.csv", "feedback", rows, {
        "title": ("", lambda r: pick(r, 0, ["Great", "Not for me", "Good value"])),
        "body": ("text", lambda r: f"{pick(r, 1, WORDS)} ({r.n})"),
        "rating": ("rating", lambda r: 1 + int(r.luck[2] ** 0.5 * 5)),
        "review_date": ("at", lambda r: f"{r.day:%Y-%m-%d %H:%M:%S UTC}"),
        "source": ("channel|", lambda r: pick(r, 3, ["web", "email"])), "curated": ("", "ok"),
        "reviewer_name": ("", lambda r: f"Person {r.who}"),
        "reviewer_email": ("customer_id", lambda r: f"j{r.who}@mail.example"),
        "product_id": ("", lambda r: 6_600_000 + r.n % 9), "product_handle": ("", lambda r: f"mug-{r.n % 9}"),
        "reply": ("", lambda r: pick(r, 4, ["", "", "Thank you"])),
    }), {"feedback": (190, None, None)}  # fmt: skip


def paymob(folder):
    """Card payments of an Egyptian shop: which succeeded, by whom."""
    rows = drawn(190, seed=302, people=90)
    return export(folder, "transactions-report.csv", "transactions", rows, {
        "Transaction ID": ("transaction_id|", lambda r: 181_000_000 + r.n),
        "Merchant Order ID": ("transaction_id|", lambda r: f"W-{r.n:05}"),
        "Created At": ("at", lambda r: f"{r.day:%Y-%m-%dT%H:%M:%S}"), "Amount": ("amount", lambda r: money(r.cents)),
        "Currency": ("currency", "EGP"), "Is Success": ("", lambda r: "false" if r.luck[0] < 0.1 else "true"),
        "Payment Method": ("", lambda r: pick(r, 1, ["card", "wallet"])),
        "Billing Phone": ("customer_id", lambda r: f"+2010{10_000_000 + r.who}"), "Integration ID": ("", 4321),
    }), sales(rows, lambda r: r.luck[0] >= 0.1)  # fmt: skip


def retently(folder):
    """Answers to a recommendation by mail, with who promotes written out."""
    rows = drawn(190, seed=303, people=160)
    for row in rows:
        row.mark = int(row.luck[0] ** 0.5 * 11)
    return export(folder, "feedback-export.csv", "surveys", rows, {
        "Responded on": ("at", lambda r: f"{r.day:%b %d, %Y %H:%M}"),
        "Email address": ("customer_id", lambda r: f"r{r.who}@mail.example"),
        "First name": ("", lambda r: f"First{r.who}"),
        "Score": ("nps", lambda r: r.mark),
        "Score type": ("", lambda r: "Promoter" if r.mark > 8 else "Passive" if r.mark > 6 else "Detractor"),
        "Feedback": ("comment", lambda r: pick(r, 1, ["", *WORDS])),
        "Campaign": ("touchpoint|", lambda r: pick(r, 2, ["After purchase", "Quarterly"])),
    }), {"surveys": (190, None, None)}  # fmt: skip


def live_chat(folder):
    """Chats of a shop's site: when they began and ended, who answered how soon."""
    rows = drawn(190, seed=304, people=120)
    return export(folder, "chats_report.csv", "tickets", rows, {
        "Chat ID": ("ticket_id", lambda r: f"Q{r.n * 104729:08X}"),
        "Start time": ("opened_at", lambda r: f"{r.day:%Y-%m-%d %H:%M:%S}"),
        "End time": ("closed_at", lambda r: f"{r.day + dt.timedelta(minutes=12):%Y-%m-%d %H:%M:%S}"),
        "Visitor name": ("", lambda r: f"Visitor {r.who}"),
        "Visitor email": ("customer_id", lambda r: f"v{r.who}@mail.example"),
        "Operator": ("", lambda r: pick(r, 0, ["Ana", "Bo"])), "Wait time (s)": ("", lambda r: int(r.luck[1] * 90)),
        "Topic": ("topic", lambda r: pick(r, 2, ["Delivery", "Sizes", "Return"])),
        "First message": ("text", lambda r: f"{pick(r, 3, WORDS)} {r.n}"),
    }), {"tickets": (190, None, None)}  # fmt: skip


def pretix(folder):
    """Orders of tickets, the day and the clock apart."""
    rows = drawn(190, seed=305, people=120)
    return export(folder, "summerfest_orders.csv", "transactions", rows, {
        "Order code": ("transaction_id", lambda r: f"{r.n * 104729 % 16**5:05X}"),
        "Order total": ("amount", lambda r: money(r.cents)),
        "Status": ("", lambda r: pick(r, 0, ["paid"] * 9 + ["canceled"])),
        "E-mail": ("customer_id", lambda r: f"x{r.who}@mail.example"),
        "Order date": ("at", lambda r: f"{r.day:%Y-%m-%d}"), "Order time": ("at", lambda r: f"{r.day:%H:%M:%S}"),
        "Payment providers": ("", lambda r: pick(r, 1, ["PayPal", "Bank transfer"])), "Fees": ("", "0.00"),
        "Order locale": ("", "en"), "Positions": ("", lambda r: 1 + int(r.luck[2] * 3)),
    }), sales(rows, lambda r: pick(r, 0, ["paid"] * 9 + ["canceled"]) == "paid")  # fmt: skip


def studio(folder):
    """Passes of a yoga studio: bought as what, from when to when."""
    rows = drawn(170, seed=306, people=170, since=dt.datetime(2022, 4, 1))
    for row in rows:
        row.left = row.luck[0] < 0.35
    return export(folder, "All client memberships.csv", "memberships", rows, {
        "Client ID": ("customer_id", lambda r: 1000 + r.n), "Client": ("", lambda r: f"Person {r.n}"),
        "Purchase Option": ("plan", lambda r: pick(r, 1, ["Unlimited", "Twice a week"])),
        "Activation Date": ("started_on", lambda r: f"{r.day:%m/%d/%Y}"),
        "Termination Date": ("ended_on", lambda r: f"{after(r, 2, 300):%m/%d/%Y}" if r.left else ""),
        "Reason for leaving": ("end_reason", lambda r: pick(r, 3, ["Moved", "Price"]) if r.left else ""),
        "Monthly dues": ("price", lambda r: pick(r, 1, ["89.00", "59.00"])),
        "Sold by": ("", lambda r: pick(r, 4, ["Ana", "Bo"])),
    }), {"memberships": (170, "ended", sum(r.left for r in rows))}  # fmt: skip


def vet(folder):
    """Visits to a vet as a sheet keeps them: whose animal, what for, what was charged."""
    rows = drawn(190, seed=307, people=90)
    return export(folder, "Vet daybook.xlsx", "transactions", rows, {
        "Visit no.": ("transaction_id|", lambda r: 3000 + r.n), "Seen on": ("at", day_of),
        "Owner no.": ("customer_id", lambda r: 400 + r.who), "Animal": ("", lambda r: pick(r, 0, ["Dog", "Cat"])),
        "Treatment": ("product", lambda r: pick(r, 1, ["Vaccination", "Dental", "Check-up"])),
        "Vet": ("", lambda r: pick(r, 2, ["Dr A", "Dr B"])), "Charged (GBP)": ("amount", lambda r: r.cents / 100),
        "Paid by": ("", lambda r: pick(r, 3, ["Card", "Cash"])),
    }), sales(rows)  # fmt: skip


def averias(folder):
    """Faults of a Spanish lift company: opened, settled, of what kind."""
    rows = drawn(180, seed=308, people=100)
    return export(folder, "incidencias.csv", "tickets", rows, {
        "Nº de incidencia": ("ticket_id", lambda r: 2000 + r.n),
        "Fecha de apertura": ("opened_at", lambda r: f"{r.day:%d/%m/%Y %H:%M}"),
        "Código de cliente": ("customer_id", lambda r: f"C{r.who:04}"),
        "Tipo de incidencia": ("topic", lambda r: pick(r, 0, ["Puerta", "Cabina", "Ruido"])),
        "Descripción de la avería": ("text",
         lambda r: f"{pick(r, 1, ['No cierra bien', 'Hace ruido al subir'])} {r.n}"),
        "Vía de entrada": ("channel", lambda r: pick(r, 2, ["Teléfono", "Correo"])),
        "Fecha de resolución": ("closed_at", lambda r: f"{after(r, 3, 4):%d/%m/%Y %H:%M}" if r.luck[4] < 0.8 else ""),
        "Técnico": ("", lambda r: pick(r, 5, ["Luis", "Eva"])), "Coste": ("", lambda r: comma(r.cents / 100)),
    }, delimiter=";"), {"tickets": (180, None, None)}  # fmt: skip


def water(folder):
    """Water that drivers sell in Arabic: what, how much, at which price, in sum."""
    rows = drawn(190, seed=309, people=70)
    for row in rows:
        row.many, row.each = 1 + int(row.luck[0] * 6), pick(row, 1, [1500, 2200])
        row.cents = row.many * row.each
    return export(folder, "كشف مبيعات المياه.xlsx", "transactions", rows, {
        "رقم الإذن": ("transaction_id", lambda r: 9000 + r.n), "تاريخ الإذن": ("at", day_of),
        "كود الزبون": ("customer_id", lambda r: 300 + r.who),
        "الصنف": ("product", lambda r: pick(r, 1, ["عبوة صغيرة", "عبوة كبيرة"])), "الكمية": ("", lambda r: r.many),
        "سعر الوحدة": ("", lambda r: r.each / 100), "صافي القيمة": ("amount", lambda r: r.cents / 100),
        "اسم السائق": ("", lambda r: pick(r, 2, ["كومار", "علي"])),
    }), sales(rows)  # fmt: skip


def flats(folder):
    """Leases of an Arabic owner of flats: from when, when they were left, why."""
    rows = drawn(170, seed=310, people=170, since=dt.datetime(2022, 1, 5))
    for row in rows:
        row.left = row.luck[0] < 0.4
    return export(folder, "عقود الإيجار.xlsx", "memberships", rows, {
        "رقم العقد": ("", lambda r: f"K-{r.n:04}"),
        "رقم هوية المستأجر": ("customer_id", lambda r: f"10{r.n * 7919:08}"),
        "اسم المستأجر": ("", lambda r: f"مستأجر {r.n}"), "تاريخ بداية العقد": ("started_on", day_of),
        "تاريخ إخلاء الوحدة": ("ended_on", lambda r: after(r, 1, 300) if r.left else None),
        "سبب الإخلاء": ("end_reason", lambda r: pick(r, 2, ["شراء منزل", "السعر"]) if r.left else None),
        "نوع الوحدة": ("plan", lambda r: pick(r, 3, ["شقة", "فيلا"])),
        "الإيجار الشهري": ("price", lambda r: pick(r, 3, [2500, 6000])),
    }), {"memberships": (170, "ended", sum(r.left for r in rows))}  # fmt: skip


def bus_poll(folder):
    """What passengers of an Arabic bus line answer."""
    rows = drawn(180, seed=311, people=150)
    return export(folder, "ردود الركاب.xlsx", "surveys", rows, {
        "طابع زمني": ("at", lambda r: r.day.replace(microsecond=0)),
        "رقم جوال المشارك": ("customer_id", lambda r: f"05{22_000_000 + r.who}"),
        "ما مدى رضاك عن الرحلة بشكل عام؟ (1-5)": ("csat", lambda r: 1 + int(r.luck[0] ** 0.5 * 5)),
        "ما مدى سهولة حجز التذكرة؟ (1-5)": ("ces", lambda r: 1 + int(r.luck[1] ** 0.5 * 5)),
        "ما احتمال أن تنصح صديقا بنا؟ (0-10)": ("nps", lambda r: int(r.luck[2] ** 0.5 * 11)),
        "نظافة الحافلة (1-5)": ("surveys.rating_", lambda r: 1 + int(r.luck[3] ** 0.5 * 5)),
        "اكتب لنا ما تود قوله": ("comment", lambda r: pick(r, 4, [None, *KALAM])),
    }), {"surveys": (180, None, None)}  # fmt: skip


def parents(folder):
    """Parents of an Arabic school: since when, where they live, how they heard of it."""
    rows = drawn(180, seed=312, people=180, since=dt.datetime(2021, 8, 1))
    return export(folder, "بيانات أولياء الأمور.csv", "customers", rows, {
        "رقم ولي الأمر": ("customer_id", lambda r: 5000 + r.n), "اسم ولي الأمر": ("", lambda r: f"ولي {r.n}"),
        "تاريخ فتح الملف": ("joined_on", lambda r: f"{r.day:%Y-%m-%d}"),
        "الحي السكني": ("customers.about_الحي_السكني", lambda r: pick(r, 0, ["النرجس", "الملقا"])),
        "عدد الأبناء": ("customers.about_عدد_الأبناء", lambda r: 1 + int(r.luck[1] * 4)),
        "كيف سمعت عنا": ("customers.about_كيف_سمعت_عنا", lambda r: pick(r, 2, ["صديق", "إعلان"])),
        "الجوال": ("", lambda r: f"05{88_000_000 + r.n}"),
    }, encoding="utf-8-sig"), {"customers": (180, None, None)}  # fmt: skip


FIFTEENTH_DOZEN = (
    judge_me, paymob, retently, live_chat, pretix, studio, vet, averias, water, flats, bus_poll, parents,
)  # fmt: skip
