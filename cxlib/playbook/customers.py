"""Whom something can be done for: what other reports foretell of them, what they went through, and their wish.

Risks come from the churn report, what a customer should still bring from that on customer value, segments from that on
segments, wherever the suite runs these before. Without any of them the risks are computed here, as the churn report
computes them where nobody sets anything.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from pathlib import Path

import numpy as np
import pandas as pd
from pyarrow import ArrowException

from cxlib.checks import Flags
from cxlib.churn import ChurnQuestion, Offer, gather_churn, study_churn
from cxlib.churn.gather import OPTED_OUT, read_opt_outs
from cxlib.churn.offers.uplift import measure_offer
from cxlib.data import Workspace
from cxlib.errors import CxError, ParameterError, nearest
from cxlib.language import Day, Message, T
from cxlib.measures.answer_frames import doubt_scale
from cxlib.measures.result import Brief, in_units
from cxlib.playbook.actions import Action, Trial
from cxlib.playbook.earlier import EarlierPlan, read_earlier
from cxlib.playbook.responses import EVERYBODY

LOW_SCORE, SLOW_DAYS = 6, 3  # an answer up to it is a low one; a ticket open for longer is a bad one
LEFT = ("customer_id", "risk", "value_cents", "plan")  # what is taken of the churn report
OF_VALUES = {"residual_value_cents": "worth_cents", "p_alive": "p_alive", "tier": "tier"}


@dataclass(frozen=True)
class Reports:
    """Files of earlier runs, or None.

    Of other reports: customers of that on leaving and of that on value, segments. Of this one: the plan that stands,
    and what plans before it brought.

    >>> Reports(risks=Path("reports/demo/churn/latest/exports/customers.parquet")).values is None
    True
    """

    risks: Path | None = None
    values: Path | None = None
    segments: Path | None = None
    standing: Path | None = None
    tried: Path | None = None


@dataclass(frozen=True, repr=False)
class Known(Brief):
    """Customers, a row each, with what is known of them.

    `frame`: customer_id, risk (of leaving within the horizon) and value_cents (of a year) where the churn report knows
        them, worth_cents (profit still to come) where that on value does, segment, attributes, troubled, opted_out,
        rests.
    """

    inside = ("frame",)

    frame: pd.DataFrame
    end: dt.date
    currency: str
    horizon_days: int = 0
    limits: tuple[Message, ...] = ()
    trials: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    earlier: EarlierPlan = field(default_factory=EarlierPlan)

    @property
    def face(self) -> pd.DataFrame:
        """With amounts in units, as rules of actions name them."""
        return in_units(self.frame, self.currency)


def gather_known(
    company: Workspace,
    actions: tuple[Action, ...] = (),
    *,
    reports: Reports | None = None,
    trouble_days: int = 30,
    rest_days: int = 0,
    opted_out: str = "",
) -> Known:
    """What is known of today's customers, and the experiments that actions name.

    `opted_out`: As for `gather_churn`. `trouble_days`: Slow tickets and low scores count for so many last days.
    `rest_days`: Who got a message in so many last days is not contacted again.
    """
    reports = reports or Reports()
    limits: list[Message] = []
    risks = _read(reports.risks, company.currency)
    risks = _own_risks(company, limits) if risks is None else risks
    horizon = int(risks["horizon_days"].iloc[0]) if len(risks) and "horizon_days" in risks else 0
    values = _read(reports.values, company.currency, *OF_VALUES)
    segments = _read(reports.segments, company.currency, "segment")
    parts = [risks[[name for name in LEFT if name in risks]]]
    parts += [] if values is None else [values.rename(columns=OF_VALUES)]
    parts += [] if segments is None else [segments]
    frame = reduce(lambda one, other: one.merge(other, on="customer_id", how="outer"), parts)
    frame = _with_attributes(company, frame)
    end = company.period[1] if company.period else company.last_day
    frame["troubled"] = frame["customer_id"].isin(_troubled(company, end, trouble_days, limits))
    frame["rests"] = frame["customer_id"].isin(_contacted(company, end, rest_days))
    contact = read_opt_outs(company, opted_out)
    marks = frame["customer_id"].map(contact.set_index("customer_id")[OPTED_OUT]) if contact is not None else False
    frame[OPTED_OUT] = np.asarray(marks != False) if contact is not None else False  # noqa: E712  # missing: nobody calls
    frame = frame.sort_values("customer_id", ignore_index=True)
    known = Known(frame, end, company.currency, horizon, tuple(limits))
    earlier = read_earlier(company, reports.standing, reports.tried)
    trials = {each.key: _trial(company, each, each.trial, horizon) for each in actions if each.trial is not None}
    return replace(known, trials=trials, earlier=earlier)


def _read(path: Path | None, currency: str, *columns: str) -> pd.DataFrame | None:
    """A file of another report; one of another form or currency counts as none."""
    if path is None:
        return None
    try:
        table = pd.read_parquet(path)
        if "currency" in table and not table["currency"].isin(["", currency]).all():
            return None
        return table[["customer_id", *columns]] if columns else table.drop_duplicates("customer_id")
    except (OSError, ValueError, KeyError, ArrowException):
        return None


def _own_risks(company: Workspace, limits: list[Message]) -> pd.DataFrame:
    nothing = pd.DataFrame({"customer_id": pd.Series(dtype="str"), "risk": pd.Series(dtype=float)})
    nothing["value_cents"] = pd.Series(dtype=float)
    try:
        study = study_churn(gather_churn(company, ChurnQuestion()))
    except CxError:
        limits.append(T("The data does not say who may leave"))
        return nothing
    if study.risk is None or not study.is_forecast:
        limits.extend(study.reasons[:1])
        return nothing
    limits.append(T("The risks are computed here, with the settings that the report on leaving comes with"))
    scored = study.risk.scored.assign(horizon_days=study.data.horizon_days)
    if study.no_money is not None:
        limits.append(study.no_money)
        scored = scored.drop(columns="value_cents")
    rows = study.risk.snapshots.open
    names = [name for name in ("plan",) if name in rows and name not in scored]
    return scored.merge(rows[["customer_id", *names]], on="customer_id", how="left")


def _with_attributes(company: Workspace, frame: pd.DataFrame) -> pd.DataFrame:
    if not company.has("customers"):
        return frame
    people, personal = company.frame("customers"), company.personal_columns("customers")
    hidden = {*personal, "source", "row", "currency"} | (set(frame.columns) - {"customer_id"})
    names = [name for name in people.columns if name not in hidden or name == "customer_id"]
    return frame.merge(people[names].drop_duplicates("customer_id"), on="customer_id", how="left")


def _troubled(company: Workspace, end: dt.date, days: int, limits: list[Message]) -> set[str]:
    """Customers with a ticket that is open for long or a low score in the last days."""
    first, last = pd.Timestamp(end) - pd.Timedelta(days=days - 1), pd.Timestamp(end) + pd.Timedelta(days=1)
    found: set[str] = set()
    seen = False
    if company.has("tickets"):
        rows, seen = company.frame("tickets"), True
        rows = rows[rows["opened_at"].between(first, last, inclusive="left")]
        slow = (rows["closed_at"].fillna(last) - rows["opened_at"]) > pd.Timedelta(days=SLOW_DAYS)
        found |= set(rows.loc[slow, "customer_id"].dropna())
    if company.has("surveys"):
        rows, seen = company.frame("surveys"), True
        doubt = doubt_scale(rows[rows["day"] < last])
        if doubt is not None and doubt.spoils(first):
            limits.append(T("Low scores count for nobody: their answers may be on another scale"))
        else:
            low = rows["day"].between(first, last, inclusive="left") & (rows["nps"] <= LOW_SCORE)
            found |= set(rows.loc[low, "customer_id"].dropna())
    if not seen:
        limits.append(T("There are no tickets or surveys, so nobody is known to have had a bad experience"))
    return found


def _contacted(company: Workspace, end: dt.date, days: int) -> set[str]:
    if not days:
        return set()
    if not company.has("messages"):
        raise ParameterError(f"rest_days={days} needs the table messages, which is not mapped. Map it, or set 0.")
    rows = company.frame("messages")
    return set(rows.loc[rows["day"] > pd.Timestamp(end) - pd.Timedelta(days=days), "customer_id"])


def _trial(company: Workspace, action: Action, trial: Trial, horizon: int) -> pd.DataFrame:
    """treated, churned and group of the customers of an experiment, as of its day.

    No rows where it is too recent, or where its groups were not alike before it.
    """
    where = f"actions: {action.key!r}, experiment"
    people = company.frame("customers") if company.has("customers") else pd.DataFrame()
    if trial.treatment not in people:
        columns = map(str, people.columns)
        raise ParameterError(
            f"{where}: customers have no column {trial.treatment!r}. {nearest(trial.treatment, columns)}"
        )
    own = [trial.by] if trial.by in people else []
    question = ChurnQuestion(horizon_days=horizon, attributes=own, cut_offs=1)
    data = gather_churn(company, question, offer=Offer(trial.treatment, trial.day))
    if data.experiment is None or not measure_offer(data.experiment).balanced:
        return pd.DataFrame({"treated": pd.Series(dtype=bool), "churned": pd.Series(dtype=int), "group": []})
    rows = data.experiment.rows
    if trial.by and trial.by not in rows:
        raise ParameterError(
            f"{where}, by: {trial.by!r} was not known then. {nearest(trial.by, map(str, rows.columns))}"
        )
    treated: Flags = data.experiment.read()[1]
    group = rows[trial.by].astype(str) if trial.by else EVERYBODY
    return pd.DataFrame({"treated": treated, "churned": rows["churned"].astype(int), "group": group})


def say_end(known: Known) -> Message:
    """Up to which day the data reaches."""
    return T("Data to {day}", day=Day(known.end))
