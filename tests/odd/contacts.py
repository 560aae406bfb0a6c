"""What an odd company may have beside sales, members and answers: visits, messages, tickets, texts, products, ..."""

import numpy as np
import pandas as pd

from tests.odd.conftest import LAST

ODDITIES = {}
NAMES = ["nps", "AOV", "csat", "ces", "visits", "open rate", "luck", "call 0501234567", "CAC", "tickets", "NPS"]
TARGETS = {
    "nps": (-100, 0, 40, 100), "csat": ("85%", 0, 1), "average_order_value": (0, 1e9), "visits": (0, 10_000),
    "first_response_minutes": (0, 30), "open_rate": ("0%", "100%"), "churn_rate": (0, "5.5%"),
}  # fmt: skip
TEXTS = (
    "the delivery was late again", "Delivery late, please bring it earlier", "خدمة ممتازة وسريعة", "التوصيل متأخر جدا",
    "please add Apple Pay", "أتمنى إضافة الدفع عند الاستلام", "ok", "", "👍👍",
    "<b>x</b> https://example.com 0501234567",
    "the price is too high for what it is", "staff were kind and helped me at once", "التطبيق يتعطل عند الدفع",
)  # fmt: skip
OFFICES = [{}, {}, {"hours": ["09:00-17:00"]}, {"weekdays": ["fri"], "hours": ["22:00-02:00"]}, {"country": "SA"}]


def odd(change):
    """An oddity of these tables."""
    ODDITIES[change.__name__] = change
    return change


def add_contacts(company, seed):
    """Give a company these tables, from a seed of its own, with up to three oddities; and ask for targets."""
    rng = np.random.default_rng([seed, 15])
    draws = {
        "sessions": draw_sessions,
        "messages": draw_messages,
        "tickets": draw_tickets,
        "benchmarks": draw_benchmarks,
        "feedback": draw_feedback,
    }
    for name, draw in draws.items():
        if rng.random() < 0.8:
            company.tables[name] = draw(rng, company.customers)
    if "customers" in company.tables and rng.random() < 0.5:
        ids = company.tables["customers"]["customer_id"]
        company.set("customers", referred_by=rng.choice([*company.customers, "no", "", "a friend"], len(ids)))
    for name, column, draw in (
        ("surveys", "comment", _texts), ("tickets", "text", _texts), ("transactions", "product_id", _products),
        ("customers", "loyalty_joined_on", _some_days),
    ):  # fmt: skip
        if name in company.tables and rng.random() < 0.7:
            company.set(name, **{column: draw(rng, len(company.tables[name]))})
    for name in rng.choice(list(ODDITIES), size=rng.integers(0, 4), replace=False):
        company.oddities += (name,) * ODDITIES[name](company)
    targets = {name: {"value": rng.choice(np.array(values, object)), "by": "2026-12-31"}
               for name, values in TARGETS.items() if rng.random() < 0.4}  # fmt: skip
    asked = {"period_days": int(rng.choice([7, 30, 90, 366])), "targets": targets, "office": OFFICES[rng.integers(5)]}
    company.parameters["scorecard"] = asked | company.parameters.get("scorecard", {})


def _days(rng, n):
    start = int(rng.choice([1, 20, 200, 500]))
    return [str(LAST - int(day)) for day in rng.integers(0, start, n)]


def _some_days(rng, n):
    return [day if rng.random() < 0.4 else "" for day in _days(rng, n)]


def _texts(rng, n):
    return rng.choice(TEXTS, n)


def _products(rng, n):
    return [f"P{k}" for k in np.minimum(rng.geometric(0.1, n), int(rng.choice([1, 3, 40])))]


def _size(rng):
    return int(rng.choice([1, 5, 31, 60, 400, 1500]))


def _flags(rng, n):
    return rng.choice(rng.choice(np.array(["true", "false", ""], object), size=3), n)


def draw_sessions(rng, customers):
    """Visits of customers and of nobody."""
    n = _size(rng)
    return pd.DataFrame({
        "customer_id": rng.choice([*customers, ""], n), "at": _days(rng, n), "pages": rng.poisson(3, n),
        "seconds": rng.exponential(100, n).round(), "searched": _flags(rng, n), "found": _flags(rng, n),
        "goal_met": _flags(rng, n), "converted": _flags(rng, n),
    })  # fmt: skip


def draw_messages(rng, customers):
    """Messages, of which some were opened."""
    n = _size(rng)
    sent = _days(rng, n)
    opened = [day if rng.random() < 0.3 else "" for day in sent]
    return pd.DataFrame({"customer_id": rng.choice(customers, n), "sent_at": sent, "opened_at": opened})


def draw_feedback(rng, customers):
    """What is written elsewhere, by customers and by nobody."""
    n = _size(rng)
    return pd.DataFrame({
        "customer_id": rng.choice([*customers, ""], n), "at": _days(rng, n), "text": _texts(rng, n),
        "channel": rng.choice(["store", "map"], n), "rating": rng.choice(["1", "3", "5", ""], n),
    })  # fmt: skip


def draw_tickets(rng, customers):
    """Questions, of which some wait."""
    n = _size(rng)
    opened = pd.to_datetime(pd.Series(_days(rng, n))) + pd.to_timedelta(rng.integers(0, 1440, n), unit="min")
    answered = opened + pd.to_timedelta(rng.exponential(300, n).round(), unit="min")
    closed = answered + pd.to_timedelta(rng.exponential(3000, n).round(), unit="min")
    last = pd.Timestamp(LAST) + pd.Timedelta(days=1)
    return pd.DataFrame({
        "ticket_id": [f"Q{k}" for k in range(n)], "customer_id": rng.choice([*customers, ""], n), "opened_at": opened,
        "first_response_at": answered.where((answered < last) & (rng.random(n) < 0.8)),
        "closed_at": closed.where((closed < last) & (rng.random(n) < 0.6)),
    })  # fmt: skip


def draw_benchmarks(rng, _):
    """What others reach, of measures that there are and are not."""
    n = int(rng.integers(1, 9))
    return pd.DataFrame({
        "measure": rng.choice(NAMES, n), "value": rng.choice([-50.0, 0.0, 0.4, 1.0, 7.0, 85.0, 1e12], n),
        "source": rng.choice(["A study", "", "Sara, 0501234567", "<b>x</b>"], n),
        "as_of": rng.choice(["", "2024-05-01", "2031-01-01"], n),
    })  # fmt: skip


def put(company, table, **columns):
    """Give columns of a table other values where there is that table; whether there is."""
    if table in company.tables:
        company.set(table, **columns)
    return table in company.tables


@odd
def visits_of_nobody(company):
    """No visitor is known."""
    return put(company, "sessions", customer_id="")


@odd
def visits_of_one(company):
    """One customer makes all visits."""
    return put(company, "sessions", customer_id=company.customers[0])


@odd
def visits_of_no_pages(company):
    """Nobody has seen a page."""
    return put(company, "sessions", pages="0", seconds="0")


@odd
def endless_visits(company):
    """Visits of thousands of years."""
    return put(company, "sessions", seconds="1e12", pages="9000000000")


@odd
def all_converted(company):
    """Every visit found what it looked for and ended in an order."""
    return put(company, "sessions", converted="true", found="true", searched="true", goal_met="true")


@odd
def nothing_searched(company):
    """Nobody has searched."""
    return put(company, "sessions", searched="false", found="")


@odd
def nothing_opened(company):
    """No message was opened."""
    return put(company, "messages", opened_at="")


@odd
def all_waiting(company):
    """No question was answered."""
    return put(company, "tickets", first_response_at="", closed_at="")


@odd
def closed_without_an_answer(company):
    """Questions are closed, and none was answered."""
    return put(company, "tickets", first_response_at="")


@odd
def answered_at_once(company):
    """Every question was answered and closed in the moment it was asked."""
    at = company.tables["tickets"]["opened_at"] if "tickets" in company.tables else ""
    return put(company, "tickets", first_response_at=at, closed_at=at)


@odd
def referred_by_one(company):
    """One customer has brought all, and himself."""
    return put(company, "customers", referred_by=company.customers[0])


@odd
def only_contacts(company):
    """Neither sales nor members nor answers."""
    others = [name for name in ("transactions", "memberships", "surveys") if name in company.tables]
    for name in others[: len(company.tables) - 1]:
        company.tables.pop(name)
    return bool(others)


@odd
def one_day_of_contacts(company):
    """All visits and messages are of the last day."""
    day = str(LAST)
    return any([put(company, "sessions", at=day), put(company, "messages", sent_at=day, opened_at="")])


@odd
def contacts_to_come(company):
    """Visits and questions are dated after the last day."""
    return any([put(company, "sessions", at="2031-01-01"), put(company, "tickets", opened_at="2031-01-01")])


@odd
def one_text(company):
    """Everybody writes the same."""
    columns = {"feedback": "text", "surveys": "comment", "tickets": "text"}
    changed = [put(company, table, **{column: "late"}) for table, column in columns.items()]
    return any(changed)


@odd
def texts_of_a_day(company):
    """All texts are of the last day."""
    return put(company, "feedback", at=str(LAST))


@odd
def one_product(company):
    """There is one thing to buy."""
    return put(company, "transactions", product_id="P1")


@odd
def products_of_their_own(company):
    """No product was sold twice."""
    n = len(company.tables.get("transactions", ()))
    return put(company, "transactions", product_id=[f"P{k}" for k in range(n)])


@odd
def all_are_members(company):
    """Every customer joined the programme, on the first day or on the last."""
    return put(company, "customers", loyalty_joined_on=str(company.rng.choice([LAST, LAST - 700])))


@odd
def members_to_come(company):
    """Whoever joins does so after the last day."""
    return put(company, "customers", loyalty_joined_on="2031-01-01")
