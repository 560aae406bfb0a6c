"""What readers see for the words of data: columns, and values such as plans, channels and reasons.

One dictionary of usual words serves all reports; `use_labels` puts a company's own before it. `Speaker` looks every
plain text up here, so that a value is said in the reader's language wherever it stands; English shows it as the files
have it, unless the company gives it a label.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from cxlib.language.messages import C, Given, Message, N, T

Texts = Mapping[str, str]  # by language
YES, NO = C("answer", "yes"), C("answer", "no")

VALUES: Mapping[str, Message] = {
    "delivery": T("Delivery"),
    "product quality": T("Product quality"),
    "price": T("Price"),
    "support": T("Support"),
    "website app": T("Website and app"),
    "choice": T("Choice"),
    "payment": T("Payment"),
    "ordering": T("Ordering"),
    "returns": T("Returns"),
    "staff": T("Staff"),
    "store": T("Store"),
    "web": T("Web"),
    "website": T("Web"),
    "app": T("App"),
    "phone": T("Phone"),
    "ar": T("Arabic"),
    "en": T("English"),
    "true": YES,
    "false": NO,
    "yes": YES,
    "no": NO,
    "—": T("not known"),
    "all": T("All"),
    "other": T("Other"),
    "none": C("value", "None"),
    "unknown": T("not known"),
    "email": T("Email"),
    "social": T("Social media"),
    "search": T("Search engines"),
    "referral": T("Referral"),
    "direct": C("channel", "Direct"),
    "partner": C("channel", "Partners"),
    "service": C("reason", "Service"),
    "payment failed": T("Payment failed"),
    "not used": T("Not used"),
    "moved": T("Moved away"),
    "treated": C("experiment", "Test group"),
    "control": C("experiment", "Control group"),
    "monthly": C("plan", "Monthly"),
    "annual": C("plan", "Annual"),
    "month to month": T("Month to month"),
    "one year": T("One year"),
    "two year": T("Two years"),
    "male": T("Male"),
    "female": T("Female"),
    "dsl": T("DSL"),
    "fiber optic": T("Fibre optic"),
    "no internet service": T("No internet service"),
    "no phone service": T("No phone service"),
    "electronic check": T("Electronic check"),
    "mailed check": T("Mailed check"),
    "bank transfer (automatic)": T("Bank transfer (automatic)"),
    "credit card (automatic)": T("Credit card (automatic)"),
    "credit card": T("Credit card"),
    "cash": T("Cash"),
    "riyadh": T("Riyadh"),
    "jeddah": T("Jeddah"),
    "dammam": T("Dammam"),
    "madinah": T("Madinah"),
    "makkah": T("Makkah"),
    "abha": T("Abha"),
    "customers": T("Customers"),
    "transactions": T("Transactions"),
    "order lines": T("Order lines"),
    "memberships": T("Memberships"),
    "surveys": T("Surveys"),
    "feedback": T("Reviews and posts"),
    "tickets": T("Support tickets"),
    "sessions": T("Visits"),
    "messages": T("Messages"),
    "benchmarks": T("Benchmarks"),
    "rates": T("Exchange rates"),
    "segmentation": T("Segments"),
    "churn": T("Churn"),
    "clv": T("Customer value"),
    "nps drivers": T("Survey score"),
}
COLUMNS: Mapping[str, Message] = {
    "campaign_group": T("Group of the campaign"),
    "email_opt_in": T("Agreed to emails"),
    "touchpoint": T("Touchpoint"),
    "language": T("Language"),
    "region": T("Region"),
    "age_band": T("Age"),
    "channel": T("Channel"),
    "acquisition_channel": T("Acquisition channel"),
    "loyalty_member": T("Loyalty programme"),
    "loyalty_joined_on": T("Joined the loyalty programme on"),
    "status": T("Status"),
    "country": T("Country"),
    "segment": T("Segment"),
    "plan": T("Plan"),
    "city": T("City"),
    "age": T("Age"),
    "product": T("Product"),
    "end_reason": T("Reason"),
    "gender": T("Gender"),
    "senior": T("Senior citizen"),
    "partner": T("Has a partner"),
    "dependents": T("Has dependents"),
    "phone_service": T("Phone service"),
    "multiple_lines": T("Several lines"),
    "contract": T("Contract"),
    "internet_service": T("Internet service"),
    "online_security": T("Online security"),
    "online_backup": T("Online backup"),
    "device_protection": T("Device protection"),
    "tech_support": T("Technical support"),
    "streaming_tv": T("Streaming television"),
    "streaming_movies": T("Streaming films"),
    "paperless_billing": T("Paperless billing"),
    "payment_method": T("Payment method"),
    "monthly_charges": T("Charges a month"),
    "total_charges": T("Charges so far"),
}

COUNTED = (  # what a translation may count by its real forms, wherever the English says a number: {n:customer}
    N("{n} customer", "{n} customers", 0),
    N("{n} answer", "{n} answers", 0),
    N("{n} comment", "{n} comments", 0),
    N("{n} membership", "{n} memberships", 0),
    N("{n} member", "{n} members", 0),
    N("{n} ending", "{n} endings", 0),
    N("{n} group", "{n} groups", 0),
    N("{n} point", "{n} points", 0),
    N("{n} purchase", "{n} purchases", 0),
    N("{n} month", "{n} months", 0),
    N("{n} row", "{n} rows", 0),
    N("{n} rating", "{n} ratings", 0),
    N("{n} feature", "{n} features", 0),
    N("{n} forecast", "{n} forecasts", 0),
    N("{n} order", "{n} orders", 0),
    N("{n} driver", "{n} drivers", 0),
    N("{n} class", "{n} classes", 0),
    N("{n} time", "{n} times", 0),
    N("{n} cut-off", "{n} cut-offs", 0),
    N("{n} call", "{n} calls", 0),
    N("{n} theme", "{n} themes", 0),
    N("{n} comparison", "{n} comparisons", 0),
    N("{n} segment", "{n} segments", 0),
)

KIND_OF_END = re.compile("^(in)?voluntary: *")  # pages say it in their own words
_own_columns: dict[str, Given] = {}
_own_values: dict[tuple[str, str], Given] = {}  # ("", value) where no column is said


def use_labels(columns: Mapping[str, Texts], values: Mapping[str, Mapping[str, Texts]]) -> None:
    """Take a company's labels, by column and by column and value, in place of those of the company before.

    Opening a workspace does it: a run and a notebook are about one company. Without a column a value is known by its
    label only where no other column labels it otherwise, and where it is a word: “1” may be anything.
    """
    _own_columns.clear()
    _own_values.clear()
    _own_columns.update({column: _label(column, texts, COLUMNS.get(column)) for column, texts in columns.items()})
    asked = [column for column in columns if column.startswith("rating_")]  # a driver is called by it
    _own_values.update({("rating", column.removeprefix("rating_")): _own_columns[column] for column in asked})
    alone: dict[str, list[Given]] = {}
    for column, words in values.items():
        for value, texts in words.items():
            label = _own_values[column, value] = _label(value, texts, usual_word(value))
            alone.setdefault(value, []).append(label)
    for value, labels in alone.items():
        if re.search(r"[^\W\d_]", value) and all(label == labels[0] for label in labels):
            _own_values["", value] = labels[0]


def own_label(value: object, column: str = "") -> Given | None:
    """The company's own label of a value of that column; without one, where its label is the same in every column."""
    text = str(value).lower() if isinstance(value, bool) or value in ("True", "False") else str(value)
    return _own_values.get((column, text))


def usual_word(value: str) -> Message | None:
    """What the dictionary has for a value, however it is spelt."""
    return VALUES.get(re.sub(r"[_\s-]+", " ", value.strip().lower()) or value) if len(value) < 40 else None


def known_word(value: str, column: str = "") -> Message | None:
    """What the company or the dictionary calls a value; None where neither knows it."""
    return own_label(value, column) or usual_word(value)


def labelled(value: object, column: str = "") -> Given | str:
    """A value as its column's label has it; without one the value, which `Speaker` looks up.

    >>> labelled("monthly", "plan")
    'monthly'
    """
    return own_label(value, column) or str(value)


def spoken(value: object, column: str = "") -> object:
    """A value as a reader sees it: the company's label, a usual word, else the files' word without underscores."""
    return known_word(str(value), column) or _plain(str(value))


def column_name(column: str) -> Message:
    """What a reader calls a column.

    >>> str(column_name("touchpoint")), str(column_name("flight_class"))
    ('Touchpoint', 'Flight class')
    """
    return _own_columns.get(column) or COLUMNS.get(column) or _label(column, {}, None)


def lacks_label(column: str, values: Iterable[str], language: str) -> list[str]:
    """Which of a column's values, and under ``""`` the column itself, have Latin letters and no word in a language."""
    driver = known_word(column.removeprefix("rating_"), "rating") if column.startswith("rating_") else None
    names: list[tuple[str, Message | None]] = [("", driver or _own_columns.get(column) or COLUMNS.get(column))]
    texts = {KIND_OF_END.sub("", value) for value in values if isinstance(value, str)}
    names += [(value, known_word(value, column)) for value in texts]
    return sorted(
        name
        for name, label in names
        if re.search("[A-Za-z]{2}", name or column)
        and (label is None or (isinstance(label, Given) and not label.otherwise and language not in label.texts))
    )


def _label(name: str, texts: Texts, usual: Message | None) -> Given:
    return Given(_plain(name).replace("{", "{{").replace("}", "}}"), texts=dict(texts), otherwise=usual)


def _plain(name: str) -> str:
    text = name.replace("_", " ").strip()
    return text[:1].upper() + text[1:]
