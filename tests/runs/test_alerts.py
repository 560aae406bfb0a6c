"""Alerts follow the numbers of metrics.json in their units, and stand as long as their reason does."""

import datetime as dt

import pytest

from cxlib.runs.alerting.alerts import carry_over, check_alerts
from cxlib.runs.archive.record import Status
from cxlib.runs.archive.standing import Standing
from cxlib.runs.planning.suite import ReportSettings, Suite, read_rules

NPS = {
    "name": "nps",
    "label": {"en": "NPS", "ar": "صافي الترويج"},
    "value": 31,
    "low": 28,
    "high": 34,
    "unit": "points",
}
CHURN = {"name": "churn_rate", "label": {"en": "Churn rate"}, "value": 0.093, "low": 0.08, "high": 0.11,
         "unit": "percent", "polarity": -1}  # fmt: skip
VALUE = {"name": "order_value", "label": {"en": "Order value"}, "value": 12_550, "unit": "money", "currency": "SAR"}
ORDERS = {"name": "orders", "label": {"en": "Orders"}, "value": 900, "low": None, "high": None, "unit": "count"}
EMPTY = {"name": "empty", "label": {"en": "Empty"}, "value": None, "unit": "points"}
(VARIANT,) = Suite(languages=("en",), reports={"churn": ReportSettings()}).variants()


@pytest.fixture
def stand(past_run):
    """Makes runs; gives how the report stands."""

    def make(*runs):
        for run in runs:
            past_run("churn", **run)
        return Standing.of(VARIANT, past_run.site)

    return make


def alerts_of(standing, **alert_if):
    """The alerts of a report, by kind and condition."""
    return check_alerts(standing, read_rules(alert_if))


@pytest.mark.parametrize(
    ("metric", "condition", "limit", "fires"),
    [
        ("churn_rate", "above", 0.08, True),
        ("churn_rate", "above", "8%", True),
        ("churn_rate", "above", "9.3%", False),
        ("churn_rate", "certainly_above", "8%", False),  # the interval's low end is on the limit
        ("churn_rate", "certainly_above", "7.9%", True),
        ("churn_rate", "below", 0.1, True),
        ("churn_rate", "certainly_below", 0.1, False),
        ("nps", "certainly_below", 35, True),
        ("nps", "below", -10, False),
        ("order_value", "below", 126, True),  # 125.50 riyals
        ("order_value", "below", 125, False),
        ("order_value", "above", 125.4, True),
        ("orders", "certainly_below", 901, True),  # a count has no interval: it is what it is
        ("orders", "certainly_below", 900, False),
    ],
)
def test_a_limit_is_compared_in_the_metrics_unit(stand, metric, condition, limit, fires):
    """Shares as fractions or percent, money in units of the currency, certainty by the interval's near end."""
    standing = stand({"metrics": [NPS, CHURN, VALUE, ORDERS]})
    found = alerts_of(standing, **{metric: {condition: limit}})
    assert [(alert.kind, alert.condition) for alert in found] == ([("metric", condition)] if fires else [])


@pytest.mark.parametrize(("currency", "limit"), [("KWD", 1.254), ("JPY", 1_254), ("SAR", 12.54)])
def test_a_limit_of_money_is_in_units_of_its_currency(stand, currency, limit):
    """1.254 dinars are 1,254 minor units, and so are 1,254 yen and 12.54 riyals."""
    standing = stand({"metrics": [VALUE | {"value": 1_255, "currency": currency}]})
    [alert] = alerts_of(standing, order_value={"above": limit})
    assert alert.limit == pytest.approx(1_254)
    assert not alerts_of(
        stand({"metrics": [VALUE | {"value": 1_253, "currency": currency}]}), order_value={"above": limit}
    )


@pytest.mark.parametrize(
    ("now", "before", "falls", "rises"),
    [
        ((30, 27, 33), (41, 38, 44), True, False),
        ((41, 38, 44), (30, 27, 33), False, True),
        ((38, 35, 41), (41, 38, 44), False, False),
        ((41, 38, 44), (41, 38, 44), False, False),
    ],
)
def test_a_significant_change_is_what_the_front_page_calls_clear(stand, now, before, falls, rises):
    """The rule is that of cxlib.publish.changes: beyond what the two intervals allow for."""
    runs = [
        {"metrics": [NPS | dict(zip(("value", "low", "high"), values, strict=True))], "data": name}
        for name, values in (("old", before), ("new", now))
    ]
    found = alerts_of(stand(*runs), nps={"falls_significantly": True, "rises_significantly": True})
    fired = {alert.condition for alert in found}
    assert fired == {name for name, on in (("falls_significantly", falls), ("rises_significantly", rises)) if on}


def test_a_second_run_on_the_same_data_hides_no_change(stand):
    """The comparison is with other data and the same parameters, so a forced run leaves the alert standing."""
    fell = NPS | {"value": 20, "low": 17, "high": 23}
    standing = stand(
        {"metrics": [NPS], "data": "old"}, {"metrics": [fell | {"value": 90}], "data": "x", "parameters": {"days": 7}},
        {"metrics": [fell], "data": "new"}, {"metrics": [fell], "data": "new"},
    )  # fmt: skip
    (alert,) = alerts_of(standing, nps={"falls_significantly": True})
    assert alert.message == "churn: NPS: +20, clearly down from +31"
    assert (alert.before["value"], alert.run) == (31, standing.latest.run)


@pytest.mark.parametrize(
    ("alert_if", "message"),
    [
        ({"churn_rat": {"above": 1}}, "churn_rat, which this report does not have; most like it: churn_rate"),
        ({"zzz": {"above": 1, "below": 0}}, "zzz, which this report does not have; most like it: nps, churn_rate"),
        ({"churn_rate": {"above": 8}}, "churn_rate, a share, by a number above 1; write it in percent, such as 8%"),
        ({"nps": {"above": "8%"}}, "limits nps in percent, but its unit is another one"),
        ({"empty": {"above": 8}}, "empty, which has no value in this run"),
    ],
)
def test_an_alert_that_cannot_be_checked_is_one_itself(stand, alert_if, message):
    """Once a metric, and never silence."""
    (alert,) = alerts_of(stand({"metrics": [NPS, CHURN, EMPTY]}), **alert_if)
    assert alert.kind == "setting"
    assert message in alert.message


def test_a_report_without_numbers_has_no_nearest_ones(stand):
    """There is nothing to name."""
    (alert,) = alerts_of(stand({"metrics": []}), nps={"below": 0})
    assert alert.message.endswith("does not have; most like it: –")


def test_a_failed_report_alerts_until_it_is_good(stand):
    """Since the first failure after the last good run, with the last one's page; what only waited is not news."""
    standing = stand({"metrics": []}, {"status": Status.FAILED}, {"status": Status.TIMEOUT})
    (alert,) = alerts_of(standing)
    first, last = standing.history[1:]
    assert (alert.kind, alert.status, alert.since, alert.run) == ("failed", "timeout", first.started, last.run)
    assert alert.page == f"churn/runs/{last.run}/failed.{{language}}.html"
    assert alert.message == "churn: The last run gave no page: took too long"
    assert alerts_of(stand({"metrics": []})) == []
    assert alerts_of(stand({"status": Status.BLOCKED})) == []


def test_a_report_that_never_ran_has_no_alerts(stand):
    """Nothing is known of it yet."""
    assert alerts_of(stand(), nps={"below": 0}) == []


def test_an_alert_stands_since_it_began(stand):
    """While it stands its beginning and what the owner was told stay, whatever the value does meanwhile."""
    (first,) = carry_over(alerts_of(stand({"metrics": [NPS]}), nps={"below": 40}), [])
    assert first.new
    told = first.model_copy(update={"notified_at": dt.datetime(2026, 11, 22, tzinfo=dt.UTC)})
    later = alerts_of(stand({"metrics": [NPS | {"value": 25}], "data": "new"}), nps={"below": 40})
    (again,) = carry_over(later, [told])
    assert (again.since, again.new, again.notified_at) == (first.since, False, told.notified_at)
    assert again.now["value"] == 25
    (moved,) = carry_over(alerts_of(stand(), nps={"below": 41}), [told])
    assert (moved.new, moved.notified_at) == (True, None)


def test_a_new_change_and_another_failure_are_news(stand):
    """A change is told for each run that shows one, a failure for each kind; both keep since when they stand."""
    falls = {"nps": {"falls_significantly": True}}
    stand({"metrics": [NPS | {"value": 60, "low": 57, "high": 63}], "data": "a"})
    before = carry_over(alerts_of(stand({"metrics": [NPS], "data": "b"}), **falls), [])
    deeper = NPS | {"value": 0, "low": -3, "high": 3}
    (again,) = carry_over(alerts_of(stand({"metrics": [deeper], "data": "c"}), **falls), before)
    assert (again.new, again.since) == (True, before[0].since)
    failed = carry_over(alerts_of(stand({"status": Status.FAILED})), [])
    (other,) = carry_over(alerts_of(stand({"status": Status.TIMEOUT})), failed)
    assert (other.new, other.since) == (True, failed[0].since)
