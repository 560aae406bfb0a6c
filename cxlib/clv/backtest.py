"""Rolling-origin backtest: what the models would have said in the past, against what came and against no model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from cxlib.checks import Floats
from cxlib.clv.baselines import BASELINES
from cxlib.clv.models.days import purchase_days
from cxlib.clv.models.rows import as_frame
from cxlib.clv.past_days import MODELS, SPEND, PastDay, Settings, look_back
from cxlib.clv.scoring import calibration_by_decile, calibration_by_frequency
from cxlib.clv.widening import Widening
from cxlib.errors import DataError, ParameterError, nearest
from cxlib.language import Count, Days, Decimal, Message, Percent, T
from cxlib.measures.result import Result

TOLERATED = 0.01  # models whose average errors differ by less than this share count as equal


@dataclass(frozen=True)
class Backtest(Result):
    """Forecasts made at past days, scored by what came.

    Attributes
    ----------
    scores : DataFrame
        One row an origin and method: origin, method (a model's or baseline's key), is_model, predicted, actual,
        total_error (share), mae, correlation, n (customers), low, high (95% interval of the total by chance and
        parameters alone), chance (its relative spread), covered; the last four for the method that `with_intervals`
        was asked for only, at first the best.
    revenue : DataFrame
        The same for net purchase amounts in cents, models with the best rule of spend and naive rate; empty where spend
        could not be fitted.
    spending : DataFrame
        Rules of spend with the best model: spend, predicted, actual, n, total_error, mae over all origins.
    customers : DataFrame
        Last origin: customer_id, frequency, actual, and one column a method.
    failures : DataFrame
        origin, method, why: fits that were refused.
    horizon_days : int
    days : tuple of PastDay
        What was fitted at each origin.
    """

    scores: pd.DataFrame
    revenue: pd.DataFrame
    spending: pd.DataFrame
    customers: pd.DataFrame
    failures: pd.DataFrame
    horizon_days: int
    days: tuple[PastDay, ...]

    @property
    def table(self) -> pd.DataFrame:
        """All origins together, sorted by mae.

        Columns: method, predicted, actual, n, total_error, mae, correlation (averaged over origins), is_model.
        """
        by = self.scores.groupby("method")
        sums = by[["predicted", "actual", "n"]].sum()
        weighted = self.scores.assign(mae=self.scores["mae"] * self.scores["n"]).groupby("method")["mae"].sum()
        found = sums.assign(
            total_error=(sums["predicted"] - sums["actual"]) / sums["actual"].where(sums["actual"] > 0),
            mae=weighted / sums["n"],
            correlation=by["correlation"].mean(),
            is_model=by["is_model"].first(),
        )
        return found.sort_values(["mae", "is_model"], ascending=[True, False]).reset_index()

    @property
    def best(self) -> str | None:
        """The model to use: of those within 1% of the least average error of a customer, the best in total.

        Only models that could be fitted at every origin count; where there is none, those that could at some.
        """
        models = self.table[self.table["is_model"]]
        return _least_error(models[models["n"] == models["n"].max()], "method")

    @property
    def best_spend(self) -> str | None:
        """The rule of spend to use, by the same rule: "repeat" or "all"; None where no spend could be fitted."""
        return _least_error(self.spending, "spend")

    def with_intervals(self, method: str) -> Backtest:
        """The same with simulated intervals of totals for `method`."""
        known: Any = [day.chance(method, self.best_spend) for day in self.days]
        known = [one for one in known if one is not None]
        scores, revenue = (
            _joined(table, [{"origin": one["origin"], **one[part]} for one in known if one[part]], method)
            for table, part in ((self.scores, "purchases"), (self.revenue, "money"))
        )
        return replace(self, scores=scores, revenue=revenue)

    def widening(self, method: str) -> Widening:
        """Errors of past totals of `method` beside chance, for intervals that hold them; needs its intervals."""
        bought, spent = (table[table["method"] == method] for table in (self.scores, self.revenue))
        return Widening.learn(bought, spent, horizon_days=self.horizon_days)

    def spending_errors(self, method: str) -> Floats:
        """Of past totals of `method`: log(came / forecast) of the amount a purchase, by origin."""
        bought, spent = (table[table["method"] == method].set_index("origin") for table in (self.scores, self.revenue))
        ratio = (spent["actual"] / spent["predicted"]) / (bought["actual"] / bought["predicted"])
        ratio = ratio[np.isfinite(ratio) & (ratio > 0)]
        return np.asarray(np.log(ratio.to_numpy(float)))

    @property
    def beats_naive(self) -> bool:
        """Whether the best model errs less by customer than every baseline, and in total than the worst of them."""
        if self.best is None:
            return False
        table = self.table.set_index("method")
        best, rivals = table.loc[self.best], table[~table["is_model"]]
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
        if self.best is None or self.warning is not None:
            return self.warning or T("No model could be fitted to the past, so there is no forecast to rely on")
        table: Any = self.table.set_index("method")
        best, naive = table.loc[self.best], table.loc["naive_rate"]
        return T(
            "Forecasts of {days} made in the past were off by {error} in total and {mae} purchases a customer; going "
            "on at the rate so far would have been off by {naive_error} and {naive_mae} ({n} forecasts)",
            days=Days(self.horizon_days),
            error=Percent(float(best["total_error"]), signed=True),
            mae=Decimal(float(best["mae"]), digits=2),
            naive_error=Percent(float(naive["total_error"]), signed=True),
            naive_mae=Decimal(float(naive["mae"]), digits=2),
            n=Count(int(best["n"])),
        )

    @property
    def summary(self) -> pd.DataFrame:
        """`table` for a reader."""
        table = self.table
        return pd.DataFrame(
            {
                "method": [BASELINES.get(m, MODELS[m].name if m in MODELS else m) for m in table["method"]],
                "predicted": [Count(round(v)) for v in table["predicted"]],
                "actual": [Count(round(v)) for v in table["actual"]],
                "total error": [Percent(v, signed=True) for v in table["total_error"]],
                "average error of a customer": [Decimal(v, digits=3) for v in table["mae"]],
                "correlation": [Decimal(v, digits=2) for v in table["correlation"]],
            }
        )

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
    transactions: Any,
    *,
    horizon_days: int,
    end: Any = None,
    origins: int = 3,
    step_days: int | None = None,
    models: Sequence[str] = tuple(MODELS),
    time_unit_days: float = 7,
    draws: int = 300,
    seed: int = 0,
) -> Backtest:
    """Forecast from several past days, with what was known then, and score by what came.

    Parameters
    ----------
    transactions : DataFrame
        Canonical transactions: customer_id, day, amount_cents.
    horizon_days : int
        How far each forecast looks.
    end : date, optional
        Last day that is known; by default the last in the table.
    origins : int
        Days to forecast from: the last is `horizon_days` before `end`, the others `step_days` apart before it. Those
        with less than half a horizon of history, or no holdout purchase, are left out.
    step_days : int, optional
        By default half a horizon.
    models : sequence of str
        Of bg_nbd, mbg_nbd, pareto_nbd.
    time_unit_days, draws, seed
        Of the models; simulated futures behind the intervals of totals.

    Raises
    ------
    DataError
        The history is too short for a single origin.
    ParameterError
        A setting cannot be meant.
    """
    if horizon_days < 1 or origins < 1:
        raise ParameterError(f"horizon_days={horizon_days} and origins={origins} must both be 1 or more.")
    for name in models:
        if name not in MODELS:
            raise ParameterError(f"there is no model {name!r}. {nearest(name, MODELS)}")
    table = as_frame(transactions, ("customer_id", "day", "amount_cents"), made_by="transactions")
    days = pd.to_datetime(table["day"])
    last = days.max() if end is None else pd.Timestamp(end)
    at = _origins(days.min(), last, horizon_days, origins, step_days or max(horizon_days // 2, 1))
    settings = Settings(horizon_days, tuple(models), time_unit_days, draws, seed)
    bought, looked = purchase_days(table), list[PastDay]()
    for day in at:
        looked.append(look_back(table, bought, day, settings, looked[-1] if looked else None))
    return _gathered(tuple(looked), horizon_days)


def _gathered(looked: tuple[PastDay, ...], horizon_days: int) -> Backtest:
    """All origins together, with intervals of the best method."""
    scores, money, failures = (
        pd.concat([getattr(day, part) for day in looked], ignore_index=True)
        for part in ("scores", "revenue", "failures")
    )
    empty = money.iloc[:0]
    found = Backtest(scores, empty, empty, looked[-1].customers, failures, horizon_days, looked)
    found = replace(found, spending=_spending(money, found.best))
    if found.best_spend is not None:
        found = replace(found, revenue=money[money["spend"].isin([found.best_spend, ""])].reset_index(drop=True))
    return found.with_intervals(found.best or "")


def _spending(money: pd.DataFrame, method: str | None) -> pd.DataFrame:
    """Errors in money of each rule that could be fitted at every origin, with one model."""
    own = money[money["method"] == method]
    by = own.assign(whole=own["mae"] * own["n"]).groupby("spend")
    sums = by[["predicted", "actual", "n", "whole"]].sum()[by.size() == own["origin"].nunique()]
    found = sums.assign(
        total_error=(sums["predicted"] - sums["actual"]) / sums["actual"].where(sums["actual"] > 0),
        mae=sums["whole"] / sums["n"],
    )
    return found.drop(columns="whole").loc[[rule for rule in SPEND if rule in found.index]].reset_index()


def _least_error(rows: pd.DataFrame, name: str) -> str | None:
    """Of those within 1% of the least average error, the one with the least total error."""
    close = rows[rows["mae"] <= rows["mae"].min() * (1 + TOLERATED)]
    return None if close.empty else str(close.iloc[int(np.argmin(close["total_error"].abs()))][name])


def _joined(table: pd.DataFrame, rows: list[dict[str, Any]], method: str) -> pd.DataFrame:
    """Intervals of `method` beside its errors."""
    kinds = {"low": float, "high": float, "chance": float}
    found = pd.DataFrame(rows, columns=["origin", *kinds]).astype(kinds).assign(method=method)
    bare = table.drop(columns=["low", "high", "chance", "covered"], errors="ignore")
    joined = bare.merge(found.astype({"origin": bare["origin"].dtype}), on=["origin", "method"], how="left")
    inside = joined["actual"].between(joined["low"], joined["high"]).astype("object")
    return joined.assign(covered=inside.where(joined["low"].notna(), None))


def _origins(first: pd.Timestamp, last: pd.Timestamp, horizon: int, count: int, step: int) -> list[pd.Timestamp]:
    latest = last - pd.Timedelta(days=horizon)
    found = [latest - pd.Timedelta(days=step * k) for k in range(count)]
    kept = [origin for origin in found if (origin - first).days >= horizon / 2]
    if not kept:
        raise DataError(
            f"purchases from {first:%Y-%m-%d} to {last:%Y-%m-%d} are too few days to test a forecast of {horizon} "
            "days: half as many days are needed before it. Choose a shorter horizon."
        )
    return kept[::-1]
