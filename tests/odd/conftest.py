"""Small, odd companies: an ordinary shop that is drawn from a seed, and what may be odd about it, in any mixture."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

LAST = np.datetime64("2026-09-30")
SIZES = (1, 2, 3, 5, 10, 20, 35, 60, 110, 160)
LARGE = 2_000
ODDITIES = {}


@dataclass
class Company:
    """The tables of a company as their files hold them, and how its reports are asked."""

    rng: np.random.Generator
    customers: list[str]
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    parameters: dict[str, dict[str, object]] = field(default_factory=dict)
    oddities: tuple[str, ...] = ()
    as_of: str = str(LAST)

    @property
    def orders(self):
        """The purchases."""
        return self.tables["transactions"]

    @property
    def members(self):
        """The memberships."""
        return self.tables["memberships"]

    @property
    def answers(self):
        """The answers to surveys."""
        return self.tables["surveys"]

    def set(self, table, **columns):
        """Give columns of a table other values."""
        self.tables[table] = self.tables[table].assign(**columns)


def odd(needs):
    """An oddity of a company that has the tables it needs."""

    def keep(change):
        ODDITIES[change.__name__] = (needs.split(), change)
        return change

    return keep


def draw_company(seed, oddities=()):
    """The company of a seed: an ordinary one of few customers, with up to four oddities or those that are named."""
    rng = np.random.default_rng(seed)
    names = list(ODDITIES)
    chosen = oddities or {names[seed % len(names)], *map(str, rng.choice(names, size=rng.integers(0, 4)))}
    size = LARGE if seed % 50 == 49 else int(rng.choice(SIZES))
    company = Company(rng, [f"C{n}" for n in range(size)])
    company.tables = draw_tables(rng, company.customers)
    for name in sorted(chosen, key=names.index):  # what takes columns away comes after what changes them
        needs, change = ODDITIES[name]
        if all(table in company.tables for table in needs):
            change(company)
            company.oddities += (name,)
    return company


def draw_tables(rng, customers):
    """Customers who come, buy, subscribe and answer now and then, as in a shop that nothing is odd about."""
    start = LAST - np.timedelta64(int(rng.integers(120, 900)), "D")
    joined = {name: start + int(rng.integers(0, 100)) for name in customers}
    return {
        "customers": draw_customers(rng, joined),
        "transactions": draw_orders(rng, joined),
        "memberships": draw_members(rng, joined),
        "surveys": draw_answers(rng, joined),
    }


def draw_customers(rng, joined):
    """Attributes of customers, some of them unknown."""
    return pd.DataFrame({
        "customer_id": list(joined),
        "joined_on": [str(day) for day in joined.values()],
        "region": rng.choice(["North", "South", "West", None], len(joined)),
        "acquisition_channel": rng.choice(["search", "friends"], len(joined)),
        "acquisition_cost": rng.integers(0, 30, len(joined)),
    })  # fmt: skip


def draw_orders(rng, joined):
    """Purchases every two months or so, until the customer stops."""
    rows = []
    for name, day in joined.items():
        while day <= LAST:
            rows.append((name, str(day), str(rng.integers(5, 90)), rng.choice(["web", "shop"])))
            if rng.random() < 0.15:
                break
            day = day + 1 + int(rng.exponential(60))
    frame = pd.DataFrame(rows, columns=["customer_id", "at", "amount", "channel"])
    return frame.assign(transaction_id=[f"T{n}" for n in range(len(frame))])


def draw_members(rng, joined):
    """One membership each; a third have ended."""
    rows = []
    for name, day in joined.items():
        end = day + int(rng.exponential(400))
        plan = rng.choice(["monthly", "annual"])
        rows.append((name, str(day), "" if end > LAST else str(end), plan, str(rng.integers(5, 50)), ""))
    return pd.DataFrame(rows, columns=["customer_id", "started_on", "ended_on", "plan", "price", "end_reason"])


def draw_answers(rng, joined):
    """About one answer each, over the last year."""
    n = int(rng.choice([1, 2, len(joined), 40, 130, 200]))
    quality = rng.normal(7, 2, n)

    def rated(low, high, noise):
        return np.clip(np.round(quality + rng.normal(0, noise, n)), low, high).astype(int).astype(str)

    return pd.DataFrame({
        "response_id": [f"R{k}" for k in range(n)],
        "customer_id": rng.choice(list(joined), n),
        "at": [str(LAST - int(day)) for day in rng.integers(0, 365, n)],
        "touchpoint": rng.choice(["web", "shop", "call"], n),
        "nps": rated(0, 10, 1.5),
        "csat": rng.integers(1, 6, n).astype(str),
        "ces": rng.integers(1, 8, n).astype(str),
        "rating_speed": rated(1, 10, 2),
        "rating_price": rated(1, 10, 3),
        "rating_staff": rng.integers(1, 11, n).astype(str),
        "comment": rng.choice(["too slow", "great staff", "الخدمة ممتازة", "delivery was late", ""], n),
        "language": rng.choice(["en", "ar"], n),
        "weight": "1",
    })  # fmt: skip


# Purchases


@odd("transactions")
def one_time_buyers(company):
    """Everybody bought once."""
    company.tables["transactions"] = company.orders.drop_duplicates("customer_id")


@odd("transactions")
def one_day_of_orders(company):
    """All orders stand on one day."""
    company.set("transactions", at=company.orders["at"].min())


@odd("transactions")
def two_days_of_orders(company):
    """Nobody bought on three days."""
    days = company.rng.choice(["2026-05-01", "2026-06-01"], len(company.orders))
    company.set("transactions", at=days)


@odd("transactions")
def all_last_day(company):
    """Everybody bought again on the last day."""
    last = company.orders.drop_duplicates("customer_id").assign(at=str(LAST))
    last = last.assign(transaction_id="L" + last["transaction_id"])
    company.tables["transactions"] = pd.concat([company.orders, last])


@odd("transactions")
def returns_above_sales(company):
    """More money went back than came."""
    back = company.orders.assign(amount="-" + (2 * company.orders["amount"].astype(float)).astype(str))
    back = back.assign(transaction_id="B" + back["transaction_id"])
    company.tables["transactions"] = pd.concat([company.orders, back])


@odd("transactions")
def some_returned_more(company):
    """A few customers got back more than they paid."""
    back = company.orders.drop_duplicates("customer_id").iloc[::3]
    back = back.assign(amount="-900", transaction_id="B" + back["transaction_id"])
    company.tables["transactions"] = pd.concat([company.orders, back])


@odd("transactions")
def all_returned(company):
    """Every order was paid back on its day."""
    back = company.orders.assign(amount="-" + company.orders["amount"].astype(str))
    back = back.assign(transaction_id="B" + back["transaction_id"])
    company.tables["transactions"] = pd.concat([company.orders, back])


@odd("transactions")
def only_refunds(company):
    """Nothing but refunds."""
    company.set("transactions", amount="-7.50")


@odd("transactions")
def equal_amounts(company):
    """Every order costs the same."""
    company.set("transactions", amount="10")


@odd("transactions")
def amounts_of_zero(company):
    """Every order was free."""
    company.set("transactions", amount="0")


@odd("transactions")
def some_amounts_of_zero(company):
    """Half of the orders were free."""
    free = company.rng.random(len(company.orders)) < 0.5
    company.set("transactions", amount=company.orders["amount"].where(~free, "0"))


@odd("transactions")
def huge_amounts(company):
    """Orders of ten thousand million."""
    company.set("transactions", amount="1" + company.orders["amount"].astype(str).str.zfill(10))


@odd("transactions")
def amounts_of_a_cent(company):
    """Orders of a cent."""
    company.set("transactions", amount="0.01")


@odd("transactions")
def a_whale(company):
    """One order of ten million among small ones."""
    company.set("transactions", amount=["10000000", *company.orders["amount"].iloc[1:]])


@odd("transactions")
def one_channel(company):
    """One channel, one product."""
    company.set("transactions", channel="web", product="thing")


@odd("transactions")
def no_order_ids(company):
    """Orders have neither an id nor a channel."""
    company.tables["transactions"] = company.orders.drop(columns=["transaction_id", "channel"], errors="ignore")


@odd("transactions")
def days_to_come(company):
    """Every fifth order is dated after the last day."""
    at = company.orders["at"].copy()
    at.iloc[::5] = "2031-01-01"
    company.set("transactions", at=at)


@odd("transactions")
def only_days_to_come(company):
    """Every order is dated after the last day."""
    company.set("transactions", at="2031-01-01")


@odd("transactions")
def decade_of_one_a_year(company):
    """Everybody buys once a year, on the same day, for ten years."""
    names = company.orders["customer_id"].unique()
    rows = [(name, f"{year}-03-01", "20", "web") for name in names for year in range(2017, 2027)]
    frame = pd.DataFrame(rows, columns=["customer_id", "at", "amount", "channel"])
    company.tables["transactions"] = frame.assign(transaction_id=[f"Y{n}" for n in range(len(frame))])


@odd("transactions")
def every_day(company):
    """A few customers who buy every day."""
    days = [str(LAST - n) for n in range(100)]
    rows = [(name, day, "3", "web") for name in company.customers[:10] for day in days]
    frame = pd.DataFrame(rows, columns=["customer_id", "at", "amount", "channel"])
    company.tables["transactions"] = frame.assign(transaction_id=[f"D{n}" for n in range(len(frame))])


@odd("transactions")
def long_ago(company):
    """Nothing was bought for ten years."""
    company.set("transactions", at=[str(np.datetime64(day, "D") - 3650) for day in company.orders["at"]])


@odd("transactions")
def doubled_orders(company):
    """Every order stands twice, under one id."""
    company.tables["transactions"] = pd.concat([company.orders, company.orders])


@odd("transactions")
def one_order(company):
    """A single order."""
    company.tables["transactions"] = company.orders.head(1)


# Customers


@odd("customers")
def ids_of_one_letter(company):
    """Ids of one letter, as many customers as there are letters."""
    _rename(company, list("abcdefghijklmnopqrstuvwxyz"))


@odd("customers")
def strange_ids(company):
    """Ids that look like something else."""
    _rename(
        company, ["None", "nan", "NULL", "0", "00", "=1+1", "<b>x</b>", "أحمد", "1e5", "-", "a,b", '"q"', "NaT", "inf"]
    )


def _rename(company, names):
    ids = dict(zip(company.customers, names, strict=False))
    for name, table in company.tables.items():
        kept = table[table["customer_id"].isin(ids)]
        company.tables[name] = kept.assign(customer_id=kept["customer_id"].map(ids))
    company.customers = list(ids.values())


@odd("customers")
def attributes_unknown(company):
    """No attribute of any customer is known."""
    company.set("customers", region="", acquisition_channel="", joined_on="", acquisition_cost="")


@odd("customers")
def attributes_alike(company):
    """All customers are alike."""
    company.set("customers", region="North", acquisition_channel="search", acquisition_cost="0")


@odd("customers")
def attributes_all_different(company):
    """No two customers are alike."""
    numbers = [str(n) for n in range(len(company.tables["customers"]))]
    company.set("customers", region=[f"R{n}" for n in numbers], acquisition_channel=[f"A{n}" for n in numbers])


@odd("customers")
def doubled_customers(company):
    """Every customer stands twice."""
    company.tables["customers"] = pd.concat([company.tables["customers"]] * 2)


@odd("customers")
def strangers(company):
    """The table of customers is about others."""
    company.set("customers", customer_id="X" + company.tables["customers"]["customer_id"])


@odd("customers")
def no_customers_table(company):
    """There is no table of customers."""
    company.tables.pop("customers")


@odd("customers")
def empty_customers(company):
    """The table of customers has no rows."""
    company.tables["customers"] = company.tables["customers"].head(0)


# Memberships


@odd("memberships")
def one_member(company):
    """A single member."""
    company.tables["memberships"] = company.members.head(1)


@odd("memberships")
def no_leavers(company):
    """Nobody left."""
    company.set("memberships", ended_on="")


@odd("memberships")
def all_left(company):
    """Everybody left, each on another day."""
    ends = company.members["ended_on"].where(company.members["ended_on"] != "", str(LAST - 1))
    company.set("memberships", ended_on=ends)


@odd("memberships")
def all_left_on_one_day(company):
    """Everybody left on one day."""
    company.set("memberships", ended_on=str(LAST - 10))


@odd("memberships")
def all_began_and_left_on_one_day(company):
    """Everybody came on one day and left on another."""
    company.set("memberships", started_on=str(LAST - 200), ended_on=str(LAST - 10))


@odd("memberships")
def memberships_of_no_days(company):
    """Every membership ended on its first day."""
    company.set("memberships", ended_on=company.members["started_on"])


@odd("memberships")
def some_memberships_of_no_days(company):
    """Some memberships ended on their first day."""
    short = company.rng.random(len(company.members)) < 0.4
    company.set("memberships", ended_on=company.members["ended_on"].where(~short, company.members["started_on"]))


@odd("memberships")
def all_began_today(company):
    """Everybody became a member on the last day."""
    company.set("memberships", started_on=str(LAST), ended_on="")


@odd("memberships")
def all_end_later(company):
    """Every membership has an end to come."""
    company.set("memberships", ended_on="2027-05-01")


@odd("memberships")
def ends_without_end(company):
    """Who has not left ends on the last day that a calendar holds."""
    company.set("memberships", ended_on=company.members["ended_on"].replace("", "9999-12-31"))


@odd("memberships")
def prices_of_zero(company):
    """Membership is free."""
    company.set("memberships", price="0")


@odd("memberships")
def no_prices(company):
    """Prices and plans are not known."""
    company.set("memberships", price="", plan="")


@odd("memberships")
def own_plans(company):
    """Each member has a plan of their own."""
    company.set("memberships", plan=[f"plan {n}" for n in range(len(company.members))])


@odd("memberships")
def one_left(company):
    """A single member left."""
    company.set("memberships", ended_on=[str(LAST - 5), *[""] * (len(company.members) - 1)], started_on="2025-12-01")


@odd("memberships")
def overlapping(company):
    """Members have two memberships at a time."""
    company.tables["memberships"] = pd.concat([company.members, company.members])
    company.parameters.setdefault("churn", {})["overlaps"] = "merge"


@odd("memberships")
def rejoined(company):
    """Everybody left, and came back after a hundred days."""
    first = company.members.assign(started_on="2025-01-01", ended_on="2025-06-30")
    company.tables["memberships"] = pd.concat([first, company.members.assign(started_on="2025-10-08", ended_on="")])


@odd("memberships")
def reasons_of_leaving(company):
    """Every ending has a reason."""
    reasons = np.where(company.members["ended_on"] != "", "card expired", "")
    company.set("memberships", end_reason=reasons)
    company.parameters.setdefault("churn", {})["reasons"] = {"card expired": "involuntary", "moved": "voluntary"}


@odd("memberships")
def no_memberships(company):
    """There are no memberships, so that churn is about purchases."""
    company.tables.pop("memberships")


@odd("memberships transactions")
def only_memberships(company):
    """Nothing is bought."""
    company.tables.pop("transactions")


# Surveys


@odd("surveys")
def lately_weights_of_zero(company):
    """The answers of the last ninety days weigh nothing."""
    late = company.answers["at"] > str(LAST - 90)
    company.set("surveys", weight=company.answers["weight"].where(~late, "0"))


@odd("surveys")
def perfect_ratings(company):
    """Every answer is the best one."""
    best = {name: "10" for name in company.answers if name.startswith("rating_")}
    company.set("surveys", nps="10", csat="5", ces="7", **best)


@odd("surveys")
def worst_scores(company):
    """Every score is 0."""
    company.set("surveys", nps="0")


@odd("surveys")
def middling_scores(company):
    """Every score is 7 or 8."""
    company.set("surveys", nps=company.rng.choice(["7", "8"], len(company.answers)))


@odd("surveys")
def rating_is_the_score(company):
    """A rating that says the score."""
    company.set("surveys", rating_speed=company.answers["nps"])


@odd("surveys")
def ratings_say_the_same(company):
    """All ratings are one rating."""
    rating = company.answers["rating_speed"]
    company.set("surveys", rating_price=rating, rating_staff=rating)


@odd("surveys")
def ratings_of_one_value(company):
    """Everybody rates everything 5."""
    company.set("surveys", rating_speed="5", rating_price="5", rating_staff="5")


@odd("surveys")
def weights_of_zero(company):
    """No answer weighs anything."""
    company.set("surveys", weight="0")


@odd("surveys")
def some_weights_of_zero(company):
    """Every other answer weighs nothing."""
    company.set("surveys", weight=[str(n % 2) for n in range(len(company.answers))])


@odd("surveys")
def weights_far_apart(company):
    """One answer weighs a million."""
    company.set("surveys", weight=["1000000", *["0.001"] * (len(company.answers) - 1)])


@odd("surveys")
def answers_of_one_day(company):
    """All answers are of one day."""
    company.set("surveys", at=str(LAST - 3))


@odd("surveys")
def answers_without_days(company):
    """Answers have no day."""
    company.set("surveys", at="")


@odd("surveys")
def answers_of_nobody(company):
    """Nobody knows who answered."""
    company.set("surveys", customer_id="")


@odd("surveys")
def answers_of_one_customer(company):
    """One customer gave all answers."""
    company.set("surveys", customer_id=company.answers["customer_id"].iloc[0])


@odd("surveys")
def one_answer(company):
    """A single answer."""
    company.tables["surveys"] = company.answers.head(1)


@odd("surveys")
def no_scores(company):
    """Nobody was asked for a score."""
    company.set("surveys", nps="")


@odd("surveys")
def ratings_unknown(company):
    """Ratings are asked and never given."""
    company.set("surveys", rating_speed="", rating_price="", rating_staff="")


@odd("surveys")
def rating_hardly_given(company):
    """A rating was given once."""
    company.set("surveys", rating_staff=["3", *[""] * (len(company.answers) - 1)])


@odd("surveys")
def many_ratings(company):
    """More ratings than answers, some of them made of others."""
    drawn = {f"rating_q{k}": company.rng.integers(1, 11, len(company.answers)).astype(str) for k in range(14)}
    company.set("surveys", **drawn)


@odd("surveys")
def expectations(company):
    """What was expected was asked, too."""
    company.set("surveys", expect_speed="8", expect_price=company.answers["nps"])


@odd("surveys")
def one_rating(company):
    """One rating was asked."""
    company.tables["surveys"] = company.answers.drop(columns=["rating_price", "rating_staff"], errors="ignore")


@odd("surveys")
def no_ratings(company):
    """No rating was asked."""
    company.tables["surveys"] = company.answers[[c for c in company.answers if not c.startswith("rating_")]]


@odd("surveys")
def comments_alike(company):
    """Everybody says the same."""
    company.set("surveys", comment="too slow")


@odd("surveys")
def no_comments(company):
    """Nobody says anything."""
    company.set("surveys", comment="", language="")


@odd("surveys")
def answers_long_ago(company):
    """All answers are years old."""
    company.set("surveys", at=[str(np.datetime64(day, "D") - 2000) for day in company.answers["at"]])


@odd("surveys transactions memberships")
def only_surveys(company):
    """Nothing but answers."""
    company.tables = {"surveys": company.answers}


@odd("surveys")
def no_surveys(company):
    """Nobody was asked anything."""
    company.tables.pop("surveys")


# How it is asked


@odd("customers")
def asked_with_attributes(company):
    """Churn is asked with attributes of customers."""
    company.parameters.setdefault("churn", {})["attributes"] = ["region", "acquisition_channel"]
    company.parameters.setdefault("clv", {})["covariates"] = ["acquisition_channel"]


@odd("customers surveys")
def asked_with_margins(company):
    """Answers are weighted to the customers' regions."""
    names = company.tables["customers"]["customer_id"]
    company.set("customers", region=["North" if n % 2 else "South" for n in range(len(names))])
    company.tables["surveys"] = company.answers[company.answers["customer_id"].isin(set(names))]
    company.parameters["nps_drivers"] = {"margins": {"region": "customers"}, "groups": ["region", "touchpoint"]}


@odd("transactions")
def nothing_costs_anything(company):
    """Calls and offers cost nothing, and nothing is lost by waiting."""
    company.parameters.setdefault("churn", {}).update(contact_cost=0.0, offer_cost=0.0)
    company.parameters.setdefault("clv", {}).update(annual_discount_rate=0.0)


@odd("transactions")
def asked_about_a_day(company):
    """The last day that counts is in the midst of the data."""
    for report in ("segmentation", "churn", "clv", "nps_drivers"):
        company.parameters.setdefault(report, {})["observation_end"] = str(LAST - 60)
