"""What the models take for granted, looked up in the data: green, amber or red, and what it does to the number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cxlib.checks import Codes, Flags, Floats, require_columns
from cxlib.clv.models.gamma_gamma import GammaGammaModel
from cxlib.clv.models.rows import SUMMARY
from cxlib.clv.purchase_log import YEAR, purchase_days
from cxlib.clv.trends import BEYOND_CHANCE, TWO_YEARS, Trend, amount_trend, rate_trend
from cxlib.data.frames.steps import amount_step, first_days
from cxlib.language import Count, Day, Days, Decimal, Message, Percent, T
from cxlib.measures.result import Result

if TYPE_CHECKING:
    from cxlib.data import Break

OVER_TIME = ("amount_trend", "rate_trend", "cohort_drift")
GREEN, AMBER, RED, UNKNOWN = "green", "amber", "red", "unknown"
REGULAR_FEWEST = 100  # customers with three purchases or more, below which regularity is not judged
REGULAR = 1.6  # shape of gaps past which they are no longer random
SEASON = 0.25  # distance of a month from the trend from which a season is spoken of
MONTHS = 22  # whole months that show whether a season comes back: 730 days hold so many
CHANGED = (0.08, 0.2)  # of amounts or rates in a year, or once: amber and red
OF_TWELVE = 2.87  # standard errors that the largest of twelve months exceeds by chance in 5 of 100


@dataclass(frozen=True)
class Check:
    """One assumption.

    `key`: spend_frequency, regularity, seasonality, amount_trend, rate_trend, cohort_drift, history; mean_spend where a
        spend model was given.
    `level`: green, amber, red; "unknown" where the data cannot tell.
    `value`: What was measured (NaN where it could not be).
    `finding`, `effect`: What was found, and which way it moves the forecast.
    """

    key: str
    level: str
    value: float
    finding: Message
    effect: Message


@dataclass(frozen=True, repr=False)
class Assumptions(Result):
    """All checks, worst first."""

    checks: tuple[Check, ...]

    @property
    def face(self) -> pd.DataFrame:
        """Level, finding and effect of each."""
        levels = {GREEN: T("Holds"), AMBER: T("Doubtful"), RED: T("Does not hold"), UNKNOWN: T("Cannot be told")}
        rows = [(levels[c.level], c.finding, c.effect) for c in self.checks]
        return pd.DataFrame(rows, columns=["assumption", "what was found", "effect on the forecast"])

    @property
    def headline(self) -> Message:
        """How many hold, and how many cannot be told."""
        bad = [check for check in self.checks if check.level in (AMBER, RED)]
        unknown = sum(check.level == UNKNOWN for check in self.checks)
        if not bad and unknown:
            return T(
                "Nothing that the data can tell contradicts what the models assume; {n} of {m} assumptions it cannot "
                "tell",
                n=Count(unknown),
                m=Count(len(self.checks)),
            )
        if not bad:
            return T("Nothing in the data contradicts what the models assume")
        values = {"n": Count(len(bad)), "m": Count(len(self.checks)), "finding": bad[0].finding}
        return T("{n} of {m} assumptions are doubtful or do not hold; the first: {finding}", **values)


def check_assumptions(
    transactions: pd.DataFrame,
    summary: pd.DataFrame,
    *,
    horizon_days: float,
    spend: GammaGammaModel | None = None,
    follows: bool = False,
    breaks: Sequence[Break] = (),
    has_amounts: bool = True,
    in_rhythm: bool = False,
) -> Assumptions:
    """Check what BG/NBD, Pareto/NBD and Gamma-Gamma take for granted.

    Amber and red, where beyond chance: correlation of log frequency and mean spend past .1 and .3; regularity (shape of
    gamma times between purchases, Wheat & Morrison 1990; 1 is random) outside .8-1.6 and .5-2.5; largest share by which
    a calendar month lies off its trend, past 25% and 60%; yearly change of amounts and of rates of the same customers
    past 8% and 20% (`amount_trend`, `rate_trend`); change of the repeat rate of young customers from the older to the
    newer half of cohorts past 15% and 35%, beyond what the trend of all customers explains; history below the horizon
    and below half of it; average amount expected of one-time buyers past 25% and 75% off the mean of repeat customers.
    `breaks`: Of `find_breaks`: a step of amounts or of counts is no trend.
    `in_rhythm`: Whether the forecast rests on a model of regular gaps.
    """
    customers = require_columns(summary, ("customer_id", "frequency", "T", "monetary_value"), what=SUMMARY)
    bought = purchase_days(transactions)
    rates = rate_trend(bought)
    checks = [
        *([_spend_frequency(customers), _amounts_over_time(bought, follows=follows)] if has_amounts else []),
        _regularity(bought, in_rhythm=in_rhythm),
        _seasonality(bought),
        _rates_over_time(rates),
        _cohort_drift(bought, rates),
        _history(customers, horizon_days),
    ]
    if spend is not None:
        checks.append(_mean_spend(customers, spend))
    checks = [_unless_broken(check, breaks) for check in checks]
    order = [RED, AMBER, UNKNOWN, GREEN]
    return Assumptions(tuple(sorted(checks, key=lambda check: order.index(check.level))))


def _unless_broken(check: Check, breaks: Sequence[Break]) -> Check:
    """The check; of what moves over time the step in place of a trend, where there is one."""
    steps = {"amount_trend": ("amounts",), "mean_spend": ("amounts",), "rate_trend": ("counts", "surge"),
             "cohort_drift": ("counts",), "seasonality": ("surge",)}  # fmt: skip
    found = next((one for one in breaks if one.kind in steps.get(check.key, ())), None)
    if found is None:
        return check
    effect = T("The models take those before and after it for one, so that totals may be off in either direction")
    if found.kind == "surge":
        effect = T("The models take the purchases of that day for a rhythm of customers’ own")
    if found.kind == "amounts":
        effect = T("Amounts before and after it cannot be added up, so that no value is forecast")
    return Check(check.key, RED, np.nan, found.message, effect)


def _judged(key: str, level: str, value: float, finding: Message, effect: Message, *, known: bool = True) -> Check:
    """A check, without an effect where it is green; not `known`: too few days tell."""
    if level == UNKNOWN and key in OVER_TIME and known:
        effect = T("The change may be chance, or as large as it looks: too few purchases tell")
    elif level == UNKNOWN and key in OVER_TIME:
        effect = T("A season that lies in the horizon but not in the past, or the other way round, moves the total")
    return Check(key, level, value, finding, T("None to speak of") if level == GREEN else effect)


def _level(value: float, amber: float, red: float) -> str:
    if not np.isfinite(value):
        return UNKNOWN
    return RED if value >= red else AMBER if value >= amber else GREEN


def _level_of(trend: Trend) -> str:
    """Green within chance or 8% a year, red from 20%; so much within chance cannot be told."""
    if not trend.is_known:
        return UNKNOWN
    return _within_chance(_level(abs(trend.change), *CHANGED), is_clear=trend.is_clear)


def _within_chance(level: str, *, is_clear: bool) -> str:
    """The level of a clear change; else green, or unknown where chance hides one that would be red."""
    return level if is_clear else UNKNOWN if level == RED else GREEN


def _repeat_buyers(customers: pd.DataFrame) -> pd.DataFrame:
    return customers[(customers["frequency"] > 0) & (customers["monetary_value"] > 0)]


def _spend_frequency(customers: pd.DataFrame) -> Check:
    repeat = _repeat_buyers(customers)
    # Not the logarithm of spend: that of a mean rises with the number of amounts in it, whatever customers do.
    pairs = np.column_stack([np.log(repeat["frequency"].to_numpy(float)), repeat["monetary_value"].to_numpy(float)])
    enough = len(pairs) > 20 and (np.ptp(pairs, axis=0) > 0).all()
    r = float(np.corrcoef(pairs.T)[0, 1]) if enough else np.nan
    beyond_chance = not enough or abs(r) > 2 / np.sqrt(len(pairs))
    finding = T(
        "How often and for how much customers buy have a correlation of {r} ({n} repeat customers)",
        r=Decimal(r, digits=2, signed=True),
        n=Count(len(repeat)),
    )
    effect = (
        T("Value of the most frequent customers is understated, and of the others overstated")
        if r > 0
        else T("Value of the most frequent customers is overstated, and of the others understated")
    )
    return _judged("spend_frequency", _level(abs(r), 0.1, 0.3) if beyond_chance else GREEN, r, finding, effect)


def regularity(bought: pd.DataFrame) -> tuple[float, int]:
    """The shape of gamma times between the `purchase_days` of a customer (1: random), and the customers it is read off.

    Wheat & Morrison: of two gaps in a row M = first / (first + second) is Beta(k, k), of variance 1 / (8k + 4). NaN
    with fewer than 100 customers of three purchase days.
    """
    sorted_days = bought.sort_values(["customer_id", "day"])
    gaps = sorted_days.groupby("customer_id")["day"].diff().dt.days
    last = sorted_days.assign(gap=gaps, before=gaps.groupby(sorted_days["customer_id"]).shift()).dropna()
    last = last.groupby("customer_id").tail(1)
    share = (last["before"] / (last["before"] + last["gap"])).to_numpy(float)
    enough = len(share) >= REGULAR_FEWEST and share.var() > 0
    return float((1 - 4 * share.var()) / (8 * share.var())) if enough else np.nan, len(share)


def _regularity(bought: pd.DataFrame, *, in_rhythm: bool) -> Check:
    k, n = regularity(bought)
    odd = max(k / REGULAR, 0.8 / k) if k > 0 else np.nan
    finding = T(
        "Times between purchases have a regularity of {k}, where 1 is random and more is clockwork ({n} customers)",
        k=Decimal(k, digits=2),
        n=Count(n),
    )
    effect = (
        T("P(alive) is overstated for silent customers: a regular buyer who misses a purchase has left sooner")
        if k > 1
        else T("P(alive) is understated for silent customers: bursts and pauses are normal here")
    )
    if in_rhythm and k > 1:
        effect = T("The forecast knows of a rhythm: of the models tested on the past, one that does erred least")
    return _judged("regularity", _level(odd, 1.0, 2.5 / REGULAR), k, finding, effect)


def _seasonality(bought: pd.DataFrame) -> Check:
    counts = bought["day"].dt.to_period("M").value_counts().sort_index().iloc[1:-1]
    if len(counts) < MONTHS:
        finding = T("{n} whole months of purchases are too few to see a season", n=Count(len(counts)))
        effect = T("A season that lies in the horizon but not in the past, or the other way round, moves the total")
        return Check("seasonality", UNKNOWN, np.nan, finding, effect)
    logs = np.log(counts.to_numpy(float))
    trend = np.polyval(np.polyfit(np.arange(len(logs)), logs, 1), np.arange(len(logs)))
    calendar = np.array([period.month for period in counts.index])
    means = np.array([(logs - trend)[calendar == m].mean() for m in range(1, 13)])
    lift: Floats = np.expm1(means)
    at = int(np.abs(lift).argmax())
    most, own = float(lift[at]), counts.to_numpy(float)[calendar == at + 1]
    # Noise of a month: as its months of one name differ, or as chance alone makes of so many purchases.
    within = ((logs - trend - means[calendar - 1]) ** 2).sum() / max(len(logs) - 13, 1)
    noise = np.sqrt(max(float(within), float((1 / own).mean())) / len(own))
    bound = max(SEASON, float(np.expm1(OF_TWELVE * noise)))
    finding = T(
        "The month that stands out most lies {share} from its trend; below {bound} it matters little ({n} months)",
        share=Percent(most, signed=True),
        bound=Percent(bound),
        n=Count(len(counts)),
    )
    effect = T("Over whole years the total holds; over shorter horizons it is off by up to the size of the season")
    return _judged("seasonality", _level(abs(most), bound, max(bound, 0.6)), abs(most), finding, effect)


def _amounts_over_time(bought: pd.DataFrame, *, follows: bool) -> Check:
    trend = amount_trend(bought)
    step = amount_step(bought) if trend.is_known else None
    finding = T(
        "The same customers spend {change} as much on a purchase day from year to year ({n} customers)",
        change=Percent(1 + trend.change),
        n=Count(trend.customers),
    )
    if step is not None:
        finding = T(
            "The same customers spend {change} as much on a purchase day since about {day} as before ({n} customers)",
            change=Percent(1 + step.change),
            day=Day(step.day.date()),
            n=Count(step.customers),
        )
    moved = trend.change if step is None else step.change
    effect = (
        T("Amounts still to come are understated: they are forecast at the average of the past")
        if moved > 0
        else T("Amounts still to come are overstated: they are forecast at the average of the past")
    )
    if follows:
        effect = T("The forecast goes along with it, because forecasts of the past that did so erred less")
    if follows and step is not None:
        effect = T("The forecast takes the level since then")
    level = _level_of(trend) if step is None else _level(abs(moved), *CHANGED)
    return _judged("amount_trend", level, moved, finding, effect, known=trend.is_known)


def _rates_over_time(trend: Trend) -> Check:
    finding = T(
        "The same customers buy {change} as often from year to year, while they are customers ({n} customers)",
        change=Percent(1 + trend.change),
        n=Count(trend.customers),
    )
    effect = (
        T("Purchases still to come are understated: the models let customers buy at one rate until they leave")
        if trend.slope > 0
        else T("Purchases still to come are overstated: the models let customers buy at one rate until they leave")
    )
    return _judged("rate_trend", _level_of(trend), trend.change, finding, effect, known=trend.is_known)


def _cohort_drift(bought: pd.DataFrame, trend: Trend) -> Check:
    """Repeat purchases in the first 91 days: customers of the last year against those who came earlier.

    They are compared within the calendar month in which they came (ratio of Mantel & Haenszel), so that a season is no
    change; with less than two years of data it would look the same. At one age, later customers differ from earlier
    ones by when they came and by what time it is. Where the trend of all customers (`rate_trend`) explains some of the
    change, only the rest is one of new customers.
    """
    young, end = pd.Timedelta(days=91), bought["day"].max()
    first = first_days(bought)
    old_enough = bought.assign(first=first)[first <= end - young]
    soon = (old_enough["day"] > old_enough["first"]) & (old_enough["day"] <= old_enough["first"] + young)
    repeats = soon.groupby(old_enough["customer_id"]).sum()
    starts = old_enough.groupby("customer_id")["first"].first()
    newer = starts > starts.max() - pd.Timedelta(days=365)
    drift, weight = _ratio_within(starts.dt.month.to_numpy(), newer.to_numpy(), repeats.to_numpy(float))
    wide = len(starts) > 200 and trend.days >= TWO_YEARS and np.isfinite(drift)
    drift = drift if wide else np.nan
    noise = float(repeats.std() / max(repeats.mean(), 1e-9) * 1.96 / np.sqrt(max(weight, 1e-9)))
    apart = (starts[newer].mean() - starts[~newer].mean()).days / YEAR if wide else 0.0
    rest = (1 + drift) * np.exp(-trend.slope * apart) - 1
    noise_of_rest = BEYOND_CHANCE * float(np.hypot(noise / 1.96, trend.error * apart))
    own, limit = drift, noise
    if trend.slope * drift > 0 and abs(rest) < abs(drift):
        own, limit = (rest if rest * drift > 0 else 0.0), noise_of_rest
    level = _within_chance(_level(abs(own), 0.15, 0.35), is_clear=not abs(own) <= limit)
    values = {"change": Percent(1 + drift), "days": Days(91), "n": Count(len(starts))}
    finding = T(
        "Customers who came lately bought again {change} as often in their first {days} as those before "
        "({n} customers)",
        **values,
    )
    if level == GREEN and abs(drift) > noise:
        finding = T(
            "Customers who came lately bought again {change} as often in their first {days} as those before "
            "({n} customers), no more of a change than that of all customers over time",
            **values,
        )
    if not wide:
        finding = T(
            "Whether those who came lately are like those before takes two years of data, as a season would look the "
            "same ({n} customers)",
            **values,
        )
    effect = (
        T("New customers are worth more than the forecast says: it averages over better and worse years")
        if own > 0
        else T("New customers are worth less than the forecast says: it averages over better and worse years")
    )
    return _judged("cohort_drift", level, own, finding, effect, known=wide)


def _ratio_within(months: Codes, newer: Flags, values: Floats) -> tuple[float, float]:
    """Newer by older less 1 within months, NaN without any to compare, and what the comparison weighs in customers."""
    sides = [
        [np.bincount(months[own], part[own], minlength=13) for own in (~newer, newer)]
        for part in (np.ones(len(values)), values)
    ]
    (older, later), (before, after) = sides
    both = np.maximum(older + later, 1)
    usual = float((before * later / both).sum())
    return float((after * older / both).sum()) / usual - 1 if usual else np.nan, float((older * later / both).sum())


def _history(customers: pd.DataFrame, horizon_days: float) -> Check:
    longest = float(customers["T"].max())
    finding = T(
        "Customers have been observed for up to {past}, and the forecast looks {ahead} ahead",
        past=Days(longest),
        ahead=Days(horizon_days),
    )
    level = _level(horizon_days / max(longest, 1e-9), 1.0000001, 2.0)
    effect = T("How many customers leave later has not been seen, so the total may be far off in either direction")
    return _judged("history", level, longest / horizon_days, finding, effect)


def _mean_spend(customers: pd.DataFrame, spend: GammaGammaModel) -> Check:
    """What the spend model expects of customers about whom little is known, against what customers have spent."""
    repeat, once = _repeat_buyers(customers), customers[customers["frequency"] == 0]
    expected = float(spend.expected_spend(once).mean()) if len(once) else spend.new_customer_spend(customers)
    excess = expected / float(repeat["monetary_value"].mean()) - 1
    finding = T(
        "Of customers who bought once the models expect {ratio} times the amount that repeat customers spend on "
        "average ({n} repeat customers)",
        ratio=Decimal(1 + excess, digits=2),
        n=Count(len(repeat)),
    )
    effect = (
        T("Value of customers with few purchases is overstated, and the total with it")
        if excess > 0
        else T("Value of customers with few purchases is understated, and the total with it")
    )
    return _judged("mean_spend", _level(abs(excess), 0.25, 0.75), excess, finding, effect)
