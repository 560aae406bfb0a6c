"""Rolling-origin backtest: what the models would have said in the past, against what came and against no model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cxlib.clv.baselines import BASELINES, baseline_purchases
from cxlib.clv.beta_geo import BetaGeoModel
from cxlib.clv.gamma_gamma import GammaGammaModel
from cxlib.clv.intervals import draw_parameters, simulate
from cxlib.clv.model import PurchaseModel
from cxlib.clv.modified_beta_geo import ModifiedBetaGeoModel
from cxlib.clv.pareto_nbd import ParetoNBDModel
from cxlib.clv.rows import as_frame
from cxlib.clv.scoring import calibration_by_decile, calibration_by_frequency, score
from cxlib.errors import DataError, ParameterError, nearest
from cxlib.language import Count, Days, Decimal, Message, Percent, T
from cxlib.measures.result import Result

MODELS: dict[str, type[PurchaseModel]] = {
    "bg_nbd": BetaGeoModel,
    "mbg_nbd": ModifiedBetaGeoModel,
    "pareto_nbd": ParetoNBDModel,
}
TOLERATED = 0.01  # models whose average errors differ by less than this share count as equal


@dataclass(frozen=True)
class Backtest(Result):
    """Forecasts made at past days, scored by what came.

    Attributes
    ----------
    scores : DataFrame
        One row an origin and method: origin, method (a model's or baseline's key), is_model, predicted, actual,
        total_error (share), mae, correlation, n (customers), low, high (95% interval of the total), covered; the last
        three for models only.
    revenue : DataFrame
        The same without interval for net purchase amounts in cents, models and naive rate; empty where spend could not
        be fitted.
    customers : DataFrame
        Last origin: customer_id, frequency, actual, and one column a method.
    failures : DataFrame
        origin, method, why: fits that were refused.
    horizon_days : int
    """

    scores: pd.DataFrame
    revenue: pd.DataFrame
    customers: pd.DataFrame
    failures: pd.DataFrame
    horizon_days: int

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
        """The model to use: of those within 1% of the least average error of a customer, the best in total."""
        models = self.table[self.table["is_model"]]
        close = models[models["mae"] <= models["mae"].min() * (1 + TOLERATED)]
        return None if close.empty else str(close.iloc[int(np.argmin(close["total_error"].abs()))]["method"])

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
    runs = [_one(table, origin, _Settings(horizon_days, tuple(models), time_unit_days, draws, seed)) for origin in at]
    gather = [pd.concat([run[part] for run in runs], ignore_index=True) for part in ("scores", "revenue", "failures")]
    return Backtest(gather[0], gather[1], runs[-1]["customers"], gather[2], horizon_days)


@dataclass(frozen=True)
class _Settings:
    horizon_days: int
    models: tuple[str, ...]
    time_unit_days: float
    draws: int
    seed: int


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


def _one(table: pd.DataFrame, origin: pd.Timestamp, settings: _Settings) -> dict[str, pd.DataFrame]:
    """Everything at one origin."""
    from cxlib.data import purchase_summary  # brings ibis in, which a table of values does not need

    end = origin + pd.Timedelta(days=settings.horizon_days)
    summary = purchase_summary(table, calibration_end=origin, observation_end=end)
    actual = summary["frequency_holdout"].to_numpy(float)
    methods = baseline_purchases(table, summary, end=origin, horizon_days=settings.horizon_days)
    rows: list[dict[str, Any]] = []
    failures: list[dict[str, Any]] = []
    for name in settings.models:
        try:
            model = MODELS[name](time_unit_days=settings.time_unit_days).fit(summary)
            methods[name] = model.expected_purchases(summary, horizon_days=settings.horizon_days)
            rows.append({"method": name, **_interval(model, summary, settings, float(actual.sum()))})
        except (DataError, ParameterError) as error:
            failures.append({"origin": origin, "method": name, "why": str(error)})
    intervals = pd.DataFrame(rows, columns=["method", "low", "high", "covered"])
    scores = pd.DataFrame(
        [
            {"origin": origin, "method": m, "is_model": m in MODELS, **score(methods[m].to_numpy(float), actual)}
            for m in methods
        ]
    )
    people = summary[["customer_id", "frequency"]].assign(actual=actual).join(methods)
    return {
        "scores": scores.merge(intervals, on="method", how="left"),
        "revenue": _revenue(summary, methods, origin),
        "customers": people,
        "failures": pd.DataFrame(failures, columns=["origin", "method", "why"]),
    }


def _interval(model: PurchaseModel, summary: pd.DataFrame, settings: _Settings, actual: float) -> dict[str, Any]:
    drawn = draw_parameters(model, draws=settings.draws, seed=settings.seed)
    futures = simulate(summary, model, horizon_days=settings.horizon_days, parameters=drawn, seed=settings.seed + 1)
    low, high = futures.interval(0.95)
    return {"low": low, "high": high, "covered": low <= actual <= high}


def _revenue(summary: pd.DataFrame, methods: pd.DataFrame, origin: pd.Timestamp) -> pd.DataFrame:
    """Purchases x spend against the holdout's purchase amounts, in cents."""
    actual = summary["holdout_amount_cents"].to_numpy(float)
    try:
        spend = 100 * GammaGammaModel().fit(summary).expected_spend(summary).to_numpy(float)
    except (DataError, ParameterError):
        return pd.DataFrame(columns=["origin", "method", "is_model", *score(actual, actual)])
    bought = summary["frequency"].to_numpy(float) + 1
    own = (summary["first_amount_cents"] + summary["repeat_amount_cents"]).to_numpy(float) / bought
    rows = []
    for name in (m for m in methods if m in MODELS or m == "naive_rate"):
        price = spend if name in MODELS else own
        rows.append({"origin": origin, "method": name, "is_model": name in MODELS,
                     **score(methods[name].to_numpy(float) * price, actual)})  # fmt: skip
    return pd.DataFrame(rows)
