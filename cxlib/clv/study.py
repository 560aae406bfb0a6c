"""Everything that can be said of a company's customers, and in plain words what cannot be said and why.

`study_customers` tests and fits models once and turns them into money; `CustomerStudy.with_rules` changes what a
purchase is worth without fitting again. A forecast is made only where the models have been tested on the past and did
better there than guesses without them.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import pandas as pd

from cxlib.clv.assumptions import Assumptions, check_assumptions
from cxlib.clv.chances import COLUMN as SOON
from cxlib.clv.change import COLUMNS, FittedRun, ValueChange, explain_change
from cxlib.clv.choice import FittedModels
from cxlib.clv.economics import Acquisition, acquisition_economics
from cxlib.clv.fits import CustomerData, CustomerFits, CustomerQuestion, fit_customers
from cxlib.clv.intervals import Widening
from cxlib.clv.levels import LevelForecast, forecast_level
from cxlib.clv.memberships import MembershipStudy, study_memberships
from cxlib.clv.models.regular import RegularGeoModel
from cxlib.clv.purchase_log import YEAR, LevelQuestion, purchase_days
from cxlib.clv.value import (
    CENTS,
    Forecast,
    RevenuePath,
    ValueRules,
    forecast,
    forecast_again,
    refund_share,
    revenue_path,
    value_of_a_new_customer,
)
from cxlib.data import doubt_starts
from cxlib.errors import DataError
from cxlib.language import Message
from cxlib.measures.result import NO_AMOUNTS, Result, in_units

PARTS_OF_PATH = 4  # days to which revenue is forecast, evenly spread over the horizon
ENDLESS_DAYS = 3650.0  # how long a history is asked for where the horizon is endless


@dataclass(frozen=True, repr=False)
class CustomerStudy(Result, CustomerFits):
    """What is known of customers' value, and the limits of it: the fits, and what they mean in money.

    `path`: These two are None where there is a reason not to forecast.
    `widening`: How much wider than chance the intervals of totals are.
    `level`: Purchases of all customers within the horizon (of a year where it is endless): the forecast is brought to
        it. None where nothing is forecast.
    """

    inside = ("customers", "export", "act_first")

    rules: ValueRules
    assumptions: Assumptions
    forecast: Forecast | None
    path: RevenuePath | None
    widening: Widening | None
    level: LevelForecast | None

    def with_rules(self, rules: ValueRules) -> CustomerStudy:
        """The same models, with another margin or discount rate (at once) or horizon (futures are simulated anew)."""
        if self.forecast is not None and self.path is not None and self.fitted is not None:
            rules = replace(rules, refund_share=self.rules.refund_share)
            if replace(rules, margin=self.rules.margin) == self.rules:
                value: Forecast | None = self.forecast.at_margin(rules.margin)
            else:
                models, wide = self.fitted, self.widening
                value = forecast_again(self.forecast, self.customers, models, rules=rules, widening=wide)
            if value is not None:
                worth = value_of_a_new_customer(self.customers, self.fitted, rules)
                path = replace(self.path, new_value_cents=worth)
                return replace(self, rules=rules, forecast=value, path=path)
        is_same = self.level is not None and self.level.question.horizon_days == _level_days(rules)
        return _valued(self, rules, self.level if is_same else None)

    @property
    def forecast_models(self) -> FittedModels | None:
        """What was fitted, with the factor that brings it to the level; None without a forecast."""
        factor = 1.0 if self.widening is None else self.widening.factor
        return self.fitted and replace(self.fitted, factor=factor, horizon_days=self.rules.horizon_days)

    @property
    def last_state(self) -> FittedRun | None:
        """What this run leaves for the next; None without a forecast."""
        return None if self.forecast_models is None else FittedRun(self.customers, self.forecast_models, self.currency)

    def change(self) -> ValueChange | None:
        """Why the value is not what the last run said; None without a forecast or an earlier run in this currency."""
        before = self.data.last_run
        if self.last_state is None or before is None or before.currency != self.currency:
            return None
        return explain_change(before, self.last_state, self.rules)

    @property
    def doubted_memberships(self) -> Message | None:
        """Why the days on which memberships began are not to be trusted; None where nothing speaks for it."""
        members = self.data.memberships
        if members is None or not {"customer_id", "started_on", "ended_on"} <= set(members):
            return None
        ended = pd.to_datetime(members["ended_on"]) <= pd.Timestamp(self.end)
        first = self.data.transactions.groupby("customer_id")["day"].min()
        return doubt_starts(members[["customer_id", "started_on"]].assign(ended=ended), first)

    def renewals(self) -> MembershipStudy | None:
        """Memberships by plan; None where there are none that can be forecast."""
        if self.data.memberships is None or self.doubted_memberships is not None:
            return None
        return study_memberships(
            self.data.memberships, as_of=self.end, question=self.question, rules=self.rules, currency=self.currency
        )

    def acquisition(self, by: str) -> Acquisition:
        """What customers cost and return, by a column of `people`; a DataError where that is not known."""
        if self.forecast is None:
            raise DataError("there is no forecast, so cost cannot be compared with value.")
        people, rows, asked = self.data.people, self.data.transactions, self.question
        return acquisition_economics(
            self.forecast, people, rows, end=self.end, by=by, draws=asked.draws, seed=asked.seed
        )

    @property
    def export(self) -> pd.DataFrame:
        """One row a customer: what the models saw, the forecast where there is one, and the currency of its amounts.

        With a forecast the customers who hold half of the value to come are marked in `act_first` and stand first.
        `buys_within_30_days` is there where such chances were near what came (`soon`).
        """
        table = self.customers[list(COLUMNS)].assign(currency=self.currency)
        if self.chosen is not None and self.soon is not None and self.soon.is_told:
            table[SOON] = self.soon.of(self.chosen, self.customers)
        if not self.has_amounts:
            return self._in_purchases(table.drop(columns=["currency", *CENTS], errors="ignore"))
        if self.forecast is None:
            return table
        table = table.merge(self.forecast.customers, on="customer_id")
        table = table.sort_values(["residual_value_cents", "customer_id"], ascending=[False, True], ignore_index=True)
        return table.assign(act_first=table.index < self.forecast.concentration.half_customers)

    def _in_purchases(self, table: pd.DataFrame) -> pd.DataFrame:
        """With what is expected of each customer, the most first, where a number of purchases is forecast."""
        if self.level is None or self.chosen is None:
            return table
        days = self.level.question.horizon_days
        expected = self.chosen.expected_purchases(self.customers, horizon_days=days).to_numpy(float)
        factor = self.level.value / expected.sum() if expected.sum() else 1.0
        alive = self.chosen.p_alive(self.customers).to_numpy(float)
        table = table.assign(p_alive=alive, expected_purchases=expected * factor)
        return table.sort_values(["expected_purchases", "customer_id"], ascending=[False, True], ignore_index=True)

    @property
    def frame(self) -> pd.DataFrame:
        """The DataFrame to go on with: `export` in units of the currency, and what is known of each customer."""
        known = self.data.people.drop(columns=["source", "row"], errors="ignore")
        table = self.export.merge(known, on="customer_id", how="left")
        if not self.has_amounts:
            return table.assign(repeat_amount=table["frequency"], currency="")
        return in_units(table, self.currency)

    @property
    def act_first(self) -> pd.DataFrame | None:
        """Of `export` the customers to look after first; None without a forecast."""
        return None if self.forecast is None else self.export.query("act_first").drop(columns="act_first")

    @property
    def face(self) -> pd.DataFrame:
        """The forecast's totals; without one, what has been."""
        return self.reconciliation.face if self.forecast is None else self.forecast.face

    @property
    def headline(self) -> Message:
        """The forecast, or the first reason why there is none."""
        return self.limits[0] if self.forecast is None else self.forecast.headline


def study_customers(
    data: CustomerData, question: CustomerQuestion | None = None, *, rules: ValueRules | None = None
) -> CustomerStudy:
    """Test, choose and fit models and forecast with them; say why where that cannot be done.

    `rules`: Margin, rate and horizon; its `refund_share` is set by the question's `refunds`.
    Raises DataError: the table lacks a column or has no row up to the last day that counts.

    >>> rows = pd.DataFrame({"customer_id": ["a", "b"], "day": pd.to_datetime(["2026-01-05", "2026-02-01"]),
    ...                      "amount_cents": [900, 1200]})
    >>> study = study_customers(CustomerData(rows, currency="GBP"))
    >>> str(study.headline)
    'Nobody has bought on two days yet, so nothing can be learned about who comes back. There is no forecast'
    """
    return _valued(fit_customers(data, question or CustomerQuestion()), rules or ValueRules())


def _valued(fits: CustomerFits, rules: ValueRules, level: LevelForecast | None = None) -> CustomerStudy:
    """What the fits mean in money; a `level` for the same days is not forecast again."""
    question, customers, rows = fits.question, fits.customers, fits.data.transactions
    rules = replace(rules, refund_share=refund_share(customers) if question.refunds == "as_before" else 0.0)
    value = path = None
    wide = None if fits.past is None or fits.choice is None else fits.past.widening(fits.choice.chosen)
    if fits.fitted is not None or (fits.limits == (NO_AMOUNTS,) and fits.chosen is not None):
        asked = LevelQuestion("purchases", _level_days(rules))
        level = level or forecast_level(purchase_days(rows), asked, as_of=fits.end.date())
        if level is not None and level.doubt is not None:
            fits, level = replace(fits, limits=(level.doubt, *fits.limits)), None
    if fits.fitted is not None:
        wide = _at_level(fits, wide, level)
        value = forecast(
            customers,
            fits.fitted,
            rules=rules,
            widening=wide,
            currency=fits.currency,
            draws=question.draws,
            seed=question.seed,
        )
        path = revenue_path(
            customers,
            fits.fitted,
            _days_of_path(rules),
            rules=rules,
            widening=wide,
            new_customers_per_30_days=question.new_customers_per_30_days,
            draws=max(question.draws // 2, 2),
            seed=question.seed,
        )
        path = replace(path, currency=fits.currency)
    far, follows = rules.horizon_days or ENDLESS_DAYS, fits.followed is not None
    return CustomerStudy(
        **{part.name: getattr(fits, part.name) for part in fields(CustomerFits)},
        rules=rules,
        assumptions=check_assumptions(
            rows,
            customers,
            horizon_days=far,
            spend=fits.spend,
            follows=follows,
            breaks=fits.breaks,
            has_amounts=fits.has_amounts,
            in_rhythm=isinstance(fits.chosen, RegularGeoModel),
        ),
        forecast=value,
        path=path,
        widening=wide,
        level=level,
    )


def _at_level(fits: CustomerFits, wide: Widening | None, level: LevelForecast | None) -> Widening | None:
    """How totals are moved to a level and how wide their intervals are; without a level as past errors ask."""
    if wide is None or level is None or fits.chosen is None or fits.past is None or fits.choice is None:
        return wide
    days = level.question.horizon_days
    expected = float(fits.chosen.expected_purchases(fits.customers, horizon_days=days).sum())
    return wide.at_level(level, expected, fits.past.spending_errors(fits.choice.chosen)) if expected else wide


def _level_days(rules: ValueRules) -> int:
    return round(rules.horizon_days or YEAR)


def _days_of_path(rules: ValueRules) -> list[int]:
    horizon = rules.horizon_days or YEAR
    return sorted({max(round(horizon * k / PARTS_OF_PATH), 1) for k in range(1, PARTS_OF_PATH + 1)})
