"""Twelve of twenty-six exports that were written, answers first, after the guesser had been mended for `tenth_dozen`.

48 of the 351 columns of all were wrong at first, two of them marked sure; three files were no table at all, and four
another one. Here are those that were not right. One answer was corrected afterwards: a device may be a visit's kind.
Columns of Adyen (received payment details) and Airbnb are those that its maker and a public program describe, of the
others as their users know them. A label that ends in `|` may be left out as well.
"""

import datetime as dt

from tests.data.fourth_dozen import KALAM, WORDS
from tests.data.ninth_dozen import drawn, pick
from tests.data.second_dozen import comma
from tests.data.sixth_dozen import export, money, sales


def adyen(folder):
    """Payments with where the shopper's card comes from; refused ones stand among them."""
    rows = drawn(360, seed=41, people=150)
    for row in rows:
        row.said = pick(row, 0, ["APPROVED"] * 9 + ["REFUSED"])
    return export(folder, "received_payments_detail_report_2024.csv", "transactions", rows, {
        "Company Account": ("", "ExampleCo"),
        "Merchant Account": ("channel|", lambda r: f"Example{pick(r, 1, ['COM', 'POS'])}"),
        "Psp Reference": ("transaction_id", lambda r: f"{852_600_000_000_0000 + r.n * 7919}"),
        "Merchant Reference": ("transaction_id|", lambda r: f"ORD-{r.n + 5000}"),
        "Payment Method": ("", lambda r: pick(r, 2, ["visa", "mc", "applepay"])),
        "Creation Date": ("at", lambda r: f"{r.day:%Y-%m-%d %H:%M:%S}"), "TimeZone": ("", "CET"),
        "Currency": ("currency", "EUR"), "Amount": ("amount", lambda r: money(r.cents)), "Type": ("", "Authorised"),
        "Risk Scoring": ("", lambda r: int(r.luck[3] * 60)),
        "Shopper Interaction": ("", lambda r: pick(r, 4, ["Ecommerce", "ContAuth"])),
        "Shopper Name": ("", lambda r: f"Person {r.who}"), "Shopper PAN": ("", lambda r: f"{1000 + r.who * 37 % 9000}"),
        "Shopper IP": ("", lambda r: f"10.0.{r.who % 250}.7"),
        "Shopper Country": ("", lambda r: pick(r, 5, ["NL", "DE", "FR"])),
        "Issuer Name": ("", lambda r: pick(r, 6, ["BANK A", "BANK B"])), "Acquirer Response": ("", lambda r: r.said),
        "Authorisation Code": ("", lambda r: f"{r.n * 7919 % 10**6:06}"),
        "Shopper Email": ("customer_id|", lambda r: f"p{r.who}@mail.example"),
        "Shopper Reference": ("customer_id|", lambda r: f"S-{r.who:06}"),
    }), sales(rows, lambda r: r.said == "APPROVED")  # fmt: skip


def fortnox(folder):
    """Swedish invoices: net, tax, total, what is left to pay, and those that were taken back."""
    rows = drawn(350, seed=42, people=110)
    for row in rows:
        row.net, row.gone = row.cents, row.luck[0] < 0.06
        row.cents += row.net // 4
    return export(folder, "Kundfakturor.csv", "transactions", rows, {
        "Fakturanr": ("transaction_id", lambda r: 1001 + r.n), "Fakturadatum": ("at", lambda r: f"{r.day:%Y-%m-%d}"),
        "Förfallodatum": ("", lambda r: f"{r.day + dt.timedelta(days=30):%Y-%m-%d}"),
        "Kundnr": ("customer_id", lambda r: f"{r.who + 100}"), "Kundnamn": ("", lambda r: f"Firma {r.who} AB"),
        "Valuta": ("currency", "SEK"), "Netto": ("", lambda r: f"{r.net / 100:.2f}".replace(".", ",")),
        "Moms": ("", lambda r: f"{(r.cents - r.net) / 100:.2f}".replace(".", ",")),
        "Totalt": ("amount", lambda r: f"{r.cents / 100:.2f}".replace(".", ",")),
        "Saldo": ("", lambda r: "0,00" if r.luck[1] < 0.8 else f"{r.cents / 100:.2f}".replace(".", ",")),
        "OCR": ("", lambda r: f"{(1001 + r.n) * 10 + r.n % 10}"), "Bokförd": ("", "Ja"),
        "Makulerad": ("", lambda r: "Ja" if r.gone else "Nej"),
        "Vår referens": ("", lambda r: pick(r, 2, ["Anna", "Bo"])),
    }, delimiter=";", encoding="cp1252"), sales(rows, lambda r: not r.gone)  # fmt: skip


def oracle_arabic(folder):
    """Invoices of an Oracle ledger with Arabic titles: what is owed still, credit notes in brackets."""
    rows = drawn(330, seed=44, people=80)
    for row in rows:
        row.cents = -row.cents if row.luck[0] < 0.05 else row.cents

    def amount(cents):
        return f"({-cents / 100:,.2f})" if cents < 0 else f"{cents / 100:,.2f}"

    return export(folder, "تقرير حسابات العملاء.csv", "transactions", rows, {
        "رقم المعاملة": ("transaction_id", lambda r: f"{70_000 + r.n}"),
        "نوع المعاملة": ("", lambda r: "إشعار دائن" if r.cents < 0 else "فاتورة"),
        "تاريخ المعاملة": ("at", lambda r: f"{r.day:%d-%m-%Y}"),
        "تاريخ الاستحقاق": ("", lambda r: f"{r.day + dt.timedelta(days=45):%d-%m-%Y}"),
        "رقم العميل": ("customer_id", lambda r: f"{4000 + r.who}"),
        "اسم العميل": ("", lambda r: f"شركة {r.who} المحدودة"), "العملة": ("currency", "SAR"),
        "المبلغ الأصلي": ("amount", lambda r: amount(r.cents)),
        "الرصيد المتبقي": ("", lambda r: amount(r.cents) if r.luck[1] < 0.2 else "0.00"),
        "شروط الدفع": ("", lambda r: pick(r, 2, ["30 يوم", "45 يوم"])),
        "مندوب المبيعات": ("", lambda r: pick(r, 3, ["عادل", "سلمى"])),
    }), sales(rows)  # fmt: skip


def mada(folder):
    """A bank's list of card payments at a till: the fee and what is paid out; buyers are cards with hidden digits."""
    rows = drawn(400, seed=45, people=170)
    for row in rows:
        row.cents = -row.cents if row.luck[0] < 0.03 else row.cents
        row.fee = row.cents * 8 // 1000
    return export(folder, "POS_Settlement_2024.xlsx", "transactions", rows, {
        "Terminal ID": ("", lambda r: f"{pick(r, 1, ['10203040', '10203041'])}"),
        "Batch No": ("", lambda r: f"{r.n // 9:06}"),
        "Transaction Date": ("at", lambda r: f"{r.day:%d/%m/%Y}"),
        "Transaction Time": ("at", lambda r: f"{r.day:%H:%M:%S}"),
        "Card Scheme": ("", lambda r: pick(r, 2, ["MADA", "VISA", "MASTERCARD"])),
        "Masked Card Number": ("customer_id|", lambda r: f"4{r.who * 7 % 100000:05}******{r.who * 37 % 10000:04}"),
        "Approval Code": ("", lambda r: f"{r.n * 7919 % 10**6:06}"),
        "RRN": ("transaction_id|", lambda r: f"{240_000_000_000 + r.n}"),
        "Transaction Type": ("", lambda r: "Refund" if r.cents < 0 else "Purchase"),
        "Transaction Amount": ("amount", lambda r: f"SAR {r.cents / 100:,.2f}"),
        "Merchant Fee": ("", lambda r: f"SAR {r.fee / 100:,.2f}"),
        "VAT on Fee": ("", lambda r: f"SAR {r.fee * 15 // 100 / 100:,.2f}"),
        "Net Amount": ("", lambda r: f"SAR {(r.cents - r.fee - r.fee * 15 // 100) / 100:,.2f}"),
        "Settlement Date": ("", lambda r: f"{r.day + dt.timedelta(days=1):%d/%m/%Y}"),
    }, head=[["Merchant Settlement Report"], []]), sales(rows)  # fmt: skip


def arabic_forms(folder):
    """Answers of Microsoft Forms in Arabic: yes or no, ease of 1 to 7, satisfaction and recommendation."""
    rows = drawn(310, seed=50, people=310)
    return export(folder, "استبيان خدمة العملاء(1-310).xlsx", "surveys", rows, {
        "المعرف": ("response_id", lambda r: r.n + 1), "وقت البدء": ("", lambda r: r.day.replace(microsecond=0)),
        "وقت الإكمال": ("at", lambda r: (r.day + dt.timedelta(minutes=4)).replace(microsecond=0)),
        "البريد الإلكتروني": ("", "anonymous"), "الاسم": ("", None),
        "رقم العميل لدينا": ("customer_id", lambda r: f"{60_000 + r.who}"),
        "ما القناة التي تواصلت معنا عبرها؟": ("touchpoint", lambda r: pick(r, 0, ["الهاتف", "واتساب", "الفرع"])),
        "هل تم حل مشكلتك؟": ("", lambda r: pick(r, 1, ["نعم", "نعم", "لا"])),
        "إلى أي مدى كان من السهل حل مشكلتك؟ (1 صعب جدا - 7 سهل جدا)": ("ces", lambda r: 1 + int(r.luck[2] ** 0.5 * 7)),
        "ما مدى رضاك عن الموظف الذي خدمك؟": ("surveys.rating_|", lambda r: pick(r, 3, [5, 5, 4, 2, 1])),
        "ما مدى رضاك العام عن خدماتنا؟": ("csat", lambda r: pick(r, 4, [5, 4, 4, 3, 1])),
        "ما مدى احتمال أن توصي بنا؟": ("nps", lambda r: int(r.luck[5] ** 0.5 * 11)),
        "هل لديك أي اقتراحات؟": ("comment", lambda r: pick(r, 6, [None, *KALAM])),
    }), {"surveys": (310, None, None)}  # fmt: skip


MONTHS = ("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
          "noviembre", "diciembre")  # fmt: skip


def mercado_libre(folder):
    """Sales of a market place in Spanish: days in words, charges that are negative, what is left in the end."""
    rows = drawn(320, seed=51, people=210)
    for row in rows:
        row.gone = row.luck[0] < 0.07
    return export(folder, "Ventas_AR_Mercado_Libre.xlsx", "transactions", rows, {
        "# de venta": ("transaction_id", lambda r: f"20000{r.n * 104729:011}"),
        "Fecha de venta": ("at",
         lambda r: f"{r.day.day} de {MONTHS[r.day.month - 1]} de {r.day.year} {r.day:%H:%M} hs."),
        "Estado": ("", lambda r: "Venta cancelada" if r.gone else "Entregado"), "Unidades": ("", 1),
        "Ingresos por productos (ARS)": ("amount", lambda r: r.cents / 100),
        "Cargo por venta e impuestos": ("", lambda r: -round(r.cents * 0.13) / 100),
        "Costos de envío": ("", lambda r: -pick(r, 1, [0, 0, 990]) / 1),
        "Total (ARS)": ("amount|", lambda r: r.cents / 100 - round(r.cents * 0.13) / 100 - pick(r, 1, [0, 0, 990])),
        "SKU": ("product_id|", lambda r: f"ML-{r.n % 8}"),
        "# de publicación": ("product_id|", lambda r: f"MLA{800_000 + r.n % 8}"),
        "Título de la publicación": ("product", lambda r: f"Lámpara {'ABCDEFGH'[r.n % 8]}"),
        "Comprador": ("customer_id|", lambda r: f"Persona {r.who}"),
        "DNI": ("customer_id|", lambda r: f"{20_000_000 + r.who}"),
        "Provincia": ("", lambda r: pick(r, 2, ["Córdoba", "Mendoza"])),
        "Forma de entrega": ("", lambda r: pick(r, 3, ["Mercado Envíos", "Retiro"])),
    }, head=[["Ventas de Mercado Libre"], []]), sales(rows, lambda r: not r.gone)  # fmt: skip


def airbnb(folder):
    """Earnings of a host in Portuguese: pay-outs stand between the stays, which are of guests by name."""
    rows = drawn(300, seed=52, people=240)
    for row in rows:
        row.stay = row.n % 5 < 4
    return export(folder, "airbnb_tax_01_2024-06_2025.csv", "transactions", rows, {
        "Data": ("at|", lambda r: f"{r.day + dt.timedelta(days=21):%m/%d/%Y}"),
        "Tipo": ("", lambda r: "Reserva" if r.stay else "Payout"),
        "Código de Confirmação": ("transaction_id", lambda r: f"HM{r.n * 104729:08X}" if r.stay else ""),
        "Data da reserva": ("at|", lambda r: f"{r.day:%m/%d/%Y}" if r.stay else ""),
        "Data de início": ("", lambda r: f"{r.day + dt.timedelta(days=20):%m/%d/%Y}" if r.stay else ""),
        "Data de término": ("", lambda r: f"{r.day + dt.timedelta(days=23):%m/%d/%Y}" if r.stay else ""),
        "Noites": ("", lambda r: 3 if r.stay else ""),
        "Hóspede": ("customer_id", lambda r: f"Pessoa {r.who} Exemplo" if r.stay else ""),
        "Anúncio": ("product|", lambda r: pick(r, 0, ["Apto Centro", "Casa Praia"]) if r.stay else ""),
        "Informações": ("", lambda r: "" if r.stay else "Transferência para conta 1234"), "Moeda": ("currency", "BRL"),
        "Valor": ("amount|", lambda r: money(r.cents - r.cents * 3 // 100) if r.stay else ""),
        "Pago": ("", lambda r: "" if r.stay else money(r.cents)),
        "Taxa de serviço": ("", lambda r: money(r.cents * 3 // 100) if r.stay else ""),
        "Taxa de limpeza": ("", lambda r: money(15000) if r.stay else ""),
        "Ganhos brutos": ("amount|", lambda r: money(r.cents) if r.stay else ""),
    }), {"transactions": (sum(r.stay for r in rows), None, None)}  # fmt: skip


def arabic_calls(folder):
    """Calls of an Arabic call centre: waiting and talking in seconds, what was asked, and what came of it."""
    rows = drawn(360, seed=57, people=190)
    return export(folder, "سجل المكالمات.csv", "tickets", rows, {
        "رقم المكالمة": ("ticket_id", lambda r: f"C{500_000 + r.n}"),
        "رقم المتصل": ("customer_id", lambda r: f"05{70_000_000 + r.who}"),
        "وقت بداية المكالمة": ("opened_at", lambda r: f"{r.day:%Y/%m/%d %H:%M:%S}"),
        "وقت نهاية المكالمة": ("closed_at",
         lambda r: f"{r.day + dt.timedelta(seconds=60 + 500 * r.luck[0]):%Y/%m/%d %H:%M:%S}"),
        "مدة الانتظار (ثانية)": ("", lambda r: int(r.luck[1] * 120)),
        "مدة المكالمة (ثانية)": ("", lambda r: int(60 + 500 * r.luck[0])),
        "الموظف": ("", lambda r: pick(r, 2, ["ريم", "ماجد"])),
        "نوع الطلب": ("topic", lambda r: pick(r, 3, ["استفسار", "شكوى", "حجز"])),
        "نتيجة المكالمة": ("", lambda r: pick(r, 4, ["تم الحل", "تم التحويل"])),
        "تقييم المتصل": ("", lambda r: pick(r, 5, ["", 5, 4, 1])),
    }, delimiter=";", encoding="utf-8-sig"), {"tickets": (360, None, None)}  # fmt: skip


def dynamics_cases(folder):
    """Cases of a CRM as its button for Excel writes them: columns for its own use before the others."""
    rows = drawn(320, seed=58, people=140)
    return export(folder, "All Cases 6-1-2025 9-15-22 AM.xlsx", "tickets", rows, {
        "(Do Not Modify) Case": ("", lambda r: f"{r.n * 104729:08x}-aaaa-ee11-bbbb-000d3a000000"),
        "(Do Not Modify) Row Checksum": ("", lambda r: f"{r.n * 7919:08x}+abc=="),
        "(Do Not Modify) Modified On": ("", lambda r: (r.day + dt.timedelta(days=5)).replace(microsecond=0)),
        "Case Title": ("", lambda r: pick(r, 0, ["Leak", "Wrong item", "Login"])),
        "Case Number": ("ticket_id", lambda r: f"CAS-{r.n + 1000:05}-X{r.n * 7 % 10}Y"),
        "Priority": ("", lambda r: pick(r, 1, ["High", "Normal"])),
        "Origin": ("channel", lambda r: pick(r, 2, ["Email", "Phone", "Web"])),
        "Customer": ("customer_id", lambda r: f"Firm {r.who}"),
        "Owner": ("", lambda r: pick(r, 3, ["Ana Example", "Bo Example"])),
        "Subject": ("topic", lambda r: pick(r, 4, ["Delivery", "Warranty", "Billing"])),
        "Status Reason": ("", lambda r: "Problem Solved" if r.luck[5] < 0.8 else "In Progress"),
        "Created On": ("opened_at", lambda r: r.day.replace(microsecond=0)),
        "Resolved On": ("closed_at",
         lambda r: r.day.replace(microsecond=0) + dt.timedelta(hours=4 + r.n % 90) if r.luck[5] < 0.8 else None),
        "Description": ("text", lambda r: f"{pick(r, 7, WORDS)}, item {r.n}"),
    }), {"tickets": (320, None, None)}  # fmt: skip


def patreon(folder):
    """Members who pay each month: a tier, since when, and those who have left with the day their access ends."""
    rows = drawn(300, seed=63, people=300, since=dt.datetime(2022, 5, 1))
    for row in rows:
        row.left = row.luck[0] < 0.3
    return export(folder, "Members_example.csv", "memberships", rows, {
        "Name": ("", lambda r: f"Person {r.n}"), "Email": ("customer_id|", lambda r: f"m{r.n}@mail.example"),
        "Discord": ("", ""),
        "Patron Status": ("", lambda r: "Former patron" if r.left else "Active patron"),
        "Follows You": ("", lambda r: pick(r, 1, ["Yes", "No"])),
        "Lifetime Amount": ("", lambda r: f"{r.luck[2] * 300:.2f}"),
        "Pledge Amount": ("price", lambda r: f"{pick(r, 3, [3, 5, 10])}.00"),
        "Charge Frequency": ("", "monthly"), "Tier": ("plan", lambda r: pick(r, 3, ["Friend", "Fan", "Hero"])),
        "City": ("", lambda r: pick(r, 4, ["", "Porto"])),
        "Country": ("", lambda r: pick(r, 5, ["US", "PT"])),
        "Patronage Since Date": ("started_on", lambda r: f"{r.day:%Y-%m-%d %H:%M:%S}.123456"),
        "Last Charge Date": ("", lambda r: f"{r.day + dt.timedelta(days=300):%Y-%m-%d %H:%M:%S}"),
        "Last Charge Status": ("", lambda r: pick(r, 6, ["Paid", "Paid", "Declined"])),
        "User ID": ("customer_id|", lambda r: 9_000_000 + r.n * 17), "Currency": ("currency", "USD"),
        "Access Expiration": ("ended_on",
         lambda r: f"{r.day + dt.timedelta(days=320):%Y-%m-%d %H:%M:%S}" if r.left else ""),
    }), {"memberships": (300, "ended", sum(r.left for r in rows))}  # fmt: skip


def plenty(folder):
    """Orders of a German shop: signs of the euro behind amounts with commas, reversed orders, who bought by number."""
    rows = drawn(330, seed=65, people=150)
    for row in rows:
        row.state = pick(row, 0, ["Versandt"] * 8 + ["Storniert", "Bezahlt"])
    return export(folder, "Auftraege.csv", "transactions", rows, {
        "Auftragsnummer": ("transaction_id", lambda r: 100_200 + r.n),
        "Auftragsdatum": ("at", lambda r: f"{r.day:%d.%m.%Y %H:%M}"),
        "Kundennummer": ("customer_id", lambda r: 20_000 + r.who),
        "Kundengruppe": ("", lambda r: pick(r, 1, ["Endkunde", "Händler"])),
        "Vorname": ("", lambda r: f"Vor{r.who}"), "Nachname": ("", "Beispiel"),
        "E-Mail": ("", lambda r: f"k{r.who}@mail.example"),
        "Zahlungsart": ("", lambda r: pick(r, 2, ["PayPal", "Rechnung"])),
        "Versandkosten": ("", lambda r: f"{pick(r, 3, ['0,00', '4,90'])} €"),
        "Warenwert netto": ("", lambda r: f"{comma(r.cents / 119)} €"),
        "Rechnungsbetrag brutto": ("amount", lambda r: f"{comma(r.cents / 100)} €"),
        "Status": ("", lambda r: r.state), "Versanddatum": ("", lambda r: f"{r.day + dt.timedelta(days=1):%d.%m.%Y}"),
        "Herkunft": ("channel", lambda r: pick(r, 4, ["Webshop", "Amazon", "eBay"])),
    }, delimiter=";", encoding="cp1252"), sales(rows, lambda r: r.state != "Storniert")  # fmt: skip


def tally(folder):
    """A register of sales of an Indian company: lakhs, short months, a title above and the total below."""
    rows = drawn(310, seed=66, people=70)

    def lakhs(cents):
        whole, rest = f"{cents // 100}", f"{cents % 100:02}"
        head, tail = whole[:-3], whole[-3:]
        while len(head) > 2:
            head, tail = head[:-2], f"{head[-2:]},{tail}"
        return f"{head},{tail}.{rest}" if head else f"{tail}.{rest}"

    for row in rows:
        row.net = row.cents * 20
        row.tax = row.net * 9 // 100
        row.cents = row.net + 2 * row.tax
    total = lakhs(sum(row.cents for row in rows))
    return export(folder, "Sales Register.csv", "transactions", rows, {
        "Date": ("at", lambda r: f"{r.day:%-d-%b-%y}"),
        "Particulars": ("customer_id", lambda r: f"Trader {r.who} Pvt Ltd"),
        "Vch Type": ("", "Sales"), "Vch No.": ("transaction_id", lambda r: f"{r.n + 1}/24-25"),
        "GSTIN/UIN": ("customer_id|", lambda r: f"27AAAAA{r.who:04}A1Z5"), "Value": ("", lambda r: lakhs(r.net)),
        "CGST": ("", lambda r: lakhs(r.tax)), "SGST": ("", lambda r: lakhs(r.tax)),
        "Gross Total": ("amount", lambda r: lakhs(r.cents)),
    }, head="Example Traders\nSales Register\n\n", tail=f'Grand Total,,,,,,,,"{total}"\n'), sales(rows)  # fmt: skip


ELEVENTH_DOZEN = (
    adyen, fortnox, oracle_arabic, mada, arabic_forms, mercado_libre, airbnb, arabic_calls, dynamics_cases, patreon,
    plenty, tally,
)  # fmt: skip
