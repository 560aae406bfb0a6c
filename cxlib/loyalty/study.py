"""What a loyalty programme brings: the plain comparison, the honest one, and why there is none.

Whom to invite is drawn at random: then what it brings can be seen without any design.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Self

import numpy as np
import pandas as pd

from cxlib.checks import Flags, check_draws, check_fraction, read_day
from cxlib.data import Break, Workspace, counted_days, find_breaks, find_recorded, persons
from cxlib.data.frames.observed import observe
from cxlib.errors import ParameterError
from cxlib.language import Count, Message, Percent, Points, T
from cxlib.language.quantities import minor_units
from cxlib.loyalty.effects import LEAST_EFFECTIVE, MEASURES, MOST_DIFFERENCE, Effect, measure_effect, plain_figure
from cxlib.loyalty.history import NEVER, PERIOD, Compared, Purchases, compare, latest
from cxlib.measures.rates import Figure
from cxlib.measures.result import Brief, Result

JOINED, FLAG = "loyalty_joined_on", "loyalty_member"
FEWEST = 100  # members, and others
CLAIMED = {"order_value": 0.13, "revenue": 6.0}  # what is said of such programmes: 13% more an order, seven times
ACTIVE_DAYS = 365  # of who is invited
QUANTILES = 2.8016  # of a test at 5% that finds a true difference in 80% of cases
_TRUE, _FALSE = {"true", "yes", "y", "1", "1.0"}, {"false", "no", "n", "0", "0.0"}


@dataclass(frozen=True, repr=False)
class LoyaltyQuestion(Brief):
    """What is asked.

    >>> LoyaltyQuestion(points=0.02, margin=0.35).periods_before
    4
    """

    observation_end: str = ""  # last day that counts; empty: the last day on which anybody bought
    periods_before: int = 4  # of 91 days, that must lie before joining
    periods_after: int = 2  # that must lie behind it
    points: float | None = None  # share of a member's purchases that comes back as points; None: not known
    margin: float | None = None  # profit on a unit of revenue; None: not known
    seed: int = 1

    def __post_init__(self) -> None:
        check_draws(2, self.seed)
        for name, least in (("periods_before", 2), ("periods_after", 1)):
            if not least <= getattr(self, name) <= 8:
                raise ParameterError(f"{name}={getattr(self, name)}: take {least} to 8 periods of {PERIOD} days.")
        for name in ("points", "margin"):
            if getattr(self, name) is not None:
                check_fraction(name, getattr(self, name))


@dataclass(frozen=True, repr=False)
class Loyalty(Result):
    """Members of a programme beside comparable others.

    >>> rows = pd.DataFrame({"customer_id": ["a", "b"], "amount": 5, "at": pd.to_datetime(["2026-01-01"] * 2)})
    >>> found = study_loyalty(Workspace.from_frames({"transactions": rows}, currency="EUR", time_zone="UTC"))
    >>> found.customers["spent"].tolist()
    [5.0, 5.0]
    """

    end: dt.date
    question: LoyaltyQuestion
    members: int
    others: int
    reasons: tuple[Message, ...]  # why nothing can be told; empty: something can
    naive: Mapping[str, Figure]  # by measure: members beside others as they are, lately
    effects: Mapping[str, Effect]  # by measure; where nothing can be told, empty
    compared: Compared | None = field(repr=False)
    customers: pd.DataFrame = field(repr=False)  # customer_id, member, last_bought, spent (units, lately)
    on: bool = True  # whether the data knows of a programme
    currency: str = ""
    breaks: tuple[Break, ...] = field(default=(), repr=False)

    @property
    def shown(self) -> dict[str, Effect]:
        """Measures of which a range may be said: members and others moved alike before joining."""
        return {name: each for name, each in self.effects.items() if each.passes}

    @property
    def headline(self) -> Message:
        """Whether both designs agree; without a number."""
        if not self.on:
            return T("The data knows of no loyalty programme")
        if self.reasons or "revenue" not in self.shown:
            return T("What the loyalty programme brings cannot be told from this data")
        effect = self.shown["revenue"]
        if effect.disagree:
            return T("Two fair ways to judge the loyalty programme disagree: what it brings cannot be told")
        if effect.sign > 0:
            return T("Two fair ways to judge the loyalty programme agree: members spend more than others like them")
        if effect.sign < 0:
            return T("Two fair ways to judge the loyalty programme agree: members spend less than others like them")
        return T("The loyalty programme has no clear effect on what members spend")

    @property
    def face(self) -> pd.DataFrame:
        """A line a measure, in quantities."""
        rows, shares = self.table, self.table.columns.drop("measure")
        points, of = np.array(rows["measure"] == "retention"), partial(Points, digits=1)  # a difference of shares
        said = {name: np.where(points, (100 * rows[name]).map(of), rows[name].map(Percent)) for name in shares}
        return rows.assign(**said)

    @property
    def table(self) -> pd.DataFrame:
        """By measure what is claimed elsewhere, the plain figure, both designs and the range of both; fractions."""
        rows = []
        for name in MEASURES:
            row = {"measure": name, "claimed": CLAIMED.get(name, np.nan)}
            row["naive"] = self.naive[name].value if name in self.naive else np.nan
            effect = self.shown.get(name)
            for design in ("overlap", "change"):
                figure = getattr(effect, design, None)
                row |= {f"{design}{end}": getattr(figure, of, np.nan) for end, of in _ENDS.items()}
            rows.append(row | {"low": getattr(effect, "low", np.nan), "high": getattr(effect, "high", np.nan)})
        return pd.DataFrame(rows)

    @property
    def break_even(self) -> float:
        """How much more members must spend for their points to pay; NaN where no rise can, or a cost is not known."""
        points, margin = self.question.points, self.question.margin
        if points is None or margin is None or margin <= points:
            return np.nan
        return points / (margin - points)

    def with_costs(self, *, points: float | None = None, margin: float | None = None) -> Self:
        """The same members and others, with another share paid back or another margin; fractions.

        >>> rows = pd.DataFrame({"customer_id": ["a", "b"], "amount": 5, "at": pd.to_datetime(["2026-01-01"] * 2)})
        >>> found = study_loyalty(Workspace.from_frames({"transactions": rows}, currency="EUR", time_zone="UTC"))
        >>> round(found.with_costs(points=0.02, margin=0.35).break_even, 4)
        0.0606
        """
        now = self.question
        points, margin = now.points if points is None else points, now.margin if margin is None else margin
        return replace(self, question=replace(now, points=points, margin=margin))


_ENDS = {"": "value", "_low": "low", "_high": "high"}


def study_loyalty(company: Workspace, question: LoyaltyQuestion | None = None) -> Loyalty:
    """What a loyalty programme brings, where customers has `loyalty_joined_on`; with a flag only, the plain figure.

    Raises ParameterError: a parameter cannot be meant.
    Raises DataError: no row of transactions counts.

    >>> rows = pd.DataFrame({"customer_id": ["a", "b"], "amount": 5, "at": pd.to_datetime(["2026-01-01"] * 2)})
    >>> shop = Workspace.from_frames({"transactions": rows}, currency="EUR", time_zone="UTC")
    >>> str(study_loyalty(shop).headline)
    'The data knows of no loyalty programme'
    """
    question = question or LoyaltyQuestion()
    if not company.has("transactions"):
        nobody = pd.DataFrame({"customer_id": [], "member": np.zeros(0, bool), "last_bought": [], "spent": []})
        nobody = nobody.astype({"customer_id": str, "last_bought": "datetime64[ns]", "spent": float})
        return Loyalty(company.last_day, question, 0, 0, (), {}, {}, None, nobody, on=False)
    breaks = find_breaks(company, observation_end=question.observation_end or None)
    joined = find_recorded(company, "customers", observation_end=question.observation_end or None)
    breaks = (*breaks, *(one for one in joined if one.column == "loyalty_joined_on"))
    bought, flags, dated = _read(company, question, breaks)
    member = flags | (bought.joined <= bought.end)
    counts = int(member.sum()), int((~member).sum())
    recent = latest(bought, member, after=question.periods_after)
    alike = min(recent.member.sum(), (~recent.member).sum()) >= FEWEST
    naive = {name: plain_figure(recent, name) for name in MEASURES} if alike else {}
    undated = T("It is not known when members joined: what made them join and what it did look the same")
    compared, effects, reasons = None, {}, [undated] if counts[0] else []
    if dated and counts[0]:
        compared = compare(bought, before=question.periods_before, after=question.periods_after, seed=question.seed)
        reasons = _too_few(compared, counts)
        if not reasons:
            reasons = _unlike(compared)
        if not reasons:
            found = {name: measure_effect(compared.windows, name) for name in MEASURES}
            effects = {name: each for name, each in found.items() if each}
    end = np.datetime64(bought.end, "D").astype(dt.date)
    people = _customers(bought, member, question.periods_after)
    on, known = bool(counts[0]), (company.currency, breaks)
    return Loyalty(end, question, counts[0], counts[1], tuple(reasons), naive, effects, compared, people, on, *known)


def _read(company: Workspace, question: LoyaltyQuestion, breaks: Sequence[Break]) -> tuple[Purchases, Flags, bool]:
    """Purchase days of all who bought, whether they are flagged as members, and whether days of joining are known."""
    asked = question.observation_end
    end = read_day(asked, name="observation_end", last=company.last_day) if asked else None
    first, last_whole = counted_days(breaks)
    observed = observe(persons(company, breaks), observation_end=end if last_whole == dt.date.max else last_whole)
    days = observed.answer(observed.days, order=["customer_id", "day"])
    days = days[days["is_purchase"] & (days["day"] >= pd.Timestamp(max(first, observed.start)))]
    codes, ids = pd.factorize(days["customer_id"])
    day = days["day"].to_numpy("datetime64[D]").astype(np.int64)
    joined, flags, dated = np.full(len(ids), NEVER), np.zeros(len(ids), bool), False
    if company.has("customers"):
        customers = company.frame("customers").set_index("customer_id").reindex(ids)
        if JOINED in customers and (known := customers[JOINED].notna().to_numpy()).any():
            dated = True
            joined[known] = customers.loc[known, JOINED].to_numpy("datetime64[D]").astype(np.int64)
        elif FLAG in customers:
            flags = _flags(customers[FLAG])
    last = np.datetime64(observed.end, "D").astype(np.int64)
    revenue = days["cents"].to_numpy(float) / minor_units(company.currency)
    return Purchases(ids, codes.astype(np.int64), day, revenue, joined, int(last)), flags, dated


def _flags(values: pd.Series) -> Flags:
    """Who is marked as a member; nobody where the column says anything but yes and no."""
    said = values.dropna().astype(str).str.strip().str.lower()
    if not said.isin(_TRUE | _FALSE).all():
        return np.zeros(len(values), bool)
    return np.asarray(said.isin(_TRUE).reindex(values.index, fill_value=False), bool)


def _too_few(compared: Compared, counts: tuple[int, int]) -> list[Message]:
    member, reasons = compared.windows.member, []
    if not counts[1]:
        return [T("All customers are members: there is nobody to compare them with")]
    left, n = compared.left_out, int(member.sum())
    if n < FEWEST:
        reasons.append(
            T(
                "Of {all} members {n} can be compared; {least} are needed",
                all=Count(counts[0]),
                n=Count(n),
                least=Count(FEWEST),
            )
        )
        texts = {
            "too_early": T("Members who joined before the data begins: {n}", n=Count(left["too_early"])),
            "at_first": T("Members who joined with their first order or before it: {n}", n=Count(left["at_first"])),
            "too_new": T("Members who bought for too short a time before joining: {n}", n=Count(left["too_new"])),
            "too_late": T("Members who joined too lately to see what came of it: {n}", n=Count(left["too_late"])),
        }
        reasons += [texts[name] for name, number in left.items() if number]
    if n and (others := int((~member).sum())) < FEWEST:
        reasons.append(T("Of the others {n} can be compared; {least} are needed", n=Count(others), least=Count(FEWEST)))
    return reasons


def _unlike(compared: Compared) -> list[Message]:
    """Whether weighting makes members and others alike."""
    windows, reasons = compared.windows, []
    if (share := windows.effective) < LEAST_EFFECTIVE:
        reasons.append(
            T(
                "Too few others are like members: weighting leaves {share} of them, {least} are needed",
                share=Percent(share),
                least=Percent(LEAST_EFFECTIVE),
            )
        )
    elif max(abs(row[-1]) for row in windows.balance().values()) > MOST_DIFFERENCE:
        reasons.append(T("Even with weights members had bought less or more than others before"))
    return reasons


def _customers(bought: Purchases, member: Flags, after: int) -> pd.DataFrame:
    last = np.zeros(len(bought.ids), np.int64)
    np.maximum.at(last, bought.customer, bought.day)
    lately = bought.day > bought.end - after * PERIOD
    spent = np.bincount(bought.customer[lately], bought.revenue[lately], len(last))
    days = pd.to_datetime(last, unit="D")
    return pd.DataFrame({"customer_id": bought.ids, "member": member, "last_bought": days, "spent": spent})


@dataclass(frozen=True)
class Invitation:
    """Customers who bought in the last year and are no members, half of them drawn.

    `rows`: customer_id and whether to invite them.
    `detectable`: the least difference in what is spent for each customer, invited or not, that would be found.
    """

    rows: pd.DataFrame = field(repr=False)
    invited: int
    detectable: float


def draw_invitation(found: Loyalty) -> Invitation:
    """Draw half of those who could be invited, by the seed of the question: the same list every time."""
    since = pd.Timestamp(found.end) - pd.Timedelta(days=ACTIVE_DAYS)
    rows = found.customers[~found.customers["member"] & (found.customers["last_bought"] > since)]
    rows = rows.sort_values("customer_id", ignore_index=True)
    drawn = np.zeros(len(rows), bool)
    drawn[np.random.default_rng(found.question.seed).permutation(len(rows))[: len(rows) // 2]] = True
    spent = rows["spent"].to_numpy(float)
    spread = spent.std(ddof=1) / spent.mean() if len(rows) > 2 and spent.mean() > 0 else np.nan
    return Invitation(
        rows.assign(invite=drawn)[["customer_id", "invite"]],
        int(drawn.sum()),
        float(QUANTILES * spread * np.sqrt(4 / max(len(rows), 1))),
    )
