"""What is known and asked of customers; what could be tested and fitted, and in plain words why the rest could not.

What attributes of customers go along with, and whether knowing them would have made past forecasts better.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from cxlib.checks import check_days, check_draws, read_day, require_columns
from cxlib.clv.assumptions import REGULAR, regularity
from cxlib.clv.backtest import Backtest, PastDay, Tracking, backtest, follow_amounts
from cxlib.clv.baselines import SimpleFormula, score, simple_formula
from cxlib.clv.chances import SoonChances, soon_chances, typical_lives
from cxlib.clv.change import FittedRun
from cxlib.clv.choice import (
    MODELS,
    TOLERATED,
    FittedModels,
    ModelChoice,
    check_models,
    choose_model,
    fit_spends,
    why_no_mean,
)
from cxlib.clv.models.base import FEWEST, PurchaseModel
from cxlib.clv.models.covariates import CovariateModel
from cxlib.clv.models.gamma_gamma import GammaGammaModel
from cxlib.clv.purchase_log import YEAR, purchase_days
from cxlib.clv.trends import FollowedAmounts
from cxlib.clv.value import Reconciliation, reconcile, whole_sum
from cxlib.data import Workspace
from cxlib.errors import DataError, ParameterError, nearest
from cxlib.language import Count, Days, Decimal, Message, Percent, T, column_name, join_names
from cxlib.measures.result import NO_AMOUNTS, Brief

if TYPE_CHECKING:
    from cxlib.data import Break

TESTED = 2  # of the past days, the last ones


@dataclass(frozen=True, repr=False)
class AttributeStudy(Brief):
    """Associations with attributes, and past errors with and without them.

    `model`: The chosen kind of model, fitted to all customers with their attributes.
    `associations`: As of the model: part, attribute, ratio, low, high.
    `errors`: By past day: mae with attributes, mae_without, n.
    """

    model: CovariateModel
    associations: pd.DataFrame
    errors: pd.DataFrame
    columns: tuple[str, ...]

    @property
    def references(self) -> tuple[str, ...]:
        """The most frequent kind by each column of levels, with which the others are compared."""
        parts = self.model._designs[0].attributes
        return tuple(f"{part.column}={part.reference}" for part in parts if part.levels)

    @property
    def headline(self) -> Message:
        """Whether knowing the attributes would have lowered the average error by a hundredth or more."""
        n = self.errors["n"].to_numpy(float)
        mae, without = (float(np.average(self.errors[name], weights=n)) for name in ("mae", "mae_without"))
        values = {
            "columns": join_names([column_name(name) for name in self.columns]),
            "model": self.model.name,
            "mae": Decimal(mae, digits=3),
            "without": Decimal(without, digits=3),
            "change": Percent(mae / without - 1, signed=True),
        }
        if mae < without * (1 - TOLERATED):
            return T(
                "Knowing {columns}, {model} would have erred by {mae} purchases a customer in the past, {without} "
                "without ({change}): that is worth using in a forecast from Python; the one on this page does without",
                **values,
            )
        return T(
            "Knowing {columns}, {model} would have erred by {mae} purchases a customer in the past, {without} without "
            "({change}): too little to matter, so the forecast does without",
            **values,
        )


def study_attributes(
    past: Backtest, chosen: str, customers: pd.DataFrame, people: pd.DataFrame, columns: Sequence[str]
) -> AttributeStudy:
    """Fit the `chosen` model with attributes of customers, today and on the last two past days of the test.

    `people`: One row a customer: customer_id and `columns`; customers who are missing have unknown attributes.
    """
    kind = MODELS[chosen]
    if not issubclass(kind, CovariateModel):
        raise DataError(f"{kind.name} takes no attributes, so there is nothing to compare with.")
    require_columns(people, ("customer_id", *columns), what="the table of customers")
    own = people[["customer_id", *columns]].drop_duplicates("customer_id")
    model = kind(covariates=columns).fit(_join(customers, own))
    rows = [_past_errors(day, chosen, model, own) for day in past.days[-TESTED:]]
    errors = pd.DataFrame([row for row in rows if row is not None])
    if errors.empty:
        raise DataError("no past day has enough customers to fit a model with attributes. Choose fewer of them.")
    return AttributeStudy(model, model.associations, errors, tuple(columns))


def _past_errors(day: PastDay, method: str, like: CovariateModel, people: pd.DataFrame) -> dict[str, float] | None:
    """Errors at a past day with and without attributes; None where either could not be fitted."""
    if method not in day.models:
        return None
    table = _join(day.summary, people)
    try:
        model = type(like)(time_unit_days=like.time_unit_days, covariates=like.covariates).fit(table)
    except DataError:
        return None
    actual = table["frequency_holdout"].to_numpy(float)
    expected = model.expected_purchases(table, horizon_days=day.settings.horizon_days).to_numpy(float)
    with_them, without = (score(way, actual) for way in (expected, day.methods[method].to_numpy(float)))
    return {"mae": with_them["mae"], "mae_without": without["mae"], "n": without["n"]}


def _join(summary: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    return summary.merge(people, on="customer_id", how="left", validate="one_to_one")


REFUNDS = ("as_before", "none")
ENGINES = ("likelihood", "bayes")
NOBODY_LEFT = 0.99  # share of customers still there, past which no leaving was seen


@dataclass(frozen=True, repr=False)
class CustomerQuestion(Brief):
    """What is asked of customers and how it is tested.

    `observation_end`: Last day that counts; empty: the last in the data.
    `refunds`: "as_before": the same share of future purchases is refunded as of past ones; "none": nothing is.
    `tested_days`, `origins`, `models`: Of the `backtest`; only these models are fitted.
    `engine`: "likelihood"; "bayes": the chosen model's parameters are sampled by PyMC-Marketing where it is installed.
    `new_customers_per_30_days`: Planned, for revenue ahead.
    `renewal_days`: Plan of memberships -> days between its renewals; a month for plans not named.
    `ends_on`, `observed_from`: What ended_on is, and the first day on which an end can be seen (`study_memberships`);
        empty: guessed.
    `draws`, `seed`: Simulated futures behind the intervals, half of them for revenue ahead and an eighth for the
        backtest.
    Raises ParameterError: a setting cannot be meant.

    >>> CustomerQuestion(tested_days=90, renewal_days={"annual": 365}).origins
    3
    """

    observation_end: str = ""
    refunds: str = "as_before"
    tested_days: int = 182
    origins: int = 3
    models: Sequence[str] = tuple(MODELS)
    engine: str = "likelihood"
    new_customers_per_30_days: float = 0.0
    renewal_days: Mapping[str, float] = field(default_factory=dict)
    ends_on: str = ""
    observed_from: str = ""
    draws: int = 200
    seed: int = 0

    def __post_init__(self) -> None:
        if self.refunds not in REFUNDS:
            remedy = nearest(self.refunds, REFUNDS)
            raise ParameterError(f"refunds={self.refunds!r} is no way to treat refunds. {remedy}")
        if self.engine not in ENGINES:
            raise ParameterError(f"there is no engine {self.engine!r}. {nearest(self.engine, ENGINES)}")
        check_models(self.models)
        check_draws(self.draws, self.seed)
        for plan, days in self.renewal_days.items():
            if isinstance(days, str | bool):
                raise ParameterError(f"renewal_days: {plan!r} is {days!r}. Write a number, as 365.")
        check_days("tested_days", self.tested_days)


def _nobody() -> pd.DataFrame:
    return pd.DataFrame({"customer_id": pd.Series(dtype="str")})


@dataclass(frozen=True, repr=False)
class CustomerData(Brief):
    """What is known of customers.

    `transactions`: Canonical transactions: customer_id, day, amount_cents.
    `people`: One row a customer: customer_id, and what is known of them but for `personal` columns.
    `has_amounts`: Whether amounts are known; without them no value is forecast, but how many purchases are to come.
    `last_run`: What an earlier run left (`read_run`).
    `as_of`: The last day that rows may be of.
    `personal`: Columns of customers that name persons: nothing is shown by them.
    `one_customer`: Ids that are no till, however often they buy. `trials`: That free ones are left out, where any are.
    `paid_among_purchases`: Whether most members' prices stand among the transactions.

    >>> sales = pd.DataFrame({"customer_id": ["a"], "at": ["2026-01-05"], "amount": ["3"]})
    >>> shop = Workspace.from_frames({"transactions": sales}, currency="GBP", time_zone="UTC")
    >>> gather_customers(shop).transactions["amount_cents"].tolist()
    [300]
    """

    inside = ("transactions", "people", "memberships")

    transactions: pd.DataFrame
    people: pd.DataFrame = field(default_factory=_nobody)
    memberships: pd.DataFrame | None = None
    currency: str = ""
    has_amounts: bool = True
    last_run: FittedRun | None = None
    as_of: dt.date | None = None
    personal: Collection[str] = ()
    paid_among_purchases: bool = False
    one_customer: Collection[str] = ()
    trials: Message | None = None

    def until(self, day: str) -> tuple[CustomerData, pd.Timestamp]:
        """Without transactions after a day (empty: the last one), and that day."""
        columns = ["customer_id", "day", "amount_cents"]
        days = pd.to_datetime(require_columns(self.transactions, columns, what="the table of transactions")["day"])
        end = pd.Timestamp(read_day(day, name="observation_end", last=self.as_of)) if day else days.max()
        rows = self.transactions.loc[days <= end, columns]
        if rows.empty:
            raise DataError(f"there is no transaction up to {end:%Y-%m-%d}. Choose a later observation_end.")
        return replace(self, transactions=rows), end


def gather_customers(company: Workspace, *, last_run: FittedRun | None = None) -> CustomerData:
    """Transactions of a workspace, and what it knows of customers and memberships.

    >>> sales = pd.DataFrame({"customer_id": ["a"], "at": ["2026-01-05"], "amount": ["3"]})
    >>> shop = Workspace.from_frames({"transactions": sales}, currency="GBP", time_zone="UTC")
    >>> gather_customers(shop).people.columns.tolist()
    ['customer_id']
    """
    from cxlib.data import find_trials, paid_among_purchases, without_trials  # brings ibis in

    trials = [one.message for one in find_trials(company)]
    company = without_trials(company)
    personal = company.personal_columns("customers")
    rows, members = company.frame("transactions"), company.frame("memberships") if company.has("memberships") else None
    return CustomerData(
        transactions=rows if company.has_amounts else rows.assign(amount_cents=0),
        people=company.frame("customers").drop(columns=list(personal)) if company.has("customers") else _nobody(),
        memberships=members,
        currency=company.currency,
        has_amounts=company.has_amounts,
        last_run=last_run,
        as_of=company.as_of,
        personal=personal,
        paid_among_purchases=members is not None and paid_among_purchases(members, rows) is not None,
        one_customer=company.one_customer,
        trials=trials[0] if trials else None,
    )


@dataclass(frozen=True, repr=False)
class CustomerFits(Brief):
    """What could be tested and fitted, and why the rest could not.

    `data`: Up to `end`, the last day of observation.
    `customers`: The table of `purchase_summary` up to `end`, sorted by customer_id.
    `past`: None where the history is too short to test anything.
    `followed`: Amounts along their trend, where forecasts of the past that followed it erred less; `past` is then of
        those.
    `breaks`: Days on which the log became another one.
    `limits`: Why there is no forecast; empty where there is one.
    `sampled`: With engine "bayes": that parameters were sampled, or why not.
    """

    inside: ClassVar[tuple[str, ...]] = ("customers",)

    data: CustomerData
    question: CustomerQuestion
    end: pd.Timestamp
    customers: pd.DataFrame
    past: Backtest | None
    models: Mapping[str, PurchaseModel]
    choice: ModelChoice | None
    spend: GammaGammaModel | None
    followed: FollowedAmounts | None
    breaks: tuple[Break, ...]
    limits: tuple[Message, ...]
    sampled: Message | None

    @property
    def currency(self) -> str:
        """ISO code for display."""
        return self.data.currency

    @property
    def has_amounts(self) -> bool:
        """Whether money can be spoken of."""
        return self.data.has_amounts

    @property
    def has_mixed_amounts(self) -> bool:
        """Whether amounts step, so that those before and after cannot be added up."""
        return any(found.undoes_amounts for found in self.breaks)

    @property
    def chosen(self) -> PurchaseModel | None:
        """The model that the forecast rests on."""
        return None if self.choice is None else self.models[self.choice.chosen]

    @property
    def fitted(self) -> FittedModels | None:
        """The models to forecast with, as they are saved for the next run; None where there is to be no forecast."""
        if self.limits or self.chosen is None or self.spend is None:
            return None
        return FittedModels(self.chosen, self.spend, self.followed)

    @cached_property
    def reconciliation(self) -> Reconciliation:
        """Past revenue of customers against the source."""
        from cxlib.data import customers_without_purchase  # brings ibis in

        rows = self.data.transactions
        alone = customers_without_purchase(rows, observation_end=self.end)
        return reconcile(self.customers, alone, whole_sum(rows, "amount_cents"), currency=self.currency)

    @cached_property
    def formula(self) -> SimpleFormula:
        """The simple formula over a period as long as the test's."""
        days = self.question.tested_days
        return simple_formula(self.data.transactions, self.customers, end=self.end, period_days=days)

    @cached_property
    def tracking(self) -> Tracking | None:
        """Purchases by week beside those expected as of the last past day of forecast; None where none was tested."""
        return None if self.past is None else self.past.tracking(purchase_days(self.data.transactions))

    @cached_property
    def soon(self) -> SoonChances | None:
        """Chances of a purchase within 30 days, as earlier months bear them out; None where none can be checked."""
        if self.chosen is None or self.limits not in ((), (NO_AMOUNTS,)):
            return None
        return soon_chances(self.chosen, purchase_days(self.data.transactions), self.end)

    @cached_property
    def lives(self) -> pd.DataFrame:
        """How the chance of still being a customer went for typical ones (`typical_lives`); no rows without a model."""
        if self.chosen is None or self.limits not in ((), (NO_AMOUNTS,)) or self.no_leaving is not None:
            return pd.DataFrame()
        return typical_lives(self.chosen, self.customers, purchase_days(self.data.transactions), self.end)

    @property
    def no_leaving(self) -> Message | None:
        """What to say where hardly anybody seems to have left; None where some have, or without a model."""
        if self.chosen is None or (alive := float(self.chosen.p_alive(self.customers).mean())) < NOBODY_LEFT:
            return None
        return T(
            "No customers who have left for good show in the data: by {model} {share} of {n} are still customers, so "
            "silence lowers nobody's value, and what would happen if they began to leave is not in the forecast",
            model=self.chosen.name,
            share=Percent(alive),
            n=Count(len(self.customers)),
        )

    @property
    def covered(self) -> tuple[int, int] | None:
        """How many of the chosen model's past intervals held the total that came, and how many there were."""
        if self.past is None or self.choice is None:
            return None
        own = self.past.scores.loc[self.past.scores["method"] == self.choice.chosen, "covered"].dropna()
        return (int(own.astype(bool).sum()), len(own)) if len(own) else None

    def attributes(self, columns: Sequence[str]) -> AttributeStudy:
        """What goes along with `columns` of `people`; a DataError where no model was chosen or they say nothing."""
        if self.past is None or self.choice is None:
            raise DataError("no model was tested and chosen, so there is nothing to compare with.")
        return study_attributes(self.past, self.choice.chosen, self.customers, self.data.people, columns)


def fit_customers(data: CustomerData, question: CustomerQuestion) -> CustomerFits:
    """Test on the past and fit to all; what cannot be done becomes a limit."""
    from cxlib.data import find_breaks, no_persons, purchase_summary  # brings ibis in

    everything = data.transactions
    data, end = data.until(question.observation_end)
    breaks = find_breaks(everything, observation_end=end.date(), prices=data.has_amounts, known=data.one_customer)
    nobody = no_persons(data.transactions["customer_id"], breaks)
    data = replace(data, transactions=data.transactions[~data.transactions["customer_id"].isin(nobody)])
    customers = purchase_summary(data.transactions, observation_end=end)
    if customers.empty:
        raise DataError(
            "nobody has a purchase in this period: all amounts are refunds. Check the sign of 'amount' and the period."
        )
    past: Backtest | None = None
    models: dict[str, PurchaseModel] = {}
    choice: ModelChoice | None = None
    spend: GammaGammaModel | None = None
    followed: FollowedAmounts | None = None
    sampled: Message | None = None
    limits = [found.message for found in breaks if found.undoes_value] or _too_little(customers)
    if not limits:
        names = _worth_trying(question.models, data.transactions)
        past, untested = _tested(data.transactions, end, replace(question, models=names))
        models = _fitted(customers, names)
        choice, undecided = _chosen(models, past)
        if choice is not None and past is not None and choice.chosen not in set(past.table["method"]):
            untested = T(
                "The model that fits these customers best could not be fitted to the past, so nothing tests it"
            )
        elif choice is not None and past is not None and choice.chosen != past.best:
            past = past.using(choice.chosen)
            untested = past.warning
        spend, priceless = _spend(customers, past) if data.has_amounts else (None, NO_AMOUNTS)
        if past is not None and spend is not None:
            past, followed = follow_amounts(past, purchase_days(data.transactions), customers, end)
        limits = [limit for limit in (untested, undecided, priceless) if limit is not None]
        if choice is not None and question.engine == "bayes":
            models, sampled = _sampled(models, choice.chosen, customers, question.seed)
    return CustomerFits(
        data=data,
        question=question,
        end=end,
        customers=customers,
        past=past,
        models=models,
        choice=choice,
        spend=spend,
        followed=followed,
        breaks=breaks,
        limits=tuple(limits),
        sampled=sampled,
    )


def _worth_trying(names: Sequence[str], transactions: pd.DataFrame) -> Sequence[str]:
    """The models to test: that of a rhythm beside others only where gaps between purchases are regular."""
    others = [name for name in names if name != "mbg_cnbd"]
    if len(others) in (0, len(names)):
        return names
    k, _ = regularity(purchase_days(transactions))
    return names if k > REGULAR else others


def _too_little(customers: pd.DataFrame) -> list[Message]:
    """Why nothing can be fitted at all."""
    repeat = int((customers["frequency"] > 0).sum())
    if not repeat:
        return [
            T("Nobody has bought on two days yet, so nothing can be learned about who comes back. There is no forecast")
        ]
    if len(customers) < FEWEST or repeat < 2:
        return [
            T(
                "{n} customers, of whom {repeat} bought again, are too few to see how customers differ. There is no "
                "forecast",
                n=Count(len(customers)),
                repeat=Count(repeat),
            )
        ]
    if repeat == len(customers):
        return [
            T(
                "Every customer bought more than once: those who bought once seem to be missing from the data, and "
                "without them every forecast would be too high. There is no forecast"
            )
        ]
    return []


def _tested(
    rows: pd.DataFrame, end: pd.Timestamp, question: CustomerQuestion
) -> tuple[Backtest | None, Message | None]:
    try:
        past = backtest(
            rows,
            horizon_days=question.tested_days,
            end=end,
            origins=question.origins,
            models=question.models,
            draws=max(question.draws // 8, 2),
            seed=question.seed,
        )
    except DataError:
        length = (end - pd.to_datetime(rows["day"]).min()).days
        return None, T(
            "Purchases of {days} are too short a history to test a forecast of {tested} on the past, and what has not "
            "been tested is not shown",
            days=Days(length),
            tested=Days(question.tested_days),
        )
    return past, past.warning


def _fitted(customers: pd.DataFrame, names: Sequence[str]) -> dict[str, PurchaseModel]:
    models = {}
    for name in names:
        try:
            model = MODELS[name]().fit(customers)
        except DataError:
            continue
        if np.isfinite(model.expected_purchases(customers, horizon_days=YEAR)).all():
            models[name] = model
    return models


def _chosen(models: Mapping[str, PurchaseModel], past: Backtest | None) -> tuple[ModelChoice | None, Message | None]:
    try:
        choice = choose_model(models, None if past is None else past.table)
    except DataError:
        return None, T("No model settled on one best answer for these customers, so there is none to forecast with")
    if not np.isfinite(models[choice.chosen]._log_covariance).all():
        return None, T("Nobody could say how far off the model may be for these customers, so it is not used")
    return choice, None


def _sampled(
    models: dict[str, PurchaseModel], chosen: str, customers: pd.DataFrame, seed: int
) -> tuple[dict[str, PurchaseModel], Message]:
    """The models with the chosen one's parameters sampled, or as they were, and what is to be said of it."""
    from cxlib.clv.models.bayes import SAMPLED

    if chosen not in SAMPLED:
        return models, T(
            "The parameters of {model} cannot be sampled, so the forecast rests on the likelihood alone",
            model=models[chosen].name,
        )
    try:
        model = SAMPLED[chosen](seed=seed).fit(customers)
    except ParameterError as error:
        return models, T("The parameters were not sampled: {why}", why=str(error))
    if not model.convergence_.converged:
        return models, T("The sampled parameters did not settle, so the forecast rests on the likelihood alone")
    return {**models, chosen: model}, T(
        "The parameters of {model} were sampled by PyMC-Marketing: the forecast averages over {n} draws",
        model=model.name,
        n=Count(len(model.draws_)),
    )


def _spend(customers: pd.DataFrame, past: Backtest | None) -> tuple[GammaGammaModel | None, Message | None]:
    """The model of amounts that erred least on the past, or why there is none; without a mean there is none either."""
    spends = fit_spends(customers)
    best = None if past is None else past.best_spend
    if spends:
        return (spends[best] if best in spends else next(iter(spends.values()))), None
    try:
        return None, why_no_mean(GammaGammaModel().fit(customers))
    except DataError:
        return None, T("Too few customers bought again for an amount, to forecast amounts")
