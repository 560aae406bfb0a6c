"""The scorecard: true on any table, the same numbers as other reports, and no change named that is none."""

import datetime as dt
import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cxlib import report
from cxlib.data.connect import Store
from cxlib.data.frames.activity import kinds_since
from cxlib.errors import DataError, ParameterError
from cxlib.language import T
from cxlib.measures.rates import share_of
from cxlib.report.views import scorecard as show
from cxlib.scorecard import MEASURES, CardQuestion, gather, make_scorecard, read_benchmarks, read_targets
from cxlib.scorecard.figures import usual_range
from cxlib.scorecard.gather import Ledger
from tests.scorecard.conftest import END, draw_stable, open_shop

EXPECTED = {
    "transactions": {"revenue_in_period", "buyers", "average_order_value", "purchase_frequency"},
    "surveys": {"nps", "csat", "ces", "ces_mean"},
    "tickets": {"first_response_minutes", "resolution_hours", "tickets"},
    "sessions": {"visits", "pages_per_visit", "time_on_site", "conversion_rate", "visitor_conversion", "findability"},
    "messages": {"open_rate"},
    "memberships": {"churn_rate"},
}
VIEWS = ("answer", "headline_tiles", "this_week", "measures", "aims", "missing")


def _page(card):
    return {name: getattr(show, name)(card).payload() for name in VIEWS}


def _by_name(card):
    return {line.measure.name: line for line in card.lines}


@pytest.mark.parametrize("table", EXPECTED)
def test_each_table_alone_gives_a_scorecard(table, stable):
    """What it can tell is told with an interval or counted in full; all else is missing, with what would give it."""
    card = make_scorecard(open_shop({table: stable[table]}))
    lines = _by_name(card)
    assert EXPECTED[table] <= set(lines)
    assert {measure.table for measure in MEASURES if measure.name in lines} == {table}
    for line in card.lines:
        assert line.metric.n >= 30
        assert line.measure.is_total or line.metric.low <= line.value <= line.metric.high
    assert len(card.lines) + len(card.lacking) == len(MEASURES)
    assert all(need and not need.startswith(table + ".") for _, need in card.lacking)
    page = _page(card)
    assert page["answer"]["title"]["en"] == str(card.headline)
    assert "tickets" in page["missing"]["html"]["en"] or table == "tickets"


def test_nothing_to_measure_is_said():
    """Without a dated row an error says what to bring; of two customers the page says that they are too few."""
    with pytest.raises(DataError, match="nothing to measure"):
        make_scorecard(open_shop({"benchmarks": pd.DataFrame({"measure": ["nps"], "value": [30]})}))
    few = {"customer_id": ["a", "b"], "at": "2026-06-02", "amount": 3}
    card = make_scorecard(open_shop({"transactions": pd.DataFrame(few)}))
    page = _page(card)
    assert "Too few customers" in page["answer"]["title"]["en"]
    assert "more customers or answers" in page["missing"]["html"]["en"]
    assert card.months.empty
    assert card.table.empty


@pytest.mark.parametrize("others", [(), ("transactions",)])
def test_tables_that_no_measure_is_of_stand_beside(others, stable):
    """Reviews without surveys are no answers: all else is told as it would be without them."""
    reviews = pd.DataFrame({"at": ["2026-06-02"] * 40, "text": "Good"})
    tables = {table: stable[table] for table in others}
    lines = _by_name(make_scorecard(open_shop({**tables, "feedback": reviews})))
    assert set(lines) >= {name for table in others for name in EXPECTED[table]}
    assert {line.measure.table for line in lines.values()} == set(others)


def test_numbers_by_hand():
    """30 of 100 orders are of customers who had bought before; 100 orders at 5 bring 500 from 90 customers."""
    early = [(f"e{n}", "2025-11-15") for n in range(30)]
    late = [(f"e{n}", "2026-06-10") for n in range(30)] + [(f"n{n}", "2026-06-11") for n in range(60)]
    again = [(f"n{n}", "2026-06-20") for n in range(10)]
    rows = pd.DataFrame([*early, *late, *again], columns=["customer_id", "at"]).assign(amount=5)
    lines = _by_name(make_scorecard(open_shop({"transactions": rows})))
    assert lines["repurchase_rate"].value == pytest.approx(0.3)
    assert lines["revenue_in_period"].value == 50_000
    assert lines["average_order_value"].value == 500
    assert lines["purchase_frequency"].value == pytest.approx(100 / 90)
    assert lines["buyers"].metric.n == 90
    assert lines["new_buyers"].value == 60


def test_a_fall_is_named_first(stable):
    """Conversion that falls from two fifths to a tenth is the answer, in numbers, and where to start."""
    visits = stable["sessions"]
    recent = (pd.to_datetime(visits["at"]) > "2026-04-01") & (visits.index % 4 > 0)
    card = make_scorecard(open_shop({"sessions": visits.assign(converted=visits["converted"] & ~recent)}))
    assert [line.measure.name for line in card.worse] == ["conversion_rate", "visitor_conversion"]
    assert str(card.headline).startswith(
        "2 of 7 measures are clearly worse than in the 90 days before. They are Visits that"
    )
    assert re.match(r"Visits that ended in an order fell from \d+% to [\d.]+%\. ", str(card.findings[0]))
    assert "Start with Visits that ended in an order" in show.answer(card).payload()["action"]["en"]


@pytest.mark.parametrize(
    ("days", "peak_before", "named"), [(200, False, False), (800, True, False), (800, False, True)]
)
def test_a_season_is_no_progress(days, peak_before, named):
    """Sales that double in 90 days are better only where the same days a year before did not double as well."""
    orders = draw_stable(3, days=days)["transactions"]
    age = (pd.Timestamp(END) - pd.to_datetime(orders["at"])).dt.days
    peak = (age < 90) | (peak_before & (age >= 365) & (age < 455))
    more = orders[peak].assign(customer_id=orders["customer_id"].sample(frac=1, random_state=1).to_numpy()[peak])
    twice = pd.concat([orders, more], ignore_index=True)  # by others: the same rows twice would be a step of amounts
    card = make_scorecard(open_shop({"transactions": twice}))
    line = _by_name(card)["revenue_in_period"]
    assert line.last.clear
    assert (line.tone == 1) is named
    assert show.metric_of(line).is_better is (True if named else None)
    assert ("The season may be why" in str(card.headline)) is not named


@pytest.mark.slow
@pytest.mark.parametrize(("days_ago", "compared"), [((190, 80), ""), ((300,), "last"), ((500,), "year")])
def test_prices_are_no_better_orders(days_ago, compared):
    """Amounts with tax from a day on, or two rises: the days are named, and no amounts are compared across them."""
    orders = draw_stable(3, customers=500, days=900)["transactions"]
    ago = (pd.Timestamp(END) - pd.to_datetime(orders["at"])).dt.days
    for day in days_ago:
        orders["amount"] *= np.where(ago < day, 1.2, 1.0)
    card = make_scorecard(open_shop({"transactions": orders.round({"amount": 2})}))
    assert str(card.doubts[0]).startswith("From about ")
    assert "did prices change, or do amounts hold tax" in str(card.findings[0])
    assert len(card.doubts) == len(days_ago)
    for name in ("average_order_value", "revenue_in_period"):
        line = _by_name(card)[name]
        assert line.tone == 0
        assert [side for side in ("last", "year") if getattr(line, side)] == [compared] * bool(compared)


def test_all_doubts_are_shown_and_few_answers_are_said(stable):
    """What makes periods unlike stands on the page, not the first alone; of few answers nobody sees who is asked."""
    answers = stable["surveys"]
    recent = pd.to_datetime(answers["at"]) > "2026-04-01"
    fallen = answers.assign(nps=(answers["nps"] - 3 * recent).clip(0))
    card = make_scorecard(open_shop({"surveys": fallen}))
    assert [line.measure.name for line in card.worse] == ["nps"]
    assert "a week it cannot be told whether others answer" in show.measures(card).payload()["html"]["en"]
    doubts = (T("The first thing"), T("The second thing"))
    assert "The second thing" in show.measures(replace(card, doubts=doubts)).payload()["html"]["en"]


def test_customers_of_an_earlier_time_fare_as_they_must():
    """A log that follows those who came in one quarter: that they buy less with time is not called worse."""
    rng, day = np.random.default_rng(5), pd.Timestamp("2025-01-01")
    ids = np.repeat(np.arange(400), 1 + rng.poisson(4, 400))
    age = np.where(np.r_[True, np.diff(ids) > 0], rng.integers(0, 90, len(ids)), rng.exponential(200, len(ids)) + 90)
    rows = pd.DataFrame({"customer_id": ids.astype(str), "at": day + pd.to_timedelta(age.astype(int), unit="D")})
    rows = rows[rows["at"] <= pd.Timestamp("2026-06-30")].assign(amount=20)
    card = make_scorecard(open_shop({"transactions": rows}))
    assert any(line.last and line.last.clear for line in card.lines)
    assert not card.worse
    assert str(card.headline).startswith("How sales fare cannot be told")
    assert "by themselves" in str(card.findings[0])


def test_a_month_in_which_all_agree_is_usual_for_its_size():
    """Of 150 visitors who all ordered, where 97% do: their own interval is narrow, that of a month of 150 is not."""
    months = _shares(8, 1000, 0.97)
    last = share_of(np.ones(150), np.ones(150), customers=range(150))
    low, high = usual_range([*months, last], np.array([True] * 8 + [False]))
    assert low[-1] < last.value < high[-1]
    assert high[0] < 1.0


def _shares(months, visitors, share):
    rng = np.random.default_rng(4)
    return [share_of(rng.random(visitors) < share, np.ones(visitors), customers=range(visitors)) for _ in range(months)]


def test_few_customers_move_nothing(stable):
    """Of 25 customers nothing is shown; what 40 did against what 20 did before is no change that is told."""
    orders = stable["transactions"]
    day = pd.to_datetime(orders["at"])
    few = orders[orders["customer_id"].isin([f"c{n}" for n in range(25)])]
    assert not make_scorecard(open_shop({"transactions": few})).lines
    older = orders["customer_id"].isin(sorted(orders["customer_id"].unique())[:20])
    card = make_scorecard(open_shop({"transactions": orders[(day > "2026-04-01") | older]}))
    assert card.lines
    assert all(line.last is None for line in card.lines)
    assert "Nothing of before can be compared" in str(card.headline)


def _published(**changes):
    entry = {
        "name": "nps", "label": {"en": "NPS", "ar": "NPS"}, "value": -8.0, "low": -12.0, "high": -4.0, "level": 0.95,
        "n": 400, "unit": "points", "currency": "", "polarity": 1, "as_of": END.isoformat(), "change": -7.5,
        "note": {"en": "against 0 before", "ar": "x"}, "total": False, "window_days": 90,
    }  # fmt: skip
    return {"nps_drivers": {"metrics": [entry | changes], "action": {"en": "Look first at delivery", "ar": "x"}}}


def test_what_a_report_has_published_is_read(stable, monkeypatch):
    """Value, interval, words and a change that it found clear are its own, and so is what to do about it."""
    monkeypatch.setenv("CXLIB_REPORTS", "nps_drivers,scorecard")
    shop = open_shop({"surveys": stable["surveys"]})
    card = make_scorecard(shop, published=_published())
    line = _by_name(card)["nps"]
    assert (line.read, line.value, line.metric.low, line.metric.n, line.tone) == (True, -8.0, -12.0, 400, -1)
    assert str(line.metric.note) == "against 0 before"
    head = show.answer(card).payload()
    assert head["action"]["en"] == "Start with NPS. Look first at delivery"
    link = '<a href="#report-nps_drivers">{}</a>'
    assert link.format("Look first at delivery") in show.this_week(card).payload()["html"]["en"]
    assert link.format("NPS") in show.measures(card).payload()["html"]["en"]


def test_what_is_read_of_a_table_that_is_not_there(stable):
    """Churn of customers who are no members: the report on churn made it of their purchases."""
    rate = {"name": "churn_rate", "unit": "percent", "polarity": -1, "value": 0.1, "low": 0.08, "high": 0.12}
    published = {"churn": _published(**rate, change=0.04)["nps_drivers"]}
    card = make_scorecard(open_shop({"transactions": stable["transactions"]}), published=published)
    line = _by_name(card)["churn_rate"]
    assert (line.read, line.value, line.tone) == (True, 0.1, -1)
    assert "10.0%" in show.measures(card).payload()["html"]["en"]


def test_the_playbook_s_line_takes_the_place_of_the_call_list_s(stable, monkeypatch):
    """It stands first; what the report on calls says of a measure that got worse is still read."""
    monkeypatch.setenv("CXLIB_REPORTS", "churn,nps_drivers,playbook")
    metrics = _published()["nps_drivers"]["metrics"]
    said = {
        report: {"metrics": metrics, "action": {"en": text}, "file": file}
        for report, text, file in [
            ("churn", "Call 12", "call_list.csv"),
            ("nps_drivers", "Mend it", ""),
            ("playbook", "Do this", "act_now.csv"),
        ]
    }
    card = make_scorecard(open_shop({"surveys": stable["surveys"]}), published=said)
    assert list(card.week) == ["churn", "nps_drivers", "playbook"]
    text = show.this_week(card).payload()["html"]["en"]
    assert "Call 12" not in text
    assert text.index("Do this") < text.index("Mend it")


def test_visits_of_programs_are_told_beside_the_days(stable):
    """Both stand at the measure: where the visits end on another day than the page, and how many were left out."""
    sessions = stable["sessions"]
    last = sessions.loc[[pd.to_datetime(sessions["at"]).idxmax()]]
    robot = pd.concat([last.assign(session_id=f"bot {n}") for n in range(150)])
    shop = open_shop({"sessions": pd.concat([sessions, robot]), "surveys": stable["surveys"]})
    card = make_scorecard(shop)
    (line,) = (line for line in card.lines if line.measure.name == "visits")
    assert card.robots >= 150
    assert "without 15" in show.measures(card).payload()["html"]["en"]
    later = replace(card, end=card.end + dt.timedelta(days=5))
    assert f"{line.metric.note}, without 15" in show.measures(later).payload()["html"]["en"]


def test_a_number_of_another_day_is_not_read(stable):
    """What was published of a month before is neither shown nor repeated."""
    shop = open_shop({"surveys": stable["surveys"]})
    card = make_scorecard(shop, published=_published(as_of="2026-05-31"))
    assert not _by_name(card)["nps"].read
    assert not card.week


def test_every_metric_is_said_once(stable):
    """Tiles and tables together hand each line to metrics.json once, with the days that it is of."""
    card = make_scorecard(open_shop(stable))
    page = _page(card)
    metrics = [*page["headline_tiles"]["metrics"], *page["measures"]["metrics"]]
    assert sorted(metric["name"] for metric in metrics) == sorted(line.measure.name for line in card.lines)
    assert all(metric["note"] and metric["as_of"] for metric in metrics)
    assert len(metrics) >= 20
    assert json.dumps(metrics)


def test_targets_and_benchmarks(stable):
    """A target that the whole interval is short of is missed; a benchmark has its gap, source and day."""
    others = {"measure": ["csat", "csat", "luck"], "value": [0.9, 0.8, 1.0], "source": "A study"}
    benchmarks = pd.DataFrame(others).assign(as_of=["2025-01-01", "2026-01-01", None])
    targets = {"csat": {"value": "99%", "by": "2026-12-31"}, "nps": {"value": -90, "by": "2026-12-31"}}
    shop = open_shop({"surveys": stable["surveys"], "benchmarks": benchmarks})
    card = make_scorecard(shop, CardQuestion(targets=targets))
    lines = _by_name(card)
    assert lines["csat"].misses
    assert not lines["nps"].misses
    assert lines["csat"].benchmark.value == 0.8
    html = show.aims(card).payload()["html"]["en"]
    assert "clearly short by" in html
    assert "reached" in html
    assert "A study, 1 January 2026" in re.sub("[\u2068\u2069]", "", html)
    assert "luck" in html
    assert "Clearly short of the target: Satisfied customers" in str(card.findings[-1])


@pytest.mark.parametrize(
    ("targets", "words"),
    [
        ({"cast": {"value": 0.8, "by": "2026-12-31"}}, "Did you mean 'csat'"),
        ({"csat": {"value": 0.8}}, "a value and a day"),
        ({"csat": 0.8}, "a value and a day"),
        ({"csat": {"value": 85, "by": "2026-12-31"}}, "85 percent are 0.85"),
        ({"csat": {"value": "much", "by": "2026-12-31"}}, "give a number"),
        ({"csat": {"value": 0.8, "by": "soon"}}, "as 2026-12-31"),
        ({"csat": {"value": 0.8, "by": "2026-12-31", "unit": "%"}}, "'unit' is no setting"),
    ],
)
def test_a_target_that_cannot_be_meant_is_refused(targets, words):
    """An unknown measure, no day, percent as a whole number, and words name the remedy."""
    with pytest.raises(ParameterError, match=re.escape(words)):
        read_targets(targets)


def test_benchmarks_go_by_several_names():
    """Units are those of the measure; an effort benchmark above one is a mean answer; what cannot be is a stranger."""
    rows = pd.DataFrame({"measure": ["AOV", "response hours", "ces", "csat"], "value": [240.0, 2.0, 5.6, 78.0]})
    known, strangers = read_benchmarks(rows.assign(source=None, as_of=pd.NaT), currency="KWD")
    assert {name: one.value for name, one in known.items()} == {
        "average_order_value": 240_000, "first_response_minutes": 120, "ces_mean": 5.6
    }  # fmt: skip
    assert strangers == ("csat (78)",)


def test_the_report_hands_out_what_it_may(tmp_path, monkeypatch):
    """Only reports that the suite names are read."""
    (tmp_path / "metrics.json").write_text('{"report": "clv"}', encoding="utf-8")
    monkeypatch.setenv("CXLIB_BUILT_ON", json.dumps({"clv": str(tmp_path), "churn": str(tmp_path / "none")}))
    assert report.published() == {"clv": {"report": "clv"}}


@pytest.mark.slow
def test_nothing_is_named_where_nothing_changes(monkeypatch):
    """Of 24 companies in which nothing changes at most three name a change among some twenty measures.

    Were it named in one of twenty, there would be more than three in three of a hundred such tests. Months, of which
    nothing is named, are left out.
    """
    monkeypatch.setattr(Ledger, "course", lambda *_: pd.DataFrame())
    named = [seed for seed in range(24) if _names_a_change(make_scorecard(open_shop(draw_stable(seed, customers=200))))]
    assert len(named) <= 3, named


def _names_a_change(card):
    assert sum(line.last is not None for line in card.lines) >= 15
    return bool(card.worse or card.better)


def test_answers_on_another_scale_are_no_change(stable):
    """NPS asked on 1 to 5 from a day on: the card asks about it and gives no NPS; CSAT stays compared."""
    rows = stable["surveys"].copy()
    late = pd.to_datetime(rows["at"]) > pd.to_datetime(rows["at"]).max() - pd.Timedelta(days=80)
    rows.loc[late, "nps"] = rows.loc[late, "nps"].clip(2) // 2
    card = make_scorecard(open_shop({"surveys": rows}))
    assert "was another scale asked?" in str(card.findings[0])
    assert "nps" not in _by_name(card)
    assert ("nps", "scale:surveys") in [(measure.name, need) for measure, need in card.lacking]
    assert _by_name(card)["csat"].last is not None
    assert not make_scorecard(open_shop({"surveys": stable["surveys"]})).doubts


def test_another_currency_is_no_change_of_order_values():
    """Amounts x3.75 lately: the head says so, and no change of revenue is named; a closure is said too."""
    rng = np.random.default_rng(1)
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 730, 6000), unit="D")
    amount = np.exp(rng.normal(3, 0.5, 6000)).round(2)
    rows = pd.DataFrame({"customer_id": rng.integers(0, 400, 6000).astype(str), "at": day, "amount": amount})
    late = rows.assign(amount=np.where(day >= "2025-11-01", 3.75 * amount, amount))
    away = rows[(day < "2025-09-01") | (day > "2025-09-30")]
    for table, said in (
        (rows, ""),
        (late, "times what it was. Such a step"),
        (away, "No row lies from 1 September 2025"),
    ):
        card = make_scorecard(open_shop({"transactions": table}))
        head = str(show.answer(card).payload())
        assert bool(said) == (len(card.doubts) == 1)
        assert said in head
        lines = _by_name(card)
        assert (table is late) == (lines["average_order_value"].last is None)
        assert lines["buyers"].last is not None


def _messages(rng, kinds):
    """300 customers who get messages of kinds, each from a day on, and open them at rates that may change."""
    parts = []
    for kind, (start, before, now) in kinds.items():
        days = pd.date_range(start, END, freq="D")
        at = days[rng.integers(0, len(days), len(days) * 12)]
        rate = np.where(at > pd.Timestamp(END) - pd.Timedelta(days=90), now, before)
        opened = pd.Series(at + pd.Timedelta(hours=1)).where(rng.random(len(at)) < rate)
        who = [f"c{number}" for number in rng.integers(0, 300, len(at))]
        parts.append(pd.DataFrame({"customer_id": who, "sent_at": at, "opened_at": opened, "kind": kind}))
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize(
    ("kinds", "clear"),
    [
        ({"survey": ("2025-01-01", 0.6, 0.6), "newsletter": ("2025-12-01", 0.3, 0.3)}, False),  # only recorded later
        ({"survey": ("2025-01-01", 0.6, 0.4), "newsletter": ("2025-12-01", 0.3, 0.2)}, True),
        ({"survey": ("2025-01-01", 0.6, 0.4), "newsletter": ("2025-01-01", 0.3, 0.2)}, True),
    ],
)
def test_other_kinds_of_messages_are_no_change(kinds, clear):
    """An open rate that falls because newsletters are recorded from a day on is no worse than a year before."""
    rows = _messages(np.random.default_rng(3), kinds)
    card = make_scorecard(open_shop({"messages": rows}))
    year = _by_name(card)["open_rate"].year
    assert year.value < -0.15
    assert (year.clear, year.mixed) == (clear, not clear)
    said = _page(card)["measures"]["html"]["en"]
    assert ("no clear change of like with like" in said) is not clear


def test_a_quick_channel_beside_a_slow_one_is_no_quicker_reply():
    """Chats that begin in the period are answered in minutes, mails as ever: the median falls."""
    rng, rows = np.random.default_rng(5), []
    for channel, start, minutes in (("mail", "2025-01-01", 300), ("chat", "2026-04-10", 5)):
        days = pd.date_range(start, END, freq="D")
        at = days[rng.integers(0, len(days), len(days) * 8)] + pd.Timedelta(hours=9)
        wait = pd.to_timedelta(rng.exponential(minutes, len(at)) + 1, unit="min")
        who = [f"c{number}" for number in rng.integers(0, 300, len(at))]
        rows.append(
            pd.DataFrame({"customer_id": who, "opened_at": at, "first_response_at": at + wait, "channel": channel})
        )
    line = _by_name(make_scorecard(open_shop({"tickets": pd.concat(rows, ignore_index=True)})))[
        "first_response_minutes"
    ]
    assert line.last.value < 0
    assert line.last.mixed
    assert not line.tone


def test_a_log_that_was_added_is_no_growth():
    """Three in ten sales are of a channel whose log begins in the period before: nobody does better or buys again more.

    Were it in the log from the first day, a growth of it would be one.
    """
    rng, end, parts = np.random.default_rng(8), pd.Timestamp(END), []
    days = pd.date_range("2024-01-01", end, freq="D")
    for channel, customers in (("shop", 300), ("market", 130)):
        n = len(days) * customers // 45
        who = [f"{channel}{number}" for number in rng.integers(0, customers, n)]
        parts.append(pd.DataFrame({"customer_id": who, "at": rng.choice(days, n), "amount": 20.0, "channel": channel}))
    rows = pd.concat(parts, ignore_index=True)
    market, late = rows["channel"] == "market", rows["at"] > end - pd.Timedelta(days=170)
    grown = rows[~market | late | (rng.random(len(rows)) < 0.1)]
    added = make_scorecard(open_shop({"transactions": rows[~market | late]}))
    lines, opened = _by_name(added), _by_name(make_scorecard(open_shop({"transactions": grown})))
    assert lines["repurchase_rate"].last.value > 0.1
    assert lines["repurchase_rate"].last.mixed
    assert lines["revenue_in_period"].year.mixed
    assert not added.better
    assert "no clear change of like with like" in _page(added)["measures"]["html"]["en"]
    assert opened["revenue_in_period"].year.clear
    before = end - pd.Timedelta(days=200)  # of what comes later nothing is known yet
    kinds = kinds_since(open_shop({"transactions": rows[~market | late]}), "transactions", "channel", days[0], before)
    assert kinds["share"].tolist() == [1]


def test_answers_are_read_once(monkeypatch):
    """However many kinds and periods are compared, answers are read, and names of persons looked for, once."""
    tables, reads, asked = draw_stable(3), [], []
    tables["surveys"]["touchpoint"] = np.resize(["shop", "web"], len(tables["surveys"]))
    tables["customers"] = pd.DataFrame(
        {"customer_id": [f"c{n}" for n in range(250)], "region": ["north", "south"] * 125}
    )
    read, ask = gather.read_survey, Store.value
    monkeypatch.setattr(gather, "read_survey", lambda *args, **more: reads.append(1) or read(*args, **more))
    monkeypatch.setattr(Store, "value", lambda store, query, *more: asked.append(query) or ask(store, query, *more))
    make_scorecard(open_shop(tables))
    keys = [query for query in asked if "count(DISTINCT" in query and " AND " in query]
    assert len(reads) == 1
    assert len(keys) == len(set(keys)) > 0
