"""Rolling-origin backtest: what the models would have said on past days, against what came and against no model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypedDict

import numpy as np
import pandas as pd

from cxlib.checks import Floats, require_columns
from cxlib.clv.baselines import BASELINES, baseline_purchases, calibration_by_decile, calibration_by_frequency, score
from cxlib.clv.choice import MODELS, SPEND, best_model, check_models, fit_spends, least_error
from cxlib.clv.intervals import Futures, Lives, Widening
from cxlib.clv.models.base import PurchaseModel
from cxlib.clv.models.gamma_gamma import GammaGammaModel
from cxlib.clv.purchase_log import purchase_days, track_purchases
from cxlib.clv.trends import AmountsOfToday, FollowedAmounts, amount_trend
from cxlib.data.frames.steps import Step, amount_step
from cxlib.errors import DataError, ParameterError, nearest
from cxlib.language import Count, Day, Days, Decimal, Message, Percent, T
from cxlib.measures.result import Brief, Result, in_quantities, yes_or_no

FOLLOWED = (0.5, 1.0)  # shares of a trend that are tried beside none
INTERVAL = {"low": float, "high": float, "chance": float}


class Range(TypedDict):
    """A 95% interval of a total, and its relative spread, by chance and parameters alone."""

    low: float
    high: float
    chance: float


@dataclass(frozen=True)
class Settings:
    """How a past day is forecast from."""

    horizon_days: int
    models: tuple[str, ...]
    draws: int
    seed: int


@dataclass(frozen=True, repr=False)
class PastDay(Brief):
    """A past day with what was known, fitted and forecast on it.

    `summary`: `purchase_summary` with the holdout that followed.
    `priced`: The same with amounts at the level at which they are forecast.
    `methods`: Purchases forecast, one column a method.
    `spends`: By rule: "repeat", "all".
    """

    inside = ("summary", "priced")

    day: pd.Timestamp
    summary: pd.DataFrame
    priced: pd.DataFrame
    methods: pd.DataFrame
    models: Mapping[str, PurchaseModel]
    spends: Mapping[str, GammaGammaModel]
    failures: pd.DataFrame
    settings: Settings

    @property
    def scores(self) -> pd.DataFrame:
        """Errors in purchases, one row a method."""
        actual = self.summary["frequency_holdout"].to_numpy(float)
        rows = [
            {"origin": self.day, "method": m, "is_model": m in MODELS, **score(self.methods[m].to_numpy(float), actual)}
            for m in self.methods
        ]
        return pd.DataFrame(rows)

    @property
    def revenue(self) -> pd.DataFrame:
        """Errors in money: each model with each rule of spend, and the naive rate at each customer's own average."""
        actual = self.summary["holdout_amount_cents"].to_numpy(float)
        prices = {rule: 100 * spend.expected_spend(self.priced).to_numpy(float) for rule, spend in self.spends.items()}
        ways = [
            (m, rule, self.methods[m].to_numpy(float) * price) for m in self.models for rule, price in prices.items()
        ]
        if ways:
            spent = self.summary["first_amount_cents"] + self.summary["repeat_amount_cents"]
            own = self.methods["naive_rate"] * spent / (self.summary["frequency"] + 1)
            ways.append(("naive_rate", "", own.to_numpy(float)))
        rows = [
            {"origin": self.day, "method": m, "spend": rule, "is_model": m in MODELS, **score(cents, actual)}
            for m, rule, cents in ways
        ]
        return pd.DataFrame(rows, columns=["origin", "method", "spend", "is_model", *score(actual, actual)])

    @property
    def customers(self) -> pd.DataFrame:
        """One row a customer: customer_id, frequency, actual and one column a method."""
        actual = self.summary["frequency_holdout"].to_numpy(float)
        return self.summary[["customer_id", "frequency"]].assign(actual=actual).join(self.methods)

    def following(self, bought: pd.DataFrame, move: float | Step, rule: str) -> PastDay | None:
        """The same with amounts along a trend or after a step, by one rule of spend; None where it cannot be fitted."""
        amounts = AmountsOfToday.of(bought, move, self.day)
        priced = amounts.restate(self.summary, ahead_days=self.settings.horizon_days / 2)
        spends = {name: spend for name, spend in fit_spends(priced, self.spends).items() if name == rule}
        return replace(self, priced=priced, spends=spends) if spends else None

    def amount_error(self, rule: str) -> float:
        """Logarithm of the mean amount of the purchases that came, to what was expected of the same customers."""
        bought = self.summary["frequency_holdout"].to_numpy(float)
        expected = 100 * float(bought @ self.spends[rule].expected_spend(self.priced).to_numpy(float))
        return float(np.log(max(float(self.summary["holdout_amount_cents"].sum()), 1.0) / max(expected, 1.0)))

    def chance(self, method: str, rule: str | None) -> tuple[Range, Range | None] | None:
        """95% intervals of the total of purchases, and of money, by simulation."""
        if method not in self.models:
            return None
        options, spend = self.settings, self.spends.get(rule or "")
        try:
            lives = Lives.draw(self.models[method], spend, draws=options.draws, seed=options.seed)
        except DataError:  # the fit did not settle: nobody knows how far off it may be
            return None
        futures = lives.simulate(self.priced, horizon_days=options.horizon_days, seed=options.seed + 1)
        return _range(futures, futures.purchases), None if spend is None else _range(futures, 100 * futures.totals)


def _range(futures: Futures, totals: Floats) -> Range:
    low, high = futures.interval(totals)
    return {"low": low, "high": high, "chance": float(totals.std(ddof=1) / max(totals.mean(), 1e-12))}


def look_back(
    table: pd.DataFrame, bought: pd.DataFrame, day: pd.Timestamp, settings: Settings, before: PastDay | None = None
) -> PastDay:
    """Fit and forecast as of `day`, from transactions and `purchase_days`; fits begin where those `before` ended."""
    from cxlib.data import purchase_summary  # brings ibis in, which a table of values does not need

    end = day + pd.Timedelta(days=settings.horizon_days)
    summary = purchase_summary(table, calibration_end=day, observation_end=end)
    methods = baseline_purchases(bought, summary, end=day, horizon_days=settings.horizon_days)
    models: dict[str, PurchaseModel] = {}
    failures: list[dict[str, object]] = []
    for name in settings.models:
        try:
            model = MODELS[name]()._fit_after(summary, None if before is None else before.models.get(name))
            expected = model.expected_purchases(summary, horizon_days=settings.horizon_days)
            if not np.isfinite(expected).all():
                raise DataError(f"{model.name} ran to the edge of what can be computed and expects no number.")
            models[name], methods[name] = model, expected
        except (DataError, ParameterError) as error:
            failures.append({"origin": day, "method": name, "why": str(error)})
    refused = pd.DataFrame(failures, columns=["origin", "method", "why"])
    spends = fit_spends(summary, {} if before is None else before.spends)
    return PastDay(day, summary, summary, methods, models, spends, refused, settings)


@dataclass(frozen=True, repr=False)
class Tracking(Result):
    """Purchases by week beside those a past day's model expects, over the days it knew and those it did not.

    `weeks`: The frame of `track_purchases`.
    `day`: The last day that the model knew.
    `horizon_days`: How many days follow it.
    `customers`: How many had bought by then.
    `predicted`, `low`, `high`: Purchases forecast of these customers after `day`, each by what was known of that one,
        with the 95% interval of their sum; NaN where there is none.
    """

    weeks: pd.DataFrame
    day: pd.Timestamp
    horizon_days: int
    model: str
    customers: int
    predicted: float
    low: float
    high: float

    @property
    def actual(self) -> float:
        """Purchases after `day`."""
        return float(self.weeks.loc[self.weeks["is_holdout"], "actual"].sum())

    @property
    def expected(self) -> float:
        """Purchases that were expected after `day` by when customers first bought."""
        return float(self.weeks.loc[self.weeks["is_holdout"], "expected"].sum())

    @property
    def is_beyond_chance(self) -> bool:
        """Whether what came lies outside the forecast's interval, and outside one as wide about what was expected."""
        moved = self.expected / self.predicted if self.predicted > 0 else np.nan
        return bool(self.actual > self.high * max(1, moved) or self.actual < self.low * min(1, moved))

    @property
    def headline(self) -> Message:
        """By how much more or less often customers bought; no claim within chance."""
        day = Day(self.day.date())
        if not self.is_beyond_chance:
            return T("Repeat purchases by week beside those expected as of {day}", day=day)
        gap = self.actual / self.expected - 1
        values = {"days": Days(self.horizon_days), "day": day, "share": Percent(abs(gap))}
        if gap > 0:
            return T("In the {days} after {day} customers bought {share} more often than expected", **values)
        return T("In the {days} after {day} customers bought {share} less often than expected", **values)

    @property
    def face(self) -> pd.DataFrame:
        """`weeks` for a reader."""
        counts, tenths = Count, partial(Decimal, digits=1)
        columns = {
            "week to": ("week_end", lambda end: Day(end.date())),
            "purchases": ("actual", counts),
            "expected": tenths,
            "purchases so far": ("cumulative_actual", counts),
            "expected so far": ("cumulative_expected", tenths),
            "not known then": ("is_holdout", yes_or_no),
        }
        return in_quantities(self.weeks, columns)


@dataclass(frozen=True, repr=False)
class Backtest(Result):
    """Forecasts made at past days, scored by what came.

    `scores`: One row an origin and method: origin, method (a model's or baseline's key), is_model, predicted, actual,
        total_error (share), mae, correlation, n (customers), low, high (95% interval of the total by chance and
        parameters alone), chance (its relative spread), covered; the last four for the method that `with_intervals` was
        asked for only, at first the best.
    `revenue`: The same for net purchase amounts in cents, models with the best rule of spend and naive rate; empty
        where spend could not be fitted.
    `spending`: Rules of spend with the best model: spend, predicted, actual, n, total_error, mae over all origins.
    `customers`: Last origin: customer_id, frequency, actual, and one column a method.
    `failures`: origin, method, why: fits that were refused.
    `days`: What was fitted at each origin.
    `used`: The model that the figures are of, where it is not the one that erred least (see `using`).
    """

    scores: pd.DataFrame
    revenue: pd.DataFrame
    spending: pd.DataFrame
    customers: pd.DataFrame
    failures: pd.DataFrame
    horizon_days: int
    days: tuple[PastDay, ...]
    used: str | None = None

    @property
    def table(self) -> pd.DataFrame:
        """All origins together, sorted by mae.

        Columns: method, predicted, actual, n, total_error, mae, correlation (averaged over origins), is_model.
        """
        by = self.scores.groupby("method")
        table = _together(self.scores, "method").assign(
            correlation=by["correlation"].mean(), is_model=by["is_model"].first()
        )
        return table.sort_values(["mae", "is_model"], ascending=[True, False]).reset_index()

    @property
    def best(self) -> str | None:
        """The model to use (see `best_model`), or the one that `used` names."""
        return self.used or best_model(self.table)

    @property
    def best_spend(self) -> str | None:
        """The rule of spend to use, by the same rule: "repeat" or "all"; None where no spend could be fitted."""
        return least_error(self.spending, "spend")

    def using(self, method: str) -> Backtest:
        """The same with the figures of `method`, which is used though another erred less: its own amounts too."""
        return _gathered(self.days, self.horizon_days, method)

    def with_intervals(self, method: str) -> Backtest:
        """The same with simulated intervals of totals for `method`."""
        ranges = {day.day: day.chance(method, self.best_spend) for day in self.days}
        bought = {day: pair[0] for day, pair in ranges.items() if pair is not None}
        spent = {day: pair[1] for day, pair in ranges.items() if pair is not None and pair[1] is not None}
        return replace(self, scores=_joined(self.scores, bought, method), revenue=_joined(self.revenue, spent, method))

    def widening(self, method: str) -> Widening:
        """Errors of past totals of `method` beside chance, for intervals that hold them; needs its intervals."""
        bought, spent = (table[table["method"] == method] for table in (self.scores, self.revenue))
        return Widening.learn(bought, spent, horizon_days=self.horizon_days)

    def spending_errors(self, method: str) -> Floats:
        """Of past totals of `method`: log(came / forecast) of the amount a purchase, by origin."""
        bought, spent = (table[table["method"] == method].set_index("origin") for table in (self.scores, self.revenue))
        ratio = (spent["actual"] / spent["predicted"]) / (bought["actual"] / bought["predicted"])
        ratios = ratio.to_numpy(float)  # objects where no past day could be tested in money
        return np.asarray(np.log(ratios[np.isfinite(ratios) & (ratios > 0)]))

    def tracking(self, bought: pd.DataFrame) -> Tracking | None:
        """Purchases by week beside those expected as of the last past day that the best model could be fitted to.

        `bought` holds the `purchase_days`. None where no model could be fitted.
        """
        day = next((day for day in reversed(self.days) if self.best in day.models), None)
        if day is None or self.best is None:
            return None
        end = day.day + pd.Timedelta(days=self.horizon_days)
        weeks = track_purchases(day.models[self.best], bought, calibration_end=day.day, observation_end=end)
        own = self.scores[(self.scores["method"] == self.best) & (self.scores["origin"] == day.day)].iloc[0]
        ends = {name: float(own[name]) for name in ("predicted", "low", "high")}
        return Tracking(weeks, day.day, self.horizon_days, day.models[self.best].name, len(day.summary), **ends)

    @property
    def beats_naive(self) -> bool:
        """Whether the best model errs less by customer than every baseline, and in total than the worst of them."""
        if self.best is None:
            return False
        best, rivals = self.table[self.table["method"] == self.best].iloc[0], self.table[~self.table["is_model"]]
        closer = (best["mae"] < rivals["mae"]).all()
        return bool(closer and abs(best["total_error"]) <= rivals["total_error"].abs().max())

    @property
    def warning(self) -> Message | None:
        """What to say instead of a forecast, where the models do not beat what anyone can compute."""
        if self.best is None:
            return T("No model could be fitted to the past, so there is no forecast to rely on")
        if self.beats_naive:
            return None
        rival = self.table[~self.table["is_model"]].iloc[0]
        return T(
            "The models did not beat the simplest guesses on the past ({guess}: {error}), so do not rely on a forecast "
            "of single customers",
            guess=BASELINES[str(rival["method"])],
            error=T("average error {mae} purchases a customer", mae=Decimal(float(rival["mae"]), digits=2)),
        )

    @property
    def headline(self) -> Message:
        """How far off the best model was, in total and by customer, beside the naive rate."""
        if (warning := self.warning) is not None:
            return warning
        rows = {row["method"]: row for row in self.table.to_dict("records")}
        best, naive = rows[self.best], rows["naive_rate"]
        return T(
            "Forecasts of {days} made in the past were off by {error} in total and {mae} purchases a customer; going "
            "on at the rate so far would have been off by {naive_error} and {naive_mae} ({n} forecasts)",
            days=Days(self.horizon_days),
            error=Percent(best["total_error"], signed=True),
            mae=Decimal(best["mae"], digits=2),
            naive_error=Percent(naive["total_error"], signed=True),
            naive_mae=Decimal(naive["mae"], digits=2),
            n=Count(int(best["n"])),
        )

    @property
    def face(self) -> pd.DataFrame:
        """`table` for a reader."""
        names = {"method": lambda key: BASELINES[key] if key in BASELINES else MODELS[key].name}
        counts = dict.fromkeys(("predicted", "actual"), lambda value: Count(round(value)))
        errors = {
            "total error": ("total_error", partial(Percent, signed=True)),
            "average error of a customer": ("mae", partial(Decimal, digits=3)),
        }
        return in_quantities(self.table, {**names, **counts, **errors, "correlation": partial(Decimal, digits=2)})

    def calibration(self, method: str | None = None) -> pd.DataFrame:
        """Forecast against outcome by decile of forecast at the last origin (see `calibration_by_decile`)."""
        predicted = self.customers[self._method(method)].to_numpy(float)
        return calibration_by_decile(predicted, self.customers["actual"].to_numpy(float))

    def by_frequency(self, method: str | None = None) -> pd.DataFrame:
        """Forecast against outcome by repeat purchases so far at the last origin."""
        columns = ("frequency", self._method(method), "actual")
        return calibration_by_frequency(*(self.customers[name].to_numpy(float) for name in columns))

    def _method(self, method: str | None) -> str:
        chosen = method or self.best or "naive_rate"
        if chosen not in self.customers:
            raise ParameterError(f"there is no method {chosen!r}. {nearest(chosen, self.customers.columns[3:])}")
        return chosen


def backtest(
    transactions: pd.DataFrame,
    *,
    horizon_days: int,
    end: str | pd.Timestamp | None = None,
    origins: int = 3,
    models: Sequence[str] = tuple(MODELS),
    draws: int = 300,
    seed: int = 0,
) -> Backtest:
    """Forecast from several past days, with what was known then, and score by what came.

    `transactions`: Canonical transactions: customer_id, day, amount_cents.
    `origins`: Days to forecast from: the last is `horizon_days` before `end`, the others half a horizon apart before
        it. Those with less than half a horizon of history, or no holdout purchase, are left out.
    """
    if horizon_days < 1 or origins < 1:
        raise ParameterError(f"horizon_days={horizon_days} and origins={origins} must both be 1 or more.")
    check_models(models)
    table = require_columns(transactions, ("customer_id", "day", "amount_cents"), what="the table of transactions")
    days = pd.to_datetime(table["day"])
    last = days.max() if end is None else pd.Timestamp(end)
    settings = Settings(horizon_days, tuple(models), draws, seed)
    bought, past = purchase_days(table), list[PastDay]()
    for day in _origins(days.min(), last, horizon_days, origins):
        past.append(look_back(table, bought, day, settings, past[-1] if past else None))
    return _gathered(tuple(past), horizon_days)


def follow_amounts(
    past: Backtest, bought: pd.DataFrame, customers: pd.DataFrame, end: pd.Timestamp
) -> tuple[Backtest, FollowedAmounts | None]:
    """Amounts along their trend, all of it or half, or at their level since a step, as forecasts of the past bear out.

    Each past forecast follows what was known on its day. A trend within chance, or that may be the season's, is not
    followed, and only where forecasts that did so erred less. Where a step fits better than a trend (`amount_step`),
    its level is taken unless they erred more: those made before it could not know of it. Errors are of the amount of a
    purchase, root mean square. `bought` are the `purchase_days` up to `end`, `customers` their `purchase_summary`.
    """
    trend, rule = amount_trend(bought), past.best_spend
    step = amount_step(bought) if trend.is_known else None
    if rule is None or not (step or trend.is_clear):
        return past, None
    known = [bought[bought["day"] <= day.day] for day in past.days]
    moves: dict[float | Step, list[float | Step | None]] = {}
    if step:
        moves[step] = [amount_step(log) for log in known]
    else:
        slopes = [amount_trend(log).slope for log in known]
        moves = {share * trend.slope: [share * slope for slope in slopes] for share in FOLLOWED}
    ways: dict[float | Step, tuple[PastDay, ...]] = {0.0: past.days}
    for move, then in moves.items():
        pairs = zip(past.days, then, strict=True)
        days = [day if one is None else day.following(bought, one, rule) for day, one in pairs]
        ways[move] = tuple(day for day in days if day is not None)
    errors = {
        move: float(np.sqrt(np.mean([day.amount_error(rule) ** 2 for day in days])))
        for move, days in ways.items()
        if len(days) == len(past.days)
    }
    best = min(errors, key=lambda move: (errors[move], not isinstance(move, Step)))
    amounts = AmountsOfToday.of(bought, best, end)
    spend = fit_spends(amounts.restate(customers)).get(rule)
    if not best or spend is None:
        return past, None
    followed = FollowedAmounts(amounts, spend, errors[best], errors[0.0], len(past.days))
    return _gathered(ways[best], past.horizon_days, past.used), followed


def _gathered(past: tuple[PastDay, ...], horizon_days: int, used: str | None = None) -> Backtest:
    """All origins together, with intervals of the best method, or of the one that is used."""
    scores, money, failures = (
        pd.concat([getattr(day, part) for day in past], ignore_index=True) for part in ("scores", "revenue", "failures")
    )
    empty = money.iloc[:0]
    test = Backtest(scores, empty, empty, past[-1].customers, failures, horizon_days, past, used)
    test = replace(test, spending=_spending(money, test.best))
    if test.best_spend is not None:
        test = replace(test, revenue=money[money["spend"].isin([test.best_spend, ""])].reset_index(drop=True))
    return test.with_intervals(test.best or "")


def _together(rows: pd.DataFrame, by: str) -> pd.DataFrame:
    """Errors of all origins: predicted, actual, n, total_error and mae."""
    sums = rows.assign(mae=rows["mae"] * rows["n"]).groupby(by)[["predicted", "actual", "n", "mae"]].sum()
    error = (sums["predicted"] - sums["actual"]) / sums["actual"].where(sums["actual"] > 0)
    return sums.assign(total_error=error, mae=sums["mae"] / sums["n"])


def _spending(money: pd.DataFrame, method: str | None) -> pd.DataFrame:
    """Errors in money of each rule that could be fitted at every origin, with one model."""
    own = money[money["method"] == method]
    sizes = own.groupby("spend").size()
    rules = [rule for rule in SPEND if sizes.get(rule, 0) == own["origin"].nunique() > 0]
    return _together(own, "spend").loc[rules].reset_index()


def _joined(table: pd.DataFrame, ranges: Mapping[pd.Timestamp, Range], method: str) -> pd.DataFrame:
    """Intervals of `method` beside its errors."""
    rows = pd.DataFrame([{"origin": day, **range_} for day, range_ in ranges.items()], columns=["origin", *INTERVAL])
    rows = rows.astype({**INTERVAL, "origin": table["origin"].dtype}).assign(method=method)
    joined = table.drop(columns=[*INTERVAL, "covered"], errors="ignore").merge(
        rows, on=["origin", "method"], how="left"
    )
    inside = joined["actual"].between(joined["low"], joined["high"]).astype("object")
    return joined.assign(covered=inside.where(joined["low"].notna(), None))


def _origins(first: pd.Timestamp, last: pd.Timestamp, horizon: int, count: int) -> list[pd.Timestamp]:
    """Days to forecast from, the earliest first."""
    step = max(horizon // 2, 1)
    days = [last - pd.Timedelta(days=horizon + step * k) for k in range(count)]
    origins = [day for day in days if (day - first).days >= horizon / 2]
    if not origins:
        raise DataError(
            f"purchases from {first:%Y-%m-%d} to {last:%Y-%m-%d} are too few days to test a forecast of {horizon} "
            "days: half as many days are needed before it. Choose a shorter horizon."
        )
    return origins[::-1]
