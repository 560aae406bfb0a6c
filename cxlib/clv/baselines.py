"""What anyone can compute without a model, which each forecast has to beat; and how far off a forecast was."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxlib.checks import Floats, require_columns
from cxlib.clv.models.rows import SUMMARY, column
from cxlib.clv.purchase_log import purchase_days
from cxlib.language import Days, Decimal, Message, Money, T, WordList
from cxlib.measures.result import Brief

BASELINES = WordList("forecasts without a model")
CLASSES = 10  # of equal size, by forecast
MOST_REPEATS = 7  # repeat purchases from which customers are one class


@dataclass(frozen=True, repr=False)
class SimpleFormula(Brief):
    """The simple formula of the field: average purchase x frequency x lifetime, one number for every customer.

    `mean_purchase_cents`: Average of a purchase day.
    `purchases_per_period`: Repeat purchase days of the last period, by customer.
    `lifetime_periods`: 1 / the share of the buyers of the period before that did not buy in the last (1 where nobody
        came back, infinite where nobody left).
    """

    mean_purchase_cents: float
    purchases_per_period: float
    lifetime_periods: float
    period_days: float

    @property
    def value_cents(self) -> float:
        """Revenue of a customer over the lifetime, in cents; no customer differs from another."""
        return self.mean_purchase_cents * self.purchases_per_period * self.lifetime_periods

    def sentence(self, currency: str) -> Message | None:
        """What the formula says of a customer; None where it has no answer."""
        if not np.isfinite(self.value_cents) or self.value_cents <= 0:
            return None
        return T(
            "The simple formula of the field says {value} of revenue for every customer alike: {purchase} a purchase, "
            "{n} repeat purchases in {days}, and a lifetime of {lifetime}",
            value=Money(self.value_cents, currency=currency),
            purchase=Money(self.mean_purchase_cents, currency=currency),
            n=Decimal(self.purchases_per_period, digits=2),
            days=Days(self.period_days),
            lifetime=Days(round(self.lifetime_periods * self.period_days)),
        )


def baseline_purchases(
    bought: pd.DataFrame, summary: pd.DataFrame, *, end: pd.Timestamp, horizon_days: int
) -> pd.DataFrame:
    """Purchases that each baseline expects of each customer in the `horizon_days` after `end`; later rows play no part.

    `bought` holds the `purchase_days`. Columns: naive_rate (frequency / T x horizon, 0 where T is 0), last_period
    (repeat purchase days of the last `horizon_days`), simple_formula (their mean, for everybody, while the formula's
    lifetime lasts); rows as in `summary`.
    """
    x, T_days = column(summary, "frequency"), column(summary, "T")
    rate = np.divide(x, T_days, out=np.zeros(len(x)), where=T_days > 0)
    last = _last_period(bought, summary, end=end, days=horizon_days)
    return pd.DataFrame(
        {"naive_rate": rate * horizon_days, "last_period": last, "simple_formula": float(last.mean())},
        index=summary.index,
    )


def simple_formula(
    transactions: pd.DataFrame, summary: pd.DataFrame, *, end: pd.Timestamp, period_days: int = 365
) -> SimpleFormula:
    """Fit the simple formula to the `period_days` before `end` and the period before those.

    `summary` is the `purchase_summary` of the canonical `transactions` up to `end`.
    """
    require_columns(summary, ("frequency", "first_amount_cents", "repeat_amount_cents"), what=SUMMARY)
    bought, period = purchase_days(transactions), pd.Timedelta(days=period_days)
    last = _last_period(bought, summary, end=end, days=period_days)
    before = _frequency_before(bought, summary, end=end - period)
    earlier = _frequency_before(bought, summary, end=end - 2 * period)
    old = (before > np.maximum(earlier, -1)) & (before >= 0)
    left = float((last[old] == 0).mean()) if old.any() else np.nan
    spent = float(summary["first_amount_cents"].sum() + summary["repeat_amount_cents"].sum())
    lifetime = np.nan if not np.isfinite(left) else (np.inf if left == 0 else 1 / left)
    return SimpleFormula(spent / float((summary["frequency"] + 1).sum()), float(last.mean()), lifetime, period_days)


def _last_period(bought: pd.DataFrame, summary: pd.DataFrame, *, end: pd.Timestamp, days: int) -> Floats:
    before = _frequency_before(bought, summary, end=end - pd.Timedelta(days=days))
    return column(summary, "frequency") - np.maximum(before, 0)


def _frequency_before(bought: pd.DataFrame, summary: pd.DataFrame, *, end: pd.Timestamp) -> Floats:
    """Repeat purchase days up to `end`; -1 for customers who had not bought yet."""
    days = bought.loc[bought["day"] <= end, "customer_id"].value_counts()
    return np.asarray(days.reindex(summary["customer_id"]).fillna(0).to_numpy(float)) - 1


def score(predicted: Floats, actual: Floats) -> dict[str, float]:
    """Errors of a forecast, all customers together and each by itself.

    predicted and actual are sums, total_error their difference as a share of actual (NaN where that is 0), mae the mean
    absolute error of a customer, correlation NaN where one side does not vary.

    >>> errors = score(np.array([1.0, 2.0]), np.array([1.0, 3.0]))
    >>> errors["total_error"], errors["mae"]
    (-0.25, 0.5)
    """
    forecast, came = float(predicted.sum()), float(actual.sum())
    vary = len(actual) > 1 and np.ptp(predicted) > 0 and np.ptp(actual) > 0
    return {
        "predicted": forecast,
        "actual": came,
        "total_error": (forecast - came) / came if came else np.nan,
        "mae": float(np.abs(predicted - actual).mean()),
        "correlation": float(np.corrcoef(predicted, actual)[0, 1]) if vary else np.nan,
        "n": len(actual),
    }


def calibration_by_decile(predicted: Floats, actual: Floats) -> pd.DataFrame:
    """Mean forecast and mean outcome of customers sorted by forecast into classes of equal size.

    Columns: bin (1 is the lowest forecast), customers, predicted, actual, low, high (95%, normal, of the mean outcome).
    Customers with equal forecasts share a class, the lower one.
    """
    below = np.searchsorted(np.sort(predicted), predicted, side="left") / max(len(predicted), 1)
    return _by_class(np.minimum((below * CLASSES).astype(int), CLASSES - 1) + 1, predicted, actual, "bin")


def calibration_by_frequency(frequency: Floats, predicted: Floats, actual: Floats) -> pd.DataFrame:
    """The same by repeat purchases so far: 0, 1 ... and 7 or more (column frequency)."""
    return _by_class(np.minimum(frequency, MOST_REPEATS).astype(int), predicted, actual, "frequency")


def _by_class(classes: Floats, predicted: Floats, actual: Floats, name: str) -> pd.DataFrame:
    by = pd.DataFrame({name: classes, "predicted": predicted, "actual": actual}).groupby(name)
    means = by.mean().assign(customers=by.size())
    half = 1.96 * by["actual"].std(ddof=1) / np.sqrt(means["customers"])
    means = means.assign(low=(means["actual"] - half).clip(lower=0), high=means["actual"] + half).reset_index()
    return means[[name, "customers", "predicted", "actual", "low", "high"]]
