"""Twenty-five exports that were written, answers first, after the guesser had been mended for those of `tenth_dozen`.

Columns of Adyen (received payment details) and Airbnb are those that its maker and a public program describe, of the
others as their users know them; eight are Arabic. A label that ends in `|` may be left out as well.
"""

import datetime as dt

from tests.data.fourth_dozen import KALAM, WORDS, hijri
from tests.data.ninth_dozen import drawn, pick
from tests.data.second_dozen import comma
from tests.data.sixth_dozen import export, in_lines, money, sales


def adyen(folder):
    """Payments with where the shopper's card comes from; refused ones stand among them."""
    rows = drawn(360, seed=41, people=150)
    for row in rows:
        row.said = pick(row, 0, ["APPROVED"] * 9 + ["REFUSED"])
    return export(folder, "received_payments_detail_report_2024.csv", "transactions", rows, {
        "Company Account": ("", "ExampleCo"), "Merchant Account": ("channel|", lambda r: f"Example{pick(r, 1, ['COM', 'POS'])}"),
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
        "Makulerad": ("", lambda r: "Ja" if r.gone else "Nej"), "Vår referens": ("", lambda r: pick(r, 2, ["Anna", "Bo"])),
    }, delimiter=";", encoding="cp1252"), sales(rows, lambda r: not r.gone)  # fmt: skip


def sap_items(folder):
    """Items of customers' accounts as SAP lists them in German; credit notes have the minus behind the amount."""
    rows = drawn(380, seed=43, people=90)
    for row in rows:
        row.kind = "RG" if row.luck[0] < 0.05 else "RV"
        row.cents = -row.cents if row.kind == "RG" else row.cents
    return export(folder, "FBL5N_Debitoren.csv", "transactions", rows, {
        "Buchungskreis": ("", "1000"), "Debitor": ("customer_id", lambda r: f"{100_000 + r.who:010}"),
        "Name 1": ("", lambda r: f"Firma {r.who} GmbH"), "Zuordnung": ("", lambda r: f"{r.day:%Y%m%d}"),
        "Belegnummer": ("transaction_id", lambda r: f"{1_800_000_000 + r.n}"), "Belegart": ("", lambda r: r.kind),
        "Belegdatum": ("at|", lambda r: f"{r.day:%d.%m.%Y}"), "Buchungsdatum": ("at|", lambda r: f"{r.day:%d.%m.%Y}"),
        "Nettofälligkeit": ("", lambda r: f"{r.day + dt.timedelta(days=30):%d.%m.%Y}"),
        "Betrag in Hauswährung": ("amount", lambda r: comma(abs(r.cents) / 100) + "-" * (r.cents < 0)),
        "Hauswährung": ("currency", "EUR"), "Text": ("", lambda r: pick(r, 1, ["Warenlieferung", "Service", ""])),
        "Ausgleichsbeleg": ("", lambda r: f"{1_400_000_000 + r.n}" if r.luck[2] < 0.7 else ""),
    }, delimiter="\t", encoding="cp1252"), sales(rows)  # fmt: skip


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
        "Terminal ID": ("", lambda r: f"{pick(r, 1, ['10203040', '10203041'])}"), "Batch No": ("", lambda r: f"{r.n // 9:06}"),
        "Transaction Date": ("at", lambda r: f"{r.day:%d/%m/%Y}"),
        "Transaction Time": ("at", lambda r: f"{r.day:%H:%M:%S}"),
        "Card Scheme": ("", lambda r: pick(r, 2, ["MADA", "VISA", "MASTERCARD"])),
        "Masked Card Number": ("customer_id|", lambda r: f"4{r.who * 7 % 100000:05}******{r.who * 37 % 10000:04}"),
        "Approval Code": ("", lambda r: f"{r.n * 7919 % 10**6:06}"),
        "RRN": ("transaction_id|", lambda r: f"{240_000_000_000 + r.n}"),
        "Transaction Type": ("", lambda r: "Refund" if r.cents < 0 else "Purchase"),
        "Transaction Amount": ("amount", lambda r: f"SAR {r.cents / 100:,.2f}"),
        "Merchant Fee": ("", lambda r: f"SAR {r.fee / 100:,.2f}"), "VAT on Fee": ("", lambda r: f"SAR {r.fee * 15 // 100 / 100:,.2f}"),
        "Net Amount": ("", lambda r: f"SAR {(r.cents - r.fee - r.fee * 15 // 100) / 100:,.2f}"),
        "Settlement Date": ("", lambda r: f"{r.day + dt.timedelta(days=1):%d/%m/%Y}"),
    }, head=[["Merchant Settlement Report"], []]), sales(rows)  # fmt: skip


def salla_customers(folder):
    """Customers of an Arabic shop: yes and no in Arabic, and what they bought so far."""
    rows = drawn(320, seed=46, since=dt.datetime(2022, 3, 1))
    return export(folder, "العملاء.xlsx", "customers", rows, {
        "رقم العميل": ("customer_id", lambda r: 1_100_000 + r.n * 13), "الاسم الأول": ("", lambda r: f"اسم{r.n}"),
        "اسم العائلة": ("", "المثال"), "البريد الإلكتروني": ("", lambda r: f"c{r.n}@mail.example"),
        "رقم الجوال": ("", lambda r: f"+9665{r.n * 104729 % 10**8:08}"),
        "الجنس": ("customers.about_الجنس", lambda r: pick(r, 0, ["ذكر", "أنثى"])),
        "تاريخ الميلاد": ("", lambda r: f"{1960 + int(r.luck[1] * 45)}-{1 + int(r.luck[2] * 12):02}-15"),
        "المدينة": ("customers.about_المدينة", lambda r: pick(r, 3, ["الرياض", "جدة", "أبها"])),
        "مجموعة العملاء": ("customers.about_مجموعة_العملاء", lambda r: pick(r, 4, ["عام", "مميز"])),
        "عدد الطلبات": ("customers.about_عدد_الطلبات|", lambda r: int(r.luck[5] * 9)),
        "إجمالي المشتريات": ("customers.about_إجمالي_المشتريات|", lambda r: f"{r.luck[5] * 900:.2f} ر.س"),
        "تاريخ آخر طلب": ("", lambda r: f"{r.day + dt.timedelta(days=200):%Y-%m-%d}" if r.luck[5] > 0.12 else ""),
        "يقبل الرسائل التسويقية": ("customers.about_يقبل_الرسائل_التسويقية", lambda r: pick(r, 6, ["نعم", "لا"])),
        "تاريخ التسجيل": ("joined_on", lambda r: f"{r.day:%Y-%m-%d %H:%M}"),
    }), {"customers": (320, None, None)}  # fmt: skip


def rewaa(folder):
    """Lines of receipts of an Arabic till: a discount in per cent, a tax, returns that are negative."""
    rows = in_lines(drawn(210, seed=47, people=90))
    for row in rows:
        row.sign, row.rate = -1 if row.luck[0] < 0.04 else 1, pick(row, 1, [0, 0, 10])
        row.net = row.sign * (row.line - row.line * row.rate // 100)
        row.tax = row.net * 15 // 100
    return export(folder, "تفاصيل المبيعات.xlsx", "transactions", rows, {
        "رقم الفاتورة": ("transaction_id", lambda r: f"POS1-{r.n + 1:05}"),
        "تاريخ الإصدار": ("at", lambda r: f"{r.day:%d-%m-%Y %I:%M} {'صم'[r.day.hour > 11]}"),
        "الموقع": ("channel", lambda r: pick(r, 2, ["فرع الملز", "فرع الياسمين"])),
        "العميل": ("customer_id|", lambda r: f"عميل رقم {r.who}"),
        "رقم الجوال": ("customer_id|", lambda r: f"05{40_000_000 + r.who}"),
        "نوع العملية": ("", lambda r: "مرتجع" if r.sign < 0 else "بيع"),
        "اسم المنتج": ("product", lambda r: f"منتج {'أبجدهوزحط'[r.line % 9]}"),
        "رمز المنتج (SKU)": ("product_id|", lambda r: f"R-{r.line % 9:04}"), "الكمية": ("", lambda r: r.sign),
        "سعر البيع": ("", lambda r: r.line / 100), "نسبة الخصم": ("", lambda r: f"{r.rate}%"),
        "الإجمالي قبل الضريبة": ("", lambda r: r.net / 100), "قيمة الضريبة": ("", lambda r: r.tax / 100),
        "الإجمالي شامل الضريبة": ("amount", lambda r: (r.net + r.tax) / 100),
        "طريقة الدفع": ("", lambda r: pick(r, 3, ["نقدا", "مدى"])), "البائع": ("", lambda r: pick(r, 4, ["رائد", "هدى"])),
    }), {"transactions": (len(rows), "amount_cents", sum(r.net + r.tax for r in rows))}  # fmt: skip


def qoyod(folder):
    """Invoices in Arabic with the day in both calendars and amounts with the currency in words."""
    rows = drawn(340, seed=48, people=100)
    for row in rows:
        row.net, row.state = row.cents, pick(row, 0, ["مدفوعة", "مدفوعة", "معتمدة", "مسودة"])
        row.cents += row.net * 15 // 100
    return export(folder, "فواتير المبيعات.csv", "transactions", rows, {
        "الرقم المرجعي": ("transaction_id", lambda r: f"INV-{r.n + 300}"),
        "تاريخ الفاتورة هجري": ("at|", lambda r: "{2:02}/{1:02}/{0}".format(*hijri(r.day))),
        "تاريخ الفاتورة ميلادي": ("at|", lambda r: f"{r.day:%d/%m/%Y}"),
        "تاريخ الاستحقاق": ("", lambda r: f"{r.day + dt.timedelta(days=15):%d/%m/%Y}"),
        "كود العميل": ("customer_id", lambda r: f"CUS{r.who:04}"), "العميل": ("", lambda r: f"مؤسسة {r.who}"),
        "الرقم الضريبي": ("", lambda r: f"3{r.who * 104729 % 10**13:013}3"),
        "المبلغ الخاضع للضريبة": ("", lambda r: f"{r.net / 100:,.2f} ريال"),
        "مبلغ الضريبة": ("", lambda r: f"{(r.cents - r.net) / 100:,.2f} ريال"),
        "المبلغ الإجمالي": ("amount", lambda r: f"{r.cents / 100:,.2f} ريال"),
        "المبلغ المدفوع": ("", lambda r: f"{r.cents * (r.state == 'مدفوعة') / 100:,.2f} ريال"),
        "الحالة": ("", lambda r: r.state),
    }), sales(rows, lambda r: r.state != "مسودة")  # fmt: skip


def laundry(folder):
    """A laundry's own sheet in Arabic: when pieces came in and when they were fetched, paid or not, remarks."""
    rows = drawn(300, seed=49, people=80)
    for row in rows:
        row.cents = row.cents // 500 * 500
    return export(folder, "مغسلة 2024.xlsx", "transactions", rows, {
        "رقم الإيصال": ("transaction_id", lambda r: r.n + 1), "تاريخ الاستلام": ("at", lambda r: f"{r.day:%d/%m/%Y}"),
        "تاريخ التسليم": ("", lambda r: f"{r.day + dt.timedelta(days=1 + int(r.luck[0] * 3)):%d/%m/%Y}"),
        "اسم الزبون": ("customer_id|", lambda r: f"زبون {'أبجدهوزحطيكلمنسعفصق'[r.who % 19]}{r.who // 19}"),
        "هاتف": ("customer_id|", lambda r: f"05{60_000_000 + r.who}"), "عدد القطع": ("", lambda r: 1 + int(r.luck[1] * 8)),
        "الخدمة": ("product", lambda r: pick(r, 2, ["غسيل وكي", "كي فقط", "تنظيف جاف"])),
        "المبلغ": ("amount", lambda r: r.cents / 100), "مدفوع؟": ("", lambda r: pick(r, 3, ["نعم", "نعم", "لا"])),
        "ملاحظات": ("", lambda r: pick(r, 4, [None, None, "مستعجل", "بدون نشا"])),
    }), {"transactions": (300, "amount_cents", sum(r.cents for r in rows))}  # fmt: skip


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


def mercado_libre(folder):
    """Sales of a market place in Spanish: days in words, charges that are negative, what is left in the end."""
    months = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split()
    rows = drawn(320, seed=51, people=210)
    for row in rows:
        row.gone = row.luck[0] < 0.07
    return export(folder, "Ventas_AR_Mercado_Libre.xlsx", "transactions", rows, {
        "# de venta": ("transaction_id", lambda r: f"20000{r.n * 104729:011}"),
        "Fecha de venta": ("at", lambda r: f"{r.day.day} de {months[r.day.month - 1]} de {r.day.year} {r.day:%H:%M} hs."),
        "Estado": ("", lambda r: "Venta cancelada" if r.gone else "Entregado"), "Unidades": ("", 1),
        "Ingresos por productos (ARS)": ("amount", lambda r: r.cents / 100),
        "Cargo por venta e impuestos": ("", lambda r: -round(r.cents * 0.13) / 100),
        "Costos de envío": ("", lambda r: -pick(r, 1, [0, 0, 990]) / 1),
        "Total (ARS)": ("amount|", lambda r: r.cents / 100 - round(r.cents * 0.13) / 100 - pick(r, 1, [0, 0, 990])),
        "SKU": ("product_id|", lambda r: f"ML-{r.n % 8}"), "# de publicación": ("product_id|", lambda r: f"MLA{800_000 + r.n % 8}"),
        "Título de la publicación": ("product", lambda r: f"Lámpara {'ABCDEFGH'[r.n % 8]}"),
        "Comprador": ("customer_id|", lambda r: f"Persona {r.who}"), "DNI": ("customer_id|", lambda r: f"{20_000_000 + r.who}"),
        "Provincia": ("", lambda r: pick(r, 2, ["Córdoba", "Mendoza"])),
        "Forma de entrega": ("", lambda r: pick(r, 3, ["Mercado Envíos", "Retiro"])),
    }, head=[["Ventas de Mercado Libre"], ["Estado de tus ventas al 30 de junio"], []]), sales(rows, lambda r: not r.gone)  # fmt: skip


def airbnb(folder):
    """Earnings of a host in Portuguese: pay-outs stand between the stays, which are of guests by name."""
    rows = drawn(300, seed=52, people=240)
    for row in rows:
        row.stay = row.n % 5 < 4
    return export(folder, "airbnb_tax_01_2024-06_2025.csv", "transactions", rows, {
        "Data": ("at|", lambda r: f"{r.day + dt.timedelta(days=21):%m/%d/%Y}"), "Tipo": ("", lambda r: "Reserva" if r.stay else "Payout"),
        "Código de Confirmação": ("transaction_id", lambda r: f"HM{r.n * 104729:08X}" if r.stay else ""),
        "Data da reserva": ("at|", lambda r: f"{r.day:%m/%d/%Y}" if r.stay else ""),
        "Data de início": ("", lambda r: f"{r.day + dt.timedelta(days=20):%m/%d/%Y}" if r.stay else ""),
        "Data de término": ("", lambda r: f"{r.day + dt.timedelta(days=23):%m/%d/%Y}" if r.stay else ""),
        "Noites": ("", lambda r: 3 if r.stay else ""), "Hóspede": ("customer_id", lambda r: f"Pessoa {r.who} Exemplo" if r.stay else ""),
        "Anúncio": ("product|", lambda r: pick(r, 0, ["Apto Centro", "Casa Praia"]) if r.stay else ""),
        "Informações": ("", lambda r: "" if r.stay else "Transferência para conta 1234"), "Moeda": ("currency", "BRL"),
        "Valor": ("amount|", lambda r: money(r.cents - r.cents * 3 // 100) if r.stay else ""),
        "Pago": ("", lambda r: "" if r.stay else money(r.cents)),
        "Taxa de serviço": ("", lambda r: money(r.cents * 3 // 100) if r.stay else ""),
        "Taxa de limpeza": ("", lambda r: money(15000) if r.stay else ""),
        "Ganhos brutos": ("amount|", lambda r: money(r.cents) if r.stay else ""),
    }), {"transactions": (sum(r.stay for r in rows), None, None)}  # fmt: skip


def fresha(folder):
    """Appointments of a salon: cancelled ones and those to which nobody came, gross, discount and net."""
    rows = drawn(360, seed=53, people=120)
    for row in rows:
        row.state = pick(row, 0, ["Completed"] * 8 + ["Cancelled", "No Show"])
        row.off = row.cents // 10 if row.luck[1] < 0.2 else 0
        row.gross, row.cents = row.cents, row.cents - row.off
    return export(folder, "appointments-list.csv", "transactions", rows, {
        "Appt. ref #": ("transaction_id", lambda r: f"#{8000 + r.n:08X}"), "Client": ("", lambda r: f"Person {r.who}"),
        "Client ID": ("customer_id", lambda r: f"{30_000 + r.who}"),
        "Service": ("product", lambda r: pick(r, 2, ["Haircut", "Colour", "Manicure"])),
        "Created date": ("at|", lambda r: f"{r.day:%d %b %Y, %I:%M%p}".lower().title()),
        "Appt. date": ("at|", lambda r: f"{r.day + dt.timedelta(days=2):%d %b %Y, %I:%M%p}".lower().title()),
        "Duration (min)": ("", lambda r: pick(r, 3, [30, 60, 90])), "Team member": ("", lambda r: pick(r, 4, ["Ana", "Bo"])),
        "Location": ("channel|", lambda r: pick(r, 5, ["North", "Harbour"])),
        "Appt. channel": ("channel|", lambda r: pick(r, 6, ["Online", "Offline", "Walk-in"])),
        "Status": ("", lambda r: r.state), "Gross sales": ("", lambda r: f"£{r.gross / 100:,.2f}"),
        "Discounts": ("", lambda r: f"£{r.off / 100:,.2f}"), "Net sales": ("amount", lambda r: f"£{r.cents / 100:,.2f}"),
    }), sales(rows, lambda r: r.state == "Completed")  # fmt: skip


def judge_me(folder):
    """Reviews of products, some answered, with instants of Greenwich."""
    rows = drawn(300, seed=54, people=220)
    return export(folder, "published-judgeme-reviews-export.csv", "feedback", rows, {
        "title": ("", lambda r: pick(r, 0, ["Great", "Poor", ""])), "body": ("text", lambda r: f"{pick(r, 1, WORDS)} ({r.n})"),
        "rating": ("rating", lambda r: pick(r, 2, [5, 5, 4, 3, 1])),
        "review_date": ("at", lambda r: f"{r.day:%Y-%m-%d %H:%M:%S} UTC"),
        "source": ("channel|", lambda r: pick(r, 3, ["email", "web"])), "curated": ("", "ok"),
        "reviewer_name": ("", lambda r: f"Person {r.who}"), "reviewer_email": ("customer_id", lambda r: f"p{r.who}@mail.example"),
        "product_id": ("", lambda r: 7_000_000_000 + r.n % 9), "product_handle": ("", lambda r: f"lamp-{r.n % 9}"),
        "reply": ("", lambda r: pick(r, 4, ["", "", "Thank you!"])),
        "reply_date": ("", lambda r: f"{r.day + dt.timedelta(days=2):%Y-%m-%d %H:%M:%S} UTC" if r.luck[4] > 0.67 else ""),
        "picture_urls": ("", ""), "ip_address": ("", lambda r: f"10.1.{r.who % 250}.9"), "location": ("", ""),
    }), {"feedback": (300, None, None)}  # fmt: skip


def booking_reviews(folder):
    """Reviews of guests of a hotel: what was good and what was bad apart, scores up to 10."""
    rows = drawn(290, seed=55, people=280)
    return export(folder, "guest_reviews.csv", "feedback", rows, {
        "Review date": ("at", lambda r: f"{r.day:%Y-%m-%d %H:%M:%S}"), "Guest name": ("customer_id|", lambda r: f"Person {r.who}"),
        "Reservation number": ("feedback_id|", lambda r: f"{4_000_000_000 + r.n * 7919}"),
        "Review title": ("", lambda r: pick(r, 0, ["", "Good stay", "Never again"])),
        "Positive review": ("text", lambda r: f"{pick(r, 1, WORDS)}, room {r.n}"),
        "Negative review": ("text|", lambda r: pick(r, 2, ["", f"Noise on floor {r.n % 9}"])),
        "Review score": ("rating", lambda r: 2 + int(r.luck[3] ** 0.5 * 9)), "Staff": ("", lambda r: pick(r, 4, ["10", "7.5", "5"])),
        "Cleanliness": ("", lambda r: pick(r, 5, ["10", "7.5", "5"])), "Value for money": ("", lambda r: pick(r, 6, ["10", "7.5", "2.5"])),
        "Property reply": ("", lambda r: pick(r, 7, ["", "Dear guest, thank you"])),
    }), {"feedback": (290, None, None)}  # fmt: skip


def live_chat(folder):
    """Chats with visitors: when they began, how long they took, a good or bad rating."""
    rows = drawn(340, seed=56, people=200)
    return export(folder, "chats_report.csv", "tickets", rows, {
        "chat id": ("ticket_id", lambda r: f"PJ0{r.n * 104729:08X}"), "chat creation date": ("opened_at", lambda r: f"{r.day:%Y-%m-%d %H:%M:%S}"),
        "visitor name": ("", lambda r: f"Person {r.who}"), "visitor email": ("customer_id", lambda r: f"v{r.who}@mail.example"),
        "operator email": ("", lambda r: pick(r, 0, ["ana@shop.example", "bo@shop.example"])),
        "group": ("", lambda r: pick(r, 1, ["Sales", "Support"])), "tag": ("topic", lambda r: pick(r, 2, ["delivery", "refund", "product", "payment"])),
        "first response time": ("", lambda r: int(r.luck[3] * 90)), "chat duration": ("", lambda r: 60 + int(r.luck[4] * 900)),
        "rate": ("", lambda r: pick(r, 5, ["not rated", "rated good", "rated bad"])),
        "chat start url": ("", lambda r: f"https://shop.example/{pick(r, 6, ['', 'cart'])}"),
        "first message": ("text", lambda r: f"{pick(r, 7, WORDS)} #{r.n}"),
    }), {"tickets": (340, None, None)}  # fmt: skip


def arabic_calls(folder):
    """Calls of an Arabic call centre: waiting and talking in seconds, what was asked, and what came of it."""
    rows = drawn(360, seed=57, people=190)
    return export(folder, "سجل المكالمات.csv", "tickets", rows, {
        "رقم المكالمة": ("ticket_id", lambda r: f"C{500_000 + r.n}"), "رقم المتصل": ("customer_id", lambda r: f"05{70_000_000 + r.who}"),
        "وقت بداية المكالمة": ("opened_at", lambda r: f"{r.day:%Y/%m/%d %H:%M:%S}"),
        "وقت نهاية المكالمة": ("closed_at", lambda r: f"{r.day + dt.timedelta(seconds=60 + 500 * r.luck[0]):%Y/%m/%d %H:%M:%S}"),
        "مدة الانتظار (ثانية)": ("", lambda r: int(r.luck[1] * 120)), "مدة المكالمة (ثانية)": ("", lambda r: int(60 + 500 * r.luck[0])),
        "الموظف": ("", lambda r: pick(r, 2, ["ريم", "ماجد"])), "نوع الطلب": ("topic", lambda r: pick(r, 3, ["استفسار", "شكوى", "حجز"])),
        "نتيجة المكالمة": ("", lambda r: pick(r, 4, ["تم الحل", "تم التحويل"])), "تقييم المتصل": ("", lambda r: pick(r, 5, ["", 5, 4, 1])),
    }, delimiter=";", encoding="utf-8-sig"), {"tickets": (360, None, None)}  # fmt: skip


def dynamics_cases(folder):
    """Cases of a CRM as its button for Excel writes them: columns for its own use before the others."""
    rows = drawn(320, seed=58, people=140)
    return export(folder, "All Cases 6-1-2025 9-15-22 AM.xlsx", "tickets", rows, {
        "(Do Not Modify) Case": ("", lambda r: f"{r.n * 104729:08x}-aaaa-ee11-bbbb-000d3a000000"),
        "(Do Not Modify) Row Checksum": ("", lambda r: f"{r.n * 7919:08x}+abc=="),
        "(Do Not Modify) Modified On": ("", lambda r: (r.day + dt.timedelta(days=5)).replace(microsecond=0)),
        "Case Title": ("", lambda r: pick(r, 0, ["Leak", "Wrong item", "Login"])), "Case Number": ("ticket_id", lambda r: f"CAS-{r.n + 1000:05}-X{r.n * 7 % 10}Y"),
        "Priority": ("", lambda r: pick(r, 1, ["High", "Normal"])), "Origin": ("channel", lambda r: pick(r, 2, ["Email", "Phone", "Web"])),
        "Customer": ("customer_id", lambda r: f"Firm {r.who}"), "Owner": ("", lambda r: pick(r, 3, ["Ana Example", "Bo Example"])),
        "Subject": ("topic", lambda r: pick(r, 4, ["Delivery", "Warranty", "Billing"])), "Status Reason": ("", lambda r: "Problem Solved" if r.luck[5] < 0.8 else "In Progress"),
        "Created On": ("opened_at", lambda r: r.day.replace(microsecond=0)),
        "Resolved On": ("closed_at", lambda r: (r.day + dt.timedelta(hours=4 + 90 * r.luck[6])).replace(microsecond=0) if r.luck[5] < 0.8 else None),
        "Description": ("text", lambda r: f"{pick(r, 7, WORDS)}, item {r.n}"),
    }), {"tickets": (320, None, None)}  # fmt: skip


def retently(folder):
    """Answers about recommending us with tags and a campaign."""
    rows = drawn(300, seed=59, people=260)
    return export(folder, "feedback-export.csv", "surveys", rows, {
        "Full Name": ("", lambda r: f"Person {r.who}"), "Email": ("customer_id", lambda r: f"p{r.who}@mail.example"),
        "Company": ("", lambda r: f"Firm {r.who % 40}"), "Metric": ("", "NPS"), "Score": ("nps", lambda r: int(r.luck[0] ** 0.4 * 11)),
        "Feedback": ("comment", lambda r: pick(r, 1, ["", *WORDS])), "Rating category": ("", lambda r: "Promoter" if int(r.luck[0] ** 0.4 * 11) > 8 else "Other"),
        "Feedback topics": ("", lambda r: pick(r, 2, ["", "Price", "Delivery"])), "Campaign": ("touchpoint|", lambda r: pick(r, 3, ["After order", "Quarterly"])),
        "Survey channel": ("touchpoint|", lambda r: pick(r, 4, ["Email", "In-app"])),
        "Survey date": ("", lambda r: f"{r.day - dt.timedelta(hours=8 + 60 * r.luck[5]):%Y-%m-%d %H:%M}"), "Response date": ("at", lambda r: f"{r.day:%Y-%m-%d %H:%M}"),
        "Country": ("", lambda r: pick(r, 6, ["Spain", "Italy"])),
    }), {"surveys": (300, None, None)}  # fmt: skip


def kobo(folder):
    """Interviews of KoboToolbox: when they began and ended, choices in columns of 0 and 1, ids of the system."""
    rows = drawn(280, seed=60, people=280)
    return export(folder, "Visitor_survey_-_all_versions_-_labels.csv", "surveys", rows, {
        "start": ("", lambda r: f"{r.day:%Y-%m-%dT%H:%M:%S}.000+03:00"), "end": ("at|", lambda r: f"{r.day + dt.timedelta(minutes=6):%Y-%m-%dT%H:%M:%S}.000+03:00"),
        "Which branch is this?": ("touchpoint", lambda r: pick(r, 0, ["North", "Harbour", "Mall"])),
        "How did you hear of us?": ("", lambda r: pick(r, 1, ["Radio", "Friends", "Radio Friends"])),
        "How did you hear of us?/Radio": ("", lambda r: int("Radio" in pick(r, 1, ["Radio", "Friends", "Radio Friends"]))),
        "How did you hear of us?/Friends": ("", lambda r: int("Friends" in pick(r, 1, ["Radio", "Friends", "Radio Friends"]))),
        "Overall satisfaction with this visit": ("csat", lambda r: pick(r, 2, [5, 4, 4, 3, 1])),
        "How likely is it that you would recommend us?": ("nps", lambda r: int(r.luck[3] ** 0.5 * 11)),
        "What could be better?": ("comment", lambda r: pick(r, 4, ["", *WORDS])), "_id": ("response_id|", lambda r: 240_000_000 + r.n * 3),
        "_uuid": ("response_id|", lambda r: f"{r.n * 104729:08x}-1111-4222-8333-444455556666"),
        "_submission_time": ("at|", lambda r: f"{r.day + dt.timedelta(minutes=9):%Y-%m-%dT%H:%M:%S}"), "_validation_status": ("", ""),
        "_submitted_by": ("", lambda r: pick(r, 5, ["enum1", "enum2"])), "_index": ("response_id|", lambda r: r.n + 1),
    }, delimiter=";"), {"surveys": (280, None, None)}  # fmt: skip


def recordings(folder):
    """Recordings of visits to a page: how long, how many pages, where they began and left."""
    rows = drawn(340, seed=61, people=220)
    return export(folder, "recordings-export.csv", "sessions", rows, {
        "Recording ID": ("session_id", lambda r: f"{r.n * 104729:010}"), "User ID": ("customer_id", lambda r: f"u-{r.who:05}"),
        "Date": ("at", lambda r: f"{r.day:%Y-%m-%d %H:%M}"), "Country": ("", lambda r: pick(r, 0, ["Oman", "Qatar"])),
        "Action count": ("", lambda r: int(r.luck[1] * 80)), "Page count": ("pages", lambda r: 1 + int(r.luck[2] * 9)),
        "Duration (s)": ("seconds", lambda r: 20 + int(r.luck[3] * 900)), "Landing page": ("", lambda r: f"/{pick(r, 4, ['', 'sale'])}"),
        "Exit page": ("", lambda r: f"/{pick(r, 5, ['cart', 'help'])}"), "Referrer": ("", lambda r: pick(r, 6, ["", "search.example"])),
        "Traffic channel": ("channel", lambda r: pick(r, 7, ["Direct", "Organic", "Paid", "Email"])), "Device": ("", lambda r: pick(r, 8, ["Mobile", "Desktop"])),
        "Browser": ("", lambda r: pick(r, 9, ["Chrome", "Safari"])), "Rage clicks": ("", lambda r: int(r.luck[10] < 0.1)),
    }), {"sessions": (340, None, None)}  # fmt: skip


def arabic_sms(folder):
    """Text messages in Arabic: when they were sent and came, what of, and whether they came."""
    rows = drawn(380, seed=62, people=170)
    return export(folder, "تقرير الرسائل.xlsx", "messages", rows, {
        "معرف الرسالة": ("message_id", lambda r: f"M{r.n * 7919:09}"), "اسم المرسل": ("", "EXAMPLE"),
        "رقم المستلم": ("customer_id", lambda r: f"9665{50_000_000 + r.who}"), "الحملة": ("kind", lambda r: pick(r, 0, ["رمضان", "العيد", "تذكير"])),
        "نص الرسالة": ("", lambda r: pick(r, 1, ["خصم خاص لك", "موعدك غدا"])), "عدد الأجزاء": ("", lambda r: pick(r, 2, [1, 2])),
        "وقت الإرسال": ("sent_at", lambda r: f"{r.day:%Y-%m-%d %H:%M:%S}"),
        "وقت الاستلام": ("", lambda r: f"{r.day + dt.timedelta(seconds=9):%Y-%m-%d %H:%M:%S}" if r.luck[3] < 0.9 else None),
        "حالة التسليم": ("", lambda r: "تم التسليم" if r.luck[3] < 0.9 else "فشل"), "التكلفة": ("", lambda r: f"{pick(r, 2, [1, 2]) * 0.06:.2f}"),
    }), {"messages": (380, None, None)}  # fmt: skip


def patreon(folder):
    """Members who pay each month: a tier, since when, and those who have left with the day their access ends."""
    rows = drawn(300, seed=63, people=300, since=dt.datetime(2022, 5, 1))
    for row in rows:
        row.left = row.luck[0] < 0.3
    return export(folder, "Members_example.csv", "memberships", rows, {
        "Name": ("", lambda r: f"Person {r.n}"), "Email": ("customer_id|", lambda r: f"m{r.n}@mail.example"), "Discord": ("", ""),
        "Patron Status": ("", lambda r: "Former patron" if r.left else "Active patron"), "Follows You": ("", lambda r: pick(r, 1, ["Yes", "No"])),
        "Lifetime Amount": ("", lambda r: f"{r.luck[2] * 300:.2f}"), "Pledge Amount": ("price", lambda r: f"{pick(r, 3, [3, 5, 10])}.00"),
        "Charge Frequency": ("", "monthly"), "Tier": ("plan", lambda r: pick(r, 3, ["Friend", "Fan", "Hero"])), "City": ("", lambda r: pick(r, 4, ["", "Porto"])),
        "Country": ("", lambda r: pick(r, 5, ["US", "PT"])), "Patronage Since Date": ("started_on", lambda r: f"{r.day:%Y-%m-%d %H:%M:%S}.123456"),
        "Last Charge Date": ("", lambda r: f"{r.day + dt.timedelta(days=300):%Y-%m-%d %H:%M:%S}"), "Last Charge Status": ("", lambda r: pick(r, 6, ["Paid", "Paid", "Declined"])),
        "User ID": ("customer_id|", lambda r: 9_000_000 + r.n * 17), "Currency": ("currency", "USD"),
        "Access Expiration": ("ended_on", lambda r: f"{r.day + dt.timedelta(days=320):%Y-%m-%d %H:%M:%S}" if r.left else ""),
    }), {"memberships": (300, "ended", sum(r.left for r in rows))}  # fmt: skip


def paddle(folder):
    """Subscriptions of a software: what is paid and how often, trials, pauses, ends."""
    rows = drawn(320, seed=64, people=320, since=dt.datetime(2022, 5, 1))
    for row in rows:
        row.left = row.luck[0] < 0.35
    return export(folder, "subscriptions.csv", "memberships", rows, {
        "subscription_id": ("", lambda r: f"sub_01h{r.n * 104729:012x}"), "status": ("", lambda r: "canceled" if r.left else "active"),
        "customer_id": ("customer_id", lambda r: f"ctm_01h{r.n * 7919:010x}"), "customer_email": ("", lambda r: f"u{r.n}@mail.example"),
        "product_name": ("plan", lambda r: pick(r, 1, ["Basic", "Team"])), "currency_code": ("currency", "EUR"),
        "unit_price": ("price", lambda r: pick(r, 1, ["9.00", "49.00"])), "quantity": ("", lambda r: 1), "billing_interval": ("", "month"),
        "created_at": ("", lambda r: f"{r.day - dt.timedelta(minutes=3):%Y-%m-%dT%H:%M:%S}Z"), "started_at": ("started_on", lambda r: f"{r.day:%Y-%m-%dT%H:%M:%S}Z"),
        "next_billed_at": ("", lambda r: "" if r.left else f"{r.day + dt.timedelta(days=30):%Y-%m-%dT%H:%M:%S}Z"),
        "canceled_at": ("ended_on", lambda r: f"{r.day + dt.timedelta(days=20 + 500 * r.luck[2]):%Y-%m-%dT%H:%M:%S}Z" if r.left else ""),
        "discount_code": ("", lambda r: pick(r, 3, ["", "", "WELCOME"])),
    }), {"memberships": (320, "ended", sum(r.left for r in rows))}  # fmt: skip


def plenty(folder):
    """Orders of a German shop: signs of the euro behind amounts with commas, reversed orders, who bought by number."""
    rows = drawn(330, seed=65, people=150)
    for row in rows:
        row.state = pick(row, 0, ["Versandt"] * 8 + ["Storniert", "Bezahlt"])
    return export(folder, "Auftraege.csv", "transactions", rows, {
        "Auftragsnummer": ("transaction_id", lambda r: 100_200 + r.n), "Auftragsdatum": ("at", lambda r: f"{r.day:%d.%m.%Y %H:%M}"),
        "Kundennummer": ("customer_id", lambda r: 20_000 + r.who), "Kundengruppe": ("", lambda r: pick(r, 1, ["Endkunde", "Händler"])),
        "Vorname": ("", lambda r: f"Vor{r.who}"), "Nachname": ("", "Beispiel"), "E-Mail": ("", lambda r: f"k{r.who}@mail.example"),
        "Zahlungsart": ("", lambda r: pick(r, 2, ["PayPal", "Rechnung"])), "Versandkosten": ("", lambda r: f"{pick(r, 3, ['0,00', '4,90'])} €"),
        "Warenwert netto": ("", lambda r: f"{comma(r.cents / 119)} €"), "Rechnungsbetrag brutto": ("amount", lambda r: f"{comma(r.cents / 100)} €"),
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
        "Date": ("at", lambda r: f"{r.day:%-d-%b-%y}"), "Particulars": ("customer_id", lambda r: f"Trader {r.who} Pvt Ltd"),
        "Vch Type": ("", "Sales"), "Vch No.": ("transaction_id", lambda r: f"{r.n + 1}/24-25"),
        "GSTIN/UIN": ("customer_id|", lambda r: f"27AAAAA{r.who:04}A1Z5"), "Value": ("", lambda r: lakhs(r.net)),
        "CGST": ("", lambda r: lakhs(r.tax)), "SGST": ("", lambda r: lakhs(r.tax)), "Gross Total": ("amount", lambda r: lakhs(r.cents)),
    }, head="Example Traders\nSales Register\n1-Apr-24 to 31-Mar-25\n\n", tail=f'Grand Total,,,,,,,,"{total}"\n'), sales(rows)  # fmt: skip


ELEVENTH_DOZEN = (
    adyen, fortnox, sap_items, oracle_arabic, mada, salla_customers, rewaa, qoyod, laundry, arabic_forms, mercado_libre,
    airbnb, fresha, judge_me, booking_reviews, live_chat, arabic_calls, dynamics_cases, retently, kobo, recordings,
    arabic_sms, patreon, paddle, plenty, tally,
)  # fmt: skip
