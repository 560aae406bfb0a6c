"""Each customer's chance of a purchase within 30 days, held against the months in which it would have been said.

And how the chance that a customer is still one went through their life.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from cxlib.checks import Codes, Floats
from cxlib.clv.baselines import CLASSES
from cxlib.clv.choice import TOLERATED
from cxlib.clv.intervals import draw_parameters
from cxlib.clv.levels import FULL_CYCLE
from cxlib.clv.models.base import PurchaseModel
from cxlib.clv.purchase_log import WEEK, Clock, Customers, PurchaseLog, calendar_clock, gregorian, hijri
from cxlib.errors import DataError
from cxlib.language import Count, Days, Decimal, Message, Percent, Points, T
from cxlib.measures.result import Result, in_quantities
from cxlib.measures.sampling import column_percentiles

SOON_DAYS = 30
COLUMN = f"buys_within_{SOON_DAYS}_days"
PLAIN, CALENDARS = "plain", {"gregorian": gregorian, "hijri": hijri}
WORTH_IT = 0.002  # of the log loss: what a calendar must win over equal days
MONTHS, FEWEST_MONTHS = 12, 4  # of so many days, the latest; the first of them is there to learn from
FITTED_EVERY = 3  # months
KNOWN_DAYS = 90  # of purchases before the first month
CHECKED, FEWEST = 5_000, 100  # customers
FEWEST_BUYERS = 30
TOO_FAR = 0.05  # off on average, above which no chance is told of a customer
OFF = partial(Points, signed=False, digits=1)
KINDS = {"here": (0.8, 1.0), "doubtful": (0.3, 0.7), "gone": (0.0, 0.2)}  # by the chance of still being a customer
FEWEST_OF_KIND, FEWEST_DAYS = 30, 4  # customers; purchase days of one whose life is drawn
LIFE_STEP, AHEAD_DAYS, LIFE_DRAWS = 7, 91, 400
LEAST, STEPS = 1e-6, 25  # nearest to 0 and 1; of Newton's method


@dataclass(frozen=True)
class Season:
    """A model fitted to days of a clock that is faster in busy months of a calendar, as known on a day (its number)."""

    model: PurchaseModel
    clock: Clock
    day: int
    calendar: str

    @classmethod
    def of(
        cls, plain: PurchaseModel, log: PurchaseLog, customers: Customers, *, cut: int, calendar: str
    ) -> Season | None:
        """The kind of model that `plain` is, fitted on the clock; None where the log is no year long by the cut.

        `customers` are those of the cut that `plain` was fitted to.
        """
        months = CALENDARS[calendar]()
        if cut - log.start < FULL_CYCLE or not months.hold(log.start, log.end + SOON_DAYS):
            return None
        unit = plain.time_unit_days

        def repeats(ages: Floats) -> Floats:
            return plain._repeats_by_age(ages * (WEEK / unit))

        clock = calendar_clock(log, cut, log.end - log.start + SOON_DAYS + 1, repeats, calendar=months)
        model = type(plain)(time_unit_days=unit)._fit_after(customers.summary(cut, clock), plain)
        return cls(model, clock, cut, calendar)

    def chances(self, customers: Customers, cut: int) -> Floats:
        """Of a purchase in the 30 days after a cut-off: as much time passes in them as the clock says."""
        ahead = float(self.clock.at(cut + SOON_DAYS) - self.clock.at(cut))
        return _own(self.model, customers.summary(cut, self.clock), ahead)


@dataclass(frozen=True, repr=False)
class SoonChances(Result):
    """Chances of a purchase within 30 days, said at earlier days and held against what came.

    `months`: One row a customer and month: month (0, 1, ...), customer, plain (the model's chance where all days are
        alike), gregorian and hijri (on a clock that is faster in busy months of these calendars; NaN where the log was
        no year long), own (of these the one that did best in the months before), chance (as it would have been told:
        `own`, moved, where that is done, by what the months before showed), usual (the share that bought in the months
        before), came (0 or 1).
    `moved`: Log-odds told = moved[0] + moved[1] x the model's own: learned from all months; (0, 1) where that is no
        better.
    """

    months: pd.DataFrame
    model: str
    moved: tuple[float, float]
    season: Season | None = None

    def of(self, model: PurchaseModel, summary: pd.DataFrame) -> pd.Series:
        """The chance of each customer of `summary` from its last day on."""
        if self.season is None:
            own = _own(model, summary, SOON_DAYS)
        else:
            first = self.season.day - summary["T"].to_numpy(np.int64)
            last = first + summary["recency"].to_numpy(np.int64)
            known = Customers(summary["frequency"].to_numpy(np.int64), first, last)
            own = self.season.chances(known, self.season.day)
        return pd.Series(_moved(own, np.array(self.moved)), summary.index, name=COLUMN)

    @property
    def is_moved(self) -> bool:
        """Whether the model's chances are brought to what came."""
        return self.moved != (0.0, 1.0)

    @cached_property
    def classes(self) -> pd.DataFrame:
        """Customers and months sorted by chance into classes of equal size.

        Columns: bin (1 is the lowest), customers (rows), predicted, actual, low, high (95%, normal; customers are the
        unit).
        """
        rows = self.months.assign(bin=_class(self.months["chance"]))
        rows["off"] = rows["came"] - rows.groupby("bin")["came"].transform("mean")
        by = rows.groupby("bin")
        table = by.agg(customers=("came", "size"), predicted=("chance", "mean"), actual=("came", "mean"))
        sums = rows.groupby(["bin", "customer"])["off"].sum().pow(2).groupby("bin").sum()
        half = 1.96 * np.sqrt(sums) / table["customers"]
        low, high = (table["actual"] - half).clip(lower=0), (table["actual"] + half).clip(upper=1)
        return table.assign(low=low, high=high).reset_index()

    @property
    def error(self) -> float:
        """How far chances were off on average, by class of chance."""
        return _error(self.months, "chance")

    @property
    def month_error(self) -> float:
        """How far the chances of a month were off, all customers together (root mean square)."""
        return _month_error(self.months, "chance")

    @property
    def is_told(self) -> bool:
        """Whether they were near enough, and told more than the same chance for everybody (Brier score)."""
        brier = {name: float(((self.months[name] - self.months["came"]) ** 2).mean()) for name in ("chance", "usual")}
        return max(self.error, self.month_error) <= TOO_FAR and brier["chance"] < brier["usual"]

    @property
    def headline(self) -> Message:
        """How far off they were, and whether they are told of customers."""
        values = {
            "days": Days(SOON_DAYS),
            "n": Count(self.months["month"].nunique()),
            "chance": Percent(float(self.months["chance"].mean()), digits=1),
            "came": Percent(float(self.months["came"].mean()), digits=1),
            "error": OFF(100 * self.error),
            "month": OFF(100 * self.month_error),
        }
        if self.is_told:
            return T(
                "Told at {n} earlier days, the chance of a purchase within {days} was {chance} on average and {came} "
                "bought. Classes of customers were off by {error} points on average, single months by {month}",
                **values,
            )
        return T(
            "Told at {n} earlier days, the chance of a purchase within {days} was {chance} on average and {came} "
            "bought. Classes of customers were off by {error} points on average, single months by {month}: too far for "
            "one customer’s chance, so the list has none",
            **values,
        )

    @property
    def why_moved(self) -> Message | None:
        """What the model's own chances were off by, where others are told."""
        if not self.is_moved:
            return None
        return T(
            "{model}’s own chances would have been off by {own} points: each is moved by what earlier months showed",
            model=self.model,
            own=OFF(100 * _error(self.months, "own")),
        )

    @property
    def why_seasonal(self) -> Message | None:
        """What chances that know no season would have been off by, where those that are told know one."""
        if self.season is None:
            return None
        values = {
            "days": Days(SOON_DAYS),
            "plain": OFF(100 * _month_error(self.months, PLAIN)),
            "timed": OFF(100 * _month_error(self.months, "own")),
        }
        if self.season.calendar == "hijri":
            return T(
                "These chances know how busy each Hijri month is, such as Ramadan: in the months before, that told "
                "better who buys within {days}. Single months were off by {timed} points, and by {plain} without it",
                **values,
            )
        return T(
            "These chances know how busy each month of the year is: in the months before, that told better who buys "
            "within {days}. Single months were off by {timed} points, and by {plain} without it",
            **values,
        )

    @property
    def face(self) -> pd.DataFrame:
        """`classes` for a reader."""
        share = partial(Percent, digits=1)
        columns = {"chance": ("predicted", share), "bought": ("actual", share), "low": share, "high": share}
        counts = {"class": ("bin", partial(Decimal, digits=0)), "customers": Count}
        return in_quantities(self.classes, {**counts, **columns})


def soon_chances(model: PurchaseModel, bought: pd.DataFrame, end: pd.Timestamp) -> SoonChances | None:
    """Tell and check chances in each of the last twelve months of 30 days, with what was known when it began.

    The model's kind is fitted anew every third month: to days as they are and, once the log is a year long, to a clock
    that is faster in busy months, of the Gregorian or the Hijri calendar. Each month is told on the clock that did best
    in the months before by a five-hundredth or more (log loss), else on days as they are. Chances are moved in log-odds
    by what earlier months showed where, over all months after the first, that scored better by a hundredth or more. Of
    more than 5,000 customers every so many-th is looked at. None where fewer than four months, 100 customers or 30
    purchases tell. `bought` holds the `purchase_days`.
    """
    log = PurchaseLog.read(bought, end)
    cuts = [log.end - SOON_DAYS * k for k in range(MONTHS, 0, -1)]
    cuts = [cut for cut in cuts if cut - log.start >= KNOWN_DAYS and (log.first <= cut).sum() >= FEWEST]
    try:
        told, then = _told(model, log, cuts)
    except DataError:  # nobody had bought twice by then
        return None
    if len(told) < FEWEST_MONTHS or sum(float(month["came"].sum()) for month in told) < FEWEST_BUYERS:
        return None
    way = _way(told)
    told = [month.assign(own=month[_way(told[:k])]) for k, month in enumerate(told)]
    months = pd.concat([_with_what_was_known(told[:k], month) for k, month in enumerate(told) if k], ignore_index=True)
    whole = _learn(pd.concat(told))
    moved, own = (_log_loss(months[name], months["came"]) for name in ("chance", "own"))
    better = moved < own * (1 - TOLERATED)
    if not better:
        months["chance"] = months["own"]
    known = _looked_at(log, log.end)[1]
    season = None if way == PLAIN else Season.of(then, log, known, cut=log.end, calendar=way)
    return SoonChances(months, model.name, (float(whole[0]), float(whole[1])) if better else (0.0, 1.0), season)


def typical_lives(
    model: PurchaseModel, customers: pd.DataFrame, bought: pd.DataFrame, end: pd.Timestamp
) -> pd.DataFrame:
    """The life (`alive_path`) of a typical customer of each of `KINDS`, in a column kind; no row of one with under 30.

    Typical is who stands in the middle of the kind by purchase days and by time since the first; of those with four
    purchase days or more. `customers` are those that `model` was fitted to; `bought` holds the `purchase_days`.
    """
    many = customers[customers["frequency"] >= FEWEST_DAYS - 1]
    alive, lives = model.p_alive(many), []
    for kind, (low, high) in KINDS.items():
        own = many[(alive >= low) & (alive <= high)]
        if len(own) < FEWEST_OF_KIND:
            continue
        off = (own[["frequency", "T"]].rank(pct=True) - 0.5).abs().sum(axis=1)
        one = own.loc[[off.idxmin()]]
        days = bought.loc[bought["customer_id"] == one["customer_id"].iloc[0], "day"]
        lives.append(alive_path(model, one, days, end).assign(kind=kind))
    return (
        pd.concat(lives, ignore_index=True)
        if lives
        else pd.DataFrame(columns=["customer_id", "day", "p_alive", "low", "high"])
    )


def alive_path(model: PurchaseModel, customer: pd.DataFrame, days: pd.Series, end: pd.Timestamp) -> pd.DataFrame:
    """The chance that a customer was still one, by what was known at each day.

    Columns: customer_id, day, p_alive, low, high, ahead. By today's parameters, every week, on each purchase day and on
    the last day; `low` and `high` are the ends of a 95% interval of p_alive, by how well those parameters are known
    (400 draws); that the model holds is taken for granted. `ahead` are the 91 days after `end`, in which nothing is
    bought. `customer` is the customer's row, `days` their purchase days.
    Raises DataError: the fit did not settle, so that its parameters have no errors.
    """
    bought = np.sort(pd.to_datetime(days).to_numpy("datetime64[D]"))
    last, step, one = np.datetime64(end, "D"), np.timedelta64(LIFE_STEP, "D"), np.timedelta64(1, "D")
    weeks = np.arange(bought[0], last + np.timedelta64(AHEAD_DAYS, "D") + one, step)
    at = np.unique(np.concatenate([weeks, bought, [last]]))
    known = np.searchsorted(bought, at, side="right")
    rows = customer.loc[customer.index.repeat(len(at))].reset_index(drop=True)
    rows = rows.assign(frequency=known - 1, recency=(bought[known - 1] - bought[0]) / one, T=(at - bought[0]) / one)
    alive, read = model.p_alive(rows).to_numpy(float), model._read(rows, order=True)
    thetas = draw_parameters(model, draws=LIFE_DRAWS, seed=0)
    drawn = [model._by_row(theta, read, lambda own, part, _: model._alive(own, part)) for theta in thetas]
    low, high = column_percentiles(np.array(drawn)[:, read.places])
    told = {"p_alive": alive, "low": np.minimum(low, alive), "high": np.maximum(high, alive)}
    return pd.DataFrame({"customer_id": rows["customer_id"], "day": at, **told, "ahead": at > last})


def _told(model: PurchaseModel, log: PurchaseLog, cuts: list[int]) -> tuple[list[pd.DataFrame], PurchaseModel]:
    """What the model, fitted by then, said at each day, and what came; and the model as last fitted."""
    kind: type[PurchaseModel] = getattr(model, "plain", type(model))
    told, then, seasons = [], model, dict.fromkeys(CALENDARS)
    for at, cut in enumerate(cuts):
        who, known = _looked_at(log, cut)
        summary = known.summary(cut, Clock(log.start, np.arange(cut - log.start + 1.0)))
        if at % FITTED_EVERY == 0:
            then = kind(time_unit_days=model.time_unit_days)._fit_after(summary, then)
            seasons = {name: Season.of(then, log, known, cut=cut, calendar=name) for name in CALENDARS}
        soon = (log.day > cut) & (log.day <= cut + SOON_DAYS)
        came = np.bincount(log.customer[soon], minlength=log.n)[who] > 0
        own = _own(then, summary, SOON_DAYS)
        timed = {name: np.nan if each is None else each.chances(known, cut) for name, each in seasons.items()}
        if not np.isfinite(own).all():
            raise DataError(f"{then.name} ran to the edge of what can be computed.")
        month = {"month": at, "customer": who, PLAIN: own, **timed, "came": came.astype(float)}
        told.append(pd.DataFrame(month))
    return told, then


def _looked_at(log: PurchaseLog, cut: int) -> tuple[Codes, Customers]:
    who, known = log.customers(cut)
    every = -(-len(who) // CHECKED)
    return who[::every], known.take(np.arange(len(who)) % every == 0)


def _way(told: list[pd.DataFrame]) -> str:
    """On which clock chances did best in months that are over; on that of equal days unless another one is worth it."""
    past = [month for month in told if month[list(CALENDARS)].notna().all(axis=None)]
    if not past:
        return PLAIN
    rows = pd.concat(past)
    loss = {name: _log_loss(rows[name], rows["came"]) for name in (PLAIN, *CALENDARS)}
    best = min(loss, key=loss.__getitem__)
    return best if loss[best] < loss[PLAIN] * (1 - WORTH_IT) else PLAIN


def _with_what_was_known(before: list[pd.DataFrame], month: pd.DataFrame) -> pd.DataFrame:
    past = pd.concat(before)
    return month.assign(chance=_moved(month["own"].to_numpy(), _learn(past)), usual=float(past["came"].mean()))


def _own(model: PurchaseModel, summary: pd.DataFrame, days: float) -> Floats:
    none = model.purchase_chances(summary, horizon_days=days, most=0)["0"]
    return 1 - none.to_numpy(float)


def _moved(own: Floats, line: Floats) -> Floats:
    if line.tolist() == [0.0, 1.0]:
        return own
    return np.asarray(expit(line[0] + line[1] * logit(np.clip(own, LEAST, 1 - LEAST))))


def _learn(told: pd.DataFrame) -> Floats:
    """Intercept and slope of what came on the log-odds of the model's own chances, by Newton's method (Platt 1999)."""
    odds = logit(np.clip(told["own"].to_numpy(), LEAST, 1 - LEAST))
    design, came, line = np.column_stack([np.ones(len(odds)), odds]), told["came"].to_numpy(), np.array([0.0, 1.0])
    for _ in range(STEPS):
        chance = expit(design @ line)
        curve = (design * (chance * (1 - chance))[:, None]).T @ design
        slope = design.T @ (came - chance)
        step = np.linalg.lstsq(curve, slope, rcond=None)[0]
        line = line + step / max(1.0, float(np.abs(step).max()))
    return line


def _log_loss(chance: pd.Series, came: pd.Series) -> float:
    p = chance.clip(LEAST, 1 - LEAST)
    return float(-np.mean(came * np.log(p) + (1 - came) * np.log1p(-p)))


def _class(chance: pd.Series) -> pd.Series:
    """Classes of equal size, 1 the lowest; equal chances share one."""
    return ((chance.rank(method="min") - 1) * CLASSES // len(chance)).clip(upper=CLASSES - 1).astype(int) + 1


def _error(months: pd.DataFrame, name: str) -> float:
    by = months.groupby(_class(months[name]))[[name, "came"]]
    means = by.mean()
    return float(np.average((means[name] - means["came"]).abs(), weights=by.size()))


def _month_error(months: pd.DataFrame, name: str) -> float:
    by = months.groupby("month")[[name, "came"]].mean()
    return float(np.sqrt(((by[name] - by["came"]) ** 2).mean()))
