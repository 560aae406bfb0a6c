"""Days from which other rows are recorded, and days on which a program set many dates, are told from what is honest."""

import numpy as np
import pandas as pd
import pytest

from cxlib.churn import ChurnQuestion, gather_churn
from cxlib.data import Workspace, find_recorded, tell_breaks
from cxlib.data.frames.recorded import closed_by_rule, replies_at_once, steps_of_answers, steps_of_rows
from cxlib.drivers import gather_answers, study_score
from cxlib.journey import study_journey
from cxlib.loyalty import study_loyalty
from cxlib.report.views import journey as journey_views
from cxlib.report.views import nps_drivers as nps_views
from cxlib.report.views import voice as voice_views
from cxlib.scorecard import make_scorecard
from cxlib.voice import study_voice

START, DAYS = pd.Timestamp("2024-01-01"), 900
END = START + pd.Timedelta(days=DAYS - 1)


def open_shop(**tables):
    """A workspace of tables."""
    return Workspace.from_frames(tables, currency="EUR", time_zone="UTC", as_of=END.date())


def draw_days(rng, rate, factor=1.0):
    """Days of rows that come at a rate a day, times a factor for each day; sorted."""
    return START + pd.to_timedelta(np.repeat(np.arange(DAYS), rng.poisson(rate * np.ones(DAYS) * factor)), unit="D")


def since(ago, ratio):
    """A factor from so many days before the end on."""
    return np.where(np.arange(DAYS) >= DAYS - ago, ratio, 1.0)


def honest(rng):
    """Factors of a year's course, a peak, growth, uneven and wandering weeks, campaigns, waves of invitations."""
    day, place, weeks = np.arange(DAYS), rng.integers(0, 365), DAYS // 7 + 1
    factors = {
        "flat": np.ones(DAYS),
        "season": np.exp(0.7 * np.sin(2 * np.pi * (day + place) / 365)),
        "peak": np.where((day + place) % 365 < 35, 2.0, 1.0),
        "growth": np.exp(0.6 * day / 365),
        "uneven": np.repeat(rng.gamma(4, 0.25, weeks), 7)[:DAYS],
        "wandering": np.exp(np.repeat(rng.normal(0, 0.1, weeks).cumsum(), 7)[:DAYS]),
        "campaigns": np.ones(DAYS),
        "quarterly": np.where((day + place) % 91 < 10, 9.0, 0.001),
        "monthly": np.where((day + place) % 30 < 4, 7.0, 0.001),
    }
    for first in rng.integers(0, DAYS - 30, 4):
        factors["campaigns"][first : first + rng.integers(3, 25)] *= 3
    return factors


def found_steps(days):
    """Steps of rows with these days."""
    return list(steps_of_rows(pd.Series(days).value_counts().sort_index(), "sessions"))


def test_a_step_of_rows_is_told_from_a_season():
    """Half as many, or two and a half times, from 35 or 300 days before the end on; nothing of what comes and goes."""
    rng = np.random.default_rng(1)
    for ago, ratio in ((35, 0.45), (300, 2.5)):
        (found,) = found_steps(draw_days(rng, 20, since(ago, ratio)))
        assert abs((pd.Timestamp(found.first) - END).days + ago - 1) <= 7
        assert found.ratio == pytest.approx(ratio, rel=0.3)
    assert not [name for name, factor in honest(rng).items() if found_steps(draw_days(rng, 20, factor))]
    assert not found_steps(draw_days(rng, 0.3, since(300, 2.5)))  # two a week: nothing can be told
    assert not found_steps(draw_days(rng, 20)[:0])


@pytest.mark.slow
def test_steps_of_rows_by_simulation():
    """Of 40 with a step at least 34, of 180 without one at most 3."""
    rng = np.random.default_rng(2)
    planted = [draw_days(rng, 12, since(rng.integers(40, 400), rng.choice([0.4, 0.5, 2, 3]))) for _ in range(40)]
    assert sum(map(bool, map(found_steps, planted))) >= 34
    quiet = [draw_days(rng, (3, 12)[run % 2], factor) for run in range(20) for factor in honest(rng).values()]
    assert sum(map(bool, map(found_steps, quiet))) <= 3


def draw_visits(rng, consent=1.0):
    """Visits of which a tenth order; from 80 days before the end on others than those who order agree less often."""
    day = draw_days(rng, 40)
    rows = pd.DataFrame({"customer_id": rng.integers(0, 900, len(day)).astype(str), "at": day})
    rows["converted"] = rng.random(len(day)) < 0.1
    late = day > END - pd.Timedelta(days=80)
    return rows[~late | rows["converted"] | (rng.random(len(day)) < consent)]


def test_consent_makes_no_conversion_better():
    """Half of the visits of those who do not order are no longer recorded: no conversion is called better."""
    for consent in (1.0, 0.4):
        shop = open_shop(sessions=draw_visits(np.random.default_rng(3), consent))
        card = make_scorecard(shop)
        lines = {line.measure.name: line for line in card.lines}
        assert not card.better + card.worse
        assert (lines["conversion_rate"].last is None) == (consent < 1) == ("banner for consent" in str(card.findings))
        assert lines["visits"].last is not None
        assert (len(tell_breaks(shop)) == 1) == (consent < 1)


def test_a_journey_tells_no_change_of_other_visits():
    """Its head names the day, and it says of no touchpoint that something changed."""
    rng = np.random.default_rng(4)
    day = draw_days(rng, 10)
    orders = pd.DataFrame({"customer_id": rng.integers(0, 900, len(day)).astype(str), "at": day, "amount": 5})
    journey = study_journey(open_shop(sessions=draw_visits(rng, 0.4), transactions=orders))
    assert not journey.changes
    assert "banner for consent" in str(journey_views.answer(journey).payload())


def draw_answers(rng, added=False):
    """Answers of customers; with those of a survey that was added 80 days before the end, of people who like more."""
    day = draw_days(rng, 4)
    rows = pd.DataFrame({"at": day, "mood": rng.normal(7.5, 2.3, len(day))})
    if added:
        more = draw_days(rng, 8)
        more = more[more > END - pd.Timedelta(days=80)]
        rows = pd.concat([rows, pd.DataFrame({"at": more, "mood": rng.normal(9, 2, len(more))})])
    rows["customer_id"] = rng.integers(0, 3000, len(rows)).astype(str)
    return rows.assign(nps=rows.pop("mood").round().clip(0, 10).astype(int))


def test_a_survey_that_was_added_is_no_better_opinion():
    """The page says that others may be asked, and calls the score neither better nor worse; nor does the scorecard."""
    for added in (False, True):
        shop = open_shop(surveys=draw_answers(np.random.default_rng(5), added))
        study = study_score(gather_answers(shop))
        head = str(nps_views.answer(study).payload())
        assert ("was another survey added?" in head) == (study.doubt is not None) == added
        card = make_scorecard(shop)
        assert not card.better + card.worse
        assert ("nps" in [line.measure.name for line in card.lines if line.last]) != added


def test_months_are_held_against_those_since_a_step():
    """A survey that was added long ago makes no month of today unusual."""
    rows = draw_answers(np.random.default_rng(6), added=True)
    longer = rows.assign(at=rows["at"] - pd.Timedelta(days=400))
    again = longer[longer["at"] > END - pd.Timedelta(days=480)]
    parts = [longer, *(again.assign(at=again["at"] + pd.Timedelta(days=80 * turn)) for turn in range(1, 6))]
    study = study_score(gather_answers(open_shop(surveys=pd.concat(parts))))
    assert study.doubt is None
    assert study.trend.table["period"].dt.start_time.min() >= END - pd.Timedelta(days=510)


def draw_tickets(rng):
    """Tickets, five a day, closed after some 20 hours."""
    opened = draw_days(rng, 5) + pd.to_timedelta(9, unit="h")
    closed = opened + pd.to_timedelta(rng.lognormal(3, 0.8, len(opened)).clip(1), unit="h")
    return pd.DataFrame({"opened_at": opened, "closed_at": closed.where(closed < END)})


def test_tickets_closed_or_opened_in_one_go():
    """Old tickets that were closed on one day are no slow solutions, and an import's day is none of opening."""
    rows = draw_tickets(np.random.default_rng(7))
    day = END - pd.Timedelta(days=100)
    old = rows["opened_at"] < day
    card = make_scorecard(open_shop(tickets=rows.assign(closed_at=rows["closed_at"].mask(old, day))))
    (line,) = (line for line in card.lines if line.measure.name == "resolution_hours")
    assert (line.last, line.year) == (None, None)
    assert "were old ones closed in one go?" in str(card.findings)
    day = END - pd.Timedelta(days=50)
    old = rows["opened_at"] < day
    columns = {name: rows[name].mask(old, day) for name in ("opened_at", "closed_at")}
    card = make_scorecard(open_shop(tickets=rows.assign(**columns)))
    assert ("resolution_hours", "days:tickets") in [(measure.name, need) for measure, need in card.lacking]
    assert not make_scorecard(open_shop(tickets=rows)).doubts


def draw_members(rng, monthly=0.03, yearly=False):
    """Members who leave on any day, or after whole years (all of whom joined in one season)."""
    start = rng.integers(0, DAYS - 5, 1200)
    start = start if not yearly else 365 * (start // 365) + start % 60
    stay = rng.exponential(30 / monthly, 1200).astype(int) + 1
    end = start + (stay if not yearly else 365 * (stay // 365 + 1) - 1)
    rows = pd.DataFrame({"customer_id": [f"c{number}" for number in range(1200)]})
    rows["started_on"] = START + pd.to_timedelta(start, unit="D")
    return rows.assign(ended_on=(START + pd.to_timedelta(end, unit="D")).where(end < DAYS))


def ended_by_the_company(rng, rows):
    """Three in ten of those who run 80 days before the end are ended on that day."""
    day = END - pd.Timedelta(days=80)
    runs = (rows["started_on"] < day) & ~(rows["ended_on"] < day) & (rng.random(len(rows)) < 0.3)
    return rows.assign(ended_on=rows["ended_on"].mask(runs, day))


def test_memberships_that_a_company_ended():
    """A list that was cleaned is named, and no rise of those who left is called worse; an import's day is named too."""
    rng = np.random.default_rng(8)
    rows = draw_members(rng)
    cleaned = open_shop(memberships=ended_by_the_company(rng, rows))
    assert not make_scorecard(cleaned).worse
    (found,) = gather_churn(cleaned, ChurnQuestion(kind="memberships")).breaks
    assert (found.column, found.last) == ("ended_on", (END - pd.Timedelta(days=80)).date())
    day = START + pd.Timedelta(days=400)
    there = rows[~(rows["ended_on"] < day)]
    (found,) = find_recorded(
        open_shop(memberships=there.assign(started_on=there["started_on"].clip(day))), "memberships"
    )
    assert (found.column, found.first) == ("started_on", day.date())
    assert tell_breaks(open_shop(memberships=rows)).empty


def test_honest_waves_of_dates_are_none():
    """Leaving on any day, after whole years in one season, and at the ends of months."""
    for seed in range(2):
        rng = np.random.default_rng(seed)
        rows = draw_members(rng)
        at_month_end = rows.assign(ended_on=rows["ended_on"] + pd.offsets.MonthEnd(0))
        for each in (rows, draw_members(rng, yearly=True), at_month_end):
            assert not find_recorded(open_shop(memberships=each[~(each["ended_on"] > END)]), "memberships")
        assert not find_recorded(open_shop(tickets=draw_tickets(rng)), "tickets")


def draw_scores(rng, rate=12, *, ago=80, asked=1.0, given=0.0, better=0.0, weeks=0.1):
    """Answers of uneven weeks; since a day fewer of those below 7, some of 10 in advance, or better ones."""
    uneven = np.repeat(rng.gamma(1 / weeks**2, weeks**2, DAYS // 7 + 1), 7)[:DAYS]
    rows = pd.DataFrame({"at": draw_days(rng, rate, uneven)})
    late = (rows["at"] > END - pd.Timedelta(days=ago)).to_numpy()
    nps = rng.normal(7.6 + better * late, 2.2).round().clip(0, 10)
    nps = np.where(late & (rng.random(len(rows)) < given), 10, nps).astype(int)
    rows = rows.assign(nps=nps, customer_id=rng.integers(0, 5000, len(rows)).astype(str))
    return rows[~late | (nps >= 7) | (rng.random(len(rows)) < asked)]


def by_answer(rows):
    """How many answers a day holds, by answer."""
    return rows.assign(n=1).pivot_table(index="at", columns="nps", values="n", aggfunc="sum", fill_value=0)


def test_answers_of_the_satisfied_and_answers_in_advance_are_no_better_opinion():
    """Both are named with their day, and no page calls them better; a score that truly rose is called so."""
    for kind, told in (({"asked": 0.3}, "asked"), ({"given": 0.3}, "filled"), ({"better": 1.2}, "")):
        rows = draw_scores(np.random.default_rng(11), 20, weeks=0.02, **kind)
        shop = open_shop(surveys=rows)
        found = find_recorded(shop, "surveys")
        assert [one.kind for one in found] == ([told] if told else [])
        assert all(abs((pd.Timestamp(one.first) - END).days + 79) <= 7 for one in found)
        assert [line.measure.name for line in make_scorecard(shop).better] == ([] if told else ["nps"])
        assert told != "asked" or "are others asked since then?" in str(study_score(gather_answers(shop)).doubt)


@pytest.mark.slow
def test_steps_of_answers_by_simulation():
    """Of 24 with answers in advance at least 16 are named; of 40 without a step none, of 24 true steps at most 5."""
    rng = np.random.default_rng(12)

    def told(runs, **kind):
        rows = (draw_scores(rng, ago=int(rng.integers(60, 400)), weeks=0.15, **kind) for _ in range(runs))
        return sum(any(steps_of_answers(by_answer(one), "nps")) for one in rows)

    assert told(24, given=0.25) >= 16
    assert told(40) == 0
    assert told(24, better=1.2) <= 5


def test_replies_of_a_program_are_no_quicker_service():
    """Where most first replies come at once since a day and solutions no sooner, how long replies take is not told."""
    rows = draw_tickets(np.random.default_rng(13))
    rng, late = np.random.default_rng(14), rows["opened_at"] > END - pd.Timedelta(days=80)
    hours = pd.to_timedelta(rng.exponential(2, len(rows)), unit="h")
    own = rows.assign(first_response_at=rows["opened_at"] + hours)
    own = own[~(own["first_response_at"] > own["closed_at"])]
    at_once = own.assign(first_response_at=own["first_response_at"].mask(late, rows["opened_at"]))
    for tickets, told in ((own, False), (at_once, True)):
        card = make_scorecard(open_shop(tickets=tickets))
        assert ("first_response_minutes" in [line.measure.name for line in card.lines]) != told
        assert ("does a program send it?" in str(card.findings)) == told
        assert not card.better
    quicker = at_once.assign(closed_at=at_once["closed_at"].mask(late, rows["opened_at"] + pd.Timedelta(hours=1)))
    waits = {"day": quicker["opened_at"].dt.normalize(), "at_once": late[quicker.index]}
    hours = (quicker["closed_at"] - quicker["opened_at"]) / pd.Timedelta(hours=1)
    assert not list(replies_at_once(pd.DataFrame(waits | {"hours": hours})))  # a chat that solves is no such reply
    (found,) = replies_at_once(pd.DataFrame(waits | {"hours": np.nan}))
    assert "solution" not in str(found.message)  # of which nothing is known


def test_topics_of_other_tickets_are_no_change():
    """Where another channel is logged since a day, no topic is said to come up more, and the head names the day."""
    rng = np.random.default_rng(15)
    words = ["The driver came late", "Too expensive", "Great app"]
    own = draw_days(rng, 12)
    more = draw_days(rng, 14)
    more = more[more > END - pd.Timedelta(days=80)]
    for added in (more[:0], more):
        texts = np.append(rng.choice(words, len(own)), rng.choice(words, len(added), p=[0.8, 0.1, 0.1]))
        rows = pd.DataFrame({"opened_at": own.append(added), "text": texts})
        rows = rows.assign(ticket_id=range(len(rows)), customer_id=rng.integers(0, 3000, len(rows)).astype(str))
        voice = study_voice(open_shop(tickets=rows))
        assert voice.moved.empty
        assert ("is another channel or kind recorded" in str(voice_views.answer(voice).payload())) == bool(len(added))


def test_opens_by_programs_are_no_better_messages():
    """Twice as many messages opened since a day are named, and no open rate is held against that of before."""
    rng = np.random.default_rng(3)
    sent = pd.Timestamp("2026-06-30") - pd.to_timedelta(rng.integers(0, 500, 9000), unit="D")
    late = np.asarray(sent > pd.Timestamp("2026-04-20"))
    for leap in (0.0, 0.25):
        opened = pd.Series(sent + pd.Timedelta(hours=2)).where(rng.random(9000) < 0.25 + leap * late)
        ids = rng.integers(0, 900, 9000).astype(str)
        rows = pd.DataFrame({"customer_id": ids, "sent_at": sent, "opened_at": opened})
        shop = Workspace.from_frames({"messages": rows}, currency="EUR", time_zone="UTC")
        found, card = find_recorded(shop, "messages"), make_scorecard(shop)
        assert not card.better
        assert [one.kind for one in found] == ["opens"] * bool(leap)
    assert abs((pd.Timestamp(found[0].first) - pd.Timestamp("2026-04-21")).days) <= 3
    assert "do mail programs open them" in str(card.findings[0])


def closings(seed, kind="honest", share=0.5):
    """Tickets of a desk that solves them within days, a `share` by a rule: each night at 2:15, or 72 hours on."""
    rng = np.random.default_rng(seed)
    opened = draw_days(rng, 4)
    opened += pd.to_timedelta(rng.integers(0, 86_400, len(opened)), unit="s")
    replied = opened + pd.to_timedelta(rng.exponential(2 * 3600, len(opened)).astype(int), unit="s")
    closed = pd.Series(replied + pd.to_timedelta(rng.lognormal(10.5, 1.0, len(opened)).astype(int), unit="s"))
    own, since_day = pd.Series(rng.random(len(opened)) < share), opened >= END - pd.Timedelta(days=200)
    ruled = {
        "night": closed.dt.normalize() + pd.Timedelta(days=1, hours=2, minutes=15),
        "after opening": pd.Series(opened) + pd.Timedelta(hours=72),
        "after the reply": pd.Series(replied) + pd.Timedelta(hours=48),
        "hours": closed.dt.ceil("h"), "days": closed.dt.normalize() + pd.Timedelta(days=1),
        "evening": closed.dt.normalize() + pd.to_timedelta(17 * 3600 + rng.integers(0, 1800, len(closed)), unit="s"),
    }  # fmt: skip
    if kind != "honest":
        closed = closed.mask(own & (since_day | (seed % 2 == 0)), ruled[kind])
    closed = closed.where(closed <= END)
    return pd.DataFrame(
        {"ticket_id": range(len(opened)), "opened_at": opened, "first_response_at": replied, "closed_at": closed}
    )


def test_tickets_that_a_rule_closes_measure_no_service():
    """They are asked about, and hours to the solution are not shown; first replies are."""
    shop = open_shop(tickets=closings(1, "after opening"))
    assert "does a rule close them?" in " ".join(tell_breaks(shop)["warning"])
    card = make_scorecard(shop)
    assert ("resolution_hours", "days:tickets") in [(measure.name, lack) for measure, lack in card.lacking]
    assert "first_response_minutes" in [line.measure.name for line in card.lines]
    assert "resolution_hours" in [line.measure.name for line in make_scorecard(open_shop(tickets=closings(1))).lines]


def test_tickets_that_people_close_are_closed_by_no_rule():
    """Of 24 desks with a rule all are told, of 40 without none: exact times, whole hours or days, each evening."""
    kinds = ("night", "after opening", "after the reply")
    assert all(list(closed_by_rule(closings(seed, kinds[seed % 3]))) for seed in range(24))
    early = closings(3, "night")
    early["closed_at"] -= pd.Timedelta(hours=early["closed_at"].dt.hour.mode()[0])
    assert list(closed_by_rule(early))  # at some minutes past midnight
    quiet = ("honest", "hours", "days", "evening")
    assert not any(list(closed_by_rule(closings(seed, quiet[seed % 4], share=1.0))) for seed in range(40))


@pytest.mark.parametrize("column", ["joined_on", "loyalty_joined_on"])
def test_customers_who_all_joined_on_one_day_were_brought_in(column):
    """A third with the day of an import are asked about; days on which customers joined themselves are not."""
    for seed in range(4):
        rng = np.random.default_rng(seed)
        days = pd.Series(START + pd.to_timedelta(rng.integers(0, DAYS, 400), unit="D"))
        people = pd.DataFrame({"customer_id": [f"c{n}" for n in range(400)], column: days})
        assert not find_recorded(open_shop(customers=people), "customers")
        people[column] = days.mask(rng.random(400) < 1 / 3, START + pd.Timedelta(days=300))
        (found,) = find_recorded(open_shop(customers=people), "customers")
        assert (found.first, found.column) == ((START + pd.Timedelta(days=300)).date(), column)
        assert "brought in from another system?" in str(found.message).replace("\n", " ")


def test_the_page_on_loyalty_says_who_was_enrolled():
    """Members who did not choose the day on which they joined are told of."""
    rng = np.random.default_rng(1)
    day = pd.Series(START + pd.to_timedelta(rng.integers(0, DAYS, 300), unit="D"))
    joined = day.mask(rng.random(300) < 1 / 3, START + pd.Timedelta(days=300))
    people = pd.DataFrame({"customer_id": [f"c{n}" for n in range(300)], "loyalty_joined_on": joined})
    orders = pd.DataFrame({"customer_id": people["customer_id"], "at": day, "amount": 9})
    found = study_loyalty(open_shop(customers=people, transactions=orders))
    assert "they did not choose that day" in " ".join(str(one.message) for one in found.breaks)
