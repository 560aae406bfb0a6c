"""The simulated company as a whole: blocks of customers put together, in memory.

Memberships: a monthly logistic hazard with known coefficients (see `truth.Hazard`).

Visits to the shop and messages sent to customers, over the last year of data.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cxlib.data.demo import blocks
from cxlib.data.demo.blocks import BLOCK, MINUTES, Block, Flags, Floats, Ints
from cxlib.data.demo.customers import People, by_group, customers_table, draw_people
from cxlib.data.demo.purchases import Habits, Orders, draw_orders, joining_days, lines_table, transactions_table
from cxlib.data.demo.support import TONES, TOPICS, Tickets, draw_tickets, tickets_table
from cxlib.data.demo.surveys import Answers, draw_answers, surveys_table, touchpoints
from cxlib.data.demo.truth import Hazard, Truth
from cxlib.errors import ConfigurationError, nearest

MOST_VISITS = 100_000
MOST_MESSAGES = 10_000
NEWSLETTER_DAY = 5
MORNING = 9 * 60


def visits_table(truth: Truth, people: People, orders: Orders, habits: Habits) -> pa.Table:
    """The canonical sessions of one block: a visit for each order placed online, and visits that do not buy.

    Those know nothing of orders to come. Customers come by a Poisson process and buy in some visits: then visits that
    buy and visits that do not are two Poisson processes, each independent of the other (thinning), so that with orders
    drawn first the rest are drawn at ``extra_visits`` times the rate of orders online. A search that finds nothing is
    followed by an order the same day less often: drawn from whether the visit bought, by Bayes' rule. Who has left, or
    never buys, still looks in at a share of that rate.
    """
    rng = people.block.stream("sessions")
    customer, minute, converted = _times(truth, people, orders, habits, rng=rng)
    size, web = len(minute), truth.web
    searched = rng.random(size) < web.searched
    looks = minute // MINUTES > habits.left_on[customer]
    chance = np.where(converted, web.found_when_bought, np.where(looks, web.found, web.found_otherwise))
    found = rng.random(size) < chance
    goal_met = rng.random(size) < np.where(converted, web.goal_when_bought, web.goal_otherwise)
    pages = 1 + rng.poisson(np.where(converted, 11.0, 4.0))
    seconds = (pages * rng.gamma(3.0, 11.0, size)).astype(np.int64) + 5
    position = people.block.first + customer
    number = (position + 1) * MOST_VISITS + blocks.running_number(customer)
    return pa.table(
        {
            "session_id": blocks.identifier("S", number, 12),
            "customer_id": blocks.customer_id(position),
            "at": blocks.time_column(truth, minute),
            "day": blocks.day_column(truth, minute // MINUTES),
            "pages": pa.array(pages),
            "seconds": pa.array(seconds),
            "searched": pa.array(searched),
            "found": pa.array(found, mask=~searched),
            "goal_met": pa.array(goal_met),
            "converted": pa.array(converted),
        }
    )


def _times(
    truth: Truth, people: People, orders: Orders, habits: Habits, *, rng: np.random.Generator
) -> tuple[Ints, Ints, Flags]:
    phone, start = truth.channels.index("phone"), truth.days - truth.web.window_days
    recorded = people.consented[orders.customer] & (orders.day >= start) & ~orders.refund & (orders.channel != phone)
    order = np.flatnonzero(recorded)
    grid, first = blocks.operational_time(truth), np.maximum(people.joined, start)
    online = 1 - np.array([each.channels[phone] for each in truth.groups])[people.group]
    rate = habits.rate_per_week / 7 * online * truth.web.extra_visits * people.consented
    looking, _ = blocks.expand(rng.poisson(rate * (grid[-1] - grid[first])))
    clock = rng.uniform(grid[first[looking]], grid[-1])
    day = np.interp(clock, grid, np.arange(truth.days + 1)).astype(np.int64)
    stays = (day <= habits.left_on[looking]) | (rng.random(len(day)) < truth.web.lingers)
    looking, day = looking[stays], day[stays]
    customer = np.concatenate([orders.customer[order], looking])
    minute = np.concatenate([orders.minute[order], day * MINUTES + blocks.minute_of_day(rng, len(day))])
    place = np.lexsort((minute, customer))
    return customer[place], minute[place], (np.arange(len(minute)) < len(order))[place]


def messages_table(truth: Truth, people: People, answers: Answers) -> pa.Table:
    """The canonical messages of one block: newsletters and the offer of the last year, and all survey invitations."""
    rng = people.block.stream("messages")
    parts = [_newsletters(truth, people), _offers(truth, people), (answers.customer, answers.sent)]
    customer = np.concatenate([part[0] for part in parts])
    sent = np.concatenate([part[1] for part in parts])
    kind = np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts])
    place = np.lexsort((sent, customer))
    customer, sent, kind = customer[place], sent[place], kind[place]
    opened = _opened(truth, sent, kind, rng)
    # Who answered a survey has opened its invitation.
    answered = np.flatnonzero(kind == 2)[answers.responded]
    early = np.minimum(opened[answered], sent[answered] + 60)
    opened[answered] = np.where(opened[answered] < 0, sent[answered] + 30, early)
    position = people.block.first + customer
    number = (position + 1) * MOST_MESSAGES + blocks.running_number(customer)
    return pa.table(
        {
            "message_id": blocks.identifier("M", number, 11),
            "customer_id": blocks.customer_id(position),
            "sent_at": blocks.time_column(truth, sent),
            "day": blocks.day_column(truth, sent // MINUTES),
            "opened_at": blocks.time_column(truth, opened),
            "kind": blocks.name(kind, [kind for kind, _ in truth.web.open_rates]),
        }
    )


def _newsletters(truth: Truth, people: People) -> tuple[Ints, Ints]:
    """One a month to every customer who opted in and has joined."""
    dates = np.arange(np.datetime64(truth.start), np.datetime64(truth.end) + 1)
    month_day = (dates - dates.astype("datetime64[M]")).astype(int) + 1
    day = np.flatnonzero(month_day == NEWSLETTER_DAY)
    day = day[day >= truth.days - truth.web.window_days]
    customer, issue = np.nonzero(people.opted_in[:, None] & (people.joined[:, None] < day))
    return customer, day[issue] * MINUTES + MORNING


def _offers(truth: Truth, people: People) -> tuple[Ints, Ints]:
    """The campaign's offer, to the treated who had joined."""
    day = truth.day_number(truth.campaign.on)
    customer = np.flatnonzero(people.treated & (people.joined < day))
    return customer, np.full(len(customer), day * MINUTES + MORNING)


def _opened(truth: Truth, sent: Ints, kind: Ints, rng: np.random.Generator) -> Ints:
    rate = np.array([rate for _, rate in truth.web.open_rates])[kind]
    opened = sent + 1 + (240 * rng.lognormal(0, 1.4, len(sent))).astype(np.int64)
    return np.where((rng.random(len(sent)) < rate) & (opened < truth.days * MINUTES), opened, -1)


def memberships_table(truth: Truth, people: People, habits: Habits, *, tickets: Tickets, answers: Answers) -> pa.Table:
    """The canonical memberships of one block, at most one a customer."""
    rng, terms = people.block.stream("memberships"), truth.memberships
    member = rng.random(BLOCK) < by_group(truth, people.group, "membership")
    started = habits.first_day + rng.exponential(terms.mean_delay_days, BLOCK).astype(np.int64)
    annual = rng.random(BLOCK) < terms.annual_share
    member &= (habits.first_day >= 0) & (started < truth.days)
    chance = _chances(truth, people, (started, annual), tickets=tickets, answers=answers)
    ended = _first_event(truth, started, chance, rng)
    chosen = 1 + blocks.pick(rng, [share for _, share in truth.memberships.reasons], len(ended))
    failed = rng.random(len(ended)) < truth.memberships.hazard.involuntary
    reason = np.where(ended < 0, -1, np.where(failed, 0, chosen))
    reasons = ["involuntary: payment failed", *(f"voluntary: {reason}" for reason, _ in terms.reasons)]
    prices = blocks.hundredths(np.array([price for _, price in terms.prices]))
    rows = np.flatnonzero(member)
    plan = annual[rows].astype(np.int64)
    return pa.table(
        {
            "customer_id": blocks.customer_id(people.block.first + rows),
            "started_on": blocks.day_column(truth, started[rows]),
            "ended_on": blocks.day_column(truth, ended[rows]),
            "plan": blocks.name(plan, [plan for plan, _ in terms.prices]),
            "price_cents": pa.array(prices[plan]),
            "end_reason": blocks.name(reason[rows], reasons),
        }
    )


def _chances(truth: Truth, people: People, spell: tuple[Ints, Flags], *, tickets: Tickets, answers: Answers) -> Floats:
    """Chance of ending in each period, one row a customer, from what was known at the period's start."""
    hazard = truth.memberships.hazard
    started, annual = spell
    period = np.arange(truth.days // hazard.period_days + 1)
    begins = started[:, None] + hazard.period_days * period
    rows = answers.given[answers.nps[answers.given] <= 6]
    asked = _recent(hazard, started, tickets.customer, tickets.day, periods=len(period))
    low = _recent(hazard, started, answers.customer[rows], answers.minute[rows] // MINUTES, periods=len(period))
    offered = (people.treated & ~annual)[:, None] & (begins >= truth.day_number(truth.campaign.on))
    logit = (
        hazard.intercept
        + hazard.annual * annual[:, None]
        + hazard.tenure * np.log1p(period)
        + hazard.tickets * np.minimum(asked, hazard.ticket_cap)
        + hazard.low_rating * (low > 0)
        + hazard.offer * offered
        + _tried(truth, people, begins)
    )
    return np.asarray(1 / (1 + np.exp(-logit)))


def _tried(truth: Truth, people: People, begins: Ints) -> Floats | float:
    """What a trial adds to the log-odds of leaving in each period."""
    if truth.trial is None:
        return 0.0
    leaving = np.array(truth.trial.of("leaving"))[people.arm]
    return leaving[:, None] * (begins >= truth.day_number(truth.trial.on))


def _recent(hazard: Hazard, started: Ints, customer: Ints, day: Ints, *, periods: int) -> Ints:
    """Events in the window before each period's first day; one column a period."""
    counts = np.zeros((BLOCK, periods), dtype=np.int64)
    # An event `late` days after the start counts in period k where 30 k - window <= late < 30 k.
    late = day - started[customer]
    for back in range(hazard.window_days // hazard.period_days):
        period = late // hazard.period_days + 1 + back
        inside = (period >= 0) & (period < periods)
        np.add.at(counts, (customer[inside], period[inside]), 1)
    return counts


def _first_event(truth: Truth, started: Ints, chance: Floats, rng: np.random.Generator) -> Ints:
    """Last day of each membership, or -1 where it still runs at the end of the data."""
    length = truth.memberships.hazard.period_days
    event = rng.random(chance.shape) < chance
    ended = started + length * event.argmax(axis=1) + rng.integers(1, length + 1, BLOCK)
    return np.where(event.any(axis=1) & (ended < truth.days), ended, -1)


MOST_CUSTOMERS = 5_000_000
# What no report may read: the true state behind the tables, for checking what an analysis found.
HIDDEN = ("hidden_customers", "hidden_invitations")
SOMETIMES_MISSING = ("found",)
# External values to compare with.
SOURCE = "Invented for the simulated company"
# Shares as fractions, NPS in points, order value in SAR, response time in minutes.
BENCHMARKS = {
    "nps": 32.0, "csat": 0.78, "ces": 5.6, "repurchase_rate": 0.62, "average_order_value": 240.0,
    "membership_churn_rate": 0.035, "response_minutes": 30.0, "newsletter_open_rate": 0.34, "conversion_rate": 0.36,
    "findability": 0.80, "goal_completion": 0.70, "referral_rate": 0.05,
}  # fmt: skip
AS_OF_DAYS_BEFORE_END = 92


@dataclass(frozen=True)
class Company:
    """A simulated company in memory.

    `tables`: The canonical tables by name, money in cents, `day` as midnight of the company's own calendar.
    `hidden`: ``customers``: group, true purchase rate a week, drop-out probability, mean spend in SAR, satisfaction.
        ``invitations``: every survey invitation with the answer it got or would have got, ratings before any went
        missing, topic and tone of the comment, the chance of an answer.
    `truth`: Every parameter of the simulation.
    """

    tables: Mapping[str, pd.DataFrame]
    hidden: Mapping[str, pd.DataFrame]
    truth: Truth
    seed: int


def simulate(
    customers: int = 20_000, *, seed: int = 7, truth: Truth | None = None, only: Collection[str] = ()
) -> Company:
    """Simulate the company in memory; for millions of customers use `write_company`.

    `only`: Tables to make, which are the same as among all; left out, all of them.
    """
    truth = truth or Truth()
    chunks = list(draw_chunks(customers, seed=seed, truth=truth, blocks_per_chunk=1, only=only))
    joined = {table: pa.concat_tables([chunk[table] for chunk in chunks]) for table in chunks[0]}
    frames = {table: _pandas(columns) for table, columns in {**joined, "benchmarks": benchmarks_table(truth)}.items()}
    hidden = {table.removeprefix("hidden_"): frames.pop(table) for table in HIDDEN if table in frames}
    return Company(frames, hidden, truth, seed)


def draw_chunks(
    customers: int, *, seed: int, truth: Truth, blocks_per_chunk: int = 10, only: Collection[str] = ()
) -> Iterator[dict[str, pa.Table]]:
    """All tables, hidden ones included, for one chunk of customers after the other."""
    _check(customers, seed)
    last = -(-customers // BLOCK)
    for start in range(0, last, blocks_per_chunk):
        yield _draw_chunk(truth, seed, range(start, min(start + blocks_per_chunk, last)), customers, only=only)


def _draw_chunk(
    truth: Truth, seed: int, numbers: range, customers: int, *, only: Collection[str]
) -> dict[str, pa.Table]:
    """All tables of some blocks; the generator itself holds none while it draws the next."""
    parts = [_draw(truth, Block(seed, number), only) for number in numbers]
    chunk = {table: pa.concat_tables([part[table] for part in parts]) for table in parts[0]}
    return _first_customers(chunk, customers) if customers < numbers.stop * BLOCK else chunk


def _check(customers: int, seed: int) -> None:
    if not 1 <= customers <= MOST_CUSTOMERS:
        raise ConfigurationError(f"customers is {customers}; the simulated company takes 1 to {MOST_CUSTOMERS:,}.")
    if seed < 0:
        raise ConfigurationError(f"seed is {seed}; use a whole number from 0 up.")


def _draw(truth: Truth, block: Block, only: Collection[str]) -> dict[str, pa.Table]:
    """All tables of one block, or `only` some."""
    people = draw_people(truth, block)
    orders, habits = draw_orders(truth, people)
    tickets = draw_tickets(truth, people, orders)
    answers = draw_answers(truth, people, orders, tickets)
    made: dict[str, Callable[[], pa.Table]] = {
        "customers": lambda: customers_table(truth, people).append_column(
            "loyalty_joined_on", joining_days(truth, people, orders, habits)
        ),
        "transactions": lambda: transactions_table(truth, people, orders),
        "order_lines": lambda: lines_table(truth, people, orders),
        "memberships": lambda: memberships_table(truth, people, habits, tickets=tickets, answers=answers),
        "surveys": lambda: surveys_table(truth, people, answers),
        "tickets": lambda: tickets_table(truth, block, tickets),
        "sessions": lambda: visits_table(truth, people, orders, habits),
        "messages": lambda: messages_table(truth, people, answers),
        "hidden_customers": lambda: _hidden_customers(truth, people, habits),
        "hidden_invitations": lambda: _hidden_invitations(truth, people, answers),
    }
    for name in set(only) - set(made):
        raise ConfigurationError(f"the simulated company has no table {name!r}. {nearest(name, made)}")
    return {name: make() for name, make in made.items() if not only or name in only}


def _first_customers(chunk: dict[str, pa.Table], customers: int) -> dict[str, pa.Table]:
    """Cut the last block, which is always simulated whole, to the size asked for."""
    last = blocks.customer_id(np.array([customers - 1]))[0]
    # Identifiers have one width, so their order as text is the customers' order.
    return {table: columns.filter(pc.less_equal(columns["customer_id"], last)) for table, columns in chunk.items()}


def _hidden_customers(truth: Truth, people: People, habits: Habits) -> pa.Table:
    return pa.table(
        {
            "customer_id": blocks.customer_id(people.position),
            "group": blocks.name(people.group, [group.name for group in truth.groups]),
            "rate_per_week": pa.array(habits.rate_per_week),
            "leaving": pa.array(habits.leaving),
            "mean_spend": pa.array(habits.mean_spend),
            "satisfaction": pa.array(people.satisfaction),
        }
    )


def _hidden_invitations(truth: Truth, people: People, answers: Answers) -> pa.Table:
    drivers = truth.survey.driver_names
    return pa.table(
        {
            "customer_id": blocks.customer_id(people.block.first + answers.customer),
            "touchpoint": blocks.name(answers.touchpoint, touchpoints(truth)),
            "chance": pa.array(answers.chance),
            "responded": pa.array(answers.responded),
            "latent": pa.array(answers.latent),
            "nps": pa.array(answers.nps),
            **{f"rating_{driver}": pa.array(answers.known[:, column]) for column, driver in enumerate(drivers)},
            **{f"used_{driver}": pa.array(answers.used[:, column]) for column, driver in enumerate(drivers)},
            "topic": blocks.name(answers.opinions.topic, TOPICS),
            "tone": blocks.name(answers.opinions.tone, TONES),
        }
    )


def benchmarks_table(truth: Truth) -> pa.Table:
    """The canonical benchmarks."""
    return pa.table(
        {
            "measure": pa.array(list(BENCHMARKS)),
            "value": pa.array(list(BENCHMARKS.values())),
            "source": pa.array([SOURCE] * len(BENCHMARKS)),
            "as_of": blocks.day_column(truth, np.full(len(BENCHMARKS), truth.days - 1 - AS_OF_DAYS_BEFORE_END)),
        }
    )


def _pandas(table: pa.Table) -> pd.DataFrame:
    """An Arrow table as a DataFrame, dates as midnights, types the same whether or not a value is missing."""
    frame: pd.DataFrame = table.to_pandas(date_as_object=False)
    return frame.astype({column: "boolean" for column in SOMETIMES_MISSING if column in frame})
