"""Fourteen exports that were written, answers first, after the guesser had been mended for those of `twelfth_dozen`.

41 of the 130 columns were wrong at first, none of them marked sure: five files of languages that it did not know well
were no table at all, and one was another one.

Columns are those that users of GoCardless and of salons' booking programs know, of the others as such sheets are kept;
five are Arabic, the others Dutch, Portuguese, Italian, Turkish, French, German and Spanish.
"""

import datetime as dt

from tests.data.fourth_dozen import KALAM
from tests.data.ninth_dozen import drawn, pick
from tests.data.second_dozen import EASTERN, comma
from tests.data.sixth_dozen import export, money, sales
from tests.data.twelfth_dozen import after


def day_of(row):
    """The day of a row as a sheet stores it."""
    return row.day.replace(hour=0, minute=0, second=0, microsecond=0)


def gocardless(folder):
    """Debits from accounts: some fail or are charged back, customers by the id of a link."""
    rows = drawn(190, seed=101, people=90)
    for row in rows:
        row.state = pick(row, 0, ["paid_out"] * 7 + ["confirmed", "failed", "cancelled"])
    return export(folder, "payments_export.csv", "transactions", rows, {
        "id": ("transaction_id", lambda r: f"PM{r.n * 104729:010X}"),
        "created_at": ("at|", lambda r: f"{r.day:%Y-%m-%dT%H:%M:%S.000Z}"),
        "charge_date": ("at|", lambda r: f"{r.day + dt.timedelta(days=4):%Y-%m-%d}"),
        "amount": ("amount", lambda r: money(r.cents)), "amount_refunded": ("", "0.00"),
        "currency": ("currency", "GBP"),
        "status": ("", lambda r: r.state), "description": ("", lambda r: pick(r, 1, ["Monthly plan", "Top-up"])),
        "links.mandate": ("", lambda r: f"MD{r.who * 31:08X}"),
        "customers.id": ("customer_id", lambda r: f"CU{r.who * 7919:08X}"),
        "customers.given_name": ("", lambda r: f"First{r.who}"), "customers.family_name": ("", "Example"),
        "customers.email": ("", lambda r: f"c{r.who}@mail.example"),
    }), sales(rows, lambda r: r.state in ("paid_out", "confirmed"))  # fmt: skip


def salon(folder):
    """Appointments of a salon: when they are and when they were booked, who came not at all."""
    rows = drawn(190, seed=102, people=80)
    for row in rows:
        row.state = pick(row, 0, ["Completed"] * 7 + ["Cancelled", "No-show"])
    return export(folder, "Appointments list.csv", "transactions", rows, {
        "Ref #": ("transaction_id", lambda r: f"#{r.n * 104729 % 16**6:06X}"),
        "Channel": ("channel", lambda r: pick(r, 1, ["Online", "Offline"])),
        "Created date": ("at|", lambda r: f"{r.day:%d %b %Y, %H:%M}"),
        "Client": ("customer_id", lambda r: f"Person {r.who}"),
        "Service": ("product", lambda r: pick(r, 2, ["Haircut", "Colour", "Brows"])),
        "Scheduled date": ("at|", lambda r: f"{r.day + dt.timedelta(days=6):%d %b %Y, %H:%M}"),
        "Duration": ("", lambda r: pick(r, 2, [45, 90, 30])),
        "Team member": ("", lambda r: pick(r, 3, ["Ana", "Bo"])), "Price": ("amount", lambda r: money(r.cents)),
        "Status": ("", lambda r: r.state),
    }), sales(rows, lambda r: r.state == "Completed")  # fmt: skip


def dutch_orders(folder):
    """Orders of a Dutch shop: euros with commas, cancelled ones, when they were sent."""
    rows = drawn(190, seed=103, people=90)
    for row in rows:
        row.state = pick(row, 0, ["Verzonden"] * 8 + ["Geannuleerd"])
    return export(folder, "bestellingen.csv", "transactions", rows, {
        "Bestelnummer": ("transaction_id", lambda r: 30_100 + r.n),
        "Besteldatum": ("at", lambda r: f"{r.day:%d-%m-%Y %H:%M}"),
        "Klantnummer": ("customer_id", lambda r: 4000 + r.who), "Klantnaam": ("", lambda r: f"Persoon {r.who}"),
        "Plaats": ("", lambda r: pick(r, 1, ["Utrecht", "Gent"])),
        "Verzendkosten": ("", lambda r: pick(r, 2, ["0,00", "4,95"])),
        "Totaalbedrag": ("amount", lambda r: comma(r.cents / 100)),
        "Betaalmethode": ("", lambda r: pick(r, 3, ["iDEAL", "Kaart"])), "Status": ("", lambda r: r.state),
        "Verzenddatum": ("", lambda r: f"{after(r, 4, 4):%d-%m-%Y}"),
    }, delimiter=";"), sales(rows, lambda r: r.state == "Verzonden")  # fmt: skip


def assinaturas(folder):
    """Subscriptions in Portuguese: from, cancelled on, what a month costs."""
    rows = drawn(180, seed=104, people=180, since=dt.datetime(2023, 1, 9))
    for row in rows:
        row.left = row.luck[0] < 0.35
    return export(folder, "assinaturas.csv", "memberships", rows, {
        "Código": ("", lambda r: 7000 + r.n), "Cliente": ("", lambda r: f"Pessoa {r.n}"),
        "CPF": ("customer_id", lambda r: f"{r.n * 104729 % 10**11:011}"),
        "Plano": ("plan", lambda r: pick(r, 1, ["Básico", "Completo"])),
        "Valor mensal": ("price", lambda r: pick(r, 1, ["49,90", "89,90"])),
        "Data de início": ("started_on", lambda r: f"{r.day:%d/%m/%Y}"),
        "Data de cancelamento": ("ended_on", lambda r: f"{after(r, 2, 300):%d/%m/%Y}" if r.left else ""),
        "Motivo do cancelamento": ("end_reason", lambda r: pick(r, 3, ["Preço", "Mudança"]) if r.left else ""),
        "Situação": ("", lambda r: "Cancelada" if r.left else "Ativa"),
    }, delimiter=";", encoding="cp1252"), {"memberships": (180, "ended", sum(r.left for r in rows))}  # fmt: skip


def clienti(folder):
    """An Italian list of customers: born, registered, since when they have the card."""
    rows = drawn(180, seed=105, people=180, since=dt.datetime(2021, 3, 1))
    return export(folder, "anagrafica clienti.xlsx", "customers", rows, {
        "Codice cliente": ("customer_id", lambda r: f"CL{r.n:05}"), "Cognome": ("", lambda r: f"Esempio{r.n}"),
        "Nome": ("", lambda r: f"Nome{r.n}"),
        "Data di nascita": ("", lambda r: f"{1 + r.n % 28:02}/{1 + r.n % 12:02}/{1950 + r.n % 50}"),
        "Sesso": ("customers.sesso", lambda r: pick(r, 0, ["F", "M"])),
        "Città": ("customers.città", lambda r: pick(r, 1, ["Roma", "Torino"])),
        "Cellulare": ("", lambda r: f"+39 347 {1_000_000 + r.n}"),
        "Data registrazione": ("joined_on", lambda r: f"{r.day:%d/%m/%Y}"),
        "Punti": ("customers.punti", lambda r: int(r.luck[2] * 500)),
        "Ultimo acquisto": ("", lambda r: f"{after(r, 3, 400):%d/%m/%Y}"),
    }), {"customers": (180, None, None)}  # fmt: skip


def destek(folder):
    """Requests for help in Turkish: opened, answered, closed."""
    rows = drawn(180, seed=106, people=90)
    return export(folder, "destek talepleri.csv", "tickets", rows, {
        "Talep No": ("ticket_id", lambda r: 5000 + r.n), "Müşteri No": ("customer_id", lambda r: 900 + r.who),
        "Müşteri Adı": ("", lambda r: f"Kişi {r.who}"),
        "Konu": ("topic", lambda r: pick(r, 0, ["Fatura", "Kargo", "İade"])),
        "Açıklama": ("text", lambda r: f"{pick(r, 1, ['Kargo gelmedi', 'Fatura yanlış kesilmiş'])} {r.n}"),
        "Kanal": ("channel", lambda r: pick(r, 2, ["Telefon", "E-posta"])),
        "Oluşturma Tarihi": ("opened_at", lambda r: f"{r.day:%d.%m.%Y %H:%M}"),
        "Kapanış Tarihi": ("closed_at", lambda r: f"{after(r, 3, 6):%d.%m.%Y %H:%M}" if r.luck[4] < 0.8 else ""),
        "Durum": ("", lambda r: "Kapalı" if r.luck[4] < 0.8 else "Açık"),
    }, delimiter=";"), {"tickets": (180, None, None)}  # fmt: skip


def reclamations(folder):
    """Complaints in French: received, settled, of which product."""
    rows = drawn(180, seed=107, people=100)
    return export(folder, "Suivi réclamations.xlsx", "tickets", rows, {
        "N° dossier": ("ticket_id", lambda r: f"R{r.n + 1:05}"),
        "Date de réception": ("opened_at", lambda r: day_of(r)), "N° client": ("customer_id", lambda r: 6000 + r.who),
        "Nom du client": ("", lambda r: f"Personne {r.who}"),
        "Canal": ("channel", lambda r: pick(r, 0, ["Courrier", "Téléphone"])),
        "Motif": ("topic", lambda r: pick(r, 1, ["Retard", "Qualité", "Facturation"])),
        "Description": ("text",
         lambda r: f"{pick(r, 2, ['Le colis est arrivé abîmé', 'La facture est fausse'])} ({r.n})"),
        "Date de clôture": ("closed_at",
         lambda r: day_of(r) + dt.timedelta(days=2 + r.n % 9) if r.luck[3] < 0.8 else None),
        "Responsable": ("", lambda r: pick(r, 4, ["Claire", "Hugo"])),
    }), {"tickets": (180, None, None)}  # fmt: skip


def befragung(folder):
    """A German survey of customers: marks of friendliness and speed, overall, and a recommendation."""
    rows = drawn(180, seed=108, people=150)
    return export(folder, "Kundenbefragung Q3.csv", "surveys", rows, {
        "Antwort-Nr.": ("response_id", lambda r: r.n + 1),
        "Abgeschickt am": ("at", lambda r: f"{r.day:%d.%m.%Y %H:%M}"),
        "Kundennr.": ("customer_id", lambda r: 800 + r.who),
        "Filiale": ("touchpoint|", lambda r: pick(r, 0, ["Nord", "Süd"])),
        "Wie zufrieden sind Sie mit der Freundlichkeit?": ("surveys.rating_", lambda r: 1 + int(r.luck[1] ** 0.5 * 5)),
        "Wie zufrieden sind Sie mit der Wartezeit?": ("surveys.rating_", lambda r: 1 + int(r.luck[2] ** 0.5 * 5)),
        "Wie zufrieden sind Sie insgesamt?": ("csat", lambda r: 1 + int(r.luck[3] ** 0.5 * 5)),
        "Wie wahrscheinlich ist es, dass Sie uns weiterempfehlen?": ("nps", lambda r: int(r.luck[4] ** 0.5 * 11)),
        "Was können wir verbessern?": ("comment",
         lambda r: pick(r, 5, ["", "Mehr Personal an der Kasse", "Nichts zu klagen"])),
    }, delimiter=";", encoding="cp1252"), {"surveys": (180, None, None)}  # fmt: skip


def resenas(folder):
    """Reviews in Spanish: stars, words, the answer of the house."""
    rows = drawn(180, seed=109, people=170)
    return export(folder, "reseñas.csv", "feedback", rows, {
        "ID de reseña": ("feedback_id", lambda r: f"r{r.n * 7919:08}"),
        "Fecha de publicación": ("at", lambda r: f"{r.day:%d/%m/%Y}"),
        "Autor": ("customer_id|", lambda r: f"Persona {r.n % 160}"),
        "Puntuación": ("rating", lambda r: pick(r, 0, [5, 5, 4, 3, 1])),
        "Texto": ("text", lambda r: pick(r, 1, ["Muy buena comida", "El servicio fue lento", "Volveremos seguro"])),
        "Idioma": ("language", "es"), "Respuesta": ("", lambda r: pick(r, 2, ["", "Gracias por su visita"])),
        "Sucursal": ("channel|", lambda r: pick(r, 3, ["Centro", "Playa"])),
    }), {"feedback": (180, None, None)}  # fmt: skip


def deliveries(folder):
    """Orders of an Arabic restaurant that drivers brought, in Arabic digits: food, delivery, total."""
    rows = drawn(190, seed=110, people=90)
    for row in rows:
        row.cents, row.way = row.cents // 100 * 100, pick(row, 0, [10, 15])
        row.state = pick(row, 1, ["تم التوصيل"] * 8 + ["ملغي"])

    def digits(number):
        return f"{number:.2f}".translate(EASTERN)

    return export(folder, "تقرير التوصيل.csv", "transactions", rows, {
        "رقم الطلب": ("transaction_id", lambda r: f"{40_000 + r.n}".translate(EASTERN)),
        "وقت الطلب": ("at", lambda r: f"{r.day:%Y/%m/%d %H:%M}".translate(EASTERN)),
        "وقت التوصيل": ("", lambda r: f"{r.day + dt.timedelta(minutes=40):%Y/%m/%d %H:%M}".translate(EASTERN)),
        "رقم جوال الزبون": ("customer_id", lambda r: f"05{33_000_000 + r.who}".translate(EASTERN)),
        "الحي": ("", lambda r: pick(r, 2, ["النرجس", "الملقا"])),
        "المندوب": ("", lambda r: pick(r, 3, ["سالم", "كومار"])),
        "قيمة الوجبات": ("", lambda r: digits(r.cents / 100 - r.way)),
        "أجرة التوصيل": ("", lambda r: digits(r.way)), "الإجمالي": ("amount", lambda r: digits(r.cents / 100)),
        "الحالة": ("", lambda r: r.state),
    }, encoding="utf-8-sig"), sales(rows, lambda r: r.state != "ملغي")  # fmt: skip


def bank_poll(folder):
    """What customers of a bank say after a visit, in Arabic."""
    rows = drawn(180, seed=111, people=150)
    return export(folder, "نتائج الاستطلاع.xlsx", "surveys", rows, {
        "رقم الاستجابة": ("response_id", lambda r: 300 + r.n),
        "تاريخ التعبئة": ("at", lambda r: r.day.replace(microsecond=0)),
        "رقم الهوية": ("customer_id|", lambda r: f"10{r.who * 7919 % 10**8:08}"),
        "نوع الخدمة المقدمة": ("touchpoint|", lambda r: pick(r, 0, ["فتح حساب", "تمويل"])),
        "مدى رضاك عن سرعة الإنجاز": ("surveys.rating_", lambda r: 1 + int(r.luck[1] ** 0.5 * 5)),
        "مدى رضاك عن تعامل الموظف": ("surveys.rating_", lambda r: 1 + int(r.luck[2] ** 0.5 * 5)),
        "مدى رضاك عن الخدمة بشكل عام": ("csat", lambda r: 1 + int(r.luck[3] ** 0.5 * 5)),
        "هل تنصح الآخرين بالتعامل معنا؟ من 0 إلى 10": ("nps", lambda r: int(r.luck[4] ** 0.5 * 11)),
        "مقترحاتك": ("comment", lambda r: pick(r, 5, [None, *KALAM])),
    }), {"surveys": (180, None, None)}  # fmt: skip


def nursery(folder):
    """Children of an Arabic nursery: from when, until when, what a month costs."""
    rows = drawn(170, seed=112, people=170, since=dt.datetime(2022, 9, 4))
    for row in rows:
        row.left = row.luck[0] < 0.4
    return export(folder, "سجل الأطفال.xlsx", "memberships", rows, {
        "الرقم": ("customer_id", lambda r: 100 + r.n), "اسم الطفل": ("", lambda r: f"طفل {r.n}"),
        "تاريخ الالتحاق": ("started_on", lambda r: day_of(r)),
        "تاريخ المغادرة": ("ended_on",
         lambda r: day_of(r) + dt.timedelta(days=30 + int(300 * r.luck[1])) if r.left else None),
        "سبب المغادرة": ("end_reason", lambda r: pick(r, 2, ["انتقال", "السعر"]) if r.left else None),
        "القسط الشهري": ("price", lambda r: pick(r, 3, [900, 1200])),
        "الفترة": ("plan|", lambda r: pick(r, 3, ["صباحية", "كاملة"])),
        "المشرفة": ("", lambda r: pick(r, 4, ["منى", "أمل"])),
    }), {"memberships": (170, "ended", sum(r.left for r in rows))}  # fmt: skip


def donors(folder):
    """People who give to a society, in Arabic: since when, how often, of which town."""
    rows = drawn(180, seed=113, people=180, since=dt.datetime(2021, 2, 1))
    return export(folder, "قائمة المتبرعين.csv", "customers", rows, {
        "رقم المتبرع": ("customer_id", lambda r: f"D{r.n:05}"), "اسم المتبرع": ("", lambda r: f"متبرع {r.n}"),
        "رقم الجوال": ("", lambda r: f"05{77_000_000 + r.n}"),
        "المدينة": ("customers.about_المدينة", lambda r: pick(r, 0, ["مكة", "جدة"])),
        "النوع": ("customers.about_النوع", lambda r: pick(r, 1, ["فرد", "شركة"])),
        "تاريخ أول تبرع": ("joined_on|", lambda r: f"{r.day:%Y-%m-%d}"),
        "عدد التبرعات": ("customers.about_عدد_التبرعات", lambda r: 1 + int(r.luck[2] * 20)),
        "إجمالي التبرعات": ("customers.about_إجمالي_التبرعات|", lambda r: int(r.luck[3] * 9000)),
    }, encoding="utf-8-sig"), {"customers": (180, None, None)}  # fmt: skip


def sms_log(folder):
    """Texts that an Arabic company sent: to whom, when, for what."""
    rows = drawn(190, seed=114, people=110)
    return export(folder, "سجل الرسائل النصية.csv", "messages", rows, {
        "معرف الرسالة": ("message_id", lambda r: f"{r.n * 104729:09}"),
        "المستلم": ("customer_id", lambda r: f"9665{55_000_000 + r.who}"), "اسم المرسل": ("", "MITHAL"),
        "نوع الرسالة": ("kind", lambda r: pick(r, 0, ["ترويجية", "إشعار"])),
        "نص الرسالة": ("", lambda r: f"{pick(r, 1, ['خصم خاص لك', 'طلبك في الطريق'])} {r.n}"),
        "تاريخ ووقت الإرسال": ("sent_at", lambda r: f"{r.day:%Y-%m-%d %H:%M:%S}"),
        "الحالة": ("", lambda r: pick(r, 2, ["تم التسليم", "فشل"])), "عدد الأجزاء": ("", lambda r: pick(r, 3, [1, 2])),
    }, encoding="utf-8-sig"), {"messages": (190, None, None)}  # fmt: skip


THIRTEENTH_DOZEN = (
    gocardless, salon, dutch_orders, assinaturas, clienti, destek, reclamations, befragung, resenas, deliveries,
    bank_poll, nursery, donors, sms_log,
)  # fmt: skip
