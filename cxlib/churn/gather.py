"""From a company's tables to what a churn study works with: who could leave when, what was known, and who then left.

How long a customer must stay away to count as gone: a horizon from the gaps between purchases, and other horizons.

Without an end date nobody is seen to leave; "gone" is a choice of horizon, so that its effect is shown.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from cxlib.checks import read_day, refuse_personal
from cxlib.churn.churn_data import MONTHS, ChurnData, ChurnQuestion, Offer
from cxlib.churn.offers import EarlierList, Experiment, read_call_list
from cxlib.clv.levels import LevelForecast, forecast_level
from cxlib.clv.purchase_log import LevelQuestion, purchase_days
from cxlib.data import (
    PurchaseGaps,
    Workspace,
    churn_snapshots,
    doubt_starts,
    find_breaks,
    find_recorded,
    find_season,
    find_trials,
    flag_only,
    guess_observed_from,
    guess_payments,
    membership_periods,
    membership_spells,
    paid_among_purchases,
    persons,
    purchase_gaps,
    snapshot_cut_offs,
    without_trials,
)
from cxlib.errors import DataError, ParameterError, nearest
from cxlib.language import NO_CURRENCY, Day, Days, Message, Percent, T
from cxlib.measures.sampling import wilson

RETURNED = 0.9  # of the gaps after which customers came back, so many are shorter than the horizon
STEP_DAYS = 30
LONGEST = 180
PARTS = 4  # the data must hold a history and three horizons: to learn from, to be judged on, and one between
HORIZONS = (30, 60, 90, 120, 180)
COLUMNS = ["horizon_days", "cut_off", "customers", "churned", "rate", "low", "high", "pauses", "returned", "used"]


def choose_horizon(gaps: PurchaseGaps | None, *, days: int) -> int:
    """The shortest whole months that nine in ten gaps do not exceed, if `days` of data allow; without gaps 90 days."""
    usual = 90 if gaps is None else gaps.quantile(RETURNED)
    months = -(-min(usual, LONGEST) // STEP_DAYS)
    return STEP_DAYS * min(months, max(days // PARTS // STEP_DAYS, 1))


def compare_horizons(
    company: Workspace, gaps: PurchaseGaps, question: ChurnQuestion, *, first: dt.date
) -> pd.DataFrame:
    """What the share who leave would be with other horizons, for data that begins on day `first`.

    Returns DataFrame: horizon_days, cut_off (the latest whose horizon is over), customers, churned, rate, low, high
        (Wilson), pauses (times that a customer was away longer), returned (the share after which they came back), used.
    """
    length = (dt.date.fromisoformat(question.observation_end) - first).days
    asked = [days for days in {*HORIZONS, question.horizon_days} if length > question.gap_days + days + STEP_DAYS]
    rows = []
    for days, last in _last_cut_offs(company, question, sorted(asked)).items():
        n, left = int(last["customers"]), int(last["churned"])
        low, high = map(float, wilson(left, n))
        pauses, used = gaps.lengths[gaps.lengths["days"] > days], days == question.horizon_days
        away, returned = int(pauses[["closed", "open"]].to_numpy().sum()), came_back(gaps, days)
        rows.append((days, last["cut_off"], n, left, left / n, low, high, away, returned, used))
    return pd.DataFrame(rows, columns=COLUMNS)


def _last_cut_offs(company: Workspace, question: ChurnQuestion, horizons: Sequence[int]) -> dict[int, pd.Series]:
    """By horizon in days, the latest day on which it is over; without those that the data does not allow."""
    if not horizons:
        return {}
    end = dt.date.fromisoformat(question.observation_end)
    cut_offs = {days: end - dt.timedelta(days=question.gap_days + days) for days in horizons}
    design = replace(question.design, horizon_days=horizons[0], cut_offs=[*cut_offs.values()], attributes=())
    try:
        counts = snapshot_cut_offs(company, design, lengths={day: days for days, day in cut_offs.items()})
    except DataError:  # one that the data does not allow takes no other with it
        alone = [] if len(horizons) == 1 else [_last_cut_offs(company, question, [days]) for days in horizons]
        return {days: last for one in alone for days, last in one.items()}
    counts = counts[counts["complete"] & (counts["customers"] > 0)]
    rows = {row["cut_off"].date(): row for _, row in counts.iterrows()}
    return {days: rows[day] for days, day in cut_offs.items() if day in rows}


def came_back(gaps: PurchaseGaps, days: int) -> float:
    """Of the times that a customer was away longer than `days`, the share after which they have come back so far."""
    longer = gaps.lengths[gaps.lengths["days"] > days]
    away = float(longer["closed"].sum() + longer["open"].sum())
    return float(longer["closed"].sum()) / away if away else float("nan")


MEMBERSHIP_HORIZON = 90
OPTED_OUT = "opted_out"
YES = frozenset({"1", "1.0", "true", "t", "yes", "y", "\u0646\u0639\u0645"})
NO = frozenset({"0", "0.0", "false", "f", "no", "n", "\u0644\u0627"})
OF_AMOUNTS = ["spend_cents_90d", "spend_cents_365d", "mean_order_cents", "refund_share"]  # features of purchases
NOT_KNOWN_BEFORE = ("customer_id", "cut_off", "churned", "value_cents")
# What is known of customers who took part in an experiment: few features, as few customers took part.
KNOWN_OF_OFFERED = {
    "memberships": ("customers", "memberships", "tickets", "surveys"),
    "purchases": ("customers", "transactions", "tickets", "surveys"),
}


def gather_churn(
    company: Workspace,
    question: ChurnQuestion | None = None,
    *,
    offer: Offer | None = None,
    last_list: Path | None = None,
    opted_out: str = "",
) -> ChurnData:
    """Gather what a workspace knows about leaving.

    `question`: Who can leave, when, and what is known before.
    `last_list`: Parquet file of the list that an earlier run exported.
    `opted_out`: Column of customers that is true where a customer does not want to be contacted; empty: there is none.
    Raises DataError: as for `churn_snapshots`; a column is missing, or nobody is seen to leave.
    Raises ParameterError: groups are of no column that is gathered.

    >>> rows = pd.DataFrame({"customer_id": ["a", "b"], "at": ["2026-01-05", "2026-02-01"], "amount": ["3", "4"]})
    >>> shop = Workspace.from_frames({"transactions": rows}, currency="GBP", time_zone="UTC")
    >>> data = gather_churn(shop, ChurnQuestion(horizon_days=90))
    >>> data.kind, str(data.limits[0])
    ('purchases', 'The data covers 28 days, too few to see who leaves within 90 days of an earlier day')
    """
    question = question or ChurnQuestion()
    personal, group = company.personal_columns("customers"), (question.group_by,)
    refuse_personal(
        personal, attributes=question.attributes, actionable=question.actionable, group_by=group, strata=question.strata
    )
    contact = read_opt_outs(company, opted_out)
    every, company = company, without_trials(company)
    if question.kind == "auto":
        question = replace(question, kind=_kind(company))
    if question.kind == "purchases":
        data = _purchases(company, question)
    elif flag_only(_seen(company)):
        return _flags(company, question)
    else:
        data = _memberships(company, question)
        data = replace(data, breaks=(*find_trials(every), *data.breaks))
    known = {name for frame in (data.spells, data.snapshots) if frame is not None for name in frame}
    if known and question.group_by and question.group_by not in known:
        allowed = nearest(question.group_by, ["plan", *question.attributes])
        raise ParameterError(f"group_by: {question.group_by!r} is neither the plan nor one of attributes. {allowed}")
    in_purchases = question.kind == "purchases" and not company.has_amounts
    data = replace(data, contact=contact, currency=NO_CURRENCY if in_purchases else company.currency)
    if data.snapshots is not None and not company.has_amounts:
        data = replace(data, snapshots=data.snapshots.drop(columns=OF_AMOUNTS, errors="ignore"))
    if data.snapshots is not None and data.snapshots.empty:
        data = replace(
            data, snapshots=None, limits=(T("On none of the days looked at was there anybody who could leave"),)
        )
    return data if data.snapshots is None else _with_past_runs(company, data, offer or Offer(), last_list)


def _seen(company: Workspace) -> pd.DataFrame:
    """Memberships without ends that are yet to come, as 9999-12-31 of those without an end."""
    rows = company.frame("memberships")
    ends = pd.to_datetime(rows["ended_on"])
    return rows.assign(ended_on=ends.where(ends <= pd.Timestamp(company.as_of)))


def _kind(company: Workspace) -> str:
    if company.has("memberships") and _seen(company)["ended_on"].notna().any():
        return "memberships"
    if not company.has("transactions"):
        raise DataError(
            f"Workspace {company.name!r} has neither memberships of which any has ended nor transactions, so nobody is "
            "seen to leave. Map one of the two tables."
        )
    return "purchases"


def _observed(company: Workspace, question: ChurnQuestion, tables: Sequence[str]) -> tuple[dt.date, ChurnQuestion]:
    """First day of any of `tables`, and the question with the last day of the study."""
    spans = [company.using(name).period for name in tables if name != "memberships"]
    days = [day for span in spans if span is not None for day in span]
    if "memberships" in tables:
        rows = company.frame("memberships")
        both = pd.concat([rows["started_on"], rows["ended_on"]]).dropna()
        both = both[both <= pd.Timestamp(company.as_of)]  # an end that is planned has not been seen
        days += [both.min().date(), both.max().date()] if len(both) else []
    if not days:
        raise DataError(f"table {tables[0]}: no row has a day, so nothing can be said about who leaves. Bring rows.")
    end = question.observation_end.strip() or max(days).isoformat()
    if question.observation_end:
        read_day(end, name="observation_end", last=company.last_day)
    return min(days), replace(question, observation_end=end)


def _too_short(first: dt.date, data: ChurnData) -> tuple[Message, ...]:
    days = (data.end - first).days + 1
    if days > data.days_ahead + 1:
        return ()
    return (
        T(
            "The data covers {days}, too few to see who leaves within {horizon} of an earlier day",
            days=Days(days),
            horizon=Days(data.horizon_days),
        ),
    )


def _purchases(company: Workspace, question: ChurnQuestion) -> ChurnData:
    first, question = _observed(company, question, ("transactions",))
    data = ChurnData(question)
    breaks = find_breaks(company, observation_end=data.end)
    company = persons(company, breaks)
    ahead = question.gap_days + (question.horizon_days or MEMBERSHIP_HORIZON)
    season = find_season(company, ahead=ahead, observation_end=data.end)
    company = company if season is None else season.without(company)
    transactions = company.frame("transactions")
    if not company.has_amounts:
        transactions = transactions.assign(amount_cents=0)
    try:
        gaps = purchase_gaps(company, observation_end=data.end)
    except DataError:  # nobody has bought twice
        gaps = None
    horizon = question.horizon_days or choose_horizon(gaps, days=(data.end - first).days)
    data = ChurnData(replace(question, horizon_days=horizon), gaps=gaps, breaks=breaks, season=season)
    short = _too_short(first, data)
    if gaps is None:
        return replace(data, limits=(*short, T("Nobody has bought on two days, so nobody can be told to have stopped")))
    if short:
        return replace(data, limits=short)
    if (anew := next((found.message for found in breaks if found.undoes_customers), None)) is not None:
        return replace(data, limits=(anew,), doubted=anew)
    question = data.question
    counts = snapshot_cut_offs(company, replace(question.design, attributes=()))
    once = counts.loc[counts["complete"], ["cut_off", "one_time", "one_time_churned", "customers", "churned"]]
    known = dt.timedelta(days=question.design.alive_days + data.days_ahead)  # of who had bought before and stopped
    return replace(
        data,
        snapshots=churn_snapshots(company, replace(question.design, open_cut_offs=True)),
        horizons=compare_horizons(company, gaps, question, first=first),
        one_time=once.reset_index(drop=True),
        level=_level(transactions, data),
        comparable_from=first + known,
    )


def _level(transactions: pd.DataFrame, data: ChurnData) -> LevelForecast | None:
    days = purchase_days(transactions)
    return forecast_level(days, LevelQuestion("stay_away", data.horizon_days, data.question.gap_days), as_of=data.end)


def _memberships(company: Workspace, question: ChurnQuestion) -> ChurnData:
    tables = [name for name in company.tables if name not in ("customers", "benchmarks")]
    horizon = question.horizon_days or MEMBERSHIP_HORIZON
    question = _with_payments(replace(question, kind="memberships", horizon_days=horizon), company)
    _, question = _observed(company, question, tables)
    first = pd.to_datetime(company.frame("memberships")["started_on"]).min().date()
    twice: tuple[Message, ...] = ()
    sold = company.table("transactions") if company.has("transactions") else None
    if sold is not None and (share := paid_among_purchases(company.table("memberships"), sold)) is not None:
        question = replace(question, payments_per_year=0.0)
        twice = (
            T(
                "What {share} of members pay stands among the purchases too: what members are worth holds it once",
                share=Percent(share),
            ),
        )
    is_guess, since = not question.observed_from, question.observed_from
    if is_guess:
        day = guess_observed_from(company, observation_end=question.observation_end)
        since = "" if day is None else day.isoformat()
    since = max(since, first.isoformat())
    question = replace(question, observed_from="" if since == first.isoformat() else since)
    data = ChurnData(
        question,
        spells=_spells(company, question),
        periods=membership_periods(company, **question.of_spells),
        is_guess=is_guess,
        breaks=find_recorded(company, "memberships", observation_end=question.observation_end),
    )
    if data.spells is not None and (doubted := doubt_starts(data.spells, _first_seen(company))) is not None:
        return replace(data, periods=None, doubted=doubted, limits=(doubted,))
    if short := _too_short(dt.date.fromisoformat(since), data):
        return replace(data, limits=short)
    return replace(data, snapshots=churn_snapshots(company, replace(question.design, open_cut_offs=True)), limits=twice)


def _with_payments(question: ChurnQuestion, company: Workspace) -> ChurnQuestion:
    """With how often plans are paid, where they tell it themselves."""
    stated = question.payments_per_year
    if not isinstance(stated, Mapping):
        return question
    return replace(question, payments_per_year={**guess_payments(company.frame("memberships")), **stated})


def _first_seen(company: Workspace) -> pd.Series:
    """By customer, the first day in any table of what customers do."""
    tables = [company.table(name) for name in company.tables if "customer_id" in company.table(name).columns]
    dated = [table for table in tables if "day" in table.columns]
    firsts = [table.group_by("customer_id").aggregate(day=table.day.min()).to_pyarrow().to_pandas() for table in dated]
    if not firsts:
        return pd.Series(dtype="datetime64[ns]")
    rows = pd.concat(firsts)
    first: pd.Series = pd.to_datetime(rows["day"]).groupby(rows["customer_id"].to_numpy()).min()
    return first


def _spells(company: Workspace, question: ChurnQuestion) -> pd.DataFrame:
    people = company.frame("customers") if company.has("customers") else None
    spells: pd.DataFrame = membership_spells(
        company.frame("memberships"),
        customers=people,
        attributes=() if people is None else tuple(question.attributes),
        **question.of_spells,
    )
    return spells


def _flags(company: Workspace, question: ChurnQuestion) -> ChurnData:
    """A file that says who has left, not when: one row a customer, as of the day of the file."""
    end = _seen(company)["ended_on"].max().date().isoformat()
    question = replace(question, kind="flags", observation_end=end, horizon_days=0, gap_days=0, overlaps="merge")
    question = _with_payments(replace(question, observed_from=""), company)  # all ends are on one day
    spells = _spells(company, question)
    rows = flag_rows(spells, question.attributes, question.payments_per_year)
    return ChurnData(question, rows, spells, currency=company.currency)


def flag_rows(
    spells: pd.DataFrame, attributes: Sequence[str], payments_per_year: float | Mapping[str, float] = MONTHS
) -> pd.DataFrame:
    """Spells of a file that holds only a flag, as `check_flags` takes them: the last spell of each customer."""
    last = spells.sort_values("started_on", kind="stable").drop_duplicates("customer_id", keep="last")
    names = [name for name in ("plan", "price_cents", *attributes) if name in last]
    rows = last[["customer_id", "ended", "duration_days", *names]]
    rows = rows.rename(columns={"ended": "churned", "duration_days": "membership_days"})
    price = rows["price_cents"].astype(float) if "price_cents" in rows else 0.0
    each: float | pd.Series = MONTHS
    if not isinstance(payments_per_year, Mapping):
        each = payments_per_year
    elif "plan" in rows:
        each = rows["plan"].map(payments_per_year).fillna(MONTHS).astype(float)
    return rows.assign(churned=rows["churned"].astype(int), value_cents=price * each).reset_index(drop=True)


def _with_past_runs(company: Workspace, data: ChurnData, offer: Offer, last_list: Path | None) -> ChurnData:
    """With what the past has tried already: a randomised offer, and the list of an earlier run."""
    data = replace(data, earlier=_earlier_list(company, data, last_list))
    if not offer.treatment:
        return data
    made = read_day(offer.day, name="offer_day")
    if made + dt.timedelta(days=data.days_ahead) > data.end:
        recent = T(
            "The offer of {day} is too recent to say what came of it within {horizon}",
            day=Day(made),
            horizon=Days(data.horizon_days),
        )
        return replace(data, limits=(*data.limits, recent))
    names = tuple(dict.fromkeys((*data.question.attributes, offer.treatment)))
    design = replace(data.question.design, attributes=names, cut_offs=[made])
    rows = churn_snapshots(company.using(*KNOWN_OF_OFFERED[data.kind]), design)
    rows = rows[rows[offer.treatment].notna()].reset_index(drop=True)
    features = [name for name in rows.columns if name not in (*NOT_KNOWN_BEFORE, offer.treatment)]
    features = [name for name in features if len(rows[name].dropna().unique()) > 1]
    return replace(data, experiment=Experiment(rows, offer.treatment, features))


def _earlier_list(company: Workspace, data: ChurnData, path: Path | None) -> EarlierList:
    """It counts only if it looked as far ahead."""
    customers = read_call_list(path, currency=company.currency)
    if customers is None or path is None:
        return EarlierList(why_not=T("There is no list of an earlier run to hold against what happened"))
    if _horizon_of(path) != data.horizon_days:
        other = T("The last run’s list looked another number of days ahead, so it is not compared")
        return EarlierList(why_not=other)
    day = customers["cut_off"].iloc[0].date()
    if day + dt.timedelta(days=data.days_ahead) > data.end:
        early = T("What became of the customers on the last run’s list of {day} is not known yet", day=Day(day))
        return EarlierList(why_not=early)
    ends = company.using("memberships" if data.kind == "memberships" else "transactions")
    outcomes = churn_snapshots(ends, replace(data.question.design, attributes=(), cut_offs=[day]))
    return EarlierList(customers, outcomes[["customer_id", "cut_off", "churned"]])


def _horizon_of(path: Path) -> int:
    try:
        return int(pd.read_parquet(path, columns=["horizon_days"])["horizon_days"].iloc[0])
    except (OSError, ValueError, KeyError, IndexError):
        return 0


def read_opt_outs(company: Workspace, column: str) -> pd.DataFrame | None:
    """customer_id, opted_out (true, false, or missing where the column says nothing); None without a column."""
    if not column:
        return None
    if not company.has("customers"):
        raise DataError(
            f"opted_out={column!r} names a column of customers, and there is no such table. Map that table."
        )
    people = company.frame("customers")
    if column not in people:
        raise DataError(f"customers: there is no column {column!r} for opted_out. {nearest(column, people.columns)}")
    words = people[column].astype("string").str.strip().str.lower()
    readable = words.isin([*YES, *NO])
    wrong = words.notna() & (words != "") & ~readable
    if wrong.any():
        raise DataError(
            f"customers: column {column!r} has {int(wrong.sum()):,} values that are neither yes nor no (first: "
            f"{people.loc[wrong, column].iloc[0]!r}). Write true where a customer does not want to be contacted, else "
            "false."
        )
    marks = words.isin(YES).astype("boolean").where(readable)
    return pd.DataFrame({"customer_id": people["customer_id"], OPTED_OUT: marks})
