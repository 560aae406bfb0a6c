"""The answer and the tiles: how many will leave, what hangs on them and whom to call; or why that cannot be said."""

import datetime as dt
from typing import Any

import pandas as pd

from cxlib.churn import ChurnStudy
from cxlib.churn.offers import Stakes, difference_interval
from cxlib.churn.risk import MODELS
from cxlib.churn.watching import comparable_rates
from cxlib.language import Count, Day, Days, Message, N, Percent, T, about, about_money
from cxlib.measures import Metric
from cxlib.measures.sampling import LEAST_SHARE
from cxlib.report.component import Component, together
from cxlib.report.head import PageHead, page_head, tiles
from cxlib.report.text import notice
from cxlib.report.views.churn.words import RETROSPECTIVE

IN_THE_HEAD = 2  # reasons that stand in the head
YEAR = 365.0
TENTH, MANY_RETURN = 0.1, 0.2
FEWEST_TILES = 3
JUST_BEFORE, SAME_SEASON_DAYS = -2, 31  # place of the cut-off before the last; days off a year that are one season
Interval = tuple[float, float | None, float | None]
WHAT_TO_DO = T(
    "Run this report again when more time has passed; until then look at how long customers stay and why they left"
)
NOT_PERSUADABLE = T(
    "High risk is not the same as persuadable: no experiment has shown whom a call keeps, so what calls bring "
    "rests on an assumption"
)
BRING_DAYS = T("To know who will leave next, bring the days on which memberships ended")


def answer(study: ChurnStudy) -> PageHead:
    """The page's head: who will leave, whether to believe it and whom to call; or why there is no forecast."""
    kicker = (T("Data to {day}", day=Day(study.data.end)), *([_customers(study)] if _is_counted(study) else []))
    if study.data.looks_back:
        headlines = [part.headline for part in (study.survival, study.risk) if part is not None]
        return page_head(_looking_back(study), kicker=kicker, bullets=(*headlines[:IN_THE_HEAD], BRING_DAYS))
    if study.stakes is None:
        what = () if study.data.doubted is not None else (WHAT_TO_DO,)
        return page_head(_no_forecast(study), kicker=kicker, bullets=(*study.reasons[:IN_THE_HEAD], *what))
    bullets, answer = _bullets(study, study.stakes), _leaving(study, study.stakes)
    doubts = study.risk is not None and study.risk.today is not None and study.risk.today.findings
    if doubts or study.money is None or study.money.calls.calls.empty:  # nobody is to be called
        return page_head(answer, kicker=kicker, bullets=bullets)
    return page_head(answer, kicker=kicker, bullets=bullets[1:], action=bullets[0], file="call_list.csv")


def _customers(study: ChurnStudy) -> Message:
    n = _number(study)
    if study.data.kind == "purchases":
        return N("{n} customer who buys again and again", "{n} customers who buy again and again", n)
    if study.data.looks_back:
        return N("{n} customer", "{n} customers", n)
    return N("{n} running membership", "{n} running memberships", n)


def _is_counted(study: ChurnStudy) -> bool:
    """Whether it is known how many customers there are: of those who buy, nobody where none could be looked at."""
    return study.data.snapshots is not None or study.data.spells is not None


def _number(study: ChurnStudy) -> int:
    data = study.data
    if data.looks_back:
        return 0 if data.snapshots is None else len(data.snapshots)
    if study.risk is not None and len(study.risk.snapshots.open):
        return len(study.risk.snapshots.open)
    return 0 if data.spells is None else int((~data.spells["ended"].astype(bool)).sum())


def _leaving(study: ChurnStudy, stakes: Stakes) -> Message:
    leavers, low, high = (Count(round(about(n))) for n in study.leavers)
    values: dict[str, object] = {"n": leavers, "low": low, "high": high, "all": Count(_number(study))}
    values |= {"days": Days(study.data.days_ahead)}
    values |= {"money": about_money(stakes.revenue.value_cents, study.data.currency)}
    if study.data.level is not None and study.data.level.season == "unseen":
        return T(
            "Between {low} and {high} of {all} customers will not buy within {days} (95% interval). "
            "Less than a year of data allows no single number",
            **values,
        )
    if study.no_money is not None:
        return T("About {n} of {all} customers will not buy within {days} (95% interval {low} to {high})", **values)
    if came := _came_back(study):
        values |= came
        if study.data.kind == "purchases":
            return T(
                "About {n} of {all} customers will not buy within {days} (95% interval {low} to {high}). "
                "At most {money} of yearly revenue is at risk: after {pauses} longer pauses {share} came back",
                **values,
            )
        return T(
            "About {n} of {all} members will leave within {days} (95% interval {low} to {high}). At most {money} of "
            "yearly revenue is at risk: after {pauses} endings {share} came back",
            **values,
        )
    if study.data.kind == "purchases":
        return T(
            "About {n} of {all} customers will not buy within {days} (95% interval {low} to {high}). "
            "{money} of yearly revenue is at risk",
            **values,
        )
    return T(
        "About {n} of {all} members will leave within {days} (95% interval {low} to {high}). "
        "{money} of yearly revenue is at risk",
        **values,
    )


def _came_back(study: ChurnStudy) -> dict[str, object]:
    """How often customers were away, or memberships ended, and the share who came back, where they are many."""
    horizons, pauses, share = study.data.horizons, 0, 0.0
    if study.data.kind == "purchases" and horizons is not None and horizons["used"].any():
        pauses, share = horizons.loc[horizons["used"], ["pauses", "returned"]].iloc[0]
    elif study.data.kind == "memberships" and study.survival is not None and study.data.spells is not None:
        pauses = int(study.data.spells["ended"].sum())
        share = study.survival.later / max(pauses, 1)
    return {"pauses": Count(int(pauses)), "share": Percent(float(share))} if share >= MANY_RETURN else {}


def _bullets(study: ChurnStudy, stakes: Stakes) -> tuple[Message, ...]:
    """Whom to call, whom an offer keeps (or what is not known of the season), and why they leave or what to believe."""
    level, effect = study.data.level, stakes.effect
    persuadable = NOT_PERSUADABLE if effect is None else effect.headline
    if study.data.has_mixed_amounts:  # what a call brings rests on them; below the tiles stands why
        return () if level is None or level.past_finding is None else (level.past_finding,)
    if study.risk is not None and study.risk.today is not None and (doubts := study.risk.today.findings):
        return (*doubts[:IN_THE_HEAD], persuadable)  # nobody is to be called by risks that cannot be trusted
    if level is not None and level.past_finding is not None:
        second = persuadable if level.season == "seen" else level.season_note
        return study.headline, second, level.past_finding
    tested, gains = None if study.risk is None else study.risk.tested_model, study.gains
    if tested is None or gains is None:
        return study.headline, persuadable
    reasons = None if study.survival is None else study.survival.reasons
    why = gains.headline if reasons is None or reasons.table.empty else reasons.headline
    return study.headline, persuadable, why if tested.chosen in MODELS else tested.findings[0]


def _no_forecast(study: ChurnStudy) -> Message:
    rates = _rates(study)
    if study.data.doubted is not None:
        if study.data.kind == "purchases":
            return T("Who stays away cannot be said: customers before and after one day are not to be told apart")
        return T("Who leaves cannot be said: the days on which memberships began are not to be trusted")
    if rates is not None:
        last = rates.iloc[-1]
        values: dict[str, object] = {"rate": Percent(last["rate"]), "n": Count(last["n"])}
        values |= {"day": Day(last["cut_off"].date()), "days": Days(study.data.days_ahead)}
        if study.data.kind == "purchases" and (came := _came_back(study)):
            return T(
                "{rate} of {n} customers of {day} did not buy within {days}, and after {pauses} longer pauses {share} "
                "came back: who will leave next cannot be said",
                **values,
                **came,
            )
        values["share"] = values.pop("rate")
        return T("{share} of {n} customers of {day} left within {days}; who will leave next cannot be said", **values)
    if study.survival is not None:
        return T(
            "{n} of {all} memberships have ended; who will leave next cannot be said",
            n=Count(study.survival.overall.endings),
            all=Count(study.survival.overall.n),
        )
    return T(
        "Up to {day} nobody can be told to have left, so who will leave next cannot be said", day=Day(study.data.end)
    )


def _rates(study: ChurnStudy) -> pd.DataFrame | None:
    """The share who left by cut-off; None where none is known."""
    rates = None if study.risk is None else study.risk.snapshots.base_rates
    return None if rates is None or rates.empty else rates


def _looking_back(study: ChurnStudy) -> Message:
    rates: Any = _rates(study)
    return T(
        "{share} of {n} customers have left by {day}: a look back that tells who they were, not who will leave next",
        share=Percent(rates["rate"].iloc[-1]),
        n=Count(rates["n"].iloc[-1]),
        day=Day(study.data.end),
    )


def headline_tiles(study: ChurnStudy) -> Component:
    """What was observed last, what is expected next, the revenue at stake, and how well leaving can be told."""
    metrics = [*_observed(study), *_expected(study), *_at_stake(study), *_ranking(study)]
    if len(metrics) < FEWEST_TILES:
        metrics += _basics(study, among=len(metrics))
    breaks = [found.message for found in study.data.breaks if found.message != study.data.doubted]
    season = [] if study.data.season is None else [study.data.season.message]
    past = [] if study.stakes is None or study.no_money else [study.stakes.past_revenue]
    missed = [T("{finding}. Today’s may be as far off", finding=one.headline) for one in past if one.is_far_off]
    parts: list[Component] = [tiles(*metrics), *map(notice, season + breaks + missed)]
    if study.data.looks_back:
        parts.append(notice(RETROSPECTIVE))
    if study.break_even is not None:
        names = ", ".join(study.rules.unset)
        why = T(
            "Whom it pays to call rests on what a call costs: set the parameters {names} of this report", names=names
        )
        parts.append(notice(why, "info"))
    return parts[0] if len(parts) == 1 else together(*parts)


def _share(study: ChurnStudy, name: str, label: Message, interval: Interval, **options: Any) -> Metric:
    value, low, high = interval
    return Metric(name, label, value, low=low, high=high, unit="percent", as_of=study.data.end, **options)


def _observed(study: ChurnStudy) -> list[Metric]:
    rates = _rates(study)
    if rates is None:
        return []
    last, known = rates.iloc[-1], None if study.stakes is None else study.stakes.rates
    low, high = (None, None) if known is None else (float(known.table[end].iloc[-1]) for end in ("low", "high"))
    day, days = Day(last["cut_off"].date()), Days(study.data.horizon_days)
    note = T("of the customers of {day}, within {days}", day=day, days=days)
    if study.data.looks_back:
        note = T("as of {day}", day=Day(study.data.end))
    rates = comparable_rates(rates, study.data.comparable_from)
    earlier = _year_before(rates) if len(rates) else -1
    wave = max((one.last for one in study.data.breaks if one.kind == "wave"), default=dt.date.min)
    alike = len(rates) and wave < rates["cut_off"].iloc[earlier].date()
    change = _clear_change(rates.iloc[[earlier, -1]]) if alike else None
    if came := _came_back(study):
        note = T("{note}; of {pauses} who seemed to be gone {share} came back", note=note, **came)
    if change is not None:
        values: dict[str, object] = {"note": note, "share": Percent(rates["rate"].iloc[earlier])}
        values |= {"then": Day(rates["cut_off"].iloc[earlier].date())}
        note = T("{note}, against {share} of those of {then}", **values)
        if earlier == JUST_BEFORE:
            change = None
            note = T(
                "{note}, against {share} of those of {then}, in another season: whether it is a trend cannot be told",
                **values,
            )
    options = {"n": int(last["n"]), "polarity": -1, "change": change, "note": note}
    return [_share(study, "churn_rate", T("Left"), (float(last["rate"]), low, high), **options)]


def _year_before(rates: pd.DataFrame) -> int:
    """Place of the cut-off a year before the last, give or take a month; where there is none, of the one before it."""
    off = ((rates["cut_off"].iloc[-1] - rates["cut_off"]).dt.days - YEAR).abs()
    return int(off.to_numpy().argmin()) if off.min() <= SAME_SEASON_DAYS else max(JUST_BEFORE, -len(rates))


def _clear_change(rates: pd.DataFrame) -> float | None:
    """From the cut-off before to the last; None where chance alone may have made it."""
    if len(rates) < 2:
        return None
    (after, n), (before, m) = rates[["churned", "n"]].iloc[[-1, -2]].to_numpy(int)
    change, low, high = difference_interval((after, before), (n, m))
    return change if (low > 0 or high < 0) and abs(change) >= LEAST_SHARE else None


def _expected(study: ChurnStudy) -> list[Metric]:
    n = _number(study)
    if not study.is_forecast or not n:
        return []
    value, low, high = (leavers / n for leavers in study.leavers)
    note = T("of today's customers, within {days}", days=Days(study.data.horizon_days))
    label = T("Expected to leave")
    return [_share(study, "expected_churn", label, (value, low, high), n=n, polarity=-1, note=note)]


def _ranking(study: ChurnStudy) -> list[Metric]:
    tested = None if study.risk is None else study.risk.tested_model
    if tested is None:
        return []
    value, low, high = (TENTH * lift for lift in tested.value(tested.chosen, "lift"))
    note = T("{chance} is chance", chance=Percent(TENTH))
    if tested.best_rule:
        rule = TENTH * tested.value(tested.best_rule, "lift")[0]
        note = T("{chance} is chance; the best simple rule has {rule}", chance=Percent(TENTH), rule=Percent(rule))
    label = T("Leavers found in the riskiest tenth")
    return [_share(study, "leavers_in_top_tenth", label, (value, low, high), polarity=1, note=note)]


def _at_stake(study: ChurnStudy) -> list[Metric]:
    if study.stakes is None or study.no_money is not None:
        return []
    revenue = study.stakes.revenue
    return [
        Metric(
            "revenue_at_risk",
            T("Revenue at risk"),
            about(revenue.value_cents),
            low=about(revenue.low_cents),
            high=about(revenue.high_cents),
            unit="money",
            currency=study.data.currency,
            polarity=-1,
            as_of=study.data.end,
            note=T(
                "a year's revenue, times the risk within {days}; {share} of all",
                share=Percent(revenue.share),
                days=Days(study.data.days_ahead),
            ),
        )
    ]


def _basics(study: ChurnStudy, *, among: int) -> list[Metric]:
    """Where little is known: how many there are, and how many stay for a year."""
    metrics, end = [], study.data.end
    if among < FEWEST_TILES - 1 and _is_counted(study):
        note = T("as of {day}", day=Day(end))
        metrics.append(Metric("customers", T("Customers"), _number(study), polarity=1, as_of=end, note=note))
    if study.survival is not None:
        overall = study.survival.overall
        row = overall.at([min(overall.read_at, YEAR)]).iloc[0]
        interval = (float(row["survival"]), float(row["low"]), float(row["high"]))
        options = {"n": int(overall.n), "polarity": 1, "note": T("after {days}", days=Days(row["days"]))}
        metrics.append(_share(study, "still_there", T("Still members"), interval, **options))
    return metrics
