"""The answer and the tiles: how many will leave, what hangs on them and whom to call; or why that cannot be said."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cxlib.churn import ChurnStudy, difference_interval
from cxlib.churn.offers.offer import amount
from cxlib.language import Count, Day, Days, Message, N, Percent, T, about
from cxlib.measures import Metric
from cxlib.report.component import Component
from cxlib.report.head import PageHead, page_head
from cxlib.report.text import notice
from cxlib.report.tiles import Tiles, tiles
from cxlib.report.together import Together, together
from cxlib.report.views.churn.words import RETROSPECTIVE

IN_THE_HEAD = 2  # reasons that stand in the head
YEAR = 365.0
FEWEST_TILES = 3


def answer(study: ChurnStudy) -> PageHead:
    """The page's head: who will leave, whether to believe it and whom to call; or why there is no forecast."""
    kicker = (T("Data to {day}", day=Day(study.data.end)), _customers(study))
    if study.data.kind == "flags":
        return page_head(_looking_back(study), kicker=kicker, bullets=_seen(study))
    if not study.is_forecast:
        return page_head(_no_forecast(study), kicker=kicker, bullets=(*study.reasons[:IN_THE_HEAD], _WHAT_TO_DO))
    level = study.data.level
    if level is None or level.past_finding is None:
        believed, second = _believed(study), _persuadable(study)
    else:
        believed, second = level.past_finding, _persuadable(study) if level.season == "seen" else level.season_note
    bullets = (believed, second, _whom(study))
    return page_head(_leaving(study), kicker=kicker, bullets=bullets)


_WHAT_TO_DO = T(
    "Run this report again when more time has passed; until then look at how long customers stay and why they left"
)


def _customers(study: ChurnStudy) -> Message:
    n = _number(study)
    if study.data.kind == "purchases":
        return N("{n} customer who buys again and again", "{n} customers who buy again and again", n)
    if study.data.kind == "flags":
        return N("{n} customer", "{n} customers", n)
    return N("{n} running membership", "{n} running memberships", n)


def _number(study: ChurnStudy) -> int:
    if study.data.kind == "flags":
        return len(study.data.snapshots) if study.data.snapshots is not None else 0
    if study.risk is not None and len(study.risk.snapshots.open):
        return len(study.risk.snapshots.open)
    if study.data.spells is not None:
        return int((~study.data.spells["ended"].astype(bool)).sum())
    return 0


def _leaving(study: ChurnStudy) -> Message:
    value, low, high = study.leavers
    found: Any = study.money
    values = {
        "n": Count(round(about(value))), "low": Count(round(about(low))), "high": Count(round(about(high))),
        "all": Count(_number(study)), "days": Days(study.data.horizon_days + study.data.gap_days),
        "money": amount(found.revenue.value_cents, study.data.currency),
    }  # fmt: skip
    if study.data.level is not None and study.data.level.season == "unseen":
        return T(
            "Between {low} and {high} of {all} customers will not buy within {days} (95% interval): with less than a "
            "year of data no single number can be given",
            **values,
        )
    if study.data.kind == "purchases":
        return T(
            "About {n} of {all} customers will not buy within {days} (95% interval {low} to {high}); {money} of yearly "
            "revenue hangs on them",
            **values,
        )
    return T(
        "About {n} of {all} members will leave within {days} (95% interval {low} to {high}); {money} of yearly revenue "
        "hangs on them",
        **values,
    )


def _believed(study: ChurnStudy) -> Message:
    fit: Any = None if study.risk is None else study.risk.fit
    verdict: Message = fit.verdict
    return verdict


def _persuadable(study: ChurnStudy) -> Message:
    found: Any = study.money
    if found.effect is not None:
        headline: Message = found.effect.headline
        return headline
    return T(
        "High risk is not the same as persuadable: no experiment has shown whom a call keeps, so what calls bring "
        "rests on an assumption"
    )


def _whom(study: ChurnStudy) -> Message:
    found: Any = study.money
    calls: Message = found.calls.headline
    return calls


def _no_forecast(study: ChurnStudy) -> Message:
    rate = _last_rate(study)
    if rate is not None:
        return T(
            "{share} of {n} customers of {day} left within {days}; who will leave next cannot be said",
            share=Percent(rate["rate"]), n=Count(rate["n"]), day=Day(rate["cut_off"].date()),
            days=Days(study.data.horizon_days + study.data.gap_days),
        )  # fmt: skip
    if study.survival is not None:
        return T(
            "{n} of {all} memberships have ended; who will leave next cannot be said",
            n=Count(study.survival.overall.endings), all=Count(study.survival.overall.n),
        )  # fmt: skip
    return T("Up to {day} nobody can be told to have left, so who will leave next cannot be said",
             day=Day(study.data.end))  # fmt: skip


def _last_rate(study: ChurnStudy) -> Any:
    if study.risk is None or study.risk.snapshots.base_rates.empty:
        return None
    return study.risk.snapshots.base_rates.iloc[-1]


def _looking_back(study: ChurnStudy) -> Message:
    rate = _last_rate(study)
    return T(
        "{share} of {n} customers have left by {day}: a look back that tells who they were, not who will leave next",
        share=Percent(rate["rate"]), n=Count(rate["n"]), day=Day(study.data.end),
    )  # fmt: skip


def _seen(study: ChurnStudy) -> tuple[Message, ...]:
    parts = (study.survival, study.risk)
    found = tuple(part.headline for part in parts if part is not None)
    return (*found[:IN_THE_HEAD], T("To know who will leave next, bring the days on which memberships ended"))


def headline_tiles(study: ChurnStudy) -> Component:
    """What was observed last, what is expected next, how well it can be told, and the revenue at stake."""
    shown: list[Component] = [tiles(*_metrics(study))]
    if study.data.kind == "flags":
        shown.append(notice(RETROSPECTIVE))
    if study.is_forecast and study.money is not None and study.money.calls.low_cents < 0 < study.money.calls.gain_cents:
        shown.append(notice(_NOT_SURE))
    if study.is_forecast and study.rules.margin == 1:
        shown.append(notice(_NO_MARGIN, "info"))
    return _one(shown)


def _one(shown: list[Component]) -> Tiles | Together | Component:
    return shown[0] if len(shown) == 1 else together(*shown)


_NOT_SURE = T(
    "It is not certain that the calls bring more than they cost: the interval of what they bring reaches below zero"
)
_NO_MARGIN = T("No margin is set, so value here is revenue, not profit: set the parameter margin")


def _metrics(study: ChurnStudy) -> list[Metric]:
    found = [*_observed(study), *_expected(study), *_ranking(study), *_at_stake(study)]
    return found if len(found) >= FEWEST_TILES else [*found, *_plain(study, among=len(found))]


def _observed(study: ChurnStudy) -> list[Metric]:
    if study.risk is None or study.risk.snapshots.base_rates.empty:
        return []
    rates = study.risk.snapshots.base_rates
    last, known = rates.iloc[-1], study.money.rates if study.money is not None else None
    low, high = (None, None) if known is None else (float(known.table[end].iloc[-1]) for end in ("low", "high"))
    flags = study.data.kind == "flags"
    note = None if flags else T("of the customers of {day}, within {days}", day=Day(last["cut_off"].date()),
                                days=Days(study.data.horizon_days))  # fmt: skip
    return [
        Metric(
            "churn_rate", T("Left"), float(last["rate"]), low=low, high=high, n=int(last["n"]), unit="percent",
            polarity=-1, as_of=study.data.end, change=_clear_change(rates), note=note,
        )
    ]  # fmt: skip


def _clear_change(rates: pd.DataFrame) -> float | None:
    """From the cut-off before to the last; None where chance alone may have made it."""
    if len(rates) < 2:
        return None
    latest = rates.iloc[[-1, -2]]
    change, low, high = difference_interval(latest["churned"], latest["n"])
    return change if low > 0 or high < 0 else None


def _expected(study: ChurnStudy) -> list[Metric]:
    n = _number(study)
    if not study.is_forecast or not n:
        return []
    value, low, high = (part / n for part in study.leavers)
    return [
        Metric(
            "expected_churn", T("Expected to leave"), value, low=low, high=high, n=n, unit="percent", polarity=-1,
            as_of=study.data.end, note=T("of today's customers, within {days}", days=Days(study.data.horizon_days)),
        )
    ]  # fmt: skip


def _ranking(study: ChurnStudy) -> list[Metric]:
    fit: Any = None if study.risk is None else study.risk.fit or study.risk.retrospective
    if fit is None:
        return []
    value, low, high = fit.value(fit.chosen, "roc_auc") if study.data.kind == "flags" else (
        fit.evaluation.value(fit.chosen, "roc_auc")
    )  # fmt: skip
    note = T("{half} is chance", half=Percent(0.5))
    if study.data.kind != "flags":
        rule = fit.evaluation.value(fit.best_rule, "roc_auc")[0]
        note = T("{half} is chance; the best simple rule has {rule}", half=Percent(0.5), rule=Percent(rule))
    return [
        Metric(
            "roc_auc", T("Pairs ranked rightly (ROC-AUC)"), value, low=low, high=high, unit="percent", polarity=1,
            as_of=study.data.end, note=note,
        )
    ]  # fmt: skip


def _at_stake(study: ChurnStudy) -> list[Metric]:
    if not study.is_forecast or study.money is None:
        return []
    found = study.money.revenue
    return [
        Metric(
            "revenue_at_risk", T("Revenue at risk"), about(found.value_cents), low=about(found.low_cents),
            high=about(found.high_cents), unit="money", currency=study.data.currency, polarity=-1,
            as_of=study.data.end, note=T("a year's revenue, {share} of all", share=Percent(found.share)),
        )
    ]  # fmt: skip


def _plain(study: ChurnStudy, *, among: int) -> list[Metric]:
    """Where little is known: how many there are, and how many stay for a year."""
    found = []
    if among < FEWEST_TILES - 1:
        found.append(Metric("customers", T("Customers"), _number(study), polarity=1, as_of=study.data.end))
    if study.survival is not None:
        overall = study.survival.overall
        row = overall.at([min(overall.read_at, YEAR)]).iloc[0]
        found.append(
            Metric(
                "still_there", T("Still members"), float(row["survival"]), low=float(row["low"]),
                high=float(row["high"]), n=int(overall.n), unit="percent", polarity=1, as_of=study.data.end,
                note=T("after {days}", days=Days(row["days"])),
            )
        )  # fmt: skip
    return found
